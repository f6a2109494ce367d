//! Cases of the reverse view: the table read from its other side, nothing lost and nothing left out.

use super::{STANDARDS, isms, sms};
use concord::standards::{ReverseEntry, reverse};

crate::harness::cases![
    every_requirement_is_there_once,
    every_citation_is_found_from_its_clause,
    what_no_row_cites_is_there_too,
];

fn entry<'a>(entries: &'a [ReverseEntry], number: &str) -> &'a ReverseEntry {
    entries.iter().find(|entry| entry.requirement == sms(number)).expect("the requirement")
}

fn every_requirement_is_there_once() {
    let entries = reverse(&STANDARDS);
    let ids = STANDARDS.requirements_of(super::SMS).map(|node| &node.id);
    assert!(ids.eq(entries.iter().map(|entry| &entry.requirement)));
}

fn every_citation_is_found_from_its_clause() {
    let entries = reverse(&STANDARDS);
    let mut citations = 0;
    for row in STANDARDS.rows() {
        for citation in &row.references {
            citations += 1;
            let rows = &entry(&entries, citation.requirement.number()).rows;
            let found = rows.iter().find(|found| found.row == row.row && found.locators == citation.locators);
            assert_eq!(found.expect("the row").requirement, row.requirement);
            for item in citation.locators.iter().filter_map(|locator| locator.requirement.as_ref()) {
                assert!(entry(&entries, item.number()).rows.iter().any(|found| found.row == row.row), "{item}");
            }
        }
    }
    assert_eq!(citations, 161);
    // No row is there that does not cite the requirement: clauses hold the citations, items repeat them.
    let clauses = entries.iter().filter(|entry| entry.rows.iter().any(|row| !row.locators.is_empty()));
    assert!(clauses.count() > 10);
    let of_clauses: usize = STANDARDS
        .requirements_of(super::SMS)
        .zip(&entries)
        .filter(|(node, _)| node.kind != concord::standards::RequirementKind::Item)
        .map(|(_, entry)| entry.rows.len())
        .sum();
    assert_eq!(of_clauses, 161);
    let links: usize = entries.iter().map(|entry| entry.body_links.len()).sum();
    assert_eq!(links, STANDARDS.body_links().len());
}

fn what_no_row_cites_is_there_too() {
    let entries = reverse(&STANDARDS);
    let configuration = entry(&entries, "9.1");
    assert!(!configuration.cited && configuration.rows.is_empty());
    assert_eq!(configuration.ranges, [38, 39], "clauses 5 to 9, and 6 to 9");
    assert!(configuration.body_links.iter().any(|link| link.requirement == isms("A.8.1.1")));
    assert!(entry(&entries, "9").cited, "9.2 below it is cited");
    assert!(entry(&entries, "4.1.1.b").cited);
    assert!(entry(&entries, "6.6.2").ranges.contains(&39) && entry(&entries, "5").ranges == [38]);
}
