//! Tables of records: one for each kind, with a column for each field and for each relation that can start there.

use super::{At, ColumnType, FlatColumn, PAGE, Rows, When, column};
use crate::{
    answers::tables::from_json,
    error::Result,
    model::{FieldType, Record, RecordId, RecordKind, RelationType, View},
    report::Cell,
    store::{Lasting, Reader, Stretch},
};
use serde_json::{Map, Value};

/// The relations that can start from a kind.
fn relations(kind: RecordKind) -> impl Iterator<Item = RelationType> {
    RelationType::ALL.iter().copied().filter(move |relation| relation.ends().0.contains(&kind))
}

pub(super) fn described(kind: RecordKind) -> (&'static str, &'static [&'static str], Vec<FlatColumn>) {
    let mut columns = vec![
        column("id", ColumnType::Id, "The record; derived from kind, source and external id.").joining(&[kind]),
        column("canonical_id", ColumnType::Id, "The record this one is the twin of; its own id unless linked.")
            .joining(&[kind]),
        column("source", ColumnType::Text, "The source it comes from."),
        column("external_id", ColumnType::Text, "Its identifier in that source."),
        column("url", ColumnType::Text, "Link back to it in the source."),
        column("source_updated_at", ColumnType::Time, "When the source last changed it."),
        column("synced_at", ColumnType::Time, "When this state was read from the source."),
    ];
    columns.extend(kind.fields().iter().map(|field| FlatColumn::from_field(field.name, field.doc, field.field_type)));
    columns.extend(relations(kind).map(|relation| {
        let meaning = format!("Where its own relations of the type `{relation}` point.");
        column(relation.as_str(), ColumnType::Ids, &meaning).joining(relation.ends().1)
    }));
    ("a record of this kind, in its latest state", &["id"], columns)
}

pub(super) fn rows(
    reader: &mut Reader<'_>,
    kind: RecordKind,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Record>,
) -> Result<Rows> {
    let records = match stretch {
        None => reader.records_by_key(kind, view, last, PAGE)?,
        Some(stretch) => reader.records_changed(kind, view, stretch, last, PAGE)?,
    };
    let then = if stretch.is_some() && view == View::General { At::Withheld(None) } else { At::End };
    Ok(Rows::of(records, row, |last| At::Records(Some(Box::new(last))), then))
}

/// What everybody saw once: the id alone, as if its source had deleted it.
pub(super) fn withheld_rows(
    reader: &mut Reader<'_>,
    kind: RecordKind,
    stretch: Option<&Stretch>,
    last: Option<&Lasting<RecordId>>,
) -> Result<Rows> {
    let Some(stretch) = stretch else { return Ok(Rows::none()) };
    let withheld = reader.records_withheld(kind, stretch, last, PAGE)?;
    let ids: Vec<RecordId> = withheld.iter().map(|withheld| withheld.item).collect();
    let still = reader.restricted(&ids)?;
    let width = described(kind).2.len();
    let row = |withheld: &Lasting<RecordId>| {
        let mut cells = vec![withheld.item.into()];
        cells.resize(width, Cell::Empty);
        (cells, When::with(withheld.seq, true))
    };
    let mut rows = Rows::of(withheld, row, |last| At::Withheld(Some(last)), At::End);
    let mut ids = ids.iter();
    rows.cells.retain(|_| ids.next().is_none_or(|id| still.contains(id)));
    Ok(rows)
}

fn row(record: &Record) -> (Vec<Cell>, When) {
    let kind = record.body.kind();
    let fields = record.body.to_json().ok().and_then(|text| serde_json::from_str(&text).ok());
    let fields: Map<String, Value> = fields.unwrap_or_default();
    let own = [
        record.id.into(),
        record.canonical_id.into(),
        Cell::from(&record.source),
        Cell::from(&record.external_id),
        record.url.as_ref().into(),
        record.source_updated_at.into(),
        record.synced_at.into(),
    ];
    let of_kind = kind
        .fields()
        .iter()
        .map(|field| fields.get(field.name).map_or(Cell::Empty, |value| cell(field.field_type, value)));
    let related = relations(kind).map(|relation| {
        Cell::list(record.relations.iter().filter(|edge| edge.relation == relation).map(|edge| edge.to.id))
    });
    let cells = own.into_iter().chain(of_kind).chain(related).collect();
    (cells, When::with(record.changed_seq, record.deleted_at.is_some()))
}

/// A field's value: of a reference its record's id, so that tables join.
fn cell(of: FieldType, value: &Value) -> Cell {
    let id = |reference: &Value| reference.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (of, value) {
        (FieldType::Reference(_) | FieldType::AnyReference, Value::Object(_)) => Cell::Text(id(value)),
        (FieldType::ReferenceList(_), Value::Array(all)) => Cell::list(all.iter().map(id)),
        _ => from_json(value),
    }
}
