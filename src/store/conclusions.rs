//! What was concluded: tallies of indicators, findings on records, and the answers drawn from them, by view.

use super::{
    Page, Reader, Transaction, on,
    runs::signed,
    schema::{conclusion, finding, tally},
    unreadable,
};
use crate::{
    error::Result,
    model::{Outcome, RecordId, System, Tally, Timestamp, View},
};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use std::collections::HashMap;

/// How an indicator's population was judged in a system.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTally {
    /// The indicator's id.
    pub indicator: String,
    /// The management system in whose scope it was judged.
    pub system: System,
    /// The counts.
    pub tally: Tally,
}

/// What an indicator says of a record, with the fields it read.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The indicator's id.
    pub indicator: String,
    /// The record judged.
    pub record: RecordId,
    /// What it came to.
    pub outcome: Outcome,
    /// Since when the outcome is this one.
    pub opened_at: Timestamp,
    /// The fields and facts the indicator read, with the values they had.
    pub seen: serde_json::Map<String, serde_json::Value>,
}

/// Which findings to list.
#[derive(Clone, Debug)]
pub struct FindingQuery<'a> {
    /// The indicator's id.
    pub indicator: &'a str,
    /// Whose findings: all, or those that restricted records do not touch.
    pub view: View,
    /// Only these; all without.
    pub outcome: Option<Outcome>,
    /// Start after this record.
    pub after: Option<RecordId>,
    /// At most this many.
    pub limit: u32,
}

/// An answer about a subject: a requirement's status, a row's joint status, a supplier's risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Conclusion {
    /// `requirement/iso27001-2013/A.8.1`, `row/27`, `supplier/ID`, `conformity`.
    pub subject: String,
    /// The status in a word, as the answer spells it.
    pub status: String,
    /// Since when the status is this one.
    pub since: Timestamp,
    /// The whole answer, as JSON.
    pub body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = tally)]
struct TallyRow {
    indicator: String,
    system: String,
    view: String,
    passing: i64,
    failing: i64,
    unknown: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = finding)]
struct FindingRow {
    indicator: String,
    record_id: String,
    view: String,
    outcome: String,
    opened_at: chrono::NaiveDateTime,
    seen: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = conclusion)]
struct ConclusionRow {
    subject: String,
    view: String,
    status: String,
    since: chrono::NaiveDateTime,
    body: String,
}

impl Reader<'_> {
    /// Every tally of a view.
    pub fn tallies(&mut self, view: View) -> Result<Vec<StoredTally>> {
        let query = tally::table
            .filter(tally::view.eq(view.as_str()))
            .order((tally::indicator, tally::system))
            .select(tally::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(TallyRow::read).collect()
    }

    /// A page of an indicator's findings, by record.
    pub fn findings(&mut self, query: &FindingQuery<'_>) -> Result<Page<Finding>> {
        let mut rows: Vec<FindingRow> = on!(self.link, |connection| {
            let mut rows = finding::table
                .filter(finding::indicator.eq(query.indicator))
                .filter(finding::view.eq(query.view.as_str()))
                .into_boxed();
            if let Some(outcome) = query.outcome {
                rows = rows.filter(finding::outcome.eq(outcome.as_str()));
            }
            if let Some(after) = query.after {
                rows = rows.filter(finding::record_id.gt(after.to_string()));
            }
            rows.order(finding::record_id)
                .limit(i64::from(query.limit) + 1)
                .select(finding::all_columns)
                .load(*connection)
        })?;
        let more = rows.len() > query.limit as usize;
        rows.truncate(query.limit as usize);
        Ok(Page { items: rows.into_iter().map(FindingRow::read).collect::<Result<_>>()?, more })
    }

    /// What every indicator says of one record.
    pub fn findings_on(&mut self, record: RecordId, view: View) -> Result<Vec<Finding>> {
        let query = finding::table
            .filter(finding::record_id.eq(record.to_string()))
            .filter(finding::view.eq(view.as_str()))
            .order(finding::indicator)
            .select(finding::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(FindingRow::read).collect()
    }

    /// The conclusion on a subject.
    pub fn conclusion(&mut self, subject: &str, view: View) -> Result<Option<Conclusion>> {
        let query = conclusion::table.find((subject, view.as_str())).select(conclusion::all_columns);
        Ok(on!(self.link, |connection| query.first(*connection).optional())?.map(ConclusionRow::read))
    }

    /// The conclusions on the subjects that start like this, by subject.
    pub fn conclusions(&mut self, prefix: &str, view: View) -> Result<Vec<Conclusion>> {
        // `~` sorts after every character subjects are made of.
        let query = conclusion::table
            .filter(conclusion::view.eq(view.as_str()))
            .filter(conclusion::subject.ge(prefix))
            .filter(conclusion::subject.lt(format!("{prefix}~")))
            .order(conclusion::subject)
            .select(conclusion::all_columns);
        Ok(on!(self.link, |connection| query.load(*connection))?.into_iter().map(ConclusionRow::read).collect())
    }
}

impl Transaction<'_> {
    /// Replaces every tally of a view.
    pub fn replace_tallies(&mut self, view: View, tallies: &[StoredTally]) -> Result<()> {
        let rows: Vec<TallyRow> = tallies.iter().map(|tally| TallyRow::of(tally, view)).collect();
        let earlier = tally::table.filter(tally::view.eq(view.as_str()));
        on!(self.reader.link, |connection| {
            diesel::delete(earlier).execute(*connection)?;
            for chunk in rows.chunks(1_000) {
                diesel::insert_into(tally::table).values(chunk).execute(*connection)?;
            }
            Ok(())
        })
    }

    /// Replaces every finding of a view. One whose outcome was the same before keeps its `opened_at`.
    pub fn replace_findings(&mut self, view: View, findings: &[Finding]) -> Result<()> {
        let earlier = finding::table.filter(finding::view.eq(view.as_str()));
        let columns = (finding::indicator, finding::record_id, finding::outcome, finding::opened_at);
        let known: Vec<(String, String, String, chrono::NaiveDateTime)> =
            on!(self.reader.link, |connection| earlier.select(columns).load(*connection))?;
        let known: HashMap<(String, String, String), chrono::NaiveDateTime> =
            known.into_iter().map(|(indicator, record, outcome, at)| ((indicator, record, outcome), at)).collect();
        let mut rows = Vec::with_capacity(findings.len());
        for finding in findings {
            let mut row = FindingRow::of(finding, view)?;
            let key = (row.indicator, row.record_id, row.outcome);
            row.opened_at = known.get(&key).copied().unwrap_or(row.opened_at);
            (row.indicator, row.record_id, row.outcome) = key;
            rows.push(row);
        }
        on!(self.reader.link, |connection| {
            diesel::delete(earlier).execute(*connection)?;
            for chunk in rows.chunks(1_000) {
                diesel::insert_into(finding::table).values(chunk).execute(*connection)?;
            }
            Ok(())
        })
    }

    /// Replaces every conclusion of a view, if any of them differs. One whose status was the same before keeps its
    /// `since`.
    pub fn replace_conclusions(&mut self, view: View, conclusions: &[Conclusion]) -> Result<()> {
        let known = self.conclusions("", view)?;
        let known: HashMap<&str, &Conclusion> = known.iter().map(|before| (before.subject.as_str(), before)).collect();
        let mut differs = known.len() != conclusions.len();
        let mut rows = Vec::with_capacity(conclusions.len());
        for conclusion in conclusions {
            let before = known.get(conclusion.subject.as_str()).filter(|before| before.status == conclusion.status);
            differs |= before.is_none_or(|before| before.body != conclusion.body);
            rows.push(ConclusionRow {
                subject: conclusion.subject.clone(),
                view: view.as_str().into(),
                status: conclusion.status.clone(),
                since: before.map_or(conclusion.since, |before| before.since).naive(),
                body: conclusion.body.clone(),
            });
        }
        if !differs {
            return Ok(());
        }
        self.changed = true;
        on!(self.reader.link, |connection| {
            diesel::delete(conclusion::table.filter(conclusion::view.eq(view.as_str()))).execute(*connection)?;
            for chunk in rows.chunks(1_000) {
                diesel::insert_into(conclusion::table).values(chunk).execute(*connection)?;
            }
            Ok(())
        })
    }
}

impl TallyRow {
    fn of(stored: &StoredTally, view: View) -> Self {
        Self {
            indicator: stored.indicator.clone(),
            system: stored.system.as_str().into(),
            view: view.as_str().into(),
            passing: signed(stored.tally.passing),
            failing: signed(stored.tally.failing),
            unknown: signed(stored.tally.unknown),
        }
    }

    fn read(self) -> Result<StoredTally> {
        Ok(StoredTally {
            indicator: self.indicator,
            system: self.system.parse().map_err(|error| unreadable("tally", error))?,
            tally: Tally {
                passing: self.passing.unsigned_abs(),
                failing: self.failing.unsigned_abs(),
                unknown: self.unknown.unsigned_abs(),
            },
        })
    }
}

impl FindingRow {
    fn of(finding: &Finding, view: View) -> Result<Self> {
        Ok(Self {
            indicator: finding.indicator.clone(),
            record_id: finding.record.to_string(),
            view: view.as_str().into(),
            outcome: finding.outcome.as_str().into(),
            opened_at: finding.opened_at.naive(),
            seen: serde_json::to_string(&finding.seen).map_err(|error| unreadable("finding", error))?,
        })
    }

    fn read(self) -> Result<Finding> {
        Ok(Finding {
            record: self.record_id.parse().map_err(|error| unreadable("finding", error))?,
            outcome: self.outcome.parse().map_err(|error| unreadable("finding", error))?,
            opened_at: Timestamp::from_naive(self.opened_at),
            seen: serde_json::from_str(&self.seen).map_err(|error| unreadable("finding", error))?,
            indicator: self.indicator,
        })
    }
}

impl ConclusionRow {
    fn read(self) -> Conclusion {
        let Self { subject, status, since, body, .. } = self;
        Conclusion { subject, status, since: Timestamp::from_naive(since), body }
    }
}
