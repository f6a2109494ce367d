//! Tables of the standards: editions, requirements, correspondence, topics, terms, guidance, what a search found.

use super::columns;
use crate::{
    answers::EditionSummary,
    report::{Cell, Table},
    search::Hit,
    standards::{BodyLink, CorrespondenceRow, GuidancePoint, Locator, LocatorKind, Requirement, Term, Topic},
};

/// A line for each edition.
pub fn editions(items: &[EditionSummary]) -> Table {
    let heads = [
        ("id", 18),
        ("name", 24),
        ("title", 60),
        ("system", 8),
        ("clauses", 9),
        ("items", 9),
        ("domains", 9),
        ("objectives", 11),
        ("controls", 9),
    ];
    Table::new("editions", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.edition.id),
            Cell::from(&item.edition.name),
            Cell::from(&item.edition.title),
            Cell::of(item.edition.system),
            item.clauses.into(),
            item.items.into(),
            item.domains.into(),
            item.objectives.into(),
            item.controls.into(),
        ]
    })
}

/// A line for each requirement.
pub fn requirements(items: &[Requirement]) -> Table {
    let heads = [
        ("id", 26),
        ("number", 12),
        ("title", 60),
        ("kind", 12),
        ("parent", 26),
        ("normative", 10),
        ("topics", 50),
        ("note", 50),
    ];
    Table::new("requirements", columns(&heads)).with(items, |item| {
        [
            Cell::of(&item.id),
            Cell::from(&item.number),
            Cell::from(&item.title),
            Cell::of(item.kind),
            item.parent.as_ref().map(Cell::of).into(),
            item.normative.into(),
            Cell::list(&item.topics),
            item.note.as_ref().into(),
        ]
    })
}

/// A line for each reference of each row of Table A.1; a row without references is one line.
pub fn correspondence(rows: &[CorrespondenceRow]) -> Table {
    let heads = [
        ("row", 6),
        ("requirement", 24),
        ("printed_title", 44),
        ("relation", 14),
        ("reference", 26),
        ("reference_printed_title", 44),
        ("locators", 20),
        ("ranges", 20),
        ("see_also", 20),
        ("note", 50),
        ("reference_note", 50),
    ];
    let mut table = Table::new("correspondence", columns(&heads));
    for row in rows {
        let references = row.references.iter().map(Some);
        for reference in references.chain(row.references.is_empty().then_some(None)) {
            table.push([
                row.row.into(),
                row.requirement.as_ref().map(Cell::of).into(),
                Cell::from(&row.printed_title),
                Cell::of(row.relation),
                reference.map(|citation| Cell::of(&citation.requirement)).into(),
                reference.map(|citation| &citation.printed_title).into(),
                Cell::list(reference.into_iter().flat_map(|citation| &citation.locators).map(locator)),
                Cell::list(row.ranges.iter().map(|range| format!("{} to {}", range.first, range.last.number()))),
                Cell::list(&row.see_also),
                row.note.as_ref().into(),
                reference.and_then(|citation| citation.note.as_ref()).into(),
            ]);
        }
    }
    table
}

/// As the guide prints it.
fn locator(locator: &Locator) -> String {
    let value = locator.value.as_deref().unwrap_or_default();
    match locator.kind {
        LocatorKind::Item => value.into(),
        LocatorKind::Paragraph => format!("para. {value}"),
        LocatorKind::LastParagraph => "last para.".into(),
        LocatorKind::PenultimateParagraph => "penultimate para.".into(),
    }
}

/// A line for each requirement of each topic.
pub fn topics(items: &[Topic]) -> Table {
    let heads = [("id", 30), ("meaning", 60), ("requirement", 26), ("provenance", 12)];
    let mut table = Table::new("topics", columns(&heads));
    for topic in items {
        for link in &topic.requirements {
            table.push([
                Cell::from(&topic.id),
                Cell::from(&topic.meaning),
                Cell::of(&link.requirement),
                Cell::of(link.provenance),
            ]);
        }
    }
    table
}

/// A line for each link the guide's text makes.
pub fn body_links(items: &[BodyLink]) -> Table {
    let heads = [
        ("link", 6),
        ("requirement", 26),
        ("reference", 26),
        ("relation", 14),
        ("guide", 16),
        ("named", 8),
        ("reason", 60),
        ("provenance", 12),
    ];
    Table::new("body-links", columns(&heads)).with(items, |item| {
        [
            item.link.into(),
            Cell::of(&item.requirement),
            Cell::of(&item.reference),
            Cell::of(item.relation),
            Cell::list(&item.guide),
            item.named.into(),
            Cell::from(&item.reason),
            Cell::of(item.provenance),
        ]
    })
}

/// A line for each term.
pub fn terms(items: &[Term]) -> Table {
    let heads = [
        ("id", 24),
        ("term", 24),
        ("provenance", 12),
        ("row", 6),
        ("iso27000_use", 14),
        ("iso27000_number", 10),
        ("iso20000_1_use", 14),
        ("iso20000_1_number", 10),
        ("agreement", 16),
        ("difference", 60),
        ("advice", 60),
        ("see_also_terms", 30),
        ("see_also_requirements", 40),
        ("see_also_guide", 30),
        ("aliases", 30),
        ("cites_2005", 40),
        ("note", 50),
    ];
    Table::new("terms", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.id),
            Cell::from(&item.term),
            Cell::of(item.provenance),
            item.row.into(),
            Cell::of(item.iso27000.usage),
            item.iso27000.number.as_ref().into(),
            Cell::of(item.iso20000_1.usage),
            item.iso20000_1.number.as_ref().into(),
            Cell::of(item.agreement),
            Cell::from(&item.difference),
            Cell::from(&item.advice),
            Cell::list(&item.see_also.terms),
            Cell::list(&item.see_also.requirements),
            Cell::list(&item.see_also.guide),
            Cell::list(&item.aliases),
            Cell::list(item.cites_2005.iter().map(|cited| format!("{}, now {}", cited.number, cited.successor))),
            item.note.as_ref().into(),
        ]
    })
}

/// A line for each point of the guide.
pub fn guidance(items: &[GuidancePoint]) -> Table {
    let heads = [
        ("id", 12),
        ("clause", 10),
        ("says", 80),
        ("requirements", 50),
        ("topics", 40),
        ("operations", 50),
        ("indicators", 40),
    ];
    Table::new("guidance", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.id),
            Cell::from(&item.clause),
            Cell::from(&item.says),
            Cell::list(&item.requirements),
            Cell::list(&item.topics),
            Cell::list(&item.operations),
            Cell::list(&item.indicators),
        ]
    })
}

/// A line for each hit, the best first.
pub fn hits(items: &[Hit]) -> Table {
    let heads = [("kind", 16), ("id", 30), ("title", 60), ("score", 8), ("url", 60)];
    Table::new("search", columns(&heads)).with(items, |hit| {
        [Cell::of(hit.kind), Cell::from(&hit.id), Cell::from(&hit.title), hit.score.into(), Cell::from(&hit.url)]
    })
}
