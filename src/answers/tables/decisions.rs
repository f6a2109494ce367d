//! The tables of decisions and of the statement of applicability.

use super::{cell, columns};
use crate::{
    answers::{ControlAnswer, DecisionAnswer},
    report::{Cell, Table},
};

/// A line for each decision. What exactly was decided is one cell.
pub fn decisions(items: &[DecisionAnswer]) -> Table {
    let heads = [
        ("id", 38),
        ("kind", 18),
        ("subject", 40),
        ("state", 12),
        ("author", 20),
        ("made_at", 25),
        ("effective_at", 25),
        ("expires_at", 25),
        ("reason", 60),
        ("confirmed_by", 20),
        ("withdrawn_by", 20),
        ("body", 80),
    ];
    Table::new("decisions", columns(&heads)).with(items, |item| {
        let decision = &item.decision;
        [
            Cell::from(&decision.id),
            Cell::of(decision.kind),
            Cell::from(&decision.subject),
            Cell::of(item.state),
            Cell::from(&decision.author),
            decision.made_at.into(),
            decision.effective_at.into(),
            decision.expires_at.into(),
            Cell::from(&decision.reason),
            decision.confirmed.as_ref().map(|act| act.by.as_str()).into(),
            decision.withdrawn.as_ref().map(|act| act.by.as_str()).into(),
            cell(&decision.body),
        ]
    })
}

/// A line for each control.
pub fn statement_of_applicability(items: &[ControlAnswer]) -> Table {
    let heads = [
        ("control", 30),
        ("title", 50),
        ("declared", 10),
        ("applicable", 10),
        ("justification", 60),
        ("state", 12),
        ("planned_until", 25),
        ("acknowledgement", 60),
        ("status", 24),
    ];
    Table::new("statement-of-applicability", columns(&heads)).with(items, |item| {
        let declaration = item.declaration.as_ref();
        [
            Cell::from(&item.control),
            Cell::from(&item.title),
            item.declaration.is_some().into(),
            item.applicable.into(),
            declaration.map(|declaration| declaration.justification.as_str()).into(),
            declaration.map(|declaration| Cell::of(declaration.state)).into(),
            declaration.and_then(|declaration| declaration.planned_until).into(),
            declaration.and_then(|declaration| declaration.acknowledgement.as_deref()).into(),
            item.status.map(Cell::of).into(),
        ]
    })
}
