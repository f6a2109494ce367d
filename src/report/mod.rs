//! How answers leave: tables for spreadsheets, written as CSV and as XLSX, and printable pages with charts.
//!
//! ```
//! use concord::report::{Cell, Column, Table};
//!
//! let mut table = Table::new("topics", vec![Column::new("id", 20), Column::new("requirements", 8)]);
//! table.push([Cell::from("incident-evidence"), Cell::from(2_u32)]);
//! assert_eq!(String::from_utf8(table.to_csv()?).unwrap(), "id,requirements\r\nincident-evidence,2\r\n");
//! # Ok::<(), concord::error::Error>(())
//! ```

pub mod chart;
mod csv;
mod json;
pub mod page;
mod xlsx;

pub use page::{Page, Tone};

use crate::model::{RecordId, Timestamp};
use std::{borrow::Cow, fmt};

/// Lines of cells below named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it is a table of, fit for a file name and for a sheet's.
    pub name: String,
    /// What the cells of a line are, from left to right.
    pub columns: Vec<Column>,
    /// The lines, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// How many columns from the left say what a line is, and stay in sight when the others are scrolled.
    pub leading: u16,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head: the key the value has in JSON, or the keys joined by underscores.
    pub name: Cow<'static, str>,
    /// How wide it is shown, in characters: 1 to 255.
    pub width: u8,
}

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: absent or null.
    Empty,
    /// Text as it is; the writers see to it that no program takes it for a formula.
    Text(String),
    /// A finite number; any other is shown as nothing.
    Number(f64),
    /// True or false.
    Truth(bool),
}

impl Table {
    /// A table without lines.
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { name: name.into(), columns, rows: Vec::new(), leading: 0 }
    }

    /// The same with so many leading columns.
    pub fn led_by(mut self, columns: u16) -> Self {
        self.leading = columns;
        self
    }

    /// Adds a line. One that is too short is filled up with empty cells, one that is too long is cut.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut row: Vec<Cell> = cells.into_iter().take(self.columns.len()).collect();
        row.resize(self.columns.len(), Cell::Empty);
        self.rows.push(row);
    }

    /// Adds a line of as many cells as there are columns, for each item.
    pub fn with<T, const N: usize>(mut self, items: &[T], line: impl Fn(&T) -> [Cell; N]) -> Self {
        for item in items {
            self.push(line(item));
        }
        self
    }
}

impl Column {
    /// A column with this head and width.
    pub fn new(name: impl Into<Cow<'static, str>>, width: u8) -> Self {
        Self { name: name.into(), width }
    }
}

impl Cell {
    /// What it shows.
    pub fn of(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    /// What each shows, joined by `; `; empty without any.
    pub fn list<T: fmt::Display>(values: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if texts.is_empty() { Self::Empty } else { Self::Text(texts.join("; ")) }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<Timestamp> for Cell {
    /// As RFC 3339, which names its zone and sorts as text.
    fn from(at: Timestamp) -> Self {
        Self::of(at)
    }
}

impl From<RecordId> for Cell {
    fn from(id: RecordId) -> Self {
        Self::of(id)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
