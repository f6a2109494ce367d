//! Answers that are kept whole: the risk of each supplier, by view.

use super::{Reader, Transaction, on, schema::conclusion};
use crate::{
    error::Result,
    model::{Timestamp, View},
};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use std::collections::HashMap;

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
#[diesel(table_name = conclusion)]
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
    /// Keeps a conclusion in place of the one on the same subject, if it differs. If the status is the same, `since`
    /// stays.
    pub fn save_conclusion(&mut self, view: View, conclusion: &Conclusion) -> Result<()> {
        let before = self.conclusion(&conclusion.subject, view)?;
        let before = before.filter(|before| before.status == conclusion.status);
        if before.as_ref().is_some_and(|before| before.body == conclusion.body) {
            return Ok(());
        }
        self.drop_conclusion(view, &conclusion.subject)?;
        let row = ConclusionRow {
            subject: conclusion.subject.clone(),
            view: view.as_str().into(),
            status: conclusion.status.clone(),
            since: before.map_or(conclusion.since, |before| before.since).naive(),
            body: conclusion.body.clone(),
        };
        on!(self.reader.link, |connection| diesel::insert_into(conclusion::table).values(&row).execute(*connection))?;
        Ok(())
    }

    /// Forgets the conclusion on a subject.
    pub fn drop_conclusion(&mut self, view: View, subject: &str) -> Result<()> {
        self.changed = true;
        let query = diesel::delete(conclusion::table.find((subject, view.as_str())));
        on!(self.reader.link, |connection| query.execute(*connection))?;
        Ok(())
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

impl ConclusionRow {
    fn read(self) -> Conclusion {
        let Self { subject, status, since, body, .. } = self;
        Conclusion { subject, status, since: Timestamp::from_naive(since), body }
    }
}
