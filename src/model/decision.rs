//! What people decide: kept as it was made, ended only by further acts of people.

use super::{Timestamp, names};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

names! {
    /// What a decision is about.
    pub enum DecisionKind {
        /// A person states that a requirement or topic is fulfilled, or that it is not.
        Attestation = "attestation",
        /// A person opens a finding and grades it.
        Finding = "finding",
        /// Two persons close a finding, its corrective action being effective.
        FindingClosure = "finding_closure",
        /// A person determines what a potential nonconformity is.
        Determination = "determination",
        /// Two persons accept that named records fail named indicators until a date.
        Deviation = "deviation",
        /// The organisation declares how two requirements relate.
        Relation = "relation",
        /// Evidence is bound to a requirement that has no topics.
        Binding = "binding",
        /// Another party runs a process.
        GovernedProcess = "governed_process",
        /// Two persons declare which controls apply.
        Applicability = "applicability",
        /// Two persons accept that an indicator demands less than it did.
        Relaxation = "relaxation",
        /// The scope of a management system.
        Scope = "scope",
    }
}

impl DecisionKind {
    /// True if a second person has to confirm it before it is in force.
    pub const fn needs_two(self) -> bool {
        matches!(self, Self::FindingClosure | Self::Deviation | Self::Applicability | Self::Relaxation)
    }

    /// True if a later decision of this kind on the same subject takes the place of an earlier one.
    pub const fn replaces(self) -> bool {
        matches!(self, Self::Determination | Self::GovernedProcess | Self::Binding | Self::Relaxation | Self::Scope)
    }
}

names! {
    /// What a person does to a decision that was made.
    pub enum DecisionAct {
        /// The second of two persons agrees.
        Confirmed = "confirmed",
        /// It is taken back.
        Withdrawn = "withdrawn",
    }
}

/// Who did something to a decision, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActedOn {
    /// Who, by the subject of the token.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A decision as it was made, and what was done to it since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Sorts by the time of making.
    pub id: String,
    /// What it is about.
    pub kind: DecisionKind,
    /// What it decides on, by which decisions on the same are found: a requirement, a topic, a record, a system.
    pub subject: String,
    /// Who made it, by the subject of the token.
    pub author: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on it is in force, if nothing else is needed.
    pub effective_at: Timestamp,
    /// When it ends; null for one without end.
    pub expires_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// What exactly was decided; its fields depend on the kind.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
    /// The second person; null if there was none yet, or none is needed.
    pub confirmed: Option<ActedOn>,
    /// Who took it back; null if nobody did.
    pub withdrawn: Option<ActedOn>,
}

impl Decision {
    /// From when on it is in force; `None` as long as a second person is missing.
    pub fn starts_at(&self) -> Option<Timestamp> {
        let confirmed = self.confirmed.as_ref().map(|act| act.at);
        if self.kind.needs_two() {
            return Some(confirmed?.max(self.effective_at).max(self.made_at));
        }
        Some(self.effective_at.max(self.made_at))
    }

    /// When it was or will be no longer in force, by its date or by being taken back.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.expires_at.into_iter().chain(self.withdrawn.as_ref().map(|act| act.at)).min()
    }

    /// True if it has started and not been taken back, whether or not it has expired.
    pub fn stands_at(&self, at: Timestamp) -> bool {
        self.starts_at().is_some_and(|start| start <= at)
            && self.withdrawn.as_ref().is_none_or(|withdrawn| withdrawn.at > at)
    }

    /// True if it is in force at an instant, as far as it alone can tell.
    pub fn is_in_force_at(&self, at: Timestamp) -> bool {
        self.stands_at(at) && self.ends_at().is_none_or(|end| end > at)
    }
}
