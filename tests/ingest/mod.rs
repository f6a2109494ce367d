//! Cases of `concord::ingest`: from files to the store, in any order, a second time, and when a source breaks.

mod afresh;
mod inbox;
mod reconcile;
mod runs;
mod set_aside;
pub mod singer;

use crate::harness::{TestDatabase, data_folder, settings, store_cases, story_instant, sync, without_data};
use concord::{
    cli,
    ingest::{self, Order},
    model::{Body, Clock, RecordKind, View},
    store::{Cause, RecordQuery, Run, RunState, Store},
};
use libtest_mimic::Completion;
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::TempDir;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [sync_trials::trials(), afresh::trials(), inbox::trials(), reconcile::trials(), runs::trials(), set_aside::trials()]
        .into_iter()
        .flatten()
        .collect()
}

/// The names of all records that are not tombstones, sorted.
fn titles(store: &Store) -> Vec<String> {
    let records = store.read(|reader| reader.all_records()).expect("it reads");
    let there = records.iter().filter(|record| record.deleted_at.is_none());
    let mut titles: Vec<String> = there.filter_map(|record| record.body.name().map(str::to_owned)).collect();
    titles.sort();
    titles
}

mod sync_trials {
    //! The cases of this file.
    use super::*;

    store_cases![
        a_log_becomes_the_latest_state_in_any_order,
        the_real_log_becomes_890_tickets,
        a_run_ends_as_failed_when_its_source_breaks,
        what_was_set_aside_is_forgotten_once_mended,
    ];
}

const CONNECTOR: &str = "servicenow-event-log";

/// The tickets of a store: what identifies their state.
fn tickets(store: &Store) -> BTreeMap<String, (String, String, i64)> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let query = RecordQuery {
            kind: RecordKind::Ticket,
            source: None,
            external_id: None,
            contains: None,
            updated_since: None,
            include_deleted: true,
            view: View::Full,
            fields: Vec::new(),
            going_on_since: None,
            after,
            limit: 1_000,
        };
        let page = store.read(|reader| reader.records(&query)).expect("it reads");
        after = page.items.last().map(|last| (last.changed_seq, last.id));
        for record in page.items {
            let state = record.body.to_json().expect("JSON");
            found.insert(record.external_id, (state, record.source_updated_at.to_string(), record.source_version));
        }
        if !page.more {
            return found;
        }
    }
}

/// Reads a log in its own order, then again reversed into the same store, and returns both runs and the tickets.
fn read_twice(
    database: &TestDatabase,
    lines: &[&str],
    header: &str,
) -> (Run, Run, BTreeMap<String, (String, String, i64)>) {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let file = folder.path().join("incident-events.csv");
    let write = |lines: &mut dyn Iterator<Item = &&str>| {
        let rows: Vec<&str> = lines.copied().collect();
        fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).expect("the log is written");
    };
    let settings = settings(database, "servicenow", CONNECTOR, folder.path());
    write(&mut lines.iter());
    let (store, _, first) = sync(&settings, story_instant());
    let after_first = tickets(&store);
    write(&mut lines.iter().rev());
    let (store, _, second) = sync(&settings, story_instant());
    assert_eq!(tickets(&store), after_first, "the order does not matter");
    (first, second, after_first)
}

fn log(path: &Path) -> String {
    fs::read_to_string(path).expect("the log")
}

fn a_log_becomes_the_latest_state_in_any_order(database: &TestDatabase) {
    let log =
        log(&Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(CONNECTOR).join("samples/incidents.csv"));
    let (header, rows) = log.split_once('\n').expect("a header");
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 60);
    let (first, second, tickets) = read_twice(database, &lines, header);
    assert_eq!((first.rows_read, first.created, first.set_aside), (60, 12, 0));
    assert_eq!(tickets.len(), 12);
    assert_eq!((second.rows_read, second.created, second.changed, second.unchanged), (60, 0, 0, 60));
}

fn the_real_log_becomes_890_tickets(database: &TestDatabase) -> Completion {
    let Some(folder) = data_folder() else { return without_data() };
    let log = log(&folder.join("servicenow-incident-events.csv"));
    let (header, rows) = log.split_once('\n').expect("a header");
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 5_998);
    let (first, second, tickets) = read_twice(database, &lines, header);
    assert_eq!((first.rows_read, first.set_aside, tickets.len()), (5_998, 0, 890));
    assert_eq!((second.rows_read, second.created, second.changed, second.unchanged), (5_998, 0, 0, 5_998));
    Completion::Completed
}

fn a_run_ends_as_failed_when_its_source_breaks(database: &TestDatabase) {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"Two files\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks.jq", "{external_id: .id, title}");
    write("a.csv", "id,title\nR-1,first\n");
    write("b.csv", "id,id\nR-2,second\n");
    let settings = settings(database, "risks", "files", folder.path());
    let rules = cli::rules(&settings).expect("the rules are valid");
    let source = cli::open_source(&settings, "risks").expect("the source opens");
    let store = Store::open(&settings.database.url, 2).expect("the database opens");
    let failed =
        ingest::sync(&store, &rules, &source, Order::new(Cause::Command), Clock::Fixed(story_instant()), |_| {});
    let reason = failed.expect_err("the second file has a column twice").to_string();
    assert!(reason.contains("b.csv"), "{reason}");
    let runs = store.read(|reader| reader.runs("risks", None, 10)).expect("it reads").items;
    assert_eq!((runs.len(), runs[0].state, runs[0].error.as_deref()), (1, RunState::Failed, Some(reason.as_str())));
    assert!(
        store.read(|reader| reader.checkpoints()).expect("it reads").is_empty(),
        "the stream was not read to its end"
    );
}

fn what_was_set_aside_is_forgotten_once_mended(database: &TestDatabase) {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"One file\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks.jq", "{external_id: .id, title, treatment: .t}");
    write("risks.csv", "id,title,t\nR-1,first,retain\nR-2,second,ignore\n");
    let settings = settings(database, "risks", "files", folder.path());
    let (store, _, run) = sync(&settings, story_instant());
    assert_eq!((run.created, run.set_aside), (1, 1));
    let rows = |store: &Store| store.read(|reader| reader.set_aside_rows("risks", None, 10)).expect("it reads").items;
    let row = &rows(&store)[0];
    assert_eq!(row.position, "risks.csv line 3");
    assert!(row.reason.contains("treatment") && row.content.contains("ignore"), "{row:?}");
    write("risks.csv", "id,title,t\nR-1,first,retain\nR-2,second,modify\n");
    let (store, _, run) = sync(&settings, story_instant());
    assert_eq!((run.created, run.unchanged, run.set_aside), (1, 1, 0));
    assert!(rows(&store).is_empty());
    let query = |reader: &mut concord::store::Reader<'_>| reader.all_records();
    let records = store.read(query).expect("it reads");
    assert!(records.iter().all(|record| matches!(&record.body, Body::Risk(risk) if risk.treatment.get().is_some())));
}
