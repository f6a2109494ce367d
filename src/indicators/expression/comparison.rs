//! Comparisons, and how those with `now` become `now cmp T`, which has at most two instants of change.

use super::{
    kleene::{Moment, Truth},
    operand::{Linear, Operand, Read, ReadText, Test, sum},
};
use cel::common::ast::operators;
use std::cmp::Ordering;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why two operands cannot be compared.
pub(super) enum Refusal {
    /// The types do not go together.
    Types(String, String),
    /// The type has no order.
    Unordered(String),
    /// `now`, at this node, cannot be brought alone to one side.
    Now(u64),
    /// The text is not among the spellings.
    Spelling(String, &'static [&'static str]),
    /// The number is outside the range.
    Range(i64, i64, i64),
    /// Both sides are written out.
    Constants,
}

impl Comparison {
    /// The operator of this CEL name.
    pub(super) fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            operators::EQUALS => Self::Equal,
            operators::NOT_EQUALS => Self::NotEqual,
            operators::LESS => Self::Less,
            operators::LESS_EQUALS => Self::LessOrEqual,
            operators::GREATER => Self::Greater,
            operators::GREATER_EQUALS => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// The same comparison with the sides exchanged.
    fn exchanged(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The condition that compares the two.
    pub(super) fn test(self, left: Operand, right: Operand) -> Result<Test, Refusal> {
        use Operand::*;
        match (left, right) {
            (Time(left), Time(right)) | (Duration(left), Duration(right)) => self.times(left, right),
            (Integer { read: left, range, literal }, Integer { read: right, range: other, literal: written }) => {
                in_range(written, range)?;
                in_range(literal, other)?;
                Ok(self.ordered(left, right))
            }
            (left @ (Integer { .. } | Number(_)), right @ (Integer { .. } | Number(_))) => {
                match (left.number(), right.number()) {
                    (Some(left), Some(right)) => Ok(self.ordered(left, right)),
                    _ => Err(Refusal::Constants),
                }
            }
            (left @ (Bool(_) | List { .. }), _) if !self.is_equality() => Err(Refusal::Unordered(left.describe())),
            (left @ (Text { .. } | TextLiteral(_)), Text { .. } | TextLiteral(_)) if !self.is_equality() => {
                Err(Refusal::Unordered(left.describe()))
            }
            (Bool(left), Bool(right)) => Ok(self.bools(left, right)),
            (TextLiteral(_), TextLiteral(_)) => Err(Refusal::Constants),
            (Text { read, spellings }, TextLiteral(literal)) | (TextLiteral(literal), Text { read, spellings }) => {
                spelled(&literal, spellings)?;
                Ok(self.literal(read, literal))
            }
            (Text { read: left, spellings }, Text { read: right, spellings: other }) if spellings == other => {
                Ok(Box::new(move |moment| {
                    let (Some(left), Some(right)) = (left(moment), right(moment)) else { return Truth::Unknown };
                    self.holds(left.cmp(right)).into()
                }))
            }
            (left, right) => Err(Refusal::Types(left.describe(), right.describe())),
        }
    }

    fn bools(self, left: Test, right: Test) -> Test {
        Box::new(move |moment| match (left(moment), right(moment)) {
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (left, right) => self.holds(left.cmp(&right)).into(),
        })
    }

    fn literal(self, read: ReadText, literal: String) -> Test {
        let equal = self == Self::Equal;
        Box::new(move |moment| read(moment).map(|text| (text == literal) == equal).into())
    }

    fn ordered<T: PartialOrd + 'static>(self, left: Read<T>, right: Read<T>) -> Test {
        Box::new(move |moment| {
            let (Some(left), Some(right)) = (left(moment), right(moment)) else { return Truth::Unknown };
            left.partial_cmp(&right).map(|ordering| self.holds(ordering)).into()
        })
    }

    /// `a * now + l cmp b * now + r` is `now cmp r - l` where a - b is 1, and `now pmc l - r` where it is -1.
    fn times(self, left: Linear, right: Linear) -> Result<Test, Refusal> {
        let Some(now) = left.now.or(right.now) else { return Ok(self.ordered(left.rest, right.rest)) };
        match left.factor.saturating_sub(right.factor) {
            1 => Ok(self.now(sum(right.rest, -1, left.rest))),
            -1 => Ok(self.exchanged().now(sum(left.rest, -1, right.rest))),
            _ => Err(Refusal::Now(now)),
        }
    }

    /// `now cmp threshold`.
    fn now(self, threshold: Read<i64>) -> Test {
        Box::new(move |moment: &Moment<'_>| {
            let Some(threshold) = threshold(moment) else { return Truth::Unknown };
            if !matches!(self, Self::LessOrEqual | Self::Greater) {
                moment.may_change_at(threshold);
            }
            if !matches!(self, Self::Less | Self::GreaterOrEqual) {
                moment.may_change_at(threshold.saturating_add(1));
            }
            self.holds(moment.now.cmp(&threshold)).into()
        })
    }
}

/// Refuses a text that is none of the spellings: a comparison with it would never hold.
pub(super) fn spelled(text: &str, spellings: Option<&'static [&'static str]>) -> Result<(), Refusal> {
    match spellings {
        Some(spellings) if !spellings.contains(&text) => Err(Refusal::Spelling(text.into(), spellings)),
        _ => Ok(()),
    }
}

/// Refuses a written number that the field compared with cannot have.
pub(super) fn in_range(literal: Option<i64>, range: Option<(i64, i64)>) -> Result<(), Refusal> {
    match (literal, range) {
        (Some(literal), Some((min, max))) if literal < min || literal > max => Err(Refusal::Range(literal, min, max)),
        _ => Ok(()),
    }
}
