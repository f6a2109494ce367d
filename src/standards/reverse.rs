//! The reverse view: every requirement of the side that Table A.1 cites, and what of the other side speaks of it.

use super::{BodyRelation, Citation, CorrespondenceRelation, Locator, Requirement, RequirementId, Standards};
use serde::Serialize;
use utoipa::ToSchema;

/// A requirement of ISO/IEC 20000-1, and what speaks of it by its own number. What speaks of the nodes above it is
/// theirs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReverseEntry {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// False for the introduction and clauses 1 to 3.
    pub normative: bool,
    /// True if a row of Table A.1 cites it, a clause it belongs to, or something below it; ranges do not count.
    pub cited: bool,
    /// The citations of it in Table A.1, in table order.
    pub rows: Vec<CitingRow>,
    /// The rows of Table A.1 with a range of clauses it lies in.
    pub ranges: Vec<u32>,
    /// The links the guide's text makes to it.
    pub body_links: Vec<LinkingRequirement>,
}

/// A row of Table A.1, seen from a requirement it cites.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CitingRow {
    /// Position in the table, from 1.
    pub row: u32,
    /// The ISO/IEC 27001 side; absent where the table says that there is none.
    pub requirement: Option<RequirementId>,
    /// How the two sides of the row relate.
    pub relation: CorrespondenceRelation,
    /// The places of it that are cited, as printed; none means the whole.
    pub locators: Vec<Locator>,
}

/// A body link, seen from the ISO/IEC 20000-1 side.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkingRequirement {
    /// Its position among the body links, from 1.
    pub link: u32,
    /// The ISO/IEC 27001 side.
    pub requirement: RequirementId,
    /// How the two bear on each other.
    pub relation: BodyRelation,
}

/// Every requirement of the edition that Table A.1 cites, in document order, whether or not it is cited itself.
pub fn reverse(standards: &Standards) -> Vec<ReverseEntry> {
    let first = standards.rows().iter().find_map(|row| row.references.first());
    let edition = first.map_or("", |citation| citation.requirement.edition());
    standards.requirements_of(edition).map(|node| entry(standards, node)).collect()
}

fn entry(standards: &Standards, node: &Requirement) -> ReverseEntry {
    let is_cited = |id: &RequirementId| !standards.rows_citing(id).is_empty();
    let rows = standards.rows().iter().flat_map(|row| {
        let of_node = row.references.iter().filter_map(|citation| cited_at(citation, &node.id));
        of_node.map(|locators| CitingRow {
            row: row.row,
            requirement: row.requirement.clone(),
            relation: row.relation,
            locators,
        })
    });
    let covers = |range| standards.requirements_in(range).any(|covered| covered.id == node.id);
    let links = standards.body_links().iter().filter(|link| link.reference == node.id);
    let links = links.map(|link| LinkingRequirement {
        link: link.link,
        requirement: link.requirement.clone(),
        relation: link.relation,
    });
    ReverseEntry {
        requirement: node.id.clone(),
        title: node.title.clone(),
        normative: node.normative,
        cited: is_cited(&node.id) || standards.descendants(&node.id).iter().any(|below| is_cited(&below.id)),
        rows: rows.collect(),
        ranges: standards.rows().iter().filter(|row| row.ranges.iter().any(covers)).map(|row| row.row).collect(),
        body_links: links.collect(),
    }
}

/// The locators of a citation of this very node, as printed for a clause, none for an item.
fn cited_at(citation: &Citation, id: &RequirementId) -> Option<Vec<Locator>> {
    if citation.requirement == *id {
        return Some(citation.locators.clone());
    }
    let is_item = |locator: &Locator| locator.requirement.as_ref() == Some(id);
    citation.locators.iter().any(is_item).then(Vec::new)
}
