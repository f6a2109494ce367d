//! Answers that are kept whole: the risk of each supplier, by view.

use super::{Reader, Transaction, among::among, on, schema::conclusion};
use crate::{
    error::Result,
    model::{Timestamp, View},
};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, upsert::excluded};
use std::collections::{HashMap, HashSet};

/// Subjects and rows per statement.
const CHUNK: usize = 1_000;

/// An answer about a subject: a supplier's risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Conclusion {
    /// `supplier/ID`.
    pub subject: String,
    /// The status in a word, as the answer spells it.
    pub status: String,
    /// Since when the status is this one.
    pub since: Timestamp,
    /// The whole answer, as JSON.
    pub body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = conclusion, treat_none_as_default_value = false)]
struct ConclusionRow {
    subject: String,
    view: String,
    status: String,
    since: chrono::NaiveDateTime,
    body: String,
}

impl Reader<'_> {
    /// The conclusion on a subject.
    pub fn conclusion(&mut self, subject: &str, view: View) -> Result<Option<Conclusion>> {
        let query = conclusion::table.find((subject, view.as_str())).select(conclusion::all_columns);
        Ok(on!(self.link, |connection| query.first(*connection).optional())?.map(ConclusionRow::read))
    }

    /// The conclusions on these subjects.
    pub fn conclusions_on(&mut self, subjects: &[String], view: View) -> Result<Vec<Conclusion>> {
        let mut found = Vec::new();
        for chunk in subjects.chunks(CHUNK) {
            let query = conclusion::table
                .filter(conclusion::view.eq(view.as_str()))
                .filter(among(conclusion::subject, chunk))
                .select(conclusion::all_columns);
            found.extend(on!(self.link, |connection| query.load::<ConclusionRow>(*connection))?);
        }
        Ok(found.into_iter().map(ConclusionRow::read).collect())
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
    /// Replaces what is concluded on these subjects. One whose status was the same before keeps its `since`.
    pub fn replace_conclusions(&mut self, view: View, subjects: &[String], conclusions: &[Conclusion]) -> Result<()> {
        let known = self.conclusions_on(subjects, view)?;
        let known: HashMap<&str, &Conclusion> = known.iter().map(|before| (before.subject.as_str(), before)).collect();
        let now: HashSet<&str> = conclusions.iter().map(|conclusion| conclusion.subject.as_str()).collect();
        let gone: Vec<&str> = known.keys().copied().filter(|subject| !now.contains(subject)).collect();
        let mut rows = Vec::new();
        for conclusion in conclusions {
            let before = known.get(conclusion.subject.as_str()).filter(|before| before.status == conclusion.status);
            if before.is_none_or(|before| before.body != conclusion.body) {
                rows.push(ConclusionRow {
                    subject: conclusion.subject.clone(),
                    view: view.as_str().into(),
                    status: conclusion.status.clone(),
                    since: before.map_or(conclusion.since, |before| before.since).naive(),
                    body: conclusion.body.clone(),
                });
            }
        }
        self.changed |= !gone.is_empty() || !rows.is_empty();
        for chunk in gone.chunks(CHUNK) {
            let on = conclusion::table
                .filter(conclusion::view.eq(view.as_str()))
                .filter(conclusion::subject.eq_any(chunk.iter().copied()));
            on!(self.reader.link, |connection| diesel::delete(on).execute(*connection))?;
        }
        for chunk in rows.chunks(CHUNK) {
            on!(self.reader.link, |connection| diesel::insert_into(conclusion::table)
                .values(chunk)
                .on_conflict((conclusion::subject, conclusion::view))
                .do_update()
                .set((
                    conclusion::status.eq(excluded(conclusion::status)),
                    conclusion::since.eq(excluded(conclusion::since)),
                    conclusion::body.eq(excluded(conclusion::body)),
                ))
                .execute(*connection))?;
        }
        Ok(())
    }
}

impl ConclusionRow {
    fn read(self) -> Conclusion {
        let Self { subject, status, since, body, .. } = self;
        Conclusion { subject, status, since: Timestamp::from_naive(since), body }
    }
}
