//! The number of the last change, known without asking the database for a moment after it was asked.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How long an answer of the database stands. Until then another process may have made a change that is not known here.
const MOMENT: Duration = Duration::from_millis(1);

pub struct LastChange {
    began: Instant,
    seq: AtomicI64,
    /// In microseconds since it began.
    known_until: AtomicU64,
}

impl Default for LastChange {
    fn default() -> Self {
        Self { began: Instant::now(), seq: AtomicI64::new(-1), known_until: AtomicU64::new(0) }
    }
}

impl LastChange {
    /// The number, if the database told it a moment ago.
    pub fn known(&self) -> Option<i64> {
        let known = self.since_began(Instant::now()) < self.known_until.load(Ordering::Acquire);
        known.then(|| self.seq.load(Ordering::Acquire))
    }

    /// The database told this number when asked at an instant; what is known with it. It only ever grows.
    pub fn read(&self, seq: i64, asked: Instant) -> i64 {
        let known = self.made(seq);
        self.known_until.fetch_max(self.since_began(asked + MOMENT), Ordering::AcqRel);
        known
    }

    /// This process made this change.
    pub fn made(&self, seq: i64) -> i64 {
        self.seq.fetch_max(seq, Ordering::AcqRel).max(seq)
    }

    fn since_began(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}
