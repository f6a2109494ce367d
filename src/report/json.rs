//! Tables as JSON: an object for each line, with a key for each column.

use super::{Cell, Table};
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// Up to here every whole number is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Table {
    /// The lines as JSON objects. An empty cell is null.
    pub fn json_lines(&self) -> Result<Vec<String>> {
        let line = |row: &Vec<Cell>| {
            let cells = self.columns.iter().zip(row).map(|(column, cell)| (column.name.to_string(), value(cell)));
            serde_json::to_string(&cells.collect::<Map<String, Value>>())
        };
        let lines: serde_json::Result<Vec<String>> = self.rows.iter().map(line).collect();
        lines.map_err(|error| Error::Internal(format!("the table {}: {error}", self.name)))
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
