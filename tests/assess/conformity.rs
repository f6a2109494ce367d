//! The summary and the worst requirements.

use super::fixture::{all_met, finding, isms, set, sms, standards};
use concord::assess::{Conformity, Coverage, Evidence, conformity, joint_rows, requirement_statuses, worst};
use concord::model::{Grade, JointStatus, Status, Verdict};

crate::harness::cases![the_summary_counts_requirements, the_joint_status_needs_both_standards, worst_is_most_specific];

fn summary(evidence: &Evidence) -> Conformity {
    let standards = standards();
    let statuses = requirement_statuses(&standards, evidence);
    conformity(&standards, &statuses, &joint_rows(&standards, &statuses), &evidence.findings)
}

fn the_summary_counts_requirements() {
    let mut evidence = all_met();
    evidence.findings = vec![finding(isms("4.9"), Grade::Major), finding(isms("0"), Grade::Minor)];
    let found = summary(&evidence);
    assert_eq!(found.unplaced_findings.len(), 2);
    let [first, second] = found.editions.as_slice() else { panic!("two editions") };
    // 4.1, 4.2, 5.1 and four controls; 4.1, 4.2, 9.1, 9.2.
    assert_eq!((first.requirements.total(), second.requirements.total()), (7, 4));
    assert_eq!(first.requirements.get(Status::Conforming), 5);
    assert_eq!(first.requirements.get(Status::NotAssessed), 2, "A.8.1.3 and A.9.1.1");
    assert_eq!((first.status, second.status), (Status::PartiallyEvidenced, Status::Conforming));
    assert_eq!(first.coverage, Some(Coverage { evidenced: 6, topics: 6 }));
    let groups: Vec<&str> = first.groups.iter().map(|group| group.requirement.number()).collect();
    assert_eq!(groups, ["4", "5", "A.8", "A.9"]);
    let total: u64 = first.groups.iter().map(|group| group.requirements.total()).sum();
    assert_eq!(total, first.requirements.total());
    assert_eq!(found.joint.requirements.total(), 11);
    let rows = &found.joint.rows;
    assert_eq!(rows.values().sum::<u64>(), 9, "two of eleven rows are headings");
    assert_eq!((rows.get(&JointStatus::NotJudged), rows.get(&JointStatus::RollUp)), (Some(&3), None));
    let json = serde_json::to_value(&found).expect("JSON");
    assert_eq!(json.pointer("/editions/0/requirements/conforming"), Some(&5.into()));
    assert_eq!(serde_json::from_value::<Conformity>(json).expect("the same"), found);
}

fn the_joint_status_needs_both_standards() {
    let mut evidence = all_met();
    assert_eq!(summary(&evidence).joint.status, JointStatus::Incomplete);
    // No row of the table is about 4.2, and still the organisation does not conform.
    set(&mut evidence, "governance", Verdict::Breach);
    let joint = summary(&evidence).joint;
    assert_eq!((joint.status, joint.confirmed), (JointStatus::GapSms, false));
    evidence.findings.push(finding(sms("4.2"), Grade::Minor));
    assert!(summary(&evidence).joint.confirmed);
}

fn worst_is_most_specific() {
    let standards = standards();
    let mut evidence = all_met();
    set(&mut evidence, "assets", Verdict::Lapse);
    set(&mut evidence, "leadership", Verdict::Breach);
    set(&mut evidence, "policy", Verdict::Breach);
    for result in &mut evidence.indicators {
        result.tally.failing = if result.topic == "policy" { 7 } else { 3 };
    }
    evidence.findings.push(finding(sms("9.1"), Grade::Minor));
    let statuses = requirement_statuses(&standards, &evidence);
    let found: Vec<&str> = worst(&standards, &statuses, 10).iter().map(|s| s.requirement.as_str()).collect();
    let expected = [
        "iso20000-1-2011/9.1",
        "iso27001-2013/5.1.a",
        "iso20000-1-2011/4.1.b",
        "iso20000-1-2011/4.1.a",
        "iso27001-2013/A.8.1.1",
        "iso27001-2013/A.8.1.2",
    ];
    assert_eq!(found, expected, "neither 5.1, 4.1 nor any heading");
    assert_eq!(worst(&standards, &statuses, 2).len(), 2);
    assert!(worst(&standards, &requirement_statuses(&standards, &all_met()), 3).is_empty());
}
