//! Questions about processes that other parties operate.

use super::conformity::{AsOf, draw};
use crate::{
    assess::{Decisions, OperatedProcess, Rules, decisions_in_force, operated_processes},
    error::Result,
    model::{Record, RecordId, Timestamp, View},
    store::{Reader, Store},
};
use std::collections::BTreeMap;

/// Every process declared to be operated by another party, or by this one alone, and whether it is governed.
pub fn processes(
    store: &Store,
    rules: &Rules,
    view: View,
    party: Option<RecordId>,
    now: Timestamp,
) -> Result<Vec<OperatedProcess>> {
    store.read(|reader| {
        let mut decisions = decisions_in_force(&reader.all_decisions()?, now)?;
        if let Some(party) = party {
            decisions.governed.retain(|process| process.party == party);
        }
        if decisions.governed.is_empty() {
            return Ok(Vec::new());
        }
        let drawn = draw(store, reader, rules, AsOf::default(), view)?;
        let records = named(reader, &decisions)?;
        let model = &rules.supplier_risk;
        Ok(operated_processes(&rules.standards, model, &decisions, &drawn.statuses, &records, now))
    })
}

fn named(reader: &mut Reader<'_>, decisions: &Decisions) -> Result<BTreeMap<RecordId, Record>> {
    let processes = decisions.governed.iter().flat_map(|process| [process.party, process.agreement]);
    let documents = decisions.bindings.iter().flat_map(|binding| binding.documents.iter().copied());
    let found = reader.records_by_id(&processes.chain(documents).collect::<Vec<_>>())?;
    Ok(found.into_iter().map(|record| (record.id, record)).collect())
}
