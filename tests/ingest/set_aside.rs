//! Rows no record could be made of: what becomes of their records, and of them when the mapping has changed.

use crate::harness::{
    Reading, TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{
    connectors::SourceSettings,
    model::{RecordKind, Timestamp},
    store::SetAsideRow,
};
use serde_json::{Value, json};
use std::{
    fs,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

store_cases![
    what_was_not_kept_whole_is_read_again_once_the_mapping_has_changed,
    what_cannot_be_mapped_any_more_is_not_gone,
    a_row_is_kept_once_until_its_record_comes_through,
    a_row_tried_again_does_not_stand_over_what_came_later,
    what_became_a_record_later_can_be_gone,
];

const MANIFEST: &str = "title = \"Tickets\"\nprotocol = \"http\"\n[streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n\
    select = \".[]\"\ncursor = { field = \".at\", overlap = \"1m\" }\nrequest = { path = \"/tickets\", params = { since = \"${cursor}\" } }\n";

/// Makes nothing of a ticket without a title; a restricted one is withheld then.
const STRICT: &str = "{external_id: .id, updated_at: .at, title: (.title // {}), restricted: (.restricted == true)}";

fn set_aside(reading: &Reading) -> Vec<SetAsideRow> {
    reading.store.read(|reader| reader.set_aside_rows("desk", None, 10)).expect("it reads").items
}

fn what_was_not_kept_whole_is_read_again_once_the_mapping_has_changed(database: &TestDatabase) {
    let stub = Stub::start(|asked| {
        let at = "2026-01-01T00:00:00Z";
        let rows = json!([
            {"id": "T-1", "at": at, "title": "first"},
            {"id": "T-2", "at": at, "text": "x".repeat(20_000)},
            {"id": "T-3", "at": at, "restricted": true},
            {"id": "T-4", "at": at},
        ]);
        match asked.param("since") {
            None => Answer::json(rows),
            Some(_) => Answer::json("[]"),
        }
    });
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write("manifest.toml", MANIFEST);
    write("tickets.jq", STRICT);
    let source = SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) };
    let reading = Reading::new(database, source, &[]);
    let at = |minutes: i64| story_instant().plus_millis(minutes * 60_000);

    let run = reading.sync(at(0));
    assert_eq!((run.created, run.set_aside), (1, 3));
    let whole: Vec<bool> = set_aside(&reading).iter().map(|row| row.whole).collect();
    assert_eq!(whole, [false, false, true], "one is too long, one is withheld");
    let run = reading.sync(at(2));
    assert_eq!((run.rows_read, set_aside(&reading).len()), (0, 3), "the mapping is the same");

    write("tickets.jq", &STRICT.replace("// {}", "// \"none\""));
    let run = reading.sync(at(4));
    assert_eq!((run.rows_read, run.created), (4, 3));
    assert!(set_aside(&reading).is_empty());
    assert_eq!(reading.records(RecordKind::Ticket).len(), 4);
    assert_eq!(reading.sync(at(6)).rows_read, 0, "from where it was");
}

/// A desk that gives these rows whatever it is asked, and the folder that says how it is read.
struct Desk {
    rows: Arc<Mutex<Value>>,
    folder: TempDir,
    reading: Reading,
    _stub: Stub,
}

impl Desk {
    fn open(database: &TestDatabase, keys: &str, mapping: &str, rows: Value) -> Self {
        let rows = Arc::new(Mutex::new(rows));
        let given = rows.clone();
        let stub = Stub::start(move |_| Answer::json(given.lock().expect("the rows")));
        let folder = TempDir::with_prefix("concord-").expect("a folder");
        let manifest = format!(
            "title = \"Tickets\"\nprotocol = \"http\"\n[streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n\
             select = \".[]\"\nrequest = {{ path = \"/tickets\", params = {{ since = \"${{cursor}}\" }} }}\n{keys}"
        );
        fs::write(folder.path().join("manifest.toml"), manifest).expect("a file is written");
        let source = SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) };
        let desk = Self { rows, folder, reading: Reading::new(database, source, &[]), _stub: stub };
        desk.map(mapping);
        desk
    }

    fn map(&self, mapping: &str) {
        fs::write(self.folder.path().join("tickets.jq"), mapping).expect("a file is written");
    }

    fn give(&self, rows: Value) {
        *self.rows.lock().expect("the rows") = rows;
    }

    fn there(&self) -> Vec<String> {
        self.reading.there(RecordKind::Ticket)
    }
}

fn at(minutes: i64) -> Timestamp {
    story_instant().plus_millis(minutes * 60_000)
}

/// A full read every minute.
const IN_FULL: &str =
    "cursor = { field = \".at\", self_test = false }\nreconcile = { every = \"1m\", at_most = 1.0 }\n";

fn what_cannot_be_mapped_any_more_is_not_gone(database: &TestDatabase) {
    let good = |id: &str| json!({"id": id, "title": "good"});
    let mapping = "{external_id: .id, title: (.title | if . == 0 then error(\"zero\") else . end)}";
    let desk = Desk::open(database, IN_FULL, mapping, json!([good("T-1"), good("T-2"), good("T-3")]));
    assert_eq!(desk.reading.sync(at(0)).created, 3);
    desk.give(json!([good("T-1"), {"id": "T-2", "title": 7}]));
    let run = desk.reading.sync(at(2));
    assert_eq!((run.set_aside, run.tombstoned, run.note), (1, 1, None));
    assert_eq!(desk.there(), ["T-1", "T-2"], "a row of T-2 was there");
    // Of a row the mapping breaks at, it is not known which record it is.
    desk.give(json!([{"id": "T-2", "title": 0}]));
    let run = desk.reading.sync(at(4));
    assert_eq!((run.set_aside, run.tombstoned), (1, 0));
    let note = run.note.expect("it says so");
    assert!(note.contains("stream tickets: 1 row set aside") && note.contains("nothing was taken for gone"), "{note}");
    assert_eq!(desk.there(), ["T-1", "T-2"]);
    desk.give(json!([good("T-2")]));
    let run = desk.reading.sync(at(6));
    assert_eq!((run.tombstoned, run.note), (1, None));
    assert_eq!((desk.there(), set_aside(&desk.reading).len()), (vec!["T-2".to_owned()], 0));
}

/// What changed is asked for, and an hour before it.
const CHANGED: &str = "cursor = { field = \".at\", overlap = \"1h\", self_test = false }\n";

fn a_row_is_kept_once_until_its_record_comes_through(database: &TestDatabase) {
    let row = |id: &str, title: Value| json!({"id": id, "title": title, "at": "2026-01-01T00:00:00Z"});
    let mapping = "{external_id: .id, updated_at: .at, title: (.title | if . == 0 then error(\"zero\") else . end)}";
    let rows = json!([row("T-1", json!(1)), row("T-2", json!(0)), row("T-3", json!(3)), row("T-3", json!("three"))]);
    let desk = Desk::open(database, CHANGED, mapping, rows);
    let run = desk.reading.sync(at(0));
    assert_eq!((run.set_aside, run.created), (3, 1));
    assert_eq!(set_aside(&desk.reading).len(), 2, "T-3 came through later in the same run");
    desk.reading.sync(at(2));
    assert_eq!(set_aside(&desk.reading).len(), 2, "the same rows again");
    desk.give(json!([row("T-1", json!(2)), row("T-2", json!(0))]));
    desk.reading.sync(at(4));
    let rows = set_aside(&desk.reading);
    assert!(rows.len() == 2 && rows.iter().any(|row| row.content.contains("\"title\":2")), "the later state: {rows:?}");
    desk.give(json!([row("T-1", json!("one"))]));
    desk.reading.sync(at(6));
    let rows = set_aside(&desk.reading);
    assert!(rows.len() == 1 && rows[0].content.contains("T-2"), "{rows:?}");
}

fn a_row_tried_again_does_not_stand_over_what_came_later(database: &TestDatabase) {
    // Without a time of their own, rows are of the time they were read; the mapping breaks, so it tells no record.
    let mapping = "{external_id: .id, title: (.title | if type == \"number\" then error(\"a number\") else . end)}";
    let desk = Desk::open(database, CHANGED, mapping, json!([{"id": "T-1", "title": 1, "at": "2026-01-01T00:00:00Z"}]));
    assert_eq!(desk.reading.sync(at(0)).set_aside, 1);
    desk.give(json!([{"id": "T-1", "title": "later", "at": "2026-01-02T00:00:00Z"}]));
    assert_eq!(desk.reading.sync(at(2)).created, 1);
    desk.give(json!([]));
    desk.map("{external_id: .id, title: (.title | tostring)}");
    let run = desk.reading.sync(at(4));
    assert_eq!((run.rows_read, run.unchanged, run.changed), (0, 1, 0));
    assert_eq!(desk.reading.record(RecordKind::Ticket, "T-1")["title"], "later");
    assert!(set_aside(&desk.reading).is_empty());
}

fn what_became_a_record_later_can_be_gone(database: &TestDatabase) {
    let mapping = "{external_id: .id, title: (.title | if type == \"number\" then error(\"a number\") else . end)}";
    let desk =
        Desk::open(database, IN_FULL, mapping, json!([{"id": "T-1", "title": 1}, {"id": "T-2", "title": "two"}]));
    assert_eq!(desk.reading.sync(at(0)).set_aside, 1);
    desk.map("{external_id: .id, title: (.title | tostring)}");
    desk.give(json!([{"id": "T-2", "title": "two"}]));
    let run = desk.reading.sync(at(2));
    assert_eq!((run.created, run.tombstoned), (1, 1), "it was there when its row was read, and is no more");
    assert_eq!(desk.there(), ["T-2"]);
}
