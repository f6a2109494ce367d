//! Derived facts: what a record's neighbours say of it. Expressions use them like fields.

mod index;
mod party;
mod reach;
mod surroundings;

pub use index::{Beyond, FactIndex};
pub use reach::{COMMON_TO_FACTS, COMMON_UNIT, Common, gives, in_common, recurrence_window};

use crate::{
    error::{Problem, did_you_mean},
    model::{FieldType, Record, RecordKind, Timestamp, Value},
};
use serde_json::{Map, Value as Json};

/// A derived fact of a record kind.
#[derive(Clone, Copy)]
pub struct FactDef {
    /// Its name in expressions.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Truth or whole number.
    pub fact_type: FieldType,
    of: fn(&FactIndex<'_>, &Record, Timestamp) -> Fact,
}

/// A derived fact of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fact {
    /// What it is.
    pub value: FactValue,
    /// The next instant at which it may be different though no record changes; `None` if there is none.
    pub until: Option<Timestamp>,
}

/// The value of a derived fact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum FactValue {
    /// The sources do not say enough.
    #[default]
    Unknown,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
}

/// The facts of one record, in the order of [`facts_of`] its kind. What is not there is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(Vec<Fact>);

const COUNT: FieldType = FieldType::Integer { min: 0, max: i64::MAX };

macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:expr => $of:path,)*) => {
        const {
            &[$(FactDef {
                name: stringify!($name),
                doc: concat!($($doc),+).trim_ascii_start(),
                fact_type: $type,
                of: $of,
            }),*]
        }
    };
}

/// The facts of this kind, in order: the one catalogue of them.
pub const fn facts_of(kind: RecordKind) -> &'static [FactDef] {
    match kind {
        RecordKind::Party => facts! {
            /// True if it provides a live service, or controls a configuration item that contributes to one.
            touches_live_service: FieldType::Bool => party::touches_live_service,
            /// True if agreements of it that are in force cover every live service it touches.
            agreements_cover_all_services: FieldType::Bool => party::agreements_cover_all_services,
            /// True if each of those agreements states its information security obligations.
            security_obligations_in_all: FieldType::Bool => party::security_obligations_in_all,
            /// How many agreements with it are in force.
            agreements_in_force: COUNT => party::agreements_in_force,
        },
        RecordKind::ConfigurationItem => facts! {
            /// How many live services it contributes to, directly or through other items and services.
            supports_services: COUNT => surroundings::supports_services,
            /// How many other configuration items have its name and class.
            duplicates: COUNT => surroundings::duplicates,
            /// How many parties control it.
            controlling_parties: COUNT => surroundings::controlling_parties,
            /// The highest rating for confidentiality, 0 to 3, of the information that runs directly on it or is a
            /// component of it; 0 if there is none.
            carried_confidentiality: COUNT => surroundings::carried_confidentiality,
        },
        RecordKind::Service => facts! {
            /// True if a service level agreement that is in force covers it.
            sla_in_force: FieldType::Bool => party::sla_in_force,
            /// How many configuration items contribute to it, directly or through others.
            contributing_items: COUNT => surroundings::contributing_items,
        },
        RecordKind::Agreement => facts! {
            /// How many services it covers.
            services_covered: COUNT => surroundings::services_covered,
        },
        RecordKind::Ticket => facts! {
            /// How many problems are linked as its cause, or it as theirs.
            linked_problems: COUNT => surroundings::linked_problems,
            /// How many incidents are linked as its cause, or it as theirs.
            linked_incidents: COUNT => surroundings::linked_incidents,
            /// Incident: how many incidents of its category, itself included, affected one same configuration item
            /// and were opened within the 90 days up to its opening; the greatest number over its items.
            same_ci_category_90d: COUNT => surroundings::same_ci_category_90d,
            /// True if it affects a configuration item that is live.
            affects_live_ci: FieldType::Bool => surroundings::affects_live_ci,
        },
        _ => &[],
    }
}

impl FactValue {
    /// As an expression sees it.
    pub const fn as_value(self) -> Value<'static> {
        match self {
            Self::Unknown => Value::Unsupplied,
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(value) => Value::Integer(value),
        }
    }

    /// As JSON; null where it is unknown.
    pub fn as_json(self) -> Json {
        match self {
            Self::Unknown => Json::Null,
            Self::Bool(value) => value.into(),
            Self::Integer(value) => value.into(),
        }
    }
}

impl Facts {
    /// The facts of a record at an instant.
    pub fn of(record: &Record, index: &FactIndex<'_>, now: Timestamp) -> Self {
        Self(facts_of(record.body.kind()).iter().map(|fact| (fact.of)(index, record, now)).collect())
    }

    /// Facts by name, as samples state them; the others are unknown.
    pub fn given(kind: RecordKind, given: &Map<String, Json>) -> Result<Self, Vec<Problem>> {
        let known = facts_of(kind);
        let mut facts = vec![Fact::default(); known.len()];
        let mut problems = Vec::new();
        for (name, value) in given {
            let found = known.iter().position(|fact| fact.name == name);
            let Some((definition, fact)) = found.and_then(|at| Some((known.get(at)?, facts.get_mut(at)?))) else {
                let nearest = did_you_mean(name, known.iter().map(|fact| fact.name));
                problems.push(Problem::new(name, format!("a {kind} has no such fact{nearest}")));
                continue;
            };
            fact.value = match (definition.fact_type, value) {
                (FieldType::Bool, Json::Bool(value)) => FactValue::Bool(*value),
                (FieldType::Integer { .. }, Json::Number(number)) if number.as_i64().is_some_and(|n| n >= 0) => {
                    FactValue::Integer(number.as_i64().unwrap_or_default())
                }
                (wanted, _) => {
                    problems.push(Problem::new(name, format!("{} is expected", wanted.describe())));
                    continue;
                }
            };
        }
        if problems.is_empty() { Ok(Self(facts)) } else { Err(problems) }
    }

    /// The fact at this position of [`facts_of`] the kind.
    pub fn get(&self, position: usize) -> Fact {
        self.0.get(position).copied().unwrap_or_default()
    }

    /// The fact of this name.
    pub fn named(&self, kind: RecordKind, name: &str) -> Fact {
        let position = facts_of(kind).iter().position(|fact| fact.name == name);
        position.map(|position| self.get(position)).unwrap_or_default()
    }

    /// The next instant at which any of them may be different though no record changes.
    pub fn until(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|fact| fact.until).min()
    }
}
