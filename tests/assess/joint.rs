//! Joint statuses of the rows of a small correspondence table.

use super::fixture::{all_met, finding, isms, set, sms, standards};
use concord::assess::{Evidence, JointRow, Precision, joint_of, joint_rows, requirement_statuses};
use concord::model::{Grade, JointStatus, Status, Verdict};

crate::harness::cases![
    both_sides_combine_by_the_table,
    a_reference_is_judged_on_shared_topics,
    topics_above_and_below_are_shared_too,
    without_shared_topics_whole_clauses_are_judged,
    graded_gaps_are_confirmed,
    headings_roll_up_from_the_rows_below,
    rows_without_two_sides_say_so,
];

fn both_sides_combine_by_the_table() {
    use Status::*;
    for isms in Status::ALL.iter().copied() {
        for sms in Status::ALL.iter().copied() {
            let gap = |side| [MajorNonconformity, MinorNonconformity, PotentialNonconformity].contains(&side);
            let expected = if isms == NotApplicable || sms == NotApplicable {
                "single_sided"
            } else if gap(isms) && gap(sms) {
                "gap_both"
            } else if gap(isms) {
                "gap_isms"
            } else if gap(sms) {
                "gap_sms"
            } else if isms == Concern || sms == Concern {
                "concern"
            } else if isms == Conforming && sms == Conforming {
                "conforming"
            } else {
                "incomplete"
            };
            assert_eq!(joint_of(isms, sms).as_str(), expected, "{isms} {sms}");
        }
    }
}

fn rows(evidence: &Evidence) -> Vec<JointRow> {
    let standards = standards();
    joint_rows(&standards, &requirement_statuses(&standards, evidence))
}

fn row(rows: &[JointRow], number: u32) -> &JointRow {
    rows.iter().find(|row| row.row == number).expect("a row")
}

fn a_reference_is_judged_on_shared_topics() {
    let mut evidence = all_met();
    set(&mut evidence, "configuration", Verdict::Breach);
    let found = rows(&evidence);
    let assets = row(&found, 8);
    assert_eq!(assets.status, JointStatus::Conforming);
    let reference = assets.references.first().expect("a reference");
    assert_eq!((reference.precision, &reference.shared_topics), (Precision::Topics, &vec!["assets".to_string()]));
    assert_eq!((reference.sms, reference.clause_status), (Status::Conforming, Status::PotentialNonconformity));

    set(&mut evidence, "assets", Verdict::Lapse);
    assert_eq!(row(&rows(&evidence), 8).status, JointStatus::Concern);
    set(&mut evidence, "assets", Verdict::NoData);
    assert_eq!(row(&rows(&evidence), 8).status, JointStatus::Incomplete);
}

fn topics_above_and_below_are_shared_too() {
    let mut evidence = all_met();
    let found = rows(&evidence);
    let reference = row(&found, 5).references.first().expect("a reference");
    // `leadership` is asked for above 5.1.a and below 4.1, `policy` at 5.1.a and below 4.1.
    assert_eq!(reference.shared_topics, ["leadership", "policy"]);
    assert_eq!(row(&found, 5).status, JointStatus::Conforming);
    set(&mut evidence, "leadership", Verdict::Breach);
    let found = rows(&evidence);
    assert_eq!(row(&found, 5).status, JointStatus::GapBoth);
    assert_eq!(row(&found, 5).clause_status, Some(Status::Conforming), "5.1.a itself does not ask for it");
}

fn without_shared_topics_whole_clauses_are_judged() {
    let mut evidence = all_met();
    set(&mut evidence, "change", Verdict::Breach);
    let found = rows(&evidence);
    let needs = row(&found, 4);
    let reference = needs.references.first().expect("a reference");
    assert_eq!((reference.precision, reference.shared_topics.len()), (Precision::Clause, 0));
    assert_eq!((needs.status, needs.isms), (JointStatus::GapSms, Some(Status::Conforming)));
    assert_eq!(needs.sms, Some(Status::PotentialNonconformity));
    // Of two references the worse decides the side.
    assert_eq!((row(&found, 5).status, row(&found, 5).sms), (JointStatus::GapSms, needs.sms));
}

fn graded_gaps_are_confirmed() {
    let mut evidence = all_met();
    set(&mut evidence, "assets", Verdict::Breach);
    let both = rows(&evidence);
    assert_eq!((row(&both, 8).status, row(&both, 8).confirmed), (JointStatus::GapBoth, false));
    evidence.findings.push(finding(sms("9.1"), Grade::Minor));
    assert!(!row(&rows(&evidence), 8).confirmed, "one side is graded only");
    evidence.findings.push(finding(isms("A.8.1.1"), Grade::Major));
    let graded = rows(&evidence);
    assert!(row(&graded, 8).confirmed);
    assert_eq!(row(&graded, 8).isms, Some(Status::MajorNonconformity));

    // A finding on an item that asks for something else leaves the shared topics alone.
    let mut evidence = all_met();
    evidence.findings.push(finding(sms("4.1.b"), Grade::Major));
    let found = rows(&evidence);
    assert_eq!(row(&found, 3).status, JointStatus::Conforming, "4.1 is judged on `context`");
    assert_eq!(row(&found, 3).references.first().map(|r| r.clause_status), Some(Status::MajorNonconformity));
    assert_eq!(row(&found, 5).status, JointStatus::GapSms, "5.1.a shares `policy`");
}

fn headings_roll_up_from_the_rows_below() {
    let mut evidence = all_met();
    let found = rows(&evidence);
    let domain = row(&found, 6);
    assert_eq!((domain.status, domain.child_rows.clone()), (JointStatus::RollUp, vec![8, 9]));
    // A.8.1.3 has no equivalent and no evidence: the heading's own side is not fully evidenced.
    assert_eq!((domain.rolled_up, domain.isms), (Some(JointStatus::Incomplete), Some(Status::PartiallyEvidenced)));
    assert_eq!(row(&found, 7).child_rows, [8, 9]);
    set(&mut evidence, "assets", Verdict::Breach);
    assert_eq!(row(&rows(&evidence), 6).rolled_up, Some(JointStatus::GapBoth));
}

fn rows_without_two_sides_say_so() {
    let found = rows(&all_met());
    for number in [1, 10, 11] {
        let row = row(&found, number);
        assert_eq!((row.status, row.isms, row.sms), (JointStatus::NotJudged, None, None), "row {number}");
    }
    let none = row(&found, 9);
    assert_eq!((none.status, none.isms, none.sms), (JointStatus::SingleSided, Some(Status::NotAssessed), None));
    let many = row(&found, 2);
    assert_eq!((many.status, many.isms), (JointStatus::SingleSided, Some(Status::Conforming)));
    let counts = &many.ranges.first().expect("a range").requirements;
    assert_eq!((counts.get(Status::Conforming), counts.total()), (3, 3), "4.2, 9.1 and 9.2");
}
