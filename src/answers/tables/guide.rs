//! Tables of the guide: terms, guidance, body links; and of the plans made by it.

use super::columns;
use crate::{
    answers::PlanBrief,
    report::{Cell, Table},
    standards::{BodyLink, GuidancePoint, Term, TermSide},
};

/// A line for each term.
pub fn terms(items: &[Term]) -> Table {
    let heads = [
        ("id", 26),
        ("term", 26),
        ("provenance", 12),
        ("row", 6),
        ("iso27000_use", 14),
        ("iso27000_number", 14),
        ("iso20000_1_use", 14),
        ("iso20000_1_number", 14),
        ("agreement", 18),
        ("difference", 70),
        ("advice", 70),
        ("aliases", 30),
        ("note", 50),
    ];
    let side = |side: &TermSide| [Cell::of(side.usage), side.number.as_ref().into()];
    Table::new("terms", columns(&heads)).with(items, |item| {
        let [iso27000_use, iso27000_number] = side(&item.iso27000);
        let [iso20000_1_use, iso20000_1_number] = side(&item.iso20000_1);
        [
            Cell::from(&item.id),
            Cell::from(&item.term),
            Cell::of(item.provenance),
            item.row.into(),
            iso27000_use,
            iso27000_number,
            iso20000_1_use,
            iso20000_1_number,
            Cell::of(item.agreement),
            Cell::from(&item.difference),
            Cell::from(&item.advice),
            Cell::list(&item.aliases),
            item.note.as_ref().into(),
        ]
    })
}

/// A line for each point of guidance.
pub fn guidance(items: &[GuidancePoint]) -> Table {
    let heads = [
        ("id", 12),
        ("clause", 10),
        ("says", 80),
        ("requirements", 50),
        ("topics", 40),
        ("operations", 50),
        ("indicators", 50),
    ];
    Table::new("guidance", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.id),
            Cell::from(&item.clause),
            Cell::from(&item.says),
            Cell::list(&item.requirements),
            Cell::list(&item.topics),
            Cell::list(&item.operations),
            Cell::list(&item.indicators),
        ]
    })
}

/// A line for each body link.
pub fn body_links(items: &[BodyLink]) -> Table {
    let heads = [
        ("link", 6),
        ("requirement", 26),
        ("reference", 26),
        ("relation", 16),
        ("guide", 14),
        ("named", 8),
        ("reason", 80),
        ("provenance", 12),
    ];
    Table::new("body-links", columns(&heads)).with(items, |item| {
        [
            item.link.into(),
            Cell::of(&item.requirement),
            Cell::of(&item.reference),
            Cell::of(item.relation),
            Cell::list(&item.guide),
            item.named.into(),
            Cell::from(&item.reason),
            Cell::of(item.provenance),
        ]
    })
}

/// A line for each plan.
pub fn plans(items: &[PlanBrief]) -> Table {
    let heads = [
        ("id", 38),
        ("title", 40),
        ("created_at", 26),
        ("created_by", 24),
        ("items", 8),
        ("open", 8),
        ("in_progress", 12),
        ("done", 8),
        ("not_needed", 12),
    ];
    Table::new("plans", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.id),
            Cell::from(&item.title),
            Cell::of(item.created_at),
            Cell::from(&item.created_by),
            item.progress.total.into(),
            item.progress.open.into(),
            item.progress.in_progress.into(),
            item.progress.done.into(),
            item.progress.not_needed.into(),
        ]
    })
}
