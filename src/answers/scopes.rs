//! Questions about the scopes of the two management systems.

use crate::{
    assess::{Alignment, Closure, Rules, ScopeBody, Scopes, alignment, closure},
    error::Result,
    model::{Decision, DecisionKind, Graph, Record, RecordKind, Status, System, Timestamp, View},
    standards::RequirementId,
    store::{DecisionQuery, Reader, Store},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The kinds of records that scopes and what contributes to them are read from.
const KINDS: [RecordKind; 5] = [
    RecordKind::Service,
    RecordKind::ConfigurationItem,
    RecordKind::Party,
    RecordKind::Agreement,
    RecordKind::Relation,
];

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
    /// The services and configuration items it moves in or out.
    pub moves: Vec<ScopeMove>,
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

/// How far the scopes agree.
pub fn scope_alignment(store: &Store, rules: &Rules, now: Timestamp) -> Result<Alignment> {
    store.read(|reader| Ok(surveyed(reader, rules, now)?.alignment(now)))
}

/// Whether the scopes are closed.
pub fn scope_closure(store: &Store, rules: &Rules, view: View, now: Timestamp) -> Result<ClosureAnswer> {
    let governed = governance(store, rules, view)?;
    store.read(|reader| {
        let survey = surveyed(reader, rules, now)?;
        let of = |system| survey.closure(system, governed, now);
        Ok(ClosureAnswer { isms: of(System::Isms), sms: of(System::Sms) })
    })
}

/// True if 4.2 of ISO/IEC 20000-1 conforms.
pub fn governance(store: &Store, rules: &Rules, view: View) -> Result<bool> {
    let statuses = super::requirement_statuses(store, rules, &Default::default(), view)?;
    let of_the_sms = rules.standards.editions().iter().find(|edition| edition.system == System::Sms);
    let id = of_the_sms.map(|edition| RequirementId::new(&edition.id, "4.2"));
    Ok(statuses.iter().any(|status| Some(&status.requirement) == id.as_ref() && status.status == Status::Conforming))
}

/// The records that scopes speak of, and the scopes.
pub struct Survey {
    records: Vec<Record>,
    known: Vec<crate::model::RelationType>,
    scopes: Scopes,
}

/// Reads the records that scopes speak of, and the scopes in force.
pub fn surveyed(reader: &mut Reader<'_>, rules: &Rules, now: Timestamp) -> Result<Survey> {
    let mut records = Vec::new();
    for kind in KINDS {
        records.extend(reader.records_of(kind)?);
    }
    let known = rules.known_relations(&reader.checkpoints()?);
    Ok(Survey { records, known, scopes: Scopes::in_force(&reader.all_decisions()?, now)? })
}

impl Survey {
    fn graph(&self) -> Graph<'_> {
        Graph::new(&self.records, self.known.iter().copied())
    }

    fn alignment(&self, now: Timestamp) -> Alignment {
        alignment(&self.graph(), &self.scopes, now)
    }

    fn closure(&self, system: System, governed: bool, now: Timestamp) -> Closure {
        closure(&self.graph(), &self.scopes, system, governed, now)
    }

    /// What is different from an earlier survey.
    pub fn since(
        &self,
        before: &Self,
        system: System,
        governed: bool,
        decision: Option<String>,
        now: Timestamp,
    ) -> ScopeEffect {
        let inside = |survey: &Self| -> BTreeMap<crate::model::RecordId, bool> {
            let graph = survey.graph();
            let kinds = [RecordKind::Service, RecordKind::ConfigurationItem];
            let records = kinds.into_iter().flat_map(|kind| graph.live(kind));
            records
                .map(|record| {
                    let services = graph.outgoing(record.canonical_id, crate::model::RelationType::Supports);
                    let linked: Vec<&Record> = services.filter_map(|id| graph.record(id)).collect();
                    (record.id, survey.scopes.holds(system, record, &linked, now))
                })
                .collect()
        };
        let (earlier, later) = (inside(before), inside(self));
        let moves = self.records.iter().filter_map(|record| {
            let (was, is) = (earlier.get(&record.id)?, later.get(&record.id)?);
            (was != is).then(|| ScopeMove { record: super::RecordBrief::of(record), enters: *is })
        });
        ScopeEffect {
            dry_run: decision.is_none(),
            decision,
            alignment_before: before.alignment(now),
            alignment: self.alignment(now),
            closure: self.closure(system, governed, now),
            moves: moves.collect(),
        }
    }
}
