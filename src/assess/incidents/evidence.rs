//! Evidence against restoration: for each incident of information security what came first, and whether a service
//! target was missed meanwhile; and whether major incidents are declared to have time for it.

use super::ticket_of;
use crate::model::{EvidenceDecision, Field, MajorReason, Record, RecordBrief, Ticket, TicketType, Timestamp, names};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From how many major incidents declared for evidence on, and from which share of all, it counts as a routine.
const ROUTINE: (u64, f64) = (2, 0.25);

names! {
    /// What became of an incident's evidence.
    pub enum EvidenceCourse {
        /// Collected, and the service restored afterwards or not yet.
        CollectedFirst = "collected_first",
        /// The service was restored before the evidence was collected.
        RestoredFirst = "restored_first",
        /// Needed, not collected, and waived by somebody who may.
        Waived = "waived",
        /// Needed, the service restored, and neither collected nor waived.
        Lost = "lost",
        /// Needed, and neither collected nor the service restored yet.
        Open = "open",
        /// Decided not to be needed.
        NotNeeded = "not_needed",
        /// Nobody has decided.
        Undecided = "undecided",
    }
}

names! {
    /// Whether a service target was missed while evidence was collected.
    pub enum CollectedLate {
        /// The target passed while evidence was being collected.
        Breached = "breached",
        /// The target was missed, evidence was collected before restoration, and no source says when it was due.
        Possible = "possible",
        /// It was not.
        No = "no",
    }
}

/// The course of an incident of information security.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceTimeline {
    /// The ticket.
    pub incident: RecordBrief,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// Whether evidence is needed; null if nobody has decided.
    pub decision: Option<EvidenceDecision>,
    /// When collecting began.
    pub started_at: Option<Timestamp>,
    /// When the evidence was collected.
    pub collected_at: Option<Timestamp>,
    /// Who waived it.
    pub waived_by: Option<String>,
    /// When the service was restored.
    pub restored_at: Option<Timestamp>,
    /// When it had to be restored.
    pub due_at: Option<Timestamp>,
    /// What became of the evidence.
    pub course: EvidenceCourse,
    /// How long collecting took, in minutes; null if its beginning or end is not known.
    pub collecting_minutes: Option<i64>,
    /// True if a service level target was missed; null if the source does not say.
    pub target_missed: Option<bool>,
    /// Whether that happened while evidence was collected.
    pub missed_while_collecting: CollectedLate,
}

/// How major incidents were used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MajorUse {
    /// Incidents declared major.
    pub declared: u64,
    /// Of those, declared to have time for evidence.
    pub for_evidence: u64,
    /// Of those, without a reason.
    pub without_reason: u64,
    /// True if declaring major incidents for evidence is a routine: two or more, and a quarter or more of all.
    pub routine: bool,
    /// The incidents declared to have time for evidence.
    pub incidents: Vec<RecordBrief>,
}

/// The course of an incident; `None` for what is none.
pub(in crate::assess) fn timeline(record: &Record) -> Option<EvidenceTimeline> {
    let ticket = ticket_of(record, TicketType::Incident)?;
    let (started_at, collected_at) = (at(&ticket.evidence_started_at), at(&ticket.evidence_collected_at));
    let minutes = |(from, to): (Timestamp, Timestamp)| (to.millis() - from.millis()) / 60_000;
    Some(EvidenceTimeline {
        incident: RecordBrief::of(record),
        opened_at: at(&ticket.opened_at),
        decision: ticket.evidence_decision.get().copied(),
        started_at,
        collected_at,
        waived_by: ticket.evidence_waived_by.get().cloned(),
        restored_at: at(&ticket.restored_at),
        due_at: at(&ticket.restoration_due_at),
        course: course(ticket),
        collecting_minutes: started_at.zip(collected_at).map(minutes).filter(|minutes| *minutes >= 0),
        target_missed: ticket.sla_breached.get().copied(),
        missed_while_collecting: missed_while_collecting(ticket),
    })
}

fn course(ticket: &Ticket) -> EvidenceCourse {
    let restored = at(&ticket.restored_at);
    match (ticket.evidence_decision.get(), at(&ticket.evidence_collected_at)) {
        (Some(EvidenceDecision::NotNeeded), _) => EvidenceCourse::NotNeeded,
        (_, Some(collected)) if restored.is_none_or(|restored| collected <= restored) => EvidenceCourse::CollectedFirst,
        (_, Some(_)) => EvidenceCourse::RestoredFirst,
        (None, None) => EvidenceCourse::Undecided,
        (Some(EvidenceDecision::Needed), None) if ticket.evidence_waived_by.get().is_some() => EvidenceCourse::Waived,
        (Some(EvidenceDecision::Needed), None) if restored.is_some() => EvidenceCourse::Lost,
        (Some(EvidenceDecision::Needed), None) => EvidenceCourse::Open,
    }
}

/// The target passed during collection if it fell between its beginning and its end and the service was not back by
/// then.
fn missed_while_collecting(ticket: &Ticket) -> CollectedLate {
    let restored = at(&ticket.restored_at);
    let (started, collected) = (at(&ticket.evidence_started_at), at(&ticket.evidence_collected_at));
    match (at(&ticket.restoration_due_at), started, collected) {
        (Some(due), Some(started), collected) => {
            let during = started <= due && collected.is_none_or(|collected| due < collected);
            let still_down = restored.is_none_or(|restored| due < restored);
            let known = collected.is_some() || restored.is_some();
            if during && still_down && known { CollectedLate::Breached } else { CollectedLate::No }
        }
        (_, _, Some(collected)) => {
            let missed = ticket.sla_breached.get() == Some(&true);
            let before = restored.is_none_or(|restored| collected <= restored);
            if missed && before { CollectedLate::Possible } else { CollectedLate::No }
        }
        _ => CollectedLate::No,
    }
}

/// How the major incidents among tickets were used.
pub(super) fn major_use<'a>(tickets: impl Iterator<Item = &'a Record>) -> MajorUse {
    let majors: Vec<(&Record, &Ticket)> = tickets
        .filter_map(|record| Some((record, ticket_of(record, TicketType::Incident)?)))
        .filter(|(_, ticket)| ticket.major.get() == Some(&true))
        .collect();
    let of = |reason: Option<MajorReason>| {
        majors.iter().filter(move |(_, ticket)| ticket.declared_reason.get().copied() == reason)
    };
    let incidents: Vec<RecordBrief> =
        of(Some(MajorReason::EvidenceDelay)).map(|(record, _)| RecordBrief::of(record)).collect();
    let (declared, for_evidence) = (majors.len() as u64, incidents.len() as u64);
    let (few, share) = ROUTINE;
    MajorUse {
        declared,
        for_evidence,
        without_reason: of(None).count() as u64,
        routine: for_evidence >= few && for_evidence as f64 >= share * declared as f64,
        incidents,
    }
}

fn at(field: &Field<Timestamp>) -> Option<Timestamp> {
    field.get().copied()
}
