//! Questions about incidents under two standards: their classes, their overlap, and what persons decided.

use super::{
    NOTICE,
    loaded::{Loaded, every, shows, within},
};
use crate::{
    assess::{
        Period, Rules,
        incidents::{ClassifiedIncident, IncidentOverlap, classified, incident_overlap},
    },
    error::{Error, Result},
    evaluate::{self, class_overrides},
    model::{RecordId, RecordKind, SecurityClass, Timestamp, View},
    store::{Reader, Store, StoredClassification},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How far back a report goes unless a period is given, in days.
const USUAL_DAYS: i64 = 365;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// The period a report is about.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The first instant in it; 365 days before `to` unless given.
    pub from: Option<Timestamp>,
    /// The first instant after it; now unless given.
    pub to: Option<Timestamp>,
}

/// The overlap, and what it does not show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncidentOverlapAnswer {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// The overlap.
    #[serde(flatten)]
    pub overlap: IncidentOverlap,
}

/// A person's decision on an incident.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassDecision {
    /// What it is; null takes an earlier decision back.
    pub class: Option<SecurityClass>,
    /// Why.
    pub reason: String,
}

impl PeriodQuery {
    /// The period at an instant.
    ///
    /// # Errors
    /// `Invalid`, naming the parameter, for a period that ends before it begins.
    pub fn period(&self, now: Timestamp) -> Result<Period> {
        let to = self.to.unwrap_or(now);
        let from = self.from.unwrap_or_else(|| to.plus_days(-USUAL_DAYS));
        if from < to {
            return Ok(Period { from, to });
        }
        Err(Error::invalid("from", format!("{from} is not before the end of the period, {to}")))
    }
}

/// The incidents and events opened in a period with their classes, in the order of their opening.
pub fn classified_incidents(
    store: &Store,
    rules: &Rules,
    period: Period,
    view: View,
) -> Result<Vec<ClassifiedIncident>> {
    store.read(|reader| {
        let loaded = opened_in(reader, rules, period, view)?;
        let graph = loaded.graph();
        let overrides = class_overrides(reader, graph.records())?;
        let found = classified(&graph, &rules.classification, &overrides, period);
        Ok(found.into_iter().map(|(_, incident)| incident).collect())
    })
}

/// Where the incidents of both standards overlap in a period.
pub fn incident_overlaps(store: &Store, rules: &Rules, period: Period, view: View) -> Result<IncidentOverlapAnswer> {
    store.read(|reader| {
        let loaded = opened_in(reader, rules, period, view)?;
        let graph = loaded.graph();
        let overrides = class_overrides(reader, graph.records())?;
        let overlap = incident_overlap(&graph, &rules.classification, &overrides, period);
        Ok(IncidentOverlapAnswer { notice: NOTICE, overlap })
    })
}

/// The tickets opened in a period, with what they affect.
fn opened_in(reader: &mut Reader<'_>, rules: &Rules, period: Period, view: View) -> Result<Loaded> {
    let mut loaded = Loaded::of(reader, rules, &[], view)?;
    loaded.read(reader, within(every(RecordKind::Ticket, view), "opened_at", period.from, period.to))?;
    loaded.read_affected(reader)?;
    Ok(loaded)
}

/// The class of one incident.
pub fn classified_incident(store: &Store, rules: &Rules, id: RecordId, view: View) -> Result<ClassifiedIncident> {
    store.read(|reader| one(reader, rules, id, view))
}

/// Keeps a person's decision on an incident, if `fits` lets it by what the incident is now, and answers what it comes to.
pub fn decide_on_class(
    store: &Store,
    rules: &Rules,
    id: RecordId,
    decision: ClassDecision,
    author: &str,
    (view, now): (View, Timestamp),
    fits: impl FnOnce(&ClassifiedIncident) -> Result<()>,
) -> Result<ClassifiedIncident> {
    let reason = decision.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("reason", format!("a reason of 1 to {LONGEST_REASON} characters is expected")));
    }
    store.write(now, |transaction| {
        fits(&one(transaction, rules, id, view)?)?;
        let made_at = transaction.at();
        let (author, reason) = (author.to_owned(), reason.to_owned());
        let decided = StoredClassification { record: id, class: decision.class, reason, author, made_at };
        evaluate::decide_on_class(transaction, rules, &decided)?;
        one(transaction, rules, id, view)
    })
}

/// One incident, without loading others.
fn one(reader: &mut Reader<'_>, rules: &Rules, id: RecordId, view: View) -> Result<ClassifiedIncident> {
    let unknown = || Error::NotFound(format!("there is no incident or event `{id}`"));
    let ticket = reader.record(id)?.filter(|record| shows(view, record)).ok_or_else(unknown)?;
    evaluate::classified(reader, rules, ticket)?.ok_or_else(unknown)
}
