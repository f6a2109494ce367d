//! Tables of conclusions: statuses of requirements and of rows of Table A.1, and how indicators do.

use super::{cell, columns};
use crate::{
    answers::{IndicatorState, JointStatusAnswer, RequirementStatusBrief},
    report::{Cell, Table},
};

/// A line for each requirement.
pub fn requirement_statuses(items: &[RequirementStatusBrief]) -> Table {
    let heads = [
        ("requirement", 26),
        ("title", 60),
        ("kind", 12),
        ("status", 24),
        ("since", 25),
        ("basis", 12),
        ("inherited_from", 26),
        ("coverage_evidenced", 12),
        ("coverage_topics", 12),
        ("stale", 8),
    ];
    Table::new("requirement-statuses", columns(&heads)).with(items, |item| {
        [
            Cell::of(&item.requirement),
            Cell::from(&item.title),
            Cell::of(item.kind),
            Cell::of(item.status),
            item.since.into(),
            item.basis.map(Cell::of).into(),
            item.inherited_from.as_ref().map(Cell::of).into(),
            item.coverage.map(|coverage| coverage.evidenced).into(),
            item.coverage.map(|coverage| coverage.topics).into(),
            item.stale.into(),
        ]
    })
}

/// A line for each row of Table A.1.
pub fn joint_statuses(items: &[JointStatusAnswer]) -> Table {
    let heads = [
        ("row", 6),
        ("requirement", 26),
        ("title", 50),
        ("relation", 14),
        ("status", 16),
        ("since", 25),
        ("rolled_up", 16),
        ("confirmed", 10),
        ("isms", 24),
        ("sms", 24),
        ("clause_status", 24),
        ("references", 60),
    ];
    Table::new("joint-statuses", columns(&heads)).with(items, |item| {
        let row = &item.row;
        [
            row.row.into(),
            row.requirement.as_ref().map(Cell::of).into(),
            Cell::from(&row.title),
            Cell::of(row.relation),
            Cell::of(row.status),
            item.since.into(),
            row.rolled_up.map(Cell::of).into(),
            row.confirmed.into(),
            row.isms.map(Cell::of).into(),
            row.sms.map(Cell::of).into(),
            row.clause_status.map(Cell::of).into(),
            Cell::list(row.references.iter().map(|reference| format!("{} {}", reference.requirement, reference.sms))),
        ]
    })
}

/// A line for each management system an indicator is judged in; an indicator that was not judged yet is one line.
pub fn indicators(items: &[IndicatorState]) -> Table {
    let heads = [
        ("id", 40),
        ("version", 14),
        ("title", 60),
        ("topic", 30),
        ("record", 20),
        ("severity", 10),
        ("target", 8),
        ("tolerance", 10),
        ("at_least", 9),
        ("relaxed", 9),
        ("system", 8),
        ("verdict", 14),
        ("passing", 9),
        ("failing", 9),
        ("unknown", 9),
        ("freshness", 12),
    ];
    let mut table = Table::new("indicators", columns(&heads));
    for item in items {
        let definition = &item.definition;
        let results = item.results.iter().map(Some);
        for result in results.chain(item.results.is_empty().then_some(None)) {
            table.push([
                Cell::from(&definition.id),
                Cell::from(&definition.version),
                Cell::from(&definition.title),
                Cell::from(&definition.topic),
                Cell::of(definition.record),
                Cell::of(definition.limits.severity),
                cell(&definition.limits.target),
                cell(&definition.limits.tolerance),
                definition.limits.at_least.into(),
                definition.relaxed.into(),
                result.map(|result| Cell::of(result.system)).into(),
                result.map(|result| Cell::of(result.verdict)).into(),
                result.map(|result| result.tally.passing).into(),
                result.map(|result| result.tally.failing).into(),
                result.map(|result| result.tally.unknown).into(),
                result.map(|result| Cell::of(result.freshness)).into(),
            ]);
        }
    }
    table
}
