//! Tries a definition that is not in use over the records there are, a chunk at a time.

use super::{neighbourhood, scoping};
use crate::{
    assess::{Rules, labelled},
    error::Result,
    indicators::{Definition, FactIndex, Scope, Tally},
    model::{Graph, Outcome, RecordId, System, Timestamp, View},
    store::Reader,
};
use std::collections::BTreeMap;

/// Records judged together.
const CHUNK: usize = 1_000;

/// What a definition says of today's records.
pub struct Tried {
    /// At each instant asked about, how each management system's records were judged.
    pub tallies: Vec<BTreeMap<System, Tally>>,
    /// The first records that fail at the first instant in any scope, by record.
    pub failing: Vec<RecordId>,
}

/// Judges the records of a definition's kind at each of these instants; of those that fail, `most` are named.
pub fn try_definition(
    reader: &mut Reader<'_>,
    rules: &Rules,
    definition: &Definition,
    instants: &[Timestamp],
    view: View,
    most: usize,
) -> Result<Tried> {
    let known = rules.known_relations(&reader.checkpoints()?);
    let Some(now) = instants.first() else { return Ok(Tried { tallies: Vec::new(), failing: Vec::new() }) };
    let scopes = scoping::in_force(reader, *now)?;
    let none: BTreeMap<System, Tally> = System::ALL.iter().map(|system| (*system, Tally::default())).collect();
    let mut tried = Tried { tallies: vec![none; instants.len()], failing: Vec::new() };
    let mut after = None;
    loop {
        let subjects = reader.records_of_after(definition.record, after, CHUNK)?;
        after = subjects.last().map(|record| record.id);
        let last = subjects.len() < CHUNK;
        let own: Vec<RecordId> = subjects.iter().map(|record| record.id).collect();
        let part = neighbourhood::around(reader, rules, subjects, !scopes.is_empty())?;
        let (records, beyond) = part.seen_by(view);
        let graph = Graph::new(&records, known.iter().copied());
        let index = FactIndex::of_part(&graph, beyond);
        let seen = own.iter().filter_map(|id| graph.record(*id));
        for record in seen.filter(|record| record.canonical_id == record.id) {
            for (position, at) in instants.iter().enumerate() {
                let outcome = definition.judge(record, &index.facts(record, *at), *at).outcome;
                let systems = match definition.scope {
                    Scope::InScope => scopes.membership(&graph, record, *at).systems,
                    Scope::All => labelled(record).to_vec(),
                };
                if outcome == Outcome::Failing && position == 0 && !systems.is_empty() && tried.failing.len() < most {
                    tried.failing.push(record.id);
                }
                for system in systems {
                    tried.tallies[position].entry(system).or_default().add(outcome);
                }
            }
        }
        if last {
            return Ok(tried);
        }
    }
}
