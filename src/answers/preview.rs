//! Questions about an indicator that is not in use yet, and samples of what one in use has judged.

use super::{RecordBrief, indicators::SystemResult};
use crate::{
    assess::{Freshness, Rules, draw, verdict},
    error::{Error, Result, did_you_mean},
    evaluate::{self, Tried},
    indicators::{Catalogue, Definition, Tally},
    model::{Body, Outcome, Record, RecordId, System, Timestamp, View},
    store::{Reader, Store},
};
use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// How many failing records a preview shows.
const SHOWN: usize = 20;
/// How many judged records are read at a time.
const PAGE: u32 = 1_000;
/// How many past month ends a preview judges.
const MONTHS: u32 = 12;
/// What stands beside the past of a preview.
const PAST: &str = "Today's records, judged as of these instants: not what was concluded then.";

/// What an indicator would say.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// The definition as it was read.
    pub definition: Definition,
    /// What it would say of each management system's records now.
    pub results: Vec<PreviewResult>,
    /// Up to 20 records that fail.
    pub failing: Vec<RecordBrief>,
    /// What the past below is.
    pub past_is: &'static str,
    /// The last twelve month ends, the latest first.
    pub past: Vec<PreviewMonth>,
}

/// What an indicator would say of a population.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewResult {
    /// The verdict and the counts.
    #[serde(flatten)]
    pub result: SystemResult,
    /// The share that passes if every unknown record fails; null of none.
    pub low: Option<f64>,
    /// The share that passes if every unknown record passes; null of none.
    pub high: Option<f64>,
}

/// A month end of the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewMonth {
    /// Its last instant.
    pub at: Timestamp,
    /// What it would have said of today's records then.
    pub results: Vec<PreviewResult>,
}

/// A drawn record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SampledRecord {
    /// The record.
    pub record: RecordBrief,
    /// What it came to.
    pub outcome: Outcome,
    /// True for a ticket that its source changed after it was closed: facts may have been entered late.
    pub late_entry: bool,
}

/// A drawn sample: the same for the same size and seed while the records are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SampleAnswer {
    /// The indicator's id.
    pub indicator: String,
    /// What it was drawn by.
    pub seed: String,
    /// How many records it was drawn from.
    pub population: u64,
    /// The records, failing ones first.
    pub items: Vec<SampledRecord>,
}

/// Tries a definition, written as an indicator's file is, over the records there are.
pub fn preview_indicator(
    store: &Store,
    rules: &Rules,
    text: &str,
    view: View,
    now: Timestamp,
) -> Result<PreviewAnswer> {
    let topics: Vec<&str> = rules.standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let catalogue = Catalogue::parse(&[("indicators/preview.toml".into(), text)], &topics)?;
    let definition = catalogue.definitions().first();
    let definition =
        definition.ok_or_else(|| Error::invalid("enabled", "a definition that is not in use says nothing"))?;
    store.read(|reader| {
        let instants: Vec<Timestamp> = std::iter::once(now).chain(month_ends(now)).collect();
        let Tried { tallies, failing } = evaluate::try_definition(reader, rules, definition, &instants, view, SHOWN)?;
        let checkpoints = reader.checkpoints()?;
        let mut judged = instants.into_iter().zip(tallies).map(|(at, tallies)| {
            let freshness = rules.freshness(definition, &checkpoints, at);
            PreviewMonth { at, results: results(definition, freshness, tallies) }
        });
        let present = judged.next().map(|present| present.results).unwrap_or_default();
        let past = judged.collect();
        let failing = briefs(reader, &failing)?;
        Ok(PreviewAnswer { definition: definition.clone(), results: present, failing, past_is: PAST, past })
    })
}

/// Draws a sample of the records an indicator applies to.
pub fn indicator_sample(
    store: &Store,
    rules: &Rules,
    id: &str,
    (size, seed): (usize, &str),
    view: View,
) -> Result<SampleAnswer> {
    let definition = rules.indicators.get(id).ok_or_else(|| {
        let near = did_you_mean(id, rules.indicators.definitions().iter().map(|definition| definition.id.as_str()));
        Error::NotFound(format!("there is no indicator `{id}`{near}"))
    })?;
    store.read(|reader| {
        let mut pairs = Vec::new();
        for outcome in [Outcome::Passing, Outcome::Failing, Outcome::Unknown] {
            let mut after = None;
            loop {
                let page = evaluate::judged(reader, rules, definition, view, Some(outcome), after, PAGE)?;
                after = page.items.last().copied();
                pairs.extend(page.items.into_iter().map(|id| (id, outcome)));
                if !page.more {
                    break;
                }
            }
        }
        pairs.sort();
        let population = pairs.len() as u64;
        let drawn = draw(&pairs, size, seed);
        let ids: Vec<RecordId> = drawn.iter().map(|(id, _)| *id).collect();
        let records: HashMap<RecordId, Record> =
            reader.records_by_id(&ids)?.into_iter().map(|record| (record.id, record)).collect();
        let items = drawn.into_iter().filter_map(|(id, outcome)| {
            let record = records.get(&id)?;
            Some(SampledRecord { record: RecordBrief::of(record), outcome, late_entry: is_late(record) })
        });
        Ok(SampleAnswer { indicator: id.into(), seed: seed.into(), population, items: items.collect() })
    })
}

/// What is shown of these records, in their order.
fn briefs(reader: &mut Reader<'_>, ids: &[RecordId]) -> Result<Vec<RecordBrief>> {
    let mut records = reader.records_by_id(ids)?;
    records.sort_by_key(|record| record.id);
    Ok(records.iter().map(RecordBrief::of).collect())
}

/// True for a ticket that its source changed after it was closed.
fn is_late(record: &Record) -> bool {
    matches!(&record.body, Body::Ticket(ticket) if ticket.closed_at.get().is_some_and(|closed| record.source_updated_at > *closed))
}

/// What a definition says of each system's records.
fn results(definition: &Definition, freshness: Freshness, tallies: BTreeMap<System, Tally>) -> Vec<PreviewResult> {
    let result = |(system, tally): (System, Tally)| {
        let p = tally.population();
        let share = |part: u64| (p > 0).then(|| part as f64 / p as f64);
        let verdict = verdict(&definition.limits, tally, freshness);
        PreviewResult {
            result: SystemResult { system, verdict, tally, freshness },
            low: share(tally.passing),
            high: share(p - tally.failing),
        }
    };
    tallies.into_iter().map(result).collect()
}

/// The last instants of the last twelve months before this one, the latest first.
fn month_ends(now: Timestamp) -> Vec<Timestamp> {
    let today = now.naive().date();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1);
    let starts = (0..MONTHS).filter_map(|back| first?.checked_sub_months(Months::new(back)));
    starts.map(|start| Timestamp::from_naive(start.and_time(chrono::NaiveTime::MIN)).plus_millis(-1)).collect()
}
