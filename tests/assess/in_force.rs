//! Which decisions are in force when, and when that changes by itself.

use super::fixture::{isms, time};
use concord::assess::{ControlState, DecisionBody, DeterminationResult, decisions_in_force, next_change, replaced};
use concord::model::{ActedOn, Decision, DecisionKind, Grade, Timestamp};
use serde_json::{Value, json};

crate::harness::cases![
    a_decision_is_in_force_between_its_ends,
    two_persons_start_when_the_second_agrees,
    an_adverse_attestation_stays_when_it_expires,
    a_later_decision_takes_the_place_of_an_earlier_one,
    a_finding_lasts_until_two_persons_close_it,
    declarations_add_up_control_by_control,
    the_next_change_is_the_next_instant_anything_turns,
    every_kind_is_read_back_as_it_was_written,
];

fn made(id: &str, kind: DecisionKind, made_at: &str, expires: Option<&str>, body: Value) -> Decision {
    let subject = DecisionBody::read(kind, body.clone()).expect("a body").subject();
    Decision {
        id: id.into(),
        kind,
        subject,
        author: "anna".into(),
        made_at: time(made_at),
        effective_at: time(made_at),
        expires_at: expires.map(time),
        reason: "because".into(),
        body,
        confirmed: None,
        withdrawn: None,
    }
}

fn act(at: &str) -> Option<ActedOn> {
    Some(ActedOn { by: "berta".into(), at: time(at), reason: "agreed".into() })
}

fn attestation(stance: &str) -> Value {
    json!({"requirement": "iso27001-2013/4.1", "stance": stance, "statement": "so it is", "links": ["https://x.example"]})
}

fn attested(all: &[Decision], at: &str) -> Vec<(String, bool)> {
    let decisions = decisions_in_force(all, time(at)).expect("they read");
    decisions.attestations.into_iter().map(|attestation| (attestation.id, attestation.stale)).collect()
}

fn a_decision_is_in_force_between_its_ends() {
    let one = made("1", DecisionKind::Attestation, "2026-01-01", Some("2026-07-01"), attestation("fulfilled"));
    let of = |decision: &Decision, at| attested(std::slice::from_ref(decision), at).len();
    assert_eq!(of(&one, "2025-12-31"), 0);
    assert_eq!(of(&one, "2026-01-01"), 1);
    assert_eq!(of(&one, "2026-06-30"), 1);
    assert_eq!(of(&one, "2026-07-01"), 0, "the end is no longer in it");
    let later = Decision { effective_at: time("2026-02-01"), ..one.clone() };
    assert_eq!((of(&later, "2026-01-31"), of(&later, "2026-02-01")), (0, 1));
    let earlier = Decision { effective_at: time("2025-01-01"), ..one.clone() };
    assert_eq!(of(&earlier, "2025-06-01"), 0, "nothing holds before it was decided");
    let withdrawn = Decision { withdrawn: act("2026-03-01"), ..one };
    assert_eq!((of(&withdrawn, "2026-02-28"), of(&withdrawn, "2026-03-01")), (1, 0), "the past stays as it was");
}

fn two_persons_start_when_the_second_agrees() {
    let body = json!({"waives": [{"record": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "indicator": "i"}]});
    let mut one = made("1", DecisionKind::Deviation, "2026-01-01", Some("2026-07-01"), body);
    let of = |decision: &Decision, at: &str| {
        decisions_in_force(std::slice::from_ref(decision), time(at)).expect("they read").deviations.len()
    };
    assert_eq!(of(&one, "2026-02-01"), 0);
    one.confirmed = act("2026-02-01");
    assert_eq!((of(&one, "2026-01-31"), of(&one, "2026-02-01")), (0, 1));
}

fn an_adverse_attestation_stays_when_it_expires() {
    let one = made("1", DecisionKind::Attestation, "2026-01-01", Some("2026-07-01"), attestation("not_fulfilled"));
    let all = [one.clone()];
    assert_eq!(attested(&all, "2026-06-01"), [("1".to_string(), false)]);
    assert_eq!(attested(&all, "2026-07-01"), [("1".to_string(), true)]);
    let withdrawn = [Decision { withdrawn: act("2026-08-01"), ..one }];
    assert!(attested(&withdrawn, "2026-08-01").is_empty());
}

fn determination(id: &str, made_at: &str, result: &str) -> Decision {
    let body = json!({"requirement": "iso27001-2013/4.1", "result": result, "covers": {"indicators": {"i": []}}});
    made(id, DecisionKind::Determination, made_at, (result == "none").then_some("2026-12-01"), body)
}

fn a_later_decision_takes_the_place_of_an_earlier_one() {
    let all = [determination("1", "2026-01-01", "none"), determination("2", "2026-02-01", "none")];
    let of = |at: &str| {
        let decisions = decisions_in_force(&all, time(at)).expect("they read");
        decisions.determinations.into_iter().map(|determination| determination.id).collect::<Vec<_>>()
    };
    assert_eq!(of("2026-01-15"), ["1"]);
    assert_eq!(of("2026-02-01"), ["2"]);
    assert!(replaced(&all, time("2026-01-15")).is_empty());
    assert_eq!(replaced(&all, time("2026-02-01")), ["1"].into());
}

fn a_finding_lasts_until_two_persons_close_it() {
    let mut closure = made(
        "3",
        DecisionKind::FindingClosure,
        "2026-03-01",
        None,
        json!({"finding": "1", "effectiveness_verified_at": "2026-02-20", "verification": "sampled again"}),
    );
    let major = determination("1", "2026-01-01", "major");
    let none = determination("2", "2026-02-01", "none");
    let open = |all: &[Decision], at: &str| {
        let decisions = decisions_in_force(all, time(at)).expect("they read");
        let determined = decisions.determinations.iter().map(|determination| determination.result).collect::<Vec<_>>();
        (decisions.findings.iter().map(|finding| finding.grade).collect::<Vec<_>>(), determined)
    };
    let (found, determined) = open(&[major.clone(), none.clone(), closure.clone()], "2026-04-01");
    assert_eq!(found, [Grade::Major], "one person neither closes it nor determines it away");
    assert_eq!(determined, [DeterminationResult::Major, DeterminationResult::None]);
    closure.confirmed = act("2026-03-15");
    let all = [major, none, closure];
    assert_eq!(open(&all, "2026-03-14").0, [Grade::Major]);
    assert_eq!(open(&all, "2026-03-15"), (vec![], vec![DeterminationResult::None]));
}

fn declarations_add_up_control_by_control() {
    let declare = |id: &str, made_at: &str, controls: Value| {
        let decision = made(id, DecisionKind::Applicability, made_at, None, json!({"controls": controls}));
        Decision { confirmed: act(made_at), ..decision }
    };
    let control = |number: &str, implemented: bool, until: Option<&str>| json!({"control": number, "applicable": true, "justification": "risks", "implemented": implemented, "planned_until": until});
    let (one, two) = (isms("A.8.1.1").to_string(), isms("A.8.1.2").to_string());
    let all = [
        declare("1", "2026-01-01", json!([control(&one, false, Some("2026-05-01")), control(&two, true, None)])),
        declare("2", "2026-04-01", json!([control(&one, true, None)])),
    ];
    let of = |all: &[Decision], at: &str| {
        let controls = decisions_in_force(all, time(at)).expect("they read").controls;
        controls.into_values().map(|control| (control.decision, control.state)).collect::<Vec<_>>()
    };
    let implemented = ("1".to_string(), ControlState::Implemented);
    assert_eq!(of(&all, "2026-02-01"), [("1".into(), ControlState::Planned), implemented.clone()]);
    assert_eq!(of(&all[..1], "2026-05-01"), [("1".into(), ControlState::Overdue), implemented.clone()]);
    assert_eq!(of(&all, "2026-05-01"), [("2".into(), ControlState::Implemented), implemented]);
    assert_eq!(
        next_change(&all[..1], time("2026-02-01")).expect("they read"),
        Some(time("2026-05-01")),
        "a plan falls due"
    );
}

fn the_next_change_is_the_next_instant_anything_turns() {
    let expiring = made("1", DecisionKind::Attestation, "2026-01-01", Some("2026-07-01"), attestation("fulfilled"));
    let later = Decision { effective_at: time("2026-03-01"), expires_at: Some(time("2026-09-01")), ..expiring.clone() };
    let pending = made("3", DecisionKind::Relaxation, "2026-01-01", None, json!({"indicator": "i", "version": "1"}));
    let all = [expiring, later, pending];
    let next = |at: &str| next_change(&all, time(at)).expect("they read");
    let mut instants = Vec::new();
    let mut at: Option<Timestamp> = next("2025-06-01");
    while let Some(instant) = at {
        instants.push(instant);
        at = next_change(&all, instant).expect("they read");
    }
    assert_eq!(instants, ["2026-01-01", "2026-03-01", "2026-07-01", "2026-09-01"].map(time));
}

fn every_kind_is_read_back_as_it_was_written() {
    let record = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let body = |kind| match kind {
        DecisionKind::Attestation => attestation("fulfilled"),
        DecisionKind::Finding => {
            json!({"requirement": "iso27001-2013/4.1", "grade": "minor", "title": "none", "ticket": record})
        }
        DecisionKind::FindingClosure => {
            json!({"finding": "1", "effectiveness_verified_at": "2026-02-20", "verification": "sampled"})
        }
        DecisionKind::Determination => json!({"requirement": "iso27001-2013/4.1", "result": "none"}),
        DecisionKind::Deviation => json!({"waives": [{"record": record, "indicator": "i"}]}),
        DecisionKind::Relation => {
            json!({"from": "iso27001-2013/4.1", "relation": "equal", "to": "iso20000-1-2011/4.1"})
        }
        DecisionKind::Binding => json!({"requirement": "iso27001-2013/4.1", "documents": [record]}),
        DecisionKind::GovernedProcess => {
            json!({"requirement": "iso20000-1-2011/9.1", "party": record, "agreement": record})
        }
        DecisionKind::Applicability => {
            json!({"controls": [{"control": "X.1", "title": "own", "applicable": true, "justification": "law", "implemented": true}]})
        }
        DecisionKind::Relaxation => json!({"indicator": "i", "version": "1"}),
        DecisionKind::Scope => {
            json!({"system": "isms", "exclude": [{"of": "site", "when": "Derby", "justification": "rented out"}]})
        }
    };
    for &kind in DecisionKind::ALL {
        let read = DecisionBody::read(kind, body(kind)).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        let again = DecisionBody::read(kind, read.to_json().expect("JSON")).expect("what was written");
        assert_eq!(read, again, "{kind}");
        assert!(!read.subject().is_empty());
        let mut wrong = body(kind);
        wrong["surprise"] = json!(1);
        let problem = DecisionBody::read(kind, wrong).expect_err("an unknown field");
        assert!(problem.rule.contains("surprise"), "{problem}");
    }
    let problem =
        DecisionBody::read(DecisionKind::Finding, json!({"requirement": "x/1", "grade": "worst", "title": ""}));
    assert_eq!(problem.expect_err("no grade").place, "body.grade");
}
