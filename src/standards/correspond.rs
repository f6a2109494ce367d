//! The rules of the correspondence table: references resolve, differing titles are explained, ends share a topic.

use super::{
    Citation, ClauseRange, CorrespondenceRelation as Relation, CorrespondenceRow, Locator, LocatorKind, Requirement,
    RequirementId, Standards,
    check::Tree,
    parse::{CorrespondenceTable, Placed, RangeTable, ReferenceTable, RowTable, one_of},
};
use crate::error::Problem;
use std::collections::HashSet;

/// The rows of the one correspondence table; every broken rule becomes a problem.
pub(super) fn rows(
    tables: Vec<Placed<CorrespondenceTable>>,
    tree: &Tree,
    problems: &mut Vec<Problem>,
) -> Vec<CorrespondenceRow> {
    let Some(Placed { path, table }) = one_of(tables, "a correspondence", problems) else { return Vec::new() };
    let ends = [("from", &table.from), ("to", &table.to)];
    let known = ends.map(|(key, id)| tree.has_edition(id, &format!("{path}: correspondence.{key}"), problems));
    if known.contains(&false) {
        return Vec::new();
    }
    let mut reader = RowReader { from: &table.from, to: &table.to, tree, seen: HashSet::new(), problems };
    (1..).zip(table.row).map(|(number, row)| reader.row(number, row, &path)).collect()
}

struct RowReader<'a> {
    from: &'a str,
    to: &'a str,
    tree: &'a Tree,
    /// The ISO/IEC 27001 sides so far.
    seen: HashSet<String>,
    problems: &'a mut Vec<Problem>,
}

impl RowReader<'_> {
    fn row(&mut self, number: u32, row: RowTable, path: &str) -> CorrespondenceRow {
        let place = match &row.requirement {
            Some(requirement) => format!("{path}: row {number} (`{requirement}`)"),
            None => format!("{path}: row {number}"),
        };
        self.check_shape(&row, &place);
        let RowTable { requirement, title, relation, references, ranges, see_also, note } = row;
        let requirement = requirement.and_then(|number| {
            let node = self.tree.resolve(self.from, &number, &place, self.problems)?;
            self.check_title(node, &title, note.is_some(), &place);
            if !self.seen.insert(number) {
                self.problems.push(Problem::new(&place, "this requirement has a row already"));
            }
            Some(node.id.clone())
        });
        let mut cited = HashSet::new();
        let references = references
            .into_iter()
            .filter_map(|reference| {
                let place = format!("{place}, reference `{}`", reference.clause);
                if !cited.insert(reference.clause.clone()) {
                    self.problems.push(Problem::new(&place, "cited twice in this row: give all locators in one"));
                }
                self.citation(reference, &place)
            })
            .collect();
        let ranges = ranges.into_iter().filter_map(|range| self.range(&range, &place)).collect();
        CorrespondenceRow {
            row: number,
            requirement,
            printed_title: title,
            relation,
            references,
            ranges,
            see_also,
            note,
        }
    }

    /// What each relation needs and what it leaves no room for.
    fn check_shape(&mut self, row: &RowTable, place: &str) {
        let relation = row.relation;
        let mut require = |holds: bool, rule: &str| {
            if !holds {
                self.problems.push(Problem::new(format!("{place}: relation"), format!("`{relation}` {rule}")));
            }
        };
        let (has_references, has_ranges) = (!row.references.is_empty(), !row.ranges.is_empty());
        match relation {
            Relation::NotIncluded => require(row.requirement.is_none(), "has no requirement"),
            _ => require(row.requirement.is_some(), "needs a requirement"),
        }
        match relation {
            Relation::None | Relation::Heading => {
                require(!has_references && !has_ranges, "has no references or ranges")
            }
            Relation::Mapped | Relation::Qualified | Relation::NotIncluded => {
                require(has_references, "needs references");
            }
            Relation::Many => {}
        }
    }

    fn check_title(&mut self, node: &Requirement, printed: &str, explained: bool, place: &str) {
        if printed != node.title && !explained {
            let rule = format!("prints `{printed}` where `{}` is titled `{}`: add a note", node.number, node.title);
            self.problems.push(Problem::new(format!("{place}: title"), rule));
        }
    }

    fn citation(&mut self, reference: ReferenceTable, place: &str) -> Option<Citation> {
        let node = self.tree.resolve(self.to, &reference.clause, place, self.problems)?;
        self.check_title(node, &reference.title, reference.note.is_some(), place);
        let mut locators = Vec::new();
        for item in reference.items {
            let number = format!("{}.{item}", reference.clause);
            let requirement = self.tree.resolve(self.to, &number, &format!("{place}: items"), self.problems);
            let requirement = requirement.map(|node| node.id.clone());
            locators.push(Locator { kind: LocatorKind::Item, value: Some(item), requirement });
        }
        for paragraph in reference.paragraphs {
            if paragraph == 0 {
                self.problems.push(Problem::new(format!("{place}: paragraphs"), "paragraphs are counted from 1"));
            }
            let value = Some(paragraph.to_string());
            locators.push(Locator { kind: LocatorKind::Paragraph, value, requirement: None });
        }
        let closing = [
            (reference.penultimate_paragraph, LocatorKind::PenultimateParagraph),
            (reference.last_paragraph, LocatorKind::LastParagraph),
        ];
        for (_, kind) in closing.into_iter().filter(|(printed, _)| *printed) {
            locators.push(Locator { kind, value: None, requirement: None });
        }
        let (requirement, printed_title) = (node.id.clone(), reference.title);
        Some(Citation { requirement, printed_title, locators, note: reference.note })
    }

    fn range(&mut self, range: &RangeTable, place: &str) -> Option<ClauseRange> {
        let place = format!("{place}: ranges");
        let first = self.tree.resolve(self.to, &range.first, &place, self.problems)?.id.clone();
        let last = self.tree.resolve(self.to, &range.last, &place, self.problems)?.id.clone();
        if self.tree.position(&first) > self.tree.position(&last) {
            self.problems.push(Problem::new(place, format!("`{}` comes after `{}`", range.first, range.last)));
        }
        Some(ClauseRange { first, last })
    }
}

/// One problem per mapped or qualified reference whose ends share no topic, unless an end asks for nothing.
pub(super) fn unshared_topics(standards: &Standards, path: &str) -> Vec<Problem> {
    let asks = |id: &RequirementId| standards.requirement(id).is_some_and(|node| node.normative);
    let mut problems = Vec::new();
    for row in standards.rows().iter().filter(|row| matches!(row.relation, Relation::Mapped | Relation::Qualified)) {
        let Some(requirement) = row.requirement.as_ref().filter(|id| asks(id)) else { continue };
        for citation in row.references.iter().filter(|citation| asks(&citation.requirement)) {
            if standards.shared_topics(requirement, &citation.requirement).is_empty() {
                let (from, to) = (requirement.number(), citation.requirement.number());
                let place = format!("{path}: row {} (`{from}`), reference `{to}`", row.row);
                let rule = format!("{requirement} and {} share no topic", citation.requirement);
                problems.push(Problem::new(place, rule));
            }
        }
    }
    problems
}
