//! The configuration: embedded defaults, then a file, then the environment. An unknown key is an error.

use crate::{
    assess::RiskSettings,
    connectors::SourceSettings,
    error::{Error, Problem, Result},
    ingest::{ApiSources, NAME_RULE, is_name},
    schedule::ScheduleSettings,
    tokens::TokenSettings,
};
use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Every key, with the comments that explain it.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The configuration of the whole program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the API listens.
    pub server: Server,
    /// Where the store is.
    pub database: Database,
    /// What tokens are signed and checked with.
    pub auth: TokenSettings,
    /// The licence holder's texts.
    pub standards: StandardsSettings,
    /// The operator's own indicators.
    pub indicators: Indicators,
    /// The operator's own connectors.
    pub connectors: ConnectorSettings,
    /// How incidents are classified.
    pub incidents: Incidents,
    /// How risks are assessed and accepted.
    pub risks: RiskSettings,
    /// The operator's own weights of supplier risk.
    pub suppliers: SupplierSettings,
    /// What is logged.
    pub log: Log,
    /// When sources are read.
    pub schedule: ScheduleSettings,
    /// What is taken of webhooks.
    pub webhooks: Webhooks,
    /// What sources made by API may reach.
    pub api_sources: ApiSources,
    /// By the source's name.
    pub sources: BTreeMap<String, SourceSettings>,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where the API listens.
    pub address: String,
    /// Threads that answer requests; 0 takes one per core.
    pub workers: usize,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections kept open at the most.
    pub connections: u32,
}

/// `[standards]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardsSettings {
    /// A folder of licensed texts of the standards; empty for none.
    pub overlay_dir: PathBuf,
    /// The editions the organisation does not aim at: their requirements have no status.
    pub not_aimed_at: BTreeSet<String>,
}

/// `[indicators]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicators {
    /// A folder of the organisation's own indicator files; empty for none.
    pub folder: PathBuf,
}

/// `[webhooks]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// The longest content taken, in bytes.
    pub longest: usize,
}

/// `[connectors]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSettings {
    /// A folder of the operator's own connectors, one folder each; empty for none.
    pub folder: PathBuf,
}

/// `[incidents]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incidents {
    /// A file of the organisation's own rules of classification; empty for the built-in ones.
    pub classification: PathBuf,
}

/// `[suppliers]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplierSettings {
    /// A file of the organisation's own weights; empty for the built-in ones.
    pub model: PathBuf,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A filter in the syntax of `tracing`.
    pub level: String,
}

impl Settings {
    /// Reads the defaults, this file if one is given, and the environment.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        Self::layered(file, std::env::vars())
    }

    /// Reads the defaults, this file if one is given, and these variables.
    pub fn layered(file: Option<&Path>, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut layers = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            let place = file.display().to_string();
            let text = std::fs::read_to_string(file)
                .map_err(|error| Error::invalid(&place, format!("the configuration file cannot be read: {error}")))?;
            layers = layers.add_source(File::from_str(&text, FileFormat::Toml));
            // Read once without the environment, so that what is wrong in the file is said of the file.
            read(layers.clone(), &place)?;
        }
        let variables = relevant(variables)?;
        let environment = Environment::with_prefix("CONCORD")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .source(Some(variables));
        let settings = read(layers.add_source(environment), "environment variable CONCORD_…")?;
        let problems = settings.problems();
        if problems.is_empty() { Ok(settings) } else { Err(Error::Invalid(problems)) }
    }

    /// What no type can say of the values.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !(1..=64).contains(&self.schedule.parallel) {
            problems.push(Problem::new("schedule.parallel", "a whole number from 1 to 64 is expected"));
        }
        if !(1..=16 << 20).contains(&self.webhooks.longest) {
            problems.push(Problem::new("webhooks.longest", "a whole number of bytes from 1 to 16777216 is expected"));
        }
        if self.database.connections == 0 {
            problems.push(Problem::new("database.connections", "at least 1 is needed"));
        }
        self.risks.check(&mut problems);
        for name in self.sources.keys() {
            if !is_name(name) {
                problems.push(Problem::new(format!("sources.{name}"), NAME_RULE));
            }
        }
        problems
    }
}

/// Reads what all layers say together. A value that is wrong is named, and the default is taken or it is left out, so that
/// it hides no other problem.
fn read(layers: config::ConfigBuilder<config::builder::DefaultState>, place: &str) -> Result<Settings> {
    let mut layered = layers.build().map_err(|error| Error::invalid(place, error.to_string()))?;
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build();
    let defaults = defaults.map_err(|error| Error::Internal(format!("the defaults cannot be read: {error}")))?;
    let mut problems = Vec::new();
    let mut left_out = BTreeSet::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, Settings>(layered.clone()) {
            Ok(settings) if problems.is_empty() => return Ok(settings),
            Ok(settings) => {
                problems.extend(settings.problems());
                return Err(Error::Invalid(problems));
            }
            Err(error) => error,
        };
        let path = error.path().clone();
        let key = path.to_string();
        let place = if key == "." { place.to_owned() } else { format!("{place}: {key}") };
        let rule = error.into_inner().to_string();
        // What is missing only because it was left out was named before; the table it is missing of goes, too.
        let missing = rule.strip_prefix("missing configuration field \"").and_then(|rest| rest.split('"').next());
        if !missing.is_some_and(|name| left_out.contains(name)) {
            problems.push(Problem::new(place, rule));
        }
        if !replace(&mut layered.cache, &defaults.cache, &path) {
            return Err(Error::Invalid(problems));
        }
        left_out.insert(key);
    }
}

/// Puts the default in the place of what stands at a path of keys, or takes it out if there is none; false if that is not
/// possible, or no change.
fn replace(value: &mut config::Value, default: &config::Value, path: &serde_path_to_error::Path) -> bool {
    let (mut value, mut default) = (value, Some(default));
    let keys = path.iter().map_while(|segment| match segment {
        serde_path_to_error::Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let mut keys = keys.peekable();
    while let Some(key) = keys.next() {
        let config::ValueKind::Table(table) = &mut value.kind else { return false };
        default = default.and_then(|default| match &default.kind {
            config::ValueKind::Table(table) => table.get(key),
            _ => None,
        });
        if keys.peek().is_none() {
            let old = match default {
                Some(default) => table.insert(key.to_owned(), default.clone()),
                None => table.remove(key),
            };
            return old.is_some_and(|old| Some(&old) != default);
        }
        let Some(inner) = table.get_mut(key) else { return false };
        value = inner;
    }
    false
}

/// The variables that name a key. One that starts like a key and is none is refused, not ignored.
fn relevant(variables: impl IntoIterator<Item = (String, String)>) -> Result<config::Map<String, String>> {
    let mut keys = config::Map::new();
    for (name, value) in variables {
        match name.strip_prefix("CONCORD_") {
            None => {}
            Some("CONFIG") => {}
            Some(rest) if rest.starts_with("TEST_") => {}
            Some(rest) if rest.contains("__") => {
                keys.insert(name, value);
            }
            Some(_) => {
                return Err(Error::invalid(
                    name,
                    "names no key: section and key are joined by two underscores, as in CONCORD_SERVER__ADDRESS",
                ));
            }
        }
    }
    Ok(keys)
}
