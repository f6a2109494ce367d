//! Webhooks over the API: what is acknowledged, what is refused, dead letters; and sources made by API.

use super::{Answer, send};
use crate::harness::{
    TestDatabase, store_cases, story_instant,
    webhooks::{self, DESK, Desk, signature, ticket},
};
use actix_web::test::TestRequest;
use concord::{
    api::App,
    cli,
    ingest::{Ending, LEASE, drain},
    model::Clock,
    tokens::{Permission, TokenSettings, Tokens},
};
use serde_json::{Value, json};
use std::{fs, sync::Arc};
use tempfile::TempDir;

store_cases![
    a_webhook_is_stored_before_it_is_acknowledged,
    what_is_not_verified_leaves_nothing,
    dead_letters_are_listed_replayed_and_discarded,
    sources_are_made_changed_and_removed,
    a_source_made_by_api_reaches_what_is_allowed,
    runs_are_asked_for_and_cancelled,
];

struct Service {
    desk: Desk,
    app: App,
    _keys: TempDir,
}

impl Service {
    fn open(database: &TestDatabase, allow: impl FnOnce(&mut Desk)) -> Self {
        let mut desk = Desk::open(database);
        allow(&mut desk);
        desk.rules = Arc::new(cli::rules(&desk.settings).expect("the rules are valid"));
        desk.sources = Arc::new(cli::sources(&desk.settings).expect("the sources open"));
        let keys = TempDir::with_prefix("concord-").expect("a folder");
        let auth = TokenSettings { key_file: keys.path().join("key"), ..desk.settings.auth.clone() };
        let tokens = Tokens::open(&auth).expect("a key");
        let planning = cli::planning(&desk.rules.standards).expect("the planning rules are valid");
        let (store, rules, sources) = (desk.store.clone(), desk.rules.clone(), desk.sources.clone());
        let clock = Clock::Fixed(story_instant());
        let app = App::new(store, rules, sources, tokens, planning, clock).expect("the parts fit");
        Self { desk, app, _keys: keys }
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = TestRequest::post().uri(path).set_payload(body.to_owned());
        send(&self.app, headers.iter().fold(request, |request, header| request.insert_header(*header)))
    }

    fn deliver(&self, id: &str, body: &str) -> Answer {
        let headers = [("X-Delivery", id), ("X-Signature", &signature(body)), ("Content-Type", "application/json")];
        self.send("/api/v1/webhooks/desk", &headers, body)
    }

    /// Does something with the permissions of one who manages sources and may see everything.
    fn manage(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let permissions = [Permission::SourcesManage, Permission::IncidentsRestricted];
        let token = self.app.tokens.issue("manager", &permissions, 600).expect("a token");
        let method = method.parse().expect("a method");
        let request = TestRequest::default().method(method).uri(&format!("/api/v1/{path}"));
        let request = request.insert_header(("Authorization", format!("Bearer {token}")));
        let request = match body {
            Some(body) => request.insert_header(("Content-Type", "application/json")).set_payload(body.to_string()),
            None => request,
        };
        send(&self.app, request)
    }

    fn drain(&self) {
        let Desk { store, rules, sources, .. } = &self.desk;
        drain(
            store,
            rules,
            sources,
            DESK,
            Clock::Fixed(story_instant()),
            &Ending { stop: Arc::default(), lease: LEASE },
        )
        .expect("it is drained");
    }

    fn waiting(&self) -> usize {
        self.desk.store.read(|reader| reader.waiting(DESK, 1_000)).expect("it reads").len()
    }
}

fn status(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    if answer.text.is_empty() { Value::Null } else { answer.json() }
}

fn a_webhook_is_stored_before_it_is_acknowledged(database: &TestDatabase) {
    let service = Service::open(database, |_| {});
    let body = ticket("T-1", "first", "2026-01-01");
    let receipt = status(&service.deliver("d-1", &body), 202);
    assert_eq!(receipt["known"], false);
    assert_eq!(service.waiting(), 1);
    let again = status(&service.deliver("d-1", &body), 202);
    assert_eq!((&again["known"], &again["id"]), (&json!(true), &receipt["id"]));
    assert_eq!(service.waiting(), 1);
    status(&service.deliver("d-2", "no JSON at all"), 202);
    assert_eq!(service.waiting(), 2, "what is verified is kept, whatever it is");
}

fn what_is_not_verified_leaves_nothing(database: &TestDatabase) {
    let service = Service::open(database, |_| {});
    let body = ticket("T-1", "first", "2026-01-01");
    for headers in [vec![], vec![("X-Signature", "00")], vec![("X-Signature", "zz")]] {
        let problem = status(&service.send("/api/v1/webhooks/desk", &headers, &body), 401);
        assert_eq!(problem["type"], "urn:concord:problem:unauthenticated");
    }
    let right = signature(&body);
    let changed = body.replace("first", "frist");
    status(&service.send("/api/v1/webhooks/desk", &[("X-Signature", &right)], &changed), 401);
    status(&service.send("/api/v1/webhooks/disk", &[("X-Signature", &right)], &body), 404);
    let long = "x".repeat(service.app.longest_webhook + 1);
    status(&service.deliver("d-1", &long), 413);
    assert_eq!(service.waiting(), 0);
    let most = "x".repeat(service.app.longest_webhook);
    status(&service.deliver("d-2", &most), 202);
}

fn dead_letters_are_listed_replayed_and_discarded(database: &TestDatabase) {
    let service = Service::open(database, |_| {});
    for id in ["d-1", "d-2", "d-3"] {
        status(&service.deliver(id, &json!({"event": "unheard of", "id": id}).to_string()), 202);
    }
    service.drain();
    let list = status(&service.manage("GET", "sources/desk/dead-letters?limit=2", None), 200);
    let next = list["next"].as_str().expect("there is one more");
    let rest = status(&service.manage("GET", &format!("sources/desk/dead-letters?cursor={next}"), None), 200);
    assert_eq!((list["items"].as_array().map(Vec::len), rest["items"].as_array().map(Vec::len)), (Some(2), Some(1)));
    let id = list["items"][0]["id"].as_str().expect("an id");
    let letter = status(&service.manage("GET", &format!("sources/desk/dead-letters/{id}"), None), 200);
    assert!(letter["reason"].as_str().is_some_and(|reason| reason.contains("no route")), "{letter}");
    assert_eq!(letter["key"], "id:d-1");
    let source = status(&service.manage("GET", "sources/desk", None), 200);
    assert_eq!((&source["dead_letters"], &source["waiting_deliveries"]), (&json!(3), &json!(0)));
    status(&service.manage("POST", &format!("sources/desk/dead-letters/{id}/replay"), None), 202);
    status(&service.manage("POST", &format!("sources/desk/dead-letters/{id}/replay"), None), 404);
    assert_eq!(service.waiting(), 1);
    service.drain();
    status(&service.manage("DELETE", &format!("sources/desk/dead-letters/{id}"), None), 204);
    status(&service.manage("DELETE", &format!("sources/desk/dead-letters/{id}"), None), 404);
    let csv = service.manage("GET", "sources/desk/dead-letters?format=csv", None);
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    status(&service.manage("GET", "sources/desk/dead-letters?cursor=x", None), 400);
}

fn sources_are_made_changed_and_removed(database: &TestDatabase) {
    let folder = webhooks::folder();
    let secret = format!("file:{}/secret", folder.path().display());
    let service = Service::open(database, |desk| {
        desk.settings.api_sources.folders = vec![folder.path().into()];
        desk.settings.api_sources.secrets = vec![format!("file:{}/*", folder.path().display())];
    });
    let settings = json!({"connector": "webhook", "folder": folder.path(), "webhook_secret": secret});
    let new = json!({"name": "other", "settings": settings});
    let made = service.manage("POST", "sources", Some(&new));
    assert_eq!(made.header("location"), "/api/v1/sources/other");
    let made = status(&made, 201);
    assert_eq!(
        (&made["by_api"], &made["webhooks"], &made["settings"]["webhook_secret"]),
        (&json!(true), &json!(true), &json!(secret))
    );
    assert!(!made.to_string().contains("the secret of the desk"), "a secret is never shown");
    status(&service.manage("POST", "sources", Some(&new)), 409);
    let body = ticket("T-1", "first", "2026-01-01");
    let deliver = || service.send("/api/v1/webhooks/other", &[("X-Signature", &signature(&body))], &body);
    status(&deliver(), 202);
    // Another node learns of it from the store, and so does this one when it starts again.
    let elsewhere = Service::open(database, |desk| {
        desk.settings.api_sources = service.desk.settings.api_sources.clone();
    });
    status(&elsewhere.manage("GET", "sources/other", None), 200);
    let mut disabled = settings.clone();
    disabled["enabled"] = json!(false);
    status(&service.manage("PUT", "sources/other", Some(&disabled)), 200);
    status(&deliver(), 404);
    status(&service.manage("DELETE", "sources/other", None), 204);
    status(&service.manage("DELETE", "sources/other", None), 404);
    status(&service.manage("GET", "sources/other", None), 404);
    for (method, body) in [("PUT", Some(&settings)), ("DELETE", None)] {
        let problem = status(&service.manage(method, "sources/desk", body), 409);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("configuration file")), "{problem}");
    }
}

fn a_source_made_by_api_reaches_what_is_allowed(database: &TestDatabase) {
    let folder = webhooks::folder();
    let service = Service::open(database, |desk| {
        desk.settings.api_sources.origins = vec!["https://cmdb.example".into()];
    });
    let within = format!("{}/../..", folder.path().display());
    for (settings, place, rule) in [
        (json!({"connector": "files", "folder": folder.path()}), "folder", "api_sources.folders"),
        (json!({"connector": "files", "folder": within}), "folder", "api_sources.folders"),
        (json!({"connector": "http-json", "url": "http://169.254.169.254/"}), "url", "api_sources.origins"),
        (json!({"connector": "http-json", "url": "https://cmdb.example.evil/"}), "url", "api_sources.origins"),
        (json!({"connector": "files", "secrets": {"token": "env:PATH"}}), "secrets.token", "api_sources.secrets"),
        (json!({"connector": "files", "webhook_secret": "env:PATH"}), "webhook_secret", "api_sources.secrets"),
        (json!({"connector": "files", "settings": {"api_token": "x"}}), "settings.api_token", "looks like a secret"),
    ] {
        let problem =
            status(&service.manage("POST", "sources", Some(&json!({"name": "x", "settings": settings}))), 422);
        assert_eq!(problem["errors"][0]["place"], place, "{problem}");
        assert!(problem["errors"][0]["rule"].as_str().is_some_and(|found| found.contains(rule)), "{problem}");
    }
    let literal = json!({"name": "x", "settings": {"connector": "files", "webhook_secret": "hunter2-hunter2"}});
    let answer = service.manage("POST", "sources", Some(&literal));
    let problem = status(&answer, 422);
    assert!(problem.to_string().contains("env:NAME") && !answer.text.contains("hunter2"), "{problem}");
    let name = json!({"name": "../x", "settings": {"connector": "files"}});
    assert_eq!(status(&service.manage("POST", "sources", Some(&name)), 422)["errors"][0]["place"], "name");
    let unknown = json!({"name": "x", "settings": {"connector": "filez"}});
    assert_eq!(status(&service.manage("POST", "sources", Some(&unknown)), 422)["errors"][0]["place"], "connector");
}

fn runs_are_asked_for_and_cancelled(database: &TestDatabase) {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write(
        "manifest.toml",
        "title = \"Risks\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks.jq", "{external_id: .id, title: .id}");
    write("risks.csv", "id\nR-1\n");
    let service = Service::open(database, |desk| {
        let source = concord::connectors::SourceSettings::in_folder("files", folder.path());
        desk.settings.sources.insert("risks".into(), source);
    });
    let asked = service.manage("POST", "sources/risks/runs", None);
    let location = asked.header("location").to_owned();
    assert_eq!(status(&asked, 202)["state"], "waiting");
    status(&service.manage("POST", "sources/risks/runs", None), 409);
    let path = location.strip_prefix("/api/v1/").expect("a path of the API");
    assert_eq!(status(&service.manage("GET", path, None), 200)["cause"], "request");
    status(&service.manage("POST", &format!("{path}/cancel"), None), 204);
    assert_eq!(status(&service.manage("GET", path, None), 200)["state"], "cancelled");
    status(&service.manage("POST", &format!("{path}/cancel"), None), 409);
    status(&service.manage("POST", "sources/risks/runs/nothing/cancel", None), 404);
    status(&service.manage("GET", "sources/risks/runs/nothing", None), 404);
    status(&service.manage("POST", "sources/desk/runs", None), 409);
    let check = status(&service.manage("POST", "sources/risks/check", None), 200);
    let first = &check["items"][0];
    assert_eq!(
        (&first["stream"], &first["record"]["external_id"], &first["record"]["body"]["fields"]["title"]),
        (&json!("risks"), &json!("R-1"), &json!("R-1"))
    );
    write("risks.jq", "{title: .id}");
    let broken = Service::open(database, |desk| desk.settings.sources = service.desk.settings.sources.clone());
    let check = status(&broken.manage("POST", "sources/risks/check", None), 200);
    assert!(check["items"][0]["problem"].as_str().is_some_and(|reason| reason.contains("external_id")), "{check}");
}
