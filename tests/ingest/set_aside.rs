//! Rows no record could be made of, when the mapping has changed.

use crate::harness::{
    Reading, TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{connectors::SourceSettings, model::RecordKind, store::SetAsideRow};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

store_cases![what_was_not_kept_whole_is_read_again_once_the_mapping_has_changed];

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
