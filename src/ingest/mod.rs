//! Flow: a source is read, its rows become versions of records, and these go through `evaluate` batch by batch.

mod streams;

use crate::{
    assess::Rules,
    connectors::{Item, Rows, Source, Stop},
    error::{Error, Result},
    evaluate::{self, Change},
    model::{Clock, RecordVersion},
    store::{Applied, Run, RunState, SetAsideRow, Store},
};
use std::time::{Duration, Instant};
use streams::{News, Streams};
use uuid::Uuid;

/// Rows handled in one transaction.
const BATCH: usize = 1_000;

/// How far a run has come.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The run as it stands.
    pub run: &'a Run,
    /// Answers read, of a source that gives its rows in pages.
    pub pages: u64,
    /// Since it began.
    pub elapsed: Duration,
}

/// How a source is read.
#[derive(Clone, Default)]
pub struct Options {
    /// Ends the run early.
    pub stop: Stop,
    /// True to take any number of records for gone that a full read does not show.
    pub accept_deletions: bool,
}

/// Reads a source to its end and draws conclusions. A row no record can be made of is set aside and the rest goes on;
/// a source that cannot be read on ends the run as failed, keeping what was read until then.
pub fn sync(
    store: &Store,
    rules: &Rules,
    source: &Source,
    clock: Clock,
    options: Options,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Run> {
    let mut sync = Sync::start(store, rules, source, clock, &options)?;
    let read = sync.read(options.stop, &mut progress);
    let run = sync.finish(read.as_ref().err())?;
    progress(&Progress { run: &run, pages: sync.pages, elapsed: sync.started.elapsed() });
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
    pages: u64,
    streams: Streams<'a>,
}

/// Rows waiting to be written together.
#[derive(Default)]
struct Batch {
    /// True if several versions of a record may come in any order.
    history: bool,
    news: News,
    versions: Vec<RecordVersion>,
    set_aside: Vec<SetAsideRow>,
    /// Rows read since the run began.
    rows_read: u64,
}

impl<'a> Sync<'a> {
    fn start(store: &'a Store, rules: &'a Rules, source: &'a Source, clock: Clock, options: &Options) -> Result<Self> {
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
        let mut streams = Streams::open(store, source, &run.id, run.started_at)?;
        streams.accept_deletions = options.accept_deletions;
        Ok(Self { store, rules, source, clock, run, started: Instant::now(), set_aside: 0, pages: 0, streams })
    }

    fn read(&mut self, stop: Stop, progress: &mut impl FnMut(&Progress<'_>)) -> Result<()> {
        let mended = self.streams.remap(self.store, self.rules, self.clock)?;
        self.count(mended);
        let mut batch = Batch::default();
        let mut reading = self.source.resume(self.run.started_at, self.streams.states(), stop);
        while let Some(arrival) = reading.next() {
            let arrival = match arrival {
                Ok(arrival) => arrival,
                Err(error) => {
                    batch.rows_read = reading.rows();
                    self.write(batch, progress)?;
                    return Err(error);
                }
            };
            let of_stream = self.source.streams().get(arrival.stream);
            let history = of_stream.is_some_and(|stream| stream.rows() == Rows::Versions);
            if history != batch.history || batch.versions.len() + batch.set_aside.len() >= BATCH {
                self.write(std::mem::take(&mut batch), progress)?;
                batch.history = history;
            }
            batch.rows_read = reading.rows();
            self.pages = reading.pages();
            match arrival.item {
                Item::Version(version) => {
                    batch.news.saw(self.source, arrival.stream, &version);
                    batch.versions.push(version);
                }
                Item::Reached(reached) => batch.news.reached(arrival.stream, reached),
                Item::SetAside(row) => {
                    self.set_aside += 1;
                    batch.set_aside.push(SetAsideRow {
                        id: format!("{}-{:09}", self.run.id, self.set_aside),
                        run_id: self.run.id.clone(),
                        source: self.run.source.clone(),
                        stream: row.stream,
                        position: row.position,
                        reason: row.reason,
                        mapping_version: row.mapping_version,
                        content: match row.row {
                            serde_json::Value::String(text) => text,
                            row => row.to_string(),
                        },
                    });
                }
            }
        }
        batch.rows_read = reading.rows();
        self.write(batch, progress)?;
        let gone = self.streams.reconcile(self.store, self.rules, self.clock)?;
        self.count(gone);
        match self.streams.refusals.as_slice() {
            [] => Ok(()),
            refusals => Err(Error::Conflict(format!("source {}: {}", self.run.source, refusals.join("; ")))),
        }
    }

    fn count(&mut self, applied: Applied) {
        self.run.created += applied.created;
        self.run.changed += applied.changed;
        self.run.unchanged += applied.unchanged;
        self.run.tombstoned += applied.tombstoned;
    }

    fn write(&mut self, batch: Batch, progress: &mut impl FnMut(&Progress<'_>)) -> Result<()> {
        let mut run = self.run.clone();
        run.rows_read = batch.rows_read;
        run.set_aside += batch.set_aside.len() as u64;
        let synced_at = run.started_at;
        let streams = &mut self.streams;
        run = self.store.write(self.clock.now(), |transaction| {
            let change = Change::Records { versions: batch.versions, synced_at, history: batch.history };
            let applied = evaluate::apply(transaction, self.rules, change)?;
            run.created += applied.created;
            run.changed += applied.changed;
            run.unchanged += applied.unchanged;
            run.tombstoned += applied.tombstoned;
            transaction.set_aside(batch.set_aside)?;
            streams.keep(transaction, &batch.news)?;
            transaction.save_run(&run)?;
            Ok(run)
        })?;
        self.run = run;
        progress(&Progress { run: &self.run, pages: self.pages, elapsed: self.started.elapsed() });
        Ok(())
    }

    fn finish(&mut self, failure: Option<&Error>) -> Result<Run> {
        let now = self.clock.now();
        self.run.finished_at = Some(now);
        self.run.state = if failure.is_some() { RunState::Failed } else { RunState::Completed };
        self.run.error = failure.map(ToString::to_string);
        self.store.write(now, |transaction| {
            transaction.save_run(&self.run)?;
            evaluate::apply(transaction, self.rules, Change::Read { source: self.run.source.clone() })
        })?;
        evaluate::settle(self.store, self.rules, now)?;
        Ok(self.run.clone())
    }
}
