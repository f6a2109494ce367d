//! Samples: records written in an indicator's file with the outcome that should come out.

use super::{Facts, definition::Definition, file::Keys};
use crate::{
    error::Problem,
    model::{Body, FieldType, Outcome, Record, RecordId, RecordKind, Reference, Timestamp, reference_from_text},
};
use serde_json::{Map, Value as Json, json};
use toml::{Table, Value};

/// The instant of a sample that does not state its own: 2026-07-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_782_864_000_000);
const SOURCE: &str = "sample";

/// Judges every sample and notes those that come out otherwise. A definition shows a record that passes and one that
/// fails.
pub(super) fn check(file: &str, definition: &Definition, samples: Vec<Table>, problems: &mut Vec<Problem>) {
    let mut shown = Vec::new();
    for (number, table) in samples.into_iter().enumerate() {
        let place = format!("{file}: sample {}.", number + 1);
        let mut keys = Keys::new(place, table, &["deleted", "facts", "fields", "now", "outcome"]);
        let expected: Option<Outcome> = keys.name("outcome");
        shown.extend(expected);
        if let (Some(expected), Some(found)) = (expected, judge(definition, &mut keys))
            && expected != found
        {
            keys.refuse::<()>("outcome", format!("{expected} is expected, {found} comes out"));
        }
        problems.append(&mut keys.problems);
    }
    for needed in [Outcome::Passing, Outcome::Failing] {
        if !shown.contains(&needed) {
            problems
                .push(Problem::new(format!("{file}: sample"), format!("one with outcome = \"{needed}\" is missing")));
        }
    }
}

fn judge(definition: &Definition, keys: &mut Keys<'_>) -> Option<Outcome> {
    let kind = definition.record;
    let now = match keys.optional::<Value>("now").map(json) {
        None => NOW,
        Some(Json::String(text)) => text.parse().map_err(|rule: String| keys.refuse::<()>("now", rule)).ok()?,
        Some(_) => return keys.refuse("now", "is an RFC 3339 time"),
    };
    let deleted = keys.optional("deleted").unwrap_or(false);
    let fields: Table = keys.optional("fields").unwrap_or_default();
    let fields = fields.into_iter().map(|(name, value)| {
        let value = refer(kind, &name, json(value));
        (name, value)
    });
    let facts: Table = keys.optional("facts").unwrap_or_default();
    let facts: Map<String, Json> = facts.into_iter().map(|(name, value)| (name, json(value))).collect();
    let facts = Facts::given(kind, &facts).map_err(|problems| {
        for problem in problems {
            keys.refuse::<()>(&format!("facts.{}", problem.place), problem.rule);
        }
    });
    match Body::from_json(kind, Json::Object(fields.collect())) {
        Ok(body) => Some(definition.judge(&record(body, deleted.then_some(now)), &facts.ok()?, now).outcome),
        Err(problem) => keys.refuse(&format!("fields.{}", problem.place), problem.rule),
    }
}

fn record(body: Body, deleted_at: Option<Timestamp>) -> Record {
    let id = RecordId::of(body.kind(), SOURCE, "1");
    Record {
        id,
        source: SOURCE.into(),
        external_id: "1".into(),
        url: None,
        source_updated_at: NOW,
        source_version: 0,
        synced_at: NOW,
        deleted_at,
        changed_seq: 0,
        canonical_id: id,
        body,
        relations: Vec::new(),
        attributes: Map::new(),
    }
}

/// TOML as JSON. TOML has no null: a blank text stands for a field that is supplied and empty.
fn json(value: Value) -> Json {
    match value {
        Value::String(text) if text.trim().is_empty() => Json::Null,
        Value::String(text) => text.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::Boolean(value) => value.into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}

/// In samples a reference is written as the external id alone.
fn refer(kind: RecordKind, field: &str, value: Json) -> Json {
    let one = |kind, value: Json| match value {
        Json::String(text) => json!(Reference::new(kind, SOURCE, &text)),
        other => other,
    };
    let found = kind.fields().iter().find(|definition| definition.name == field);
    match (found.map(|definition| definition.field_type), value) {
        (Some(FieldType::Reference(kind)), value) => one(kind, value),
        (Some(FieldType::ReferenceList(kind)), Json::Array(values)) => {
            values.into_iter().map(|value| one(kind, value)).collect()
        }
        (Some(FieldType::AnyReference), Json::String(text)) => {
            reference_from_text(SOURCE, &text).map_or(Json::String(text), |reference| json!(reference))
        }
        (_, value) => value,
    }
}
