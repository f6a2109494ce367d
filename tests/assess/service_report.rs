//! The service report of March 2026, in a small organisation counted by hand.

use super::fixture::{record, reference, result, time};
use concord::{
    assess::{
        EvidenceCourse, Period,
        service_report::{Audience, ServiceReport, month_of, service_report},
    },
    model::{Graph, Record, RecordKind, System, Verdict},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

crate::harness::cases![
    incidents_are_counted_against_their_targets,
    majors_say_who_heard_when,
    changes_problems_and_nonconformities,
    measurements_of_the_period_beside_their_targets,
    customers_get_what_concerns_them,
    trends_go_back_twelve_months,
    months_have_their_length,
];

use RecordKind::{Measurement, Service, Ticket};

fn ticket(external_id: &str, fields: Value) -> Record {
    record(Ticket, external_id, fields)
}

fn organisation() -> Vec<Record> {
    vec![
        record(Service, "shop", json!({"name": "Shop"})),
        // Opened and resolved in March, within the target.
        ticket(
            "1",
            json!({"type": "incident", "security_class": "service", "opened_at": "2026-03-02", "resolved_at": "2026-03-03", "sla_breached": false}),
        ),
        // Opened in February, resolved in March, late.
        ticket(
            "2",
            json!({"type": "incident", "security_class": "both", "opened_at": "2026-02-27", "resolved_at": "2026-03-01", "sla_breached": true}),
        ),
        // Opened in March, open.
        ticket(
            "3",
            json!({"type": "incident", "security_class": "security", "opened_at": "2026-03-30", "evidence_decision": "needed"}),
        ),
        // A major one, resolved without word of a target.
        ticket(
            "4",
            json!({"type": "incident", "security_class": "both", "opened_at": "2026-03-10T10:00:00Z", "declared_at": "2026-03-10T10:30:00Z",
                "management_informed_at": "2026-03-10T11:15:00Z", "restored_at": "2026-03-10T13:00:00Z", "resolved_at": "2026-03-11",
                "major": true, "evidence_decision": "not_needed"}),
        ),
        // Opened in April: not in the report.
        ticket("5", json!({"type": "incident", "security_class": "service", "opened_at": "2026-04-01"})),
        ticket(
            "c1",
            json!({"type": "change", "closed_at": "2026-03-05", "outcome": "successful", "emergency": true, "security_assessed_at": "2026-03-01"}),
        ),
        ticket("c2", json!({"type": "change", "closed_at": "2026-03-06", "outcome": "failed", "emergency": false})),
        ticket("c3", json!({"type": "change", "closed_at": "2026-02-06", "outcome": "successful"})),
        ticket("r1", json!({"type": "release", "closed_at": "2026-03-06"})),
        ticket("p1", json!({"type": "problem", "opened_at": "2026-01-05", "workaround": "Restart"})),
        ticket("p2", json!({"type": "problem", "opened_at": "2026-03-05", "closed_at": "2026-03-20"})),
        ticket(
            "n1",
            json!({"type": "nonconformity", "opened_at": "2026-01-05", "grade": "minor", "requirement": "iso20000-1-2011/9.1"}),
        ),
        ticket(
            "n2",
            json!({"type": "nonconformity", "opened_at": "2025-01-05", "effectiveness_verified_at": "2026-02-01"}),
        ),
        measured("m1", "2026-04-01", 99.5),
        measured("m2", "2026-03-01", 90.0),
        record(
            Measurement,
            "m3",
            json!({"metric": "disks", "aspect": "capacity", "direction": "at_most", "target": 80, "actual": 90, "period_end": "2026-03-31"}),
        ),
    ]
}

fn measured(external_id: &str, end: &str, actual: f64) -> Record {
    let fields = json!({"service": reference(Service, "shop"), "metric": "availability", "aspect": "availability",
        "direction": "at_least", "target": 99.0, "actual": actual, "period_end": end});
    record(Measurement, external_id, fields)
}

fn march() -> Period {
    Period { from: time("2026-03-01"), to: time("2026-04-01") }
}

fn report(audience: Audience) -> ServiceReport {
    let records = organisation();
    let graph = Graph::new(&records, []);
    let indicators = vec![result(System::Isms, "a", Verdict::Met), result(System::Sms, "a", Verdict::Breach)];
    service_report(&graph, indicators, march(), audience)
}

fn incidents_are_counted_against_their_targets() {
    let incidents = report(Audience::TopManagement).incidents;
    let all = incidents.all;
    assert_eq!(
        [all.opened, all.resolved, all.within_target, all.target_missed, all.target_unknown, all.open_at_end],
        [3, 3, 1, 1, 1, 1]
    );
    let security = incidents.security;
    assert_eq!([security.opened, security.resolved, security.within_target, security.target_missed], [2, 2, 0, 1]);
    assert_eq!((incidents.all_before.opened, incidents.security_before.opened), (1, 1), "February's");
    assert_eq!((incidents.classes.both, incidents.classes.security_only, incidents.classes.service_only), (1, 1, 1));
    assert_eq!(incidents.evidence, BTreeMap::from([(EvidenceCourse::Open, 1), (EvidenceCourse::NotNeeded, 1)]));
}

fn majors_say_who_heard_when() {
    let majors = report(Audience::TopManagement).major_incidents;
    assert_eq!(majors.len(), 1);
    let major = &majors[0];
    assert_eq!(major.management_informed_minutes, Some(45));
    assert_eq!(major.customers_informed_minutes, None);
    assert_eq!(major.restored_minutes, Some(180));
}

fn changes_problems_and_nonconformities() {
    let report = report(Audience::TopManagement);
    let changes = report.changes;
    assert_eq!(
        [changes.closed, changes.successful, changes.failed, changes.emergency, changes.not_assessed, changes.releases],
        [2, 1, 1, 1, 1, 1]
    );
    let problems = report.problems;
    assert_eq!([problems.opened, problems.closed, problems.open_at_end, problems.known_errors], [1, 1, 1, 1]);
    let open = report.nonconformities.expect("top management gets them");
    assert_eq!(open.iter().map(|line| line.nonconformity.external_id.as_str()).collect::<Vec<_>>(), ["n1"]);
}

fn measurements_of_the_period_beside_their_targets() {
    let measured = report(Audience::TopManagement).measurements;
    let found: Vec<(&str, Option<f64>, Option<bool>)> =
        measured.iter().map(|value| (value.metric.as_str(), value.actual, value.met)).collect();
    assert_eq!(
        found,
        [("availability", Some(99.5), Some(true)), ("disks", Some(90.0), Some(false))],
        "the month that ends with the period is in it, the one before is not"
    );
}

fn customers_get_what_concerns_them() {
    let customers = report(Audience::Customers);
    assert_eq!(customers.incidents.all.opened, 2, "an incident of information security alone is none of a service");
    assert_eq!((customers.incidents.classes.security_only, customers.incidents.classes.both), (0, 1));
    assert!(customers.nonconformities.is_none() && customers.indicators.is_none());
    assert_eq!(customers.measurements.len(), 1, "what was measured of services");
    let of = |audience| -> Vec<System> {
        report(audience).indicators.expect("not for customers").iter().map(|result| result.system).collect()
    };
    assert_eq!(of(Audience::InformationSecurity), [System::Isms]);
    assert_eq!(of(Audience::ServiceManagement), [System::Sms]);
    assert_eq!(of(Audience::TopManagement), [System::Isms, System::Sms]);
}

fn trends_go_back_twelve_months() {
    let trends = report(Audience::TopManagement).trends;
    assert_eq!(trends.len(), 12);
    assert_eq!((trends[0].month.as_str(), trends[11].month.as_str()), ("2025-04", "2026-03"));
    let march = &trends[11];
    assert_eq!([march.incidents, march.security_incidents, march.major_incidents, march.targets_missed], [3, 2, 1, 1]);
    assert_eq!([march.changes, march.failed_changes], [2, 1]);
    assert_eq!((trends[10].incidents, trends[10].changes), (1, 1));
}

fn months_have_their_length() {
    for (at, from, to) in [
        ("2026-02-28T23:59:59Z", "2026-02-01", "2026-03-01"),
        ("2024-02-29", "2024-02-01", "2024-03-01"),
        ("2026-12-31", "2026-12-01", "2027-01-01"),
    ] {
        assert_eq!(month_of(time(at)), Period { from: time(from), to: time(to) });
    }
}
