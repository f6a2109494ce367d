//! Working a plan off: applying decisions to its items, and how far it is.

use super::{
    items::{PlanItem, Work, WorkState},
    plan::Phase,
};
use crate::{
    error::{Error, Problem, Result, did_you_mean},
    model::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most characters of an author and of a note.
const LONGEST: (usize, usize) = (200, 4000);

/// What a person says about an item.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkDecision {
    /// How far the item is from now on.
    pub state: WorkState,
    /// The person who decides.
    pub author: String,
    /// When; not before the last decision on the item.
    pub at: Timestamp,
    /// Needed where the item is decided to be unnecessary.
    pub note: Option<String>,
}

/// How far a plan is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// All items.
    pub total: usize,
    /// Items not begun.
    pub open: usize,
    /// Items begun.
    pub in_progress: usize,
    /// Items done.
    pub done: usize,
    /// Items decided to be unnecessary.
    pub not_needed: usize,
    /// In the order of the items.
    pub phases: Vec<PhaseProgress>,
    /// The ids of the open items that nothing unsettled comes before.
    pub ready: Vec<String>,
    /// The latest decision.
    pub last_decided_at: Option<Timestamp>,
}

/// How far a phase is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhaseProgress {
    /// Its id.
    pub phase: String,
    /// All its items.
    pub total: usize,
    /// Done or not needed.
    pub settled: usize,
    /// True if something of the phase is settled while a phase it follows is not.
    pub ahead: bool,
}

/// Applies a decision to an item. On error nothing changes.
///
/// # Errors
/// `NotFound` for an unknown item; `Invalid` if author or note break a rule; `Conflict` if the item is done before
/// those that come before it, reopened after those that come after it, or decided upon later already.
pub fn apply(items: &mut [PlanItem], item: &str, decision: WorkDecision) -> Result<()> {
    let Some(position) = items.iter().position(|known| known.id == item) else {
        let shown: String = item.chars().take(LONGEST.0).collect();
        let near = did_you_mean(&shown, items.iter().map(|known| known.id.as_str()));
        return Err(Error::NotFound(format!("the plan has no item `{shown}`{near}")));
    };
    check(&decision)?;
    let unsettled = |id: &String| items.iter().any(|other| other.id == *id && !other.work.state.is_settled());
    let before: Vec<_> = items.iter().take(position + 1).skip(position).flat_map(|own| &own.after).collect();
    if decision.state == WorkState::Done
        && let missing = before.into_iter().filter(|id| unsettled(id)).map(String::as_str).collect::<Vec<_>>()
        && !missing.is_empty()
    {
        return Err(Error::Conflict(format!("`{item}` comes after {}, not settled yet", missing.join(", "))));
    }
    let rest_on_it = |other: &&PlanItem| other.work.state == WorkState::Done && other.after.iter().any(|id| id == item);
    let resting: Vec<_> = items.iter().filter(rest_on_it).map(|other| other.id.as_str()).collect();
    if !decision.state.is_settled() && !resting.is_empty() {
        return Err(Error::Conflict(format!("`{item}` comes before {}, done already", resting.join(", "))));
    }
    let Some(own) = items.get_mut(position) else { return Ok(()) };
    if let Some(last) = own.work.at.filter(|last| *last > decision.at) {
        return Err(Error::Conflict(format!("`{item}` was decided upon later, at {last}")));
    }
    let WorkDecision { state, author, at, note } = decision;
    own.work = Work { state, author: Some(author), at: Some(at), note };
    Ok(())
}

fn check(decision: &WorkDecision) -> Result<()> {
    let mut problems = Vec::new();
    let (longest_author, longest_note) = LONGEST;
    if decision.author.trim().is_empty() || decision.author.chars().count() > longest_author {
        problems.push(Problem::new("author", format!("is 1 to {longest_author} characters and not blank")));
    }
    let note = decision.note.as_deref().unwrap_or_default();
    if note.chars().count() > longest_note {
        problems.push(Problem::new("note", format!("is at most {longest_note} characters")));
    }
    if decision.state == WorkState::NotNeeded && note.trim().is_empty() {
        problems.push(Problem::new("note, state", "not_needed takes a note that says why"));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// How far the items are; `phases` are those of the same plan.
pub fn progress(phases: &[Phase], items: &[PlanItem]) -> Progress {
    let count = |state: WorkState| items.iter().filter(|item| item.work.state == state).count();
    let settled = |id: &str| items.iter().all(|item| item.id != id || item.work.state.is_settled());
    let of = |phase: &str| items.iter().filter(move |item| item.phase == phase).collect::<Vec<_>>();
    let done = |phase: &str| of(phase).iter().all(|item| item.work.state.is_settled());
    let ready = items.iter().filter(|item| item.work.state == WorkState::Open);
    Progress {
        total: items.len(),
        open: count(WorkState::Open),
        in_progress: count(WorkState::InProgress),
        done: count(WorkState::Done),
        not_needed: count(WorkState::NotNeeded),
        phases: phases
            .iter()
            .map(|phase| {
                let own = of(&phase.id);
                let settled = own.iter().filter(|item| item.work.state.is_settled()).count();
                let ahead = settled > 0 && !phase.after.iter().all(|before| done(before));
                PhaseProgress { phase: phase.id.clone(), total: own.len(), settled, ahead }
            })
            .collect(),
        ready: ready.filter(|item| item.after.iter().all(|id| settled(id))).map(|item| item.id.clone()).collect(),
        last_decided_at: items.iter().filter_map(|item| item.work.at).max(),
    }
}
