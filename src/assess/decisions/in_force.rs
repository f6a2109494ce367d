//! Which decisions are in force at an instant, what they come to, and when that changes by itself.

use super::{
    Attestation, Binding, ControlDeclaration, ControlState, DecisionBody, Decisions, DeclaredRelation, Determination,
    DeterminationResult, Deviation, GovernedProcess, OpenedFinding, Stance, body,
};
use crate::error::Result;
use crate::model::{Decision, DecisionKind, Grade, Timestamp};
use std::collections::BTreeSet;

/// What the decisions in force at an instant say. Those that come later, expired, were taken back, lack a second
/// person or were replaced say nothing; but an adverse attestation stays when it expires, and a finding until it is
/// closed.
pub fn decisions_in_force(all: &[Decision], at: Timestamp) -> Result<Decisions> {
    let mut standing: Vec<&Decision> = all.iter().filter(|decision| decision.stands_at(at)).collect();
    standing.sort_by_key(|decision| (decision.starts_at(), &decision.id));
    let replaced = replaced(all, at);
    let mut found = Decisions::default();
    for decision in standing {
        add(&mut found, decision, replaced.contains(decision.id.as_str()), at)?;
    }
    // Closures may come before what they close in the order of starting.
    let closed: BTreeSet<String> = closed(all, at)?;
    found.findings.retain(|finding| !closed.contains(&finding.id));
    let open: BTreeSet<&str> = found.findings.iter().map(|finding| finding.id.as_str()).collect();
    found.determinations.retain(|determination| {
        determination.result == DeterminationResult::None || open.contains(determination.id.as_str())
    });
    Ok(found)
}

/// The ids of decisions in whose place a later one on the same subject is in force.
pub fn replaced(all: &[Decision], at: Timestamp) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let in_force = || all.iter().filter(|decision| decision.kind.replaces() && decision.is_in_force_at(at));
    for decision in in_force() {
        let same = |other: &&Decision| other.kind == decision.kind && other.subject == decision.subject;
        let later = |other: &&Decision| (other.starts_at(), &other.id) > (decision.starts_at(), &decision.id);
        if in_force().filter(same).any(|other| later(&other)) {
            found.insert(decision.id.as_str());
        }
    }
    found
}

fn closed(all: &[Decision], at: Timestamp) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let closures = all.iter().filter(|decision| decision.kind == DecisionKind::FindingClosure);
    for decision in closures.filter(|decision| decision.is_in_force_at(at)) {
        if let DecisionBody::FindingClosure(body) = DecisionBody::of(decision)? {
            found.extend(body.finding);
        }
    }
    Ok(found)
}

fn add(found: &mut Decisions, decision: &Decision, replaced: bool, at: Timestamp) -> Result<()> {
    let in_force = decision.is_in_force_at(at) && !replaced;
    let id = || decision.id.clone();
    match DecisionBody::of(decision)? {
        DecisionBody::Attestation(body) => {
            if in_force || body.stance == Stance::NotFulfilled {
                found.attestations.push(attestation(decision, body, !in_force));
            }
        }
        // A finding ends by closing, not by a date.
        DecisionBody::Finding(body) => {
            found.findings.push(opened(decision, body.requirement, body.grade, body.title, body.ticket));
        }
        DecisionBody::Determination(body) => {
            let grade = match body.result {
                DeterminationResult::None => None,
                DeterminationResult::Minor => Some(Grade::Minor),
                DeterminationResult::Major => Some(Grade::Major),
            };
            if let Some(grade) = grade {
                let title = decision.reason.clone();
                found.findings.push(opened(decision, body.requirement.clone(), grade, title, body.ticket));
            }
            if in_force || grade.is_some() {
                found.determinations.push(Determination {
                    id: id(),
                    requirement: body.requirement,
                    result: body.result,
                    reason: decision.reason.clone(),
                    author: decision.author.clone(),
                    made_at: decision.made_at,
                    expires_at: decision.expires_at,
                    covers: body.covers.unwrap_or_default(),
                });
            }
        }
        _ if !in_force => {}
        DecisionBody::FindingClosure(body) => found.closed.extend(body.requirement.zip(body.ticket)),
        DecisionBody::Deviation(body) => found.deviations.push(Deviation {
            id: id(),
            waives: body.waives,
            reason: decision.reason.clone(),
            author: decision.author.clone(),
            confirmed_by: decision.confirmed.as_ref().map(|act| act.by.clone()).unwrap_or_default(),
            expires_at: decision.expires_at.unwrap_or(at),
        }),
        DecisionBody::Relation(body) => {
            found.relations.push(DeclaredRelation { id: id(), from: body.from, relation: body.relation, to: body.to })
        }
        DecisionBody::Binding(body) => found.bindings.push(Binding {
            id: id(),
            requirement: body.requirement,
            indicators: body.indicators,
            documents: body.documents,
        }),
        DecisionBody::GovernedProcess(body) => found.governed.push(GovernedProcess {
            id: id(),
            requirement: body.requirement,
            party: body.party,
            agreement: body.agreement,
        }),
        DecisionBody::Applicability(body) => {
            for control in body.controls {
                found.controls.insert(control.control.clone(), declaration(decision, control, at));
            }
        }
        DecisionBody::Relaxation(body) => {
            found.relaxations.insert((body.indicator, body.version), id());
        }
        // A scope has its own way of being read.
        DecisionBody::Scope(_) => {}
    }
    Ok(())
}

fn attestation(decision: &Decision, body: body::AttestationBody, stale: bool) -> Attestation {
    Attestation {
        id: decision.id.clone(),
        requirement: body.requirement,
        topic: body.topic,
        stance: body.stance,
        statement: body.statement,
        evidence: body.evidence,
        links: body.links,
        author: decision.author.clone(),
        made_at: decision.made_at,
        expires_at: decision.expires_at.unwrap_or(decision.made_at),
        stale,
    }
}

fn opened(
    decision: &Decision,
    requirement: crate::standards::RequirementId,
    grade: Grade,
    title: String,
    ticket: Option<crate::model::RecordId>,
) -> OpenedFinding {
    OpenedFinding {
        id: decision.id.clone(),
        requirement,
        grade,
        title,
        ticket,
        author: decision.author.clone(),
        opened_at: decision.made_at,
    }
}

fn declaration(decision: &Decision, body: body::ControlBody, at: Timestamp) -> ControlDeclaration {
    ControlDeclaration {
        decision: decision.id.clone(),
        state: ControlState::of(body.applicable, body.implemented, body.planned_until, at),
        control: body.control,
        title: body.title,
        applicable: body.applicable,
        justification: body.justification,
        implemented: body.implemented,
        planned_until: body.planned_until,
        acknowledgement: body.acknowledgement,
    }
}

/// The next instant, later than `at`, at which what is in force changes though nobody decides anything: a decision
/// starts or expires, or a plan falls due.
pub fn next_change(all: &[Decision], at: Timestamp) -> Result<Option<Timestamp>> {
    let mut next: BTreeSet<Timestamp> = BTreeSet::new();
    for decision in all {
        next.extend(decision.starts_at());
        next.extend(decision.ends_at());
        if decision.stands_at(at)
            && let DecisionBody::Applicability(body) = DecisionBody::of(decision)?
        {
            next.extend(body.controls.iter().filter_map(|control| control.planned_until));
        }
    }
    Ok(next.into_iter().find(|instant| *instant > at))
}
