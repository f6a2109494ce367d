//! Cases of the guidance points.

use super::{STANDARDS, isms, sms};
use concord::{
    embedded,
    error::Error,
    standards::{GuidanceFilter, Reach},
};
use std::collections::BTreeSet;

crate::harness::cases![
    every_clause_with_something_to_do_has_points,
    points_are_found_by_clause_requirement_and_topic,
    points_are_found_by_id,
    the_guides_lists_are_whole,
    points_touch_requirements_that_ask_for_their_topics,
    indicators_named_exist,
];

fn every_clause_with_something_to_do_has_points() {
    assert_eq!((STANDARDS.guide_clauses().len(), STANDARDS.guidance().len()), (28, 128));
    let with_points: BTreeSet<_> = STANDARDS.guidance().iter().map(|point| point.clause.as_str()).collect();
    let without = STANDARDS.guide_clauses().iter().map(|clause| clause.number.as_str());
    let without: Vec<_> = without.filter(|number| !with_points.contains(number)).collect();
    assert_eq!(without, ["5", "5.3", "5.3.1", "6", "6.2", "6.3"], "headings and an introduction");
    let order = |clause: &str| STANDARDS.guide_clauses().iter().position(|known| known.number == clause);
    assert!(STANDARDS.guidance().iter().is_sorted_by_key(|point| order(&point.clause)));
}

fn found(filter: GuidanceFilter<'_>) -> Vec<&'static str> {
    STANDARDS.guidance_where(filter).into_iter().map(|point| point.id.as_str()).collect()
}

fn points_are_found_by_clause_requirement_and_topic() {
    assert_eq!(found(GuidanceFilter { clause: Some("6.3.6"), ..Default::default() }), ["6.3.6-1", "6.3.6-2"]);
    assert_eq!(found(GuidanceFilter { clause: Some("6.3.1"), ..Default::default() }), ["6.3.1-1"], "not 6.3.10");
    assert!(found(GuidanceFilter { clause: Some("6"), ..Default::default() }).len() > 60);
    let capacity = isms("A.12.1.3");
    assert_eq!(
        found(GuidanceFilter { requirement: Some(&capacity), ..Default::default() }),
        ["6.3.4-1", "6.3.4-2", "6.3.4-3"]
    );
    // From above and from below.
    for number in ["A.16", "A.16.1", "A.16.1.7"] {
        let id = isms(number);
        assert!(
            found(GuidanceFilter { requirement: Some(&id), ..Default::default() }).contains(&"6.2.5-9"),
            "{number}"
        );
    }
    let (topic, clause) = (Some("incident-evidence"), Some("6.2.5"));
    let problem = sms("8.2");
    assert_eq!(found(GuidanceFilter { topic, ..Default::default() }), ["6.2.5-9", "6.2.5-10", "6.2.5-13", "6.2.5-14"]);
    assert_eq!(found(GuidanceFilter { topic, clause, requirement: Some(&problem) }), [""; 0]);
    assert_eq!(found(GuidanceFilter::default()).len(), 128);
}

fn points_are_found_by_id() {
    for id in ["5.3.3-a", "5.3.3 a"] {
        assert_eq!(STANDARDS.guidance_point(id).map(|point| point.clause.as_str()).ok(), Some("5.3.3"));
    }
    let wrong = |id: &str| match STANDARDS.guidance_point(id) {
        Err(Error::NotFound(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(wrong("5.3.3-l").starts_with("there is no guidance point `5.3.3-l`; did you mean `5.3."));
    assert_eq!(wrong(&"x".repeat(1_000_000)).len(), "there is no guidance point ``".len() + 40);
}

fn the_guides_lists_are_whole() {
    let lists =
        [("5.1", "abcdefghij"), ("5.3.2", "abcde"), ("5.3.3", "abcdefghijk"), ("5.3.4", "abcde"), ("6.2.4", "abc")];
    for (clause, letters) in lists {
        for letter in letters.chars() {
            assert!(STANDARDS.guidance_point(&format!("{clause}-{letter}")).is_ok(), "{clause} {letter}");
        }
    }
}

fn points_touch_requirements_that_ask_for_their_topics() {
    // A point and its topics are about the same thing: some requirement it touches asks for each topic.
    let mut apart = Vec::new();
    for point in STANDARDS.guidance() {
        for topic in &point.topics {
            let asked = point.requirements.iter().flat_map(|id| STANDARDS.topics_of(id, Reach::Around));
            if !asked.into_iter().any(|asked| asked.id == *topic) {
                apart.push(format!("{} {topic}", point.id));
            }
        }
    }
    assert_eq!(apart, [""; 0]);
}

fn indicators_named_exist() {
    let known: BTreeSet<_> = embedded::indicators()
        .into_iter()
        .filter_map(|(path, _)| Some(path.strip_prefix("indicators/")?.strip_suffix(".toml")?.to_owned()))
        .collect();
    let named = STANDARDS.guidance().iter().flat_map(|point| &point.indicators);
    let missing: BTreeSet<_> = named.filter(|id| !known.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
