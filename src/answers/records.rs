//! Questions about records.

use crate::{
    assess::Rules,
    error::{Error, Result},
    evaluate::{self, Reading},
    indicators::Definition,
    model::{Outcome, Record, RecordId, RecordKind, Timestamp, View},
    store::Store,
};
use serde::Serialize;
use utoipa::ToSchema;

/// How many records there are of a kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: RecordKind,
    /// Without tombstones.
    pub records: u64,
}

/// What an indicator says of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingOnRecord {
    /// The indicator's id.
    pub indicator: String,
    /// The statement that should be true.
    pub title: String,
    /// What the record came to.
    pub outcome: Outcome,
    /// Since when the record fails; null if it does not.
    pub since: Option<Timestamp>,
    /// The fields and facts the indicator read, with the values they had.
    #[schema(value_type = Object)]
    pub seen: serde_json::Map<String, serde_json::Value>,
}

/// How many records there are of every kind.
pub fn count_records(store: &Store, view: View) -> Result<Vec<KindCount>> {
    let counts = store.read(|reader| reader.counts(view))?;
    let of = |kind| counts.iter().find(|(counted, _)| *counted == kind).map_or(0, |(_, count)| *count);
    Ok(RecordKind::ALL.iter().map(|&kind| KindCount { kind, records: of(kind) }).collect())
}

/// A record of a kind by its id. One that only the full view has does not exist in the general one.
pub fn record(store: &Store, kind: RecordKind, id: RecordId, view: View) -> Result<Record> {
    store
        .read(|reader| reader.record(id))?
        .filter(|record| record.body.kind() == kind && (view == View::Full || !record.body.is_restricted()))
        .ok_or_else(|| Error::NotFound(format!("there is no {kind} `{id}`")))
}

/// What every indicator that applies to a record says of it.
pub fn findings_on_record(
    store: &Store,
    rules: &Rules,
    kind: RecordKind,
    id: RecordId,
    view: View,
) -> Result<Vec<FindingOnRecord>> {
    record(store, kind, id, view)?;
    let definitions: Vec<&Definition> = rules.indicators.of_kind(kind).collect();
    store.read(|reader| {
        let open = reader.open_findings_on(&[id])?;
        let readings = evaluate::readings(reader, rules, &definitions, &[id], view)?;
        let finding = |reading: Reading| FindingOnRecord {
            title: rules.indicators.get(&reading.indicator).map_or_else(String::new, |found| found.title.clone()),
            since: open
                .iter()
                .find(|finding| finding.indicator == reading.indicator)
                .map(|finding| finding.opened_at)
                .filter(|_| reading.outcome == Outcome::Failing),
            indicator: reading.indicator,
            outcome: reading.outcome,
            seen: reading.seen,
        };
        Ok(readings.into_iter().filter(|reading| reading.outcome != Outcome::NotApplicable).map(finding).collect())
    })
}
