//! The rules of the terminology review as data: which words are looked for, and which words around them settle them.

use super::{define::Targets, parse::Placed};
use crate::{error::Problem, model::names};
use serde::Deserialize;

names! {
    /// Which of the two standards a text speaks about, judged by its words.
    pub enum Concern {
        /// Both: a word may be read either way.
        Both = "both",
        /// Information security management alone.
        Isms = "isms",
        /// Service management alone.
        Sms = "sms",
        /// Nothing tells, so a word may be read either way.
        Unclear = "unclear",
    }
}

names! {
    /// How much a passage matters.
    pub enum WordingSeverity {
        /// The word means different things in the two standards, and nothing says which is meant.
        Differs = "differs",
        /// The word is no term, or not enough of one.
        Loose = "loose",
    }
}

/// One place of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhraseWord {
    /// One of these words, in lower case.
    OneOf(Vec<String>),
    /// Any number, written `#`.
    Number,
    /// Any word, written `*`.
    Any,
    /// No word but the start of the sentence, written `^`.
    Start,
}

/// Words around the word of a rule, whose place is written `~`: `security ~`, `in the ~ of`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What comes before, in reading order.
    pub before: Vec<PhraseWord>,
    /// What comes after.
    pub after: Vec<PhraseWord>,
}

/// A word that is looked for.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The id of the term it concerns.
    pub term: String,
    /// The word in its forms, each one or more words in lower case.
    pub words: Vec<Vec<String>>,
    /// How much a passage matters.
    pub severity: WordingSeverity,
    /// The rule holds for texts that concern these.
    pub when: Vec<Concern>,
    /// Where there are any, one of these must be around the word.
    pub only: Vec<Phrase>,
    /// These say which meaning is meant.
    pub precise: Vec<Phrase>,
    /// With these it is another word, such as a verb.
    pub other: Vec<Phrase>,
    /// Where there are any, one of these must stand somewhere in the text.
    pub beside: Vec<Vec<String>>,
    /// Why the word may be misread.
    pub reason: String,
    /// What to write instead.
    pub suggestion: String,
    /// Clauses of the guide and requirements, as full references.
    pub clauses: Vec<String>,
}

/// All rules of the review.
#[derive(Clone, Debug, Default)]
pub struct Wordings {
    /// The words looked for, in the order of the data.
    pub rules: Vec<Wording>,
    /// Words that show that a text concerns information security management.
    pub isms: Vec<Vec<String>>,
    /// Words that show that a text concerns service management.
    pub sms: Vec<Vec<String>>,
    /// Words that name information security management; a sentence that names only it means its words its way.
    pub isms_names: Vec<Vec<String>>,
    /// The same of service management.
    pub sms_names: Vec<Vec<String>>,
    /// Words that make a sentence a definition of the word, which settles it for the whole text.
    pub definitions: Vec<Phrase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewTable {
    isms: Vec<String>,
    sms: Vec<String>,
    isms_names: Vec<String>,
    sms_names: Vec<String>,
    definitions: Vec<String>,
    rule: Vec<RuleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    term: String,
    words: Vec<String>,
    severity: WordingSeverity,
    #[serde(default = "read_either_way")]
    when: Vec<Concern>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    precise: Vec<String>,
    #[serde(default)]
    other: Vec<String>,
    #[serde(default)]
    beside: Vec<String>,
    reason: String,
    suggestion: String,
    clauses: Vec<String>,
}

fn read_either_way() -> Vec<Concern> {
    vec![Concern::Both, Concern::Unclear]
}

/// Builds the rules; every broken rule becomes a problem.
pub(super) fn wordings(
    tables: Vec<Placed<ReviewTable>>,
    targets: &Targets<'_>,
    problems: &mut Vec<Problem>,
) -> Wordings {
    let mut wordings = Wordings::default();
    for Placed { path, table } in tables {
        let mut reader = RuleReader { targets, problems };
        wordings.isms.extend(reader.all_words(&table.isms, &format!("{path}: review.isms")));
        wordings.sms.extend(reader.all_words(&table.sms, &format!("{path}: review.sms")));
        let names = [
            (&mut wordings.isms_names, &table.isms_names, "isms_names"),
            (&mut wordings.sms_names, &table.sms_names, "sms_names"),
        ];
        for (known, names, key) in names {
            known.extend(reader.all_words(names, &format!("{path}: review.{key}")));
        }
        wordings.definitions.extend(reader.phrases(&table.definitions, &format!("{path}: review.definitions")));
        wordings.rules.extend(table.rule.into_iter().map(|rule| reader.rule(rule, &path)));
    }
    wordings
}

struct RuleReader<'a> {
    targets: &'a Targets<'a>,
    problems: &'a mut Vec<Problem>,
}

impl RuleReader<'_> {
    fn rule(&mut self, table: RuleTable, path: &str) -> Wording {
        let place = format!("{path}: rule of `{}`", table.term);
        self.targets.term(&table.term, &place, self.problems);
        if table.words.is_empty() || table.when.is_empty() || table.clauses.is_empty() {
            self.problems.push(Problem::new(&place, "words, when and clauses each need an entry"));
        }
        for (key, text) in [("reason", &table.reason), ("suggestion", &table.suggestion)] {
            if text.trim().is_empty() {
                self.problems.push(Problem::new(format!("{place}: {key}"), "is empty"));
            }
        }
        for clause in &table.clauses {
            let place = format!("{place}: clauses");
            if clause.starts_with("iso27013") {
                self.targets.clause(clause, &place, self.problems);
            } else {
                self.targets.requirement(clause, &place, self.problems);
            }
        }
        Wording {
            words: self.all_words(&table.words, &format!("{place}: words")),
            only: self.phrases(&table.only, &format!("{place}: only")),
            precise: self.phrases(&table.precise, &format!("{place}: precise")),
            other: self.phrases(&table.other, &format!("{place}: other")),
            beside: self.all_words(&table.beside, &format!("{place}: beside")),
            term: table.term,
            severity: table.severity,
            when: table.when,
            reason: table.reason,
            suggestion: table.suggestion,
            clauses: table.clauses,
        }
    }

    fn all_words(&mut self, texts: &[String], place: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for text in texts {
            let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
            if words.iter().all(|word| is_word(word)) {
                found.push(words);
            } else {
                self.problems.push(Problem::new(place, format!("`{text}` is not lower-case words joined by spaces")));
            }
        }
        found
    }

    fn phrases(&mut self, texts: &[String], place: &str) -> Vec<Phrase> {
        let mut found = Vec::new();
        for text in texts {
            match phrase(text) {
                Ok(phrase) => found.push(phrase),
                Err(rule) => self.problems.push(Problem::new(place, format!("`{text}` {rule}"))),
            }
        }
        found
    }
}

/// Reads `the|a ~ of *`.
fn phrase(text: &str) -> Result<Phrase, &'static str> {
    let Some((before, after)) = text.split_once('~') else {
        return Err("lacks the `~` that stands for the word");
    };
    if after.contains('~') {
        return Err("has a second `~`");
    }
    let read = |side: &str| side.split_whitespace().map(phrase_word).collect::<Result<Vec<_>, _>>();
    let phrase = Phrase { before: read(before)?, after: read(after)? };
    let apart = before.is_empty() || before.ends_with(' ');
    if !apart || !(after.is_empty() || after.starts_with(' ')) {
        return Err("must have spaces around `~`");
    }
    if phrase.before.is_empty() && phrase.after.is_empty() {
        return Err("says nothing about what is around the word");
    }
    Ok(phrase)
}

fn phrase_word(text: &str) -> Result<PhraseWord, &'static str> {
    match text {
        "#" => Ok(PhraseWord::Number),
        "*" => Ok(PhraseWord::Any),
        "^" => Ok(PhraseWord::Start),
        _ => {
            let words: Vec<_> = text.split('|').map(str::to_owned).collect();
            let sound = words.iter().all(|word| is_word(word));
            if sound { Ok(PhraseWord::OneOf(words)) } else { Err("has something else than lower-case words") }
        }
    }
}

/// What the review takes for a word: lower-case ASCII letters and digits.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
