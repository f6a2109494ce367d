//! Cases of runs: one at a time, cancelled, stopped, taken over, and taken up when asked for.

use crate::harness::{
    TestDatabase, settings, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{
    assess::Rules,
    cli,
    connectors::{Source, SourceSettings},
    error::Error,
    ingest::{LEASE, Order, fail_abandoned, sync},
    model::Clock,
    store::{Cause, Run, RunState, Store},
};
use std::{
    fs,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

store_cases![
    one_run_reads_a_source_at_a_time,
    a_run_is_cancelled_with_the_batch_it_is_at,
    a_run_that_was_asked_for_is_taken_up_once,
    a_stopped_process_leaves_a_run_that_has_failed,
    a_run_that_waits_for_its_source_ends_when_it_is_to,
    a_run_whose_process_died_has_failed,
    a_slow_source_is_seen_to_come_forward,
];

struct Reading {
    _folder: TempDir,
    store: Store,
    rules: Rules,
    source: Source,
}

/// A source of so many risks.
fn risks(database: &TestDatabase, count: usize) -> Reading {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"Risks\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks.jq", "{external_id: .id, title: .id}");
    let rows: String = (0..count).map(|n| format!("R-{n}\n")).collect();
    write("risks.csv", &format!("id\n{rows}"));
    let settings = settings(database, "risks", "files", folder.path());
    let rules = cli::rules(&settings).expect("the rules are valid");
    let source = cli::open_source(&settings, "risks").expect("the source opens");
    let store = Store::open(&settings.database.url, 4).expect("the database opens");
    Reading { _folder: folder, store, rules, source }
}

impl Reading {
    fn sync(&self, order: Order, progress: impl FnMut(&Run)) -> concord::error::Result<Run> {
        sync(&self.store, &self.rules, &self.source, order, Clock::Fixed(story_instant()), progress)
    }

    fn runs(&self) -> Vec<Run> {
        self.store.read(|reader| reader.runs("risks", None, 10)).expect("it reads").items
    }
}

fn one_run_reads_a_source_at_a_time(database: &TestDatabase) {
    let reading = risks(database, 1_500);
    let other = Store::open(&database.url, 2).expect("the database opens");
    let mut tried = false;
    reading
        .sync(Order::new(Cause::Schedule), |_| {
            if !std::mem::replace(&mut tried, true) {
                let order = Order::new(Cause::Command);
                let clock = Clock::Fixed(story_instant());
                let refused = sync(&other, &reading.rules, &reading.source, order, clock, |_| {});
                assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
            }
        })
        .expect("the first is not disturbed");
    assert!(tried);
    assert_eq!(reading.runs().len(), 1, "the second left nothing behind");
    reading.sync(Order::new(Cause::Command), |_| {}).expect("the source is free again");
}

fn a_run_is_cancelled_with_the_batch_it_is_at(database: &TestDatabase) {
    let reading = risks(database, 5_000);
    let cancel = |run: &Run| {
        let asked = reading.store.write(story_instant(), |transaction| transaction.cancel_run("risks", &run.id));
        asked.expect("it is written");
    };
    let ended = reading.sync(Order::new(Cause::Request), |run| {
        if run.state == RunState::Running {
            cancel(run);
        }
    });
    assert!(matches!(ended, Err(Error::Conflict(_))), "{ended:?}");
    let run = &reading.runs()[0];
    assert_eq!((run.state, run.cancelling, run.created), (RunState::Cancelled, true, run.created.min(2_000)));
    assert!(reading.store.read(|reader| reader.checkpoints()).expect("it reads").is_empty());
}

fn a_run_that_was_asked_for_is_taken_up_once(database: &TestDatabase) {
    let reading = risks(database, 3);
    let asked = Run::new("risks", RunState::Waiting, Cause::Request, story_instant());
    reading.store.write(story_instant(), |transaction| transaction.save_run(&asked)).expect("it is written");
    let order = || Order { run: Some(asked.clone()), ..Order::new(Cause::Request) };
    let run = reading.sync(order(), |_| {}).expect("it is taken up");
    assert_eq!((run.id.as_str(), run.state, run.cause), (asked.id.as_str(), RunState::Completed, Cause::Request));
    let again = reading.sync(order(), |_| {});
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    assert_eq!(reading.runs()[0].state, RunState::Completed);
}

fn a_stopped_process_leaves_a_run_that_has_failed(database: &TestDatabase) {
    let reading = risks(database, 5_000);
    let order = Order::new(Cause::Schedule);
    let stop = Arc::clone(&order.stop);
    reading.sync(order, |_| stop.store(true, Ordering::Relaxed)).expect_err("it stops");
    assert_eq!(reading.runs()[0].state, RunState::Failed);
    // A node that died, its run unfinished and its lease expired.
    let dead = Run::new("risks", RunState::Running, Cause::Schedule, story_instant());
    reading.store.write(story_instant(), |transaction| transaction.save_run(&dead)).expect("it is written");
    let lease = reading.store.lease("sync/risks", Duration::ZERO).expect("it is asked");
    std::mem::forget(lease);
    let run = reading.sync(Order::new(Cause::Schedule), |_| {}).expect("another takes over");
    assert_eq!((run.created, run.unchanged), (4_000, 1_000));
    let seen = reading.store.read(|reader| reader.run("risks", &dead.id)).expect("it reads").expect("the run");
    assert!(seen.state == RunState::Failed && seen.error.is_some());
}

const SLOW: &str = "title = \"Risks\"\nprotocol = \"http\"\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n\
    request = { path = \"/risks\", params = { offset = \"${offset}\" } }\nselect = \".[]\"\npaginate = { type = \"offset\" }\n";

/// A source that gives a row at once, and then keeps whoever asks for more waiting.
fn slow(database: &TestDatabase, stub: &Stub) -> Reading {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    fs::write(folder.path().join("manifest.toml"), SLOW).expect("a file is written");
    fs::write(folder.path().join("risks.jq"), "{external_id: .id, title: .id}").expect("a file is written");
    let mut settings = settings(database, "risks", "http-json", folder.path());
    let source = SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) };
    settings.sources.insert("risks".into(), source);
    let rules = cli::rules(&settings).expect("the rules are valid");
    let source = cli::open_source(&settings, "risks").expect("the source opens");
    let store = Store::open(&settings.database.url, 4).expect("the database opens");
    Reading { _folder: folder, store, rules, source }
}

fn a_run_that_waits_for_its_source_ends_when_it_is_to(database: &TestDatabase) {
    let stub = Stub::start(|asked| match asked.param("offset") {
        Some("0") => Answer::json(r#"[{"id": "R-1"}]"#),
        _ => Answer::json("[]").after(Duration::from_secs(60)),
    });
    let reading = slow(database, &stub);
    let begun = Instant::now();
    /// What ends a run.
    type End<'a> = &'a (dyn Fn(&Run, &Order) + Sync);
    let cancel: End<'_> = &|run, _| {
        let asked = reading.store.write(story_instant(), |transaction| transaction.cancel_run("risks", &run.id));
        asked.expect("it is written");
    };
    let stop: End<'_> = &|_, order| order.stop.store(true, Ordering::Relaxed);
    // As if this node had slept, and another had gone on meanwhile.
    let take_over: End<'_> = &|_, _| database.execute("UPDATE lease SET holder = 'another', fence = fence + 1");
    for (end, state) in [(cancel, RunState::Cancelled), (stop, RunState::Failed), (take_over, RunState::Running)] {
        let order = Order { lease: Duration::from_secs(3), ..Order::new(Cause::Request) };
        let asked = stub.asked().len();
        let (id, outcome) = thread::scope(|scope| {
            let run = scope.spawn(|| reading.sync(order.clone(), |_| {}));
            while stub.asked().len() < asked + 2 {
                thread::sleep(Duration::from_millis(10));
            }
            let under_way = reading.runs().into_iter().find(|run| run.state == RunState::Running).expect("it runs");
            end(&under_way, &order);
            (under_way.id, run.join().expect("it returns"))
        });
        outcome.expect_err("it did not come to the end");
        let left = reading.store.read(|reader| reader.run("risks", &id)).expect("it reads");
        assert_eq!(left.map(|run| run.state), Some(state));
    }
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

fn a_run_whose_process_died_has_failed(database: &TestDatabase) {
    let reading = risks(database, 1);
    let dead = Run::new("risks", RunState::Running, Cause::Schedule, story_instant());
    reading.store.write(story_instant(), |transaction| transaction.save_run(&dead)).expect("it is written");
    let look = || {
        let unfinished = reading.store.read(|reader| reader.unfinished_runs()).expect("it reads");
        fail_abandoned(&reading.store, &unfinished, LEASE, story_instant()).expect("it is looked");
        reading.runs()[0].state
    };
    let lease = reading.store.lease("sync/risks", Duration::from_secs(60)).expect("it is asked");
    assert_eq!(look(), RunState::Running, "someone holds the right to read it");
    drop(lease);
    assert_eq!(look(), RunState::Failed);
    assert!(reading.runs()[0].error.as_deref().is_some_and(|error| error.contains("stopped")));
}

fn a_slow_source_is_seen_to_come_forward(database: &TestDatabase) {
    let stub = Stub::start(|asked| match asked.param("offset").unwrap_or_default() {
        "0" => Answer::json(r#"[{"id": "R-1"}, {"id": "R-2"}]"#).after(Duration::from_millis(2_500)),
        "1" => Answer::json(r#"[{"id": "R-2"}, {"id": "R-3"}]"#).after(Duration::from_millis(2_500)),
        _ => Answer::json(r#"[{"id": "R-3"}]"#),
    });
    let reading = slow(database, &stub);
    let mut seen = Vec::new();
    reading.sync(Order::new(Cause::Request), |run| seen.push((run.state, run.rows_read))).expect("it is read");
    assert!(seen.contains(&(RunState::Running, 2)), "the first page is seen before the last came: {seen:?}");
    let run = Run::new("risks", RunState::Running, Cause::Request, story_instant());
    assert_eq!(run.clone().as_of(story_instant().plus_millis(5_000)).elapsed_ms, 5_000);
    let ended = Run { state: RunState::Completed, ..run };
    assert_eq!(ended.as_of(story_instant().plus_millis(5_000)).elapsed_ms, 0);
}
