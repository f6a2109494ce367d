//! What identifies a record to a person, without its fields.

use super::{Record, RecordId, RecordKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What identifies a record to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordBrief {
    /// Derived from kind, source and external id.
    pub id: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The source it comes from.
    pub source: String,
    /// Its identifier in that source.
    pub external_id: String,
    /// What it is called, where its source says so.
    pub name: Option<String>,
    /// Link back to the record in the source.
    pub url: Option<String>,
}

impl RecordBrief {
    /// The brief form of a record.
    pub fn of(record: &Record) -> Self {
        Self {
            id: record.id,
            kind: record.body.kind(),
            source: record.source.clone(),
            external_id: record.external_id.clone(),
            name: record.body.name().map(Into::into),
            url: record.url.clone(),
        }
    }
}
