//! What a status may rest on: indicator results, documents, findings, and what people decided.

use super::{Decisions, Freshness, Outside, verdict};
use crate::indicators::{Definition, Limits, Tally};
use crate::model::{
    Body, Document, DocumentStatus, Grade, Record, RecordId, System, TicketType, Timestamp, Verdict, names,
};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The records that fail an indicator in a management system's scope, and since when each does.
pub type Failing = BTreeMap<(String, System), BTreeMap<RecordId, Timestamp>>;

/// Everything known for and against the requirements, in one view, at one instant.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// One result per enabled indicator and management system.
    pub indicators: Vec<IndicatorResult>,
    /// See [`document_evidence`] and [`bound_documents`].
    pub documents: Vec<DocumentEvidence>,
    /// Open findings, each once: see [`open_findings`] and [`with_decided`].
    pub findings: Vec<Finding>,
    /// What people decided, as far as it is in force.
    pub decisions: Decisions,
    /// What speaks against a requirement without being an indicator's result.
    pub circumstances: Vec<Circumstance>,
    /// The failing records of the indicators that [`indicators_to_list`](super::indicators_to_list) names, waived ones
    /// among them. An indicator that is not here has no record that a decision could cover or a relation could carry.
    pub failing: Failing,
    /// The agreements in force among those that governed processes rest on.
    pub agreements_in_force: BTreeSet<RecordId>,
    /// How the scopes of the two systems lie to each other.
    pub nesting: ScopeNesting,
    /// The editions the organisation does not aim at: their requirements have no status.
    pub not_aimed_at: BTreeSet<String>,
}

/// Which management system's scope lies within the other's. Without definitions both hold everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeNesting {
    /// True if everything in the scope of the ISMS is in that of the SMS.
    pub isms_within_sms: bool,
    /// True if everything in the scope of the SMS is in that of the ISMS.
    pub sms_within_isms: bool,
}

impl Default for ScopeNesting {
    fn default() -> Self {
        Self { isms_within_sms: true, sms_within_isms: true }
    }
}

impl ScopeNesting {
    /// True if the scope of `inner` lies within that of `outer`.
    pub fn is_within(self, inner: System, outer: System) -> bool {
        match (inner, outer) {
            (System::Isms, System::Sms) => self.isms_within_sms,
            (System::Sms, System::Isms) => self.sms_within_isms,
            _ => true,
        }
    }
}

names! {
    /// What speaks against a requirement without being an indicator's result.
    pub enum CircumstanceKind {
        /// A control is applicable and not implemented, and its plan is overdue (ISO/IEC 27001, 8.3).
        PlanOverdue = "plan_overdue",
        /// Another party runs something that contributes to a service in scope, without agreement and governance.
        GovernanceUnresolved = "governance_unresolved",
        /// The SMS is organisation-wide and has a unit that provides no service.
        UnitNotProviding = "unit_not_providing",
    }
}

/// Something that makes a potential nonconformity until a named person determines what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Circumstance {
    /// The requirement it speaks against.
    pub requirement: RequirementId,
    /// What sort of thing it is.
    pub kind: CircumstanceKind,
    /// What it is about: a control, a configuration item, a unit.
    pub subject: String,
    /// What is the matter.
    pub detail: String,
    /// True if a determination covers it.
    pub settled: bool,
}

impl Circumstance {
    /// How a determination names it: `kind:subject`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind, self.subject)
    }
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
    /// How the population was judged, waived records among the failing.
    pub tally: Tally,
    /// How many of the failing records an accepted deviation waives: the verdict leaves them out.
    pub waived: u64,
    /// False if a source it draws on has no complete read within the indicator's maximum age, or there is none.
    pub fresh: bool,
    /// True if the operator demands less than the definition shipped.
    pub relaxed: bool,
    /// The decision by which two persons accepted that; null if nobody did.
    pub relaxed_by: Option<String>,
    /// The oldest of the last complete reads of the sources it draws on; null if one was never read completely.
    pub as_of: Option<Timestamp>,
}

impl IndicatorResult {
    /// What a definition says of a population, of whose failing records so many are waived. `as_of` is the oldest of
    /// the last complete reads.
    ///
    /// A waived record neither fails nor passes, and is none of those `at_least` misses.
    pub fn of(
        definition: &Definition,
        system: System,
        tally: Tally,
        waived: u64,
        freshness: Freshness,
        as_of: Option<Timestamp>,
    ) -> Self {
        Self {
            indicator: definition.id.clone(),
            version: definition.version.clone(),
            title: definition.title.clone(),
            topic: definition.topic.clone(),
            system,
            verdict: verdict_without(&definition.limits, tally, waived, freshness),
            tally,
            waived,
            fresh: freshness == Freshness::Fresh,
            relaxed: definition.relaxed,
            relaxed_by: None,
            as_of,
        }
    }

    /// True if this would be evidence were it not out of date, or is adverse and therefore stays although it is.
    pub fn is_stale(&self) -> bool {
        !self.fresh && matches!(self.verdict, Verdict::Breach | Verdict::Lapse | Verdict::Met)
    }
}

/// The verdict on a population without the waived among its failing records.
pub fn verdict_without(limits: &Limits, tally: Tally, waived: u64, freshness: Freshness) -> Verdict {
    let limits = Limits { at_least: limits.at_least.saturating_sub(waived), ..limits.clone() };
    verdict(&limits, Tally { failing: tally.failing.saturating_sub(waived), ..tally }, freshness)
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

/// A document that serves a topic, or is bound to a requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DocumentEvidence {
    /// The document.
    pub record: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// What it is called; null if its source does not say.
    pub title: Option<String>,
    /// The topic it serves; the full reference of the requirement it is bound to.
    pub topic: String,
    /// Whether it is favourable.
    pub state: DocumentState,
    /// When it is due for review; null if no review is due.
    pub next_review: Option<Timestamp>,
}

/// An open nonconformity a named person graded: in a ticket, by a decision, or in both, and then once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The requirement not fulfilled, as the ticket or the decision names it.
    pub requirement: RequirementId,
    /// How a named person graded it; the worse where ticket and decision differ.
    pub grade: Grade,
    /// The nonconformity ticket; null if it is by decision alone.
    pub record: Option<RecordId>,
    /// The ticket's identifier in its source.
    pub external_id: Option<String>,
    /// The decision that opened it; null if it is a ticket alone.
    pub decision: Option<String>,
    /// Who graded it by decision.
    pub graded_by: Option<String>,
    /// What it is about; null if its source does not say.
    pub title: Option<String>,
    /// When it was opened; null if its source does not say.
    pub opened_at: Option<Timestamp>,
}

impl Finding {
    /// What to call it: the ticket's identifier, else the decision's.
    pub fn name(&self) -> &str {
        self.external_id.as_deref().or(self.decision.as_deref()).unwrap_or_default()
    }
}

/// What a document shows at an instant; `None` if it is withdrawn or its source does not say whether it is in force.
fn document_state(document: &Document, at: Timestamp) -> Option<DocumentState> {
    let approved = document.approved_at.get().is_some_and(|approved_at| *approved_at <= at);
    match document.status.get()? {
        DocumentStatus::InForce if !approved => Some(DocumentState::NotApproved),
        DocumentStatus::InForce if document.next_review.get().is_some_and(|due| *due < at) => {
            Some(DocumentState::ReviewOverdue)
        }
        DocumentStatus::InForce => Some(DocumentState::InForce),
        DocumentStatus::Draft => Some(DocumentState::NotApproved),
        DocumentStatus::Withdrawn => None,
    }
}

/// A document as evidence for each of these topics.
fn evidence_of<'a>(record: &Record, topics: impl IntoIterator<Item = &'a str>, at: Timestamp) -> Vec<DocumentEvidence> {
    let Body::Document(document) = &record.body else { return Vec::new() };
    let Some(state) = document_state(document, at).filter(|_| record.deleted_at.is_none()) else { return Vec::new() };
    let evidence = |topic: &str| DocumentEvidence {
        record: record.id,
        external_id: record.external_id.clone(),
        title: document.title.get().cloned(),
        topic: topic.into(),
        state,
        next_review: document.next_review.get().copied(),
    };
    topics.into_iter().map(evidence).collect()
}

/// The documents that serve topics, once for each topic, ordered by topic and record. Withdrawn and deleted documents
/// are left out; so is one whose source does not say whether it is in force.
pub fn document_evidence<'a>(records: impl IntoIterator<Item = &'a Record>, at: Timestamp) -> Vec<DocumentEvidence> {
    let mut found = Vec::new();
    for record in records.into_iter().filter(|record| record.canonical_id == record.id) {
        let Body::Document(document) = &record.body else { continue };
        found.extend(evidence_of(record, document.topics.get().into_iter().flatten().map(String::as_str), at));
    }
    in_order(found)
}

/// The documents that decisions bind to requirements, ordered like [`document_evidence`].
pub fn bound_documents<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    decisions: &Decisions,
    at: Timestamp,
) -> Vec<DocumentEvidence> {
    let mut to: BTreeMap<RecordId, BTreeSet<&str>> = BTreeMap::new();
    for binding in &decisions.bindings {
        for document in &binding.documents {
            to.entry(*document).or_default().insert(binding.requirement.as_str());
        }
    }
    let mut found = Vec::new();
    for record in records {
        found.extend(evidence_of(record, to.get(&record.id).into_iter().flatten().copied(), at));
    }
    in_order(found)
}

fn in_order(mut found: Vec<DocumentEvidence>) -> Vec<DocumentEvidence> {
    found.sort_by(|a, b| (&a.topic, a.record).cmp(&(&b.topic, b.record)));
    found.dedup_by(|a, b| a.topic == b.topic && a.record == b.record);
    found
}

/// The findings open in tickets at an instant, ordered by requirement and record: nonconformity tickets that name a
/// requirement and a grade and whose corrective action has not been found effective. Closing or deleting the ticket
/// does not end the finding. A requirement that no edition has is kept as named.
pub fn open_findings<'a>(records: impl IntoIterator<Item = &'a Record>, at: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = records
        .into_iter()
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
                record: Some(record.id),
                external_id: Some(record.external_id.clone()),
                decision: None,
                graded_by: None,
                title: ticket.title.get().cloned(),
                opened_at: ticket.opened_at.get().copied(),
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.requirement, a.record).cmp(&(&b.requirement, b.record)));
    found
}

/// The findings of tickets together with those of decisions. A finding by decision that names its ticket is the same
/// finding, counted once, by the worse of the two grades. One of a ticket ends by its source or by a decision, one by
/// decision only by another: a ticket that says its action was effective does not close what a person opened here.
pub fn with_decided(tickets: Vec<Finding>, decisions: &Decisions) -> Vec<Finding> {
    let closed = |finding: &Finding| {
        let same = |(requirement, ticket): &(RequirementId, RecordId)| {
            *requirement == finding.requirement && Some(*ticket) == finding.record
        };
        decisions.closed.iter().any(same)
    };
    let mut found: Vec<Finding> = tickets.into_iter().filter(|finding| !closed(finding)).collect();
    for decided in &decisions.findings {
        let same = found.iter_mut().find(|finding| {
            finding.decision.is_none()
                && finding.requirement == decided.requirement
                && decided.ticket.is_some()
                && finding.record == decided.ticket
        });
        if let Some(finding) = same {
            finding.grade = finding.grade.max(decided.grade);
            finding.decision = Some(decided.id.clone());
            finding.graded_by = Some(decided.author.clone());
            continue;
        }
        found.push(Finding {
            requirement: decided.requirement.clone(),
            grade: decided.grade,
            record: decided.ticket,
            external_id: None,
            decision: Some(decided.id.clone()),
            graded_by: Some(decided.author.clone()),
            title: Some(decided.title.clone()),
            opened_at: Some(decided.opened_at),
        });
    }
    found.sort_by(|a, b| (&a.requirement, a.record, &a.decision).cmp(&(&b.requirement, b.record, &b.decision)));
    found
}

/// What one record shows at an instant, as a document or a graded nonconformity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// As a document, once for each topic it serves.
    pub documents: Vec<DocumentEvidence>,
    /// As an open nonconformity.
    pub finding: Option<Finding>,
    /// As something that contributes to the SMS from outside its scope; what else is around it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// The next instant at which it may show something else though it does not change; `None` if there is none.
    #[serde(skip)]
    pub until: Option<Timestamp>,
}

impl Shown {
    /// True if it shows nothing.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.finding.is_none() && self.outside.is_none()
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
        outside: None,
        until: turns.into_iter().filter(|turn| *turn > at).min(),
    }
}
