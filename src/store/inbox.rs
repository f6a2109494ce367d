//! The inbox: deliveries of webhooks, kept from before they are acknowledged until they are applied, and those nothing
//! could be made of.
//!
//! A delivery is waiting, dead (a person decides) or settled. What is left of a settled one is its key, so that it is
//! known when it comes again; only for a key the sender gave, as two different events may well have the same content.

use super::{Link, Page, Reader, Store, Transaction, among::among, bulk::insert_rows, on, schema::delivery};
use crate::{error::Result, model::Timestamp};
use data_encoding::HEXLOWER;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    TextExpressionMethods,
    sql_types::{self, Binary, Text},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, hash_map::Entry};
use utoipa::ToSchema;
use uuid::Uuid;

const WAITING: &str = "waiting";
const DEAD: &str = "dead";
const SETTLED: &str = "settled";

/// The longest identifier of a sender that is kept as it is, in bytes.
const LONGEST_ID: usize = 200;

/// A verified delivery that has just come.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The source it is of.
    pub source: String,
    /// What the sender calls it; the same when it is sent again.
    pub delivery_id: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// As it came.
    pub body: Vec<u8>,
}

/// What a sender is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// What the delivery is called here.
    pub id: String,
    /// True if it had come before.
    pub known: bool,
}

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

#[derive(Insertable)]
#[diesel(table_name = delivery, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: String,
    source: &'a str,
    key: String,
    received_at: chrono::NaiveDateTime,
    state: &'static str,
    body: &'a [u8],
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

impl Store {
    /// Puts deliveries into the inbox, those that are there already excepted. They are on disk when this returns. The
    /// receipts are in the order of the deliveries.
    pub fn receive(&self, arriving: &[Arriving]) -> Result<Vec<Receipt>> {
        let mut rows: Vec<NewRow<'_>> = Vec::with_capacity(arriving.len());
        let mut places: HashMap<(&str, String), usize> = HashMap::with_capacity(arriving.len());
        // Of each delivery, the row it is, and whether it is another's too.
        let mut receipts: Vec<(usize, bool)> = Vec::with_capacity(arriving.len());
        for one in arriving {
            let (key, source) = (key_of(one), one.source.as_str());
            match places.entry((source, key)) {
                Entry::Occupied(place) => receipts.push((*place.get(), true)),
                Entry::Vacant(place) => {
                    let (id, key) = (Uuid::now_v7().to_string(), place.key().1.clone());
                    let (received_at, body) = (one.received_at.naive(), one.body.as_slice());
                    receipts.push((*place.insert(rows.len()), false));
                    rows.push(NewRow { id, source, key, received_at, state: WAITING, body });
                }
            }
        }
        let before = self.note(|link| {
            let written = insert_rows!(*link, delivery, &rows, "ON CONFLICT DO NOTHING", {
                id: Text, source: Text, key: Text, received_at: sql_types::Timestamp, state: Text, body: Binary,
            });
            if written == rows.len() { Ok(HashMap::new()) } else { earlier(link, &rows) }
        })?;
        let receipt = |(place, again): (usize, bool)| {
            let row: &NewRow<'_> = &rows[place];
            match before.get(&(row.source.to_owned(), row.key.clone())) {
                Some(id) if *id != row.id => Receipt { id: id.clone(), known: true },
                _ => Receipt { id: row.id.clone(), known: again },
            }
        };
        Ok(receipts.into_iter().map(receipt).collect())
    }
}

/// What the deliveries are called that have the keys of these rows.
fn earlier(link: &mut Link<'_>, rows: &[NewRow<'_>]) -> Result<HashMap<(String, String), String>> {
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let sources: BTreeSet<&str> = rows.iter().map(|row| row.source).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let query = delivery::table.filter(among(delivery::source, &sources)).filter(among(delivery::key, &keys)).select((
        delivery::source,
        delivery::key,
        delivery::id,
    ));
    let found: Vec<(String, String, String)> = on!(*link, |connection| query.load(*connection))?;
    Ok(found.into_iter().map(|(source, key, id)| ((source, key), id)).collect())
}

/// By what a delivery is known again.
fn key_of(arriving: &Arriving) -> String {
    match &arriving.delivery_id {
        Some(id) if id.len() <= LONGEST_ID => format!("id:{id}"),
        Some(id) => format!("id:{}", digest(id.as_bytes())),
        None => format!("sha256:{}", digest(&arriving.body)),
    }
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
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
        let these = || delivery::table.filter(delivery::number.eq_any(numbers));
        let to =
            (delivery::state.eq(SETTLED), delivery::reason.eq(None::<String>), delivery::body.eq(Vec::<u8>::new()));
        on!(self.reader.link, |connection| {
            diesel::delete(these().filter(delivery::key.like("sha256:%"))).execute(*connection)?;
            diesel::update(these()).set(to).execute(*connection)
        })?;
        Ok(())
    }

    /// Puts a delivery that waits among the dead letters.
    pub fn bury_delivery(&mut self, number: i64, reason: &str) -> Result<()> {
        let to = (delivery::state.eq(DEAD), delivery::reason.eq(reason));
        on!(self.reader.link, |connection| diesel::update(delivery::table.find(number)).set(to).execute(*connection))?;
        Ok(())
    }

    /// Puts a dead letter back into the inbox, at its old place. True if there is one.
    pub fn replay_dead_letter(&mut self, source: &str, id: &str) -> Result<bool> {
        let letter =
            delivery::table.filter(delivery::source.eq(source).and(delivery::id.eq(id)).and(delivery::state.eq(DEAD)));
        let to = (delivery::state.eq(WAITING), delivery::reason.eq(None::<String>));
        Ok(on!(self.reader.link, |connection| diesel::update(letter).set(to).execute(*connection))? > 0)
    }

    /// Puts all dead letters of a source back into the inbox; returns how many there were.
    pub fn replay_dead_letters(&mut self, source: &str) -> Result<u64> {
        let letters = delivery::table.filter(delivery::source.eq(source).and(delivery::state.eq(DEAD)));
        let to = (delivery::state.eq(WAITING), delivery::reason.eq(None::<String>));
        Ok(on!(self.reader.link, |connection| diesel::update(letters).set(to).execute(*connection))? as u64)
    }

    /// Forgets deliveries that were settled and came before this.
    pub fn prune_deliveries(&mut self, before: Timestamp) -> Result<u64> {
        let old = delivery::table.filter(delivery::state.eq(SETTLED).and(delivery::received_at.lt(before.naive())));
        Ok(on!(self.reader.link, |connection| diesel::delete(old).execute(*connection))? as u64)
    }
}
