//! An indicator's definition, and what it says of one record.

use super::{Answer, Expression, Facts, Limits, Truth, facts_of};
use crate::model::{Body, Outcome, Record, RecordKind, Timestamp, Value, names};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use utoipa::ToSchema;

names! {
    /// Which records an indicator is counted over.
    pub enum Scope {
        /// Those in the scope of the management system concerned.
        InScope = "in_scope",
        /// All, whatever the scopes say (ISO/IEC 27013, 6.2.2).
        All = "all",
    }
}

/// How far back an indicator looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Window {
    /// The time field that places a record in the window; a record where it is empty is not in it.
    pub of: String,
    /// How many days of 24 hours the window goes back from now.
    pub days: u32,
}

/// A statement that should be true of every record it applies to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Definition {
    /// The name of its file.
    #[schema(example = "supplier-reviewed-yearly")]
    pub id: String,
    /// Changes with the text of the definition: 12 hexadecimal digits of a SHA-256.
    pub version: String,
    /// The statement.
    pub title: String,
    /// The topic it is evidence for.
    pub topic: String,
    /// The kind of records it speaks of.
    pub record: RecordKind,
    /// To which of them it applies, as an expression.
    pub applies: String,
    /// What should be true of those, as an expression.
    pub passes: String,
    /// What is demanded of the population.
    pub limits: Limits,
    /// Absent for an indicator of the present state of all records.
    pub window: Option<Window>,
    /// True if a record that fails can still be put right: what is asked for is what is on record, not what was done
    /// in time.
    pub standing: bool,
    /// After how many days without a complete read of the records its sources are stale.
    pub max_age_days: u32,
    /// Which records are judged.
    pub scope: Scope,
    /// Why it is looked at.
    pub rationale: String,
    /// Remarks on the clauses behind it.
    pub clauses: Vec<String>,
    /// True if the operator's own file demands less than the definition it overrides, or cannot be compared with it.
    pub relaxed: bool,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) rules: Arc<Rules>,
}

/// The compiled parts of a definition.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) applies: Expression,
    pub(super) passes: Expression,
    /// The position of the window's field.
    pub(super) window: Option<usize>,
}

/// What an indicator says of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the record came to.
    pub outcome: Outcome,
    /// The next instant, later than the one asked about, at which the outcome may be different though no record
    /// changes; `None` if there is none.
    pub next_change: Option<Timestamp>,
}

/// Whether a record is in the window, and when it leaves it.
struct Inside {
    truth: Truth,
    leaves: Option<Timestamp>,
}

impl Judgement {
    const NOT_APPLICABLE: Self = Self { outcome: Outcome::NotApplicable, next_change: None };
}

impl Definition {
    /// Judges a record with its facts at an instant. A deleted record counts only if there is a window and it fails:
    /// deletion never improves a status, and a present state has no deleted records.
    pub fn judge(&self, record: &Record, facts: &Facts, now: Timestamp) -> Judgement {
        let deleted = record.deleted_at.is_some();
        if record.body.kind() != self.record || deleted && self.window.is_none() {
            return Judgement::NOT_APPLICABLE;
        }
        let inside = self.inside(&record.body, now);
        if inside.truth == Truth::False {
            return Judgement::NOT_APPLICABLE;
        }
        let applies = self.rules.applies.evaluate(&record.body, facts, now);
        let (outcome, until) = match applies.truth.and(inside.truth) {
            Truth::False => (Outcome::NotApplicable, applies.until),
            Truth::Unknown => (Outcome::Unknown, applies.until),
            Truth::True => {
                let Answer { truth, until } = self.rules.passes.evaluate(&record.body, facts, now);
                let outcome = match truth {
                    Truth::True => Outcome::Passing,
                    Truth::False => Outcome::Failing,
                    Truth::Unknown => Outcome::Unknown,
                };
                (outcome, earliest(applies.until, until))
            }
        };
        let outcome = if deleted && outcome != Outcome::Failing { Outcome::NotApplicable } else { outcome };
        // What does not apply now and applies no more after it left the window changes only in between.
        let next_change = match (outcome, until, inside.leaves) {
            (Outcome::NotApplicable, until, leaves) => {
                until.filter(|until| leaves.is_none_or(|leaves| *until < leaves))
            }
            (_, until, leaves) => earliest(until, leaves),
        };
        Judgement { outcome, next_change }
    }

    fn inside(&self, body: &Body, now: Timestamp) -> Inside {
        let (Some(window), Some(position)) = (&self.window, self.rules.window) else {
            return Inside { truth: Truth::True, leaves: None };
        };
        match body.value(position) {
            Value::Time(at) => {
                let last = at.plus_days(i64::from(window.days));
                Inside { truth: (now <= last).into(), leaves: Some(last.plus_millis(1)).filter(|leaves| *leaves > now) }
            }
            Value::Unsupplied => Inside { truth: Truth::Unknown, leaves: None },
            _ => Inside { truth: Truth::False, leaves: None },
        }
    }

    /// The values of the fields and facts that the expressions and the window name. A field the source cannot supply
    /// is absent, an empty one and an unknown fact are null.
    pub fn seen(&self, record: &Record, facts: &Facts) -> Map<String, Json> {
        let Rules { applies, passes, .. } = &*self.rules;
        let fields: Map<String, Json> =
            record.body.to_json().ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let fields_named = applies.fields().chain(passes.fields()).map(|name: &str| name);
        let names = fields_named.chain(self.window.iter().map(|window| window.of.as_str()));
        let mut seen = Map::new();
        for name in names {
            if let Some(value) = fields.get(name) {
                seen.insert(name.into(), value.clone());
            }
        }
        for position in applies.facts().chain(passes.facts()) {
            if let Some(fact) = facts_of(self.record).get(position) {
                seen.insert(fact.name.into(), facts.get(position).value.as_json());
            }
        }
        seen
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
