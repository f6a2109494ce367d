//! Where streams go on from, and which of their records were last seen when.

use super::{
    Reader, Transaction,
    bulk::{insert_rows, on_conflict_replace},
    on,
    records::read_reference,
    schema::{record, sighting, sync_cursor},
};
use crate::{
    error::Result,
    model::{RecordId, Reference, Timestamp},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, QueryDsl, RunQueryDsl,
    dsl::count_star,
    sql_types::{self, Text},
    upsert::excluded,
};
use std::collections::BTreeMap;

/// Rows of a statement, by the values it binds.
const CHUNK: usize = 1_000;

/// Where a stream goes on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncCursor {
    /// What its source is asked from; none before the first run that says.
    pub reached: Option<String>,
    /// When its last full read began.
    pub full_read_at: Option<Timestamp>,
    /// Proof that its cursor was tested.
    pub tested: Option<String>,
    /// What it was read by; another means that it is to be read in full. Empty if it is not known, or does not matter.
    pub digest: String,
}

/// What a full read of a stream did not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Records it is known to have, tombstones aside.
    pub known: u64,
    /// Those of them that were last seen before.
    pub unseen: u64,
}

#[derive(Insertable)]
#[diesel(table_name = sighting)]
struct Sighting {
    record_id: String,
    source: String,
    stream: String,
    seen_at: chrono::NaiveDateTime,
}

impl Reader<'_> {
    /// Where each stream of a source goes on from.
    pub fn sync_cursors(&mut self, source: &str) -> Result<BTreeMap<String, SyncCursor>> {
        type Row = (String, Option<String>, Option<chrono::NaiveDateTime>, Option<String>, String);
        let query = sync_cursor::table.filter(sync_cursor::source.eq(source)).select((
            sync_cursor::stream,
            sync_cursor::reached,
            sync_cursor::full_read_at,
            sync_cursor::tested,
            sync_cursor::digest,
        ));
        let rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
        Ok(rows
            .into_iter()
            .map(|(stream, reached, full_read_at, tested, digest)| {
                let full_read_at = full_read_at.map(Timestamp::from_naive);
                (stream, SyncCursor { reached, full_read_at, tested, digest })
            })
            .collect())
    }

    /// How many records a stream is known to have, and how many of them it last showed before an instant and were not
    /// written since.
    pub fn unseen(&mut self, source: &str, stream: &str, before: Timestamp) -> Result<Unseen> {
        let before = before.naive();
        let known: i64 = on!(self.link, |connection| sighting::table
            .inner_join(record::table.on(record::id.eq(sighting::record_id)))
            .filter(sighting::source.eq(source).and(sighting::stream.eq(stream)).and(record::deleted_at.is_null()))
            .select(count_star())
            .first(*connection))?;
        let unseen: i64 = on!(self.link, |connection| sighting::table
            .inner_join(record::table.on(record::id.eq(sighting::record_id)))
            .filter(sighting::source.eq(source).and(sighting::stream.eq(stream)).and(record::deleted_at.is_null()))
            .filter(sighting::seen_at.lt(before).and(record::synced_at.lt(before)))
            .select(count_star())
            .first(*connection))?;
        Ok(Unseen { known: known.unsigned_abs(), unseen: unseen.unsigned_abs() })
    }

    /// Some of the records that `unseen` counts.
    pub fn unseen_records(&mut self, source: &str, stream: &str, before: Timestamp) -> Result<Vec<Reference>> {
        let before = before.naive();
        let rows: Vec<(String, String, String)> = on!(self.link, |connection| sighting::table
            .inner_join(record::table.on(record::id.eq(sighting::record_id)))
            .filter(sighting::source.eq(source).and(sighting::stream.eq(stream)).and(record::deleted_at.is_null()))
            .filter(sighting::seen_at.lt(before).and(record::synced_at.lt(before)))
            .order(sighting::record_id)
            .limit(CHUNK as i64)
            .select((record::kind, record::source, record::external_id))
            .load(*connection))?;
        rows.into_iter().map(|(kind, source, external_id)| read_reference(&kind, &source, &external_id)).collect()
    }
}

impl Transaction<'_> {
    /// Keeps where a stream goes on from.
    pub fn keep_cursor(&mut self, source: &str, stream: &str, cursor: &SyncCursor) -> Result<()> {
        let values = (
            sync_cursor::source.eq(source),
            sync_cursor::stream.eq(stream),
            sync_cursor::reached.eq(&cursor.reached),
            sync_cursor::full_read_at.eq(cursor.full_read_at.map(Timestamp::naive)),
            sync_cursor::tested.eq(&cursor.tested),
            sync_cursor::digest.eq(&cursor.digest),
        );
        on!(self.reader.link, |connection| diesel::insert_into(sync_cursor::table)
            .values(values)
            .on_conflict((sync_cursor::source, sync_cursor::stream))
            .do_update()
            .set((
                sync_cursor::reached.eq(excluded(sync_cursor::reached)),
                sync_cursor::full_read_at.eq(excluded(sync_cursor::full_read_at)),
                sync_cursor::tested.eq(excluded(sync_cursor::tested)),
                sync_cursor::digest.eq(excluded(sync_cursor::digest)),
            ))
            .execute(*connection))?;
        Ok(())
    }

    /// Forgets where the streams of a source go on from.
    pub fn forget_cursors(&mut self, source: &str) -> Result<()> {
        let cursors = sync_cursor::table.filter(sync_cursor::source.eq(source));
        on!(self.reader.link, |connection| diesel::delete(cursors).execute(*connection))?;
        Ok(())
    }

    /// Notes that a stream showed these records; one that was seen later stays so.
    pub fn saw(&mut self, source: &str, stream: &str, records: &[RecordId], at: Timestamp) -> Result<()> {
        let mut ids: Vec<String> = records.iter().map(ToString::to_string).collect();
        ids.sort();
        ids.dedup();
        for chunk in ids.chunks(CHUNK) {
            let row = |id: &String| Sighting {
                record_id: id.clone(),
                source: source.into(),
                stream: stream.into(),
                seen_at: at.naive(),
            };
            let rows: Vec<Sighting> = chunk.iter().map(row).collect();
            let replace = on_conflict_replace("record_id", &["source", "stream", "seen_at"]);
            let then = format!("{replace} WHERE sighting.seen_at < excluded.seen_at");
            insert_rows!(self.reader.link, sighting, &rows, then, {
                record_id: Text, source: Text, stream: Text, seen_at: sql_types::Timestamp,
            });
        }
        Ok(())
    }
}
