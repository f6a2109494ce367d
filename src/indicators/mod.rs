//! Indicators: statements that should be true of every record they apply to, and what they say of a record.

mod limits;

pub use limits::{Limits, Share, Tally};
