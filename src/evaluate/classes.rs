//! The class of incidents that counts, put on them before they are judged: a person's decision, else what the source
//! says, else what a rule makes of them. Whatever is judged reads it as the field `security_class`.

use super::{Change, apply, neighbourhood::Search};
use crate::{
    assess::{
        Rules,
        incidents::{ClassOverride, ClassifiedIncident, classify},
    },
    error::Result,
    model::{Body, Field, Graph, Record, RecordId, RecordKind, RelationType, SecurityClass, TicketType},
    store::{Reader, StoredClassification, Transaction},
};
use std::collections::{BTreeMap, BTreeSet};

/// What persons decided on these incidents and events.
pub fn class_overrides<'r>(
    reader: &mut Reader<'_>,
    records: impl IntoIterator<Item = &'r Record>,
) -> Result<BTreeMap<RecordId, ClassOverride>> {
    let tickets: Vec<RecordId> =
        records.into_iter().filter(|record| is_classified(record)).map(|record| record.id).collect();
    let mut found = BTreeMap::new();
    for StoredClassification { record, class, reason, author, made_at } in reader.classifications(&tickets)? {
        match class {
            Some(class) => found.insert(record, ClassOverride { class, reason, author, made_at }),
            None => found.remove(&record),
        };
    }
    Ok(found)
}

/// The class of one ticket with everything it rests on; `None` if it is no incident or event.
pub fn classified(reader: &mut Reader<'_>, rules: &Rules, ticket: Record) -> Result<Option<ClassifiedIncident>> {
    let id = ticket.id;
    let mut records = vec![ticket];
    records.extend(affected_by(reader, &records)?);
    let overrides = class_overrides(reader, &records)?;
    let graph = Graph::new(&records, []);
    Ok(graph.record(id).and_then(|ticket| classify(ticket, &graph, &rules.classification, &overrides)))
}

/// What tickets among these records affect, and the records that say so, but those that are there already.
pub fn affected_by(reader: &mut Reader<'_>, records: &[Record]) -> Result<Vec<Record>> {
    let tickets = records.iter().filter(|record| record.body.kind() == RecordKind::Ticket);
    let tickets: Vec<RecordId> = tickets.map(|ticket| ticket.canonical_id).collect();
    let mut search = Search { reader, found: BTreeSet::new() };
    search.from(&tickets, &[RelationType::Affects.as_str()])?;
    let Search { mut found, .. } = search;
    for record in records {
        found.remove(&record.id);
    }
    reader.records_by_id(&found.into_iter().collect::<Vec<_>>())
}

/// A person decides what an incident is, or takes that back: it is judged anew at once.
pub fn decide_on_class(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    decision: &StoredClassification,
) -> Result<()> {
    transaction.add_classification(decision)?;
    apply(transaction, rules, Change::Classified { ticket: decision.record })?;
    Ok(())
}

/// Puts their class on the incidents and events asked for. What they affect has to be among the records.
pub(super) fn put(
    reader: &mut Reader<'_>,
    rules: &Rules,
    records: &mut [Record],
    asked: impl Fn(RecordId) -> bool,
) -> Result<()> {
    let wanted = |record: &&Record| is_classified(record) && asked(record.id);
    if !records.iter().any(|record| wanted(&record)) {
        return Ok(());
    }
    let overrides = class_overrides(reader, records.iter().filter(wanted))?;
    let graph = Graph::new(records, []);
    let class = |record: &Record| classify(record, &graph, &rules.classification, &overrides)?.class;
    let classes: BTreeMap<RecordId, SecurityClass> =
        records.iter().filter(wanted).filter_map(|record| Some((record.id, class(record)?))).collect();
    set(records, &classes);
    Ok(())
}

/// Puts on tickets the class they were judged by last.
pub fn as_judged(reader: &mut Reader<'_>, records: &mut [Record]) -> Result<()> {
    let tickets = records.iter().filter(|record| record.body.kind() == RecordKind::Ticket);
    let tickets: Vec<RecordId> = tickets.map(|record| record.id).collect();
    let classes = reader.judged_classes(&tickets)?;
    set(records, &classes);
    Ok(())
}

/// Puts their class on the incidents and events asked for, and keeps it. What they affect has to be among the records.
pub(super) fn put_and_keep(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    records: &mut [Record],
    asked: &BTreeSet<RecordId>,
) -> Result<()> {
    put(transaction, rules, records, |id| asked.contains(&id))?;
    let wanted = records.iter().filter(|record| is_classified(record) && asked.contains(&record.id));
    let now: BTreeMap<RecordId, Option<SecurityClass>> = wanted.map(|record| (record.id, class_of(record))).collect();
    let tickets: Vec<RecordId> = now.keys().copied().collect();
    let before = transaction.judged_classes(&tickets)?;
    let turned = now.into_iter().filter(|(ticket, class)| before.get(ticket) != class.as_ref());
    transaction.save_judged_classes(&turned.collect())
}

/// The class of a ticket.
pub(super) fn class_of(record: &Record) -> Option<SecurityClass> {
    match &record.body {
        Body::Ticket(ticket) => ticket.security_class.get().copied(),
        _ => None,
    }
}

fn set(records: &mut [Record], classes: &BTreeMap<RecordId, SecurityClass>) {
    for record in records {
        if let (Some(class), Body::Ticket(ticket)) = (classes.get(&record.id), &mut record.body) {
            ticket.security_class = Field::Value(*class);
        }
    }
}

/// True for what has a class: an incident or event.
fn is_classified(record: &Record) -> bool {
    match &record.body {
        Body::Ticket(ticket) => matches!(ticket.r#type.get(), Some(TicketType::Incident | TicketType::Event)),
        _ => false,
    }
}
