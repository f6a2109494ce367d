//! Trials: a change is made, looked at before and after, and taken back.

use super::{Change, apply};
use crate::{
    assess::Rules,
    error::{Error, Result},
    model::{RecordVersion, Timestamp},
    store::{Store, Transaction},
};

/// Chunks of a thousand records a trial may judge.
const MOST_CHUNKS: usize = 20;

/// What is seen before and after records are others and are judged by rules that may be others: nothing is kept.
pub fn try_out<T>(
    store: &Store,
    now: Timestamp,
    (rules, tried): (&Rules, &Rules),
    versions: impl FnOnce(&mut Transaction<'_>) -> Result<Vec<RecordVersion>>,
    mut look: impl FnMut(&mut Transaction<'_>, &Rules) -> Result<T>,
) -> Result<(T, T)> {
    store.what_if(now, |transaction| {
        settle(transaction, rules)?;
        let before = look(transaction, rules)?;
        let versions = versions(transaction)?;
        apply(transaction, tried, Change::Records { versions, synced_at: now, history: false })?;
        settle(transaction, tried)?;
        Ok((before, look(transaction, tried)?))
    })
}

/// Judges what is due, as far as a trial goes.
fn settle(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    for _ in 0..MOST_CHUNKS {
        apply(transaction, rules, Change::Due)?;
        let at = transaction.at();
        if transaction.due(at, 1)?.is_empty() {
            return Ok(());
        }
    }
    Err(Error::Conflict(format!(
        "more than {} records would be judged again; try an indicator out with POST /indicators/preview",
        MOST_CHUNKS * 1_000
    )))
}
