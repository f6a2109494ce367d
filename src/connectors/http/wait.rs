//! How long to wait before a source is asked again.

use crate::model::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The longest pause between attempts when the source does not say.
const MAX_BACKOFF: u64 = 60_000;

/// Headers in which sources say when to come back, besides one the manifest names.
const HEADERS: [&str; 3] = ["retry-after", "x-ratelimit-reset", "ratelimit-reset"];

/// One second, two, four …, of which at least half and at random how much more.
pub fn backoff(tries: u32) -> Duration {
    let most = 1_000_u64.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(MAX_BACKOFF);
    let mut random = [0; 8];
    // Without randomness the pause is whole, which is as good.
    let share = match getrandom::fill(&mut random) {
        Ok(()) => u64::from_le_bytes(random) % (most / 2 + 1),
        Err(_) => most / 2,
    };
    Duration::from_millis(most / 2 + share)
}

/// What the headers of an answer ask for: seconds, an instant as an epoch in seconds or milliseconds, or a date.
pub fn asked(headers: &Value, named: Option<&str>, now: Timestamp) -> Option<Duration> {
    let names = named.map(str::to_ascii_lowercase).into_iter().chain(HEADERS.map(str::to_owned));
    names.filter_map(|name| headers.get(name)?.as_str()).find_map(|text| read(text.trim(), now))
}

fn read(text: &str, now: Timestamp) -> Option<Duration> {
    let until = |millis: i64| Duration::from_millis(u64::try_from(millis - now.millis()).unwrap_or(0));
    if let Ok(number) = text.parse::<f64>() {
        return match number {
            number if !number.is_finite() || number < 0.0 => None,
            number if number >= 1e12 => Some(until(number as i64)),
            number if number >= 1e9 => Some(until((number * 1_000.0) as i64)),
            number => Some(Duration::from_millis((number * 1_000.0) as u64)),
        };
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(until(i64::try_from(since.as_millis()).ok()?))
}
