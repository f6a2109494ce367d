//! A dashboard: it reads every table whole once, and after that only what changed.

use concord::{
    answers::{FlatReading, flat_tables},
    assess::Rules,
    model::{Timestamp, View},
    store::Store,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Row = Map<String, Value>;

/// The rows of a table, by key, and what to ask for next time.
#[derive(Default)]
struct Copy {
    rows: BTreeMap<Vec<String>, Row>,
    since: Option<Timestamp>,
    /// How many rows ever came.
    came: usize,
}

/// Copies of all tables, by table and view.
#[derive(Default)]
pub struct Dashboard {
    copies: BTreeMap<(&'static str, View), Copy>,
}

impl Dashboard {
    /// Reads what changed, and compares with everything there is; `context` says after what.
    pub fn refresh(&mut self, store: &Store, rules: &Rules, context: &str) {
        for table in flat_tables() {
            for &view in View::ALL {
                let what = format!("{context}: {} in the {view} view", table.table);
                let copy = self.copies.entry((table.table, view)).or_default();
                let key = |row: &Row| table.key.iter().map(|column| row[*column].to_string()).collect::<Vec<_>>();
                let (changed, next) = read(store, rules, table.table, view, copy.since);
                copy.came += changed.len();
                for row in changed {
                    let at: Timestamp = row["updated_at"].as_str().expect("a time").parse().expect("a time");
                    assert!(copy.since.is_none_or(|since| since <= at), "{what}: {row:?} did not change");
                    // What happened at the very instant comes again; nothing else does.
                    let again = copy.rows.get(&key(&row)) == Some(&row);
                    assert!(!again || copy.since == Some(at), "{what}: {row:?} is as it was");
                    if row["deleted_at"].is_null() {
                        copy.rows.insert(key(&row), row);
                    } else {
                        assert!(copy.since.is_some(), "{what}: {row:?} is gone and was asked for");
                        assert_eq!(row["deleted_at"], row["updated_at"], "{what}");
                        copy.rows.remove(&key(&row));
                    }
                }
                copy.since = Some(next);
                let (whole, _) = read(store, rules, table.table, view, None);
                let count = whole.len();
                let whole: BTreeMap<Vec<String>, Row> = whole.into_iter().map(|row| (key(&row), row)).collect();
                assert_eq!(whole.len(), count, "{what}: two rows have one key");
                assert_eq!(copy.rows, whole, "{what}: what changed since leads to what there is");
            }
        }
    }

    /// How many rows ever came into a copy.
    pub fn came(&self, table: &str, view: View) -> usize {
        self.copies.iter().find(|((name, of), _)| *name == table && *of == view).map_or(0, |(_, copy)| copy.came)
    }
}

/// The rows of a table, and what to ask for next time.
pub fn read(store: &Store, rules: &Rules, table: &str, view: View, since: Option<Timestamp>) -> (Vec<Row>, Timestamp) {
    let mut reading = FlatReading::begin(store, table, view, since).expect("the table is there");
    let mut rows = Vec::new();
    while let Some(page) = reading.next(store, rules).expect("it reads") {
        let lines = page.json_lines().expect("JSON");
        rows.extend(lines.iter().map(|line| serde_json::from_str::<Row>(line).expect("an object")));
    }
    (rows, reading.next_since)
}
