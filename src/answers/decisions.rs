//! Questions about what was decided, and about the statement of applicability that decisions add up to.

use super::RecordBrief;
use crate::{
    assess::{ControlDeclaration, DecisionBody, Decisions, Rules, controls, decisions_in_force, replaced},
    error::{Error, Result},
    model::{Decision, RecordId, Status, Timestamp, View, names},
    store::{DecisionQuery, Page, Reader, Store},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

names! {
    /// Where a decision stands.
    pub enum DecisionState {
        /// A second person has to confirm it.
        Pending = "pending",
        /// It will be in force.
        Scheduled = "scheduled",
        InForce = "in_force",
        /// A later one on the same took its place.
        Replaced = "replaced",
        /// The finding it opened was closed.
        Closed = "closed",
        Expired = "expired",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

/// A decision, and where it stands now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecisionAnswer {
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
    /// Where it stands.
    pub state: DecisionState,
    /// The records it names, as far as they have arrived.
    pub records: Vec<RecordBrief>,
}

/// A control as the statement of applicability has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ControlAnswer {
    /// `iso27001-2013/A.8.1.1`, or a name of the organisation's own.
    pub control: String,
    /// Its title.
    pub title: String,
    /// What is declared of it; null for a control that is not declared, which counts as applicable.
    pub declaration: Option<ControlDeclaration>,
    /// False if it is excluded.
    pub applicable: bool,
    /// Its conformity status; null for another control than Annex A's, or if nothing was concluded yet.
    pub status: Option<Status>,
}

/// A page of decisions, the latest first. Those that speak of nothing but what the view does not show are left out.
pub fn decisions(
    store: &Store,
    query: &DecisionQuery,
    view: View,
    now: Timestamp,
) -> Result<(Page<DecisionAnswer>, Option<String>)> {
    store.read(|reader| {
        let page = reader.decisions(query)?;
        let next = page.items.last().filter(|_| page.more).map(|last| last.id.clone());
        let items = answers(reader, page.items, view, now)?;
        Ok((Page { items, more: page.more }, next))
    })
}

/// A decision by its id.
pub fn decision(store: &Store, id: &str, view: View, now: Timestamp) -> Result<DecisionAnswer> {
    store.read(|reader| {
        let found = reader.decision(id)?.into_iter().collect();
        answers(reader, found, view, now)?.pop().ok_or_else(|| Error::NotFound(format!("there is no decision `{id}`")))
    })
}

fn answers(reader: &mut Reader<'_>, found: Vec<Decision>, view: View, now: Timestamp) -> Result<Vec<DecisionAnswer>> {
    let all = reader.all_decisions()?;
    let replaced = replaced(&all, now);
    let in_force = decisions_in_force(&all, now)?;
    let bodies: Vec<DecisionBody> = found.iter().map(DecisionBody::of).collect::<Result<_>>()?;
    let named: BTreeSet<RecordId> = bodies.iter().flat_map(DecisionBody::records).collect();
    let named: Vec<RecordId> = named.into_iter().collect();
    let records = reader.records_by_id(&named)?;
    let hidden: BTreeSet<RecordId> = records
        .iter()
        .filter(|record| view == View::General && record.body.is_restricted())
        .map(|record| record.id)
        .collect();
    let briefs: BTreeMap<RecordId, RecordBrief> =
        records.iter().map(|record| (record.id, RecordBrief::of(record))).collect();
    let mut answers = Vec::with_capacity(found.len());
    for (mut decision, body) in found.into_iter().zip(bodies) {
        let Some(shown) = body.without(&hidden) else { continue };
        let state = state(&decision, &replaced, &in_force, now);
        decision.body = shown.to_json()?;
        let records = shown.records().iter().filter_map(|id| briefs.get(id).cloned()).collect();
        answers.push(DecisionAnswer { decision, state, records });
    }
    Ok(answers)
}

fn state(decision: &Decision, replaced: &BTreeSet<&str>, in_force: &Decisions, now: Timestamp) -> DecisionState {
    let opens = match DecisionBody::of(decision) {
        Ok(DecisionBody::Finding(_)) => true,
        Ok(DecisionBody::Determination(body)) => body.result != crate::assess::DeterminationResult::None,
        _ => false,
    };
    if decision.withdrawn.is_some() {
        return DecisionState::Withdrawn;
    }
    if decision.expires_at.is_some_and(|end| end <= now) {
        return DecisionState::Expired;
    }
    match decision.starts_at() {
        None => DecisionState::Pending,
        Some(start) if start > now => DecisionState::Scheduled,
        _ if opens && in_force.findings.iter().any(|finding| finding.id == decision.id) => DecisionState::InForce,
        _ if opens => DecisionState::Closed,
        _ if replaced.contains(decision.id.as_str()) => DecisionState::Replaced,
        _ => DecisionState::InForce,
    }
}

/// The statement of applicability: every control of Annex A, declared or not, then the organisation's own.
pub fn statement_of_applicability(
    store: &Store,
    rules: &Rules,
    view: View,
    now: Timestamp,
) -> Result<Vec<ControlAnswer>> {
    let all = store.read(|reader| reader.all_decisions())?;
    let mut declared = decisions_in_force(&all, now)?.controls;
    let statuses: BTreeMap<String, Status> = super::requirement_statuses(store, rules, &Default::default(), view)?
        .into_iter()
        .map(|status| (status.requirement.to_string(), status.status))
        .collect();
    let mut answers = Vec::new();
    for edition in rules.standards.editions() {
        for control in controls(&rules.standards, &edition.id) {
            let declaration = declared.remove(control.id.as_str());
            answers.push(ControlAnswer {
                control: control.id.to_string(),
                title: control.title.clone(),
                applicable: declaration.as_ref().is_none_or(|declaration| declaration.applicable),
                status: statuses.get(control.id.as_str()).copied(),
                declaration,
            });
        }
    }
    answers.extend(declared.into_iter().map(|(control, declaration)| ControlAnswer {
        control,
        title: declaration.title.clone().unwrap_or_default(),
        applicable: declaration.applicable,
        status: None,
        declaration: Some(declaration),
    }));
    Ok(answers)
}
