//! Acknowledged webhooks a second over 64 connections, against the same service with one commit for each, and against
//! one commit after another without HTTP, all on the same database in the same run.
//!
//! `cargo bench --bench webhooks`, on SQLite in a new file; with `DATABASE=postgres://…` on that database, which has to be
//! empty. `SECONDS` says how long each part takes.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/harness/http.rs"]
mod http;

use aws_lc_rs::hmac;
use concord::{
    api::{self, App},
    cli,
    config::Settings,
    connectors::SourceSettings,
    ingest::Inbox,
    model::{Clock, Timestamp},
    store::{Arriving, Store},
    tokens::{TokenSettings, Tokens},
};
use data_encoding::HEXLOWER;
use std::{
    env, fs,
    net::TcpListener,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const CONNECTIONS: usize = 64;

/// Threads that send, each over its share of the connections: no more than it takes, as they share the cores.
const SENDERS: usize = 2;
const SECRET: &str = "a secret of the desk";
const MANIFEST: &str = "title = \"Desk\"\nprotocol = \"webhook\"\n[streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n\
    [webhook]\nverify = { type = \"hmac\", digest = \"sha256\", header = \"X-Signature\" }\ndelivery_id = { header = \"X-Delivery\" }\n\
    [[webhook.routes]]\nstream = \"tickets\"\n";

fn main() {
    let folder = tempfile::TempDir::with_prefix("concord-").unwrap();
    let seconds = env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let long = Duration::from_secs(seconds);
    let mut settings = Settings::layered(None, []).unwrap();
    settings.database.url =
        env::var("DATABASE").unwrap_or_else(|_| format!("sqlite:{}", folder.path().join("concord.db").display()));
    prepare(folder.path());
    let mut source = SourceSettings::in_folder("webhook", folder.path());
    source.webhook_secret = Some(format!("file:{}", folder.path().join("secret").display()).parse().unwrap());
    settings.sources = [("desk".to_owned(), source)].into();
    let store = Store::open(&settings.database.url, 8).unwrap();
    store.migrate().unwrap();

    println!("{}", if settings.database.url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" });
    let bare = one_by_one(&store, long);
    println!("one commit after another, without HTTP:      {bare:>8.0} a second");
    let single = served(&settings, &store, Inbox::in_groups_of(store.clone(), 1).unwrap(), folder.path(), long);
    println!("{CONNECTIONS} connections, one commit for each:         {single:>8.0} a second");
    let grouped = served(&settings, &store, Inbox::open(store.clone()).unwrap(), folder.path(), long);
    println!("{CONNECTIONS} connections, committed in groups:         {grouped:>8.0} a second");
    println!("groups against one commit for each: {:.1} times", grouped / single);
}

fn prepare(folder: &Path) {
    fs::write(folder.join("manifest.toml"), MANIFEST).unwrap();
    fs::write(folder.join("tickets.jq"), "{external_id: .id, title}").unwrap();
    fs::write(folder.join("secret"), SECRET).unwrap();
}

fn body(number: u64) -> String {
    let text = "The customer reports that the portal answers slowly since this morning. ".repeat(12);
    serde_json::json!({"id": format!("T-{}", number % 1_000), "title": format!("ticket {number}"), "text": text})
        .to_string()
}

fn one_by_one(store: &Store, long: Duration) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u64);
    while start.elapsed() < long {
        let arriving = Arriving {
            source: "bare".into(),
            delivery_id: Some(count.to_string()),
            received_at: Timestamp::from_millis(0),
            body: body(count).into_bytes(),
        };
        store.receive(&[arriving]).unwrap();
        count += 1;
    }
    count as f64 / start.elapsed().as_secs_f64()
}

/// Serves with this inbox, without applying what arrives, and sends as fast as it is acknowledged.
fn served(settings: &Settings, store: &Store, inbox: Inbox, folder: &Path, long: Duration) -> f64 {
    let rules = Arc::new(cli::rules(settings).unwrap());
    let sources = Arc::new(cli::sources(settings).unwrap());
    let tokens = Tokens::open(&TokenSettings { key_file: folder.join("key"), ..settings.auth.clone() }).unwrap();
    let planning = cli::planning(&rules.standards).unwrap();
    let mut app = App::new(store.clone(), rules, sources, tokens, planning, Clock::system()).unwrap();
    app.inbox = inbox;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // The service ends with the benchmark.
    thread::spawn(move || api::serve(app, listener, 2, || {}).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let deliveries = Arc::new(signed());
    let start = Instant::now();
    let sending: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (stop, address, deliveries) = (stop.clone(), address.clone(), deliveries.clone());
            thread::spawn(move || send(&address, &deliveries, &stop))
        })
        .collect();
    thread::sleep(long);
    stop.store(true, Ordering::Relaxed);
    let acknowledged: u64 = sending.into_iter().map(|thread| thread.join().unwrap()).sum();
    acknowledged as f64 / start.elapsed().as_secs_f64()
}

/// Contents with their signatures, made beforehand: what it costs to sign is the sender's.
fn signed() -> Vec<(String, String)> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let sign = |body: String| (HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref()), body);
    (0..1_000).map(body).map(sign).collect()
}

/// Keeps one delivery under way on each of this sender's connections, and returns how many were acknowledged.
fn send(address: &str, deliveries: &[(String, String)], stop: &AtomicBool) -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let next = || {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (signature, body) = &deliveries[number as usize % deliveries.len()];
        let headers = [("X-Delivery", number.to_string()), ("X-Signature", signature.clone())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        http::request("/api/v1/webhooks/desk", &headers, body)
    };
    let mut clients: Vec<_> = (0..CONNECTIONS / SENDERS).map(|_| http::Client::new(address)).collect();
    let mut acknowledged = 0;
    clients.iter_mut().for_each(|client| client.send(&next()).unwrap());
    while !stop.load(Ordering::Relaxed) {
        for client in &mut clients {
            let (status, text) = client.answer().unwrap();
            assert_eq!(status, 202, "{text}");
            acknowledged += 1;
            client.send(&next()).unwrap();
        }
    }
    acknowledged
}
