//! From one row to the versions of records it stands for, or to a row set aside with the reason.

use super::{
    Stream, envelope,
    mapping::{MAX_OUTPUTS, Mapping},
    rows::Unreadable,
    source::{Item, SetAside},
};
use crate::model::{RecordId, RecordVersion, Timestamp};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// The most of a set-aside row that is kept, in bytes of JSON.
const MAX_KEPT: usize = 16 << 10;

/// The most of a reason that is kept, in characters.
const MAX_REASON: usize = 500;

/// Where a row stands in its source: `tickets.jsonl line 7`, `page 3 row 12`.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file or the page.
    pub within: Arc<str>,
    /// What is counted there.
    pub unit: &'static str,
    pub number: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.within, self.unit, self.number)
    }
}

/// Maps the rows of one source.
pub struct Mapper {
    pub streams: Arc<[Stream]>,
    /// Whose records they are.
    pub source: String,
    /// What mappings know of the source, as `$source`.
    pub about: Value,
    /// When it is read.
    pub at: Timestamp,
}

/// Why a row became nothing.
pub struct Refusal {
    pub reason: String,
    /// True if the row itself must not be shown.
    withheld: bool,
    /// The records it stands for, if that is known.
    records: Option<Vec<RecordId>>,
}

impl Refusal {
    fn of(reason: String) -> Self {
        Self { reason, withheld: false, records: None }
    }
}

impl Mapper {
    /// Gives out what a row of a stream becomes.
    pub fn map(&self, stream: usize, place: &Place, content: Result<Value, Unreadable>, mut give: impl FnMut(Item)) {
        let Some(stream) = self.streams.get(stream) else { return };
        let refused = |refusal: Refusal, digest: String, row: Value| {
            Item::SetAside(SetAside {
                stream: stream.name().into(),
                mapping_version: stream.mapping_version().into(),
                position: place.to_string(),
                reason: shown(&refusal.reason),
                row,
                digest,
                records: refusal.records,
            })
        };
        match content {
            Err(Unreadable { reason, text }) => {
                // An answer that was gone over is known by where it was; the rest by what it is.
                let digest = if text.is_empty() { format!("{place} {reason}") } else { text.clone() };
                let row = Value::String(cut(&text, MAX_KEPT).into());
                give(refused(Refusal::of(reason), Mapping::digest(&digest), row));
            }
            Ok(row) => match self.versions(stream, &row) {
                Ok(versions) => versions.into_iter().for_each(|version| give(Item::Version(version))),
                Err(refusal) => {
                    let text = row.to_string();
                    let row = if refusal.withheld { Value::Null } else { kept(row, &text) };
                    give(refused(refusal, Mapping::digest(&text), row));
                }
            },
        }
    }

    /// All records of a row or none, so that a row set aside has left nothing behind.
    pub fn versions(&self, stream: &Stream, row: &Value) -> Result<Vec<RecordVersion>, Refusal> {
        let Some(mapping) = &stream.mapping else { return Ok(Vec::new()) };
        let outputs = mapping.outputs(row, &self.about, MAX_OUTPUTS).map_err(Refusal::of)?;
        // What cannot be mapped of a row that says it is restricted must not show in its place.
        let withheld = outputs.iter().any(|output| envelope::is_restricted(stream.kind(), output));
        let open = |output| envelope::open(stream, &self.source, self.at, output);
        outputs.into_iter().map(open).collect::<Result<_, _>>().map_err(|reason| {
            // Mapped again, as few rows are refused and the objects of all the others need no copy so.
            let again = mapping.outputs(row, &self.about, MAX_OUTPUTS).unwrap_or_default();
            let records = again.iter().map(|output| envelope::record(stream, &self.source, output)).collect();
            Refusal { reason, withheld, records }
        })
    }
}

/// The row, or the start of its text if it is long.
fn kept(row: Value, text: &str) -> Value {
    if text.len() <= MAX_KEPT { row } else { Value::String(cut(text, MAX_KEPT).into()) }
}

/// A reason may quote the row: it is kept short and free of characters a database or a terminal would mind.
pub fn shown(reason: &str) -> String {
    reason.chars().take(MAX_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
