//! Reads the standards data files: what each must look like, and one checked, indexed whole out of all of them.

use super::{
    CorrespondenceRelation, RequirementKind, Standards,
    body_links::BodyLinksTable,
    check, correspond,
    define::{ClausesTable, TermsTable},
    guidance::GuidanceTable,
    wording::ReviewTable,
};
use crate::{
    error::{Error, Problem, Result},
    model::System,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::collections::BTreeMap;

/// A data file: known by which of these it holds, not by its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataFile {
    edition: Option<EditionTable>,
    #[serde(default)]
    topic: Vec<TopicTable>,
    correspondence: Option<CorrespondenceTable>,
    body_links: Option<BodyLinksTable>,
    guidance: Option<GuidanceTable>,
    /// The rules of planning, which are read where planning is done.
    planning: Option<IgnoredAny>,
    /// The rules of classifying incidents, which are read where that is done.
    classification: Option<IgnoredAny>,
    /// What is evidenced otherwise than by records, which is read where coverage is told.
    other_evidence: Option<IgnoredAny>,
    clauses: Option<ClausesTable>,
    terms: Option<TermsTable>,
    review: Option<ReviewTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditionTable {
    pub id: String,
    pub name: String,
    pub title: String,
    pub system: System,
    /// What the levels of Annex A are, topmost first.
    #[serde(default)]
    pub annex: Vec<RequirementKind>,
    pub requirements: Vec<RequirementTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequirementTable {
    pub number: String,
    pub title: String,
    /// Lettered items, which bear the clause's title.
    #[serde(default)]
    pub items: Vec<String>,
    #[serde(default = "yes")]
    pub normative: bool,
    pub note: Option<String>,
}

fn yes() -> bool {
    true
}

/// Numbers by edition.
pub(super) type Numbers = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicTable {
    pub id: String,
    pub meaning: String,
    #[serde(default)]
    pub table: Numbers,
    #[serde(default)]
    pub body: Numbers,
    #[serde(default)]
    pub judgement: Numbers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrespondenceTable {
    /// What the table is called, for people.
    #[serde(rename = "name")]
    _name: String,
    pub from: String,
    pub to: String,
    pub row: Vec<RowTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowTable {
    pub requirement: Option<String>,
    #[serde(default)]
    pub title: String,
    pub relation: CorrespondenceRelation,
    #[serde(default)]
    pub references: Vec<ReferenceTable>,
    #[serde(default)]
    pub ranges: Vec<RangeTable>,
    #[serde(default)]
    pub see_also: Vec<String>,
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceTable {
    pub clause: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub items: Vec<String>,
    #[serde(default)]
    pub paragraphs: Vec<u32>,
    #[serde(default)]
    pub penultimate_paragraph: bool,
    #[serde(default)]
    pub last_paragraph: bool,
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RangeTable {
    pub first: String,
    pub last: String,
}

/// A table and the path of the file it stands in.
pub(super) struct Placed<T> {
    pub path: String,
    pub table: T,
}

/// All tables of all files, before any rule but their shape is checked.
#[derive(Default)]
pub(super) struct Tables {
    pub editions: Vec<Placed<EditionTable>>,
    pub topics: Vec<Placed<TopicTable>>,
    pub correspondences: Vec<Placed<CorrespondenceTable>>,
    pub body_links: Vec<Placed<BodyLinksTable>>,
    pub guidance: Vec<Placed<GuidanceTable>>,
    pub clauses: Vec<Placed<ClausesTable>>,
    pub terms: Vec<Placed<TermsTable>>,
    pub reviews: Vec<Placed<ReviewTable>>,
}

impl Standards {
    /// Reads and checks the data files, given as (path, text); files that are not TOML are skipped.
    ///
    /// # Errors
    /// `Invalid` with every broken rule. A file that cannot be read as data is named with its line and key, and then
    /// no rule between files is looked at, since what it holds would be missing everywhere.
    pub fn parse(files: &[(String, &str)]) -> Result<Self> {
        let mut tables = Tables::default();
        let mut problems = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
            match read(path, text) {
                Ok(file) => tables.add(path, file, &mut problems),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let table = tables.correspondences.first().map(|placed| placed.path.clone()).unwrap_or_default();
        let standards = check::build(tables, &mut problems);
        if problems.is_empty() {
            problems = correspond::unshared_topics(&standards, &table);
        }
        if problems.is_empty() { Ok(standards) } else { Err(Error::Invalid(problems)) }
    }
}

impl Tables {
    fn add(&mut self, path: &str, file: DataFile, problems: &mut Vec<Problem>) {
        let tables = [
            ("[edition]", file.edition.is_some()),
            ("[[topic]]", !file.topic.is_empty()),
            ("[correspondence]", file.correspondence.is_some()),
            ("[body_links]", file.body_links.is_some()),
            ("[guidance]", file.guidance.is_some()),
            ("[clauses]", file.clauses.is_some()),
            ("[terms]", file.terms.is_some()),
            ("[review]", file.review.is_some()),
            ("[planning]", file.planning.is_some()),
            ("[classification]", file.classification.is_some()),
            ("[other_evidence]", file.other_evidence.is_some()),
        ];
        if tables.iter().all(|(_, held)| !held) {
            let names: Vec<_> = tables.iter().map(|(name, _)| format!("`{name}`")).collect();
            problems.push(Problem::new(path, format!("holds none of {}", names.join(", "))));
        }
        self.editions.extend(file.edition.map(|table| Placed { path: path.into(), table }));
        self.topics.extend(file.topic.into_iter().map(|table| Placed { path: path.into(), table }));
        self.correspondences.extend(file.correspondence.map(|table| Placed { path: path.into(), table }));
        self.body_links.extend(file.body_links.map(|table| Placed { path: path.into(), table }));
        self.guidance.extend(file.guidance.map(|table| Placed { path: path.into(), table }));
        self.clauses.extend(file.clauses.map(|table| Placed { path: path.into(), table }));
        self.terms.extend(file.terms.map(|table| Placed { path: path.into(), table }));
        self.reviews.extend(file.review.map(|table| Placed { path: path.into(), table }));
    }
}

/// The first of the tables; each further one is a problem. `what` there is already, for the message.
pub(super) fn one_of<T>(tables: Vec<Placed<T>>, what: &str, problems: &mut Vec<Problem>) -> Option<Placed<T>> {
    let mut tables = tables.into_iter();
    let first = tables.next()?;
    for other in tables {
        let verb = if what.ends_with('s') { "are" } else { "is" };
        problems.push(Problem::new(other.path, format!("there {verb} {what} already, in {}", first.path)));
    }
    Some(first)
}

/// A TOML file as data; the problem names its line and key.
pub(crate) fn read<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Problem> {
    let problem = |key: &str, error: &toml::de::Error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| 1 + before.matches('\n').count());
        let line = line.map(|line| format!(" line {line}")).unwrap_or_default();
        let key = if key.is_empty() || key == "." { String::new() } else { format!(": {key}") };
        Problem::new(format!("{path}{line}{key}"), error.message())
    };
    let document = toml::Deserializer::parse(text).map_err(|error| problem("", &error))?;
    serde_path_to_error::deserialize(document).map_err(|error| problem(&error.path().to_string(), error.inner()))
}
