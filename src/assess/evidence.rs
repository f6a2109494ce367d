//! What a status may rest on: indicator results, documents, findings.

use crate::indicators::Tally;
use crate::model::{Body, DocumentStatus, Grade, Record, RecordId, System, TicketType, Timestamp, Verdict, names};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything known for and against the requirements, in one view, at one instant. Attestations, determinations,
/// deviations and declarations of applicability join here.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// One result per enabled indicator and management system.
    pub indicators: Vec<IndicatorResult>,
    /// See [`document_evidence`].
    pub documents: Vec<DocumentEvidence>,
    /// See [`open_findings`].
    pub findings: Vec<Finding>,
}

/// What an indicator says of the records in one management system's scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IndicatorResult {
    /// The indicator's id; its findings name the records.
    pub indicator: String,
    /// The version of the definition that was judged by.
    pub version: String,
    /// The statement that should be true of every record.
    pub title: String,
    /// The topic it speaks about.
    pub topic: String,
    /// The management system whose scope it was judged in.
    pub system: System,
    /// What the population came to.
    pub verdict: Verdict,
    /// How the population was judged.
    pub tally: Tally,
    /// False if a source it draws on has no complete read within the indicator's maximum age, or there is none.
    pub fresh: bool,
    /// True if the operator demands less than the definition shipped.
    pub relaxed: bool,
    /// The oldest of the last complete reads of the sources it draws on; null if one was never read completely.
    pub as_of: Option<Timestamp>,
}

impl IndicatorResult {
    /// True if this would be evidence were it not out of date, or is adverse and therefore stays although it is.
    pub fn is_stale(&self) -> bool {
        !self.fresh && matches!(self.verdict, Verdict::Breach | Verdict::Lapse | Verdict::Met)
    }
}

names! {
    /// What a document shows of the intent behind a topic.
    pub enum DocumentState {
        /// Approved, in force, its review not overdue.
        InForce = "in_force",
        /// Approved and in force, but its review is overdue: a lapse.
        ReviewOverdue = "review_overdue",
        /// A draft, or not known to be approved: no evidence.
        NotApproved = "not_approved",
    }
}

/// A document that serves a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DocumentEvidence {
    /// The document.
    pub record: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// What it is called; null if its source does not say.
    pub title: Option<String>,
    /// The topic it serves.
    pub topic: String,
    /// Whether it is favourable.
    pub state: DocumentState,
    /// When it is due for review; null if no review is due.
    pub next_review: Option<Timestamp>,
}

/// An open nonconformity a named person graded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The requirement not fulfilled, as the ticket names it.
    pub requirement: RequirementId,
    /// How a named person graded it.
    pub grade: Grade,
    /// The nonconformity ticket, which is the finding.
    pub record: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// What it is about; null if its source does not say.
    pub title: Option<String>,
    /// When it was opened; null if its source does not say.
    pub opened_at: Option<Timestamp>,
}

/// The documents that serve topics, once for each topic, ordered by topic and record. Withdrawn and deleted documents
/// are left out; so is one whose source does not say whether it is in force.
pub fn document_evidence(records: &[Record], at: Timestamp) -> Vec<DocumentEvidence> {
    let mut found = Vec::new();
    for record in records.iter().filter(|record| record.deleted_at.is_none() && record.canonical_id == record.id) {
        let Body::Document(document) = &record.body else { continue };
        let approved = document.approved_at.get().is_some_and(|approved_at| *approved_at <= at);
        let state = match document.status.get() {
            Some(DocumentStatus::InForce) if !approved => DocumentState::NotApproved,
            Some(DocumentStatus::InForce) if document.next_review.get().is_some_and(|due| *due < at) => {
                DocumentState::ReviewOverdue
            }
            Some(DocumentStatus::InForce) => DocumentState::InForce,
            Some(DocumentStatus::Draft) => DocumentState::NotApproved,
            Some(DocumentStatus::Withdrawn) | None => continue,
        };
        found.extend(document.topics.get().into_iter().flatten().map(|topic| DocumentEvidence {
            record: record.id,
            external_id: record.external_id.clone(),
            title: document.title.get().cloned(),
            topic: topic.clone(),
            state,
            next_review: document.next_review.get().copied(),
        }));
    }
    found.sort_by(|a, b| (&a.topic, a.record).cmp(&(&b.topic, b.record)));
    found.dedup_by(|a, b| a.topic == b.topic && a.record == b.record);
    found
}

/// The findings open at an instant, ordered by requirement and record: nonconformity tickets that name a requirement
/// and a grade and whose corrective action has not been found effective. Closing or deleting the ticket does not end
/// the finding. A requirement that no edition has is kept as named.
pub fn open_findings(records: &[Record], at: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = records
        .iter()
        .filter(|record| record.canonical_id == record.id)
        .filter_map(|record| {
            let Body::Ticket(ticket) = &record.body else { return None };
            let closed = ticket.effectiveness_verified_at.get().is_some_and(|verified| *verified <= at);
            if ticket.r#type.get() != Some(&TicketType::Nonconformity) || closed {
                return None;
            }
            let (edition, number) = ticket.requirement.get()?.trim().split_once('/')?;
            Some(Finding {
                requirement: RequirementId::new(edition, number),
                grade: *ticket.grade.get()?,
                record: record.id,
                external_id: record.external_id.clone(),
                title: ticket.title.get().cloned(),
                opened_at: ticket.opened_at.get().copied(),
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.requirement, a.record).cmp(&(&b.requirement, b.record)));
    found
}

/// What one record shows at an instant, as a document or a graded nonconformity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// As a document, once for each topic it serves.
    pub documents: Vec<DocumentEvidence>,
    /// As an open nonconformity.
    pub finding: Option<Finding>,
    /// The next instant at which it may show something else though it does not change; `None` if there is none.
    #[serde(skip)]
    pub until: Option<Timestamp>,
}

impl Shown {
    /// True if it shows nothing.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.finding.is_none()
    }
}

/// What a record shows at an instant.
pub fn shown(record: &Record, at: Timestamp) -> Shown {
    let alone = std::slice::from_ref(record);
    let turns: Vec<Timestamp> = match &record.body {
        Body::Document(document) => {
            let due = document.next_review.get().map(|due| due.plus_millis(1));
            document.approved_at.get().copied().into_iter().chain(due).collect()
        }
        Body::Ticket(ticket) => ticket.effectiveness_verified_at.get().copied().into_iter().collect(),
        _ => return Shown::default(),
    };
    Shown {
        documents: document_evidence(alone, at),
        finding: open_findings(alone, at).pop(),
        until: turns.into_iter().filter(|turn| *turn > at).min(),
    }
}
