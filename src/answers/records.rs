//! Questions about records.

use crate::{
    assess::Rules,
    error::{Error, Result},
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
    /// Since when the outcome is this one.
    pub since: Timestamp,
    /// The fields and facts the indicator read, with the values they had.
    #[schema(value_type = Object)]
    pub seen: serde_json::Map<String, serde_json::Value>,
}

/// How many records there are of every kind.
pub fn count_records(store: &Store) -> Result<Vec<KindCount>> {
    let counts = store.read(|reader| reader.counts())?;
    let of = |kind| counts.iter().find(|(counted, _)| *counted == kind).map_or(0, |(_, count)| *count);
    Ok(RecordKind::ALL.iter().map(|&kind| KindCount { kind, records: of(kind) }).collect())
}

/// A record of a kind by its id.
pub fn record(store: &Store, kind: RecordKind, id: RecordId) -> Result<Record> {
    store
        .read(|reader| reader.record(id))?
        .filter(|record| record.body.kind() == kind)
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
    record(store, kind, id)?;
    let findings = store.read(|reader| reader.findings_on(id, view))?;
    Ok(findings
        .into_iter()
        .map(|finding| FindingOnRecord {
            title: rules.indicators.get(&finding.indicator).map_or_else(String::new, |found| found.title.clone()),
            indicator: finding.indicator,
            outcome: finding.outcome,
            since: finding.opened_at,
            seen: finding.seen,
        })
        .collect())
}
