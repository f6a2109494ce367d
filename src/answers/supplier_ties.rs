//! What ties a supplier to the organisation, by name: agreements, whom it works for, what it reaches services through.

use super::loaded::Loaded;
use crate::{
    assess::{
        Rules,
        supplier_risk::{PartyBrief, SupplierRisk, works_with},
    },
    error::Result,
    model::{Body, RecordBrief, RecordId, RecordKind, RelationType, Timestamp, View},
    store::{Reader, Store},
};
use std::collections::{BTreeMap, BTreeSet};

/// The names behind a supplier's risk.
#[derive(Clone, Debug, Default)]
pub struct SupplierTies {
    /// The agreements with it, and those it is judged by; the first to end first, those without an end last.
    pub agreements: Vec<AgreementTerm>,
    /// Whom it works for.
    pub leads: Vec<PartyBrief>,
    /// Who works for it, directly or through others.
    pub sub_suppliers: Vec<PartyBrief>,
    /// What the items, services and parties are called through which it touches services.
    pub through: BTreeMap<RecordId, String>,
}

/// An agreement, how long it lasts, and what it covers.
#[derive(Clone, Debug)]
pub struct AgreementTerm {
    /// The agreement.
    pub record: RecordBrief,
    /// From when on; `None` if its source does not say.
    pub starts_at: Option<Timestamp>,
    /// Until when; `None` if it has no end, or its source does not say.
    pub ends_at: Option<Timestamp>,
    /// What the services and items it covers are called.
    pub covers: Vec<String>,
}

/// What ties a supplier to the organisation.
pub fn supplier_ties(store: &Store, rules: &Rules, risk: &SupplierRisk, view: View) -> Result<SupplierTies> {
    store.read(|reader| {
        let loaded = Loaded::of(reader, rules, &[RecordKind::Party, RecordKind::Agreement], view)?;
        let graph = loaded.graph();
        let (leads, sub_suppliers) = works_with(&graph, risk.party);
        let items = risk.services.iter().flat_map(|service| &service.assurance_items);
        let judged: BTreeSet<RecordId> = items.filter_map(|item| item.record).collect();
        let mut agreements = Vec::new();
        for record in graph.live(RecordKind::Agreement) {
            let Body::Agreement(fields) = &record.body else { continue };
            let mut parties = fields.parties.get().into_iter().flatten();
            if !judged.contains(&record.id) && !parties.any(|party| party.id == risk.party) {
                continue;
            }
            let covered = reader.edges_from(&[record.id], &[RelationType::Covers.as_str()])?;
            let covered: Vec<RecordId> = covered.into_iter().map(|edge| edge.to).collect();
            let mut covers: Vec<String> = names(reader, &covered)?.into_values().collect();
            covers.sort();
            agreements.push(AgreementTerm {
                record: RecordBrief::of(record),
                starts_at: fields.starts_at.get().copied(),
                ends_at: fields.ends_at.get().copied(),
                covers,
            });
        }
        agreements.sort_by_key(|found| (found.ends_at.is_none(), found.ends_at, found.record.id));
        let through: Vec<RecordId> = risk.services.iter().filter_map(|service| service.through).collect();
        Ok(SupplierTies { agreements, leads, sub_suppliers, through: names(reader, &through)? })
    })
}

/// What records are called, or their identifiers in their sources.
fn names(reader: &mut Reader<'_>, ids: &[RecordId]) -> Result<BTreeMap<RecordId, String>> {
    let found = reader.records_by_id(ids)?;
    let named = |record: &crate::model::Record| record.body.name().unwrap_or(&record.external_id).to_owned();
    Ok(found.iter().map(|record| (record.id, named(record))).collect())
}
