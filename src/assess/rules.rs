//! What records are judged by, and where they come from.

use super::{Freshness, supplier_risk::SupplierRiskModel};
use crate::{
    indicators::{Catalogue, Definition},
    model::{RecordKind, RelationType, Timestamp},
    standards::{Overlay, Standards},
};
use std::collections::BTreeMap;

/// Everything that is given while the service runs.
#[derive(Clone)]
pub struct Rules {
    /// The requirements and how they correspond.
    pub standards: Standards,
    /// The licence holder's texts of them.
    pub overlay: Overlay,
    /// What records are judged by.
    pub indicators: Catalogue,
    /// The parameters of supplier risk.
    pub supplier_risk: SupplierRiskModel,
    /// The configured sources, by name.
    pub sources: Vec<SourceRules>,
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
    /// What it brings.
    pub feeds: Vec<Feed>,
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
        for (source, feed) in self.feeds().filter(|(_, feed)| feed.kind == kind) {
            let completed = *checkpoints.get(&(source.name.clone(), feed.stream.clone()))?;
            oldest = Some(oldest.map_or(completed, |oldest: Timestamp| oldest.min(completed)));
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

    /// The relation types of which a stream that supplies them was read to its end.
    pub fn known_relations(&self, checkpoints: &Checkpoints) -> Vec<RelationType> {
        self.feeds()
            .filter(|(source, feed)| checkpoints.contains_key(&(source.name.clone(), feed.stream.clone())))
            .flat_map(|(_, feed)| feed.relations.iter().copied())
            .collect()
    }

    fn feeds(&self) -> impl Iterator<Item = (&SourceRules, &Feed)> {
        let enabled = self.sources.iter().filter(|source| source.enabled);
        enabled.flat_map(|source| source.feeds.iter().map(move |feed| (source, feed)))
    }
}
