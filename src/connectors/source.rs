//! Sources: an instance of a system an operator has, read through a connector.

use super::{
    Hook, Stop, Stream,
    files::{self, Format},
    http::{self, HttpSource},
    manifest::Reach,
    mapper::{Mapper, Place},
    pipeline::{CHUNK, Chunk, Ended, Pipeline, RawRow, Sink},
    rows,
    singer::{self, SingerSource},
};
use crate::{
    error::{Error, Problem, Result},
    model::{RecordId, RecordVersion, Timestamp},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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
    Http(Arc<HttpSource>),
    /// Behind a tap.
    Singer(Arc<SingerSource>),
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

/// What a row became, or how far its stream has come.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is a version; a box would be one allocation a record")]
pub enum Item {
    /// A version of a record.
    Version(RecordVersion),
    /// Nothing: the row was set aside.
    SetAside(SetAside),
    /// Once everything before this is kept, the stream may go on from here.
    Reached(Reached),
}

/// A row no record could be made of. The rows after it are read all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The stream's name.
    pub stream: String,
    /// The digest of the mapping that could not; see `Stream::mapping_version`.
    pub mapping_version: String,
    /// File and line, `tickets.jsonl line 7`.
    pub position: String,
    /// The rule the row breaks.
    pub reason: String,
    /// The row; as text if it could not be read or is long, then cut short; null if it is withheld.
    pub row: Value,
    /// A digest of the row, which tells whether it is another.
    pub digest: String,
    /// The records it stands for; none if its mapping did not get so far as to say.
    pub records: Option<Vec<RecordId>>,
}

/// How far a stream has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// What to keep as the stream's cursor; without, what is kept stays.
    pub cursor: Option<String>,
    /// True if the stream was read to its end.
    pub complete: bool,
    /// True if that end was the end of everything the source has of it, not only of what changed.
    pub full: bool,
    /// True if a row may have slipped through between two pages: what is missing need not be gone.
    pub unsure: bool,
    /// What to keep as proof that the cursor was tested.
    pub tested: Option<String>,
    /// What whoever looks at the run should know.
    pub note: Option<String>,
}

/// What earlier runs have left of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamState {
    /// Where it goes on from.
    pub cursor: Option<String>,
    /// When its last full read began.
    pub full_read_at: Option<Timestamp>,
    /// The request whose cursor was found to be heeded.
    pub tested: Option<String>,
    /// True if it is to be read as if it never had been.
    pub afresh: bool,
}

/// By the stream's name.
pub type StreamStates = BTreeMap<String, StreamState>;

/// When a full read of a stream is due, and how much of it may vanish by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reconcile {
    /// How long after the last.
    pub every: Duration,
    /// A share of what is known, from 0 to 1.
    pub at_most: f64,
}

impl Stream {
    /// Whether what a full read of it no longer shows is gone.
    pub fn reconcile(&self) -> Option<Reconcile> {
        match &self.reach {
            Reach::Files(_) | Reach::Pushed => None,
            Reach::Http(http) => http.reconcile,
            Reach::Singer(selection) => selection.reconcile,
        }
    }

    /// Maps one row as it was read before; `source` is whose it is.
    pub fn remap(&self, source: &Source, row: Value, at: Timestamp) -> Vec<Item> {
        let mapper = Mapper { streams: [self.clone()].into(), source: source.name.clone(), about: source.about(), at };
        let mut items = Vec::new();
        mapper.map(0, &Place { within: "kept".into(), unit: "row", number: 1 }, Ok(row), |item| items.push(item));
        items
    }

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
            Reach::Singer(_) => (Format::JsonLines, json!({"name": source, "settings": {}})),
            Reach::Pushed => (Format::JsonLines, json!({"name": source})),
        };
        FileReading {
            mapper: Mapper { streams: [self.clone()].into(), source: source.into(), about, at },
            file: file.into(),
            input: rows::read(format, file, Box::new(input)),
            ready: Vec::new().into_iter(),
        }
    }
}

impl Source {
    pub(super) fn new(name: &str, streams: Arc<[Stream]>, origin: Origin, hook: Option<Hook>) -> Self {
        Self { name: name.into(), streams, origin, hook }
    }

    /// True if there is nothing to read: what it says is sent.
    pub fn is_pushed(&self) -> bool {
        matches!(self.origin, Origin::Pushed)
    }

    /// True if a system elsewhere gives its rows, at its own pace.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.origin, Origin::Http(_) | Origin::Singer(_))
    }

    /// What verifies the webhooks it sends, if it may send any.
    pub fn hook(&self) -> Option<&Hook> {
        self.hook.as_ref()
    }

    /// The name the operator gave it, which is part of the identity of its records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it supplies.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// What mappings know of it, as `$source`.
    pub(super) fn about(&self) -> Value {
        match &self.origin {
            Origin::Folder(_) | Origin::Pushed => json!({"name": self.name}),
            Origin::Http(http) => http.about(),
            Origin::Singer(singer) => singer.about(),
        }
    }

    /// A digest of what a stream is read by: request, mapping, address, settings. Where it is another, what was read
    /// before is to be read again. Empty where nothing is read on from a cursor.
    pub fn digest(&self, stream: usize) -> String {
        match &self.origin {
            Origin::Folder(_) | Origin::Pushed => String::new(),
            Origin::Http(http) => http.digest(&self.streams, stream),
            Origin::Singer(singer) => self.streams.get(stream).map(|stream| singer.digest(stream)).unwrap_or_default(),
        }
    }

    /// Origins its manifest lets links lead to, besides that of its address.
    pub fn other_origins(&self) -> impl Iterator<Item = &str> {
        let http = match &self.origin {
            Origin::Http(http) => Some(http),
            _ => None,
        };
        http.into_iter().flat_map(|http| http.manifest.origins.iter().map(String::as_str))
    }

    /// Looks whether it can be read at all, without asking anything of a system elsewhere: whether every stream has
    /// its files, or every secret is where its reference says and of its form. Everything that is missing is named.
    pub fn look(&self) -> Result<()> {
        let looked = match &self.origin {
            Origin::Folder(folder) => self.find(folder).map(drop),
            Origin::Http(http) => http.look().map_err(Error::Invalid),
            Origin::Singer(singer) => singer.look(),
            Origin::Pushed => Ok(()),
        };
        let hook = self.hook().map(Hook::look);
        let Some(Err(rule)) = hook else { return looked };
        let mut problems = vec![Problem::new(format!("sources.{}.webhook_secret", self.name), rule)];
        match looked {
            Ok(()) => {}
            Err(Error::Invalid(more)) => problems.extend(more),
            Err(other) => return Err(other),
        }
        Err(Error::Invalid(problems))
    }

    /// Reads everything there is, from the beginning, as [`Source::resume`] does.
    pub fn read(&self, at: Timestamp) -> Reading {
        self.resume(at, StreamStates::new(), Stop::default())
    }

    /// Reads on from where earlier runs came to; each stream in its order, the records of a stream in theirs. `at` is
    /// the time of reading, which records without a time of their own are of. An error ends the reading and means
    /// that it is not complete. `stop` ends it early, as dropping it does.
    pub fn resume(&self, at: Timestamp, states: StreamStates, stop: Stop) -> Reading {
        let source = self.clone();
        let stopped = stop.clone();
        let read = move |sink: &Sink| match &source.origin {
            Origin::Folder(folder) => source.read_files(folder, sink, &stopped),
            Origin::Http(http) => http::read(http, &source.streams, at, &states, sink, &stopped),
            Origin::Singer(singer) => singer::read(singer, &source.streams, &states, sink, &stopped),
            Origin::Pushed => {
                sink.fail(Error::Conflict(format!("the source {} cannot be read: it sends what changes", source.name)))
            }
        };
        let pipeline = Pipeline::start(self.streams.clone(), &self.name, self.about(), at, stop, read);
        Reading { pipeline, ready: Vec::new().into_iter(), rows: 0, ended: false }
    }

    fn read_files(&self, folder: &Path, sink: &Sink, stop: &Stop) {
        let found = match self.find(folder) {
            Ok(found) => found,
            Err(error) => return sink.fail(error),
        };
        for (position, (stream, file)) in found.iter().enumerate() {
            let is_last = found.get(position + 1).is_none_or(|(next, _)| next != stream);
            match self.read_file(*stream, file, is_last, sink, stop) {
                Ok(Ok(())) => {}
                Ok(Err(Ended)) => return,
                Err(error) => return sink.fail(error),
            }
        }
    }

    fn read_file(
        &self,
        position: usize,
        found: &files::Found,
        is_last: bool,
        sink: &Sink,
        stop: &Stop,
    ) -> Result<Result<(), Ended>> {
        let Some(Reach::Files(pattern)) = self.streams.get(position).map(|stream| &stream.reach) else {
            return Ok(Ok(()));
        };
        let file =
            File::open(&found.path).map_err(|error| Error::Upstream(format!("{}: {error}", found.path.display())))?;
        let within: Arc<str> = found.name.as_str().into();
        let mut rows = Vec::with_capacity(CHUNK);
        let send = |rows: Vec<RawRow>, reached| sink.send(Chunk { stream: position, rows, reached });
        for row in rows::read(pattern.format, &found.name, Box::new(BufReader::with_capacity(64 << 10, file))) {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    // What came before the error is kept.
                    return Ok(send(rows, None)).and_then(|sent| sent.map_or(Ok(Err(Ended)), |()| Err(error)));
                }
            };
            let place = Place { within: within.clone(), unit: "line", number: row.line };
            rows.push(RawRow { place, content: row.content });
            if rows.len() == CHUNK {
                if stop.is_stopped() {
                    return Err(stopped(&self.name));
                }
                if send(std::mem::replace(&mut rows, Vec::with_capacity(CHUNK)), None).is_err() {
                    return Ok(Err(Ended));
                }
            }
        }
        let reached = is_last.then(|| Reached { complete: true, full: true, ..Reached::default() });
        Ok(send(rows, reached))
    }

    fn find(&self, folder: &Path) -> Result<Vec<(usize, files::Found)>> {
        let mut found = Vec::new();
        let mut problems = Vec::new();
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

    pub(super) fn shared_streams(&self) -> Arc<[Stream]> {
        self.streams.clone()
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The files of the streams, for a look at their first rows.
    pub(super) fn first_files(&self) -> Result<BTreeMap<usize, files::Found>> {
        let Origin::Folder(folder) = &self.origin else { return Ok(BTreeMap::new()) };
        Ok(self.find(folder)?.into_iter().rev().collect())
    }
}

/// The error of a reading that was ended from outside.
pub(super) fn stopped(source: &str) -> Error {
    Error::Conflict(format!("the reading of {source} was stopped"))
}

/// A reading under way. What it holds is bounded, however much the source has.
pub struct Reading {
    pipeline: Pipeline,
    ready: std::vec::IntoIter<Arrival>,
    rows: u64,
    ended: bool,
}

impl Reading {
    /// The rows read so far, those that became nothing or were set aside included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// True if what comes next is still to be read or mapped.
    pub fn waits(&self) -> bool {
        self.ready.as_slice().is_empty()
    }

    /// The answers read so far, of a source that gives its rows in pages.
    pub fn pages(&self) -> u64 {
        self.pipeline.pages()
    }
}

impl Iterator for Reading {
    type Item = Result<Arrival>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(arrival) = self.ready.next() {
                return Some(Ok(arrival));
            }
            if self.ended {
                return None;
            }
            match self.pipeline.next() {
                Some(Ok(mapped)) => {
                    self.rows += mapped.rows;
                    self.ready = mapped.arrivals.into_iter();
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                None => {
                    self.ended = true;
                    self.pipeline.finished();
                }
            }
        }
    }
}

/// One file being read.
pub struct FileReading<'a> {
    mapper: Mapper,
    file: Arc<str>,
    input: Box<dyn Iterator<Item = Result<rows::Row>> + Send + 'a>,
    ready: std::vec::IntoIter<Item>,
}

impl Iterator for FileReading<'_> {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.next() {
                return Some(Ok(item));
            }
            let row = match self.input.next()? {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            let place = Place { within: self.file.clone(), unit: "line", number: row.line };
            let mut items = Vec::new();
            self.mapper.map(0, &place, row.content, |item| items.push(item));
            self.ready = items.into_iter();
        }
    }
}
