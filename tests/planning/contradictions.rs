//! Cases of answers that do not go together: every pair is refused, and both fields are named.

use super::{RULES, STANDARDS, answers, system};
use concord::{
    error::{Error, Problem},
    planning::{Assessment, plan},
};
use serde_json::{Value, json};

crate::harness::cases![
    pairs_are_refused_with_both_fields,
    all_contradictions_come_at_once,
    answers_have_a_form,
    lists_and_texts_are_bounded,
    unknown_answers_are_refused,
];

fn problems(changes: Value) -> Vec<Problem> {
    match plan(&answers(changes.clone()), &RULES, &STANDARDS) {
        Err(Error::Invalid(problems)) => problems,
        other => panic!("{changes}: {:?}", other.map(|_| "a plan")),
    }
}

fn places(changes: Value) -> Vec<String> {
    problems(changes).into_iter().map(|problem| problem.place).collect()
}

fn certified(mut system: Value) -> Value {
    system["maturity"] = "certified".into();
    system["certificate"] = json!({ "issuer": "a body" });
    system
}

fn pairs_are_refused_with_both_fields() {
    let hosting = || system(&["hosting"]);
    let with = |key: &str, value: Value| {
        let mut system = hosting();
        system[key] = value;
        system
    };
    let pairs = [
        ("management_systems, isms", json!({ "isms": certified(hosting()) })),
        ("management_systems, isms", json!({ "management_systems": "both", "sms": hosting() })),
        ("management_systems, sms", json!({ "sms": hosting() })),
        ("management_systems, sms", json!({ "management_systems": "both", "isms": hosting() })),
        (
            "service_provision, sms",
            json!({ "management_systems": "sms", "sms": hosting(), "service_provision": "none" }),
        ),
        (
            "service_provision, proposed_sms_scope",
            json!({ "service_provision": "none", "proposed_sms_scope": { "services": ["hosting"] } }),
        ),
        ("service_provision, internal_delivery", json!({ "service_provision": "none", "internal_delivery": true })),
        (
            "service_provision, demanded_standard",
            json!({ "service_provision": "none", "demanded_standard": "sms", "drivers": ["regulation"] }),
        ),
        ("size, internal_delivery", json!({ "size": "single_person", "internal_delivery": true })),
        ("size, merging_organizations", json!({ "size": "single_person", "merging_organizations": ["A", "B"] })),
        ("supplier_reliance, other_party_governance", json!({ "other_party_governance": "missing" })),
        ("drivers, demanded_standard", json!({ "drivers": ["efficiency"], "demanded_standard": "isms" })),
        ("management_systems, decided_approach", json!({ "decided_approach": "integrate" })),
        (
            "management_systems, decided_approach",
            json!({ "management_systems": "isms", "isms": hosting(), "decided_approach": "sms_first" }),
        ),
        ("service_provision, decided_approach", json!({ "service_provision": "none", "decided_approach": "parallel" })),
        (
            "single_project_possible, decided_approach",
            json!({ "single_project_possible": false, "decided_approach": "concurrent" }),
        ),
        (
            "isms.maturity, isms.certificate",
            json!({ "management_systems": "isms", "isms": with("maturity", "certified".into()) }),
        ),
        (
            "sms.maturity, sms.certificate",
            json!({ "management_systems": "sms", "sms": with("certificate", json!({ "issuer": "a body" })) }),
        ),
        (
            "isms.organization, merging_organizations",
            json!({ "management_systems": "isms", "isms": with("organization", "C".into()), "merging_organizations": ["A", "B"] }),
        ),
        (
            "proposed_isms_scope.whole_organization, proposed_isms_scope.sites",
            json!({ "proposed_isms_scope": { "whole_organization": true, "sites": ["north"] } }),
        ),
        (
            "other_systems[0].standard, management_systems",
            json!({ "other_systems": [{ "standard": "ISO/IEC 27001" }] }),
        ),
    ];
    for (place, changes) in pairs {
        assert_eq!(places(changes.clone()), [place], "{changes}");
    }
}

fn all_contradictions_come_at_once() {
    let found = places(json!({ "isms": system(&["a"]), "size": "single_person", "internal_delivery": true }));
    assert_eq!(found, ["management_systems, isms", "size, internal_delivery"]);
}

fn answers_have_a_form() {
    assert_eq!(places(json!({ "proposed_sms_scope": { "sites": ["north"] } })), ["proposed_sms_scope.services"]);
    assert_eq!(places(json!({ "proposed_isms_scope": {} })), ["proposed_isms_scope"]);
    assert_eq!(places(json!({ "merging_organizations": ["A"] })), ["merging_organizations"]);
    assert_eq!(places(json!({ "drivers": ["efficiency", "efficiency"] })), ["drivers"]);
    assert_eq!(
        places(json!({ "proposed_isms_scope": { "units": ["a", "b", "a"] } })),
        ["proposed_isms_scope.units[2]"]
    );
    assert_eq!(places(json!({ "other_systems": [{ "standard": "  " }] })), ["other_systems[0].standard"]);
}

fn lists_and_texts_are_bounded() {
    let many: Vec<_> = (0..201).map(|number| number.to_string()).collect();
    assert_eq!(places(json!({ "proposed_isms_scope": { "sites": many } })), ["proposed_isms_scope.sites"]);
    let long = "x".repeat(201);
    assert_eq!(places(json!({ "proposed_isms_scope": { "sites": [long] } })), ["proposed_isms_scope.sites[0]"]);
    let others: Vec<_> = (0..201).map(|number| json!({ "standard": format!("ISO {number}") })).collect();
    assert_eq!(places(json!({ "other_systems": others })), ["other_systems"]);
}

fn unknown_answers_are_refused() {
    let read = |text: &str| serde_json::from_str::<Assessment>(text).map_err(|error| error.to_string());
    assert!(read(r#"{ "managment_systems": "none" }"#).is_err_and(|text| text.contains("unknown field")));
    assert!(read(r#"{ "management_systems": "all" }"#).is_err_and(|text| text.contains("unknown variant `all`")));
    assert!(read(r#"{ "management_systems": "none" }"#).is_err_and(|text| text.contains("missing field")));
}
