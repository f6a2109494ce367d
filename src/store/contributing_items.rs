//! What contributes to services, summed up, from when it was asked for until anything it was made of changes.

use super::{
    Reader, Transaction,
    among::among,
    bulk::{insert_rows, on_conflict_replace},
    on,
    records::read_id,
    schema::contributing_items,
    unreadable,
};
use crate::{
    error::{Error, Result},
    model::{ContributingItems, RecordId},
};
use diesel::{Insertable, QueryDsl, Queryable, RunQueryDsl, sql_types::Text};
use std::collections::HashMap;

/// Rows per statement.
const CHUNK: usize = 1_000;

#[derive(Queryable, Insertable)]
#[diesel(table_name = contributing_items, treat_none_as_default_value = false)]
struct Row {
    service_id: String,
    body: String,
}

impl Reader<'_> {
    /// What contributes to these services, as far as it was summed up.
    pub fn contributing_items(&mut self, services: &[RecordId]) -> Result<HashMap<RecordId, ContributingItems>> {
        let mut found = HashMap::new();
        for chunk in services.chunks(CHUNK) {
            let query = contributing_items::table.filter(among(contributing_items::service_id, chunk));
            for Row { service_id, body } in on!(self.link, |connection| query.load::<Row>(*connection))? {
                found.insert(
                    read_id(&service_id)?,
                    serde_json::from_str(&body).map_err(|error| unreadable("sum", error))?,
                );
            }
        }
        Ok(found)
    }
}

impl Transaction<'_> {
    /// Keeps what contributes to services.
    pub fn keep_contributing_items(&mut self, summed_up: &HashMap<RecordId, ContributingItems>) -> Result<()> {
        let row = |(service, items): (&RecordId, &ContributingItems)| {
            let body = serde_json::to_string(items).map_err(|error| Error::Internal(error.to_string()))?;
            Ok(Row { service_id: service.to_string(), body })
        };
        let rows: Vec<Row> = summed_up.iter().map(row).collect::<Result<_>>()?;
        insert_rows!(self.reader.link, contributing_items, &rows, on_conflict_replace("service_id", &["body"]), {
            service_id: Text, body: Text,
        });
        Ok(())
    }

    /// Forgets what contributes to these services.
    pub fn forget_contributing_items(&mut self, services: &[RecordId]) -> Result<()> {
        for chunk in services.chunks(CHUNK) {
            let rows = contributing_items::table.filter(among(contributing_items::service_id, chunk));
            on!(self.reader.link, |connection| diesel::delete(rows).execute(*connection))?;
        }
        Ok(())
    }

    /// Forgets what contributes to any service.
    pub fn forget_all_contributing_items(&mut self) -> Result<()> {
        on!(self.reader.link, |connection| diesel::delete(contributing_items::table).execute(*connection))?;
        Ok(())
    }
}
