//! Time: what a node does by itself. Sources that are due, or asked for, are read; what webhooks brought is applied; what
//! time alone changes is concluded; old runs are forgotten.
//!
//! One thread looks what is to be done and starts a job for it, a thread of its own, so that a source that is slow or
//! broken keeps no other waiting. Leases in the database see to it that each job runs on one node at a time.

mod jobs;
mod plan;

pub use plan::next_run;

use crate::{
    assess::Rules,
    error::{Error, Result},
    ingest::{Sources, fail_abandoned},
    model::{Clock, Interval, Timestamp},
    store::{NextRun, Run, RunState, Store},
};
use jobs::Jobs;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// How often it is looked what is to be done, if nothing arrives meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// How often time alone is looked after.
const TICK: Duration = Duration::from_secs(60);

/// How often old runs are forgotten.
const PRUNE: Duration = Duration::from_secs(3_600);

/// How many sources' deliveries are applied at the same time.
const DRAINS: usize = 4;

/// `[schedule]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSettings {
    /// Whether this node does anything by itself.
    pub enabled: bool,
    /// How often a source is read that does not say so itself.
    pub interval: Interval,
    /// Sources read at the same time, besides those that mostly wait for an answer.
    pub parallel: usize,
    /// How long a node may hold what it works on without renewing it, before another takes over.
    pub lease: Interval,
    /// How long the history of runs is kept.
    pub keep_runs: Interval,
    /// How long a delivery is remembered after it was applied.
    pub keep_deliveries: Interval,
    /// How long what subscribers are to be told waits in the outbox.
    pub keep_outbox: Interval,
}

/// What the jobs work with.
#[derive(Clone)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// What is judged by.
    pub rules: Arc<Rules>,
    /// What is read.
    pub sources: Arc<Sources>,
    /// When it is.
    pub clock: Clock,
    /// How often, and how much at a time.
    pub settings: ScheduleSettings,
    /// Told when deliveries have arrived, or a run was asked for.
    pub arrived: Arc<Notify>,
}

/// The schedule of a node, at work until it is stopped.
pub struct Schedule {
    stop: Arc<AtomicBool>,
    arrived: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl Schedule {
    /// Begins.
    pub fn start(parts: Parts) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let arrived = parts.arrived.clone();
        let mut look = Look {
            jobs: Jobs::new(stop.clone()),
            drawn: Draw::new(),
            tick_at: Instant::now() + TICK,
            prune_at: Instant::now(),
            parts,
        };
        let stopped = stop.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| Error::Unavailable(format!("no timer could be made: {error}")))?;
        let thread = std::thread::Builder::new().name("schedule".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Err(error) = look.round() {
                    tracing::warn!("what is due could not be looked up: {error}");
                }
                let signal = look.parts.arrived.clone();
                // Either something arrived or the time is up: in both cases the next round looks.
                let _ = runtime.block_on(async { tokio::time::timeout(LOOK, signal.notified()).await });
            }
            look.jobs.wait();
        });
        let thread = thread.map_err(|error| Error::Unavailable(format!("no thread could be started: {error}")))?;
        Ok(Self { stop, arrived, thread: Some(thread) })
    }

    /// Lets every job end with the batch it is at, and waits for them.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.arrived.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.end();
    }
}

/// Looks what is to be done.
struct Look {
    parts: Parts,
    jobs: Jobs,
    drawn: Draw,
    tick_at: Instant,
    prune_at: Instant,
}

impl Look {
    fn round(&mut self) -> Result<()> {
        let parts = &self.parts;
        if parts.sources.refresh(&parts.store, &parts.rules)? {
            tracing::info!("the sources made by API have changed");
        }
        let now = parts.clock.now();
        let (next, unfinished, waiting) = parts
            .store
            .read(|reader| Ok((reader.next_runs()?, reader.unfinished_runs()?, reader.waiting_deliveries()?)))?;
        self.jobs.forget_ended();
        for (source, _) in waiting {
            let drain = jobs::drain(parts.clone(), source.clone());
            self.jobs.start("inbox", &source, DRAINS, drain)?;
        }
        fail_abandoned(&parts.store, &unfinished, jobs::lease(parts), now)?;
        for (source, order) in due(parts, now, &next, unfinished) {
            let asked = order.is_some();
            let read = jobs::sync(parts.clone(), source.clone(), order, next.get(&source).copied(), self.drawn.next());
            // One that was asked for does not wait for those that were not.
            let most = parts.settings.parallel * if asked { 2 } else { 1 };
            self.jobs.start("sync", &source, most, read)?;
        }
        if self.tick_at <= Instant::now() {
            self.tick_at = Instant::now() + TICK + TICK * u32::from(self.drawn.next()) / u32::from(u16::MAX) / 10;
            self.jobs.start("tick", "", 1, jobs::tick(parts.clone()))?;
        }
        if self.prune_at <= Instant::now() {
            self.prune_at = Instant::now() + PRUNE;
            self.jobs.start("prune", "", 1, jobs::prune(parts.clone()))?;
        }
        Ok(())
    }
}

/// The sources to read now, those longest due first; with the run, where one was asked for.
fn due(
    parts: &Parts,
    now: Timestamp,
    next: &BTreeMap<String, NextRun>,
    unfinished: Vec<Run>,
) -> Vec<(String, Option<Run>)> {
    let asked = unfinished.into_iter().filter(|run| run.state == RunState::Waiting);
    let mut asked: BTreeMap<String, Run> = asked.map(|run| (run.source.clone(), run)).collect();
    let sources = parts.sources.all();
    let mut due: Vec<(Timestamp, String, Option<Run>)> = Vec::new();
    for (name, known) in sources.iter().filter(|(_, known)| known.settings.enabled) {
        let readable = known.source.as_ref().is_ok_and(|source| !source.is_pushed());
        let run = asked.remove(name);
        let at = match (&run, next.get(name)) {
            (Some(run), _) => run.started_at,
            (None, Some(next)) => next.due_at,
            (None, None) => Timestamp::from_millis(0),
        };
        if readable && (run.is_some() || at <= now) {
            due.push((at, name.clone(), run));
        }
    }
    due.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    due.into_iter().map(|(_, name, run)| (name, run)).collect()
}

/// Numbers drawn at random, well enough to spread starts.
struct Draw(u64);

impl Draw {
    fn new() -> Self {
        Self(getrandom::u64().unwrap_or(1) | 1)
    }

    fn next(&mut self) -> u16 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 48) as u16
    }
}
