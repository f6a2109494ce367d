//! From the messages of a tap to rows of streams. The state of a tap is one for all its streams: it is kept as the
//! cursor of the first.

use super::{Message, ReplicationMethod, SingerSource, TapReading, source::selection};
use crate::{
    connectors::{
        Stop, Stream,
        mapper::Place,
        pipeline::{CHUNK, Chunk, Ended, RawRow, Sink},
        source::{Reached, StreamStates},
    },
    error::{Error, Result},
};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A state is kept after at least so many rows, or after so long: taps write one after every row.
const ROWS_A_STATE: usize = 1_000;
const TIME_A_STATE: Duration = Duration::from_secs(10);

/// What a look at a source takes at the most: rows of all streams, and time.
const SAMPLE_ROWS: usize = 1_000;
const SAMPLE_TIME: Duration = Duration::from_secs(60);

/// Reads a tap to its end, on from the state of the last run.
pub fn read(source: &SingerSource, streams: &[Stream], states: &StreamStates, sink: &Sink, stop: &Stop) {
    let kept = streams.first().and_then(|first| states.get(first.name())).and_then(|state| state.cursor.as_deref());
    let state = match kept.map(serde_json::from_str::<Value>).transpose() {
        Ok(state) => state,
        Err(error) => return sink.fail(Error::Internal(format!("the state of {}: {error}", source.name()))),
    };
    let tap = match source.start(streams, state.as_ref(), stop) {
        Ok(tap) => tap,
        Err(error) => return sink.fail(error),
    };
    let mut reading = Reading {
        streams,
        sink,
        within: source.name().into(),
        stream: 0,
        rows: Vec::new(),
        state: None,
        since: 0,
        kept_at: Instant::now(),
        shown: vec![false; streams.len()],
    };
    // What came before an error is kept; if nobody takes it any more, so be it.
    match reading.messages(tap) {
        Ok(Ok(())) => drop(reading.finish(state.is_none())),
        Ok(Err(Ended)) => {}
        Err(error) => {
            if reading.keep_state().is_ok() {
                sink.fail(error);
            }
        }
    }
}

struct Reading<'a> {
    streams: &'a [Stream],
    sink: &'a Sink,
    within: Arc<str>,
    /// The stream of the rows that wait.
    stream: usize,
    rows: Vec<RawRow>,
    /// The latest state, not yet handed over.
    state: Option<Value>,
    /// Rows since the last one that was.
    since: usize,
    kept_at: Instant,
    /// Streams that gave rows, or said that they gave all they have.
    shown: Vec<bool>,
}

impl Reading<'_> {
    fn messages(&mut self, tap: TapReading) -> Result<Result<(), Ended>> {
        for message in tap {
            let (number, message) = message?;
            if self.take(number, message).is_err() {
                return Ok(Err(Ended));
            }
        }
        Ok(Ok(()))
    }

    fn take(&mut self, number: u64, message: Message) -> Result<(), Ended> {
        match message {
            Message::Schema => {}
            Message::ActivateVersion(name) => {
                if let Some(shown) = position(self.streams, &name).and_then(|stream| self.shown.get_mut(stream)) {
                    *shown = true;
                }
            }
            Message::State(state) => {
                self.state = Some(state);
                if self.since >= ROWS_A_STATE || self.kept_at.elapsed() >= TIME_A_STATE {
                    return self.keep_state();
                }
            }
            Message::Record { stream: name, record } => {
                // A tap may give more than it was asked for.
                let Some(stream) = position(self.streams, &name) else { return Ok(()) };
                if stream != self.stream || self.rows.len() == CHUNK {
                    self.send()?;
                    self.stream = stream;
                }
                let place = Place { within: self.within.clone(), unit: "line", number };
                self.rows.push(RawRow { place, content: Ok(record) });
                self.since += 1;
                if let Some(shown) = self.shown.get_mut(stream) {
                    *shown = true;
                }
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Ended> {
        let rows = std::mem::take(&mut self.rows);
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

    /// The tap has ended well; `whole` if it was given no state.
    fn finish(&mut self, whole: bool) -> Result<(), Ended> {
        self.keep_state()?;
        for (position, stream) in self.streams.iter().enumerate() {
            let is_full_table =
                selection(stream).is_some_and(|selection| selection.method == Some(ReplicationMethod::FullTable));
            let full = whole || (is_full_table && self.shown.get(position) == Some(&true));
            let reached = Reached { complete: true, full, ..Reached::default() };
            self.sink.send(Chunk { stream: position, rows: Vec::new(), reached: Some(reached) })?;
        }
        Ok(())
    }
}

fn position(streams: &[Stream], name: &str) -> Option<usize> {
    streams.iter().position(|stream| selection(stream).is_some_and(|selection| selection.tap_stream == name))
}

/// The first rows of each stream, from a tap that is stopped once every stream gave some.
pub fn sample(source: &SingerSource, streams: &[Stream], stop: &Stop) -> Result<Vec<Result<Vec<Value>, String>>> {
    let mut rows = vec![Vec::new(); streams.len()];
    let started = Instant::now();
    for (count, message) in source.start(streams, None, stop)?.enumerate() {
        if let (_, Message::Record { stream, record }) = message?
            && let Some(of_stream) = position(streams, &stream).and_then(|position| rows.get_mut(position))
        {
            of_stream.push(record);
        }
        if rows.iter().all(|rows| !rows.is_empty()) || count >= SAMPLE_ROWS || started.elapsed() >= SAMPLE_TIME {
            break;
        }
    }
    Ok(rows.into_iter().map(Ok).collect())
}
