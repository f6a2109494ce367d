//! The items of a plan: checklists, decisions about the correspondence, steps; each can be worked off.

use super::{
    recommend::Recommendation,
    rules::{Checklist, PlanningRules, StartingSituation},
    steps::relates,
};
use crate::{
    model::{Timestamp, names},
    standards::{CorrespondenceRelation as Relation, RequirementId, RequirementKind, Standards},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

names! {
    /// What kind of item it is.
    pub enum Section {
        /// One of the considerations of 5.1.
        Consideration = "consideration",
        /// An attribute of the system in place, to be recorded and reviewed (5.3.3).
        AttributeReview = "attribute_review",
        /// An aim of the review of both systems (5.3.4).
        JointReview = "joint_review",
        /// What the joint system has to keep up (6.1).
        JointSystem = "joint_system",
        /// A recommendation that is no approach.
        Advice = "advice",
        /// A decision of the organisation.
        Decision = "decision",
        /// A row of the correspondence whose ends may become one.
        Merge = "merge",
        /// A requirement without counterpart in the correspondence.
        Separate = "separate",
        /// A requirement to be fulfilled.
        Step = "step",
    }
}

names! {
    /// How a step relates to the other standard.
    pub enum Treatment {
        /// Nothing of the other standard to build on.
        New = "new",
        /// Together with its counterparts, which the same phases fulfil.
        Joint = "joint",
        /// By extending what its counterparts have in place.
        Extend = "extend",
        /// As it is: in place, without counterpart.
        Keep = "keep",
    }
}

names! {
    /// How far an item is.
    pub enum WorkState {
        Open = "open",
        InProgress = "in_progress",
        Done = "done",
        /// Decided to be unnecessary, with a note why.
        NotNeeded = "not_needed",
    }
}

impl WorkState {
    /// True if nothing is left to do.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::NotNeeded)
    }
}

/// The work on an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// How far it is.
    pub state: WorkState,
    /// Who brought it there; absent while nobody has.
    pub author: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// What the author remarks.
    pub note: Option<String>,
}

impl Default for Work {
    fn default() -> Self {
        Self { state: WorkState::Open, author: None, at: None, note: None }
    }
}

/// One item of a plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanItem {
    /// The same in every plan that has this item.
    pub id: String,
    /// What kind of item it is.
    pub section: Section,
    /// The id of its phase.
    pub phase: String,
    /// What to do, or the requirement to fulfil.
    pub title: String,
    /// The guide's clause.
    pub clause: String,
    /// The guidance points.
    pub guidance: Vec<String>,
    /// The requirements it is about; a merge names the ISO/IEC 27001 side first.
    pub requirements: Vec<RequirementId>,
    /// How the correspondence relates them, for items that come from a row.
    pub relation: Option<Relation>,
    /// The rows of Table A.1.
    pub rows: Vec<u32>,
    /// The body links that relate a separate requirement after all.
    pub body_links: Vec<u32>,
    /// For steps.
    pub treatment: Option<Treatment>,
    /// For steps: the requirements of the other standard that the correspondence relates it to.
    pub counterparts: Vec<RequirementId>,
    /// The ids of the items that come before.
    pub after: Vec<String>,
    /// What has been done about it.
    pub work: Work,
}

impl PlanItem {
    /// An item that cites these points, the first of which says the clause and, without a title of its own, the title.
    pub(super) fn new(id: String, section: Section, phase: &str, points: &[&str], standards: &Standards) -> Self {
        let first = points.first().and_then(|point| standards.guidance_point(point).ok());
        Self {
            id,
            section,
            phase: phase.to_owned(),
            title: first.map(|point| point.says.clone()).unwrap_or_default(),
            clause: first.map(|point| point.clause.clone()).unwrap_or_default(),
            guidance: points.iter().map(|point| (*point).to_owned()).collect(),
            requirements: first.map(|point| point.requirements.clone()).unwrap_or_default(),
            relation: None,
            rows: Vec::new(),
            body_links: Vec::new(),
            treatment: None,
            counterparts: Vec::new(),
            after: Vec::new(),
            work: Work::default(),
        }
    }
}

/// The points of a situation's checklists for a phase.
pub(super) fn checklists(
    rules: &PlanningRules,
    situation: StartingSituation,
    phase: &str,
    standards: &Standards,
) -> Vec<PlanItem> {
    let here = |checklist: &&Checklist| checklist.situations.contains(&situation) && checklist.phase == phase;
    let points =
        rules.checklists.iter().filter(here).flat_map(|list| list.points.iter().map(move |point| (list, point)));
    points.map(|(list, point)| PlanItem::new(point.clone(), list.section, phase, &[point], standards)).collect()
}

/// The recommendations that are no approach.
pub(super) fn advice(recommendations: &[Recommendation], phase: &str, standards: &Standards) -> Vec<PlanItem> {
    let advice = recommendations.iter().filter(|recommendation| recommendation.approach.is_none());
    advice
        .map(|recommendation| {
            let id = format!("advice-{}", recommendation.id);
            let item = PlanItem::new(id, Section::Advice, phase, &[&recommendation.guidance], standards);
            PlanItem { title: recommendation.advice.clone(), ..item }
        })
        .collect()
}

/// One decision per mapped or qualified row of requirements: whether and how its ends become one (5.1 c).
pub(super) fn merge_candidates(phase: &str, standards: &Standards) -> Vec<PlanItem> {
    let asks = |id: &RequirementId| standards.requirement(id).is_some_and(|node| node.normative);
    let rows = standards.rows().iter().filter(|row| relates(row));
    rows.filter_map(|row| {
        let requirement = row.requirement.as_ref().filter(|id| asks(id))?;
        let cited: Vec<_> = row.references.iter().map(|citation| &citation.requirement).filter(|id| asks(id)).collect();
        let names: Vec<_> = cited.iter().map(|id| id.number()).collect();
        let item = PlanItem::new(format!("merge-row-{}", row.row), Section::Merge, phase, &["5.1-c"], standards);
        Some(PlanItem {
            title: format!("Merge {} {} with {}", requirement.number(), row.printed_title, names.join(", ")),
            requirements: std::iter::once(requirement).chain(cited).cloned().collect(),
            relation: Some(row.relation),
            rows: vec![row.row],
            ..item
        })
    })
    .collect()
}

/// One decision per requirement that stays on its own (5.1 d): the rows without equivalent, and the clauses of the
/// other side that no row cites, neither themselves nor above or below.
pub(super) fn separate(phase: &str, standards: &Standards) -> Vec<PlanItem> {
    let without = standards.rows().iter().filter(|row| row.relation == Relation::None);
    let without = without.filter_map(|row| Some((row.requirement.clone()?, Some(row))));
    let cited_side = standards.rows().iter().flat_map(|row| &row.references).map(|cited| cited.requirement.edition());
    let uncited = cited_side.take(1).flat_map(|edition| standards.requirements_of(edition)).filter(|node| {
        let all = standards.descendants(&node.id).into_iter().map(|below| &below.id).chain([&node.id]);
        node.normative
            && node.kind == RequirementKind::Clause
            && all.into_iter().all(|id| standards.rows_citing(id).is_empty())
    });
    let uncited = uncited.map(|node| (node.id.clone(), None));
    without
        .chain(uncited)
        .map(|(id, row)| {
            let title = standards.requirement(&id).map(|node| node.title.as_str()).unwrap_or_default();
            let name = format!("separate-{}", id.as_str().replace('/', "-"));
            let item = PlanItem::new(name, Section::Separate, phase, &["5.1-d"], standards);
            PlanItem {
                title: format!("Keep {} {title} on its own", id.number()),
                body_links: standards.body_links_of(&id).into_iter().map(|link| link.link).collect(),
                relation: row.map(|row| row.relation),
                rows: row.map(|row| row.row).into_iter().collect(),
                requirements: vec![id],
                ..item
            }
        })
        .collect()
}
