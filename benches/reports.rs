//! What a service report costs in a store of many tickets: it reads what was going on in its period and in the year
//! before, whatever else is there.
//!
//! `cargo bench --bench reports -- 100000` fills a SQLite store with that many tickets over ten years and draws the
//! report of a month. The limit is measured in the same run: one read of every ticket.

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use concord::{
    answers::{self, ServiceReportQuery},
    assess::Rules,
    cli,
    config::Settings,
    model::{Body, RecordKind, RecordVersion, Timestamp, View},
    store::Store,
};
use serde_json::json;
use std::time::Instant;

const DAYS: u64 = 3_650;

fn main() {
    let size = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("concord.db").display()), 4).unwrap();
    store.migrate().unwrap();
    let rules: Rules = cli::rules(&Settings::layered(None, []).unwrap()).unwrap();
    let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
    for first in (0..size).step_by(500) {
        let versions: Vec<RecordVersion> =
            (first..(first + 500).min(size)).map(|number| ticket(number, size, now)).collect();
        store.write(now, |transaction| transaction.apply_versions(versions, now, false)).unwrap();
    }

    let before = resident();
    let start = Instant::now();
    let query = ServiceReportQuery { from: None, to: None, audience: None };
    let report = answers::service_reports(&store, &rules, &query, now, View::General).unwrap().report;
    let reported = start.elapsed();
    let after_report = resident();
    let start = Instant::now();
    let all = store.read(|reader| reader.records_of(RecordKind::Ticket)).unwrap();
    println!(
        "{} tickets, {} incidents of the month: report in {:.0} ms and {} MiB more; every ticket read in {:.0} ms and {} MiB more",
        all.len(),
        report.incidents.all.opened,
        reported.as_secs_f64() * 1e3,
        after_report.saturating_sub(before),
        start.elapsed().as_secs_f64() * 1e3,
        resident().saturating_sub(after_report),
    );
}

/// A closed incident.
fn ticket(number: u64, size: u64, now: Timestamp) -> RecordVersion {
    let opened = now.plus_days(-i64::try_from(number * DAYS / size).unwrap());
    let fields = json!({
        "title": format!("Incident {number}"), "type": "incident", "state": "closed", "priority": 1 + number % 4,
        "category": "disk", "opened_at": opened, "resolved_at": opened.plus_days(1), "closed_at": opened.plus_days(2),
        "security_class": "service", "major": false, "restricted": false, "sla_breached": number.is_multiple_of(9),
    });
    RecordVersion {
        source: "desk".into(),
        external_id: format!("T-{number}"),
        url: None,
        source_updated_at: opened,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(RecordKind::Ticket, fields).unwrap(),
        relations: Vec::new(),
        attributes: serde_json::Map::new(),
    }
}

/// What the process holds in memory, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
