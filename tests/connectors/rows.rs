//! Rows: what one bad row costs, and what it does not.

use super::{Brought, at, bring, folder, open, read, text};
use concord::connectors::MAX_ROW;
use serde_json::json;
use std::fmt::Write;

crate::harness::cases![
    bad_lines_of_json_are_set_aside,
    bad_records_of_csv_are_set_aside,
    csv_cells_are_text_or_null,
    lines_are_counted_through_quoted_line_ends,
    long_rows_are_skipped,
    a_csv_header_is_checked,
    files_are_read_in_order_of_name,
    a_missing_file_is_an_error,
    reading_can_move_to_another_thread,
];

const TITLE: &str = "{external_id: .id, title: .title}";

fn set_aside(brought: &Brought) -> Vec<(&str, &str)> {
    brought.set_aside.iter().map(|row| (row.position.as_str(), row.reason.as_str())).collect()
}

fn ids(brought: &Brought) -> Vec<&str> {
    brought.versions.iter().map(|version| version.external_id.as_str()).collect()
}

fn bad_lines_of_json_are_set_aside() {
    let lines =
        b"\xEF\xBB\xBF{\"id\":1,\"title\":\"a\"}\r\n\n{\"id\":2\n[1]\n{\"id\":3,\"title\":\"\xFF\"}\n  \n{\"id\":4}";
    let brought = bring("ticket", "", TITLE, "tickets.jsonl", lines);
    assert_eq!(ids(&brought), ["1", "4"]);
    assert_eq!(brought.rows, 5);
    assert_eq!(
        set_aside(&brought),
        [
            ("tickets.jsonl line 3", "not valid JSON at column 7: EOF while parsing an object"),
            ("tickets.jsonl line 4", "not a JSON object"),
            ("tickets.jsonl line 5", "not UTF-8 at byte 18"),
        ]
    );
    assert_eq!(brought.set_aside[0].row, json!("{\"id\":2"));
    assert_eq!(brought.set_aside[0].stream, "tickets");
}

fn bad_records_of_csv_are_set_aside() {
    let csv = b"\xEF\xBB\xBFid,title\n1,a\n2\n3,b,c\n\n4,\xFF\n5,\"d, \"\"e\"\"\"\n";
    let brought = bring("ticket", "", TITLE, "tickets.csv", csv);
    assert_eq!(ids(&brought), ["1", "5"]);
    assert_eq!(
        set_aside(&brought),
        [
            ("tickets.csv line 3", "1 cells where the header has 2"),
            ("tickets.csv line 4", "3 cells where the header has 2"),
            ("tickets.csv line 6", "column `title` is not UTF-8"),
        ]
    );
    assert_eq!(brought.set_aside[1].row, json!("3,b,c"));
}

fn csv_cells_are_text_or_null() {
    let brought = bring("ticket", "", "{external_id: .id, attributes: .}", "tickets.csv", "id, b ,c\r\n1,,\" x \"\r\n");
    assert_eq!(json!(brought.versions[0].attributes), json!({"id": "1", "b": null, "c": " x "}));
}

fn lines_are_counted_through_quoted_line_ends() {
    let csv = "id,title\r\n1,\"two\r\nlines\"\r\n\r\n2,b,c\r\n";
    assert_eq!(set_aside(&bring("ticket", "", TITLE, "tickets.csv", csv))[0].0, "tickets.csv line 5");
}

fn long_rows_are_skipped() {
    let long = "x".repeat(3 * MAX_ROW);
    let lines = format!("{{\"id\":1}}\n{{\"id\":2,\"title\":\"{long}\"}}\n{{\"id\":3}}\n");
    let brought = bring("ticket", "", TITLE, "tickets.jsonl", lines);
    assert_eq!(ids(&brought), ["1", "3"]);
    assert_eq!(set_aside(&brought), [("tickets.jsonl line 2", "the row is longer than 1048576 bytes")]);
    assert!(brought.set_aside[0].row.as_str().is_some_and(|row| row.starts_with("{\"id\":2") && row.len() < 20_000));

    let commas = ",".repeat(3 * MAX_ROW);
    let csv = format!("id,title\n1,a\n2,{long}\n3,{commas}\n4,d\n5,\"never closed\n{long}");
    let brought = bring("ticket", "", TITLE, "tickets.csv", csv);
    assert_eq!(ids(&brought), ["1", "4"]);
    let reason = "the row is longer than 1048576 bytes; is a quotation mark not closed?";
    let places = ["tickets.csv line 3", "tickets.csv line 4", "tickets.csv line 6"];
    assert_eq!(set_aside(&brought), places.map(|place| (place, reason)));
    assert!(brought.set_aside[0].row.as_str().is_some_and(|row| row.starts_with("2xxx")));

    let brought = bring("ticket", "", "{external_id: .id, titel: 1}", "tickets.jsonl", {
        format!("{{\"id\":1,\"title\":\"{}\"}}", "é".repeat(20_000))
    });
    assert!(brought.set_aside[0].row.as_str().is_some_and(|row| row.len() < 20_000), "a long row is kept in part");
}

fn a_csv_header_is_checked() {
    for (csv, expected) in [
        ("id,title,id\n1,a,b\n", "tickets.csv line 1: two columns are named `id`"),
        ("id,,x\n1,a,b\n", "tickets.csv line 1: column 2 has no name"),
        ("", "tickets.csv line 1: the file is empty; a CSV file starts with a row of column names"),
    ] {
        let folder = desk(&[("tickets.csv", csv)], "tickets.csv", "csv");
        let source = open("files", folder.path()).expect("a source");
        assert_eq!(text(read(&source)), expected);
        assert_eq!(source.read(at()).count(), 1, "an error ends the reading");
    }
    let brought = bring("ticket", "", TITLE, "tickets.csv", "id,title\n");
    assert_eq!((brought.rows, brought.versions.len()), (0, 0));
}

fn desk(files: &[(&str, &str)], pattern: &str, format: &str) -> tempfile::TempDir {
    let manifest = format!(
        "title = \"Desk\"\nprotocol = \"files\"\n[streams.tickets]\nfiles = \"{pattern}\"\nformat = \"{format}\"\n\
         emit = \"ticket\"\nmapping = \"tickets.jq\"\n"
    );
    folder(&[&[("manifest.toml", manifest.as_str()), ("tickets.jq", TITLE)], files].concat())
}

fn files_are_read_in_order_of_name() {
    let files = [
        ("b.jsonl", "{\"id\":2}"),
        ("a.jsonl", "{\"id\":1}\n{}"),
        ("c.json", "{\"id\":9}"),
        ("old/a.jsonl", "{\"id\":3}"),
        ("old/er/a.jsonl", "{\"id\":4}"),
    ];
    for (pattern, expected) in [("*.jsonl", &["1", "2"][..]), ("old/*.jsonl", &["3"]), ("*/er/?.jsonl", &["4"])] {
        let folder = desk(&files, pattern, "json_lines");
        let brought = read(&open("files", folder.path()).expect("a source")).expect("rows");
        assert_eq!(ids(&brought), expected);
        if pattern == "*.jsonl" {
            assert_eq!(set_aside(&brought)[0].0, "a.jsonl line 2");
        }
    }
}

fn a_missing_file_is_an_error() {
    let folder = desk(&[], "tickets*.jsonl", "json_lines");
    let source = open("files", folder.path()).expect("a source");
    for error in [text(read(&source)), text(source.look())] {
        assert!(error.starts_with("source desk, stream tickets: no file in "), "{error}");
        assert!(error.contains("matches `tickets*.jsonl`; put one there"), "{error}");
    }
    let gone = folder.path().to_owned();
    drop(folder);
    assert!(text(read(&source)).contains(&gone.display().to_string()));
    assert!(text(open("files", &gone)).starts_with("sources.desk.folder: there is no folder `"));
}

fn reading_can_move_to_another_thread() {
    let mut lines = String::new();
    for id in 0..1_000 {
        writeln!(lines, "{{\"id\":{id}}}").expect("a line");
    }
    let folder = desk(&[("tickets.jsonl", &lines)], "tickets.jsonl", "json_lines");
    let source = open("files", folder.path()).expect("a source");
    let mut reading = source.read(at());
    let first = reading.next();
    assert!(matches!(first, Some(Ok(_))));
    let count = std::thread::scope(|scope| scope.spawn(move || reading.count()).join().expect("a count"));
    assert_eq!(count, 1_000, "the rest of the rows, and the end of their stream");
}
