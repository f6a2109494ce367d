//! One function per question: what the store and the standards hold, as the answer's type.

mod conformity;
mod decisions;
mod findings;
mod guide;
mod history;
mod incidents;
mod indicators;
mod loaded;
mod mends;
pub mod pages;
mod planning;
mod preview;
mod records;
mod reference;
mod reports;
mod scopes;
mod search;
mod sources;
mod suppliers;
mod supply;
pub mod tables;
mod what_if;

pub use conformity::*;
pub use decisions::*;
pub use findings::*;
pub use guide::*;
pub use history::*;
pub use incidents::*;
use indicators::known_indicator;
pub use indicators::*;
pub use mends::*;
pub use planning::*;
pub use preview::*;
pub use records::*;
pub use reference::*;
pub use reports::*;
pub use scopes::*;
pub use search::*;
pub use sources::*;
pub use suppliers::*;
pub use supply::*;
pub use what_if::*;

pub use crate::model::RecordBrief;
