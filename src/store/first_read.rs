//! Which sources were read to their end, and how far their records have been judged since. Until its first read ends,
//! nothing is judged of a source; then its records are, in the order of kinds and external ids.

use super::{
    Reader, Transaction, on,
    records::{read_id, read_kind},
    schema::{first_read, record},
};
use crate::{
    error::Result,
    model::{RecordId, RecordKind},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl,
};

/// Records to judge for the first time: the next of their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstJudged {
    /// Their source.
    pub source: String,
    /// They, all of one kind. None if all have been judged.
    pub records: Vec<RecordId>,
    /// The last of them.
    last: Option<(RecordKind, String)>,
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
        let Some((source, kind, mut after)) = self.judged_to()? else { return Ok(None) };
        for &kind in RecordKind::ALL.iter().skip_while(|known| **known != kind) {
            let query = record::table
                .filter(record::kind.eq(kind.as_str()))
                .filter(record::source.eq(&source))
                .filter(record::external_id.gt(&after))
                .order(record::external_id)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((record::id, record::external_id));
            let rows: Vec<(String, String)> = on!(self.link, |connection| query.load(*connection))?;
            if let Some((_, last)) = rows.last() {
                let last = Some((kind, last.clone()));
                let records = rows.iter().map(|(id, _)| read_id(id)).collect::<Result<_>>()?;
                return Ok(Some(FirstJudged { source, records, last }));
            }
            after.clear();
        }
        Ok(Some(FirstJudged { source, records: Vec::new(), last: None }))
    }

    /// True if records of some source are still to be judged for the first time.
    pub fn is_judging_first(&mut self) -> Result<bool> {
        Ok(self.judged_to()?.is_some())
    }

    /// How many records are still to be judged for the first time.
    pub(super) fn count_unjudged(&mut self) -> Result<u64> {
        let mut left = 0;
        let query = first_read::table.filter(first_read::kind.is_not_null());
        let query = query.select((first_read::source, first_read::kind.assume_not_null(), first_read::external_id));
        let judged_to: Vec<(String, String, String)> = on!(self.link, |connection| query.load(*connection))?;
        for (source, kind, external_id) in judged_to {
            let of_kind = record::kind.eq(kind.clone()).and(record::external_id.gt(external_id));
            let kind = read_kind(&kind)?;
            let later = RecordKind::ALL.iter().skip_while(|known| **known != kind).skip(1).map(|kind| kind.as_str());
            let query =
                record::table.filter(record::source.eq(source)).filter(of_kind.or(record::kind.eq_any(later))).count();
            let count: i64 = on!(self.link, |connection| query.get_result(*connection))?;
            left += count.unsigned_abs();
        }
        Ok(left)
    }

    /// A source whose records are not all judged yet, and the last that is.
    fn judged_to(&mut self) -> Result<Option<(String, RecordKind, String)>> {
        let query = first_read::table.filter(first_read::kind.is_not_null()).order(first_read::source);
        let query = query.select((first_read::source, first_read::kind.assume_not_null(), first_read::external_id));
        let found: Option<(String, String, String)> = on!(self.link, |connection| query.first(*connection).optional())?;
        found.map(|(source, kind, external_id)| Ok((source, read_kind(&kind)?, external_id))).transpose()
    }
}

impl Transaction<'_> {
    /// Notes that a source was read. True if it is for the first time: then its records are to be judged.
    pub fn note_read(&mut self, source: &str) -> Result<bool> {
        let first = RecordKind::ALL.first().map(|kind| kind.as_str());
        let row = (first_read::source.eq(source), first_read::kind.eq(first), first_read::external_id.eq(""));
        let query = diesel::insert_into(first_read::table).values(row).on_conflict_do_nothing();
        Ok(on!(self.reader.link, |connection| query.execute(*connection))? > 0)
    }

    /// Notes that these were judged.
    pub fn note_judged(&mut self, judged: &FirstJudged) -> Result<()> {
        let (kind, external_id) = match &judged.last {
            Some((kind, external_id)) => (Some(kind.as_str()), external_id.as_str()),
            None => (None, ""),
        };
        let to = (first_read::kind.eq(kind), first_read::external_id.eq(external_id));
        let query = diesel::update(first_read::table.find(&judged.source)).set(to);
        on!(self.reader.link, |connection| query.execute(*connection))?;
        Ok(())
    }
}
