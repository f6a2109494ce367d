//! What the counted events of a supplier come to at an instant, and how each of them adds to it.

use super::answer::{EventContribution, InputContribution};
use super::input::{self, contributions, day_of};
use super::model::{EventModel, SupplierRiskModel};
use super::score::settle;
use crate::model::{
    Body, Contribution, EventInput, EventSeverity, Graph, InputCounts, InputKey, Record, RecordId, ShareReason,
    Timestamp,
};
use std::collections::BTreeMap;

/// What counted events come to.
pub(super) struct Exposure {
    /// The points of all events, and of causes beyond their events.
    pub points: f64,
    /// How many tickets count, by more than nothing.
    pub events: u64,
    /// Sorts of events, most points first.
    pub inputs: Vec<InputContribution>,
    /// By cause: its own points, and those of the events whose primary cause it is.
    causes: BTreeMap<RecordId, (f64, f64)>,
}

impl EventModel {
    /// Points by what the ticket counts as.
    pub fn base(&self, input: EventInput) -> f64 {
        match input {
            EventInput::Incident => self.incident,
            EventInput::IncidentSlaBreached => self.incident + self.sla_breach,
            EventInput::SecurityIncident => self.security_incident,
            EventInput::SecurityIncidentSlaBreached => self.security_incident + self.sla_breach,
            EventInput::FailedChange => self.failed_change,
            EventInput::UnreviewedChange => self.unreviewed_change,
            EventInput::Problem => self.problem,
            EventInput::MinorNonconformity => self.minor_nonconformity,
            EventInput::MajorNonconformity => self.major_nonconformity,
            EventInput::Complaint => self.complaint,
        }
    }

    /// Factor by severity.
    pub fn severity(&self, severity: EventSeverity) -> f64 {
        let [critical, high, medium, low] = self.severity;
        match severity {
            EventSeverity::Critical => critical,
            EventSeverity::High => high,
            EventSeverity::Medium => medium,
            EventSeverity::Low => low,
            EventSeverity::Unknown => self.unknown_severity,
            EventSeverity::Fixed => 1.0,
        }
    }

    /// Factor by the party's part.
    pub fn share(&self, reason: ShareReason) -> f64 {
        match reason {
            ShareReason::NamedCause | ShareReason::ControlsCause => self.share_cause,
            ShareReason::ControlsAffected => self.share_controls,
            ShareReason::ProvidesAffected => self.share_provides,
        }
    }

    /// Days after which an event weighs half.
    pub fn half_life(&self, input: EventInput) -> i64 {
        use EventInput::*;
        match input {
            SecurityIncident | SecurityIncidentSlaBreached | MinorNonconformity | MajorNonconformity => {
                self.long_half_life_days
            }
            Incident | IncidentSlaBreached | FailedChange | UnreviewedChange | Problem | Complaint => {
                self.half_life_days
            }
        }
    }

    /// What is left of an event after so many whole days.
    fn decay(&self, input: EventInput, age: i64) -> f64 {
        if age > self.limit_days { 0.0 } else { 0.5_f64.powf(age as f64 / self.half_life(input) as f64) }
    }

    /// The points of one ticket with this key before it ages, as they are shown.
    pub fn fresh_points(&self, key: &InputKey) -> f64 {
        settle(self.base(key.input) * self.severity(key.severity) * self.share(key.reason))
    }

    /// The points of one ticket with this key.
    fn points(&self, key: &InputKey, today: i64) -> f64 {
        let age = (today - key.day).max(0);
        self.base(key.input) * self.severity(key.severity) * self.share(key.reason) * self.decay(key.input, age)
    }
}

/// What these counts come to.
pub(super) fn exposure(model: &SupplierRiskModel, counts: &InputCounts, at: Timestamp) -> Exposure {
    let (events, today) = (&model.events, day_of(at));
    let mut inputs: BTreeMap<(EventInput, EventSeverity, ShareReason), (i64, f64)> = BTreeMap::new();
    let mut causes: BTreeMap<RecordId, (f64, f64)> = BTreeMap::new();
    let (mut points, mut tickets) = (0.0, 0);
    for (key, count) in counts {
        let of_key = *count as f64 * events.points(key, today);
        if of_key <= 0.0 {
            continue;
        }
        tickets += count;
        let (known, sum) = inputs.entry((key.input, key.severity, key.reason)).or_default();
        *known += count;
        *sum += of_key;
        if !key.input.is_cause() {
            points += of_key;
        }
        if let Some(cause) = key.cause {
            let (own, covered) = causes.entry(cause).or_default();
            *(if key.input.is_cause() { own } else { covered }) += of_key;
        }
    }
    points += causes.values().map(|(own, covered)| (own - covered).max(0.0)).sum::<f64>();
    let mut inputs: Vec<InputContribution> = inputs
        .into_iter()
        .map(|((input, severity, reason), (count, points))| InputContribution {
            input,
            severity,
            reason,
            count: count.unsigned_abs(),
            points: settle(points),
        })
        .collect();
    inputs.sort_by(|a, b| b.points.total_cmp(&a.points));
    Exposure { points, events: tickets.unsigned_abs(), inputs, causes }
}

/// What the tickets of a supplier add, most first, then by id: from what each contributes and the counts of all.
/// Those that add nothing any more are left out.
pub fn explain(
    model: &SupplierRiskModel,
    counts: &InputCounts,
    tickets: &[(Contribution, &Record)],
    at: Timestamp,
) -> Vec<EventContribution> {
    let exposure = exposure(model, counts, at);
    let (events, today) = (&model.events, day_of(at));
    let mut found: Vec<EventContribution> = tickets
        .iter()
        .filter_map(|(contribution, record)| {
            let key = &contribution.key;
            let age = (today - key.day).max(0);
            let points = events.points(key, today);
            let counted = match key.cause.and_then(|cause| exposure.causes.get(&cause)) {
                Some((own, covered)) if key.input.is_cause() => (own - covered).max(0.0),
                _ => points,
            };
            let Body::Ticket(ticket) = &record.body else { return None };
            (points > 0.0).then(|| EventContribution {
                record: record.id,
                external_id: record.external_id.clone(),
                title: ticket.title.get().cloned(),
                url: record.url.clone(),
                input: key.input,
                priority: key.severity,
                ended_at: input::end(record, ticket),
                age_days: age,
                half_life_days: events.half_life(key.input),
                base: events.base(key.input),
                severity: events.severity(key.severity),
                share: events.share(key.reason),
                decay: settle(events.decay(key.input, age)),
                reason: key.reason,
                cause: key.cause.filter(|cause| *cause != record.id),
                points: settle(points),
                counted: settle(counted),
            })
        })
        .collect();
    found.sort_by(|a, b| {
        b.counted.total_cmp(&a.counted).then(b.points.total_cmp(&a.points)).then(a.record.cmp(&b.record))
    });
    found
}

/// The days on which the tickets ended that weigh most, until there are this many.
pub fn weightiest_days(model: &SupplierRiskModel, counts: &InputCounts, at: Timestamp, tickets: i64) -> Vec<i64> {
    let today = day_of(at);
    let mut keys: Vec<(f64, i64, i64)> =
        counts.iter().map(|(key, count)| (model.events.points(key, today), key.day, *count)).collect();
    keys.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let mut days = Vec::new();
    let mut found = 0;
    for (points, day, count) in keys {
        if found >= tickets || points <= 0.0 {
            break;
        }
        found += count;
        if !days.contains(&day) {
            days.push(day);
        }
    }
    days
}

/// What every ticket of the graph adds to a supplier, most first.
pub fn supplier_events(
    graph: &Graph<'_>,
    model: &SupplierRiskModel,
    party: RecordId,
    at: Timestamp,
) -> Vec<EventContribution> {
    let mut counts = InputCounts::new();
    let mut tickets = Vec::new();
    for record in graph.records() {
        for contribution in contributions(graph, record).into_iter().filter(|found| found.party == party) {
            input::count(&mut counts, contribution.key, 1);
            tickets.push((contribution, record));
        }
    }
    explain(model, &counts, &tickets, at)
}

/// The counts of every party of the graph.
pub fn input_counts(graph: &Graph<'_>) -> BTreeMap<RecordId, InputCounts> {
    let mut found: BTreeMap<RecordId, InputCounts> = BTreeMap::new();
    for contribution in graph.records().iter().flat_map(|record| contributions(graph, record)) {
        input::count(found.entry(contribution.party).or_default(), contribution.key, 1);
    }
    found
}
