//! The table of supplier risks.

use super::columns;
use crate::{
    answers::{SupplierEventAnswer, SupplierRiskAnswer, SupplierRiskBrief, SupplierScore},
    assess::supplier_risk::{AssuranceKind, EventContribution, Score, Scores, ServiceRisk, SupplierRisk},
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

/// A line for each service a supplier touches, worst first, with the numbers its risk there is made of; one line without a
/// service for a supplier that touches none.
pub fn supplier_risk(answer: &SupplierRiskAnswer) -> Table {
    let risk = &answer.brief.risk;
    let heads = [
        ("party", 38),
        ("external_id", 14),
        ("name", 40),
        ("rating", 10),
        ("band", 10),
        ("party_residual", 9),
        ("party_inherent", 9),
        ("party_low", 8),
        ("party_high", 8),
        ("confidence_known", 10),
        ("confidence_of", 10),
        ("exposure", 10),
        ("likelihood", 10),
        ("ticket_feed_fresh", 10),
    ];
    let of_service = [
        ("service", 38),
        ("service_name", 40),
        ("driving", 8),
        ("link", 14),
        ("through", 38),
        ("depth", 8),
        ("reach", 8),
        ("criticality", 8),
        ("criticality_known", 8),
        ("confidentiality", 8),
        ("confidentiality_known", 8),
        ("integrity", 8),
        ("integrity_known", 8),
        ("availability", 8),
        ("availability_known", 8),
        ("substitute", 10),
        ("substitute_factor", 8),
        ("impact_confidentiality", 9),
        ("impact_integrity", 9),
        ("impact_availability", 9),
        ("inherent", 9),
    ];
    let result = [
        ("assurance", 9),
        ("residual_likelihood", 9),
        ("residuals_confidentiality", 9),
        ("residuals_integrity", 9),
        ("residuals_availability", 9),
        ("residual", 9),
        ("exceeded", 30),
    ];
    let items: Vec<(&'static str, u8)> = AssuranceKind::ALL.iter().map(|kind| (kind.as_str(), 10)).collect();
    let heads: Vec<(&'static str, u8)> = heads.into_iter().chain(of_service).chain(items).chain(result).collect();
    let mut table = Table::new("supplier-risk", columns(&heads)).led_by(3);
    let party = [
        risk.party.into(),
        Cell::from(&risk.external_id),
        risk.name.as_ref().into(),
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
    ];
    if risk.services.is_empty() {
        table.push(party.clone());
    }
    for service in &risk.services {
        table.push(party.iter().cloned().chain(cells_of_service(risk, service)));
    }
    table
}

/// What the risk to a service is made of.
fn cells_of_service(risk: &SupplierRisk, service: &ServiceRisk) -> Vec<Cell> {
    let mut cells = vec![
        service.service.into(),
        service.name.as_ref().into(),
        (risk.driving_service == Some(service.service)).into(),
        Cell::of(service.link),
        service.through.into(),
        service.depth.into(),
        service.reach.into(),
    ];
    for estimate in [service.criticality, service.confidentiality, service.integrity, service.availability] {
        cells.extend([estimate.value.into(), estimate.known.into()]);
    }
    cells.extend([Cell::of(service.substitute), service.substitute_factor.into()]);
    cells.extend(scores(service.impact));
    cells.push(score(Some(service.inherent)));
    for kind in AssuranceKind::ALL {
        let item = service.assurance_items.iter().find(|item| item.item == *kind);
        cells.push(item.map(|item| Cell::of(item.answer)).into());
    }
    cells.extend([score(Some(service.assurance)), score(Some(service.residual_likelihood))]);
    cells.extend(scores(service.residuals));
    cells.push(score(Some(service.residual)));
    let exceeded = risk.exceeded.iter().filter(|exceeded| exceeded.service == service.service);
    cells.push(Cell::list(exceeded.map(|exceeded| {
        let whose = exceeded.party_name.clone().or(exceeded.party.map(|party| party.to_string()));
        format!("{} {} of {}", exceeded.dimension, exceeded.accepted, whose.unwrap_or("organisation".into()))
    })));
    cells
}

fn score(score: Option<Score>) -> Cell {
    Cell::from(score.map(Score::rounded))
}

fn scores(of: Scores) -> [Cell; 3] {
    [score(Some(of.confidentiality)), score(Some(of.integrity)), score(Some(of.availability))]
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
        ("confidence_known", 10),
        ("confidence_of", 10),
    ];
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
            item.confidence.map(|confidence| confidence.known).into(),
            item.confidence.map(|confidence| confidence.of).into(),
        ]
    })
}
