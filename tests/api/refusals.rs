//! Whom and what the API refuses, and how it says so.

use super::{Answer, Organisation, ask, ask_with};
use concord::tokens::{Permission, TokenSettings, Tokens};
use serde_json::Value;
use tempfile::TempDir;

pub fn check(organisation: &Organisation) {
    bad_tokens_are_refused(organisation);
    bad_parameters_are_named(organisation);
    what_does_not_exist_is_named(organisation);
    health_and_documentation_need_no_token(organisation);
}

fn problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert!(problem["type"].as_str().is_some_and(|sort| sort.starts_with("urn:concord:problem:")));
    problem
}

fn bad_tokens_are_refused(organisation: &Organisation) {
    let app = &organisation.app;
    let path = "/api/v1/conformity";
    let refused = |headers: &[(&str, &str)]| {
        let answer = ask(app, path, headers);
        problem(&answer, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    };
    refused(&[]);
    refused(&[("Authorization", "Basic Zm9vOmJhcg==")]);
    refused(&[("Authorization", "Bearer nonsense")]);
    let bearer = |token: String| refused(&[("Authorization", &format!("Bearer {token}"))]);
    bearer(app.tokens.issue("late", &[Permission::Admin], -600).expect("a token"));
    let folder = TempDir::new().expect("a folder");
    let key_file = folder.path().join("other");
    let elsewhere = TokenSettings { issuer: "concord".into(), audience: "concord".into(), key_file };
    let elsewhere = Tokens::open(&elsewhere).expect("a key");
    bearer(elsewhere.issue("forged", &[Permission::Admin], 600).expect("a token"));
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJjb25jb3JkIiwic2NvcGUiOiJhZG1pbiJ9.".to_owned();
    bearer(unsigned);
    let answer = ask_with(app, path, &organisation.token(&[Permission::ReferenceRead]));
    problem(&answer, 403);
    assert!(answer.header("www-authenticate").contains("scope=\"conformity:read\""));
}

fn bad_parameters_are_named(organisation: &Organisation) {
    let token = organisation.token(&[Permission::Admin, Permission::IncidentsRestricted]);
    for (path, place, rule) in [
        ("records/ticket?limit=0", "limit", "1 to 1000"),
        ("records/ticket?limit=many", "limit", "1 to 1000"),
        ("records/ticket?cursor=x", "cursor", "not a cursor"),
        ("records/ticket?priorty=1", "priorty", "`priority`"),
        ("records/ticket?priority=7", "priority", "1 to 4"),
        ("records/ticket?type=incdent", "type", "`incident`"),
        ("records/ticket?opened_at_from=yesterday", "opened_at_from", "RFC 3339"),
        ("records/ticket?include_deleted=maybe", "include_deleted", "true"),
        ("requirements?status=fine", "status", "conforming"),
        ("requirements?edition=iso9001", "edition", "iso27001-2013"),
        ("requirements?colour=red", "colour", "`edition`"),
        ("correspondence?format=pdf", "format", "json, csv, xlsx"),
        ("correspondence?format=cvs", "format", "`csv`"),
        ("correspondence?format=csv&format=csv", "format", "once"),
        ("conformity?format=csv", "format", "no list"),
        ("search", "q", "needed"),
        ("search?q=%20", "q", "needed"),
        ("search?q=x&limit=101", "limit", "1 to 100"),
        ("search?q=x&limit=0", "limit", "1 to 100"),
        ("search?q=x&kind=requirment", "kind", "requirement"),
        ("search?question=x", "question", "`q`"),
        ("correspondence?relation=same", "relation", "mapped"),
        ("correspondence?requirement=iso27001-2013/A.99", "requirement", "A."),
        ("correspondence?topic=incident-evidenc", "topic", "`incident-evidence`"),
        ("indicators/internal-audit-held-impartially/findings?outcome=bad", "outcome", "failing"),
        ("indicators/internal-audit-held-impartially/findings?cursor=1", "cursor", "not a cursor"),
        ("sources/northgate-hosting/runs?cursor=1", "cursor", "not a cursor"),
    ] {
        let problem = problem(&ask_with(&organisation.app, &format!("/api/v1/{path}"), &token), 400);
        assert_eq!(problem["errors"][0]["place"], place, "{path}: {problem}");
        assert!(problem["errors"][0]["rule"].as_str().is_some_and(|found| found.contains(rule)), "{path}: {problem}");
    }
    let long = format!("/api/v1/search?q={}", "x".repeat(201));
    assert_eq!(problem(&ask_with(&organisation.app, &long, &token), 400)["errors"][0]["place"], "q");
    let two = problem(&ask_with(&organisation.app, "/api/v1/records/ticket?limit=0&priority=7", &token), 400);
    assert_eq!(two["errors"].as_array().map(Vec::len), Some(2));
}

fn what_does_not_exist_is_named(organisation: &Organisation) {
    let token = organisation.token(&[Permission::Admin, Permission::IncidentsRestricted]);
    let nobody = "00000000-0000-5000-8000-000000000000";
    for (path, detail) in [
        ("/api/v1/nothing", "/docs/"),
        ("/api/v1/editions/iso9001-2015", "iso27001-2013"),
        ("/api/v1/editions/iso27001-2013/requirements/A.8.1.9", "A.8.1"),
        ("/api/v1/editions/iso27001-2013/requirements/4.5.2", "iso20000-1-2011"),
        ("/api/v1/requirements/iso20000-1-2011/1.2", "asks for nothing"),
        ("/api/v1/correspondence/98", "1 to 97"),
        ("/api/v1/correspondence/0", "1 to 97"),
        ("/api/v1/conformity/joint/x", "1 to 97"),
        ("/api/v1/topics/incident-evidense", "`incident-evidence`"),
        ("/api/v1/records/tickets", "`ticket`"),
        ("/api/v1/records/ticket/17", "UUID"),
        (&format!("/api/v1/records/ticket/{nobody}"), nobody),
        (&format!("/api/v1/records/ticket/{nobody}/findings"), nobody),
        (&format!("/api/v1/suppliers/{nobody}/risk"), nobody),
        ("/api/v1/indicators/internal-audit-held-impartialy", "`internal-audit-held-impartially`"),
        ("/api/v1/sources/northgate", "northgate"),
    ] {
        let problem = problem(&ask_with(&organisation.app, path, &token), 404);
        assert!(problem["detail"].as_str().is_some_and(|found| found.contains(detail)), "{path}: {problem}");
    }
}

fn health_and_documentation_need_no_token(organisation: &Organisation) {
    for path in ["/health", "/health/ready", "/openapi.json"] {
        assert_eq!(ask(&organisation.app, path, &[]).status, 200, "{path}");
    }
    let page = ask(&organisation.app, "/docs/", &[("Accept-Encoding", "identity")]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
}
