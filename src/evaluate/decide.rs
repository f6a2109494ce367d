//! Decisions through the one write path: checked against what is in force, kept, and concluded upon at once.

use super::{Change, apply, decided};
use crate::{
    assess::{
        ControlNeed, Covered, DecisionBody, DeterminationResult, Rules, Setting, Terms, check, control_needs,
        decisions_in_force,
    },
    error::{Error, Problem, Result},
    model::{ActedOn, Decision, DecisionAct, DecisionKind, Record, RecordId, RecordKind, Timestamp, View},
    standards::RequirementId,
    store::{Reader, Transaction},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A decision that is about to be made.
pub struct Proposal {
    /// What it says.
    pub body: DecisionBody,
    /// What it is about.
    pub kind: DecisionKind,
    /// Why.
    pub reason: String,
    /// From when on, if not at once.
    pub effective_at: Option<Timestamp>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// Who acts.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    /// The subject of the token.
    pub name: &'a str,
    /// What it may know of.
    pub view: View,
}

/// Makes a decision.
pub fn decide(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    mut proposal: Proposal,
    actor: Actor<'_>,
) -> Result<Decision> {
    let at = transaction.at();
    let all = transaction.all_decisions()?;
    let in_force = decisions_in_force(&all, at)?;
    if let DecisionBody::Determination(body) = &mut proposal.body
        && body.covers.is_none()
    {
        body.covers = Some(adverse_now(transaction, rules, &body.requirement, actor.view)?);
    }
    let records = known_records(transaction, &proposal.body.records(), actor.view)?;
    let needs = needs(transaction, rules, &proposal.body)?;
    let setting = Setting {
        standards: &rules.standards,
        indicators: &rules.indicators,
        records: &records,
        in_force: &in_force,
        needs: &needs,
        at,
    };
    let Proposal { body, kind, reason, effective_at, expires_at } = proposal;
    let problems = check(&body, &Terms { reason: &reason, effective_at, expires_at }, &setting);
    if !problems.is_empty() {
        return Err(Error::Unprocessable(problems));
    }
    let decision = Decision {
        id: Uuid::now_v7().to_string(),
        kind,
        subject: body.subject(),
        author: actor.name.into(),
        made_at: at,
        effective_at: effective_at.unwrap_or(at),
        expires_at,
        reason,
        body: body.to_json()?,
        confirmed: None,
        withdrawn: None,
    };
    transaction.add_decision(&decision)?;
    apply(transaction, rules, Change::Decided)?;
    Ok(decision)
}

/// A second person agrees to a decision that needs two.
pub fn confirm(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    id: &str,
    actor: Actor<'_>,
    reason: String,
) -> Result<()> {
    let decision = standing(transaction, id, actor.view)?;
    if !decision.kind.needs_two() {
        return Err(Error::Conflict(format!("a decision on {} needs one person only", decision.kind)));
    }
    if decision.confirmed.is_some() {
        return Err(Error::Conflict("a second person confirmed it already".into()));
    }
    if decision.author == actor.name {
        return Err(Error::Conflict(format!("{} made it: a second person has to confirm it", decision.author)));
    }
    if decision.expires_at.is_some_and(|expires| expires <= transaction.at()) {
        return Err(Error::Conflict("it expired before it was confirmed: decide anew".into()));
    }
    act(transaction, rules, id, DecisionAct::Confirmed, actor, reason)
}

/// A decision is taken back. A finding is not: it ends by being closed, which needs two.
pub fn withdraw(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    id: &str,
    actor: Actor<'_>,
    reason: String,
) -> Result<()> {
    let decision = standing(transaction, id, actor.view)?;
    let opens = match DecisionBody::of(&decision)? {
        DecisionBody::Finding(_) => true,
        DecisionBody::Determination(body) => body.result != DeterminationResult::None,
        _ => false,
    };
    if opens {
        return Err(Error::Conflict("a finding ends by a `finding_closure`, which two persons decide".into()));
    }
    act(transaction, rules, id, DecisionAct::Withdrawn, actor, reason)
}

fn act(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    id: &str,
    act: DecisionAct,
    actor: Actor<'_>,
    reason: String,
) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(Error::Unprocessable(vec![Problem::new("reason", "has to say something")]));
    }
    let acted = ActedOn { by: actor.name.into(), at: transaction.at(), reason };
    transaction.act_on_decision(id, act, &acted)?;
    apply(transaction, rules, Change::Decided)?;
    Ok(())
}

/// A decision that can still be acted on. One that speaks of hidden records alone is not known to be there.
fn standing(reader: &mut Reader<'_>, id: &str, view: View) -> Result<Decision> {
    let unknown = || Error::NotFound(format!("there is no decision `{id}`"));
    let decision = reader.decision(id)?.ok_or_else(unknown)?;
    let body = DecisionBody::of(&decision)?;
    let hidden = decided::hidden(reader, &body.records(), view)?;
    body.without(&hidden).ok_or_else(unknown)?;
    match &decision.withdrawn {
        Some(withdrawn) => Err(Error::Conflict(format!("{} took it back at {}", withdrawn.by, withdrawn.at))),
        None => Ok(decision),
    }
}

/// Everything adverse on a requirement itself that no determination covers yet, or that one covers now.
fn adverse_now(reader: &mut Reader<'_>, rules: &Rules, requirement: &RequirementId, view: View) -> Result<Covered> {
    let Some(status) = decided::present_status(reader, rules, requirement, view)? else {
        return Ok(Covered::default());
    };
    let breached = status.all_topics().flat_map(|topic| &topic.indicators);
    let breached = breached.filter(|result| result.verdict == crate::model::Verdict::Breach);
    let mut covers = Covered::default();
    for result in breached {
        let failing = decided::failing(reader, &result.indicator, result.system, view, None)?;
        covers.indicators.insert(result.indicator.clone(), failing.into_keys().collect());
    }
    covers.attestations = status.all_topics().flat_map(|topic| topic.objections().cloned()).collect();
    covers.attestations.dedup();
    covers.circumstances = status.circumstances.iter().map(crate::assess::Circumstance::key).collect();
    Ok(covers)
}

fn known_records(reader: &mut Reader<'_>, ids: &[RecordId], view: View) -> Result<BTreeMap<RecordId, Record>> {
    let hidden = decided::hidden(reader, ids, view)?;
    let found = reader.records_by_id(ids)?.into_iter().filter(|record| !hidden.contains(&record.id));
    Ok(found.map(|record| (record.id, record)).collect())
}

/// What needs the controls that a statement excludes.
fn needs(reader: &mut Reader<'_>, rules: &Rules, body: &DecisionBody) -> Result<BTreeMap<String, Vec<ControlNeed>>> {
    let DecisionBody::Applicability(body) = body else { return Ok(BTreeMap::new()) };
    let excluded: Vec<_> = body
        .controls
        .iter()
        .filter(|control| !control.applicable)
        .filter_map(|control| {
            let (edition, number) = control.control.split_once('/')?;
            rules.standards.requirement(&RequirementId::new(edition, number))
        })
        .collect();
    if excluded.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut records = reader.records_of(RecordKind::Risk)?;
    records.extend(reader.records_of(RecordKind::Agreement)?);
    let needs = |node: &crate::standards::Requirement| control_needs(&rules.standards, node, &records);
    Ok(excluded.into_iter().map(|node| (node.id.to_string(), needs(node))).collect())
}
