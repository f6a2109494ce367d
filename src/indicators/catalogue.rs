//! All indicators together: those that come with the program, and an operator's own files over them.

use super::{
    definition::{Definition, Scope, Window},
    file,
};
use crate::{
    error::{Error, Problem, Result},
    model::{RecordKind, Severity},
};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The indicators in use, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    definitions: Vec<Definition>,
    disabled: Vec<String>,
    sources: BTreeMap<String, Source>,
}

/// What a definition was read from.
#[derive(Clone, Debug)]
struct Source {
    table: Table,
    texts: Vec<String>,
}

impl Catalogue {
    /// Reads indicators from files given by path and text; those that are not `.toml` are passed over. `topics` are
    /// the ids an indicator may serve. Fails with every problem of every file.
    pub fn parse(files: &[(String, &str)], topics: &[&str]) -> Result<Self> {
        let mut catalogue = Self::default();
        catalogue.read(files, topics, |id, _| Err(format!("the indicator `{id}` is there twice")))?;
        Ok(catalogue)
    }

    /// Lays an operator's files over this catalogue. A file of a known id replaces the keys it states, and with
    /// `enabled = false` takes the indicator out of use; any other adds an indicator. One that demands less than what
    /// it overrides is marked `relaxed`; so is one with other expressions, for these cannot be compared.
    pub fn with_overrides(mut self, files: &[(String, &str)], topics: &[&str]) -> Result<Self> {
        self.read(files, topics, |_, source| Ok(source.clone()))?;
        Ok(self)
    }

    fn read(
        &mut self,
        files: &[(String, &str)],
        topics: &[&str],
        known: impl Fn(&str, &Source) -> Result<Source, String>,
    ) -> Result<()> {
        let mut problems = Vec::new();
        for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".toml")) {
            if let Err(mut found) = self.read_one(file, text, topics, &known) {
                problems.append(&mut found);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
    }

    fn read_one(
        &mut self,
        file: &str,
        text: &str,
        topics: &[&str],
        known: &impl Fn(&str, &Source) -> Result<Source, String>,
    ) -> Result<(), Vec<Problem>> {
        let id = file::id_of(file).map_err(|problem| vec![problem])?;
        let stated = file::table(file, text).map_err(|problem| vec![problem])?;
        let mut source = match self.sources.get(id) {
            Some(source) => known(id, source).map_err(|rule| vec![Problem::new(file, rule)])?,
            None => Source { table: Table::new(), texts: Vec::new() },
        };
        source.table.extend(stated);
        source.texts.push(text.into());
        let texts: Vec<&str> = source.texts.iter().map(String::as_str).collect();
        let mut definition = file::definition(file, id, file::version(&texts), source.table.clone(), topics)?;
        let position = self.definitions.binary_search_by(|definition| definition.id.as_str().cmp(id));
        if let Ok(position) = position {
            let base = self.definitions.remove(position);
            definition.relaxed = base.relaxed || is_relaxed(&base, &definition);
        }
        self.disabled.retain(|disabled| disabled != id);
        if source.table.get("enabled") == Some(&Value::Boolean(false)) {
            self.disabled.push(id.into());
        } else {
            self.definitions.insert(position.unwrap_or_else(|position| position), definition);
        }
        self.sources.insert(id.into(), source);
        Ok(())
    }

    /// The indicators in use, by id.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The indicator with this id, if it is in use.
    pub fn get(&self, id: &str) -> Option<&Definition> {
        let position = self.definitions.binary_search_by(|definition| definition.id.as_str().cmp(id)).ok()?;
        self.definitions.get(position)
    }

    /// The indicators over records of this kind.
    pub fn of_kind(&self, kind: RecordKind) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.record == kind)
    }

    /// The ids of the indicators an operator has taken out of use.
    pub fn disabled(&self) -> &[String] {
        &self.disabled
    }
}

/// True if `own` demands less than `base`, or may do so.
fn is_relaxed(base: &Definition, own: &Definition) -> bool {
    let weight = |severity| match severity {
        Severity::Minor => 0,
        Severity::Major => 1,
        Severity::Critical => 2,
    };
    let narrower = |base: &Option<Window>, own: &Option<Window>| match (base, own) {
        (Some(base), Some(own)) => base.of != own.of || own.days < base.days,
        (base, own) => base != own,
    };
    own.limits.target < base.limits.target
        || own.limits.tolerance < base.limits.tolerance
        || weight(own.limits.severity) < weight(base.limits.severity)
        || own.limits.at_least < base.limits.at_least
        || own.max_age_days > base.max_age_days
        || narrower(&base.window, &own.window)
        || (base.scope == Scope::All && own.scope != Scope::All)
        || (base.record, &base.applies, &base.passes) != (own.record, &own.applies, &own.passes)
}
