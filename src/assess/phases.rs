//! Plan, do, check, act: the phase each requirement belongs to, and how far the organisation is in each.
//!
//! ISO/IEC 20000-1:2011 names the phases itself, in 4.5.2 to 4.5.5. ISO/IEC 27001:2013 no longer does; its clauses 4 to 7
//! prepare, 8 operates, 9 evaluates and 10 improves, and its controls are operated. Requirements of 20000-1 outside 4.5
//! either prepare (4.1 to 4.4 and 4.5.1) or are the operated processes (5 to 9).

use super::{
    conformity::{StatusCounts, is_counted},
    requirement::{RequirementStatus, roll_up},
};
use crate::{
    model::{Status, names},
    standards::{RequirementId, Standards},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

names! {
    /// A phase of the cycle both standards follow.
    pub enum Phase {
        /// Context, leadership, scope, planning, support.
        Plan = "plan",
        /// Operation: processes and controls.
        Do = "do",
        /// Monitoring, internal audit, management review.
        Check = "check",
        /// Correction and improvement.
        Act = "act",
    }
}

/// How far the requirements of a phase are fulfilled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhaseConformity {
    /// The phase.
    pub phase: Phase,
    /// The statuses of its requirements, rolled up.
    pub status: Status,
    /// How many of its requirements have each status.
    pub requirements: StatusCounts,
}

/// The phase of a requirement, by its clause.
pub fn phase(requirement: &RequirementId) -> Phase {
    let number = requirement.number();
    let within =
        |clause: &str| number == clause || number.strip_prefix(clause).is_some_and(|rest| rest.starts_with('.'));
    if requirement.edition().starts_with("iso20000-1") {
        return match () {
            () if within("4.5.4") => Phase::Check,
            () if within("4.5.5") => Phase::Act,
            () if within("4.5.3") => Phase::Do,
            () if within("4") => Phase::Plan,
            () => Phase::Do,
        };
    }
    match () {
        () if within("9") => Phase::Check,
        () if within("10") => Phase::Act,
        () if within("8") || number.starts_with("A.") => Phase::Do,
        () => Phase::Plan,
    }
}

/// Each phase of an edition, in order; one without requirements is left out.
pub fn phases(standards: &Standards, statuses: &[&RequirementStatus]) -> Vec<PhaseConformity> {
    let of = |wanted: Phase| {
        let counted = |status: &&&RequirementStatus| {
            standards.requirement(&status.requirement).is_some_and(|node| is_counted(standards, node))
                && phase(&status.requirement) == wanted
        };
        let found: Vec<Status> = statuses.iter().filter(counted).map(|status| status.status).collect();
        let mut requirements = StatusCounts::default();
        for status in &found {
            requirements.add(*status);
        }
        roll_up(found).map(|status| PhaseConformity { phase: wanted, status, requirements })
    };
    Phase::ALL.iter().filter_map(|phase| of(*phase)).collect()
}
