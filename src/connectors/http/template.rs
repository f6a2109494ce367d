//! Templates: texts of a manifest with `${…}` in them, filled in for each request.

use crate::{connectors::Mapping, error::did_you_mean};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What only a page, a cursor or a parent gives a value to.
pub const PLACEHOLDERS: &[&str] = &["cursor", "keys", "last", "limit", "now", "offset", "page", "token"];

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Value(String),
}

/// A value of a request: alternatives, of which the first holds whose placeholders all have a value, or a jq program
/// over all of them.
#[derive(Clone)]
pub enum Text {
    /// In order of preference.
    Templates(Vec<Template>),
    /// Its first output; null leaves the value out.
    Jq(Mapping),
}

/// What placeholders stand for: `settings.x`, `secrets.x`, `cursor`, `offset`, …
#[derive(Clone, Default)]
pub struct Values(BTreeMap<String, String>);

impl Template {
    /// Reads a template; every `${…}` has to name a setting, a secret or one of [`PLACEHOLDERS`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("`${{{after}` has no closing `}}`"))?;
            let is_known = PLACEHOLDERS.contains(&name)
                || name == "session"
                || ["settings.", "secrets."].iter().any(|prefix| name.len() > prefix.len() && name.starts_with(prefix));
            if !is_known {
                let near = did_you_mean(name, PLACEHOLDERS.iter().copied());
                return Err(format!(
                    "`${{{name}}}` is none of settings.NAME, secrets.NAME, {}{near}",
                    PLACEHOLDERS.join(", ")
                ));
            }
            parts.push(Part::Text(before.into()));
            parts.push(Part::Value(name.into()));
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        Ok(Self(parts))
    }

    /// The names of its placeholders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text, each value passed through `encode`; `None` if a placeholder has no value.
    pub fn fill(&self, values: &Values, encode: impl Fn(&str) -> String) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Value(name) => text.push_str(&encode(values.0.get(name)?)),
            }
        }
        Some(text)
    }
}

impl Text {
    /// The names its templates use; none of a program, which is told all.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Templates(templates) => templates.iter().flat_map(Template::names).collect(),
            Self::Jq(_) => Vec::new(),
        }
    }

    /// The value; `None` if it is to be left out.
    pub fn fill(&self, values: &Values) -> Result<Option<String>, String> {
        match self {
            Self::Templates(templates) => {
                Ok(templates.iter().find_map(|template| template.fill(values, str::to_owned)))
            }
            Self::Jq(program) => match program.run(&values.to_json())?.into_iter().next().unwrap_or_default() {
                Value::Null => Ok(None),
                Value::String(text) => Ok(Some(text)),
                other => Ok(Some(other.to_string())),
            },
        }
    }
}

impl Values {
    /// Gives a placeholder its value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// A placeholder's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Takes a placeholder's value away.
    pub fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What a program sees: `{"settings": {…}, "secrets": {…}, "limit": "100", …}`; what has no value is absent.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for group in ["settings", "secrets"] {
            object.insert(group.into(), json!({}));
        }
        for (name, value) in &self.0 {
            match name.split_once('.') {
                Some((group, name)) => object[group][name] = json!(value),
                None => drop(object.insert(name.clone(), json!(value))),
            }
        }
        Value::Object(object)
    }
}
