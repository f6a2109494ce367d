//! What a decision of each kind says, as people send it and as it is kept.

use super::{Covered, DeterminationResult, RequirementRelation, Stance, Waiver};
use crate::error::{Error, Problem, Result};
use crate::model::{Decision, DecisionKind, Grade, RecordId, System, Timestamp};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What was decided, by kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum DecisionBody {
    /// A statement of a person.
    Attestation(AttestationBody),
    /// A finding that is opened.
    Finding(FindingBody),
    /// A finding that is closed.
    FindingClosure(FindingClosureBody),
    /// What a potential nonconformity is.
    Determination(DeterminationBody),
    /// What is accepted for a while.
    Deviation(DeviationBody),
    /// How two requirements relate.
    Relation(RelationBody),
    /// What is evidence for a requirement without topics.
    Binding(BindingBody),
    /// Who runs a process.
    GovernedProcess(GovernedProcessBody),
    /// Which controls apply.
    Applicability(ApplicabilityBody),
    /// Which indicator may demand less.
    Relaxation(RelaxationBody),
    /// What is in the scope of a management system.
    Scope(ScopeBody),
}

/// A statement of a person on a requirement, a topic, or a topic of a requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationBody {
    /// The requirement.
    #[serde(default)]
    pub requirement: Option<RequirementId>,
    /// The topic.
    #[serde(default)]
    pub topic: Option<String>,
    /// Whether it is fulfilled.
    pub stance: Stance,
    /// What is stated, up to 4,000 characters.
    pub statement: String,
    /// The records that show it.
    #[serde(default)]
    pub evidence: Vec<RecordId>,
    /// Links to what else shows it.
    #[serde(default)]
    pub links: Vec<String>,
}

/// A finding that is opened by decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingBody {
    /// The requirement not fulfilled.
    pub requirement: RequirementId,
    /// How it is graded.
    pub grade: Grade,
    /// What is not fulfilled, in a line.
    pub title: String,
    /// The nonconformity ticket that handles it.
    #[serde(default)]
    pub ticket: Option<RecordId>,
}

/// A finding that is closed: by the decision that opened it, or by its requirement and ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingClosureBody {
    /// The decision that opened it.
    #[serde(default)]
    pub finding: Option<String>,
    /// The requirement of a finding that is a ticket alone.
    #[serde(default)]
    pub requirement: Option<RequirementId>,
    /// That ticket.
    #[serde(default)]
    pub ticket: Option<RecordId>,
    /// When the corrective action was found to be effective.
    pub effectiveness_verified_at: Timestamp,
    /// How that was verified.
    pub verification: String,
}

/// What a requirement's potential nonconformity is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeterminationBody {
    /// The requirement.
    pub requirement: RequirementId,
    /// What it is.
    pub result: DeterminationResult,
    /// The evidence it is made on; everything adverse there is now unless given.
    #[serde(default)]
    pub covers: Option<Covered>,
    /// The nonconformity ticket that handles it, where it is one.
    #[serde(default)]
    pub ticket: Option<RecordId>,
}

/// What is accepted for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviationBody {
    /// Which records may fail which indicators.
    pub waives: Vec<Waiver>,
}

/// How two requirements relate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationBody {
    /// The first.
    pub from: RequirementId,
    /// How it relates to the other.
    pub relation: RequirementRelation,
    /// The other.
    pub to: RequirementId,
}

/// What is evidence for a requirement without topics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingBody {
    /// The requirement.
    pub requirement: RequirementId,
    /// Indicators, by id.
    #[serde(default)]
    pub indicators: Vec<String>,
    /// Documents.
    #[serde(default)]
    pub documents: Vec<RecordId>,
}

/// Who runs a process of clauses 5 to 9 of ISO/IEC 20000-1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GovernedProcessBody {
    /// The clause of the process.
    pub requirement: RequirementId,
    /// Who runs it.
    pub party: RecordId,
    /// The agreement with that party.
    pub agreement: RecordId,
}

/// Declarations of controls: those not named stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicabilityBody {
    /// The controls, each once.
    pub controls: Vec<ControlBody>,
}

/// What is declared of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlBody {
    /// `iso27001-2013/A.8.1.1`, or a name of the organisation's own for another than Annex A's.
    pub control: String,
    /// What another control than Annex A's asks for; not for those.
    #[serde(default)]
    pub title: Option<String>,
    /// False to exclude it.
    pub applicable: bool,
    /// Why it is included or excluded.
    pub justification: String,
    /// True if it is implemented; false unless given.
    #[serde(default)]
    pub implemented: bool,
    /// When it will be, if it is applicable and not implemented.
    #[serde(default)]
    pub planned_until: Option<Timestamp>,
    /// Why it is excluded although something needs it.
    #[serde(default)]
    pub acknowledgement: Option<String>,
}

/// An indicator that may demand less than it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelaxationBody {
    /// The indicator's id.
    pub indicator: String,
    /// The version of the relaxed definition.
    pub version: String,
}

/// What is in the scope of a management system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// The system.
    pub system: System,
    /// True if it is the whole organisation's.
    #[serde(default)]
    pub organisation_wide: bool,
    /// What is in; without any, everything is.
    #[serde(default)]
    pub include: Vec<ScopeRule>,
    /// What of that is out, and why.
    #[serde(default)]
    pub exclude: Vec<ScopeExclusion>,
}

/// What a scope rule speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeRule {
    /// Services, configuration items, sites or units.
    pub of: ScopeKind,
    /// An expression over services or configuration items; the names of sites or units, separated by commas.
    pub when: String,
}

/// What is out of a scope, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeExclusion {
    /// Services, configuration items, sites or units.
    pub of: ScopeKind,
    /// An expression over services or configuration items; the names of sites or units, separated by commas.
    pub when: String,
    /// Why it is out.
    pub justification: String,
}

crate::model::names! {
    /// What a scope rule speaks of.
    pub enum ScopeKind {
        Service = "service",
        ConfigurationItem = "configuration_item",
        /// Where configuration items are.
        Site = "site",
        /// The organisational unit that configuration items belong to.
        Unit = "unit",
    }
}

impl DecisionBody {
    /// Reads what was sent for a kind; the problem names the field.
    pub fn read(kind: DecisionKind, body: serde_json::Value) -> Result<Self, Problem> {
        Ok(match kind {
            DecisionKind::Attestation => Self::Attestation(read(body)?),
            DecisionKind::Finding => Self::Finding(read(body)?),
            DecisionKind::FindingClosure => Self::FindingClosure(read(body)?),
            DecisionKind::Determination => Self::Determination(read(body)?),
            DecisionKind::Deviation => Self::Deviation(read(body)?),
            DecisionKind::Relation => Self::Relation(read(body)?),
            DecisionKind::Binding => Self::Binding(read(body)?),
            DecisionKind::GovernedProcess => Self::GovernedProcess(read(body)?),
            DecisionKind::Applicability => Self::Applicability(read(body)?),
            DecisionKind::Relaxation => Self::Relaxation(read(body)?),
            DecisionKind::Scope => Self::Scope(read(body)?),
        })
    }

    /// Reads what is kept.
    pub fn of(decision: &Decision) -> Result<Self> {
        Self::read(decision.kind, decision.body.clone())
            .map_err(|problem| Error::Internal(format!("the decision {} cannot be read: {problem}", decision.id)))
    }

    /// What it decides on.
    pub fn subject(&self) -> String {
        match self {
            Self::Attestation(AttestationBody { requirement: Some(id), .. }) => id.to_string(),
            Self::Attestation(body) => format!("topic/{}", body.topic.as_deref().unwrap_or_default()),
            Self::Finding(body) => body.requirement.to_string(),
            Self::FindingClosure(body) => body
                .finding
                .clone()
                .unwrap_or_else(|| body.requirement.as_ref().map(ToString::to_string).unwrap_or_default()),
            Self::Determination(body) => body.requirement.to_string(),
            Self::Deviation(body) => {
                body.waives.first().map(|waiver| format!("indicator/{}", waiver.indicator)).unwrap_or_default()
            }
            Self::Relation(body) => format!("{} {} {}", body.from, body.relation, body.to),
            Self::Binding(body) => body.requirement.to_string(),
            Self::GovernedProcess(body) => body.requirement.to_string(),
            Self::Applicability(_) => "statement-of-applicability".into(),
            Self::Relaxation(body) => format!("indicator/{}", body.indicator),
            Self::Scope(body) => format!("scope/{}", body.system),
        }
    }

    /// Every record it names.
    pub fn records(&self) -> Vec<RecordId> {
        match self {
            Self::Attestation(body) => body.evidence.clone(),
            Self::Finding(body) => body.ticket.into_iter().collect(),
            Self::FindingClosure(body) => body.ticket.into_iter().collect(),
            Self::Determination(body) => {
                let covered = body.covers.iter().flat_map(|covers| covers.indicators.values().flatten().copied());
                body.ticket.into_iter().chain(covered).collect()
            }
            Self::Deviation(body) => body.waives.iter().map(|waiver| waiver.record).collect(),
            Self::Binding(body) => body.documents.clone(),
            Self::GovernedProcess(body) => vec![body.party, body.agreement],
            Self::Relation(_) | Self::Applicability(_) | Self::Relaxation(_) | Self::Scope(_) => Vec::new(),
        }
    }

    /// What of it may be known to those who may not know of `hidden` records; `None` if it speaks of nothing else.
    #[must_use]
    pub fn without(mut self, hidden: &BTreeSet<RecordId>) -> Option<Self> {
        let named = self.records();
        if hidden.is_empty() || named.iter().all(|record| !hidden.contains(record)) {
            return Some(self);
        }
        let shown = |record: &RecordId| !hidden.contains(record);
        match &mut self {
            Self::Attestation(body) => {
                body.evidence.retain(shown);
                (!body.evidence.is_empty() || !body.links.is_empty()).then_some(())?;
            }
            Self::Finding(FindingBody { ticket, .. }) => *ticket = ticket.filter(shown),
            Self::Determination(body) => {
                body.ticket = body.ticket.filter(shown);
                for records in body.covers.iter_mut().flat_map(|covers| covers.indicators.values_mut()) {
                    records.retain(shown);
                }
            }
            Self::Deviation(body) => {
                body.waives.retain(|waiver| shown(&waiver.record));
                (!body.waives.is_empty()).then_some(())?;
            }
            Self::Binding(body) => body.documents.retain(shown),
            _ => return None,
        }
        Some(self)
    }

    /// As it is kept.
    pub fn to_json(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))
    }
}

fn read<T: DeserializeOwned>(body: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let place = match error.path().to_string() {
            root if root == "." => "body".to_owned(),
            path => format!("body.{path}"),
        };
        Problem::new(place, error.into_inner().to_string())
    })
}
