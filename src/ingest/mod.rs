//! Flow: a source is read, its rows become versions of records, and these go through `evaluate` batch by batch.

use crate::{
    assess::Rules,
    connectors::{Item, Rows, Source, Stream},
    error::{Error, Result},
    evaluate::{self, Change},
    model::{Clock, RecordVersion, Timestamp},
    store::{Run, RunState, SetAsideRow, Store, Transaction},
};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Rows handled in one transaction.
const BATCH: usize = 1_000;

/// How far a run has come.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The run as it stands.
    pub run: &'a Run,
    /// Since it began.
    pub elapsed: Duration,
}

/// Reads a source to its end and draws conclusions. A row no record can be made of is set aside and the rest goes on;
/// a source that cannot be read on ends the run as failed, keeping what was read until then.
pub fn sync(
    store: &Store,
    rules: &Rules,
    source: &Source,
    clock: Clock,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Run> {
    let mut sync = Sync::start(store, rules, source, clock)?;
    let read = sync.read(&mut progress);
    let run = sync.finish(read.as_ref().err())?;
    progress(&Progress { run: &run, elapsed: sync.started.elapsed() });
    read.map(|()| run)
}

struct Sync<'a> {
    store: &'a Store,
    rules: &'a Rules,
    source: &'a Source,
    clock: Clock,
    run: Run,
    started: Instant,
    set_aside: u64,
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
    fn start(store: &'a Store, rules: &'a Rules, source: &'a Source, clock: Clock) -> Result<Self> {
        let run = Run {
            id: Uuid::new_v4().to_string(),
            source: source.name().into(),
            state: RunState::Running,
            started_at: clock.now(),
            finished_at: None,
            rows_read: 0,
            created: 0,
            changed: 0,
            unchanged: 0,
            tombstoned: 0,
            set_aside: 0,
            error: None,
        };
        store.write(run.started_at, |transaction| {
            transaction.fail_unfinished_runs(&run.source, "the process that read it stopped")?;
            transaction.save_run(&run)
        })?;
        Ok(Self { store, rules, source, clock, run, started: Instant::now(), set_aside: 0 })
    }

    fn read(&mut self, progress: &mut impl FnMut(&Progress<'_>)) -> Result<()> {
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

    fn write(&mut self, batch: Batch, progress: &mut impl FnMut(&Progress<'_>)) -> Result<()> {
        let history = self.source.streams().get(batch.stream).is_some_and(|stream| stream.rows() == Rows::Versions);
        let mut run = self.run.clone();
        run.rows_read = batch.rows_read;
        run.set_aside += batch.set_aside.len() as u64;
        let synced_at = run.started_at;
        run = self.store.write(self.clock.now(), |transaction| {
            let change = Change::Records { versions: batch.versions, synced_at, history };
            let applied = evaluate::apply(transaction, self.rules, change)?;
            run.created += applied.created;
            run.changed += applied.changed;
            run.unchanged += applied.unchanged;
            run.tombstoned += applied.tombstoned;
            transaction.set_aside(batch.set_aside)?;
            transaction.save_run(&run)?;
            Ok(run)
        })?;
        self.run = run;
        progress(&Progress { run: &self.run, elapsed: self.started.elapsed() });
        Ok(())
    }

    fn finish(&mut self, failure: Option<&Error>) -> Result<Run> {
        let now = self.clock.now();
        self.run.finished_at = Some(now);
        self.run.state = if failure.is_some() { RunState::Failed } else { RunState::Completed };
        self.run.error = failure.map(ToString::to_string);
        self.store.write(now, |transaction| {
            if failure.is_none() {
                self.complete(transaction, self.run.started_at)?;
            }
            transaction.save_run(&self.run)?;
            evaluate::apply(transaction, self.rules, Change::Read { source: self.run.source.clone() })
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
