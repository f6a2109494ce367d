//! The catalog of a tap: what it can read, and what of it is selected.

use super::StreamSelection;
use crate::error::did_you_mean;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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

/// By the names that messages may call them: which of the wanted streams it is. A name that two of them go by tells
/// nothing.
pub fn positions(catalog: Option<&Value>, wanted: &[StreamSelection]) -> BTreeMap<String, usize> {
    let streams = catalog.and_then(|catalog| catalog.get("streams")).and_then(Value::as_array);
    let mut found: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for stream in streams.into_iter().flatten() {
        let position = wanted.iter().position(|one| names(stream).any(|name| name == one.tap_stream));
        for name in names(stream).filter(|_| position.is_some()) {
            let known = found.entry(name.into()).or_insert(position);
            if *known != position {
                *known = None;
            }
        }
    }
    let own = wanted.iter().enumerate().map(|(position, one)| (one.tap_stream.clone(), Some(position)));
    found.extend(own);
    found.into_iter().filter_map(|(name, position)| Some((name, position?))).collect()
}

/// A state without what it says of the streams of these names, so that they are read from the beginning. One that does
/// not keep bookmarks by stream cannot be taken apart: without it, everything is.
pub fn without(mut state: Value, names: &[&str]) -> Option<Value> {
    if names.is_empty() {
        return Some(state);
    }
    let all = state.as_object_mut()?;
    all.remove("currently_syncing");
    all.get_mut("bookmarks")?.as_object_mut()?.retain(|name, _| !names.contains(&name.as_str()));
    Some(state)
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
