//! A Singer tap of someone else's, from PyPI: discovered, read, read again by its state, and failing.

use super::without;
use crate::harness::{Reading, TestDatabase, store_cases};
use concord::{
    connectors::SourceSettings,
    model::{Clock, RecordKind},
};
use libtest_mimic::Completion;
use std::{env, fs, path::PathBuf};
use tempfile::TempDir;

store_cases![a_tap_of_spreadsheets_is_read];

const MANIFEST: &str = r#"
title = "Register"
protocol = "singer"

[tap]
command = ["TAP"]

[[tap.config.files]]
path = "FOLDER/cis.csv"
format = "csv"
worksheet = "cis"
table_name = "cis"
primary_keys = ["ci_id"]
drop_empty = true
skip_columns = 0
skip_rows = 0
sample_rows = 10

[streams.items]
tap_stream = "cis"
emit = "configuration_item"
mapping = "items.jq"
"#;

const MAPPING: &str = "{external_id: (.ci_id | tostring), name: .name, class: .class}";

const ROWS: &str = "ci_id,name,class\n1,srv-1,server\n2,db-1,database\n3,sw-1,switch\n";

fn a_tap_of_spreadsheets_is_read(database: &TestDatabase) -> Completion {
    let Some(tap) = env::var_os("CONCORD_TEST_TAP").filter(|tap| !tap.is_empty()).map(PathBuf::from) else {
        return without("tap-spreadsheets, which CONCORD_TEST_TAP names,");
    };
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    let place = folder.path().display().to_string();
    let manifest = MANIFEST.replace("TAP", &tap.display().to_string()).replace("FOLDER", &place);
    write("manifest.toml", &manifest);
    write("items.jq", MAPPING);
    write("cis.csv", ROWS);
    let reading = Reading::new(database, SourceSettings::in_folder("singer", folder.path()), &[]);

    let first = reading.sync(Clock::system().now());
    assert_eq!((first.rows_read, first.created, first.set_aside), (3, 3, 0), "{first:?}");
    let item = reading.record(RecordKind::ConfigurationItem, "2");
    assert_eq!((item["name"].as_str(), item["class"].as_str()), (Some("db-1"), Some("database")));

    let second = reading.sync(Clock::system().now());
    assert_eq!((second.rows_read, second.changed), (0, 0), "the file has not changed: {second:?}");

    // The tap goes by the file's time of change.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    write("cis.csv", &ROWS.replace("db-1", "db-2"));
    let third = reading.sync(Clock::system().now());
    assert_eq!((third.created, third.changed), (0, 1), "{third:?}");
    assert_eq!(reading.record(RecordKind::ConfigurationItem, "2")["name"], "db-2");

    write("manifest.toml", &manifest.replace("drop_empty", "drop_nothing").replace("path =", "bath ="));
    let error = reading.try_sync(Clock::system().now()).expect_err("a bad configuration").to_string();
    assert!(error.contains("exit status: 1"), "{error}");
    Completion::Completed
}
