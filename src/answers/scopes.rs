//! Questions about the scopes of the two management systems.

use super::what_if::{Turn, turns, words};
use crate::{
    assess::{Alignment, Closure, Rules, ScopeBody, Scopes},
    error::{Error, Result},
    evaluate::{self, Actor, Proposal, ScopeAgreement},
    model::{Decision, DecisionKind, RecordKind, System, Timestamp, View},
    store::{DecisionQuery, Reader, Store, Transaction},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many records that move are shown.
const MOVES: usize = 1_000;

/// The scope of a management system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScopeAnswer {
    /// The system.
    pub system: System,
    /// The decision that defines it; null if nothing does, and everything is in it.
    pub decision: Option<String>,
    /// The definition.
    pub definition: Option<ScopeBody>,
    /// The versions of it, the latest first, up to 50.
    pub versions: Vec<ScopeVersion>,
}

/// A version of a scope.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScopeVersion {
    /// The decision.
    pub decision: String,
    /// Who made it.
    pub author: String,
    /// When.
    pub made_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Both scopes' closure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClosureAnswer {
    /// The scope of the ISMS.
    pub isms: Closure,
    /// The scope of the SMS.
    pub sms: Closure,
}

/// How far the scopes agree.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlignmentAnswer {
    /// On services and configuration items.
    #[serde(flatten)]
    pub alignment: Alignment,
    /// How many records of each kind count in both systems only because nothing links them to a service or
    /// configuration item.
    pub unlinked: BTreeMap<RecordKind, u64>,
    /// How many records still have to be judged again before this holds.
    pub settling: u64,
}

/// What a definition of a scope does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScopeEffect {
    /// True if it was only tried.
    pub dry_run: bool,
    /// The decision that defines it; null if it was only tried.
    pub decision: Option<String>,
    /// How far the scopes agreed before.
    pub alignment_before: Alignment,
    /// How far they agree with it.
    pub alignment: Alignment,
    /// Whether it is closed.
    pub closure: Closure,
    /// How many services and configuration items it moves in or out.
    pub moved: u64,
    /// The first 1,000 of them.
    pub moves: Vec<ScopeMove>,
    /// What turns with it, as far as records were judged again.
    pub turns: Vec<Turn>,
    /// How many records are still to be judged again: what else turns shows when they are.
    pub settling: u64,
}

/// A service or configuration item that a definition moves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScopeMove {
    /// The record.
    pub record: super::RecordBrief,
    /// True if it comes in, false if it goes out.
    pub enters: bool,
}

/// Both scopes as they are in force, with their versions.
pub fn scopes(store: &Store, now: Timestamp) -> Result<Vec<ScopeAnswer>> {
    store.read(|reader| {
        let scopes = Scopes::in_force(&reader.all_decisions()?, now)?;
        let mut answers = Vec::new();
        for &system in System::ALL {
            let asked = DecisionQuery {
                kind: Some(DecisionKind::Scope),
                subject: Some(format!("scope/{system}")),
                limit: 50,
                ..DecisionQuery::default()
            };
            let version = |decision: Decision| ScopeVersion {
                decision: decision.id,
                author: decision.author,
                made_at: decision.made_at,
                reason: decision.reason,
            };
            let versions = reader.decisions(&asked)?.items.into_iter().map(version).collect();
            let (decision, definition) = scopes.of(system).map(|(id, body)| (id.to_owned(), body.clone())).unzip();
            answers.push(ScopeAnswer { system, decision, definition, versions });
        }
        Ok(answers)
    })
}

/// How far the scopes agree, as records were judged last.
pub fn scope_alignment(store: &Store, view: View) -> Result<AlignmentAnswer> {
    store.read(|reader| {
        let at = reader.ledger()?.at;
        let ScopeAgreement { alignment, unlinked } = evaluate::scope_agreement(reader, view)?;
        Ok(AlignmentAnswer { alignment, unlinked, settling: reader.settling(at)? })
    })
}

/// Whether the scopes are closed.
pub fn scope_closure(store: &Store, rules: &Rules, view: View, now: Timestamp) -> Result<ClosureAnswer> {
    store.read(|reader| {
        let scopes = Scopes::in_force(&reader.all_decisions()?, now)?;
        let governance = governance(reader, rules, view)?;
        let (_, closures) = evaluate::survey(reader, rules, &scopes, governance, now, |_, _| {})?;
        let of = |system| {
            let found = closures.iter().find(|closure| closure.system == system).cloned();
            found.ok_or_else(|| Error::Internal(format!("{system} has no closure")))
        };
        Ok(ClosureAnswer { isms: of(System::Isms)?, sms: of(System::Sms)? })
    })
}

/// True if 4.2 of ISO/IEC 20000-1 has conforming evidence in a view.
fn governance(reader: &mut Reader<'_>, rules: &Rules, view: View) -> Result<bool> {
    let concluded = evaluate::conclusions(reader, rules, view, None)?;
    Ok(concluded.is_some_and(|concluded| evaluate::is_governed(rules, &concluded.statuses)))
}

/// Defines a scope, and says what that does.
pub fn define_scope(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    system: System,
    proposal: Proposal,
    actor: Actor<'_>,
) -> Result<ScopeEffect> {
    let at = transaction.at();
    let governance = governance(transaction, rules, actor.view)?;
    let before = Scopes::in_force(&transaction.all_decisions()?, at)?;
    let alignment_before = evaluate::scope_agreement(transaction, actor.view)?.alignment;
    let words_before = words(transaction, rules, actor.view)?;
    let made = evaluate::decide(transaction, rules, proposal, actor)?;
    let from = made.effective_at;
    let after = Scopes::in_force(&transaction.all_decisions()?, from)?;
    let (mut moved, mut moves) = (0, Vec::new());
    let (alignment, closures) = evaluate::survey(transaction, rules, &after, governance, from, |graph, record| {
        let enters = after.holds(system, graph, record, from);
        if record.deleted_at.is_none() && enters != before.holds(system, graph, record, from) {
            moved += 1;
            if moves.len() < MOVES {
                moves.push(ScopeMove { record: super::RecordBrief::of(record), enters });
            }
        }
    })?;
    let closure = closures.into_iter().find(|closure| closure.system == system);
    Ok(ScopeEffect {
        dry_run: false,
        decision: Some(made.id),
        alignment_before,
        alignment,
        closure: closure.ok_or_else(|| Error::Internal(format!("{system} has no closure")))?,
        moved,
        moves,
        turns: turns(&words_before, &words(transaction, rules, actor.view)?),
        settling: transaction.settling(at)?,
    })
}

/// What [`define_scope`] would do, with the statuses that would turn; nothing is kept.
pub fn try_scope(
    store: &Store,
    rules: &Rules,
    system: System,
    proposal: Proposal,
    actor: Actor<'_>,
    now: Timestamp,
) -> Result<ScopeEffect> {
    // It is tried as if it were in force at once: what it will do then, it would do now.
    let proposal = Proposal { effective_at: None, ..proposal };
    store.what_if(now, |transaction| {
        evaluate::settle_trial(transaction, rules)?;
        let before = words(transaction, rules, actor.view)?;
        let effect = define_scope(transaction, rules, system, proposal, actor)?;
        evaluate::settle_trial(transaction, rules)?;
        let turns = turns(&before, &words(transaction, rules, actor.view)?);
        let at = transaction.at();
        Ok(ScopeEffect { dry_run: true, decision: None, turns, settling: transaction.settling(at)?, ..effect })
    })
}
