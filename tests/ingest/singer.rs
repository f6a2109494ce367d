//! A tap into the store: rows and state are kept together, and the next run goes on from there.

use crate::harness::{TestDatabase, settings, store_cases, story_instant};
use concord::{
    cli,
    ingest::{self, Order},
    model::{Clock, Timestamp},
    store::{Cause, RunState, Store},
};
use std::{fs, path::Path};
use tempfile::TempDir;

store_cases![
    a_run_goes_on_from_the_state_of_the_last,
    what_a_failing_tap_gave_is_kept,
    a_table_cut_short_is_read_from_its_beginning,
    a_table_that_is_empty_now_has_no_records,
    another_mapping_of_a_stream_leaves_the_others_where_they_are,
    rows_nobody_asked_for_are_told_of,
];

const MANIFEST: &str = "title = \"Case\"\nprotocol = \"singer\"\n[tap]\ncommand = [\"/bin/sh\", \"tap.sh\"]\ndiscover = false\n\
     [streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n";

/// A folder with a manifest, a mapping and this script.
fn tap(script: &str) -> TempDir {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("manifest.toml", MANIFEST);
    write("tickets.jq", "{external_id: .id, updated_at: .at, title: .title}");
    write("tap.sh", script);
    folder
}

/// A tap that counts from its state: each run gives the last row again, and three more.
const COUNTS: &str = r#"
last=0
if [ "$3" = --state ]; then last=$(sed 's/[^0-9]//g' "$4"); echo "{\"type\":\"STATE\",\"value\":{\"last\":$last}}"; fi
echo '{"type":"SCHEMA","stream":"tickets","schema":{},"key_properties":["id"]}'
for n in $last $((last + 1)) $((last + 2)) $((last + 3)); do
  [ "$n" = 0 ] || echo "{\"type\":\"RECORD\",\"stream\":\"tickets\",\"record\":{\"id\":\"$n\",\"title\":\"t\",\"at\":\"2026-01-01T00:00:00Z\"}}"
done
echo "{\"type\":\"STATE\",\"value\":{\"last\":$((last + 3))}}"
"#;

fn run(database: &TestDatabase, folder: &Path) -> (Store, concord::error::Result<concord::store::Run>) {
    run_at(database, folder, story_instant())
}

fn run_at(
    database: &TestDatabase,
    folder: &Path,
    at: Timestamp,
) -> (Store, concord::error::Result<concord::store::Run>) {
    let settings = settings(database, "desk", "singer", folder);
    let rules = cli::rules(&settings).expect("the rules are valid");
    let source = cli::open_source(&settings, "desk").expect("the source opens");
    let store = Store::open(&settings.database.url, 4).expect("the database opens");
    let run = ingest::sync(&store, &rules, &source, Order::new(Cause::Command), Clock::Fixed(at), |_| {});
    (store, run)
}

fn state(store: &Store) -> Option<String> {
    let cursors = store.read(|reader| reader.sync_cursors("desk")).expect("it reads");
    cursors.get("tickets").and_then(|cursor| cursor.reached.clone())
}

fn a_run_goes_on_from_the_state_of_the_last(database: &TestDatabase) {
    let folder = tap(COUNTS);
    let (store, first) = run(database, folder.path());
    let first = first.expect("it is read");
    assert_eq!((first.rows_read, first.created, first.unchanged), (3, 3, 0));
    assert_eq!(state(&store).as_deref(), Some(r#"{"last":3}"#));
    let second = run(database, folder.path()).1.expect("it is read");
    assert_eq!((second.rows_read, second.created, second.unchanged), (4, 3, 1), "the last row comes again");
    assert_eq!(state(&store).as_deref(), Some(r#"{"last":6}"#));
}

fn what_a_failing_tap_gave_is_kept(database: &TestDatabase) {
    let folder = tap(&format!("{COUNTS}echo 'Traceback'\nexit 1\n"));
    let (store, run) = run(database, folder.path());
    assert!(run.expect_err("no message").to_string().contains("wrote a line 6 that is not a Singer message"));
    let runs = store.read(|reader| reader.runs("desk", None, 10)).expect("it reads").items;
    assert_eq!((runs[0].state, runs[0].created), (RunState::Failed, 3));
    assert_eq!(state(&store).as_deref(), Some(r#"{"last":3}"#), "with the rows before it");
}

/// The ids of the tickets that are not gone.
fn there(store: &Store) -> Vec<String> {
    let records = store.read(|reader| reader.all_records()).expect("it reads");
    let there = records.into_iter().filter(|record| record.deleted_at.is_none());
    let mut ids: Vec<String> = there.map(|record| record.external_id).collect();
    ids.sort();
    ids
}

fn row(stream: &str, id: &str) -> String {
    let record = format!("{{\"id\":\"{id}\",\"title\":\"t\",\"at\":\"2026-01-01T00:00:00Z\"}}");
    format!("echo '{{\"type\":\"RECORD\",\"stream\":\"{stream}\",\"record\":{record}}}'\n")
}

fn schema(stream: &str) -> String {
    format!("echo '{{\"type\":\"SCHEMA\",\"stream\":\"{stream}\",\"schema\":{{}},\"key_properties\":[\"id\"]}}'\n")
}

/// A folder of a tap that gives whole tables.
fn table(script: &str) -> TempDir {
    let folder = tap(script);
    let keys = "replication_method = \"FULL_TABLE\"\nreconcile = { at_most = 1.0 }\n";
    fs::write(folder.path().join("manifest.toml"), format!("{MANIFEST}{keys}")).expect("written");
    folder
}

fn later(minutes: i64) -> Timestamp {
    story_instant().plus_millis(minutes * 60_000)
}

fn a_table_cut_short_is_read_from_its_beginning(database: &TestDatabase) {
    // With a state that says how far it was, the tap goes on from there; `short` cuts it short.
    let script = format!(
        "{}if ! grep -q last_pk \"$4\" 2>/dev/null; then\n{}fi\n\
         echo '{{\"type\":\"STATE\",\"value\":{{\"bookmarks\":{{\"tickets\":{{\"last_pk\":1}},\"others\":{{\"n\":1}}}}}}}}'\n\
         [ -e short ] && exit 1\n{}cp \"$4\" state 2>/dev/null\n\
         echo '{{\"type\":\"STATE\",\"value\":{{\"bookmarks\":{{\"tickets\":{{}}}}}}}}'\n",
        schema("tickets"),
        row("tickets", "1"),
        row("tickets", "2")
    );
    let folder = table(&script);
    let (store, whole) = run_at(database, folder.path(), later(0));
    assert_eq!(whole.expect("it is read").created, 2);
    fs::write(folder.path().join("short"), "").expect("written");
    run_at(database, folder.path(), later(2)).1.expect_err("it was cut short");
    assert!(state(&store).is_some_and(|state| state.contains("last_pk")));
    fs::remove_file(folder.path().join("short")).expect("removed");
    let run = run_at(database, folder.path(), later(4)).1.expect("it is read");
    assert_eq!((run.rows_read, run.tombstoned), (2, 0));
    assert_eq!(there(&store), ["1", "2"]);
    let handed = fs::read_to_string(folder.path().join("state")).expect("a state");
    assert_eq!(handed, r#"{"bookmarks":{"others":{"n":1}}}"#, "what is said of others is handed on");
}

fn a_table_that_is_empty_now_has_no_records(database: &TestDatabase) {
    let folder = table(&format!("{}{}", schema("tickets"), row("tickets", "1")));
    let (store, run) = run_at(database, folder.path(), later(0));
    assert_eq!(run.expect("it is read").created, 1);
    fs::write(folder.path().join("tap.sh"), "true\n").expect("written");
    let run = run_at(database, folder.path(), later(2)).1.expect("it is read");
    assert_eq!(run.tombstoned, 0, "a tap that does not tell of a table has not said that it is empty");
    fs::write(folder.path().join("tap.sh"), schema("tickets")).expect("written");
    let run = run_at(database, folder.path(), later(4)).1.expect("it is read");
    assert_eq!((run.tombstoned, there(&store).len()), (1, 0));
}

fn another_mapping_of_a_stream_leaves_the_others_where_they_are(database: &TestDatabase) {
    // Of each stream that its state does not name, it gives a row.
    let mut script = String::new();
    for stream in ["risks", "tickets"] {
        script.push_str(&schema(stream));
        script.push_str(&format!("if ! grep -q {stream} \"$4\" 2>/dev/null; then\n{}fi\n", row(stream, "1")));
    }
    script.push_str("echo '{\"type\":\"STATE\",\"value\":{\"bookmarks\":{\"risks\":1,\"tickets\":1}}}'\n");
    let folder = tap(&script);
    let risks = "[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n";
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("manifest.toml", &format!("{MANIFEST}{risks}"));
    write("risks.jq", "{external_id: .id, updated_at: .at, title: .title}");
    assert_eq!(run_at(database, folder.path(), later(0)).1.expect("it is read").created, 2);
    assert_eq!(run_at(database, folder.path(), later(2)).1.expect("it is read").rows_read, 0);
    write("tickets.jq", "{external_id: .id, updated_at: .at, title: \"new\"}");
    let (store, run) = run_at(database, folder.path(), later(4));
    let run = run.expect("it is read");
    assert_eq!((run.rows_read, run.changed), (1, 1), "the second stream alone");
    assert_eq!(super::titles(&store), ["new", "t"]);
    assert_eq!(run_at(database, folder.path(), later(6)).1.expect("it is read").rows_read, 0);
}

fn rows_nobody_asked_for_are_told_of(database: &TestDatabase) {
    let catalog = r#"{"streams":[{"tap_stream_id":"public-tickets","stream":"tickets","schema":{}}]}"#;
    let folder = tap(&format!(
        "if [ \"$3\" = --discover ]; then echo '{catalog}'; exit; fi\n{}{}{}{}",
        schema("tickets"),
        row("tickets", "1"),
        row("others", "1"),
        row("others", "2")
    ));
    let manifest = MANIFEST.replace("discover = false\n", "");
    fs::write(folder.path().join("manifest.toml"), format!("{manifest}tap_stream = \"public-tickets\"\n"))
        .expect("written");
    let run = run(database, folder.path()).1.expect("it is read");
    assert_eq!(run.created, 1, "by the name its messages carry");
    assert!(run.note.as_deref().is_some_and(|note| note.contains("2 of `others`")), "{:?}", run.note);
}
