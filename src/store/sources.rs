//! Sources made by API, and when each source is read next.

use super::{Reader, Transaction, on, runs::signed, schema::schedule, schema::stored_source};
use crate::{error::Result, model::Timestamp};
use diesel::{AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use std::collections::BTreeMap;

/// A source made by API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSource {
    /// Its name.
    pub name: String,
    /// Its settings as JSON; secrets are references.
    pub settings: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
}

/// When a source is read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextRun {
    /// Not before this.
    pub due_at: Timestamp,
    /// How often it failed in a row.
    pub failures: u32,
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = stored_source)]
struct SourceRow {
    name: String,
    settings: String,
    changed_at: chrono::NaiveDateTime,
    changed_by: String,
}

impl Reader<'_> {
    /// The sources made by API, by name.
    pub fn stored_sources(&mut self) -> Result<Vec<StoredSource>> {
        let query = stored_source::table.order(stored_source::name).select(stored_source::all_columns);
        let rows: Vec<SourceRow> = on!(self.link, |connection| query.load(*connection))?;
        let read = |row: SourceRow| StoredSource {
            name: row.name,
            settings: row.settings,
            changed_at: Timestamp::from_naive(row.changed_at),
            changed_by: row.changed_by,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// When each source is read next, as far as that is planned.
    pub fn next_runs(&mut self) -> Result<BTreeMap<String, NextRun>> {
        let query = schedule::table.select(schedule::all_columns);
        let rows: Vec<(String, chrono::NaiveDateTime, i64)> = on!(self.link, |connection| query.load(*connection))?;
        let read = |(source, due_at, failures)| {
            let failures = u32::try_from(failures).unwrap_or(u32::MAX);
            (source, NextRun { due_at: Timestamp::from_naive(due_at), failures })
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

impl Transaction<'_> {
    /// Keeps a source made by API, in place of one of the same name. True if there was none.
    pub fn store_source(&mut self, source: &StoredSource) -> Result<bool> {
        let row = SourceRow {
            name: source.name.clone(),
            settings: source.settings.clone(),
            changed_at: source.changed_at.naive(),
            changed_by: source.changed_by.clone(),
        };
        self.changed = true;
        Ok(on!(self.reader.link, |connection| {
            let old = stored_source::table.find(&row.name);
            let known = old.select(stored_source::name).first::<String>(*connection).optional()?;
            match known {
                Some(_) => diesel::update(old).set(&row).execute(*connection)?,
                None => diesel::insert_into(stored_source::table).values(&row).execute(*connection)?,
            };
            Ok::<_, diesel::result::Error>(known.is_none())
        })?)
    }

    /// Removes a source made by API; its records stay, and one made anew under its name is read from the beginning. True
    /// if there was one.
    pub fn remove_source(&mut self, name: &str) -> Result<bool> {
        let plan = schedule::table.find(name);
        let source = stored_source::table.find(name);
        let removed = on!(self.reader.link, |connection| {
            diesel::delete(plan).execute(*connection)?;
            diesel::delete(source).execute(*connection)
        })?;
        self.forget_cursors(name)?;
        self.changed |= removed > 0;
        Ok(removed > 0)
    }

    /// Notes when a source is read next.
    pub fn plan_run(&mut self, source: &str, next: NextRun) -> Result<()> {
        let to = (schedule::due_at.eq(next.due_at.naive()), schedule::failures.eq(signed(u64::from(next.failures))));
        on!(self.reader.link, |connection| diesel::insert_into(schedule::table)
            .values((schedule::source.eq(source), to))
            .on_conflict(schedule::source)
            .do_update()
            .set(to)
            .execute(*connection))?;
        Ok(())
    }
}
