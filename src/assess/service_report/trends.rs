//! Trends: what happened month by month.

use super::{
    counts::{inside, resolved_at},
    is_security,
};
use crate::{
    assess::{Period, incidents::ticket_of},
    model::{ChangeOutcome, Record, TicketType, Timestamp},
};
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many months trends go back.
const MONTHS: u32 = 12;

/// What happened in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Month {
    /// `2026-03`.
    pub month: String,
    /// When it begins.
    pub from: Timestamp,
    /// Incidents opened.
    pub incidents: u64,
    /// Of those, of information security.
    pub security_incidents: u64,
    /// Of those, declared major.
    pub major_incidents: u64,
    /// Incidents resolved with a service level target missed.
    pub targets_missed: u64,
    /// Changes closed.
    pub changes: u64,
    /// Of those, that failed or were taken back.
    pub failed_changes: u64,
}

/// The month an instant lies in, in UTC.
pub fn month_of(at: Timestamp) -> Period {
    let first = at.naive().date().with_day(1).unwrap_or_default();
    Period { from: midnight(first), to: midnight(first + Months::new(1)) }
}

/// The twelve months up to and with the one that ends, or is under way, at an instant.
pub(super) fn trends(tickets: &[&Record], end: Timestamp) -> Vec<Month> {
    months(end).map(|period| month(tickets, period)).collect()
}

/// When the first of those months begins.
pub(super) fn beginning(end: Timestamp) -> Timestamp {
    months(end).next().map_or(end, |first| first.from)
}

fn months(end: Timestamp) -> impl Iterator<Item = Period> {
    let last = month_of(end.plus_millis(-1)).from.naive().date();
    (0..MONTHS).rev().map(move |back| month_of(midnight(last - Months::new(back))))
}

fn month(tickets: &[&Record], period: Period) -> Month {
    let first = period.from.naive();
    let mut month = Month {
        month: format!("{:04}-{:02}", first.year(), first.month()),
        from: period.from,
        incidents: 0,
        security_incidents: 0,
        major_incidents: 0,
        targets_missed: 0,
        changes: 0,
        failed_changes: 0,
    };
    for record in tickets {
        if let Some(incident) = ticket_of(record, TicketType::Incident) {
            if inside(incident.opened_at.get().copied(), period) {
                month.incidents += 1;
                month.security_incidents += u64::from(is_security(record));
                month.major_incidents += u64::from(incident.major.get() == Some(&true));
            }
            let missed = incident.sla_breached.get() == Some(&true);
            month.targets_missed += u64::from(missed && inside(resolved_at(incident), period));
        }
        let change = ticket_of(record, TicketType::Change);
        if let Some(change) = change.filter(|change| inside(change.closed_at.get().copied(), period)) {
            month.changes += 1;
            let failed = matches!(change.outcome.get(), Some(ChangeOutcome::Failed | ChangeOutcome::BackedOut));
            month.failed_changes += u64::from(failed);
        }
    }
    month
}

fn midnight(date: NaiveDate) -> Timestamp {
    Timestamp::from_naive(date.and_time(chrono::NaiveTime::MIN))
}
