//! Who works for whom, to any depth: by its own record, or named by an agreement.

use crate::model::{Body, Graph, PartyRole, RecordId, RecordKind};
use std::collections::{BTreeMap, BTreeSet};

/// The suppliers each party works for. Those that are gone work for nobody, and nobody for them; who supplies nothing
/// has no sub-suppliers.
pub(super) struct Tiers {
    leads: BTreeMap<RecordId, BTreeSet<RecordId>>,
}

impl Tiers {
    /// Everybody's in the graph.
    pub fn of(graph: &Graph<'_>) -> Self {
        let mut leads: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
        let is_gone = |id: RecordId| graph.record(id).is_some_and(|record| record.deleted_at.is_some());
        let mut add = |party: RecordId, lead: RecordId| {
            if party != lead && !is_gone(party) && !is_gone(lead) {
                leads.entry(party).or_default().insert(lead);
            }
        };
        for record in graph.live(RecordKind::Party) {
            if let Body::Party(party) = &record.body {
                party.lead_supplier.get().into_iter().for_each(|lead| add(record.id, lead.id));
            }
        }
        for record in graph.live(RecordKind::Agreement) {
            let Body::Agreement(agreement) = &record.body else { continue };
            for named in agreement.subcontractors.get().into_iter().flatten() {
                let parties = agreement.parties.get().into_iter().flatten().map(|party| party.id);
                parties.filter(|party| may_supply(graph, *party)).for_each(|party| add(named.id, party));
            }
        }
        Self { leads }
    }

    /// Every party that works for others.
    pub fn parties(&self) -> impl Iterator<Item = RecordId> {
        self.leads.keys().copied()
    }

    /// Those a party works for directly.
    pub fn leads(&self, party: RecordId) -> impl Iterator<Item = RecordId> {
        self.leads.get(&party).into_iter().flatten().copied()
    }

    /// Everybody a party works for, directly or through others; itself too if it is in a cycle.
    pub fn above(&self, party: RecordId) -> BTreeSet<RecordId> {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![party]);
        while let Some(next) = waiting.pop() {
            waiting.extend(self.leads(next).filter(|lead| found.insert(*lead)));
        }
        found
    }
}

/// True unless the party is known to supply nothing from outside.
fn may_supply(graph: &Graph<'_>, party: RecordId) -> bool {
    let Some(Body::Party(party)) = graph.record(party).map(|record| &record.body) else { return true };
    !matches!(party.role.get(), Some(PartyRole::InternalGroup | PartyRole::Customer))
}
