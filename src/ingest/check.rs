//! Whether a source can be read: its first records, mapped and not kept.

use crate::{
    connectors::{Item, Source},
    error::Result,
    model::{RecordKind, Timestamp},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How many rows are looked at, so that a check ends.
const MOST_ROWS: u64 = 10_000;

/// What a stream of a source gives.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamCheck {
    /// The stream's name.
    pub stream: String,
    /// The kind of its first record; null if none was found.
    pub kind: Option<RecordKind>,
    /// Its first record's identifier in the source.
    pub external_id: Option<String>,
    /// Its first record's fields.
    #[schema(value_type = Option<Object>)]
    pub fields: Option<serde_json::Value>,
    /// If the first row became no record: where it is, and why.
    pub set_aside: Option<String>,
}

/// Reads the beginning of a source: the first record of each stream, or why its first row became none.
///
/// # Errors
/// Whatever keeps it from being read.
pub fn check(source: &Source, at: Timestamp) -> Result<Vec<StreamCheck>> {
    let empty = |stream: &crate::connectors::Stream| StreamCheck {
        stream: stream.name().into(),
        kind: None,
        external_id: None,
        fields: None,
        set_aside: None,
    };
    let mut found: Vec<StreamCheck> = source.streams().iter().map(empty).collect();
    if source.is_pushed() {
        return Ok(found);
    }
    source.check()?;
    let mut reading = source.read(at);
    while reading.rows() < MOST_ROWS && found.iter().any(|check| check.kind.is_none()) {
        let Some(arrival) = reading.next() else { break };
        let arrival = arrival?;
        let Some(check) = found.get_mut(arrival.stream).filter(|check| check.kind.is_none()) else { continue };
        match arrival.item {
            Item::Version(version) => {
                check.kind = Some(version.body.kind());
                check.fields = version.body.to_json().ok().and_then(|fields| serde_json::from_str(&fields).ok());
                check.external_id = Some(version.external_id);
            }
            Item::SetAside(row) if check.set_aside.is_none() => {
                check.set_aside = Some(format!("{}: {}", row.position, row.reason));
            }
            Item::SetAside(_) => {}
        }
    }
    Ok(found)
}
