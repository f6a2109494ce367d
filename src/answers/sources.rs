//! Questions about sources.

use crate::{
    assess::{Checkpoints, Feed, Rules, SourceRules},
    error::{Error, Result, did_you_mean},
    model::{RecordKind, RelationType, Timestamp},
    store::Store,
};
use serde::Serialize;
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
    /// How each of its streams stands.
    pub streams: Vec<StreamState>,
    /// When it was last read to its end, every stream of it; null if it never was.
    pub completed_at: Option<Timestamp>,
}

/// A stream of a source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamState {
    /// Its name in the connector.
    pub name: String,
    /// The kind of record it gives.
    pub kind: RecordKind,
    /// The relations it can supply.
    pub relations: Vec<RelationType>,
    /// When it was last read to its end.
    pub completed_at: Option<Timestamp>,
}

/// Every configured source.
pub fn sources(store: &Store, rules: &Rules) -> Result<Vec<SourceState>> {
    store.read(|reader| {
        let checkpoints = reader.checkpoints()?;
        Ok(rules.sources.iter().map(|source| state(source, &checkpoints)).collect())
    })
}

/// A configured source by its name.
pub fn source(store: &Store, rules: &Rules, name: &str) -> Result<SourceState> {
    let source = rules.sources.iter().find(|source| source.name == name).ok_or_else(|| {
        let near = did_you_mean(name, rules.sources.iter().map(|source| source.name.as_str()));
        Error::NotFound(format!("there is no source `{name}`{near}"))
    })?;
    store.read(|reader| Ok(state(source, &reader.checkpoints()?)))
}

fn state(source: &SourceRules, checkpoints: &Checkpoints) -> SourceState {
    let stream = |stream: &Feed| StreamState {
        name: stream.stream.clone(),
        kind: stream.kind,
        relations: stream.relations.clone(),
        completed_at: checkpoints.get(&(source.name.clone(), stream.stream.clone())).copied(),
    };
    let streams: Vec<StreamState> = source.feeds.iter().map(stream).collect();
    SourceState {
        completed_at: streams.iter().map(|stream| stream.completed_at).min().flatten(),
        name: source.name.clone(),
        connector: source.connector.clone(),
        enabled: source.enabled,
        streams,
    }
}
