//! The table of supplier risks.

use super::columns;
use crate::{
    answers::{SupplierEventAnswer, SupplierRiskBrief, SupplierScore},
    assess::supplier_risk::{EventContribution, Score},
    report::{Cell, Table},
};

/// A line for each supplier, the highest residual risk first. What makes the risk up is in the JSON answer.
pub fn supplier_risks(items: &[SupplierRiskBrief]) -> Table {
    let heads = [
        ("party", 38),
        ("source", 20),
        ("external_id", 14),
        ("name", 40),
        ("role", 12),
        ("rating", 10),
        ("band", 10),
        ("residual", 9),
        ("inherent", 9),
        ("low", 8),
        ("high", 8),
        ("confidence_known", 10),
        ("confidence_of", 10),
        ("exposure", 10),
        ("likelihood", 10),
        ("ticket_feed_fresh", 10),
        ("driving_service", 38),
        ("exceeded", 10),
        ("services", 10),
        ("events", 10),
        ("since", 25),
    ];
    let score = |score: Option<Score>| Cell::from(score.map(Score::rounded));
    Table::new("supplier-risks", columns(&heads)).with(items, |item| {
        let risk = &item.risk;
        [
            risk.party.into(),
            Cell::from(&risk.source),
            Cell::from(&risk.external_id),
            risk.name.as_ref().into(),
            Cell::of(risk.role),
            Cell::of(risk.rating),
            risk.band.map(Cell::of).into(),
            score(risk.residual),
            score(risk.inherent),
            score(risk.low),
            score(risk.high),
            risk.confidence.map(|confidence| confidence.known).into(),
            risk.confidence.map(|confidence| confidence.of).into(),
            risk.exposure.into(),
            score(Some(risk.likelihood)),
            risk.ticket_feed_fresh.into(),
            risk.driving_service.into(),
            risk.exceeded.len().into(),
            risk.services.len().into(),
            risk.event_count.into(),
            item.since.into(),
        ]
    })
}

/// A line for each ticket that adds to a supplier's exposure.
pub fn supplier_contributions(items: &[EventContribution]) -> Table {
    let heads = [
        ("record", 38),
        ("external_id", 14),
        ("title", 50),
        ("url", 40),
        ("input", 24),
        ("priority", 9),
        ("ended_at", 25),
        ("age_days", 9),
        ("half_life_days", 9),
        ("base", 8),
        ("severity", 8),
        ("share", 8),
        ("decay", 8),
        ("reason", 18),
        ("cause", 38),
        ("points", 9),
        ("counted", 9),
    ];
    Table::new("supplier-contributions", columns(&heads)).with(items, |item| {
        [
            item.record.into(),
            Cell::from(&item.external_id),
            item.title.as_ref().into(),
            item.url.as_ref().into(),
            Cell::of(item.input),
            Cell::of(item.priority),
            item.ended_at.into(),
            item.age_days.into(),
            item.half_life_days.into(),
            item.base.into(),
            item.severity.into(),
            item.share.into(),
            item.decay.into(),
            Cell::of(item.reason),
            item.cause.into(),
            item.points.into(),
            item.counted.into(),
        ]
    })
}

/// A line for each thing that happened to a supplier.
pub fn supplier_events(items: &[SupplierEventAnswer]) -> Table {
    let heads = [
        ("id", 20),
        ("at", 25),
        ("kind", 18),
        ("party", 38),
        ("party_name", 40),
        ("agreement", 18),
        ("before", 10),
        ("after", 10),
        ("services", 50),
        ("open", 8),
        ("decision", 20),
        ("reason", 50),
        ("decided_by", 20),
        ("decided_at", 25),
    ];
    Table::new("supplier-events", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.id),
            item.at.into(),
            Cell::of(item.kind),
            item.party.into(),
            item.party_name.as_ref().into(),
            item.agreement.as_ref().map(|agreement| &agreement.external_id).into(),
            item.before.as_ref().into(),
            item.after.as_ref().into(),
            Cell::list(item.services.iter().map(|service| service.name.clone().unwrap_or(service.service.to_string()))),
            item.open.into(),
            item.decision.map(Cell::of).into(),
            item.reason.as_ref().into(),
            item.decided_by.as_ref().into(),
            item.decided_at.into(),
        ]
    })
}

/// A line for each day.
pub fn supplier_scores(items: &[SupplierScore]) -> Table {
    let heads = [
        ("party", 38),
        ("day", 25),
        ("status", 10),
        ("residual", 9),
        ("inherent", 9),
        ("low", 8),
        ("high", 8),
        ("likelihood", 10),
        ("exposure", 10),
    ];
    let score = |score: Option<Score>| Cell::from(score.map(Score::rounded));
    Table::new("supplier-scores", columns(&heads)).with(items, |item| {
        [
            item.party.into(),
            item.day.into(),
            Cell::from(&item.status),
            score(item.residual),
            score(item.inherent),
            score(item.low),
            score(item.high),
            score(Some(item.likelihood)),
            item.exposure.into(),
        ]
    })
}
