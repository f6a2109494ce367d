//! Trials: a change is made, looked at before and after, and taken back.

use super::{CHUNK, Change, apply};
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
        settle_trial(transaction, rules)?;
        let before = look(transaction, rules)?;
        let versions = versions(transaction)?;
        apply(transaction, tried, Change::Records { versions, synced_at: now, history: false, delivered: false })?;
        if settle_trial(transaction, tried)? > 0 {
            return Err(Error::Conflict(format!(
                "more than {} records would be judged again; try an indicator out with POST /indicators/preview",
                MOST_CHUNKS * CHUNK
            )));
        }
        Ok((before, look(transaction, tried)?))
    })
}

/// Judges what is due, as far as a trial goes; says how many records are left.
pub fn settle_trial(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<u64> {
    let at = transaction.at();
    for _ in 0..MOST_CHUNKS {
        apply(transaction, rules, Change::Due)?;
        if transaction.is_settled(at)? {
            return Ok(0);
        }
    }
    transaction.settling(at)
}
