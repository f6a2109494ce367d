//! When a source is read next.

use crate::{model::Timestamp, store::NextRun};

/// The pause after a first failure, in seconds; it doubles with each further one.
const FIRST_PAUSE: i64 = 60;

/// The longest such pause, unless the source's interval is longer, in seconds.
const LONGEST_PAUSE: i64 = 3_600;

/// When a source is read next that has just been read, or has failed so often in a row. `interval` is in seconds.
/// Moved by up to a tenth, by a number drawn at random, so that sources and nodes do not all start at once.
pub fn next_run(now: Timestamp, interval: i64, failures: u32, drawn: u16) -> NextRun {
    let pause = match failures {
        0 => interval,
        failures => {
            let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(30));
            doubled.min(interval.max(LONGEST_PAUSE))
        }
    };
    let millis = pause.saturating_mul(1_000);
    let jitter = millis / 10 * i64::from(drawn) / i64::from(u16::MAX);
    NextRun { due_at: now.plus_millis(millis.saturating_add(jitter)), failures }
}
