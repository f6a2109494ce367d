//! What happened to suppliers, the decisions that answer it, and the outbox.

use super::{
    Page, Reader, Transaction, on,
    schema::{outbox, supplier_decision, supplier_event},
    unreadable,
};
use crate::{
    error::Result,
    model::{RecordId, Seen, Timestamp, View, names},
};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

names! {
    /// What can happen to a supplier.
    pub enum SupplierEventKind {
        /// It appeared among the parties.
        Added = "supplier_added",
        /// It is gone from the parties, or supplies no more.
        Removed = "supplier_removed",
        /// An agreement with it appeared, changed, or is gone.
        AgreementChanged = "agreement_changed",
        /// Its risk is in another band.
        BandCrossed = "band_crossed",
    }
}

/// Something that happened to a supplier, and whether the reassessment it opened was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplierEvent {
    /// Sorts by the order of events; given when it is kept.
    pub id: String,
    /// When it was noticed; given when it is kept.
    pub at: Timestamp,
    /// What happened.
    pub kind: SupplierEventKind,
    /// Who may see it.
    pub seen: Seen,
    /// The supplier.
    pub party: RecordId,
    /// The agreement, where it is about one.
    pub record: Option<RecordId>,
    /// The band before.
    pub before: Option<String>,
    /// The band after.
    pub after: Option<String>,
    /// The services it was about, as JSON; `None` of events of an earlier version.
    pub services: Option<String>,
    /// What had moved the score, as JSON; `None` where no score moved.
    pub because: Option<String>,
    /// What was decided last.
    pub decision: Option<SupplierDecision>,
}

/// A decision that closes a reassessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplierDecision {
    /// What was decided, in a word.
    pub decision: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
}

/// Which events to list.
#[derive(Clone, Debug)]
pub struct SupplierEventQuery {
    /// Whose list.
    pub view: View,
    /// Only of this supplier.
    pub party: Option<RecordId>,
    /// Only those with (`false`: without) a decision.
    pub open: Option<bool>,
    /// Start after this event; events come the latest first.
    pub before: Option<String>,
    /// At most this many.
    pub limit: u32,
}

/// Something subscribers are to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Sorts by the order of changes.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What sort of thing.
    pub kind: String,
    /// What it is about: `supplier/ID`.
    pub subject: String,
    /// Who may be told.
    pub seen: Seen,
    /// The whole of it, as JSON.
    pub body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_event, treat_none_as_default_value = false)]
struct EventRow {
    id: String,
    at: chrono::NaiveDateTime,
    kind: String,
    view: String,
    party: String,
    record_id: Option<String>,
    before: Option<String>,
    after: Option<String>,
    decision: Option<String>,
    reason: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<chrono::NaiveDateTime>,
    services: Option<String>,
    because: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_decision, treat_none_as_default_value = false)]
struct DecisionRow {
    event_id: String,
    number: i64,
    decision: String,
    reason: String,
    decided_by: String,
    decided_at: chrono::NaiveDateTime,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = outbox)]
struct OutboxRow {
    id: String,
    at: chrono::NaiveDateTime,
    kind: String,
    subject: String,
    view: String,
    body: String,
}

impl Reader<'_> {
    /// A page of what happened, the latest first.
    pub fn supplier_events(&mut self, query: &SupplierEventQuery) -> Result<Page<SupplierEvent>> {
        let mut rows: Vec<EventRow> = on!(self.link, |connection| {
            let mut rows =
                supplier_event::table.filter(supplier_event::view.eq_any(Seen::spelled(query.view))).into_boxed();
            if let Some(party) = query.party {
                rows = rows.filter(supplier_event::party.eq(party.to_string()));
            }
            match query.open {
                Some(true) => rows = rows.filter(supplier_event::decision.is_null()),
                Some(false) => rows = rows.filter(supplier_event::decision.is_not_null()),
                None => {}
            }
            if let Some(before) = &query.before {
                rows = rows.filter(supplier_event::id.lt(before));
            }
            rows.order(supplier_event::id.desc())
                .limit(i64::from(query.limit) + 1)
                .select(supplier_event::all_columns)
                .load(*connection)
        })?;
        let more = rows.len() > query.limit as usize;
        rows.truncate(query.limit as usize);
        Ok(Page { items: rows.into_iter().map(EventRow::read).collect::<Result<_>>()?, more })
    }

    /// The event with this id.
    pub fn supplier_event(&mut self, id: &str) -> Result<Option<SupplierEvent>> {
        let query = supplier_event::table.find(id).select(supplier_event::all_columns);
        on!(self.link, |connection| query.first::<EventRow>(*connection).optional())?.map(EventRow::read).transpose()
    }

    /// Every decision on a reassessment, in order.
    pub fn supplier_decisions(&mut self, event: &str) -> Result<Vec<SupplierDecision>> {
        let query = supplier_decision::table
            .filter(supplier_decision::event_id.eq(event))
            .order(supplier_decision::number)
            .select(supplier_decision::all_columns);
        let rows: Vec<DecisionRow> = on!(self.link, |connection| query.load(*connection))?;
        let read = |row: DecisionRow| SupplierDecision {
            decision: row.decision,
            reason: row.reason,
            decided_by: row.decided_by,
            decided_at: Timestamp::from_naive(row.decided_at),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// What subscribers are to be told after an entry, in order.
    pub fn outbox(&mut self, after: &str, limit: u32) -> Result<Vec<OutboxEntry>> {
        let query = outbox::table
            .filter(outbox::id.gt(after))
            .order(outbox::id)
            .limit(i64::from(limit))
            .select(outbox::all_columns);
        let rows: Vec<OutboxRow> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter().map(OutboxRow::read).collect()
    }
}

impl Transaction<'_> {
    /// Keeps what happened to suppliers with this change, and puts it into the outbox. `told` says it as JSON.
    pub fn add_supplier_events(
        &mut self,
        events: Vec<SupplierEvent>,
        told: impl Fn(&SupplierEvent) -> Result<String>,
    ) -> Result<()> {
        for mut event in events {
            event.id = format!("{:012}-{:06}", self.seq, self.events);
            self.events += 1;
            event.at = self.at;
            let entry = OutboxRow {
                id: event.id.clone(),
                at: self.at.naive(),
                kind: event.kind.as_str().into(),
                subject: format!("supplier/{}", event.party),
                view: event.seen.as_str().into(),
                body: told(&event)?,
            };
            let row = EventRow::of(event);
            on!(self.reader.link, |connection| {
                diesel::insert_into(supplier_event::table).values(&row).execute(*connection)?;
                diesel::insert_into(outbox::table).values(&entry).execute(*connection)
            })?;
            self.changed = true;
        }
        Ok(())
    }

    /// Forgets what waits in the outbox since before an instant. Returns how many entries that were.
    pub fn prune_outbox(&mut self, before: Timestamp) -> Result<u64> {
        let old = outbox::table.filter(outbox::at.lt(before.naive()));
        Ok(on!(self.reader.link, |connection| diesel::delete(old).execute(*connection))? as u64)
    }

    /// Closes the reassessment an event opened; what was decided before is kept.
    pub fn decide_supplier_event(&mut self, id: &str, decision: &SupplierDecision) -> Result<()> {
        self.changed = true;
        let before = self.supplier_decisions(id)?.len();
        let row = DecisionRow {
            event_id: id.to_owned(),
            number: i64::try_from(before).unwrap_or(i64::MAX).saturating_add(1),
            decision: decision.decision.clone(),
            reason: decision.reason.clone(),
            decided_by: decision.decided_by.clone(),
            decided_at: decision.decided_at.naive(),
        };
        on!(self.reader.link, |connection| diesel::insert_into(supplier_decision::table)
            .values(&row)
            .execute(*connection))?;
        let to = (
            supplier_event::decision.eq(&decision.decision),
            supplier_event::reason.eq(&decision.reason),
            supplier_event::decided_by.eq(&decision.decided_by),
            supplier_event::decided_at.eq(decision.decided_at.naive()),
        );
        on!(self.reader.link, |connection| diesel::update(supplier_event::table.find(id))
            .set(to)
            .execute(*connection))?;
        Ok(())
    }
}

impl EventRow {
    fn of(event: SupplierEvent) -> Self {
        let (decision, reason, decided_by, decided_at) = match event.decision {
            Some(made) => {
                (Some(made.decision), Some(made.reason), Some(made.decided_by), Some(made.decided_at.naive()))
            }
            None => (None, None, None, None),
        };
        Self {
            id: event.id,
            at: event.at.naive(),
            kind: event.kind.as_str().into(),
            view: event.seen.as_str().into(),
            party: event.party.to_string(),
            record_id: event.record.map(|record| record.to_string()),
            before: event.before,
            after: event.after,
            decision,
            reason,
            decided_by,
            decided_at,
            services: event.services,
            because: event.because,
        }
    }

    fn read(self) -> Result<SupplierEvent> {
        let broken = |error: String| unreadable("event of a supplier", error);
        let decision = match (self.decision, self.reason, self.decided_by, self.decided_at) {
            (Some(decision), Some(reason), Some(decided_by), Some(at)) => {
                Some(SupplierDecision { decision, reason, decided_by, decided_at: Timestamp::from_naive(at) })
            }
            _ => None,
        };
        Ok(SupplierEvent {
            id: self.id,
            at: Timestamp::from_naive(self.at),
            kind: self.kind.parse().map_err(broken)?,
            seen: self.view.parse().map_err(broken)?,
            party: self.party.parse().map_err(broken)?,
            record: self.record_id.map(|id| id.parse()).transpose().map_err(broken)?,
            before: self.before,
            after: self.after,
            services: self.services,
            because: self.because,
            decision,
        })
    }
}

impl OutboxRow {
    fn read(self) -> Result<OutboxEntry> {
        let Self { id, at, kind, subject, view, body } = self;
        let seen = view.parse().map_err(|error| unreadable("entry of the outbox", error))?;
        Ok(OutboxEntry { id, at: Timestamp::from_naive(at), kind, subject, seen, body })
    }
}
