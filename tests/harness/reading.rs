//! A source of a system, read into a case's database as often as the case likes.

use super::TestDatabase;
use concord::{
    cli,
    config::Settings,
    connectors::SourceSettings,
    error::Result,
    ingest::{self, Order},
    model::{Clock, Record, RecordKind, Timestamp, View},
    store::{Cause, RecordQuery, Run, Store},
};
use std::fs;
use tempfile::TempDir;

/// One source, the secrets it refers to, and the store it is read into.
pub struct Reading {
    pub settings: Settings,
    pub store: Store,
    _secrets: TempDir,
}

impl Reading {
    /// The one source of a configuration, with these secrets by name.
    pub fn new(database: &TestDatabase, mut source: SourceSettings, secrets: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("concord-").expect("a folder");
        for (name, secret) in secrets {
            let path = folder.path().join(name);
            fs::write(&path, secret).expect("written");
            let reference = format!("file:{}", path.display());
            source.secrets.insert((*name).into(), reference.parse().expect("a reference"));
        }
        let mut settings = Settings::layered(None, []).expect("the defaults are valid");
        settings.database.url.clone_from(&database.url);
        settings.sources = [("desk".to_owned(), source)].into();
        let store = Store::open(&settings.database.url, 4).expect("the database opens");
        Self { settings, store, _secrets: folder }
    }

    /// Reads it at an instant.
    pub fn sync(&self, at: Timestamp) -> Run {
        self.try_sync(at).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same where it may fail.
    pub fn try_sync(&self, at: Timestamp) -> Result<Run> {
        self.sync_as(Order::new(Cause::Command), at)
    }

    /// The same as it is ordered.
    pub fn sync_as(&self, order: Order, at: Timestamp) -> Result<Run> {
        let rules = cli::rules(&self.settings).expect("the rules are valid");
        let source = cli::open_source(&self.settings, "desk").expect("the source opens");
        ingest::sync(&self.store, &rules, &source, order, Clock::Fixed(at), |_| {})
    }

    /// The ids of records of a kind that are not gone, sorted.
    pub fn there(&self, kind: RecordKind) -> Vec<String> {
        let there = self.records(kind).into_iter().filter(|record| record.deleted_at.is_none());
        let mut ids: Vec<String> = there.map(|record| record.external_id).collect();
        ids.sort();
        ids
    }

    /// The last run.
    pub fn last_run(&self) -> Run {
        self.store.read(|reader| reader.runs("desk", None, 1)).expect("it reads").items.remove(0)
    }

    /// All records of a kind, those that are gone as well.
    pub fn records(&self, kind: RecordKind) -> Vec<Record> {
        let query = RecordQuery {
            kind,
            source: None,
            external_id: None,
            contains: None,
            updated_since: None,
            include_deleted: true,
            view: View::Full,
            fields: Vec::new(),
            going_on_since: None,
            after: None,
            limit: 1_000,
        };
        self.store.read(|reader| reader.records(&query)).expect("it reads").items
    }

    /// A record as JSON: its fields, with `gone` and the ids its relations lead to.
    pub fn record(&self, kind: RecordKind, external_id: &str) -> serde_json::Value {
        let records = self.records(kind);
        let record = records.iter().find(|record| record.external_id == external_id);
        let record = record.unwrap_or_else(|| panic!("there is no {kind} {external_id}"));
        let mut fields: serde_json::Value =
            serde_json::from_str(&record.body.to_json().expect("JSON")).expect("an object");
        let leads_to = |edge: &concord::model::RelationTo| format!("{} {}", edge.relation, edge.to.external_id);
        fields["gone"] = record.deleted_at.is_some().into();
        fields["url"] = record.url.clone().into();
        fields["updated_at"] = record.source_updated_at.to_string().into();
        let mut relations: Vec<String> = record.relations.iter().map(leads_to).collect();
        relations.sort();
        fields["relations"] = relations.into();
        fields
    }
}
