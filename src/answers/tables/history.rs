//! Tables of what turned and of trends.

use super::columns;
use crate::{
    answers::{ResultPoint, StatusPoint, StatusTurn},
    report::{Cell, Table},
};

/// A line for each turn.
pub fn status_turns(items: &[StatusTurn]) -> Table {
    let heads = [("seq", 10), ("at", 25), ("subject", 44), ("before", 24), ("after", 24), ("because", 60)];
    Table::new("status-changes", columns(&heads)).with(items, |item| {
        [
            Cell::of(item.seq),
            item.at.into(),
            Cell::from(&item.subject),
            item.before.as_ref().into(),
            Cell::from(&item.after),
            Cell::list(item.because.iter().map(ToString::to_string)),
        ]
    })
}

/// A line for each status a subject had.
pub fn status_points(items: &[StatusPoint]) -> Table {
    Table::new("status-trend", columns(&[("from", 25), ("status", 24)]))
        .with(items, |item| [item.from.into(), Cell::from(&item.status)])
}

/// A line for each result of an indicator.
pub fn result_points(items: &[ResultPoint]) -> Table {
    let heads =
        [("from", 25), ("system", 8), ("verdict", 14), ("passing", 9), ("failing", 9), ("unknown", 9), ("version", 14)];
    Table::new("indicator-trend", columns(&heads)).with(items, |item| {
        [
            item.from.into(),
            Cell::of(item.system),
            Cell::of(item.verdict),
            item.tally.passing.into(),
            item.tally.failing.into(),
            item.tally.unknown.into(),
            Cell::from(&item.version),
        ]
    })
}
