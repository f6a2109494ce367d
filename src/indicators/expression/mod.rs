//! Expressions over a record's fields and facts: written in a subset of CEL, checked against the kind when loaded,
//! run as closures in three-valued logic. An answer says until when it holds.
//!
//! ```text
//! environment == 'live' && criticality >= 3 && now - last_verified_at <= days(365)
//! ```

mod check;
mod comparison;
mod kleene;
mod membership;
mod operand;
mod source;

pub use kleene::{Place, Truth};
pub use source::{MAX_LENGTH, MAX_NESTING, MAX_WORDS};

use super::{Facts, facts_of};
use crate::{
    error::Problem,
    model::{Body, RecordKind, Timestamp},
};
use kleene::Moment;
use operand::Test;
use std::fmt;

/// A checked and compiled expression over the records of one kind.
pub struct Expression {
    kind: RecordKind,
    test: Test,
    places: Vec<Place>,
}

/// What an expression says of a record at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the expression came to.
    pub truth: Truth,
    /// The next instant, later than the one asked about, at which `truth` may be different while the record and its
    /// neighbours stay as they are; `None` if there is none.
    pub until: Option<Timestamp>,
}

impl Expression {
    /// Reads an expression over records of this kind. Every problem's place is `line:column`.
    pub fn compile(text: &str, kind: RecordKind) -> Result<Self, Vec<Problem>> {
        source::on_large_stack(|| Self::compile_here(text, kind))?
    }

    fn compile_here(text: &str, kind: RecordKind) -> Result<Self, Vec<Problem>> {
        let (source, tree) = source::Source::parse(text)?;
        let mut checker = check::Checker::new(&source, kind);
        let test = checker.test(&tree);
        let (places, problems) = checker.finish();
        match test {
            Some(test) if problems.is_empty() => Ok(Self { kind, test, places }),
            _ => Err(problems),
        }
    }

    /// Evaluates over the fields of a record and its facts. Of another kind everything is unknown.
    pub fn evaluate(&self, body: &Body, facts: &Facts, now: Timestamp) -> Answer {
        if body.kind() != self.kind {
            return Answer { truth: Truth::Unknown, until: None };
        }
        let moment = Moment::new(body, facts, now);
        let truth = (self.test)(&moment);
        Answer { truth, until: moment.until() }
    }

    /// The fields it names, each once.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> {
        let name = |place: &Place| match place {
            Place::Field(position) => self.kind.fields().get(*position).map(|field| field.name),
            Place::Fact(_) => None,
        };
        self.places.iter().filter_map(name)
    }

    /// The facts it names, each once, by their position in [`facts_of`] the kind.
    pub fn facts(&self) -> impl Iterator<Item = usize> {
        let position = |place: &Place| match place {
            Place::Fact(position) if *position < facts_of(self.kind).len() => Some(*position),
            _ => None,
        };
        self.places.iter().filter_map(position)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression").field("kind", &self.kind).field("places", &self.places).finish_non_exhaustive()
    }
}
