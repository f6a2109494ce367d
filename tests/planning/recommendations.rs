//! Cases of the recommendations: each rule, alone and where two pull apart.

use super::{answers, planned, system};
use concord::planning::{Approach, Plan};
use serde_json::{Value, json};
use std::collections::BTreeSet;

crate::harness::cases![
    each_rule_holds_where_it_should,
    and_not_where_it_should_not,
    recommendations_that_pull_apart_come_both,
    most_reasons_win_until_the_organisation_decides,
    reasons_say_which_answers_led_to_them,
];

/// Rules about approaches where there is no system, and answers that only they speak for beside `also`.
fn cases() -> Vec<(&'static str, Option<Approach>, Value)> {
    use Approach::{Concurrent, Integrate, IsmsFirst, Parallel, SmsFirst};
    let isms = || json!({ "management_systems": "isms", "isms": system(&["a"]) });
    let sms = || json!({ "management_systems": "sms", "sms": system(&["a"]) });
    let both = || json!({ "management_systems": "both", "isms": system(&["a"]), "sms": system(&["a"]) });
    let with = |mut base: Value, more: Value| {
        let more = more.as_object().expect("an object").clone();
        base.as_object_mut().expect("an object").extend(more);
        base
    };
    vec![
        ("provides-services", Some(SmsFirst), json!({})),
        ("relies-on-suppliers", Some(SmsFirst), json!({ "supplier_reliance": "some" })),
        ("small-depends-on-service", Some(SmsFirst), json!({ "size": "small", "service_importance": "high" })),
        ("small-depends-on-security", Some(IsmsFirst), json!({ "size": "small", "service_importance": "low" })),
        ("large-one-project", Some(Concurrent), json!({ "size": "large", "internal_delivery": true })),
        (
            "large-sub-projects",
            Some(Parallel),
            json!({ "size": "large", "internal_delivery": true, "single_project_possible": false }),
        ),
        ("security-matters", Some(IsmsFirst), json!({ "security_importance": "high" })),
        ("risk-is-critical", Some(IsmsFirst), json!({ "risk_criticality": "high" })),
        ("isms-demanded", Some(IsmsFirst), json!({ "drivers": ["regulation"], "demanded_standard": "isms" })),
        ("sms-demanded", Some(SmsFirst), json!({ "drivers": ["customer_demand"], "demanded_standard": "sms" })),
        ("no-services", Some(IsmsFirst), json!({ "service_provision": "none" })),
        ("second-after-isms", Some(IsmsFirst), isms()),
        ("second-after-sms", Some(SmsFirst), sms()),
        ("join-both", Some(Integrate), both()),
        ("adapt-practice", None, json!({ "informal_practice": true })),
        ("find-practice", None, json!({ "informal_practice": false })),
        ("working-group", None, both()),
        ("weigh-drivers", None, json!({ "drivers": ["competitive_position"] })),
        ("keep-service-and-security", None, sms()),
        (
            "complete-first-step",
            None,
            json!({ "management_systems": "isms", "isms": { "scope": { "sites": ["a"] }, "maturity": "operating" } }),
        ),
        ("two-experts", None, isms()),
        ("use-attributes", None, sms()),
        ("problem-management-early", None, isms()),
        ("risk-before-the-rest", None, with(sms(), json!({ "risk_criticality": "high" }))),
        ("no-services-to-add", None, with(isms(), json!({ "service_provision": "none" }))),
        ("resolve-conflicts", None, both()),
        ("stay-conforming", None, both()),
        ("merger", None, with(both(), json!({ "merging_organizations": ["A", "B"] }))),
        ("other-systems", None, json!({ "other_systems": [{ "standard": "ISO 9001" }] })),
        ("govern-other-parties", None, json!({ "supplier_reliance": "some", "other_party_governance": "partial" })),
        ("sms-of-services-only", None, json!({ "proposed_sms_scope": { "whole_organization": true } })),
        ("align-scopes", None, both()),
        ("talk-to-suppliers", None, json!({ "supplier_reliance": "all" })),
        ("supplier-changes", None, json!({ "supplier_reliance": "most" })),
    ]
}

fn ids(plan: &Plan) -> BTreeSet<&str> {
    plan.recommendations.iter().map(|recommendation| recommendation.id.as_str()).collect()
}

fn each_rule_holds_where_it_should() {
    let mut seen = BTreeSet::new();
    for (id, approach, changes) in cases() {
        let plan = planned(changes.clone());
        let found = plan.recommendations.iter().find(|recommendation| recommendation.id == id);
        let found = found.unwrap_or_else(|| panic!("{id} does not hold for {changes}"));
        assert_eq!(found.approach, approach, "{id}");
        assert!(!found.reason.is_empty() && !found.clause.is_empty());
        assert!(found.guidance.starts_with(&format!("{}-", found.clause)));
        let as_item = plan.items.iter().any(|item| item.id == format!("advice-{id}") && item.title == found.advice);
        assert_eq!(as_item, approach.is_none(), "advice is an item, an approach is not");
        seen.insert(id);
    }
    // Only this one remains, for answers that nothing else speaks for; every organisation with services or without is
    // spoken for by another rule.
    let data = concord::embedded::standards();
    let rules = data.iter().find(|(path, _)| path.ends_with("planning-rules.toml")).expect("it is there").1;
    let all: BTreeSet<_> = rules
        .split("[[planning.rule]]\nid = \"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(id, _)| id))
        .collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), [&"coordinated"]);
}

fn and_not_where_it_should_not() {
    assert_eq!(ids(&planned(json!({}))), BTreeSet::from(["align-scopes", "provides-services", "working-group"]));
    // Other parties' governance is missing, but what they deliver is in good hands.
    let governed = planned(json!({ "supplier_reliance": "some", "other_party_governance": "complete" }));
    assert!(!ids(&governed).contains("govern-other-parties"));
    // The organisation is wholly a provider, so an SMS may cover all of it.
    let wholly =
        planned(json!({ "service_provision": "wholly", "proposed_sms_scope": { "whole_organization": true } }));
    assert!(!ids(&wholly).contains("sms-of-services-only"));
    let isms_of_all = planned(json!({ "proposed_isms_scope": { "whole_organization": true } }));
    assert!(!ids(&isms_of_all).contains("sms-of-services-only"), "an ISMS may cover everything");
    // A large organisation without delivery to itself.
    assert!(!ids(&planned(json!({ "size": "large" }))).contains("large-one-project"));
    // A small one that depends on both alike.
    let even = planned(json!({ "size": "small", "security_importance": "high", "service_importance": "high" }));
    assert!(!ids(&even).iter().any(|id| id.starts_with("small-")));
}

fn recommendations_that_pull_apart_come_both() {
    let plan = planned(json!({ "security_importance": "high" }));
    assert!(plan.pulls_apart);
    let sides: Vec<_> = plan.approaches.iter().map(|option| (option.approach, &option.recommended_by[..])).collect();
    assert_eq!(
        sides,
        [
            (Approach::SmsFirst, &["provides-services".to_owned()][..]),
            (Approach::IsmsFirst, &["security-matters".to_owned()][..])
        ]
    );
    for option in &plan.approaches {
        for id in &option.recommended_by {
            assert!(ids(&plan).contains(id.as_str()));
        }
    }
    assert!(plan.items.iter().any(|item| item.id == "decide-approach"));
    let agreed = planned(json!({ "supplier_reliance": "some" }));
    assert!(!agreed.pulls_apart && agreed.items.iter().all(|item| item.id != "decide-approach"));
}

fn chosen(plan: &Plan) -> Vec<Approach> {
    plan.approaches.iter().filter(|option| option.chosen).map(|option| option.approach).collect()
}

fn most_reasons_win_until_the_organisation_decides() {
    let even = json!({ "security_importance": "high" });
    assert_eq!(chosen(&planned(even)), [Approach::SmsFirst], "of equals the first");
    let more = json!({ "security_importance": "high", "risk_criticality": "high" });
    assert_eq!(chosen(&planned(more)), [Approach::IsmsFirst]);
    let decided = planned(json!({ "security_importance": "high", "decided_approach": "isms_first" }));
    assert_eq!(chosen(&decided), [Approach::IsmsFirst]);
    assert!(decided.pulls_apart, "they still do");
    assert!(decided.items.iter().all(|item| item.id != "decide-approach"), "but it is decided");
    assert!(decided.phases[2].id == "isms-plan");
    let unasked = planned(json!({ "decided_approach": "parallel" }));
    assert_eq!(chosen(&unasked), [Approach::Parallel]);
    assert!(unasked.approaches.iter().any(|option| option.chosen && option.recommended_by.is_empty()));
}

fn reasons_say_which_answers_led_to_them() {
    let plan = planned(json!({ "size": "small", "service_importance": "low" }));
    let small = plan.recommendations.iter().find(|found| found.id == "small-depends-on-security").expect("it holds");
    assert_eq!(small.because_of, ["size", "security_importance, service_importance"]);
    assert_eq!(small.clause, "5.3.2");
    assert_eq!(answers(json!({})).emphasis(), concord::planning::Emphasis::Even);
}
