//! What people decided, as far as it is in force at an instant: values that a status rests on.

mod body;
mod check;
mod in_force;

pub use body::*;
pub use check::{Setting, Terms, check};
pub use in_force::{decisions_in_force, next_change, replaced};

use crate::model::{Grade, RecordId, Timestamp, names};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The decisions in force at an instant, by what they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// What people state, with the evidence they link.
    pub attestations: Vec<Attestation>,
    /// Findings opened by decision and not closed by one.
    pub findings: Vec<OpenedFinding>,
    /// Findings of tickets that two persons closed by decision: requirement and ticket.
    pub closed: Vec<(RequirementId, RecordId)>,
    /// What became of potential nonconformities.
    pub determinations: Vec<Determination>,
    /// Failing records that are accepted for a while.
    pub deviations: Vec<Deviation>,
    /// The statement of applicability, by control.
    pub controls: BTreeMap<String, ControlDeclaration>,
    /// How requirements relate, by declaration of the organisation.
    pub relations: Vec<DeclaredRelation>,
    /// Evidence bound to requirements that have no topics.
    pub bindings: Vec<Binding>,
    /// Processes that other parties run.
    pub governed: Vec<GovernedProcess>,
    /// By indicator and version, the decision that a definition may demand less than it did.
    pub relaxations: BTreeMap<(String, String), String>,
}

names! {
    /// What an attestation says of its subject.
    pub enum Stance {
        /// It is fulfilled.
        Fulfilled = "fulfilled",
        /// It is not: a potential nonconformity until determined.
        NotFulfilled = "not_fulfilled",
    }
}

/// What a person states of a requirement or a topic, with the evidence linked.
///
/// A favourable one counts until it expires, and only where no indicator is conclusive. An adverse one stays, marked
/// stale, after it expires: only what is favourable expires; a determination or its withdrawal ends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attestation {
    /// The decision's id.
    pub id: String,
    /// The requirement it speaks of: its own topics, or itself if it has none.
    pub requirement: Option<RequirementId>,
    /// The topic it speaks of: for every requirement that asks for it if none is named.
    pub topic: Option<String>,
    /// What it says.
    pub stance: Stance,
    /// What is stated.
    pub statement: String,
    /// The records that show it.
    pub evidence: Vec<RecordId>,
    /// Where else it is shown: links to what is not a record.
    pub links: Vec<String>,
    /// Who states it.
    pub author: String,
    /// When it was stated.
    pub made_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// True if it has expired and counts only because it is adverse.
    pub stale: bool,
}

/// A finding that a person opened by decision, on its own or as a determination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenedFinding {
    /// The decision's id.
    pub id: String,
    /// The requirement not fulfilled.
    pub requirement: RequirementId,
    /// How it is graded.
    pub grade: Grade,
    /// What is not fulfilled, in a line.
    pub title: String,
    /// The nonconformity ticket that handles it, if there is one: both are the same finding.
    pub ticket: Option<RecordId>,
    /// Who graded it.
    pub author: String,
    /// When it was opened.
    pub opened_at: Timestamp,
}

names! {
    /// What a person determined a potential nonconformity to be.
    pub enum DeterminationResult {
        /// No nonconformity: a concern until recovery, unless something new turns up.
        None = "none",
        Minor = "minor",
        Major = "major",
    }
}

/// What a person determined a requirement's potential nonconformity to be, and of which evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Determination {
    /// The decision's id.
    pub id: String,
    /// The requirement.
    pub requirement: RequirementId,
    /// What it is.
    pub result: DeterminationResult,
    /// Why.
    pub reason: String,
    /// Who determined it.
    pub author: String,
    /// When.
    pub made_at: Timestamp,
    /// When `none` ends; a finding ends by its effectiveness verified.
    pub expires_at: Option<Timestamp>,
    /// The evidence it was made on.
    pub covers: Covered,
}

/// The adverse evidence a determination was made on. What is not in it is new.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Covered {
    /// For each breached indicator, the records that failed.
    pub indicators: BTreeMap<String, Vec<RecordId>>,
    /// Adverse attestations, by the id of their decision.
    pub attestations: Vec<String>,
    /// Circumstances, as `kind:subject`.
    pub circumstances: Vec<String>,
}

/// A record that may fail an indicator until a date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The record.
    pub record: RecordId,
    /// The indicator's id.
    pub indicator: String,
}

/// An accepted deviation: named records may fail named indicators until a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deviation {
    /// The decision's id.
    pub id: String,
    /// What is waived.
    pub waives: Vec<Waiver>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub author: String,
    /// Who confirmed it.
    pub confirmed_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

names! {
    /// What the statement of applicability says of a control comes to at an instant.
    pub enum ControlState {
        /// Not applicable.
        Excluded = "excluded",
        Implemented = "implemented",
        /// Applicable, not implemented, and its plan is not due yet.
        Planned = "planned",
        /// Applicable, not implemented, and its plan is overdue.
        Overdue = "overdue",
    }
}

/// What the statement of applicability says of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ControlDeclaration {
    /// The decision's id.
    pub decision: String,
    /// The control: `iso27001-2013/A.8.1.1`, or a name of the organisation's own for another than Annex A's.
    pub control: String,
    /// What another control than Annex A's asks for; null for those.
    pub title: Option<String>,
    /// False if it is excluded.
    pub applicable: bool,
    /// Why it is included or excluded.
    pub justification: String,
    /// True if it is implemented.
    pub implemented: bool,
    /// When it will be, if it is applicable and not implemented.
    pub planned_until: Option<Timestamp>,
    /// Why it is excluded although something needs it.
    pub acknowledgement: Option<String>,
    /// What this comes to at the instant asked about.
    pub state: ControlState,
}

names! {
    /// How the requirement named first relates to the other.
    pub enum RequirementRelation {
        /// Both ask for the same.
        Equal = "equal",
        /// The first asks for all the other does, and more.
        Superset = "superset",
        /// The other asks for all the first does, and more.
        Subset = "subset",
    }
}

impl RequirementRelation {
    /// The same relation, read from the other end.
    pub const fn reversed(self) -> Self {
        match self {
            Self::Equal => Self::Equal,
            Self::Superset => Self::Subset,
            Self::Subset => Self::Superset,
        }
    }
}

/// A relation between two requirements that the organisation declares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeclaredRelation {
    /// The decision's id.
    pub id: String,
    /// The first requirement.
    pub from: RequirementId,
    /// How it relates to the other.
    pub relation: RequirementRelation,
    /// The other.
    pub to: RequirementId,
}

/// Evidence bound to a requirement that has no topics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Binding {
    /// The decision's id.
    pub id: String,
    /// The requirement.
    pub requirement: RequirementId,
    /// Indicators that are evidence for it.
    pub indicators: Vec<String>,
    /// Documents that are.
    pub documents: Vec<RecordId>,
}

/// A process of clauses 5 to 9 of ISO/IEC 20000-1 that another party runs (1.2, 4.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GovernedProcess {
    /// The decision's id.
    pub id: String,
    /// The clause of the process.
    pub requirement: RequirementId,
    /// Who runs it.
    pub party: RecordId,
    /// The agreement with that party.
    pub agreement: RecordId,
}

impl ControlState {
    /// The state of a declaration at an instant. Without a date a plan has no time left.
    pub fn of(applicable: bool, implemented: bool, planned_until: Option<Timestamp>, at: Timestamp) -> Self {
        match (applicable, implemented) {
            (false, _) => Self::Excluded,
            (true, true) => Self::Implemented,
            (true, false) if planned_until.is_some_and(|until| until > at) => Self::Planned,
            (true, false) => Self::Overdue,
        }
    }
}

impl Decisions {
    /// What of these may be known to those who may not know of `hidden` records: no such record is named, and an
    /// attestation that has nothing else to show is left out.
    #[must_use]
    pub fn without(mut self, hidden: &BTreeSet<RecordId>) -> Self {
        if hidden.is_empty() {
            return self;
        }
        self.attestations.retain_mut(|attestation| {
            let before = attestation.evidence.len();
            attestation.evidence.retain(|record| !hidden.contains(record));
            attestation.evidence.len() == before || !attestation.evidence.is_empty() || !attestation.links.is_empty()
        });
        for finding in &mut self.findings {
            finding.ticket = finding.ticket.filter(|ticket| !hidden.contains(ticket));
        }
        for deviation in &mut self.deviations {
            deviation.waives.retain(|waiver| !hidden.contains(&waiver.record));
        }
        for determination in &mut self.determinations {
            for records in determination.covers.indicators.values_mut() {
                records.retain(|record| !hidden.contains(record));
            }
        }
        for binding in &mut self.bindings {
            binding.documents.retain(|record| !hidden.contains(record));
        }
        self
    }

    /// How many of these failing records an accepted deviation waives for this indicator.
    pub fn waived<'a>(&self, indicator: &str, failing: impl IntoIterator<Item = &'a RecordId>) -> u64 {
        let waives: BTreeSet<RecordId> = self.waivers_of(indicator).collect();
        failing.into_iter().filter(|record| waives.contains(record)).count() as u64
    }

    /// The records that deviations waive for this indicator.
    pub fn waivers_of<'a>(&'a self, indicator: &'a str) -> impl Iterator<Item = RecordId> + 'a {
        let waives = self.deviations.iter().flat_map(|deviation| &deviation.waives);
        waives.filter(move |waiver| waiver.indicator == indicator).map(|waiver| waiver.record)
    }
}
