//! The typed parts of an expression, as closures that read a value or find it missing.

use super::kleene::{Moment, Place, Truth};
use crate::model::{FieldType, Value};

/// A condition.
pub(super) type Test = Box<dyn for<'a> Fn(&Moment<'a>) -> Truth + Send + Sync>;
/// A value; `None` if the source does not supply it or has nothing there.
pub(super) type Read<T> = Box<dyn for<'a> Fn(&Moment<'a>) -> Option<T> + Send + Sync>;
/// A text of the record.
pub(super) type ReadText = Box<dyn for<'a> Fn(&Moment<'a>) -> Option<&'a str> + Send + Sync>;

/// A part of an expression that has a value.
pub(super) enum Operand {
    Bool(Test),
    /// A whole number, the values it can have, and its value where it is a literal.
    Integer {
        read: Read<i64>,
        range: Option<(i64, i64)>,
        literal: Option<i64>,
    },
    Number(Read<f64>),
    /// An instant, in milliseconds.
    Time(Linear),
    /// A length of time, in milliseconds.
    Duration(Linear),
    TextLiteral(String),
    /// A text, and its spellings where it is a name.
    Text {
        read: ReadText,
        spellings: Option<&'static [&'static str]>,
    },
    /// A list of the record, and the spellings of its elements where they are names.
    List {
        place: Place,
        spellings: Option<&'static [&'static str]>,
    },
}

/// `factor * now + rest`.
pub(super) struct Linear {
    pub(super) factor: i32,
    pub(super) rest: Read<i64>,
    /// The node that says `now`.
    pub(super) now: Option<u64>,
}

impl Operand {
    /// What a field or fact of this type is, read from its place.
    pub(super) fn read(place: Place, field_type: FieldType) -> Self {
        match field_type {
            FieldType::Bool => Self::Bool(Box::new(move |moment| match moment.read(place) {
                Value::Bool(value) => value.into(),
                _ => Truth::Unknown,
            })),
            FieldType::Integer { min, max } => {
                let read: Read<i64> = Box::new(move |moment| match moment.read(place) {
                    Value::Integer(value) => Some(value),
                    _ => None,
                });
                Self::Integer { read, range: Some((min, max)), literal: None }
            }
            FieldType::Number => Self::Number(Box::new(move |moment| match moment.read(place) {
                Value::Number(value) => Some(value),
                _ => None,
            })),
            FieldType::Time => Self::Time(Linear::free(Box::new(move |moment| match moment.read(place) {
                Value::Time(time) => Some(time.millis()),
                _ => None,
            }))),
            FieldType::Text | FieldType::Reference(_) | FieldType::AnyReference => Self::text(place, None),
            FieldType::Name(spellings) => Self::text(place, Some(spellings)),
            FieldType::NameList(spellings) => Self::List { place, spellings: Some(spellings) },
            FieldType::TextList | FieldType::ReferenceList(_) | FieldType::Certificates => {
                Self::List { place, spellings: None }
            }
        }
    }

    fn text(place: Place, spellings: Option<&'static [&'static str]>) -> Self {
        fn typed(read: impl for<'a> Fn(&Moment<'a>) -> Option<&'a str> + Send + Sync + 'static) -> ReadText {
            Box::new(read)
        }
        let read = typed(move |moment| match moment.read(place) {
            Value::Text(text) => Some(text),
            _ => None,
        });
        Self::Text { read, spellings }
    }

    /// A whole number that is written out.
    pub(super) fn integer(value: i64) -> Self {
        Self::Integer { read: Box::new(move |_| Some(value)), range: None, literal: Some(value) }
    }

    /// The type in words, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Bool(_) => "true or false".into(),
            Self::Integer { .. } => "a whole number".into(),
            Self::Number(_) => "a number".into(),
            Self::Time(_) => "a time".into(),
            Self::Duration(_) => "a duration".into(),
            Self::TextLiteral(_) | Self::Text { spellings: None, .. } => "text".into(),
            Self::Text { spellings: Some(spellings), .. } => format!("one of {}", spellings.join(", ")),
            Self::List { .. } => "a list".into(),
        }
    }

    /// As a number, if it is one.
    pub(super) fn number(self) -> Option<Read<f64>> {
        match self {
            Self::Number(read) => Some(read),
            Self::Integer { read, .. } => Some(Box::new(move |moment| read(moment).map(|value| value as f64))),
            _ => None,
        }
    }

    /// The sum, or with `sign` -1 the difference, if the types have one.
    pub(super) fn plus(self, sign: i32, other: Self) -> Option<Self> {
        let factor = i64::from(sign);
        Some(match (self, other) {
            (Self::Integer { read: left, .. }, Self::Integer { read: right, .. }) => {
                Self::Integer { read: sum(left, factor, right), range: None, literal: None }
            }
            (Self::Time(left), Self::Time(right)) if sign < 0 => Self::Duration(left.plus(sign, right)),
            (Self::Time(left), Self::Duration(right)) => Self::Time(left.plus(sign, right)),
            (Self::Duration(left), Self::Time(right)) if sign > 0 => Self::Time(left.plus(sign, right)),
            (Self::Duration(left), Self::Duration(right)) => Self::Duration(left.plus(sign, right)),
            (left, right) => {
                let (left, right, sign) = (left.number()?, right.number()?, f64::from(sign));
                Self::Number(Box::new(move |moment| Some(left(moment)? + sign * right(moment)?)))
            }
        })
    }

    /// The value with its sign turned, if the type has one.
    pub(super) fn negated(self) -> Option<Self> {
        match self {
            Self::Duration(_) => Self::Duration(Linear::free(Box::new(|_| Some(0)))).plus(-1, self),
            Self::Integer { .. } | Self::Number(_) => Self::integer(0).plus(-1, self),
            _ => None,
        }
    }
}

impl Linear {
    /// Without `now`.
    pub(super) fn free(rest: Read<i64>) -> Self {
        Self { factor: 0, rest, now: None }
    }

    fn plus(self, sign: i32, other: Self) -> Self {
        Self {
            factor: self.factor.saturating_add(sign.saturating_mul(other.factor)),
            rest: sum(self.rest, i64::from(sign), other.rest),
            now: self.now.or(other.now),
        }
    }
}

/// `left + factor * right`; beyond the range of 64 bits it stays at the end of that range.
pub(super) fn sum(left: Read<i64>, factor: i64, right: Read<i64>) -> Read<i64> {
    Box::new(move |moment| Some(left(moment)?.saturating_add(right(moment)?.saturating_mul(factor))))
}
