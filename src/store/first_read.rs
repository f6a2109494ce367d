//! Which sources were read to their end, and how far their records have been judged since. Until its first read ends,
//! nothing is judged of a source; then its records are, in the order of their ids, which is the order everything that is
//! kept of them is in.

use super::{
    Reader, Transaction, on,
    records::read_id,
    schema::{first_read, record},
};
use crate::{
    error::Result,
    model::{RecordId, RecordKind},
};
use diesel::{ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

/// How many times as many records of every source are looked at for those of one: to find a few among many does not
/// keep others waiting.
const PAGES: usize = 20;

/// Records to judge for the first time: the next of their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstJudged {
    /// Their source.
    pub source: String,
    /// They, by id; there may be none before the last.
    pub records: Vec<RecordId>,
    /// Up to which record that is all of them; to the last without one.
    pub up_to: Option<RecordId>,
}

impl Reader<'_> {
    /// True if a source was read before: to its end, or as far as it could be.
    pub fn was_read(&mut self, source: &str) -> Result<bool> {
        let query = first_read::table.find(source).select(first_read::source);
        let found: Option<String> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(found.is_some())
    }

    /// True if no other source than this was read before.
    pub fn is_only_read(&mut self, source: &str) -> Result<bool> {
        let query = first_read::table.filter(first_read::source.ne(source)).select(first_read::source);
        let found: Option<String> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(found.is_none())
    }

    /// The next records to judge for the first time, at most `limit`. `None` if no source has any.
    pub fn first_judged(&mut self, limit: usize) -> Result<Option<FirstJudged>> {
        let Some((source, judged_to)) = self.judged_to()? else { return Ok(None) };
        let mut next = FirstJudged { source, records: Vec::new(), up_to: None };
        for _ in 0..PAGES {
            let after = next.up_to.map_or_else(|| judged_to.clone(), |id| id.to_string());
            let query = record::table
                .filter(record::id.gt(after))
                .order(record::id)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((record::id, record::source));
            let rows: Vec<(String, String)> = on!(self.link, |connection| query.load(*connection))?;
            let is_last = rows.len() < limit;
            next.up_to = if is_last { None } else { rows.last().map(|(id, _)| read_id(id)).transpose()? };
            let of_source = rows.iter().filter(|(_, of)| *of == next.source);
            next.records = of_source.map(|(id, _)| read_id(id)).collect::<Result<_>>()?;
            if is_last || !next.records.is_empty() {
                break;
            }
        }
        Ok(Some(next))
    }

    /// True if records of some source are still to be judged for the first time.
    pub fn is_judging_first(&mut self) -> Result<bool> {
        Ok(self.judged_to()?.is_some())
    }

    /// How many records are still to be judged for the first time.
    pub(super) fn count_unjudged(&mut self) -> Result<u64> {
        let query = first_read::table.filter(first_read::judged_to.is_not_null()).select(first_read::left);
        let left: Vec<i64> = on!(self.link, |connection| query.load(*connection))?;
        Ok(left.into_iter().map(i64::unsigned_abs).sum())
    }

    /// A source whose records are not all judged yet, and the last id up to which they are.
    fn judged_to(&mut self) -> Result<Option<(String, String)>> {
        let query = first_read::table
            .filter(first_read::judged_to.is_not_null())
            .order(first_read::source)
            .select((first_read::source, first_read::judged_to.assume_not_null()));
        Ok(on!(self.link, |connection| query.first(*connection).optional())?)
    }
}

impl Transaction<'_> {
    /// Notes that a source was read. If it is for the first time, which is true then, its records are to be judged.
    pub fn note_read(&mut self, source: &str) -> Result<bool> {
        if self.was_read(source)? {
            return Ok(false);
        }
        let mut left: i64 = 0;
        for kind in RecordKind::ALL {
            let query = record::table.filter(record::kind.eq(kind.as_str())).filter(record::source.eq(source)).count();
            let count: i64 = on!(self.reader.link, |connection| query.get_result(*connection))?;
            left += count;
        }
        let row = (first_read::source.eq(source), first_read::judged_to.eq(""), first_read::left.eq(left));
        let query = diesel::insert_into(first_read::table).values(row);
        on!(self.reader.link, |connection| query.execute(*connection))?;
        Ok(true)
    }

    /// Notes that these were judged.
    pub fn note_judged(&mut self, judged: &FirstJudged) -> Result<()> {
        let query = first_read::table.find(&judged.source).select(first_read::left);
        let left: i64 = on!(self.reader.link, |connection| query.first(*connection))?;
        let judged_now = i64::try_from(judged.records.len()).unwrap_or(i64::MAX);
        let to = (
            first_read::judged_to.eq(judged.up_to.map(|id| id.to_string())),
            // Records that came since the read were judged as they came.
            first_read::left.eq(if judged.up_to.is_some() { (left - judged_now).max(1) } else { 0 }),
        );
        let query = diesel::update(first_read::table.find(&judged.source)).set(to);
        on!(self.reader.link, |connection| query.execute(*connection))?;
        Ok(())
    }
}
