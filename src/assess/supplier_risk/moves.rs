//! What moved a supplier's score from one state to the next, in words a person can follow up.

use super::answer::SupplierRisk;
use crate::model::names;
use std::collections::BTreeMap;

names! {
    /// What moved a score.
    pub enum ScoreMove {
        /// Tickets came, changed or went.
        Tickets = "tickets",
        /// Tickets grew older.
        Ageing = "ageing",
        /// Tickets are not read recently any more, or are again.
        TicketFeed = "ticket_feed",
        /// It touches other services.
        Services = "services",
        /// A service, or what is in the supplier's hands, is rated otherwise, or touched otherwise.
        Impact = "impact",
        /// Agreements, certificates or reviews are others.
        Assurance = "assurance",
        /// The model is another.
        Model = "model",
    }
}

/// What is other in the second state, most telling first.
pub fn moves(before: &SupplierRisk, after: &SupplierRisk) -> Vec<ScoreMove> {
    let counts = |risk: &SupplierRisk| -> Vec<_> {
        let mut counts: Vec<_> = risk.inputs.iter().map(|i| (i.input, i.severity, i.reason, i.count)).collect();
        counts.sort();
        counts
    };
    let by_service = |risk: &SupplierRisk, of: fn(&super::ServiceRisk) -> f64| -> BTreeMap<_, _> {
        risk.services.iter().map(|service| (service.service, of(service).to_bits())).collect()
    };
    let impact = |risk| by_service(risk, |service| service.impact_max.rounded());
    let assurance = |risk| by_service(risk, |service| service.assurance.rounded());
    let services = |risk| by_service(risk, |_| 0.0);
    let mut found = Vec::new();
    let mut add = |is_other: bool, what| found.extend(is_other.then_some(what));
    let same_tickets = counts(before) == counts(after);
    add(!same_tickets, ScoreMove::Tickets);
    add(before.ticket_feed_fresh != after.ticket_feed_fresh, ScoreMove::TicketFeed);
    let same_services = services(before) == services(after);
    add(!same_services, ScoreMove::Services);
    add(same_services && impact(before) != impact(after), ScoreMove::Impact);
    add(same_services && assurance(before) != assurance(after), ScoreMove::Assurance);
    add(same_tickets && before.day < after.day && before.exposure > after.exposure, ScoreMove::Ageing);
    if found.is_empty() {
        found.push(ScoreMove::Model);
    }
    found
}
