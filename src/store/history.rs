//! What was concluded, from when to when; what turned and why; what indicators said over time.

use super::{
    Page, Reader, Transaction,
    among::among,
    on,
    runs::signed,
    schema::{change, result, status},
    unreadable,
};
use crate::{
    error::Result,
    model::{RecordId, System, Tally, Timestamp, Verdict, View},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
};
use std::collections::BTreeMap;

/// Rows per statement.
const CHUNK: usize = 1_000;

/// What was concluded on a subject, and since when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSince {
    /// The status in a word.
    pub status: String,
    /// Since when.
    pub since: Timestamp,
}

/// A turn of a subject's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The number of the change that turned it.
    pub seq: i64,
    /// `requirement/iso27001-2013/A.8.1`, `row/027`, `conformity`.
    pub subject: String,
    /// When it turned.
    pub at: Timestamp,
    /// What it was; `None` if nothing was concluded before.
    pub before: Option<String>,
    /// What it is since.
    pub after: String,
    /// Records whose outcome changed with it, the first few.
    pub because: Vec<RecordId>,
}

/// What an indicator said of its population from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredResult {
    /// The indicator's id.
    pub indicator: String,
    /// The management system in whose scope it was judged.
    pub system: System,
    /// From when on.
    pub at: Timestamp,
    /// The version of the definition.
    pub version: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How current its sources were, as the answer spells it.
    pub freshness: String,
    /// The counts.
    pub tally: Tally,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = status, treat_none_as_default_value = false)]
struct StatusRow {
    subject: String,
    view: String,
    value: String,
    valid_from: chrono::NaiveDateTime,
    from_seq: i64,
    valid_until: Option<chrono::NaiveDateTime>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = change, treat_none_as_default_value = false)]
struct ChangeRow {
    seq: i64,
    subject: String,
    view: String,
    at: chrono::NaiveDateTime,
    before: Option<String>,
    after: String,
    because: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = result)]
struct ResultRow {
    indicator: String,
    system: String,
    view: String,
    seq: i64,
    at: chrono::NaiveDateTime,
    version: String,
    verdict: String,
    freshness: String,
    passing: i64,
    failing: i64,
    unknown: i64,
}

impl Reader<'_> {
    /// What is concluded on every subject in a view, by subject; or what was at an instant.
    pub fn statuses(&mut self, view: View, as_of: Option<Timestamp>) -> Result<BTreeMap<String, StatusSince>> {
        let rows: Vec<(String, String, chrono::NaiveDateTime)> = on!(self.link, |connection| {
            let mut rows = status::table.filter(status::view.eq(view.as_str())).into_boxed();
            rows = match as_of {
                None => rows.filter(status::valid_until.is_null()),
                Some(at) => rows
                    .filter(status::valid_from.le(at.naive()))
                    .filter(status::valid_until.is_null().or(status::valid_until.gt(at.naive()))),
            };
            // Of several that held within one instant the last one stands.
            rows.order((status::subject, status::from_seq))
                .select((status::subject, status::value, status::valid_from))
                .load(*connection)
        })?;
        Ok(rows
            .into_iter()
            .map(|(subject, status, since)| (subject, StatusSince { status, since: Timestamp::from_naive(since) }))
            .collect())
    }

    /// When anything was concluded first; `None` if nothing was.
    pub fn first_conclusion(&mut self) -> Result<Option<Timestamp>> {
        let query = status::table.order(status::valid_from).select(status::valid_from);
        let first: Option<chrono::NaiveDateTime> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(first.map(Timestamp::from_naive))
    }

    /// A page of what turned after a change, in order. `subject` leaves all but the subjects that start like it out.
    pub fn changes(
        &mut self,
        view: View,
        since: Option<Timestamp>,
        subject: &str,
        after: Option<(i64, &str)>,
        limit: u32,
    ) -> Result<Page<StatusChange>> {
        let mut rows: Vec<ChangeRow> = on!(self.link, |connection| {
            let mut rows = change::table
                .filter(change::view.eq(view.as_str()))
                .filter(change::subject.ge(subject))
                .filter(change::subject.lt(format!("{subject}~")))
                .into_boxed();
            if let Some(since) = since {
                rows = rows.filter(change::at.ge(since.naive()));
            }
            if let Some((seq, subject)) = after {
                rows = rows.filter(change::seq.ge(seq).and(change::seq.gt(seq).or(change::subject.gt(subject))));
            }
            rows.order((change::seq, change::subject))
                .limit(i64::from(limit) + 1)
                .select(change::all_columns)
                .load(*connection)
        })?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(ChangeRow::read).collect::<Result<_>>()?, more })
    }

    /// What every indicator said last in a view, up to and including an instant; by indicator and system.
    pub fn results(
        &mut self,
        view: View,
        as_of: Option<Timestamp>,
    ) -> Result<BTreeMap<(String, System), StoredResult>> {
        // The last of each: rows are kept once a day at least, so those of two days hold one of every indicator.
        let until = as_of.unwrap_or(Timestamp::from_millis(i64::MAX));
        let last = result::table
            .filter(result::view.eq(view.as_str()))
            .filter(result::at.le(until.naive()))
            .order(result::at.desc())
            .select(result::at);
        let last: Option<chrono::NaiveDateTime> = on!(self.link, |connection| last.first(*connection).optional())?;
        let Some(last) = last.map(Timestamp::from_naive) else { return Ok(BTreeMap::new()) };
        let day = Timestamp::from_millis(last.day() * 86_400_000);
        let query = result::table
            .filter(result::view.eq(view.as_str()))
            .filter(result::at.ge(day.naive()))
            .filter(result::at.le(until.naive()))
            .order(result::seq)
            .select(result::all_columns);
        let rows: Vec<ResultRow> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter().map(|row| row.read().map(|found| ((found.indicator.clone(), found.system), found))).collect()
    }

    /// When a result was kept last in a view; `None` if none was.
    pub fn last_result(&mut self, view: View) -> Result<Option<Timestamp>> {
        let query = result::table.filter(result::view.eq(view.as_str())).order(result::at.desc()).select(result::at);
        let last: Option<chrono::NaiveDateTime> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(last.map(Timestamp::from_naive))
    }

    /// What an indicator said over time in a view, in order, from one instant to another.
    pub fn results_of(
        &mut self,
        indicator: &str,
        view: View,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<StoredResult>> {
        let query = result::table
            .filter(result::indicator.eq(indicator))
            .filter(result::view.eq(view.as_str()))
            .filter(result::at.ge(from.naive()))
            .filter(result::at.le(until.naive()))
            .order((result::seq, result::system))
            .select(result::all_columns);
        on!(self.link, |connection| query.load::<ResultRow>(*connection))?.into_iter().map(ResultRow::read).collect()
    }

    /// The statuses a subject had, in order, from one instant to another.
    pub fn statuses_of(
        &mut self,
        subject: &str,
        view: View,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<StatusSince>> {
        let query = status::table
            .filter(status::subject.eq(subject))
            .filter(status::view.eq(view.as_str()))
            .filter(status::valid_from.le(until.naive()))
            .filter(status::valid_until.is_null().or(status::valid_until.gt(from.naive())))
            .order(status::from_seq)
            .select((status::value, status::valid_from));
        let rows: Vec<(String, chrono::NaiveDateTime)> = on!(self.link, |connection| query.load(*connection))?;
        Ok(rows
            .into_iter()
            .map(|(status, since)| StatusSince { status, since: Timestamp::from_naive(since) })
            .collect())
    }
}

impl Transaction<'_> {
    /// Notes that statuses turned with this change: ends what held before and starts what holds now.
    pub fn turn_statuses(&mut self, view: View, turned: &[StatusChange]) -> Result<()> {
        let at = self.at.naive();
        for chunk in turned.chunks(CHUNK) {
            let subjects: Vec<&str> = chunk.iter().map(|turn| turn.subject.as_str()).collect();
            let before = status::table
                .filter(status::view.eq(view.as_str()))
                .filter(status::valid_until.is_null())
                .filter(among(status::subject, &subjects));
            let now: Vec<StatusRow> = chunk
                .iter()
                .map(|turn| StatusRow {
                    subject: turn.subject.clone(),
                    view: view.as_str().into(),
                    value: turn.after.clone(),
                    valid_from: at,
                    from_seq: self.seq,
                    valid_until: None,
                })
                .collect();
            let changes: Vec<ChangeRow> = chunk.iter().map(|turn| ChangeRow::of(turn, view)).collect::<Result<_>>()?;
            on!(self.reader.link, |connection| {
                diesel::update(before).set(status::valid_until.eq(at)).execute(*connection)?;
                diesel::insert_into(status::table).values(&now).execute(*connection)?;
                diesel::insert_into(change::table).values(&changes).execute(*connection)?;
                Ok::<(), diesel::result::Error>(())
            })?;
        }
        self.changed |= !turned.is_empty();
        Ok(())
    }

    /// Keeps what indicators say as of this change.
    pub fn add_results(&mut self, view: View, results: &[StoredResult]) -> Result<()> {
        let rows: Vec<ResultRow> = results.iter().map(|result| ResultRow::of(result, view, self.seq)).collect();
        for chunk in rows.chunks(CHUNK) {
            on!(self.reader.link, |connection| diesel::insert_into(result::table).values(chunk).execute(*connection))?;
        }
        self.changed |= !results.is_empty();
        Ok(())
    }
}

impl ChangeRow {
    fn of(turn: &StatusChange, view: View) -> Result<Self> {
        Ok(Self {
            seq: turn.seq,
            subject: turn.subject.clone(),
            view: view.as_str().into(),
            at: turn.at.naive(),
            before: turn.before.clone(),
            after: turn.after.clone(),
            because: serde_json::to_string(&turn.because).map_err(|error| unreadable("change", error))?,
        })
    }

    fn read(self) -> Result<StatusChange> {
        Ok(StatusChange {
            seq: self.seq,
            subject: self.subject,
            at: Timestamp::from_naive(self.at),
            before: self.before,
            after: self.after,
            because: serde_json::from_str(&self.because).map_err(|error| unreadable("change", error))?,
        })
    }
}

impl ResultRow {
    fn of(stored: &StoredResult, view: View, seq: i64) -> Self {
        Self {
            indicator: stored.indicator.clone(),
            system: stored.system.as_str().into(),
            view: view.as_str().into(),
            seq,
            at: stored.at.naive(),
            version: stored.version.clone(),
            verdict: stored.verdict.as_str().into(),
            freshness: stored.freshness.clone(),
            passing: signed(stored.tally.passing),
            failing: signed(stored.tally.failing),
            unknown: signed(stored.tally.unknown),
        }
    }

    fn read(self) -> Result<StoredResult> {
        Ok(StoredResult {
            indicator: self.indicator,
            system: self.system.parse().map_err(|error| unreadable("result", error))?,
            at: Timestamp::from_naive(self.at),
            version: self.version,
            verdict: self.verdict.parse().map_err(|error| unreadable("result", error))?,
            freshness: self.freshness,
            tally: Tally {
                passing: self.passing.unsigned_abs(),
                failing: self.failing.unsigned_abs(),
                unknown: self.unknown.unsigned_abs(),
            },
        })
    }
}
