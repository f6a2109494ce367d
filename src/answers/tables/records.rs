//! Tables of records: counts, the records of a kind with a column for each of its fields, what indicators say of them.

use super::{cell, columns, from_json};
use crate::{
    answers::{FindingBrief, FindingOnRecord, KindCount},
    model::{Record, RecordKind},
    report::{Cell, Column, Table},
};
use serde_json::{Map, Value};

/// What every record has, before the fields of its kind.
const OWN: [(&str, u8); 8] = [
    ("id", 38),
    ("source", 20),
    ("external_id", 18),
    ("url", 40),
    ("source_updated_at", 25),
    ("synced_at", 25),
    ("deleted_at", 25),
    ("canonical_id", 38),
];

/// A line for each kind.
pub fn record_counts(items: &[KindCount]) -> Table {
    Table::new("records", columns(&[("kind", 24), ("records", 10)]))
        .with(items, |item| [Cell::of(item.kind), item.records.into()])
}

/// A line for each record of this kind, with a column for each of the kind's fields. A field that points at a record
/// shows its external id; one the source cannot supply and one that is empty there both are empty.
pub fn records(kind: RecordKind, items: &[Record]) -> Table {
    let mut heads = columns(&OWN);
    heads.extend(kind.fields().iter().map(|field| Column::new(field.name, 24)));
    heads.extend([Column::new("relations", 50), Column::new("attributes", 50)]);
    let mut table = Table::new(kind.as_str(), heads);
    for record in items {
        let fields = record.body.to_json().ok().and_then(|text| serde_json::from_str(&text).ok());
        let fields: Map<String, Value> = fields.unwrap_or_default();
        let own = [
            record.id.into(),
            Cell::from(&record.source),
            Cell::from(&record.external_id),
            record.url.as_ref().into(),
            record.source_updated_at.into(),
            record.synced_at.into(),
            record.deleted_at.into(),
            record.canonical_id.into(),
        ];
        let of_kind = kind.fields().iter().map(|field| fields.get(field.name).map_or(Cell::Empty, from_json));
        let relations = record.relations.iter();
        let relations = relations.map(|edge| format!("{} {}/{}", edge.relation, edge.to.kind, edge.to.external_id));
        table.push(own.into_iter().chain(of_kind).chain([Cell::list(relations), cell(&record.attributes)]));
    }
    table
}

/// A line for each indicator that speaks of the record.
pub fn findings_on_record(items: &[FindingOnRecord]) -> Table {
    let heads = [("indicator", 40), ("title", 60), ("outcome", 14), ("since", 25), ("seen", 60)];
    Table::new("findings", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.indicator),
            Cell::from(&item.title),
            Cell::of(item.outcome),
            item.since.into(),
            cell(&item.seen),
        ]
    })
}

/// A line for each record an indicator speaks of.
pub fn findings(items: &[FindingBrief]) -> Table {
    let heads = [
        ("record", 38),
        ("kind", 20),
        ("source", 20),
        ("external_id", 18),
        ("name", 40),
        ("url", 40),
        ("outcome", 14),
        ("since", 25),
        ("seen", 60),
    ];
    Table::new("findings", columns(&heads)).with(items, |item| {
        [
            item.record.id.into(),
            Cell::of(item.record.kind),
            Cell::from(&item.record.source),
            Cell::from(&item.record.external_id),
            item.record.name.as_ref().into(),
            item.record.url.as_ref().into(),
            Cell::of(item.outcome),
            item.since.into(),
            cell(&item.seen),
        ]
    })
}
