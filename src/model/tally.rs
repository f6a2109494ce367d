//! How many of a population pass, fail, or cannot be judged.

use super::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a population was judged. `population` is the sum of the other three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// Records of which the statement is true.
    pub passing: u64,
    /// Records of which it is false.
    pub failing: u64,
    /// Records of which it cannot be told.
    pub unknown: u64,
}

impl Tally {
    /// All the records the indicator applies to, or may apply to.
    pub const fn population(self) -> u64 {
        self.passing + self.failing + self.unknown
    }

    /// Counts one more record.
    pub const fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Passing => self.passing += 1,
            Outcome::Failing => self.failing += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::NotApplicable => {}
        }
    }
}
