//! The records that tried changes come to.

use super::{TriedChange, TriedRelation};
use crate::{
    assess::supplier_risk::is_rated,
    error::{Error, Problem, Result},
    evaluate::neighbourhood::{LEAD_SUPPLIER, SUBCONTRACTORS},
    model::{
        Body, Field, Record, RecordId, RecordKind, RecordVersion, Reference, RelationTo, RelationType, check_supply,
    },
    store::{Reader, Transaction},
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What suppliers and agreements relate to.
const RELATIONS: [&str; 3] =
    [RelationType::Provides.as_str(), RelationType::Controls.as_str(), RelationType::Covers.as_str()];

/// The versions of records a change comes to. `place` says which change it is.
pub(super) fn versions(
    transaction: &mut Transaction<'_>,
    change: &TriedChange,
    place: &str,
) -> Result<Vec<RecordVersion>> {
    match change {
        TriedChange::Add { kind, external_id, fields, relations } => {
            add(transaction, *kind, external_id, fields, relations, place)
        }
        TriedChange::Remove { record } => {
            let record = supply(transaction, *record, &format!("{place}.record"))?;
            Ok(vec![RecordVersion { deleted: true, ..record.successor(transaction.at()) }])
        }
        TriedChange::Alter { record, fields, relations } => {
            if fields.is_empty() && relations.is_none() {
                let rule = "neither fields nor relations are named, so nothing would be altered";
                return Err(Error::invalid(format!("{place}.fields"), rule));
            }
            let record = supply(transaction, *record, &format!("{place}.record"))?;
            alter(transaction, record, fields, relations.as_deref(), place)
        }
        TriedChange::Replace { record, by } => {
            let leaves = supplier(transaction, *record, &format!("{place}.record"))?;
            let takes = supplier(transaction, *by, &format!("{place}.by"))?;
            if leaves.id == takes.id {
                return Err(Error::invalid(format!("{place}.by"), "a supplier cannot take over from itself"));
            }
            replace(transaction, leaves, takes)
        }
    }
}

fn add(
    transaction: &mut Transaction<'_>,
    kind: RecordKind,
    external_id: &str,
    fields: &Map<String, Value>,
    relations: &[TriedRelation],
    place: &str,
) -> Result<Vec<RecordVersion>> {
    if !matches!(kind, RecordKind::Party | RecordKind::Agreement) {
        return Err(Error::invalid(format!("{place}.kind"), format!("a party or an agreement is tried, not a {kind}")));
    }
    if external_id.trim().is_empty() {
        return Err(Error::invalid(format!("{place}.external_id"), "is empty: say what it is called"));
    }
    let source = transaction.checkpoints()?.into_keys().next().map(|(source, _)| source);
    let source = source.ok_or_else(|| Error::Conflict("no source was read yet".into()))?;
    let id = RecordId::of(kind, &source, external_id);
    if transaction.record(id)?.is_some_and(|record| record.deleted_at.is_none()) {
        let rule = format!("there is a {kind} of this name already, `{id}`: alter it, or call the new one otherwise");
        return Err(Error::invalid(format!("{place}.external_id"), rule));
    }
    let relations = edges(transaction, kind, relations, place)?;
    let body = read(id, kind, Value::Object(fields.clone()), &format!("{place}.fields"))?;
    Ok(vec![RecordVersion {
        source,
        external_id: external_id.to_owned(),
        url: None,
        source_updated_at: transaction.at(),
        undated: false,
        source_version: 0,
        deleted: false,
        body,
        relations,
        attributes: Map::new(),
    }])
}

fn alter(
    transaction: &mut Transaction<'_>,
    record: Record,
    fields: &Map<String, Value>,
    relations: Option<&[TriedRelation]>,
    place: &str,
) -> Result<Vec<RecordVersion>> {
    let text = record.body.to_json().map_err(|error| Error::Internal(error.to_string()))?;
    let mut all: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| Error::Internal(error.to_string()))?;
    all.extend(fields.clone());
    let kind = record.body.kind();
    let body = read(record.id, kind, Value::Object(all), &format!("{place}.fields"))?;
    let (id, at) = (record.id, transaction.at());
    let mut found = vec![RecordVersion { body, ..record.successor(at) }];
    if let Some(relations) = relations {
        // What was said by records of its own is taken back.
        for stated in relation_records(transaction, id)? {
            found.push(RecordVersion { deleted: true, ..stated.successor(at) });
        }
        let relations = edges(transaction, kind, relations, place)?;
        found.iter_mut().take(1).for_each(|altered| altered.relations.clone_from(&relations));
    }
    Ok(found)
}

/// What one supplier provides and controls is another's from then on, and so are its sub-suppliers.
fn replace(transaction: &mut Transaction<'_>, leaves: Record, takes: Record) -> Result<Vec<RecordVersion>> {
    let at = transaction.at();
    let (from, to) = (leaves.id, Reference::new(RecordKind::Party, &takes.source, &takes.external_id));
    let mut found: BTreeMap<RecordId, RecordVersion> = BTreeMap::new();
    for stated in relation_records(transaction, from)? {
        let id = stated.id;
        let mut moved = stated.successor(at);
        if let Body::Relation(relation) = &mut moved.body {
            relation.from = Field::Value(to.clone());
        }
        found.insert(id, moved);
    }
    for record in stating(transaction, from, &[LEAD_SUPPLIER, SUBCONTRACTORS])? {
        let id = record.id;
        let mut moved = record.successor(at);
        match &mut moved.body {
            Body::Party(party) => {
                party.lead_supplier = if id == to.id { Field::Empty } else { Field::Value(to.clone()) };
            }
            Body::Agreement(agreement) => {
                let alone =
                    agreement.parties.get().is_some_and(|parties| parties.iter().all(|party| party.id == to.id));
                let mut named = agreement.subcontractors.get().cloned().unwrap_or_default();
                named.retain(|named| named.id != from && named.id != to.id);
                named.extend((!alone).then(|| to.clone()));
                agreement.subcontractors = Field::Value(named);
            }
            _ => continue,
        }
        found.insert(id, moved);
    }
    let (taker, mut leaves) = (takes.id, leaves.successor(at));
    let takes = found.entry(taker).or_insert_with(|| takes.successor(at));
    takes.relations.append(&mut leaves.relations);
    takes.relations.sort();
    takes.relations.dedup();
    leaves.deleted = true;
    found.insert(from, leaves);
    Ok(found.into_values().collect())
}

/// The records of their own that say what a party provides or controls, or an agreement covers.
fn relation_records(reader: &mut Reader<'_>, id: RecordId) -> Result<Vec<Record>> {
    let owners: BTreeSet<RecordId> =
        reader.edges_from(&[id], &RELATIONS)?.into_iter().map(|edge| edge.owner).filter(|owner| *owner != id).collect();
    reader.records_by_id(&owners.into_iter().collect::<Vec<_>>())
}

/// The records that name another in one of these fields.
fn stating(reader: &mut Reader<'_>, id: RecordId, fields: &[&str]) -> Result<Vec<Record>> {
    let owners: BTreeSet<RecordId> =
        reader.edges_to(&[id], fields)?.into_iter().map(|edge| edge.owner).filter(|owner| *owner != id).collect();
    reader.records_by_id(&owners.into_iter().collect::<Vec<_>>())
}

/// What a party or agreement is to relate to.
fn edges(
    reader: &mut Reader<'_>,
    kind: RecordKind,
    relations: &[TriedRelation],
    place: &str,
) -> Result<Vec<RelationTo>> {
    let mut edges = Vec::new();
    for (position, relation) in relations.iter().enumerate() {
        let place = format!("{place}.relations[{position}]");
        let to = existing(reader, relation.to, &format!("{place}.to"))?;
        match (kind, relation.r#type, to.body.kind()) {
            (RecordKind::Party, RelationType::Provides, RecordKind::Service)
            | (RecordKind::Party, RelationType::Controls, RecordKind::ConfigurationItem)
            | (RecordKind::Agreement, RelationType::Covers, RecordKind::Service) => {}
            (RecordKind::Party, ..) => {
                let rule = "a party provides a service, or controls a configuration_item";
                return Err(Error::invalid(format!("{place}.type"), rule));
            }
            _ => return Err(Error::invalid(format!("{place}.type"), "an agreement covers a service")),
        }
        let to = Reference::new(to.body.kind(), &to.source, &to.external_id);
        edges.push(RelationTo { relation: relation.r#type, to });
    }
    Ok(edges)
}

fn existing(reader: &mut Reader<'_>, id: RecordId, place: &str) -> Result<Record> {
    let found = reader.record(id)?.filter(|record| record.deleted_at.is_none());
    found.ok_or_else(|| Error::invalid(place, format!("there is no record `{id}`")))
}

/// A party or agreement that exists.
fn supply(reader: &mut Reader<'_>, id: RecordId, place: &str) -> Result<Record> {
    let found = existing(reader, id, place)?;
    match found.body.kind() {
        RecordKind::Party | RecordKind::Agreement => Ok(found),
        kind => Err(Error::invalid(place, format!("`{id}` is a {kind}, not a party or an agreement"))),
    }
}

/// A supplier that exists.
fn supplier(reader: &mut Reader<'_>, id: RecordId, place: &str) -> Result<Record> {
    let found = existing(reader, id, place)?;
    if is_rated(&found) { Ok(found) } else { Err(Error::invalid(place, format!("`{id}` is no supplier"))) }
}

fn read(id: RecordId, kind: RecordKind, fields: Value, place: &str) -> Result<Body> {
    let named = |problem: Problem| Error::invalid(format!("{place}.{}", problem.place), problem.rule);
    let body = Body::from_json(kind, fields).map_err(named)?;
    check_supply(id, &body).map_err(named)?;
    Ok(body)
}
