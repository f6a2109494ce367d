//! What is read again from the beginning: what was read by another mapping, request, address or setting, and what is asked
//! for in full.

use crate::harness::{
    Reading, TestDatabase, store_cases, story_instant,
    stub::{Answer, Stub},
};
use concord::{
    connectors::SourceSettings,
    ingest::Order,
    model::{RecordKind, Timestamp},
    store::{Cause, StoredSource},
};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

store_cases![
    another_mapping_reaches_what_was_read_before,
    another_request_address_or_setting_does_too,
    a_run_can_be_asked_to_read_in_full,
    what_is_read_by_keys_is_read_again_with_those_who_give_them,
    a_source_made_anew_is_read_from_the_beginning,
];

const MANIFEST: &str = "title = \"Tickets\"\nprotocol = \"http\"\n[settings.queue]\nabout = \"which\"\ndefault = \"all\"\n\
    [streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\nselect = \".[]\"\n\
    cursor = { field = \".at\", overlap = \"1m\" }\n\
    request = { path = \"/tickets\", params = { since = \"${cursor}\", queue = \"${settings.queue}\" } }\n";

/// Gives two tickets to whoever asks for all, and nothing to who asks for what is new.
fn tickets() -> Stub {
    Stub::start(|asked| match asked.param("since") {
        None => Answer::json(
            json!([{"id": "T-1", "at": "2026-01-01T00:00:00Z"}, {"id": "T-2", "at": "2026-01-01T00:00:00Z"}]),
        ),
        Some(_) => Answer::json("[]"),
    })
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).expect("a file is written");
}

fn folder() -> TempDir {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    write(&folder, "manifest.toml", MANIFEST);
    write(&folder, "tickets.jq", "{external_id: .id, updated_at: .at, title: \"old\"}");
    folder
}

fn source(stub: &Stub, folder: &TempDir) -> SourceSettings {
    SourceSettings { url: stub.url.clone(), ..SourceSettings::in_folder("http-json", folder.path()) }
}

fn at(minutes: i64) -> Timestamp {
    story_instant().plus_millis(minutes * 60_000)
}

fn another_mapping_reaches_what_was_read_before(database: &TestDatabase) {
    let (stub, folder) = (tickets(), folder());
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    assert_eq!(reading.sync(at(0)).created, 2);
    assert_eq!(reading.sync(at(2)).rows_read, 0);
    write(&folder, "tickets.jq", "{external_id: .id, updated_at: .at, title: \"new\"}");
    assert_eq!(reading.sync(at(4)).changed, 2);
    assert_eq!(reading.record(RecordKind::Ticket, "T-1")["title"], "new");
    assert_eq!(reading.sync(at(6)).rows_read, 0, "once");
}

fn another_request_address_or_setting_does_too(database: &TestDatabase) {
    let (stub, other, folder) = (tickets(), tickets(), folder());
    let mut reading = Reading::new(database, source(&stub, &folder), &[]);
    assert_eq!(reading.sync(at(0)).rows_read, 2);
    write(&folder, "manifest.toml", &MANIFEST.replace("\"/tickets\"", "\"/all\""));
    assert_eq!(reading.sync(at(2)).rows_read, 2, "another request");
    let settings = reading.settings.sources.get_mut("desk").expect("the source");
    settings.settings.insert("queue".into(), "desk".into());
    assert_eq!(reading.sync(at(4)).rows_read, 2, "another setting");
    reading.settings.sources.get_mut("desk").expect("the source").url.clone_from(&other.url);
    assert_eq!(reading.sync(at(6)).rows_read, 2, "another address");
    assert_eq!(reading.sync(at(8)).rows_read, 0);
}

fn a_run_can_be_asked_to_read_in_full(database: &TestDatabase) {
    let (stub, folder) = (tickets(), folder());
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    reading.sync(at(0));
    let full = Order { full: true, ..Order::new(Cause::Command) };
    let run = reading.sync_as(full, at(2)).expect("it is read");
    assert_eq!((run.rows_read, run.unchanged, run.full), (2, 2, true));
    assert_eq!(reading.sync(at(4)).rows_read, 0);
}

fn what_is_read_by_keys_is_read_again_with_those_who_give_them(database: &TestDatabase) {
    let stub = Stub::start(|asked| match (asked.path.as_str(), asked.param("since")) {
        ("/tickets", None) => Answer::json(json!([{"id": "T-1", "at": "2026-01-01T00:00:00Z"}])),
        ("/risks", _) => Answer::json(json!([{"id": format!("R of {}", asked.param("of").unwrap_or_default())}])),
        _ => Answer::json("[]"),
    });
    let folder = folder();
    let child = "[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\nselect = \".[]\"\n\
        parent = { stream = \"tickets\", key = \".id\" }\nrequest = { path = \"/risks\", params = { of = \"${keys}\" } }\n";
    write(&folder, "manifest.toml", &format!("{MANIFEST}{child}"));
    write(&folder, "risks.jq", "{external_id: .id, title: \"old\"}");
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    assert_eq!(reading.sync(at(0)).created, 2);
    assert_eq!(reading.sync(at(2)).rows_read, 0);
    write(&folder, "risks.jq", "{external_id: .id, title: \"new\"}");
    assert_eq!(reading.sync(at(4)).changed, 1);
    assert_eq!(reading.record(RecordKind::Risk, "R of T-1")["title"], "new");
    assert_eq!(reading.sync(at(6)).rows_read, 0);
}

fn a_source_made_anew_is_read_from_the_beginning(database: &TestDatabase) {
    let (stub, folder) = (tickets(), folder());
    let reading = Reading::new(database, source(&stub, &folder), &[]);
    reading.sync(at(0));
    let stored =
        StoredSource { name: "desk".into(), settings: String::new(), changed_at: at(1), changed_by: "a person".into() };
    let write = |remove: bool| {
        let written = reading.store.write(at(1), |transaction| match remove {
            true => transaction.remove_source("desk"),
            false => transaction.store_source(&stored),
        });
        assert!(written.expect("it is written"));
    };
    write(false);
    assert_eq!(reading.sync(at(2)).rows_read, 0);
    write(true);
    assert_eq!(reading.sync(at(4)).rows_read, 2);
}
