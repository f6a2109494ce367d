//! How records come in: a connector says in data what a system supplies and how its rows become records; a source is
//! one such system, read through its connector.
//!
//! A connector is a folder `connectors/<name>/`: `manifest.toml`, one `.jq` mapping per stream, samples, `README.md`.
//! Reading yields versions of records and rows set aside; it keeps nothing and knows no database. Another way to reach
//! a source is another `Protocol`, which yields the same arrivals.

mod bounds;
mod envelope;
mod files;
mod http;
mod manifest;
mod mapper;
mod mapping;
mod own;
mod pipeline;
mod rows;
mod sample;
mod secrets;
mod settings;
mod singer;
mod source;
mod stop;
mod webhook;
mod zone;

pub use envelope::ENVELOPE_KEYS;
pub use files::Format;
pub use manifest::{Emit, Protocol, Rows, Stream};
pub use mapping::{MAX_OUTPUTS, Mapping};
pub use rows::MAX_ROW;
pub use sample::StreamCheck;
pub use secrets::{Secret, SecretRef};
pub use settings::SourceSettings;
pub use singer::{MAX_LINE, ReplicationMethod};
pub use source::{
    Arrival, FileReading, Item, Reached, Reading, Reconcile, SetAside, Source, StreamState, StreamStates,
};
pub use stop::Stop;
pub use webhook::{Hook, Incoming, Pushed, Webhook};

use crate::error::{Error, Problem, Result, did_you_mean};
use http::HttpSource;
use manifest::Manifest;
use singer::SingerSource;
use source::Origin;
use std::{collections::BTreeMap, sync::Arc};

/// Every connector there is, by name.
#[derive(Clone)]
pub struct Connectors(BTreeMap<String, Connector>);

/// What a system supplies and how it becomes records.
#[derive(Clone)]
pub struct Connector {
    manifest: Manifest,
    is_own: bool,
}

impl Connector {
    /// What it connects to, in words.
    pub fn title(&self) -> &str {
        &self.manifest.title
    }

    /// True if it is of the operator's own folder.
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// How the source is reached.
    pub fn protocol(&self) -> Protocol {
        self.manifest.protocol
    }

    /// What is made of what the system sends.
    pub fn webhook(&self) -> Option<&Webhook> {
        self.manifest.webhook.as_deref()
    }

    /// Its streams, in order of name; none if the folder a source names brings its own manifest.
    pub fn streams(&self) -> &[Stream] {
        self.manifest.streams.as_deref().unwrap_or_default()
    }
}

impl Connectors {
    /// Reads connectors from files given by path (`connectors/<name>/…`) and text.
    ///
    /// # Errors
    /// `Invalid` with every problem of every connector: file, key or position, and rule.
    pub fn parse(files: &[(String, &str)]) -> Result<Self> {
        let mut folders: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        let mut problems = Vec::new();
        for (path, text) in files {
            match path.strip_prefix("connectors/").map(|rest| rest.split_once('/')) {
                Some(Some((name, rest))) => drop(folders.entry(name).or_default().insert(rest, text)),
                Some(None) => {}
                None => problems.push(Problem::new(path, "the files of connectors are below connectors/")),
            }
        }
        let mut connectors = BTreeMap::new();
        for (name, files) in &folders {
            match parse_folder(&format!("connectors/{name}"), files) {
                Ok(manifest) => drop(connectors.insert((*name).to_owned(), Connector { manifest, is_own: false })),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(Self(connectors)) } else { Err(Error::Invalid(problems)) }
    }

    /// The names of all connectors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All connectors with their names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Connector)> {
        self.0.iter().map(|(name, connector)| (name.as_str(), connector))
    }

    /// The connector of this name.
    pub fn get(&self, name: &str) -> Option<&Connector> {
        self.0.get(name)
    }

    /// Opens a source: its folder has to exist and, where the folder brings the manifest, that is read and checked.
    /// Nothing else is read yet.
    ///
    /// # Errors
    /// `Invalid` naming the setting, or the file of the folder, and the rule.
    pub fn open(&self, source: &str, settings: &SourceSettings) -> Result<Source> {
        let setting = |key: &str| format!("sources.{source}{key}");
        check_source_name(source).map_err(|rule| Error::invalid(setting(""), rule))?;
        let connector = self.get(&settings.connector).ok_or_else(|| {
            let near = did_you_mean(&settings.connector, self.names());
            let names = self.names().collect::<Vec<_>>().join(", ");
            let rule = format!("there is no connector `{}`, only {names}{near}", settings.connector);
            Error::invalid(setting(".connector"), rule)
        })?;
        let manifest = match &connector.manifest.streams {
            Some(_) => connector.manifest.clone(),
            None => {
                check_folder(settings).map_err(|rule| Error::invalid(setting(".folder"), rule))?;
                let own = files::read_manifest(&settings.folder)?;
                if own.protocol != connector.manifest.protocol {
                    let rule = format!("the connector `{}` reads {}", settings.connector, connector.manifest.protocol);
                    let place = format!("{}/manifest.toml: protocol", settings.folder.display());
                    return Err(Error::invalid(place, rule));
                }
                own
            }
        };
        let streams = manifest.streams.clone().unwrap_or_default();
        let hook = match (&manifest.webhook, &settings.webhook_secret) {
            (Some(webhook), Some(secret)) => Some(Hook { webhook: webhook.clone(), secret: secret.clone() }),
            (None, Some(_)) => {
                let rule = format!("the connector `{}` takes no webhooks", settings.connector);
                return Err(Error::invalid(setting(".webhook_secret"), rule));
            }
            (Some(_), None) if manifest.protocol == Protocol::Webhook => {
                let rule = "needed to verify what is sent; name it as env:NAME or file:PATH";
                return Err(Error::invalid(setting(".webhook_secret"), rule));
            }
            (_, None) => None,
        };
        let place = |problems: Vec<Problem>| {
            let place = |problem: Problem| Problem::new(setting(&problem.place), problem.rule);
            Error::Invalid(problems.into_iter().map(place).collect())
        };
        let origin = match (manifest.http.clone(), manifest.singer.clone()) {
            (None, None) => {
                if manifest.protocol == Protocol::Webhook && connector.manifest.streams.is_some() {
                    return Ok(Source::new(source, streams, Origin::Pushed, hook));
                }
                check_folder(settings).map_err(|rule| Error::invalid(setting(".folder"), rule))?;
                let others = [
                    ("url", settings.url.is_empty()),
                    ("auth", settings.auth.is_empty()),
                    ("secrets", settings.secrets.is_empty()),
                    ("settings", settings.settings.is_empty()),
                    ("time_zone", settings.time_zone.is_empty()),
                ];
                if let Some((key, _)) = others.iter().find(|(_, is_empty)| !is_empty) {
                    let rule = format!("the connector `{}` reads files and takes none", settings.connector);
                    return Err(Error::invalid(setting(&format!(".{key}")), rule));
                }
                match manifest.protocol {
                    Protocol::Webhook => Origin::Pushed,
                    _ => Origin::Folder(settings.folder.clone()),
                }
            }
            (Some(http), _) => {
                Origin::Http(Arc::new(HttpSource::open(source, http, &streams, settings).map_err(place)?))
            }
            (_, Some(singer)) => Origin::Singer(Arc::new(SingerSource::open(source, singer, settings).map_err(place)?)),
        };
        Ok(Source::new(source, streams, origin, hook))
    }
}

fn check_folder(settings: &SourceSettings) -> Result<(), String> {
    let folder = settings.folder.display();
    match settings.folder.is_dir() {
        true => Ok(()),
        false if settings.folder.as_os_str().is_empty() => Err("name the folder to read".into()),
        false => Err(format!("there is no folder `{folder}`; create it or correct the setting")),
    }
}

/// Reads one connector; `folder` is how messages name where it is.
fn parse_folder(folder: &str, files: &BTreeMap<&str, &str>) -> Result<Manifest, Vec<Problem>> {
    let Some(text) = files.get("manifest.toml") else {
        return Err(vec![Problem::new(folder, "there is no manifest.toml")]);
    };
    let is_mapping = |path: &str| path.ends_with(".jq") && !path.contains('/');
    let mappings = files.iter().filter(|(path, _)| is_mapping(path)).map(|(path, text)| (*path, *text)).collect();
    let manifest = manifest::parse(folder, text, &mappings)?;
    let streams = manifest.streams.as_deref().unwrap_or_default();
    let is_sample =
        |path: &str| streams.iter().any(|stream| stream.sample().as_deref() == Some(path) || stream.expected() == path);
    let stray = files.keys().filter(|path| !is_mapping(path) && !is_sample(path));
    let problems: Vec<_> = stray
        .filter(|path| !matches!(**path, "manifest.toml" | "README.md"))
        .map(|path| {
            let rule = "a connector has manifest.toml, its mappings, README.md and samples/<stream>.jsonl or .csv";
            Problem::new(format!("{folder}/{path}"), rule)
        })
        .collect();
    if problems.is_empty() { Ok(manifest) } else { Err(problems) }
}

/// A source's name is part of the identity of its records and of paths of the API.
fn check_source_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&name.len()) && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(format!("`{}` is not the name of a source: 1 to 64 letters, digits, - _ .", name.escape_debug()))
}
