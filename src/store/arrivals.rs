//! How deliveries of webhooks come into the inbox, and when one is known.
//!
//! A delivery is known by the name its sender gave it. Without one it is known only if it says what the latest of its
//! source says, and that one waits: open, closed, open are three events though two have the same content.

use super::{
    Link, Store,
    among::among,
    bulk::insert_rows,
    inbox::{DEAD, WAITING, settle},
    on,
    schema::delivery,
};
use crate::{error::Result, model::Timestamp};
use data_encoding::HEXLOWER;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    sql_types::{self, Binary, Bool, Text},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

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

#[derive(Insertable)]
#[diesel(table_name = delivery, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: String,
    source: &'a str,
    key: &'a str,
    received_at: chrono::NaiveDateTime,
    state: &'static str,
    body: &'a [u8],
}

impl Store {
    /// Puts deliveries into the inbox, those that are there already excepted. They are on disk when this returns. The
    /// receipts are in the order of the deliveries.
    ///
    /// One without a name is there already if its source's latest delivery has the same content and waits; it wakes a
    /// dead letter of the same content, which then comes as it does, under the identifier its sender was told before.
    pub fn receive(&self, arriving: &[Arriving]) -> Result<Vec<Receipt>> {
        let keys: Vec<String> = arriving.iter().map(key_of).collect();
        self.note(|link| {
            let mut known = Known::ask(link, arriving, &keys)?;
            let mut rows: Vec<NewRow<'_>> = Vec::with_capacity(arriving.len());
            let mut receipts: Vec<Receipt> = Vec::with_capacity(arriving.len());
            for (one, key) in arriving.iter().zip(&keys) {
                let (receipt, is_kept) = known.meet(&one.source, key);
                if !is_kept {
                    let (id, source, received_at) = (receipt.id.clone(), one.source.as_str(), one.received_at.naive());
                    rows.push(NewRow { id, source, key, received_at, state: WAITING, body: &one.body });
                }
                receipts.push(receipt);
            }
            settle(link, &known.woken)?;
            let written = insert_rows!(*link, delivery, &rows, "ON CONFLICT DO NOTHING", {
                id: Text, source: Text, key: Text, received_at: sql_types::Timestamp, state: Text, body: Binary,
            });
            if written < rows.len() {
                let before = earlier(link, &rows)?;
                for receipt in &mut receipts {
                    if let Some(id) = before.get(&receipt.id) {
                        *receipt = Receipt { id: id.clone(), known: true };
                    }
                }
            }
            Ok(receipts)
        })
    }
}

/// What deliveries that come may be the same as.
struct Known<'a> {
    /// Those of this group that have a name, by source and key.
    named: HashMap<(&'a str, &'a str), String>,
    /// The key and identifier of the latest of each source, if it waits.
    latest: HashMap<&'a str, (String, String)>,
    /// The number and identifier of the latest dead letter by source and key, of those without a name.
    dead: HashMap<(String, String), (i64, String)>,
    /// The numbers of the dead letters that come anew.
    woken: Vec<i64>,
}

impl<'a> Known<'a> {
    fn ask(link: &mut Link<'_>, arriving: &'a [Arriving], keys: &'a [String]) -> Result<Self> {
        let nameless = || arriving.iter().zip(keys).filter(|(_, key)| !is_name(key));
        let sources: BTreeSet<&str> = nameless().map(|(one, _)| one.source.as_str()).collect();
        let mut known = Self { named: HashMap::new(), latest: HashMap::new(), dead: HashMap::new(), woken: Vec::new() };
        if sources.is_empty() {
            return Ok(known);
        }
        if let Link::Postgres(connection) = link {
            // Nodes take turns here, so that what is numbered later is seen later, and the latest stays the latest.
            connection.batch_execute("SELECT pg_advisory_xact_lock(27013, 1)")?;
        }
        for source in &sources {
            known.latest.extend(latest(link, source)?.map(|found| (*source, found)));
        }
        let sources: Vec<&str> = sources.into_iter().collect();
        let keys: Vec<&str> = nameless().map(|(_, key)| key.as_str()).collect();
        known.dead = dead(link, &sources, &keys)?;
        Ok(known)
    }

    /// What the sender of the next delivery is told, and whether nothing needs to be written for it.
    fn meet(&mut self, source: &'a str, key: &'a str) -> (Receipt, bool) {
        let same = if is_name(key) {
            self.named.get(&(source, key)).cloned()
        } else {
            self.latest.get(source).filter(|(of, _)| of == key).map(|(_, id)| id.clone())
        };
        if let Some(id) = same {
            return (Receipt { id, known: true }, true);
        }
        let receipt = match self.dead.remove(&(source.to_owned(), key.to_owned())) {
            Some((number, id)) => {
                self.woken.push(number);
                Receipt { id, known: true }
            }
            None => Receipt { id: Uuid::now_v7().to_string(), known: false },
        };
        if is_name(key) {
            self.named.insert((source, key), receipt.id.clone());
        }
        self.latest.insert(source, (key.to_owned(), receipt.id.clone()));
        (receipt, false)
    }
}

/// The key and identifier of a source's latest delivery, if it waits. One that has been a dead letter stands at its old
/// place, and says nothing of what came last.
fn latest(link: &mut Link<'_>, source: &str) -> Result<Option<(String, String)>> {
    let query = delivery::table
        .filter(delivery::source.eq(source).and(delivery::state.eq(WAITING)))
        .order(delivery::number.desc())
        .select((delivery::reason.is_null(), delivery::key, delivery::id));
    let found: Option<(bool, String, String)> = on!(*link, |connection| query.first(*connection).optional())?;
    Ok(found.filter(|(is_new, ..)| *is_new).map(|(_, key, id)| (key, id)))
}

/// The number and identifier of the latest dead letter with each of these keys; nobody else can replay or discard them
/// meanwhile. They are found by having a reason, for which there is an index of its own.
fn dead(link: &mut Link<'_>, sources: &[&str], keys: &[&str]) -> Result<HashMap<(String, String), (i64, String)>> {
    let query = delivery::table
        .filter(among(delivery::source, sources))
        .filter(among(delivery::key, keys))
        .filter(delivery::reason.is_not_null())
        .order(delivery::number)
        .select((delivery::state, delivery::source, delivery::key, delivery::number, delivery::id));
    let found: Vec<(String, String, String, i64, String)> = match link {
        Link::Sqlite(connection) => query.load(*connection)?,
        Link::Postgres(connection) => query.for_update().load(*connection)?,
    };
    let dead = found.into_iter().filter(|(state, ..)| state == DEAD);
    Ok(dead.map(|(_, source, key, number, id)| ((source, key), (number, id))).collect())
}

/// What the deliveries are called that have the names of these rows, by what the rows are called.
fn earlier(link: &mut Link<'_>, rows: &[NewRow<'_>]) -> Result<HashMap<String, String>> {
    let ids: HashMap<(&str, &str), &str> = rows.iter().map(|row| ((row.source, row.key), row.id.as_str())).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.key).filter(|key| is_name(key)).collect();
    let sources: BTreeSet<&str> = rows.iter().map(|row| row.source).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let query = delivery::table
        .filter(among(delivery::source, &sources))
        .filter(among(delivery::key, &keys))
        .filter(sql::<Bool>("\"key\" LIKE 'id:%'"))
        .select((delivery::source, delivery::key, delivery::id));
    let found: Vec<(String, String, String)> = on!(*link, |connection| query.load(*connection))?;
    let of = |(source, key, earlier): (String, String, String)| {
        let id = ids.get(&(source.as_str(), key.as_str())).filter(|id| **id != earlier)?;
        Some(((*id).to_owned(), earlier))
    };
    Ok(found.into_iter().filter_map(of).collect())
}

/// By what a delivery is known again.
fn key_of(arriving: &Arriving) -> String {
    match &arriving.delivery_id {
        Some(id) if id.len() <= LONGEST_ID => format!("id:{id}"),
        Some(id) => format!("id:{}", digest(id.as_bytes())),
        None => format!("sha256:{}", digest(&arriving.body)),
    }
}

/// True if the sender gave this key; it is unique among those of a source.
fn is_name(key: &str) -> bool {
    key.starts_with("id:")
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
