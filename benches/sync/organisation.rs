//! The sample organisation, many times over: tickets and configuration items are copied, each copy with its own; what
//! they are of, services and partners, stays one.

use serde_json::Value;
use std::{
    fs,
    io::{BufWriter, Write},
    path::Path,
};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/northgate-hosting");
const ITEMS: &str = "cmdb_export.csv";
const TICKETS: [&str; 2] = ["tickets-2025.jsonl", "tickets-2026.jsonl"];

/// Columns of the items' table that name items.
const NAMING: [&str; 3] = ["Asset Tag", "Runs On", "Component Of"];

/// Writes a source of about this many records.
pub fn write(folder: &Path, records: usize) {
    fs::create_dir(folder).unwrap();
    for entry in fs::read_dir(SAMPLE).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let mut table = csv::Reader::from_path(folder.join(ITEMS)).unwrap();
    let header = table.headers().unwrap().clone();
    let items: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let tickets = TICKETS.map(|file| fs::read_to_string(folder.join(file)).unwrap());
    let in_a_copy = items.len() + tickets.iter().map(|text| text.lines().count()).sum::<usize>();
    let copies = records.div_ceil(in_a_copy);

    let mut table = csv::Writer::from_path(folder.join(ITEMS)).unwrap();
    table.write_record(&header).unwrap();
    for copy in 0..copies {
        for item in &items {
            let cells = header.iter().zip(item);
            table
                .write_record(
                    cells.map(|(column, cell)| if NAMING.contains(&column) { names(cell, copy) } else { cell.into() }),
                )
                .unwrap();
        }
    }
    table.flush().unwrap();
    for (file, text) in TICKETS.iter().zip(&tickets) {
        let mut file = BufWriter::new(fs::File::create(folder.join(file)).unwrap());
        for copy in 0..copies {
            for line in text.lines() {
                match serde_json::from_str::<Value>(line) {
                    Ok(row) => writeln!(file, "{}", ticket(row, copy)).unwrap(),
                    Err(_) => writeln!(file, "{line}").unwrap(),
                }
            }
        }
        file.flush().unwrap();
    }
}

/// Names separated by spaces, as this copy has them.
fn names(cell: &str, copy: usize) -> String {
    cell.split_whitespace().map(|name| format!("{name}-{copy}")).collect::<Vec<_>>().join(" ")
}

fn ticket(mut row: Value, copy: usize) -> Value {
    let rename = |value: &mut Value| {
        if let Value::String(name) = value {
            *name = format!("{name}-{copy}");
        }
    };
    for place in ["/on/assets", "/because"] {
        if let Some(Value::Array(list)) = row.pointer_mut(place) {
            list.iter_mut().for_each(rename);
        }
    }
    row.get_mut("ref").map(rename);
    row
}
