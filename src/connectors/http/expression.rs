//! Expressions over what a source answers: a plain path is followed here, anything else is jq.

use crate::{connectors::Mapping, error::Problem};
use serde_json::Value;

/// The most rows an expression may select from one answer.
const MAX_ROWS: usize = 1_000_000;

/// Takes something out of a JSON value.
#[derive(Clone)]
pub enum Expression {
    /// `.a.b`, `.a[]`, `.a[]?`: the members to follow, and what to do at the end.
    Path(Vec<String>, End),
    /// Any other program.
    Jq(Mapping),
}

/// What stands at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: the value itself.
    Value,
    /// `[]`: each element of a list, each member's value of an object.
    Each,
    /// `[]?`: the same; nothing if it is neither.
    EachIfAny,
}

impl Expression {
    /// Reads an expression; `place` names where it stands.
    pub fn compile(place: &str, text: &str) -> Result<Self, Vec<Problem>> {
        // Compiled either way, so that a path is jq too.
        let program = Mapping::compile(place, text)?;
        Ok(plain_path(text).map_or(Self::Jq(program), |(path, end)| Self::Path(path, end)))
    }

    /// Everything it yields; the value is taken apart, not copied, where the expression is a plain path.
    pub fn all(&self, value: Value) -> Result<Vec<Value>, String> {
        let (path, end) = match self {
            Self::Jq(program) => return program.outputs(&value, &Value::Null, MAX_ROWS),
            Self::Path(path, end) => (path, *end),
        };
        let mut found = value;
        for name in path {
            found = match found {
                Value::Object(mut object) => object.remove(name).unwrap_or_default(),
                Value::Null => Value::Null,
                _ => return Err(format!("there is no member `{name}` where the answer has no object")),
            };
        }
        match (end, found) {
            (End::Value, value) => Ok(vec![value]),
            (_, Value::Array(elements)) => Ok(elements),
            (_, Value::Object(object)) => Ok(object.into_iter().map(|(_, value)| value).collect()),
            (End::EachIfAny, _) => Ok(Vec::new()),
            (End::Each, _) => Err(format!("`.{}` is no list in the answer", path.join("."))),
        }
    }

    /// The first thing it yields; null if that is nothing.
    pub fn first(&self, value: &Value) -> Result<Value, String> {
        match self {
            Self::Path(path, End::Value) => {
                let found = path.iter().try_fold(value, |value, name| value.get(name));
                Ok(found.cloned().unwrap_or_default())
            }
            Self::Path(..) => Ok(self.all(value.clone())?.into_iter().next().unwrap_or_default()),
            Self::Jq(program) => {
                Ok(program.outputs(value, &Value::Null, MAX_ROWS)?.into_iter().next().unwrap_or_default())
            }
        }
    }

    /// True if the first thing it yields is neither null nor false.
    pub fn holds(&self, value: &Value) -> Result<bool, String> {
        Ok(!matches!(self.first(value)?, Value::Null | Value::Bool(false)))
    }
}

/// `.a.b[]` in parts; `None` for anything that is more than a path.
fn plain_path(text: &str) -> Option<(Vec<String>, End)> {
    let text = text.trim();
    let (path, end) = match (text.strip_suffix("[]?"), text.strip_suffix("[]")) {
        (Some(path), _) => (path, End::EachIfAny),
        (_, Some(path)) => (path, End::Each),
        _ => (text, End::Value),
    };
    if path == "." {
        return Some((Vec::new(), end));
    }
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let names: Vec<String> = path.strip_prefix('.')?.split('.').map(str::to_owned).collect();
    names.iter().all(|name| is_name(name)).then_some((names, end))
}
