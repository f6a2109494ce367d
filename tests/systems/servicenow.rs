//! ServiceNow: pages by key, an error inside a good status, too many requests, tables that are not there, an audit
//! trail of deletions.

use super::at;
use crate::harness::{
    Reading, TestDatabase, store_cases,
    stub::{Answer, Asked, Stub},
};
use concord::{
    cli,
    connectors::SourceSettings,
    ingest::{Drained, Ending, LEASE, drain},
    model::{Clock, RecordKind},
    store::Arriving,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

store_cases![
    everything_is_read_then_what_changed_then_what_is_gone,
    an_emptied_vendor_controls_nothing,
    an_emptied_vendor_that_is_sent_controls_nothing,
    a_table_that_is_not_there_does_not_keep_the_others,
    a_wrong_password_is_said
];

/// Rows by table.
type Tables = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

/// `user:password`.
const LOGIN: &str = "Basic dXNlcjpwYXNzd29yZA==";

/// The most rows an answer gives here.
const CAP: usize = 2;

fn id(number: u32) -> String {
    format!("{number:032x}")
}

/// A row as `sysparm_display_value=all` gives it: a pair is value and display value.
fn row(number: u32, updated: &str, fields: Value) -> Value {
    let mut all =
        json!({"sys_id": id(number), "sys_updated_on": updated, "sys_created_on": updated, "sys_mod_count": "1"});
    all.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
    let shown = |(name, value): (&String, &Value)| {
        let (value, shown) = match value.as_array() {
            Some(pair) => (pair[0].clone(), pair[1].clone()),
            None => (value.clone(), value.clone()),
        };
        (name.clone(), json!({"display_value": shown, "value": value}))
    };
    Value::Object(all.as_object().expect("an object").iter().map(shown).collect())
}

fn incident(number: u32, state: Value, updated: &str) -> Value {
    row(
        number,
        updated,
        json!({"number": format!("INC{number:07}"), "short_description": "Shop down", "state": state,
        "priority": ["1", "1 - Critical"], "impact": "1", "urgency": "1", "category": "software", "assigned_to": "",
        "assignment_group": [id(90), "Linux"], "opened_at": "2026-02-01 07:00:00", "resolved_at": "", "closed_at": "",
        "cmdb_ci": [id(1), "web-1"], "cmdb_ci.sys_class_name": "cmdb_ci_linux_server", "business_service": [id(3), "Shop"],
        "problem_id": "", "caused_by": "", "made_sla": "false", "active": "true", "major_incident_state": "accepted"}),
    )
}

const OLD: &str = "2026-02-01 08:00:00";

fn tables() -> Tables {
    let item = |number: u32| {
        row(
            number,
            OLD,
            json!({"sys_class_name": ["cmdb_ci_linux_server", "Linux Server"],
        "name": format!("web-{number}"), "operational_status": ["1", "Operational"], "owned_by": [id(80), "Ada Marsh"],
        "vendor": if number == 1 { json!([id(50), "Hexacore"]) } else { json!("") }}),
        )
    };
    let service = row(
        3,
        OLD,
        json!({"sys_class_name": ["cmdb_ci_service", "Service"], "name": "Shop", "owned_by": "",
        "operational_status": "1", "busines_criticality": "1 - most critical", "vendor": ""}),
    );
    let rows = [
        ("cmdb_ci", vec![item(1), item(2), service.clone(), item(4), item(5)]),
        ("cmdb_ci_service", vec![service]),
        (
            "cmdb_rel_ci",
            vec![row(
                20,
                OLD,
                json!({"parent": [id(3), "Shop"], "parent.sys_class_name": "cmdb_ci_service",
            "child": [id(1), "web-1"], "child.sys_class_name": "cmdb_ci_linux_server",
            "type": [id(70), "Depends on::Used by"]}),
            )],
        ),
        ("incident", (100..105).map(|n| incident(n, json!(["2", "In Progress"]), OLD)).collect()),
        (
            "problem",
            (200..205)
                .map(|n| {
                    row(
                        n,
                        OLD,
                        json!({"short_description": "Index grows", "state": "101",
            "active": "true", "cause_notes": "", "workaround": "Restart", "made_sla": "true"}),
                    )
                })
                .collect(),
        ),
        (
            "change_request",
            vec![row(
                300,
                OLD,
                json!({"short_description": "Compact", "state": "3", "type": "emergency",
            "approval": "approved", "approval_set": "2026-01-31 10:00:00", "backout_plan": "Snapshot",
            "close_code": "successful", "made_sla": "true", "active": "false"}),
            )],
        ),
        ("sc_req_item", Vec::new()),
        (
            "task_ci",
            vec![row(500, OLD, json!({"task": id(100), "ci_item": id(2), "ci_item.sys_class_name": "cmdb_ci"}))],
        ),
        ("task_cmdb_ci_service", Vec::new()),
        (
            "task_sla",
            vec![row(
                600,
                OLD,
                json!({"task": id(100), "task.business_service": [id(3), "Shop"],
            "sla": [id(87), "P1 resolution"], "has_breached": "true", "business_percentage": "140",
            "start_time": OLD, "end_time": "", "stage": "in_progress"}),
            )],
        ),
        (
            "core_company",
            vec![row(
                50,
                OLD,
                json!({"name": "Hexacore", "vendor": "true", "customer": "false",
            "vendor_manager": [id(88), "Ivo Renn"], "country": "NL"}),
            )],
        ),
        (
            "ast_contract",
            vec![row(
                700,
                OLD,
                json!({"number": "CNTR1", "short_description": "Maintenance",
            "vendor": [id(50), "Hexacore"], "starts": "2025-01-01", "ends": "2026-12-31"}),
            )],
        ),
        (
            "contract_rel_ci",
            vec![
                row(
                    710,
                    OLD,
                    json!({"contract": id(700), "ci_item": id(3), "ci_item.sys_class_name": "cmdb_ci_service"}),
                ),
                row(711, OLD, json!({"contract": id(700), "ci_item": id(1), "ci_item.sys_class_name": "cmdb_ci"})),
            ],
        ),
        ("sys_audit_delete", Vec::new()),
        ("sys_user", Vec::new()),
    ];
    Arc::new(Mutex::new(rows.into_iter().map(|(table, rows)| (table.to_owned(), rows)).collect()))
}

fn servicenow(tables: &Tables) -> Stub {
    let (tables, busy) = (tables.clone(), AtomicUsize::new(0));
    Stub::start(move |asked| {
        if asked.header("authorization") != LOGIN {
            return Answer::text(401, r#"{"error":{"message":"User Not Authenticated"},"status":"failure"}"#);
        }
        let table = asked.path.trim_start_matches("/api/now/table/");
        if table == "incident" && busy.fetch_add(1, Ordering::Relaxed) == 0 {
            return Answer::text(429, r#"{"error":{"message":"Rate limit exceeded"}}"#).with("retry-after", "0");
        }
        let tables = tables.lock().expect("the tables");
        let Some(rows) = tables.get(table) else {
            let message = format!("Invalid table {table}");
            return Answer::text(400, json!({"error": {"message": message}, "status": "failure"}).to_string());
        };
        let limit = asked.number("sysparm_limit").unwrap_or(10_000);
        let result = query(rows, asked, limit.min(CAP));
        // Too much at once: a good status, part of the rows, and an error.
        if table == "problem" && limit > 100 {
            let message = "Transaction cancelled: maximum execution time exceeded";
            return Answer::json(
                json!({"result": &result[..1.min(result.len())], "error": {"message": message}, "status": "failure"}),
            );
        }
        Answer::json(json!({"result": result}))
    })
}

/// The rows an encoded query asks for, in order of their key.
fn query<'a>(rows: &'a [Value], asked: &Asked, limit: usize) -> Vec<&'a Value> {
    let query = asked.param("sysparm_query").unwrap_or_default().to_owned();
    let value = |row: &Value, name: &str| row[name]["value"].as_str().unwrap_or_default().to_owned();
    let fits = |row: &Value, condition: &str| match condition.split_once(">=").or_else(|| condition.split_once('>')) {
        Some((name, bound)) if condition.contains(">=") => value(row, name).as_str() >= bound,
        Some((name, bound)) => value(row, name).as_str() > bound,
        None if condition == "vendorISNOTEMPTY" => !value(row, "vendor").is_empty(),
        None if condition == "vendorISEMPTY" => value(row, "vendor").is_empty(),
        // What it does not understand it ignores.
        None => true,
    };
    let mut found: Vec<&Value> =
        rows.iter().filter(|row| query.split('^').all(|condition| fits(row, condition))).collect();
    found.sort_by_key(|row| value(row, "sys_id"));
    found.truncate(limit);
    found
}

fn reading(database: &TestDatabase, stub: &Stub, password: &str) -> Reading {
    let source = SourceSettings { url: stub.url.clone(), auth: "basic".into(), ..SourceSettings::of("servicenow") };
    Reading::new(database, source, &[("user", "user"), ("password", password)])
}

fn everything_is_read_then_what_changed_then_what_is_gone(database: &TestDatabase) {
    let tables = tables();
    let stub = servicenow(&tables);
    let reading = reading(database, &stub, "password");
    let first = reading.sync(at(0));
    // 4 CIs, a service, their edge, a vendor's edge, 5 incidents, 5 problems, a change, an affected CI, an SLA, a company,
    // a contract, a service it covers.
    assert_eq!((first.created, first.set_aside), (23, 0), "{first:?}");
    let item = reading.record(RecordKind::ConfigurationItem, &id(1));
    assert_eq!(
        (&item["name"], &item["owner"], &item["class"]),
        (&json!("web-1"), &json!("Ada Marsh"), &json!("Linux Server"))
    );
    assert_eq!(reading.record(RecordKind::Service, &id(3))["criticality"], 4);
    let supports = reading.record(RecordKind::Relation, &id(20));
    assert_eq!((&supports["type"], &supports["from"]["external_id"]), (&json!("supports"), &json!(id(1))));
    let controls = reading.record(RecordKind::Relation, &format!("vendor:{}", id(1)));
    assert_eq!((&controls["type"], &controls["from"]["external_id"]), (&json!("controls"), &json!(id(50))));
    let incident_100 = reading.record(RecordKind::Ticket, &id(100));
    assert_eq!((&incident_100["state"], &incident_100["major"]), (&json!("in_progress"), &json!(true)));
    assert_eq!(incident_100["sla_breached"], true);
    assert_eq!(incident_100["relations"], json!([format!("affects {}", id(1)), format!("affects {}", id(3))]));
    let change = reading.record(RecordKind::Ticket, &id(300));
    assert_eq!((&change["emergency"], &change["outcome"]), (&json!(true), &json!("successful")));
    let covers = reading.record(RecordKind::Relation, &id(710));
    assert_eq!((&covers["type"], &covers["to"]["external_id"]), (&json!("covers"), &json!(id(3))));
    assert_eq!(reading.record(RecordKind::Measurement, &id(600))["actual"], 140.0);
    assert_eq!(reading.record(RecordKind::Agreement, &id(700))["parties"][0]["external_id"], id(50));

    tables.lock().expect("the tables").get_mut("incident").expect("incidents")[2] =
        incident(102, json!(["6", "Resolved"]), "2026-03-01 12:30:00");
    let second = reading.sync(at(1));
    assert_eq!((second.created, second.changed, second.tombstoned), (0, 1, 0), "{second:?}");
    assert_eq!(reading.record(RecordKind::Ticket, &id(102))["state"], "resolved");

    let trail = |number: u32, table: &str, key: u32| {
        row(number, "2026-03-01 13:10:00", json!({"tablename": table, "documentkey": id(key)}))
    };
    {
        let mut tables = tables.lock().expect("the tables");
        tables.get_mut("incident").expect("incidents").remove(0);
        tables.get_mut("cmdb_ci").expect("CIs").remove(1);
        let log = vec![trail(800, "incident", 100), trail(801, "cmdb_ci_linux_server", 2), trail(802, "sys_email", 1)];
        tables.insert("sys_audit_delete".into(), log);
    }
    let third = reading.sync(at(2));
    assert_eq!(third.tombstoned, 2, "{third:?}");
    assert_eq!(reading.record(RecordKind::Ticket, &id(100))["gone"], true);
    assert_eq!(reading.record(RecordKind::ConfigurationItem, &id(2))["gone"], true);
    assert_eq!(reading.record(RecordKind::ConfigurationItem, &id(1))["gone"], false);
}

/// A server of this vendor, or of none.
fn server(vendor: Option<u32>, updated: &str) -> Value {
    let vendor = vendor.map_or(json!(""), |vendor| json!([id(vendor), "Hexacore"]));
    row(
        1,
        updated,
        json!({"sys_class_name": ["cmdb_ci_linux_server", "Linux Server"], "name": "web-1", "vendor": vendor}),
    )
}

fn an_emptied_vendor_controls_nothing(database: &TestDatabase) {
    let tables = tables();
    let stub = servicenow(&tables);
    let reading = reading(database, &stub, "password");
    let change = |server: Value| {
        tables.lock().expect("the tables").get_mut("cmdb_ci").expect("CIs")[0] = server;
    };
    let is_gone = || reading.record(RecordKind::Relation, &format!("vendor:{}", id(1)))["gone"].clone();
    reading.sync(at(0));
    assert_eq!(is_gone(), false);
    change(server(None, "2026-03-01 12:30:00"));
    let emptied = reading.sync(at(1));
    assert_eq!((emptied.tombstoned, is_gone()), (1, json!(true)), "{emptied:?}");
    assert_eq!(reading.records(RecordKind::Relation).iter().filter(|edge| edge.deleted_at.is_some()).count(), 1);
    assert_eq!(reading.sync(at(2)).tombstoned, 0, "it is gone once");
    change(server(Some(50), "2026-03-01 14:30:00"));
    assert_eq!((reading.sync(at(3)).set_aside, is_gone()), (0, json!(false)), "it has one again");
    let asked = stub.asked();
    let queries = asked.iter().filter_map(|asked| asked.param("sysparm_query"));
    let unbounded = queries.filter(|query| query.contains("vendorISEMPTY") && !query.contains("sys_updated_on>="));
    assert_eq!(unbounded.count(), 0, "those without a vendor are never read whole");
}

fn an_emptied_vendor_that_is_sent_controls_nothing(database: &TestDatabase) {
    let stub = servicenow(&tables());
    let mut reading = reading(database, &stub, "password");
    let source = reading.settings.sources.get_mut("desk").expect("the source");
    source.webhook_secret = source.secrets.get("password").cloned();
    let rules = cli::rules(&reading.settings).expect("the rules are valid");
    let sources = cli::sources(&reading.settings).expect("the sources open");
    let ending = Ending { stop: Arc::default(), lease: LEASE };
    let send = |server: Value| {
        let body = json!({"stream": "ci_vendors", "row": server}).to_string().into_bytes();
        let arriving = Arriving { source: "desk".into(), delivery_id: None, received_at: at(1), body };
        reading.store.receive(&[arriving]).expect("it is stored");
        let drained = drain(&reading.store, &rules, &sources, "desk", Clock::Fixed(at(1)), &ending);
        assert_eq!(drained.expect("it is applied"), Drained { applied: 1, buried: 0 });
        reading.record(RecordKind::Relation, &format!("vendor:{}", id(1)))["gone"].clone()
    };
    assert_eq!(send(server(Some(50), "2026-03-01 12:10:00")), false);
    assert_eq!(send(server(None, "2026-03-01 12:20:00")), true);
    assert_eq!(send(server(Some(50), "2026-03-01 12:15:00")), true, "it comes late");
    assert_eq!(send(server(Some(50), "2026-03-01 12:30:00")), false);
}

fn a_table_that_is_not_there_does_not_keep_the_others(database: &TestDatabase) {
    let tables = tables();
    tables.lock().expect("the tables").remove("ast_contract");
    let stub = servicenow(&tables);
    let reading = reading(database, &stub, "password");
    let run = reading.sync(at(0));
    assert_eq!((run.created, run.set_aside), (22, 1), "{run:?}");
    let rows = reading.store.read(|reader| reader.set_aside_rows("desk", None, 10)).expect("it reads").items;
    assert!(rows[0].stream == "contracts" && rows[0].reason.contains("Invalid table ast_contract"), "{rows:?}");
}

fn a_wrong_password_is_said(database: &TestDatabase) {
    let stub = servicenow(&tables());
    let error = reading(database, &stub, "wrong").try_sync(at(0)).expect_err("no login").to_string();
    assert!(error.contains("401"), "{error}");
}
