//! Reports on a period read what was going on in it, and say what they would say if they read everything.

use crate::{
    evaluate::organisation::{DESK, complete, open, reference, rules, state, version},
    harness::{TestDatabase, store_cases},
};
use concord::{
    answers::{self, ServiceReportQuery},
    assess::{
        Period,
        incidents::classified,
        service_report::{Audience, service_report},
    },
    evaluate,
    model::{Graph, Record, RecordKind, RecordVersion, RelationType, Timestamp, View},
    store::RecordQuery,
};
use serde_json::{Map, Value, json};

store_cases![a_report_on_a_period_reads_what_was_going_on_in_it];

/// Tickets of every type, opened, resolved and closed long ago, before, in and after the period, or not at all.
fn tickets(period: Period) -> Vec<RecordVersion> {
    let times = [period.from.plus_days(-900), period.from.plus_days(-20), period.from.plus_days(3), period.to];
    let ends: Vec<Option<Timestamp>> = times.into_iter().map(Some).chain([None]).collect();
    let mut found = Vec::new();
    for kind in ["incident", "event", "problem", "change", "release", "nonconformity"] {
        for (opened, resolved, closed) in ends
            .iter()
            .flat_map(|opened| ends.iter().map(move |resolved| (opened, resolved)))
            .flat_map(|(opened, resolved)| ends.iter().map(move |closed| (opened, resolved, closed)))
        {
            let number = found.len();
            let mut fields = Map::new();
            let mut put = |name: &str, value: Value| fields.insert(name.into(), value);
            put("type", json!(kind));
            put("category", json!(if number % 3 == 0 { "malware" } else { "disk" }));
            put("impact", json!(1 + number % 4));
            put("opened_at", json!(opened));
            put("resolved_at", json!(resolved));
            put("closed_at", json!(closed));
            put("sla_breached", json!(number % 2 == 0));
            put("major", json!(number % 7 == 0));
            put("restricted", json!(number % 11 == 0));
            put("effectiveness_verified_at", json!(if number % 2 == 0 { None } else { *closed }));
            let item = (RelationType::Affects, RecordKind::ConfigurationItem, format!("C-{}", number % 2));
            let id = format!("T-{number}");
            found.push(version(RecordKind::Ticket, &id, times[0], Value::Object(fields), &[item]));
        }
    }
    found
}

fn a_report_on_a_period_reads_what_was_going_on_in_it(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now: Timestamp = "2026-04-10T00:00:00Z".parse().expect("a time");
    let day = |text: &str| text.parse::<Timestamp>().expect("a time");
    let period = Period { from: day("2026-03-01T00:00:00Z"), to: day("2026-04-01T00:00:00Z") };
    let item = |id: &str, class: &str| {
        version(RecordKind::ConfigurationItem, id, now, json!({"environment": "live", "class": class}), &[])
    };
    let measured = |id: &str, end: Timestamp| {
        let fields = json!({"metric": id, "period_end": end, "service": reference(RecordKind::Service, "S-1")});
        version(RecordKind::Measurement, id, now, fields, &[])
    };
    let mut all = tickets(period);
    all.extend([item("C-0", "firewall"), item("C-1", "server")]);
    all.push(version(RecordKind::Service, "S-1", now, json!({"name": "Shop"}), &[]));
    all.extend([measured("M-1", period.from), measured("M-2", period.to), measured("M-3", period.to.plus_days(1))]);
    state(&store, &rules, now, all);
    complete(&store, &rules, now);

    for &view in View::ALL {
        let mut records: Vec<Record> = store.read(|reader| reader.all_records()).expect("it reads");
        records.retain(|record| view == View::Full || !record.body.is_restricted());
        let overrides = Default::default();
        let graph = Graph::new(&records, []);
        let expected = classified(&graph, &rules.classification, &overrides, period);
        let expected: Vec<_> = expected.into_iter().map(|(_, incident)| incident).collect();
        let found = answers::classified_incidents(&store, &rules, period, view).expect("an answer");
        assert!(!found.is_empty());
        assert_eq!(found, expected, "{view}");

        store.read(|reader| evaluate::as_judged(reader, &mut records)).expect("it reads");
        let graph = Graph::new(&records, []);
        let query = ServiceReportQuery { from: Some(period.from), to: Some(period.to), audience: None };
        let found = answers::service_reports(&store, &rules, &query, now, view).expect("an answer").report;
        let mut expected = service_report(&graph, Vec::new(), period, Audience::TopManagement);
        expected.indicators = found.indicators.clone();
        assert_eq!(found, expected, "{view}");
        assert_eq!(found.measurements.len(), 1, "what ends with the period");
    }
    let long_ago = "T-0";
    let query = RecordQuery {
        kind: RecordKind::Ticket,
        source: Some(DESK.into()),
        external_id: Some(long_ago.into()),
        contains: None,
        updated_since: None,
        include_deleted: true,
        view: View::Full,
        fields: Vec::new(),
        going_on_since: Some(period.from),
        after: None,
        limit: 1,
    };
    let page = store.read(|reader| reader.records(&query)).expect("it reads");
    assert!(page.items.is_empty(), "what was over before is not read");
}
