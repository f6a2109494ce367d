//! Flow: a source is read, its rows become versions of records, and these go through `evaluate` batch by batch.

mod abandoned;
mod allowed;
mod inbox;
mod remap;
mod sources;
mod streams;

pub use abandoned::fail_abandoned;
pub use allowed::ApiSources;
pub use inbox::{Drained, Ending, Inbox, drain};
pub use sources::{Author, Known, NAME_RULE, Sources, is_name};

use crate::{
    assess::Rules,
    connectors::{Item, Reading, Rows, Source, Stop},
    error::{Error, Result},
    evaluate::{self, Change},
    model::{Clock, RecordVersion},
    store::{Applied, Cause, Lease, Run, RunState, Store},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};
use streams::{News, Streams};

/// Rows handled in one transaction.
const BATCH: usize = 1_000;

/// How long rows wait for more to be written with, where a system elsewhere takes its time: so often it is seen how far a run is.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the right to read a source lasts without being renewed, unless said otherwise: so long nobody takes over
/// from a node that died.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often a run that reads looks whether it is to end.
const LOOK: Duration = Duration::from_millis(500);

/// How a run is to be made.
#[derive(Clone)]
pub struct Order {
    /// Why.
    pub cause: Cause,
    /// The run that was asked for and waits; without it, a new one.
    pub run: Option<Run>,
    /// Set from elsewhere when the process is to end: the run ends with its batch.
    pub stop: Arc<AtomicBool>,
    /// How long the right to read the source lasts without being renewed.
    pub lease: Duration,
    /// True to read every stream as if it never had been.
    pub full: bool,
    /// True to take any number of records for gone that a full read does not show.
    pub accept_deletions: bool,
}

impl Order {
    /// A new run that nothing stops.
    pub fn new(cause: Cause) -> Self {
        Self { cause, run: None, stop: Arc::default(), lease: LEASE, full: false, accept_deletions: false }
    }
}

/// Reads a source to its end and draws conclusions. A row no record can be made of is set aside and the rest goes on;
/// a source that cannot be read on ends the run as failed, keeping what was read until then. `progress` is told of every
/// batch.
///
/// # Errors
/// `Conflict` if another run reads the source, on this node or elsewhere, or took over from this one.
pub fn sync(
    store: &Store,
    rules: &Rules,
    source: &Source,
    order: Order,
    clock: Clock,
    mut progress: impl FnMut(&Run),
) -> Result<Run> {
    let lease = store.lease(&lease_name(source.name()), order.lease)?.ok_or_else(|| {
        Error::Conflict(format!(
            "the source `{}` is being read by another run; wait for it or cancel it (where a process was killed, its right \
             to read expires within seconds)",
            source.name()
        ))
    })?;
    let mut sync = Sync::start(store, rules, source, order, clock, lease)?;
    let read = sync.read(&mut progress);
    let run = sync.finish(read.as_ref().err())?;
    progress(&run);
    read.map(|()| run)
}

/// The right to read a source.
fn lease_name(source: &str) -> String {
    format!("sync/{source}")
}

struct Sync<'a> {
    store: &'a Store,
    rules: &'a Rules,
    source: &'a Source,
    clock: Clock,
    lease: Lease,
    stop: Arc<AtomicBool>,
    run: Run,
    set_aside: u64,
    streams: Streams<'a>,
    /// True once the run is to end because someone asked for it.
    cancelled: bool,
}

/// What may end a run while it waits for its source.
struct Watch {
    store: Store,
    ending: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
    run: Run,
}

impl Watch {
    /// Stops the reading once it is to end; returns then, or when the reading has ended.
    fn until(&self, ended: &Receiver<()>, stop: &Stop) {
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if self.ending.load(Ordering::Relaxed) || self.lost.load(Ordering::Relaxed) || self.is_cancelling() {
                return stop.stop();
            }
        }
    }

    fn is_cancelling(&self) -> bool {
        let run = self.store.read(|reader| reader.run(&self.run.source, &self.run.id));
        // A database that does not answer now is noticed when the next batch is written.
        run.is_ok_and(|run| run.is_some_and(|run| run.cancelling))
    }
}

/// Rows waiting to be written together.
#[derive(Default)]
struct Batch {
    /// True if several versions of a record may come in any order.
    history: bool,
    news: News,
    versions: Vec<RecordVersion>,
}

impl<'a> Sync<'a> {
    fn start(
        store: &'a Store,
        rules: &'a Rules,
        source: &'a Source,
        order: Order,
        clock: Clock,
        lease: Lease,
    ) -> Result<Self> {
        let now = clock.now();
        let (full, accept_deletions) = (order.full, order.accept_deletions);
        let fresh = Run { full, accept_deletions, ..Run::new(source.name(), RunState::Running, order.cause, now) };
        let run = match order.run {
            Some(asked) => Run { id: asked.id, ..fresh },
            None => fresh,
        };
        store.write(now, |transaction| {
            let stored = transaction.run(&run.source, &run.id)?;
            if stored.is_some_and(|stored| stored.state != RunState::Waiting) {
                return Err(Error::Conflict("the run was taken up elsewhere, or cancelled".into()));
            }
            transaction.fail_unfinished_runs(&run.source)?;
            transaction.save_run(&run)?;
            transaction.hold(&lease)
        })?;
        let streams = Streams::open(store, source, &run)?;
        let stop = order.stop;
        Ok(Self { store, rules, source, clock, lease, stop, run, set_aside: 0, streams, cancelled: false })
    }

    /// Reads while a thread watches for what is to end the run: a source may keep it waiting between two batches.
    fn read(&mut self, progress: &mut impl FnMut(&Run)) -> Result<()> {
        // Of this run alone: a reading that breaks sets it as well.
        let stop = Stop::default();
        let lost = self.lease.lost();
        let watch = Watch { store: self.store.clone(), ending: self.stop.clone(), lost, run: self.run.clone() };
        let (reading, ended) = channel::<()>();
        let watched = stop.clone();
        thread::Builder::new()
            .name("watch".into())
            .spawn(move || watch.until(&ended, &watched))
            .map_err(|error| Error::Unavailable(format!("no thread could be started: {error}")))?;
        let read = self.read_until(stop, progress);
        drop(reading);
        read
    }

    fn read_until(&mut self, stop: Stop, progress: &mut impl FnMut(&Run)) -> Result<()> {
        let mended = self.streams.remap(self.store, self.rules, self.clock, &self.lease)?;
        self.count(mended);
        let mut reading = self.source.resume(self.run.started_at, self.streams.states(), stop);
        let came_to_the_end = self.read_rows(&mut reading, progress)?;
        // A stream that cannot be read does not keep from what is known of the others.
        let gone = self.streams.reconcile(self.store, self.rules, self.clock, &self.lease);
        self.count(gone?);
        let refusals = std::mem::take(&mut self.streams.refusals);
        match came_to_the_end {
            Ok(()) if refusals.is_empty() => Ok(()),
            Ok(()) => Err(Error::Upstream(format!("source {}: {}", self.run.source, refusals.join("; ")))),
            Err(error) => {
                self.streams.notes.extend(refusals);
                Err(error)
            }
        }
    }

    /// Reads all rows there are, and keeps them in batches. What the source failed by is told once what came before it
    /// is kept.
    fn read_rows(&mut self, reading: &mut Reading, progress: &mut impl FnMut(&Run)) -> Result<Result<()>> {
        let mut batch = Batch::default();
        let mut written_at = Instant::now();
        loop {
            if self.source.is_elsewhere() && reading.waits() && written_at.elapsed() >= PATIENCE {
                let history = batch.history;
                self.write(std::mem::take(&mut batch), reading, progress)?;
                (batch.history, written_at) = (history, Instant::now());
            }
            let arrival = match reading.next() {
                Some(Ok(arrival)) => arrival,
                Some(Err(error)) => return self.write(batch, reading, progress).map(|()| Err(error)),
                None => return self.write(batch, reading, progress).map(Ok),
            };
            let of_stream = self.source.streams().get(arrival.stream);
            let history = of_stream.is_some_and(|stream| stream.rows() == Rows::Versions);
            if history != batch.history || batch.versions.len() + batch.news.set_aside() >= BATCH {
                self.write(std::mem::take(&mut batch), reading, progress)?;
                (batch.history, written_at) = (history, Instant::now());
            }
            match arrival.item {
                Item::Version(version) => {
                    self.streams.came(&mut batch.news, arrival.stream, &version);
                    batch.versions.push(version);
                }
                Item::Reached(reached) => batch.news.reached(arrival.stream, reached),
                Item::SetAside(row) => {
                    self.set_aside += 1;
                    self.streams.set_aside(&mut batch.news, arrival.stream, row, self.set_aside);
                }
            }
        }
    }

    fn count(&mut self, applied: Applied) {
        self.run.created += applied.created;
        self.run.changed += applied.changed;
        self.run.unchanged += applied.unchanged;
        self.run.tombstoned += applied.tombstoned;
    }

    fn write(&mut self, batch: Batch, reading: &Reading, progress: &mut impl FnMut(&Run)) -> Result<()> {
        let mut run = self.run.clone();
        (run.rows_read, run.pages) = (reading.rows(), reading.pages());
        run.set_aside = self.set_aside;
        let (synced_at, now) = (run.started_at, self.clock.now());
        run.progress(now);
        self.lease.check()?;
        let streams = &mut self.streams;
        (run, self.cancelled) = self.store.write(now, |transaction| {
            let change =
                Change::Records { versions: batch.versions, synced_at, history: batch.history, delivered: false };
            let applied = evaluate::apply(transaction, self.rules, change)?;
            run.created += applied.created;
            run.changed += applied.changed;
            run.unchanged += applied.unchanged;
            run.tombstoned += applied.tombstoned;
            streams.keep(transaction, batch.news)?;
            transaction.save_run(&run)?;
            transaction.hold(&self.lease)?;
            let cancelled = transaction.is_cancelling(&run.id)?;
            Ok((run, cancelled))
        })?;
        self.run = run;
        progress(&self.run);
        if self.cancelled {
            return Err(Error::Conflict("the run was cancelled".into()));
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Unavailable(
                "it was told to stop while the source was read; what was read is kept".into(),
            ));
        }
        Ok(())
    }

    fn finish(&mut self, failure: Option<&Error>) -> Result<Run> {
        let now = self.clock.now();
        self.run.finished_at = Some(now);
        self.run.progress(now);
        self.run.state = match failure {
            None => RunState::Completed,
            Some(_) if self.cancelled => RunState::Cancelled,
            Some(_) => RunState::Failed,
        };
        self.run.error = failure.map(ToString::to_string);
        self.run.note = Some(self.streams.notes.join("; ")).filter(|note| !note.is_empty());
        self.store.write(now, |transaction| {
            transaction.save_run(&self.run)?;
            evaluate::apply(transaction, self.rules, Change::Read { source: self.run.source.clone() })?;
            transaction.hold(&self.lease)
        })?;
        evaluate::settle(self.store, self.rules, now)?;
        Ok(self.run.clone())
    }
}
