//! A stretch of time that a report is about.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From an instant up to another, which is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// The first instant in it.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Period {
    /// True if it contains the instant.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The period of the same length just before.
    pub fn before(self) -> Self {
        Self { from: self.from.plus_millis(self.from.millis() - self.to.millis()), to: self.from }
    }
}
