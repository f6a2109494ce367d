//! What contributes to services, summed up: walked once, and kept until anything it was made of changes.

use super::{
    CHUNK,
    neighbourhood::{CONCERNS, Search},
};
use crate::{
    error::Result,
    model::{ContributingItems, RecordId, RecordKind, at_risk},
    store::{Reader, Transaction},
};
use std::collections::{BTreeSet, HashMap};

/// What contributes to these services, from what is kept, else walked.
pub(super) fn contributing_items(
    reader: &mut Reader<'_>,
    services: &[RecordId],
) -> Result<HashMap<RecordId, ContributingItems>> {
    let mut found = reader.contributing_items(services)?;
    for service in services {
        if !found.contains_key(service) {
            found.insert(*service, sum_up(reader, *service)?);
        }
    }
    Ok(found)
}

/// The same; what had to be walked is kept from now on.
pub(super) fn keep(
    transaction: &mut Transaction<'_>,
    services: &[RecordId],
) -> Result<HashMap<RecordId, ContributingItems>> {
    let mut missing = HashMap::new();
    let mut found = transaction.contributing_items(services)?;
    for service in services.iter().filter(|service| !found.contains_key(service)) {
        missing.insert(*service, sum_up(transaction, *service)?);
    }
    transaction.keep_contributing_items(&missing)?;
    found.extend(missing);
    Ok(found)
}

/// Forgets what contributes to the services above what changes, and to these themselves. To be called before their edges
/// are replaced, and after.
pub(super) fn forget(transaction: &mut Transaction<'_>, changed: &BTreeSet<(RecordKind, RecordId)>) -> Result<()> {
    let of = |kind: RecordKind| changed.iter().filter(move |(found, _)| *found == kind).map(|(_, id)| *id);
    let risks: Vec<RecordId> = of(RecordKind::Risk).collect();
    let mut search = Search { reader: transaction, found: BTreeSet::new() };
    let mut moved = search.from(&risks, &[CONCERNS])?;
    moved.extend(of(RecordKind::Service).chain(of(RecordKind::ConfigurationItem)));
    if moved.is_empty() {
        return Ok(());
    }
    let above = search.above(moved.clone())?;
    let all: Vec<RecordId> = above.into_iter().chain(moved).collect();
    transaction.forget_contributing_items(&all)
}

/// Walks what is beneath a service; of the records only a few are held at a time.
fn sum_up(reader: &mut Reader<'_>, service: RecordId) -> Result<ContributingItems> {
    let mut beneath = Search { reader, found: BTreeSet::new() }.beneath(vec![service])?;
    beneath.remove(&service);
    let mut items = ContributingItems::default();
    for chunk in beneath.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let mut found = reader.records_by_id(chunk)?;
        found.retain(|record| record.body.kind() == RecordKind::ConfigurationItem);
        found.iter().for_each(|record| items.add(record));
        if !items.at_risk {
            let found: Vec<RecordId> = found.iter().map(|record| record.id).collect();
            let risks: Vec<RecordId> = reader.edges_to(&found, &[CONCERNS])?.iter().map(|edge| edge.owner).collect();
            items.at_risk = reader.records_by_id(&risks)?.iter().any(|risk| !at_risk(risk).is_empty());
        }
    }
    Ok(items)
}
