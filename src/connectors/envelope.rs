//! From the objects a mapping makes to versions of records: the envelope keys are read, the fields walked by the
//! catalogue of the record kind, references completed with their source. Whatever does not fit is said in words.

use super::{Emit, Stream};
use crate::{
    error::{Problem, did_you_mean},
    model::{
        Body, FieldType, RecordId, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Timestamp,
        check_supply, reference_from_text,
    },
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The keys every kind shares; all others are fields of the kind.
pub const ENVELOPE_KEYS: &[&str] =
    &["external_id", "url", "updated_at", "source_version", "deleted", "relations", "attributes"];

/// The longest external id, in bytes.
const MAX_EXTERNAL_ID: usize = 500;

type Object = Map<String, Value>;

/// True if the object says that only a smaller group may know the record, in whatever words it says so.
pub fn is_restricted(kind: Option<RecordKind>, object: &Value) -> bool {
    kind == Some(RecordKind::Ticket)
        && !matches!(object.get("restricted"), None | Some(Value::Null | Value::Bool(false)))
}

/// The record version an object of this stream stands for; without `updated_at` it is of the time of reading, `at`.
pub fn open(stream: &Stream, source: &str, at: Timestamp, object: Value) -> Result<RecordVersion, String> {
    let Value::Object(mut object) = object else {
        return Err(format!("the mapping makes {}; a record is an object", sort_of(&object)));
    };
    let kind = match stream.emit() {
        Emit::Records(kind) => kind,
        Emit::Tombstones => take_kind(&mut object)?,
        Emit::Keys => return Err("the stream only gives keys".into()),
    };
    let external_id = object
        .remove("external_id")
        .ok_or_else(|| "the mapping gives no `external_id`; every record needs one".to_owned())
        .and_then(|id| read_id(&id).map_err(|rule| format!("`external_id`: {rule}")))?;
    let mut take = |key: &str| object.remove(key).unwrap_or_default();
    let url = read(take("url"), "url", "a text that starts with https:// or http://", |value| {
        value.as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://")).map(str::to_owned)
    })?;
    let updated_at: Option<Timestamp> = match take("updated_at") {
        Value::Null => None,
        Value::String(text) => Some(text.parse().map_err(|rule| format!("`updated_at`: {rule}"))?),
        other => return Err(format!("`updated_at`: {} where a time is expected", sort_of(&other))),
    };
    let version = read(take("source_version"), "source_version", "a whole number", Value::as_i64)?.unwrap_or(0);
    let deleted = read(take("deleted"), "deleted", "true or false", Value::as_bool)?;
    let relations = read_relations(stream, kind, source, take("relations"))?;
    let attributes = read(take("attributes"), "attributes", "an object", |value| value.as_object().cloned())?;
    if let (Emit::Tombstones, Some(key)) = (stream.emit(), object.keys().next()) {
        return Err(format!("`{key}` has no place in a tombstone: it has `kind`, `external_id` and `updated_at`"));
    }
    let deleted = deleted.unwrap_or(stream.emit() == Emit::Tombstones);
    let body = read_fields(kind, source, object)?;
    if stream.emit() != Emit::Tombstones {
        check_edge(stream, &body)?;
    }
    check_supply(RecordId::of(body.kind(), source, &external_id), &body)
        .map_err(|Problem { place, rule }| format!("`{place}`: {rule}"))?;
    Ok(RecordVersion {
        source: source.into(),
        external_id,
        url,
        source_updated_at: updated_at.unwrap_or(at),
        undated: updated_at.is_none(),
        source_version: version,
        deleted,
        body,
        relations,
        attributes: attributes.unwrap_or_default(),
    })
}

/// The record an object of this stream stands for, whatever is wrong with the rest of it.
pub fn record(stream: &Stream, source: &str, object: &Value) -> Option<RecordId> {
    let kind = match stream.emit() {
        Emit::Records(kind) => kind,
        Emit::Tombstones => object.get("kind")?.as_str()?.parse().ok()?,
        Emit::Keys => return None,
    };
    let external_id = read_id(object.get("external_id")?).ok()?;
    Some(RecordId::of(kind, source, &external_id))
}

/// The kind of record a tombstone stands for, which its stream does not say.
fn take_kind(object: &mut Object) -> Result<RecordKind, String> {
    match object.remove("kind") {
        Some(Value::String(kind)) => kind.parse().map_err(|rule| format!("`kind`: {rule}")),
        Some(other) => Err(format!("`kind`: {} where a record kind is expected", sort_of(&other))),
        None => Err("the mapping gives no `kind`; a tombstone says of which kind the record was".into()),
    }
}

/// Null and absent are the same for the envelope.
fn read<T>(
    value: Value,
    key: &str,
    expected: &str,
    convert: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if key == "url" && text.trim().is_empty() => Ok(None),
        value => convert(&value)
            .map(Some)
            .ok_or_else(|| format!("`{key}`: {} where {expected} is expected", sort_of(&value))),
    }
}

fn read_id(id: &Value) -> Result<String, String> {
    match id {
        Value::String(text) if text.trim().is_empty() => Err("the text is empty".into()),
        Value::String(text) if text.len() > MAX_EXTERNAL_ID => Err(format!("longer than {MAX_EXTERNAL_ID} bytes")),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.is_i64() => Ok(number.to_string()),
        other => Err(format!("{} where a text or a whole number is expected", sort_of(other))),
    }
}

fn read_fields(kind: RecordKind, source: &str, mut object: Object) -> Result<Body, String> {
    let mut fields = Object::new();
    for field in kind.fields() {
        if let Some(value) = object.remove(field.name) {
            let value = canonical(field.field_type, source, value);
            fields.insert(field.name.into(), value.map_err(|rule| format!("field `{}`: {rule}", field.name))?);
        }
    }
    if let Some(key) = object.keys().next() {
        let names = kind.fields().iter().map(|field| field.name).chain(ENVELOPE_KEYS.iter().copied());
        return Err(format!(
            "`{key}` is neither a field of a {kind} nor one of {}{}",
            ENVELOPE_KEYS.join(", "),
            did_you_mean(key, names)
        ));
    }
    Body::from_json(kind, Value::Object(fields))
        .map_err(|problem| format!("field `{}`: {}", problem.place, problem.rule))
}

/// The JSON of a field as the catalogue reads it: references are completed, the rest stays.
fn canonical(field_type: FieldType, source: &str, value: Value) -> Result<Value, String> {
    let list = |value: Value, each: &dyn Fn(Value) -> Result<Value, String>| match value {
        Value::Array(elements) => elements.into_iter().map(each).collect::<Result<_, _>>().map(Value::Array),
        other => Err(format!("{} where a list is expected", sort_of(&other))),
    };
    match (field_type, value) {
        (_, Value::Null) => Ok(Value::Null),
        (FieldType::Reference(_) | FieldType::AnyReference, Value::String(text)) if text.trim().is_empty() => {
            Ok(Value::Null)
        }
        (FieldType::Reference(kind), value) => to_value(read_reference(Some(kind), source, value)?),
        (FieldType::AnyReference, value) => to_value(read_reference(None, source, value)?),
        (FieldType::ReferenceList(kind), value) => {
            list(value, &|element| to_value(read_reference(Some(kind), source, element)?))
        }
        (FieldType::Certificates, value) => list(value, &|mut certificate| {
            if let Some(services) = certificate.get_mut("services") {
                *services = canonical(FieldType::ReferenceList(RecordKind::Service), source, services.take())?;
            }
            Ok(certificate)
        }),
        (_, value) => Ok(value),
    }
}

fn to_value(reference: Reference) -> Result<Value, String> {
    serde_json::to_value(reference).map_err(|error| error.to_string())
}

/// A reference: where the kind is given, an external id; otherwise `kind/external_id`; or an object.
fn read_reference(kind: Option<RecordKind>, source: &str, value: Value) -> Result<Reference, String> {
    match (kind, value) {
        (_, Value::Object(object)) => read_reference_object(kind, source, object),
        (Some(kind), id) => Ok(Reference::new(kind, source, &read_id(&id)?)),
        (None, Value::String(text)) => {
            let reference = reference_from_text(source, &text)?;
            read_id(&Value::String(reference.external_id.clone()))?;
            Ok(reference)
        }
        (None, other) => Err(format!("{} where `kind/external_id` or an object is expected", sort_of(&other))),
    }
}

fn read_reference_object(kind: Option<RecordKind>, source: &str, mut object: Object) -> Result<Reference, String> {
    let id = object.remove("external_id").ok_or("the reference has no `external_id`")?;
    let id = read_id(&id).map_err(|rule| format!("`external_id`: {rule}"))?;
    let source = match object.remove("source").unwrap_or_default() {
        Value::Null => source.to_owned(),
        Value::String(named) => {
            super::check_source_name(&named)?;
            named
        }
        other => return Err(format!("`source`: {} where the name of a source is expected", sort_of(&other))),
    };
    let named: Option<RecordKind> = match object.remove("kind").unwrap_or_default() {
        Value::Null => None,
        Value::String(named) => Some(named.parse().map_err(|rule| format!("`kind`: {rule}"))?),
        other => return Err(format!("`kind`: {} where a record kind is expected", sort_of(&other))),
    };
    if let Some(key) = object.keys().next() {
        return Err(format!("a reference has kind, source and external_id, not `{key}`"));
    }
    let kind = match (kind, named) {
        (Some(kind), Some(named)) if kind != named => {
            return Err(format!("refers to a {named} where a {kind} is expected"));
        }
        (kind, named) => kind.or(named).ok_or("the reference has no `kind`")?,
    };
    Ok(Reference::new(kind, &source, &id))
}

fn read_relations(
    stream: &Stream,
    kind: RecordKind,
    source: &str,
    relations: Value,
) -> Result<Vec<RelationTo>, String> {
    let relations = match relations {
        Value::Null => return Ok(Vec::new()),
        Value::Object(relations) => relations,
        other => return Err(format!("`relations`: {} where an object is expected", sort_of(&other))),
    };
    let mut found = BTreeSet::new();
    for (name, targets) in relations {
        let wrong = |rule: String| format!("relation `{name}`: {rule}");
        let relation: RelationType = name.parse().map_err(|rule: String| format!("`relations`: {rule}"))?;
        let targets = match targets {
            Value::Null => continue,
            Value::Array(targets) => targets,
            other => return Err(wrong(format!("{} where a list is expected", sort_of(&other)))),
        };
        for target in targets {
            let to = read_reference(None, source, target).map_err(wrong)?;
            check_ends(stream, relation, kind, to.kind).map_err(wrong)?;
            found.insert(RelationTo { relation, to });
        }
    }
    Ok(found.into_iter().collect())
}

/// A record that is an edge obeys the rules of an edge.
fn check_edge(stream: &Stream, body: &Body) -> Result<(), String> {
    let Body::Relation(edge) = body else { return Ok(()) };
    match (edge.r#type.get(), edge.from.get(), edge.to.get()) {
        (Some(relation), Some(from), Some(to)) => {
            check_ends(stream, *relation, from.kind, to.kind).map_err(|rule| format!("relation `{relation}`: {rule}"))
        }
        _ => Err("a relation needs `type`, `from` and `to`".into()),
    }
}

fn check_ends(stream: &Stream, relation: RelationType, from: RecordKind, to: RecordKind) -> Result<(), String> {
    if !stream.relations().contains(&relation) {
        return Err("the manifest does not list it in `relations` of the stream".into());
    }
    let (starts, targets) = relation.ends();
    for (end, kind, kinds) in [("starts from", from, starts), ("points to", to, targets)] {
        if !kinds.contains(&kind) {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            return Err(format!("it {end} a {}, not a {kind}", kinds.join(" or a ")));
        }
    }
    Ok(())
}

/// What a JSON value is, for messages; short texts and numbers are quoted.
fn sort_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.len() <= 60 => format!("the text `{text}`"),
        Value::String(_) => "a long text".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}
