//! Kleene's three truth values, and what an expression is evaluated against.

use crate::{
    indicators::Facts,
    model::{Body, Timestamp, Value},
};
use std::cell::Cell;

/// A truth value of Kleene's strong logic. Ordered so that "and" is the lesser and "or" the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It is false.
    False,
    /// The record's sources do not say.
    Unknown,
    /// It is true.
    True,
}

impl Truth {
    /// True only if both are; false if either is.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// True if either is; false only if both are.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

/// Where a value is read from: its position among the fields, or among the derived facts, of the record kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The field at this position of `RecordKind::fields`.
    Field(usize),
    /// The fact at this position.
    Fact(usize),
}

/// A record, its facts and an instant, while an expression is evaluated over them.
pub(super) struct Moment<'a> {
    body: &'a Body,
    facts: &'a Facts,
    /// The instant, in milliseconds.
    pub(super) now: i64,
    /// The earliest instant at which something that was read may read differently. As a branch that is not evaluated
    /// cannot change the answer before one that was does, this holds for the answer too.
    until: Cell<i64>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(body: &'a Body, facts: &'a Facts, now: Timestamp) -> Self {
        Self { body, facts, now: now.millis(), until: Cell::new(i64::MAX) }
    }

    /// The value there.
    pub(super) fn read(&self, place: Place) -> Value<'a> {
        match place {
            Place::Field(position) => self.body.value(position),
            Place::Fact(position) => {
                let fact = self.facts.get(position);
                if let Some(until) = fact.until {
                    self.may_change_at(until.millis());
                }
                fact.value.as_value()
            }
        }
    }

    /// Notes that what was read may be different from this instant on; instants that are past do not count.
    pub(super) fn may_change_at(&self, at: i64) {
        if at > self.now && at < self.until.get() {
            self.until.set(at);
        }
    }

    /// The next instant at which the answer may change; `None` if no clock shows it.
    pub(super) fn until(&self) -> Option<Timestamp> {
        let until = Timestamp::from_millis(self.until.get());
        (until.millis() == self.until.get()).then_some(until)
    }
}
