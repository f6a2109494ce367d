//! What records are judged by, and where they come from.

use super::{ClassificationRules, Freshness, OtherEvidence, RiskSettings, supplier_risk::SupplierRiskModel};
use crate::{
    indicators::{Catalogue, Definition},
    model::{RecordKind, RelationType, Timestamp},
    standards::{Overlay, Standards},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

/// Everything that is given while the service runs.
#[derive(Clone)]
pub struct Rules {
    /// The requirements and how they correspond.
    pub standards: Standards,
    /// The editions the organisation does not aim at.
    pub not_aimed_at: BTreeSet<String>,
    /// The licence holder's texts of them.
    pub overlay: Overlay,
    /// What records are judged by.
    pub indicators: Catalogue,
    /// What no record speaks about.
    pub other_evidence: OtherEvidence,
    /// How incidents are classified.
    pub classification: ClassificationRules,
    /// How risks are assessed and accepted.
    pub risks: RiskSettings,
    /// The parameters of supplier risk.
    pub supplier_risk: SupplierRiskModel,
    /// The sources there are, by name. They may change while the service runs.
    pub sources: SourceList,
}

/// The sources at this moment.
#[derive(Debug, Default)]
pub struct SourceList(RwLock<Arc<[SourceRules]>>);

/// A copy stays as it is when the list changes.
impl Clone for SourceList {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.all()))
    }
}

impl SourceList {
    /// A list of these.
    pub fn new(sources: Vec<SourceRules>) -> Self {
        Self(RwLock::new(sources.into()))
    }

    /// All of them.
    pub fn all(&self) -> Arc<[SourceRules]> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on, these.
    pub fn replace(&self, sources: Vec<SourceRules>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = sources.into();
    }
}

/// A configured source.
#[derive(Clone, Debug)]
pub struct SourceRules {
    /// Its name in the configuration.
    pub name: String,
    /// The connector that reads it.
    pub connector: String,
    /// False if it is not to be read.
    pub enabled: bool,
    /// True if it is never read: what it says is sent.
    pub pushed: bool,
    /// True if it may send webhooks.
    pub webhooks: bool,
    /// True if it was made by API, false if it is in the configuration file.
    pub by_api: bool,
    /// How often it is read, if that was said of it.
    pub interval: Option<String>,
    /// What was said of it. Secrets are references.
    pub settings: serde_json::Value,
    /// What keeps it from being used.
    pub problem: Option<String>,
    /// What it brings.
    pub feeds: Vec<Feed>,
    /// Its streams that bring no records: what was deleted, and which records to ask for.
    pub other_streams: Vec<String>,
}

impl SourceRules {
    /// A source of the configuration file that is read, with nothing else said of it.
    pub fn of(name: &str, connector: &str, feeds: Vec<Feed>) -> Self {
        Self {
            name: name.into(),
            connector: connector.into(),
            enabled: true,
            pushed: false,
            webhooks: false,
            by_api: false,
            interval: None,
            settings: serde_json::Value::Null,
            problem: None,
            feeds,
            other_streams: Vec::new(),
        }
    }
}

/// A stream of a source.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The stream's name in the connector.
    pub stream: String,
    /// The kind of record it gives.
    pub kind: RecordKind,
    /// The relations it can supply.
    pub relations: Vec<RelationType>,
}

/// When each stream of each source was last read to its end.
pub type Checkpoints = BTreeMap<(String, String), Timestamp>;

impl Rules {
    /// The oldest of the last complete reads of the enabled streams that feed a kind; `None` if there is no such
    /// stream or one was never read completely.
    pub fn fed_until(&self, kind: RecordKind, checkpoints: &Checkpoints) -> Option<Timestamp> {
        let mut oldest = None;
        for source in self.sources.all().iter().filter(|source| source.enabled) {
            for feed in source.feeds.iter().filter(|feed| feed.kind == kind) {
                let completed = *checkpoints.get(&(source.name.clone(), feed.stream.clone()))?;
                oldest = Some(oldest.map_or(completed, |oldest: Timestamp| oldest.min(completed)));
            }
        }
        oldest
    }

    /// How current what an indicator judges is.
    pub fn freshness(&self, definition: &Definition, checkpoints: &Checkpoints, now: Timestamp) -> Freshness {
        match self.fed_until(definition.record, checkpoints) {
            None => Freshness::NeverRead,
            Some(until) if until.plus_days(i64::from(definition.max_age_days)) >= now => Freshness::Fresh,
            Some(_) => Freshness::Stale,
        }
    }

    /// The relation types of which a stream that supplies them was read to its end. One that is sent says nothing of
    /// the relations it has not sent.
    pub fn known_relations(&self, checkpoints: &Checkpoints) -> Vec<RelationType> {
        let mut known = Vec::new();
        for source in self.sources.all().iter().filter(|source| source.enabled && !source.pushed) {
            let read = |feed: &&Feed| checkpoints.contains_key(&(source.name.clone(), feed.stream.clone()));
            known.extend(source.feeds.iter().filter(read).flat_map(|feed| feed.relations.iter().copied()));
        }
        known
    }
}
