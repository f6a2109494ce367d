//! When something that speaks for suppliers starts or ends next, so that their scores are others though no record changes.

use super::{Reader, Transaction, among::among, bulk::insert_rows, on, records::read_id, schema::supplier_turn};
use crate::{
    error::Result,
    model::{RecordId, Timestamp},
};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, RunQueryDsl,
    sql_types::{self, Text},
};
use std::collections::BTreeMap;

/// Rows per statement.
const CHUNK: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = supplier_turn, treat_none_as_default_value = false)]
struct Row {
    party: String,
    at: chrono::NaiveDateTime,
}

impl Reader<'_> {
    /// The next instant at which some supplier's score is another.
    pub fn next_supplier_turn(&mut self) -> Result<Option<Timestamp>> {
        let query = supplier_turn::table.order(supplier_turn::at).select(supplier_turn::at);
        let next: Option<chrono::NaiveDateTime> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(next.map(Timestamp::from_naive))
    }

    /// The first suppliers of whom something has started or ended by an instant.
    pub fn suppliers_turned(&mut self, at: Timestamp, limit: usize) -> Result<Vec<RecordId>> {
        let query = supplier_turn::table
            .filter(supplier_turn::at.le(at.naive()))
            .order(supplier_turn::at)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(supplier_turn::party);
        let parties: Vec<String> = on!(self.link, |connection| query.load(*connection))?;
        parties.iter().map(|party| read_id(party)).collect()
    }
}

impl Transaction<'_> {
    /// Keeps when something starts or ends next for these suppliers; nothing ever does for those without an instant.
    pub fn replace_supplier_turns(
        &mut self,
        parties: &[RecordId],
        turns: &BTreeMap<RecordId, Timestamp>,
    ) -> Result<()> {
        for chunk in parties.chunks(CHUNK) {
            let rows = supplier_turn::table.filter(among(supplier_turn::party, chunk));
            on!(self.reader.link, |connection| diesel::delete(rows).execute(*connection))?;
        }
        let rows: Vec<Row> = turns.iter().map(|(party, at)| Row { party: party.to_string(), at: at.naive() }).collect();
        insert_rows!(self.reader.link, supplier_turn, &rows, "", { party: Text, at: sql_types::Timestamp });
        Ok(())
    }
}
