//! Cases of finding requirements, topics and rows.

use super::{ISMS, STANDARDS, isms, sms};
use concord::{
    error::Error,
    standards::{Reach, RequirementId, RequirementKind},
};

crate::harness::cases![
    a_number_is_found,
    a_wrong_number_names_the_nearest,
    a_number_of_the_other_edition_says_so,
    an_unknown_edition_names_the_known_ones,
    absurd_input_is_cut_short,
    rows_are_found_from_both_sides,
    other_items_of_a_cited_clause_are_not_concerned,
    a_citation_ends_where_the_tree_can_say,
    topics_reach_as_far_as_asked,
    a_range_covers_its_clauses,
];

#[track_caller]
fn not_found(edition: &str, number: &str) -> String {
    match STANDARDS.find(edition, number) {
        Err(Error::NotFound(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn a_number_is_found() {
    let control = STANDARDS.find(ISMS, "A.16.1.7").expect("exists");
    assert_eq!((&*control.title, control.kind), ("Collection of evidence", RequirementKind::Control));
    assert_eq!(
        STANDARDS.resolve("iso20000-1-2011/8.1").expect("exists").title,
        "Incident and service request management"
    );
    assert!(STANDARDS.resolve("8.1").is_err());
}

fn a_wrong_number_names_the_nearest() {
    assert_eq!(
        not_found(ISMS, "A.8.9"),
        "iso27001-2013 has no requirement `A.8.9`; nearest: `A.8.1`, `A.8.2`, `A.8.3`"
    );
    assert!(not_found(ISMS, "a.8.1").contains("nearest: `A.8.1`"));
}

fn a_number_of_the_other_edition_says_so() {
    let text = not_found(ISMS, "6.6.1");
    assert!(text.starts_with("iso27001-2013 has no requirement `6.6.1`; iso20000-1-2011 has one"), "{text}");
}

fn an_unknown_edition_names_the_known_ones() {
    let text = not_found("iso27001-2031", "4.1");
    assert!(text.contains("there are iso27001-2013, iso20000-1-2011; did you mean `iso27001-2013`?"), "{text}");
}

fn absurd_input_is_cut_short() {
    let long = "ü".repeat(100_000);
    for text in [not_found(ISMS, &long), not_found(&long, "4"), not_found("", "")] {
        assert!(text.len() < 300, "{}", text.len());
    }
}

fn numbers(id: &RequirementId) -> Vec<&'static str> {
    let rows = STANDARDS.rows_citing(id);
    rows.iter().map(|row| row.requirement.as_ref().map_or("-", |id| id.number())).collect()
}

fn rows_are_found_from_both_sides() {
    assert_eq!(numbers(&isms("A.16.1.7")), ["A.16", "A.16.1"]);
    assert_eq!(numbers(&isms("5.1.b")), ["5", "5.1", "5.1.b"]);
    assert_eq!(numbers(&sms("7.2")), ["5.1.b", "7.4", "A.15.2"]);
    assert_eq!(numbers(&sms("6.3.2")), ["A.12.3", "A.17.2"]);
    assert_eq!(numbers(&sms("1.2")), ["-", "-", "4.3"]);
    assert!(numbers(&sms("9.1")).is_empty(), "a range is no reference");
    for row in STANDARDS.rows() {
        for citation in &row.references {
            for end in citation.ends().into_iter().chain([&citation.requirement]) {
                assert!(STANDARDS.rows_citing(end).iter().any(|found| found.row == row.row), "{end}");
            }
        }
        if let Some(requirement) = &row.requirement {
            assert!(STANDARDS.rows_citing(requirement).iter().any(|found| found.row == row.row));
        }
    }
}

fn other_items_of_a_cited_clause_are_not_concerned() {
    let rows = numbers(&sms("4.1.1.f"));
    assert!(rows.contains(&"4.1") && rows.contains(&"5.1.d"), "rows that cite all of 4.1.1: {rows:?}");
    assert!(!rows.contains(&"5.1.a") && !rows.contains(&"7.4"), "rows that cite other items of it: {rows:?}");
    assert_eq!(numbers(&sms("6.4.a.1")), ["5.1.c"]);
    assert_eq!(numbers(&sms("6.4.a")), ["5.1.c"], "an item above the cited ones");
}

fn a_citation_ends_where_the_tree_can_say() {
    let ends = |row: usize, clause: &str| -> Vec<_> {
        let row = &STANDARDS.rows()[row - 1];
        let citation = row.references.iter().find(|citation| citation.requirement.number() == clause);
        citation.expect("cited").ends().into_iter().map(RequirementId::number).collect()
    };
    assert_eq!(ends(33, "4.1.1"), ["4.1.1.a", "4.1.1.c", "4.1.1.d"]);
    assert_eq!(ends(33, "4.5.4.1"), ["4.5.4.1"], "only a paragraph");
    assert_eq!(ends(41, "6.6.2"), ["6.6.2"], "an item and a paragraph");
    assert_eq!(ends(34, "4.3"), ["4.3"]);
}

fn topics_reach_as_far_as_asked() {
    let topics = |number: &str, reach| -> Vec<_> {
        STANDARDS.topics_of(&isms(number), reach).into_iter().map(|topic| topic.id.as_str()).collect()
    };
    assert!(topics("A.15.2", Reach::Own).is_empty());
    assert_eq!(topics("A.15.2", Reach::Below), ["other-party-governance", "supplier-review", "supplier-change"]);
    assert_eq!(topics("5.1.g", Reach::Below), ["improvement"]);
    assert_eq!(topics("5.1.g", Reach::Around), ["leadership", "improvement"]);
    assert!(topics("99", Reach::Around).is_empty());
    let shared = STANDARDS.shared_topics(&isms("A.15.2"), &sms("7.2"));
    let shared: Vec<_> = shared.into_iter().map(|topic| topic.id.as_str()).collect();
    assert_eq!(shared, ["other-party-governance", "supplier-review", "supplier-change"]);
}

fn a_range_covers_its_clauses() {
    let rows = STANDARDS.rows();
    let covered = |row: usize| -> Vec<_> {
        STANDARDS.requirements_in(&rows[row - 1].ranges[0]).map(|node| node.number.as_str()).collect()
    };
    let from_five = covered(38);
    assert_eq!((from_five.first(), from_five.last()), (Some(&"5"), Some(&"9.3")));
    assert!(from_five.contains(&"6.4.a.1") && !from_five.contains(&"4.5.5.2"));
    assert_eq!(covered(39).first(), Some(&"6"));
    let inner = concord::standards::ClauseRange { first: sms("5"), last: sms("6.3") };
    let inner: Vec<_> = STANDARDS.requirements_in(&inner).map(|node| node.number.as_str()).collect();
    assert_eq!(inner.last(), Some(&"6.3.3"), "with what lies below the last clause");
}
