//! The one way the store changes: apply a change, judge, conclude, record what was concluded.
//!
//! Conclusions are drawn by one recount of the whole store after a change is complete. Callers only see [`apply`].

mod decide;
mod decided;
mod recount;

pub use decide::{Actor, Proposal, confirm, decide, withdraw};
pub use decided::hidden;

use crate::{
    assess::Rules,
    error::Result,
    model::{RecordVersion, Timestamp},
    store::{Applied, Transaction},
};

/// Something that happens to the store.
pub enum Change {
    /// A source stated versions of records.
    Records {
        /// What their source states.
        versions: Vec<RecordVersion>,
        /// When they were read.
        synced_at: Timestamp,
        /// True if several versions of one record may come in any order.
        history: bool,
    },
    /// People decided something, and it is kept.
    Decided,
    /// Conclusions are to be drawn anew: a source was read to its end, rules changed, time passed.
    Recount,
}

/// Applies a change inside a transaction.
pub fn apply(transaction: &mut Transaction<'_>, rules: &Rules, change: Change) -> Result<Applied> {
    match change {
        Change::Records { versions, synced_at, history } => transaction.apply_versions(versions, synced_at, history),
        Change::Decided | Change::Recount => {
            recount::recount(transaction, rules)?;
            Ok(Applied::default())
        }
    }
}
