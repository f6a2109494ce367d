//! Whole tables, page by page: everything there is, by key, or what changed in a stretch of changes, by change.
//!
//! A page starts after the last row of the page before, whatever happened in between. By key every row comes once, as it
//! is when its page is read. By change nothing comes that changed after the stretch: it comes with the next one.

use super::{
    Finding, Reader, after,
    judgements::{FindingRow, Views},
    on,
    records::{Row, read_id},
    schema::{finding, moment, record, withheld},
};
use crate::{
    error::Result,
    model::{Record, RecordId, RecordKind, Timestamp, View},
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The number of the first.
    pub from: i64,
    /// The number of the last.
    pub to: i64,
    /// From when on they happened.
    pub since: Timestamp,
    /// When the last one happened.
    pub until: Timestamp,
}

/// Something that came with a change, and may have gone with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lasting<T> {
    /// What it is, or was.
    pub item: T,
    /// The number of the change.
    pub seq: i64,
    /// True if there is no such thing any more.
    pub gone: bool,
}

impl Reader<'_> {
    /// The changes from an instant on, up to the last one.
    pub fn stretch(&mut self, since: Timestamp) -> Result<Stretch> {
        let ledger = self.ledger()?;
        let before = moment::table
            .filter(moment::at.lt(since.naive()))
            .order((moment::at.desc(), moment::seq.desc()))
            .select(moment::seq);
        let before: Option<i64> = on!(self.link, |connection| before.first(*connection).optional())?;
        Ok(Stretch { from: before.map_or(0, |seq| seq + 1), to: ledger.seq, since, until: ledger.at })
    }

    /// When these changes happened. Those made before moments were kept all happened at the first moment known.
    pub fn moments(&mut self, seqs: &BTreeSet<i64>) -> Result<BTreeMap<i64, Timestamp>> {
        let asked: Vec<i64> = seqs.iter().copied().collect();
        let query = moment::table.filter(moment::seq.eq_any(asked)).select((moment::seq, moment::at));
        let rows: Vec<(i64, chrono::NaiveDateTime)> = on!(self.link, |connection| query.load(*connection))?;
        let mut found: BTreeMap<i64, Timestamp> =
            rows.into_iter().map(|(seq, at)| (seq, Timestamp::from_naive(at))).collect();
        if found.len() < seqs.len() {
            let query = moment::table.order(moment::seq).select(moment::at);
            let first: Option<chrono::NaiveDateTime> =
                on!(self.link, |connection| query.first(*connection).optional())?;
            let first = first.map_or(Timestamp::from_millis(0), Timestamp::from_naive);
            for seq in seqs {
                found.entry(*seq).or_insert(first);
            }
        }
        Ok(found)
    }

    /// Records of a kind that there are in a view, by source and external id, after one.
    pub fn records_by_key(
        &mut self,
        kind: RecordKind,
        view: View,
        after: Option<&Record>,
        limit: u32,
    ) -> Result<Vec<Record>> {
        let rows: Vec<Row> = on!(self.link, |connection| {
            let mut rows = record::table
                .filter(record::kind.eq(kind.as_str()))
                .filter(record::deleted_at.is_null())
                .filter(record::restricted.le(view == View::Full))
                .into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!("source, external_id", Text: &last.source, Text: &last.external_id));
            }
            rows.order((record::source, record::external_id))
                .limit(limit.into())
                .select(record::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Records of a kind that changed in a stretch, tombstones too, by change, after one.
    pub fn records_changed(
        &mut self,
        kind: RecordKind,
        view: View,
        stretch: &Stretch,
        after: Option<&Record>,
        limit: u32,
    ) -> Result<Vec<Record>> {
        let rows: Vec<Row> = on!(self.link, |connection| {
            let mut rows = record::table
                .filter(record::kind.eq(kind.as_str()))
                .filter(record::changed_seq.between(stretch.from, stretch.to))
                .filter(record::restricted.le(view == View::Full))
                .into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!("changed_seq, id", BigInt: last.changed_seq, Text: last.id.to_string()));
            }
            rows.order((record::changed_seq, record::id))
                .limit(limit.into())
                .select(record::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Records of a kind that everybody saw before a stretch and only the full view has since, by change, after one. One
    /// that everybody sees again is among them: [`Reader::restricted`] tells.
    pub fn records_withheld(
        &mut self,
        kind: RecordKind,
        stretch: &Stretch,
        after: Option<&Lasting<RecordId>>,
        limit: u32,
    ) -> Result<Vec<Lasting<RecordId>>> {
        let rows: Vec<(i64, String)> = on!(self.link, |connection| {
            let mut rows = withheld::table
                .filter(withheld::kind.eq(kind.as_str()))
                .filter(withheld::changed_seq.between(stretch.from, stretch.to))
                .into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!("changed_seq, record_id", BigInt: last.seq, Text: last.item.to_string()));
            }
            rows.order((withheld::changed_seq, withheld::record_id))
                .limit(limit.into())
                .select((withheld::changed_seq, withheld::record_id))
                .load(*connection)
        })?;
        rows.into_iter().map(|(seq, id)| Ok(Lasting { item: read_id(&id)?, seq, gone: true })).collect()
    }

    /// Of these records, those that only the full view has.
    pub fn restricted(&mut self, ids: &[RecordId]) -> Result<BTreeSet<RecordId>> {
        let records = self.records_by_id(ids)?;
        Ok(records.iter().filter(|record| record.body.is_restricted()).map(|record| record.id).collect())
    }

    /// The open findings of a view, by indicator and record, after one.
    pub fn findings_by_key(&mut self, view: View, after: Option<&Finding>, limit: u32) -> Result<Vec<Finding>> {
        let rows: Vec<FindingRow> = on!(self.link, |connection| {
            let mut rows = finding::table
                .filter(finding::views.eq_any(Views::of(view)))
                .filter(finding::closed_at.is_null())
                .into_boxed();
            if let Some(last) = after {
                rows =
                    rows.filter(after!("indicator, record_id", Text: &last.indicator, Text: last.record.to_string()));
            }
            rows.order((finding::indicator, finding::record_id))
                .limit(limit.into())
                .select(finding::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(FindingRow::read).collect()
    }

    /// The open findings of a view that came in a stretch, by change, after one. One that was in another view before, or
    /// in both, comes with the change that brought it into this one, open since it was.
    pub fn findings_opened(
        &mut self,
        view: View,
        stretch: &Stretch,
        after: Option<&Finding>,
        limit: u32,
    ) -> Result<Vec<Finding>> {
        let rows: Vec<FindingRow> = on!(self.link, |connection| {
            let mut rows = finding::table
                .filter(finding::views.eq_any(Views::of(view)))
                .filter(finding::opened_seq.between(stretch.from, stretch.to))
                .filter(finding::closed_at.is_null())
                .into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!(
                    "opened_seq, indicator, record_id",
                    BigInt: last.opened_seq,
                    Text: &last.indicator,
                    Text: last.record.to_string()
                ));
            }
            rows.order((finding::opened_seq, finding::indicator, finding::record_id))
                .limit(limit.into())
                .select(finding::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(FindingRow::read).collect()
    }

    /// The findings of a view that were closed in a stretch, by their closing, after one. One that went on in another
    /// view, or in both, is among them: [`Reader::open_findings_on`] tells.
    pub fn findings_closed(
        &mut self,
        view: View,
        stretch: &Stretch,
        after: Option<&Finding>,
        limit: u32,
    ) -> Result<Vec<Finding>> {
        let rows: Vec<FindingRow> = on!(self.link, |connection| {
            let mut rows = finding::table
                .filter(finding::views.eq_any(Views::of(view)))
                .filter(finding::closed_at.between(stretch.since.naive(), stretch.until.naive()))
                .into_boxed();
            if let Some((last, closed)) = after.and_then(|last| Some((last, last.closed_at?))) {
                rows = rows.filter(after!(
                    "closed_at, indicator, record_id, opened_seq",
                    Timestamp: closed.naive(),
                    Text: &last.indicator,
                    Text: last.record.to_string(),
                    BigInt: last.opened_seq
                ));
            }
            rows.order((finding::closed_at, finding::indicator, finding::record_id, finding::opened_seq))
                .limit(limit.into())
                .select(finding::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(FindingRow::read).collect()
    }
}
