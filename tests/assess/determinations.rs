//! Findings by decision, determinations and deviations.

use super::fixture::{all_met, determination, finding, isms, result, set, sms, standards, time};
use concord::assess::{
    Covered, Decisions, DeterminationResult, Deviation, Evidence, Freshness, OpenedFinding, RequirementStatus,
    TopicState, Waiver, joint_rows, requirement_statuses, verdict, verdict_without, with_decided,
};
use concord::indicators::{Limits, Share, Tally};
use concord::model::{Grade, JointStatus, RecordId, RecordKind, Severity, Status, System, Verdict};
use concord::standards::RequirementId;

crate::harness::cases![
    a_determination_settles_what_it_was_made_on,
    a_new_record_ends_a_determination,
    a_determination_settles_its_own_requirement_only,
    a_breach_without_a_record_is_covered_by_name,
    a_deviation_waives_pairs_and_keeps_the_concern,
    waived_records_leave_every_verdict,
    a_deviation_never_touches_a_finding,
    a_finding_is_counted_once,
    a_finding_ends_where_its_effect_is_verified,
];

const INDICATOR: &str = "context-breach";

fn ticket(name: &str) -> RecordId {
    RecordId::of(RecordKind::Ticket, "files", name)
}

fn status(evidence: &Evidence, id: &RequirementId) -> RequirementStatus {
    let statuses = requirement_statuses(&standards(), evidence);
    statuses.into_iter().find(|status| status.requirement == *id).expect("a status")
}

/// `context` breached in both systems by these records, failing since these instants.
fn breached(records: &[(&str, &str)]) -> Evidence {
    let mut evidence = Evidence::default();
    for &system in System::ALL {
        let mut breach = result(system, "context", Verdict::Breach);
        breach.tally = Tally { passing: 0, failing: records.len() as u64, unknown: 0 };
        evidence.indicators.push(breach);
        let failing = records.iter().map(|(name, since)| (ticket(name), time(since))).collect();
        evidence.failing.insert((INDICATOR.into(), system), failing);
    }
    evidence
}

fn covering(records: &[&str]) -> Covered {
    let records = records.iter().map(|name| ticket(name)).collect();
    Covered { indicators: [(INDICATOR.to_string(), records)].into(), ..Covered::default() }
}

fn determined(evidence: &mut Evidence, result: DeterminationResult, covers: Covered) -> Status {
    evidence.decisions.determinations = vec![determination(isms("4.1"), result, covers)];
    status(evidence, &isms("4.1")).status
}

fn a_determination_settles_what_it_was_made_on() {
    let mut evidence = breached(&[("a", "2026-01-01"), ("b", "2026-01-15")]);
    assert_eq!(status(&evidence, &isms("4.1")).status, Status::PotentialNonconformity);
    let both = determined(&mut evidence, DeterminationResult::None, covering(&["a", "b"]));
    assert_eq!(both, Status::Concern);
    let found = status(&evidence, &isms("4.1"));
    assert_eq!(found.topics.first().map(|topic| topic.state), Some(TopicState::Settled));
    assert_eq!(found.determinations.first().map(|d| (d.result, d.holds)), Some((DeterminationResult::None, true)));
    // Recovery: nothing is left of it.
    let mut recovered = all_met();
    recovered.decisions.determinations.clone_from(&evidence.decisions.determinations);
    assert_eq!(status(&recovered, &isms("4.1")).status, Status::Conforming);
    // A lapse is a concern as it is.
    let mut lapsed = all_met();
    set(&mut lapsed, "context", Verdict::Lapse);
    assert_eq!(status(&lapsed, &isms("4.1")).status, Status::Concern);
}

fn a_new_record_ends_a_determination() {
    let one = covering(&["a"]);
    let mut more = breached(&[("a", "2026-01-01"), ("b", "2026-01-15")]);
    assert_eq!(determined(&mut more, DeterminationResult::None, one.clone()), Status::PotentialNonconformity);
    let mut again = breached(&[("a", "2026-02-02")]);
    let failed_again = determined(&mut again, DeterminationResult::None, one.clone());
    assert_eq!(failed_again, Status::PotentialNonconformity, "it recovered and failed anew after the determination");
    let mut fewer = breached(&[("a", "2026-02-01")]);
    assert_eq!(determined(&mut fewer, DeterminationResult::None, covering(&["a", "b"])), Status::Concern);
    let mut unlisted = breached(&[("a", "2026-01-01")]);
    unlisted.failing.clear();
    let unknown = determined(&mut unlisted, DeterminationResult::None, one);
    assert_eq!(unknown, Status::PotentialNonconformity, "what is not known to be covered is new");
    let mut other = breached(&[("a", "2026-01-01")]);
    other.indicators.push(result(System::Isms, "context", Verdict::Met));
    let mut second = result(System::Isms, "context", Verdict::Breach);
    second.indicator = "another".into();
    other.indicators.push(second);
    assert_eq!(determined(&mut other, DeterminationResult::None, covering(&["a"])), Status::PotentialNonconformity);
}

fn a_determination_settles_its_own_requirement_only() {
    let mut evidence = breached(&[("a", "2026-01-01")]);
    determined(&mut evidence, DeterminationResult::None, covering(&["a"]));
    assert_eq!(status(&evidence, &sms("4.1")).own_status, Some(Status::PotentialNonconformity));
    let standards = standards();
    let rows = joint_rows(&standards, &requirement_statuses(&standards, &evidence));
    let row = rows.iter().find(|row| row.row == 3).expect("4.1 beside 4.1");
    assert_eq!((row.status, row.isms), (JointStatus::GapSms, Some(Status::Concern)));
}

fn a_breach_without_a_record_is_covered_by_name() {
    let mut evidence = breached(&[]);
    let unnamed = determined(&mut evidence, DeterminationResult::None, Covered::default());
    assert_eq!(unnamed, Status::PotentialNonconformity);
    assert_eq!(determined(&mut evidence, DeterminationResult::None, covering(&[])), Status::Concern);
}

fn waiver(record: &str) -> Deviation {
    Deviation {
        id: "deviation".into(),
        waives: vec![Waiver { record: ticket(record), indicator: INDICATOR.into() }],
        reason: "replaced in autumn".into(),
        author: "anna".into(),
        confirmed_by: "berta".into(),
        expires_at: time("2026-10-01"),
    }
}

fn a_deviation_waives_pairs_and_keeps_the_concern() {
    let decisions = Decisions { deviations: vec![waiver("a")], ..Decisions::default() };
    assert_eq!(decisions.waived(INDICATOR, &[ticket("a"), ticket("b")]), 1);
    assert_eq!(decisions.waived("another", &[ticket("a")]), 0);
    assert_eq!(decisions.waived(INDICATOR, &[ticket("b")]), 0, "a record that passes is not waived");

    let mut evidence = all_met();
    for result in evidence.indicators.iter_mut().filter(|result| result.topic == "context") {
        result.waived = 1;
    }
    let found = status(&evidence, &isms("4.1"));
    assert_eq!(found.status, Status::Concern, "never better than a concern");
    assert_eq!(found.topics.first().map(|topic| topic.state), Some(TopicState::Waived));
    set(&mut evidence, "context", Verdict::Breach);
    assert_eq!(status(&evidence, &isms("4.1")).status, Status::PotentialNonconformity, "the others still breach");

    // A waived record is nothing new to a determination.
    let mut both = breached(&[("a", "2026-03-01"), ("b", "2026-01-01")]);
    both.decisions.deviations.push(waiver("a"));
    assert_eq!(determined(&mut both, DeterminationResult::None, covering(&["b"])), Status::Concern);
}

fn waived_records_leave_every_verdict() {
    let share = |percent: u32| Share::from_millionths(percent * 10_000).expect("a share");
    for severity in Severity::ALL.iter().copied() {
        for at_least in 0..3 {
            let limits = Limits { target: share(100), tolerance: share(50), severity, at_least };
            for (passing, failing, unknown) in
                (0..4).flat_map(|p| (0..4).flat_map(move |f| (0..3).map(move |u| (p, f, u))))
            {
                let tally = Tally { passing, failing, unknown };
                let fresh = Freshness::Fresh;
                assert_eq!(verdict_without(&limits, tally, 0, fresh), verdict(&limits, tally, fresh));
                for waived in 1..=failing {
                    let rest = Tally { failing: failing - waived, ..tally };
                    let lower = Limits { at_least: limits.at_least.saturating_sub(waived), ..limits.clone() };
                    assert_eq!(verdict_without(&limits, tally, waived, fresh), verdict(&lower, rest, fresh));
                }
                if passing + unknown == 0 && failing > 0 && failing >= at_least {
                    let all = verdict_without(&limits, tally, failing, fresh);
                    assert_eq!(all, Verdict::NoOccurrence, "{tally:?} {severity} at least {at_least}");
                }
            }
        }
    }
}

fn a_deviation_never_touches_a_finding() {
    let mut evidence = all_met();
    evidence.findings.push(finding(isms("4.1"), Grade::Minor));
    evidence.decisions.deviations.push(waiver("a"));
    for result in &mut evidence.indicators {
        result.waived = 1;
    }
    assert_eq!(status(&evidence, &isms("4.1")).status, Status::MinorNonconformity);
}

fn opened(id: &str, grade: Grade, ticket: Option<RecordId>) -> OpenedFinding {
    OpenedFinding {
        id: id.into(),
        requirement: isms("4.1"),
        grade,
        title: "no review".into(),
        ticket,
        author: "anna".into(),
        opened_at: time("2026-01-01"),
    }
}

fn a_finding_is_counted_once() {
    let of_ticket = finding(isms("4.1"), Grade::Minor);
    let same = of_ticket.record;
    let decisions = |found: Vec<OpenedFinding>| Decisions { findings: found, ..Decisions::default() };
    let merged = with_decided(vec![of_ticket.clone()], &decisions(vec![opened("1", Grade::Major, same)]));
    let found: Vec<_> = merged.iter().map(|f| (f.grade, f.name(), f.decision.as_deref())).collect();
    assert_eq!(found, [(Grade::Major, "iso27001-2013/4.1", Some("1"))], "the worse grade");
    let milder =
        with_decided(vec![finding(isms("4.1"), Grade::Major)], &decisions(vec![opened("1", Grade::Minor, same)]));
    assert_eq!(milder.iter().map(|f| f.grade).collect::<Vec<_>>(), [Grade::Major]);

    let apart = [opened("1", Grade::Minor, None), opened("2", Grade::Major, Some(ticket("other")))];
    assert_eq!(with_decided(vec![of_ticket.clone()], &decisions(apart.to_vec())).len(), 3);
    let elsewhere = OpenedFinding { requirement: isms("4.2"), ..opened("1", Grade::Minor, same) };
    assert_eq!(with_decided(vec![of_ticket], &decisions(vec![elsewhere])).len(), 2, "another requirement");

    let mut evidence = all_met();
    evidence.findings = with_decided(vec![], &decisions(vec![opened("1", Grade::Minor, None)]));
    let found = status(&evidence, &isms("4.1"));
    assert_eq!((found.status, found.findings.len()), (Status::MinorNonconformity, 1));
    assert_eq!(found.findings.first().and_then(|f| f.graded_by.as_deref()), Some("anna"));
}

fn a_finding_ends_where_its_effect_is_verified() {
    let of_ticket = finding(isms("4.1"), Grade::Minor);
    let record = of_ticket.record.expect("a ticket");
    let closed = Decisions { closed: vec![(isms("4.1"), record)], ..Decisions::default() };
    assert!(with_decided(vec![of_ticket.clone()], &closed).is_empty());
    let other = Decisions { closed: vec![(isms("4.2"), record)], ..Decisions::default() };
    assert_eq!(with_decided(vec![of_ticket], &other).len(), 1);
    // The ticket's source says it was effective; the decision that opened the finding was not closed.
    let open = Decisions { findings: vec![opened("1", Grade::Minor, Some(record))], ..Decisions::default() };
    assert_eq!(with_decided(vec![], &open).len(), 1);
}
