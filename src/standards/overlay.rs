//! A licence holder's own texts of the standards, laid over the data: read at start, given out only to who may see them.
//!
//! What these files say is nobody else's business: no message and no debug output repeats any of it.

use super::{RequirementId, Standards};
use crate::error::{Error, Problem, Result, did_you_mean};
use std::{collections::BTreeMap, fmt};

/// The longest text of one requirement or term, in bytes.
const LONGEST: usize = 64 * 1024;

/// Texts by what they are the text of.
#[derive(Clone, Default)]
pub struct Overlay {
    texts: BTreeMap<Subject, String>,
}

/// What a text is the text of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Requirement(RequirementId),
    /// By its id.
    Term(String),
}

/// The tables a file may have.
const TABLES: [&str; 2] = ["requirements", "terms"];

impl Overlay {
    /// Reads the files, given as (path, text): a table `[requirements]` with a text for each full reference, a table
    /// `[terms]` with a text for each term, by its id or another of its names.
    ///
    /// # Errors
    /// `Invalid` with every broken rule, by file and key: what is no TOML, an unknown key, a reference or term that does
    /// not resolve, with the nearest that does, a text that is none, empty, longer than 64 KiB, or given twice.
    pub fn parse(files: &[(String, String)], standards: &Standards) -> Result<Self> {
        let mut overlay = Self::default();
        let mut problems = Vec::new();
        let mut given: BTreeMap<Subject, &str> = BTreeMap::new();
        for (path, text) in files {
            for (table, key, value) in entries(path, text, &mut problems) {
                let kept =
                    subject(standards, table, &key).and_then(|subject| match given.insert(subject.clone(), path) {
                        Some(first) => Err(format!("has a text in {first} already")),
                        None => Ok(overlay.texts.insert(subject, read(&value)?)),
                    });
                let place = || format!("{path}: {table}.\"{key}\"");
                problems.extend(kept.err().map(|rule| Problem::new(place(), rule)));
            }
        }
        if problems.is_empty() { Ok(overlay) } else { Err(Error::Invalid(problems)) }
    }

    /// The text of a requirement.
    pub fn requirement(&self, id: &RequirementId) -> Option<&str> {
        self.texts.get(&Subject::Requirement(id.clone())).map(String::as_str)
    }

    /// The text of the term of this id.
    pub fn term(&self, id: &str) -> Option<&str> {
        self.texts.get(&Subject::Term(id.into())).map(String::as_str)
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// True without any text.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

impl fmt::Debug for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Overlay of {} texts", self.len())
    }
}

fn subject(standards: &Standards, table: &str, key: &str) -> Result<Subject, String> {
    let subject = match table {
        "terms" => standards.term(key).map(|term| Subject::Term(term.id.clone())),
        _ => standards.resolve(key).map(|requirement| Subject::Requirement(requirement.id.clone())),
    };
    subject.map_err(|error| error.to_string())
}

/// Table, key and value of everything in a file.
fn entries(path: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<(&'static str, String, toml::Value)> {
    let document: toml::Table = match text.parse() {
        Ok(document) => document,
        Err(error) => {
            problems.push(unreadable(path, text, &error));
            return Vec::new();
        }
    };
    if document.is_empty() {
        problems.push(Problem::new(path, "holds neither `[requirements]` nor `[terms]`"));
    }
    let mut found = Vec::new();
    for (name, value) in document {
        match (TABLES.into_iter().find(|table| *table == name), value) {
            (Some(table), toml::Value::Table(texts)) => {
                found.extend(texts.into_iter().map(|(key, value)| (table, key, value)));
            }
            (Some(table), _) => problems.push(Problem::new(format!("{path}: {table}"), "must be a table of texts")),
            (None, _) => {
                let rule = format!("unknown key; there are {}{}", TABLES.join(" and "), did_you_mean(&name, TABLES));
                problems.push(Problem::new(format!("{path}: {name}"), rule));
            }
        }
    }
    found
}

/// Where a file is no TOML. The parser's own message may repeat what stands there.
fn unreadable(path: &str, text: &str, error: &toml::de::Error) -> Problem {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!(" line {}", 1 + before.matches('\n').count())).unwrap_or_default();
    Problem::new(format!("{path}{line}"), "is not valid TOML; a text stands in quotes, and a key is given once")
}

fn read(value: &toml::Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be a text in quotes")?.trim();
    match text.len() {
        0 => Err("is empty; leave the key out".into()),
        1..=LONGEST => Ok(text.into()),
        length => Err(format!("has {length} bytes; at most {LONGEST} are read")),
    }
}
