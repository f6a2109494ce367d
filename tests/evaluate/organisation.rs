//! A small organisation whose records the cases change: versions made of a few words, and what they are judged by.

use crate::harness::{TestDatabase, settings};
use concord::{
    assess::{Feed, Rules, SourceList, SourceRules},
    cli,
    evaluate::{self, Change},
    model::{Body, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Timestamp},
    store::Store,
};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The one source.
pub const DESK: &str = "desk";

/// A time.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The built-in rules over a source that feeds every kind and every relation.
pub fn rules(database: &TestDatabase) -> Rules {
    let mut rules = cli::rules(&settings(database, DESK, "files", Path::new("examples/northgate-hosting")))
        .expect("the rules are valid");
    let feed = |kind: &RecordKind| Feed {
        stream: kind.as_str().into(),
        kind: *kind,
        relations: if *kind == RecordKind::Ticket { RelationType::ALL.to_vec() } else { Vec::new() },
    };
    let feeds = RecordKind::ALL.iter().map(feed).collect();
    rules.sources = SourceList::new(vec![SourceRules::of(DESK, "files", feeds)]);
    rules
}

/// The database of a case.
pub fn open(database: &TestDatabase) -> Store {
    Store::open(&database.url, 4).expect("the database opens")
}

/// A reference to a record of the source.
pub fn reference(kind: RecordKind, id: &str) -> Value {
    serde_json::to_value(Reference::new(kind, DESK, id)).expect("JSON")
}

/// A version of a record.
pub fn version(
    kind: RecordKind,
    id: &str,
    updated: Timestamp,
    fields: Value,
    relations: &[(RelationType, RecordKind, String)],
) -> RecordVersion {
    let edge = |(relation, kind, to): &(RelationType, RecordKind, String)| RelationTo {
        relation: *relation,
        to: Reference::new(*kind, DESK, to),
    };
    RecordVersion {
        source: DESK.into(),
        external_id: id.into(),
        url: None,
        source_updated_at: updated,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(kind, fields).expect("valid fields"),
        relations: relations.iter().map(edge).collect(),
        attributes: Map::new(),
    }
}

/// States versions, and draws what is due.
pub fn state(store: &Store, rules: &Rules, now: Timestamp, versions: Vec<RecordVersion>) {
    let change = Change::Records { versions, synced_at: now, history: false, delivered: false };
    store.write(now, |transaction| evaluate::apply(transaction, rules, change)).expect("the change is made");
    evaluate::settle(store, rules, now).expect("it settles");
}

/// Reads every stream to its end.
pub fn complete(store: &Store, rules: &Rules, now: Timestamp) {
    let streams: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
    store
        .write(now, |transaction| {
            transaction.complete_streams(DESK, &streams, now)?;
            evaluate::apply(transaction, rules, Change::Read { source: DESK.into() })
        })
        .expect("the source is read");
    evaluate::settle(store, rules, now).expect("it settles");
}

/// A closed incident with what an indicator asks of it, and more.
pub fn incident(id: &str, closed: Timestamp, more: Value) -> RecordVersion {
    let mut fields =
        json!({"type": "incident", "state": "closed", "title": id, "closed_at": closed, "opened_at": closed});
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
    }
    version(RecordKind::Ticket, id, closed, fields, &[])
}
