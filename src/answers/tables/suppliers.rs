//! The table of supplier risks.

use super::columns;
use crate::{
    answers::SupplierRiskAnswer,
    assess::supplier_risk::Score,
    report::{Cell, Table},
};

/// A line for each supplier, the highest residual risk first. What makes the risk up is in the JSON answer.
pub fn supplier_risks(items: &[SupplierRiskAnswer]) -> Table {
    let heads = [
        ("party", 38),
        ("source", 20),
        ("external_id", 14),
        ("name", 40),
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
            risk.events.len().into(),
            item.since.into(),
        ]
    })
}
