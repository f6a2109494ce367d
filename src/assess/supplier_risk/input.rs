//! What a ticket adds to the risk of suppliers: whole numbers by party, sort, severity, share and day. The score is a
//! function of the sums of these alone, so that keeping the sums up to date is the same as counting anew.

use crate::model::{
    Body, ChangeOutcome, Contribution, EventInput, EventSeverity, Field, Grade, Graph, InputCounts, InputKey, OPEN,
    Record, RecordId, RelationType, SecurityClass, ShareReason, Ticket, TicketState, TicketType, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The UTC day of an instant, as keys have it.
pub fn day_of(at: Timestamp) -> i64 {
    const DAY_MILLIS: i64 = 86_400_000;
    at.millis().div_euclid(DAY_MILLIS)
}

/// What a ticket adds to each party that has a share in it; nothing for other records and for linked twins. Reads the
/// ticket, what it affects and is caused by, who controls or provides that, and the tickets that caused it, up to the
/// last. Deleted tickets stay: what happened, happened.
pub fn contributions(graph: &Graph<'_>, record: &Record) -> Vec<Contribution> {
    let Body::Ticket(ticket) = &record.body else { return Vec::new() };
    if record.canonical_id != record.id {
        return Vec::new();
    }
    let inputs = inputs(ticket);
    if inputs.is_empty() {
        return Vec::new();
    }
    let day = end(record, ticket).map_or(OPEN, |end| day_of(end).min(OPEN));
    let shares = shares(graph, record.id, ticket);
    let primary = primary_cause(graph, record.id);
    let mut found = Vec::with_capacity(shares.len() * inputs.len());
    for (party, reason) in shares {
        for (input, severity) in &inputs {
            let cause = if input.is_cause() { Some(record.id) } else { primary };
            let key = InputKey { cause, input: *input, severity: *severity, reason, day };
            found.push(Contribution { party, key });
        }
    }
    found
}

/// Adds `by` tickets of a key, and forgets keys without any.
pub fn count(counts: &mut InputCounts, key: InputKey, by: i64) {
    let count = counts.entry(key).or_default();
    *count += by;
    if *count == 0 {
        counts.remove(&key);
    }
}

/// What the ticket counts as. A change that failed and was not reviewed counts as both, so that failing never makes
/// less of it.
fn inputs(ticket: &Ticket) -> Vec<(EventInput, EventSeverity)> {
    use EventInput::*;
    let by_priority = severity(ticket);
    // What was cancelled did not happen, or was not done.
    if ticket.state.get() == Some(&TicketState::Cancelled) {
        return vec![];
    }
    match ticket.r#type.get() {
        Some(TicketType::Incident) => {
            let breached = ticket.sla_breached.get() == Some(&true);
            match ticket.security_class.get() {
                Some(SecurityClass::Event) => vec![],
                Some(SecurityClass::Security | SecurityClass::Both) if breached => {
                    vec![(SecurityIncidentSlaBreached, by_priority)]
                }
                Some(SecurityClass::Security | SecurityClass::Both) => vec![(SecurityIncident, by_priority)],
                Some(SecurityClass::Service) | None if breached => vec![(IncidentSlaBreached, by_priority)],
                Some(SecurityClass::Service) | None => vec![(Incident, by_priority)],
            }
        }
        Some(TicketType::Change | TicketType::Release) => {
            let mut found = Vec::new();
            if matches!(ticket.outcome.get(), Some(ChangeOutcome::Failed | ChangeOutcome::BackedOut)) {
                found.push((FailedChange, by_priority));
            }
            let ended = matches!(ticket.state.get(), Some(TicketState::Resolved | TicketState::Closed));
            if ended && ticket.reviewed_at == Field::Empty {
                found.push((UnreviewedChange, EventSeverity::Fixed));
            }
            found
        }
        Some(TicketType::Problem) => vec![(Problem, by_priority)],
        Some(TicketType::Nonconformity) => {
            let major = ticket.grade.get() == Some(&Grade::Major);
            vec![(if major { MajorNonconformity } else { MinorNonconformity }, EventSeverity::Fixed)]
        }
        Some(TicketType::Complaint) => vec![(Complaint, EventSeverity::Fixed)],
        _ => vec![],
    }
}

fn severity(ticket: &Ticket) -> EventSeverity {
    match ticket.priority.get().map(|priority| priority.get()) {
        Some(1) => EventSeverity::Critical,
        Some(2) => EventSeverity::High,
        Some(3) => EventSeverity::Medium,
        Some(4) => EventSeverity::Low,
        _ => EventSeverity::Unknown,
    }
}

/// When the ticket ended; `None` while it is open. A finished one whose source states no time ended, at the latest,
/// when the source last changed it.
pub(super) fn end(record: &Record, ticket: &Ticket) -> Option<Timestamp> {
    use TicketState::*;
    let stated = [&ticket.resolved_at, &ticket.restored_at, &ticket.closed_at].into_iter().find_map(|time| time.get());
    match ticket.state.get() {
        Some(Open | InProgress | Waiting) => None,
        Some(Resolved | Closed | Cancelled) => Some(stated.copied().unwrap_or(record.source_updated_at)),
        None => stated.copied(),
    }
}

/// The reason for the share of every party that has one: the largest that applies, never split. Where another party is
/// named as the cause, controlling or providing what is affected is no share.
fn shares(graph: &Graph<'_>, id: RecordId, ticket: &Ticket) -> BTreeMap<RecordId, ShareReason> {
    let mut found = BTreeMap::new();
    // From the largest share to the smallest: the first stays.
    let mut give = |parties: &mut dyn Iterator<Item = RecordId>, reason: ShareReason| {
        for party in parties {
            found.entry(party).or_insert(reason);
        }
    };
    let named = ticket.cause_party.get().map(|party| party.id);
    give(&mut named.into_iter(), ShareReason::NamedCause);
    for cause in causes(graph, id) {
        give(&mut graph.incoming(cause, RelationType::Controls), ShareReason::ControlsCause);
    }
    if named.is_none() {
        let affected: Vec<RecordId> = graph.outgoing(id, RelationType::Affects).collect();
        for item in &affected {
            give(&mut graph.incoming(*item, RelationType::Controls), ShareReason::ControlsAffected);
        }
        for service in &affected {
            give(&mut graph.incoming(*service, RelationType::Provides), ShareReason::ProvidesAffected);
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

/// Of the problems, nonconformities and complaints a ticket is caused by, the one with the lowest id.
fn primary_cause(graph: &Graph<'_>, ticket: RecordId) -> Option<RecordId> {
    let is_cause = |id: &RecordId| {
        let Some(Body::Ticket(cause)) = graph.record(*id).map(|record| &record.body) else { return false };
        inputs(cause).iter().any(|(input, _)| input.is_cause())
    };
    graph.outgoing(ticket, RelationType::CausedBy).filter(is_cause).min()
}
