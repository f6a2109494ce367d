//! iTop: errors with status 200, objects as a map or null, numbers as texts, times of Paris without an offset, and
//! deletions that name the root class.

use super::at;
use crate::harness::{
    Reading, TestDatabase, store_cases,
    stub::{Answer, Stub},
};
use concord::{connectors::SourceSettings, model::RecordKind};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

store_cases![
    everything_is_read_then_what_changed_then_what_is_gone,
    who_is_named_as_a_provider_becomes_a_supplier,
    a_wrong_password_has_a_good_status
];

/// Objects by the class they are asked for: their final class, key and fields.
type Objects = Arc<Mutex<BTreeMap<String, Vec<(String, u32, Value)>>>>;

/// The organisations that provide.
const PROVIDERS: &str = "SELECT Organization AS o JOIN ProviderContract AS c ON c.provider_id = o.id";

/// `user:password`.
const LOGIN: &str = "Basic dXNlcjpwYXNzd29yZA==";

fn object(class: &str, key: u32, fields: Value) -> (String, u32, Value) {
    (class.to_owned(), key, fields)
}

fn incident(status: &str, updated: &str) -> (String, u32, Value) {
    object(
        "Incident",
        10,
        json!({"ref": "I-000010", "title": "Shop down", "status": status, "priority": "1", "impact": "1",
        "urgency": "2", "org_name": "Brightline", "agent_id_friendlyname": "Léa Roche", "service_id": "2",
        "start_date": "2026-02-01 09:00:00", "last_update": updated, "resolution_date": "", "close_date": "",
        "sla_tto_passed": "no", "sla_ttr_passed": "yes", "parent_problem_id": "12", "parent_change_id": "0",
        "functionalcis_list": [{"functionalci_id": "1", "impact_code": "manual"}]}),
    )
}

fn server(key: u32, status: &str) -> (String, u32, Value) {
    object(
        "Server",
        key,
        json!({"name": format!("srv-{key}"), "status": status, "organization_name": "Hosting",
        "business_criticity": "high", "location_name": "Lyon",
        "services_list": if key == 1 { json!([{"service_id": "2"}]) } else { json!([]) }}),
    )
}

fn organization(key: u32, name: &str, delivery_model: &str) -> (String, u32, Value) {
    object("Organization", key, json!({"name": name, "deliverymodel_id": delivery_model}))
}

fn objects() -> Objects {
    let old = "2026-02-01 10:00:00";
    let contract = object(
        "ProviderContract",
        1,
        json!({"name": "Transit", "provider_id": "5", "start_date": "2026-01-01",
        "end_date": "2026-12-31", "sla": "99.9 %", "services_list": [{"service_id": "2"}],
        "functionalcis_list": [{"functionalci_id": "2"}]}),
    );
    let ticket = |class: &str, key: u32| {
        object(
            class,
            key,
            json!({"title": class, "status": "new", "last_update": old,
        "start_date": old, "close_date": "", "impact": "2", "functionalcis_list": []}),
        )
    };
    let all = [
        ("FunctionalCI", vec![server(1, "production"), server(2, "stock"), server(3, "production")]),
        ("Service", vec![object("Service", 2, json!({"name": "Web", "status": "production"}))]),
        ("Organization", vec![organization(5, "Sluicegate", "0"), organization(6, "Brightline", "2")]),
        ("Contract", vec![contract.clone()]),
        ("ProviderContract", vec![contract]),
        ("Incident", vec![incident("assigned", "2026-02-01 09:30:00")]),
        ("UserRequest", vec![ticket("UserRequest", 14)]),
        ("Problem", vec![ticket("Problem", 12)]),
        ("Change", vec![ticket("NormalChange", 13)]),
        ("CMDBChangeOp", Vec::new()),
        ("CMDBChangeOpDelete", Vec::new()),
    ];
    Arc::new(Mutex::new(all.into_iter().map(|(class, objects)| (class.to_owned(), objects)).collect()))
}

fn itop(objects: &Objects) -> Stub {
    let objects = objects.clone();
    Stub::start(move |asked| {
        if asked.header("authorization") != LOGIN {
            return Answer::json(json!({"code": 1, "message": "Error: Invalid login"}));
        }
        let data = asked.field("json_data").unwrap_or_default();
        let Ok(data) = serde_json::from_str::<Value>(&data) else {
            return Answer::json(json!({"code": 100, "message": "Error: json_data is no JSON"}));
        };
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let objects = objects.lock().expect("the objects");
        let Some(all) = objects.get(&text("class")) else {
            return Answer::json(json!({"code": 0, "message": "", "operations": []}));
        };
        let (query, limit) = (text("key"), text("limit").parse().unwrap_or(2_usize).min(2));
        let page = text("page").parse::<usize>().unwrap_or(1);
        let provides = |key: u32| {
            objects["Contract"].iter().any(|(_, _, fields)| fields["provider_id"].as_str() == Some(&key.to_string()))
        };
        let (rest, wanted) = match query.replace(PROVIDERS, "") {
            rest if rest == query => (rest, None),
            rest => (rest, Some(!query.contains("NOT IN (SELECT"))),
        };
        let of_class = all.iter().filter(|(_, key, _)| wanted.is_none_or(|wanted| provides(*key) == wanted));
        let found: Vec<_> = of_class.filter(|(_, key, fields)| fits(&rest, *key, fields)).collect();
        let page: Map<String, Value> = found
            .iter()
            .skip((page - 1) * limit)
            .take(limit)
            .map(|(class, key, fields)| {
                let object =
                    json!({"code": 0, "message": "", "class": class, "key": key.to_string(), "fields": fields});
                (format!("{class}::{key}"), object)
            })
            .collect();
        let page = if page.is_empty() { Value::Null } else { Value::Object(page) };
        Answer::json(json!({"objects": page, "code": 0, "message": format!("Found: {}", found.len())}))
    })
}

/// Whether an object fits the conditions of a query that are used here.
fn fits(query: &str, key: u32, fields: &Value) -> bool {
    let Some((_, conditions)) = query.split_once(" WHERE ") else { return true };
    conditions.split(" AND ").filter(|part| !part.starts_with("id NOT IN")).all(|part| match part.split_once(" >= ") {
        Some((name, time)) => fields[name].as_str().unwrap_or_default() >= time.trim_matches('\''),
        None => {
            let keys = part.trim_start_matches("id IN (").trim_end_matches(')');
            keys.split(',').any(|wanted| wanted.trim() == key.to_string())
        }
    })
}

fn reading(database: &TestDatabase, stub: &Stub, password: &str) -> Reading {
    let source = SourceSettings { url: stub.url.clone(), auth: "basic".into(), ..SourceSettings::of("itop") };
    Reading::new(database, source, &[("user", "user"), ("password", password)])
}

fn everything_is_read_then_what_changed_then_what_is_gone(database: &TestDatabase) {
    let objects = objects();
    let stub = itop(&objects);
    let reading = reading(database, &stub, "password");
    let first = reading.sync(at(0));
    // 3 servers, a service, 2 organisations, a contract, what is provided and controlled by it, 4 tickets.
    assert_eq!((first.created, first.set_aside, first.tombstoned), (13, 0, 0), "{first:?}");
    let one = reading.record(RecordKind::ConfigurationItem, "1");
    assert_eq!((&one["class"], &one["criticality"]), (&json!("Server"), &json!(4)));
    assert_eq!(one["relations"], json!(["supports 2"]));
    assert_eq!(one["url"], format!("{}/pages/UI.php?operation=details&class=Server&id=1", stub.url));
    let ticket = reading.record(RecordKind::Ticket, "10");
    assert_eq!(ticket["updated_at"], "2026-02-01T08:30:00.000Z", "Paris is an hour ahead in winter");
    assert_eq!((&ticket["sla_breached"], &ticket["assignee"]), (&json!(true), &json!("Léa Roche")));
    assert_eq!(ticket["relations"], json!(["affects 1", "affects 2", "caused_by 12"]));
    let contract = reading.record(RecordKind::Agreement, "1");
    assert_eq!((&contract["ends_at"], &contract["targets"]), (&json!("2027-01-01T00:00:00.000Z"), &json!(["99.9 %"])));
    let provides = reading.record(RecordKind::Relation, "1:2");
    assert_eq!((&provides["type"], &provides["from"]["external_id"]), (&json!("provides"), &json!("5")));

    let controls = reading.record(RecordKind::Relation, "1:ci:2");
    assert_eq!((&controls["type"], &controls["to"]["external_id"]), (&json!("controls"), &json!("2")));
    let role = |key: &str| reading.record(RecordKind::Party, key)["role"].clone();
    assert_eq!((role("5"), role("6")), (json!("supplier"), json!("customer")));

    // Half past one in Paris; a CI says nothing of its change, the history does.
    let put = |class: &str, at: usize, object: (String, u32, Value)| {
        objects.lock().expect("the objects").get_mut(class).expect("a class")[at] = object;
    };
    put("Incident", 0, incident("closed", "2026-03-01 13:30:00"));
    put("FunctionalCI", 1, server(2, "obsolete"));
    let change = object(
        "CMDBChangeOpSetAttributeScalar",
        900,
        json!({"date": "2026-03-01 13:20:00", "objclass": "Server", "objkey": "2"}),
    );
    objects.lock().expect("the objects").insert("CMDBChangeOp".into(), vec![change]);
    stub.forget();
    let second = reading.sync(at(1));
    assert_eq!((second.created, second.changed, second.tombstoned), (0, 2, 0), "{second:?}");
    assert_eq!(reading.record(RecordKind::ConfigurationItem, "2")["status"], "obsolete");
    assert_eq!(reading.record(RecordKind::Ticket, "10")["state"], "closed");
    let read = stub.asked().iter().filter_map(|asked| asked.field("json_data")).collect::<Vec<_>>();
    assert!(read.iter().any(|data| data.contains("SELECT FunctionalCI WHERE id IN (2)")), "{read:?}");
    assert!(!read.iter().any(|data| data.contains("\"SELECT FunctionalCI\"")), "not all are read again: {read:?}");

    {
        let mut objects = objects.lock().expect("the objects");
        objects.get_mut("FunctionalCI").expect("CIs").remove(2);
        objects.get_mut("UserRequest").expect("requests").remove(0);
        let gone = |key: u32, root: &str, class: &str, of: &str| {
            object(
                "CMDBChangeOpDelete",
                key,
                json!({"date": "2026-03-01 14:10:00", "objclass": root, "fclass": class,
                "fname": "x", "objkey": of}),
            )
        };
        let log = vec![
            gone(901, "FunctionalCI", "Server", "3"),
            gone(902, "Ticket", "UserRequest", "14"),
            gone(903, "Contact", "Person", "5"),
        ];
        objects.insert("CMDBChangeOpDelete".into(), log);
    }
    let third = reading.sync(at(2));
    assert_eq!(third.tombstoned, 2, "{third:?}");
    assert_eq!(reading.record(RecordKind::ConfigurationItem, "3")["gone"], true);
    assert_eq!(reading.record(RecordKind::Ticket, "14")["gone"], true);
    assert_eq!(reading.record(RecordKind::Party, "5")["gone"], false, "a contact of the same number was deleted");
}

fn who_is_named_as_a_provider_becomes_a_supplier(database: &TestDatabase) {
    let objects = objects();
    let stub = itop(&objects);
    let reading = reading(database, &stub, "password");
    reading.sync(at(0));
    // The contract changes, the organisation does not.
    let contract = object("ProviderContract", 9, json!({"name": "Support", "provider_id": "6"}));
    objects.lock().expect("the objects").get_mut("Contract").expect("a class").push(contract);
    reading.sync(at(1));
    let party = |key: &str| reading.record(RecordKind::Party, key);
    assert_eq!(party("6")["role"], "customer_acting_as_supplier");
    // All is read again weeks later: nobody is taken for gone, since the other stream has shown them.
    let later = reading.sync(at(24 * 40));
    assert_eq!(later.tombstoned, 0, "{later:?}");
    assert_eq!((party("5")["gone"].clone(), party("6")["gone"].clone()), (json!(false), json!(false)));
    // The contract ends: a provider no more, and there as before.
    objects.lock().expect("the objects").get_mut("Contract").expect("a class").pop();
    let ended = reading.sync(at(24 * 40 + 1));
    assert_eq!(party("6")["gone"], false, "{ended:?}");
    assert_eq!(party("6")["role"], "customer");
}

fn a_wrong_password_has_a_good_status(database: &TestDatabase) {
    let stub = itop(&objects());
    let error = reading(database, &stub, "wrong").try_sync(at(0)).expect_err("no login").to_string();
    assert!(error.contains("Invalid login"), "{error}");
    assert!(reading(database, &stub, "wrong").records(RecordKind::Ticket).is_empty());
}
