//! Answers as tables: for each list of the API, what its columns are and what a line of it says.
//!
//! Heads are the keys of the JSON answer. What is a list inside an entry is either joined in one cell or, where it is
//! what the table is about, spread over a line for each of its entries. Null and absent both are empty cells.

mod conformity;
mod decisions;
mod history;
mod planning;
mod records;
mod reference;
mod reports;
mod sources;
mod suppliers;
mod supply;

pub use conformity::*;
pub use decisions::*;
pub use history::*;
pub use planning::*;
pub use records::*;
pub use reference::*;
pub use reports::*;
pub use sources::*;
pub use suppliers::*;
pub use supply::*;

use crate::report::{Cell, Column};
use serde::Serialize;
use serde_json::Value;

/// Columns from heads and widths in characters.
fn columns(of: &[(&'static str, u8)]) -> Vec<Column> {
    of.iter().map(|(name, width)| Column::new(*name, *width)).collect()
}

/// What a value is in JSON, as a cell: a list joined by `; `, an object as its `key=value`, a reference to a record as
/// the record's external id.
fn cell(value: &impl Serialize) -> Cell {
    serde_json::to_value(value).map_or(Cell::Empty, |value| from_json(&value))
}

/// The same of JSON that is there already.
pub fn from_json(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(truth) => Cell::Truth(*truth),
        Value::Number(number) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        Value::String(text) => Cell::from(text),
        Value::Array(values) => Cell::list(values.iter().map(in_words)),
        Value::Object(keys) if keys.is_empty() => Cell::Empty,
        Value::Object(_) => Cell::Text(in_words(value)),
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(keys) => match keys.get("external_id") {
            Some(Value::String(id)) => id.clone(),
            _ => keys.iter().map(|(key, value)| format!("{key}={}", in_words(value))).collect::<Vec<_>>().join(", "),
        },
    }
}
