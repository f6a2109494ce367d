//! Flow: a source is read, its rows become versions of records, and these go through `evaluate` batch by batch.

mod allowed;
mod check;
mod inbox;
mod sources;

pub use allowed::ApiSources;
pub use check::{StreamCheck, check};
pub use inbox::{Drained, Ending, Inbox, drain};
pub use sources::{Author, Known, NAME_RULE, Sources, is_name};

use crate::{
    assess::Rules,
    connectors::{Item, Rows, Source, Stream},
    error::{Error, Result},
    evaluate::{self, Change},
    model::{Clock, RecordVersion, Timestamp},
    store::{Cause, Lease, Run, RunState, SetAsideRow, Store, Transaction},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Rows handled in one transaction.
const BATCH: usize = 1_000;

/// How long the right to read a source lasts without being renewed, unless said otherwise: so long nobody takes over
/// from a node that died.
pub const LEASE: Duration = Duration::from_secs(30);

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
}

impl Order {
    /// A new run that nothing stops.
    pub fn new(cause: Cause) -> Self {
        Self { cause, run: None, stop: Arc::default(), lease: LEASE }
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
    let lease = store.lease(&format!("sync/{}", source.name()), order.lease)?.ok_or_else(|| {
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

struct Sync<'a> {
    store: &'a Store,
    rules: &'a Rules,
    source: &'a Source,
    clock: Clock,
    lease: Lease,
    stop: Arc<AtomicBool>,
    run: Run,
    set_aside: u64,
    /// True once the run is to end because someone asked for it.
    cancelled: bool,
}

/// Rows of one stream waiting to be written together.
#[derive(Default)]
struct Batch {
    stream: usize,
    versions: Vec<RecordVersion>,
    set_aside: Vec<SetAsideRow>,
    /// Rows read since the run began.
    rows_read: u64,
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
        let fresh = Run::new(source.name(), RunState::Running, order.cause, now);
        let run = match order.run {
            Some(asked) => Run { id: asked.id, ..fresh },
            None => fresh,
        };
        store.write(now, |transaction| {
            let stored = transaction.run(&run.source, &run.id)?;
            if stored.is_some_and(|stored| stored.state != RunState::Waiting) {
                return Err(Error::Conflict("the run was taken up elsewhere, or cancelled".into()));
            }
            transaction.fail_unfinished_runs(&run.source, "the process that read it stopped")?;
            transaction.save_run(&run)?;
            transaction.hold(&lease)
        })?;
        Ok(Self { store, rules, source, clock, lease, stop: order.stop, run, set_aside: 0, cancelled: false })
    }

    fn read(&mut self, progress: &mut impl FnMut(&Run)) -> Result<()> {
        let mut batch = Batch::default();
        let mut reading = self.source.read(self.run.started_at);
        while let Some(arrival) = reading.next() {
            let arrival = arrival?;
            if arrival.stream != batch.stream || batch.versions.len() + batch.set_aside.len() >= BATCH {
                self.write(std::mem::take(&mut batch), progress)?;
                batch.stream = arrival.stream;
            }
            batch.rows_read = reading.rows();
            match arrival.item {
                Item::Version(version) => batch.versions.push(version),
                Item::SetAside(row) => {
                    self.set_aside += 1;
                    batch.set_aside.push(SetAsideRow {
                        id: format!("{}-{:09}", self.run.id, self.set_aside),
                        run_id: self.run.id.clone(),
                        source: self.run.source.clone(),
                        stream: row.stream,
                        position: row.position,
                        reason: row.reason,
                        content: match row.row {
                            serde_json::Value::String(text) => text,
                            row => row.to_string(),
                        },
                    });
                }
            }
        }
        batch.rows_read = reading.rows();
        self.write(batch, progress)
    }

    fn write(&mut self, batch: Batch, progress: &mut impl FnMut(&Run)) -> Result<()> {
        let history = self.source.streams().get(batch.stream).is_some_and(|stream| stream.rows() == Rows::Versions);
        let mut run = self.run.clone();
        run.rows_read = batch.rows_read;
        run.set_aside += batch.set_aside.len() as u64;
        let (synced_at, now) = (run.started_at, self.clock.now());
        run.progress(now);
        self.lease.check()?;
        (run, self.cancelled) = self.store.write(now, |transaction| {
            let change = Change::Records { versions: batch.versions, synced_at, history };
            let applied = evaluate::apply(transaction, self.rules, change)?;
            run.created += applied.created;
            run.changed += applied.changed;
            run.unchanged += applied.unchanged;
            run.tombstoned += applied.tombstoned;
            transaction.set_aside(batch.set_aside)?;
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
            return Err(Error::Unavailable("the service stopped while the source was read".into()));
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
        self.store.write(now, |transaction| {
            if failure.is_none() {
                self.complete(transaction, self.run.started_at)?;
            }
            transaction.save_run(&self.run)?;
            evaluate::apply(transaction, self.rules, Change::Read { source: self.run.source.clone() })?;
            transaction.hold(&self.lease)
        })?;
        evaluate::settle(self.store, self.rules, now)?;
        Ok(self.run.clone())
    }

    fn complete(&self, transaction: &mut Transaction<'_>, at: Timestamp) -> Result<()> {
        let streams: Vec<&str> = self.source.streams().iter().map(Stream::name).collect();
        transaction.complete_streams(&self.run.source, &streams, at)?;
        transaction.forget_set_aside_before(&self.run.source, &self.run.id)
    }
}
