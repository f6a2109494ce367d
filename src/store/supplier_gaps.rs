//! What is missing that would speak for suppliers, as it was found last, and what was missing once.

use super::{
    Lasting, Reader, Stretch, Transaction, after,
    among::among,
    on,
    schema::{scored_under, supplier_gap},
    unreadable,
};
use crate::{error::Result, model::RecordId};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, upsert::excluded};
use std::collections::BTreeSet;

/// Rows per statement.
const CHUNK: usize = 1_000;

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredGap {
    /// The supplier.
    pub party: RecordId,
    /// Tells it from what else is missing.
    pub key: String,
    /// The whole of it, as JSON.
    pub body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_gap, treat_none_as_default_value = false)]
struct GapRow {
    party: String,
    key: String,
    body: String,
    gone: bool,
    changed_seq: i64,
}

impl Reader<'_> {
    /// What is missing of these suppliers.
    pub fn gaps_of(&mut self, parties: &[RecordId]) -> Result<Vec<StoredGap>> {
        let mut found = Vec::new();
        for chunk in parties.chunks(CHUNK) {
            let query = supplier_gap::table
                .filter(among(supplier_gap::party, chunk))
                .filter(supplier_gap::gone.eq(false))
                .select(supplier_gap::all_columns);
            found.extend(on!(self.link, |connection| query.load::<GapRow>(*connection))?);
        }
        found.into_iter().map(|row| Ok(row.read()?.item)).collect()
    }

    /// What is missing, by supplier and key, after one.
    pub fn gaps_by_key(&mut self, after: Option<&StoredGap>, limit: u32) -> Result<Vec<Lasting<StoredGap>>> {
        let rows: Vec<GapRow> = on!(self.link, |connection| {
            let mut rows = supplier_gap::table.filter(supplier_gap::gone.eq(false)).into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!("party, \"key\"", Text: last.party.to_string(), Text: &last.key));
            }
            rows.order((supplier_gap::party, supplier_gap::key))
                .limit(limit.into())
                .select(supplier_gap::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(GapRow::read).collect()
    }

    /// What came to be missing, changed, or is missing no more in a stretch, by change, after one.
    pub fn gaps_changed(
        &mut self,
        stretch: &Stretch,
        after: Option<&Lasting<StoredGap>>,
        limit: u32,
    ) -> Result<Vec<Lasting<StoredGap>>> {
        let rows: Vec<GapRow> = on!(self.link, |connection| {
            let mut rows =
                supplier_gap::table.filter(supplier_gap::changed_seq.between(stretch.from, stretch.to)).into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!(
                    "changed_seq, party, \"key\"",
                    BigInt: last.seq,
                    Text: last.item.party.to_string(),
                    Text: &last.item.key
                ));
            }
            rows.order((supplier_gap::changed_seq, supplier_gap::party, supplier_gap::key))
                .limit(limit.into())
                .select(supplier_gap::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(GapRow::read).collect()
    }

    /// By which weights, relations and sources suppliers were last scored; `None` if they never were.
    pub fn scored_under(&mut self) -> Result<Option<String>> {
        let query = scored_under::table.find(1).select(scored_under::circumstances);
        Ok(on!(self.link, |connection| query.first(*connection).optional())?)
    }
}

impl Transaction<'_> {
    /// Replaces what is missing of these suppliers. What is the same stays as it was.
    pub fn replace_gaps(&mut self, parties: &[RecordId], gaps: &[StoredGap]) -> Result<()> {
        let mut before = self.gaps_of(parties)?;
        before.sort();
        let mut after = gaps.to_vec();
        after.sort();
        let is_in = |gap: &StoredGap, all: &[StoredGap]| all.binary_search(gap).is_ok();
        let keys: BTreeSet<(RecordId, &str)> = after.iter().map(|gap| (gap.party, gap.key.as_str())).collect();
        let named = |gap: &StoredGap| keys.contains(&(gap.party, gap.key.as_str()));
        let gone = before.iter().filter(|gap| !is_in(gap, &after) && !named(gap)).map(|gap| (gap, true));
        let new = after.iter().filter(|gap| !is_in(gap, &before)).map(|gap| (gap, false));
        let rows: Vec<GapRow> = gone.chain(new).map(|(gap, gone)| GapRow::of(gap, gone, self.seq)).collect();
        for chunk in rows.chunks(CHUNK) {
            on!(self.reader.link, |connection| diesel::insert_into(supplier_gap::table)
                .values(chunk)
                .on_conflict((supplier_gap::party, supplier_gap::key))
                .do_update()
                .set((
                    supplier_gap::body.eq(excluded(supplier_gap::body)),
                    supplier_gap::gone.eq(excluded(supplier_gap::gone)),
                    supplier_gap::changed_seq.eq(excluded(supplier_gap::changed_seq)),
                ))
                .execute(*connection))?;
        }
        self.changed |= !rows.is_empty();
        Ok(())
    }

    /// Notes by what suppliers are scored from now on.
    pub fn save_scored_under(&mut self, circumstances: &str) -> Result<()> {
        self.changed = true;
        let row = (scored_under::id.eq(1), scored_under::circumstances.eq(circumstances));
        on!(self.reader.link, |connection| diesel::insert_into(scored_under::table)
            .values(row)
            .on_conflict(scored_under::id)
            .do_update()
            .set(scored_under::circumstances.eq(excluded(scored_under::circumstances)))
            .execute(*connection))?;
        Ok(())
    }
}

impl GapRow {
    fn of(gap: &StoredGap, gone: bool, changed_seq: i64) -> Self {
        Self { party: gap.party.to_string(), key: gap.key.clone(), body: gap.body.clone(), gone, changed_seq }
    }

    fn read(self) -> Result<Lasting<StoredGap>> {
        let party = self.party.parse().map_err(|error| unreadable("gap of a supplier", error))?;
        let item = StoredGap { party, key: self.key, body: self.body };
        Ok(Lasting { item, seq: self.changed_seq, gone: self.gone })
    }
}
