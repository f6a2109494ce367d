//! One function per question: what the store and the standards hold, as the answer's type.

mod conformity;
mod indicators;
mod records;
mod reference;
mod sources;
mod suppliers;

pub use conformity::*;
pub use indicators::*;
pub use records::*;
pub use reference::*;
pub use sources::*;
pub use suppliers::*;
