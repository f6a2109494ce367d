//! What a full read did not show: gone, unless it is too much at once, or a row may have been missed.

use crate::harness::{
    Reading, TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{connectors::SourceSettings, error::Error, model::RecordKind};
use serde_json::json;
use std::{
    fs,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

store_cases![more_than_a_share_is_not_taken_for_gone, a_row_that_was_missed_is_not_taken_for_gone,];

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
        matches!(&refused, Error::Conflict(reason) if reason.contains("2 of 3") && reason.contains("--accept-deletions")),
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
