//! A record of the shared store, what identifies it, and how records point at each other.

use super::{Body, FieldType, FieldValue, List, RecordKind, Timestamp, Value, names};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;
use uuid::Uuid;

/// The namespace of record ids: UUIDv5 of the DNS name `records.concord`.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d0f_3f9c_8d0a_5c35_9a36_0d1c_2f4b_7e61);

/// A record's identifier: UUIDv5 of kind, source and external id, so that it survives re-sync, export and migration,
/// and can be pointed at before the record arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = "uuid")]
pub struct RecordId(Uuid);

impl RecordId {
    /// The id of the record of this kind that this source knows by this external id.
    pub fn of(kind: RecordKind, source: &str, external_id: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{kind}\0{source}\0{external_id}").as_bytes()))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Uuid::try_parse(text).map(Self).map_err(|_| format!("`{text}` is not a UUID"))
    }
}

/// Points at a record by kind, source and external id; the record itself may not have arrived yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The record's id, derived from the other three.
    pub id: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The source that knows the record.
    pub source: String,
    /// The record's identifier in that source.
    pub external_id: String,
}

impl Reference {
    /// A reference to the record of this kind that this source knows by this external id.
    pub fn new(kind: RecordKind, source: &str, external_id: &str) -> Self {
        Self {
            id: RecordId::of(kind, source, external_id),
            kind,
            source: source.into(),
            external_id: external_id.into(),
        }
    }
}

/// Reads `kind/external_id`, the short form of a reference within one source.
pub fn reference_from_text(source: &str, text: &str) -> Result<Reference, String> {
    let (kind, external_id) = text
        .split_once('/')
        .filter(|(_, external_id)| !external_id.is_empty())
        .ok_or_else(|| format!("`{text}` is not of the form `kind/external_id`"))?;
    Ok(Reference::new(kind.parse()?, source, external_id))
}

impl FieldValue for Reference {
    /// The kind is checked where the field is declared; see `kinds`.
    const TYPE: FieldType = FieldType::AnyReference;
    fn value(&self) -> Value<'_> {
        Value::Text(&self.external_id)
    }
}

impl List for Vec<Reference> {
    fn len(&self) -> usize {
        self.len()
    }
    fn contains(&self, text: &str) -> bool {
        self.iter().any(|reference| reference.external_id == text)
    }
}

impl FieldValue for Vec<Reference> {
    const TYPE: FieldType = FieldType::TextList;
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

names! {
    /// The type of an edge between records, read from the record that has it to the one it names.
    pub enum RelationType {
        /// A configuration item or service needs the other to work.
        DependsOn = "depends_on",
        /// A configuration item or service is a component of the other.
        PartOf = "part_of",
        /// A configuration item contributes to a service.
        Supports = "supports",
        /// A party provides a service.
        Provides = "provides",
        /// A party operates or owns a configuration item.
        Controls = "controls",
        /// A ticket concerns a configuration item or service.
        Affects = "affects",
        /// A ticket has the other ticket, or a configuration item, as its cause.
        CausedBy = "caused_by",
        /// An agreement covers a service.
        Covers = "covers",
    }
}

impl RelationType {
    /// The kinds an edge of this type may start from, and those it may point to.
    pub const fn ends(self) -> (&'static [RecordKind], &'static [RecordKind]) {
        use RecordKind::*;
        match self {
            Self::DependsOn | Self::PartOf => (&[ConfigurationItem, Service], &[ConfigurationItem, Service]),
            Self::Supports => (&[ConfigurationItem], &[Service]),
            Self::Provides => (&[Party], &[Service]),
            Self::Controls => (&[Party], &[ConfigurationItem]),
            Self::Affects => (&[Ticket], &[ConfigurationItem, Service]),
            Self::CausedBy => (&[Ticket], &[Ticket, ConfigurationItem]),
            Self::Covers => (&[Agreement], &[Service]),
        }
    }
}

/// An edge that belongs to the record it starts from and is replaced with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationTo {
    /// What the edge means.
    #[serde(rename = "type")]
    pub relation: RelationType,
    /// The record pointed at.
    pub to: Reference,
}

/// One version of a record, as its source states it: what a mapping makes of a source row.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordVersion {
    /// The source that states it.
    pub source: String,
    /// The record's identifier in that source.
    pub external_id: String,
    /// Link back to the record in the source.
    pub url: Option<String>,
    /// When the source last changed it; the time of reading where the source does not say.
    pub source_updated_at: Timestamp,
    /// True if the source does not say when it changed the record, so that a later reading alone is no change.
    pub undated: bool,
    /// Orders versions of the same instant; greater is later.
    pub source_version: i64,
    /// True if the source says the record is gone: it is kept as a tombstone.
    pub deleted: bool,
    /// Kind and fields.
    pub body: Body,
    /// The edges that start from it.
    pub relations: Vec<RelationTo>,
    /// What the mapping had no field for.
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

impl RecordVersion {
    /// The id of the record this is a version of.
    pub fn id(&self) -> RecordId {
        RecordId::of(self.body.kind(), &self.source, &self.external_id)
    }

    /// The record in this state, read at `synced_at` and written by change `seq`.
    pub fn record(&self, synced_at: Timestamp, seq: i64) -> Record {
        let id = self.id();
        Record {
            id,
            source: self.source.clone(),
            external_id: self.external_id.clone(),
            url: self.url.clone(),
            source_updated_at: self.source_updated_at,
            source_version: self.source_version,
            synced_at,
            deleted_at: self.deleted.then_some(self.source_updated_at),
            changed_seq: seq,
            canonical_id: id,
            body: self.body.clone(),
            relations: self.relations.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

/// A record of the shared store, in its latest state.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Record {
    /// Derived from kind, source and external id.
    pub id: RecordId,
    /// The source it comes from.
    pub source: String,
    /// Its identifier in that source.
    pub external_id: String,
    /// Link back to the record in the source.
    pub url: Option<String>,
    /// When the source last changed it; the time of reading where the source does not say.
    pub source_updated_at: Timestamp,
    /// Orders versions of the same instant.
    pub source_version: i64,
    /// When this state was read from the source.
    pub synced_at: Timestamp,
    /// When the source was found to have deleted it; the record stays as a tombstone.
    pub deleted_at: Option<Timestamp>,
    /// The ledger's number of the last change to this record, growing over the whole store.
    pub changed_seq: i64,
    /// The record this one is the twin of; its own id unless linked.
    pub canonical_id: RecordId,
    /// Kind and fields. A field the source cannot supply is absent; one that is empty in the source is null.
    #[serde(flatten)]
    pub body: Body,
    /// The edges that start from it.
    pub relations: Vec<RelationTo>,
    /// What the mapping had no field for.
    #[schema(value_type = Object)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

impl Record {
    /// The record as a version later than any, for it to be another at an instant.
    pub fn successor(self, at: Timestamp) -> RecordVersion {
        RecordVersion {
            source: self.source,
            external_id: self.external_id,
            url: self.url,
            source_updated_at: self.source_updated_at.max(at),
            undated: false,
            source_version: self.source_version.saturating_add(1),
            deleted: false,
            body: self.body,
            relations: self.relations,
            attributes: self.attributes,
        }
    }
}
