//! The service report of a period for an audience (ISO/IEC 27013, 6.3.2): incidents of both standards with their
//! targets, changes, problems, nonconformities, measurements, how controls do, and trends; one set of data for all.

mod counts;
mod trends;

pub use counts::{ChangeCounts, HandlingCounts, ProblemCounts};
pub use trends::{Month, month_of};

use super::{
    ClassCounts, EvidenceCourse, IndicatorResult, Period,
    incidents::{ticket_of, timeline},
};
use crate::model::{
    Aspect, Body, Direction, Grade, Graph, Record, RecordBrief, RecordKind, SecurityClass, System, Ticket, TicketType,
    Timestamp, Verdict, names,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

names! {
    /// Who a service report is for.
    pub enum Audience {
        /// Those who receive services: what concerns them, without what is wrong inside.
        Customers = "customers",
        /// Those who run the service management system.
        ServiceManagement = "service_management",
        /// Those who run the information security management system.
        InformationSecurity = "information_security",
        /// Top management: everything.
        TopManagement = "top_management",
    }
}

/// Incidents and how they were handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentSection {
    /// All incidents.
    pub all: HandlingCounts,
    /// All incidents of the period of the same length before.
    pub all_before: HandlingCounts,
    /// Those of information security.
    pub security: HandlingCounts,
    /// Those of information security in the period before.
    pub security_before: HandlingCounts,
    /// How they were classified.
    pub classes: ClassCounts,
    /// What became of the evidence of those of information security.
    pub evidence: BTreeMap<EvidenceCourse, u64>,
}

/// A major incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MajorIncident {
    /// The ticket.
    pub incident: RecordBrief,
    /// Its class.
    pub class: Option<SecurityClass>,
    /// When it was declared.
    pub declared_at: Option<Timestamp>,
    /// From its declaration, how many minutes until top management was informed.
    pub management_informed_minutes: Option<i64>,
    /// From its declaration, how many minutes until customers were informed.
    pub customers_informed_minutes: Option<i64>,
    /// From its opening, how many minutes until services were restored.
    pub restored_minutes: Option<i64>,
    /// True if a service level target was missed.
    pub target_missed: Option<bool>,
    /// When it was reviewed.
    pub reviewed_at: Option<Timestamp>,
}

/// A nonconformity that was open in the period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NonconformityLine {
    /// The ticket.
    pub nonconformity: RecordBrief,
    /// The requirement not fulfilled.
    pub requirement: Option<String>,
    /// How a person graded it.
    pub grade: Option<Grade>,
    /// Who is accountable for it.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When its corrective action was found to be effective.
    pub effectiveness_verified_at: Option<Timestamp>,
}

/// A measured value beside its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeasuredValue {
    /// What is measured.
    pub metric: String,
    /// What it tells about.
    pub aspect: Option<Aspect>,
    /// The service measured.
    pub service: Option<RecordBrief>,
    /// The unit.
    pub unit: Option<String>,
    /// The end of what was measured.
    pub period_end: Option<Timestamp>,
    /// Which side of the target is good.
    pub direction: Option<Direction>,
    /// The value aimed at.
    pub target: Option<f64>,
    /// The value measured.
    pub actual: Option<f64>,
    /// True if the target was met; null if something is missing.
    pub met: Option<bool>,
}

/// How an indicator does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ControlIndicator {
    /// The indicator's id.
    pub indicator: String,
    /// The statement that should be true.
    pub title: String,
    /// The management system in whose scope it was judged.
    pub system: System,
    /// What the population comes to.
    pub verdict: Verdict,
    /// Records for which it is true.
    pub passing: u64,
    /// Records for which it is not.
    pub failing: u64,
    /// Records of which too little is known.
    pub unknown: u64,
}

/// A service report. What an audience does not get is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceReport {
    /// The period.
    pub period: Period,
    /// Who it is for.
    pub audience: Audience,
    /// Incidents and their targets.
    pub incidents: IncidentSection,
    /// Major incidents opened in the period.
    pub major_incidents: Vec<MajorIncident>,
    /// Changes closed in the period.
    pub changes: ChangeCounts,
    /// Problems.
    pub problems: ProblemCounts,
    /// Nonconformities open at some time in the period; not for customers.
    pub nonconformities: Option<Vec<NonconformityLine>>,
    /// What was measured of services in the period: availability, response, capacity and the rest.
    pub measurements: Vec<MeasuredValue>,
    /// How the indicators do at the end of it; not for customers.
    pub indicators: Option<Vec<ControlIndicator>>,
    /// The twelve months up to the end of the period.
    pub trends: Vec<Month>,
}

/// The first instant a report on a period needs tickets of that were going on then.
pub fn looks_back_to(period: Period) -> Timestamp {
    trends::beginning(period.to).min(period.before().from)
}

/// The report of a period for an audience: from records whose incidents have the class that counts, and from how the
/// indicators do.
pub fn service_report(
    graph: &Graph<'_>,
    indicators: Vec<IndicatorResult>,
    period: Period,
    audience: Audience,
) -> ServiceReport {
    let customers = audience == Audience::Customers;
    let for_audience = |record: &Record| !customers || class_of(record) != Some(SecurityClass::Security);
    let tickets: Vec<&Record> = graph
        .live(RecordKind::Ticket)
        .filter(|record| record.canonical_id == record.id && for_audience(record))
        .collect();
    let indicators = indicators.iter().filter(|result| suits(result, audience)).map(control_indicator).collect();
    ServiceReport {
        period,
        audience,
        incidents: incident_section(&tickets, period),
        major_incidents: majors(&tickets, period),
        changes: ChangeCounts::of(&tickets, period),
        problems: ProblemCounts::of(&tickets, period),
        nonconformities: (!customers).then(|| nonconformities(&tickets, period)),
        measurements: measurements(graph, period, audience),
        indicators: (!customers).then_some(indicators),
        trends: trends::trends(&tickets, period.to),
    }
}

/// Each management system's report has its own results; top management's has both.
fn suits(result: &IndicatorResult, audience: Audience) -> bool {
    match audience {
        Audience::InformationSecurity => result.system == System::Isms,
        Audience::ServiceManagement => result.system == System::Sms,
        Audience::TopManagement => true,
        Audience::Customers => false,
    }
}

fn control_indicator(result: &IndicatorResult) -> ControlIndicator {
    ControlIndicator {
        indicator: result.indicator.clone(),
        title: result.title.clone(),
        system: result.system,
        verdict: result.verdict,
        passing: result.tally.passing,
        failing: result.tally.failing,
        unknown: result.tally.unknown,
    }
}

/// The class of an incident or event.
fn class_of(record: &Record) -> Option<SecurityClass> {
    let Body::Ticket(ticket) = &record.body else { return None };
    let classified = matches!(ticket.r#type.get(), Some(TicketType::Incident | TicketType::Event));
    ticket.security_class.get().copied().filter(|_| classified)
}

fn is_security(record: &Record) -> bool {
    matches!(class_of(record), Some(SecurityClass::Security | SecurityClass::Both))
}

fn incident_section(tickets: &[&Record], period: Period) -> IncidentSection {
    let incidents: Vec<(&Record, &Ticket)> =
        tickets.iter().filter_map(|record| Some((*record, ticket_of(record, TicketType::Incident)?))).collect();
    let security: Vec<(&Record, &Ticket)> =
        incidents.iter().filter(|(record, _)| is_security(record)).copied().collect();
    let mut classes = ClassCounts::default();
    let mut evidence = BTreeMap::new();
    for record in tickets {
        let Body::Ticket(ticket) = &record.body else { continue };
        let classified = matches!(ticket.r#type.get(), Some(TicketType::Incident | TicketType::Event));
        if !classified || !counts::inside(ticket.opened_at.get().copied(), period) {
            continue;
        }
        classes.add(class_of(record));
        if let Some(line) = timeline(record).filter(|_| is_security(record)) {
            *evidence.entry(line.course).or_default() += 1;
        }
    }
    let before = period.before();
    IncidentSection {
        all: HandlingCounts::of(&incidents, period),
        all_before: HandlingCounts::of(&incidents, before),
        security: HandlingCounts::of(&security, period),
        security_before: HandlingCounts::of(&security, before),
        classes,
        evidence,
    }
}

fn majors(tickets: &[&Record], period: Period) -> Vec<MajorIncident> {
    let minutes = |from: Option<&Timestamp>, to: Option<&Timestamp>| {
        from.zip(to).map(|(from, to)| (to.millis() - from.millis()) / 60_000)
    };
    let major = |record: &&Record| {
        let ticket = ticket_of(record, TicketType::Incident)?;
        let opened = ticket.opened_at.get();
        if ticket.major.get() != Some(&true) || !opened.is_some_and(|opened| period.contains(*opened)) {
            return None;
        }
        let declared = ticket.declared_at.get();
        Some(MajorIncident {
            incident: RecordBrief::of(record),
            class: class_of(record),
            declared_at: declared.copied(),
            management_informed_minutes: minutes(declared, ticket.management_informed_at.get()),
            customers_informed_minutes: minutes(declared, ticket.customers_informed_at.get()),
            restored_minutes: minutes(opened, ticket.restored_at.get()),
            target_missed: ticket.sla_breached.get().copied(),
            reviewed_at: ticket.reviewed_at.get().copied(),
        })
    };
    let mut found: Vec<MajorIncident> = tickets.iter().filter_map(major).collect();
    found.sort_by(|a, b| (a.declared_at, &a.incident.external_id).cmp(&(b.declared_at, &b.incident.external_id)));
    found
}

/// Opened before the end of the period, and not found to be effectively corrected before its beginning.
fn nonconformities(tickets: &[&Record], period: Period) -> Vec<NonconformityLine> {
    let line = |record: &&Record| {
        let ticket = ticket_of(record, TicketType::Nonconformity)?;
        let opened = ticket.opened_at.get().copied();
        let verified = ticket.effectiveness_verified_at.get().copied();
        let open = opened.is_some_and(|opened| opened < period.to) && verified.is_none_or(|at| at >= period.from);
        open.then(|| NonconformityLine {
            nonconformity: RecordBrief::of(record),
            requirement: ticket.requirement.get().cloned(),
            grade: ticket.grade.get().copied(),
            owner: ticket.owner.get().cloned(),
            opened_at: opened,
            effectiveness_verified_at: verified,
        })
    };
    let mut found: Vec<NonconformityLine> = tickets.iter().filter_map(line).collect();
    found.sort_by(|a, b| (a.opened_at, &a.nonconformity.external_id).cmp(&(b.opened_at, &b.nonconformity.external_id)));
    found
}

/// What was measured up to some instant in the period. Customers get what was measured of services.
fn measurements(graph: &Graph<'_>, period: Period, audience: Audience) -> Vec<MeasuredValue> {
    let value = |record: &Record| {
        let Body::Measurement(fields) = &record.body else { return None };
        let end = fields.period_end.get().copied();
        // A month that ends where the period ends belongs to it.
        let inside = end.is_some_and(|end| period.from < end && end <= period.to);
        let service = fields.service.get().and_then(|service| graph.record(service.id)).map(RecordBrief::of);
        if !inside || audience == Audience::Customers && service.is_none() || fields.party.get().is_some() {
            return None;
        }
        let (target, actual) = (fields.target.get().copied(), fields.actual.get().copied());
        let direction = fields.direction.get().copied();
        Some(MeasuredValue {
            metric: fields.metric.get().cloned().unwrap_or_else(|| record.external_id.clone()),
            aspect: fields.aspect.get().copied(),
            service,
            unit: fields.unit.get().cloned(),
            period_end: end,
            direction,
            target,
            actual,
            met: met(direction, target, actual),
        })
    };
    let mut found: Vec<MeasuredValue> = graph.live(RecordKind::Measurement).filter_map(value).collect();
    found.sort_by_cached_key(|value| {
        let service = value.service.as_ref().map(|service| service.external_id.clone());
        (value.aspect.map(Aspect::as_str), value.metric.clone(), service, value.period_end)
    });
    found
}

fn met(direction: Option<Direction>, target: Option<f64>, actual: Option<f64>) -> Option<bool> {
    let (direction, target, actual) = (direction?, target?, actual?);
    Some(match direction {
        Direction::AtLeast => actual >= target,
        Direction::AtMost => actual <= target,
    })
}
