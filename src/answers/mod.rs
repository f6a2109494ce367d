//! One function per question: what the store and the standards hold, as the answer's type.

mod conformity;
mod findings;
mod guide;
mod history;
mod indicators;
pub mod pages;
mod planning;
mod records;
mod reference;
mod search;
mod sources;
mod suppliers;
mod supply;
pub mod tables;
mod what_if;

pub use conformity::*;
pub use findings::*;
pub use guide::*;
pub use history::*;
use indicators::known_indicator;
pub use indicators::*;
pub use planning::*;
pub use records::*;
pub use reference::*;
pub use search::*;
pub use sources::*;
pub use suppliers::*;
pub use supply::*;
pub use what_if::*;
