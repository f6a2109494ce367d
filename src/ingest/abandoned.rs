//! Runs whose process has died: nobody reads on, so they have failed.

use super::lease_name;
use crate::{
    error::Result,
    model::Timestamp,
    store::{Run, RunState, Store},
};
use std::time::Duration;

/// Notes of runs that nobody holds the right to read their source for that they have failed.
pub fn fail_abandoned(store: &Store, unfinished: &[Run], lease: Duration, now: Timestamp) -> Result<()> {
    for run in unfinished.iter().filter(|run| run.state == RunState::Running) {
        let name = lease_name(&run.source);
        if store.read(|reader| reader.is_leased(&name))? {
            continue;
        }
        // Held while it is noted, so that no run begins meanwhile.
        let Some(held) = store.lease(&name, lease)? else { continue };
        store.write(now, |transaction| {
            transaction.fail_unfinished_runs(&run.source)?;
            transaction.hold(&held)
        })?;
    }
    Ok(())
}
