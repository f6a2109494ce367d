//! The inbox: deliveries of webhooks, kept from before they are acknowledged until they are applied, and those nothing
//! could be made of.
//!
//! A delivery is waiting, dead (a person decides) or settled. What is left of a settled one is its key, so that it is
//! known when it comes again; only for a key the sender gave, as two different events may well have the same content.

use super::{Link, Page, Reader, Transaction, on, schema::delivery};
use crate::{error::Result, model::Timestamp};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    TextExpressionMethods,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) const WAITING: &str = "waiting";
pub(super) const DEAD: &str = "dead";
const SETTLED: &str = "settled";

/// A delivery that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order of arrival.
    pub number: i64,
    /// What it is called.
    pub id: String,
    /// When it came.
    pub received_at: Timestamp,
    /// As it came.
    pub body: Vec<u8>,
}

/// A delivery nothing could be made of.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Its identifier, as its sender was told.
    pub id: String,
    /// Its source's name.
    pub source: String,
    /// What the sender calls it, or the digest of its content.
    pub key: String,
    /// When it came.
    pub received_at: Timestamp,
    /// Why nothing could be made of it.
    pub reason: String,
    /// Its content, as text.
    pub content: String,
    /// Its place in the order of arrival.
    #[serde(skip)]
    pub number: i64,
}

#[derive(Queryable)]
struct Row {
    number: i64,
    id: String,
    source: String,
    key: String,
    received_at: chrono::NaiveDateTime,
    reason: Option<String>,
    body: Vec<u8>,
}

type RowColumns = (
    delivery::number,
    delivery::id,
    delivery::source,
    delivery::key,
    delivery::received_at,
    delivery::reason,
    delivery::body,
);
const ROW: RowColumns = (
    delivery::number,
    delivery::id,
    delivery::source,
    delivery::key,
    delivery::received_at,
    delivery::reason,
    delivery::body,
);

/// Takes deliveries out of the inbox.
pub(super) fn settle(link: &mut Link<'_>, numbers: &[i64]) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let these = || delivery::table.filter(delivery::number.eq_any(numbers));
    let to = (delivery::state.eq(SETTLED), delivery::reason.eq(None::<String>), delivery::body.eq(Vec::<u8>::new()));
    on!(*link, |connection| {
        diesel::delete(these().filter(delivery::key.like("sha256:%"))).execute(*connection)?;
        diesel::update(these()).set(to).execute(*connection)
    })?;
    Ok(())
}

impl Reader<'_> {
    /// The sources that have deliveries waiting, with how many.
    pub fn waiting_deliveries(&mut self) -> Result<Vec<(String, u64)>> {
        self.deliveries_by_source(WAITING)
    }

    /// The sources that have dead letters, with how many.
    pub fn dead_letter_counts(&mut self) -> Result<Vec<(String, u64)>> {
        self.deliveries_by_source(DEAD)
    }

    /// How many deliveries of a source were applied or discarded and are still remembered.
    pub fn settled_deliveries(&mut self, source: &str) -> Result<u64> {
        let query = delivery::table
            .filter(delivery::source.eq(source).and(delivery::state.eq(SETTLED)))
            .select(diesel::dsl::count_star());
        let count: i64 = on!(self.link, |connection| query.first(*connection))?;
        Ok(count.unsigned_abs())
    }

    fn deliveries_by_source(&mut self, state: &str) -> Result<Vec<(String, u64)>> {
        let query = delivery::table
            .filter(delivery::state.eq(state))
            .group_by(delivery::source)
            .order(delivery::source)
            .select((delivery::source, diesel::dsl::count_star()));
        let counts: Vec<(String, i64)> = on!(self.link, |connection| query.load(*connection))?;
        Ok(counts.into_iter().map(|(source, count)| (source, count.unsigned_abs())).collect())
    }

    /// The first deliveries of a source that wait, in the order they came.
    pub fn waiting(&mut self, source: &str, limit: u32) -> Result<Vec<Delivery>> {
        let query = delivery::table
            .filter(delivery::source.eq(source))
            .filter(delivery::state.eq(WAITING))
            .order(delivery::number)
            .limit(i64::from(limit))
            .select(ROW);
        let rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
        let read = |row: Row| Delivery {
            number: row.number,
            id: row.id,
            received_at: Timestamp::from_naive(row.received_at),
            body: row.body,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// A page of the dead letters of a source, in the order they came.
    pub fn dead_letters(&mut self, source: &str, after: i64, limit: u32) -> Result<Page<DeadLetter>> {
        let query = delivery::table
            .filter(delivery::source.eq(source))
            .filter(delivery::state.eq(DEAD))
            .filter(delivery::number.gt(after))
            .order(delivery::number)
            .limit(i64::from(limit) + 1)
            .select(ROW);
        let mut rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(Row::dead_letter).collect(), more })
    }

    /// A dead letter of a source.
    pub fn dead_letter(&mut self, source: &str, id: &str) -> Result<Option<DeadLetter>> {
        let query = delivery::table
            .filter(delivery::source.eq(source).and(delivery::id.eq(id)).and(delivery::state.eq(DEAD)))
            .select(ROW);
        let row: Option<Row> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(row.map(Row::dead_letter))
    }
}

impl Row {
    fn dead_letter(self) -> DeadLetter {
        DeadLetter {
            number: self.number,
            id: self.id,
            source: self.source,
            key: self.key,
            received_at: Timestamp::from_naive(self.received_at),
            reason: self.reason.unwrap_or_default(),
            content: String::from_utf8_lossy(&self.body).into_owned(),
        }
    }
}

impl Transaction<'_> {
    /// Takes deliveries out of the inbox: they were applied, or a person discarded them.
    pub fn settle_deliveries(&mut self, numbers: &[i64]) -> Result<()> {
        settle(&mut self.reader.link, numbers)
    }

    /// Puts a delivery that waits among the dead letters.
    pub fn bury_delivery(&mut self, number: i64, reason: &str) -> Result<()> {
        let to = (delivery::state.eq(DEAD), delivery::reason.eq(reason));
        on!(self.reader.link, |connection| diesel::update(delivery::table.find(number)).set(to).execute(*connection))?;
        Ok(())
    }

    /// Puts a dead letter back into the inbox, at its old place. True if there is one. Its reason is left, as a sign that
    /// it was dead.
    pub fn replay_dead_letter(&mut self, source: &str, id: &str) -> Result<bool> {
        let letter =
            delivery::table.filter(delivery::source.eq(source).and(delivery::id.eq(id)).and(delivery::state.eq(DEAD)));
        let to = delivery::state.eq(WAITING);
        Ok(on!(self.reader.link, |connection| diesel::update(letter).set(to).execute(*connection))? > 0)
    }

    /// Puts all dead letters of a source back into the inbox; returns how many there were.
    pub fn replay_dead_letters(&mut self, source: &str) -> Result<u64> {
        let letters = delivery::table.filter(delivery::source.eq(source).and(delivery::state.eq(DEAD)));
        let to = delivery::state.eq(WAITING);
        Ok(on!(self.reader.link, |connection| diesel::update(letters).set(to).execute(*connection))? as u64)
    }

    /// Forgets deliveries that were settled and came before this.
    pub fn prune_deliveries(&mut self, before: Timestamp) -> Result<u64> {
        let old = delivery::table.filter(delivery::state.eq(SETTLED).and(delivery::received_at.lt(before.naive())));
        Ok(on!(self.reader.link, |connection| diesel::delete(old).execute(*connection))? as u64)
    }
}
