//! `concord check`: validates everything that is given as data, and says what is wrong where.

use super::setup;
use crate::{
    config::Settings,
    connectors::{Connectors, Stop},
    embedded,
    error::{Error, Problem, Result},
    model::{Clock, counted},
    standards::Standards,
};
use std::path::Path;

/// Validates everything given as data.
#[derive(clap::Args)]
pub struct Check {
    /// A source to ask as well, in the configuration or made by API: whether it lets us in, and one record of each of its
    /// streams
    source: Option<String>,
}

impl Check {
    /// Runs the command.
    pub fn run(&self, config: Option<&Path>) -> Result<()> {
        data(config)?;
        match &self.source {
            Some(name) => ask(&Settings::load(config)?, name),
            None => Ok(()),
        }
    }
}

/// Asks a source, and shows what it gives.
fn ask(settings: &Settings, name: &str) -> Result<()> {
    let sources = setup::sources(settings)?;
    if !settings.sources.contains_key(name) {
        sources.refresh(&setup::open_store(settings)?, &setup::rules(settings)?)?;
    }
    let source = setup::usable(&sources, name)?;
    let mut problems = Vec::new();
    for look in source.check(Clock::system().now(), &Stop::default())? {
        match (&look.record, &look.problem) {
            (Some(record), _) => println!("{name}, stream {}: {record:#}", look.stream),
            (None, Some(problem)) => {
                problems.push(Problem::new(format!("source {name}, stream {}", look.stream), problem))
            }
            (None, None) if !look.asked => {
                println!("{name}, stream {}: not asked, the system sends what changes", look.stream)
            }
            (None, None) => println!("{name}, stream {}: answers", look.stream),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// Checks every part, even if one before it has problems.
fn data(config: Option<&Path>) -> Result<()> {
    let mut problems = Vec::new();
    let standards = report("standards data", Standards::parse(&embedded::standards()), &mut problems, |standards| {
        format!(
            "{} editions, {} requirements, {} correspondence rows, {} topics, {} terms, {} points of guidance",
            standards.editions().len(),
            standards.requirements().len(),
            standards.rows().len(),
            standards.topics().len(),
            standards.terms().len(),
            standards.guidance().len()
        )
    })?;
    if let Some(standards) = standards {
        report("planning rules", setup::planning(&standards), &mut problems, |_| "they resolve".into())?;
    }
    let settings = Settings::load(config);
    let settings = report("configuration", settings, &mut problems, |settings| {
        config.map_or("the defaults".into(), |file| file.display().to_string())
            + &format!(", {}", counted(settings.sources.len(), "source"))
    })?;
    let connectors = match &settings {
        Some(settings) => setup::connectors(settings),
        None => Connectors::parse(&embedded::connectors()),
    };
    let connectors = report("connectors", connectors, &mut problems, |connectors| {
        connectors.names().collect::<Vec<_>>().join(", ")
    })?;
    if let (Some(settings), Some(_)) = (settings, connectors) {
        report("indicators and sources", setup::rules(&settings), &mut problems, |rules| {
            let sources = rules.sources.all();
            let sources: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
            format!("{} indicators; sources: {}", rules.indicators.definitions().len(), or_none(&sources.join(", ")))
        })?;
        for (name, source) in &settings.sources {
            if source.enabled {
                let files = setup::open_source(&settings, name).and_then(|source| source.look());
                report(&format!("source {name}"), files, &mut problems, |()| "what it needs is there".into())?;
            }
        }
    }
    problems.sort_by(|a, b| (&a.place, &a.rule).cmp(&(&b.place, &b.rule)));
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn report<T>(
    part: &str,
    result: Result<T>,
    problems: &mut Vec<Problem>,
    describe: impl FnOnce(&T) -> String,
) -> Result<Option<T>> {
    match result {
        Ok(value) => {
            println!("{part}: {}", describe(&value));
            Ok(Some(value))
        }
        Err(Error::Invalid(more)) => {
            println!(
                "{part}: {}",
                if more.len() == 1 { "1 problem".into() } else { format!("{} problems", more.len()) }
            );
            problems.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}
