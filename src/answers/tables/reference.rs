//! Tables of the standards: editions, requirements, correspondence, the matrix, topics, terms, guidance, what a search
//! found.

use super::columns;
use crate::{
    answers::EditionSummary,
    report::{Cell, Column, Table},
    search::Hit,
    standards::{
        BodyLink, CorrespondenceCell, CorrespondenceRow, GuidancePoint, Locator, LocatorKind, Matrix, Requirement,
        ReverseEntry, Term, Topic,
    },
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
    let mut table = Table::new("correspondence", columns(&heads)).led_by(2);
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

/// A line for each row and each body link that speaks of a requirement of ISO/IEC 20000-1; a requirement nothing speaks
/// of is one line.
pub fn reverse(items: &[ReverseEntry]) -> Table {
    let heads = [
        ("requirement", 26),
        ("title", 44),
        ("cited", 8),
        ("ranges", 12),
        ("row", 6),
        ("link", 6),
        ("from", 26),
        ("relation", 16),
        ("locators", 20),
    ];
    let mut table = Table::new("reverse-correspondence", columns(&heads)).led_by(2);
    for item in items {
        let mut push = |row: Cell, link: Cell, from: Cell, relation: Cell, locators: Cell| {
            let entry =
                [Cell::of(&item.requirement), Cell::from(&item.title), item.cited.into(), Cell::list(&item.ranges)];
            table.push(entry.into_iter().chain([row, link, from, relation, locators]));
        };
        for row in &item.rows {
            let from = row.requirement.as_ref().map(Cell::of).into();
            push(
                row.row.into(),
                Cell::Empty,
                from,
                Cell::of(row.relation),
                Cell::list(row.locators.iter().map(locator)),
            );
        }
        for link in &item.body_links {
            push(Cell::Empty, link.link.into(), Cell::of(&link.requirement), Cell::of(link.relation), Cell::Empty);
        }
        if item.rows.is_empty() && item.body_links.is_empty() {
            push(Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty);
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

/// A line for each node of the ISO/IEC 27001 tree, a column for each of the ISO/IEC 20000-1 tree, and in the cells of
/// related nodes how they are related.
pub fn matrix(matrix: &Matrix) -> Table {
    let mut heads = columns(&[("requirement", 24), ("title", 40)]);
    heads.extend(matrix.columns.iter().map(|node| {
        let head = format!("{} {}", node.requirement.number(), node.title);
        Column::new(head, 18)
    }));
    let mut table = Table::new("matrix", heads).led_by(2);
    for row in &matrix.rows {
        let mut cells = vec![Cell::of(&row.requirement), Cell::from(&row.title)];
        let related: Vec<_> = matrix.cells.iter().filter(|cell| cell.isms == row.requirement).collect();
        cells.extend(matrix.columns.iter().map(|column| {
            let cell = related.iter().find(|cell| cell.sms == column.requirement);
            cell.map(|cell| Cell::list(relations(cell))).into()
        }));
        table.push(cells);
    }
    table
}

/// `mapped (row 12)`, `body (links 3, 4)`.
fn relations(cell: &CorrespondenceCell) -> Vec<String> {
    let numbered = |name: &str, of: &str, numbers: &[u32]| {
        let listed: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        (!numbers.is_empty()).then(|| format!("{name} ({of}{plural} {})", listed.join(", ")))
    };
    let rows = cell.relation.and_then(|relation| numbered(relation.as_str(), "row", &cell.rows));
    rows.into_iter().chain(numbered("body", "link", &cell.body_links)).collect()
}

/// A line for each term.
pub fn terms(items: &[Term]) -> Table {
    let heads = [
        ("id", 36),
        ("term", 34),
        ("provenance", 12),
        ("row", 6),
        ("iso27000_use", 15),
        ("iso27000_number", 17),
        ("iso20000_1_use", 16),
        ("iso20000_1_number", 19),
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
    Table::new("terms", columns(&heads)).led_by(2).with(items, |item| {
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
