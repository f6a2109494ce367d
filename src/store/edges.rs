//! Edges between records by both ends, and what records have in common without one: how neighbours are found.

use super::{
    Reader, Transaction,
    among::among,
    bulk::insert_rows,
    on,
    records::read_id,
    schema::{edge, lookup},
};
use crate::{
    error::Result,
    model::{RecordId, Timestamp},
};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{self, Bool, Text},
};
use std::collections::HashMap;

/// Identifiers per query, well below the databases' limits of bound values.
const CHUNK: usize = 1_000;

/// What stands between the words of a key.
const BETWEEN: char = '\u{1f}';

/// An edge, and the record that states it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The record that states it.
    pub owner: RecordId,
    /// Where it starts.
    pub from: RecordId,
    /// A relation type, or the name of the field that refers.
    pub relation: &'static str,
    /// Where it points.
    pub to: RecordId,
}

/// The records an edge joins, as found in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The record that states the edge.
    pub owner: RecordId,
    /// Where it starts.
    pub from: RecordId,
    /// Where it points.
    pub to: RecordId,
}

/// Something a record has in common with others, at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// What they have in common.
    pub key: String,
    /// When, for what has a time; the first instant there is for what has none.
    pub at: Timestamp,
    /// The record.
    pub record: RecordId,
    /// True if only the full view has it.
    pub restricted: bool,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = edge, treat_none_as_default_value = false)]
struct EdgeRow {
    owner_id: String,
    from_id: String,
    relation: String,
    to_id: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = lookup, treat_none_as_default_value = false)]
struct LookupRow {
    key: String,
    at: chrono::NaiveDateTime,
    record_id: String,
    restricted: bool,
}

impl Reader<'_> {
    /// The edges of these relations that start from any of the records.
    pub fn edges_from(&mut self, ids: &[RecordId], relations: &[&str]) -> Result<Vec<Joined>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let query = edge::table
                .filter(among(edge::from_id, chunk))
                .filter(among(edge::relation, relations))
                .select(edge::all_columns);
            found.extend(on!(self.link, |connection| query.load::<EdgeRow>(*connection))?);
        }
        found.into_iter().map(EdgeRow::read).collect()
    }

    /// The edges of these relations that point to any of the records.
    pub fn edges_to(&mut self, ids: &[RecordId], relations: &[&str]) -> Result<Vec<Joined>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let query = edge::table
                .filter(among(edge::to_id, chunk))
                .filter(among(edge::relation, relations))
                .select(edge::all_columns);
            found.extend(on!(self.link, |connection| query.load::<EdgeRow>(*connection))?);
        }
        found.into_iter().map(EdgeRow::read).collect()
    }

    /// The edges these records state.
    pub fn edges_of(&mut self, owners: &[RecordId]) -> Result<Vec<Joined>> {
        let mut found = Vec::new();
        for chunk in owners.chunks(CHUNK) {
            let query = edge::table.filter(among(edge::owner_id, chunk)).select(edge::all_columns);
            found.extend(on!(self.link, |connection| query.load::<EdgeRow>(*connection))?);
        }
        found.into_iter().map(EdgeRow::read).collect()
    }

    /// Whom these records share something with, themselves included, that begins with one of these words: what has a
    /// time, from `before` milliseconds earlier to `after` milliseconds later than their own.
    pub fn sharing(&mut self, ids: &[RecordId], words: &[&str], before: i64, after: i64) -> Result<Vec<Lookup>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let own = lookup::table.filter(among(lookup::record_id, chunk)).select(lookup::all_columns);
            let own: Vec<LookupRow> = on!(self.link, |connection| own.load(*connection))?;
            let mut mine: HashMap<String, Vec<Timestamp>> = HashMap::new();
            let wanted = |row: &LookupRow| row.key.split(BETWEEN).next().is_some_and(|word| words.contains(&word));
            for row in own.into_iter().filter(wanted) {
                mine.entry(row.key).or_default().push(Timestamp::from_naive(row.at));
            }
            let times = || mine.values().flatten();
            let (Some(first), Some(last)) = (times().min(), times().max()) else { continue };
            let (first, last) = (first.plus_millis(-before), last.plus_millis(after));
            let keys: Vec<&str> = mine.keys().map(String::as_str).collect();
            let mut others = Vec::new();
            for keys in keys.chunks(CHUNK) {
                let query = lookup::table
                    .filter(among(lookup::key, keys))
                    .filter(lookup::at.ge(first.naive()))
                    .filter(lookup::at.le(last.naive()))
                    .select(lookup::all_columns);
                others.extend(on!(self.link, |connection| query.load::<LookupRow>(*connection))?);
            }
            for other in others {
                let other = other.read()?;
                let near = |own: &Timestamp| own.plus_millis(-before) <= other.at && other.at <= own.plus_millis(after);
                if mine.get(&other.key).is_some_and(|own| own.iter().any(near)) {
                    found.push(other);
                }
            }
        }
        Ok(found)
    }

    /// A page of the records that have this in common, by record.
    pub fn sharing_key(&mut self, key: &str, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>> {
        let query = lookup::table
            .filter(lookup::key.eq(key))
            .filter(lookup::record_id.gt(after.map(|after| after.to_string()).unwrap_or_default()))
            .order(lookup::record_id)
            .limit(i64::from(limit))
            .select(lookup::record_id);
        let ids: Vec<String> = on!(self.link, |connection| query.load(*connection))?;
        ids.iter().map(|id| read_id(id)).collect()
    }

    /// The next thing beginning with a word that records have in common, after another one.
    pub fn next_common(&mut self, word: &str, after: Option<&str>) -> Result<Option<String>> {
        let first = format!("{word}{BETWEEN}");
        let query = lookup::table.filter(lookup::key.gt(after.unwrap_or(&first))).select(diesel::dsl::min(lookup::key));
        let next: Option<String> = on!(self.link, |connection| query.first(*connection))?;
        Ok(next.filter(|key| key.starts_with(&first)))
    }

    /// How many records have each of these in common; nothing for what none has.
    pub fn counts_sharing(&mut self, keys: &[&str]) -> Result<HashMap<String, u64>> {
        let mut counts = HashMap::new();
        for chunk in keys.chunks(CHUNK) {
            let query = lookup::table
                .filter(among(lookup::key, chunk))
                .group_by(lookup::key)
                .select((lookup::key, diesel::dsl::count_star()));
            let found: Vec<(String, i64)> = on!(self.link, |connection| query.load(*connection))?;
            counts.extend(found.into_iter().map(|(key, count)| (key, count.unsigned_abs())));
        }
        Ok(counts)
    }
}

impl Transaction<'_> {
    /// Replaces the edges these records state; `edges` may be of others besides, which state none yet.
    pub fn replace_edges(&mut self, owners: &[RecordId], edges: &[Edge]) -> Result<()> {
        for chunk in owners.chunks(CHUNK) {
            let stated = edge::table.filter(among(edge::owner_id, chunk));
            on!(self.reader.link, |connection| diesel::delete(stated).execute(*connection))?;
        }
        let rows: Vec<EdgeRow> = edges.iter().map(EdgeRow::of).collect();
        insert_rows!(self.reader.link, edge, &rows, "", { owner_id: Text, from_id: Text, relation: Text, to_id: Text });
        Ok(())
    }

    /// Replaces what these records have in common with others; `lookups` may be of others besides, which have none yet.
    pub fn replace_lookups(&mut self, records: &[RecordId], lookups: &[Lookup]) -> Result<()> {
        for chunk in records.chunks(CHUNK) {
            let stated = lookup::table.filter(among(lookup::record_id, chunk));
            on!(self.reader.link, |connection| diesel::delete(stated).execute(*connection))?;
        }
        let rows: Vec<LookupRow> = lookups.iter().map(LookupRow::of).collect();
        insert_rows!(self.reader.link, lookup, &rows, "", {
            key: Text, at: sql_types::Timestamp, record_id: Text, restricted: Bool,
        });
        Ok(())
    }
}

impl EdgeRow {
    fn of(edge: &Edge) -> Self {
        Self {
            owner_id: edge.owner.to_string(),
            from_id: edge.from.to_string(),
            relation: edge.relation.into(),
            to_id: edge.to.to_string(),
        }
    }

    fn read(self) -> Result<Joined> {
        Ok(Joined { owner: read_id(&self.owner_id)?, from: read_id(&self.from_id)?, to: read_id(&self.to_id)? })
    }
}

impl LookupRow {
    fn of(lookup: &Lookup) -> Self {
        Self {
            key: lookup.key.clone(),
            at: lookup.at.naive(),
            record_id: lookup.record.to_string(),
            restricted: lookup.restricted,
        }
    }

    fn read(self) -> Result<Lookup> {
        Ok(Lookup {
            key: self.key,
            at: Timestamp::from_naive(self.at),
            record: read_id(&self.record_id)?,
            restricted: self.restricted,
        })
    }
}
