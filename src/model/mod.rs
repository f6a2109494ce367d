//! The vocabulary: records, identifiers, statuses and times as plain types that do no I/O.
//! The types that travel derive serde and `ToSchema` and are the bodies of the API.

mod brief;
mod contributing;
mod counted;
mod decision;
mod fields;
mod graph;
mod kinds;
mod names;
mod record;
mod status;
mod supplier_input;
mod supply;
mod tally;
mod time;

pub use brief::RecordBrief;
pub use contributing::{ContributingItems, HighestRating, at_risk};
pub use counted::counted;
pub use decision::{ActedOn, Decision, DecisionAct, DecisionKind};
pub use fields::{Field, FieldDef, FieldType, FieldValue, List, Ranged, Value};
pub use graph::Graph;
pub use kinds::*;
pub use record::{Record, RecordId, RecordVersion, Reference, RelationTo, RelationType, reference_from_text};
pub use status::*;
pub use supplier_input::*;
pub use supply::check_supply;
pub use tally::Tally;
pub use time::{Clock, Interval, Timestamp};

pub(crate) use names::names;
