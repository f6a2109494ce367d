//! Supplier risk: what a supplier's failure would cost per service, how likely it is by what happened, and what
//! assurance stands against it.
//!
//! In two parts, both pure. [`contributions`] turns a ticket and its neighbours into whole numbers by party, sort and
//! day. [`Scoring`] turns the sums of these and a party's neighbours into its risk. So a risk is kept up to date by
//! keeping sums up to date, and ages without anything being counted again.

mod answer;
mod assurance;
mod exposure;
mod file;
mod gaps;
mod input;
mod links;
mod model;
mod moves;
mod score;
mod supply;
mod tiers;
mod words;

pub use answer::{
    Acceptance, AssuranceItem, AssuranceKind, Band, Confidence, Dimension, Estimate, EventContribution, Exceeded,
    InputContribution, Link, MatrixCell, Rating, Score, Scores, ServiceRisk, SupplierRisk, SupplierStanding, Truth,
};
pub use exposure::{explain, input_counts, supplier_events, weightiest_days};
pub use gaps::{GAP_HORIZON, Gap, GapKind, assurance_gaps};
pub use input::{contributions, count, day_of};
pub use model::{AssuranceModel, EventModel, ImpactModel, LikelihoodModel, ResultModel, SupplierRiskModel};
pub use moves::{ScoreMove, moves};
pub use supply::{
    AcceptedLevel, Concentration, Dependency, Jurisdiction, PartyBrief, SharedSubSupplier, SingleProvider, accepted_by,
    accepted_levels, concentration, cycles, dependencies, works_with,
};

use crate::model::{Body, Graph, InputCounts, PartyRole, Record, RecordKind, Timestamp};
use assurance::Agreements;
use links::Links;
use score::{Facts, Numbers, Reading};
use std::cmp::Reverse;

/// Which sources were read recently enough for the absence of records to mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// Of tickets: without, the likelihood is not taken to be low for want of incidents.
    pub tickets: bool,
    /// Of agreements: without, that there is none is not known.
    pub agreements: bool,
}

/// The risk of every supplier at an instant, worst first, from a graph that holds every record.
///
/// Ranked by residual risk; suppliers too little is known of (`unrated`) by the most it could be; those without any
/// link to a service (`unlinked`) come last. Equals come by id.
pub fn supplier_risks(graph: &Graph<'_>, model: &SupplierRiskModel, at: Timestamp, feeds: Feeds) -> Vec<SupplierRisk> {
    let scoring = Scoring::new(graph, model, at, feeds);
    let (counts, none) = (input_counts(graph), InputCounts::new());
    let risk = |supplier: &Record| scoring.risk(supplier, counts.get(&supplier.id).unwrap_or(&none));
    let mut risks: Vec<SupplierRisk> =
        graph.live(RecordKind::Party).filter(|record| is_rated(record)).map(risk).collect();
    risks.sort_by_cached_key(SupplierRisk::rank);
    risks
}

/// True of a party whose risk is computed: a supplier, or a customer acting as one. Internal groups are governed
/// otherwise, and customers supply nothing.
pub fn is_rated(record: &Record) -> bool {
    let Body::Party(party) = &record.body else { return false };
    let supplies = matches!(party.role.get(), Some(PartyRole::Supplier | PartyRole::CustomerActingAsSupplier));
    supplies && record.canonical_id == record.id && record.deleted_at.is_none()
}

/// What suppliers are judged by at an instant. The graph holds either every record, or all that lies around the
/// suppliers asked about: the lead suppliers above them; what these provide and control; the services above that, with
/// what contributes to them summed up; their customers and substitutes; and the agreements with any of these parties, or
/// that cover any of these services. Tickets are not needed: they come as counts.
pub struct Scoring<'a> {
    graph: &'a Graph<'a>,
    model: &'a SupplierRiskModel,
    at: Timestamp,
    feeds: Feeds,
    links: Links<'a>,
    agreements: Agreements<'a>,
}

impl<'a> Scoring<'a> {
    /// Prepares a graph.
    pub fn new(graph: &'a Graph<'a>, model: &'a SupplierRiskModel, at: Timestamp, feeds: Feeds) -> Self {
        let agreements = Agreements::new(graph, at, feeds.agreements);
        Self { graph, model, at, feeds, links: Links::new(graph), agreements }
    }

    /// The risk of a supplier, given the counts of what happened.
    pub fn risk(&self, supplier: &Record, counts: &InputCounts) -> SupplierRisk {
        let exposure = exposure::exposure(self.model, counts, self.at);
        let likelihood = |reading| score::likelihood(self.model, exposure.points, self.feeds.tickets, reading);
        let facts = self.facts(supplier);
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
        let confidence = driver.map(|(facts, _)| facts.confidence(self.feeds.tickets));
        let rating = match confidence {
            None => Rating::Unlinked,
            Some(confidence) if confidence.share() < self.model.result.least_confidence => Rating::Unrated,
            Some(_) => Rating::Rated,
        };
        let party = if let Body::Party(party) = &supplier.body { Some(party) } else { None };
        let now = likelihood(Reading::Stated);
        let mut services: Vec<ServiceRisk> =
            facts.iter().zip(&stated).map(|(facts, numbers)| facts.answer(numbers)).collect();
        services.sort_by_key(|service| (Reverse(service.residual.key()), service.service));
        SupplierRisk {
            party: supplier.id,
            source: supplier.source.clone(),
            external_id: supplier.external_id.clone(),
            name: party.and_then(|party| party.name.get().cloned()),
            role: party.and_then(|party| party.role.get().copied()).unwrap_or(PartyRole::Supplier),
            day: Timestamp::from_millis(0).plus_days(day_of(self.at)),
            rating,
            residual: residual.map(Score::new),
            inherent: total(&stated, |n| n.inherent).map(Score::new),
            low: total(&read(Reading::Best), |n| n.residual_max).map(Score::new),
            high: total(&read(Reading::Worst), |n| n.residual_max).map(Score::new),
            band: residual.filter(|_| rating == Rating::Rated).map(|residual| self.model.result.band(residual)),
            confidence,
            exposure: score::settle(exposure.points),
            event_count: exposure.events,
            inputs: exposure.inputs,
            likelihood: Score::new(now),
            ticket_feed_fresh: self.feeds.tickets,
            driving_service: driver.map(|(facts, _)| facts.service),
            inherent_cell: driver.map(|(_, numbers)| score::cell(numbers.impact_max, now)),
            residual_cell: driver.map(|(_, numbers)| score::cell(numbers.impact_max, numbers.residual_likelihood)),
            exceeded: score::exceeded(self.graph, self.model, &facts, &stated),
            services,
        }
    }

    /// The next instant at which what speaks for a supplier, or is missing, is another though no record changes.
    pub fn next_turn(&self, supplier: &Record, risk: &SupplierRisk) -> Option<Timestamp> {
        let services = risk.services.iter().map(|service| service.service).collect();
        self.agreements.next_turn(self.model, self.at, supplier, &services)
    }

    fn facts(&self, supplier: &Record) -> Vec<Facts> {
        let touched = self.links.touched(supplier.id).into_iter();
        touched
            .map(|(service, touch)| {
                let substitute = self.agreements.substitute(service, supplier.id);
                let assurance = self.agreements.assurance(self.model, self.at, supplier, service);
                links::facts(self.model, self.graph, service, touch, substitute, assurance)
            })
            .collect()
    }
}
