//! `concord connectors` and `concord connector …`: what there is, whether a folder is one, and a beginning of another.

use super::setup;
use crate::{
    config::Settings,
    connectors,
    error::{Error, Problem, Result},
    model::{RecordKind, Timestamp, counted},
};
use std::{fs, path::Path, path::PathBuf};

/// When samples are read, so that they become the same on any day.
const SAMPLE_INSTANT: &str = "2026-03-01T12:00:00Z";

/// Lists every connector: where it is from, how it reaches its system, and what it supplies.
pub fn list(settings: &Settings) -> Result<()> {
    for (name, connector) in setup::connectors(settings)?.iter() {
        let origin = if connector.is_own() { ", of your own" } else { "" };
        println!("{name}: {} ({}{origin})", connector.title(), connector.protocol());
        let mut kinds: Vec<&str> =
            connector.streams().iter().filter_map(|stream| stream.kind().map(RecordKind::as_str)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            println!("    {}", kinds.join(", "));
        }
    }
    Ok(())
}

/// Connectors of your own
#[derive(clap::Args)]
pub struct Connector {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Validate a connector's folder and compare what its samples become with samples/<stream>.expected.jsonl
    Check {
        /// The folder with its manifest.toml
        folder: PathBuf,
        /// Write what the samples become into the expected files instead of comparing
        #[arg(long)]
        update: bool,
    },
    /// Write a commented beginning of a connector over HTTP
    New {
        /// Its name, which becomes its folder's
        name: String,
        /// Where the folder goes; else the one `connectors.folder` of the configuration names, else here
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

impl Connector {
    /// Runs the command.
    pub fn run(self, settings: &Settings) -> Result<()> {
        match self.command {
            Command::Check { folder, update } => check(&folder, update),
            Command::New { name, dir } => {
                let configured = &settings.connectors.folder;
                let here = if configured.as_os_str().is_empty() { PathBuf::from(".") } else { configured.clone() };
                begin(&name, &dir.unwrap_or(here))
            }
        }
    }
}

fn check(folder: &Path, update: bool) -> Result<()> {
    let connector = connectors::Connector::read(folder)?;
    let at: Timestamp = SAMPLE_INSTANT.parse().map_err(Error::Internal)?;
    let mut problems = Vec::new();
    for (expected, became) in connector.run_samples(folder, at)? {
        let path = folder.join(&expected);
        let set_aside = became.lines().filter(|line| line.starts_with("{\"reason\"")).count();
        println!("{expected}: {}, {set_aside} of them rows set aside", counted(became.lines().count(), "line"));
        if update {
            fs::write(&path, &became).map_err(|error| Error::invalid(path.display().to_string(), error.to_string()))?;
            continue;
        }
        let place = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => problems.extend(difference(&place, &text, &became)),
            Err(error) => {
                let rule = format!("{error}; `--update` writes what the sample becomes, to be looked at and kept");
                problems.push(Problem::new(place, rule));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// The first line in which what a sample becomes is not what is expected.
fn difference(place: &str, expected: &str, became: &str) -> Option<Problem> {
    let longest = expected.lines().count().max(became.lines().count());
    let (mut expected, mut became) = (expected.lines(), became.lines());
    (1..=longest).find_map(|number| {
        let (expected, became) = (expected.next().unwrap_or("nothing"), became.next().unwrap_or("nothing"));
        (expected != became).then(|| {
            Problem::new(format!("{place} line {number}"), format!("expected {expected}\n  but it becomes {became}"))
        })
    })
}

fn begin(name: &str, parent: &Path) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(is_plain) || name.starts_with('-') {
        return Err(Error::invalid("name", format!("`{name}` is not lower-case letters, digits and hyphens")));
    }
    let folder = parent.join(name);
    let unwritable = |error: std::io::Error| Error::invalid(folder.display().to_string(), error.to_string());
    if folder.exists() {
        return Err(Error::Conflict(format!("{} exists; nothing was written", folder.display())));
    }
    let variable = name.to_ascii_uppercase().replace('-', "_");
    fs::create_dir_all(folder.join("samples")).map_err(unwritable)?;
    for (file, text) in [
        ("manifest.toml", include_str!("new_connector/manifest.toml")),
        ("tickets.jq", include_str!("new_connector/tickets.jq")),
        ("samples/tickets.jsonl", include_str!("new_connector/tickets.jsonl")),
        ("README.md", include_str!("new_connector/README.md")),
    ] {
        let text = text.replace("NAME_TOKEN", &format!("{variable}_TOKEN")).replace("NAME", name);
        fs::write(folder.join(file), text).map_err(unwritable)?;
    }
    let folder = folder.display();
    println!("{folder} is a beginning: change it to your system, then `concord connector check {folder} --update`");
    Ok(())
}
