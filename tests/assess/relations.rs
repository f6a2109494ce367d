//! Declared relations: what crosses, in every case, and what contradicts itself.

use super::fixture::{all_met, attestation, control, finding, isms, result, set, sms, standards, time};
use concord::assess::{
    Basis, Binding, ControlState, Decisions, DeclaredRelation, Deviation, Evidence, RequirementRelation,
    RequirementStatus, ScopeNesting, Stance, Waiver, contradiction, crossing, indicators_to_list, joint_rows,
    requirement_statuses,
};
use concord::indicators::Tally;
use concord::model::{Grade, JointStatus, RecordId, RecordKind, Status, System, Verdict};
use concord::standards::RequirementId;
use std::collections::BTreeSet;

crate::harness::cases![
    what_crosses_in_every_case,
    only_what_is_left_open_is_filled,
    passing_needs_a_scope_within_the_source,
    failing_needs_records_in_both_scopes,
    nothing_crosses_twice,
    a_filled_status_shows_in_its_row_and_above,
    relations_that_contradict_are_refused,
    the_records_a_decision_needs_are_listed,
];

/// Relation by status of the source by scope by records: all cases, against the contract's two sentences.
fn what_crosses_in_every_case() {
    use RequirementRelation::*;
    let records: [&[(bool, u64)]; 6] =
        [&[], &[(true, 0)], &[(true, 2)], &[(false, 3)], &[(true, 0), (false, 1)], &[(false, 1), (true, 4)]];
    let mut crossed = 0;
    for relation in RequirementRelation::ALL.iter().copied() {
        for source in Status::ALL.iter().copied() {
            for within in [true, false] {
                for failing in records {
                    let expected = match source {
                        Status::Conforming if within && matches!(relation, Equal | Superset) => {
                            Some((Status::Conforming, 0))
                        }
                        Status::MajorNonconformity
                        | Status::MinorNonconformity
                        | Status::PotentialNonconformity
                        | Status::Concern
                            if matches!(relation, Equal | Subset) =>
                        {
                            let count = failing.iter().map(|(_, records)| records).sum();
                            let breach = failing.iter().any(|(breach, records)| *breach && *records > 0);
                            match (count, breach) {
                                (0, _) => None,
                                (_, true) => Some((Status::PotentialNonconformity, count)),
                                (_, false) => Some((Status::Concern, count)),
                            }
                        }
                        _ => None,
                    };
                    let found = crossing(relation, source, within, failing);
                    assert_eq!(found, expected, "{relation} {source} within {within} {failing:?}");
                    crossed += usize::from(found.is_some());
                }
            }
        }
    }
    assert!(crossed > 0);
}

fn declare(evidence: &mut Evidence, from: RequirementId, relation: RequirementRelation, to: RequirementId) {
    evidence.decisions.relations.push(DeclaredRelation { id: format!("{from}-{to}"), from, relation, to });
}

fn statuses(evidence: &Evidence) -> Vec<RequirementStatus> {
    requirement_statuses(&standards(), evidence)
}

fn status(evidence: &Evidence, id: &RequirementId) -> RequirementStatus {
    statuses(evidence).into_iter().find(|status| status.requirement == *id).expect("a status")
}

/// 9.2 of the SMS (`change`) beside A.9.1.1 of the ISMS, which has no topics.
fn pair(change: Verdict, relation: RequirementRelation, failing: &[(System, &[&str])]) -> Evidence {
    let mut evidence = all_met();
    set(&mut evidence, "change", change);
    for result in evidence.indicators.iter_mut().filter(|result| result.topic == "change") {
        result.tally = Tally { passing: 0, failing: 2, unknown: 0 };
    }
    for (system, records) in failing {
        let ids = records.iter().map(|name| (ticket(name), time("2026-01-01"))).collect();
        evidence.failing.insert(("change-met".into(), *system), ids);
    }
    declare(&mut evidence, sms("9.2"), relation, isms("A.9.1.1"));
    evidence
}

fn ticket(name: &str) -> RecordId {
    RecordId::of(RecordKind::Ticket, "files", name)
}

fn only_what_is_left_open_is_filled() {
    use RequirementRelation::*;
    let target = isms("A.9.1.1");
    let filled = status(&pair(Verdict::Met, Equal, &[]), &target);
    assert_eq!((filled.status, filled.inferred, filled.basis), (Status::Conforming, true, Some(Basis::Inferred)));
    let inference = filled.inferences.first().expect("an inference");
    assert_eq!((&inference.from, inference.relation, inference.status), (&sms("9.2"), Equal, Status::Conforming));
    assert_eq!(status(&pair(Verdict::Met, Superset, &[]), &target).status, Status::Conforming);
    let less = status(&pair(Verdict::Met, Subset, &[]), &target);
    assert_eq!((less.status, less.inferred), (Status::NotAssessed, false), "the source asks for less");
    for open in [Verdict::NoData, Verdict::Inconclusive, Verdict::NoOccurrence] {
        assert_eq!(status(&pair(open, Equal, &[]), &target).status, Status::NotAssessed, "{open}");
    }

    // Whatever the target says by itself stands.
    let mut own = pair(Verdict::Met, Equal, &[]);
    own.decisions.attestations.push(attestation(target.clone(), Stance::NotFulfilled));
    let stands = status(&own, &target);
    assert_eq!((stands.status, stands.inferred), (Status::PotentialNonconformity, false));
    let mut graded = pair(Verdict::Met, Equal, &[]);
    graded.findings.push(finding(target.clone(), Grade::Minor));
    assert_eq!(status(&graded, &target).status, Status::MinorNonconformity);
    for state in [ControlState::Excluded, ControlState::Planned] {
        let mut declared = pair(Verdict::Met, Equal, &[]);
        declared.decisions.controls.extend([control("A.9.1.1", state)]);
        let found = status(&declared, &target);
        assert_eq!((found.status.is_adverse(), found.inferred), (false, false), "{state}");
    }
    // A grade does not cross: it is a person's word on one requirement.
    let mut word = pair(Verdict::Met, Equal, &[]);
    word.findings.push(finding(sms("9.2"), Grade::Major));
    assert_eq!(status(&word, &target).status, Status::NotAssessed);

    // Partially evidenced is filled too.
    let mut partial = all_met();
    set(&mut partial, "leadership", Verdict::NoData);
    assert_eq!(status(&partial, &isms("5.1")).status, Status::PartiallyEvidenced);
    declare(&mut partial, isms("5.1"), Equal, sms("9.2"));
    assert_eq!(status(&partial, &isms("5.1")).status, Status::Conforming);
}

fn passing_needs_a_scope_within_the_source() {
    let target = isms("A.9.1.1");
    for (isms_within_sms, sms_within_isms) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut evidence = pair(Verdict::Met, RequirementRelation::Equal, &[]);
        evidence.nesting = ScopeNesting { isms_within_sms, sms_within_isms };
        let expected = if isms_within_sms { Status::Conforming } else { Status::NotAssessed };
        assert_eq!(status(&evidence, &target).status, expected, "the target is of the ISMS, the source of the SMS");
        // Within one standard there is one scope.
        declare(&mut evidence, isms("4.1"), RequirementRelation::Superset, isms("A.9.1.1"));
        assert_eq!(status(&evidence, &target).status, Status::Conforming);
    }
}

fn failing_needs_records_in_both_scopes() {
    use RequirementRelation::*;
    use System::{Isms, Sms};
    let target = isms("A.9.1.1");
    let both: &[(System, &[&str])] = &[(Sms, &["a", "b"]), (Isms, &["b", "c"])];
    let apart: &[(System, &[&str])] = &[(Sms, &["a", "b"]), (Isms, &["c"])];
    let of = |verdict, relation, failing| {
        let mut evidence = pair(verdict, relation, failing);
        for result in evidence.indicators.iter_mut().filter(|result| result.topic == "change") {
            result.indicator = "change-met".into();
        }
        let found = status(&evidence, &target);
        (found.status.as_str(), found.inferences.first().map_or(0, |inference| inference.failing))
    };
    for relation in [Equal, Subset] {
        assert_eq!(of(Verdict::Breach, relation, both), ("potential_nonconformity", 1), "{relation}");
        assert_eq!(of(Verdict::Lapse, relation, both), ("concern", 1), "{relation}");
        assert_eq!(of(Verdict::Breach, relation, apart), ("not_assessed", 0), "{relation}");
        assert_eq!(of(Verdict::Breach, relation, &[]), ("not_assessed", 0), "{relation}: no record is known");
    }
    assert_eq!(of(Verdict::Breach, Superset, both), ("not_assessed", 0), "the source asks for more");

    // A waived record carries nothing.
    let mut evidence = pair(Verdict::Breach, Equal, both);
    evidence.decisions.deviations.push(Deviation {
        id: "deviation".into(),
        waives: vec![Waiver { record: ticket("b"), indicator: "change-met".into() }],
        reason: "replaced".into(),
        author: "anna".into(),
        confirmed_by: "berta".into(),
        expires_at: time("2027-01-01"),
    });
    assert_eq!(status(&evidence, &target).status, Status::NotAssessed);
}

fn nothing_crosses_twice() {
    use RequirementRelation::*;
    // 9.2 conforms; 4.2 of the ISMS has no evidence, nor has A.9.1.1. 9.2 = 4.2 = A.9.1.1, one hop each.
    let mut evidence = all_met();
    set(&mut evidence, "needs", Verdict::NoData);
    declare(&mut evidence, sms("9.2"), Equal, isms("4.2"));
    declare(&mut evidence, isms("4.2"), Equal, isms("A.9.1.1"));
    assert_eq!(status(&evidence, &isms("4.2")).status, Status::Conforming);
    let second = status(&evidence, &isms("A.9.1.1"));
    assert_eq!((second.status, second.inferred), (Status::NotAssessed, false));

    // Of what crosses from several, what fails decides.
    let mut evidence = pair(Verdict::Met, Equal, &[]);
    let mut breach = result(System::Isms, "needs", Verdict::Breach);
    breach.tally = Tally { passing: 0, failing: 1, unknown: 0 };
    evidence.indicators.retain(|result| result.topic != "needs");
    evidence.failing.insert((breach.indicator.clone(), System::Isms), [(ticket("a"), time("2026-01-01"))].into());
    evidence.indicators.push(breach);
    declare(&mut evidence, isms("4.2"), Subset, isms("A.9.1.1"));
    let worst = status(&evidence, &isms("A.9.1.1"));
    assert_eq!((worst.status, worst.inferences.len()), (Status::PotentialNonconformity, 1));
}

fn a_filled_status_shows_in_its_row_and_above() {
    let mut evidence = all_met();
    set(&mut evidence, "assets", Verdict::NoData);
    let standards = standards();
    let row = |evidence: &Evidence| {
        let rows = joint_rows(&standards, &statuses(evidence));
        rows.into_iter().find(|row| row.row == 8).expect("A.8.1.1 beside 9.1")
    };
    assert_eq!((row(&evidence).status, row(&evidence).inferred), (JointStatus::Incomplete, false));
    declare(&mut evidence, sms("9.2"), RequirementRelation::Superset, isms("A.8.1.1"));
    declare(&mut evidence, isms("4.1"), RequirementRelation::Superset, sms("9.1"));
    assert_eq!((row(&evidence).status, row(&evidence).inferred), (JointStatus::Conforming, true));
    let above = status(&evidence, &isms("A.8"));
    assert!(above.inferred && above.inferences.is_empty(), "what is above says that something below was filled");
    // The references' shared topic itself is still without evidence.
    assert!(!status(&evidence, &isms("A.8.1.2")).inferred);
}

fn relations_that_contradict_are_refused() {
    use RequirementRelation::*;
    let standards = standards();
    let declared = |relations: &[(RequirementId, RequirementRelation, RequirementId)]| {
        let declared = relations.iter().map(|(from, relation, to)| DeclaredRelation {
            id: String::new(),
            from: from.clone(),
            relation: *relation,
            to: to.clone(),
        });
        declared.collect::<Vec<_>>()
    };
    let (a, b, c) = (isms("4.1"), sms("4.1"), sms("9.1"));
    let of = |known: &[_], from: &RequirementId, relation, to: &RequirementId| {
        contradiction(&standards, &declared(known), from, relation, to).is_some()
    };
    assert!(of(&[], &a, Equal, &a));
    assert!(of(&[], &isms("5.1"), Equal, &isms("5.1.a")), "the tree says that");
    assert!(of(&[], &isms("5.1.a"), Superset, &isms("5")));
    for first in RequirementRelation::ALL.iter().copied() {
        assert!(!of(&[], &a, first, &b));
        for second in RequirementRelation::ALL.iter().copied() {
            let known = [(a.clone(), first, b.clone())];
            assert_eq!(of(&known, &a, second, &b), first != second, "{first} and {second}");
            assert_eq!(of(&known, &b, second, &a), first.reversed() != second, "{first} and back {second}");
        }
    }
    let chain = [(a.clone(), Superset, b.clone()), (b.clone(), Equal, c.clone())];
    assert!(of(&chain, &c, Superset, &a), "a contains b, which is c");
    assert!(of(&chain, &c, Equal, &a));
    assert!(!of(&chain, &c, Subset, &a));
    let equals = [(a.clone(), Equal, b.clone()), (b, Equal, c.clone())];
    assert!(!of(&equals, &c, Equal, &a));
    assert!(of(&equals, &c, Subset, &a));
}

fn the_records_a_decision_needs_are_listed() {
    let standards = standards();
    let topic_of = [("one", "change"), ("two", "leadership"), ("three", "assets")];
    let of = |decisions: &Decisions| indicators_to_list(&standards, decisions, topic_of);
    assert_eq!(of(&Decisions::default()), BTreeSet::new());
    let mut evidence = Evidence::default();
    declare(&mut evidence, isms("5.1"), RequirementRelation::Equal, sms("9.2"));
    assert_eq!(of(&evidence.decisions), ["one".to_string(), "two".into()].into());
    let bound =
        Binding { id: String::new(), requirement: isms("5.1.b"), indicators: vec!["bound".into()], documents: vec![] };
    evidence.decisions.bindings.push(bound);
    assert_eq!(of(&evidence.decisions), ["bound".to_string(), "one".into(), "two".into()].into());
    let waived = Waiver { record: ticket("a"), indicator: "waived".into() };
    evidence.decisions = Decisions {
        deviations: vec![Deviation {
            id: String::new(),
            waives: vec![waived],
            reason: String::new(),
            author: String::new(),
            confirmed_by: String::new(),
            expires_at: time("2027-01-01"),
        }],
        ..Decisions::default()
    };
    assert_eq!(of(&evidence.decisions), ["waived".to_string()].into());
}
