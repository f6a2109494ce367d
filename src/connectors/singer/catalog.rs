//! The catalog of a tap: what it can read, and what of it is selected.

use super::StreamSelection;
use crate::error::did_you_mean;
use serde_json::{Map, Value, json};

/// The catalog with exactly these streams selected, all their columns with them. The error names what is wrong with
/// the catalog, or every stream that is not in it.
pub fn select(mut catalog: Value, wanted: &[StreamSelection]) -> Result<Value, Vec<String>> {
    let Some(streams) = catalog.get_mut("streams").and_then(Value::as_array_mut) else {
        return Err(vec!["its catalog has no list `streams`".into()]);
    };
    let known: Vec<String> = streams.iter().flat_map(names).map(str::to_owned).collect();
    let missing: Vec<String> = wanted
        .iter()
        .filter(|selection| !known.contains(&selection.tap_stream))
        .map(|selection| {
            let names = if known.is_empty() { "no stream at all".into() } else { format!("only {}", known.join(", ")) };
            let near = did_you_mean(&selection.tap_stream, known.iter().map(String::as_str));
            format!("it has no stream `{}`, {names}{near}", selection.tap_stream)
        })
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    for stream in streams {
        let selection = wanted.iter().find(|selection| names(stream).any(|name| name == selection.tap_stream));
        if let Some(stream) = stream.as_object_mut() {
            mark(stream, selection);
        }
    }
    Ok(catalog)
}

/// The names a stream goes by: the one it is selected by, and the one its records carry.
fn names(stream: &Value) -> impl Iterator<Item = &str> {
    let id = stream.get("tap_stream_id").and_then(Value::as_str);
    let name = stream.get("stream").and_then(Value::as_str).filter(|name| Some(*name) != id);
    id.into_iter().chain(name)
}

fn mark(stream: &mut Map<String, Value>, selection: Option<&StreamSelection>) {
    let columns: Vec<String> = match stream.get("schema").and_then(|schema| schema.get("properties")) {
        Some(Value::Object(properties)) => properties.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let metadata = stream.entry("metadata").or_insert_with(|| json!([]));
    if !metadata.is_array() {
        *metadata = json!([]);
    }
    let Some(entries) = metadata.as_array_mut() else { return };
    annotate(entries, &json!([]), |root| {
        root.insert("selected".into(), selection.is_some().into());
        if let Some(method) = selection.and_then(|selection| selection.method) {
            root.insert("replication-method".into(), method.as_str().into());
        }
        if let Some(key) = selection.and_then(|selection| selection.key.as_deref()) {
            root.insert("replication-key".into(), key.into());
        }
    });
    for column in columns.iter().filter(|_| selection.is_some()) {
        annotate(entries, &json!(["properties", column]), |column| {
            if column.get("inclusion").and_then(Value::as_str) != Some("unsupported") {
                column.insert("selected".into(), true.into());
            }
        });
    }
    // Where taps older than metadata look.
    if let Some(method) = selection.and_then(|selection| selection.method) {
        stream.insert("replication_method".into(), method.as_str().into());
    }
    if let Some(key) = selection.and_then(|selection| selection.key.as_deref()) {
        stream.insert("replication_key".into(), key.into());
    }
}

/// Changes the metadata of this breadcrumb, which is made if it is missing.
fn annotate(entries: &mut Vec<Value>, breadcrumb: &Value, change: impl FnOnce(&mut Map<String, Value>)) {
    let found = entries.iter_mut().find(|entry| entry.get("breadcrumb") == Some(breadcrumb));
    match found.and_then(|entry| entry.get_mut("metadata")).and_then(Value::as_object_mut) {
        Some(metadata) => change(metadata),
        None => {
            let mut metadata = Map::new();
            change(&mut metadata);
            entries.push(json!({ "breadcrumb": breadcrumb, "metadata": metadata }));
        }
    }
}
