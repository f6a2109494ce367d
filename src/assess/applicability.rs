//! The statement of applicability: what it makes of a control, what is missing in it, and what needs a control that
//! is to be excluded.

use super::decisions::{ControlDeclaration, ControlState, Decisions};
use super::evidence::{Circumstance, CircumstanceKind};
use crate::model::{Body, Record, RecordId, System, names};
use crate::standards::{Requirement, RequirementId, RequirementKind, Standards};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The clause of ISO/IEC 27001 that asks for the statement.
const STATEMENT: &str = "6.1.3";
/// The clause that asks for what is planned to be carried out.
const TREATMENT: &str = "8.3";

/// The controls of an edition, in document order.
pub fn controls<'a>(standards: &'a Standards, edition: &'a str) -> impl Iterator<Item = &'a Requirement> {
    standards.requirements_of(edition).filter(|node| node.kind == RequirementKind::Control)
}

/// What a requirement lacks because the statement of applicability lacks it: 6.1.3 is incomplete while a control is
/// not declared. Nothing for any other requirement, or where an edition has no controls.
pub(super) fn missing(standards: &Standards, decisions: &Decisions, requirement: &Requirement) -> Vec<String> {
    if requirement.number != STATEMENT {
        return Vec::new();
    }
    let all: Vec<&Requirement> = controls(standards, requirement.id.edition()).collect();
    let undeclared = all.iter().filter(|control| !decisions.controls.contains_key(control.id.as_str())).count();
    let text = || format!("{undeclared} of {} controls are not declared in the statement of applicability", all.len());
    (undeclared > 0).then(text).into_iter().collect()
}

/// The overdue plans of the statement, each against the clause that asks for plans to be carried out.
pub(super) fn overdue_plans(standards: &Standards, decisions: &Decisions) -> Vec<Circumstance> {
    let of_the_isms = standards.editions().iter().find(|edition| edition.system == System::Isms);
    let overdue = decisions.controls.values().filter(|control| control.state == ControlState::Overdue);
    overdue.filter_map(|control| Some(overdue_plan(&of_the_isms?.id, control))).collect()
}

fn overdue_plan(edition: &str, control: &ControlDeclaration) -> Circumstance {
    let due = control.planned_until.map_or("at no date".into(), |until| format!("by {until}"));
    Circumstance {
        requirement: RequirementId::new(edition, TREATMENT),
        kind: CircumstanceKind::PlanOverdue,
        subject: control.control.clone(),
        detail: format!("applicable, and planned to be implemented {due}, but not implemented"),
        settled: false,
    }
}

names! {
    /// What needs a control.
    pub enum NeededBy {
        /// The treatment of a risk names it.
        Risk = "risk",
        /// An agreement names it.
        Agreement = "agreement",
        /// A requirement of ISO/IEC 20000-1 asks for a topic of it.
        Requirement = "requirement",
    }
}

/// Something that needs a control that is to be excluded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ControlNeed {
    /// What sort of thing needs it.
    pub by: NeededBy,
    /// The risk or agreement; null for a requirement.
    pub record: Option<RecordId>,
    /// The requirement; null for a record.
    pub requirement: Option<RequirementId>,
    /// Its identifier in its source, or the topic both ask for.
    pub through: String,
}

/// Everything that needs a control: risks whose treatment names it, agreements that name it, requirements of
/// ISO/IEC 20000-1 that share a topic with it. Deleted records need nothing.
pub fn control_needs<'a>(
    standards: &Standards,
    control: &Requirement,
    records: impl IntoIterator<Item = &'a Record>,
) -> Vec<ControlNeed> {
    let mut found = Vec::new();
    for record in records.into_iter().filter(|record| record.deleted_at.is_none()) {
        let (by, names) = match &record.body {
            Body::Risk(risk) => (NeededBy::Risk, risk.controls.get()),
            Body::Agreement(agreement) => (NeededBy::Agreement, agreement.controls.get()),
            _ => continue,
        };
        // Sources write a control with or without its edition.
        let names_it = |name: &String| [control.id.as_str(), control.number.as_str()].contains(&name.trim());
        if names.into_iter().flatten().any(names_it) {
            let through = record.external_id.clone();
            found.push(ControlNeed { by, record: Some(record.id), requirement: None, through });
        }
    }
    let of_the_sms = |id: &RequirementId| standards.edition(id.edition()).is_some_and(|e| e.system == System::Sms);
    for node in standards.requirements().iter().filter(|node| node.normative && of_the_sms(&node.id)) {
        if let Some(topic) = node.topics.iter().find(|topic| control.topics.contains(topic)) {
            let (requirement, through) = (Some(node.id.clone()), topic.clone());
            found.push(ControlNeed { by: NeededBy::Requirement, record: None, requirement, through });
        }
    }
    found
}
