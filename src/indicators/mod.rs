//! Indicators: statements that should be true of every record they apply to, and what they say of a record.

mod catalogue;
mod definition;
mod expression;
mod facts;
mod file;
mod limits;
mod sample;

pub use catalogue::Catalogue;
pub use definition::{Definition, Judgement, Scope, Window};
pub use expression::{Answer, Expression, MAX_LENGTH, MAX_NESTING, MAX_WORDS, Place, Truth};
pub use facts::{
    Beyond, COMMON_TO_FACTS, COMMON_UNIT, Common, Fact, FactDef, FactIndex, FactValue, Facts, facts_of, gives,
    in_common, recurrence_window,
};
pub use limits::{Limits, Share, Tally};
