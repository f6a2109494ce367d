//! The standards as data: editions with their requirement trees, topics, terms, and what ISO/IEC 27013:2015 says of
//! both: Table A.1, the links its text makes, its guidance.

mod body_links;
mod check;
mod correspond;
mod define;
mod guidance;
mod lookup;
mod matrix;
mod overlay;
mod parse;
mod reverse;
mod terms;
mod wording;

pub use body_links::{BodyLink, BodyRelation};
pub use guidance::{GuidanceFilter, GuidancePoint, GuideClause};
pub use lookup::Reach;
pub use matrix::{CorrespondenceCell, Matrix, MatrixDepth, MatrixNode, matrix};
pub use overlay::Overlay;
pub(crate) use parse::read;
pub use reverse::{CitingRow, LinkingRequirement, ReverseEntry, reverse};
pub use terms::{Cited2005, SeeAlso, Term, TermAgreement, TermProvenance, TermSide, TermUse};
pub use wording::{Concern, Phrase, PhraseWord, Wording, WordingSeverity, Wordings};

use crate::model::names;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, fmt};
use utoipa::ToSchema;

/// A requirement's full reference, `iso27001-2013/A.8.1`: edition and number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, example = "iso27001-2013/A.8.1")]
pub struct RequirementId(String);

impl RequirementId {
    /// The requirement of this number in this edition.
    pub fn new(edition: &str, number: &str) -> Self {
        Self(format!("{edition}/{number}"))
    }

    /// `iso27001-2013`.
    pub fn edition(&self) -> &str {
        self.0.split_once('/').map_or("", |(edition, _)| edition)
    }

    /// `A.8.1`.
    pub fn number(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(_, number)| number)
    }

    /// As a sentence writes it: `20000-1, 8.1`.
    pub fn in_words(&self) -> String {
        let edition = self.edition().trim_start_matches("iso");
        let standard = edition.rsplit_once('-').map_or(edition, |(standard, _)| standard);
        format!("{standard}, {}", self.number())
    }

    /// The whole reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One published edition of a standard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Edition {
    /// `iso27001-2013`.
    pub id: String,
    /// `ISO/IEC 27001:2013`.
    pub name: String,
    /// The standard's own short title.
    pub title: String,
    /// The management system it specifies.
    pub system: crate::model::System,
}

names! {
    /// What a node of an edition's tree is.
    pub enum RequirementKind {
        /// An introduction, which has no number.
        Introduction = "introduction",
        /// A numbered clause.
        Clause = "clause",
        /// A lettered item of a clause.
        Item = "item",
        /// A domain of Annex A.
        Domain = "domain",
        /// A control objective of Annex A.
        Objective = "objective",
        /// A control of Annex A.
        Control = "control",
    }
}

/// A node of an edition's tree.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Requirement {
    /// The full reference.
    pub id: RequirementId,
    /// `A.8.1`, `5.1.a`; `0` for an introduction.
    pub number: String,
    /// The short title.
    pub title: String,
    /// What sort of node it is.
    pub kind: RequirementKind,
    /// The node above, if any.
    pub parent: Option<RequirementId>,
    /// The nodes directly below, in document order.
    pub children: Vec<RequirementId>,
    /// False for introductions and clauses 1 to 3, which ask for nothing.
    pub normative: bool,
    /// The ids of its own topics, in the order of the topics file.
    pub topics: Vec<String>,
    /// A remark on the data, such as a misprint of the source.
    pub note: Option<String>,
}

names! {
    /// Where a link between a topic and a requirement comes from.
    pub enum LinkProvenance {
        /// Table A.1.
        Table = "table",
        /// The text of the guide's clauses.
        Body = "body",
        /// This project's judgement.
        Judgement = "judgement",
    }
}

/// A theme that both standards speak about, independent of editions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Topic {
    /// `incident-evidence`.
    pub id: String,
    /// What it is about, in a line.
    pub meaning: String,
    /// The requirements that ask for it, of both standards.
    pub requirements: Vec<TopicLink>,
}

/// A requirement that asks for a topic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TopicLink {
    /// The requirement.
    pub requirement: RequirementId,
    /// Where the link comes from.
    pub provenance: LinkProvenance,
}

names! {
    /// How the two sides of a correspondence row relate.
    pub enum CorrespondenceRelation {
        /// References are given.
        Mapped = "mapped",
        /// No direct equivalent, but references follow.
        Qualified = "qualified",
        /// A range, or "many points".
        Many = "many",
        /// No equivalent.
        None = "none",
        /// A heading whose child rows say more.
        Heading = "heading",
        /// No requirement on the ISO/IEC 27001 side.
        NotIncluded = "not_included",
    }
}

names! {
    /// What a locator points at inside a cited clause.
    pub enum LocatorKind {
        /// A lettered item, `a` or `a.1`.
        Item = "item",
        /// A paragraph by its number.
        Paragraph = "paragraph",
        LastParagraph = "last_paragraph",
        PenultimateParagraph = "penultimate_paragraph",
    }
}

/// A place inside a cited clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Locator {
    /// What it points at.
    pub kind: LocatorKind,
    /// The item or paragraph, `a` or `1`; absent for last and penultimate paragraphs.
    pub value: Option<String>,
    /// The requirement an item locator points at.
    pub requirement: Option<RequirementId>,
}

/// One cited clause of the ISO/IEC 20000-1 side, with its locators.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Citation {
    /// The clause.
    pub requirement: RequirementId,
    /// The title as printed beside the number.
    pub printed_title: String,
    /// The places in it, as printed; none means the whole clause.
    pub locators: Vec<Locator>,
    /// A remark on what is printed.
    pub note: Option<String>,
}

/// A range of clauses, as "5 to 9": kept, but no reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClauseRange {
    /// The first clause.
    pub first: RequirementId,
    /// The last clause, which belongs to the range.
    pub last: RequirementId,
}

/// One row of Table A.1.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CorrespondenceRow {
    /// Position in the table, from 1.
    pub row: u32,
    /// The ISO/IEC 27001 side; absent where the table says that there is none.
    pub requirement: Option<RequirementId>,
    /// The title as printed on the ISO/IEC 27001 side.
    pub printed_title: String,
    /// How the two sides relate.
    pub relation: CorrespondenceRelation,
    /// The ISO/IEC 20000-1 side, in the order printed.
    pub references: Vec<Citation>,
    /// The ranges printed among them.
    pub ranges: Vec<ClauseRange>,
    /// Other documents the row points to, such as `ISO/IEC 20000-3`.
    pub see_also: Vec<String>,
    /// Remarks on the row, such as misprints.
    pub note: Option<String>,
}

/// Everything the standards data says, indexed.
#[derive(Clone, Debug, Default)]
pub struct Standards {
    editions: Vec<Edition>,
    requirements: Vec<Requirement>,
    topics: Vec<Topic>,
    rows: Vec<CorrespondenceRow>,
    body_links: Vec<BodyLink>,
    guide_clauses: Vec<GuideClause>,
    guidance: Vec<GuidancePoint>,
    by_id: HashMap<RequirementId, usize>,
    vocabulary: terms::Vocabulary,
}

impl Standards {
    /// Indexes data that has been checked. Requirements come in document order, edition by edition.
    pub fn new(
        editions: Vec<Edition>,
        requirements: Vec<Requirement>,
        topics: Vec<Topic>,
        rows: Vec<CorrespondenceRow>,
    ) -> Self {
        let by_id = requirements.iter().enumerate().map(|(position, node)| (node.id.clone(), position)).collect();
        Self { editions, requirements, topics, rows, by_id, ..Self::default() }
    }

    /// The editions, ISO/IEC 27001 first.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The edition with this id.
    pub fn edition(&self, id: &str) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.id == id)
    }

    /// Every requirement of every edition, in document order.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The requirements of one edition, in document order.
    pub fn requirements_of<'a>(&'a self, edition: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.requirements.iter().filter(move |node| node.id.edition() == edition)
    }

    /// The requirement with this reference.
    pub fn requirement(&self, id: &RequirementId) -> Option<&Requirement> {
        self.by_id.get(id).map(|position| &self.requirements[*position])
    }

    /// Its place in document order, edition by edition.
    pub(crate) fn position(&self, id: &RequirementId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The nodes above, nearest first.
    pub fn ancestors<'a>(&'a self, id: &RequirementId) -> impl Iterator<Item = &'a Requirement> {
        let parent = |node: &&'a Requirement| node.parent.as_ref().and_then(|parent| self.requirement(parent));
        std::iter::successors(self.requirement(id).as_ref().and_then(parent), parent)
    }

    /// The nodes below, in document order.
    pub fn descendants<'a>(&'a self, id: &RequirementId) -> Vec<&'a Requirement> {
        let mut found = Vec::new();
        for child in self.requirement(id).into_iter().flat_map(|node| &node.children) {
            found.extend(self.requirement(child));
            found.extend(self.descendants(child));
        }
        found
    }

    /// Every topic.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The topic with this id.
    pub fn topic(&self, id: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    /// Every row of Table A.1, in order.
    pub fn rows(&self) -> &[CorrespondenceRow] {
        &self.rows
    }
}
