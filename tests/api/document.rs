//! The OpenAPI document: it is the committed one, and what it says of permissions holds for every operation.

use super::{Answer, Organisation, ask, ask_with};
use crate::harness::{SOURCE, TestDatabase};
use concord::tokens::Permission;
use serde_json::Value;
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

/// An operation, asked for something that exists in the sample organisation.
pub struct Operation {
    /// Its path, with the parameters it cannot do without.
    pub path: String,
    /// The permissions the document says it needs.
    pub needed: Vec<Permission>,
    /// The media types the document says it answers with.
    pub media_types: Vec<String>,
}

/// Every operation of the document.
pub fn operations(organisation: &Organisation) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&concord::api::openapi().expect("the document")).expect("JSON");
    let admin = organisation.token(&[Permission::Admin]);
    let first = |path: &str, key: &str| {
        let list = ask_with(&organisation.app, path, &admin).json();
        list["items"][0][key].as_str().expect("an id").to_owned()
    };
    let (ticket, party) = (first("/api/v1/records/ticket", "id"), first("/api/v1/suppliers/risks", "party"));
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            assert_eq!(method, "get", "{path} is not tried by this case yet");
            let mut path = path
                .replace("{edition}", "iso27001-2013")
                .replace("{number}", "A.16.1.7")
                .replace("{row}", "40")
                .replace("{topic}", "incident-evidence")
                .replace("{kind}", "ticket")
                .replace("{id}", &ticket)
                .replace("{source}", SOURCE)
                .replace("{indicator}", "internal-audit-held-impartially")
                .replace("{party}", &party);
            assert!(!path.contains('{'), "{path} has a parameter this case does not know");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" && parameter["required"] == true {
                    let (name, example) = (&parameter["name"], &parameter["example"]);
                    let texts = name.as_str().zip(example.as_str()).map(|(name, value)| format!("{name}={value}"));
                    path.push(if path.contains('?') { '&' } else { '?' });
                    path.push_str(&texts.unwrap_or_else(|| panic!("{path}: {name} has no example")));
                }
            }
            let needed = operation["security"].as_array().expect("every operation says what it needs");
            let needed = needed.iter().flat_map(|scheme| scheme["token"].as_array().into_iter().flatten());
            let needed = needed.map(|name| name.as_str().expect("a name").parse().expect("a permission")).collect();
            let content = operation["responses"]["200"]["content"].as_object().into_iter().flatten();
            let media_types = content.map(|(media_type, _)| media_type.clone()).collect();
            operations.push(Operation { path, needed, media_types });
        }
    }
    operations
}

/// Without a token 401, lacking any one of its permissions 403, with just these an answer.
pub fn every_operation_wants_its_permissions(organisation: &Organisation) {
    let app = &organisation.app;
    for Operation { path, needed, .. } in operations(organisation) {
        let expected = if needed.is_empty() { 200 } else { 401 };
        assert_eq!(ask(app, &path, &[]).status, expected, "{path} without a token");
        assert_eq!(ask_with(app, &path, &organisation.token(&needed)).status, 200, "{path} with {needed:?}");
        for lacking in &needed {
            let others = |permission: &&Permission| **permission != *lacking && **permission != Permission::Admin;
            let others: Vec<Permission> = Permission::ALL.iter().filter(others).copied().collect();
            assert_eq!(ask_with(app, &path, &organisation.token(&others)).status, 403, "{path} without {lacking}");
        }
    }
}

/// The same files read into this database and into SQLite give the same answer to every operation, but for the ids of
/// runs.
pub fn every_database_gives_the_same_answers(database: &TestDatabase) {
    let reference = TestDatabase::on_sqlite().expect("a database");
    let (one, other) = (Organisation::read(&reference), Organisation::read(database));
    let permissions = [Permission::Admin, Permission::IncidentsRestricted];
    let ask_one_of = |organisation: &Organisation, path: &str| -> String {
        let Answer { status, text, .. } = ask_with(&organisation.app, path, &organisation.token(&permissions));
        assert_eq!(status, 200, "{path}: {text}");
        text.replace(&organisation.run.id, "RUN")
    };
    for Operation { path, .. } in operations(&one) {
        let answers = [&one, &other].map(|organisation| ask_one_of(organisation, &path));
        assert!(answers[0] == answers[1], "{path}:\n{}\n{}", answers[0], answers[1]);
    }
}
