//! What a full read did not show: gone, unless it is too much at once, or a row may have been missed.

use crate::harness::{
    Reading, TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{
    cli,
    connectors::SourceSettings,
    error::Error,
    ingest::{Ending, LEASE, drain},
    model::{Clock, RecordKind},
    store::Arriving,
};
use serde_json::json;
use std::{
    fs,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

store_cases![
    more_than_a_share_is_not_taken_for_gone,
    a_row_that_was_missed_is_not_taken_for_gone,
    a_broken_stream_keeps_no_other_from_its_deletions,
    what_is_known_by_webhook_only_can_be_gone,
    what_was_deleted_since_the_first_run_is_gone,
];

/// A system that gives risks by their numbers in counted pages, and the folder that says how it is read.
struct System {
    rows: Arc<Mutex<Vec<u32>>>,
    /// Goes once the first page was given.
    going: Arc<Mutex<Option<u32>>>,
    stub: Stub,
    folder: TempDir,
}

impl System {
    fn of(rows: std::ops::Range<u32>) -> Self {
        let (rows, going) = (Arc::new(Mutex::new(rows.collect::<Vec<_>>())), Arc::new(Mutex::new(None)));
        let (list, gone) = (rows.clone(), going.clone());
        let stub = Stub::start(move |asked| {
            let mut list = list.lock().expect("the rows");
            let limit = asked.number("limit").expect("a limit");
            let page = list.iter().skip((asked.number("page").expect("a page") - 1) * limit).take(limit);
            let answer = Answer::json(json!(page.map(|id| json!({"id": id})).collect::<Vec<_>>()));
            if let Some(gone) = gone.lock().expect("the row").take() {
                list.retain(|id| *id != gone);
            }
            answer
        });
        let folder = TempDir::with_prefix("concord-").expect("a folder");
        let manifest = "title = \"Risks\"\nprotocol = \"http\"\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n\
            select = \".[]\"\nreconcile = { every = \"1m\", at_most = 0.5 }\npaginate = { type = \"page\", size = 4 }\n\
            request = { path = \"/risks\", params = { limit = \"${limit}\", page = \"${page}\" } }\n";
        fs::write(folder.path().join("manifest.toml"), manifest).expect("a file is written");
        fs::write(folder.path().join("risks.jq"), "{external_id: .id, title: \"a risk\"}").expect("a file is written");
        Self { rows, going, stub, folder }
    }

    fn reading(&self, database: &TestDatabase) -> Reading {
        let source =
            SourceSettings { url: self.stub.url.clone(), ..SourceSettings::in_folder("http-json", self.folder.path()) };
        Reading::new(database, source, &[])
    }
}

/// Those that are taken for gone.
fn gone(reading: &Reading) -> Vec<String> {
    let records = reading.records(RecordKind::Risk).into_iter().filter(|record| record.deleted_at.is_some());
    let mut gone: Vec<String> = records.map(|record| record.external_id).collect();
    gone.sort();
    gone
}

fn more_than_a_share_is_not_taken_for_gone(database: &TestDatabase) {
    let system = System::of(0..3);
    let reading = system.reading(database);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);
    assert_eq!(reading.sync(at(0)).created, 3);
    system.rows.lock().expect("the rows").truncate(1);
    let refused = reading.try_sync(at(2)).expect_err("two of three are more than half");
    assert!(
        matches!(&refused, Error::Upstream(reason) if reason.contains("2 of 3") && reason.contains("--accept-deletions")),
        "{refused}"
    );
    assert!(gone(&reading).is_empty());
    system.rows.lock().expect("the rows").push(1);
    assert_eq!(reading.sync(at(4)).tombstoned, 1);
    assert_eq!(gone(&reading), ["2"]);
    system.rows.lock().expect("the rows").push(2);
    assert_eq!(reading.sync(at(6)).changed, 1, "it is back");
    assert!(gone(&reading).is_empty());
}

fn a_row_that_was_missed_is_not_taken_for_gone(database: &TestDatabase) {
    let system = System::of(0..10);
    let reading = system.reading(database);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);
    assert_eq!(reading.sync(at(0)).created, 10);
    // Row 1 goes after it was read, so that row 4 moves up to the page that was read already.
    *system.going.lock().expect("the row") = Some(1);
    let run = reading.sync(at(2));
    assert_eq!((run.rows_read, run.tombstoned), (9, 0), "of ten, one was missed");
    let run = reading.sync(at(4));
    assert_eq!((run.rows_read, run.tombstoned), (9, 0), "row 1 was shown by the read before");
    let run = reading.sync(at(6));
    assert_eq!((run.rows_read, run.tombstoned), (9, 1));
    assert_eq!(gone(&reading), ["1"]);
}

fn source(stub: &Stub, folder: &TempDir) -> SourceSettings {
    SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) }
}

fn write(folder: &TempDir, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file is written");
    }
}

/// A stream that is read in full each minute, with a cursor in between.
fn stream(name: &str) -> String {
    format!(
        "[streams.{name}]\nemit = \"risk\"\nmapping = \"risks.jq\"\nselect = \".[]\"\n\
         cursor = {{ field = \".at\", self_test = false }}\nreconcile = {{ every = \"1h\", at_most = 1.0 }}\n\
         request = {{ path = \"/{name}\", params = {{ since = \"${{cursor}}\" }} }}\n"
    )
}

const RISKS: &str = "{external_id: .id, updated_at: .at, title: \"a risk\"}";

fn a_broken_stream_keeps_no_other_from_its_deletions(database: &TestDatabase) {
    let rows = Arc::new(Mutex::new(vec!["R-1", "R-2"]));
    let given = rows.clone();
    let stub = Stub::start(move |asked| match asked.path.as_str() {
        "/good" => {
            let rows = given.lock().expect("the rows");
            Answer::json(json!(
                rows.iter().map(|id| json!({"id": id, "at": "2026-01-01T00:00:00Z"})).collect::<Vec<_>>()
            ))
        }
        _ => Answer::text(404, "no"),
    });
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let manifest = format!("title = \"Risks\"\nprotocol = \"http\"\n{}{}", stream("broken"), stream("good"));
    write(&folder, &[("manifest.toml", &manifest), ("risks.jq", RISKS)]);
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);
    reading.try_sync(at(0)).expect_err("a stream is broken");
    rows.lock().expect("the rows").pop();
    let failed = reading.try_sync(at(120)).expect_err("a stream is broken").to_string();
    assert!(failed.contains("stream broken"), "{failed}");
    assert_eq!((reading.last_run().tombstoned, reading.there(RecordKind::Risk)), (1, vec!["R-1".to_owned()]));
    stub.forget();
    reading.try_sync(at(122)).expect_err("a stream is broken");
    let asked = stub.asked();
    let good = asked.iter().find(|asked| asked.path == "/good").expect("it was asked");
    assert!(good.param("since").is_some(), "it is not read in full each time");
}

fn what_is_known_by_webhook_only_can_be_gone(database: &TestDatabase) {
    let stub = Stub::start(|_| Answer::json(json!([{"id": "R-1", "at": "2026-01-01T00:00:00Z"}])));
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let hook = "[webhook]\nverify = { type = \"hmac\", digest = \"sha256\", header = \"X-Signature\" }\n\
        [[webhook.routes]]\nstream = \"good\"\n";
    let manifest = format!("title = \"Risks\"\nprotocol = \"http\"\n{}{hook}", stream("good"));
    write(&folder, &[("manifest.toml", &manifest), ("risks.jq", RISKS), ("secret", "a secret of the desk")]);
    let reference = format!("file:{}", folder.path().join("secret").display());
    let settings =
        SourceSettings { webhook_secret: Some(reference.parse().expect("a reference")), ..source(&stub, &folder) };
    let reading = Reading::new(database, settings, &[]);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);
    reading.sync(at(0));
    let body = json!({"id": "R-2", "at": "2026-01-02T00:00:00Z"}).to_string().into_bytes();
    let arriving = Arriving { source: "desk".into(), delivery_id: None, received_at: at(1), body };
    reading.store.receive(&[arriving]).expect("it is stored");
    let rules = cli::rules(&reading.settings).expect("the rules are valid");
    let sources = cli::sources(&reading.settings).expect("the sources open");
    let ending = Ending { stop: Arc::default(), lease: LEASE };
    drain(&reading.store, &rules, &sources, "desk", Clock::Fixed(at(1)), &ending).expect("it is applied");
    assert_eq!(reading.there(RecordKind::Risk), ["R-1", "R-2"]);
    assert_eq!(reading.sync(at(120)).tombstoned, 1);
    assert_eq!(reading.there(RecordKind::Risk), ["R-1"]);
}

fn what_was_deleted_since_the_first_run_is_gone(database: &TestDatabase) {
    let fails = Arc::new(Mutex::new(true));
    let failing = fails.clone();
    let deleted_at = story_instant().plus_millis(60_000).to_string();
    let stub = Stub::start(move |asked| match (asked.path.as_str(), *failing.lock().expect("a flag")) {
        ("/gone", true) => Answer::text(404, "not yet"),
        ("/gone", false) => match asked.param("since").expect("a time") < deleted_at.as_str() {
            true => Answer::json(json!([{"id": "R-1", "at": deleted_at}])),
            false => Answer::json("[]"),
        },
        _ if asked.param("since").is_none() => Answer::json(json!([{"id": "R-1", "at": "2026-01-01T00:00:00Z"}])),
        _ => Answer::json("[]"),
    });
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let deletions = "[streams.gone]\nemit = \"tombstones\"\nmapping = \"gone.jq\"\nselect = \".[]\"\n\
        cursor = { field = \".at\", self_test = false }\n\
        request = { path = \"/gone\", params = { since = \"${cursor}\" } }\n";
    let manifest = format!("title = \"Risks\"\nprotocol = \"http\"\n{}{deletions}", stream("good"));
    let gone = "{kind: \"risk\", external_id: .id, updated_at: .at}";
    write(&folder, &[("manifest.toml", &manifest), ("risks.jq", RISKS), ("gone.jq", gone)]);
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);
    reading.try_sync(at(0)).expect_err("the deletions cannot be read");
    assert_eq!(reading.there(RecordKind::Risk), ["R-1"]);
    *fails.lock().expect("a flag") = false;
    assert_eq!(reading.sync(at(10)).tombstoned, 1);
}
