//! Tables of sources: their streams, their runs, the rows no record could be made of.

use super::columns;
use crate::{
    answers::SourceState,
    report::{Cell, Table},
    store::{DeadLetter, Run, SetAsideRow},
};

/// A line for each stream of each source.
pub fn sources(items: &[SourceState]) -> Table {
    let heads = [
        ("name", 24),
        ("connector", 20),
        ("enabled", 9),
        ("by_api", 8),
        ("problem", 40),
        ("webhooks", 9),
        ("interval", 9),
        ("next_run_at", 25),
        ("failures", 9),
        ("last_run_id", 38),
        ("last_run_state", 12),
        ("waiting_deliveries", 12),
        ("dead_letters", 12),
        ("completed_at", 25),
        ("stream", 24),
        ("stream_kind", 20),
        ("stream_relations", 40),
        ("stream_completed_at", 25),
    ];
    let mut table = Table::new("sources", columns(&heads));
    for source in items {
        let streams = source.streams.iter().map(Some);
        for stream in streams.chain(source.streams.is_empty().then_some(None)) {
            table.push([
                Cell::from(&source.name),
                Cell::from(&source.connector),
                source.enabled.into(),
                source.by_api.into(),
                source.problem.as_ref().into(),
                source.webhooks.into(),
                source.interval.as_ref().into(),
                source.next_run_at.into(),
                u64::from(source.failures).into(),
                source.last_run.as_ref().map(|run| &run.id).into(),
                source.last_run.as_ref().map(|run| Cell::of(run.state)).into(),
                source.waiting_deliveries.into(),
                source.dead_letters.into(),
                source.completed_at.into(),
                stream.map(|stream| &stream.name).into(),
                stream.and_then(|stream| stream.kind).map(Cell::of).into(),
                Cell::list(stream.into_iter().flat_map(|stream| &stream.relations)),
                stream.and_then(|stream| stream.completed_at).into(),
            ]);
        }
    }
    table
}

/// A line for each run.
pub fn runs(items: &[Run]) -> Table {
    let heads = [
        ("id", 38),
        ("source", 24),
        ("state", 12),
        ("started_at", 25),
        ("finished_at", 25),
        ("rows_read", 10),
        ("created", 10),
        ("changed", 10),
        ("unchanged", 10),
        ("tombstoned", 11),
        ("set_aside", 10),
        ("error", 60),
        ("note", 60),
        ("full", 8),
        ("accept_deletions", 16),
        ("cause", 10),
        ("pages", 8),
        ("progress_at", 25),
        ("cancelling", 10),
        ("elapsed_ms", 11),
        ("rows_per_second", 16),
    ];
    Table::new("runs", columns(&heads)).with(items, |run| {
        [
            Cell::from(&run.id),
            Cell::from(&run.source),
            Cell::of(run.state),
            run.started_at.into(),
            run.finished_at.into(),
            run.rows_read.into(),
            run.created.into(),
            run.changed.into(),
            run.unchanged.into(),
            run.tombstoned.into(),
            run.set_aside.into(),
            run.error.as_ref().into(),
            run.note.as_ref().into(),
            run.full.into(),
            run.accept_deletions.into(),
            Cell::of(run.cause),
            run.pages.into(),
            run.progress_at.into(),
            run.cancelling.into(),
            run.elapsed_ms.into(),
            run.rows_per_second.into(),
        ]
    })
}

/// A line for each row set aside.
pub fn set_aside(items: &[SetAsideRow]) -> Table {
    let heads = [
        ("id", 38),
        ("run_id", 38),
        ("source", 24),
        ("stream", 24),
        ("position", 30),
        ("reason", 60),
        ("content", 60),
        ("whole", 8),
    ];
    Table::new("set-aside", columns(&heads)).with(items, |row| {
        [
            Cell::from(&row.id),
            Cell::from(&row.run_id),
            Cell::from(&row.source),
            Cell::from(&row.stream),
            Cell::from(&row.position),
            Cell::from(&row.reason),
            Cell::from(&row.content),
            row.whole.into(),
        ]
    })
}

/// A line for each dead letter.
pub fn dead_letters(items: &[DeadLetter]) -> Table {
    let heads =
        [("id", 38), ("source", 24), ("key", 40), ("received_at", 25), ("reason", 60), ("content", 60), ("whole", 8)];
    Table::new("dead-letters", columns(&heads)).with(items, |letter| {
        [
            Cell::from(&letter.id),
            Cell::from(&letter.source),
            Cell::from(&letter.key),
            letter.received_at.into(),
            Cell::from(&letter.reason),
            Cell::from(&letter.content),
        ]
    })
}
