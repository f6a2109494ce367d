//! What happened in a period, counted: incidents against their targets, changes by their outcome, problems.

use crate::{
    assess::{Period, incidents::ticket_of},
    model::{ChangeOutcome, Record, Ticket, TicketState, TicketType, Timestamp},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Incidents and how they were handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandlingCounts {
    /// Opened in the period.
    pub opened: u64,
    /// Resolved or closed in the period.
    pub resolved: u64,
    /// Of those, within their service level target.
    pub within_target: u64,
    /// Of those, with a target missed.
    pub target_missed: u64,
    /// Of those, without word of it.
    pub target_unknown: u64,
    /// Opened before the end of the period and not resolved by then.
    pub open_at_end: u64,
}

/// Changes closed in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeCounts {
    /// Changes.
    pub closed: u64,
    /// That succeeded.
    pub successful: u64,
    /// That failed.
    pub failed: u64,
    /// That were taken back.
    pub backed_out: u64,
    /// Without word of their outcome.
    pub outcome_unknown: u64,
    /// Made under the emergency procedure.
    pub emergency: u64,
    /// Whose effect on information security was never assessed.
    pub not_assessed: u64,
    /// Releases closed.
    pub releases: u64,
}

/// Problems in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemCounts {
    /// Opened in the period.
    pub opened: u64,
    /// Closed in the period.
    pub closed: u64,
    /// Opened before the end of the period and not closed by then.
    pub open_at_end: u64,
    /// Of those, known errors: with a root cause or a workaround.
    pub known_errors: u64,
}

impl HandlingCounts {
    pub(super) fn of(incidents: &[(&Record, &Ticket)], period: Period) -> Self {
        let mut counts = Self::default();
        for (_, ticket) in incidents {
            let opened = ticket.opened_at.get().copied();
            let resolved = resolved_at(ticket);
            counts.opened += u64::from(inside(opened, period));
            counts.open_at_end += u64::from(open_at(opened, resolved, period.to) && !is_cancelled(ticket));
            if inside(resolved, period) {
                counts.resolved += 1;
                *match ticket.sla_breached.get() {
                    Some(false) => &mut counts.within_target,
                    Some(true) => &mut counts.target_missed,
                    None => &mut counts.target_unknown,
                } += 1;
            }
        }
        counts
    }
}

impl ChangeCounts {
    pub(super) fn of(tickets: &[&Record], period: Period) -> Self {
        let mut counts = Self::default();
        for record in tickets {
            if let Some(release) = ticket_of(record, TicketType::Release) {
                counts.releases += u64::from(inside(release.closed_at.get().copied(), period));
            }
            let Some(change) = ticket_of(record, TicketType::Change) else { continue };
            if !inside(change.closed_at.get().copied(), period) {
                continue;
            }
            counts.closed += 1;
            *match change.outcome.get() {
                Some(ChangeOutcome::Successful) => &mut counts.successful,
                Some(ChangeOutcome::Failed) => &mut counts.failed,
                Some(ChangeOutcome::BackedOut) => &mut counts.backed_out,
                None => &mut counts.outcome_unknown,
            } += 1;
            counts.emergency += u64::from(change.emergency.get() == Some(&true));
            counts.not_assessed += u64::from(change.security_assessed_at.get().is_none());
        }
        counts
    }
}

impl ProblemCounts {
    pub(super) fn of(tickets: &[&Record], period: Period) -> Self {
        let mut counts = Self::default();
        for problem in tickets.iter().filter_map(|record| ticket_of(record, TicketType::Problem)) {
            let (opened, closed) = (problem.opened_at.get().copied(), problem.closed_at.get().copied());
            counts.opened += u64::from(inside(opened, period));
            counts.closed += u64::from(inside(closed, period));
            if open_at(opened, closed, period.to) && !is_cancelled(problem) {
                counts.open_at_end += 1;
                let known = problem.root_cause.get().is_some() || problem.workaround.get().is_some();
                counts.known_errors += u64::from(known);
            }
        }
        counts
    }
}

/// When an incident was resolved, by whatever says so first.
pub(super) fn resolved_at(ticket: &Ticket) -> Option<Timestamp> {
    ticket.resolved_at.get().or(ticket.closed_at.get()).copied()
}

pub(super) fn inside(at: Option<Timestamp>, period: Period) -> bool {
    at.is_some_and(|at| period.contains(at))
}

fn open_at(opened: Option<Timestamp>, ended: Option<Timestamp>, at: Timestamp) -> bool {
    opened.is_some_and(|opened| opened < at) && ended.is_none_or(|ended| ended >= at)
}

fn is_cancelled(ticket: &Ticket) -> bool {
    ticket.state.get() == Some(&TicketState::Cancelled)
}
