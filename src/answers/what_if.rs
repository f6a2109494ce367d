//! What would turn if records or indicators were others: tried out in one transaction that is taken back.

use super::conformity::nothing_concluded;
use crate::{
    assess::Rules,
    error::{Error, Problem, Result},
    evaluate,
    indicators::Catalogue,
    model::{Body, Record, RecordId, RecordKind, RecordVersion, RelationTo, Timestamp, View},
    store::{Reader, Store, Transaction},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Records a trial may change.
const MOST_RECORDS: usize = 100;

/// What to try out. Nothing of it is kept.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// Records that are others: up to 100.
    #[serde(default)]
    pub records: Vec<OtherRecord>,
    /// Definitions of indicators, by id, as the text of their files: they replace the keys they state of the indicator
    /// with this id, or add one. `enabled = false` takes it out of use.
    #[serde(default)]
    pub indicators: BTreeMap<String, String>,
}

/// A record as it might be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherRecord {
    /// Its kind.
    pub kind: RecordKind,
    /// The source that has it, or might have it.
    pub source: String,
    /// Its identifier there. If it exists, it is changed; else it is added.
    pub external_id: String,
    /// Fields as `GET /records/{kind}/{id}` shows them; those of an existing record that are not named stay.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// Its edges, in place of those it has; they stay without this.
    pub relations: Option<Vec<RelationTo>>,
    /// True if it is gone.
    #[serde(default)]
    pub deleted: bool,
}

/// What would turn.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhatIfAnswer {
    /// What would turn, by subject: requirements, rows, editions, indicators, both standards.
    pub turns: Vec<Turn>,
}

/// A status that would turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Turn {
    /// As in `GET /conformity/changes`.
    pub subject: String,
    /// What it is; null if there is nothing like it.
    pub before: Option<String>,
    /// What it would be; null if there would be nothing like it any more.
    pub after: Option<String>,
}

/// Tries a change out.
pub fn what_if(store: &Store, rules: &Rules, trial: &WhatIf, now: Timestamp, view: View) -> Result<WhatIfAnswer> {
    if trial.records.is_empty() && trial.indicators.is_empty() {
        return Err(Error::invalid("records", "name a record or an indicator that would be another"));
    }
    if trial.records.len() > MOST_RECORDS {
        return Err(Error::invalid("records", format!("at most {MOST_RECORDS} records are tried out at once")));
    }
    let other;
    let tried = if trial.indicators.is_empty() {
        rules
    } else {
        other = Rules { indicators: catalogue(rules, &trial.indicators)?, ..rules.clone() };
        &other
    };
    let look = |transaction: &mut Transaction<'_>, rules: &Rules| words(transaction, rules, view);
    let others = |transaction: &mut Transaction<'_>| versions(transaction, &trial.records, view);
    let (before, after) = evaluate::try_out(store, now, (rules, tried), others, look)?;
    Ok(WhatIfAnswer { turns: turns(&before, &after) })
}

/// Every subject with its status in a word.
pub(super) fn words(reader: &mut Reader<'_>, rules: &Rules, view: View) -> Result<BTreeMap<String, String>> {
    let drawn = evaluate::conclusions(reader, rules, view, None)?.ok_or_else(nothing_concluded)?;
    Ok(drawn.since.into_iter().map(|(subject, since)| (subject, since.status)).collect())
}

/// The subjects whose words differ.
pub(super) fn turns(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Turn> {
    let subjects: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let turn = |subject: &String| Turn {
        subject: subject.clone(),
        before: before.get(subject).cloned(),
        after: after.get(subject).cloned(),
    };
    subjects.into_iter().map(turn).filter(|turn| turn.before != turn.after).collect()
}

fn catalogue(rules: &Rules, own: &BTreeMap<String, String>) -> Result<Catalogue> {
    let topics: Vec<&str> = rules.standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let files: Vec<(String, &str)> = own.iter().map(|(id, text)| (format!("{id}.toml"), text.as_str())).collect();
    rules.indicators.clone().with_overrides(&files, &topics)
}

/// The records as they might be, as versions later than what is known.
fn versions(transaction: &mut Transaction<'_>, others: &[OtherRecord], view: View) -> Result<Vec<RecordVersion>> {
    let mut versions = Vec::with_capacity(others.len());
    let mut problems = Vec::new();
    let at = transaction.at();
    for (position, other) in others.iter().enumerate() {
        let id = RecordId::of(other.kind, &other.source, &other.external_id);
        let known = transaction.record(id)?;
        let known = known.filter(|known| view == View::Full || !known.body.is_restricted());
        match version(other, known.as_ref(), at) {
            Ok(version) => versions.push(version),
            Err(Problem { place, rule }) => {
                problems.push(Problem::new(format!("records[{position}].fields.{place}"), rule));
            }
        }
    }
    if problems.is_empty() { Ok(versions) } else { Err(Error::Invalid(problems)) }
}

fn version(other: &OtherRecord, known: Option<&Record>, at: Timestamp) -> Result<RecordVersion, Problem> {
    let mut fields: Map<String, Value> = known
        .and_then(|known| known.body.to_json().ok())
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    fields.extend(other.fields.clone());
    let body = Body::from_json(other.kind, Value::Object(fields))?;
    let mut version = match known {
        Some(known) => known.clone().successor(at),
        None => RecordVersion {
            source: other.source.clone(),
            external_id: other.external_id.clone(),
            url: None,
            source_updated_at: at,
            undated: false,
            source_version: 0,
            deleted: false,
            body: body.clone(),
            relations: Vec::new(),
            attributes: Map::new(),
        },
    };
    version.body = body;
    version.deleted = other.deleted;
    if let Some(relations) = &other.relations {
        version.relations.clone_from(relations);
    }
    Ok(version)
}
