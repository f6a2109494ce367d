//! The parameters of supplier risk.

use super::{answer::Band, score::settle};
use crate::{assess::risks::AcceptedLevels, error::Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Weights and scales of supplier risk. Every one is the organisation's to set; what is built in is `model.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierRiskModel {
    /// What a failure would cost.
    pub impact: ImpactModel,
    /// What an event weighs.
    pub events: EventModel,
    /// How likely a failure is.
    pub likelihood: LikelihoodModel,
    /// What speaks for a supplier.
    pub assurance: AssuranceModel,
    /// How services are summed up and named.
    pub result: ResultModel,
    /// What the organisation itself accepts, as `[risks.accepts]` of the configuration says.
    #[serde(skip_deserializing)]
    pub acceptance: AcceptedLevels,
    /// Why each parameter is what it is, by its full name.
    pub rationale: BTreeMap<String, String>,
}

/// What a failure would cost: (weight · criticality + weight · rating) · reach · substitute, for each of
/// confidentiality, integrity and availability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpactModel {
    /// Points of a service of the highest criticality, 4; others in proportion.
    pub criticality_points: f64,
    /// Points of the highest rating, 3; others in proportion.
    pub rating_points: f64,
    /// The criticality, 1 to 4, of a service that has none stated.
    pub unknown_criticality: i64,
    /// The rating, 0 to 3, of a configuration item that has none stated.
    pub unknown_rating: i64,
    /// The part of the impact that is left at depth 0, 1, 2, and 3 or more; never growing.
    pub reach: [f64; 4],
    /// The part that is left if a declared substitute has an agreement in force.
    pub substitute: f64,
}

/// What an event weighs: base · severity · share · 0.5 to the power of age / half-life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventModel {
    /// Base points of an incident.
    pub incident: f64,
    /// Base points of an information security incident.
    pub security_incident: f64,
    /// Added to either if a service level target was missed.
    pub sla_breach: f64,
    /// Base points of a change or release that failed or was backed out.
    pub failed_change: f64,
    /// Base points of a change or release that ended and was not reviewed.
    pub unreviewed_change: f64,
    /// Base points of a problem.
    pub problem: f64,
    /// Base points of a nonconformity graded minor, or not graded yet.
    pub minor_nonconformity: f64,
    /// Base points of a nonconformity graded major.
    pub major_nonconformity: f64,
    /// Base points of a complaint.
    pub complaint: f64,
    /// Severity of priority 1, 2, 3 and 4; never growing.
    pub severity: [f64; 4],
    /// Severity of an unknown priority.
    pub unknown_severity: f64,
    /// Share of the party named as the cause, or controlling the configuration item that is.
    pub share_cause: f64,
    /// Share of a party controlling an affected configuration item.
    pub share_controls: f64,
    /// Share of a party only providing an affected service.
    pub share_provides: f64,
    /// Days after which an event weighs half.
    pub half_life_days: i64,
    /// The same of security incidents and nonconformities.
    pub long_half_life_days: i64,
    /// Days, whole ones in UTC, for which an event counts after its end.
    pub limit_days: i64,
}

/// How likely a failure is: floor + (100 - floor) · E / (E + half), with E the points of all events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LikelihoodModel {
    /// Likelihood without any event, 0 to 100.
    pub floor: f64,
    /// The points of events that take the likelihood half-way from floor to 100; above 0.
    pub half: f64,
    /// The least likelihood without a fresh feed of tickets, 0 to 100.
    pub without_ticket_feed: f64,
}

/// What speaks for a supplier on a service, in points that sum to at most 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssuranceModel {
    /// An agreement in force covers the service.
    pub agreement: f64,
    /// That agreement states security obligations.
    pub security_obligations: f64,
    /// That agreement gives a right to audit.
    pub right_to_audit: f64,
    /// That agreement states who collects evidence.
    pub evidence_terms: f64,
    /// That agreement states restoration times.
    pub restoration_terms: f64,
    /// A valid certificate covers the service.
    pub certificate: f64,
    /// The supplier was reviewed in time.
    pub review: f64,
    /// In time means within this many days.
    pub review_days: i64,
    /// The part of the likelihood that full assurance takes away, 0 to 1.
    pub effect: f64,
}

/// How services are summed up and named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultModel {
    /// The part of every further service's risk that is added to the worst one's, 0 to 1.
    pub further_services: f64,
    /// Below the first is low, below the second moderate, below the third high, else severe.
    pub bands: [f64; 3],
    /// A supplier of which a smaller part is known is unrated, 0 to 1.
    pub least_confidence: f64,
}

impl ResultModel {
    /// The band of a residual risk, before rounding.
    pub fn band(&self, residual: f64) -> Band {
        let [low, moderate, high] = self.bands;
        match settle(residual) {
            risk if risk < low => Band::Low,
            risk if risk < moderate => Band::Moderate,
            risk if risk < high => Band::High,
            _ => Band::Severe,
        }
    }
}

impl SupplierRiskModel {
    /// Everything wrong with the parameters, each place starting with `prefix`; empty if they can be used. Inside
    /// these rules an additional event never lowers a risk, and additional assurance never raises one.
    pub fn problems(&self, prefix: &str) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut within = |place: &str, value: f64, low: f64, high: f64| {
            if !(low..=high).contains(&value) {
                found.push(Problem::new(format!("{prefix}{place}"), format!("{value} is not from {low} to {high}")));
            }
        };
        let (impact, events, assurance) = (&self.impact, &self.events, &self.assurance);
        within("impact.criticality_points", impact.criticality_points, 0.0, 100.0);
        within("impact.rating_points", impact.rating_points, 0.0, 100.0);
        within(
            "impact.criticality_points + rating_points",
            impact.criticality_points + impact.rating_points,
            0.0,
            100.0,
        );
        within("impact.unknown_criticality", impact.unknown_criticality as f64, 1.0, 4.0);
        within("impact.unknown_rating", impact.unknown_rating as f64, 0.0, 3.0);
        within("impact.substitute", impact.substitute, 0.0, 1.0);
        descending("impact.reach", &impact.reach, 1.0, &mut within);
        within("events.limit_days", events.limit_days as f64, 0.0, 36_500.0);
        within("events.half_life_days", events.half_life_days as f64, 1.0, 36_500.0);
        within("events.long_half_life_days", events.long_half_life_days as f64, events.half_life_days as f64, 36_500.0);
        within("events.incident", events.incident, 0.0, 1000.0);
        within("events.security_incident", events.security_incident, events.incident, 1000.0);
        within("events.sla_breach", events.sla_breach, 0.0, 1000.0);
        within("events.failed_change", events.failed_change, 0.0, 1000.0);
        within("events.unreviewed_change", events.unreviewed_change, 0.0, 1000.0);
        within("events.problem", events.problem, 0.0, 1000.0);
        within("events.minor_nonconformity", events.minor_nonconformity, 0.0, 1000.0);
        within("events.major_nonconformity", events.major_nonconformity, events.minor_nonconformity, 1000.0);
        within("events.complaint", events.complaint, 0.0, 1000.0);
        descending("events.severity", &events.severity, 1000.0, &mut within);
        within("events.unknown_severity", events.unknown_severity, 0.0, 1000.0);
        let shares = [events.share_cause, events.share_controls, events.share_provides];
        descending("events.share_cause, share_controls, share_provides", &shares, 1.0, &mut within);
        within("likelihood.floor", self.likelihood.floor, 0.0, 100.0);
        within("likelihood.half", self.likelihood.half, 0.001, 1e6);
        within("likelihood.without_ticket_feed", self.likelihood.without_ticket_feed, 0.0, 100.0);
        let points = super::AssuranceKind::ALL.iter().map(|kind| assurance.points(*kind));
        for (kind, points) in super::AssuranceKind::ALL.iter().zip(points.clone()) {
            within(&format!("assurance.{kind}"), points, 0.0, 100.0);
        }
        within("assurance (the sum of all points)", points.sum(), 0.0, 100.0);
        within("assurance.review_days", assurance.review_days as f64, 1.0, 36_500.0);
        within("assurance.effect", assurance.effect, 0.0, 1.0);
        within("result.further_services", self.result.further_services, 0.0, 1.0);
        within("result.least_confidence", self.result.least_confidence, 0.0, 1.0);
        let [low, moderate, high] = self.result.bands;
        descending("result.bands, from last to first", &[high, moderate, low], 100.0, &mut within);
        found
    }
}

/// Each from 0 to the one before it, the first to `high`.
fn descending(place: &str, values: &[f64], high: f64, within: &mut impl FnMut(&str, f64, f64, f64)) {
    let mut bound = high;
    for (position, value) in values.iter().enumerate() {
        within(&format!("{place}[{position}]"), *value, 0.0, bound);
        bound = value.clamp(0.0, bound.max(0.0));
    }
}

impl AssuranceModel {
    /// The points of an item.
    pub fn points(&self, kind: super::AssuranceKind) -> f64 {
        use super::AssuranceKind::*;
        match kind {
            Agreement => self.agreement,
            SecurityObligations => self.security_obligations,
            RightToAudit => self.right_to_audit,
            EvidenceTerms => self.evidence_terms,
            RestorationTerms => self.restoration_terms,
            Certificate => self.certificate,
            Review => self.review,
        }
    }
}
