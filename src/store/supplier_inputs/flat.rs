//! Pages of everything tickets add, and of what they add no more.

use super::{CountedTicket, GoneRow, TicketRow};
use crate::{
    error::Result,
    model::{EventInput, RecordId, Seen, View},
    store::{
        Lasting, Reader, Stretch, after, on,
        schema::{supplier_ticket, supplier_ticket_gone},
        unreadable,
    },
};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use std::collections::BTreeSet;

/// Which ticket adds, or added, to whom as what.
pub type TicketKey = (RecordId, RecordId, EventInput);

impl CountedTicket {
    /// What tells it from others in a view.
    pub const fn key(&self) -> TicketKey {
        (self.record, self.contribution.party, self.contribution.key.input)
    }
}

impl Reader<'_> {
    /// Everything tickets add in a view, by ticket, party and input, after one.
    pub fn counted_by_key(
        &mut self,
        view: View,
        after: Option<&CountedTicket>,
        limit: u32,
    ) -> Result<Vec<Lasting<CountedTicket>>> {
        let rows: Vec<TicketRow> = on!(self.link, |connection| {
            let mut rows =
                supplier_ticket::table.filter(supplier_ticket::view.eq_any(Seen::spelled(view))).into_boxed();
            if let Some((ticket, party, input)) = after.map(CountedTicket::key) {
                rows = rows.filter(after!(
                    "record_id, party, input",
                    Text: ticket.to_string(),
                    Text: party.to_string(),
                    Text: input.as_str()
                ));
            }
            rows.order((supplier_ticket::record_id, supplier_ticket::party, supplier_ticket::input))
                .limit(limit.into())
                .select(supplier_ticket::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(TicketRow::lasting).collect()
    }

    /// What tickets came to add in a view in a stretch, by change, after one.
    pub fn counted_changed(
        &mut self,
        view: View,
        stretch: &Stretch,
        after: Option<&Lasting<CountedTicket>>,
        limit: u32,
    ) -> Result<Vec<Lasting<CountedTicket>>> {
        let rows: Vec<TicketRow> = on!(self.link, |connection| {
            let mut rows = supplier_ticket::table
                .filter(supplier_ticket::view.eq_any(Seen::spelled(view)))
                .filter(supplier_ticket::changed_seq.between(stretch.from, stretch.to))
                .into_boxed();
            if let Some((seq, (ticket, party, input))) = after.map(|last| (last.seq, last.item.key())) {
                rows = rows.filter(after!(
                    "changed_seq, record_id, party, input",
                    BigInt: seq,
                    Text: ticket.to_string(),
                    Text: party.to_string(),
                    Text: input.as_str()
                ));
            }
            rows.order((
                supplier_ticket::changed_seq,
                supplier_ticket::record_id,
                supplier_ticket::party,
                supplier_ticket::input,
            ))
            .limit(limit.into())
            .select(supplier_ticket::all_columns)
            .load(*connection)
        })?;
        rows.into_iter().map(TicketRow::lasting).collect()
    }

    /// What tickets ceased to add in a view in a stretch, by change, after one. One that adds the same again is among
    /// them: [`Reader::still_counted`] tells.
    pub fn counted_no_more(
        &mut self,
        view: View,
        stretch: &Stretch,
        after: Option<&Lasting<TicketKey>>,
        limit: u32,
    ) -> Result<Vec<Lasting<TicketKey>>> {
        let rows: Vec<GoneRow> = on!(self.link, |connection| {
            let mut rows = supplier_ticket_gone::table
                .filter(supplier_ticket_gone::view.eq_any(Seen::spelled(view)))
                .filter(supplier_ticket_gone::changed_seq.between(stretch.from, stretch.to))
                .into_boxed();
            if let Some((seq, (ticket, party, input))) = after.map(|last| (last.seq, last.item)) {
                rows = rows.filter(after!(
                    "changed_seq, record_id, party, input",
                    BigInt: seq,
                    Text: ticket.to_string(),
                    Text: party.to_string(),
                    Text: input.as_str()
                ));
            }
            rows.order((
                supplier_ticket_gone::changed_seq,
                supplier_ticket_gone::record_id,
                supplier_ticket_gone::party,
                supplier_ticket_gone::input,
            ))
            .limit(limit.into())
            .select(supplier_ticket_gone::all_columns)
            .load(*connection)
        })?;
        rows.into_iter().map(GoneRow::read).collect()
    }

    /// Of these keys, those that add something in a view.
    pub fn still_counted(&mut self, view: View, keys: &[TicketKey]) -> Result<BTreeSet<TicketKey>> {
        let tickets: BTreeSet<RecordId> = keys.iter().map(|(ticket, ..)| *ticket).collect();
        let counted = self.counted_tickets(&tickets.into_iter().collect::<Vec<_>>())?;
        Ok(counted.iter().filter(|ticket| ticket.seen.by(view)).map(CountedTicket::key).collect())
    }
}

impl TicketRow {
    fn lasting(self) -> Result<Lasting<CountedTicket>> {
        let seq = self.changed_seq;
        Ok(Lasting { item: self.read()?, seq, gone: false })
    }
}

impl GoneRow {
    fn read(self) -> Result<Lasting<TicketKey>> {
        let read =
            || -> Result<TicketKey, String> { Ok((self.record_id.parse()?, self.party.parse()?, self.input.parse()?)) };
        let item = read().map_err(|error| unreadable("ticket of a supplier", error))?;
        Ok(Lasting { item, seq: self.changed_seq, gone: true })
    }
}
