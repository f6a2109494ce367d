//! Questions about sources.

use crate::{
    assess::{Checkpoints, Feed, Rules, SourceRules},
    error::{Error, Result, did_you_mean},
    model::{RecordKind, RelationType, Timestamp, View},
    store::{NextRun, Reader, RunState, Store},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A configured source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceState {
    /// Its name in the configuration.
    pub name: String,
    /// The connector that reads it.
    pub connector: String,
    /// False if it is configured, but not to be read.
    pub enabled: bool,
    /// True if it was made by API; false if it is in the configuration file, where alone it can be changed.
    pub by_api: bool,
    /// What was said of it; secrets are references, `env:NAME` or `file:PATH`.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// What keeps it from being used.
    pub problem: Option<String>,
    /// True if it may send webhooks.
    pub webhooks: bool,
    /// How often it is read, if that was said of it.
    pub interval: Option<String>,
    /// Not before this it is read again; null if that is not planned.
    pub next_run_at: Option<Timestamp>,
    /// How often it failed in a row.
    pub failures: u32,
    /// How its last run stands.
    pub last_run: Option<LastRun>,
    /// Webhooks that wait to be applied; null without `incidents:restricted`.
    pub waiting_deliveries: Option<u64>,
    /// Webhooks nothing could be made of; null without `incidents:restricted`.
    pub dead_letters: Option<u64>,
    /// How each of its streams stands.
    pub streams: Vec<StreamState>,
    /// When it was last read to its end, every stream of records; null if it never was.
    pub completed_at: Option<Timestamp>,
}

/// How a run stands, without what it counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LastRun {
    /// Its identifier.
    pub id: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// Absent while it runs.
    pub finished_at: Option<Timestamp>,
}

/// A stream of a source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamState {
    /// Its name in the connector.
    pub name: String,
    /// The kind of record it gives; null if it gives none, but says which are gone or are to be asked for.
    pub kind: Option<RecordKind>,
    /// The relations it can supply.
    pub relations: Vec<RelationType>,
    /// When it was last read to its end.
    pub completed_at: Option<Timestamp>,
}

/// Every source, as one who has this view may see it.
pub fn sources(store: &Store, rules: &Rules, view: View) -> Result<Vec<SourceState>> {
    store.read(|reader| {
        let about = About::read(reader)?;
        rules.sources.all().iter().map(|source| state(reader, source, &about, view)).collect()
    })
}

/// A source by its name.
pub fn source(store: &Store, rules: &Rules, name: &str, view: View) -> Result<SourceState> {
    store.read(|reader| source_within(reader, rules, name, view))
}

/// The same within a transaction.
pub fn source_within(reader: &mut Reader<'_>, rules: &Rules, name: &str, view: View) -> Result<SourceState> {
    let source = source_rules(rules, name)?;
    let about = About::read(reader)?;
    state(reader, &source, &about, view)
}

/// What is known of a source by its name.
pub fn source_rules(rules: &Rules, name: &str) -> Result<SourceRules> {
    let sources = rules.sources.all();
    sources.iter().find(|source| source.name == name).cloned().ok_or_else(|| {
        let near = did_you_mean(name, sources.iter().map(|source| source.name.as_str()));
        Error::NotFound(format!("there is no source `{name}`{near}"))
    })
}

/// What is asked of the store once for all sources.
struct About {
    checkpoints: Checkpoints,
    next: BTreeMap<String, NextRun>,
    waiting: BTreeMap<String, u64>,
    dead: BTreeMap<String, u64>,
}

impl About {
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            checkpoints: reader.checkpoints()?,
            next: reader.next_runs()?,
            waiting: reader.waiting_deliveries()?.into_iter().collect(),
            dead: reader.dead_letter_counts()?.into_iter().collect(),
        })
    }
}

fn state(reader: &mut Reader<'_>, source: &SourceRules, about: &About, view: View) -> Result<SourceState> {
    let stream = |name: &str, kind: Option<RecordKind>, relations: &[RelationType]| StreamState {
        name: name.into(),
        kind,
        relations: relations.to_vec(),
        completed_at: about.checkpoints.get(&(source.name.clone(), name.to_owned())).copied(),
    };
    let feeds = source.feeds.iter().map(|feed: &Feed| stream(&feed.stream, Some(feed.kind), &feed.relations));
    let mut streams: Vec<StreamState> = feeds.collect();
    let next = about.next.get(&source.name).filter(|_| source.enabled && !source.pushed);
    let last_run = reader.runs(&source.name, None, 1)?.items.into_iter().next().map(|run| LastRun {
        id: run.id,
        state: run.state,
        started_at: run.started_at,
        finished_at: run.finished_at,
    });
    let count = |counts: &BTreeMap<String, u64>| {
        (view == View::Full).then(|| counts.get(&source.name).copied().unwrap_or_default())
    };
    let completed_at = streams.iter().map(|stream| stream.completed_at).min().flatten();
    streams.extend(source.other_streams.iter().map(|name| stream(name, None, &[])));
    streams.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(SourceState {
        completed_at,
        name: source.name.clone(),
        connector: source.connector.clone(),
        enabled: source.enabled,
        by_api: source.by_api,
        settings: source.settings.clone(),
        problem: source.problem.clone(),
        webhooks: source.webhooks,
        interval: source.interval.clone(),
        next_run_at: next.map(|next| next.due_at),
        failures: next.map_or(0, |next| next.failures),
        last_run,
        waiting_deliveries: count(&about.waiting),
        dead_letters: count(&about.dead),
        streams,
    })
}
