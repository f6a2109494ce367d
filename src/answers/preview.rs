//! Questions about an indicator that is not in use yet, and samples of what one in use has judged.

use super::{RecordBrief, indicators::SystemResult};
use crate::{
    assess::{Rules, draw, verdict},
    error::{Error, Result, did_you_mean},
    evaluate,
    indicators::{Catalogue, Definition, FactIndex, Tally, systems_of},
    model::{Body, Graph, Outcome, Record, RecordId, System, Timestamp, View},
    store::{Reader, Store},
};
use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many failing records a preview shows.
const SHOWN: usize = 20;
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
        let judge = Judge::new(reader, rules, view)?;
        let graph = judge.graph();
        let index = FactIndex::new(&graph);
        let (results, failing) = judge.results(&index, definition, now);
        let past = month_ends(now).into_iter();
        let past = past.map(|at| PreviewMonth { at, results: judge.results(&index, definition, at).0 }).collect();
        let failing = failing.into_iter().take(SHOWN).filter_map(|id| graph.record(id)).map(RecordBrief::of).collect();
        Ok(PreviewAnswer { definition: definition.clone(), results, failing, past_is: PAST, past })
    })
}

/// Draws a sample of the records an indicator applies to.
pub fn indicator_sample(
    store: &Store,
    rules: &Rules,
    id: &str,
    (size, seed): (usize, &str),
    view: View,
    now: Timestamp,
) -> Result<SampleAnswer> {
    let definition = rules.indicators.get(id).ok_or_else(|| {
        let near = did_you_mean(id, rules.indicators.definitions().iter().map(|definition| definition.id.as_str()));
        Error::NotFound(format!("there is no indicator `{id}`{near}"))
    })?;
    store.read(|reader| {
        let at = reader.ledger()?.at.min(now);
        let judge = Judge::new(reader, rules, view)?;
        let graph = judge.graph();
        let judged = judge.judged(&FactIndex::new(&graph), definition, at);
        let population = judged.len() as u64;
        let pairs: Vec<(RecordId, Outcome)> =
            judged.into_iter().map(|(record, outcome)| (record.id, outcome)).collect();
        let items = draw(&pairs, size, seed).into_iter().filter_map(|(id, outcome)| {
            let record = graph.record(id)?;
            Some(SampledRecord { record: RecordBrief::of(record), outcome, late_entry: is_late(record) })
        });
        Ok(SampleAnswer { indicator: id.into(), seed: seed.into(), population, items: items.collect() })
    })
}

/// True for a ticket that its source changed after it was closed.
fn is_late(record: &Record) -> bool {
    matches!(&record.body, Body::Ticket(ticket) if ticket.closed_at.get().is_some_and(|closed| record.source_updated_at > *closed))
}

/// The records a view may know of, to be judged.
struct Judge<'a> {
    rules: &'a Rules,
    records: Vec<Record>,
    checkpoints: crate::assess::Checkpoints,
}

impl<'a> Judge<'a> {
    fn new(reader: &mut Reader<'_>, rules: &'a Rules, view: View) -> Result<Self> {
        let mut records = reader.all_records()?;
        records.retain(|record| view == View::Full || !record.body.is_restricted());
        evaluate::as_judged(reader, &mut records)?;
        Ok(Self { rules, records, checkpoints: reader.checkpoints()? })
    }

    fn graph(&self) -> Graph<'_> {
        Graph::new(&self.records, self.rules.known_relations(&self.checkpoints))
    }

    fn judged<'b>(
        &'b self,
        index: &FactIndex<'_>,
        definition: &Definition,
        at: Timestamp,
    ) -> Vec<(&'b Record, Outcome)> {
        let of_kind = self.records.iter().filter(|r| r.body.kind() == definition.record && r.canonical_id == r.id);
        let judged = of_kind.map(|record| (record, definition.judge(record, &index.facts(record, at), at).outcome));
        judged.filter(|(_, outcome)| *outcome != Outcome::NotApplicable).collect()
    }

    /// What a definition says of each system's records, and the records that fail in any.
    fn results(
        &self,
        index: &FactIndex<'_>,
        definition: &Definition,
        at: Timestamp,
    ) -> (Vec<PreviewResult>, BTreeSet<RecordId>) {
        let freshness = self.rules.freshness(definition, &self.checkpoints, at);
        let mut tallies: BTreeMap<System, Tally> =
            System::ALL.iter().map(|system| (*system, Tally::default())).collect();
        let mut failing = BTreeSet::new();
        for (record, outcome) in self.judged(index, definition, at) {
            if outcome == Outcome::Failing {
                failing.insert(record.id);
            }
            for system in systems_of(record) {
                let tally = tallies.entry(*system).or_default();
                match outcome {
                    Outcome::Passing => tally.passing += 1,
                    Outcome::Failing => tally.failing += 1,
                    Outcome::Unknown | Outcome::NotApplicable => tally.unknown += 1,
                }
            }
        }
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
        (tallies.into_iter().map(result).collect(), failing)
    }
}

/// The last instants of the last twelve months before this one, the latest first.
fn month_ends(now: Timestamp) -> Vec<Timestamp> {
    let today = now.naive().date();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1);
    let starts = (0..MONTHS).filter_map(|back| first?.checked_sub_months(Months::new(back)));
    starts.map(|start| Timestamp::from_naive(start.and_time(chrono::NaiveTime::MIN)).plus_millis(-1)).collect()
}
