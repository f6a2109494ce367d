//! Conditions on the fields of a record, one set of values for each field, so that whether two of them can hold at once
//! is decided by looking at one field after the other.

use crate::{
    error::{Problem, did_you_mean},
    model::{Body, FieldDef, FieldType, RecordKind, Value},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Texts no list of conditions names, for examples.
const OTHER: &str = "something else";

/// What a field's value has to be; exactly one of the forms.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a list of values that fit, { none_of = [...] }, { from = 1, to = 2 }, true or false is expected"
)]
pub(super) enum ConditionTable {
    /// `true` or `false`.
    Truth(bool),
    /// One of these.
    OneOf(Vec<String>),
    /// Something else than these.
    NoneOf {
        /// The values that do not fit.
        none_of: Vec<String>,
    },
    /// A whole number in a range.
    Range {
        /// The least.
        from: Option<i64>,
        /// The greatest.
        to: Option<i64>,
    },
}

/// The conditions on the fields of one record; all of them hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    kind: Option<RecordKind>,
    fields: BTreeMap<usize, Allowed>,
}

/// The values of a field that fit.
#[derive(Clone, Debug, PartialEq)]
enum Allowed {
    Truth(bool),
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Range(i64, i64),
}

/// A value of a field in an example.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sample {
    Truth(bool),
    Text(String),
    Number(i64),
}

impl Conditions {
    /// Checks conditions, given by field, against the fields of a kind. `barred` may not be asked about.
    pub(super) fn read(
        kind: RecordKind,
        tables: BTreeMap<String, ConditionTable>,
        barred: &[&str],
        place: &str,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut fields = BTreeMap::new();
        for (name, table) in tables {
            let place = format!("{place}.{name}");
            let position = kind.fields().iter().position(|field| field.name == name);
            let Some((position, field)) = position.and_then(|at| Some((at, kind.fields().get(at)?))) else {
                let near = did_you_mean(&name, kind.fields().iter().map(|field| field.name));
                problems.push(Problem::new(place, format!("a {kind} has no field `{name}`{near}")));
                continue;
            };
            if barred.contains(&name.as_str()) {
                problems.push(Problem::new(place, "is what classification decides, so no rule may ask for it"));
                continue;
            }
            match allowed(field, table) {
                Ok(allowed) => {
                    fields.insert(position, allowed);
                }
                Err(rule) => problems.push(Problem::new(place, rule)),
            }
        }
        Self { kind: Some(kind), fields }
    }

    /// True if there is no condition.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// True if a record of the kind fits. What is not known does not fit.
    pub(super) fn fit(&self, body: &Body) -> bool {
        Some(body.kind()) == self.kind
            && self.fields.iter().all(|(position, allowed)| allowed.fits(body.value(*position)))
    }

    /// Values of the fields that fit these conditions and the others; `None` if no value of some field fits both.
    pub(super) fn with(&self, other: &Self) -> Option<BTreeMap<usize, Sample>> {
        let positions = self.fields.keys().chain(other.fields.keys());
        positions
            .map(|position| {
                let both: Vec<&Allowed> =
                    [self, other].into_iter().filter_map(|conditions| conditions.fields.get(position)).collect();
                Some((*position, common(&both)?))
            })
            .collect()
    }

    /// Values of the fields that fit these conditions and none of the others; `None` if whatever fits these fits one
    /// of those.
    pub(super) fn without(&self, others: &[&Self]) -> Option<BTreeMap<usize, Sample>> {
        let others: Vec<&&Self> = others.iter().filter(|other| !other.is_empty()).collect();
        let mut chosen = BTreeMap::new();
        if self.escape(&others, &mut chosen) { self.fill(chosen) } else { None }
    }

    /// Chooses for each of the others a field by which it is not met; tries every choice.
    fn escape<'c>(&'c self, others: &[&&'c Self], chosen: &mut BTreeMap<usize, Vec<&'c Allowed>>) -> bool {
        let Some((first, rest)) = others.split_first() else {
            return chosen.iter().all(|(position, shunned)| self.value(*position, shunned).is_some());
        };
        first.fields.iter().any(|(position, allowed)| {
            chosen.entry(*position).or_default().push(allowed);
            let found = self.escape(rest, chosen);
            if !found && let Some(shunned) = chosen.get_mut(position) {
                shunned.pop();
                if shunned.is_empty() {
                    chosen.remove(position);
                }
            }
            found
        })
    }

    fn fill(&self, chosen: BTreeMap<usize, Vec<&Allowed>>) -> Option<BTreeMap<usize, Sample>> {
        let positions = self.fields.keys().chain(chosen.keys());
        positions
            .map(|position| Some((*position, self.value(*position, chosen.get(position).map_or(&[], Vec::as_slice))?)))
            .collect()
    }

    fn value(&self, position: usize, shunned: &[&Allowed]) -> Option<Sample> {
        let own: Vec<&Allowed> = self.fields.get(&position).into_iter().collect();
        let mut candidates: Vec<Sample> = own.iter().chain(shunned).flat_map(|allowed| allowed.candidates()).collect();
        candidates.push(Sample::Text(OTHER.into()));
        candidates.into_iter().find(|sample| {
            own.iter().all(|allowed| allowed.holds(sample)) && shunned.iter().all(|allowed| allowed.misses(sample))
        })
    }

    /// An example's values in words.
    pub(super) fn describe(kind: RecordKind, sample: &BTreeMap<usize, Sample>) -> String {
        let words = sample.iter().filter_map(|(position, value)| {
            let name = kind.fields().get(*position)?.name;
            Some(match value {
                Sample::Truth(value) => format!("{name} {value}"),
                Sample::Number(value) => format!("{name} {value}"),
                Sample::Text(text) => format!("{name} `{text}`"),
            })
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// A value that fits all.
fn common(all: &[&Allowed]) -> Option<Sample> {
    let mut candidates = all.iter().flat_map(|allowed| allowed.candidates());
    candidates.find(|sample| all.iter().all(|allowed| allowed.holds(sample)))
}

impl Allowed {
    fn fits(&self, value: Value<'_>) -> bool {
        match value {
            Value::Bool(value) => self.holds(&Sample::Truth(value)),
            Value::Integer(value) => self.holds(&Sample::Number(value)),
            Value::Text(value) => match self {
                Self::OneOf(texts) => texts.iter().any(|text| text == value),
                Self::NoneOf(texts) => texts.iter().all(|text| text != value),
                Self::Truth(_) | Self::Range(..) => false,
            },
            Value::Unsupplied | Value::Empty | Value::Number(_) | Value::Time(_) | Value::List(_) => false,
        }
    }

    fn holds(&self, sample: &Sample) -> bool {
        match (self, sample) {
            (Self::Truth(wanted), Sample::Truth(value)) => wanted == value,
            (Self::OneOf(texts), Sample::Text(value)) => texts.contains(value),
            (Self::NoneOf(texts), Sample::Text(value)) => !texts.contains(value),
            (Self::Range(from, to), Sample::Number(value)) => (from..=to).contains(&value),
            _ => false,
        }
    }

    /// True if the value is of the same sort and does not fit.
    fn misses(&self, sample: &Sample) -> bool {
        let same_sort = matches!(
            (self, sample),
            (Self::Truth(_), Sample::Truth(_))
                | (Self::OneOf(_) | Self::NoneOf(_), Sample::Text(_))
                | (Self::Range(..), Sample::Number(_))
        );
        same_sort && !self.holds(sample)
    }

    /// Values at and around the edges of the set: if any value fits or misses several sets, one of these does.
    fn candidates(&self) -> Vec<Sample> {
        match self {
            Self::Truth(_) => vec![Sample::Truth(true), Sample::Truth(false)],
            Self::OneOf(texts) | Self::NoneOf(texts) => {
                texts.iter().cloned().chain([OTHER.to_owned()]).map(Sample::Text).collect()
            }
            Self::Range(from, to) => {
                let around = [from.saturating_sub(1), *from, *to, to.saturating_add(1)];
                around.into_iter().map(Sample::Number).collect()
            }
        }
    }
}

fn allowed(field: &FieldDef, table: ConditionTable) -> Result<Allowed, String> {
    let refused = format!("{} is no fit for this condition", field.field_type.describe());
    let spelled = |texts: &[String]| match field.field_type {
        FieldType::Text => Ok(()),
        FieldType::Name(names) => match texts.iter().find(|text| !names.contains(&text.as_str())) {
            Some(wrong) => Err(format!("`{wrong}` is not one of {}", names.join(", "))),
            None => Ok(()),
        },
        _ => Err(refused.clone()),
    };
    match table {
        ConditionTable::Truth(value) if field.field_type == FieldType::Bool => Ok(Allowed::Truth(value)),
        ConditionTable::Truth(_) => Err(refused),
        ConditionTable::OneOf(texts) if texts.is_empty() => Err("a list of values that fit is not empty".into()),
        ConditionTable::OneOf(texts) => spelled(&texts).map(|()| Allowed::OneOf(texts)),
        ConditionTable::NoneOf { none_of } => spelled(&none_of).map(|()| Allowed::NoneOf(none_of)),
        ConditionTable::Range { from, to } => match field.field_type {
            FieldType::Integer { min, max } => {
                let (from, to) = (from.unwrap_or(min), to.unwrap_or(max));
                if min <= from && from <= to && to <= max {
                    Ok(Allowed::Range(from, to))
                } else {
                    Err(format!("a range from {min} to {max} is expected"))
                }
            }
            _ => Err(refused),
        },
    }
}
