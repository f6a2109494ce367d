//! Terms: what a word means to ISO/IEC 27000 and to ISO/IEC 20000-1, how far they agree, and how a term is looked up.

use super::{RequirementId, Standards, wording::Wordings};
use crate::{
    error::{Error, Result, nearest},
    model::names,
};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// The longest text looked up as a term, in characters; real ones have at most 50.
const LONGEST: usize = 80;

names! {
    /// How a standard treats a term.
    pub enum TermUse {
        /// It has a definition of its own.
        Defined = "defined",
        /// It stands inside another definition or its notes.
        Mentioned = "mentioned",
        /// It is used without a definition.
        Used = "used",
        /// It has no definition; nothing is said about its use.
        NotDefined = "not_defined",
        /// It is neither defined nor used.
        NotUsed = "not_used",
    }
}

names! {
    /// How far the two standards agree about a term.
    pub enum Agreement {
        /// Both define it alike.
        Identical = "identical",
        /// The meanings are near enough for one definition to serve both.
        BroadlySame = "broadly_same",
        /// The same word means different things.
        Differs = "differs",
        /// Only ISO/IEC 27000 has it as a term.
        Only27000 = "only_27000",
        /// Only ISO/IEC 20000-1 has it as a term.
        Only20000 = "only_20000_1",
        /// At least one side uses it without a definition, in its ordinary sense.
        UsedNotDefined = "used_not_defined",
    }
}

names! {
    /// Where a term of this data comes from.
    pub enum TermProvenance {
        /// A row of Table B.1 of the guide.
        Table = "table",
        /// Added by this project, after the point where the source of the table breaks off.
        Supplement = "supplement",
    }
}

/// What one standard has of a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TermSide {
    /// Whether it defines or uses the term.
    #[serde(rename = "use")]
    pub usage: TermUse,
    /// The number of the definition that defines or mentions it, `2.16`; absent where it is not known for sure.
    pub number: Option<String>,
}

/// A clause cited by its number in an edition of 2005, which means something else in the present edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cited2005 {
    /// The number in the edition of 2005, `A.7.1.1`.
    pub number: String,
    /// Where its subject stands now.
    pub successor: RequirementId,
}

/// Where to read on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeeAlso {
    /// Ids of other terms.
    pub terms: Vec<String>,
    /// Requirements of either standard.
    pub requirements: Vec<RequirementId>,
    /// Clauses of the guide as full references, `iso27013-2015/6.2.5`.
    #[schema(example = json!(["iso27013-2015/6.2.5"]))]
    pub guide: Vec<String>,
}

/// A term of either standard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Term {
    /// `configuration-item`.
    pub id: String,
    /// The term as printed.
    pub term: String,
    /// Where the entry comes from.
    pub provenance: TermProvenance,
    /// The row of Table B.1, from 1; absent for supplements.
    pub row: Option<u32>,
    /// ISO/IEC 27000, the vocabulary of ISO/IEC 27001.
    pub iso27000: TermSide,
    /// ISO/IEC 20000-1.
    pub iso20000_1: TermSide,
    /// How far the usages agree.
    pub agreement: Agreement,
    /// What differs, in this project's words.
    pub difference: String,
    /// What to do about it in an integrated management system.
    pub advice: String,
    /// Where to read on.
    pub see_also: SeeAlso,
    /// Other names: abbreviations, spellings, near synonyms.
    pub aliases: Vec<String>,
    /// The plurals of the term and its aliases.
    pub plurals: Vec<String>,
    /// Clause numbers the source cites from editions of 2005.
    pub cites_2005: Vec<Cited2005>,
    /// Remarks on the source, such as misprints.
    pub note: Option<String>,
}

/// The terms, indexed by every name, and the rules of the terminology review.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    terms: Vec<Term>,
    /// Folded ids, terms, aliases and plurals.
    by_name: HashMap<String, usize>,
    wordings: Wordings,
}

impl Vocabulary {
    /// Indexes terms that have been checked; the first of two equal names wins.
    pub fn new(terms: Vec<Term>, wordings: Wordings) -> Self {
        let mut by_name = HashMap::new();
        for (position, term) in terms.iter().enumerate() {
            for name in term.names() {
                by_name.entry(fold(name)).or_insert(position);
            }
        }
        Self { terms, by_name, wordings }
    }
}

impl Term {
    /// Its id, the term itself, aliases and plurals.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.aliases.iter().chain(&self.plurals).map(String::as_str);
        [self.id.as_str(), self.term.as_str()].into_iter().chain(others)
    }
}

impl Standards {
    /// Every term: the rows of Table B.1 in order, then the supplements.
    pub fn terms(&self) -> &[Term] {
        &self.vocabulary.terms
    }

    /// The term of this id, name, alias or plural, whatever its case, hyphens and spelling of `-ise`; `None` if there
    /// is none.
    pub fn known_term(&self, name: &str) -> Option<&Term> {
        let short = name.chars().nth(LONGEST).is_none();
        let position = short.then(|| self.vocabulary.by_name.get(&fold(name))).flatten();
        position.and_then(|position| self.vocabulary.terms.get(*position))
    }

    /// As [`Standards::known_term`].
    ///
    /// # Errors
    /// `NotFound`, naming the term with the nearest name.
    pub fn term(&self, name: &str) -> Result<&Term> {
        self.known_term(name).ok_or_else(|| {
            let shown: String = name.chars().take(LONGEST).collect();
            let cut = if shown.len() < name.len() { "…" } else { "" };
            let mut names: Vec<_> = self.vocabulary.by_name.keys().map(String::as_str).collect();
            names.sort_unstable();
            let near = nearest(&fold(&shown), names).and_then(|near| self.known_term(near));
            let near = near.map(|term| format!("; did you mean `{}`?", term.id)).unwrap_or_default();
            Error::NotFound(format!("there is no term `{shown}{cut}`{near}"))
        })
    }

    /// The rules of the terminology review.
    pub fn wordings(&self) -> &Wordings {
        &self.vocabulary.wordings
    }
}

/// A name as it is compared: lower-case words joined by single spaces, `organisation` spelled `organization`.
pub(super) fn fold(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").replace("isation", "ization").replace("labelling", "labeling")
}
