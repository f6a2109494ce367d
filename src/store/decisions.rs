//! What people decided, and what they did to it since. Rows are added, never changed.

use super::{
    Page, Reader, Transaction,
    among::among,
    on,
    schema::{decision, decision_act},
    unreadable,
};
use crate::{
    error::Result,
    model::{ActedOn, Decision, DecisionAct, DecisionKind, Timestamp},
};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use std::collections::HashMap;

/// Which decisions to list.
#[derive(Clone, Debug, Default)]
pub struct DecisionQuery {
    /// Only these; all without.
    pub kind: Option<DecisionKind>,
    /// Only those on this subject.
    pub subject: Option<String>,
    /// Only those of this author.
    pub author: Option<String>,
    /// Start before this one: the latest come first.
    pub before: Option<String>,
    /// At most this many.
    pub limit: u32,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = decision)]
struct DecisionRow {
    id: String,
    kind: String,
    subject: String,
    author: String,
    made_at: chrono::NaiveDateTime,
    effective_at: chrono::NaiveDateTime,
    expires_at: Option<chrono::NaiveDateTime>,
    reason: String,
    body: String,
    made_seq: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = decision_act)]
struct ActRow {
    decision_id: String,
    act: String,
    author: String,
    at: chrono::NaiveDateTime,
    reason: String,
    seq: i64,
}

impl Reader<'_> {
    /// The decision with this id.
    pub fn decision(&mut self, id: &str) -> Result<Option<Decision>> {
        let query = decision::table.find(id).select(decision::all_columns);
        let row: Option<DecisionRow> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(self.with_acts(row.into_iter().collect())?.pop())
    }

    /// A page of decisions, the latest first.
    pub fn decisions(&mut self, asked: &DecisionQuery) -> Result<Page<Decision>> {
        let mut rows: Vec<DecisionRow> = on!(self.link, |connection| {
            let mut rows = decision::table.into_boxed();
            if let Some(kind) = asked.kind {
                rows = rows.filter(decision::kind.eq(kind.as_str()));
            }
            if let Some(subject) = &asked.subject {
                rows = rows.filter(decision::subject.eq(subject));
            }
            if let Some(author) = &asked.author {
                rows = rows.filter(decision::author.eq(author));
            }
            if let Some(before) = &asked.before {
                rows = rows.filter(decision::id.lt(before));
            }
            rows.order(decision::id.desc())
                .limit(i64::from(asked.limit) + 1)
                .select(decision::all_columns)
                .load(*connection)
        })?;
        let more = rows.len() > asked.limit as usize;
        rows.truncate(asked.limit as usize);
        Ok(Page { items: self.with_acts(rows)?, more })
    }

    /// Every decision, in the order they were made: what conclusions at any instant are drawn from.
    pub fn all_decisions(&mut self) -> Result<Vec<Decision>> {
        let query = decision::table.order(decision::id).select(decision::all_columns);
        let rows = on!(self.link, |connection| query.load(*connection))?;
        self.with_acts(rows)
    }

    fn with_acts(&mut self, rows: Vec<DecisionRow>) -> Result<Vec<Decision>> {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut acts: HashMap<(String, DecisionAct), ActedOn> = HashMap::new();
        for chunk in ids.chunks(1_000) {
            let query =
                decision_act::table.filter(among(decision_act::decision_id, chunk)).select(decision_act::all_columns);
            let found: Vec<ActRow> = on!(self.link, |connection| query.load(*connection))?;
            for row in found {
                let act = row.act.parse().map_err(|error| unreadable("decision", error))?;
                let acted = ActedOn { by: row.author, at: Timestamp::from_naive(row.at), reason: row.reason };
                acts.insert((row.decision_id, act), acted);
            }
        }
        let read = |row: DecisionRow| {
            let mut act = |act| acts.remove(&(row.id.clone(), act));
            Ok(Decision {
                confirmed: act(DecisionAct::Confirmed),
                withdrawn: act(DecisionAct::Withdrawn),
                kind: row.kind.parse().map_err(|error| unreadable("decision", error))?,
                body: serde_json::from_str(&row.body).map_err(|error| unreadable("decision", error))?,
                made_at: Timestamp::from_naive(row.made_at),
                effective_at: Timestamp::from_naive(row.effective_at),
                expires_at: row.expires_at.map(Timestamp::from_naive),
                id: row.id,
                subject: row.subject,
                author: row.author,
                reason: row.reason,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Transaction<'_> {
    /// Keeps a new decision.
    pub fn add_decision(&mut self, made: &Decision) -> Result<()> {
        self.changed = true;
        let row = DecisionRow {
            id: made.id.clone(),
            kind: made.kind.as_str().into(),
            subject: made.subject.clone(),
            author: made.author.clone(),
            made_at: made.made_at.naive(),
            effective_at: made.effective_at.naive(),
            expires_at: made.expires_at.map(Timestamp::naive),
            reason: made.reason.clone(),
            body: made.body.to_string(),
            made_seq: self.seq,
        };
        on!(self.reader.link, |connection| diesel::insert_into(decision::table).values(&row).execute(*connection))?;
        Ok(())
    }

    /// Notes what a person did to a decision; each act happens once.
    pub fn act_on_decision(&mut self, id: &str, act: DecisionAct, acted: &ActedOn) -> Result<()> {
        self.changed = true;
        let row = ActRow {
            decision_id: id.into(),
            act: act.as_str().into(),
            author: acted.by.clone(),
            at: acted.at.naive(),
            reason: acted.reason.clone(),
            seq: self.seq,
        };
        on!(self.reader.link, |connection| diesel::insert_into(decision_act::table).values(&row).execute(*connection))?;
        Ok(())
    }
}
