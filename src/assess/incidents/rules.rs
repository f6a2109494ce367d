//! The rules by which incidents and events are classified: data, checked so that no ticket can have two classes.

use super::conditions::{ConditionTable, Conditions};
use crate::{
    error::{Error, Problem, Result},
    model::{Body, Record, RecordKind, SecurityClass},
    standards::read,
};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a rule may not ask about: classification decides it.
const BARRED: &[&str] = &["security_class"];

/// A data file; what else it may hold is read elsewhere.
#[derive(Deserialize)]
struct ClassificationFile {
    classification: Option<ClassificationTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassificationTable {
    /// What the rules are called, for people.
    #[serde(rename = "name")]
    _name: String,
    rule: Vec<RuleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    id: String,
    class: SecurityClass,
    reason: String,
    when: BTreeMap<String, ConditionTable>,
    #[serde(default)]
    item: BTreeMap<String, ConditionTable>,
    #[serde(default)]
    no_item: BTreeMap<String, ConditionTable>,
}

/// The checked rules.
#[derive(Clone, Debug, Default)]
pub struct ClassificationRules {
    rules: Vec<ClassificationRule>,
    version: String,
}

/// When a ticket has which class.
#[derive(Clone, Debug)]
pub struct ClassificationRule {
    /// Its name.
    pub id: String,
    /// The class it gives.
    pub class: SecurityClass,
    /// Why, in a sentence.
    pub reason: String,
    /// What holds of the ticket.
    when: Conditions,
    /// What holds of some configuration item it affects.
    item: Conditions,
    /// What holds of no configuration item it affects.
    no_item: Conditions,
}

impl ClassificationRules {
    /// Reads the rules out of data files, given by path and text, the last one that has any. Files without rules of
    /// classification are passed over.
    ///
    /// # Errors
    /// `Invalid` with every broken rule; for two rules that give one ticket two classes, with an example of such a
    /// ticket.
    pub fn parse(files: &[(String, &str)]) -> Result<Self> {
        let mut found = None;
        let mut problems = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
            match read::<ClassificationFile>(path, text) {
                Ok(ClassificationFile { classification: Some(table) }) => found = Some((path, text, table)),
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let (mut rules, mut version) = (Vec::new(), String::new());
        if let Some((path, text, table)) = found {
            version = digest(text);
            let mut ids = BTreeSet::new();
            for table in table.rule {
                let place = format!("{path}: rule `{}`", table.id);
                if !ids.insert(table.id.clone()) {
                    problems.push(Problem::new(&place, "this id is here twice"));
                }
                rules.push(rule(table, &place, &mut problems));
            }
            if problems.is_empty() {
                problems = ambiguities(path, &rules);
            }
        }
        if problems.is_empty() { Ok(Self { rules, version }) } else { Err(Error::Invalid(problems)) }
    }

    /// The rules, as they stand in the file.
    pub fn rules(&self) -> &[ClassificationRule] {
        &self.rules
    }

    /// Another one when the file says something else.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The rule that a ticket and the configuration items it affects fit; at most one class comes out.
    pub fn classify(&self, ticket: &Record, items: &[&Record]) -> Option<&ClassificationRule> {
        self.rules.iter().find(|rule| rule.fits(&ticket.body, items))
    }
}

impl ClassificationRule {
    fn fits(&self, ticket: &Body, items: &[&Record]) -> bool {
        let some = |conditions: &Conditions| items.iter().any(|item| conditions.fit(&item.body));
        self.when.fit(ticket)
            && (self.item.is_empty() || some(&self.item))
            && (self.no_item.is_empty() || !some(&self.no_item))
    }

    /// A ticket that fits both rules, in words.
    fn with(&self, other: &Self) -> Option<String> {
        let ticket = self.when.with(&other.when)?;
        let mut example = Conditions::describe(RecordKind::Ticket, &ticket);
        for rule in [self, other].into_iter().filter(|rule| !rule.item.is_empty()) {
            let item = rule.item.without(&[&self.no_item, &other.no_item])?;
            let item = Conditions::describe(RecordKind::ConfigurationItem, &item);
            example = format!("{example}, affecting an item with {item}");
        }
        Some(example)
    }
}

/// The first 12 hexadecimal digits of the SHA-256 of a text.
fn digest(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text)[..6])
}

fn rule(table: RuleTable, place: &str, problems: &mut Vec<Problem>) -> ClassificationRule {
    let RuleTable { id, class, reason, when, item, no_item } = table;
    if when.is_empty() {
        problems.push(Problem::new(format!("{place}.when"), "a rule asks for something of the ticket"));
    }
    let mut conditions = |kind, tables, key: &str| {
        let barred = if kind == RecordKind::Ticket { BARRED } else { &[] };
        Conditions::read(kind, tables, barred, &format!("{place}.{key}"), problems)
    };
    let when = conditions(RecordKind::Ticket, when, "when");
    let item = conditions(RecordKind::ConfigurationItem, item, "item");
    let no_item = conditions(RecordKind::ConfigurationItem, no_item, "no_item");
    ClassificationRule { id, class, reason, when, item, no_item }
}

/// Pairs of rules that would leave a ticket in two classes, each with such a ticket.
fn ambiguities(path: &str, rules: &[ClassificationRule]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (position, first) in rules.iter().enumerate() {
        for second in rules.iter().skip(position + 1).filter(|second| second.class != first.class) {
            if let Some(example) = first.with(second) {
                let rule = format!(
                    "leaves a ticket in two classes, `{}` here and `{}` by rule `{}`: for example one with {example}; \
                     narrow one of them",
                    first.class, second.class, second.id
                );
                problems.push(Problem::new(format!("{path}: rule `{}`", first.id), rule));
            }
        }
    }
    problems
}
