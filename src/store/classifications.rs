//! What persons decided incidents to be. Decisions are added, never changed; the latest on a ticket counts.

use super::{Reader, Transaction, on, schema::classification, unreadable};
use crate::{
    error::Result,
    model::{RecordId, SecurityClass, Timestamp},
};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl};

/// Tickets asked about in one statement.
const CHUNK: usize = 1_000;

/// A person's decision on an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClassification {
    /// The ticket.
    pub record: RecordId,
    /// What it is; `None` takes earlier decisions back.
    pub class: Option<SecurityClass>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub author: String,
    /// When.
    pub made_at: Timestamp,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = classification, treat_none_as_default_value = false)]
struct Row {
    record_id: String,
    changed_seq: i64,
    class: Option<String>,
    reason: String,
    author: String,
    made_at: chrono::NaiveDateTime,
}

impl Reader<'_> {
    /// Every decision on these tickets, the earlier before the later.
    pub fn classifications(&mut self, tickets: &[RecordId]) -> Result<Vec<StoredClassification>> {
        let mut found = Vec::new();
        for chunk in tickets.chunks(CHUNK) {
            let ids = chunk.iter().map(ToString::to_string);
            let query = classification::table
                .filter(classification::record_id.eq_any(ids))
                .order((classification::record_id, classification::changed_seq))
                .select(classification::all_columns);
            let rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
            found.extend(rows);
        }
        found.into_iter().map(Row::read).collect()
    }
}

impl Transaction<'_> {
    /// Keeps a decision on a ticket.
    pub fn add_classification(&mut self, stored: &StoredClassification) -> Result<()> {
        self.changed = true;
        let row = Row {
            record_id: stored.record.to_string(),
            changed_seq: self.seq,
            class: stored.class.map(|class| class.as_str().into()),
            reason: stored.reason.clone(),
            author: stored.author.clone(),
            made_at: stored.made_at.naive(),
        };
        on!(self.reader.link, |connection| diesel::insert_into(classification::table)
            .values(&row)
            .execute(*connection))?;
        Ok(())
    }
}

impl Row {
    fn read(self) -> Result<StoredClassification> {
        let class = self.class.map(|class| class.parse().map_err(|error: String| unreadable("classification", error)));
        Ok(StoredClassification {
            record: self.record_id.parse().map_err(|error: String| unreadable("classification", error))?,
            class: class.transpose()?,
            reason: self.reason,
            author: self.author,
            made_at: Timestamp::from_naive(self.made_at),
        })
    }
}
