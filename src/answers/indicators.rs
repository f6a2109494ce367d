//! Questions about indicators and their findings.

use crate::{
    assess::{Freshness, Rules, verdict},
    error::{Error, Result, did_you_mean},
    indicators::{Definition, Tally},
    model::{System, Verdict, View},
    store::Store,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An indicator and how the records do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IndicatorState {
    /// What is asked of which records.
    #[serde(flatten)]
    pub definition: Definition,
    /// What it says of the records of each management system.
    pub results: Vec<SystemResult>,
}

/// What an indicator says of the records of a management system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemResult {
    /// The management system in whose scope it was judged.
    pub system: System,
    /// What the population came to.
    pub verdict: Verdict,
    /// How the population was judged.
    pub tally: Tally,
    /// How recent its sources are.
    pub freshness: Freshness,
}

/// Every indicator, by id.
pub fn indicators(store: &Store, rules: &Rules, view: View) -> Result<Vec<IndicatorState>> {
    let (tallies, checkpoints, at) =
        store.read(|reader| Ok((reader.tallies(view)?, reader.checkpoints()?, reader.ledger()?.at)))?;
    let state = |definition: &Definition| {
        let freshness = rules.freshness(definition, &checkpoints, at);
        let results = tallies.iter().filter(|stored| stored.indicator == definition.id);
        let results = results.map(|stored| SystemResult {
            system: stored.system,
            verdict: verdict(&definition.limits, stored.tally, freshness),
            tally: stored.tally,
            freshness,
        });
        IndicatorState { definition: definition.clone(), results: results.collect() }
    };
    Ok(rules.indicators.definitions().iter().map(state).collect())
}

/// An indicator by its id.
pub fn indicator(store: &Store, rules: &Rules, id: &str, view: View) -> Result<IndicatorState> {
    known_indicator(rules, id)?;
    let mut states = indicators(store, rules, view)?;
    let position = states.iter().position(|state| state.definition.id == id);
    position.map(|position| states.swap_remove(position)).ok_or_else(|| Error::NotFound(format!("`{id}` is disabled")))
}

/// The indicator with this id.
pub(super) fn known_indicator<'a>(rules: &'a Rules, id: &str) -> Result<&'a Definition> {
    rules.indicators.get(id).ok_or_else(|| {
        let near = did_you_mean(id, rules.indicators.definitions().iter().map(|definition| definition.id.as_str()));
        Error::NotFound(format!("there is no indicator `{id}`{near}"))
    })
}
