//! From the messages of a tap to rows of streams. The state of a tap is one for all its streams: it is kept as the
//! cursor of the first.

use super::{Message, ReplicationMethod, SingerSource, TapReading, source::selection};
use crate::{
    connectors::{
        Stop, Stream,
        mapper::{Place, shown},
        pipeline::{CHUNK, Chunk, Ended, RawRow, Sink},
        source::{Reached, StreamStates},
    },
    error::{Error, Result},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// A state is kept after at least so many rows, or after so long: taps write one after every row.
const ROWS_A_STATE: usize = 1_000;
const TIME_A_STATE: Duration = Duration::from_secs(10);

/// How many names of streams that were not asked for are remembered.
const MAX_NAMES: usize = 20;

/// What a look at a source takes at the most: rows of all streams, and time.
const SAMPLE_ROWS: usize = 1_000;
const SAMPLE_TIME: Duration = Duration::from_secs(60);

/// How long the lines of rows handed over together may be, in bytes: of large rows fewer are held at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// Reads a tap to its end, on from the state of the last run. What it is to read in full, it is given no state of: one
/// left by a run that was cut short says only what is still to come.
pub fn read(source: &SingerSource, streams: &[Stream], states: &StreamStates, sink: &Sink, stop: &Stop) {
    let kept = streams.first().and_then(|first| states.get(first.name())).and_then(|state| state.cursor.as_deref());
    let state = match kept.map(serde_json::from_str::<Value>).transpose() {
        Ok(state) => state,
        Err(error) => return sink.fail(Error::Internal(format!("the state of {}: {error}", source.name()))),
    };
    let is_afresh = |stream: &Stream| states.get(stream.name()).is_some_and(|state| state.afresh);
    let afresh: Vec<usize> = streams
        .iter()
        .enumerate()
        .filter(|(_, stream)| is_full_table(stream) || is_afresh(stream))
        .map(|(position, _)| position)
        .collect();
    let tap = match source.start(streams, state, &afresh, stop) {
        Ok(tap) => tap,
        Err(error) => return sink.fail(error),
    };
    let from_the_beginning: Vec<bool> =
        (0..streams.len()).map(|position| !tap.resumed || afresh.contains(&position)).collect();
    let mut reading = Reading {
        sink,
        within: source.name().into(),
        stream: 0,
        rows: Vec::new(),
        bytes: 0,
        state: None,
        since: 0,
        kept_at: Instant::now(),
        shown: vec![false; streams.len()],
        passed_over: BTreeMap::new(),
    };
    // What came before an error is kept; if nobody takes it any more, so be it.
    match reading.messages(tap) {
        Ok(Ok(())) => drop(reading.finish(&from_the_beginning)),
        Ok(Err(Ended)) => {}
        Err(error) => {
            if reading.keep_state().is_ok() {
                sink.fail(error);
            }
        }
    }
}

fn is_full_table(stream: &Stream) -> bool {
    selection(stream).is_some_and(|selection| selection.method == Some(ReplicationMethod::FullTable))
}

struct Reading<'a> {
    sink: &'a Sink,
    within: Arc<str>,
    /// The stream of the rows that wait.
    stream: usize,
    rows: Vec<RawRow>,
    /// How long their lines are.
    bytes: usize,
    /// The latest state, not yet handed over.
    state: Option<Value>,
    /// Rows since the last one that was.
    since: usize,
    kept_at: Instant,
    /// Streams the tap has told of: of those it was to read from the beginning, it has given all when it ends well.
    shown: Vec<bool>,
    /// How many rows came of streams that were not asked for, by their names.
    passed_over: BTreeMap<String, u64>,
}

impl Reading<'_> {
    fn messages(&mut self, tap: TapReading) -> Result<Result<(), Ended>> {
        let positions = tap.positions.clone();
        for message in tap {
            let (number, message) = message?;
            if self.take(number, message, &positions).is_err() {
                return Ok(Err(Ended));
            }
        }
        Ok(Ok(()))
    }

    fn take(&mut self, number: u64, message: Message, positions: &BTreeMap<String, usize>) -> Result<(), Ended> {
        match message {
            Message::Schema(name) | Message::ActivateVersion(name) => self.show(positions.get(&name).copied()),
            Message::State(state) => {
                self.state = Some(state);
                if self.since >= ROWS_A_STATE || self.kept_at.elapsed() >= TIME_A_STATE {
                    return self.keep_state();
                }
            }
            Message::Record { stream: name, record, bytes } => {
                let Some(stream) = positions.get(&name).copied() else {
                    if self.passed_over.len() < MAX_NAMES || self.passed_over.contains_key(&name) {
                        *self.passed_over.entry(name).or_default() += 1;
                    }
                    return Ok(());
                };
                if stream != self.stream || self.rows.len() == CHUNK || self.bytes >= CHUNK_BYTES {
                    self.send()?;
                    self.stream = stream;
                }
                let place = Place { within: self.within.clone(), unit: "line", number };
                self.rows.push(RawRow { place, content: Ok(record) });
                self.bytes += bytes;
                self.since += 1;
                self.show(Some(stream));
            }
        }
        Ok(())
    }

    fn show(&mut self, stream: Option<usize>) {
        if let Some(shown) = stream.and_then(|stream| self.shown.get_mut(stream)) {
            *shown = true;
        }
    }

    fn send(&mut self) -> Result<(), Ended> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() { Ok(()) } else { self.sink.send(Chunk { stream: self.stream, rows, reached: None }) }
    }

    /// Hands over what waits, and the latest state with it: it is of rows before, so it may follow later ones.
    fn keep_state(&mut self) -> Result<(), Ended> {
        self.send()?;
        (self.since, self.kept_at) = (0, Instant::now());
        let Some(state) = self.state.take() else { return Ok(()) };
        let reached = Reached { cursor: Some(state.to_string()), ..Reached::default() };
        self.sink.send(Chunk { stream: 0, rows: Vec::new(), reached: Some(reached) })
    }

    /// The tap has ended well, having been given no state of some streams.
    fn finish(&mut self, from_the_beginning: &[bool]) -> Result<(), Ended> {
        self.keep_state()?;
        for (position, (from_the_beginning, shown)) in from_the_beginning.iter().zip(&self.shown).enumerate() {
            let full = *from_the_beginning && *shown;
            let note = (position == 0).then(|| self.note()).flatten();
            let reached = Reached { complete: true, full, note, ..Reached::default() };
            self.sink.send(Chunk { stream: position, rows: Vec::new(), reached: Some(reached) })?;
        }
        Ok(())
    }

    /// What to say of rows that were passed over.
    fn note(&self) -> Option<String> {
        let counts: Vec<String> =
            self.passed_over.iter().map(|(name, count)| format!("{count} of `{}`", shown(name))).collect();
        if counts.is_empty() {
            return None;
        }
        Some(format!(
            "the tap gave rows of streams the manifest does not name, which were passed over: {}",
            counts.join(", ")
        ))
    }
}

/// The first rows of each stream, from a tap that is stopped once every stream gave some.
pub fn sample(source: &SingerSource, streams: &[Stream], stop: &Stop) -> Result<Vec<Result<Vec<Value>, String>>> {
    let mut rows = vec![Vec::new(); streams.len()];
    let started = Instant::now();
    let tap = source.start(streams, None, &[], stop)?;
    let positions = tap.positions.clone();
    for (count, message) in tap.enumerate() {
        if let (_, Message::Record { stream, record, .. }) = message?
            && let Some(of_stream) = positions.get(&stream).and_then(|position| rows.get_mut(*position))
        {
            of_stream.push(record);
        }
        if rows.iter().all(|rows| !rows.is_empty()) || count >= SAMPLE_ROWS || started.elapsed() >= SAMPLE_TIME {
            break;
        }
    }
    Ok(rows.into_iter().map(Ok).collect())
}
