//! Records: the version guard, writing in batches, pages by kind and filters.

use super::{
    Link, Reader, Transaction,
    among::among,
    bulk::{insert_rows, on_conflict_replace},
    on,
    schema::{record, withheld},
    unreadable,
};
use crate::{
    error::{Error, Problem, Result},
    model::{Body, Field, FieldType, Record, RecordId, RecordKind, RecordVersion, Reference, Ticket, Timestamp, View},
};
use data_encoding::HEXLOWER;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{self, BigInt, Bool, Nullable, Text},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{cmp::Ordering, collections::HashMap};

/// Rows, or identifiers, per statement.
const CHUNK: usize = 1_000;

/// What is replaced once a record exists: all but its identity, and whose twin it is.
const REPLACED: [&str; 12] = [
    "name",
    "url",
    "source_updated_at",
    "source_version",
    "synced_at",
    "deleted_at",
    "changed_seq",
    "content_hash",
    "fields",
    "relations",
    "attributes",
    "restricted",
];

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = record, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: String,
    kind: String,
    source: String,
    external_id: String,
    name: String,
    url: Option<String>,
    source_updated_at: chrono::NaiveDateTime,
    source_version: i64,
    synced_at: chrono::NaiveDateTime,
    deleted_at: Option<chrono::NaiveDateTime>,
    changed_seq: i64,
    canonical_id: String,
    content_hash: String,
    fields: String,
    relations: String,
    attributes: String,
    restricted: bool,
}

/// What writing a batch of versions did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that did not exist before.
    pub created: u64,
    /// Records that moved to a later state.
    pub changed: u64,
    /// Versions that were already known, or older than what is known.
    pub unchanged: u64,
    /// Records the source says are gone.
    pub tombstoned: u64,
}

impl Applied {
    /// With what more did.
    pub fn add(&mut self, more: Self) {
        self.created += more.created;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.tombstoned += more.tombstoned;
    }
}

/// What writing a batch of versions did, and to which records.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The counts.
    pub applied: Applied,
    /// The records that were created, changed or tombstoned, as they are now, by id.
    pub records: Vec<Record>,
    /// Which of them were known before.
    pub known: Vec<RecordId>,
}

/// A condition on one field of a kind.
#[derive(Clone, Debug)]
pub struct FieldFilter {
    /// A name out of `RecordKind::fields`.
    pub field: &'static str,
    /// What its value must be.
    pub test: Test,
}

/// What a field is compared with.
#[derive(Clone, Debug)]
pub enum Test {
    /// Equal to a text, a name, or a number as it is written.
    Is(String),
    /// Equal to a truth value.
    IsTrue(bool),
    /// At or after an instant.
    From(Timestamp),
    /// Before an instant.
    Before(Timestamp),
}

/// Which records of a kind to list.
#[derive(Clone, Debug)]
pub struct RecordQuery {
    /// The kind.
    pub kind: RecordKind,
    /// Only of this source; of all without.
    pub source: Option<String>,
    /// Only of this identifier in its source; of all without.
    pub external_id: Option<String>,
    /// Part of the name or external id, upper or lower case alike.
    pub contains: Option<String>,
    /// Read from their source at or after this instant.
    pub updated_since: Option<Timestamp>,
    /// True to list tombstones too.
    pub include_deleted: bool,
    /// Whose list: the general one leaves restricted records out.
    pub view: View,
    /// All of these hold.
    pub fields: Vec<FieldFilter>,
    /// Of tickets, only what was going on at or after this instant: opened, resolved or closed then, or not ended (an
    /// incident ends when it is resolved); nonconformities, which end by being verified, all of them.
    pub going_on_since: Option<Timestamp>,
    /// Start after this record: its change number and id.
    pub after: Option<(i64, RecordId)>,
    /// At most this many.
    pub limit: u32,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The page, in the order of the list.
    pub items: Vec<T>,
    /// True if there are more after the last item.
    pub more: bool,
}

impl Reader<'_> {
    /// The record with this id.
    pub fn record(&mut self, id: RecordId) -> Result<Option<Record>> {
        use diesel::OptionalExtension;
        let query = record::table.find(id.to_string()).select(record::all_columns);
        on!(self.link, |connection| query.first(*connection).optional())?.map(Row::read).transpose()
    }

    /// The records with these ids, in no order.
    pub fn records_by_id(&mut self, ids: &[RecordId]) -> Result<Vec<Record>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let query = record::table.filter(among(record::id, chunk)).select(record::all_columns);
            found.extend(on!(self.link, |connection| query.load(*connection))?);
        }
        found.into_iter().map(Row::read).collect()
    }

    /// Every record, tombstones too, by id.
    pub fn all_records(&mut self) -> Result<Vec<Record>> {
        let query = record::table.order(record::id).select(record::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(Row::read).collect()
    }

    /// Every record of a kind, tombstones too.
    pub fn records_of(&mut self, kind: RecordKind) -> Result<Vec<Record>> {
        let of_kind = record::table.filter(record::kind.eq(kind.as_str()));
        let query = of_kind.order(record::id).select(record::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(Row::read).collect()
    }

    /// Records of a kind after an id, tombstones too, by id: at most `limit`.
    pub fn records_of_after(&mut self, kind: RecordKind, after: Option<RecordId>, limit: usize) -> Result<Vec<Record>> {
        let query = record::table
            .filter(record::kind.eq(kind.as_str()))
            .filter(record::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
            .order(record::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(record::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(Row::read).collect()
    }

    /// Records after an id, tombstones too, by id: at most `limit`.
    pub fn records_after(&mut self, after: Option<RecordId>, limit: usize) -> Result<Vec<Record>> {
        let query = record::table
            .filter(record::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
            .order(record::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(record::all_columns);
        on!(self.link, |connection| query.load(*connection))?.into_iter().map(Row::read).collect()
    }

    /// The ids of a kind's records after one, tombstones too, by id: at most `limit`.
    pub fn ids_of(&mut self, kind: RecordKind, after: Option<RecordId>, limit: usize) -> Result<Vec<RecordId>> {
        let query = record::table
            .filter(record::kind.eq(kind.as_str()))
            .filter(record::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
            .order(record::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(record::id);
        let ids: Vec<String> = on!(self.link, |connection| query.load(*connection))?;
        ids.iter().map(|id| read_id(id)).collect()
    }

    /// How many records a view has of each kind, without tombstones.
    pub fn counts(&mut self, view: View) -> Result<Vec<(RecordKind, u64)>> {
        let query = record::table
            .filter(record::deleted_at.is_null())
            .filter(record::restricted.le(view == View::Full))
            .group_by(record::kind)
            .order(record::kind)
            .select((record::kind, diesel::dsl::count_star()));
        let counts: Vec<(String, i64)> = on!(self.link, |connection| query.load(*connection))?;
        counts.into_iter().map(|(kind, count)| Ok((read_kind(&kind)?, count.unsigned_abs()))).collect()
    }

    /// One page of a kind, in the order of their last change.
    pub fn records(&mut self, query: &RecordQuery) -> Result<Page<Record>> {
        let limit = query.limit as usize;
        let mut rows = match &mut self.link {
            Link::Sqlite(connection) => matching!(query, Sqlite).load(*connection)?,
            Link::Postgres(connection) => matching!(query, Postgres).load(*connection)?,
        };
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok(Page { items: rows.into_iter().map(Row::read).collect::<Result<_>>()?, more })
    }
}

/// How each database reaches into the JSON of `fields`. Names come from the catalogue of fields, never from a request.
trait FieldSql {
    /// The field as text, null if it is absent or null.
    fn text_of(field: &str) -> String;
    /// How a truth value reads as text.
    fn truth(value: bool) -> &'static str;
}

struct Sqlite;
struct Postgres;

impl FieldSql for Sqlite {
    fn text_of(field: &str) -> String {
        format!(
            "CASE json_type(fields, '$.{field}') WHEN 'object' THEN json_extract(fields, '$.{field}.external_id') ELSE CAST(json_extract(fields, '$.{field}') AS TEXT) END"
        )
    }
    fn truth(value: bool) -> &'static str {
        if value { "1" } else { "0" }
    }
}

impl FieldSql for Postgres {
    fn text_of(field: &str) -> String {
        format!("coalesce(fields::jsonb -> '{field}' ->> 'external_id', fields::jsonb ->> '{field}')")
    }
    fn truth(value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }
}

/// The query for a page; a macro because its type differs by database.
macro_rules! matching {
    ($query:expr, $Sql:ident) => {{
        let query: &RecordQuery = $query;
        let mut rows = record::table.filter(record::kind.eq(query.kind.as_str())).into_boxed();
        if let Some(source) = &query.source {
            rows = rows.filter(record::source.eq(source));
        }
        if let Some(external_id) = &query.external_id {
            rows = rows.filter(record::external_id.eq(external_id));
        }
        if let Some(part) = &query.contains {
            let pattern = format!("%{}%", escape_like(&part.to_lowercase()));
            rows = rows.filter(
                diesel::dsl::sql::<Bool>("(lower(name) LIKE ")
                    .bind::<Text, _>(pattern.clone())
                    .sql(" ESCAPE '\\' OR lower(external_id) LIKE ")
                    .bind::<Text, _>(pattern)
                    .sql(" ESCAPE '\\')"),
            );
        }
        if let Some(since) = query.updated_since {
            rows = rows.filter(record::synced_at.ge(since.naive()));
        }
        if query.view == View::General {
            rows = rows.filter(record::restricted.eq(false));
        }
        if !query.include_deleted {
            rows = rows.filter(record::deleted_at.is_null());
        }
        for filter in &query.fields {
            let (operator, value) = match &filter.test {
                Test::Is(text) => ("=", text.clone()),
                Test::IsTrue(value) => ("=", $Sql::truth(*value).to_owned()),
                Test::From(at) => (">=", at.to_string()),
                Test::Before(at) => ("<", at.to_string()),
            };
            let condition = format!("({}) {operator} ", $Sql::text_of(filter.field));
            rows = rows.filter(diesel::dsl::sql::<Bool>(&condition).bind::<Text, _>(value));
        }
        if let Some(since) = query.going_on_since {
            let [kind, opened, resolved, closed] = ["type", "opened_at", "resolved_at", "closed_at"].map($Sql::text_of);
            let ended = format!("coalesce({resolved}, {closed})");
            rows = rows.filter(
                diesel::dsl::sql::<Bool>(&format!("(coalesce({opened}, '') >= "))
                    .bind::<Text, _>(since.to_string())
                    .sql(&format!(" OR coalesce({closed}, '') >= "))
                    .bind::<Text, _>(since.to_string())
                    .sql(&format!(" OR coalesce({ended}, '9') >= "))
                    .bind::<Text, _>(since.to_string())
                    .sql(&format!(" OR {kind} = 'nonconformity' OR ({kind} <> 'incident' AND {closed} IS NULL))")),
            );
        }
        if let Some((seq, id)) = query.after {
            rows = rows
                .filter(record::changed_seq.ge(seq).and(record::changed_seq.gt(seq).or(record::id.gt(id.to_string()))));
        }
        rows.order((record::changed_seq, record::id)).limit(i64::from(query.limit) + 1).select(record::all_columns)
    }};
}
use matching;

impl Transaction<'_> {
    /// Writes versions of records where they are later than what is known. `history` says that several versions of a
    /// record may come in any order, so that of two versions of the same instant and number the one with the greater
    /// content hash stands, whichever arrives first; without it, changed content wins.
    pub fn apply_versions(
        &mut self,
        versions: Vec<RecordVersion>,
        synced_at: Timestamp,
        history: bool,
    ) -> Result<Written> {
        self.apply_in_chunks(&versions, synced_at, history, false)
    }

    /// The same for versions that were sent as they came to be. They may come in any order, so that what is said to be
    /// gone before it was known is kept as gone; what was there before then changes nothing when it comes.
    pub fn apply_delivered(
        &mut self,
        versions: Vec<RecordVersion>,
        synced_at: Timestamp,
        history: bool,
    ) -> Result<Written> {
        self.apply_in_chunks(&versions, synced_at, history, true)
    }

    fn apply_in_chunks(
        &mut self,
        versions: &[RecordVersion],
        synced_at: Timestamp,
        history: bool,
        delivered: bool,
    ) -> Result<Written> {
        let mut written = Written::default();
        for chunk in versions.chunks(CHUNK) {
            self.apply_chunk(chunk, synced_at, history, delivered, &mut written)?;
        }
        Ok(written)
    }

    fn apply_chunk(
        &mut self,
        versions: &[RecordVersion],
        synced_at: Timestamp,
        history: bool,
        delivered: bool,
        written: &mut Written,
    ) -> Result<()> {
        let applied = &mut written.applied;
        let known = self.known(versions)?;
        let mut standing: HashMap<RecordId, Known> = HashMap::with_capacity(versions.len());
        let mut pending: HashMap<RecordId, (Row, Record)> = HashMap::with_capacity(versions.len());
        let lasting = self.lasting(versions)?;
        for version in versions {
            let id = version.id();
            let mut row = self.row(id, version, synced_at)?;
            if is_bare(version) {
                // What is gone keeps its last known state; of what was never known there is none to keep.
                match pending.get(&id).map(|(row, _)| row).or_else(|| lasting.get(&id)) {
                    Some(last) => row.keep_state_of(last, version.undated),
                    None if delivered => row = self.row(id, &never_known(version), synced_at)?,
                    None => continue,
                }
            }
            let arriving = Known::of(&row);
            let before = standing.get(&id).or_else(|| known.get(&id));
            let repeats = |before: &Known| version.undated && before.hash == arriving.hash;
            if before.is_some_and(|before| repeats(before) || !arriving.replaces(before, history)) {
                applied.unchanged += 1;
                continue;
            }
            standing.insert(id, arriving);
            let record = if is_bare(version) { row.clone().read()? } else { version.record(synced_at, self.seq) };
            if pending.insert(id, (row, record)).is_some() {
                applied.unchanged += 1;
            }
        }
        for (id, (row, _)) in &pending {
            match known.get(id) {
                _ if row.deleted_at.is_some() => applied.tombstoned += 1,
                None => applied.created += 1,
                Some(_) => applied.changed += 1,
            }
        }
        let mut pending: Vec<(Row, Record)> = pending.into_values().collect();
        pending.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let (rows, records): (Vec<Row>, Vec<Record>) = pending.into_iter().unzip();
        let seen = |row: &&Row| read_id(&row.id).is_ok_and(|id| known.get(&id).is_some_and(|known| !known.restricted));
        self.withhold(rows.iter().filter(|row| row.restricted).filter(seen))?;
        written.known.extend(records.iter().map(|record| record.id).filter(|id| known.contains_key(id)));
        written.records.extend(records);
        self.upsert(&rows)
    }

    fn known(&mut self, versions: &[RecordVersion]) -> Result<HashMap<RecordId, Known>> {
        let ids: Vec<RecordId> = versions.iter().map(RecordVersion::id).collect();
        let query = record::table.filter(among(record::id, &ids));
        let query = query.select((
            record::id,
            record::source_updated_at,
            record::source_version,
            record::deleted_at.is_not_null(),
            record::content_hash,
            record::restricted,
        ));
        let rows: Vec<(String, chrono::NaiveDateTime, i64, bool, String, bool)> =
            on!(self.reader.link, |connection| query.load(*connection))?;
        rows.into_iter()
            .map(|(id, updated_at, version, deleted, hash, restricted)| {
                Ok((read_id(&id)?, Known { updated_at, version, deleted, hash, restricted }))
            })
            .collect()
    }

    /// The rows that versions which only say that a record is gone are about.
    fn lasting(&mut self, versions: &[RecordVersion]) -> Result<HashMap<RecordId, Row>> {
        let ids: Vec<String> =
            versions.iter().filter(|version| is_bare(version)).map(|version| version.id().to_string()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = record::table.filter(among(record::id, &ids)).select(record::all_columns);
        let rows: Vec<Row> = on!(self.reader.link, |connection| query.load(*connection))?;
        rows.into_iter().map(|row| Ok((read_id(&row.id)?, row))).collect()
    }

    fn row(&self, id: RecordId, version: &RecordVersion, synced_at: Timestamp) -> Result<Row> {
        let fields = version.body.to_json().map_err(|error| Error::Internal(error.to_string()))?;
        let relations = json(&version.relations)?;
        let attributes = json(&version.attributes)?;
        let content_hash = hash_of(&fields, &relations, &attributes, version.url.as_deref(), version.deleted);
        Ok(Row {
            id: id.to_string(),
            kind: version.body.kind().as_str().into(),
            source: version.source.clone(),
            external_id: version.external_id.clone(),
            name: version.body.name().unwrap_or(&version.external_id).into(),
            url: version.url.clone(),
            source_updated_at: version.source_updated_at.naive(),
            source_version: version.source_version,
            synced_at: synced_at.naive(),
            deleted_at: version.deleted.then(|| version.source_updated_at.naive()),
            changed_seq: self.seq,
            canonical_id: id.to_string(),
            content_hash,
            fields,
            relations,
            attributes,
            restricted: version.body.is_restricted(),
        })
    }

    /// Notes that everybody saw these records before.
    fn withhold<'r>(&mut self, rows: impl Iterator<Item = &'r Row>) -> Result<()> {
        for row in rows {
            let to = withheld::changed_seq.eq(self.seq);
            let noted = (withheld::record_id.eq(&row.id), withheld::kind.eq(&row.kind), to);
            on!(self.reader.link, |connection| diesel::insert_into(withheld::table)
                .values(noted)
                .on_conflict(withheld::record_id)
                .do_update()
                .set(to)
                .execute(*connection))?;
        }
        Ok(())
    }

    fn upsert(&mut self, rows: &[Row]) -> Result<()> {
        self.changed |= !rows.is_empty();
        insert_rows!(self.reader.link, record, rows, on_conflict_replace("id", &REPLACED), {
            id: Text, kind: Text, source: Text, external_id: Text, name: Text, url: Nullable<Text>,
            source_updated_at: sql_types::Timestamp, source_version: BigInt, synced_at: sql_types::Timestamp,
            deleted_at: Nullable<sql_types::Timestamp>, changed_seq: BigInt, canonical_id: Text, content_hash: Text,
            fields: Text, relations: Text, attributes: Text, restricted: Bool,
        });
        Ok(())
    }
}

/// What decides whether a version replaces another.
struct Known {
    updated_at: chrono::NaiveDateTime,
    version: i64,
    deleted: bool,
    hash: String,
    restricted: bool,
}

impl Known {
    fn of(row: &Row) -> Self {
        Self {
            updated_at: row.source_updated_at,
            version: row.source_version,
            deleted: row.deleted_at.is_some(),
            hash: row.content_hash.clone(),
            restricted: row.restricted,
        }
    }

    fn replaces(&self, before: &Self, history: bool) -> bool {
        match (self.updated_at, self.version).cmp(&(before.updated_at, before.version)) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal if history => (self.deleted, &self.hash) > (before.deleted, &before.hash),
            Ordering::Equal => self.hash != before.hash,
        }
    }
}

impl Row {
    /// Makes this the tombstone of a record in its last state. If its source does not say when it went, it keeps its
    /// version too, so that it stands again as soon as the source shows it again.
    fn keep_state_of(&mut self, last: &Self, undated: bool) {
        self.name.clone_from(&last.name);
        self.url.clone_from(&last.url);
        self.canonical_id.clone_from(&last.canonical_id);
        self.restricted = last.restricted;
        self.fields.clone_from(&last.fields);
        self.relations.clone_from(&last.relations);
        self.attributes.clone_from(&last.attributes);
        if undated {
            self.source_updated_at = last.source_updated_at;
            self.source_version = last.source_version;
        }
        if last.deleted_at.is_some() && undated {
            self.deleted_at = last.deleted_at;
        }
        self.content_hash =
            hash_of(&self.fields, &self.relations, &self.attributes, self.url.as_deref(), self.deleted_at.is_some());
    }

    pub(super) fn read(self) -> Result<Record> {
        let kind = read_kind(&self.kind)?;
        let broken = |error: serde_json::Error| unreadable(&format!("{kind} {}", self.id), error);
        Ok(Record {
            id: read_id(&self.id)?,
            body: Body::from_text(kind, &self.fields).map_err(broken)?,
            relations: serde_json::from_str(&self.relations).map_err(broken)?,
            attributes: serde_json::from_str(&self.attributes).map_err(broken)?,
            canonical_id: read_id(&self.canonical_id)?,
            source: self.source,
            external_id: self.external_id,
            url: self.url,
            source_updated_at: Timestamp::from_naive(self.source_updated_at),
            source_version: self.source_version,
            synced_at: Timestamp::from_naive(self.synced_at),
            deleted_at: self.deleted_at.map(Timestamp::from_naive),
            changed_seq: self.changed_seq,
        })
    }
}

impl FieldFilter {
    /// Reads a query parameter: a field's name with a value, or a time field's name with `_from` or `_before`.
    /// `None` if no field of the kind is meant.
    pub fn parse(kind: RecordKind, parameter: &str, value: &str) -> Option<Result<Self, Problem>> {
        let field = |name: &str| kind.fields().iter().find(|field| field.name == name);
        let broken = |rule: String| Some(Err(Problem::new(parameter, rule)));
        if let Some(field) = field(parameter) {
            let test = match field.field_type {
                FieldType::Bool => match value {
                    "true" => Test::IsTrue(true),
                    "false" => Test::IsTrue(false),
                    _ => return broken(format!("`{value}` is neither true nor false")),
                },
                FieldType::Integer { min, max } => match value.parse::<i64>() {
                    Ok(number) if (min..=max).contains(&number) => Test::Is(number.to_string()),
                    _ => return broken(format!("`{value}` is not a whole number from {min} to {max}")),
                },
                FieldType::Name(names) if !names.contains(&value) => {
                    return broken(format!(
                        "`{value}` is not one of {}{}",
                        names.join(", "),
                        crate::error::did_you_mean(value, names.iter().copied())
                    ));
                }
                FieldType::Name(_) | FieldType::Text | FieldType::Reference(_) | FieldType::AnyReference => {
                    Test::Is(value.into())
                }
                FieldType::Time => {
                    return broken(format!("filter by `{parameter}_from` and `{parameter}_before`"));
                }
                _ => return broken(format!("{} cannot be filtered by", field.field_type.describe())),
            };
            return Some(Ok(Self { field: field.name, test }));
        }
        let (name, test): (_, fn(Timestamp) -> Test) = match parameter.strip_suffix("_from") {
            Some(name) => (name, Test::From),
            None => (parameter.strip_suffix("_before")?, Test::Before),
        };
        let field = field(name).filter(|field| field.field_type == FieldType::Time)?;
        Some(match value.parse() {
            Ok(at) => Ok(Self { field: field.name, test: test(at) }),
            Err(rule) => Err(Problem::new(parameter, rule)),
        })
    }
}

pub(super) fn read_kind(text: &str) -> Result<RecordKind> {
    text.parse().map_err(|error| unreadable("record's kind", error))
}

/// The record that columns name.
pub(super) fn read_reference(kind: &str, source: &str, external_id: &str) -> Result<Reference> {
    Ok(Reference::new(read_kind(kind)?, source, external_id))
}

pub(super) fn read_id(text: &str) -> Result<RecordId> {
    text.parse().map_err(|error| unreadable("record's id", error))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

/// True if the version says that the record is gone, and nothing else.
fn is_bare(version: &RecordVersion) -> bool {
    version.deleted
        && version.relations.is_empty()
        && version.attributes.is_empty()
        && version.body.to_json().is_ok_and(|fields| fields == "{}")
}

/// What is kept of a record that is gone and was never known. Whether a ticket was for everyone nobody can say.
fn never_known(gone: &RecordVersion) -> RecordVersion {
    let body = match &gone.body {
        Body::Ticket(ticket) => Body::Ticket(Ticket { restricted: Field::Value(true), ..ticket.clone() }),
        body => body.clone(),
    };
    RecordVersion { body, ..gone.clone() }
}

fn hash_of(fields: &str, relations: &str, attributes: &str, url: Option<&str>, deleted: bool) -> String {
    content_hash(&[fields, relations, attributes, url.unwrap_or_default(), if deleted { "deleted" } else { "" }])
}

/// A digest of a record's content; parts are told apart by their lengths.
fn content_hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    HEXLOWER.encode(&digest.finalize()[..16])
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
