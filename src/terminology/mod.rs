//! Terminology review: finds the passages of a text whose words mean different things in the two standards, or are
//! used loosely, and says what to write instead. Values in, values out.

mod block;
mod extract;
mod find;
mod position;
mod words;

use crate::{
    error::{Error, Problem, Result},
    model::names,
    standards::{Concern, Standards, WordingSeverity},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest text that is reviewed, in bytes of UTF-8.
pub const LONGEST_TEXT: usize = 1 << 20;
/// The most passages a review reports.
pub const MOST_PASSAGES: usize = 1_000;
/// The most entries of a glossary.
pub const MOST_GLOSSARY_ENTRIES: usize = 1_000;

names! {
    /// What a text is written in.
    pub enum TextFormat {
        /// Paragraphs are set apart by empty lines.
        Plain = "plain",
        /// CommonMark with tables and footnotes; code and addresses are not reviewed.
        Markdown = "markdown",
        /// Tags, attributes, comments, scripts, styles and code are not reviewed.
        Html = "html",
    }
}

/// What an organisation itself has settled: such a term is no finding.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlossaryEntry {
    /// A term, its plural or another name of it.
    #[schema(example = "incident")]
    pub term: String,
    /// The meaning the organisation has chosen.
    #[schema(example = "service incident")]
    pub meaning: String,
}

names! {
    /// What settled a term.
    pub enum SettledBy {
        /// The organisation's glossary.
        Glossary = "glossary",
        /// A sentence of the text that defines it.
        Text = "text",
    }
}

/// A term that was not looked for, since it is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettledTerm {
    /// The id of the term.
    pub term: String,
    /// What settled it.
    pub by: SettledBy,
    /// The meaning the glossary gives; absent where the text defines it.
    pub meaning: Option<String>,
}

/// A passage worth a second look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Passage {
    /// Where the word starts in the text as it was sent, in bytes of UTF-8 from 0.
    pub offset: usize,
    /// How long the word is there, in bytes of UTF-8, markup inside it included.
    pub length: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The word as written.
    pub word: String,
    /// The id of the term it concerns.
    pub term: String,
    /// How much it matters.
    pub severity: WordingSeverity,
    /// The sentence it stands in, without markup, shortened where it is long.
    pub sentence: String,
    /// Why the word may be misread.
    pub reason: String,
    /// What to write instead.
    pub suggestion: String,
    /// Clauses of the guide and requirements, as full references.
    #[schema(example = json!(["iso27013-2015/6.2.5", "iso20000-1-2011/8.1"]))]
    pub clauses: Vec<String>,
}

/// What a review found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Review {
    /// Which standards the text speaks about, judged by its words.
    pub concerns: Concern,
    /// In the order of the text.
    pub passages: Vec<Passage>,
    /// True if there are more than are reported.
    pub more: bool,
    /// Terms that were not looked for.
    pub settled: Vec<SettledTerm>,
    /// Terms of the glossary that no rule looks for, perhaps misspelt.
    pub unused_glossary: Vec<String>,
}

/// Reviews a text. Positions are those of the text as handed in, whatever its format.
///
/// # Errors
/// `Invalid` where the text is longer than [`LONGEST_TEXT`] or has NUL characters, and for empty entries or too many
/// of them in the glossary.
pub fn review(text: &str, format: TextFormat, glossary: &[GlossaryEntry], standards: &Standards) -> Result<Review> {
    let problems = problems(text, glossary);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let blocks = match format {
        TextFormat::Plain => extract::plain(text),
        TextFormat::Markdown => extract::markdown(text),
        TextFormat::Html => extract::html(text),
    };
    Ok(find::review(text, &blocks, glossary, standards))
}

fn problems(text: &str, glossary: &[GlossaryEntry]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text.len() > LONGEST_TEXT {
        problems.push(Problem::new("text", format!("has {} bytes; at most {LONGEST_TEXT} are reviewed", text.len())));
    }
    if let Some(at) = text.find('\0') {
        problems.push(Problem::new("text", format!("has a NUL character at byte {at}: it must be text")));
    }
    if glossary.len() > MOST_GLOSSARY_ENTRIES {
        let rule = format!("has {} entries; at most {MOST_GLOSSARY_ENTRIES} are taken", glossary.len());
        return [problems, vec![Problem::new("glossary", rule)]].concat();
    }
    for (position, entry) in glossary.iter().enumerate() {
        for (key, value) in [("term", &entry.term), ("meaning", &entry.meaning)] {
            if value.trim().is_empty() {
                problems.push(Problem::new(format!("glossary[{position}].{key}"), "is empty"));
            }
        }
    }
    problems
}
