//! Where streams go on from, which of their records were last seen when, and rows that may be mapped again.

use super::{
    Reader, SetAsideRow, Transaction,
    among::among,
    on,
    records::read_reference,
    runs::SetAside,
    schema::{record, set_aside_row, sighting, sync_cursor},
};
use crate::{
    error::Result,
    model::{RecordId, Reference, Timestamp},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl, dsl::count_star, upsert::excluded,
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
}

/// What a full read of a stream did not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Records it is known to have, tombstones aside.
    pub known: u64,
    /// Those of them that were last seen before.
    pub unseen: u64,
}

impl Reader<'_> {
    /// Where each stream of a source goes on from.
    pub fn sync_cursors(&mut self, source: &str) -> Result<BTreeMap<String, SyncCursor>> {
        type Row = (String, Option<String>, Option<chrono::NaiveDateTime>, Option<String>);
        let query = sync_cursor::table.filter(sync_cursor::source.eq(source)).select((
            sync_cursor::stream,
            sync_cursor::reached,
            sync_cursor::full_read_at,
            sync_cursor::tested,
        ));
        let rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
        Ok(rows
            .into_iter()
            .map(|(stream, reached, full_read_at, tested)| {
                (stream, SyncCursor { reached, full_read_at: full_read_at.map(Timestamp::from_naive), tested })
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
    /// Keeps where a stream goes on from.
    pub fn keep_cursor(&mut self, source: &str, stream: &str, cursor: &SyncCursor) -> Result<()> {
        let values = (
            sync_cursor::source.eq(source),
            sync_cursor::stream.eq(stream),
            sync_cursor::reached.eq(&cursor.reached),
            sync_cursor::full_read_at.eq(cursor.full_read_at.map(Timestamp::naive)),
            sync_cursor::tested.eq(&cursor.tested),
        );
        on!(self.reader.link, |connection| diesel::insert_into(sync_cursor::table)
            .values(values)
            .on_conflict((sync_cursor::source, sync_cursor::stream))
            .do_update()
            .set((
                sync_cursor::reached.eq(excluded(sync_cursor::reached)),
                sync_cursor::full_read_at.eq(excluded(sync_cursor::full_read_at)),
                sync_cursor::tested.eq(excluded(sync_cursor::tested)),
            ))
            .execute(*connection))?;
        Ok(())
    }

    /// Notes that a stream showed these records.
    pub fn saw(&mut self, source: &str, stream: &str, records: &[RecordId], at: Timestamp) -> Result<()> {
        let mut ids: Vec<String> = records.iter().map(ToString::to_string).collect();
        ids.sort();
        ids.dedup();
        for chunk in ids.chunks(CHUNK) {
            let rows: Vec<_> = chunk
                .iter()
                .map(|id| {
                    (
                        sighting::record_id.eq(id),
                        sighting::source.eq(source),
                        sighting::stream.eq(stream),
                        sighting::seen_at.eq(at.naive()),
                    )
                })
                .collect();
            on!(self.reader.link, |connection| diesel::insert_into(sighting::table)
                .values(&rows)
                .on_conflict(sighting::record_id)
                .do_update()
                .set((
                    sighting::source.eq(excluded(sighting::source)),
                    sighting::stream.eq(excluded(sighting::stream)),
                    sighting::seen_at.eq(excluded(sighting::seen_at)),
                ))
                .execute(*connection))?;
        }
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
