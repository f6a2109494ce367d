//! A tap into the store: rows and state are kept together, and the next run goes on from there.

use crate::harness::{TestDatabase, settings, store_cases, story_instant};
use concord::{
    cli,
    ingest::{self, Order},
    model::Clock,
    store::{Cause, RunState, Store},
};
use std::{fs, path::Path};
use tempfile::TempDir;

store_cases![a_run_goes_on_from_the_state_of_the_last, what_a_failing_tap_gave_is_kept];

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
    let settings = settings(database, "desk", "singer", folder);
    let rules = cli::rules(&settings).expect("the rules are valid");
    let source = cli::open_source(&settings, "desk").expect("the source opens");
    let store = Store::open(&settings.database.url, 4).expect("the database opens");
    let run = ingest::sync(&store, &rules, &source, Order::new(Cause::Command), Clock::Fixed(story_instant()), |_| {});
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
