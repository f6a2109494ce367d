//! Workbooks as LibreOffice opens them: the same cells, filters on the header, rows as high as their texts.

use concord::{
    answers::tables,
    embedded,
    report::{Cell, Column, Table},
    standards::{MatrixDepth, Standards, matrix},
};
use libtest_mimic::Completion;
use std::{env, fs, path::Path, path::PathBuf, process::Command};
use tempfile::TempDir;

crate::harness::cases![libreoffice_shows_the_same_cells];

/// Where LibreOffice is, if it is anywhere in `PATH`.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join("soffice")).find(|program| program.is_file())
}

/// Converts every workbook of a folder, there.
fn convert(program: &Path, folder: &Path, to: &str) {
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let books = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let books = books.filter(|path| path.extension().is_some_and(|extension| extension == "xlsx"));
    let mut command = Command::new(program);
    command.arg(profile).args(["--headless", "--convert-to", to, "--outdir"]).arg(folder).args(books);
    let done = command.env("HOME", folder).output().expect("LibreOffice starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn samples() -> Vec<Table> {
    let standards = Standards::parse(&embedded::standards()).expect("the data");
    let mut odd = Table::new("odd", vec![Column::new("text", 20), Column::new("number", 8), Column::new("truth", 8)]);
    for text in
        ["=1+1", "+1", "-2+3", "@SUM(A1)", "'x", "007", "1/2", "2026-03-31", "TRUE", "a, \"quoted\"\nname", "café ☕"]
    {
        odd.push([Cell::from(text), Cell::from(-0.25), Cell::from(true)]);
    }
    odd.push([Cell::Empty, Cell::Empty, Cell::from(false)]);
    vec![
        odd,
        tables::correspondence(standards.rows()),
        tables::matrix(&matrix(&standards, MatrixDepth::default())),
        tables::terms(standards.terms()),
    ]
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string().to_uppercase(),
    }
}

fn libreoffice_shows_the_same_cells() -> Completion {
    let Some(program) = program() else {
        assert!(env::var_os("CI").is_none(), "LibreOffice is needed where CI is set: libreoffice-calc");
        return Completion::ignored_with("there is no soffice in PATH");
    };
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let samples = samples();
    for table in &samples {
        fs::write(folder.path().join(format!("{}.xlsx", table.name)), table.to_xlsx().expect("a workbook"))
            .expect("a file");
    }
    // Separator, quotes, UTF-8, from the first line; values as they are rather than as they are formatted.
    convert(&program, folder.path(), "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false");
    for table in &samples {
        let text = fs::read(folder.path().join(format!("{}.csv", table.name))).expect("the converted file");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
        let lines: Vec<csv::StringRecord> = reader.records().map(|line| line.expect("a line")).collect();
        let heads = table.columns.iter().map(|column| column.name.to_string()).collect();
        let expected =
            std::iter::once(heads).chain(table.rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>()));
        assert_eq!(lines.len(), 1 + table.rows.len(), "{}", table.name);
        for (line, expected) in lines.iter().zip(expected) {
            assert_eq!(line.iter().collect::<Vec<_>>(), expected, "{}", table.name);
        }
    }
    convert(&program, folder.path(), "fods");
    let terms = fs::read_to_string(folder.path().join("terms.fods")).expect("the converted file");
    assert!(terms.contains("display-filter-buttons=\"true\""), "the header has no filters");
    let heights =
        terms.split("style:row-height=\"").skip(1).filter_map(|rest| rest.split("in\"").next()?.parse::<f64>().ok());
    assert!(heights.fold(0.0, f64::max) > 1.0, "rows of long texts show their first line only");
    Completion::Completed
}
