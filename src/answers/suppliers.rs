//! Questions about supplier risk.

use super::{
    NOTICE, RecordBrief,
    conformity::{body, nothing_concluded},
};
use crate::{
    assess::{
        Rules,
        supplier_risk::{
            Confidence, EventContribution, Score, ScoreMove, SupplierRisk, day_of, explain, weightiest_days,
        },
    },
    error::{Error, Result},
    model::{Contribution, EventInput, InputCounts, Record, RecordId, RecordKind, Timestamp, View, names},
    store::{
        CountedTicket, Page, Reader, Store, SupplierDecision, SupplierEvent, SupplierEventKind, SupplierEventQuery,
        SupplierSample,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// After which ticket a page starts: its day, its id, and what it counts as.
pub type AfterTicket = (i64, RecordId, EventInput);

/// How many events an answer on one supplier shows.
const SHOWN: usize = 25;

/// The risk of a supplier, with everything that makes it up but the single tickets.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierRiskBrief {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// Since when the band is this one.
    pub since: Timestamp,
    /// The risk and what makes it.
    #[serde(flatten)]
    pub risk: SupplierRisk,
}

/// The risk of a supplier, with everything that makes it up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierRiskAnswer {
    /// The risk and what makes it.
    #[serde(flatten)]
    pub brief: SupplierRiskBrief,
    /// The tickets that add most, at most 25; all of them are `contributions`.
    pub events: Vec<EventContribution>,
}

names! {
    /// What a reassessment came to.
    pub enum ReassessmentOutcome {
        /// The risk is accepted as it is.
        Accepted = "accepted",
        /// Treating it is planned.
        Treated = "treated",
        /// The agreement is to be changed.
        AgreementToChange = "agreement_to_change",
        /// The supplier is to be replaced.
        SupplierToReplace = "supplier_to_replace",
    }
}

/// A decision on what happened to a supplier.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reassessment {
    /// What the reassessment came to.
    pub decision: ReassessmentOutcome,
    /// Why.
    pub reason: String,
}

/// A service, in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceBrief {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
}

/// Something that happened to a supplier, and the reassessment it opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierEventAnswer {
    /// Sorts by the order of events.
    pub id: String,
    /// When it was noticed.
    pub at: Timestamp,
    /// What happened.
    pub kind: SupplierEventKind,
    /// The supplier.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub party_name: Option<String>,
    /// The agreement it is about; null if it is about none.
    pub agreement: Option<RecordBrief>,
    /// The band before, or why there was none; null if there was no supplier.
    pub before: Option<String>,
    /// The band after, or why there is none; null if there is no supplier any more.
    pub after: Option<String>,
    /// What had moved the score; empty where the band did not change.
    pub because: Vec<ScoreMove>,
    /// The services the supplier touched when it happened, and before it was removed: what the reassessment looks at.
    pub services: Vec<ServiceBrief>,
    /// True as long as nobody decided.
    pub open: bool,
    /// What the reassessment came to; null while open.
    pub decision: Option<ReassessmentOutcome>,
    /// Why; null while open.
    pub reason: Option<String>,
    /// Who decided; null while open.
    pub decided_by: Option<String>,
    /// When; null while open.
    pub decided_at: Option<Timestamp>,
    /// What was decided before that, in order.
    pub earlier_decisions: Vec<EarlierDecision>,
}

/// A decision on a reassessment that a later one replaced.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EarlierDecision {
    /// What it came to.
    pub decision: Option<ReassessmentOutcome>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
}

/// The scores of a supplier on a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SupplierScore {
    /// The supplier.
    pub party: RecordId,
    /// The day, in UTC.
    pub day: Timestamp,
    /// Its band, or why it had none.
    pub status: String,
    /// The risk left after assurance; null if unlinked.
    pub residual: Option<Score>,
    /// The risk before assurance; null if unlinked.
    pub inherent: Option<Score>,
    /// The least the residual risk could be; null if unlinked.
    pub low: Option<Score>,
    /// The most it could be; null if unlinked.
    pub high: Option<Score>,
    /// How likely a failure was taken to be.
    pub likelihood: Score,
    /// The points of all events.
    pub exposure: f64,
    /// How much of what the score rests on was known; null if unlinked, and for days before this was kept.
    pub confidence: Option<Confidence>,
}

impl SupplierScore {
    fn of(sample: SupplierSample) -> Self {
        Self {
            party: sample.party,
            day: Timestamp::from_millis(0).plus_days(sample.day),
            status: sample.status,
            residual: sample.residual.map(Score::new),
            inherent: sample.inherent.map(Score::new),
            low: sample.low.map(Score::new),
            high: sample.high.map(Score::new),
            likelihood: Score::new(sample.likelihood),
            exposure: sample.exposure,
            confidence: sample.known.map(|(known, of)| Confidence { known, of }),
        }
    }
}

/// The risk of every supplier, the highest residual risk first.
pub fn supplier_risks(store: &Store, view: View) -> Result<Vec<SupplierRiskBrief>> {
    let conclusions = store.read(|reader| reader.conclusions("supplier/", view))?;
    let mut risks = Vec::with_capacity(conclusions.len());
    for conclusion in conclusions {
        risks.push(SupplierRiskBrief { notice: NOTICE, since: conclusion.since, risk: body(&conclusion)? });
    }
    risks.sort_by_cached_key(|answer| answer.risk.rank());
    Ok(risks)
}

/// The risk of a supplier by its record's id.
pub fn supplier_risk(store: &Store, rules: &Rules, id: RecordId, view: View) -> Result<SupplierRiskAnswer> {
    store.read(|reader| {
        let brief = brief(reader, id, view)?;
        let counts = counts(reader, id, view)?;
        let days = weightiest_days(&rules.supplier_risk, &counts, brief.risk.day, SHOWN as i64);
        let tickets = reader.tickets_of_supplier_on(id, view, &days, 1_000)?;
        let mut events = explained(reader, rules, &counts, &tickets, brief.risk.day)?;
        events.truncate(SHOWN);
        Ok(SupplierRiskAnswer { brief, events })
    })
}

/// A page of what single tickets add to a supplier's exposure, the latest first, from after a ticket on: its day, its
/// id, and what it counts as. Those that ended too long ago add nothing and are left out.
pub fn supplier_contributions(
    store: &Store,
    rules: &Rules,
    id: RecordId,
    view: View,
    after: Option<AfterTicket>,
    limit: u32,
) -> Result<(Vec<EventContribution>, Option<AfterTicket>)> {
    store.read(|reader| {
        let brief = brief(reader, id, view)?;
        let counts = counts(reader, id, view)?;
        let Page { items, more } = reader.tickets_of_supplier(id, view, after, limit)?;
        let last = items.last().filter(|_| more);
        let next = last.map(|last| (last.contribution.key.day, last.record, last.contribution.key.input));
        let mut found = explained(reader, rules, &counts, &items, brief.risk.day)?;
        found.sort_by_cached_key(|found| {
            items.iter().position(|item| (item.record, item.contribution.key.input) == (found.record, found.input))
        });
        Ok((found, next))
    })
}

/// What happened to suppliers, the latest first, each with the services it may concern.
pub fn supplier_events(store: &Store, query: &SupplierEventQuery) -> Result<Page<SupplierEventAnswer>> {
    store.read(|reader| {
        let Page { items, more } = reader.supplier_events(query)?;
        let items = items.into_iter().map(|event| with_services(reader, event, query.view)).collect::<Result<_>>()?;
        Ok(Page { items, more })
    })
}

/// Closes the reassessment an event opened; a later decision stands instead of earlier ones, which are kept.
pub fn decide_on_supplier_event(
    store: &Store,
    id: &str,
    decision: Reassessment,
    author: &str,
    view: View,
    now: Timestamp,
) -> Result<SupplierEventAnswer> {
    if decision.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "says why, in words; it is empty"));
    }
    store.write(now, |transaction| {
        let found = transaction.supplier_event(id)?.filter(|event| event.seen.by(view));
        let mut event = found.ok_or_else(|| Error::NotFound(format!("there is no event `{id}`")))?;
        let decision = SupplierDecision {
            decision: decision.decision.as_str().into(),
            reason: decision.reason,
            decided_by: author.into(),
            decided_at: transaction.at(),
        };
        transaction.decide_supplier_event(id, &decision)?;
        event.decision = Some(decision);
        with_services(transaction, event, view)
    })
}

/// The scores of a supplier by day, from a day on.
pub fn supplier_history(
    store: &Store,
    id: RecordId,
    view: View,
    from: Option<Timestamp>,
) -> Result<Vec<SupplierScore>> {
    store.read(|reader| {
        brief(reader, id, view)?;
        let samples = reader.supplier_samples(id, view, from.map_or(i64::MIN, day_of))?;
        Ok(samples.into_iter().map(SupplierScore::of).collect())
    })
}

fn with_services(reader: &mut Reader<'_>, event: SupplierEvent, view: View) -> Result<SupplierEventAnswer> {
    let broken = |error: serde_json::Error| Error::Internal(error.to_string());
    let services = match &event.services {
        Some(services) => serde_json::from_str(services).map_err(broken)?,
        None => services_now(reader, event.party, view)?,
    };
    let because = event.because.as_deref().map(serde_json::from_str).transpose().map_err(broken)?;
    let mut earlier = if event.decision.is_some() { reader.supplier_decisions(&event.id)? } else { Vec::new() };
    earlier.pop();
    let earlier = earlier.into_iter().map(|made| EarlierDecision {
        decision: made.decision.parse().ok(),
        reason: made.reason,
        decided_by: made.decided_by,
        decided_at: made.decided_at,
    });
    let party = reader.record(event.party)?;
    let agreement = event.record.map(|id| reader.record(id)).transpose()?.flatten();
    Ok(SupplierEventAnswer {
        id: event.id,
        at: event.at,
        kind: event.kind,
        party: event.party,
        party_name: party.as_ref().and_then(|party| party.body.name().map(Into::into)),
        agreement: agreement.as_ref().map(RecordBrief::of),
        before: event.before,
        after: event.after,
        because: because.unwrap_or_default(),
        services,
        open: event.decision.is_none(),
        decision: event.decision.as_ref().and_then(|made| made.decision.parse().ok()),
        reason: event.decision.as_ref().map(|made| made.reason.clone()),
        decided_by: event.decision.as_ref().map(|made| made.decided_by.clone()),
        decided_at: event.decision.as_ref().map(|made| made.decided_at),
        earlier_decisions: earlier.collect(),
    })
}

/// The services a supplier touches now.
fn services_now(reader: &mut Reader<'_>, party: RecordId, view: View) -> Result<Vec<ServiceBrief>> {
    let Some(conclusion) = reader.conclusion(&format!("supplier/{party}"), view)? else { return Ok(Vec::new()) };
    let risk: SupplierRisk = body(&conclusion)?;
    Ok(risk.services.into_iter().map(|touched| ServiceBrief { service: touched.service, name: touched.name }).collect())
}

/// The risk of a supplier, in brief.
pub(super) fn brief(reader: &mut Reader<'_>, id: RecordId, view: View) -> Result<SupplierRiskBrief> {
    if let Some(conclusion) = reader.conclusion(&format!("supplier/{id}"), view)? {
        return Ok(SupplierRiskBrief { notice: NOTICE, since: conclusion.since, risk: body(&conclusion)? });
    }
    Err(match reader.record(id)? {
        Some(Record { deleted_at: Some(gone), body, .. }) if body.kind() == RecordKind::Party => Error::NotFound(
            format!("the supplier `{id}` was removed on {gone}; its scores are in the table supplier_score"),
        ),
        Some(record) if record.body.kind() == RecordKind::Party => {
            Error::NotFound(format!("the party `{id}` is no supplier, so it has no supplier risk"))
        }
        Some(record) => Error::NotFound(format!("`{id}` is a {}, not a party", record.body.kind())),
        None if reader.ledger()?.concluded_seq < 0 => nothing_concluded(),
        None => Error::NotFound(format!("there is no supplier `{id}`")),
    })
}

fn counts(reader: &mut Reader<'_>, id: RecordId, view: View) -> Result<InputCounts> {
    Ok(reader.supplier_counts(&[id])?.remove(&view).and_then(|mut counts| counts.remove(&id)).unwrap_or_default())
}

fn explained(
    reader: &mut Reader<'_>,
    rules: &Rules,
    counts: &InputCounts,
    tickets: &[CountedTicket],
    at: Timestamp,
) -> Result<Vec<EventContribution>> {
    let ids: Vec<RecordId> = tickets.iter().map(|ticket| ticket.record).collect();
    let records = reader.records_by_id(&ids)?;
    let by_id: HashMap<RecordId, &Record> = records.iter().map(|record| (record.id, record)).collect();
    let found: Vec<(Contribution, &Record)> =
        tickets.iter().filter_map(|ticket| Some((ticket.contribution, *by_id.get(&ticket.record)?))).collect();
    Ok(explain(&rules.supplier_risk, counts, &found, at))
}
