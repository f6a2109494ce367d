//! From rows to records on several cores: rows are handed over in chunks, mapped by as many threads as there are cores
//! beside the one that writes, which mostly waits for the disk, and given out in the order they were handed over. Every queue is bounded, so that what
//! is held does not grow with the source.

use super::{
    Stop, Stream,
    mapper::{Mapper, Place},
    rows::Unreadable,
    source::{Arrival, Item, Reached, stopped},
};
use crate::{error::Error, model::Timestamp};
use serde_json::Value;
use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

/// Rows handed over together.
pub const CHUNK: usize = 250;

/// Chunks under way for each mapping thread: one being mapped, one waiting.
const CHUNKS_A_THREAD: usize = 2;

/// The most mapping threads.
const MAX_THREADS: usize = 16;

/// How long what was stopped may take to say so.
const GRACE: Duration = Duration::from_secs(1);

/// Rows of one stream in their order, and how far the stream has come with them.
pub struct Chunk {
    /// The stream's position.
    pub stream: usize,
    pub rows: Vec<RawRow>,
    /// What holds once these rows are kept.
    pub reached: Option<Reached>,
}

/// A row as its source gave it.
pub struct RawRow {
    pub place: Place,
    pub content: Result<Value, Unreadable>,
}

/// What a chunk became.
pub struct Mapped {
    pub rows: u64,
    pub arrivals: Vec<Arrival>,
}

type Outcome = Result<Mapped, Error>;
type Work = (Chunk, SyncSender<Outcome>);

/// Where a reader of a source puts what it reads.
#[derive(Clone)]
pub struct Sink {
    order: SyncSender<Receiver<Outcome>>,
    work: SyncSender<Work>,
    pages: Arc<AtomicU64>,
}

/// The reading has ended: what is read further is of no use.
pub struct Ended;

impl Sink {
    /// Hands rows over; waits while enough are under way.
    pub fn send(&self, chunk: Chunk) -> Result<(), Ended> {
        let (reply, mapped) = sync_channel(1);
        self.order.send(mapped).map_err(|_| Ended)?;
        self.work.send((chunk, reply)).map_err(|_| Ended)
    }

    /// Ends the reading with an error, after everything handed over so far.
    pub fn fail(&self, error: Error) {
        let (reply, mapped) = sync_channel(1);
        if self.order.send(mapped).is_ok() {
            let _ = reply.send(Err(error));
        }
    }

    /// Counts a page, for whoever watches.
    pub fn count_page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
    }
}

/// What comes out: chunks in order.
pub struct Pipeline {
    source: String,
    order: Receiver<Receiver<Outcome>>,
    pages: Arc<AtomicU64>,
    stop: Stop,
    finished: bool,
}

impl Pipeline {
    /// Starts the mapping threads and, on a thread of its own, the reader.
    pub fn start(
        streams: Arc<[Stream]>,
        source: &str,
        about: Value,
        at: Timestamp,
        stop: Stop,
        read: impl FnOnce(&Sink) + Send + 'static,
    ) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
        let (order, outcomes) = sync_channel(threads * CHUNKS_A_THREAD);
        let (work, waiting) = sync_channel::<Work>(threads);
        let waiting = Arc::new(Mutex::new(waiting));
        let pages = Arc::new(AtomicU64::new(0));
        let sink = Sink { order, work, pages: pages.clone() };
        let mapper = Arc::new(Mapper { streams, source: source.into(), about, at });
        for _ in 0..threads {
            let (waiting, mapper, ending) = (waiting.clone(), mapper.clone(), stop.clone());
            thread::spawn(move || {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((chunk, reply)) = next else { return };
                    // Nobody waits for it if the reading was given up.
                    let _ = reply.send(map(&mapper, chunk, &ending));
                }
            });
        }
        thread::spawn(move || {
            // A reader that breaks must not look like one that came to the end.
            if catch_unwind(AssertUnwindSafe(|| read(&sink))).is_err() {
                sink.fail(Error::Internal("the reading met a defect of this program".into()));
            }
        });
        Self { source: source.into(), order: outcomes, pages, stop, finished: false }
    }

    /// The next chunk; `None` at the end.
    pub fn next(&self) -> Option<Outcome> {
        let outcome = self.wait(&self.order)?.and_then(|chunk| {
            let early = || Err(Error::Internal("a mapping thread ended early".into()));
            self.wait(&chunk).unwrap_or_else(early).flatten()
        });
        Some(outcome)
    }

    /// What comes next; `None` at the end. What does not end after it was stopped is not waited for.
    fn wait<T>(&self, from: &Receiver<T>) -> Option<Result<T, Error>> {
        loop {
            match from.recv_timeout(GRACE) {
                Ok(come) => return Some(Ok(come)),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.stop.is_stopped() => return Some(Err(stopped(&self.source))),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Notes that the end was reached.
    pub fn finished(&mut self) {
        self.finished = true;
    }

    /// Pages read so far.
    pub fn pages(&self) -> u64 {
        self.pages.load(Ordering::Relaxed)
    }
}

impl Drop for Pipeline {
    /// A reader that is still at work is told, and gives up what it waits for.
    fn drop(&mut self) {
        if !self.finished {
            self.stop.stop();
        }
    }
}

fn map(mapper: &Mapper, chunk: Chunk, stop: &Stop) -> Outcome {
    let rows = chunk.rows.len() as u64;
    let mut arrivals = Vec::with_capacity(chunk.rows.len() + 1);
    for row in chunk.rows {
        if stop.is_stopped() {
            return Err(stopped(&mapper.source));
        }
        mapper.map(chunk.stream, &row.place, row.content, |item| arrivals.push(Arrival { stream: chunk.stream, item }));
    }
    if let Some(reached) = chunk.reached {
        arrivals.push(Arrival { stream: chunk.stream, item: Item::Reached(reached) });
    }
    Ok(Mapped { rows, arrivals })
}
