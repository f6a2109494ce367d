//! Instants and the clock that hands them in.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use utoipa::{PartialSchema, ToSchema, openapi};

/// An instant in UTC, whole milliseconds. Written as RFC 3339, `2026-03-01T09:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z; clamped to the years 1 to 9999.
    pub const fn from_millis(millis: i64) -> Self {
        const FIRST: i64 = -62_135_596_800_000;
        const LAST: i64 = 253_402_300_799_999;
        Self(if millis < FIRST {
            FIRST
        } else if millis > LAST {
            LAST
        } else {
            millis
        })
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The present, by the system clock.
    pub fn now() -> Self {
        Self::from_millis(Utc::now().timestamp_millis())
    }

    /// This instant moved by milliseconds, which may be negative.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This instant moved by days of 24 hours, which may be negative.
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_millis(days.saturating_mul(86_400_000))
    }

    /// The UTC day, counted from 1970-01-01.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// The midnight in UTC that ends this instant's day.
    pub const fn next_day(self) -> Self {
        Self::from_millis((self.day() + 1) * 86_400_000)
    }

    /// As a chrono date and time, for the database.
    pub fn naive(self) -> NaiveDateTime {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default().naive_utc()
    }

    /// From a chrono date and time in UTC.
    pub fn from_naive(naive: NaiveDateTime) -> Self {
        Self::from_millis(naive.and_utc().timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.naive().and_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// RFC 3339 with an offset, or a date, which is its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::from_millis(time.timestamp_millis()));
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|date| Self::from_naive(date.and_time(chrono::NaiveTime::MIN)))
            .map_err(|_| {
                format!("`{text}` is not an RFC 3339 time with offset (2026-03-01T09:30:00Z) nor a date (2026-03-01)")
            })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> openapi::RefOr<openapi::schema::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .format(Some(openapi::SchemaFormat::KnownFormat(openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

/// A span of time, written as a whole number with its unit: `30s`, `15m`, `2h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(u32);

impl Interval {
    /// In seconds; at least one.
    pub const fn seconds(self) -> i64 {
        self.0 as i64
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds.is_multiple_of(86_400) => write!(f, "{}d", seconds / 86_400),
            seconds if seconds.is_multiple_of(3_600) => write!(f, "{}h", seconds / 3_600),
            seconds if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit = |last: char| match last {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3_600),
            'd' => Some(86_400),
            _ => None,
        };
        let number = text.get(..text.len().saturating_sub(1)).and_then(|number| number.parse::<u32>().ok());
        let seconds =
            number.zip(text.chars().last().and_then(unit)).and_then(|(number, unit)| number.checked_mul(unit));
        seconds
            .filter(|seconds| (1..=366 * 86_400).contains(seconds))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a span of time like 30s, 15m, 2h or 1d, of a year at the most"))
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl PartialSchema for Interval {
    fn schema() -> openapi::RefOr<openapi::schema::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .description(Some("A whole number of seconds, minutes, hours or days: `30s`, `15m`, `2h`, `1d`"))
            .into()
    }
}

impl ToSchema for Interval {
    fn name() -> std::borrow::Cow<'static, str> {
        "Interval".into()
    }
}

/// Where "now" comes from: handed in, so that a story or a test has its own.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's time, moved by this many milliseconds.
    Running {
        /// Milliseconds, negative for the past.
        offset_millis: i64,
    },
    /// Always this instant.
    Fixed(Timestamp),
}

impl Clock {
    /// The system's time.
    pub const fn system() -> Self {
        Self::Running { offset_millis: 0 }
    }

    /// Shows `start` now and runs on from there.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::Running {
            offset_millis: TimeDelta::milliseconds(start.millis() - Timestamp::now().millis()).num_milliseconds(),
        }
    }

    /// What this clock shows.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Running { offset_millis } => Timestamp::now().plus_millis(offset_millis),
            Self::Fixed(at) => at,
        }
    }
}
