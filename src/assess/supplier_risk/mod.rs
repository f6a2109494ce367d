//! Supplier risk: what a supplier's failure would cost per service, how likely it is, and what assurance stands
//! against it. First version: incidents of the last 180 days without decay; assurance from agreements, certificates
//! and reviews.

mod answer;
mod assurance;
mod events;
mod links;
mod model;
mod score;

pub use answer::{
    Acceptance, AssuranceItem, AssuranceKind, Band, Confidence, Dimension, Estimate, EventContribution, Exceeded, Link,
    MatrixCell, Rating, Score, Scores, ServiceRisk, ShareReason, SupplierRisk, Truth,
};
pub use model::{
    AcceptanceLevels, AssuranceModel, EventModel, ImpactModel, LikelihoodModel, ResultModel, SupplierRiskModel,
};

use crate::model::{Body, Graph, PartyRole, Record, RecordKind, Timestamp};
use assurance::Agreements;
use links::Links;
use score::{Facts, Numbers, Reading};
use std::cmp::Reverse;

/// The risk of every supplier at an instant, worst first. Internal groups, customers and customers acting as suppliers
/// fall under other clauses and are left out. `ticket_feed_fresh` is false if no source of tickets was read recently:
/// then the likelihood is not taken to be low for want of incidents.
///
/// Ranked by residual risk; suppliers too little is known of (`unrated`) by the most it could be; those without any
/// link to a service (`unlinked`) come last. Equals come by id.
pub fn supplier_risks(
    graph: &Graph<'_>,
    model: &SupplierRiskModel,
    at: Timestamp,
    ticket_feed_fresh: bool,
) -> Vec<SupplierRisk> {
    let house = House {
        graph,
        model,
        at,
        ticket_feed_fresh,
        links: Links::new(graph),
        agreements: Agreements::new(graph, at),
        events: events::contributions(graph, model, at),
    };
    let suppliers = graph.live(RecordKind::Party).filter(|record| {
        let Body::Party(party) = &record.body else { return false };
        party.role.get() == Some(&PartyRole::Supplier) && record.canonical_id == record.id
    });
    let mut risks: Vec<SupplierRisk> = suppliers.map(|supplier| house.risk(supplier)).collect();
    risks.sort_by_cached_key(SupplierRisk::rank);
    risks
}

/// What all suppliers are judged by.
struct House<'a> {
    graph: &'a Graph<'a>,
    model: &'a SupplierRiskModel,
    at: Timestamp,
    ticket_feed_fresh: bool,
    links: Links<'a>,
    agreements: Agreements<'a>,
    events: events::ByParty,
}

impl House<'_> {
    fn risk(&self, supplier: &Record) -> SupplierRisk {
        let events = self.events.get(&supplier.id).cloned().unwrap_or_default();
        let exposure: f64 = events.iter().map(|event| event.points).sum();
        let likelihood = |reading| score::likelihood(self.model, exposure, self.ticket_feed_fresh, reading);
        let facts: Vec<Facts> = self
            .links
            .touched(supplier.id)
            .into_iter()
            .map(|(service, touch)| {
                let substitute = self.agreements.substitute(service, supplier.id);
                let assurance = self.agreements.assurance(self.model, self.at, supplier, service);
                links::facts(self.model, self.graph, service, touch, substitute, assurance)
            })
            .collect();
        let read = |reading| -> Vec<Numbers> {
            facts.iter().map(|facts| facts.numbers(self.model, likelihood(reading), reading)).collect()
        };
        let total = |numbers: &[Numbers], of: fn(&Numbers) -> f64| {
            (!numbers.is_empty()).then(|| score::total(self.model, numbers.iter().map(of)))
        };
        let stated = read(Reading::Stated);
        let residual = total(&stated, |n| n.residual_max);
        let driving = (0..facts.len()).max_by_key(|i| {
            (stated.get(*i).map(|n| Score::new(n.residual_max).key()), Reverse(facts.get(*i).map(|f| f.service)))
        });
        let driver = driving.and_then(|i| Some((facts.get(i)?, stated.get(i)?)));
        let confidence = driver.map(|(facts, _)| facts.confidence(self.ticket_feed_fresh));
        let rating = match confidence {
            None => Rating::Unlinked,
            Some(confidence) if confidence.share() < self.model.result.least_confidence => Rating::Unrated,
            Some(_) => Rating::Rated,
        };
        let name = if let Body::Party(party) = &supplier.body { party.name.get().cloned() } else { None };
        let now = likelihood(Reading::Stated);
        let mut services: Vec<ServiceRisk> =
            facts.iter().zip(&stated).map(|(facts, numbers)| facts.answer(numbers)).collect();
        services.sort_by_key(|service| (Reverse(service.residual.key()), service.service));
        SupplierRisk {
            party: supplier.id,
            source: supplier.source.clone(),
            external_id: supplier.external_id.clone(),
            name,
            rating,
            residual: residual.map(Score::new),
            inherent: total(&stated, |n| n.inherent).map(Score::new),
            low: total(&read(Reading::Best), |n| n.residual_max).map(Score::new),
            high: total(&read(Reading::Worst), |n| n.residual_max).map(Score::new),
            band: residual.filter(|_| rating == Rating::Rated).map(|residual| score::band(self.model, residual)),
            confidence,
            exposure: score::settle(exposure),
            likelihood: Score::new(now),
            ticket_feed_fresh: self.ticket_feed_fresh,
            driving_service: driver.map(|(facts, _)| facts.service),
            inherent_cell: driver.map(|(_, numbers)| score::cell(numbers.impact_max, now)),
            residual_cell: driver.map(|(_, numbers)| score::cell(numbers.impact_max, numbers.residual_likelihood)),
            exceeded: score::exceeded(self.graph, self.model, &facts, &stated),
            services,
            events,
        }
    }
}
