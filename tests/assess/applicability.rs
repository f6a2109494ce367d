//! The statement of applicability, governed processes, and editions the organisation does not aim at.

use super::fixture::{
    ISMS, SMS, all_met, attestation, control, determination, finding, isms, record, set, sms, standards,
};
use concord::assess::{
    Basis, ControlState, Covered, DeterminationResult, Evidence, GovernedProcess, NeededBy, RequirementStatus, Stance,
    conformity, control_needs, joint_rows, requirement_statuses,
};
use concord::model::{Grade, JointStatus, RecordId, RecordKind, Status, Verdict};
use concord::standards::RequirementId;
use serde_json::json;

crate::harness::cases![
    a_declaration_decides_beside_every_status,
    plans_have_a_state_at_an_instant,
    an_excluded_control_leaves_its_row_single,
    an_overdue_plan_speaks_against_its_clause,
    an_undeclared_control_leaves_the_statement_incomplete,
    what_needs_a_control_is_named,
    a_governed_process_rests_on_governance,
    most_processes_run_by_others_are_warned_of,
    a_disabled_edition_leaves_rows_single,
];

fn statuses(evidence: &Evidence) -> Vec<RequirementStatus> {
    requirement_statuses(&standards(), evidence)
}

fn status(evidence: &Evidence, id: &RequirementId) -> RequirementStatus {
    statuses(evidence).into_iter().find(|status| status.requirement == *id).expect("a status")
}

/// Every state of a declaration beside every verdict, with and without findings.
fn a_declaration_decides_beside_every_status() {
    let states: Vec<Option<ControlState>> = ControlState::ALL.iter().copied().map(Some).chain([None]).collect();
    let grades = [None, Some(Grade::Minor), Some(Grade::Major)];
    for state in states {
        for verdict in Verdict::ALL.iter().copied() {
            for grade in grades {
                let mut evidence = all_met();
                set(&mut evidence, "assets", verdict);
                evidence.decisions.controls.extend(state.map(|state| control("A.8.1.1", state)));
                evidence.findings.extend(grade.map(|grade| finding(isms("A.8.1.1"), grade)));
                let found = status(&evidence, &isms("A.8.1.1"));
                let by_records = match verdict {
                    Verdict::Breach => "potential_nonconformity",
                    Verdict::Lapse => "concern",
                    Verdict::Met => "conforming",
                    _ => "not_assessed",
                };
                let expected = match (grade, state) {
                    (Some(Grade::Major), _) => "major_nonconformity",
                    (Some(Grade::Minor), _) => "minor_nonconformity",
                    (None, Some(ControlState::Excluded)) => "not_applicable",
                    (None, Some(ControlState::Planned)) => "not_assessed",
                    _ => by_records,
                };
                assert_eq!(found.status.as_str(), expected, "{state:?} {verdict} {grade:?}");
                assert_eq!(found.planned_until.is_some(), state == Some(ControlState::Planned), "{state:?}");
            }
        }
    }
    // What is declared of a clause changes nothing: it cannot be excluded.
    let mut evidence = all_met();
    evidence.decisions.controls.extend([control("4.1", ControlState::Excluded)]);
    assert_eq!(status(&evidence, &isms("4.1")).status, Status::Conforming);
}

fn plans_have_a_state_at_an_instant() {
    use super::fixture::time;
    let of = |applicable, implemented, due: Option<&str>| {
        ControlState::of(applicable, implemented, due.map(time), time("2026-03-01")).as_str()
    };
    assert_eq!(of(false, false, None), "excluded");
    assert_eq!(of(false, true, Some("2026-04-01")), "excluded");
    assert_eq!(of(true, true, None), "implemented");
    assert_eq!(of(true, true, Some("2026-01-01")), "implemented");
    assert_eq!(of(true, false, Some("2026-03-02")), "planned");
    assert_eq!(of(true, false, Some("2026-03-01")), "overdue");
    assert_eq!(of(true, false, None), "overdue");
}

fn an_excluded_control_leaves_its_row_single() {
    let mut evidence = all_met();
    let numbers = ["A.8.1.1", "A.8.1.2", "A.8.1.3"];
    evidence.decisions.controls.extend(numbers.map(|number| control(number, ControlState::Excluded)));
    let standards = standards();
    let statuses = statuses(&evidence);
    let of = |id: RequirementId| statuses.iter().find(|status| status.requirement == id).map(|status| status.status);
    assert_eq!(of(isms("A.8.1")), Some(Status::NotApplicable), "all inapplicable, not applicable");
    assert_eq!(of(isms("A.8")), Some(Status::NotApplicable));
    let rows = joint_rows(&standards, &statuses);
    let row = rows.iter().find(|row| row.row == 8).expect("a row");
    assert_eq!((row.status, row.sms), (JointStatus::SingleSided, Some(Status::Conforming)));
}

fn an_overdue_plan_speaks_against_its_clause() {
    let standards = super::fixture::standards_with(&[("8", &[]), ("8.3", &["treatment"])]);
    let of = |evidence: &Evidence| {
        let statuses = requirement_statuses(&standards, evidence);
        statuses.into_iter().find(|status| status.requirement == isms("8.3")).expect("a status")
    };
    let mut evidence = all_met();
    evidence.decisions.controls.extend([control("A.8.1.1", ControlState::Planned)]);
    assert_eq!(of(&evidence).status, Status::NotAssessed);
    evidence.decisions.controls.extend([control("A.8.1.1", ControlState::Overdue)]);
    let overdue = of(&evidence);
    assert_eq!((overdue.status, overdue.basis), (Status::PotentialNonconformity, Some(Basis::Records)));
    let keys: Vec<String> = overdue.circumstances.iter().map(concord::assess::Circumstance::key).collect();
    assert_eq!(keys, ["plan_overdue:iso27001-2013/A.8.1.1"]);
    let covers = Covered { circumstances: keys, ..Covered::default() };
    evidence.decisions.determinations.push(determination(isms("8.3"), DeterminationResult::None, covers));
    assert_eq!(of(&evidence).status, Status::Concern);
    evidence.decisions.controls.extend([control("A.8.1.2", ControlState::Overdue)]);
    assert_eq!(of(&evidence).status, Status::PotentialNonconformity, "another plan is overdue");
}

fn an_undeclared_control_leaves_the_statement_incomplete() {
    let standards = super::fixture::standards_with(&[("6", &[]), ("6.1", &[]), ("6.1.3", &["context"])]);
    let of = |evidence: &Evidence| {
        let statuses = requirement_statuses(&standards, evidence);
        statuses.into_iter().find(|status| status.requirement == isms("6.1.3")).expect("a status")
    };
    let mut evidence = all_met();
    let found = of(&evidence);
    assert_eq!(found.status, Status::PartiallyEvidenced);
    assert_eq!(found.missing, ["4 of 4 controls are not declared in the statement of applicability"]);
    let declare = |numbers: &[&str]| numbers.iter().map(|n| control(n, ControlState::Implemented)).collect::<Vec<_>>();
    evidence.decisions.controls.extend(declare(&["A.8.1.1", "A.8.1.2", "A.8.1.3"]));
    assert_eq!(of(&evidence).missing, ["1 of 4 controls are not declared in the statement of applicability"]);
    evidence.decisions.controls.extend(declare(&["A.9.1.1"]));
    assert_eq!((of(&evidence).status, of(&evidence).missing), (Status::Conforming, vec![]));
    set(&mut evidence, "context", Verdict::Lapse);
    evidence.decisions.controls.clear();
    assert_eq!(of(&evidence).status, Status::Concern, "what is adverse is worse than what is missing");
}

fn what_needs_a_control_is_named() {
    let standards = standards();
    let node = |number: &str| standards.requirement(&isms(number)).expect("a control");
    let mut gone = record(RecordKind::Risk, "gone", json!({"controls": ["A.9.1.1"]}));
    gone.deleted_at = Some(super::fixture::time("2026-01-01"));
    let records = [
        record(RecordKind::Risk, "R1", json!({"controls": ["A.9.1.1"]})),
        record(RecordKind::Agreement, "C1", json!({"controls": ["iso27001-2013/A.9.1.1", "A.8.1.1"]})),
        record(RecordKind::Risk, "R2", json!({"controls": ["A.9.1"]})),
        gone,
    ];
    let of = |number: &str| {
        control_needs(&standards, node(number), &records)
            .into_iter()
            .map(|need| (need.by, need.through))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("A.9.1.1"), [(NeededBy::Risk, "R1".to_string()), (NeededBy::Agreement, "C1".into())]);
    assert_eq!(of("A.8.1.1"), [(NeededBy::Agreement, "C1".into()), (NeededBy::Requirement, "assets".into())]);
    assert!(of("A.8.1.3").is_empty());
}

fn governed(number: &str) -> (GovernedProcess, RecordId) {
    let agreement = RecordId::of(RecordKind::Agreement, "files", "C1");
    let party = RecordId::of(RecordKind::Party, "files", "P1");
    (GovernedProcess { id: "process".into(), requirement: sms(number), party, agreement }, agreement)
}

fn a_governed_process_rests_on_governance() {
    let (process, agreement) = governed("9");
    let of = |governance: Verdict, change: Verdict, in_force: bool| {
        let mut evidence = all_met();
        set(&mut evidence, "governance", governance);
        set(&mut evidence, "change", change);
        evidence.decisions.governed.push(process.clone());
        evidence.agreements_in_force.extend(in_force.then_some(agreement));
        let found = status(&evidence, &sms("9.2"));
        (found.status.as_str(), found.basis)
    };
    use Verdict::*;
    assert_eq!(of(Met, NoData, true), ("conforming", Some(Basis::Governance)));
    assert_eq!(of(Met, Met, true), ("conforming", Some(Basis::Records)));
    assert_eq!(of(Met, Breach, true), ("potential_nonconformity", Some(Basis::Records)));
    assert_eq!(of(Met, Lapse, true), ("concern", Some(Basis::Records)));
    assert_eq!(of(Met, NoData, false), ("not_assessed", None), "no agreement");
    for governance in [Breach, Lapse, NoData, Inconclusive] {
        assert_eq!(of(governance, NoData, true), ("not_assessed", None), "{governance}");
    }
    // Clause 4 needs the provider's own evidence, whatever is declared beneath another clause.
    let mut evidence = all_met();
    set(&mut evidence, "context", Verdict::NoData);
    evidence.decisions.governed.push(process);
    evidence.agreements_in_force.insert(agreement);
    assert_eq!(status(&evidence, &sms("4.1")).own_status, Some(Status::NotAssessed));
    // Governance is more than a statement.
    set(&mut evidence, "change", Verdict::NoData);
    evidence.decisions.attestations.push(attestation(sms("9.2"), Stance::Fulfilled));
    assert_eq!(status(&evidence, &sms("9.2")).basis, Some(Basis::Governance));
}

fn most_processes_run_by_others_are_warned_of() {
    let standards = standards();
    let warnings = |numbers: &[&str]| {
        let mut evidence = all_met();
        evidence.decisions.governed.extend(numbers.iter().map(|number| governed(number).0));
        let statuses = statuses(&evidence);
        let summary = conformity(&standards, &statuses, &joint_rows(&standards, &statuses), &[]);
        summary.editions.iter().map(|edition| edition.warnings.len()).collect::<Vec<_>>()
    };
    assert_eq!(warnings(&[]), [0, 0]);
    assert_eq!(warnings(&["9.2"]), [0, 0], "half are not most");
    assert_eq!(warnings(&["9"]), [0, 1]);
}

fn a_disabled_edition_leaves_rows_single() {
    let standards = standards();
    for (disabled, other) in [(ISMS, SMS), (SMS, ISMS)] {
        let mut evidence = all_met();
        evidence.not_aimed_at.insert(disabled.into());
        let statuses = statuses(&evidence);
        assert!(!statuses.is_empty() && statuses.iter().all(|status| status.requirement.edition() == other));
        let rows = joint_rows(&standards, &statuses);
        let of = |number: u32| rows.iter().find(|row| row.row == number).expect("a row");
        for number in [3, 4, 8] {
            assert_eq!(of(number).status, JointStatus::SingleSided, "row {number} without {disabled}");
        }
        assert_eq!(of(1).status, JointStatus::NotJudged, "introductions stay what they are");
        let summary = conformity(&standards, &statuses, &rows, &[]);
        assert_eq!(summary.editions.iter().map(|edition| edition.edition.as_str()).collect::<Vec<_>>(), [other]);
        assert_eq!(summary.joint.status, JointStatus::SingleSided);
    }
}
