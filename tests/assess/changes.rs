//! The security review of a change, in a small organisation worked out by hand.

use super::fixture::{edge, id, record, reference};
use concord::{
    assess::{
        changes::{CheckState, Crossing, LikelihoodBasis, SecurityReview, security_review},
        risks::{AcceptedLevels, RiskApproach, RiskSettings},
    },
    embedded,
    model::{Graph, Record, RecordKind, RelationType},
    standards::Standards,
};
use serde_json::{Value, json};

crate::harness::cases![
    what_a_change_touches_is_found,
    risk_is_rated_before_and_after,
    the_checklist_says_what_is_missing,
    an_emergency_and_a_release_are_asked_otherwise,
    other_records_have_no_review,
];

/// Data rated 3 on a database rated 1 that supports a service, with a risk on the database and a control.
fn organisation(change: Value) -> Vec<Record> {
    use RecordKind::{ConfigurationItem, Risk, Service, Ticket};
    let item = |external_id: &str, fields: Value| record(ConfigurationItem, external_id, fields);
    vec![
        edge(
            item("data", json!({"labels": ["information"], "confidentiality": 3})),
            RelationType::PartOf,
            ConfigurationItem,
            "db",
        ),
        edge(
            item("db", json!({"labels": ["ci"], "confidentiality": 1, "controls": ["iso27001-2013/A.9.4.1"]})),
            RelationType::Supports,
            Service,
            "shop",
        ),
        record(Service, "shop", json!({"status": "live"})),
        record(
            Risk,
            "leak",
            json!({"status": "assessed", "likelihood": 2, "items": [reference(ConfigurationItem, "db")],
                "controls": ["iso27001-2013/A.12.6.1"]}),
        ),
        record(
            Risk,
            "closed",
            json!({"status": "closed", "likelihood": 5, "items": [reference(ConfigurationItem, "db")]}),
        ),
        record(Risk, "elsewhere", json!({"status": "assessed", "likelihood": 5})),
        edge(record(Ticket, "change", change), RelationType::Affects, ConfigurationItem, "db"),
    ]
}

fn review(records: &[Record]) -> SecurityReview {
    let graph = Graph::new(records, RelationType::ALL.iter().copied());
    let change = graph.record(id(RecordKind::Ticket, "change")).expect("the change");
    security_review(change, &graph, &standards(), &settings()).expect("a review")
}

fn standards() -> Standards {
    Standards::parse(&embedded::standards()).expect("the standards data")
}

fn settings() -> RiskSettings {
    RiskSettings {
        approach: RiskApproach::Common,
        acceptable_security_level: 3,
        acceptable_service_level: 3,
        acceptable_item_rating: 8,
        accepts: AcceptedLevels::default(),
    }
}

fn state(review: &SecurityReview, check: &str) -> CheckState {
    review.checklist.iter().find(|found| found.id == check).expect("the check").state
}

fn complete() -> Value {
    json!({"type": "change", "emergency": false, "security_assessed_at": "2026-02-01", "approved_at": null,
        "controls_assessed": ["iso27001-2013/A.9.4.1", "iso27001-2013/A.12.6.1"], "back_out_plan": true,
        "likelihood_after": 2})
}

fn what_a_change_touches_is_found() {
    let found = review(&organisation(complete()));
    assert_eq!(found.services.iter().map(|service| service.external_id.as_str()).collect::<Vec<_>>(), ["shop"]);
    assert_eq!(found.risks.iter().map(|risk| risk.external_id.as_str()).collect::<Vec<_>>(), ["leak"]);
    let controls: Vec<(&str, bool, &str)> = found
        .controls
        .iter()
        .map(|control| (control.control.as_str(), control.assessed, control.through[0].external_id.as_str()))
        .collect();
    assert_eq!(controls, [("iso27001-2013/A.9.4.1", true, "db"), ("iso27001-2013/A.12.6.1", true, "leak")]);
    assert_eq!(found.controls[0].title.as_deref(), Some("Information access restriction"));
    let requirements: Vec<&str> = found.requirements.iter().map(|touched| touched.requirement.as_str()).collect();
    for wanted in ["iso27001-2013/A.14.2.2", "iso20000-1-2011/6.6.3", "iso20000-1-2011/9.2", "iso20000-1-2011/9.1"] {
        assert!(requirements.contains(&wanted), "{wanted} is not in {requirements:?}");
    }
}

fn risk_is_rated_before_and_after() {
    // The database inherits the 3 of what it carries. 3 x 2 from the risk before, and after as the change says.
    for (after, rating, crossing) in [
        (2, 6, Crossing::StaysAcceptable),
        (3, 9, Crossing::BecomesUnacceptable),
        (5, 15, Crossing::BecomesUnacceptable),
    ] {
        let mut change = complete();
        change["likelihood_after"] = after.into();
        let found = review(&organisation(change));
        let item = &found.items[0];
        assert_eq!((item.rating_before, item.before_basis), (Some(6), Some(LikelihoodBasis::Risks)));
        assert_eq!((item.rating_after, item.crossing), (Some(rating), crossing));
        assert_eq!(found.ready, crossing == Crossing::StaysAcceptable);
    }
    let mut change = complete();
    change["likelihood_before"] = 4.into();
    let found = review(&organisation(change));
    let item = &found.items[0];
    assert_eq!((item.rating_before, item.before_basis), (Some(12), Some(LikelihoodBasis::Change)));
    assert_eq!(item.crossing, Crossing::BecomesAcceptable);
    let mut change = complete();
    change["likelihood_after"] = Value::Null;
    let found = review(&organisation(change));
    assert_eq!((found.items[0].crossing, state(&found, "risk-rated")), (Crossing::Unknown, CheckState::Unknown));
}

fn the_checklist_says_what_is_missing() {
    assert!(review(&organisation(complete())).ready);
    for (field, value, check, expected) in [
        ("security_assessed_at", json!(null), "security-assessed", CheckState::Missing),
        ("approved_at", json!("2026-01-01"), "assessed-before-approval", CheckState::Missing),
        ("back_out_plan", json!(false), "way-back", CheckState::Missing),
        ("controls_assessed", json!(["iso27001-2013/A.9.4.1"]), "controls-assessed", CheckState::Missing),
    ] {
        let mut change = complete();
        change[field] = value;
        let found = review(&organisation(change));
        assert_eq!(state(&found, check), expected, "{check}");
        assert!(!found.ready, "{check}");
        let note = found.checklist.iter().find(|found| found.id == check).and_then(|found| found.note.clone());
        assert!(note.is_some_and(|note| !note.is_empty()), "{check} says what to do");
    }
    let mut change = complete();
    change.as_object_mut().expect("fields").remove("back_out_plan");
    assert_eq!(state(&review(&organisation(change)), "way-back"), CheckState::Unknown, "no source tells of it");
    let mut records = organisation(complete());
    records.last_mut().expect("the change").relations.clear();
    assert_eq!(state(&review(&records), "items-named"), CheckState::Missing);
}

fn an_emergency_and_a_release_are_asked_otherwise() {
    let mut change = complete();
    change["emergency"] = true.into();
    change["approved_at"] = "2026-01-01".into();
    change["closed_at"] = "2026-02-03".into();
    change["reviewed_at"] = Value::Null;
    let found = review(&organisation(change));
    assert_eq!(state(&found, "assessed-before-approval"), CheckState::NotNeeded);
    assert_eq!(state(&found, "emergency-reviewed"), CheckState::Missing);
    assert!(found.requirements.iter().any(|touched| touched.topics.contains(&"emergency-change".to_owned())));
    let mut release = complete();
    release["type"] = "release".into();
    release["tested_at"] = "2026-01-30".into();
    release["separate_test_environment"] = false.into();
    let found = review(&organisation(release));
    let states = ["accepted", "tested-apart", "test-data"].map(|check| state(&found, check));
    assert_eq!(states, [CheckState::Done, CheckState::Missing, CheckState::Unknown]);
}

fn other_records_have_no_review() {
    let records = organisation(json!({"type": "incident"}));
    let graph = Graph::new(&records, []);
    let incident = graph.record(id(RecordKind::Ticket, "change")).expect("the ticket");
    assert!(security_review(incident, &graph, &standards(), &settings()).is_none());
}
