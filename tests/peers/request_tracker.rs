//! Request Tracker: read in full, read after a change in its own time zone, and after a deletion.

use super::{server::Server, without};
use crate::harness::{Reading, TestDatabase, store_cases};
use concord::{
    connectors::SourceSettings,
    model::{Clock, RecordKind},
};
use libtest_mimic::Completion;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    sync::{Mutex, OnceLock, PoisonError},
};

store_cases![tickets_and_assets_are_read];

/// `root:password`.
const LOGIN: &str = "Authorization: Basic cm9vdDpwYXNzd29yZA==";

/// Hours from UTC: a time sent in another zone would find too much.
const ZONE: &str = "Asia/Tokyo";

const TICKETS: usize = 20;

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// One case at a time: they read what the others write.
static TURN: Mutex<()> = Mutex::new(());

/// Ends the server of this run.
pub fn stop() {
    if let Some(Ok(server)) = SERVER.get() {
        server.stop();
    }
}

fn server() -> Option<&'static Server> {
    if !Path::new("/usr/share/request-tracker5/libexec/rt-server").exists() {
        return None;
    }
    let server = SERVER.get_or_init(|| {
        let server = Server::start(include_str!("request-tracker.sh"), &[ZONE])?;
        server.wait("/REST/2.0/rt", || Some(LOGIN.into()))?;
        Ok(server)
    });
    Some(server.as_ref().unwrap_or_else(|problem| panic!("{problem}")))
}

fn source(server: &Server) -> SourceSettings {
    SourceSettings {
        url: server.url(),
        auth: "password".into(),
        time_zone: ZONE.into(),
        ..SourceSettings::of("request-tracker")
    }
}

fn make(server: &Server, what: &str, body: Value) -> String {
    let made = server.ask("POST", &format!("/REST/2.0/{what}"), LOGIN, Some(body));
    let id = made["id"].as_str().map(str::to_owned);
    id.or_else(|| made["id"].as_u64().map(|id| id.to_string())).unwrap_or_else(|| panic!("no id: {made}"))
}

/// Makes a queue with tickets that each concern one asset, the other asset depending on it; gives asset and ticket ids.
fn seed(server: &Server, queue: &str) -> ([String; 2], Vec<String>) {
    make(server, "queue", json!({"Name": queue}));
    let asset = |name: &str, more: Value| {
        let mut body = json!({"Name": name, "Catalog": "General assets", "Status": "in-use"});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        make(server, "asset", body)
    };
    let host = asset("srv-1", json!({}));
    let guest = asset("vm-1", json!({"DependsOn": format!("asset:{host}")}));
    let tickets = (0..TICKETS).map(|number| {
        let subject = format!("Überlast {number}");
        let body = json!({"Queue": queue, "Subject": subject, "Priority": "70", "RefersTo": format!("asset:{host}")});
        make(server, "ticket", body)
    });
    let tickets: Vec<String> = tickets.collect();
    // REST sets no time of change; so that not all of this is of the last minutes, it is set where it is kept.
    let age = "use DBI; my $db = DBI->connect(\"dbi:SQLite:$ARGV[0]\", '', '', { RaiseError => 1 });
        $db->do(\"UPDATE $_ SET LastUpdated = datetime('now', '-3 hours')\") for qw(Tickets Assets);";
    let status = Command::new("perl").args(["-e", age]).arg(server.folder().join("rt.sqlite")).status();
    assert!(status.expect("perl runs").success());
    // One is of now, so that the next run starts from there.
    let comment = json!({"Content": "looked at", "ContentType": "text/plain"});
    server.ask("POST", &format!("/REST/2.0/ticket/{}/comment", tickets[0]), LOGIN, Some(comment));
    ([host, guest], tickets)
}

fn tickets_and_assets_are_read(database: &TestDatabase) -> Completion {
    let Some(server) = server() else { return without("Request Tracker 5") };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = database.url.split(':').next().unwrap_or_default();
    let ([host, guest], tickets) = seed(server, &format!("Incidents of {engine}"));
    let reading = Reading::new(database, source(server), &[("user", "root"), ("password", "password")]);

    let first = reading.sync(Clock::system().now());
    assert_eq!((first.set_aside, first.tombstoned), (0, 0), "{first:?}");
    let ticket = reading.record(RecordKind::Ticket, &tickets[3]);
    assert_eq!((&ticket["title"], &ticket["type"]), (&json!("Überlast 3"), &json!("incident")));
    assert_eq!((&ticket["state"], &ticket["priority"]), (&json!("open"), &json!(2)));
    assert!(ticket["resolved_at"].is_null() && ticket["assignee"].is_null(), "{ticket}");
    assert_eq!(ticket["url"], format!("{}/Ticket/Display.html?id={}", server.url(), tickets[3]));
    assert_eq!(ticket["relations"], json!([format!("affects {host}")]));
    let asset = reading.record(RecordKind::ConfigurationItem, &guest);
    assert_eq!((&asset["name"], &asset["status"]), (&json!("vm-1"), &json!("in-use")));
    assert_eq!(asset["relations"], json!([format!("depends_on {host}")]));

    server.ask("PUT", &format!("/REST/2.0/ticket/{}", tickets[3]), LOGIN, Some(json!({"Status": "resolved"})));
    let second = reading.sync(Clock::system().now());
    assert_eq!((second.created, second.changed, second.tombstoned), (0, 1, 0), "{second:?}");
    assert!(second.rows_read < TICKETS as u64, "only what changed is read: {second:?}");
    let ticket = reading.record(RecordKind::Ticket, &tickets[3]);
    assert_eq!(ticket["state"], "closed");
    assert!(ticket["resolved_at"].is_string(), "{ticket}");

    server.ask("DELETE", &format!("/REST/2.0/ticket/{}", tickets[5]), LOGIN, None);
    let third = reading.sync(Clock::system().now().plus_days(8));
    assert_eq!(third.tombstoned, 1, "{third:?}");
    assert_eq!(reading.record(RecordKind::Ticket, &tickets[5])["gone"], true);
    assert_eq!(reading.record(RecordKind::Ticket, &tickets[6])["gone"], false);
    Completion::Completed
}
