//! `concord sync`: reads a source to its end and shows how far it is.

use super::setup;
use crate::{
    config::Settings,
    error::{Error, Result},
    ingest::{self, Order},
    model::{Clock, counted},
    store::{Cause, Run},
};
use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};

/// Reads a source to its end and draws conclusions.
#[derive(clap::Args)]
pub struct Sync {
    /// The source's name, in the configuration or as it was made by API
    source: String,
    /// Take any number of records for gone that a full read does not show, whatever share the connector allows
    #[arg(long)]
    accept_deletions: bool,
    /// Read every stream in full, whatever was read before
    #[arg(long)]
    full: bool,
}

impl Sync {
    /// Runs the command.
    pub fn run(self, settings: &Settings) -> Result<()> {
        let rules = setup::rules(settings)?;
        let store = setup::open_store(settings)?;
        let sources = setup::sources(settings)?;
        sources.refresh(&store, &rules)?;
        let source = setup::readable(&sources, &self.source)?;
        let mut display = ProgressDisplay::new();
        let (full, accept_deletions) = (self.full, self.accept_deletions);
        let order = Order { full, accept_deletions, ..Order::new(Cause::Command) };
        stop_by_signal(order.stop.clone())?;
        let run = ingest::sync(&store, &rules, &source, order, Clock::system(), |run| display.show(run))?;
        display.end();
        println!("{}", describe(&run));
        if let Some(note) = &run.note {
            println!("{note}");
        }
        if run.set_aside > 0 {
            println!("GET /api/v1/sources/{}/set-aside lists the rows set aside, each with its reason", run.source);
        }
        Ok(())
    }
}

/// Ends the run with the batch it is at when the process is interrupted or told to end; asked twice, at once.
fn stop_by_signal(stop: Arc<AtomicBool>) -> Result<()> {
    let unavailable = |error: std::io::Error| Error::Unavailable(format!("signals cannot be waited for: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(unavailable)?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        let of = |kind| signal(kind).map_err(unavailable);
        (of(SignalKind::interrupt())?, of(SignalKind::terminate())?)
    };
    let wait = move || {
        runtime.block_on(async {
            loop {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
                if stop.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        })
    };
    std::thread::Builder::new().name("signals".into()).spawn(wait).map(drop).map_err(unavailable)
}

/// A run in a sentence.
pub fn describe(run: &Run) -> String {
    format!(
        "{}: {} read, {} created, {} changed, {} unchanged, {} tombstoned, {} set aside",
        run.source,
        counted(run.rows_read, "row"),
        counted(run.created, "record"),
        run.changed,
        run.unchanged,
        run.tombstoned,
        counted(run.set_aside, "row")
    )
}

/// A line on standard error that is written over while a run goes on: on a terminal five times a second, elsewhere a
/// new line every ten seconds.
pub struct ProgressDisplay {
    terminal: bool,
    shown: Option<Instant>,
}

impl ProgressDisplay {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), shown: None }
    }

    /// Shows how far the run is, unless it was shown a moment ago.
    pub fn show(&mut self, run: &Run) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let started = Instant::now().checked_sub(Duration::from_millis(run.elapsed_ms));
        if self.shown.or(started).is_some_and(|shown| shown.elapsed() < pause) {
            return;
        }
        self.shown = Some(Instant::now());
        let Run { source, rows_read, rows_per_second, pages, elapsed_ms, .. } = run;
        let pages = if *pages > 0 { format!("{pages} pages, ") } else { String::new() };
        let seconds = *elapsed_ms as f64 / 1_000.0;
        let line = format!("{source}: {rows_read} rows, {pages}{rows_per_second} a second, {seconds:.1} s");
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r{line:<78}").and_then(|()| std::io::stderr().flush())
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    /// Leaves the line.
    pub fn end(&mut self) {
        if self.terminal && self.shown.is_some() {
            eprintln!();
        }
    }
}
