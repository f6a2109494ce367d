//! Reads a definition from its file. Every problem names the file, the key, where there is one the position, and the
//! rule.

use super::{
    Expression, Limits, Share,
    definition::{Definition, Rules, Scope, Window},
    sample,
};
use crate::{
    error::{Problem, did_you_mean},
    model::{FieldType, RecordKind, Severity},
};
use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::{str::FromStr, sync::Arc};
use toml::{Table, Value};

const KEYS: [&str; 17] = [
    "applies",
    "at_least",
    "clauses",
    "enabled",
    "max_age_days",
    "passes",
    "rationale",
    "record",
    "sample",
    "scope",
    "severity",
    "standing",
    "target",
    "title",
    "tolerance",
    "topic",
    "window",
];
/// The longest window and the oldest data, in days.
const MAX_DAYS: u32 = 3_660;

/// A file's keys, taken one by one, with what was wrong with them.
pub(super) struct Keys<'f> {
    /// `indicators/x.toml: ` or, within a part of it, `indicators/x.toml: window.`.
    place: String,
    table: Table,
    known: &'f [&'f str],
    pub(super) problems: Vec<Problem>,
}

impl<'f> Keys<'f> {
    pub(super) fn new(place: String, table: Table, known: &'f [&'f str]) -> Self {
        let mut keys = Self { place, table, known, problems: Vec::new() };
        let unknown: Vec<String> = keys.table.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            let nearest = did_you_mean(&key, keys.known.iter().copied());
            keys.refuse::<()>(&key, format!("there is no such key{nearest}"));
        }
        keys
    }

    pub(super) fn refuse<T>(&mut self, key: &str, rule: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::new(format!("{}{key}", self.place), rule));
        None
    }

    /// The value of a key that may be left out.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        T::deserialize(value).map_err(|error| self.refuse::<()>(key, error.message())).ok()
    }

    /// The value of a key that has to be there.
    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if self.table.contains_key(key) { self.optional(key) } else { self.refuse(key, "is missing") }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let text: String = self.required(key)?;
        if text.trim().is_empty() { self.refuse(key, "is empty") } else { Some(text.trim().to_owned()) }
    }

    /// One of the spellings of an enumeration.
    pub(super) fn name<T: FromStr<Err = String>>(&mut self, key: &str) -> Option<T> {
        let text: String = self.required(key)?;
        text.parse().map_err(|rule: String| self.refuse::<()>(key, rule)).ok()
    }

    fn days(&mut self, key: &str) -> Option<u32> {
        let days: u32 = self.required(key)?;
        if (1..=MAX_DAYS).contains(&days) { Some(days) } else { self.refuse(key, format!("1 to {MAX_DAYS} days")) }
    }

    fn expression(&mut self, key: &str, record: Option<RecordKind>) -> Option<(String, Expression)> {
        let text: String = self.required(key)?;
        match Expression::compile(&text, record?) {
            Ok(expression) => Some((text.trim().to_owned(), expression)),
            Err(problems) => {
                for problem in problems {
                    self.refuse::<()>(&format!("{key} {}", problem.place), problem.rule);
                }
                None
            }
        }
    }

    fn limits(&mut self) -> Option<Limits> {
        let target: Option<Share> = self.required("target");
        let tolerance: Option<Share> = self.required("tolerance");
        let severity: Option<Severity> = self.name("severity");
        let at_least = if self.table.contains_key("at_least") { self.optional("at_least") } else { Some(0) };
        if tolerance > target && target.is_some() {
            self.refuse::<()>("tolerance", "is at most the target");
        }
        Some(Limits { target: target?, tolerance: tolerance?, severity: severity?, at_least: at_least? })
    }

    /// The window and the position of its field; the outer option is `None` if it is wrong.
    fn window(&mut self, record: Option<RecordKind>) -> Option<Option<(Window, usize)>> {
        let Some(value) = self.table.remove("window") else { return Some(None) };
        let Value::Table(table) = value else {
            return self.refuse("window", "is a table of the form { of = \"closed_at\", days = 90 }");
        };
        let mut inner = Keys::new(format!("{}window.", self.place), table, &["days", "of"]);
        let (of, days) = (inner.text("of"), inner.days("days"));
        self.problems.append(&mut inner.problems);
        let (of, days, record) = (of?, days?, record?);
        let is_time = |field: &&crate::model::FieldDef| field.field_type == FieldType::Time;
        let found = record.fields().iter().position(|field| field.name == of && is_time(&field));
        let Some(position) = found else {
            let nearest = did_you_mean(&of, record.fields().iter().filter(is_time).map(|field| field.name));
            return self.refuse("window.of", format!("`{of}` is not a time field of a {record}{nearest}"));
        };
        Some(Some((Window { of, days }, position)))
    }

    fn topic(&mut self, topics: &[&str]) -> Option<String> {
        let topic = self.text("topic")?;
        if topics.contains(&topic.as_str()) {
            return Some(topic);
        }
        let nearest = did_you_mean(&topic, topics.iter().copied());
        self.refuse("topic", format!("there is no topic `{topic}`{nearest}"))
    }
}

/// Reads a file's TOML.
pub(super) fn table(file: &str, text: &str) -> Result<Table, Problem> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
        let (line, column) =
            (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
        Problem::new(format!("{file}: {line}:{column}"), error.message())
    })
}

/// The id an indicator has by its file's name: `indicators/live-ci-owned.toml` is `live-ci-owned`.
pub(super) fn id_of(file: &str) -> Result<&str, Problem> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !stem.is_empty() && stem.len() <= 80 && stem.chars().all(is_plain) {
        return Ok(stem);
    }
    Err(Problem::new(file, "an indicator's file is named by lower-case letters, digits and hyphens, at most 80"))
}

/// The first 12 hexadecimal digits of the SHA-256 of a definition's texts.
pub(super) fn version(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    HEXLOWER.encode(&hash.finalize()[..6])
}

/// The definition in a file's table, with its samples tried.
pub(super) fn definition(
    file: &str,
    id: &str,
    version: String,
    table: Table,
    topics: &[&str],
) -> Result<Definition, Vec<Problem>> {
    let mut keys = Keys::new(format!("{file}: "), table, &KEYS);
    let _: Option<bool> = keys.optional("enabled");
    let record: Option<RecordKind> = keys.name("record");
    let (title, topic, rationale) = (keys.text("title"), keys.topic(topics), keys.text("rationale"));
    let (applies, passes) = (keys.expression("applies", record), keys.expression("passes", record));
    let (limits, window) = (keys.limits(), keys.window(record));
    let standing: Option<bool> = keys.optional("standing");
    if standing.is_some() && matches!(window, Some(None)) {
        keys.refuse::<()>("standing", "is said of an indicator with a window: without one it always is");
    }
    let max_age_days = keys.days("max_age_days");
    let scope = if keys.table.contains_key("scope") { keys.name("scope") } else { Some(Scope::InScope) };
    let clauses: Vec<String> = keys.optional("clauses").unwrap_or_default();
    let samples: Vec<Table> = keys.optional("sample").unwrap_or_default();
    let read = || {
        let ((applies, applies_rule), (passes, passes_rule)) = (applies?, passes?);
        let (window, position) = window?.unzip();
        let rules = Arc::new(Rules { applies: applies_rule, passes: passes_rule, window: position });
        Some(Definition {
            id: id.into(),
            version,
            title: title?,
            topic: topic?,
            record: record?,
            applies,
            passes,
            limits: limits?,
            standing: standing.unwrap_or(window.is_none()),
            window,
            max_age_days: max_age_days?,
            scope: scope?,
            rationale: rationale?,
            clauses,
            relaxed: false,
            rules,
        })
    };
    let definition = read();
    if let Some(definition) = &definition {
        sample::check(file, definition, samples, &mut keys.problems);
    }
    match definition {
        Some(definition) if keys.problems.is_empty() => Ok(definition),
        _ => Err(keys.problems),
    }
}
