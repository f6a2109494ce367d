//! NetBox: unknown filters are ignored, pages capped, counts change, rows come twice; deletions stand in a log only.

use super::at;
use crate::harness::{
    Reading, TestDatabase, store_cases,
    stub::{Answer, Asked, Stub},
};
use concord::{connectors::SourceSettings, model::RecordKind};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

store_cases![
    everything_is_read_then_what_changed_then_what_is_gone,
    a_filter_that_is_ignored_is_found_out,
    without_a_token_it_is_forbidden
];

/// Rows by path.
type Tables = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

const DEVICES: &str = "/api/dcim/devices/";
const CHANGES: &str = "/api/core/object-changes/";

/// As NetBox caps at 1000.
const CAP: usize = 2;

fn device(id: u64, status: &str, at: &str) -> Value {
    json!({"id": id, "display_url": format!("https://netbox.example/dcim/devices/{id}/"), "name": format!("edge-{id}"),
        "role": {"name": "Router"}, "status": {"value": status}, "site": {"name": "Leeds"}, "tenant": null,
        "device_type": {"model": "MX204", "manufacturer": {"name": "Juniper"}}, "tags": [], "virtual_chassis": null,
        "parent_device": null, "custom_fields": {"owner": "Network team"}, "last_updated": at})
}

fn tables() -> Tables {
    let old = "2026-02-01T08:00:00.000001Z";
    let circuit = json!({"id": 1, "cid": "SLN-1", "provider": {"id": 3, "name": "Sluicegate"}, "status": {"value": "active"},
        "custom_fields": {}, "last_updated": old});
    let cable = json!({"id": 9, "a_terminations": [{"object_type": "circuits.circuittermination", "object": {"circuit": {"id": 1}}}],
        "b_terminations": [{"object_type": "dcim.interface", "object": {"device": {"id": 1}}}], "last_updated": old});
    let rows = [
        (DEVICES, (1..=5).map(|id| device(id, "active", old)).collect()),
        (
            "/api/virtualization/virtual-machines/",
            vec![json!({"id": 1, "name": "web-1", "device": {"id": 1},
            "status": {"value": "active"}, "last_updated": old})],
        ),
        ("/api/circuits/circuits/", vec![circuit]),
        ("/api/circuits/providers/", vec![json!({"id": 3, "name": "Sluicegate", "last_updated": old})]),
        ("/api/dcim/cables/", vec![cable]),
        (CHANGES, Vec::new()),
    ];
    Arc::new(Mutex::new(rows.into_iter().map(|(path, rows)| (path.to_owned(), rows)).collect()))
}

/// The server; `filter` is the name of the filter by time it knows.
fn netbox(tables: &Tables, filter: &'static str) -> Stub {
    let tables = tables.clone();
    Stub::start(move |asked| {
        if asked.header("authorization") != "Bearer nbt_key.token" {
            let detail = json!({"detail": "Authentication credentials were not provided."});
            return Answer::text(403, detail.to_string());
        }
        let mut tables = tables.lock().expect("the tables");
        let Some(rows) = tables.get_mut(&asked.path) else { return Answer::text(404, "{}") };
        let answer = page(rows, asked, filter);
        // A device that comes first while the list is read shifts the rest: one row comes twice.
        if asked.path == DEVICES && asked.param("offset") == Some("0") && rows.len() == 5 && answer.1 {
            rows.insert(0, device(0, "planned", "2026-03-01T12:00:01Z"));
        }
        Answer::json(answer.0)
    })
}

/// A page, and whether more follow.
fn page(rows: &[Value], asked: &Asked, filter: &str) -> (Value, bool) {
    let since = asked.param(filter).or_else(|| asked.param("time_after")).unwrap_or_default();
    let time =
        |row: &Value| row.get("last_updated").or(row.get("time")).and_then(Value::as_str).unwrap_or("").to_owned();
    let fitting: Vec<&Value> = rows.iter().filter(|row| time(row).as_str() >= since).collect();
    let offset = asked.number("offset").unwrap_or(0);
    let limit = asked.number("limit").unwrap_or(50).min(CAP);
    let results: Vec<&Value> = fitting.iter().skip(offset).take(limit).copied().collect();
    let more = offset + results.len() < fitting.len();
    let next = more.then(|| format!("http://inside.example{}?offset={}", asked.path, offset + limit));
    (json!({"count": fitting.len() + offset, "next": next, "previous": null, "results": results}), more)
}

fn reading(database: &TestDatabase, stub: &Stub, token: &str) -> Reading {
    let source = SourceSettings { url: stub.url.clone(), auth: "bearer".into(), ..SourceSettings::of("netbox") };
    Reading::new(database, source, &[("token", token)])
}

fn everything_is_read_then_what_changed_then_what_is_gone(database: &TestDatabase) {
    let tables = tables();
    let stub = netbox(&tables, "last_updated__gte");
    let reading = reading(database, &stub, "nbt_key.token");

    let first = reading.sync(at(0));
    // Five devices, a machine, a circuit; a provider; who controls the circuit and what depends on it.
    assert_eq!((first.created, first.set_aside, first.tombstoned), (10, 0, 0), "{first:?}");
    let one = reading.record(RecordKind::ConfigurationItem, "dcim.device:1");
    assert_eq!(
        (&one["name"], &one["owner"], &one["site"]),
        (&json!("edge-1"), &json!("Network team"), &json!("Leeds"))
    );
    assert_eq!(one["url"], "https://netbox.example/dcim/devices/1/");
    let machine = reading.record(RecordKind::ConfigurationItem, "virtualization.virtualmachine:1");
    assert_eq!(machine["relations"], json!(["depends_on dcim.device:1"]));
    let provider = reading.record(RecordKind::Party, "circuits.provider:3");
    assert_eq!((&provider["role"], &provider["name"]), (&json!("supplier"), &json!("Sluicegate")));
    let controls = reading.record(RecordKind::Relation, "circuits.circuit:1");
    assert_eq!(
        (&controls["type"], &controls["from"]["external_id"]),
        (&json!("controls"), &json!("circuits.provider:3"))
    );
    let depends = reading.record(RecordKind::Relation, "dcim.cable:9");
    assert_eq!((&depends["type"], &depends["to"]["external_id"]), (&json!("depends_on"), &json!("circuits.circuit:1")));

    let change = |path: &str, at: usize, row: Option<Value>| {
        let mut tables = tables.lock().expect("the tables");
        let rows = tables.get_mut(path).expect("a table");
        match row {
            Some(row) => rows[at] = row,
            None => drop(rows.remove(at)),
        }
    };
    change(DEVICES, 3, Some(device(3, "failed", "2026-03-01T12:30:00.5Z")));
    let second = reading.sync(at(1));
    assert_eq!(
        (second.created, second.changed, second.tombstoned),
        (1, 1, 0),
        "device 0 was made meanwhile: {second:?}"
    );
    assert_eq!(reading.record(RecordKind::ConfigurationItem, "dcim.device:3")["status"], "failed");

    change(DEVICES, 2, None);
    change("/api/circuits/circuits/", 0, None);
    let gone = |kind: &str, id: u64| json!({"time": "2026-03-01T13:10:00Z", "action": {"value": "delete"}, "changed_object_type": kind, "changed_object_id": id});
    let log = vec![gone("dcim.device", 2), gone("circuits.circuit", 1), gone("dcim.interface", 7)];
    tables.lock().expect("the tables").insert(CHANGES.into(), log);
    let third = reading.sync(at(2));
    assert_eq!(third.tombstoned, 3, "a device, a circuit and what controlled it: {third:?}");
    let two = reading.record(RecordKind::ConfigurationItem, "dcim.device:2");
    assert_eq!((&two["gone"], &two["name"]), (&json!(true), &json!("edge-2")), "what was known stays");
    assert_eq!(reading.record(RecordKind::Relation, "circuits.circuit:1")["gone"], true);
    assert_eq!(reading.record(RecordKind::ConfigurationItem, "dcim.device:4")["gone"], false);
}

fn a_filter_that_is_ignored_is_found_out(database: &TestDatabase) {
    let stub = netbox(&tables(), "last_updated_since");
    let reading = reading(database, &stub, "nbt_key.token");
    let error = reading.try_sync(at(0)).and_then(|_| reading.try_sync(at(1))).expect_err("no filter").to_string();
    assert!(error.contains("2100") || error.contains("cursor"), "{error}");
}

fn without_a_token_it_is_forbidden(database: &TestDatabase) {
    let stub = netbox(&tables(), "last_updated__gte");
    let error = reading(database, &stub, "nbt_wrong.token").try_sync(at(0)).expect_err("forbidden").to_string();
    assert!(error.contains("403") && error.contains("credentials were not provided"), "{error}");
    assert!(!error.contains("nbt_wrong"), "{error}");
}
