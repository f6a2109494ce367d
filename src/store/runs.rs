//! What was read from which source: runs, checkpoints of streams, rows that were set aside.

use super::{Page, Reader, Transaction, on, schema::checkpoint, schema::set_aside_row, schema::sync_run, unreadable};
use crate::{
    error::Result,
    model::{Timestamp, names},
};
use diesel::{
    AsChangeset, BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, upsert::excluded,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

names! {
    /// Where a run stands.
    pub enum RunState {
        /// Reading.
        Running = "running",
        /// Read to the end.
        Completed = "completed",
        /// Ended early; `error` says why. What was read until then is kept.
        Failed = "failed",
    }
}

/// One reading of a source.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// Its identifier.
    pub id: String,
    /// The source's name.
    pub source: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// Absent while it runs.
    pub finished_at: Option<Timestamp>,
    /// Rows read from the source.
    pub rows_read: u64,
    /// Records that did not exist before.
    pub created: u64,
    /// Records that moved to a later state.
    pub changed: u64,
    /// Versions already known, or older than what is known.
    pub unchanged: u64,
    /// Records the source says are gone.
    pub tombstoned: u64,
    /// Rows no record could be made of.
    pub set_aside: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// A source row no record could be made of. The rest of its source was read all the same.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SetAsideRow {
    /// Its identifier.
    pub id: String,
    /// The run that set it aside.
    pub run_id: String,
    /// The source's name.
    pub source: String,
    /// The connector's stream it was read from.
    pub stream: String,
    /// Where the row stands in its source.
    pub position: String,
    /// The rule it broke.
    pub reason: String,
    /// The row as the source gave it, shortened if very long.
    pub content: String,
    /// A digest of the mapping that could not; another is tried when the source is next read.
    #[serde(skip)]
    pub mapping_version: String,
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = sync_run, treat_none_as_null = true, treat_none_as_default_value = false)]
struct RunRow {
    id: String,
    source: String,
    state: String,
    started_at: chrono::NaiveDateTime,
    finished_at: Option<chrono::NaiveDateTime>,
    rows_read: i64,
    created: i64,
    changed: i64,
    unchanged: i64,
    tombstoned: i64,
    set_aside: i64,
    error: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = set_aside_row)]
pub(super) struct SetAside {
    id: String,
    run_id: String,
    source: String,
    stream: String,
    position: String,
    reason: String,
    content: String,
    mapping_version: String,
}

impl SetAside {
    pub(super) fn read(self) -> SetAsideRow {
        let Self { id, run_id, source, stream, position, reason, content, mapping_version } = self;
        SetAsideRow { id, run_id, source, stream, position, reason, content, mapping_version }
    }
}

impl Reader<'_> {
    /// A page of the runs of a source, the latest first, from before the given run on.
    pub fn runs(&mut self, source: &str, before: Option<(Timestamp, &str)>, limit: u32) -> Result<Page<Run>> {
        let rows: Vec<RunRow> = on!(self.link, |connection| {
            let mut query = sync_run::table.filter(sync_run::source.eq(source)).into_boxed();
            if let Some((at, id)) = before {
                query = query.filter(
                    sync_run::started_at
                        .le(at.naive())
                        .and(sync_run::started_at.lt(at.naive()).or(sync_run::id.lt(id))),
                );
            }
            query
                .order((sync_run::started_at.desc(), sync_run::id.desc()))
                .limit(i64::from(limit) + 1)
                .select(sync_run::all_columns)
                .load(*connection)
        })?;
        page(rows, limit, RunRow::read)
    }

    /// When each stream of each source was last read to its end.
    pub fn checkpoints(&mut self) -> Result<BTreeMap<(String, String), Timestamp>> {
        let rows: Vec<(String, String, chrono::NaiveDateTime)> = on!(self.link, |connection| checkpoint::table
            .select((checkpoint::source, checkpoint::stream, checkpoint::completed_at))
            .load(*connection))?;
        Ok(rows.into_iter().map(|(source, stream, at)| ((source, stream), Timestamp::from_naive(at))).collect())
    }

    /// A page of the rows of a source that its last runs set aside, in the order they were read.
    pub fn set_aside_rows(&mut self, source: &str, after: Option<&str>, limit: u32) -> Result<Page<SetAsideRow>> {
        let query = set_aside_row::table
            .filter(set_aside_row::source.eq(source))
            .filter(set_aside_row::id.gt(after.unwrap_or_default()))
            .order(set_aside_row::id)
            .limit(i64::from(limit) + 1)
            .select(set_aside_row::all_columns);
        let rows: Vec<SetAside> = on!(self.link, |connection| query.load(*connection))?;
        page(rows, limit, |row| Ok(row.read()))
    }
}

impl Transaction<'_> {
    /// Writes the state of a run.
    pub fn save_run(&mut self, run: &Run) -> Result<()> {
        let row = RunRow::of(run);
        on!(self.reader.link, |connection| {
            let known = sync_run::table.find(&run.id).select(sync_run::id).first::<String>(*connection).optional()?;
            match known {
                Some(_) => diesel::update(sync_run::table.find(&run.id)).set(&row).execute(*connection),
                None => diesel::insert_into(sync_run::table).values(&row).execute(*connection),
            }
        })?;
        Ok(())
    }

    /// Notes that runs left unfinished by a stopped process have failed.
    pub fn fail_unfinished_runs(&mut self, source: &str, reason: &str) -> Result<()> {
        let unfinished =
            sync_run::table.filter(sync_run::source.eq(source)).filter(sync_run::state.eq(RunState::Running.as_str()));
        let to = (
            sync_run::state.eq(RunState::Failed.as_str()),
            sync_run::finished_at.eq(self.at.naive()),
            sync_run::error.eq(reason),
        );
        on!(self.reader.link, |connection| diesel::update(unfinished).set(to).execute(*connection))?;
        Ok(())
    }

    /// Notes that these streams of a source were read to their end.
    pub fn complete_streams(&mut self, source: &str, streams: &[&str], at: Timestamp) -> Result<()> {
        let rows: Vec<_> = streams
            .iter()
            .map(|stream| {
                (checkpoint::source.eq(source), checkpoint::stream.eq(*stream), checkpoint::completed_at.eq(at.naive()))
            })
            .collect();
        on!(self.reader.link, |connection| diesel::insert_into(checkpoint::table)
            .values(&rows)
            .on_conflict((checkpoint::source, checkpoint::stream))
            .do_update()
            .set(checkpoint::completed_at.eq(excluded(checkpoint::completed_at)))
            .execute(*connection))?;
        Ok(())
    }

    /// Keeps rows that were set aside.
    pub fn set_aside(&mut self, rows: Vec<SetAsideRow>) -> Result<()> {
        let rows: Vec<SetAside> = rows
            .into_iter()
            .map(|row| {
                let SetAsideRow { id, run_id, source, stream, position, reason, content, mapping_version } = row;
                SetAside { id, run_id, source, stream, position, reason, content, mapping_version }
            })
            .collect();
        for chunk in rows.chunks(1_000) {
            on!(self.reader.link, |connection| diesel::insert_into(set_aside_row::table)
                .values(chunk)
                .execute(*connection))?;
        }
        Ok(())
    }

    /// Forgets what earlier runs set aside of a stream: this run has read every row of it again.
    pub fn forget_set_aside_before(&mut self, source: &str, stream: &str, run_id: &str) -> Result<()> {
        let earlier = set_aside_row::table
            .filter(set_aside_row::source.eq(source))
            .filter(set_aside_row::stream.eq(stream))
            .filter(set_aside_row::run_id.ne(run_id));
        on!(self.reader.link, |connection| diesel::delete(earlier).execute(*connection))?;
        Ok(())
    }
}

impl RunRow {
    fn of(run: &Run) -> Self {
        Self {
            id: run.id.clone(),
            source: run.source.clone(),
            state: run.state.as_str().into(),
            started_at: run.started_at.naive(),
            finished_at: run.finished_at.map(Timestamp::naive),
            rows_read: signed(run.rows_read),
            created: signed(run.created),
            changed: signed(run.changed),
            unchanged: signed(run.unchanged),
            tombstoned: signed(run.tombstoned),
            set_aside: signed(run.set_aside),
            error: run.error.clone(),
        }
    }

    fn read(self) -> Result<Run> {
        Ok(Run {
            state: self.state.parse().map_err(|error| unreadable("run", error))?,
            id: self.id,
            source: self.source,
            started_at: Timestamp::from_naive(self.started_at),
            finished_at: self.finished_at.map(Timestamp::from_naive),
            rows_read: self.rows_read.unsigned_abs(),
            created: self.created.unsigned_abs(),
            changed: self.changed.unsigned_abs(),
            unchanged: self.unchanged.unsigned_abs(),
            tombstoned: self.tombstoned.unsigned_abs(),
            set_aside: self.set_aside.unsigned_abs(),
            error: self.error,
        })
    }
}

fn page<R, T>(mut rows: Vec<R>, limit: u32, read: impl Fn(R) -> Result<T>) -> Result<Page<T>> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Page { items: rows.into_iter().map(read).collect::<Result<_>>()?, more })
}

/// A count as the database keeps it.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
