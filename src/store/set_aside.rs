//! Rows no record could be made of. One row is kept of a record, or of content where it is not known which record it is.

use super::{Page, Reader, Transaction, among::among, bulk::insert_rows, on, runs::page, schema::set_aside_row};
use crate::{
    error::Result,
    model::{RecordId, Timestamp},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{self, Bool, Text},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Rows of a statement, by the values it binds.
const CHUNK: usize = 500;

/// A source row no record could be made of. The rest of its source was read all the same.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SetAsideRow {
    /// Its identifier.
    pub id: String,
    /// The run that set it aside.
    pub run_id: String,
    /// The source's name.
    pub source: String,
    /// The connector's stream it was read from.
    pub stream: String,
    /// Where the row stands in its source.
    pub position: String,
    /// The rule it broke.
    pub reason: String,
    /// The row as the source gave it; its begin if it is very long, `null` if it says that it is restricted.
    pub content: String,
    /// True if that is all of it: once the mapping has changed, it is tried on this row. If not, the stream is read in
    /// full then, as if for the first time. Either when the source is next read.
    pub whole: bool,
    /// A digest of the mapping that could not; another is tried when the source is next read.
    #[serde(skip)]
    pub mapping_version: String,
    /// What tells whether it is the same row, or another state of it: the id of its record, or a digest of its content.
    #[serde(skip)]
    pub key: String,
    /// True if it is known which records it stands for.
    #[serde(skip)]
    pub of_record: bool,
    /// When the run began that read it.
    #[serde(skip)]
    pub read_at: Timestamp,
}

impl SetAsideRow {
    /// The row, if it is kept whole.
    pub fn row(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.content).ok().filter(serde_json::Value::is_object)
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = set_aside_row)]
struct SetAside {
    id: String,
    run_id: String,
    source: String,
    stream: String,
    position: String,
    reason: String,
    content: String,
    mapping_version: String,
    key: String,
    of_record: bool,
    read_at: chrono::NaiveDateTime,
}

impl SetAside {
    fn read(self) -> SetAsideRow {
        let mut row = SetAsideRow {
            id: self.id,
            run_id: self.run_id,
            source: self.source,
            stream: self.stream,
            position: self.position,
            reason: self.reason,
            content: self.content,
            whole: false,
            mapping_version: self.mapping_version,
            key: self.key,
            of_record: self.of_record,
            read_at: Timestamp::from_naive(self.read_at),
        };
        row.whole = row.row().is_some();
        row
    }

    fn of(row: SetAsideRow) -> Self {
        Self {
            id: row.id,
            run_id: row.run_id,
            source: row.source,
            stream: row.stream,
            position: row.position,
            reason: row.reason,
            content: row.content,
            mapping_version: row.mapping_version,
            key: row.key,
            of_record: row.of_record,
            read_at: row.read_at.naive(),
        }
    }
}

impl Reader<'_> {
    /// A page of the rows of a source that its last runs set aside, in the order they were read.
    pub fn set_aside_rows(&mut self, source: &str, after: Option<&str>, limit: u32) -> Result<Page<SetAsideRow>> {
        let query = set_aside_row::table
            .filter(set_aside_row::source.eq(source))
            .filter(set_aside_row::id.gt(after.unwrap_or_default()))
            .order(set_aside_row::id)
            .limit(i64::from(limit) + 1)
            .select(set_aside_row::all_columns);
        let rows: Vec<SetAside> = on!(self.link, |connection| query.load(*connection))?;
        page(rows, limit, |row| Ok(row.read()))
    }

    /// The streams of a source of which rows are set aside, and whether it is known of all of them which record they are.
    pub fn streams_set_aside(&mut self, source: &str) -> Result<BTreeMap<String, bool>> {
        let query = set_aside_row::table.filter(set_aside_row::source.eq(source));
        let query = query.select((set_aside_row::stream, set_aside_row::of_record)).distinct();
        let rows: Vec<(String, bool)> = on!(self.link, |connection| query.load(*connection))?;
        let mut streams = BTreeMap::new();
        for (stream, of_record) in rows {
            *streams.entry(stream).or_insert(true) &= of_record;
        }
        Ok(streams)
    }

    /// Some rows of a stream that another mapping than this one could make nothing of, in their order, after one.
    pub fn set_aside_by_others(
        &mut self,
        source: &str,
        stream: &str,
        mapping_version: &str,
        after: &str,
    ) -> Result<Vec<SetAsideRow>> {
        let query = set_aside_row::table
            .filter(set_aside_row::source.eq(source).and(set_aside_row::stream.eq(stream)))
            .filter(set_aside_row::mapping_version.ne(mapping_version).and(set_aside_row::id.gt(after)))
            .order(set_aside_row::id)
            .limit(500)
            .select(set_aside_row::all_columns);
        let rows: Vec<SetAside> = on!(self.link, |connection| query.load(*connection))?;
        Ok(rows.into_iter().map(SetAside::read).collect())
    }
}

impl Transaction<'_> {
    /// Keeps rows of a stream that were set aside, in place of earlier states of them.
    pub fn set_aside(&mut self, source: &str, stream: &str, rows: Vec<SetAsideRow>) -> Result<()> {
        let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        self.forget_set_aside_of(source, stream, &keys)?;
        let rows: Vec<SetAside> = rows.into_iter().map(SetAside::of).collect();
        insert_rows!(self.reader.link, set_aside_row, &rows, "", {
            id: Text, run_id: Text, source: Text, stream: Text, position: Text, reason: Text, content: Text,
            mapping_version: Text, key: Text, of_record: Bool, read_at: sql_types::Timestamp,
        });
        Ok(())
    }

    /// Forgets the rows of a stream that have these keys.
    fn forget_set_aside_of(&mut self, source: &str, stream: &str, keys: &[&str]) -> Result<()> {
        for chunk in keys.chunks(CHUNK) {
            let rows = set_aside_row::table
                .filter(set_aside_row::source.eq(source).and(set_aside_row::stream.eq(stream)))
                .filter(among(set_aside_row::key, chunk));
            on!(self.reader.link, |connection| diesel::delete(rows).execute(*connection))?;
        }
        Ok(())
    }

    /// Forgets rows of a stream that were set aside, of records that have come through since.
    pub fn came_through(&mut self, source: &str, stream: &str, records: &[RecordId]) -> Result<()> {
        let keys: Vec<String> = records.iter().map(ToString::to_string).collect();
        self.forget_set_aside_of(source, stream, &keys.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Forgets what earlier runs set aside of a stream: this run has read every row of it again.
    pub fn forget_set_aside_before(&mut self, source: &str, stream: &str, run_id: &str) -> Result<()> {
        let earlier = set_aside_row::table
            .filter(set_aside_row::source.eq(source))
            .filter(set_aside_row::stream.eq(stream))
            .filter(set_aside_row::run_id.ne(run_id));
        on!(self.reader.link, |connection| diesel::delete(earlier).execute(*connection))?;
        Ok(())
    }

    /// Forgets rows that were set aside and have become records.
    pub fn forget_set_aside(&mut self, ids: &[String]) -> Result<()> {
        for chunk in ids.chunks(CHUNK) {
            let rows = set_aside_row::table.filter(among(set_aside_row::id, chunk));
            on!(self.reader.link, |connection| diesel::delete(rows).execute(*connection))?;
        }
        Ok(())
    }

    /// Notes that this mapping can make nothing of a row either, and why.
    pub fn set_aside_again(&mut self, id: &str, reason: &str, mapping_version: &str) -> Result<()> {
        let to = (set_aside_row::reason.eq(reason), set_aside_row::mapping_version.eq(mapping_version));
        on!(self.reader.link, |connection| diesel::update(set_aside_row::table.find(id)).set(to).execute(*connection))?;
        Ok(())
    }
}
