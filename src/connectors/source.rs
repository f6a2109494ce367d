//! Sources: an instance of a system an operator has, read through a connector.

use super::{
    Hook, Stream, envelope,
    files::{self, Format},
    http::HttpSource,
    manifest::Reach,
    mapping::MAX_OUTPUTS,
    rows,
};
use crate::{
    error::{Error, Problem, Result},
    model::{RecordVersion, Timestamp},
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    sync::Arc,
};

/// The most of a set-aside row that is kept, in bytes of JSON.
const MAX_KEPT: usize = 16 << 10;

/// The most of a reason that is kept, in characters.
const MAX_REASON: usize = 500;

/// A source that can be read.
#[derive(Clone)]
pub struct Source {
    name: String,
    streams: Arc<[Stream]>,
    origin: Origin,
    hook: Option<Hook>,
}

/// Where a source is.
#[derive(Clone)]
pub(super) enum Origin {
    /// In a folder.
    Folder(PathBuf),
    /// Behind an address.
    Http(#[allow(dead_code, reason = "see `http`")] Arc<HttpSource>),
    /// Nowhere: what it says is sent.
    Pushed,
}

/// What reading brings, and by which stream: a position in `Source::streams`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The stream's position.
    pub stream: usize,
    /// What the row became.
    pub item: Item,
}

/// What a row became.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is a version; a box would be one allocation a record")]
pub enum Item {
    /// A version of a record.
    Version(RecordVersion),
    /// Nothing: the row was set aside.
    SetAside(SetAside),
}

/// A row no record could be made of. The rows after it are read all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The stream's name.
    pub stream: String,
    /// File and line, `tickets.jsonl line 7`.
    pub position: String,
    /// The rule the row breaks.
    pub reason: String,
    /// The row; as text if it could not be read or is long, then cut short; null if it is withheld.
    pub row: Value,
}

impl Source {
    pub(super) fn new(name: &str, streams: Arc<[Stream]>, origin: Origin, hook: Option<Hook>) -> Self {
        Self { name: name.into(), streams, origin, hook }
    }

    /// True if there is nothing to read: what it says is sent.
    pub fn is_pushed(&self) -> bool {
        matches!(self.origin, Origin::Pushed)
    }

    /// What verifies the webhooks it sends, if it may send any.
    pub fn hook(&self) -> Option<&Hook> {
        self.hook.as_ref()
    }

    /// What mappings know of it, as `$source`.
    pub(super) fn about(&self) -> Value {
        match &self.origin {
            Origin::Http(http) => http.about(),
            Origin::Folder(_) | Origin::Pushed => json!({"name": self.name}),
        }
    }

    /// The name the operator gave it, which is part of the identity of its records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it supplies.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Looks whether every stream has its files; every one that has none is named.
    pub fn check(&self) -> Result<()> {
        self.find().map(drop)
    }

    /// Reads everything there is, streams in order of name and files in order of name. Records without a time of
    /// their own are of the time of reading, `at`. An error ends the reading and means that it is not complete.
    pub fn read(&self, at: Timestamp) -> Reading<'_> {
        let (files, failure) = match self.find() {
            Ok(files) => (files, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Reading { source: self, at, files: files.into_iter(), failure, file: None, rows: 0 }
    }

    fn find(&self) -> Result<Vec<(usize, files::Found)>> {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        let folder = match &self.origin {
            Origin::Folder(folder) => folder,
            Origin::Http(_) => {
                return Err(Error::Unavailable(format!("the source {} cannot be read over HTTP yet", self.name)));
            }
            Origin::Pushed => {
                return Err(Error::Conflict(format!("the source {} cannot be read: it sends what changes", self.name)));
            }
        };
        for (position, stream) in self.streams.iter().enumerate() {
            let Reach::Files(files) = &stream.reach else { continue };
            match files.find(folder) {
                Ok(files) => found.extend(files.into_iter().map(|file| (position, file))),
                Err(rule) => {
                    problems.push(Problem::new(format!("source {}, stream {}", self.name, stream.name()), rule));
                }
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(Error::Invalid(problems)) }
    }
}

/// A reading under way. It holds one row at a time and what the mapping made of it.
pub struct Reading<'a> {
    source: &'a Source,
    at: Timestamp,
    files: std::vec::IntoIter<(usize, files::Found)>,
    failure: Option<Error>,
    file: Option<(usize, FileReading<'a>)>,
    rows: u64,
}

impl Reading<'_> {
    /// The rows read so far, those that became nothing or were set aside included.
    pub fn rows(&self) -> u64 {
        self.rows + self.file.as_ref().map_or(0, |(_, file)| file.rows)
    }

    fn stop(&mut self, error: Error) -> Option<Result<Arrival>> {
        self.files = Vec::new().into_iter();
        self.file = None;
        Some(Err(error))
    }
}

impl Iterator for Reading<'_> {
    type Item = Result<Arrival>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failure.take() {
            return self.stop(error);
        }
        loop {
            if let Some((stream, file)) = &mut self.file {
                match file.next() {
                    Some(Ok(item)) => return Some(Ok(Arrival { stream: *stream, item })),
                    Some(Err(error)) => return self.stop(error),
                    None => self.rows += file.rows,
                }
                self.file = None;
            }
            let (position, found) = self.files.next()?;
            let stream = self.source.streams.get(position)?;
            match File::open(&found.path) {
                Ok(file) => {
                    let reading =
                        stream.read(&self.source.name, &found.name, BufReader::with_capacity(64 << 10, file), self.at);
                    self.file = Some((position, reading));
                }
                Err(error) => return self.stop(Error::Upstream(format!("{}: {error}", found.path.display()))),
            }
        }
    }
}

impl Stream {
    /// Reads one file of this stream: `source` is whose records they are, `file` how positions name the file.
    pub fn read<'a>(
        &'a self,
        source: &str,
        file: &str,
        input: impl BufRead + Send + 'a,
        at: Timestamp,
    ) -> FileReading<'a> {
        let (format, about) = match &self.reach {
            Reach::Files(files) => (files.format, json!({"name": source})),
            Reach::Http(http) => (Format::JsonLines, http.sample_source.clone()),
            Reach::Pushed => (Format::JsonLines, json!({"name": source})),
        };
        FileReading {
            stream: self,
            source: source.into(),
            about,
            file: file.into(),
            at,
            input: rows::read(format, file, Box::new(input)),
            ready: Vec::new().into_iter(),
            rows: 0,
        }
    }
}

impl Stream {
    /// All records of a row or none, so that a row set aside has left nothing behind.
    pub(super) fn versions(
        &self,
        source: &str,
        about: &Value,
        at: Timestamp,
        row: &Value,
    ) -> Result<Vec<RecordVersion>, Refusal> {
        let Some(mapping) = &self.mapping else { return Ok(Vec::new()) };
        let outputs = mapping.outputs(row, about, MAX_OUTPUTS).map_err(Refusal::of)?;
        // What cannot be mapped of a row that says it is restricted must not show in its place.
        let withheld = outputs.iter().any(|output| envelope::is_restricted(self.kind(), output));
        let open = |output| envelope::open(self, source, at, output);
        outputs.into_iter().map(open).collect::<Result<_, _>>().map_err(|reason| Refusal { reason, withheld })
    }
}

/// One file being read.
pub struct FileReading<'a> {
    stream: &'a Stream,
    source: String,
    /// What the mapping knows of its source.
    about: Value,
    file: String,
    at: Timestamp,
    input: Box<dyn Iterator<Item = Result<rows::Row>> + Send + 'a>,
    ready: std::vec::IntoIter<RecordVersion>,
    rows: u64,
}

impl FileReading<'_> {
    fn set_aside(&self, line: u64, reason: &str, row: Value) -> Item {
        Item::SetAside(SetAside {
            stream: self.stream.name().into(),
            position: format!("{} line {line}", self.file),
            reason: shown(reason),
            row,
        })
    }
}

/// Why a row became nothing.
pub(super) struct Refusal {
    pub reason: String,
    /// True if the row itself must not be shown.
    pub withheld: bool,
}

impl Refusal {
    fn of(reason: String) -> Self {
        Self { reason, withheld: false }
    }
}

impl Iterator for FileReading<'_> {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(version) = self.ready.next() {
                return Some(Ok(Item::Version(version)));
            }
            let row = match self.input.next()? {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            self.rows += 1;
            let content = match row.content {
                Ok(content) => content,
                Err(unreadable) => {
                    let text = Value::String(cut(&unreadable.text, MAX_KEPT).into());
                    return Some(Ok(self.set_aside(row.line, &unreadable.reason, text)));
                }
            };
            match self.stream.versions(&self.source, &self.about, self.at, &content) {
                Ok(versions) => self.ready = versions.into_iter(),
                Err(refusal) => {
                    let kept = if refusal.withheld { Value::Null } else { kept(content) };
                    return Some(Ok(self.set_aside(row.line, &refusal.reason, kept)));
                }
            }
        }
    }
}

/// The row, or the start of its text if it is long.
fn kept(row: Value) -> Value {
    let text = row.to_string();
    if text.len() <= MAX_KEPT { row } else { Value::String(cut(&text, MAX_KEPT).into()) }
}

/// A reason may quote the row: it is kept short and free of characters a database or a terminal would mind.
fn shown(reason: &str) -> String {
    reason.chars().take(MAX_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
