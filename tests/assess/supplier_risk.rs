//! Supplier risk: the worked example, and what must hold of any score.

use super::fixture::{edge, id, record, reference, time};
use concord::assess::supplier_risk::{
    Acceptance, AssuranceKind, Band, Dimension, Link, Rating, Score, SupplierRisk, SupplierRiskModel, Truth,
    supplier_risks,
};
use concord::model::{Graph, Record, RecordKind, RelationType, Timestamp};
use serde_json::{Value, json};

use RecordKind::{Agreement, ConfigurationItem, Party, Service, Ticket};
use RelationType::{Affects, CausedBy, Controls, Covers, DependsOn, Provides, Supports};

crate::harness::cases![
    the_worked_example_comes_out,
    every_number_can_be_followed,
    incidents_count_by_priority_class_share_and_window,
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

fn risks(records: &[Record]) -> Vec<SupplierRisk> {
    supplier_risks(&Graph::new(records, RelationType::ALL.iter().copied()), &SupplierRiskModel::default(), now(), true)
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

/// The services, items and agreements of the worked example, with incidents that sum to its E = 5.
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
        edge(
            ended("security", 30, json!({"priority": 2, "security_class": "both"})),
            Affects,
            ConfigurationItem,
            "ci1",
        ),
        ended("p3", 180, caused(json!({"priority": 3}))),
        ended("p4-late", 1, caused(json!({"priority": 4, "sla_breached": true}))),
        ended("p4-a", 0, caused(json!({"priority": 4}))),
        ended("p4-b", 0, caused(json!({"priority": 4}))),
        ended("too-old", 181, caused(json!({"priority": 1}))),
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
    assert_eq!(found.events.len(), 5, "neither the old incident nor another party's");
    for event in &found.events {
        near(event.points, event.base * event.severity * event.share);
    }
    near(found.exposure, found.events.iter().map(|event| event.points).sum());
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

fn incidents_count_by_priority_class_share_and_window() {
    let of = |days_ago, fields: Value| {
        let mut fields = fields;
        fields["cause_party"] = reference(Party, "acme");
        points(vec![ended("t", days_ago, fields)])
    };
    for (priority, expected) in [(1, 4.0), (2, 2.4), (3, 1.2), (4, 0.4)] {
        near(of(1, json!({"priority": priority})), expected);
    }
    near(of(1, json!({})), 2.4);
    near(of(1, json!({"priority": 1, "security_class": "security"})), 8.0);
    near(of(1, json!({"priority": 1, "security_class": "both", "sla_breached": true})), 10.0);
    near(of(1, json!({"priority": 1, "security_class": "service", "sla_breached": true})), 6.0);
    near(of(1, json!({"priority": 1, "security_class": "event"})), 0.0);
    near(of(180, json!({"priority": 1})), 4.0);
    near(of(181, json!({"priority": 1})), 0.0);
    near(of(500, json!({"priority": 1, "state": "in_progress"})), 4.0);
    near(of(-5, json!({"priority": 1})), 4.0);
    near(of(1, json!({"priority": 1, "type": "problem"})), 0.0);
    let cause = reference(Party, "acme");
    let open = json!({"type": "incident", "priority": 1, "opened_at": "2020-01-01", "cause_party": cause});
    near(points(vec![record(Ticket, "open", open)]), 4.0);
    // Closed without a time: it ended when the source last changed it, 2026-01-01, 180 days ago.
    let closed = json!({"type": "incident", "priority": 1, "state": "closed", "cause_party": cause});
    near(points(vec![record(Ticket, "closed", closed.clone())]), 4.0);
    let mut older = record(Ticket, "closed", closed.clone());
    older.source_updated_at = time("2025-12-31T23:59:59Z");
    near(points(vec![older]), 0.0);
    let mut deleted = record(Ticket, "closed", closed);
    deleted.deleted_at = Some(now());
    near(points(vec![deleted]), 4.0);
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
        |fields: Value| edge(edge(ended("t", 1, fields), Affects, ConfigurationItem, "ci"), Affects, Service, "s");
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
    let model = SupplierRiskModel::default();
    let stale = supplier_risks(&graph, &model, now(), false);
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
    let stale = supplier_risks(&graph, &model, now(), false);
    near(stale.first().expect("the worst").likelihood.exact(), 10.0 + 90.0 * 85.0 / 95.0);
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
    let found = supplier_risks(&graph, &SupplierRiskModel::default(), now(), true);
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
    assert_eq!(names, ["supplier"]);
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
        let found = supplier_risks(&graph, &SupplierRiskModel::default(), now(), true);
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
    assert_eq!(SupplierRiskModel::default().problems(""), []);
    let read: SupplierRiskModel =
        serde_json::from_value(json!({"impact": {"substitute": 1.5}, "events": {"severity": [1, 0.6, 0.7, 0.1]},
            "assurance": {"agreement": 60}, "likelihood": {"half": 0}, "acceptance": {"integrity": 101}}))
        .expect("a model");
    let places: Vec<String> = read.problems("supplier_risk.").into_iter().map(|problem| problem.place).collect();
    let expected = [
        "supplier_risk.impact.substitute",
        "supplier_risk.events.severity[2]",
        "supplier_risk.likelihood.half",
        "supplier_risk.assurance (the sum of all points)",
        "supplier_risk.acceptance.integrity",
    ];
    assert_eq!(places, expected);
    let unknown = serde_json::from_value::<SupplierRiskModel>(json!({"impact": {"reech": 1}}));
    assert!(unknown.expect_err("an unknown key").to_string().contains("reech"));
}
