//! What happened to suppliers, against how they stood, and their scores by day.

use super::status;
use crate::{
    assess::supplier_risk::{Score, ScoreMove, SupplierRisk, day_of, moves},
    error::Result,
    model::{Body, Record, RecordId, RecordKind, Seen, Timestamp, View},
    store::{Conclusion, Ledger, Reader, Stretch, SupplierEvent, SupplierEventKind, SupplierSample, Transaction},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Agreements read at a time.
const PAGE: u32 = 1_000;

/// Scores in a view, and how the suppliers asked about stood before.
pub(super) struct Scored {
    pub view: View,
    pub before: BTreeMap<RecordId, Conclusion>,
    pub risks: Vec<SupplierRisk>,
}

/// What identifies an event apart from who sees it.
type Happened = (SupplierEventKind, RecordId, Option<RecordId>, Option<String>, Option<String>);

/// Who sees an event, and what is said of it: no more than everybody may know who sees it.
#[derive(Default)]
struct Told {
    views: BTreeSet<View>,
    services: String,
    because: Option<String>,
}

/// Keeps the history of the scores, and what happened against how suppliers stood. Nothing happened as long as nothing
/// was ever concluded.
pub(super) fn note(
    transaction: &mut Transaction<'_>,
    scored: &[Scored],
    agreements: &[(RecordId, RecordId)],
) -> Result<()> {
    let day = day_of(transaction.at());
    let first = transaction.ledger()?.concluded_seq < 0;
    let mut happened: BTreeMap<Happened, Told> = BTreeMap::new();
    for Scored { view, before, risks } in scored {
        transaction.keep_samples(*view, &risks.iter().map(|risk| sample(risk, day)).collect::<Vec<_>>())?;
        if first {
            continue;
        }
        let mut before = before.clone();
        let mut add = |event: Happened, risk: &SupplierRisk, because: Option<Vec<ScoreMove>>| -> Result<()> {
            let told = happened.entry(event).or_default();
            told.views.insert(*view);
            if *view == View::Full && told.views.len() > 1 {
                return Ok(());
            }
            let touched = risk.services.iter().map(|touched| json!({"service": touched.service, "name": touched.name}));
            told.services = serde_json::to_string(&touched.collect::<Vec<_>>()).map_err(super::internal)?;
            told.because =
                because.map(|because| serde_json::to_string(&because)).transpose().map_err(super::internal)?;
            Ok(())
        };
        for risk in risks {
            let after = Some(status(risk).to_owned());
            match before.remove(&risk.party) {
                None => add((SupplierEventKind::Added, risk.party, None, None, after), risk, None)?,
                Some(same) if Some(&same.status) == after.as_ref() => {}
                Some(earlier) => {
                    let because = moves(&read(&earlier)?, risk);
                    let event = (SupplierEventKind::BandCrossed, risk.party, None, Some(earlier.status), after);
                    add(event, risk, Some(because))?;
                }
            }
        }
        for (party, earlier) in before {
            let risk = read(&earlier)?;
            add((SupplierEventKind::Removed, party, None, Some(earlier.status), None), &risk, None)?;
        }
        for risk in risks {
            for (agreement, party) in agreements.iter().filter(|(_, party)| *party == risk.party) {
                add((SupplierEventKind::AgreementChanged, *party, Some(*agreement), None, None), risk, None)?;
            }
        }
    }
    let event = |((kind, party, record, before, after), told): (Happened, Told)| SupplierEvent {
        id: String::new(),
        at: Timestamp::from_millis(0),
        kind,
        seen: match (told.views.contains(&View::General), told.views.contains(&View::Full)) {
            (true, true) => Seen::Both,
            (true, false) => Seen::General,
            _ => Seen::Full,
        },
        party,
        record,
        before,
        after,
        services: Some(told.services),
        because: told.because,
        decision: None,
    };
    transaction.add_supplier_events(happened.into_iter().map(event).collect(), told)
}

/// What subscribers are told of an event.
fn told(event: &SupplierEvent) -> Result<String> {
    let body = json!({"id": event.id, "at": event.at, "kind": event.kind, "party": event.party,
        "agreement": event.record, "before": event.before, "after": event.after, "because": list(&event.because)?,
        "services": list(&event.services)?});
    serde_json::to_string(&body).map_err(super::internal)
}

fn list(text: &Option<String>) -> Result<Option<serde_json::Value>> {
    text.as_deref().map(serde_json::from_str).transpose().map_err(super::internal)
}

/// The agreements that changed since conclusions were last drawn, each with every party to it.
pub(super) fn changed_agreements(reader: &mut Reader<'_>) -> Result<Vec<(RecordId, RecordId)>> {
    let Ledger { concluded_seq, at, .. } = reader.ledger()?;
    let since = Stretch { from: concluded_seq + 1, to: i64::MAX, since: at, until: at };
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = reader.records_changed(RecordKind::Agreement, View::Full, &since, last.as_ref(), PAGE)?;
        found.extend(page.iter().flat_map(agreed));
        last = page.into_iter().next_back();
        if last.is_none() {
            return Ok(found);
        }
    }
}

/// An agreement with every party to it; nothing for other records.
pub(super) fn agreed(record: &Record) -> Vec<(RecordId, RecordId)> {
    let Body::Agreement(agreement) = &record.body else { return Vec::new() };
    agreement.parties.get().into_iter().flatten().map(|party| (record.id, party.id)).collect()
}

fn read(earlier: &Conclusion) -> Result<SupplierRisk> {
    serde_json::from_str(&earlier.body).map_err(super::internal)
}

fn sample(risk: &SupplierRisk, day: i64) -> SupplierSample {
    let exact = |score: Option<Score>| score.map(Score::exact);
    SupplierSample {
        party: risk.party,
        day,
        status: status(risk).into(),
        residual: exact(risk.residual),
        inherent: exact(risk.inherent),
        low: exact(risk.low),
        high: exact(risk.high),
        likelihood: risk.likelihood.exact(),
        exposure: risk.exposure,
        known: risk.confidence.map(|confidence| (confidence.known, confidence.of)),
    }
}
