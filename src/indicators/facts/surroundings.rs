//! Facts that count neighbours of tickets, configuration items, services and agreements.

use super::{Fact, FactIndex, index::count};
use crate::{
    indicators::Truth,
    model::{Body, Environment, Label, Record, RecordId, RecordKind, RelationType, Ticket, TicketType, Timestamp},
};

pub(super) fn supports_services(index: &FactIndex<'_>, item: &Record, _: Timestamp) -> Fact {
    let services = index.supported([item.canonical_id]);
    count(services.into_values(), index.is_open(RelationType::Supports)).into()
}

pub(super) fn duplicates(index: &FactIndex<'_>, item: &Record, _: Timestamp) -> Fact {
    let Body::ConfigurationItem(fields) = &item.body else { return Fact::default() };
    let (Some(name), Some(class)) = (fields.name.get(), fields.class.get()) else { return Fact::default() };
    Some(index.namesakes(item.canonical_id, name, class)).into()
}

pub(super) fn controlling_parties(index: &FactIndex<'_>, item: &Record, _: Timestamp) -> Fact {
    let parties = index.graph.incoming(item.canonical_id, RelationType::Controls);
    count(parties.map(|_| Truth::True), index.is_open(RelationType::Controls)).into()
}

pub(super) fn contributing_items(index: &FactIndex<'_>, service: &Record, _: Timestamp) -> Fact {
    let items = index.graph.contributing_items(service.canonical_id).count;
    let here = std::iter::repeat_n(Truth::True, usize::try_from(items).unwrap_or(usize::MAX));
    count(here, index.is_open(RelationType::Supports)).into()
}

pub(super) fn services_covered(index: &FactIndex<'_>, agreement: &Record, _: Timestamp) -> Fact {
    let services = index.graph.outgoing(agreement.canonical_id, RelationType::Covers);
    count(services.map(|_| Truth::True), index.is_open(RelationType::Covers)).into()
}

pub(super) fn linked_problems(index: &FactIndex<'_>, ticket: &Record, _: Timestamp) -> Fact {
    linked(index, ticket.canonical_id, TicketType::Problem)
}

pub(super) fn linked_incidents(index: &FactIndex<'_>, ticket: &Record, _: Timestamp) -> Fact {
    linked(index, ticket.canonical_id, TicketType::Incident)
}

/// The tickets of a type that are a ticket's cause or have it as theirs. A deleted one is none.
fn linked(index: &FactIndex<'_>, ticket: RecordId, wanted: TicketType) -> Fact {
    let causes = index.graph.outgoing(ticket, RelationType::CausedBy);
    let effects = index.graph.incoming(ticket, RelationType::CausedBy);
    let neighbours: std::collections::BTreeSet<RecordId> = causes.chain(effects).collect();
    let is_wanted = |id: RecordId| match index.graph.record(id) {
        Some(Record { deleted_at: Some(_), .. }) => Truth::False,
        Some(Record { body: Body::Ticket(Ticket { r#type, .. }), .. }) => r#type.get().map(|t| *t == wanted).into(),
        None if index.kind(id) == Some(RecordKind::Ticket) => Truth::Unknown,
        _ => Truth::False,
    };
    count(neighbours.into_iter().map(is_wanted), index.is_open(RelationType::CausedBy)).into()
}

pub(super) fn same_ci_category_90d(index: &FactIndex<'_>, ticket: &Record, _: Timestamp) -> Fact {
    let Body::Ticket(fields) = &ticket.body else { return Fact::default() };
    match fields.r#type.get() {
        Some(TicketType::Incident) => {}
        Some(_) => return Some(0).into(),
        None => return Fact::default(),
    }
    let (Some(category), Some(opened)) = (fields.category.get(), fields.opened_at.get().copied()) else {
        return Fact::default();
    };
    let mut affected = index.graph.outgoing(ticket.canonical_id, RelationType::Affects).peekable();
    if affected.peek().is_none() && index.is_open(RelationType::Affects) {
        return Fact::default();
    }
    let (first, last) = super::recurrence_window(opened);
    let items = index.affected_items(ticket.canonical_id).into_iter();
    let recurrences = items.map(|item| index.recurrences(item, category, first, last));
    Some(recurrences.max().unwrap_or(1)).into()
}

pub(super) fn affects_live_ci(index: &FactIndex<'_>, ticket: &Record, _: Timestamp) -> Fact {
    let affected: Vec<RecordId> = index.graph.outgoing(ticket.canonical_id, RelationType::Affects).collect();
    if affected.is_empty() && index.is_open(RelationType::Affects) {
        return Fact::default();
    }
    let is_live = |id: &RecordId| match index.graph.record(*id) {
        Some(Record { body: Body::ConfigurationItem(item), .. }) => {
            item.environment.get().map(|environment| *environment == Environment::Live).into()
        }
        None if index.kind(*id) == Some(RecordKind::ConfigurationItem) => Truth::Unknown,
        _ => Truth::False,
    };
    affected.iter().map(is_live).fold(Truth::False, Truth::or).into()
}

/// The highest rating for confidentiality of the information that runs directly on an item or is a component of it: a
/// carrier needs the protection of what it carries (ISO/IEC 27013, 6.2.1).
pub(super) fn carried_confidentiality(index: &FactIndex<'_>, item: &Record, _: Timestamp) -> Fact {
    let users = index.graph.incoming(item.canonical_id, RelationType::DependsOn);
    let parts = index.graph.incoming(item.canonical_id, RelationType::PartOf);
    let mut highest = 0;
    for id in users.chain(parts) {
        let Some(Record { deleted_at: None, body: Body::ConfigurationItem(carried), .. }) = index.graph.record(id)
        else {
            continue;
        };
        let is_information = carried.labels.get().map(|labels| labels.contains(&Label::Information));
        match (is_information, carried.confidentiality.get()) {
            (Some(false), _) => {}
            (Some(true), Some(rating)) => highest = highest.max(usize::try_from(rating.get()).unwrap_or_default()),
            (Some(true), None) | (None, _) => return Fact::default(),
        }
    }
    let open = index.is_open(RelationType::DependsOn) || index.is_open(RelationType::PartOf);
    if highest == 0 && open { Fact::default() } else { Some(highest).into() }
}
