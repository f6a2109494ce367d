//! Reads the streams of a source: which first, from where on, and what is said of each when it is done.

use super::{
    HttpSource, HttpStream,
    client::{Asked, Client},
    cursor::{self, Highest},
    fault::Fault,
    manifest::{Cursor, CursorFrom},
    page::Pages,
    template::Values,
};
use crate::{
    connectors::{
        Emit, Stop, Stream,
        manifest::Reach,
        mapper::Place,
        pipeline::{CHUNK, Chunk, RawRow, Sink},
        rows::Unreadable,
        source::{Reached, StreamState, StreamStates},
    },
    model::Timestamp,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Reads a source to its end, or as far as it goes. A stream that cannot be read does not keep the others from it.
pub fn read(
    source: &Arc<HttpSource>,
    streams: &Arc<[Stream]>,
    at: Timestamp,
    states: &StreamStates,
    sink: &Sink,
    stop: &Stop,
) {
    if !begin(streams, at, states, sink) {
        return;
    }
    let client = match Client::new(source.clone(), at, stop.clone()) {
        Ok(client) => client,
        Err(fault) => return sink.fail(fault.into_error(&source.name)),
    };
    let (faults, wait) = (Mutex::default(), Mutex::default());
    let run = Run { client: &client, streams, at, states, sink, faults, wait, broken: AtomicBool::new(false) };
    // What was deleted is read last, so that nothing read before it brings it back.
    let (last, first): (Vec<usize>, Vec<usize>) =
        run.roots().into_iter().partition(|position| streams[*position].emit == Emit::Tombstones);
    for group in [first, last] {
        run.group(&group);
    }
    let faults = run.faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    let wait = run.wait.into_inner().unwrap_or_else(PoisonError::into_inner);
    if stop.is_stopped() {
        sink.fail(Fault::Stopped.into_error(&source.name));
    } else if !faults.is_empty() {
        let text = faults.join("; ");
        let fault = if wait.is_zero() { Fault::Source(text) } else { Fault::Busy(text, wait) };
        sink.fail(fault.into_error(&source.name));
    }
}

/// What was deleted, or is only to be asked for, is of use from the begin of the first run on, however that ends. False
/// if nobody takes it any more.
fn begin(streams: &[Stream], at: Timestamp, states: &StreamStates, sink: &Sink) -> bool {
    let is_new = |stream: &Stream| states.get(stream.name()).is_none_or(|state| state.cursor.is_none());
    let begins = |stream: &Stream| match &stream.reach {
        Reach::Http(http) => {
            stream.kind().is_none()
                && http.cursor.as_ref().is_some_and(|cursor| matches!(cursor.from, CursorFrom::Row(_)))
        }
        _ => false,
    };
    let new = streams.iter().enumerate().filter(|(_, stream)| begins(stream) && is_new(stream));
    new.into_iter().all(|(position, _)| {
        let reached = Reached { cursor: Some(at.to_string()), ..Reached::default() };
        sink.send(Chunk { stream: position, rows: Vec::new(), reached: Some(reached) }).is_ok()
    })
}

/// The reading of a source.
struct Run<'a> {
    client: &'a Client,
    streams: &'a [Stream],
    at: Timestamp,
    states: &'a StreamStates,
    sink: &'a Sink,
    faults: Mutex<Vec<String>>,
    /// How long the source asks to be left alone.
    wait: Mutex<Duration>,
    /// True once the source as a whole failed.
    broken: AtomicBool,
}

/// A child whose keys are being gathered.
struct Child<'a> {
    position: usize,
    http: &'a HttpStream,
    keys: BTreeSet<String>,
}

/// What the pages of a stream told.
#[derive(Default)]
struct Told {
    highest: Highest,
    /// What the last answer said is to be sent next time.
    token: Option<String>,
    /// True if any row came.
    has_rows: bool,
    /// True if an answer was gone over.
    has_gaps: bool,
    /// True if a row may have slipped through between two pages.
    unsure: bool,
}

impl Run<'_> {
    fn http(&self, position: usize) -> Option<&HttpStream> {
        match &self.streams.get(position)?.reach {
            Reach::Http(http) => Some(http),
            _ => None,
        }
    }

    fn state(&self, position: usize) -> StreamState {
        let Some(stream) = self.streams.get(position) else { return StreamState::default() };
        let state = self.states.get(stream.name()).cloned().unwrap_or_default();
        // What was deleted, or is only to be asked for, has no beginning.
        match state.afresh && stream.kind().is_some() {
            true => StreamState { tested: state.tested, ..StreamState::default() },
            false => state,
        }
    }

    /// True if the stream is to be read in full, whatever its cursor.
    fn is_due(&self, position: usize) -> bool {
        let Some(http) = self.http(position) else { return false };
        let last = self.state(position).full_read_at;
        match (&http.reconcile, &http.parent) {
            (Some(reconcile), _) => {
                let every = i64::try_from(reconcile.every.as_millis()).unwrap_or(i64::MAX);
                last.is_none_or(|last| last.plus_millis(every) <= self.at)
            }
            (None, Some(parent)) => parent.full_alone && last.is_none(),
            (None, None) => false,
        }
    }

    /// The streams that are asked for on their own, in their order.
    fn roots(&self) -> Vec<usize> {
        (0..self.streams.len())
            .filter(|position| match self.http(*position).and_then(|http| http.parent.as_ref()) {
                Some(parent) => parent.full_alone && self.is_due(*position),
                None => true,
            })
            .collect()
    }

    fn children(&self, parent: usize) -> Vec<Child<'_>> {
        let Some(name) = self.streams.get(parent).map(Stream::name) else { return Vec::new() };
        (0..self.streams.len())
            .filter_map(|position| {
                let http = self.http(position)?;
                let is_child = http.parent.as_ref().is_some_and(|parent| parent.stream == name);
                let alone = http.parent.as_ref().is_some_and(|parent| parent.full_alone) && self.is_due(position);
                (is_child && !alone).then(|| Child { position, http, keys: BTreeSet::new() })
            })
            .collect()
    }

    /// Reads these streams, as many at a time as the budget allows.
    fn group(&self, positions: &[usize]) {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(position) = positions.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.broken.load(Ordering::Relaxed) || self.client.stop.is_stopped() {
                    return;
                }
                if let Err(fault) = self.stream(*position) {
                    self.note(*position, fault);
                }
            }
        };
        let at_a_time = self.client.source.manifest.budget.concurrency.min(positions.len());
        if at_a_time <= 1 {
            return work();
        }
        thread::scope(|scope| {
            for _ in 0..at_a_time {
                scope.spawn(work);
            }
        });
    }

    fn note(&self, position: usize, fault: Fault) {
        let name = self.streams.get(position).map_or("", Stream::name);
        let text = match fault {
            Fault::Stopped => {
                self.broken.store(true, Ordering::Relaxed);
                return;
            }
            Fault::Source(text) => {
                self.broken.store(true, Ordering::Relaxed);
                text
            }
            Fault::Busy(text, asked) => {
                self.broken.store(true, Ordering::Relaxed);
                let mut wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
                *wait = asked.max(*wait);
                text
            }
            Fault::Stream(text) => text,
        };
        let text = self.client.redact(&format!("stream {name}: {text}"));
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// Reads one stream and, along with it, those that ask by its keys.
    fn stream(&self, position: usize) -> Result<(), Fault> {
        let (Some(stream), Some(http)) = (self.streams.get(position), self.http(position)) else { return Ok(()) };
        let state = self.state(position);
        let zone = self.client.source.time_zone;
        let mut values = self.client.values();
        let mut tested = None;
        let mut is_full = true;
        if let Some(cursor) = &http.cursor {
            tested = self.test(http, cursor, &state)?;
            // What was deleted before, or changed before, is of no use at first.
            let begin = stream.kind().is_none().then(|| self.at.to_string());
            let from = state.cursor.clone().or(begin).filter(|_| !self.is_due(position));
            if let Some(from) = from {
                values.set("cursor", cursor::sent(cursor, &from, zone).map_err(Fault::Stream)?);
                is_full = false;
            }
        }
        let mut children = self.children(position);
        let told = self.pages(position, http, &mut values, &mut children)?;
        // A system without a row passes every test.
        let tested = tested.filter(|_| told.has_rows);
        for child in &mut children {
            self.ask_for(child, true)?;
            self.finish(child.position, Reached { complete: true, ..Reached::default() })?;
        }
        let full = is_full && !told.has_gaps;
        let mut reached = Reached { complete: true, full, unsure: told.unsure, tested, ..Reached::default() };
        if let Some(cursor) = http.cursor.as_ref().filter(|_| !told.has_gaps) {
            reached.cursor = match &cursor.from {
                CursorFrom::Answer(_) => told.token,
                CursorFrom::Row(_) => told.highest.kept(cursor, self.at).map_err(Fault::Stream)?,
            };
        }
        self.finish(position, reached)
    }

    /// Asks once for what changed in a far future: a system that answers with rows does not heed the cursor, and would
    /// be read whole every time. Returns what to remember of a test that was passed.
    fn test(&self, http: &HttpStream, cursor: &Cursor, state: &StreamState) -> Result<Option<String>, Fault> {
        let version = format!("{} {}", http.version, self.client.source.url);
        if !cursor.self_test || http.parent.is_some() || state.tested.as_ref() == Some(&version) {
            return Ok(None);
        }
        let mut values = self.client.values();
        Pages::new(&http.paginate, &self.client.source, &mut values);
        values.set("cursor", cursor::far_future(cursor, self.client.source.time_zone));
        let hint = "cursor.self_test = false leaves this test out";
        let asked = self.client.ask(&http.request, &mut values, None).map_err(|fault| match fault {
            Fault::Stream(text) => Fault::Stream(format!("testing the cursor: {text}; {hint}")),
            other => other,
        })?;
        let Asked::Answer(mut answer) = asked else { return Ok(Some(version)) };
        let rows = http.select.all(answer.value["body"].take());
        match rows.map_err(|rule| Fault::Stream(format!("testing the cursor: select: {rule}; {hint}")))?.len() {
            0 => Ok(Some(version)),
            rows => Err(Fault::Stream(format!(
                "the system does not heed `${{cursor}}`: asked for what changed after the year 2100 it gives {rows} rows; \
                 correct the parameter, or leave `cursor` out to read everything each time"
            ))),
        }
    }

    /// Reads the pages of a stream, and its children as their keys come.
    fn pages(
        &self,
        position: usize,
        http: &HttpStream,
        values: &mut Values,
        children: &mut [Child<'_>],
    ) -> Result<Told, Fault> {
        let mut told = Told::default();
        let mut pages = Pages::new(&http.paginate, &self.client.source, values);
        loop {
            let next = pages.next.take();
            let asked = self.client.ask(&http.request, values, next.as_ref())?;
            self.sink.count_page();
            let within: Arc<str> = format!("page {}", pages.count + 1).into();
            let (said, mut rows) = match asked {
                Asked::Empty => (None, Vec::new()),
                Asked::Skipped(reason) => {
                    told.has_gaps = true;
                    let place = Place { within: within.clone(), unit: "row", number: 0 };
                    let content = Err(Unreadable { reason, text: String::new() });
                    self.send(Chunk { stream: position, rows: vec![RawRow { place, content }], reached: None })?;
                    (None, Vec::new())
                }
                Asked::Answer(mut answer) => {
                    let said = pages.look(&answer)?;
                    if let Some(CursorFrom::Answer(token)) = http.cursor.as_ref().map(|cursor| &cursor.from) {
                        match token
                            .first(&answer.value)
                            .map_err(|rule| Fault::Stream(format!("cursor.token: {rule}")))?
                        {
                            Value::Null => {}
                            Value::String(text) => told.token = Some(text),
                            other => told.token = Some(other.to_string()),
                        }
                    }
                    let rows = http.select.all(answer.value["body"].take());
                    (Some(said), rows.map_err(|rule| Fault::Stream(format!("{within}: select: {rule}")))?)
                }
            };
            told.has_rows |= !rows.is_empty();
            let goes_on = pages.advance(said, &mut rows, values)?;
            told.unsure |= pages.unsure;
            self.page(position, http, &within, rows, &mut told, children)?;
            if !goes_on {
                return Ok(told);
            }
        }
    }

    /// Hands a page's rows over, and asks for what their keys name.
    fn page(
        &self,
        position: usize,
        http: &HttpStream,
        within: &Arc<str>,
        rows: Vec<Value>,
        told: &mut Told,
        children: &mut [Child<'_>],
    ) -> Result<(), Fault> {
        if let Some(cursor) = &http.cursor {
            rows.iter().for_each(|row| told.highest.see(cursor, row, self.client.source.time_zone));
        }
        for child in children.iter_mut() {
            let Some(parent) = &child.http.parent else { continue };
            for row in &rows {
                match parent.key.first(row).map_err(|rule| Fault::Stream(format!("parent.key: {rule}")))? {
                    Value::String(key) if !key.is_empty() => drop(child.keys.insert(key)),
                    Value::Number(key) => drop(child.keys.insert(key.to_string())),
                    _ => {}
                }
            }
        }
        if self.streams.get(position).is_some_and(|stream| stream.emit != Emit::Keys) {
            // In ascending order, what was seen is all there was until then.
            let sorted = http.cursor.as_ref().filter(|cursor| cursor.sorted && children.is_empty() && !told.has_gaps);
            let cursor = sorted.map(|cursor| told.highest.kept(cursor, self.at)).transpose().map_err(Fault::Stream)?;
            let reached = cursor.flatten().map(|cursor| Reached { cursor: Some(cursor), ..Reached::default() });
            self.hand_over(position, within, rows, reached)?;
        }
        for child in children {
            self.ask_for(child, false)?;
        }
        Ok(())
    }

    fn hand_over(
        &self,
        stream: usize,
        within: &Arc<str>,
        rows: Vec<Value>,
        mut reached: Option<Reached>,
    ) -> Result<(), Fault> {
        let mut number = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<RawRow> = rows
                .by_ref()
                .take(CHUNK)
                .map(|row| {
                    number += 1;
                    let place = Place { within: within.clone(), unit: "row", number };
                    let content = match row {
                        Value::Object(_) => Ok(row),
                        other => Err(Unreadable { reason: "not a JSON object".into(), text: other.to_string() }),
                    };
                    RawRow { place, content }
                })
                .collect();
            let reached = if rows.peek().is_none() { reached.take() } else { None };
            self.send(Chunk { stream, rows: chunk, reached })?;
        }
        Ok(())
    }

    /// Asks a child for as many whole batches of keys as there are; at the end, for the rest too.
    fn ask_for(&self, child: &mut Child<'_>, is_end: bool) -> Result<(), Fault> {
        let Some(parent) = &child.http.parent else { return Ok(()) };
        while child.keys.len() >= parent.batch || (is_end && !child.keys.is_empty()) {
            let keys: Vec<String> = std::iter::from_fn(|| child.keys.pop_first()).take(parent.batch).collect();
            let mut values = self.client.values();
            values.set("keys", keys.join(&parent.separator));
            self.pages(child.position, child.http, &mut values, &mut [])?;
        }
        Ok(())
    }

    fn finish(&self, stream: usize, reached: Reached) -> Result<(), Fault> {
        self.send(Chunk { stream, rows: Vec::new(), reached: Some(reached) })
    }

    fn send(&self, chunk: Chunk) -> Result<(), Fault> {
        self.sink.send(chunk).map_err(|_| Fault::Stopped)
    }
}

/// The first rows of each stream, or why there are none; before that, the manifest's own check. For a look at a source,
/// whose caller waits: what fails is not tried again.
pub fn sample(
    source: &Arc<HttpSource>,
    streams: &Arc<[Stream]>,
    at: Timestamp,
    stop: &Stop,
) -> Result<Vec<Result<Vec<Value>, String>>, Fault> {
    let client = Client::once(source.clone(), at, stop.clone())?;
    if let Some(check) = &source.manifest.check {
        let checked = client.ask(check, &mut client.values(), None);
        checked.map_err(|fault| match fault {
            Fault::Stream(text) => Fault::Source(text),
            other => other,
        })?;
    }
    let http = |stream: &Stream| match &stream.reach {
        Reach::Http(http) => Some(http.clone()),
        _ => None,
    };
    let first_page = |http: &HttpStream, keys: Option<String>| -> Result<Vec<Value>, Fault> {
        let mut values = client.values();
        Pages::new(&http.paginate, source, &mut values);
        if let Some(keys) = keys {
            values.set("keys", keys);
        }
        match client.ask(&http.request, &mut values, None)? {
            Asked::Empty => Ok(Vec::new()),
            Asked::Skipped(reason) => Err(Fault::Stream(reason)),
            Asked::Answer(mut answer) => {
                http.select.all(answer.value["body"].take()).map_err(|rule| Fault::Stream(format!("select: {rule}")))
            }
        }
    };
    let mut found = Vec::with_capacity(streams.len());
    for stream in streams.iter() {
        let Some(own) = http(stream) else { continue };
        let rows = match own.parent.as_ref().filter(|parent| !parent.full_alone) {
            None => first_page(&own, None),
            Some(parent) => {
                let of = streams.iter().find(|other| other.name() == parent.stream).and_then(http);
                let rows = of.map_or(Ok(Vec::new()), |of| first_page(&of, None));
                rows.and_then(|rows| match rows.first().map(|row| parent.key.first(row)) {
                    Some(Ok(Value::String(key))) => first_page(&own, Some(key)),
                    Some(Ok(Value::Number(key))) => first_page(&own, Some(key.to_string())),
                    _ => Ok(Vec::new()),
                })
            }
        };
        match rows {
            Ok(rows) => found.push(Ok(rows)),
            Err(Fault::Stream(text)) => found.push(Err(client.redact(&text))),
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}
