//! The jobs of a node, each a thread of its own, and each at most once at a time.

use super::{Parts, plan::next_run};
use crate::{
    error::{Error, Result},
    evaluate,
    ingest::{self, Ending, Order},
    model::counted,
    store::{Cause, NextRun, Run},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A job that has brought fewer rows than `BUSY` for so long mostly waits for its source.
const PATIENCE: Duration = Duration::from_secs(5);
const BUSY: u64 = 1_000;

/// The longest a source is left alone because it asks to be.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

type Work = Box<dyn FnOnce(&Arc<AtomicBool>) + Send>;

/// What is to be done.
pub struct Job {
    /// Told when it is to end.
    run: Work,
    pace: Arc<Pace>,
}

impl Job {
    /// One that is always busy.
    fn new(run: impl FnOnce(&Arc<AtomicBool>) + Send + 'static) -> Self {
        Self { run: Box::new(run), pace: Arc::default() }
    }
}

/// How far a job was, and when, so that one that waits keeps no other from its place.
#[derive(Default)]
struct Pace(Mutex<Option<(Instant, u64)>>);

impl Pace {
    /// The job has brought so many rows.
    fn saw(&self, rows: u64) {
        let mut pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.is_none_or(|(_, before)| rows >= before + BUSY) {
            *pace = Some((Instant::now(), rows));
        }
    }

    fn waits(&self) -> bool {
        let pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pace.is_some_and(|(at, _)| at.elapsed() > PATIENCE)
    }
}

type Running = (JoinHandle<()>, Arc<Pace>);

/// The jobs at work, by what they do and what for.
pub struct Jobs {
    stop: Arc<AtomicBool>,
    running: BTreeMap<(&'static str, String), Running>,
}

impl Jobs {
    /// None yet.
    pub fn new(stop: Arc<AtomicBool>) -> Self {
        Self { stop, running: BTreeMap::new() }
    }

    /// Starts a job, unless it is at work, or as many of its sort as may be; those that wait for a source do not count.
    pub fn start(&mut self, sort: &'static str, of: &str, most: usize, job: Job) -> Result<()> {
        let key = (sort, of.to_owned());
        let of_sort = self.running.iter().filter(|((other, _), _)| *other == sort);
        let at_work = of_sort.filter(|(_, (_, pace))| !pace.waits()).count();
        if self.running.contains_key(&key) || at_work >= most || self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (stop, Job { run, pace }) = (self.stop.clone(), job);
        let thread = std::thread::Builder::new().name(format!("{sort} {of}")).spawn(move || run(&stop));
        let thread = thread.map_err(|error| Error::Unavailable(format!("no thread could be started: {error}")))?;
        self.running.insert(key, (thread, pace));
        Ok(())
    }

    /// Makes room for those that have ended.
    pub fn forget_ended(&mut self) {
        self.running.retain(|_, (thread, _)| !thread.is_finished());
    }

    /// Waits until all have ended.
    pub fn wait(&mut self) {
        for ((sort, of), (thread, _)) in std::mem::take(&mut self.running) {
            if thread.join().is_err() {
                tracing::error!("the job {sort} {of} ended by a defect");
            }
        }
    }
}

/// Reads a source and plans when it is read next.
pub fn sync(parts: Parts, name: String, asked: Option<Run>, next: Option<NextRun>, drawn: u16) -> Job {
    let pace = Arc::new(Pace::default());
    let at_work = pace.clone();
    let run = Box::new(move |stop: &Arc<AtomicBool>| {
        at_work.saw(0);
        let Some(known) = parts.sources.all().get(&name).cloned() else { return };
        let Ok(source) = known.source else { return };
        // Held until the next run is planned, so that a node that looked before that does not read the source again.
        let lease_name = format!("schedule/{name}");
        let Ok(Some(_lease)) = parts.store.lease(&lease_name, lease(&parts)) else { return };
        let planned = parts.store.read(|reader| Ok(reader.next_runs()?.get(&name).copied()));
        if asked.is_none() && !planned.is_ok_and(|planned| planned == next) {
            return;
        }
        let cause = if asked.is_some() { Cause::Request } else { Cause::Schedule };
        let (full, accept_deletions) = asked.as_ref().map_or((false, false), |run| (run.full, run.accept_deletions));
        let (stop_it, lease) = (stop.clone(), lease(&parts));
        let order = Order { run: asked, stop: stop_it, lease, full, accept_deletions, cause };
        let interval = known.settings.interval.unwrap_or(parts.settings.interval).seconds();
        let mut wait = Duration::ZERO;
        let progress = |run: &Run| at_work.saw(run.rows_read);
        let failures = match ingest::sync(&parts.store, &parts.rules, &source, order, parts.clock, progress) {
            Ok(run) => {
                tracing::info!("{name}: {} rows read, {} set aside", run.rows_read, run.set_aside);
                0
            }
            // Stopped, read elsewhere, or cancelled: no failing of the source.
            Err(_) if stop.load(Ordering::Relaxed) => return,
            Err(Error::Conflict(reason)) => {
                tracing::info!("{name}: {reason}");
                match parts.store.read(|reader| reader.runs(&name, None, 1)) {
                    Ok(runs) if runs.items.first().is_some_and(|run| run.finished_at.is_some()) => {
                        next.map_or(0, |next| next.failures)
                    }
                    _ => return,
                }
            }
            Err(error) => {
                tracing::warn!("{name} could not be read: {error}");
                if let Error::Busy(_, asked) = error {
                    wait = asked.min(LONGEST_WAIT);
                }
                next.map_or(0, |next| next.failures).saturating_add(1)
            }
        };
        let now = parts.clock.now();
        let mut next = next_run(now, interval, failures, drawn);
        next.due_at = next.due_at.max(now.plus_millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)));
        if let Err(error) = parts.store.write(now, |transaction| transaction.plan_run(&name, next)) {
            tracing::warn!("{name}: its next run could not be planned: {error}");
        }
    });
    Job { run, pace }
}

/// Applies what webhooks of a source brought.
pub fn drain(parts: Parts, name: String) -> Job {
    Job::new(move |stop| {
        match ingest::drain(
            &parts.store,
            &parts.rules,
            &parts.sources,
            &name,
            parts.clock,
            &Ending { stop: stop.clone(), lease: lease(&parts) },
        ) {
            Ok(drained) if drained.buried > 0 => {
                tracing::warn!("{name}: {} more", counted(drained.buried, "dead letter"));
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("{name}: deliveries could not be applied: {error}"),
        }
    })
}

/// Concludes what time alone changes.
pub fn tick(parts: Parts) -> Job {
    alone(parts, "tick", |parts, _| evaluate::settle(&parts.store, &parts.rules, parts.clock.now()))
}

/// Forgets what is old.
pub fn prune(parts: Parts) -> Job {
    alone(parts, "prune", |parts, _| {
        let now = parts.clock.now();
        let ago = |seconds: i64| now.plus_millis(seconds.saturating_mul(-1_000));
        let kept = &parts.settings;
        parts.store.write(now, |transaction| {
            let runs = transaction.prune_runs(ago(kept.keep_runs.seconds()))?;
            let deliveries = transaction.prune_deliveries(ago(kept.keep_deliveries.seconds()))?;
            let told = transaction.prune_outbox(ago(kept.keep_outbox.seconds()))?;
            tracing::debug!("{runs} old runs, {deliveries} settled deliveries and {told} old messages are forgotten");
            Ok(())
        })
    })
}

/// How long a job holds what it works on without renewing it.
pub fn lease(parts: &Parts) -> Duration {
    Duration::from_secs(parts.settings.lease.seconds().unsigned_abs())
}

/// What one node at a time does.
fn alone(
    parts: Parts,
    name: &'static str,
    job: impl FnOnce(&Parts, &AtomicBool) -> Result<()> + Send + 'static,
) -> Job {
    Job::new(move |stop| {
        let done = match parts.store.lease(name, lease(&parts)) {
            Ok(Some(_lease)) => job(&parts, stop),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::warn!("{name} failed: {error}");
        }
    })
}
