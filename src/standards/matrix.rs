//! The matrix: both requirement trees down to a chosen depth, and which of their nodes are related, and how.

use super::{CorrespondenceRelation as Relation, Requirement, RequirementId, Standards};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How deep each tree is shown: 1 is clauses and domains, 2 their subclauses and objectives, and so on. At least 1.
#[derive(Clone, Copy, Debug)]
pub struct MatrixDepth {
    /// Of the ISO/IEC 27001 tree.
    pub isms: usize,
    /// Of the ISO/IEC 20000-1 tree.
    pub sms: usize,
}

impl Default for MatrixDepth {
    /// Subclauses and objectives.
    fn default() -> Self {
        Self { isms: 2, sms: 2 }
    }
}

/// Both trees and the related pairs between them; pairs that are not listed are not related.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Matrix {
    /// The ISO/IEC 27001 tree, in document order.
    pub rows: Vec<MatrixNode>,
    /// The ISO/IEC 20000-1 tree, in document order.
    pub columns: Vec<MatrixNode>,
    /// In order of rows, then columns.
    pub cells: Vec<MatrixCell>,
}

/// A node of either tree.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatrixNode {
    /// The node.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// From 1.
    pub depth: usize,
    /// False for introductions and clauses 1 to 3.
    pub normative: bool,
    /// True if some cell is its own or of a node shown below it.
    pub related: bool,
}

/// A related pair. What concerns nodes deeper than shown is counted to the node shown above them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatrixCell {
    /// The node of the ISO/IEC 27001 tree.
    pub isms: RequirementId,
    /// The node of the ISO/IEC 20000-1 tree.
    pub sms: RequirementId,
    /// The closest relation of its rows: mapped before qualified before many; absent where only the guide's text
    /// relates the two.
    pub relation: Option<Relation>,
    /// The rows of Table A.1.
    pub rows: Vec<u32>,
    /// The body links.
    pub body_links: Vec<u32>,
}

/// The matrix of the editions that Table A.1 connects. A range of clauses ("5 to 9") relates to each clause of it.
pub fn matrix(standards: &Standards, depth: MatrixDepth) -> Matrix {
    let mut cells = Cells { standards, depth, cells: BTreeMap::new() };
    for row in standards.rows() {
        let Some(isms) = &row.requirement else { continue };
        let cited = row.references.iter().flat_map(|citation| citation.ends()).cloned();
        let ranges = row.ranges.iter().flat_map(|range| {
            let covered: Vec<_> = standards.requirements_in(range).map(|node| node.id.clone()).collect();
            let tops = covered.iter().filter(|id| !covered.iter().any(|other| id.is_below(other)));
            tops.cloned().collect::<Vec<_>>()
        });
        for sms in cited.chain(ranges) {
            if let Some(cell) = cells.at(isms, &sms) {
                cell.relation = Some(cell.relation.map_or(row.relation, |known| known.min(row.relation)));
                if !cell.rows.contains(&row.row) {
                    cell.rows.push(row.row);
                }
            }
        }
    }
    for link in standards.body_links() {
        if let Some(cell) = cells.at(&link.requirement, &link.reference) {
            cell.body_links.push(link.link);
        }
    }
    let cells: Vec<MatrixCell> = cells.cells.into_values().collect();
    let rows = standards.rows().iter().find_map(|row| row.requirement.as_ref());
    let columns = standards.rows().iter().find_map(|row| row.references.first().map(|citation| &citation.requirement));
    Matrix {
        rows: axis(standards, rows, depth.isms, &cells.iter().map(|cell| &cell.isms).collect::<Vec<_>>()),
        columns: axis(standards, columns, depth.sms, &cells.iter().map(|cell| &cell.sms).collect::<Vec<_>>()),
        cells,
    }
}

/// The cells by the places of their ends in document order.
struct Cells<'a> {
    standards: &'a Standards,
    depth: MatrixDepth,
    cells: BTreeMap<(usize, usize), MatrixCell>,
}

impl Cells<'_> {
    /// The cell of two requirements, made where there is none yet.
    fn at(&mut self, isms: &RequirementId, sms: &RequirementId) -> Option<&mut MatrixCell> {
        let (isms, sms) = (self.shown(isms, self.depth.isms)?, self.shown(sms, self.depth.sms)?);
        let key = (self.standards.position(&isms.id)?, self.standards.position(&sms.id)?);
        let (isms, sms) = (isms.id.clone(), sms.id.clone());
        let empty = MatrixCell { isms, sms, relation: None, rows: Vec::new(), body_links: Vec::new() };
        Some(self.cells.entry(key).or_insert(empty))
    }

    /// The node itself, or the one above it that is shown.
    fn shown(&self, id: &RequirementId, depth: usize) -> Option<&Requirement> {
        let above = self.standards.ancestors(id).count();
        let node = self.standards.requirement(id)?;
        let lifted = (above + 1).saturating_sub(depth.max(1));
        if lifted == 0 { Some(node) } else { self.standards.ancestors(id).nth(lifted - 1) }
    }
}

fn axis(standards: &Standards, any: Option<&RequirementId>, depth: usize, ends: &[&RequirementId]) -> Vec<MatrixNode> {
    let Some(edition) = any.map(RequirementId::edition) else { return Vec::new() };
    standards
        .requirements_of(edition)
        .map(|node| (standards.ancestors(&node.id).count() + 1, node))
        .filter(|(level, _)| *level <= depth.max(1))
        .map(|(depth, node)| MatrixNode {
            requirement: node.id.clone(),
            title: node.title.clone(),
            depth,
            normative: node.normative,
            related: ends.iter().any(|end| end.is_at_or_below(&node.id)),
        })
        .collect()
}
