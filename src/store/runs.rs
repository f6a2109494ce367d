//! What was read from which source: runs, and checkpoints of streams.

use super::{Page, Reader, Transaction, on, schema::checkpoint, schema::sync_run, unreadable};
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
use uuid::Uuid;

names! {
    /// Where a run stands.
    pub enum RunState {
        /// Asked for; it begins when a node takes it up.
        Waiting = "waiting",
        /// Reading.
        Running = "running",
        /// Read to the end.
        Completed = "completed",
        /// Ended early; `error` says why. What was read until then is kept.
        Failed = "failed",
        /// Ended early because someone asked for it. What was read until then is kept.
        Cancelled = "cancelled",
    }
}

names! {
    /// Why a run was made.
    pub enum Cause {
        /// It was due.
        Schedule = "schedule",
        /// Someone asked for it by API.
        Request = "request",
        /// By command.
        Command = "command",
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
    /// What it has to say besides: why no records were taken for gone, which rows were passed over.
    pub note: Option<String>,
    /// True if every stream is read in full, whatever was read before.
    pub full: bool,
    /// True if any number of records may go that a full read does not show.
    pub accept_deletions: bool,
    /// Why it was made.
    pub cause: Cause,
    /// Pages read, of a source that gives its rows in pages.
    pub pages: u64,
    /// When it was last known to come forward.
    pub progress_at: Timestamp,
    /// True if someone asked for it to end early.
    pub cancelling: bool,
    /// How long it has taken, in milliseconds.
    pub elapsed_ms: u64,
    /// Rows read a second.
    pub rows_per_second: u64,
}

impl Run {
    /// A run that begins, or is asked for, now.
    pub fn new(source: &str, state: RunState, cause: Cause, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            source: source.into(),
            state,
            started_at: now,
            finished_at: None,
            rows_read: 0,
            created: 0,
            changed: 0,
            unchanged: 0,
            tombstoned: 0,
            set_aside: 0,
            error: None,
            note: None,
            full: false,
            accept_deletions: false,
            cause,
            pages: 0,
            progress_at: now,
            cancelling: false,
            elapsed_ms: 0,
            rows_per_second: 0,
        }
    }

    /// Notes that it has come this far now.
    pub fn progress(&mut self, now: Timestamp) {
        self.progress_at = now;
        self.elapsed_ms = now.millis().saturating_sub(self.started_at.millis()).max(0).unsigned_abs();
        self.rows_per_second = self.rows_read.saturating_mul(1_000) / self.elapsed_ms.max(1);
    }

    /// The run as it stands now: while it reads, time passes between its batches as well.
    pub fn as_of(mut self, now: Timestamp) -> Self {
        if self.state == RunState::Running {
            let last = self.progress_at;
            self.progress(now.max(last));
            self.progress_at = last;
        }
        self
    }
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
    cause: String,
    pages: i64,
    progress_at: chrono::NaiveDateTime,
    #[diesel(skip_update)]
    cancelling: bool,
    note: Option<String>,
    in_full: bool,
    accept_deletions: bool,
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

    /// A run of a source.
    pub fn run(&mut self, source: &str, id: &str) -> Result<Option<Run>> {
        let query = sync_run::table.filter(sync_run::source.eq(source).and(sync_run::id.eq(id)));
        let query = query.select(sync_run::all_columns);
        let row: Option<RunRow> = on!(self.link, |connection| query.first(*connection).optional())?;
        row.map(RunRow::read).transpose()
    }

    /// The runs that wait or are running, the oldest first.
    pub fn unfinished_runs(&mut self) -> Result<Vec<Run>> {
        let states = [RunState::Waiting, RunState::Running].map(RunState::as_str);
        let query = sync_run::table
            .filter(sync_run::state.eq_any(states))
            .order((sync_run::started_at, sync_run::id))
            .select(sync_run::all_columns);
        let rows: Vec<RunRow> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter().map(RunRow::read).collect()
    }

    /// When each stream of each source was last read to its end.
    pub fn checkpoints(&mut self) -> Result<BTreeMap<(String, String), Timestamp>> {
        let rows: Vec<(String, String, chrono::NaiveDateTime)> = on!(self.link, |connection| checkpoint::table
            .select((checkpoint::source, checkpoint::stream, checkpoint::completed_at))
            .load(*connection))?;
        Ok(rows.into_iter().map(|(source, stream, at)| ((source, stream), Timestamp::from_naive(at))).collect())
    }
}

impl Transaction<'_> {
    /// Writes the state of a run, but for whether it is to end early.
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

    /// True if someone asked for a run to end early.
    pub fn is_cancelling(&mut self, id: &str) -> Result<bool> {
        let query = sync_run::table.find(id).select(sync_run::cancelling);
        Ok(on!(self.reader.link, |connection| query.first(*connection).optional())?.unwrap_or_default())
    }

    /// Asks for a run of a source to end early; one that waits ends at once. False if there is none that is unfinished.
    pub fn cancel_run(&mut self, source: &str, id: &str) -> Result<bool> {
        let of = |state: RunState| {
            sync_run::table
                .filter(sync_run::source.eq(source.to_owned()).and(sync_run::id.eq(id.to_owned())))
                .filter(sync_run::state.eq(state.as_str()))
        };
        let (waits, runs) = (of(RunState::Waiting), of(RunState::Running));
        let ended = (
            sync_run::state.eq(RunState::Cancelled.as_str()),
            sync_run::finished_at.eq(self.at.naive()),
            sync_run::cancelling.eq(true),
        );
        let to_end = sync_run::cancelling.eq(true);
        let changed = on!(self.reader.link, |connection| {
            let ended = diesel::update(waits).set(ended).execute(*connection)?;
            Ok::<_, diesel::result::Error>(ended + diesel::update(runs).set(to_end).execute(*connection)?)
        })?;
        Ok(changed > 0)
    }

    /// Forgets runs that ended before this, but for the last of each source; rows they set aside are kept.
    pub fn prune_runs(&mut self, before: Timestamp) -> Result<u64> {
        let newest =
            "started_at < (SELECT max(newer.started_at) FROM sync_run AS newer WHERE newer.source = sync_run.source)";
        let old = sync_run::table
            .filter(sync_run::finished_at.lt(before.naive()))
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(newest));
        Ok(on!(self.reader.link, |connection| diesel::delete(old).execute(*connection))? as u64)
    }

    /// Notes that runs left unfinished by a stopped process have failed. Only for one who holds the lease of the
    /// source: without it, they may well be running elsewhere.
    pub fn fail_unfinished_runs(&mut self, source: &str) -> Result<()> {
        let unfinished =
            sync_run::table.filter(sync_run::source.eq(source)).filter(sync_run::state.eq(RunState::Running.as_str()));
        let to = (
            sync_run::state.eq(RunState::Failed.as_str()),
            sync_run::finished_at.eq(self.at.naive()),
            sync_run::error.eq("the process that read it stopped"),
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
            cause: run.cause.as_str().into(),
            pages: signed(run.pages),
            progress_at: run.progress_at.naive(),
            cancelling: run.cancelling,
            note: run.note.clone(),
            in_full: run.full,
            accept_deletions: run.accept_deletions,
        }
    }

    fn read(self) -> Result<Run> {
        let mut run = Run {
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
            note: self.note,
            full: self.in_full,
            accept_deletions: self.accept_deletions,
            cause: self.cause.parse().map_err(|error| unreadable("run", error))?,
            pages: self.pages.unsigned_abs(),
            progress_at: Timestamp::from_naive(self.progress_at),
            cancelling: self.cancelling,
            elapsed_ms: 0,
            rows_per_second: 0,
        };
        // Of runs before progress was kept only the end is known.
        let known = run.progress_at.max(run.started_at);
        run.progress(run.finished_at.unwrap_or(known));
        Ok(run)
    }
}

pub(super) fn page<R, T>(mut rows: Vec<R>, limit: u32, read: impl Fn(R) -> Result<T>) -> Result<Page<T>> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Page { items: rows.into_iter().map(read).collect::<Result<_>>()?, more })
}

/// A count as the database keeps it.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
