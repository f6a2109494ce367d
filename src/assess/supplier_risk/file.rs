//! The weights of supplier risk as a file: the built-in one, with the organisation's own laid over it.

use super::model::SupplierRiskModel;
use crate::error::{Error, Problem, Result, did_you_mean};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use toml::{Table, Value};

const BUILT_IN: &str = include_str!("model.toml");
const NAME: &str = "supplier risk model";

impl SupplierRiskModel {
    /// The built-in weights, and over them those of a file, if there is one: its path and text.
    ///
    /// # Errors
    /// `Invalid`, naming file and key, for a key that does not exist or a value outside its bounds.
    pub fn load(own: Option<(&str, &str)>) -> Result<Self> {
        let mut table = parse(NAME, BUILT_IN)?;
        let Some((path, text)) = own else { return read(NAME, table) };
        let over = parse(path, text)?;
        if over.contains_key("acceptance") {
            let rule =
                "what the organisation accepts is set once, for every report: `[risks.accepts]` of the configuration";
            return Err(Error::invalid(format!("{path}: acceptance"), rule));
        }
        let reasons: BTreeSet<String> = match over.get("rationale") {
            Some(Value::Table(reasons)) => reasons.keys().cloned().collect(),
            _ => BTreeSet::new(),
        };
        let mut set = Vec::new();
        leaves("", &over, &mut set);
        if let Some(Value::Table(rationale)) = table.get_mut("rationale") {
            // What the built-in value was for says nothing of another one.
            for key in set.into_iter().filter(|key| !reasons.contains(key)) {
                rationale.insert(key, Value::String("Set by the organisation.".into()));
            }
        }
        lay_over(&mut table, over);
        read(path, table)
    }
}

impl SupplierRiskModel {
    /// A digest of the weights: another value of any makes another version.
    pub fn version(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(HEXLOWER.encode(&Sha256::digest(text)[..6]))
    }
}

fn parse(path: &str, text: &str) -> Result<Table> {
    text.parse().map_err(|error: toml::de::Error| Error::invalid(path, error.to_string().trim_end()))
}

fn read(path: &str, table: Table) -> Result<SupplierRiskModel> {
    let model: SupplierRiskModel = serde_path_to_error::deserialize(table).map_err(|error| {
        let key = error.path().to_string();
        let place = if key == "." { path.to_owned() } else { format!("{path}: {key}") };
        Error::invalid(place, error.into_inner().message())
    })?;
    let mut problems = model.problems(&format!("{path}: "));
    let known = keys(&model);
    for key in model.rationale.keys().filter(|key| !known.contains(*key)) {
        let near = did_you_mean(key, known.iter().map(String::as_str));
        problems
            .push(Problem::new(format!("{path}: rationale.\"{key}\""), format!("there is no such parameter{near}")));
    }
    if problems.is_empty() { Ok(model) } else { Err(Error::Invalid(problems)) }
}

/// The full names of all parameters that are set.
fn keys(model: &SupplierRiskModel) -> BTreeSet<String> {
    let mut found = Vec::new();
    if let Ok(Value::Table(table)) = Value::try_from(model) {
        leaves("", &table, &mut found);
    }
    found.into_iter().collect()
}

/// The full names of the values of a table; those of reasons are left out.
fn leaves(prefix: &str, table: &Table, found: &mut Vec<String>) {
    for (key, value) in table.iter().filter(|(key, _)| !(prefix.is_empty() && *key == "rationale")) {
        match value {
            Value::Table(inner) => leaves(&format!("{prefix}{key}."), inner, found),
            _ => found.push(format!("{prefix}{key}")),
        }
    }
}

fn lay_over(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => lay_over(inner, over),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
