//! A source read by a tap, as an operator configured it.

use super::{Config, SingerManifest, StreamSelection, TapReading};
use crate::{
    connectors::{Mapping, SecretRef, SourceSettings, Stop, Stream, http::Values, manifest::Reach},
    error::{Error, Problem, Result, did_you_mean},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

/// Everything about a source that does not change while it is read.
pub struct SingerSource {
    name: String,
    manifest: Arc<SingerManifest>,
    folder: PathBuf,
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, SecretRef>,
}

impl SingerSource {
    /// Checks what the operator says against what the manifest asks for; problems are placed by key, `.secrets.x`.
    pub fn open(name: &str, manifest: Arc<SingerManifest>, settings: &SourceSettings) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |key: String, rule: String| problems.push(Problem::new(format!(".{key}"), rule));
        for (key, is_empty) in [
            ("url", settings.url.is_empty()),
            ("auth", settings.auth.is_empty()),
            ("time_zone", settings.time_zone.is_empty()),
        ] {
            if !is_empty {
                wrong(key.into(), "a tap takes none; what it is told stands in the manifest's [tap.config]".into());
            }
        }
        let mut values = BTreeMap::new();
        for (name, setting) in &manifest.settings {
            match settings.settings.get(name).or(setting.default.as_ref()) {
                Some(value) => drop(values.insert(name.clone(), value.clone())),
                None => wrong(format!("settings.{name}"), format!("the connector needs it: {}", setting.about)),
            }
        }
        for name in settings.settings.keys().filter(|name| !manifest.settings.contains_key(*name)) {
            let near = did_you_mean(name, manifest.settings.keys().map(String::as_str));
            wrong(format!("settings.{name}"), format!("the connector knows no such setting{near}"));
        }
        for name in settings.secrets.keys().filter(|name| !manifest.secrets.contains_key(*name)) {
            let near = did_you_mean(name, manifest.secrets.keys().map(String::as_str));
            wrong(format!("secrets.{name}"), format!("the connector knows no such secret{near}"));
        }
        for (name, about) in manifest.secrets.iter().filter(|(name, _)| !settings.secrets.contains_key(*name)) {
            let rule = format!("the connector needs it: {about}; name it as env:NAME or file:PATH");
            wrong(format!("secrets.{name}"), rule);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let folder = if settings.folder.as_os_str().is_empty() { PathBuf::from(".") } else { settings.folder.clone() };
        Ok(Self { name: name.into(), manifest, folder, settings: values, secrets: settings.secrets.clone() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks whether every secret is there.
    pub fn look(&self) -> Result<()> {
        self.values().map(drop)
    }

    /// What mappings know of the source, as `$source`.
    pub fn about(&self) -> Value {
        json!({"name": self.name, "settings": self.settings})
    }

    /// What placeholders stand for, and the secrets among it.
    fn values(&self) -> Result<(Values, Vec<String>)> {
        let mut values = Values::default();
        for (name, value) in &self.settings {
            values.set(&format!("settings.{name}"), value);
        }
        let (mut secrets, mut problems) = (Vec::new(), Vec::new());
        for (name, reference) in &self.secrets {
            match reference.resolve() {
                Ok(secret) => {
                    values.set(&format!("secrets.{name}"), secret.reveal());
                    secrets.push(secret.reveal().to_owned());
                }
                Err(rule) => problems.push(Problem::new(format!("sources.{}.secrets.{name}", self.name), rule)),
            }
        }
        if problems.is_empty() { Ok((values, secrets)) } else { Err(Error::Invalid(problems)) }
    }

    /// A digest of what a stream is read by.
    pub fn digest(&self, stream: &Stream) -> String {
        let selected = selection(stream).map(|selection| (&selection.tap_stream, selection.method, &selection.key));
        let (mapping, config) = (stream.mapping_version(), &self.manifest.version);
        Mapping::digest(&format!("{mapping} {selected:?} {config} {}", self.about()))
    }

    /// Starts the tap from a state, but for the streams that are to be read afresh.
    pub fn start(&self, streams: &[Stream], state: Option<Value>, afresh: &[usize], stop: &Stop) -> Result<TapReading> {
        let (values, secrets) = self.values()?;
        let config = match self.manifest.config.fill(&values) {
            Some(Value::Object(config)) => config,
            _ => Map::new(),
        };
        let selections: Vec<_> = streams.iter().filter_map(|stream| selection(stream).cloned()).collect();
        self.manifest.tap.read(&self.name, &config, &secrets, &self.folder, &selections, state, afresh, stop)
    }
}

/// What of the tap a stream reads.
pub fn selection(stream: &Stream) -> Option<&StreamSelection> {
    match &stream.reach {
        Reach::Singer(selection) => Some(selection),
        _ => None,
    }
}

impl Config {
    /// The placeholders it uses.
    pub fn names(&self, found: &mut BTreeSet<String>) {
        match self {
            Self::Text(template) => found.extend(template.names().map(str::to_owned)),
            Self::List(list) => list.iter().for_each(|value| value.names(found)),
            Self::Table(table) => table.values().for_each(|value| value.names(found)),
            Self::Other(_) => {}
        }
    }

    /// The JSON with its placeholders filled in; `None` for a text one of whose placeholders has no value.
    fn fill(&self, values: &Values) -> Option<Value> {
        match self {
            Self::Text(template) => template.fill(values, str::to_owned).map(Value::String),
            Self::List(list) => Some(list.iter().filter_map(|value| value.fill(values)).collect()),
            Self::Table(table) => Some(Value::Object(
                table.iter().filter_map(|(name, value)| Some((name.clone(), value.fill(values)?))).collect(),
            )),
            Self::Other(value) => Some(value.clone()),
        }
    }
}
