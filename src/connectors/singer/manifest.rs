//! Manifests of the protocol `singer`: the tap, its configuration, and what of it each stream reads.

use super::{Config, ReplicationMethod, SingerManifest, StreamSelection, Tap, process::Limits};
use crate::{
    connectors::{
        Mapping,
        http::{Setting, SettingText, Template, duration},
        manifest::{Check, Emit, Reach, Rows, Stream},
        source::Reconcile,
    },
    error::did_you_mean,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long a tap may take if the manifest does not say.
const TOTAL: Duration = Duration::from_secs(6 * 3_600);
const SILENCE: Duration = Duration::from_secs(600);

/// The keys of a whole manifest, besides those all protocols share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SingerText {
    #[serde(default)]
    settings: BTreeMap<String, SettingText>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    tap: Option<TapText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TapText {
    command: Vec<String>,
    discover: Option<bool>,
    catalog_option: Option<String>,
    timeout: Option<String>,
    silence: Option<String>,
    #[serde(default)]
    config: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamText {
    tap_stream: Option<String>,
    replication_method: Option<String>,
    replication_key: Option<String>,
    reconcile: Option<ReconcileText>,
    emit: String,
    mapping: String,
    #[serde(default)]
    relations: Vec<String>,
    rows: Option<String>,
}

/// `reconcile = {…}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReconcileText {
    at_most: Option<f64>,
}

impl Check<'_> {
    /// Reads the keys of the protocol and its streams.
    pub(in crate::connectors) fn singer(
        &mut self,
        rest: toml::Table,
        streams: BTreeMap<String, toml::Table>,
        own_streams: bool,
    ) -> (Vec<Stream>, Option<SingerManifest>) {
        let Some(text) = self.read::<SingerText>("", rest) else { return (Vec::new(), None) };
        if !own_streams {
            if text.tap.is_some() {
                self.wrong("tap", "with `manifest = \"folder\"` the tap is the folder's to name");
            }
            return (Vec::new(), None);
        }
        let settings = text.settings.into_iter().map(|(name, text)| (name, Setting::from(text))).collect();
        let manifest = match text.tap {
            Some(tap) => self.tap(tap, settings, text.secrets),
            None if self.lacks("tap") => None,
            None => {
                self.wrong("tap", "say which program to run: `[tap]` with `command = [\"tap-name\"]`");
                None
            }
        };
        let streams: Vec<Stream> =
            streams.into_iter().filter_map(|(name, table)| self.singer_stream(name, table)).collect();
        self.once(&streams);
        (streams, manifest)
    }

    fn tap(
        &mut self,
        text: TapText,
        settings: BTreeMap<String, Setting>,
        secrets: BTreeMap<String, String>,
    ) -> Option<SingerManifest> {
        if text.command.first().is_none_or(|program| program.trim().is_empty()) {
            self.wrong("tap.command", "name the program to run and its arguments, as [\"tap-name\"]");
        }
        let mut limit = |key: &str, text: Option<String>, default| match text.map(|text| duration(&text)) {
            None => default,
            Some(Ok(duration)) if duration > Duration::ZERO => duration,
            Some(Ok(_)) => {
                self.wrong(key, "at least 1s is needed");
                default
            }
            Some(Err(rule)) => {
                self.wrong(key, rule);
                default
            }
        };
        let limits = Limits {
            total: limit("tap.timeout", text.timeout, TOTAL),
            silence: limit("tap.silence", text.silence, SILENCE),
        };
        let version = Mapping::digest(&text.config.to_string());
        let config = self.config("tap.config", &toml::Value::Table(text.config))?;
        let mut used = BTreeSet::new();
        config.names(&mut used);
        for name in &used {
            let (known, table): (Vec<&str>, _) = match name.split_once('.') {
                Some(("settings", _)) => (settings.keys().map(String::as_str).collect(), "settings"),
                Some(("secrets", _)) => (secrets.keys().map(String::as_str).collect(), "secrets"),
                _ => {
                    self.wrong("tap.config", format!("`${{{name}}}` has no value for a tap"));
                    continue;
                }
            };
            let bare = name.split_once('.').map_or(name.as_str(), |(_, bare)| bare);
            if !known.contains(&bare) {
                let near = did_you_mean(bare, known);
                self.wrong("tap.config", format!("`${{{name}}}` is not declared in [{table}]{near}"));
            }
        }
        for secret in secrets.keys().filter(|name| !used.contains(&format!("secrets.{name}"))) {
            self.wrong(&format!("secrets.{secret}"), "nothing uses this secret; use it or take it out");
        }
        let tap = Tap {
            command: text.command,
            discover: text.discover.unwrap_or(true),
            catalog_option: text.catalog_option.unwrap_or_else(|| "--catalog".into()),
            limits,
        };
        Some(SingerManifest { tap, config, settings, secrets, version })
    }

    fn config(&mut self, key: &str, value: &toml::Value) -> Option<Config> {
        Some(match value {
            toml::Value::String(text) => {
                Config::Text(Template::parse(text).map_err(|rule| self.wrong(key, rule)).ok()?)
            }
            toml::Value::Array(list) => Config::List(
                list.iter()
                    .enumerate()
                    .map(|(position, value)| self.config(&format!("{key}[{position}]"), value))
                    .collect::<Option<_>>()?,
            ),
            toml::Value::Table(table) => Config::Table(
                table
                    .iter()
                    .map(|(name, value)| Some((name.clone(), self.config(&format!("{key}.{name}"), value)?)))
                    .collect::<Option<_>>()?,
            ),
            other => Config::Other(serde_json::to_value(other).map_err(|e| self.wrong(key, e.to_string())).ok()?),
        })
    }

    fn singer_stream(&mut self, name: String, table: toml::Table) -> Option<Stream> {
        let place = format!("streams.{name}");
        let key = |field: &str| format!("{place}.{field}");
        let text: StreamText = self.read(&place, table)?;
        let emit = match text.emit.as_str() {
            "tombstones" => Some(Emit::Tombstones),
            kind => self.name(&key("emit"), kind).map(Emit::Records),
        };
        let rows = text.rows.map_or(Some(Rows::Records), |rows| self.name(&key("rows"), &rows));
        let relations = self.relations(&key("relations"), emit, &text.relations);
        let mapping = self.mapping(&key("mapping"), text.mapping);
        let method = match text.replication_method {
            Some(method) => Some(self.name::<ReplicationMethod>(&key("replication_method"), &method)?),
            None => None,
        };
        if method == Some(ReplicationMethod::Incremental) && text.replication_key.is_none() {
            self.wrong(&key("replication_key"), "INCREMENTAL needs the column that tells what is new");
        }
        let at_most = text.reconcile.as_ref().map(|reconcile| reconcile.at_most.unwrap_or(0.1));
        if at_most.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            self.wrong(&key("reconcile.at_most"), "a share from 0 to 1 is expected");
        }
        if at_most.is_some() && method != Some(ReplicationMethod::FullTable) {
            self.wrong(&key("reconcile"), "only what is read in full each time can be reconciled: FULL_TABLE");
        }
        let selection = StreamSelection {
            tap_stream: text.tap_stream.unwrap_or_else(|| name.clone()),
            method,
            key: text.replication_key,
            reconcile: at_most.map(|at_most| Reconcile { every: Duration::ZERO, at_most }),
        };
        let (mapping, reach) = (Some(mapping?), Reach::Singer(selection));
        Some(Stream { emit: emit?, relations, rows: rows?, mapping, reach, name })
    }

    /// A row goes to one stream.
    fn once(&mut self, streams: &[Stream]) {
        let mut seen = BTreeSet::new();
        for stream in streams {
            if let Reach::Singer(selection) = &stream.reach
                && !seen.insert(&selection.tap_stream)
            {
                let rule =
                    format!("two streams read `{}`; let one mapping yield what both would", selection.tap_stream);
                self.wrong(&format!("streams.{}.tap_stream", stream.name), rule);
            }
        }
    }
}
