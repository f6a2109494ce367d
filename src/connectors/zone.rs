//! Times as systems write them, often without saying in which zone.

use crate::model::Timestamp;
use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads a time written by a pattern of strftime. One without an offset is of the zone; of a time that happens twice
/// there, when clocks go back, the first is meant, and one that never happens is read as an hour later.
pub fn read(text: &str, pattern: &str, zone: Tz) -> Result<Timestamp, String> {
    if let Ok(time) = DateTime::parse_from_str(text, pattern) {
        return Ok(Timestamp::from_millis(time.timestamp_millis()));
    }
    let local = NaiveDateTime::parse_from_str(text, pattern)
        .or_else(|_| NaiveDate::parse_from_str(text, pattern).map(|date| date.and_time(NaiveTime::MIN)))
        .map_err(|_| format!("`{text}` is not a time written as `{pattern}`"))?;
    let utc = match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.with_timezone(&Utc),
        LocalResult::None => match zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest() {
            Some(time) => time.with_timezone(&Utc),
            None => local.and_utc(),
        },
    };
    Ok(Timestamp::from_millis(utc.timestamp_millis()))
}

/// Writes a time by a pattern of strftime, as clocks in the zone show it.
pub fn write(time: Timestamp, pattern: &str, zone: Tz) -> String {
    zone.from_utc_datetime(&time.naive()).format(pattern).to_string()
}

/// The time itself, or one before clocks were put back if they show it twice. What is written of such a time without
/// an offset can be read as either, and what changed after it may be written smaller.
pub fn before_fold(time: Timestamp, zone: Tz) -> Timestamp {
    match zone.from_local_datetime(&zone.from_utc_datetime(&time.naive()).naive_local()) {
        LocalResult::Ambiguous(first, second) => Timestamp::from_millis((first - (second - first)).timestamp_millis()),
        LocalResult::Single(_) | LocalResult::None => time,
    }
}

/// True if strftime knows the pattern.
pub fn is_pattern(pattern: &str) -> bool {
    pattern.contains('%')
        && !chrono::format::StrftimeItems::new(pattern).any(|item| item == chrono::format::Item::Error)
}

/// The zone of this name in the tz database.
pub fn zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| format!("`{name}` is not a time zone of the tz database, as `Europe/Paris` is"))
}
