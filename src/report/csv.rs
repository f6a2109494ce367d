//! Tables as CSV: RFC 4180, UTF-8, a header line, and no cell a spreadsheet program would run.

use super::{Cell, Table};
use crate::error::{Error, Result};
use std::borrow::Cow;

impl Table {
    /// The table as CSV (RFC 4180) in UTF-8: a header line, CRLF after every line, quotes where needed.
    ///
    /// A spreadsheet program takes a cell that starts with `=`, `+`, `-` or `@` for a formula, also after a tab or a
    /// line break, and in the full-width forms of these characters. Records come from elsewhere, so such a cell is led
    /// by an apostrophe, unless it is a number (`-5`, `+49`). Whoever reads the CSV with a program of their own and
    /// wants the text to the letter takes the JSON.
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let mut text = self.csv_head()?;
        text.append(&mut self.csv_lines()?);
        Ok(text)
    }

    /// The header line alone.
    pub fn csv_head(&self) -> Result<Vec<u8>> {
        self.csv(std::iter::once(self.columns.iter().map(|column| column.name.as_ref().into()).collect()))
    }

    /// The lines without the header, to follow what was written before.
    pub fn csv_lines(&self) -> Result<Vec<u8>> {
        self.csv(self.rows.iter().map(|row| row.iter().map(written).collect()))
    }

    fn csv<'a>(&'a self, lines: impl Iterator<Item = Vec<Cow<'a, str>>>) -> Result<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("the table {}: {error}", self.name));
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        for line in lines {
            writer.write_record(line.iter().map(|cell| cell.as_bytes())).map_err(|error| failed(&error))?;
        }
        writer.into_inner().map_err(|error| failed(&error))
    }
}

fn written(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Empty => "".into(),
        Cell::Text(text) if is_run(text) => format!("'{text}").into(),
        Cell::Text(text) => text.into(),
        Cell::Number(number) if number.is_finite() => number.to_string().into(),
        Cell::Number(_) => "".into(),
        Cell::Truth(truth) => if *truth { "true" } else { "false" }.into(),
    }
}

/// True if a spreadsheet program might take the text for a formula.
fn is_run(text: &str) -> bool {
    let number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !number()
}
