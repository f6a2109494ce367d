//! Supplier risk: the worked example, and what must hold of any score.

use super::fixture::{edge, id, record, reference, time};
use concord::assess::supplier_risk::{
    Acceptance, AssuranceKind, Band, Dimension, EventContribution, Feeds, Link, Rating, Score, SupplierRisk,
    SupplierRiskModel, Truth, supplier_events, supplier_risks,
};
use concord::model::{EventInput, Graph, Record, RecordKind, RelationType, ShareReason, Timestamp};
use serde_json::{Value, json};

use RecordKind::{Agreement, ConfigurationItem, Party, Service, Ticket};
use RelationType::{Affects, CausedBy, Controls, Covers, DependsOn, Provides, Supports};

crate::harness::cases![
    the_worked_example_comes_out,
    every_number_can_be_followed,
    events_count_by_what_they_are,
    points_halve_by_whole_days,
    causes_count_only_above_their_events,
    hand_a_provider_through_two_tiers,
    hand_a_dark_supplier_is_unrated,
    hand_changes_problems_and_nonconformities,
    shares_go_to_the_nearest_party,
    without_a_fresh_feed_likelihood_is_not_low,
    reach_falls_with_depth_and_tiers,
    cycles_end,
    unknowns_widen_the_range,
    only_suppliers_are_rated,
    one_more_incident_never_lowers,
    one_more_assurance_never_raises,
    agreements_count_only_in_force_and_covering,
    scores_are_written_with_one_decimal_half_up,
    order_does_not_depend_on_arrival,
    the_model_is_checked,
];

fn now() -> Timestamp {
    time("2026-06-30T12:00:00Z")
}

const STALE: Feeds = Feeds { tickets: false, agreements: true };
pub const FRESH: Feeds = Feeds { tickets: true, agreements: true };

pub fn model() -> SupplierRiskModel {
    SupplierRiskModel::load(None).expect("the built-in model is valid")
}

fn graph(records: &[Record]) -> Graph<'_> {
    Graph::new(records, RelationType::ALL.iter().copied())
}

fn risks(records: &[Record]) -> Vec<SupplierRisk> {
    supplier_risks(&graph(records), &model(), now(), FRESH)
}

fn events(records: &[Record], supplier: &str) -> Vec<EventContribution> {
    supplier_events(&graph(records), &model(), id(Party, supplier), now())
}

fn risk(records: &[Record], supplier: &str) -> SupplierRisk {
    risks(records).into_iter().find(|risk| risk.external_id == supplier).expect("the supplier")
}

fn exact(score: Option<Score>) -> f64 {
    score.expect("a score").exact()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.000_6, "{found} is not {expected}");
}

fn supplier(name: &str) -> Record {
    record(Party, name, json!({"name": name, "role": "supplier"}))
}

/// Replaces a record's fields.
fn refill(records: &mut [Record], kind: RecordKind, name: &str, fields: Value) {
    let place = records.iter_mut().find(|record| record.id == id(kind, name)).expect("the record");
    place.body = record(kind, name, fields).body;
}

fn ended(name: &str, days_ago: i64, fields: Value) -> Record {
    let mut all = json!({"type": "incident", "state": "closed", "resolved_at": now().plus_days(-days_ago)});
    if let (Some(all), Value::Object(fields)) = (all.as_object_mut(), fields) {
        all.extend(fields);
    }
    record(Ticket, name, all)
}

fn acme_agreement() -> Value {
    json!({"parties": [reference(Party, "acme")], "starts_at": "2025-01-01", "ends_at": null,
        "security_obligations": true, "right_to_audit": false, "restoration_terms": true})
}

/// The services, items and agreements of the worked example, and its events.
fn example() -> Vec<Record> {
    let caused = |fields: Value| {
        let mut fields = fields;
        fields["cause_party"] = reference(Party, "acme");
        fields
    };
    vec![
        record(Party, "customer", json!({"role": "customer", "name": "Customer", "accepts_confidentiality_risk": 15})),
        record(Party, "other", json!({"role": "supplier"})),
        edge(
            edge(
                record(
                    Party,
                    "acme",
                    json!({"name": "Acme", "role": "supplier", "last_review": "2026-01-15", "certificates": [{
                        "standard": "ISO/IEC 27001:2013", "scope": "", "services": [reference(Service, "s1")],
                        "expires_at": "2026-06-01"}]}),
                ),
                Controls,
                ConfigurationItem,
                "ci1",
            ),
            Controls,
            ConfigurationItem,
            "ci2",
        ),
        record(
            Service,
            "s1",
            json!({"name": "S1", "criticality": 4, "substitutes": [], "customers": [reference(Party, "customer")]}),
        ),
        record(Service, "s2", json!({"name": "S2", "criticality": 2, "substitutes": [reference(Party, "other")]})),
        edge(
            record(ConfigurationItem, "ci1", json!({"confidentiality": 3, "integrity": 2, "availability": 3})),
            Supports,
            Service,
            "s1",
        ),
        edge(
            edge(record(ConfigurationItem, "ci-between", json!({})), Supports, Service, "s2"),
            DependsOn,
            ConfigurationItem,
            "ci2",
        ),
        record(ConfigurationItem, "ci2", json!({"confidentiality": 1, "integrity": 1, "availability": 2})),
        edge(record(Agreement, "contract", acme_agreement()), Covers, Service, "s1"),
        record(
            Agreement,
            "standby",
            json!({"parties": [reference(Party, "other")], "starts_at": "2025-01-01", "ends_at": "2027-01-01"}),
        ),
        ended("security", 365, caused(json!({"priority": 2, "security_class": "both"}))),
        edge(
            edge(ended("breach", 180, json!({"priority": 1, "sla_breached": true})), Affects, ConfigurationItem, "ci1"),
            CausedBy,
            Ticket,
            "problem",
        ),
        record(Ticket, "problem", caused(json!({"type": "problem", "priority": 2, "state": "open"}))),
        ended("p4-a", 0, caused(json!({"priority": 4}))),
        ended("p4-b", 0, caused(json!({"priority": 4}))),
        ended("too-old", 1_096, caused(json!({"priority": 1}))),
    ]
}

fn the_worked_example_comes_out() {
    let found = risk(&example(), "acme");
    let service = |name: &str| found.services.iter().find(|s| s.service == id(Service, name)).expect("a service");
    let (s1, s2) = (service("s1"), service("s2"));
    let impact = |service: &concord::assess::supplier_risk::ServiceRisk| {
        [service.impact.confidentiality, service.impact.integrity, service.impact.availability].map(Score::exact)
    };
    for (found, expected) in impact(s1).into_iter().zip([100.0, 83.333, 100.0]) {
        near(found, expected);
    }
    for (found, expected) in impact(s2).into_iter().zip([23.333, 23.333, 32.667]) {
        near(found, expected);
    }
    near(s2.reach * s2.substitute_factor, 0.56);
    assert_eq!((s1.depth, s2.depth), (0, 1));
    near(s1.assurance.exact(), 70.0);
    near(s2.assurance.exact(), 15.0);
    near(found.exposure, 5.0);
    near(found.likelihood.exact(), 40.0);
    near(s1.residual_likelihood.exact(), 20.4);
    near(s1.residual.exact(), 20.4);
    near(s2.residual.exact(), 11.695);
    let written = |score: Option<Score>| score.map(Score::rounded);
    assert_eq!(written(found.inherent), Some(40.7));
    assert_eq!(written(found.residual), Some(21.0));
    assert_eq!((written(found.low), written(found.high)), (Some(19.6), Some(21.0)));
    assert_eq!(found.band, Some(Band::Moderate));
    assert_eq!(found.confidence.map(|c| (c.known, c.of)), Some((12, 13)));
    assert_eq!(found.driving_service, Some(id(Service, "s1")));
    assert_eq!(found.inherent_cell.map(|cell| (cell.impact, cell.likelihood)), Some((5, 3)));
    assert_eq!(found.residual_cell.map(|cell| (cell.impact, cell.likelihood)), Some((5, 2)));
    let [exceeded] = found.exceeded.as_slice() else { panic!("one level is exceeded: {:?}", found.exceeded) };
    assert_eq!((exceeded.dimension, exceeded.acceptance), (Dimension::Confidentiality, Acceptance::Customer));
    assert_eq!((exceeded.party, exceeded.accepted), (Some(id(Party, "customer")), 15.0));
}

fn every_number_can_be_followed() {
    let found = risk(&example(), "acme");
    let events = events(&example(), "acme");
    assert_eq!(events.len(), 5, "neither the old incident nor another party's");
    for event in &events {
        near(event.points, event.base * event.severity * event.share * event.decay);
    }
    near(found.exposure, events.iter().map(|event| event.counted).sum());
    let by_name = |name: &str| events.iter().find(|event| event.external_id == name).expect("the event");
    near(by_name("security").points, 2.4);
    near(by_name("breach").points, 1.5);
    assert_eq!(by_name("breach").cause, Some(id(Ticket, "problem")));
    assert_eq!(by_name("breach").reason, ShareReason::ControlsAffected);
    near(by_name("problem").points, 1.8);
    near(by_name("problem").counted, 0.3);
    assert_eq!((found.event_count, found.inputs.iter().map(|input| input.count).sum()), (5, 5));
    for service in &found.services {
        assert_eq!(service.assurance_items.len(), 7);
        near(service.assurance.exact(), service.assurance_items.iter().map(|item| item.points).sum());
        near(service.residual.exact(), service.impact_max.exact() * service.residual_likelihood.exact() / 100.0);
        let rating = (50.0 * service.confidentiality.value as f64 / 3.0) + 12.5 * service.criticality.value as f64;
        near(service.impact.confidentiality.exact(), rating * service.reach * service.substitute_factor);
    }
    let s1 = found.services.first().expect("the driving service");
    let agreement = s1.assurance_items.first().expect("the agreement");
    assert_eq!(agreement.record, Some(id(Agreement, "contract")));
    let evidence = s1.assurance_items.iter().find(|item| item.item == AssuranceKind::EvidenceTerms);
    assert_eq!(evidence.map(|item| (item.answer, item.points)), Some((Truth::Unknown, 0.0)));
    let json = serde_json::to_value(&found).expect("JSON");
    assert_eq!(json.pointer("/residual"), Some(&json!(21.0)));
    assert_eq!(json.pointer("/services/1/impact/availability"), Some(&json!(32.7)));
}

/// The points of tickets all caused by one supplier.
fn points(tickets: Vec<Record>) -> f64 {
    let mut records = vec![supplier("acme")];
    records.extend(tickets);
    risk(&records, "acme").exposure
}

fn caused(fields: Value) -> Value {
    let mut fields = fields;
    fields["cause_party"] = reference(Party, "acme");
    fields
}

fn events_count_by_what_they_are() {
    let of = |fields: Value| points(vec![ended("t", 0, caused(fields))]);
    for (priority, expected) in [(1, 4.0), (2, 2.4), (3, 1.2), (4, 0.4)] {
        near(of(json!({"priority": priority})), expected);
    }
    near(of(json!({})), 2.4);
    near(of(json!({"priority": 1, "security_class": "security"})), 8.0);
    near(of(json!({"priority": 1, "security_class": "both", "sla_breached": true})), 10.0);
    near(of(json!({"priority": 1, "security_class": "service", "sla_breached": true})), 6.0);
    near(of(json!({"priority": 1, "security_class": "event"})), 0.0);
    near(of(json!({"priority": 1, "type": "event"})), 0.0);
    near(of(json!({"priority": 2, "type": "change", "outcome": "failed", "reviewed_at": "2026-06-01"})), 2.4);
    near(of(json!({"priority": 2, "type": "release", "outcome": "backed_out", "reviewed_at": "2026-06-01"})), 2.4);
    near(of(json!({"priority": 2, "type": "change", "outcome": "successful", "reviewed_at": "2026-06-01"})), 0.0);
    near(of(json!({"priority": 4, "type": "change", "outcome": "successful", "reviewed_at": null})), 1.0);
    near(of(json!({"priority": 4, "type": "change", "outcome": "failed", "reviewed_at": null})), 1.4);
    near(of(json!({"type": "change", "outcome": "successful"})), 0.0);
    near(of(json!({"type": "change", "state": "cancelled", "reviewed_at": null})), 0.0);
    near(of(json!({"priority": 2, "type": "problem"})), 1.8);
    near(of(json!({"type": "nonconformity", "grade": "minor", "priority": 4})), 4.0);
    near(of(json!({"type": "nonconformity", "grade": "major"})), 10.0);
    near(of(json!({"type": "nonconformity"})), 4.0);
    near(of(json!({"type": "complaint", "priority": 4})), 2.0);
    near(of(json!({"type": "service_request", "priority": 1})), 0.0);
    near(of(json!({"type": "improvement"})), 0.0);
}

fn points_halve_by_whole_days() {
    let of = |days_ago, fields: Value| points(vec![ended("t", days_ago, caused(fields))]);
    near(of(180, json!({"priority": 1})), 2.0);
    near(of(360, json!({"priority": 1})), 1.0);
    near(of(365, json!({"priority": 1, "security_class": "security"})), 4.0);
    near(of(365, json!({"type": "nonconformity", "grade": "major"})), 5.0);
    near(of(180, json!({"type": "complaint"})), 1.0);
    near(of(1_095, json!({"priority": 1})), 4.0 * 0.5_f64.powf(1_095.0 / 180.0));
    near(of(1_096, json!({"priority": 1})), 0.0);
    near(of(500, json!({"priority": 1, "state": "in_progress"})), 4.0);
    near(of(-5, json!({"priority": 1})), 4.0);
    // Days change at midnight in UTC, not after 24 hours.
    let at = |end: &str| points(vec![ended("t", 0, caused(json!({"priority": 1, "resolved_at": end})))]);
    near(at("2026-06-30T00:00:00Z"), 4.0);
    near(at("2026-06-29T23:59:59Z"), 4.0 * 0.5_f64.powf(1.0 / 180.0));
    near(at("2026-06-30T01:30:00+02:00"), 4.0 * 0.5_f64.powf(1.0 / 180.0));
    let open = caused(json!({"type": "incident", "priority": 1, "opened_at": "2020-01-01"}));
    near(points(vec![record(Ticket, "open", open)]), 4.0);
    // Closed without a time: it ended when the source last changed it, 2026-01-01, 180 days ago.
    let closed = record(Ticket, "closed", caused(json!({"type": "incident", "priority": 1, "state": "closed"})));
    near(points(vec![closed.clone()]), 2.0);
    let mut deleted = closed;
    deleted.deleted_at = Some(now());
    near(points(vec![deleted]), 2.0);
}

fn causes_count_only_above_their_events() {
    let incident = |name: &str, causes: &[&str]| {
        let ticket = ended(name, 0, caused(json!({"priority": 2})));
        causes.iter().fold(ticket, |ticket, cause| edge(ticket, CausedBy, Ticket, cause))
    };
    let cause = |name: &str, kind: &str| ended(name, 0, caused(json!({"type": kind, "priority": 1})));
    near(points(vec![cause("p", "problem")]), 3.0);
    near(points(vec![cause("p", "problem"), incident("a", &["p"])]), 2.4 + 0.6);
    near(points(vec![cause("p", "problem"), incident("a", &["p"]), incident("b", &["p"])]), 4.8);
    near(points(vec![cause("n", "nonconformity"), incident("a", &["n"])]), 2.4 + 1.6);
    near(points(vec![cause("c", "complaint"), incident("a", &["c"])]), 2.4);
    // An incident is no cause; a cause that has not arrived covers nothing.
    near(points(vec![cause("i", "incident"), incident("a", &["i"])]), 4.0 + 2.4);
    near(points(vec![incident("a", &["nowhere"])]), 2.4);
    // Of several causes, the one with the lowest id.
    let [low, high] = if id(Ticket, "p") < id(Ticket, "q") { ["p", "q"] } else { ["q", "p"] };
    let found = [cause("p", "problem"), cause("q", "problem"), incident("a", &["p", "q"])];
    near(points(found.to_vec()), 2.4 + 0.6 + 3.0);
    let mut records = vec![supplier("acme")];
    records.extend(found);
    let events = events(&records, "acme");
    let counted = |name: &str| events.iter().find(|event| event.external_id == name).expect("the event").counted;
    near(counted(low), 0.6);
    near(counted(high), 3.0);
    // A cause that is another's covers nothing here.
    let other = ended("p", 0, json!({"type": "problem", "priority": 1, "cause_party": reference(Party, "zeta")}));
    near(points(vec![other, incident("a", &["p"])]), 2.4);
}

/// By hand: Northwire provides a service of criticality 3 without substitute that a sub-contractor of its sub-contractor
/// works on. The items are rated 2/1/3 and 3/0/0; nothing happened.
fn hand_a_provider_through_two_tiers() {
    let works_for = |name: &str, lead: &str| {
        json!({"role": "supplier", "name": name, "lead_supplier": reference(Party, lead), "last_review": null,
            "certificates": null})
    };
    let item = |name: &str, c: i64, i: i64, a: i64| {
        let fields = json!({"confidentiality": c, "integrity": i, "availability": a});
        edge(record(ConfigurationItem, name, fields), Supports, Service, "s")
    };
    let records = [
        edge(record(Party, "northwire", json!({"role": "supplier"})), Provides, Service, "s"),
        record(Party, "tier-1", works_for("Tier 1", "northwire")),
        record(Party, "tier-2", works_for("Tier 2", "tier-1")),
        record(Service, "s", json!({"criticality": 3, "substitutes": []})),
        item("one", 2, 1, 3),
        item("two", 3, 0, 0),
    ];
    // Tier 2: (12.5 · 3 + 50 · r / 3) · 0.6 for r = 3, 1, 3.
    let found = risk(&records, "tier-2");
    let service = found.services.first().expect("the service");
    assert_eq!((service.depth, service.link), (2, Link::Subcontract));
    near(service.impact.confidentiality.exact(), 52.5);
    near(service.impact.integrity.exact(), 32.5);
    near(service.impact.availability.exact(), 52.5);
    // Likelihood 10 without events, no assurance at all, everything known: 52.5 · 10 / 100.
    near(exact(found.residual), 5.25);
    near(exact(found.low), 5.25);
    near(exact(found.high), 5.25);
    assert_eq!(found.residual.map(Score::rounded), Some(5.3), "half up");
    assert_eq!(found.confidence.map(|c| (c.known, c.of)), Some((13, 13)));
    assert_eq!(found.band, Some(Band::Low));
    assert_eq!(found.residual_cell.map(|cell| (cell.impact, cell.likelihood)), Some((3, 1)));
}

/// By hand: a supplier controls an item of unknown ratings beneath a service nobody rated, nobody reads agreements, and
/// no source of tickets is fresh.
fn hand_a_dark_supplier_is_unrated() {
    let records = [
        edge(record(Party, "dark", json!({"role": "supplier"})), Controls, ConfigurationItem, "ci"),
        edge(record(ConfigurationItem, "ci", json!({})), Supports, Service, "s"),
        record(Service, "s", json!({})),
    ];
    let stale = Feeds { tickets: false, agreements: false };
    let found = supplier_risks(&Graph::new(&records, []), &model(), now(), stale);
    let [found] = found.as_slice() else { panic!("one supplier") };
    // (12.5 · 3 + 50 · 2 / 3) · 50 / 100; at best 12.5 · 0.7 · 10 · 0.3 / 100; at worst everything.
    near(exact(found.residual), 35.416_7);
    near(exact(found.low), 0.2625);
    near(exact(found.high), 100.0);
    assert_eq!(found.confidence.map(|c| (c.known, c.of)), Some((0, 13)));
    assert_eq!((found.rating, found.band), (Rating::Unrated, None));
}

/// By hand: the events besides incidents, at several ages and shares.
fn hand_changes_problems_and_nonconformities() {
    let records = [
        edge(supplier("acme"), Controls, ConfigurationItem, "ci"),
        record(ConfigurationItem, "ci", json!({})),
        // 4 · 0.6 · 0.5 · 0.5 = 0.6, and 1 · 1 · 0.5 · 0.5 = 0.25 for not being reviewed.
        edge(
            ended("change", 180, json!({"type": "change", "priority": 2, "outcome": "failed", "reviewed_at": null})),
            Affects,
            ConfigurationItem,
            "ci",
        ),
        // 10 · 1 · 1 · 0.25 = 2.5.
        ended("major", 730, caused(json!({"type": "nonconformity", "grade": "major"}))),
        // 3 · 0.3 · 1 · 1 = 0.9, less the 0.4 of the incident it explains. Who controls the root cause has all of it.
        edge(
            record(Ticket, "problem", json!({"type": "problem", "priority": 3, "state": "open"})),
            CausedBy,
            ConfigurationItem,
            "ci",
        ),
        edge(ended("incident", 0, json!({"priority": 4})), CausedBy, Ticket, "problem"),
    ];
    // The incident: 4 · 0.1 · 1 = 0.4, as its cause is caused by what the supplier controls.
    let found = risk(&records, "acme");
    near(found.exposure, 0.6 + 0.25 + 2.5 + 0.4 + 0.5);
    near(found.likelihood.exact(), 10.0 + 90.0 * 4.25 / 14.25);
    let of = |input| found.inputs.iter().find(|found| found.input == input).map(|found| found.points);
    assert_eq!(of(EventInput::UnreviewedChange), Some(0.25));
    assert_eq!(of(EventInput::MajorNonconformity), Some(2.5));
}

fn shares_go_to_the_nearest_party() {
    let parties = || {
        vec![
            edge(supplier("operator"), Controls, ConfigurationItem, "ci"),
            edge(supplier("provider"), Provides, Service, "s"),
            supplier("named"),
            record(ConfigurationItem, "ci", json!({})),
            record(Service, "s", json!({})),
        ]
    };
    let of = |ticket: Vec<Record>| {
        let mut records = parties();
        records.extend(ticket);
        ["operator", "provider", "named"].map(|name| risk(&records, name).exposure)
    };
    let affecting =
        |fields: Value| edge(edge(ended("t", 0, fields), Affects, ConfigurationItem, "ci"), Affects, Service, "s");
    assert_eq!(of(vec![affecting(json!({"priority": 1}))]), [2.0, 1.0, 0.0]);
    let named = json!({"priority": 1, "cause_party": reference(Party, "named")});
    assert_eq!(of(vec![affecting(named.clone())]), [0.0, 0.0, 4.0]);
    let by_item = edge(affecting(json!({"priority": 1})), CausedBy, ConfigurationItem, "ci");
    assert_eq!(of(vec![by_item]), [4.0, 1.0, 0.0]);
    let by_problem = edge(affecting(json!({"priority": 1})), CausedBy, Ticket, "p");
    let problem = edge(record(Ticket, "p", json!({"type": "problem"})), CausedBy, ConfigurationItem, "ci");
    assert_eq!(of(vec![by_problem, problem]), [4.0, 1.0, 0.0]);
    let both = edge(affecting(named), CausedBy, ConfigurationItem, "ci");
    assert_eq!(of(vec![both]), [4.0, 0.0, 4.0]);
}

fn without_a_fresh_feed_likelihood_is_not_low() {
    let records = example();
    let graph = Graph::new(&records, RelationType::ALL.iter().copied());
    let model = model();
    let stale = supplier_risks(&graph, &model, now(), STALE);
    let stale = stale.iter().find(|risk| risk.external_id == "acme").expect("the supplier");
    near(stale.likelihood.exact(), 50.0);
    assert_eq!(stale.confidence.map(|c| c.known), Some(11));
    near(exact(stale.low), 19.585);
    assert!(exact(stale.high) > exact(stale.residual));
    let mut many = example();
    many.extend(
        (0..20)
            .map(|i| ended(&format!("more-{i}"), 1, json!({"priority": 1, "cause_party": reference(Party, "acme")}))),
    );
    let graph = Graph::new(&many, RelationType::ALL.iter().copied());
    let stale = supplier_risks(&graph, &model, now(), STALE);
    let exposure = 5.0 + 20.0 * 4.0 * 0.5_f64.powf(1.0 / 180.0);
    near(stale.first().expect("the worst").likelihood.exact(), 10.0 + 90.0 * exposure / (exposure + 10.0));
}

fn reach_falls_with_depth_and_tiers() {
    // service <- ci0 <- ci1 <- ci2 <- ci3 <- ci4; part is a service that the service depends on.
    let mut records = vec![
        edge(record(Service, "s", json!({"criticality": 4})), DependsOn, Service, "part"),
        record(Service, "part", json!({"criticality": 1})),
        edge(record(ConfigurationItem, "ci0", json!({"confidentiality": 1})), Supports, Service, "s"),
    ];
    for depth in 0..4 {
        let last = records.pop().expect("an item");
        records.push(edge(last, DependsOn, ConfigurationItem, &format!("ci{}", depth + 1)));
        records.push(record(ConfigurationItem, &format!("ci{}", depth + 1), json!({"confidentiality": depth % 3})));
    }
    for depth in 0..5 {
        records.push(edge(supplier(&format!("depth{depth}")), Controls, ConfigurationItem, &format!("ci{depth}")));
    }
    let working_for = |name: &str, lead: &str| {
        record(Party, name, json!({"role": "supplier", "lead_supplier": reference(Party, lead)}))
    };
    records.push(edge(supplier("provider"), Provides, Service, "s"));
    records.push(edge(supplier("part-provider"), Provides, Service, "part"));
    records.push(working_for("tier1", "provider"));
    records.push(working_for("tier2", "tier1"));
    records.push(edge(working_for("own-link", "depth4"), Controls, ConfigurationItem, "ci1"));
    let touch = |name: &str| {
        let found = risk(&records, name);
        let service = found.services.into_iter().find(|s| s.service == id(Service, "s")).expect("the service");
        (service.depth, service.reach, service.link)
    };
    assert_eq!(touch("provider"), (0, 1.0, Link::Provides));
    assert_eq!(touch("part-provider"), (1, 0.8, Link::ProvidesPart));
    for (depth, reach) in [(0, 1.0), (1, 0.8), (2, 0.6), (3, 0.4), (4, 0.4)] {
        assert_eq!(touch(&format!("depth{depth}")), (depth, reach, Link::Controls));
    }
    assert_eq!(touch("tier1"), (1, 0.8, Link::Subcontract));
    assert_eq!(touch("tier2"), (2, 0.6, Link::Subcontract));
    assert_eq!(touch("own-link"), (1, 0.8, Link::Controls));
    // A provider has all items in its hands, an operator its own, a sub-contractor its lead's.
    let confidentiality = |name: &str| {
        let found = risk(&records, name);
        found.services.into_iter().find(|s| s.service == id(Service, "s")).map(|s| s.confidentiality.value)
    };
    assert_eq!(confidentiality("provider"), Some(2));
    assert_eq!(confidentiality("depth1"), Some(0));
    assert_eq!(confidentiality("tier2"), Some(2));
}

fn cycles_end() {
    let lead = |name: &str, of: &str| json!({"role": "supplier", "name": name, "lead_supplier": reference(Party, of)});
    let records = [
        edge(record(Party, "a", lead("a", "b")), Controls, ConfigurationItem, "ci1"),
        record(Party, "b", lead("b", "a")),
        record(Party, "self", lead("self", "self")),
        edge(record(Service, "s", json!({})), DependsOn, ConfigurationItem, "ci1"),
        edge(record(ConfigurationItem, "ci1", json!({})), DependsOn, ConfigurationItem, "ci2"),
        edge(
            edge(record(ConfigurationItem, "ci2", json!({})), DependsOn, ConfigurationItem, "ci1"),
            DependsOn,
            Service,
            "s",
        ),
    ];
    let depth = |name: &str| risk(&records, name).services.first().map(|service| service.depth);
    assert_eq!((depth("a"), depth("b"), depth("self")), (Some(0), Some(1), None));
}

fn unknowns_widen_the_range() {
    let records = [
        edge(record(Party, "dark", json!({"role": "supplier"})), Provides, Service, "s"),
        record(Service, "s", json!({})),
        supplier("loose"),
    ];
    let graph = Graph::new(&records, []);
    let found = supplier_risks(&graph, &model(), now(), FRESH);
    let [dark, loose] = found.as_slice() else { panic!("two suppliers") };
    assert_eq!((dark.rating, dark.band), (Rating::Unrated, None));
    assert_eq!(dark.confidence.map(|c| c.known), Some(1), "only the ticket feed");
    let service = dark.services.first().expect("a service");
    assert_eq!((service.criticality.value, service.integrity.value), (3, 2));
    near(service.impact_max.exact(), 37.5 + 33.333);
    near(exact(dark.low), 12.5 * 0.7 * 10.0 * 0.3 / 100.0);
    near(exact(dark.residual), 7.083);
    near(exact(dark.high), 10.0);
    assert_eq!((loose.rating, loose.residual, loose.services.len()), (Rating::Unlinked, None, 0));
    // An item without rating hides the highest only while another is not at the top of the scale.
    let with = |rating: i64| {
        let mut records = records.to_vec();
        let item = json!({"confidentiality": rating});
        records.push(edge(record(ConfigurationItem, "rated", item), Supports, Service, "s"));
        records.push(edge(record(ConfigurationItem, "unrated", json!({})), Supports, Service, "s"));
        let estimate = risk(&records, "dark").services.first().expect("a service").confidentiality;
        (estimate.value, estimate.known, estimate.least, estimate.most)
    };
    assert_eq!(with(3), (3, true, 3, 3));
    assert_eq!(with(1), (2, false, 1, 3));
}

fn only_suppliers_are_rated() {
    let roles = ["supplier", "internal_group", "customer", "customer_acting_as_supplier"];
    let mut records: Vec<Record> =
        roles.iter().map(|role| edge(record(Party, role, json!({"role": role})), Provides, Service, "s")).collect();
    records.push(record(Party, "no-role", json!({})));
    records.push(record(Service, "s", json!({})));
    let mut gone = supplier("gone");
    gone.deleted_at = Some(now());
    records.push(gone);
    let names: Vec<String> = risks(&records).into_iter().map(|risk| risk.external_id).collect();
    assert_eq!(names.len(), 2);
    assert!(["supplier", "customer_acting_as_supplier"].iter().all(|role| names.iter().any(|name| name == role)));
}

fn one_more_incident_never_lowers() {
    let mut records = example();
    let mut before = risk(&records, "acme");
    for i in 0..60_i64 {
        let fields = json!({"priority": i % 4 + 1, "sla_breached": i % 3 == 0,
            "security_class": if i % 2 == 0 { "security" } else { "service" }});
        let ticket = ended(&format!("more-{i}"), i * 7 - 20, fields);
        records.push(match i % 5 {
            0 => edge(ticket, Affects, ConfigurationItem, "ci1"),
            1 => edge(ticket, CausedBy, ConfigurationItem, "ci2"),
            2 => edge(ticket, Affects, Service, "s1"),
            _ => ticket,
        });
        let after = risk(&records, "acme");
        let scores = |risk: &SupplierRisk| [risk.residual, risk.inherent, risk.low, risk.high];
        for (after, before) in scores(&after).into_iter().zip(scores(&before)) {
            assert!(after >= before, "incident {i} lowered a score");
        }
        before = after;
    }
    assert!(before.exposure > 20.0);
}

fn one_more_assurance_never_raises() {
    let flags = ["security_obligations", "right_to_audit", "evidence_terms", "restoration_terms"];
    let mut records = example();
    let mut fields = json!({"parties": [reference(Party, "acme")], "starts_at": "2025-01-01", "ends_at": null,
        "security_obligations": false, "right_to_audit": false, "evidence_terms": false, "restoration_terms": false});
    records.retain(|record| record.id != id(Agreement, "contract"));
    let mut before = exact(risk(&records, "acme").residual);
    records.push(edge(record(Agreement, "contract", fields.clone()), Covers, Service, "s1"));
    let bare = exact(risk(&records, "acme").residual);
    assert!(bare < before, "an agreement");
    before = bare;
    for flag in flags {
        fields[flag] = json!(true);
        refill(&mut records, Agreement, "contract", fields.clone());
        let after = exact(risk(&records, "acme").residual);
        assert!(after < before, "{flag}");
        before = after;
    }
    let certified = json!({"role": "supplier", "last_review": "2026-01-15", "certificates": [{"standard": "",
        "scope": "", "services": [reference(Service, "s1")], "expires_at": "2027-01-01"}]});
    let before = exact(risk(&records, "acme").residual);
    refill(&mut records, Party, "acme", certified);
    let found = risk(&records, "acme");
    assert!(exact(found.residual) < before);
    near(found.services.iter().map(|s| s.assurance.exact()).fold(0.0, f64::max), 100.0);
}

fn agreements_count_only_in_force_and_covering() {
    let answer = |fields: Value, covers: &str, known: bool| {
        let mut records = example();
        records.retain(|record| record.id != id(Agreement, "contract"));
        records.push(edge(record(Agreement, "contract", fields), Covers, Service, covers));
        let known = RelationType::ALL.iter().copied().filter(|relation| known || *relation != Covers);
        let graph = Graph::new(&records, known);
        let found = supplier_risks(&graph, &model(), now(), FRESH);
        let acme = found.iter().find(|risk| risk.external_id == "acme").expect("the supplier");
        let service = acme.services.iter().find(|s| s.service == id(Service, "s1")).expect("the service");
        let of = |kind| service.assurance_items.iter().find(|i| i.item == kind).map(|i| i.answer).expect("the item");
        (of(AssuranceKind::Agreement), of(AssuranceKind::SecurityObligations))
    };
    let with = |start: Value, end: Value| {
        let mut fields = acme_agreement();
        fields["starts_at"] = start;
        fields["ends_at"] = end;
        fields
    };
    use Truth::{No, Unknown, Yes};
    assert_eq!(answer(acme_agreement(), "s1", true), (Yes, Yes));
    assert_eq!(answer(acme_agreement(), "s2", true), (No, No), "terms count with the agreement only");
    assert_eq!(answer(acme_agreement(), "s2", false), (Unknown, Unknown), "nobody knows what else it covers");
    assert_eq!(answer(with(json!("2026-07-01"), json!(null)), "s1", true), (No, No));
    assert_eq!(answer(with(json!("2025-01-01"), json!("2026-06-30T12:00:00Z")), "s1", true), (No, No));
    assert_eq!(answer(with(json!("2025-01-01"), json!("2026-06-30T12:00:01Z")), "s1", true), (Yes, Yes));
    assert_eq!(answer(with(json!(null), json!(null)), "s1", true), (Unknown, Unknown));
    assert_eq!(answer(json!({"parties": [], "starts_at": "2025-01-01", "ends_at": null}), "s1", true), (No, No));
}

fn scores_are_written_with_one_decimal_half_up() {
    for (exact, written) in [(0.05, 0.1), (0.049, 0.0), (20.985, 21.0), (2.25, 2.3), (0.15, 0.2), (99.95, 100.0)] {
        assert_eq!(Score::new(exact).rounded(), written, "{exact}");
    }
}

fn order_does_not_depend_on_arrival() {
    let mut records = example();
    records.push(edge(supplier("zeta"), Provides, Service, "s1"));
    records.push(edge(supplier("eta"), Provides, Service, "s2"));
    records.push(supplier("loose"));
    let forwards = risks(&records);
    records.reverse();
    assert_eq!(risks(&records), forwards);
    let ranks: Vec<Option<Score>> = forwards.iter().map(|risk| risk.residual).collect();
    assert!(ranks.iter().zip(ranks.iter().skip(1)).all(|(one, next)| one >= next), "{ranks:?}");
    assert_eq!(forwards.last().map(|risk| risk.rating), Some(Rating::Unlinked));
}

fn the_model_is_checked() {
    let built_in = model();
    assert_eq!(built_in.problems(""), []);
    let own = |text: &str| SupplierRiskModel::load(Some(("own.toml", text)));
    let text = "[impact]\nsubstitute = 1.5\n[events]\nseverity = [1.0, 0.6, 0.7, 0.1]\n[assurance]\nagreement = 60.0\n\
        [likelihood]\nhalf = 0.0\n";
    let Err(concord::error::Error::Invalid(problems)) = own(text) else { panic!("refused") };
    let places: Vec<String> = problems.into_iter().map(|problem| problem.place).collect();
    let expected = [
        "own.toml: impact.substitute",
        "own.toml: events.severity[2]",
        "own.toml: likelihood.half",
        "own.toml: assurance (the sum of all points)",
    ];
    assert_eq!(places, expected);
    let refused = |text: &str| own(text).expect_err("refused").to_string();
    assert!(refused("[impact]\nreech = 1\n").starts_with("own.toml: impact"), "{}", refused("[impact]\nreech = 1\n"));
    assert!(refused("[impact]\nreech = 1\n").contains("reech"));
    assert!(refused("[events]\nincident = \"many\"\n").starts_with("own.toml: events.incident"));
    assert!(refused("[rationale]\n\"events.incidend\" = \"x\"\n").contains("did you mean `events.incident`"));
    // What is accepted is set once, for every report.
    assert!(refused("[acceptance]\nintegrity = 10\n").contains("[risks.accepts]"));
    // What is laid over keeps everything else, and does not keep the reason of what it replaces.
    let mine = own("[events]\nincident = 5.0\ncomplaint = 3.0\n[rationale]\n\
        \"events.complaint\" = \"Ours are few.\"\n")
    .expect("a model");
    assert_eq!((mine.events.incident, mine.events.problem), (5.0, built_in.events.problem));
    let reason = |key: &str| mine.rationale.get(key).map(String::as_str);
    assert_eq!(reason("events.incident"), Some("Set by the organisation."));
    assert_eq!(reason("events.complaint"), Some("Ours are few."));
    // Every parameter says why it is what it is.
    let json = serde_json::to_value(&built_in).expect("JSON");
    for (group, parameters) in json.as_object().expect("an object").iter().filter(|(group, _)| *group != "rationale") {
        for (name, value) in parameters.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null()) {
            assert!(
                built_in.rationale.contains_key(&format!("{group}.{name}")),
                "{group}.{name} = {value} has no reason"
            );
        }
    }
}
