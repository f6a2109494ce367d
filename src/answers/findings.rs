//! What indicators say of single records: those that fail, and what is read of the others.

use super::RecordBrief;
use crate::{
    assess::Rules,
    error::{Error, Result},
    evaluate,
    model::{Outcome, RecordId, Timestamp, View},
    store::{Page, Reader, Store},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What an indicator read of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingBrief {
    /// The record judged.
    pub record: RecordBrief,
    /// What it came to.
    pub outcome: Outcome,
    /// Since when the record fails; null if it does not.
    pub since: Option<Timestamp>,
    /// The version of the definition it was judged by.
    pub version: String,
    /// The fields and facts the indicator read, with the values they had.
    #[schema(value_type = Object)]
    pub seen: serde_json::Map<String, serde_json::Value>,
}

/// Which findings to list.
#[derive(Clone, Debug)]
pub struct FindingQuery<'a> {
    /// The indicator's id.
    pub indicator: &'a str,
    /// Whose findings.
    pub view: View,
    /// Only these; all without.
    pub outcome: Option<Outcome>,
    /// Those at this instant, for records that failed; the present without it.
    pub as_of: Option<Timestamp>,
    /// Start after this record.
    pub after: Option<RecordId>,
    /// At most this many.
    pub limit: u32,
}

/// What an indicator says of each record it applies to, by record.
pub fn indicator_findings(store: &Store, rules: &Rules, query: &FindingQuery<'_>) -> Result<Page<FindingBrief>> {
    super::known_indicator(rules, query.indicator)?;
    let FindingQuery { indicator, view, outcome, as_of, after, limit } = *query;
    store.read(|reader| match (outcome, as_of) {
        (Some(Outcome::Failing), _) => failing(reader, indicator, view, as_of, after, limit),
        (_, Some(_)) => Err(Error::invalid("as_of", "only of records that fail is the past kept: add outcome=failing")),
        (outcome, None) => judged(reader, rules, indicator, view, outcome, after, limit),
    })
}

/// The records that fail an indicator, or failed it at an instant.
pub(super) fn failing(
    reader: &mut Reader<'_>,
    indicator: &str,
    view: View,
    as_of: Option<Timestamp>,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Page<FindingBrief>> {
    let page = reader.findings(indicator, view, as_of, after, limit)?;
    let ids: Vec<RecordId> = page.items.iter().map(|finding| finding.record).collect();
    let mut records = briefs(reader, &ids)?;
    let brief = |finding: crate::store::Finding| {
        Some(FindingBrief {
            record: records.remove(&finding.record)?,
            outcome: Outcome::Failing,
            since: Some(finding.opened_at),
            version: finding.version,
            seen: finding.seen,
        })
    };
    Ok(Page { items: page.items.into_iter().filter_map(brief).collect(), more: page.more })
}

/// The first records of which an indicator cannot tell.
pub(super) fn unknown(
    reader: &mut Reader<'_>,
    rules: &Rules,
    indicator: &str,
    view: View,
    limit: u32,
) -> Result<Vec<FindingBrief>> {
    Ok(judged(reader, rules, indicator, view, Some(Outcome::Unknown), None, limit)?.items)
}

/// The records with an outcome, or with any, and what the indicator reads of them now.
pub(super) fn judged(
    reader: &mut Reader<'_>,
    rules: &Rules,
    indicator: &str,
    view: View,
    outcome: Option<Outcome>,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Page<FindingBrief>> {
    // An indicator taken out of use since has no records.
    let Some(definition) = rules.indicators.get(indicator) else {
        return Ok(Page { items: Vec::new(), more: false });
    };
    let page = evaluate::judged(reader, rules, definition, view, outcome, after, limit)?;
    let mut records = briefs(reader, &page.items)?;
    let open: BTreeMap<RecordId, Timestamp> = reader
        .open_findings_on(&page.items)?
        .into_iter()
        .filter(|finding| finding.indicator == indicator)
        .map(|finding| (finding.record, finding.opened_at))
        .collect();
    let readings = evaluate::readings(reader, rules, &[definition], &page.items, view)?;
    let brief = |reading: evaluate::Reading| {
        Some(FindingBrief {
            record: records.remove(&reading.record)?,
            outcome: reading.outcome,
            since: open.get(&reading.record).copied().filter(|_| reading.outcome == Outcome::Failing),
            version: definition.version.clone(),
            seen: reading.seen,
        })
    };
    Ok(Page { items: readings.into_iter().filter_map(brief).collect(), more: page.more })
}

fn briefs(reader: &mut Reader<'_>, ids: &[RecordId]) -> Result<BTreeMap<RecordId, RecordBrief>> {
    Ok(reader.records_by_id(ids)?.iter().map(|record| (record.id, RecordBrief::of(record))).collect())
}
