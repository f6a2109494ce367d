//! Cases of `concord::report`: CSV no program runs, workbooks that open, and the same bytes for the same table.

pub mod browser;
pub mod libreoffice;
pub mod page;

use calamine::{Data, Reader, Xlsx};
use concord::{
    model::Timestamp,
    report::{Cell, Column, Table},
};
use std::{io::Cursor, thread, time::Duration};

crate::harness::cases![
    csv_is_as_rfc_4180_says,
    what_a_program_would_run_is_led_by_an_apostrophe,
    lines_are_as_wide_as_the_header,
    a_workbook_opens_with_the_same_cells,
    texts_of_a_workbook_are_never_formulas,
    a_cell_too_long_for_a_workbook_is_cut,
    the_same_table_gives_the_same_bytes,
];

fn sample() -> Table {
    let mut table =
        Table::new("sample", vec![Column::new("name", 20), Column::new("count", 8), Column::new("open", 6)]);
    table.push([Cell::from("a, \"quoted\"\nname"), Cell::from(2.5), Cell::from(true)]);
    table.push([Cell::Empty, Cell::Number(f64::NAN), Cell::from(false)]);
    table
}

fn csv(table: &Table) -> String {
    String::from_utf8(table.to_csv().expect("CSV")).expect("UTF-8")
}

/// The cells of the first sheet of a workbook, the header too.
pub fn sheet(bytes: Vec<u8>) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).expect("a workbook");
    let name = workbook.sheet_names().first().expect("a sheet").clone();
    let range = workbook.worksheet_range(&name).expect("the sheet");
    range.rows().map(<[Data]>::to_vec).collect()
}

fn csv_is_as_rfc_4180_says() {
    assert_eq!(csv(&sample()), "name,count,open\r\n\"a, \"\"quoted\"\"\nname\",2.5,true\r\n,,false\r\n");
    assert_eq!(csv(&Table::new("empty", vec![Column::new("id", 5)])), "id\r\n");
}

fn what_a_program_would_run_is_led_by_an_apostrophe() {
    let written = |text: &str| {
        let mut table = Table::new("t", vec![Column::new("a", 5)]);
        table.push([Cell::from(text)]);
        let text = csv(&table);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.records().next().expect("a line").expect("CSV").get(0).expect("a cell").to_owned()
    };
    for text in
        ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-", "-inf", "+1 555 0100"]
    {
        assert_eq!(written(text), format!("'{text}"));
    }
    for text in ["-5", "+49", "-1.5e3", "a=b", "2026-03-31", "'x", "", "café ☕"] {
        assert_eq!(written(text), text);
    }
}

fn lines_are_as_wide_as_the_header() {
    let mut table = Table::new("t", vec![Column::new("a", 5), Column::new("b", 5)]);
    table.push([]);
    table.push([Cell::from("1"), Cell::from("2"), Cell::from("3")]);
    assert!(table.rows.iter().all(|row| row.len() == 2));
    assert_eq!(csv(&table), "a,b\r\n,\r\n1,2\r\n");
}

fn a_workbook_opens_with_the_same_cells() {
    let cells = sheet(sample().to_xlsx().expect("a workbook"));
    let text = |text: &str| Data::String(text.into());
    assert_eq!(cells[0], [text("name"), text("count"), text("open")]);
    assert_eq!(cells[1], [text("a, \"quoted\"\nname"), Data::Float(2.5), Data::Bool(true)]);
    assert_eq!(cells[2], [Data::Empty, Data::Empty, Data::Bool(false)]);
    let at: Timestamp = "2026-03-31T12:00:00Z".parse().expect("a time");
    assert_eq!(Cell::from(at), Cell::from("2026-03-31T12:00:00.000Z"));
    // A name no sheet can have, and no lines at all.
    let odd = Table::new("a/b: [a name that is longer than any sheet's can be]", vec![Column::new("a", 5)]);
    assert_eq!(sheet(odd.to_xlsx().expect("a workbook")).len(), 1);
}

fn texts_of_a_workbook_are_never_formulas() {
    let mut table = Table::new("t", vec![Column::new("a", 5)]);
    table.push([Cell::from("=1+1")]);
    let bytes = table.to_xlsx().expect("a workbook");
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.clone())).expect("a workbook");
    assert!(workbook.worksheet_formula("t").expect("the sheet").is_empty());
    assert_eq!(sheet(bytes)[1], [Data::String("=1+1".into())]);
}

fn a_cell_too_long_for_a_workbook_is_cut() {
    let mut table = Table::new("t", vec![Column::new("a", 5)]);
    // Each takes two of the units that are counted.
    table.push([Cell::from("😀".repeat(20_000).as_str())]);
    let cells = sheet(table.to_xlsx().expect("a workbook"));
    let Data::String(text) = &cells[1][0] else { panic!("no text") };
    assert!(text.ends_with('…') && text.encode_utf16().count() <= 32_767, "{}", text.len());
}

fn the_same_table_gives_the_same_bytes() {
    let first = sample().to_xlsx().expect("a workbook");
    // Dates in such files have a step of two seconds.
    thread::sleep(Duration::from_millis(2_100));
    assert!(first == sample().to_xlsx().expect("a workbook"), "the bytes depend on the time");
}
