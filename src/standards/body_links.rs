//! Body links: the links between the standards that the text of the guide makes and its Table A.1 does not.

use super::{
    CorrespondenceRow, LinkProvenance, RequirementId, Standards,
    check::Tree,
    parse::{Placed, one_of},
};
use crate::{error::Problem, model::names};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

names! {
    /// How the ends of a body link bear on each other.
    pub enum BodyRelation {
        /// One activity may serve both.
        Overlap = "overlap",
        /// Work for ISO/IEC 20000-1 helps to fulfil the ISO/IEC 27001 side.
        SupportsIsms = "supports_isms",
        /// Work for ISO/IEC 27001 helps to fulfil the ISO/IEC 20000-1 side.
        SupportsSms = "supports_sms",
        /// Fulfilling one side does not fulfil the other.
        BothNeeded = "both_needed",
        /// The same subject, seen differently.
        Contrast = "contrast",
    }
}

/// One link of the guide's text. It never changes a row of Table A.1.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BodyLink {
    /// Its position among the body links, from 1.
    pub link: u32,
    /// The ISO/IEC 27001 side.
    pub requirement: RequirementId,
    /// The ISO/IEC 20000-1 side.
    pub reference: RequirementId,
    /// How the two bear on each other.
    pub relation: BodyRelation,
    /// The clauses of the guide that make it, `6.3.4`.
    pub guide: Vec<String>,
    /// True if the guide names the subject of an end instead of its number.
    pub named: bool,
    /// What the guide says about it, in our own words.
    pub reason: String,
    /// Always `body`.
    pub provenance: LinkProvenance,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyLinksTable {
    /// What the links are called, for people.
    #[serde(rename = "name")]
    _name: String,
    from: String,
    to: String,
    link: Vec<LinkTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkTable {
    requirement: String,
    reference: String,
    relation: BodyRelation,
    guide: Vec<String>,
    #[serde(default)]
    named: bool,
    reason: String,
}

/// The links of the one table of them; every broken rule becomes a problem. `rows` are those of Table A.1.
pub(super) fn links(
    tables: Vec<Placed<BodyLinksTable>>,
    tree: &Tree,
    rows: &[CorrespondenceRow],
    problems: &mut Vec<Problem>,
) -> Vec<BodyLink> {
    let Some(Placed { path, table }) = one_of(tables, "body links", problems) else { return Vec::new() };
    let ends = [("from", &table.from), ("to", &table.to)];
    let known = ends.map(|(key, id)| tree.has_edition(id, &format!("{path}: body_links.{key}"), problems));
    if known.contains(&false) {
        return Vec::new();
    }
    let mut pairs = HashSet::new();
    let mut links = Vec::new();
    for (link, entry) in (1..).zip(table.link) {
        let place = format!("{path}: link {link} (`{}`, `{}`)", entry.requirement, entry.reference);
        let requirement = tree.resolve(&table.from, &entry.requirement, &place, problems).map(|node| node.id.clone());
        let reference = tree.resolve(&table.to, &entry.reference, &place, problems).map(|node| node.id.clone());
        if entry.guide.is_empty() {
            problems.push(Problem::new(format!("{place}: guide"), "names no clause of the guide"));
        }
        if entry.reason.trim().is_empty() {
            problems.push(Problem::new(format!("{place}: reason"), "is empty"));
        }
        let (Some(requirement), Some(reference)) = (requirement, reference) else { continue };
        if let Some(row) = rows.iter().find(|row| holds(row, &requirement, &reference)) {
            problems.push(Problem::new(&place, format!("row {} of the table holds this already", row.row)));
        }
        if !pairs.insert((requirement.clone(), reference.clone())) {
            problems.push(Problem::new(&place, "this pair is here twice: name all its clauses in one link"));
        }
        let LinkTable { relation, guide, named, reason, .. } = entry;
        let provenance = LinkProvenance::Body;
        links.push(BodyLink { link, requirement, reference, relation, guide, named, reason, provenance });
    }
    links
}

/// True if the row says the same of these requirements or of nodes above them.
fn holds(row: &CorrespondenceRow, requirement: &RequirementId, reference: &RequirementId) -> bool {
    row.requirement.as_ref().is_some_and(|side| requirement.is_at_or_below(side))
        && row.references.iter().any(|citation| citation.concerns(reference))
}

impl Standards {
    /// The links of the guide's text, in its order.
    pub fn body_links(&self) -> &[BodyLink] {
        &self.body_links
    }

    /// The body links that concern a requirement of either side: its own and those of the nodes above.
    pub fn body_links_of(&self, id: &RequirementId) -> Vec<&BodyLink> {
        let concerns = |link: &&BodyLink| id.is_at_or_below(&link.requirement) || id.is_at_or_below(&link.reference);
        self.body_links.iter().filter(concerns).collect()
    }
}
