//! The OpenAPI document: it is the committed one, and what it says of permissions holds for every operation.

use super::{Answer, Organisation, ask_with, get, send};
use crate::harness::{SOURCE, TestDatabase, story_instant};
use actix_web::test::TestRequest;
use concord::{
    evaluate::{self, Change},
    model::{Body, RecordId, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Seen, View},
    store::{SupplierEvent, SupplierEventKind, SupplierEventQuery, Transaction},
    tokens::Permission,
};
use serde_json::{Value, json};
use std::{env, fs};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/concord.json");

/// With UPDATE_OPENAPI set, writes the document instead.
pub fn the_committed_document_is_current() {
    let document = concord::api::openapi().expect("the document");
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(COMMITTED, &document).expect("the document is written");
    }
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == document,
        "openapi/concord.json is out of date; `UPDATE_OPENAPI=1 cargo test the_committed_document_is_current` writes it"
    );
}

/// A request that an operation of the document answers.
pub struct Operation {
    pub method: String,
    /// Its path, with the parameters it cannot do without.
    pub path: String,
    /// Media type and content, where it takes any.
    content: Option<(&'static str, String)>,
    /// The permissions the document says it needs.
    needed: Vec<Permission>,
    /// The media types the document says it answers with.
    pub media_types: Vec<String>,
}

impl Operation {
    fn ask(&self, organisation: &Organisation, token: Option<&str>) -> Answer {
        let mut request = TestRequest::default().method(self.method.to_uppercase().parse().expect("a method"));
        if let Some((media_type, content)) = &self.content {
            request = request.insert_header(("Content-Type", *media_type)).set_payload(content.clone());
        }
        if let Some(token) = token {
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        send(&organisation.app, request.uri(&self.path))
    }
}

/// Answers of an organisation that starts with one system.
pub fn plan_request() -> Value {
    json!({"title": "Both standards", "assessment": {
        "management_systems": "sms",
        "sms": {"scope": {"services": ["Web hosting"]}, "maturity": "conforming"},
        "service_provision": "wholly",
        "supplier_reliance": "some",
        "size": "medium",
        "security_importance": "medium",
        "service_importance": "medium",
        "risk_criticality": "medium",
    }})
}

/// True if an operation makes something anew each time it is asked, under an id of its own.
fn makes(operation: &Operation) -> bool {
    let made_at = ["/api/v1/planning/assessments", "/api/v1/decisions", "/api/v1/scopes/isms"];
    operation.method != "get" && made_at.contains(&operation.path.as_str())
}

/// A decision that one person makes.
fn attestation() -> Value {
    json!({"kind": "attestation", "reason": "walk-through", "expires_at": "2026-12-31", "body": {
        "topic": "leadership", "stance": "fulfilled", "statement": "Seen", "links": ["https://wiki.example/1"]}})
}

/// A decision of somebody else that waits for a second person.
fn pending_decision(organisation: &Organisation, ticket: &str) -> String {
    let body = json!({"kind": "deviation", "reason": "replaced soon", "expires_at": "2026-12-31", "body": {
        "waives": [{"record": ticket, "indicator": "internal-audit-held-impartially"}]}});
    let token = organisation.app.tokens.issue("somebody-else", &[Permission::DecisionsWrite], 600).expect("a token");
    let request = TestRequest::post()
        .uri("/api/v1/decisions")
        .insert_header(("Authorization", format!("Bearer {token}")))
        .insert_header(("Content-Type", "application/json"))
        .set_payload(body.to_string());
    let answer = send(&organisation.app, request);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// The content an operation takes, where it takes any.
fn content(method: &str, path: &str, party: &str) -> Option<(&'static str, String)> {
    if method == "get" {
        return None;
    }
    Some(match path {
        "/api/v1/terms/review" => ("text/plain", "The ISMS and the SMS both handle every incident.".into()),
        "/api/v1/planning/assessments" => ("application/json", plan_request().to_string()),
        "/api/v1/planning/plans/{plan}/items/{item}" => {
            ("application/json", json!({"state": "in_progress"}).to_string())
        }
        "/api/v1/decisions" => ("application/json", attestation().to_string()),
        "/api/v1/decisions/{decision}/confirmation" | "/api/v1/decisions/{decision}/withdrawal" => {
            ("application/json", json!({"reason": "as discussed"}).to_string())
        }
        "/api/v1/indicators/preview" => {
            let text = include_str!("../../indicators/evidence-decided-before-restoration.toml");
            ("application/json", json!({"definition": text}).to_string())
        }
        "/api/v1/scopes/{system}" => {
            let only = json!({"of": "service", "when": "criticality <= 4"});
            ("application/json", json!({"reason": "certificate", "include": [only]}).to_string())
        }
        "/api/v1/incidents/{incident}/classification" if method == "put" => {
            ("application/json", json!({"class": "both", "reason": "Customers were affected."}).to_string())
        }
        "/api/v1/suppliers/what-if" => {
            ("application/json", json!({"changes": [{"change": "remove", "record": party}]}).to_string())
        }
        "/api/v1/suppliers/events/{event}/decision" => {
            ("application/json", json!({"decision": "accepted", "reason": "Looked at"}).to_string())
        }
        "/api/v1/webhooks/{source}" => ("application/json", json!({"event": "ping"}).to_string()),
        "/api/v1/sources" => {
            ("application/json", json!({"name": "made", "settings": {"connector": "files"}}).to_string())
        }
        "/api/v1/sources/{source}/runs" => ("application/json", json!({"full": true}).to_string()),
        "/api/v1/sources/{source}" => ("application/json", json!({"connector": "files"}).to_string()),
        "/api/v1/conformity/what-if" => {
            let incident = json!({"type": "incident", "closed_at": "2026-03-30T10:00:00Z", "security_class": null});
            let record = json!({"kind": "ticket", "source": SOURCE, "external_id": "TRIAL-1", "fields": incident});
            ("application/json", json!({"records": [record]}).to_string())
        }
        _ => return None,
    })
}

/// The id of something that happened to a supplier; the sample organisation is read once, so nothing did by itself.
fn supplier_event(organisation: &Organisation, party: RecordId) -> String {
    let query = SupplierEventQuery { view: View::Full, party: None, open: None, before: None, limit: 1 };
    let first = || organisation.app.store.read(|reader| reader.supplier_events(&query)).expect("events").items.pop();
    if first().is_none() {
        let (at, before, after) = (story_instant(), Some("high".into()), Some("severe".into()));
        let (id, kind, seen) = (String::new(), SupplierEventKind::BandCrossed, Seen::Both);
        let (record, services, because, decision) = (None, None, None, None);
        let event = SupplierEvent { id, at, kind, seen, party, record, before, after, services, because, decision };
        let add = |told: &mut Transaction<'_>| told.add_supplier_events(vec![event], |_| Ok("{}".into()));
        organisation.app.store.write(at, add).expect("it is kept");
    }
    first().expect("an event").id
}

/// What an operation answers that the sample organisation gives nothing to do: its one source is in the configuration
/// file, reads files, and has no dead letters.
fn refused_by_the_sample(method: &str, path: &str) -> Option<u16> {
    let path = path.strip_prefix("/api/v1/")?;
    match (method, path.split('/').next()?, path.matches('/').count()) {
        ("post", "webhooks", _) => Some(404),
        ("post", "sources", 0) => Some(422),
        ("put" | "delete", "sources", 1) => Some(409),
        (_, "sources", _) if path.contains("/dead-letters/00000000") => Some(404),
        ("post", "sources", _) if path.ends_with("/cancel") => Some(409),
        _ => None,
    }
}

/// Every operation of the document, with a path that exists in the sample organisation and in a plan made for it.
pub fn operations(organisation: &Organisation) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&concord::api::openapi().expect("the document")).expect("JSON");
    let admin = organisation.token(&[Permission::Admin]);
    let first = |path: &str, key: &str| {
        let list = ask_with(&organisation.app, path, &admin).json();
        list["items"][0][key].as_str().expect("an id").to_owned()
    };
    let incident = first("/api/v1/records/ticket?type=incident", "id");
    let change = first("/api/v1/records/ticket?type=change", "id");
    let (ticket, party) = (first("/api/v1/records/ticket", "id"), first("/api/v1/suppliers/risks", "party"));
    let customer = first("/api/v1/records/party?role=customer", "id");
    let event = supplier_event(organisation, party.parse().expect("an id"));
    let plans = "/api/v1/planning/assessments";
    let make = Operation {
        method: "post".into(),
        path: plans.into(),
        content: content("post", plans, &party),
        needed: Vec::new(),
        media_types: Vec::new(),
    };
    let plan = make.ask(organisation, Some(&admin)).json();
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let (plan, item) = (text(&plan["id"]), text(&plan["progress"]["ready"][0]));
    let decision = pending_decision(organisation, &ticket);
    let mut operations = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let mut path = template
                .replace("{edition}", "iso27001-2013")
                .replace("{number}", "A.16.1.7")
                .replace("{row}", "40")
                .replace("{link}", "12")
                .replace("{topic}", "incident-evidence")
                .replace("{kind}", "ticket")
                .replace("{id}", &ticket)
                .replace("{source}", SOURCE)
                .replace("{table}", "supplier_score")
                .replace("{indicator}", "internal-audit-held-impartially")
                .replace("customers/{party}", &format!("customers/{customer}"))
                .replace("{party}", &party)
                .replace("{event}", &event)
                .replace("{term}", "incidents")
                .replace("{point}", "6.2.5-9")
                .replace("{plan}", &plan)
                .replace("{item}", &item)
                .replace("{decision}", &decision)
                .replace("{system}", "isms")
                .replace("{incident}", &incident)
                .replace("{change}", &change)
                .replace("{run}", &organisation.run.id)
                .replace("{letter}", "00000000-0000-7000-8000-000000000000");
            assert!(!path.contains('{'), "{path} has a parameter this case does not know");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" && parameter["required"] == true {
                    let (name, example) = (&parameter["name"], &parameter["example"]);
                    let texts = name.as_str().zip(example.as_str()).map(|(name, value)| format!("{name}={value}"));
                    path.push(if path.contains('?') { '&' } else { '?' });
                    path.push_str(&texts.unwrap_or_else(|| panic!("{path}: {name} has no example")));
                }
            }
            let content = content(method, template, &party).filter(|_| operation["requestBody"].is_object());
            assert_eq!(content.is_some(), operation["requestBody"].is_object(), "{path} takes other content");
            let needed = operation["security"].as_array().expect("every operation says what it needs");
            let needed = needed.iter().flat_map(|scheme| scheme["token"].as_array().into_iter().flatten());
            let needed = needed.map(|name| name.as_str().expect("a name").parse().expect("a permission")).collect();
            let answered = operation["responses"]["200"]["content"].as_object().into_iter().flatten();
            let media_types = answered.map(|(media_type, _)| media_type.clone()).collect();
            operations.push(Operation { method: method.clone(), path, content, needed, media_types });
        }
    }
    operations
}

/// Without a token 401, lacking any one of its permissions 403, with just these an answer.
pub fn every_operation_wants_its_permissions(organisation: &Organisation) {
    for operation in operations(organisation) {
        let Operation { method, path, needed, .. } = &operation;
        let status =
            |permissions: &[Permission]| operation.ask(organisation, Some(&organisation.token(permissions))).status;
        let without = operation.ask(organisation, None).status;
        let refused = refused_by_the_sample(method, path);
        let open = refused.unwrap_or(200);
        assert_eq!(without, if needed.is_empty() { open } else { 401 }, "{method} {path} without a token");
        let (expected, found) = (refused.map_or(vec![200, 201, 202, 204], |refused| vec![refused]), status(needed));
        assert!(expected.contains(&found), "{method} {path} with {needed:?}: {found}");
        for lacking in needed {
            let others = |permission: &&Permission| **permission != *lacking && **permission != Permission::Admin;
            let others: Vec<Permission> = Permission::ALL.iter().filter(others).copied().collect();
            assert_eq!(status(&others), 403, "{method} {path} without {lacking}");
        }
    }
}

/// The operations the guidance names are there.
pub fn guidance_names_operations_that_exist(organisation: &Organisation) {
    let document: Value = serde_json::from_str(&concord::api::openapi().expect("the document")).expect("JSON");
    for point in organisation.app.rules.standards.guidance() {
        for operation in &point.operations {
            let (method, path) = operation.split_once(' ').expect("a method and a path");
            assert!(document["paths"][path][method.to_lowercase()].is_object(), "{}: {operation}", point.id);
        }
    }
}

/// The same files read into this database and into SQLite give the same answer to every operation, but for the ids of
/// runs and plans.
pub fn every_database_gives_the_same_answers(database: &TestDatabase) {
    let reference = TestDatabase::on_sqlite().expect("a database");
    let (one, other) = (Organisation::read(&reference), Organisation::read(database));
    let permissions = [Permission::Admin, Permission::IncidentsRestricted];
    let id = |operations: &[Operation], prefix: &str| {
        let found = operations.iter().find_map(|operation| operation.path.strip_prefix(prefix));
        found.and_then(|found| found.split('/').next()).expect("an id").to_owned()
    };
    // Making a plan or a decision makes another each time, which their lists would show.
    let asked = |organisation| {
        let operations = operations(organisation).into_iter();
        let asks = |operation: &Operation| {
            !makes(operation)
                && (operation.method == "get"
                    || !operation.path.contains("/sources") && !operation.path.contains("/webhooks"))
                && refused_by_the_sample(&operation.method, &operation.path).is_none()
        };
        operations.filter(asks).collect::<Vec<_>>()
    };
    let pairs = [&one, &other].map(|organisation| (organisation, asked(organisation)));
    let plans = pairs.each_ref().map(|(_, operations)| id(operations, "/api/v1/planning/plans/"));
    let decisions = pairs.each_ref().map(|(_, operations)| id(operations, "/api/v1/decisions/"));
    for position in 0..pairs[0].1.len() {
        let [first, second] = [0, 1].map(|side: usize| {
            let (organisation, operations) = &pairs[side];
            let operation = &operations[position];
            let answer = operation.ask(organisation, Some(&organisation.token(&permissions)));
            assert_eq!(answer.status, 200, "{}: {}", operation.path, answer.text);
            let text = answer.text.replace(&organisation.run.id, "RUN").replace(&plans[side], "PLAN");
            text.replace(&decisions[side], "DECISION")
        });
        assert!(first == second, "{}:\n{first}\n{second}", pairs[0].1[position].path);
    }
}

/// An organisation that has a restricted incident gives everybody else the answers of one that has none: bytes and tags.
pub fn a_restricted_incident_changes_no_answer(database: &TestDatabase) {
    let reference = TestDatabase::on_sqlite().expect("a database");
    let (without, with) = (Organisation::read(&reference), Organisation::read(database));
    let (one, other) = (operations(&without), operations(&with));
    let now = crate::harness::story_instant();
    let secret = json!({
        "type": "incident", "state": "closed", "title": "Breach of the vault", "priority": 1, "major": true,
        "opened_at": "2026-03-20T10:00:00Z", "declared_at": "2026-03-20T10:00:00Z", "closed_at": "2026-03-21T10:00:00Z",
        "restored_at": "2026-03-20T12:00:00Z", "security_class": "security", "evidence_decision": "needed",
        "evidence_collected_at": null, "evidence_waived_by": null, "sla_breached": true, "restricted": true,
    });
    let items = get(&with, "/api/v1/records/configuration_item?limit=3");
    let affected = items["items"].as_array().expect("items").iter().map(|item| RelationTo {
        relation: RelationType::Affects,
        to: Reference::new(RecordKind::ConfigurationItem, SOURCE, item["external_id"].as_str().expect("an id")),
    });
    let version = RecordVersion {
        source: SOURCE.into(),
        external_id: "SECRET-1".into(),
        url: None,
        source_updated_at: now,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(RecordKind::Ticket, secret).expect("valid fields"),
        relations: affected.collect(),
        attributes: serde_json::Map::new(),
    };
    let (store, rules) = (&with.app.store, &with.app.rules);
    let change = Change::Records { versions: vec![version], synced_at: now, history: false, delivered: false };
    store.write(now, |transaction| evaluate::apply(transaction, rules, change)).expect("the change is made");
    for organisation in [&without, &with] {
        let read = Change::Read { source: SOURCE.into() };
        let app = &organisation.app;
        app.store.write(now, |transaction| evaluate::apply(transaction, &app.rules, read)).expect("it is concluded");
    }
    let evidence = "/api/v1/indicators/evidence-decided-before-restoration/findings?outcome=failing&limit=1000";
    assert!(get(&with, evidence).to_string().contains("SECRET-1"), "those who may know see it");
    let id = |operations: &[Operation], prefix: &str| {
        let found = operations.iter().find_map(|operation| operation.path.strip_prefix(prefix));
        found.and_then(|found| found.split('/').next()).expect("an id").to_owned()
    };
    let plans = [&one, &other].map(|operations| id(operations, "/api/v1/planning/plans/"));
    let decisions = [&one, &other].map(|operations| id(operations, "/api/v1/decisions/"));
    for (first, second) in one.iter().zip(&other) {
        // What is asked for anew has an id of its own.
        if first.needed.contains(&Permission::IncidentsRestricted) || makes(first) || first.path.ends_with("/runs") {
            continue;
        }
        let first_answer = first.ask(&without, Some(&without.token(&[Permission::Admin])));
        let answer = second.ask(&with, Some(&with.token(&[Permission::Admin])));
        let text = |answer: &Answer, side: usize, run: &str| {
            let text = answer.text.replace(&plans[side], "PLAN").replace(run, "RUN");
            text.replace(&decisions[side], "DECISION")
        };
        assert_eq!(text(&first_answer, 0, &without.run.id), text(&answer, 1, &with.run.id), "{} shows it", first.path);
        assert!(!answer.text.contains("SECRET"), "{} names it", second.path);
        let ids = [&plans[0], &decisions[0], &without.run.id];
        if !ids.iter().any(|id| first_answer.text.contains(id.as_str())) && !first.path.contains("planning") {
            assert_eq!(first_answer.header("ETag"), answer.header("ETag"), "{} is tagged otherwise", first.path);
        }
    }
}
