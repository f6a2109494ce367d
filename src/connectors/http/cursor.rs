//! Cursors: how far a stream has come, read from its rows, kept as text, and written as its system wants it.

use super::manifest::{Cursor, CursorFrom, Format};
use crate::{connectors::zone, model::Timestamp};
use chrono_tz::Tz;
use serde_json::Value;

/// When nothing can have changed yet.
const FAR_FUTURE: i64 = 4_102_444_800_000;

/// The greatest value of the rows seen so far.
#[derive(Default)]
pub struct Highest {
    value: Option<i64>,
    /// Why a row's value could not be read, the first time.
    unreadable: Option<String>,
}

impl Highest {
    /// Takes a row into account.
    pub fn see(&mut self, cursor: &Cursor, row: &Value, zone: Tz) {
        let CursorFrom::Row(field) = &cursor.from else { return };
        match field.first(row).and_then(|value| read(&cursor.format, &value, zone)) {
            Ok(value) => self.value = self.value.max(value),
            Err(rule) => drop(self.unreadable.get_or_insert(rule)),
        }
    }

    /// What to keep: a time is never later than the run's begin, so that a wrong clock elsewhere cannot skip what is
    /// still to come.
    ///
    /// # Errors
    /// If rows had values and none could be read.
    pub fn kept(&self, cursor: &Cursor, at: Timestamp) -> Result<Option<String>, String> {
        match (self.value, &self.unreadable) {
            (None, Some(rule)) => Err(format!("no row says how far it is: {rule}")),
            (None, None) => Ok(None),
            (Some(number), _) if cursor.format == Format::Number => Ok(Some(number.to_string())),
            (Some(millis), _) => Ok(Some(Timestamp::from_millis(millis).min(at).to_string())),
        }
    }
}

/// Milliseconds, or the number; `None` of null.
fn read(format: &Format, value: &Value, zone: Tz) -> Result<Option<i64>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("the cursor's field is neither a text nor a number".into()),
    };
    let number = || text.parse::<f64>().map_err(|_| format!("`{text}` is not a number"));
    Ok(Some(match format {
        Format::Rfc3339 => text.parse::<Timestamp>()?.millis(),
        Format::UnixSeconds => (number()? * 1_000.0) as i64,
        Format::UnixMillis => number()? as i64,
        Format::Number => text.parse().map_err(|_| format!("`{text}` is not a whole number"))?,
        Format::Pattern(pattern) => zone::read(&text, pattern, zone)?.millis(),
    }))
}

/// `${cursor}` for what was kept, moved back by the overlap.
pub fn sent(cursor: &Cursor, kept: &str, zone: Tz) -> Result<String, String> {
    if matches!(cursor.from, CursorFrom::Answer(_)) || cursor.format == Format::Number {
        return Ok(kept.to_owned());
    }
    let overlap = i64::try_from(cursor.overlap.as_millis()).unwrap_or(i64::MAX);
    let since: Timestamp = kept.parse().map_err(|rule| format!("the kept cursor is no time: {rule}"))?;
    Ok(write(&cursor.send, since.plus_millis(-overlap), zone))
}

/// `${cursor}` for a time so late that no row can be later.
pub fn far_future(cursor: &Cursor, zone: Tz) -> String {
    write(&cursor.send, Timestamp::from_millis(FAR_FUTURE), zone)
}

fn write(format: &Format, time: Timestamp, zone: Tz) -> String {
    match format {
        Format::Rfc3339 => zone::write(time, "%Y-%m-%dT%H:%M:%SZ", Tz::UTC),
        Format::UnixSeconds => time.millis().div_euclid(1_000).to_string(),
        Format::UnixMillis | Format::Number => time.millis().to_string(),
        Format::Pattern(pattern) => zone::write(zone::before_fold(time, zone), pattern, zone),
    }
}
