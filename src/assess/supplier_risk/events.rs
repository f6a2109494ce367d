//! The incidents that make a supplier's failure likelier, and each party's share in them.

use super::answer::{EventContribution, ShareReason};
use super::model::{EventModel, SupplierRiskModel};
use super::score::settle;
use crate::model::{
    Body, Graph, Record, RecordId, RelationType, SecurityClass, Ticket, TicketState, TicketType, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The events of each party, most points first, then by id.
pub(super) type ByParty = HashMap<RecordId, Vec<EventContribution>>;

const DAY_MILLIS: i64 = 86_400_000;

/// Every incident that is open, or ended within the window, for every party that has a share in it. Deleted tickets
/// stay: what happened, happened. What was assessed to be no incident is none.
pub(super) fn contributions(graph: &Graph<'_>, model: &SupplierRiskModel, at: Timestamp) -> ByParty {
    let mut found = ByParty::new();
    for record in graph.records().iter().filter(|record| record.canonical_id == record.id) {
        let Body::Ticket(ticket) = &record.body else { continue };
        let Some(base) = base(&model.events, ticket) else { continue };
        let ended_at = end(record, ticket);
        if ended_at.is_some_and(|end| age_days(end, at) > model.events.window_days) {
            continue;
        }
        let severity = match ticket.priority.get() {
            Some(priority) => {
                let position = usize::try_from(priority.get() - 1).unwrap_or_default();
                model.events.severity.get(position).copied().unwrap_or(model.events.unknown_severity)
            }
            None => model.events.unknown_severity,
        };
        for (party, (share, reason)) in shares(graph, &model.events, record.id, ticket) {
            found.entry(party).or_default().push(EventContribution {
                record: record.id,
                external_id: record.external_id.clone(),
                title: ticket.title.get().cloned(),
                ended_at,
                base,
                severity,
                share,
                reason,
                points: settle(base * severity * share),
            });
        }
    }
    for events in found.values_mut() {
        events.sort_by(|a, b| b.points.total_cmp(&a.points).then(a.record.cmp(&b.record)));
    }
    found
}

/// The points by what the ticket is; `None` if it is no incident.
fn base(model: &EventModel, ticket: &Ticket) -> Option<f64> {
    if ticket.r#type.get() != Some(&TicketType::Incident) {
        return None;
    }
    let points = match ticket.security_class.get() {
        Some(SecurityClass::Event) => return None,
        Some(SecurityClass::Security | SecurityClass::Both) => model.security_incident,
        Some(SecurityClass::Service) | None => model.incident,
    };
    Some(points + if ticket.sla_breached.get() == Some(&true) { model.sla_breach } else { 0.0 })
}

/// When the ticket ended; `None` while it is open. A finished one whose source states no time ended, at the latest,
/// when the source last changed it.
fn end(record: &Record, ticket: &Ticket) -> Option<Timestamp> {
    use TicketState::*;
    let stated = [&ticket.resolved_at, &ticket.restored_at, &ticket.closed_at].into_iter().find_map(|time| time.get());
    match ticket.state.get() {
        Some(Open | InProgress | Waiting) => None,
        Some(Resolved | Closed | Cancelled) => Some(stated.copied().unwrap_or(record.source_updated_at)),
        None => stated.copied(),
    }
}

/// Whole UTC days since, 0 for the future.
fn age_days(end: Timestamp, at: Timestamp) -> i64 {
    (at.millis().div_euclid(DAY_MILLIS) - end.millis().div_euclid(DAY_MILLIS)).max(0)
}

/// The share of every party that has one: the largest that applies, never split. Where another party is named as the
/// cause, controlling or providing what is affected is no share.
fn shares(
    graph: &Graph<'_>,
    model: &EventModel,
    id: RecordId,
    ticket: &Ticket,
) -> BTreeMap<RecordId, (f64, ShareReason)> {
    let mut found = BTreeMap::new();
    // From the largest share to the smallest: the first stays.
    let mut give = |parties: &mut dyn Iterator<Item = RecordId>, share: f64, reason: ShareReason| {
        for party in parties {
            found.entry(party).or_insert((share, reason));
        }
    };
    let named = ticket.cause_party.get().map(|party| party.id);
    give(&mut named.into_iter(), model.share_cause, ShareReason::NamedCause);
    for cause in causes(graph, id) {
        let controllers = &mut graph.incoming(cause, RelationType::Controls);
        give(controllers, model.share_cause, ShareReason::ControlsCause);
    }
    if named.is_none() {
        let affected: Vec<RecordId> = graph.outgoing(id, RelationType::Affects).collect();
        for item in &affected {
            let controllers = &mut graph.incoming(*item, RelationType::Controls);
            give(controllers, model.share_controls, ShareReason::ControlsAffected);
        }
        for service in &affected {
            let providers = &mut graph.incoming(*service, RelationType::Provides);
            give(providers, model.share_provides, ShareReason::ProvidesAffected);
        }
    }
    found
}

/// What caused the ticket, through the tickets that caused it.
fn causes(graph: &Graph<'_>, ticket: RecordId) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![ticket];
    while let Some(id) = waiting.pop() {
        for cause in graph.outgoing(id, RelationType::CausedBy) {
            if found.insert(cause) {
                waiting.push(cause);
            }
        }
    }
    found
}
