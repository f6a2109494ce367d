//! What speaks for a supplier: agreements, certificates, reviews, and substitutes for it.

use super::answer::{AssuranceItem, AssuranceKind, Truth};
use super::gaps::{GAP_HORIZON, REVIEWED_WITHIN};
use super::model::SupplierRiskModel;
use crate::model::{Agreement, Body, Field, Graph, Record, RecordId, RecordKind, RelationType, Timestamp};
use std::collections::BTreeSet;

impl Truth {
    /// What is known to be so, or known not to be.
    pub const fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }

    /// Kleene's conjunction.
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// A flag nobody filled in says nothing.
    fn flag(field: &Field<bool>) -> Self {
        field.get().map_or(Self::Unknown, |flag| Self::of(*flag))
    }
}

/// The agreements as they stand at an instant.
pub(super) struct Agreements<'a> {
    graph: &'a Graph<'a>,
    /// By id.
    agreements: Vec<Standing<'a>>,
    /// What is said of agreements nobody knows: none exist if all were read, that is, if their `covers` edges were, and
    /// recently.
    others: Truth,
}

struct Standing<'a> {
    id: RecordId,
    fields: &'a Agreement,
    in_force: Truth,
    covers: BTreeSet<RecordId>,
}

impl<'a> Agreements<'a> {
    /// `fresh` says whether agreements were read recently.
    pub fn new(graph: &'a Graph<'a>, at: Timestamp, fresh: bool) -> Self {
        let live = graph.live(RecordKind::Agreement).filter(|record| record.canonical_id == record.id);
        let mut agreements: Vec<Standing<'a>> = live
            .filter_map(|record| {
                let Body::Agreement(fields) = &record.body else { return None };
                let covers = graph.outgoing(record.id, RelationType::Covers).collect();
                Some(Standing { id: record.id, fields, in_force: in_force(fields, at), covers })
            })
            .collect();
        agreements.sort_by_key(|agreement| agreement.id);
        let others = if fresh && graph.is_known(RelationType::Covers) { Truth::No } else { Truth::Unknown };
        Self { graph, agreements, others }
    }

    /// Whether a declared substitute for the party has an agreement in force.
    pub fn substitute(&self, service: RecordId, party: RecordId) -> Truth {
        let Some(Body::Service(fields)) = self.graph.record(service).map(|record| &record.body) else {
            return Truth::Unknown;
        };
        let Some(substitutes) = fields.substitutes.get() else { return Truth::Unknown };
        let others: Vec<RecordId> = substitutes.iter().map(|s| s.id).filter(|id| *id != party).collect();
        if others.is_empty() {
            return Truth::No;
        }
        // One whose source does not say who agreed may be the substitute's, if it covers the service.
        let bound = |party| {
            let agreed = self.agreements.iter().filter_map(move |agreement| match agreement.binds(party) {
                Truth::Yes => Some(agreement.in_force),
                Truth::Unknown if agreement.covers.contains(&service) => Some(Truth::Unknown.and(agreement.in_force)),
                _ => None,
            });
            agreed.fold(self.others, either)
        };
        others.into_iter().map(bound).fold(Truth::No, either)
    }

    /// The seven items for a party on a service.
    pub fn assurance(
        &self,
        model: &SupplierRiskModel,
        at: Timestamp,
        party: &Record,
        service: RecordId,
    ) -> Vec<AssuranceItem> {
        // Of what it covers more than the edges say only an agreement that names the party can be asked.
        let covering = |agreement: &Standing<'_>| match (agreement.binds(party.id), agreement.covers.contains(&service))
        {
            (binds, true) => binds.and(agreement.in_force),
            (Truth::Yes, false) => agreement.in_force.and(self.others),
            (_, false) => Truth::No,
        };
        // Where no agreement holds the term, the one that should is named.
        let term = |field: fn(&Agreement) -> &Field<bool>| {
            let (answer, record) = self.any(|agreement| covering(agreement).and(Truth::flag(field(agreement.fields))));
            (answer, record.or_else(|| self.any(covering).1))
        };
        let items = AssuranceKind::ALL.iter().map(|kind| {
            let (answer, record) = match kind {
                AssuranceKind::Agreement => self.any(covering),
                AssuranceKind::SecurityObligations => term(|agreement| &agreement.security_obligations),
                AssuranceKind::RightToAudit => term(|agreement| &agreement.right_to_audit),
                AssuranceKind::EvidenceTerms => term(|agreement| &agreement.evidence_terms),
                AssuranceKind::RestorationTerms => term(|agreement| &agreement.restoration_terms),
                AssuranceKind::Certificate => (certificate(party, at, service), Some(party.id)),
                AssuranceKind::Review => (review(model, party, at), Some(party.id)),
            };
            let of = model.assurance.points(*kind);
            AssuranceItem { item: *kind, answer, points: if answer == Truth::Yes { of } else { 0.0 }, of, record }
        });
        items.collect()
    }

    /// The next instant at which something of this is another for a party that touches these services: an agreement
    /// starts, ends, or is about to; a certificate likewise; a review is too long ago.
    pub fn next_turn(
        &self,
        model: &SupplierRiskModel,
        at: Timestamp,
        party: &Record,
        services: &BTreeSet<RecordId>,
    ) -> Option<Timestamp> {
        let substitutes: BTreeSet<RecordId> = services
            .iter()
            .filter_map(|service| {
                if let Body::Service(fields) = &self.graph.record(*service)?.body { Some(fields) } else { None }
            })
            .flat_map(|fields| fields.substitutes.get().into_iter().flatten())
            .map(|substitute| substitute.id)
            .collect();
        let concerns = |agreement: &&Standing<'_>| {
            let named = agreement.fields.parties.get().into_iter().flatten();
            !agreement.covers.is_disjoint(services)
                || named.into_iter().any(|named| named.id == party.id || substitutes.contains(&named.id))
        };
        let near = |end: Timestamp| [end, end.plus_days(-GAP_HORIZON)];
        let agreed = self.agreements.iter().filter(concerns).flat_map(|agreement| {
            let ends = agreement.fields.ends_at.get().copied().into_iter().flat_map(near);
            ends.chain(agreement.fields.starts_at.get().copied())
        });
        let Body::Party(fields) = &party.body else { return None };
        let held = fields.certificates.get().into_iter().flatten().flat_map(|held| near(held.expires_at));
        let reviewed = fields
            .last_review
            .get()
            .into_iter()
            .flat_map(|last| [*last, last.plus_days(model.assurance.review_days).plus_millis(1)]);
        let supplied = fields.first_supply_at.get().map(|since| since.plus_days(REVIEWED_WITHIN));
        agreed.chain(held).chain(reviewed).chain(supplied).filter(|turn| *turn > at).min()
    }

    /// Whether something holds of any agreement, and the first that decides it.
    fn any(&self, holds: impl Fn(&Standing<'_>) -> Truth) -> (Truth, Option<RecordId>) {
        let mut found = (self.others, None);
        for agreement in &self.agreements {
            match holds(agreement) {
                Truth::Yes => return (Truth::Yes, Some(agreement.id)),
                Truth::Unknown if found.1.is_none() => found = (Truth::Unknown, Some(agreement.id)),
                _ => {}
            }
        }
        found
    }
}

impl Standing<'_> {
    /// Whether the party agreed. An agreement whose parties no source supplies may be anybody's.
    fn binds(&self, party: RecordId) -> Truth {
        match &self.fields.parties {
            Field::Value(parties) => Truth::of(parties.iter().any(|named| named.id == party)),
            Field::Empty => Truth::No,
            Field::Unsupplied => Truth::Unknown,
        }
    }
}

/// Kleene's disjunction.
fn either(one: Truth, other: Truth) -> Truth {
    match (one, other) {
        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
        (Truth::No, Truth::No) => Truth::No,
        _ => Truth::Unknown,
    }
}

/// From the first day on, until the end if there is one.
fn in_force(agreement: &Agreement, at: Timestamp) -> Truth {
    let begun = agreement.starts_at.get().map_or(Truth::Unknown, |start| Truth::of(*start <= at));
    let lasting = match &agreement.ends_at {
        Field::Value(end) => Truth::of(at < *end),
        Field::Empty => Truth::Yes,
        Field::Unsupplied => Truth::Unknown,
    };
    begun.and(lasting)
}

fn certificate(party: &Record, at: Timestamp, service: RecordId) -> Truth {
    let Body::Party(fields) = &party.body else { return Truth::Unknown };
    match &fields.certificates {
        Field::Value(certificates) => Truth::of(
            certificates
                .iter()
                .any(|held| at < held.expires_at && held.services.iter().any(|covered| covered.id == service)),
        ),
        Field::Empty => Truth::No,
        Field::Unsupplied => Truth::Unknown,
    }
}

fn review(model: &SupplierRiskModel, party: &Record, at: Timestamp) -> Truth {
    let Body::Party(fields) = &party.body else { return Truth::Unknown };
    match &fields.last_review {
        Field::Value(last) => Truth::of(*last <= at && at <= last.plus_days(model.assurance.review_days)),
        Field::Empty => Truth::No,
        Field::Unsupplied => Truth::Unknown,
    }
}
