//! Manifests: what a connector says of its streams, checked as a whole before anything is read.

use super::{Mapping, files::FilePattern};
use crate::{
    error::{Problem, did_you_mean},
    model::{RecordKind, RelationType, names},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
    sync::Arc,
};

names! {
    /// How a source is reached.
    pub enum Protocol {
        /// Files in a folder.
        Files = "files",
    }
}

names! {
    /// What the rows of a stream are.
    pub enum Rows {
        /// Each row is the present state of a record.
        Records = "records",
        /// Each row is one version of a record, as in an event log, in any order.
        Versions = "versions",
    }
}

/// One kind of record a source supplies: where its rows are and what they become.
#[derive(Clone)]
pub struct Stream {
    name: String,
    emit: RecordKind,
    relations: Vec<RelationType>,
    rows: Rows,
    mapping: Mapping,
    files: FilePattern,
}

impl Stream {
    /// Its name in the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of the records it supplies.
    pub fn emit(&self) -> RecordKind {
        self.emit
    }

    /// The relation types it can supply: after a complete read, of these no edge means that there is none.
    pub fn relations(&self) -> &[RelationType] {
        &self.relations
    }

    /// What its rows are.
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// Its sample within the connector's folder, `samples/<stream>.jsonl` or `.csv`.
    pub fn sample(&self) -> String {
        format!("samples/{}.{}", self.name, self.files.format.extension())
    }

    pub(super) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    pub(super) fn files(&self) -> &FilePattern {
        &self.files
    }
}

/// A checked manifest.
#[derive(Clone)]
pub(super) struct Manifest {
    pub title: String,
    pub protocol: Protocol,
    /// In order of name; `None` if the folder a source names brings its own manifest.
    pub streams: Option<Arc<[Stream]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestText {
    title: String,
    protocol: String,
    manifest: Option<String>,
    #[serde(default)]
    streams: BTreeMap<String, StreamText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamText {
    files: String,
    format: String,
    emit: String,
    mapping: String,
    #[serde(default)]
    relations: Vec<String>,
    rows: Option<String>,
}

/// Reads a manifest. `folder` names where it is, `mappings` are the `.jq` files beside it by name.
pub(super) fn parse(folder: &str, text: &str, mappings: &BTreeMap<&str, &str>) -> Result<Manifest, Vec<Problem>> {
    let mut check = Check { folder, mappings, compiled: BTreeMap::new(), problems: Vec::new() };
    let manifest = check.manifest(text);
    match manifest {
        Some(manifest) if check.problems.is_empty() => Ok(manifest),
        _ => Err(check.problems),
    }
}

struct Check<'a> {
    folder: &'a str,
    mappings: &'a BTreeMap<&'a str, &'a str>,
    /// Mappings looked at so far; `None` if they have problems.
    compiled: BTreeMap<String, Option<Mapping>>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn wrong(&mut self, key: &str, rule: impl Into<String>) {
        let separator = if key.is_empty() { "" } else { ": " };
        self.problems.push(Problem::new(format!("{}/manifest.toml{separator}{key}", self.folder), rule));
    }

    fn manifest(&mut self, text: &str) -> Option<Manifest> {
        let text = self.read(text)?;
        if text.title.trim().is_empty() {
            self.wrong("title", "the title is empty");
        }
        let protocol = self.name("protocol", &text.protocol);
        let own_streams = match text.manifest.as_deref() {
            None => true,
            Some("folder") => false,
            Some(other) => {
                self.wrong("manifest", format!("`{other}` is not `folder`; leave the key out for own streams"));
                false
            }
        };
        match (own_streams, text.streams.is_empty()) {
            (true, true) => self.wrong("streams", "there are none; a connector needs at least one `[streams.<name>]`"),
            (false, false) => {
                self.wrong("streams", "with `manifest = \"folder\"` the streams are the folder's to name")
            }
            _ => {}
        }
        let streams: Vec<_> = text.streams.into_iter().filter_map(|(name, text)| self.stream(name, text)).collect();
        for name in self.mappings.keys() {
            if !self.compiled.contains_key(*name) {
                let rule = "no stream uses this mapping; name it in one or remove it";
                self.problems.push(Problem::new(format!("{}/{name}", self.folder), rule));
            }
        }
        Some(Manifest { title: text.title, protocol: protocol?, streams: own_streams.then(|| streams.into()) })
    }

    fn read(&mut self, text: &str) -> Option<ManifestText> {
        let table = toml::from_str::<toml::Value>(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
            let place = format!("{}/manifest.toml line {line}", self.folder);
            self.problems.push(Problem::new(place, error.message()));
        });
        let manifest = serde_path_to_error::deserialize(table.ok()?).map_err(|error| {
            let key = error.path().to_string();
            let rule = error.into_inner();
            self.wrong(if key == "." { "" } else { &key }, rule.message());
        });
        manifest.ok()
    }

    fn stream(&mut self, name: String, text: StreamText) -> Option<Stream> {
        let key = |field: &str| format!("streams.{name}.{field}");
        let first_is_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !first_is_letter || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            self.wrong(
                &format!("streams.{name}"),
                "a stream's name is lower-case letters, digits and _, a letter first",
            );
        }
        let emit = self.name(&key("emit"), &text.emit);
        let format = self.name(&key("format"), &text.format);
        let rows = text.rows.map_or(Some(Rows::Records), |rows| self.name(&key("rows"), &rows));
        let relations = self.relations(&key("relations"), emit, &text.relations);
        let pattern = format.map(|format| FilePattern::parse(&text.files, format));
        let files = pattern.and_then(|pattern| pattern.map_err(|rule| self.wrong(&key("files"), rule)).ok());
        let mapping = self.mapping(&key("mapping"), text.mapping);
        Some(Stream { emit: emit?, relations, rows: rows?, mapping: mapping?, files: files?, name })
    }

    fn relations(&mut self, key: &str, emit: Option<RecordKind>, names: &[String]) -> Vec<RelationType> {
        let mut relations = BTreeSet::new();
        for name in names {
            let Some(relation) = self.name::<RelationType>(key, name) else { continue };
            let starts = relation.ends().0;
            match emit {
                Some(kind) if kind != RecordKind::Relation && !starts.contains(&kind) => {
                    self.wrong(key, format!("`{relation}` does not start from a {kind}"));
                }
                _ if !relations.insert(relation) => self.wrong(key, format!("`{relation}` is named twice")),
                _ => {}
            }
        }
        if emit == Some(RecordKind::Relation) && names.is_empty() {
            self.wrong(key, "a stream that emits relations names the types it can supply");
        }
        relations.into_iter().collect()
    }

    fn mapping(&mut self, key: &str, file: String) -> Option<Mapping> {
        if let Some(mapping) = self.compiled.get(&file) {
            return mapping.clone();
        }
        let Some(program) = self.mappings.get(file.as_str()) else {
            let near = did_you_mean(&file, self.mappings.keys().copied());
            self.wrong(key, format!("there is no `{file}` beside the manifest{near}"));
            return None;
        };
        let mapping = Mapping::compile(&format!("{}/{file}", self.folder), program)
            .map_err(|problems| self.problems.extend(problems))
            .ok();
        self.compiled.insert(file, mapping.clone());
        mapping
    }

    fn name<T: FromStr<Err = String>>(&mut self, key: &str, text: &str) -> Option<T> {
        text.parse().map_err(|rule: String| self.wrong(key, rule)).ok()
    }
}
