//! Integration plans, with what was decided on their items.

use super::{Page, Reader, Transaction, on, schema::plan};
use crate::{error::Result, model::Timestamp};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlan {
    /// Sorts by the time of making.
    pub id: String,
    /// What its maker calls it.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The answers it was made from, as JSON.
    pub assessment: String,
    /// The plan with its items' states, as JSON.
    pub body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = plan)]
struct PlanRow {
    id: String,
    title: String,
    created_at: chrono::NaiveDateTime,
    created_by: String,
    changed_seq: i64,
    assessment: String,
    body: String,
}

impl Reader<'_> {
    /// The plan with this id.
    pub fn plan(&mut self, id: &str) -> Result<Option<StoredPlan>> {
        let query = plan::table.find(id).select(plan::all_columns);
        Ok(on!(self.link, |connection| query.first::<PlanRow>(*connection).optional())?.map(PlanRow::read))
    }

    /// A page of plans, the latest first, from before the given one on.
    pub fn plans(&mut self, before: Option<&str>, limit: u32) -> Result<Page<StoredPlan>> {
        // `~` sorts after every character ids are made of.
        let query = plan::table
            .filter(plan::id.lt(before.unwrap_or("~")))
            .order(plan::id.desc())
            .limit(i64::from(limit) + 1)
            .select(plan::all_columns);
        let mut rows: Vec<PlanRow> = on!(self.link, |connection| query.load(*connection))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(PlanRow::read).collect(), more })
    }
}

impl Transaction<'_> {
    /// Keeps a new plan.
    pub fn add_plan(&mut self, stored: StoredPlan) -> Result<()> {
        self.changed = true;
        let StoredPlan { id, title, created_at, created_by, assessment, body } = stored;
        let created_at = created_at.naive();
        let row = PlanRow { id, title, created_at, created_by, changed_seq: self.seq, assessment, body };
        on!(self.reader.link, |connection| diesel::insert_into(plan::table).values(&row).execute(*connection))?;
        Ok(())
    }

    /// Replaces the body of a plan that exists.
    pub fn change_plan(&mut self, id: &str, body: &str) -> Result<()> {
        self.changed = true;
        let to = (plan::body.eq(body), plan::changed_seq.eq(self.seq));
        on!(self.reader.link, |connection| diesel::update(plan::table.find(id)).set(to).execute(*connection))?;
        Ok(())
    }
}

impl PlanRow {
    fn read(self) -> StoredPlan {
        let Self { id, title, created_at, created_by, assessment, body, .. } = self;
        StoredPlan { id, title, created_at: Timestamp::from_naive(created_at), created_by, assessment, body }
    }
}
