//! A table of integration plans.

use super::columns;
use crate::{
    answers::PlanBrief,
    report::{Cell, Table},
};

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
