//! Manifests: what a connector says of its streams, checked as a whole before anything is read.

use super::{
    Mapping,
    files::{FilePattern, Format},
    http::{HttpManifest, HttpStream},
    singer::{SingerManifest, StreamSelection},
    webhook::{self, Webhook},
};
use crate::{
    error::{Problem, did_you_mean},
    model::{RecordKind, RelationType, names},
};
use serde::{Deserialize, de::DeserializeOwned};
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
        /// Pages of JSON over HTTP.
        Http = "http",
        /// Not at all: the system sends what changes.
        Webhook = "webhook",
        /// Messages of a tap, run as a child process.
        Singer = "singer",
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

/// What the rows of a stream become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// Records of this kind.
    Records(RecordKind),
    /// The news that records, of any kind, are gone.
    Tombstones,
    /// Nothing: they only say what other streams are to ask for.
    Keys,
}

/// One kind of record a source supplies: where its rows are and what they become.
#[derive(Clone)]
pub struct Stream {
    pub(super) name: String,
    pub(super) emit: Emit,
    pub(super) relations: Vec<RelationType>,
    pub(super) rows: Rows,
    pub(super) mapping: Option<Mapping>,
    pub(super) reach: Reach,
}

/// Where the rows of a stream are; the protocol decides which it is.
#[derive(Clone)]
pub(super) enum Reach {
    /// In files of a folder.
    Files(FilePattern),
    /// Behind requests.
    Http(Arc<HttpStream>),
    /// Nowhere: they are sent.
    Pushed,
    /// Among the messages of a tap.
    Singer(StreamSelection),
}

impl Stream {
    /// Its name in the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its rows become.
    pub fn emit(&self) -> Emit {
        self.emit
    }

    /// The kind of the records it supplies, if it supplies any.
    pub fn kind(&self) -> Option<RecordKind> {
        match self.emit {
            Emit::Records(kind) => Some(kind),
            Emit::Tombstones | Emit::Keys => None,
        }
    }

    /// The relation types it can supply: after a complete read, of these no edge means that there is none.
    pub fn relations(&self) -> &[RelationType] {
        &self.relations
    }

    /// What its rows are.
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// Its sample within the connector's folder, `samples/<stream>.jsonl` or `.csv`; one that only gives keys has none.
    pub fn sample(&self) -> Option<String> {
        let extension = match &self.reach {
            _ if self.emit == Emit::Keys => return None,
            Reach::Files(files) => files.format.extension(),
            Reach::Http(_) | Reach::Singer(_) | Reach::Pushed => Format::JsonLines.extension(),
        };
        Some(format!("samples/{}.{extension}", self.name))
    }

    /// What its sample is expected to become, within the connector's folder, where that is kept.
    pub fn expected(&self) -> String {
        format!("samples/{}.expected.jsonl", self.name)
    }

    /// A digest of its mapping, which tells whether a row was mapped by this text of it; empty without a mapping.
    pub fn mapping_version(&self) -> &str {
        self.mapping.as_ref().map_or("", Mapping::version)
    }
}

/// A checked manifest.
#[derive(Clone)]
pub(super) struct Manifest {
    pub title: String,
    pub protocol: Protocol,
    /// In order of name; `None` if the folder a source names brings its own manifest.
    pub streams: Option<Arc<[Stream]>>,
    /// What the protocol `http` says of the system as a whole.
    pub http: Option<Arc<HttpManifest>>,
    /// What the protocol `singer` says of the tap.
    pub singer: Option<Arc<SingerManifest>>,
    /// What is made of what the system sends.
    pub webhook: Option<Arc<Webhook>>,
}

#[derive(Deserialize)]
struct ManifestText {
    title: String,
    protocol: String,
    manifest: Option<String>,
    #[serde(default)]
    streams: BTreeMap<String, toml::Table>,
    webhook: Option<toml::Table>,
}

/// The keys of [`ManifestText`]; all others are the protocol's.
const COMMON: &[&str] = &["title", "protocol", "manifest", "streams", "webhook"];

/// What a protocol without keys of its own has besides the common ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoKeys {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilesStreamText {
    files: String,
    format: String,
    emit: String,
    mapping: String,
    #[serde(default)]
    relations: Vec<String>,
    rows: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PushedStreamText {
    emit: String,
    mapping: String,
    #[serde(default)]
    relations: Vec<String>,
    rows: Option<String>,
}

/// Reads a manifest. `folder` names where it is, `mappings` are the `.jq` files beside it by name.
pub(super) fn parse(folder: &str, text: &str, mappings: &BTreeMap<&str, &str>) -> Result<Manifest, Vec<Problem>> {
    let mut check = Check {
        folder,
        mappings,
        compiled: BTreeMap::new(),
        streams: BTreeSet::new(),
        left_out: BTreeSet::new(),
        problems: Vec::new(),
    };
    let manifest = check.manifest(text);
    match manifest {
        Some(manifest) if check.problems.is_empty() => Ok(manifest),
        _ => Err(check.problems),
    }
}

/// A check under way; what is wrong is collected.
pub(super) struct Check<'a> {
    folder: &'a str,
    mappings: &'a BTreeMap<&'a str, &'a str>,
    /// Mappings looked at so far; `None` if they have problems.
    compiled: BTreeMap<String, Option<Mapping>>,
    /// The streams the manifest has, those with problems among them.
    streams: BTreeSet<String>,
    /// Places that were left out for what is wrong there.
    left_out: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    pub(super) fn wrong(&mut self, key: &str, rule: impl Into<String>) {
        self.problems.push(Problem::new(self.place(key), rule));
    }

    pub(super) fn extend(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// True if the manifest has a stream of this name, whether it can be read or not.
    pub(super) fn has_stream(&self, name: &str) -> bool {
        self.streams.contains(name)
    }

    /// True if something of what stands at a key was left out, so that nothing is to be said of its absence.
    pub(super) fn lacks(&self, key: &str) -> bool {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.left_out.iter().any(|left| holds(key, left) || holds(left, key))
    }

    /// How messages name a key.
    pub(super) fn place(&self, key: &str) -> String {
        let separator = if key.is_empty() { "" } else { ": " };
        format!("{}/manifest.toml{separator}{key}", self.folder)
    }

    fn manifest(&mut self, text: &str) -> Option<Manifest> {
        let mut table = self.parse(text)?;
        let rest: toml::Table = table.iter().filter(|(key, _)| !COMMON.contains(&key.as_str())).map(owned).collect();
        table.retain(|key, _| COMMON.contains(&key));
        let text: ManifestText = self.read("", table)?;
        if text.title.trim().is_empty() {
            self.wrong("title", "the title is empty");
        }
        let protocol: Protocol = self.name("protocol", &text.protocol)?;
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
        for name in text.streams.keys() {
            let first_is_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
            if !first_is_letter || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                self.wrong(
                    &format!("streams.{name}"),
                    "a stream's name is lower-case letters, digits and _, a letter first",
                );
            }
        }
        let named: BTreeSet<String> = text.streams.values().filter_map(mapping_of).collect();
        self.streams = text.streams.keys().cloned().collect();
        let (mut http, mut singer) = (None, None);
        let streams: Vec<Stream> = match protocol {
            Protocol::Files => {
                self.read::<NoKeys>("", rest);
                text.streams.into_iter().filter_map(|(name, table)| self.files_stream(name, table)).collect()
            }
            Protocol::Http => {
                let (streams, manifest) = self.http(rest, text.streams, own_streams);
                http = manifest.map(Arc::new);
                streams
            }
            Protocol::Singer => {
                let (streams, manifest) = self.singer(rest, text.streams, own_streams);
                singer = manifest.map(Arc::new);
                streams
            }
            Protocol::Webhook => {
                self.read::<NoKeys>("", rest);
                if text.webhook.is_none() && own_streams {
                    self.wrong("webhook", "missing: how what is sent is verified, and what becomes of it");
                }
                text.streams.into_iter().filter_map(|(name, table)| self.pushed_stream(name, table)).collect()
            }
        };
        self.other_mappings(&named);
        let webhook = match (text.webhook, own_streams) {
            (Some(table), true) => webhook::read(self, table, &streams).map(Arc::new),
            (Some(_), false) => {
                self.wrong("webhook", "with `manifest = \"folder\"` the webhook is the folder's to describe");
                None
            }
            (None, _) => None,
        };
        let streams = own_streams.then(|| streams.into());
        Some(Manifest { title: text.title, protocol, streams, http, singer, webhook })
    }

    /// Looks at the mappings no stream was read with: some stream may name them all the same.
    fn other_mappings(&mut self, named: &BTreeSet<String>) {
        let left: Vec<&str> = self.mappings.keys().copied().filter(|name| !self.compiled.contains_key(*name)).collect();
        for name in left {
            if named.contains(name) {
                self.mapping("streams", name.to_owned());
            } else {
                let rule = "no stream uses this mapping; name it in one or remove it";
                self.problems.push(Problem::new(format!("{}/{name}", self.folder), rule));
            }
        }
    }

    fn parse(&mut self, text: &str) -> Option<toml::Table> {
        toml::from_str(text)
            .map_err(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                let line = text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
                let place = format!("{}/manifest.toml line {line}", self.folder);
                self.problems.push(Problem::new(place, error.message()));
            })
            .ok()
    }

    /// Reads a table of the manifest, of which `key` is the place. A key that is wrong is named and left out, so that
    /// all of them are; with one that a table cannot do without, the table goes.
    pub(super) fn read<T: DeserializeOwned>(&mut self, key: &str, table: toml::Table) -> Option<T> {
        let mut table = toml::Value::Table(table);
        loop {
            let error = match serde_path_to_error::deserialize(table.clone()) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let path = error.path().clone();
            let inner = path.to_string();
            let place = if inner == "." { key.to_owned() } else { within(key, &inner) };
            let rule: toml::de::Error = error.into_inner();
            let missing = rule.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            if !missing.is_some_and(|name| self.left_out.contains(&within(&place, name))) {
                self.wrong(&place, rule.message());
            }
            let left = leave_out(&mut table, &path)?;
            self.left_out.insert(within(key, &left));
        }
    }

    fn files_stream(&mut self, name: String, table: toml::Table) -> Option<Stream> {
        let key = |field: &str| format!("streams.{name}.{field}");
        let text: FilesStreamText = self.read(&format!("streams.{name}"), table)?;
        let emit = self.name(&key("emit"), &text.emit).map(Emit::Records);
        let format = self.name(&key("format"), &text.format);
        let rows = text.rows.map_or(Some(Rows::Records), |rows| self.name(&key("rows"), &rows));
        let relations = self.relations(&key("relations"), emit, &text.relations);
        let pattern = format.map(|format| FilePattern::parse(&text.files, format));
        let files = pattern.and_then(|pattern| pattern.map_err(|rule| self.wrong(&key("files"), rule)).ok());
        let mapping = self.mapping(&key("mapping"), text.mapping);
        let (mapping, reach) = (Some(mapping?), Reach::Files(files?));
        Some(Stream { emit: emit?, relations, rows: rows?, mapping, reach, name })
    }

    fn pushed_stream(&mut self, name: String, table: toml::Table) -> Option<Stream> {
        let key = |field: &str| format!("streams.{name}.{field}");
        let text: PushedStreamText = self.read(&format!("streams.{name}"), table)?;
        let emit = match text.emit.as_str() {
            "tombstones" => Some(Emit::Tombstones),
            kind => self.name(&key("emit"), kind).map(Emit::Records),
        };
        let rows = text.rows.map_or(Some(Rows::Records), |rows| self.name(&key("rows"), &rows));
        let relations = self.relations(&key("relations"), emit, &text.relations);
        let mapping = Some(self.mapping(&key("mapping"), text.mapping)?);
        Some(Stream { emit: emit?, relations, rows: rows?, mapping, reach: Reach::Pushed, name })
    }

    pub(super) fn relations(&mut self, key: &str, emit: Option<Emit>, names: &[String]) -> Vec<RelationType> {
        let emit = match emit {
            Some(Emit::Records(kind)) => Some(kind),
            Some(Emit::Tombstones | Emit::Keys) if !names.is_empty() => {
                self.wrong(key, "a stream that emits no records supplies no relations");
                return Vec::new();
            }
            _ => None,
        };
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

    pub(super) fn mapping(&mut self, key: &str, file: String) -> Option<Mapping> {
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

    pub(super) fn name<T: FromStr<Err = String>>(&mut self, key: &str, text: &str) -> Option<T> {
        text.parse().map_err(|rule: String| self.wrong(key, rule)).ok()
    }
}

/// Takes out of a table what stands at a path, or the list that is in; returns its key. None if that is the table itself.
fn leave_out(table: &mut toml::Value, path: &serde_path_to_error::Path) -> Option<String> {
    let keys = path.iter().map_while(|segment| match segment {
        serde_path_to_error::Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let keys: Vec<&str> = keys.collect();
    let (last, parents) = keys.split_last()?;
    let parent = parents.iter().try_fold(table, |table, key| table.get_mut(*key))?;
    parent.as_table_mut()?.remove(*last).map(|_| keys.join("."))
}

/// A key within the table at another.
fn within(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}.{inner}") }
}

/// The mapping a stream names, as far as that can be read.
fn mapping_of(stream: &toml::Table) -> Option<String> {
    stream.get("mapping")?.as_str().map(str::to_owned)
}

fn owned((key, value): (&String, &toml::Value)) -> (String, toml::Value) {
    (key.clone(), value.clone())
}
