//! Webhooks over the API: what is acknowledged, what is refused, and dead letters.

use super::{Answer, send};
use crate::harness::{
    TestDatabase, store_cases, story_instant,
    webhooks::{DESK, Desk, signature, ticket},
};
use actix_web::test::TestRequest;
use concord::{
    api::App,
    cli,
    ingest::{Ending, LEASE, drain},
    model::Clock,
    store::Arriving,
    tokens::{Permission, TokenSettings, Tokens},
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};
use tempfile::TempDir;

store_cases![
    a_webhook_is_stored_before_it_is_acknowledged,
    what_is_not_verified_leaves_nothing,
    dead_letters_are_listed_replayed_and_discarded,
    what_there_is_no_room_for_is_to_be_sent_again,
];

/// The API over a source that sends webhooks.
pub struct Service {
    pub desk: Desk,
    pub app: App,
    _keys: TempDir,
}

impl Service {
    /// With what `allow` changes of the settings.
    pub fn open(database: &TestDatabase, allow: impl FnOnce(&mut Desk)) -> Self {
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

    /// Sends something without a token.
    pub fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = TestRequest::post().uri(path).set_payload(body.to_owned());
        send(&self.app, headers.iter().fold(request, |request, header| request.insert_header(*header)))
    }

    fn deliver(&self, id: &str, body: &str) -> Answer {
        let headers = [("X-Delivery", id), ("X-Signature", &signature(body)), ("Content-Type", "application/json")];
        self.send("/api/v1/webhooks/desk", &headers, body)
    }

    /// Does something with the permissions of one who manages sources and may see everything.
    pub fn manage(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.manage_if(method, path, None, body)
    }

    /// The same if what is changed is as the tag says.
    pub fn manage_if(&self, method: &str, path: &str, tag: Option<&str>, body: Option<&Value>) -> Answer {
        self.manage_text(method, path, tag, body.map(Value::to_string).as_deref())
    }

    /// The same with any text for JSON.
    pub fn manage_text(&self, method: &str, path: &str, tag: Option<&str>, body: Option<&str>) -> Answer {
        let permissions = [Permission::SourcesManage, Permission::IncidentsRestricted];
        let token = self.app.tokens.issue("manager", &permissions, 600).expect("a token");
        let method = method.parse().expect("a method");
        let request = TestRequest::default().method(method).uri(&format!("/api/v1/{path}"));
        let request = request.insert_header(("Authorization", format!("Bearer {token}")));
        let request = tag.into_iter().fold(request, |request, tag| request.insert_header(("If-Match", tag)));
        let request = match body {
            Some(body) => request.insert_header(("Content-Type", "application/json")).set_payload(body.to_owned()),
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

/// The answer, which has to be of this status.
pub fn status(answer: &Answer, status: u16) -> Value {
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
        assert_eq!(problem["title"], "Not authenticated");
    }
    let right = signature(&body);
    let changed = body.replace("first", "frist");
    status(&service.send("/api/v1/webhooks/desk", &[("X-Signature", &right)], &changed), 401);
    status(&service.send("/api/v1/webhooks/disk", &[("X-Signature", &right)], &body), 404);
    let long = "x".repeat(service.app.longest_webhook + 1);
    status(&service.deliver("d-1", &long), 413);
    let zipped = [("X-Signature", right.as_str()), ("Content-Encoding", "gzip")];
    let problem = status(&service.send("/api/v1/webhooks/desk", &zipped, &body), 415);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("encoded as `gzip`")), "{problem}");
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
    let path = format!("sources/desk/dead-letters/{id}");
    status(&service.manage_if("DELETE", &path, Some("\"nope\""), None), 412);
    let seen = service.manage("GET", &path, None);
    status(&service.manage_if("DELETE", &path, Some(seen.header("etag")), None), 204);
    status(&service.manage("DELETE", &format!("sources/desk/dead-letters/{id}"), None), 404);
    let csv = service.manage("GET", "sources/desk/dead-letters?format=csv", None);
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    status(&service.manage("GET", "sources/desk/dead-letters?cursor=x", None), 400);
    // All that are left, and none the second time.
    for left in [2, 0] {
        let replayed = status(&service.manage("POST", "sources/desk/dead-letters/replay", None), 202);
        assert_eq!((replayed["letters"].as_u64(), service.waiting()), (Some(left), 2));
    }
    status(&service.manage("POST", "sources/nobody/dead-letters/replay", None), 404);
}

/// Keeps every delivery from being written for a while, and says when that has begun.
fn hold_the_inbox(url: &str, long: Duration, begun: impl FnOnce()) {
    let Some(path) = url.strip_prefix("sqlite:") else { return hold_the_table(url, long, begun) };
    let connection = rusqlite::Connection::open(path).expect("the database opens");
    connection.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    begun();
    thread::sleep(long);
    connection.execute_batch("ROLLBACK").expect("it is let go");
}

fn hold_the_table(url: &str, long: Duration, begun: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, driver) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("it answers");
        tokio::spawn(driver);
        client.batch_execute("BEGIN; LOCK TABLE delivery").await.expect("it is held");
        begun();
        tokio::time::sleep(long).await;
        client.batch_execute("ROLLBACK").await.expect("it is let go");
    });
}

/// More than what is being written together, and what may wait to be.
const TOO_MANY: usize = 256 + 1_024 + 1;

fn what_there_is_no_room_for_is_to_be_sent_again(database: &TestDatabase) {
    let service = Service::open(database, |_| {});
    let (held, is_held) = channel();
    let url = database.url.clone();
    let holder = thread::spawn(move || hold_the_inbox(&url, Duration::from_secs(8), || held.send(()).expect("heard")));
    is_held.recv().expect("it is held");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
    let body = ticket("T-1", "first", "2026-01-01").into_bytes();
    let waiting: Vec<_> = (0..TOO_MANY)
        .map(|number| {
            let (inbox, body) = (service.app.inbox.clone(), body.clone());
            let delivery_id = Some(format!("w-{number}"));
            let arriving = Arriving { source: DESK.into(), delivery_id, received_at: story_instant(), body };
            runtime.spawn(async move { inbox.receive(arriving).await })
        })
        .collect();
    thread::sleep(Duration::from_millis(500));
    let refused = service.deliver("d-1", &ticket("T-2", "one too many", "2026-01-01"));
    let problem = status(&refused, 503);
    assert_eq!(refused.header("retry-after"), "5");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("send it again")), "{problem}");
    holder.join().expect("it is let go");
    let taken = waiting.into_iter().map(|one| runtime.block_on(one).expect("it returns"));
    let taken = taken.filter(Result::is_ok).count();
    assert!(taken >= 1_024, "{taken} were taken");
    let stored = service.desk.store.read(|reader| reader.waiting(DESK, 10_000)).expect("it reads").len();
    assert_eq!(stored, taken, "what was acknowledged is there, and nothing else");
}
