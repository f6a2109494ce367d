//! Incidents under two standards (ISO/IEC 27013, 6.2.5): how each is classified, where the two overlap, and what became
//! of evidence and restoration.

mod conditions;
mod evidence;
mod rules;

pub use conditions::Conditions;
pub use evidence::{CollectedLate, EvidenceCourse, EvidenceTimeline, MajorUse};
pub use rules::{ClassificationRule, ClassificationRules};

pub(super) use evidence::timeline;

use super::Period;
use crate::model::{
    Body, Graph, Record, RecordBrief, RecordId, RecordKind, RelationType, SecurityClass, Ticket, TicketType, Timestamp,
    names,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a person decided an incident to be, against rules and records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassOverride {
    /// The class.
    pub class: SecurityClass,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub author: String,
    /// When.
    pub made_at: Timestamp,
}

names! {
    /// What an incident's class rests on.
    pub enum ClassBasis {
        /// A person's decision, with its reason.
        Override = "override",
        /// What the source says.
        Recorded = "recorded",
        /// A rule, as the source says nothing.
        Rule = "rule",
        /// Nothing: a person has to look at it.
        None = "none",
    }
}

/// What a rule makes of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleClass {
    /// The rule's id.
    pub rule: String,
    /// The class it gives.
    pub class: SecurityClass,
    /// Why.
    pub reason: String,
}

/// An incident or event with its class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassifiedIncident {
    /// The ticket.
    pub incident: RecordBrief,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// The class that counts; null where there is none.
    pub class: Option<SecurityClass>,
    /// What it rests on.
    pub basis: ClassBasis,
    /// What the source says.
    pub recorded: Option<SecurityClass>,
    /// What the rules say.
    pub by_rule: Option<RuleClass>,
    /// What a person decided.
    pub overridden: Option<ClassOverride>,
    /// True if the rules say otherwise than what counts, and no person has decided.
    pub deviates: bool,
}

/// How many incidents and events have which class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassCounts {
    /// Incidents under both standards.
    pub both: u64,
    /// Information security incidents that are no service incidents.
    pub security_only: u64,
    /// Service incidents that do not concern information security.
    pub service_only: u64,
    /// Assessed, and no incident.
    pub event: u64,
    /// Without a class.
    pub unclassified: u64,
}

/// Where the incidents of both standards overlap, and how evidence fared against restoration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentOverlap {
    /// The tickets are those opened in this period.
    pub period: Period,
    /// How many there are of each class.
    pub counts: ClassCounts,
    /// Those under both standards.
    pub both: Vec<ClassifiedIncident>,
    /// Information security incidents only.
    pub security_only: Vec<ClassifiedIncident>,
    /// Those that no rule and nobody has classified.
    pub unclassified: Vec<ClassifiedIncident>,
    /// Those of which the rules say otherwise than what was recorded, not decided by a person.
    pub deviating: Vec<ClassifiedIncident>,
    /// Evidence against restoration, for every incident of information security, by the time of opening.
    pub evidence: Vec<EvidenceTimeline>,
    /// How major incidents were used.
    pub majors: MajorUse,
}

/// The class of an incident or event; `None` for any other record.
pub fn classify(
    ticket: &Record,
    graph: &Graph<'_>,
    rules: &ClassificationRules,
    overrides: &BTreeMap<RecordId, ClassOverride>,
) -> Option<ClassifiedIncident> {
    let Body::Ticket(fields) = &ticket.body else { return None };
    if !matches!(fields.r#type.get(), Some(TicketType::Incident | TicketType::Event)) {
        return None;
    }
    let by_rule = rules.classify(ticket, &affected(graph, ticket)).map(|rule| RuleClass {
        rule: rule.id.clone(),
        class: rule.class,
        reason: rule.reason.clone(),
    });
    let overridden = overrides.get(&ticket.id).cloned();
    let recorded = fields.security_class.get().copied();
    let (class, basis) = match (&overridden, recorded, &by_rule) {
        (Some(decided), ..) => (Some(decided.class), ClassBasis::Override),
        (None, Some(recorded), _) => (Some(recorded), ClassBasis::Recorded),
        (None, None, Some(rule)) => (Some(rule.class), ClassBasis::Rule),
        (None, None, None) => (None, ClassBasis::None),
    };
    let deviates = overridden.is_none() && by_rule.as_ref().is_some_and(|rule| Some(rule.class) != class);
    let opened_at = fields.opened_at.get().copied();
    let incident = RecordBrief::of(ticket);
    Some(ClassifiedIncident { incident, opened_at, class, basis, recorded, by_rule, overridden, deviates })
}

/// The incidents and events opened in a period, with their classes, in the order of their opening. One that was deleted
/// has happened all the same.
pub fn classified<'a>(
    graph: &Graph<'a>,
    rules: &ClassificationRules,
    overrides: &BTreeMap<RecordId, ClassOverride>,
    period: Period,
) -> Vec<(&'a Record, ClassifiedIncident)> {
    let opened = |record: &Record| match &record.body {
        Body::Ticket(ticket) => ticket.opened_at.get().is_some_and(|opened| period.contains(*opened)),
        _ => false,
    };
    let tickets = graph.records().iter().filter(|record| record.canonical_id == record.id && opened(record));
    let mut found: Vec<(&Record, ClassifiedIncident)> =
        tickets.filter_map(|ticket| Some((ticket, classify(ticket, graph, rules, overrides)?))).collect();
    found.sort_by(|(_, a), (_, b)| (a.opened_at, &a.incident.external_id).cmp(&(b.opened_at, &b.incident.external_id)));
    found
}

/// The overlap of the incidents of both standards in a period.
pub fn incident_overlap(
    graph: &Graph<'_>,
    rules: &ClassificationRules,
    overrides: &BTreeMap<RecordId, ClassOverride>,
    period: Period,
) -> IncidentOverlap {
    let found = classified(graph, rules, overrides, period);
    let mut counts = ClassCounts::default();
    for (_, incident) in &found {
        counts.add(incident.class);
    }
    let of = |wanted: fn(&ClassifiedIncident) -> bool| -> Vec<ClassifiedIncident> {
        found.iter().map(|(_, incident)| incident).filter(|incident| wanted(incident)).cloned().collect()
    };
    let security = |class| matches!(class, Some(SecurityClass::Security | SecurityClass::Both));
    let evidence = found.iter().filter(|(_, incident)| security(incident.class));
    IncidentOverlap {
        period,
        counts,
        both: of(|incident| incident.class == Some(SecurityClass::Both)),
        security_only: of(|incident| incident.class == Some(SecurityClass::Security)),
        unclassified: of(|incident| incident.class.is_none()),
        deviating: of(|incident| incident.deviates),
        evidence: evidence.filter_map(|(ticket, _)| evidence::timeline(ticket)).collect(),
        majors: evidence::major_use(found.iter().map(|(ticket, _)| *ticket)),
    }
}

impl ClassCounts {
    pub(super) fn add(&mut self, class: Option<SecurityClass>) {
        *match class {
            Some(SecurityClass::Both) => &mut self.both,
            Some(SecurityClass::Security) => &mut self.security_only,
            Some(SecurityClass::Service) => &mut self.service_only,
            Some(SecurityClass::Event) => &mut self.event,
            None => &mut self.unclassified,
        } += 1;
    }
}

/// The configuration items that a ticket affects, as far as they have arrived.
pub(super) fn affected<'a>(graph: &Graph<'a>, ticket: &Record) -> Vec<&'a Record> {
    let ids = graph.outgoing(ticket.canonical_id, RelationType::Affects);
    ids.filter_map(|id| graph.record(id))
        .filter(|record| record.body.kind() == RecordKind::ConfigurationItem && record.deleted_at.is_none())
        .collect()
}

/// The fields of a ticket of this type.
pub(super) fn ticket_of(record: &Record, wanted: TicketType) -> Option<&Ticket> {
    match &record.body {
        Body::Ticket(ticket) if ticket.r#type.get() == Some(&wanted) => Some(ticket),
        _ => None,
    }
}
