//! What a change costs at any size of the store, and what judging everything costs against reading it once.
//!
//! `cargo bench --bench engine -- 10000 1000000` fills a SQLite store with that many tickets and as many configuration
//! items, reads its source to the end so that everything is judged, and then takes single tickets one by one, each to
//! the statuses of both standards. The limit is measured in the same run: one sequential read of the same rows.

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use concord::{
    assess::{Feed, Rules, SourceList, SourceRules},
    cli,
    config::Settings,
    evaluate::{self, Change},
    model::{Body, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Timestamp, View},
    store::Store,
};
use serde_json::json;
use std::time::{Duration, Instant};

const SOURCE: &str = "desk";
const SINGLE: u64 = 200;

fn main() {
    let sizes: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![2_000, 20_000] } else { sizes };
    let mut medians = Vec::new();
    for size in sizes {
        medians.push(measure(size));
    }
    if let (Some(first), Some(last)) = (medians.first(), medians.last()) {
        println!("one ticket, largest store to smallest: {:.2}", last.as_secs_f64() / first.as_secs_f64());
    }
}

fn measure(size: u64) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("concord.db").display()), 4).unwrap();
    store.migrate().unwrap();
    let rules = rules();
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();

    let start = Instant::now();
    for first in (0..size).step_by(500) {
        let numbers = first..(first + 500).min(size);
        let versions = numbers.clone().map(item).chain(numbers.map(|number| ticket(number, now, "old"))).collect();
        apply(&store, &rules, now, versions);
    }
    println!("{size} tickets and items: written in {:.1} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let streams: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
    store
        .write(now, |transaction| {
            transaction.complete_streams(SOURCE, &streams, now)?;
            evaluate::apply(transaction, &rules, Change::Read { source: SOURCE.into() })
        })
        .unwrap();
    evaluate::settle(&store, &rules, now).unwrap();
    let judged = start.elapsed();

    let start = Instant::now();
    let (mut after, mut rows) = (None, 0);
    loop {
        let page = store.read(|reader| reader.records_after(after, 1_000)).unwrap();
        rows += page.len();
        match page.last() {
            Some(last) => after = Some(last.id),
            None => break,
        }
    }
    let read = start.elapsed();
    println!(
        "{rows} records: judged and concluded in {:.1} s, read once in {:.1} s, ratio {:.1}",
        judged.as_secs_f64(),
        read.as_secs_f64(),
        judged.as_secs_f64() / read.as_secs_f64()
    );

    let mut times: Vec<Duration> = (0..SINGLE)
        .map(|number| {
            let start = Instant::now();
            apply(&store, &rules, now, vec![ticket(number * 7 % size, now, "new")]);
            store.read(|reader| evaluate::conclusions(reader, &rules, View::General, None)).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "one ticket to both standards' statuses: median {:.1} ms, 95 % {:.1} ms; resident {} MiB",
        at(0.5).as_secs_f64() * 1e3,
        at(0.95).as_secs_f64() * 1e3,
        resident()
    );
    at(0.5)
}

fn apply(store: &Store, rules: &Rules, now: Timestamp, versions: Vec<RecordVersion>) {
    let change = Change::Records { versions, synced_at: now, history: false, delivered: false };
    store.write(now, |transaction| evaluate::apply(transaction, rules, change)).unwrap();
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
    rules
}

fn version(
    kind: RecordKind,
    id: String,
    at: Timestamp,
    fields: serde_json::Value,
    to: Vec<RelationTo>,
) -> RecordVersion {
    RecordVersion {
        source: SOURCE.into(),
        external_id: id,
        url: None,
        source_updated_at: at,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(kind, fields).unwrap(),
        relations: to,
        attributes: serde_json::Map::new(),
    }
}

/// A configuration item that contributes to one of a hundred services.
fn item(number: u64) -> RecordVersion {
    let at: Timestamp = "2025-11-01T00:00:00Z".parse().unwrap();
    let fields = json!({
        "name": format!("host-{number}"), "class": "server", "environment": "live", "owner": "ops",
        "criticality": 1 + number % 4, "labels": ["ci"], "last_verified_at": at, "version": "1", "baseline_version": "1",
    });
    let to = Reference::new(RecordKind::Service, SOURCE, &format!("S-{}", number % 100));
    let relations = vec![RelationTo { relation: RelationType::Supports, to }];
    version(RecordKind::ConfigurationItem, format!("C-{number}"), at, fields, relations)
}

/// A closed incident on an item of its own; `state` tells versions apart.
fn ticket(number: u64, now: Timestamp, state: &str) -> RecordVersion {
    let opened = now.plus_days(-i64::try_from(number % 300).unwrap());
    let fields = json!({
        "title": format!("Incident {number}, {state}"), "type": "incident", "state": "closed", "priority": 1 + number % 4,
        "category": "disk", "opened_at": opened, "resolved_at": opened, "restored_at": opened, "closed_at": opened,
        "security_class": if number.is_multiple_of(50) { None } else { Some("service") },
        "major": false, "restricted": false, "sla_breached": number.is_multiple_of(9),
    });
    let to = Reference::new(RecordKind::ConfigurationItem, SOURCE, &format!("C-{number}"));
    let relations = vec![RelationTo { relation: RelationType::Affects, to }];
    let at = if state == "old" { opened } else { now };
    version(RecordKind::Ticket, format!("T-{number}"), at, fields, relations)
}

/// What the process holds in memory, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
