//! Tables as JSON: an object for each line, with a key for each column.

use super::{Cell, Table};
use crate::error::{Error, Result};
use serde_json::Value;

/// Up to here every whole number is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Table {
    /// The lines as JSON objects. An empty cell is null.
    pub fn json_lines(&self) -> Result<Vec<String>> {
        let names = self.columns.iter().map(|column| serde_json::to_string(&column.name));
        let names: Vec<String> = names.collect::<serde_json::Result<_>>().map_err(|error| self.failed(&error))?;
        // Keys in the order of the columns, which a map would not keep.
        let line = |row: &Vec<Cell>| {
            let keys: Vec<String> =
                names.iter().zip(row).map(|(name, cell)| format!("{name}:{}", value(cell))).collect();
            format!("{{{}}}", keys.join(","))
        };
        Ok(self.rows.iter().map(line).collect())
    }

    fn failed(&self, error: &serde_json::Error) -> Error {
        Error::Internal(format!("the table {}: {error}", self.name))
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => text.as_str().into(),
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => (*number as i64).into(),
        Cell::Number(number) => (*number).into(),
        Cell::Truth(truth) => (*truth).into(),
    }
}
