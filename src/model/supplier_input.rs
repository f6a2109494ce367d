//! What tickets add to the risk of suppliers, in the words the store and the score share.

use super::{RecordId, View, names};
use std::collections::BTreeMap;

names! {
    /// What a ticket counts as.
    pub enum EventInput {
        /// An incident.
        Incident = "incident",
        /// An incident that missed a service level target.
        IncidentSlaBreached = "incident_sla_breached",
        /// An information security incident.
        SecurityIncident = "security_incident",
        /// An information security incident that missed a service level target.
        SecurityIncidentSlaBreached = "security_incident_sla_breached",
        /// A change or release that failed or was backed out.
        FailedChange = "failed_change",
        /// A change or release that ended and was not reviewed.
        UnreviewedChange = "unreviewed_change",
        /// A problem.
        Problem = "problem",
        /// A nonconformity graded minor, or not graded yet.
        MinorNonconformity = "minor_nonconformity",
        /// A nonconformity graded major.
        MajorNonconformity = "major_nonconformity",
        /// A complaint.
        Complaint = "complaint",
    }
}

names! {
    /// How much an event of its sort weighs.
    pub enum EventSeverity {
        /// Priority 1.
        Critical = "1",
        /// Priority 2.
        High = "2",
        /// Priority 3.
        Medium = "3",
        /// Priority 4.
        Low = "4",
        /// No source says its priority.
        Unknown = "unknown",
        /// Its sort weighs the same at any priority.
        Fixed = "fixed",
    }
}

impl EventInput {
    /// True of problems, nonconformities and complaints: what events come from. They count only for what their events
    /// do not.
    pub const fn is_cause(self) -> bool {
        matches!(self, Self::Problem | Self::MinorNonconformity | Self::MajorNonconformity | Self::Complaint)
    }
}

names! {
    /// Why an event is a supplier's, the reason with the largest share.
    pub enum ShareReason {
        /// It is named as the cause.
        NamedCause = "named_cause",
        /// It controls the configuration item that is the cause.
        ControlsCause = "controls_cause",
        /// It controls an affected configuration item.
        ControlsAffected = "controls_affected",
        /// It only provides an affected service.
        ProvidesAffected = "provides_affected",
    }
}

/// A kind of event on a day. Tickets with the same key weigh the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputKey {
    /// The primary cause: for an event, the cause with the lowest id; for a cause, itself.
    pub cause: Option<RecordId>,
    /// What the ticket counts as.
    pub input: EventInput,
    /// How much that weighs.
    pub severity: EventSeverity,
    /// The party's part in it.
    pub reason: ShareReason,
    /// Whole days from 1970-01-01 to its end, in UTC; [`OPEN`] while open.
    pub day: i64,
}

/// The day of what has not ended: so late that it is never past.
pub const OPEN: i64 = 2_932_896;

/// What a ticket adds to one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contribution {
    /// The party.
    pub party: RecordId,
    /// What is counted.
    pub key: InputKey,
}

/// How many tickets there are of each key; never 0.
pub type InputCounts = BTreeMap<InputKey, i64>;

names! {
    /// In whose view something is counted.
    pub enum Seen {
        /// In both.
        Both = "both",
        /// In the general view only: the full one, which knows more, counts it differently.
        General = "general",
        /// In the full view only.
        Full = "full",
    }
}

impl Seen {
    /// True if this view has it.
    pub const fn by(self, view: View) -> bool {
        matches!((self, view), (Self::Both, _) | (Self::General, View::General) | (Self::Full, View::Full))
    }

    /// The spellings of what a view has.
    pub const fn spelled(view: View) -> [&'static str; 2] {
        match view {
            View::General => [Self::Both.as_str(), Self::General.as_str()],
            View::Full => [Self::Both.as_str(), Self::Full.as_str()],
        }
    }
}
