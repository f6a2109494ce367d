//! What one ticket costs on the scores of suppliers at any size of the store, and how long the portfolio takes.
//!
//! `CONCORD_BENCH_SUPPLIERS=5000 CONCORD_BENCH_TICKETS=10000,1000000 cargo bench --bench suppliers` fills a SQLite store
//! for each number of tickets, shared evenly by the suppliers, each of which provides a service and controls an item
//! under an agreement; keeps a month of scores by day; then takes single tickets one by one, each to the scores, and
//! asks for the portfolio. No indicator is in use: what is measured is the scoring, not the judging (`engine` does that).

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use concord::{
    answers,
    assess::{Feed, Rules, SourceList, SourceRules},
    cli,
    config::Settings,
    evaluate::{self, Change},
    indicators::Catalogue,
    model::{Body, RecordId, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Timestamp, View},
    store::{Store, SupplierSample},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SOURCE: &str = "desk";
const SINGLE: u64 = 300;
const DAYS: i64 = 30;

fn main() {
    let suppliers = sizes("CONCORD_BENCH_SUPPLIERS", &[200])[0];
    let mut medians = Vec::new();
    for tickets in sizes("CONCORD_BENCH_TICKETS", &[1_000, 20_000]) {
        medians.push(measure(suppliers, tickets));
    }
    if let (Some(first), Some(last)) = (medians.first(), medians.last()) {
        println!("one ticket, last store to first: {:.2}", last.as_secs_f64() / first.as_secs_f64());
    }
}

fn sizes(name: &str, usual: &[u64]) -> Vec<u64> {
    let given = std::env::var(name).unwrap_or_default();
    let given: Vec<u64> = given.split(',').filter_map(|size| size.parse().ok()).collect();
    if given.is_empty() { usual.to_vec() } else { given }
}

fn measure(suppliers: u64, tickets: u64) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("concord.db").display()), 4).unwrap();
    store.migrate().unwrap();
    let rules = rules();
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();

    let start = Instant::now();
    for first in (0..suppliers).step_by(100) {
        apply(&store, &rules, now, (first..(first + 100).min(suppliers)).flat_map(supplier).collect());
    }
    for first in (0..tickets).step_by(500) {
        let numbers = first..(first + 500).min(tickets);
        apply(&store, &rules, now, numbers.map(|number| ticket(number, suppliers, now)).collect());
    }
    println!("{suppliers} suppliers, {tickets} tickets: written in {:.1} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    read(&store, &rules, now);
    evaluate::settle(&store, &rules, now).unwrap();
    println!("read to the end, counted and scored: {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    read(&store, &rules, now.plus_millis(60_000));
    println!("read again without news: {:.1} ms", milliseconds(start.elapsed()));

    let later = now.plus_millis(120_000);
    let mut times: Vec<Duration> = (0..SINGLE)
        .map(|number| {
            let start = Instant::now();
            apply(&store, &rules, later, vec![ticket(tickets + number * 7, suppliers, later)]);
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("one ticket to the scores: median {:.2} ms, 95 % {:.2} ms", milliseconds(at(0.5)), milliseconds(at(0.95)));

    for day in 1..=DAYS {
        let samples: Vec<SupplierSample> = (0..suppliers).map(|number| sample(number, now, day)).collect();
        store.write(later, |transaction| transaction.keep_samples(View::General, &samples)).unwrap();
    }
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let portfolio = answers::supplier_portfolio(&store, View::General).unwrap();
            serde_json::to_vec(&portfolio).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "the portfolio, with {DAYS} days of scores: {:.1} ms; resident {} MiB",
        milliseconds(times[2]),
        resident()
    );
    let start = Instant::now();
    let next_day = now.next_day();
    evaluate::settle(&store, &rules, next_day).unwrap();
    println!("a day begins: {:.1} s", start.elapsed().as_secs_f64());
    at(0.5)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn apply(store: &Store, rules: &Rules, now: Timestamp, versions: Vec<RecordVersion>) {
    let change = Change::Records { versions, synced_at: now, history: false, delivered: false };
    store.write(now, |transaction| evaluate::apply(transaction, rules, change)).unwrap();
}

fn read(store: &Store, rules: &Rules, now: Timestamp) {
    let streams: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
    store
        .write(now, |transaction| {
            transaction.complete_streams(SOURCE, &streams, now)?;
            evaluate::apply(transaction, rules, Change::Read { source: SOURCE.into() })
        })
        .unwrap();
}

fn rules() -> Rules {
    let mut rules = cli::rules(&Settings::layered(None, []).unwrap()).unwrap();
    let feed = |kind: &RecordKind| Feed {
        stream: kind.as_str().into(),
        kind: *kind,
        relations: if *kind == RecordKind::Ticket { RelationType::ALL.to_vec() } else { Vec::new() },
    };
    let feeds = RecordKind::ALL.iter().map(feed).collect();
    rules.sources = SourceList::new(vec![SourceRules::of(SOURCE, "files", feeds)]);
    rules.indicators = Catalogue::parse(&[], &[]).unwrap();
    rules
}

fn version(
    kind: RecordKind,
    id: String,
    at: Timestamp,
    fields: Value,
    to: &[(RelationType, Reference)],
) -> RecordVersion {
    let edge = |(relation, to): &(RelationType, Reference)| RelationTo { relation: *relation, to: to.clone() };
    RecordVersion {
        source: SOURCE.into(),
        external_id: id,
        url: None,
        source_updated_at: at,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(kind, fields).unwrap(),
        relations: to.iter().map(edge).collect(),
        attributes: serde_json::Map::new(),
    }
}

/// A supplier with its service, its item and its agreement.
fn supplier(number: u64) -> [RecordVersion; 4] {
    let at: Timestamp = "2025-11-01T00:00:00Z".parse().unwrap();
    let to = |kind, prefix: &str| Reference::new(kind, SOURCE, &format!("{prefix}-{number}"));
    let service = to(RecordKind::Service, "S");
    let item = to(RecordKind::ConfigurationItem, "C");
    let criticality = 1 + number % 4;
    let hands = [(RelationType::Provides, service.clone()), (RelationType::Controls, item)];
    let agreement = json!({
        "title": format!("Contract {number}"), "type": "contract", "parties": [to(RecordKind::Party, "P")],
        "starts_at": "2025-01-01", "ends_at": "2027-01-01", "security_obligations": true, "right_to_audit": number.is_multiple_of(2),
        "evidence_terms": false, "restoration_terms": true,
    });
    let rated = json!({
        "name": format!("host-{number}"), "criticality": criticality, "confidentiality": number % 4, "integrity": 2,
        "availability": 3,
    });
    [
        version(
            RecordKind::Party,
            format!("P-{number}"),
            at,
            json!({"name": format!("Supplier {number}"), "role": "supplier", "last_review": "2025-09-01"}),
            &hands,
        ),
        version(
            RecordKind::Service,
            format!("S-{number}"),
            at,
            json!({"name": format!("Service {number}"), "criticality": criticality, "status": "live", "substitutes": []}),
            &[],
        ),
        version(
            RecordKind::ConfigurationItem,
            format!("C-{number}"),
            at,
            rated,
            &[(RelationType::Supports, service.clone())],
        ),
        version(RecordKind::Agreement, format!("A-{number}"), at, agreement, &[(RelationType::Covers, service)]),
    ]
}

/// A closed incident on the item of one of the suppliers.
fn ticket(number: u64, suppliers: u64, now: Timestamp) -> RecordVersion {
    let ended = now.plus_days(-i64::try_from(number / suppliers * 37 % 1_000).unwrap());
    let fields = json!({
        "title": format!("Incident {number}"), "type": "incident", "state": "closed", "priority": 1 + number % 4,
        "opened_at": ended, "resolved_at": ended, "closed_at": ended, "security_class": "service",
        "restricted": false, "sla_breached": number.is_multiple_of(9),
    });
    let to = Reference::new(RecordKind::ConfigurationItem, SOURCE, &format!("C-{}", number % suppliers));
    version(RecordKind::Ticket, format!("T-{number}"), ended, fields, &[(RelationType::Affects, to)])
}

/// A score of an earlier day.
fn sample(number: u64, now: Timestamp, days_ago: i64) -> SupplierSample {
    SupplierSample {
        party: RecordId::of(RecordKind::Party, SOURCE, &format!("P-{number}")),
        day: now.day() - days_ago,
        status: "moderate".into(),
        residual: Some(20.0),
        inherent: Some(30.0),
        low: Some(10.0),
        high: Some(40.0),
        likelihood: 40.0,
        exposure: 5.0,
        known: Some((13, 13)),
    }
}

/// What the process holds in memory, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
