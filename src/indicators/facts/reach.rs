//! How far facts reach: what a record has in common with others, and what of it others' facts read.
//!
//! | fact of | reads |
//! |---|---|
//! | ticket | the items and services it affects; the tickets linked as cause or effect; when incidents of its category on the same item were opened |
//! | configuration item | the services above it, through `supports`, `part_of` and `depends_on`; what runs directly on it or is a component of it; the parties that control it; its namesakes |
//! | service | the items beneath it; the agreements that cover it |
//! | party | the services it provides or contributes to; the agreements with it or covering these, and what they cover |
//! | agreement | the services it covers |
//!
//! Facts read fields and edges, never outcomes, so there are no cycles.

use crate::model::{Body, Record, RecordId, TicketType, Timestamp};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// How far back an incident counts as the same one again, in days.
const RECURRENCE_DAYS: i64 = 90;

/// Something records have in common that no edge says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Common {
    /// Live configuration items of this name and class.
    Namesake(String, String),
    /// Incidents of this category on this configuration item.
    Recurrence(RecordId, String),
    /// Live configuration items of this unit: what scopes read, no fact.
    Unit(String),
}

/// The first word of what items of a unit have in common.
pub const COMMON_UNIT: &str = "unit";

/// The first words of what records have in common that facts read.
pub const COMMON_TO_FACTS: [&str; 2] = ["namesake", "recurrence"];

impl Common {
    /// As a key of the store.
    pub fn key(&self) -> String {
        match self {
            Self::Namesake(name, class) => format!("namesake\u{1f}{class}\u{1f}{name}"),
            Self::Recurrence(item, category) => format!("recurrence\u{1f}{item}\u{1f}{category}"),
            Self::Unit(name) => format!("{COMMON_UNIT}\u{1f}{name}"),
        }
    }
}

/// What a record has in common with others, and when, for what has a time. `items` are the configuration items it
/// affects.
pub fn in_common(record: &Record, items: &[RecordId]) -> Vec<(Common, Option<Timestamp>)> {
    let here = record.deleted_at.is_none();
    if record.id != record.canonical_id {
        return Vec::new();
    }
    match &record.body {
        Body::ConfigurationItem(item) if here => {
            let named = item.name.get().zip(item.class.get());
            let namesake = named.map(|(name, class)| (Common::Namesake(name.clone(), class.clone()), None));
            let unit = item.unit.get().map(|unit| (Common::Unit(unit.clone()), None));
            namesake.into_iter().chain(unit).collect()
        }
        // An incident that was deleted has happened all the same.
        Body::Ticket(ticket) if ticket.r#type.get() == Some(&TicketType::Incident) => {
            match (ticket.category.get(), ticket.opened_at.get()) {
                (Some(category), Some(opened)) => {
                    items.iter().map(|item| (Common::Recurrence(*item, category.clone()), Some(*opened))).collect()
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The first and last instant at which an earlier incident counts as a recurrence of one opened at `opened`.
pub fn recurrence_window(opened: Timestamp) -> (Timestamp, Timestamp) {
    (opened.plus_days(-RECURRENCE_DAYS), opened)
}

/// A digest of what neighbours' facts, and scopes, read of a record: while it is the same, no neighbour changes. A
/// ticket gives little of itself; of other kinds any field may count.
pub fn gives(record: &Record) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    };
    add(if record.deleted_at.is_some() { "deleted" } else { "" });
    add(&record.canonical_id.to_string());
    for edge in &record.relations {
        add(edge.relation.as_str());
        add(&edge.to.id.to_string());
    }
    match &record.body {
        Body::Ticket(ticket) => {
            add(ticket.r#type.get().map_or("", |found| found.as_str()));
            add(ticket.category.get().map_or("", String::as_str));
            add(&ticket.opened_at.get().map(ToString::to_string).unwrap_or_default());
            add(if record.body.is_restricted() { "restricted" } else { "" });
        }
        body => add(&body.to_json().unwrap_or_default()),
    }
    HEXLOWER.encode(&digest.finalize()[..8])
}
