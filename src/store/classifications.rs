//! What persons decided incidents to be, and the classes incidents were judged by. Decisions are added, never changed;
//! the latest on a ticket counts.

use super::{
    Reader, Transaction,
    among::among,
    on,
    records::read_id,
    schema::{classification, judgement},
    unreadable,
};
use crate::{
    error::Result,
    model::{RecordId, SecurityClass, Timestamp},
};
use diesel::{ExpressionMethods, Insertable, NullableExpressionMethods, QueryDsl, Queryable, RunQueryDsl};
use std::collections::BTreeMap;

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
            let query = classification::table
                .filter(among(classification::record_id, chunk))
                .order((classification::record_id, classification::changed_seq))
                .select(classification::all_columns);
            let rows: Vec<Row> = on!(self.link, |connection| query.load(*connection))?;
            found.extend(rows);
        }
        found.into_iter().map(Row::read).collect()
    }

    /// The classes that these tickets were judged by, of those that have one.
    pub fn judged_classes(&mut self, tickets: &[RecordId]) -> Result<BTreeMap<RecordId, SecurityClass>> {
        let mut found = BTreeMap::new();
        for chunk in tickets.chunks(CHUNK) {
            let query = judgement::table
                .filter(among(judgement::record_id, chunk))
                .filter(judgement::class.is_not_null())
                .select((judgement::record_id, judgement::class.assume_not_null()));
            let rows: Vec<(String, String)> = on!(self.link, |connection| query.load(*connection))?;
            for (id, class) in rows {
                found.insert(read_id(&id)?, read_class(&class)?);
            }
        }
        Ok(found)
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

    /// Keeps the classes of tickets, of each the one that counts.
    pub fn save_judged_classes(&mut self, classes: &BTreeMap<RecordId, Option<SecurityClass>>) -> Result<()> {
        for class in SecurityClass::ALL.iter().map(Some).chain([None]) {
            let of_class = classes.iter().filter(|(_, found)| found.as_ref() == class);
            let tickets: Vec<String> = of_class.map(|(ticket, _)| ticket.to_string()).collect();
            for chunk in tickets.chunks(CHUNK) {
                let judged = judgement::table.filter(among(judgement::record_id, chunk));
                let to = judgement::class.eq(class.map(|class| class.as_str()));
                on!(self.reader.link, |connection| diesel::update(judged).set(to).execute(*connection))?;
            }
        }
        Ok(())
    }
}

impl Row {
    fn read(self) -> Result<StoredClassification> {
        let class = self.class.map(|class| read_class(&class));
        Ok(StoredClassification {
            record: self.record_id.parse().map_err(|error: String| unreadable("classification", error))?,
            class: class.transpose()?,
            reason: self.reason,
            author: self.author,
            made_at: Timestamp::from_naive(self.made_at),
        })
    }
}

fn read_class(text: &str) -> Result<SecurityClass> {
    text.parse().map_err(|error: String| unreadable("classification", error))
}
