//! Cases of `concord::schedule`: when a source is read next, and a node at work.

use crate::harness::{
    TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
    webhooks::{DESK, Desk, ticket},
};
use concord::{
    cli,
    connectors::SourceSettings,
    model::{Clock, Interval, Timestamp},
    schedule::{Parts, Schedule, next_run},
    store::{Arriving, Cause, NextRun, Run, RunState, Store},
};
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

store_cases![
    a_node_reads_what_is_due_and_applies_what_is_sent,
    a_source_that_asks_to_be_left_alone_is,
    sources_that_wait_keep_no_other_from_being_read,
    two_nodes_share_the_work,
    a_node_ends_what_died_and_waits_after_a_refusal;
    plain: a_failing_source_backs_off, intervals_are_read
];

fn a_failing_source_backs_off() {
    let now = story_instant();
    let pause = |interval: i64, failures: u32, drawn: u16| {
        (next_run(now, interval, failures, drawn).due_at.millis() - now.millis()) / 1_000
    };
    assert_eq!(pause(900, 0, 0), 900);
    assert_eq!(pause(900, 0, u16::MAX), 990, "spread by a tenth at the most");
    let pauses: Vec<i64> = (1..9).map(|failures| pause(900, failures, 0)).collect();
    assert_eq!(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    assert_eq!(pause(86_400, 20, 0), 86_400, "never more often than it would be otherwise");
    assert_eq!(pause(10, u32::MAX, 0), 3_600);
}

fn intervals_are_read() {
    for (text, seconds) in [("30s", 30), ("15m", 900), ("2h", 7_200), ("1d", 86_400)] {
        let interval: Interval = text.parse().expect(text);
        assert_eq!((interval.seconds(), interval.to_string().as_str()), (seconds, text));
    }
    for text in ["", "s", "0s", "5", "-1m", "1.5h", "9999999999d", "400d", "1w", "1 m", "1µ"] {
        assert!(text.parse::<Interval>().is_err(), "{text}");
    }
}

/// Waits until something holds; a node looks once a second.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not happen");
        thread::sleep(Duration::from_millis(20));
    }
}

fn risks(folder: &Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"Risks\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks.jq", "{external_id: .id, title: .id}");
    write("risks.csv", "id\nR-1\nR-2\n");
}

/// A desk that sends, a source that is read, and one that is broken.
fn desk_and_risks(database: &TestDatabase) -> (Desk, TempDir, TempDir) {
    let mut desk = Desk::open(database);
    let folders =
        (TempDir::with_prefix("concord-").expect("a folder"), TempDir::with_prefix("concord-").expect("a folder"));
    risks(folders.0.path());
    risks(folders.1.path());
    fs::write(folders.1.path().join("risks.csv"), "id,id\n").expect("a broken file");
    for (name, folder) in [("risks", &folders.0), ("broken", &folders.1)] {
        desk.settings.sources.insert(name.into(), SourceSettings::in_folder("files", folder.path()));
    }
    desk.rules = Arc::new(cli::rules(&desk.settings).expect("the rules are valid"));
    desk.sources = Arc::new(cli::sources(&desk.settings).expect("the sources open"));
    (desk, folders.0, folders.1)
}

fn start(desk: &Desk, store: Store) -> Schedule {
    start_at(desk, store, story_instant())
}

fn start_at(desk: &Desk, store: Store, at: Timestamp) -> Schedule {
    let (rules, sources) = (desk.rules.clone(), desk.sources.clone());
    let settings = desk.settings.schedule.clone();
    let parts = Parts { store, rules, sources, clock: Clock::Fixed(at), settings, arrived: Arc::default() };
    Schedule::start(parts).expect("it starts")
}

fn next(store: &Store, source: &str) -> Option<NextRun> {
    store.read(|reader| reader.next_runs()).expect("it reads").get(source).copied()
}

fn runs(store: &Store, source: &str) -> Vec<Run> {
    store.read(|reader| reader.runs(source, None, 100)).expect("it reads").items
}

fn a_node_reads_what_is_due_and_applies_what_is_sent(database: &TestDatabase) {
    let (desk, _good, _broken) = desk_and_risks(database);
    let store = &desk.store;
    let body = ticket("T-1", "sent", "2026-01-01").into_bytes();
    let arriving = Arriving { source: DESK.into(), delivery_id: None, received_at: story_instant(), body };
    store.receive(&[arriving]).expect("it is stored");
    let schedule = start(&desk, store.clone());
    until("reading", || next(store, "risks").is_some() && next(store, "broken").is_some());
    until("applying", || store.read(|reader| reader.waiting(DESK, 1)).expect("it reads").is_empty());
    assert_eq!(
        (next(store, "risks").map(|next| next.failures), next(store, "broken").map(|next| next.failures)),
        (Some(0), Some(1))
    );
    assert_eq!(next(store, DESK), None, "what only sends is not read");
    let run = &runs(store, "risks")[0];
    assert_eq!((run.state, run.cause, run.created), (RunState::Completed, Cause::Schedule, 2));
    // Not due again for an hour by this clock; asked for, it is read all the same.
    let asked = Run::new("risks", RunState::Waiting, Cause::Request, story_instant());
    store.write(story_instant(), |transaction| transaction.save_run(&asked)).expect("it is written");
    until("the run asked for", || {
        store
            .read(|reader| reader.run("risks", &asked.id))
            .expect("it reads")
            .is_some_and(|run| run.finished_at.is_some())
    });
    schedule.stop();
    assert_eq!((runs(store, "risks").len(), runs(store, "broken").len()), (2, 1));
}

/// A source that answers as a stub does, and a folder that is read.
fn slow_and_risks(database: &TestDatabase, stub: &Stub) -> (Desk, TempDir, TempDir) {
    let (mut desk, good, slow) = desk_and_risks(database);
    let write = |name: &str, text: &str| fs::write(slow.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"T\"\nprotocol = \"http\"\n[streams.t]\nemit = \"risk\"\nmapping = \"risks.jq\"\nselect = \".[]\"\n\
         request = { path = \"/t\" }\n",
    );
    let mut settings = SourceSettings::in_folder("http-json", slow.path());
    settings.url.clone_from(&stub.url);
    desk.settings.sources.remove("broken");
    desk.settings.sources.insert("a-slow-one".into(), settings);
    desk.sources = Arc::new(cli::sources(&desk.settings).expect("the sources open"));
    (desk, good, slow)
}

fn a_source_that_asks_to_be_left_alone_is(database: &TestDatabase) {
    let stub = Stub::start(|_| Answer::text(429, "later").with("Retry-After", "40000"));
    let (desk, _good, _slow) = slow_and_risks(database, &stub);
    let schedule = start(&desk, desk.store.clone());
    until("reading", || next(&desk.store, "a-slow-one").is_some());
    schedule.stop();
    let next = next(&desk.store, "a-slow-one").expect("it is planned");
    assert_eq!((next.due_at.millis() - story_instant().millis(), next.failures), (40_000_000, 1));
}

fn sources_that_wait_keep_no_other_from_being_read(database: &TestDatabase) {
    let stub = Stub::start(|_| Answer::json("[]").after(Duration::from_secs(120)));
    let (mut desk, _good, _slow) = slow_and_risks(database, &stub);
    desk.settings.schedule.parallel = 1;
    let schedule = start(&desk, desk.store.clone());
    until("reading", || next(&desk.store, "risks").is_some());
    assert_eq!(runs(&desk.store, "a-slow-one")[0].state, RunState::Running);
    schedule.stop();
}

fn two_nodes_share_the_work(database: &TestDatabase) {
    let (desk, _good, _broken) = desk_and_risks(database);
    let other = Store::open(&database.url, 4).expect("the database opens");
    let nodes = [start(&desk, desk.store.clone()), start(&desk, other)];
    let store = &desk.store;
    until("reading", || next(store, "risks").is_some() && next(store, "broken").is_some());
    nodes.into_iter().for_each(Schedule::stop);
    assert!(runs(store, "risks").iter().all(|run| run.state == RunState::Completed), "no node disturbs the other");
    let left = store.read(|reader| reader.unfinished_runs()).expect("it reads");
    assert!(left.is_empty(), "{left:?}");
}

fn a_node_ends_what_died_and_waits_after_a_refusal(database: &TestDatabase) {
    let rows = Arc::new(Mutex::new(r#"[{"id": "R-1"}, {"id": "R-2"}]"#));
    let given = rows.clone();
    let stub = Stub::start(move |_| Answer::json(given.lock().expect("the rows")));
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"Risks\"\nprotocol = \"http\"\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\nselect = \".[]\"\n\
         reconcile = { every = \"1h\" }\nrequest = { path = \"/risks\" }\n",
    );
    write("risks.jq", "{external_id: .id, title: .id}");
    let mut desk = Desk::open(database);
    let source = SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) };
    desk.settings.sources.insert("risks".into(), source);
    desk.rules = Arc::new(cli::rules(&desk.settings).expect("the rules are valid"));
    desk.sources = Arc::new(cli::sources(&desk.settings).expect("the sources open"));
    let store = desk.store.clone();
    let dead = Run::new(DESK, RunState::Running, Cause::Schedule, story_instant());
    store.write(story_instant(), |transaction| transaction.save_run(&dead)).expect("it is written");
    let schedule = start(&desk, store.clone());
    until("reading", || next(&store, "risks").is_some());
    until("the end of what died", || runs(&store, DESK)[0].state == RunState::Failed);
    schedule.stop();
    *rows.lock().expect("the rows") = "[]";
    let schedule = start_at(&desk, store.clone(), story_instant().plus_millis(7_200_000));
    until("the refusal", || next(&store, "risks").is_some_and(|next| next.failures == 1));
    // Asked for with the deletions it is about, the run goes through.
    let asked = Run::new("risks", RunState::Waiting, Cause::Request, story_instant().plus_millis(7_200_000));
    let asked = Run { accept_deletions: true, ..asked };
    store.write(story_instant(), |transaction| transaction.save_run(&asked)).expect("it is written");
    until("the run asked for", || runs(&store, "risks").iter().any(|run| run.tombstoned == 2));
    until("the next run", || next(&store, "risks").is_some_and(|next| next.failures == 0));
    schedule.stop();
}
