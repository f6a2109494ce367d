//! `concord check`: validates everything that is given as data, and says what is wrong where.

use super::setup;
use crate::{
    config::Settings,
    connectors::{Connectors, Source},
    embedded,
    error::{Error, Problem, Result},
    standards::Standards,
};
use std::path::Path;

/// Runs the command: every part is checked, even if one before it has problems.
pub fn run(config: Option<&Path>) -> Result<()> {
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
    report("connectors", Connectors::parse(&embedded::connectors()), &mut problems, |connectors| {
        connectors.names().collect::<Vec<_>>().join(", ")
    })?;
    let settings = Settings::load(config);
    let settings = report("configuration", settings, &mut problems, |settings| {
        config.map_or("the defaults".into(), |file| file.display().to_string())
            + &format!(", {} sources", settings.sources.len())
    })?;
    if let Some(settings) = settings {
        report("indicators and sources", setup::rules(&settings), &mut problems, |rules| {
            let sources = rules.sources.all();
            let sources: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
            format!("{} indicators; sources: {}", rules.indicators.definitions().len(), or_none(&sources.join(", ")))
        })?;
        for (name, source) in &settings.sources {
            if source.enabled {
                let files = setup::open_source(&settings, name).and_then(|source| check_files(&source));
                report(&format!("files of source {name}"), files, &mut problems, |()| "there".into())?;
            }
        }
    }
    problems.sort_by(|a, b| (&a.place, &a.rule).cmp(&(&b.place, &b.rule)));
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn check_files(source: &Source) -> Result<()> {
    if source.is_pushed() { Ok(()) } else { source.check() }
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
            println!("{part}: {} problems", more.len());
            problems.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}
