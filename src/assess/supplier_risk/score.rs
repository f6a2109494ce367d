//! The arithmetic of supplier risk.

use super::answer::{
    Acceptance, AssuranceItem, Confidence, Dimension, Estimate, Exceeded, Link, MatrixCell, Score, Scores, ServiceRisk,
    Truth,
};
use super::model::SupplierRiskModel;
use crate::model::{Body, Graph, Party, RecordId};

/// How unknowns are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// By the model's defaults.
    Stated,
    /// For the supplier.
    Best,
    /// Against the supplier.
    Worst,
}

/// What is known of a supplier and one service it touches.
pub(super) struct Facts {
    pub service: RecordId,
    pub name: Option<String>,
    pub criticality: Estimate,
    /// Confidentiality, integrity, availability.
    pub ratings: [Estimate; 3],
    pub link: Link,
    pub through: Option<RecordId>,
    pub depth: u32,
    pub reach: f64,
    pub substitute: Truth,
    pub substitute_factor: f64,
    pub assurance: Vec<AssuranceItem>,
}

/// What the facts come to in one reading.
pub(super) struct Numbers {
    pub impact: [f64; 3],
    pub impact_max: f64,
    pub assurance: f64,
    pub inherent: f64,
    pub residual_likelihood: f64,
    pub residual: [f64; 3],
    pub residual_max: f64,
}

impl Estimate {
    fn read(self, reading: Reading) -> f64 {
        (match reading {
            Reading::Stated => self.value,
            Reading::Best => self.least,
            Reading::Worst => self.most,
        }) as f64
    }
}

impl Truth {
    /// True if it is, in this reading.
    fn read(self, reading: Reading) -> bool {
        self == Self::Yes || (self == Self::Unknown && reading == Reading::Best)
    }
}

impl Facts {
    pub fn numbers(&self, model: &SupplierRiskModel, likelihood: f64, reading: Reading) -> Numbers {
        let factor = self.reach * if self.substitute.read(reading) { model.impact.substitute } else { 1.0 };
        let criticality = model.impact.criticality_points * self.criticality.read(reading) / 4.0;
        let impact = self.ratings.map(|r| (criticality + model.impact.rating_points * r.read(reading) / 3.0) * factor);
        let assurance: f64 = self.assurance.iter().filter(|item| item.answer.read(reading)).map(|item| item.of).sum();
        let residual_likelihood = likelihood * (1.0 - model.assurance.effect * assurance / 100.0);
        let residual = impact.map(|impact| impact * residual_likelihood / 100.0);
        let impact_max = highest(impact);
        Numbers {
            impact,
            impact_max,
            assurance,
            inherent: impact_max * likelihood / 100.0,
            residual_likelihood,
            residual,
            residual_max: highest(residual),
        }
    }

    pub fn confidence(&self, ticket_feed_fresh: bool) -> Confidence {
        let estimates = std::iter::once(self.criticality).chain(self.ratings).map(|estimate| estimate.known);
        let answers = std::iter::once(self.substitute).chain(self.assurance.iter().map(|item| item.answer));
        let known = estimates.chain(answers.map(|answer| answer != Truth::Unknown)).chain([ticket_feed_fresh]);
        let known: Vec<bool> = known.collect();
        Confidence { known: known.iter().filter(|known| **known).count() as u32, of: known.len() as u32 }
    }

    pub fn answer(&self, numbers: &Numbers) -> ServiceRisk {
        let [confidentiality, integrity, availability] = self.ratings;
        ServiceRisk {
            service: self.service,
            name: self.name.clone(),
            criticality: self.criticality,
            confidentiality,
            integrity,
            availability,
            link: self.link,
            through: self.through,
            depth: self.depth,
            reach: self.reach,
            substitute: self.substitute,
            substitute_factor: self.substitute_factor,
            impact: scores(numbers.impact),
            impact_max: Score::new(numbers.impact_max),
            assurance: Score::new(numbers.assurance),
            assurance_items: self.assurance.clone(),
            inherent: Score::new(numbers.inherent),
            residual_likelihood: Score::new(numbers.residual_likelihood),
            residuals: scores(numbers.residual),
            residual: Score::new(numbers.residual_max),
        }
    }
}

fn scores([confidentiality, integrity, availability]: [f64; 3]) -> Scores {
    Scores {
        confidentiality: Score::new(confidentiality),
        integrity: Score::new(integrity),
        availability: Score::new(availability),
    }
}

fn highest(values: [f64; 3]) -> f64 {
    values.into_iter().fold(0.0, f64::max)
}

/// The value without the noise of binary fractions.
pub(super) fn settle(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// How likely a failure is, from the points of all events. Without a fresh feed nobody knows what happened: at best
/// nothing more than is recorded, at worst enough to make it certain.
pub(super) fn likelihood(model: &SupplierRiskModel, exposure: f64, fresh: bool, reading: Reading) -> f64 {
    let model = &model.likelihood;
    let seen = model.floor + (100.0 - model.floor) * exposure / (exposure + model.half);
    match reading {
        _ if fresh => seen,
        Reading::Best => seen,
        Reading::Stated => seen.max(model.without_ticket_feed),
        Reading::Worst => 100.0,
    }
}

/// Services together: the worst, and a part of all others.
pub(super) fn total(model: &SupplierRiskModel, services: impl Iterator<Item = f64>) -> f64 {
    let (worst, sum) = services.fold((0.0, 0.0), |(worst, sum), value: f64| (value.max(worst), sum + value));
    (worst + model.result.further_services * (sum - worst)).min(100.0)
}

/// Where impact and likelihood lie in the matrix.
pub(super) fn cell(impact: f64, likelihood: f64) -> MatrixCell {
    let place = |value: f64| (settle(value) / 20.0).floor().clamp(0.0, 4.0) as u8 + 1;
    MatrixCell { impact: place(impact), likelihood: place(likelihood) }
}

/// The levels of the organisation and of the services' customers that a residual risk is above, in the order of
/// services, dimensions, and customers by id.
pub(super) fn exceeded(
    graph: &Graph<'_>,
    model: &SupplierRiskModel,
    facts: &[Facts],
    numbers: &[Numbers],
) -> Vec<Exceeded> {
    let mut found = Vec::new();
    for (facts, numbers) in facts.iter().zip(numbers) {
        let customers = customers(graph, facts.service);
        for (dimension, residual) in Dimension::ALL.iter().copied().zip(numbers.residual) {
            let mut compare = |acceptance, party: Option<(RecordId, &Party)>, level: Option<f64>| {
                if let Some(accepted) = level.filter(|level| settle(residual) > *level) {
                    found.push(Exceeded {
                        service: facts.service,
                        dimension,
                        acceptance,
                        party: party.map(|(id, _)| id),
                        party_name: party.and_then(|(_, party)| party.name.get().cloned()),
                        accepted,
                        residual: Score::new(residual),
                    });
                }
            };
            let organisation = match dimension {
                Dimension::Confidentiality => model.acceptance.confidentiality,
                Dimension::Integrity => model.acceptance.integrity,
                Dimension::Availability => model.acceptance.availability,
            };
            compare(Acceptance::Organisation, None, organisation.map(|level| level as f64));
            for (id, customer) in &customers {
                compare(Acceptance::Customer, Some((*id, customer)), accepts(customer, dimension));
            }
        }
    }
    found
}

/// The level of residual risk a customer accepts, if it has set one.
pub(super) fn accepts(customer: &Party, dimension: Dimension) -> Option<f64> {
    let level = match dimension {
        Dimension::Confidentiality => &customer.accepts_confidentiality_risk,
        Dimension::Integrity => &customer.accepts_integrity_risk,
        Dimension::Availability => &customer.accepts_availability_risk,
    };
    level.get().map(|level| level.get() as f64)
}

/// The parties that receive a service, by id.
pub(super) fn customers<'a>(graph: &Graph<'a>, service: RecordId) -> Vec<(RecordId, &'a Party)> {
    let Some(Body::Service(service)) = graph.record(service).map(|record| &record.body) else { return Vec::new() };
    let references = service.customers.get().into_iter().flatten();
    let live = references.filter_map(|r| graph.record(r.id)).filter(|record| record.deleted_at.is_none());
    let mut found: Vec<(RecordId, &Party)> = live
        .filter_map(|record| if let Body::Party(party) = &record.body { Some((record.id, party)) } else { None })
        .collect();
    found.sort_by_key(|(id, _)| *id);
    found.dedup_by_key(|(id, _)| *id);
    found
}
