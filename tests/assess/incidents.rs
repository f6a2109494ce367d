//! Incidents under two standards, in a small organisation counted by hand.

use super::fixture::{edge, id, record, time};
use concord::{
    assess::{
        ClassBasis, ClassOverride, ClassificationRules, EvidenceCourse, Period,
        incidents::{CollectedLate, IncidentOverlap, classify, incident_overlap},
    },
    embedded,
    model::{Graph, Record, RecordKind, RelationType, SecurityClass},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

crate::harness::cases![
    each_incident_has_the_class_of_its_rule,
    a_person_goes_before_source_and_rules,
    the_overlap_is_counted,
    evidence_is_set_against_restoration,
    majors_declared_for_evidence_are_a_routine,
    rules_that_overlap_are_refused_with_an_example,
    rules_that_name_what_is_not_there_are_refused,
];

const YEAR: &str = "2026-01-01";

fn built_in() -> ClassificationRules {
    ClassificationRules::parse(&embedded::standards()).expect("the built-in rules")
}

fn incident(external_id: &str, fields: Value) -> Record {
    let mut all = json!({"type": "incident", "opened_at": "2026-02-01T08:00:00Z"});
    all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
    record(RecordKind::Ticket, external_id, all)
}

/// A firewall, a web server, and incidents on them.
fn organisation() -> Vec<Record> {
    let item = |external_id: &str, class: &str| {
        record(RecordKind::ConfigurationItem, external_id, json!({"class": class, "environment": "live"}))
    };
    let on = |incident: Record, item: &str| edge(incident, RelationType::Affects, RecordKind::ConfigurationItem, item);
    vec![
        item("fw", "firewall"),
        item("web", "server"),
        incident("stray-document", json!({"category": "data_leak", "impact": 4})),
        incident("ransomware", json!({"category": "malware", "impact": 1})),
        on(incident("firewall-down", json!({"category": "hardware", "impact": 2})), "fw"),
        on(incident("slow", json!({"category": "performance", "impact": 3})), "web"),
        incident("unweighed", json!({"category": "security"})),
        record(RecordKind::Ticket, "probe", json!({"type": "event", "opened_at": "2026-02-02T00:00:00Z"})),
        record(RecordKind::Ticket, "long-ago", json!({"type": "event", "opened_at": "2024-02-02T00:00:00Z"})),
        record(RecordKind::Ticket, "request", json!({"type": "service_request", "opened_at": "2026-02-02T00:00:00Z"})),
    ]
}

fn overlap(records: &[Record], overrides: &BTreeMap<concord::model::RecordId, ClassOverride>) -> IncidentOverlap {
    let graph = Graph::new(records, []);
    let period = Period { from: time(YEAR), to: time("2027-01-01") };
    incident_overlap(&graph, &built_in(), overrides, period)
}

fn each_incident_has_the_class_of_its_rule() {
    let records = organisation();
    let graph = Graph::new(&records, []);
    let expected = [
        ("stray-document", Some(SecurityClass::Security), ClassBasis::Rule),
        ("ransomware", Some(SecurityClass::Both), ClassBasis::Rule),
        ("firewall-down", Some(SecurityClass::Both), ClassBasis::Rule),
        ("slow", Some(SecurityClass::Service), ClassBasis::Rule),
        ("probe", Some(SecurityClass::Event), ClassBasis::Rule),
        ("unweighed", None, ClassBasis::None),
    ];
    for (external_id, class, basis) in expected {
        let ticket = graph.record(id(RecordKind::Ticket, external_id)).expect("a ticket");
        let found = classify(ticket, &graph, &built_in(), &BTreeMap::new()).expect("an incident or event");
        assert_eq!((found.class, found.basis), (class, basis), "{external_id}");
    }
    let request = graph.record(id(RecordKind::Ticket, "request")).expect("a ticket");
    assert!(classify(request, &graph, &built_in(), &BTreeMap::new()).is_none(), "a request has no class");
}

fn a_person_goes_before_source_and_rules() {
    let mut records = organisation();
    records.push(incident("recorded", json!({"category": "malware", "impact": 1, "security_class": "service"})));
    let found = overlap(&records, &BTreeMap::new());
    let deviating: Vec<&str> = found.deviating.iter().map(|found| found.incident.external_id.as_str()).collect();
    assert_eq!(deviating, ["recorded"]);
    assert_eq!(
        found.deviating[0].class,
        Some(SecurityClass::Service),
        "what is recorded counts until a person decides"
    );

    let decided = ClassOverride {
        class: SecurityClass::Security,
        reason: "No service was touched.".into(),
        author: "CISO".into(),
        made_at: time("2026-03-01"),
    };
    let overrides = BTreeMap::from([(id(RecordKind::Ticket, "recorded"), decided)]);
    let found = overlap(&records, &overrides);
    assert!(found.deviating.is_empty());
    let one = found.security_only.iter().find(|found| found.incident.external_id == "recorded").expect("it moved");
    assert_eq!(one.basis, ClassBasis::Override);
    assert_eq!(one.recorded, Some(SecurityClass::Service), "what the source says is still told");
}

fn the_overlap_is_counted() {
    let counts = overlap(&organisation(), &BTreeMap::new()).counts;
    let numbers = [counts.both, counts.security_only, counts.service_only, counts.event, counts.unclassified];
    assert_eq!(numbers, [2, 1, 1, 1, 1], "the event of 2024 is outside of the period, the request is no incident");
}

fn evidence_is_set_against_restoration() {
    let security = |external_id: &str, fields: Value| {
        let mut all = json!({"security_class": "security"});
        all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        incident(external_id, all)
    };
    let records = [
        security(
            "a",
            json!({"evidence_decision": "needed", "evidence_started_at": "2026-02-01T09:00:00Z",
                "evidence_collected_at": "2026-02-01T10:30:00Z", "restoration_due_at": "2026-02-01T10:00:00Z",
                "restored_at": "2026-02-01T11:00:00Z", "sla_breached": true}),
        ),
        security(
            "b",
            json!({"evidence_decision": "needed", "evidence_collected_at": "2026-02-01T12:00:00Z",
                "restored_at": "2026-02-01T11:00:00Z", "sla_breached": true}),
        ),
        security("c", json!({"evidence_decision": "needed", "restored_at": "2026-02-01T11:00:00Z"})),
        security(
            "d",
            json!({"evidence_decision": "needed", "evidence_waived_by": "CISO", "restored_at": "2026-02-01T11:00:00Z"}),
        ),
        security("e", json!({"evidence_decision": "not_needed"})),
        security("f", json!({"restored_at": "2026-02-01T11:00:00Z"})),
        security("g", json!({"evidence_decision": "needed"})),
        security(
            "h",
            json!({"evidence_decision": "needed", "evidence_collected_at": "2026-02-01T10:00:00Z",
                "restored_at": "2026-02-01T11:00:00Z", "sla_breached": true}),
        ),
    ];
    let found = overlap(&records, &BTreeMap::new()).evidence;
    let courses: Vec<(&str, EvidenceCourse, CollectedLate)> = found
        .iter()
        .map(|line| (line.incident.external_id.as_str(), line.course, line.missed_while_collecting))
        .collect();
    assert_eq!(
        courses,
        [
            ("a", EvidenceCourse::CollectedFirst, CollectedLate::Breached),
            ("b", EvidenceCourse::RestoredFirst, CollectedLate::No),
            ("c", EvidenceCourse::Lost, CollectedLate::No),
            ("d", EvidenceCourse::Waived, CollectedLate::No),
            ("e", EvidenceCourse::NotNeeded, CollectedLate::No),
            ("f", EvidenceCourse::Undecided, CollectedLate::No),
            ("g", EvidenceCourse::Open, CollectedLate::No),
            ("h", EvidenceCourse::CollectedFirst, CollectedLate::Possible),
        ]
    );
    assert_eq!(found[0].collecting_minutes, Some(90));
}

fn majors_declared_for_evidence_are_a_routine() {
    let major =
        |external_id: &str, reason: Value| incident(external_id, json!({"major": true, "declared_reason": reason}));
    let mut records =
        vec![major("1", json!("evidence_delay")), major("2", json!("service_impact")), major("3", json!(null))];
    let found = overlap(&records, &BTreeMap::new()).majors;
    assert_eq!((found.declared, found.for_evidence, found.without_reason, found.routine), (3, 1, 1, false));
    records.push(major("4", json!("evidence_delay")));
    let found = overlap(&records, &BTreeMap::new()).majors;
    assert_eq!((found.declared, found.for_evidence, found.routine), (4, 2, true));
    assert_eq!(found.incidents.iter().map(|found| found.external_id.as_str()).collect::<Vec<_>>(), ["1", "4"]);
}

fn refusal(rules: &str) -> String {
    let text = format!("[classification]\nname = \"own\"\n{rules}");
    ClassificationRules::parse(&[("own.toml".into(), &text)]).expect_err("it is refused").to_string()
}

fn rules_that_overlap_are_refused_with_an_example() {
    let rule = |id: &str, class: &str, rest: &str| {
        format!(
            "[[classification.rule]]\nid = \"{id}\"\nclass = \"{class}\"\nreason = \"x\"\nwhen.type = [\"incident\"]\n{rest}\n"
        )
    };
    // By the ticket alone.
    let error = refusal(
        &(rule("a", "security", "when.impact = { to = 2 }") + &rule("b", "service", "when.impact = { from = 2 }")),
    );
    assert!(
        error.contains("own.toml: rule `a`") && error.contains("rule `b`") && error.contains("impact 2"),
        "{error}"
    );
    // A ticket can affect two items, one for each rule.
    let item = |class: &str| format!("item.class = [\"{class}\"]");
    let error = refusal(&(rule("a", "security", &item("firewall")) + &rule("b", "service", &item("server"))));
    assert!(error.contains("class `firewall`") && error.contains("class `server`"), "{error}");
    // What one rule asks of an item the other rules out: no ticket has two classes.
    let apart = rule("a", "security", &item("firewall")) + &rule("b", "service", "no_item.class = [\"firewall\"]");
    let text = format!("[classification]\nname = \"own\"\n{apart}");
    assert!(ClassificationRules::parse(&[("own.toml".into(), &text)]).is_ok());
    // But a rule that rules out only some of them does not.
    let error = refusal(
        &(rule("a", "security", "item.class = [\"firewall\", \"vpn\"]")
            + &rule("b", "service", "no_item.class = [\"firewall\"]")),
    );
    assert!(error.contains("class `vpn`"), "{error}");
    // Two rules of one class may overlap.
    let same = rule("a", "security", "") + &rule("b", "security", "");
    let text = format!("[classification]\nname = \"own\"\n{same}");
    assert!(ClassificationRules::parse(&[("own.toml".into(), &text)]).is_ok());
}

fn rules_that_name_what_is_not_there_are_refused() {
    let rule =
        |rest: &str| format!("[[classification.rule]]\nid = \"a\"\nclass = \"security\"\nreason = \"x\"\n{rest}\n");
    for (rest, place, part) in [
        ("when.categry = [\"x\"]", "when.categry", "category"),
        ("when.security_class = [\"both\"]", "when.security_class", "classification decides"),
        ("when.type = [\"incidnt\"]", "when.type", "incident"),
        ("when.impact = { from = 5 }", "when.impact", "1 to 4"),
        ("when.type = [\"incident\"]\nitem.owner = true", "item.owner", "text"),
        ("when.type = []", "when.type", "not empty"),
    ] {
        let error = refusal(&rule(rest));
        assert!(
            error.contains("own.toml: rule `a`") && error.contains(place) && error.contains(part),
            "{rest}: {error}"
        );
    }
    let error = refusal(&rule("when.impact = { least = 1 }"));
    assert!(error.contains("impact") && error.contains("none_of"), "{error}");
}
