//! What tickets add to the risk of suppliers, and the sums scores are computed from.

mod flat;

pub use flat::TicketKey;

use super::{
    Page, Reader, Transaction,
    among::among,
    bulk::insert_rows,
    on,
    schema::{supplier_input, supplier_ticket, supplier_ticket_gone},
    unreadable,
};
use crate::{
    error::Result,
    model::{Contribution, EventInput, InputCounts, InputKey, RecordId, Seen, View},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Text},
    upsert::excluded,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows per statement.
const CHUNK: usize = 1_000;

/// What a ticket adds to a party, and in whose view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountedTicket {
    /// The ticket.
    pub record: RecordId,
    /// In whose view it adds that.
    pub seen: Seen,
    /// To whom it adds what.
    pub contribution: Contribution,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_ticket, treat_none_as_default_value = false)]
struct TicketRow {
    record_id: String,
    party: String,
    cause: String,
    input: String,
    severity: String,
    reason: String,
    view: String,
    day: i64,
    changed_seq: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_input, treat_none_as_default_value = false)]
struct InputRow {
    party: String,
    cause: String,
    input: String,
    severity: String,
    reason: String,
    view: String,
    day: i64,
    count: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_ticket_gone, treat_none_as_default_value = false)]
struct GoneRow {
    record_id: String,
    party: String,
    input: String,
    view: String,
    changed_seq: i64,
}

impl Reader<'_> {
    /// The counts of these parties in every view; none for a party nothing is counted of.
    pub fn supplier_counts(&mut self, parties: &[RecordId]) -> Result<HashMap<View, BTreeMap<RecordId, InputCounts>>> {
        let mut found: HashMap<View, BTreeMap<RecordId, InputCounts>> = HashMap::new();
        for chunk in parties.chunks(CHUNK) {
            let query =
                supplier_input::table.filter(among(supplier_input::party, chunk)).select(supplier_input::all_columns);
            let rows: Vec<InputRow> = on!(self.link, |connection| query.load(*connection))?;
            for row in rows {
                let views = View::ALL.iter().filter(|view| Seen::spelled(**view).contains(&row.view.as_str()));
                let views: Vec<View> = views.copied().collect();
                let (party, key, count) = row.read()?;
                for view in views {
                    *found.entry(view).or_default().entry(party).or_default().entry(key).or_default() += count;
                }
            }
        }
        Ok(found)
    }

    /// What these tickets add, in all views, by ticket.
    pub fn counted_tickets(&mut self, tickets: &[RecordId]) -> Result<Vec<CountedTicket>> {
        let mut found = Vec::new();
        for chunk in tickets.chunks(CHUNK) {
            let query = supplier_ticket::table
                .filter(among(supplier_ticket::record_id, chunk))
                .select(supplier_ticket::all_columns);
            found.extend(on!(self.link, |connection| query.load::<TicketRow>(*connection))?);
        }
        let mut found: Vec<CountedTicket> = found.into_iter().map(TicketRow::read).collect::<Result<_>>()?;
        found.sort();
        Ok(found)
    }

    /// The tickets that ended on these days and add to a party in a view, at most this many.
    pub fn tickets_of_supplier_on(
        &mut self,
        party: RecordId,
        view: View,
        days: &[i64],
        limit: u32,
    ) -> Result<Vec<CountedTicket>> {
        let query = supplier_ticket::table
            .filter(supplier_ticket::party.eq(party.to_string()))
            .filter(supplier_ticket::view.eq_any(Seen::spelled(view)))
            .filter(supplier_ticket::day.eq_any(days))
            .order((supplier_ticket::day.desc(), supplier_ticket::record_id, supplier_ticket::input))
            .limit(i64::from(limit))
            .select(supplier_ticket::all_columns);
        let rows: Vec<TicketRow> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter().map(TicketRow::read).collect()
    }

    /// A page of the tickets that add to a party in a view, the latest first, from after the given one on: its day, its
    /// id, and what it counts as.
    pub fn tickets_of_supplier(
        &mut self,
        party: RecordId,
        view: View,
        after: Option<(i64, RecordId, EventInput)>,
        limit: u32,
    ) -> Result<Page<CountedTicket>> {
        let mut rows: Vec<TicketRow> = on!(self.link, |connection| {
            let mut rows = supplier_ticket::table
                .filter(supplier_ticket::party.eq(party.to_string()))
                .filter(supplier_ticket::view.eq_any(Seen::spelled(view)))
                .into_boxed();
            if let Some((day, ticket, input)) = after {
                let ticket = ticket.to_string();
                let other = supplier_ticket::record_id.gt(ticket.clone());
                let same = supplier_ticket::record_id.eq(ticket).and(supplier_ticket::input.gt(input.as_str()));
                let later = supplier_ticket::day.lt(day).or(other).or(same);
                rows = rows.filter(supplier_ticket::day.le(day).and(later));
            }
            rows.order((supplier_ticket::day.desc(), supplier_ticket::record_id, supplier_ticket::input))
                .limit(i64::from(limit) + 1)
                .select(supplier_ticket::all_columns)
                .load(*connection)
        })?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(TicketRow::read).collect::<Result<_>>()?, more })
    }
}

impl Transaction<'_> {
    /// Replaces what these tickets add, and moves the sums by the difference. Returns the parties whose sums moved.
    pub fn count_tickets(&mut self, tickets: &[RecordId], counted: &[CountedTicket]) -> Result<Vec<RecordId>> {
        let before = self.counted_tickets(tickets)?;
        let mut after = counted.to_vec();
        after.sort();
        let mut moved: BTreeMap<(Seen, Contribution), i64> = BTreeMap::new();
        let gone: Vec<&CountedTicket> = before.iter().filter(|old| after.binary_search(old).is_err()).collect();
        let new: Vec<&CountedTicket> = after.iter().filter(|new| before.binary_search(new).is_err()).collect();
        for (ticket, by) in gone.iter().map(|old| (old, -1)).chain(new.iter().map(|new| (new, 1))) {
            *moved.entry((ticket.seen, ticket.contribution)).or_default() += by;
        }
        self.drop_ticket_rows(&gone)?;
        let rows: Vec<TicketRow> = new.into_iter().map(|ticket| TicketRow::of(ticket, self.seq)).collect();
        self.add_ticket_rows(&rows)?;
        moved.retain(|_, by| *by != 0);
        self.move_sums(&moved)?;
        self.changed |= !moved.is_empty();
        let mut parties: Vec<RecordId> = moved.keys().map(|(_, contribution)| contribution.party).collect();
        parties.sort();
        parties.dedup();
        Ok(parties)
    }

    /// Drops what tickets add no more, and notes that they did.
    fn drop_ticket_rows(&mut self, gone: &[&CountedTicket]) -> Result<()> {
        let rows: Vec<GoneRow> = gone.iter().map(|ticket| GoneRow::of(ticket, self.seq)).collect();
        for GoneRow { record_id, party, input, view, .. } in &rows {
            let stated = supplier_ticket::table.find((record_id, party, input, view));
            on!(self.reader.link, |connection| diesel::delete(stated).execute(*connection))?;
        }
        for chunk in rows.chunks(CHUNK) {
            on!(self.reader.link, |connection| diesel::insert_into(supplier_ticket_gone::table)
                .values(chunk)
                .on_conflict((
                    supplier_ticket_gone::record_id,
                    supplier_ticket_gone::party,
                    supplier_ticket_gone::input,
                    supplier_ticket_gone::view,
                ))
                .do_update()
                .set(supplier_ticket_gone::changed_seq.eq(excluded(supplier_ticket_gone::changed_seq)))
                .execute(*connection))?;
        }
        Ok(())
    }

    fn add_ticket_rows(&mut self, rows: &[TicketRow]) -> Result<()> {
        insert_rows!(self.reader.link, supplier_ticket, rows, "", {
            record_id: Text, party: Text, cause: Text, input: Text, severity: Text, reason: Text, view: Text,
            day: BigInt, changed_seq: BigInt,
        });
        Ok(())
    }

    fn move_sums(&mut self, moved: &BTreeMap<(Seen, Contribution), i64>) -> Result<()> {
        let rows: Vec<InputRow> = moved.iter().map(|((seen, what), by)| InputRow::of(*seen, what, *by)).collect();
        let then = "ON CONFLICT (party, \"view\", cause, input, severity, reason, day) \
                    DO UPDATE SET \"count\" = supplier_input.\"count\" + excluded.\"count\"";
        insert_rows!(self.reader.link, supplier_input, &rows, then, {
            party: Text, cause: Text, input: Text, severity: Text, reason: Text, view: Text, day: BigInt, count: BigInt,
        });
        let less = moved.iter().filter(|(_, by)| **by < 0);
        let parties: BTreeSet<String> = less.map(|((_, contribution), _)| contribution.party.to_string()).collect();
        for chunk in parties.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
            let empty =
                supplier_input::table.filter(among(supplier_input::party, chunk)).filter(supplier_input::count.eq(0));
            on!(self.reader.link, |connection| diesel::delete(empty).execute(*connection))?;
        }
        Ok(())
    }
}

fn cause_text(cause: Option<RecordId>) -> String {
    cause.map(|cause| cause.to_string()).unwrap_or_default()
}

/// Reads the texts of a row back.
fn read_key(cause: &str, input: &str, severity: &str, reason: &str, day: i64) -> Result<InputKey, String> {
    let cause = if cause.is_empty() { None } else { Some(cause.parse()?) };
    Ok(InputKey { cause, input: input.parse()?, severity: severity.parse()?, reason: reason.parse()?, day })
}

impl GoneRow {
    fn of(ticket: &CountedTicket, changed_seq: i64) -> Self {
        Self {
            record_id: ticket.record.to_string(),
            party: ticket.contribution.party.to_string(),
            input: ticket.contribution.key.input.as_str().into(),
            view: ticket.seen.as_str().into(),
            changed_seq,
        }
    }
}

impl TicketRow {
    fn of(ticket: &CountedTicket, changed_seq: i64) -> Self {
        let Contribution { party, key } = ticket.contribution;
        Self {
            record_id: ticket.record.to_string(),
            party: party.to_string(),
            cause: cause_text(key.cause),
            input: key.input.as_str().into(),
            severity: key.severity.as_str().into(),
            reason: key.reason.as_str().into(),
            view: ticket.seen.as_str().into(),
            day: key.day,
            changed_seq,
        }
    }

    fn read(self) -> Result<CountedTicket> {
        let read = || -> Result<CountedTicket, String> {
            let key = read_key(&self.cause, &self.input, &self.severity, &self.reason, self.day)?;
            let contribution = Contribution { party: self.party.parse()?, key };
            Ok(CountedTicket { record: self.record_id.parse()?, seen: self.view.parse()?, contribution })
        };
        read().map_err(|error| unreadable("ticket of a supplier", error))
    }
}

impl InputRow {
    fn of(seen: Seen, contribution: &Contribution, count: i64) -> Self {
        let Contribution { party, key } = contribution;
        Self {
            party: party.to_string(),
            cause: cause_text(key.cause),
            input: key.input.as_str().into(),
            severity: key.severity.as_str().into(),
            reason: key.reason.as_str().into(),
            view: seen.as_str().into(),
            day: key.day,
            count,
        }
    }

    fn read(self) -> Result<(RecordId, InputKey, i64)> {
        let read = || -> Result<_, String> {
            let key = read_key(&self.cause, &self.input, &self.severity, &self.reason, self.day)?;
            Ok((self.party.parse()?, key, self.count))
        };
        read().map_err(|error| unreadable("count of a supplier", error))
    }
}
