//! Cases of the body links and of the matrix.

use super::{STANDARDS, isms, sms};
use concord::standards::{
    BodyRelation, CorrespondenceRelation as Relation, LinkProvenance, MatrixCell, MatrixDepth, matrix,
};
use std::collections::BTreeSet;

crate::harness::cases![
    the_known_links_are_there,
    links_never_repeat_or_change_the_table,
    controls_find_the_links_of_what_is_above,
    every_link_cites_a_clause_of_the_guide,
    topics_from_the_body_stand_in_a_link,
    the_matrix_has_every_pair_once,
    the_matrix_counts_what_is_deeper_to_what_is_shown,
    the_matrix_says_what_is_related_by_nothing,
];

fn pairs() -> Vec<(String, String)> {
    let pair = |(one, other): (&str, &str)| (one.to_owned(), other.to_owned());
    STANDARDS.body_links().iter().map(|link| pair((link.requirement.number(), link.reference.number()))).collect()
}

fn the_known_links_are_there() {
    let pairs = pairs();
    let known = [
        ("A.12.1.3", "6.5"),
        ("A.8.1.1", "9.1"),
        ("A.14.2", "9.3"),
        ("A.17", "6.3"),
        ("A.14.2.9", "9.3"),
        ("A.12.1.4", "9.3"),
        ("9.3", "5"),
        ("A.16.1.6", "8.2"),
        ("A.12.1.2", "9.2"),
        ("A.7.2", "4.2"),
        ("6.2", "9.1"),
    ];
    for (one, other) in known {
        assert!(pairs.contains(&(one.into(), other.into())), "{one} with {other}");
    }
    assert_eq!(pairs.len(), 53);
    let capacity = &STANDARDS.body_links_of(&sms("6.5"));
    assert_eq!(capacity.len(), 1);
    assert_eq!((&capacity[0].guide, capacity[0].named), (&vec!["6.3.4".to_owned()], false));
    let release = STANDARDS.body_links_of(&isms("A.14.2"));
    assert_eq!(release.iter().map(|link| link.relation).collect::<Vec<_>>(), [BodyRelation::BothNeeded]);
}

fn links_never_repeat_or_change_the_table() {
    assert_eq!(STANDARDS.rows().iter().map(|row| row.references.len()).sum::<usize>(), 161);
    for link in STANDARDS.body_links() {
        assert_eq!(link.provenance, LinkProvenance::Body);
        let held = STANDARDS.rows_citing(&link.requirement).into_iter().any(|row| {
            row.requirement.as_ref().is_some_and(|side| *side == link.requirement || link.requirement.is_below(side))
                && row.references.iter().any(|citation| citation.concerns(&link.reference))
        });
        assert!(!held, "{} with {} stands in the table", link.requirement, link.reference);
    }
}

fn controls_find_the_links_of_what_is_above() {
    let of = |id| STANDARDS.body_links_of(&id).iter().map(|link| link.requirement.number()).collect::<Vec<_>>();
    assert_eq!(of(isms("A.14.2.9")), ["A.14.2", "A.14.2.9"]);
    assert_eq!(of(isms("A.14")), [""; 0]);
    assert!(of(sms("9.1")).len() >= 6, "9.1 stands in no row, and the text links it to many");
    assert_eq!(of(sms("9")), [""; 0]);
}

fn every_link_cites_a_clause_of_the_guide() {
    let clauses: BTreeSet<_> = STANDARDS.guide_clauses().iter().map(|clause| clause.number.as_str()).collect();
    for link in STANDARDS.body_links() {
        assert!(!link.guide.is_empty() && link.guide.iter().all(|number| clauses.contains(number.as_str())));
    }
}

fn topics_from_the_body_stand_in_a_link() {
    // The guide's 6.2.2 names no control of Annex A, so the choice of A.14.1.1 for it is the topic's own.
    let chosen = isms("A.14.1.1");
    for topic in STANDARDS.topics() {
        for link in topic.requirements.iter().filter(|link| link.provenance == LinkProvenance::Body) {
            let id = &link.requirement;
            let stands = STANDARDS.body_links().iter().flat_map(|body| [&body.requirement, &body.reference]);
            let related = stands.into_iter().any(|end| end == id || end.is_below(id) || id.is_below(end));
            assert!(related || *id == chosen, "{}: {id} stands in no body link", topic.id);
        }
    }
}

fn find<'a>(cells: &'a [MatrixCell], one: &str, other: &str) -> Option<&'a MatrixCell> {
    cells.iter().find(|cell| cell.isms == isms(one) && cell.sms == sms(other))
}

fn the_matrix_has_every_pair_once() {
    let full = matrix(&STANDARDS, MatrixDepth { isms: 9, sms: 9 });
    let ends: BTreeSet<_> = full.cells.iter().map(|cell| (&cell.isms, &cell.sms)).collect();
    assert_eq!(ends.len(), full.cells.len());
    for row in STANDARDS.rows().iter().filter(|row| row.requirement.is_some()) {
        for end in row.references.iter().flat_map(|citation| citation.ends()) {
            let cell = full.cells.iter().find(|cell| Some(&cell.isms) == row.requirement.as_ref() && cell.sms == *end);
            assert!(cell.is_some_and(|cell| cell.rows.contains(&row.row)), "row {} with {end}", row.row);
        }
    }
    let linked: usize = full.cells.iter().map(|cell| cell.body_links.len()).sum();
    assert_eq!(linked, STANDARDS.body_links().len());
    assert_eq!(full.rows.len(), STANDARDS.requirements_of(super::ISMS).count());
    // The range "5 to 9" of row 8.
    for clause in ["5", "6", "7", "8", "9"] {
        assert_eq!(find(&full.cells, "8", clause).and_then(|cell| cell.relation), Some(Relation::Many), "{clause}");
    }
    assert!(find(&full.cells, "8", "4").is_none());
}

fn the_matrix_counts_what_is_deeper_to_what_is_shown() {
    let top = matrix(&STANDARDS, MatrixDepth { isms: 1, sms: 1 });
    let numbers = |nodes: &[concord::standards::MatrixNode]| nodes.iter().map(|node| node.depth).max();
    assert_eq!((numbers(&top.rows), numbers(&top.columns)), (Some(1), Some(1)));
    let operations = find(&top.cells, "A.12", "6").expect("A.12.3 is mapped to 6.3");
    assert_eq!((operations.relation, operations.rows.len()), (Some(Relation::Mapped), 1));
    let capacity = STANDARDS.body_links_of(&isms("A.12.1.3"))[0].link;
    assert!(operations.body_links.contains(&capacity), "A.12.1.3 with 6.5");
    let releases = find(&top.cells, "A.14", "9").expect("the text links them");
    assert_eq!(releases.relation, None, "no row does");
    let planning = find(&top.cells, "6", "4").expect("related");
    assert_eq!(planning.relation, Some(Relation::Mapped), "mapped is closer than qualified");
    let mixed = matrix(&STANDARDS, MatrixDepth { isms: 2, sms: 1 });
    assert!(find(&mixed.cells, "A.12.3", "6").is_some() && find(&mixed.cells, "A.12", "6").is_none());
    assert!(mixed.cells.is_sorted_by_key(|cell| mixed.rows.iter().position(|node| node.requirement == cell.isms)));
    assert_eq!(matrix(&STANDARDS, MatrixDepth { isms: 0, sms: 0 }).rows.len(), top.rows.len());
}

fn the_matrix_says_what_is_related_by_nothing() {
    let view = matrix(&STANDARDS, MatrixDepth::default());
    let related = |number: &str| {
        let nodes = view.rows.iter().filter(|node| node.requirement == isms(number));
        nodes.map(|node| node.related).collect::<Vec<_>>()
    };
    assert_eq!(related("A.9.1"), [false]);
    assert_eq!(related("A.9"), [false]);
    assert_eq!(related("A.17"), [true]);
    let empty = matrix(&concord::standards::Standards::default(), MatrixDepth::default());
    assert!(empty.rows.is_empty() && empty.cells.is_empty());
}
