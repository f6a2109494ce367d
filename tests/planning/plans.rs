//! Cases of whole plans: the starting situations, the checklists, the phases and the correspondence in them.

use super::{RULES, STANDARDS, item, planned, system};
use concord::planning::{Plan, Section, StartingSituation, Treatment, plan};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

crate::harness::cases![
    without_a_system,
    with_one_system,
    with_two_systems,
    nothing_comes_before_what_it_follows,
    every_item_cites_the_guidance,
    every_clause_and_objective_is_a_step,
    steps_know_their_counterparts,
    rows_become_candidates_to_merge,
    what_has_no_counterpart_stays_separate,
    an_organisation_without_services_plans_for_security_alone,
    critical_risk_comes_first_in_a_joint_plan,
    sub_projects_start_side_by_side,
    scopes_are_compared,
    plans_are_repeatable_and_survive_storage,
];

/// A plan of every shape.
fn shapes() -> Vec<(&'static str, Value)> {
    let isms = || system(&["a", "b"]);
    let sms = || system(&["b", "c"]);
    vec![
        ("sms first", json!({})),
        ("isms first", json!({ "decided_approach": "isms_first" })),
        ("concurrent", json!({ "decided_approach": "concurrent" })),
        ("parallel", json!({ "decided_approach": "parallel" })),
        ("risk first", json!({ "decided_approach": "concurrent", "risk_criticality": "high" })),
        ("isms in place", json!({ "management_systems": "isms", "isms": isms() })),
        ("sms in place", json!({ "management_systems": "sms", "sms": sms(), "risk_criticality": "high" })),
        ("both in place", json!({ "management_systems": "both", "isms": isms(), "sms": sms() })),
        ("no services", json!({ "service_provision": "none" })),
        ("isms, no services", json!({ "service_provision": "none", "management_systems": "isms", "isms": isms() })),
    ]
}

fn ids(plan: &Plan, section: Section) -> Vec<&str> {
    plan.items.iter().filter(|item| item.section == section).map(|item| item.id.as_str()).collect()
}

fn phases(plan: &Plan) -> Vec<&str> {
    plan.phases.iter().map(|phase| phase.id.as_str()).collect()
}

const CONSIDERATIONS: [&str; 10] =
    ["5.1-a", "5.1-b", "5.1-c", "5.1-d", "5.1-e", "5.1-f", "5.1-g", "5.1-h", "5.1-i", "5.1-j"];

fn without_a_system() {
    let plan = planned(json!({}));
    assert_eq!((plan.situation.situation, &*plan.situation.clause), (StartingSituation::Neither, "5.3.2"));
    assert_eq!(ids(&plan, Section::Consideration), CONSIDERATIONS);
    assert!(ids(&plan, Section::AttributeReview).is_empty() && ids(&plan, Section::JointReview).is_empty());
    assert_eq!(
        phases(&plan),
        [
            "prepare",
            "decide",
            "sms-plan",
            "sms-do",
            "sms-check",
            "sms-act",
            "second-scope",
            "isms-plan",
            "isms-do",
            "isms-check",
            "isms-act",
            "join"
        ]
    );
    let options: Vec<_> = plan.risk_options.iter().map(|option| &*option.guidance).collect();
    assert_eq!(options, ["6.2.3-2a", "6.2.3-2b", "6.2.3-2c"]);
    assert!(plan.risk_options.iter().all(|option| option.consequences.len() >= 2 && option.clause == "6.2.3"));
}

fn with_one_system() {
    let plan = planned(json!({ "management_systems": "isms", "isms": system(&["a"]) }));
    assert_eq!((plan.situation.situation, &*plan.situation.clause), (StartingSituation::OneSystem, "5.3.3"));
    let review = ids(&plan, Section::AttributeReview);
    assert_eq!((review.first(), review.last(), review.len()), (Some(&"5.3.3-a"), Some(&"5.3.3-k"), 11));
    assert_eq!(ids(&plan, Section::Consideration), CONSIDERATIONS);
    assert_eq!(
        phases(&plan),
        ["prepare", "decide", "second-scope", "sms-plan", "sms-do", "sms-check", "sms-act", "join"]
    );
    // The standard in place has no steps; those of the other wait for the agreed scope.
    for step in plan.items.iter().filter(|item| item.section == Section::Step) {
        assert_eq!(step.requirements[0].edition(), "iso20000-1-2011");
        assert!(step.after.contains(&"second-scope".to_owned()), "{}", step.id);
    }
    assert_eq!(item(&plan, "step-iso20000-1-2011-4.5.4.2").treatment, Some(Treatment::Extend), "audits exist");
    assert_eq!(item(&plan, "step-iso20000-1-2011-9.1").treatment, Some(Treatment::New));
}

fn with_two_systems() {
    let plan = planned(json!({ "management_systems": "both", "isms": system(&["a"]), "sms": system(&["a"]) }));
    assert_eq!((plan.situation.situation, &*plan.situation.clause), (StartingSituation::SeparateSystems, "5.3.4"));
    assert_eq!(
        ids(&plan, Section::JointReview),
        ["5.3.4-a", "5.3.4-b", "5.3.4-c", "5.3.4-d", "5.3.4-e", "5.3.4-e1", "5.3.4-e2", "5.3.4-e3"]
    );
    assert_eq!(phases(&plan), ["prepare", "decide", "joint-plan", "joint-do", "joint-check", "joint-act", "join"]);
    assert_eq!(item(&plan, "step-iso27001-2013-9.2").treatment, Some(Treatment::Joint));
    assert_eq!(item(&plan, "step-iso27001-2013-A.9.1").treatment, Some(Treatment::Keep));
}

fn nothing_comes_before_what_it_follows() {
    for (shape, changes) in shapes() {
        let plan = planned(changes);
        let position: HashMap<_, _> = plan.items.iter().enumerate().map(|(at, item)| (item.id.as_str(), at)).collect();
        assert_eq!(position.len(), plan.items.len(), "{shape}: ids are unique");
        let mut edges = 0;
        for item in &plan.items {
            for before in &item.after {
                let before = position.get(before.as_str()).unwrap_or_else(|| panic!("{shape}: {before} is no item"));
                assert!(*before < position[item.id.as_str()], "{shape}: {} before {}", item.id, plan.items[*before].id);
                edges += 1;
            }
        }
        assert!(edges > 30 || shape == "isms, no services", "{shape}: {edges}");
        let order: Vec<_> = phases(&plan);
        for (at, phase) in plan.phases.iter().enumerate() {
            assert!(phase.after.iter().all(|before| order[..at].contains(&before.as_str())), "{shape}: {}", phase.id);
        }
        let of_item = |id: &str| order.iter().position(|phase| *phase == id);
        assert!(plan.items.iter().all(|item| of_item(&item.phase).is_some()), "{shape}");
        let listed: Vec<_> = plan.phases.iter().flat_map(|phase| &phase.items).collect();
        assert!(listed.into_iter().eq(plan.items.iter().map(|item| &item.id)), "{shape}: items stand in their phases");
    }
}

fn every_item_cites_the_guidance() {
    for (shape, changes) in shapes() {
        let plan = planned(changes);
        for item in &plan.items {
            assert!(!item.title.is_empty() && !item.guidance.is_empty(), "{shape}: {}", item.id);
            for point in &item.guidance {
                assert!(STANDARDS.guidance_point(point).is_ok(), "{shape}: {}: {point}", item.id);
            }
            assert!(STANDARDS.guide_clauses().iter().any(|clause| clause.number == item.clause), "{}", item.id);
            for id in item.requirements.iter().chain(&item.counterparts) {
                assert!(STANDARDS.requirement(id).is_some(), "{shape}: {}: {id}", item.id);
            }
        }
        let clauses = plan.recommendations.iter().map(|recommendation| &recommendation.clause);
        for clause in clauses.chain([&plan.situation.clause]) {
            assert!(STANDARDS.guide_clauses().iter().any(|known| known.number == *clause), "{clause}");
        }
    }
}

fn every_clause_and_objective_is_a_step() {
    let plan = planned(json!({ "decided_approach": "concurrent" }));
    let steps: BTreeSet<_> = ids(&plan, Section::Step).into_iter().collect();
    // 26 clauses and 35 objectives of one; the clauses of the other that have none below.
    let of = |edition: &str| steps.iter().filter(|id| id.contains(edition)).count();
    assert_eq!((of("iso27001-2013"), of("iso20000-1-2011")), (26 + 35, 39));
    for node in STANDARDS.requirements().iter().filter(|node| node.normative) {
        let line = STANDARDS.ancestors(&node.id).map(|above| &above.id).chain([&node.id]);
        let below = STANDARDS.descendants(&node.id).into_iter().map(|below| &below.id);
        let covered = line.chain(below).any(|id| steps.contains(&*format!("step-{}", id.as_str().replace('/', "-"))));
        assert!(covered, "{} is in no step", node.id);
    }
}

fn steps_know_their_counterparts() {
    let plan = planned(json!({ "decided_approach": "concurrent" }));
    let step = |id: &str| item(&plan, &format!("step-{id}"));
    let numbers = |id: &str| step(id).counterparts.iter().map(|id| id.number()).collect::<Vec<_>>();
    assert_eq!(numbers("iso20000-1-2011-7.2"), ["5.1", "7.4", "A.15.2"]);
    assert_eq!(numbers("iso27001-2013-A.9.1"), [""; 0]);
    assert_eq!(step("iso27001-2013-A.9.1").treatment, Some(Treatment::New));
    assert_eq!(step("iso27001-2013-9.2").treatment, Some(Treatment::Joint));
    for item in plan.items.iter().filter(|item| item.section == Section::Step) {
        for other in &item.counterparts {
            let back = &step(&other.as_str().replace('/', "-")).counterparts;
            assert!(back.contains(&item.requirements[0]), "{} and {other} know each other", item.id);
        }
    }
}

fn rows_become_candidates_to_merge() {
    let plan = planned(json!({}));
    let merges = ids(&plan, Section::Merge);
    // 46 mapped and 4 qualified rows, but for those of clauses 2 and 3.
    assert_eq!(merges.len(), 48);
    let audit = plan.items.iter().find(|item| item.section == Section::Merge && item.title.starts_with("Merge 9.2 "));
    let audit = audit.expect("internal audits correspond");
    assert_eq!(audit.title, "Merge 9.2 Internal audit with 4.5.4.2, 4.3.1, 4.3.3");
    assert_eq!(audit.id, format!("merge-row-{}", audit.rows[0]));
}

fn what_has_no_counterpart_stays_separate() {
    let plan = planned(json!({}));
    let separate = ids(&plan, Section::Separate);
    let numbers: Vec<_> = separate.iter().filter_map(|id| id.strip_prefix("separate-iso20000-1-2011-")).collect();
    assert_eq!(numbers, ["5.1", "6.1", "9.1"]);
    assert_eq!(separate.len(), 24 + 3);
    assert!(separate.contains(&"separate-iso27001-2013-A.9.1") && separate.contains(&"separate-iso27001-2013-4.4"));
    assert!(!item(&plan, "separate-iso20000-1-2011-9.1").body_links.is_empty(), "the text links it all the same");
    assert!(item(&plan, "separate-iso20000-1-2011-5.1").body_links.len() == 1, "by its clause");
}

fn an_organisation_without_services_plans_for_security_alone() {
    let plan = planned(json!({ "service_provision": "none" }));
    assert_eq!(phases(&plan), ["prepare", "decide", "isms-plan", "isms-do", "isms-check", "isms-act", "join"]);
    assert!(ids(&plan, Section::Merge).is_empty() && ids(&plan, Section::Separate).is_empty());
    let with_isms =
        planned(json!({ "service_provision": "none", "management_systems": "isms", "isms": system(&["a"]) }));
    assert_eq!(phases(&with_isms), ["prepare", "decide", "join"]);
}

fn critical_risk_comes_first_in_a_joint_plan() {
    let place = |plan: &Plan, id: &str| plan.items.iter().position(|item| item.id == format!("step-{id}"));
    let critical = planned(json!({ "decided_approach": "concurrent", "risk_criticality": "high" }));
    let treatment = place(&critical, "iso27001-2013-6.1.3");
    assert!(treatment.is_some() && treatment < place(&critical, "iso20000-1-2011-4.5.2"));
    let usual = planned(json!({ "decided_approach": "concurrent" }));
    assert!(place(&usual, "iso27001-2013-6.1.3") > place(&usual, "iso20000-1-2011-4.5.2"), "in the editions' order");
}

fn sub_projects_start_side_by_side() {
    let plan = planned(json!({ "decided_approach": "parallel" }));
    let after = |id: &str| plan.phases.iter().find(|phase| phase.id == id).map(|phase| phase.after.clone());
    assert_eq!(after("isms-plan"), Some(vec!["decide".to_owned()]));
    assert_eq!(after("sms-plan"), Some(vec!["decide".to_owned()]));
    assert_eq!(after("join"), Some(vec!["isms-act".to_owned(), "sms-act".to_owned()]));
    assert_eq!(item(&plan, "step-iso27001-2013-9.2").treatment, Some(Treatment::Joint));
}

fn scopes_are_compared() {
    let both = |proposed: Value| {
        let (isms, sms) = (system(&["a", "b"]), system(&["b", "c"]));
        planned(json!({
            "management_systems": "both", "isms": isms, "sms": sms,
            "proposed_isms_scope": proposed, "proposed_sms_scope": { "services": ["b", "c"] },
        }))
    };
    let plan = both(json!({ "whole_organization": true }));
    let present = plan.present_scopes.expect("both are given");
    assert_eq!(
        (present.shared, present.isms_only, present.sms_only),
        (vec!["b".to_owned()], vec!["a".to_owned()], vec!["c".to_owned()])
    );
    let proposed = plan.proposed_scopes.expect("both are given");
    assert_eq!((proposed.shared.len(), proposed.isms_only.len(), proposed.sms_only.len()), (2, 0, 0));
    assert!(planned(json!({})).present_scopes.is_none());
}

fn plans_are_repeatable_and_survive_storage() {
    for (shape, changes) in shapes() {
        let assessment = super::answers(changes);
        let text = |plan: &Plan| serde_json::to_string(plan).expect("plans are data");
        let once = text(&plan(&assessment, &RULES, &STANDARDS).expect("sound"));
        let stored: Plan = serde_json::from_str(&once).expect("what was written can be read");
        assert_eq!(text(&stored), once, "{shape}");
        let answered: concord::planning::Assessment =
            serde_json::from_str(&serde_json::to_string(&assessment).expect("data")).expect("data");
        assert_eq!(text(&plan(&answered, &RULES, &STANDARDS).expect("sound")), once, "{shape}");
    }
}
