//! Sources over the API: made, changed, removed, kept to what they may reach; their runs and the look at them.

use super::webhooks::{Service, status};
use crate::harness::{
    TestDatabase, store_cases, story_instant,
    webhooks::{self, signature, ticket},
};
use concord::{
    connectors::SourceSettings,
    store::{Cause, Run, RunState},
};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

store_cases![
    sources_are_made_changed_and_removed,
    a_source_is_changed_as_it_was_seen,
    streams_of_deletions_are_listed,
    a_source_made_by_api_reaches_what_is_allowed,
    a_source_made_by_api_runs_no_program,
    links_of_a_source_made_by_api_lead_where_it_may_call,
    what_is_no_longer_allowed_is_no_longer_read,
    runs_are_asked_for_and_cancelled,
    a_run_is_asked_for_in_full_and_with_deletions,
    a_run_whose_process_died_is_cancelled,
];

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

fn a_source_is_changed_as_it_was_seen(database: &TestDatabase) {
    let folder = manifest(FILES);
    let allow = |desk: &mut webhooks::Desk| desk.settings.api_sources.folders = vec![folder.path().into()];
    let (here, elsewhere) = (Service::open(database, allow), Service::open(database, allow));
    let settings = |enabled: bool| json!({"connector": "files", "folder": folder.path(), "enabled": enabled});
    let (on, off) = (settings(true), settings(false));
    let made = here.manage("POST", "sources", Some(&json!({"name": "x", "settings": on})));
    status(&made, 201);
    let seen = || here.manage("GET", "sources/x", None).header("etag").to_owned();
    let first = seen();
    assert_eq!(made.header("etag"), first);
    let weak = format!("W/{first}");
    for other in ["\"nope\"", "", "nope", &weak, "\"a\", \"b\""] {
        for (method, body) in [("PUT", Some(&off)), ("DELETE", None)] {
            let problem = status(&here.manage_if(method, "sources/x", Some(other), body), 412);
            assert_eq!(problem["type"], "urn:concord:problem:outdated", "{problem}");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(&first)), "{problem}");
        }
    }
    assert_eq!(seen(), first, "nothing was changed");
    let changed = here.manage_if("PUT", "sources/x", Some(&format!("\"nope\", {first}")), Some(&off));
    assert_eq!(status(&changed, 200)["enabled"], false);
    let second = seen();
    assert_eq!((changed.header("etag"), first == second), (second.as_str(), false));
    status(&here.manage_if("DELETE", "sources/x", Some(&first), None), 412);
    // What another node changed is compared, though this one has not heard of it.
    status(&elsewhere.manage("PUT", "sources/x", Some(&on)), 404);
    elsewhere.app.sources.refresh(&elsewhere.app.store, &elsewhere.app.rules).expect("it is read");
    status(&elsewhere.manage_if("PUT", "sources/x", Some(&second), Some(&on)), 200);
    status(&here.manage_if("PUT", "sources/x", Some(&second), Some(&off)), 412);
    status(&here.manage_if("PUT", "sources/x", Some("*"), Some(&off)), 200);
    // Where there is nothing, that is what is said.
    status(&here.manage_if("PUT", "sources/y", Some("*"), Some(&off)), 404);
    status(&here.manage_if("DELETE", "sources/x", Some(&seen()), None), 204);
    status(&here.manage_if("DELETE", "sources/x", Some(&second), None), 404);
}

fn streams_of_deletions_are_listed(database: &TestDatabase) {
    let service = Service::open(database, |desk| {
        let reference = || "env:NOBODY_ASKS_FOR_IT".parse().expect("a reference");
        let secrets = ["user", "password"].map(|name| (name.to_owned(), reference())).into();
        let url = "https://cmdb.example.org".into();
        let settings = SourceSettings { url, secrets, auth: "basic".into(), ..SourceSettings::of("itop") };
        desk.settings.sources.insert("cmdb".into(), settings);
    });
    let source = status(&service.manage("GET", "sources/cmdb", None), 200);
    let streams = source["streams"].as_array().expect("a list");
    let kind = |name: &str| streams.iter().find(|stream| stream["name"] == name).map(|stream| stream["kind"].clone());
    assert_eq!((kind("deletions"), kind("ci_changes")), (Some(Value::Null), Some(Value::Null)));
    assert_eq!(kind("incidents"), Some(json!("ticket")));
    // What is no JSON is wrong at a place of the text, what is has fields.
    for (text, place) in [("{\"name\": \"x\",\n \"settings\": {", "line 2 column 14"), ("", "line 1 column 0")] {
        let problem = status(&service.manage_text("POST", "sources", None, Some(text)), 400);
        let error = &problem["errors"][0];
        assert_eq!(error["place"], place, "{problem}");
        assert!(error["rule"].as_str().is_some_and(|rule| rule.starts_with("EOF while parsing")), "{problem}");
        assert!(!error["rule"].to_string().contains("column"), "{problem}");
    }
    // What a field must be is said without the place in the text.
    let new = json!({"name": "other", "settings": {"connector": 5}});
    let problem = status(&service.manage("POST", "sources", Some(&new)), 422);
    assert!(problem.to_string().contains("expected a string") && !problem.to_string().contains("at line"), "{problem}");
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

const TAP: &str = "title = \"Tap\"\nprotocol = \"singer\"\n[tap]\ncommand = [\"/bin/sh\", \"-c\", \"touch ran\"]\n\
     [streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n";

/// A folder with a manifest and the mapping `tickets.jq`.
fn manifest(text: &str) -> TempDir {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    fs::write(folder.path().join("manifest.toml"), text).expect("a file is written");
    fs::write(folder.path().join("tickets.jq"), "{external_id: .id}").expect("a file is written");
    folder
}

/// The first problem of a source that is refused, and that it left nothing behind.
fn refused(service: &Service, settings: &Value) -> (String, String) {
    let problem = status(&service.manage("POST", "sources", Some(&json!({"name": "x", "settings": settings}))), 422);
    status(&service.manage("GET", "sources/x", None), 404);
    let part = |name: &str| problem["errors"][0][name].as_str().unwrap_or_default().to_owned();
    (part("place"), part("rule"))
}

fn a_source_made_by_api_runs_no_program(database: &TestDatabase) {
    // Of the operator's own connectors, one runs a program and one is of files.
    let own = TempDir::with_prefix("concord-").expect("a folder");
    let tap = manifest(TAP);
    fs::rename(tap.path(), own.path().join("tap")).expect("it is moved");
    let folder = manifest(TAP);
    let service = Service::open(database, |desk| {
        desk.settings.connectors.folder = own.path().into();
        desk.settings.api_sources.folders = vec![folder.path().into(), own.path().into()];
        desk.settings.api_sources.origins = vec!["https://cmdb.example".into()];
        desk.settings.api_sources.secrets = vec!["env:*".into()];
    });
    for settings in [
        json!({"connector": "singer", "folder": folder.path()}),
        json!({"connector": "singer"}),
        json!({"connector": "tap"}),
        json!({"connector": "tap", "enabled": false}),
    ] {
        let (place, rule) = refused(&service, &settings);
        assert_eq!(place, "connector", "{settings}");
        assert!(rule.contains("runs a program") && rule.contains("configuration file"), "{rule}");
    }
    // Nor through a connector that runs none: the folder says what it is.
    for settings in [
        json!({"connector": "files", "folder": folder.path()}),
        json!({"connector": "http-json", "folder": folder.path(), "url": "https://cmdb.example"}),
        json!({"connector": "webhook", "folder": folder.path(), "webhook_secret": "env:SECRET"}),
    ] {
        let (place, rule) = refused(&service, &settings);
        assert!(place.ends_with("manifest.toml: protocol"), "{place}: {rule}");
    }
    // And one that was allowed cannot be turned into one that is not.
    let risks = manifest(&FILES.replace("*.csv", "risks.csv"));
    let service = Service::open(database, |desk| {
        desk.settings.connectors.folder = own.path().into();
        desk.settings.api_sources.folders = vec![risks.path().into()];
    });
    let files = json!({"connector": "files", "folder": risks.path()});
    status(&service.manage("POST", "sources", Some(&json!({"name": "x", "settings": files}))), 201);
    status(&service.manage("PUT", "sources/x", Some(&json!({"connector": "tap"}))), 422);
    assert_eq!(status(&service.manage("GET", "sources/x", None), 200)["connector"], "files");
    assert!(!folder.path().join("ran").exists() && !own.path().join("tap/ran").exists());
}

const FILES: &str = "title = \"Tickets\"\nprotocol = \"files\"\n[streams.tickets]\nfiles = \"*.csv\"\nformat = \"csv\"\n\
     emit = \"ticket\"\nmapping = \"tickets.jq\"\n";

const HTTP: &str = "title = \"CMDB\"\nprotocol = \"http\"\n[streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n\
     request = { path = \"/tickets\" }\nselect = \".[]\"\n";

fn links_of_a_source_made_by_api_lead_where_it_may_call(database: &TestDatabase) {
    let elsewhere = manifest(&format!("origins = [\"https://files.example\"]\n{HTTP}"));
    let here = manifest(HTTP);
    let open = |origins: &[&str]| {
        Service::open(database, |desk| {
            desk.settings.api_sources.folders = vec![elsewhere.path().into(), here.path().into()];
            desk.settings.api_sources.origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        })
    };
    let service = open(&["https://cmdb.example"]);
    let leading = json!({"connector": "http-json", "folder": elsewhere.path(), "url": "https://cmdb.example/api"});
    let (place, rule) = refused(&service, &leading);
    assert_eq!(place, "connector");
    assert!(rule.contains("https://files.example") && rule.contains("api_sources.origins"), "{rule}");
    for url in [
        "https://cmdb.example@files.example/",
        "https://cmdb.example:8443/",
        "https://cmdb.example.files.example/",
        "http://cmdb.example/",
        "https://cmdb.example\\@files.example/",
        "//cmdb.example/",
    ] {
        let (place, rule) = refused(&service, &json!({"connector": "http-json", "folder": here.path(), "url": url}));
        assert_eq!(place, "url", "{url}: {rule}");
    }
    let name = |name: &str, settings: &Value| json!({"name": name, "settings": settings});
    let plain = json!({"connector": "http-json", "folder": here.path(), "url": "https://cmdb.example/api"});
    status(&service.manage("POST", "sources", Some(&name("y", &plain))), 201);
    let service = open(&["https://cmdb.example", "https://files.example"]);
    status(&service.manage("POST", "sources", Some(&name("x", &leading))), 201);
}

fn what_is_no_longer_allowed_is_no_longer_read(database: &TestDatabase) {
    let folder = manifest(FILES);
    fs::write(folder.path().join("tickets.csv"), "id\nT-1\n").expect("a file is written");
    let service = Service::open(database, |desk| desk.settings.api_sources.folders = vec![folder.path().into()]);
    let settings = json!({"connector": "files", "folder": folder.path()});
    status(&service.manage("POST", "sources", Some(&json!({"name": "x", "settings": settings}))), 201);
    status(&service.manage("POST", "sources/x/check", None), 200);
    let stricter = Service::open(database, |_| {});
    let source = status(&stricter.manage("GET", "sources/x", None), 200);
    assert!(source["problem"].as_str().is_some_and(|rule| rule.contains("api_sources.folders")), "{source}");
    for path in ["sources/x/check", "sources/x/runs"] {
        let problem = status(&stricter.manage("POST", path, None), 409);
        assert!(problem.to_string().contains("api_sources.folders"), "{problem}");
    }
    status(&stricter.manage("DELETE", "sources/x", None), 204);
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

/// A service with a source of risks in a folder.
fn risks(database: &TestDatabase) -> (Service, TempDir) {
    let folder = manifest(FILES);
    fs::write(folder.path().join("tickets.csv"), "id\nT-1\n").expect("a file is written");
    let service = Service::open(database, |desk| {
        let source = concord::connectors::SourceSettings::in_folder("files", folder.path());
        desk.settings.sources.insert("risks".into(), source);
    });
    (service, folder)
}

fn a_run_is_asked_for_in_full_and_with_deletions(database: &TestDatabase) {
    let (service, _folder) = risks(database);
    let ask = |path: &str, body: Option<&Value>| service.manage("POST", path, body);
    let problem = status(&ask("sources/risks/runs?accept_deletions=true", None), 400);
    assert!(problem.to_string().contains("accept_deletions"), "{problem}");
    let problem = status(&ask("sources/risks/runs", Some(&json!({"ful": true}))), 422);
    assert!(problem.to_string().contains("ful"), "{problem}");
    let run = status(&ask("sources/risks/runs", Some(&json!({"full": true, "accept_deletions": true}))), 202);
    assert_eq!((&run["full"], &run["accept_deletions"]), (&json!(true), &json!(true)));
    // Whichever node takes it up knows what was asked for.
    let waiting = service.desk.store.read(|reader| reader.unfinished_runs()).expect("it reads");
    assert!(waiting[0].full && waiting[0].accept_deletions);
}

fn a_run_whose_process_died_is_cancelled(database: &TestDatabase) {
    let (service, _folder) = risks(database);
    let dead = Run::new("risks", RunState::Running, Cause::Schedule, story_instant());
    service.desk.store.write(story_instant(), |transaction| transaction.save_run(&dead)).expect("it is written");
    let path = format!("sources/risks/runs/{}", dead.id);
    status(&service.manage("POST", &format!("{path}/cancel"), None), 204);
    assert_eq!(status(&service.manage("GET", &path, None), 200)["state"], "failed");
}
