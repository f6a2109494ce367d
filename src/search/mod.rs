//! Search in what the service knows by heart: an index of entries, made once, that ranks and highlights from memory.
//!
//! What is found is generic: a kind, an id, numbers, a title and a text. Whoever has more to be found makes entries of it.

mod excerpt;
mod query;
mod words;

pub use excerpt::{Highlight, HighlightField, Part};
pub use query::Query;

use crate::model::names;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;
use words::Token;

names! {
    /// What can be found.
    pub enum SearchKind {
        /// A requirement of an edition.
        Requirement = "requirement",
        /// A topic of both standards.
        Topic = "topic",
        /// A row of Table A.1.
        CorrespondenceRow = "correspondence_row",
        /// A link the guide's text makes and its table does not.
        BodyLink = "body_link",
        /// A term of either standard.
        Term = "term",
        /// A point of the guide's clauses 5 and 6.
        GuidancePoint = "guidance_point",
    }
}

/// Something that can be found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub kind: SearchKind,
    /// What identifies it among its kind.
    pub id: String,
    /// The clause number it bears, such as `A.8.1.1`.
    pub number: Option<String>,
    /// The clause numbers it speaks of.
    pub cites: Vec<String>,
    /// What it is called.
    pub title: String,
    /// What else is said of it; empty for nothing.
    pub text: String,
    /// Where the API gives it.
    pub url: String,
    /// Factor of its score: 1, or less for what should come after others of the same words.
    pub weight: f64,
}

/// Something found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Hit {
    /// What it is.
    pub kind: SearchKind,
    /// What identifies it among its kind.
    #[schema(example = "iso27001-2013/A.15.1.2")]
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Where the API gives it.
    pub url: String,
    /// The greater, the better it fits; comparable within one answer only.
    pub score: f64,
    /// The parts of it that fit, where any are shown.
    pub highlights: Vec<Highlight>,
}

/// The best of what was found, and how much there is.
#[derive(Clone, Debug)]
pub struct Found {
    /// All that fits, listed or not.
    pub total: usize,
    /// The best, the best first.
    pub hits: Vec<Hit>,
}

/// Entries, ready to be searched.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// By stem, the entries it occurs in and how often, counted by field.
    occurrences: HashMap<String, Vec<(usize, f64)>>,
    /// Every word as it is spelled, with its stem.
    spellings: BTreeMap<String, String>,
    /// The normal form of the number each entry bears, and of those it cites.
    numbers: Vec<(Option<String>, Vec<String>)>,
    /// The stems of each entry's title, each with how it is spelled there.
    titles: Vec<BTreeMap<String, String>>,
    /// How many words each entry has.
    lengths: Vec<f64>,
    average_length: f64,
}

/// What a word of the title counts, against one of the id or the text.
const TITLE: f64 = 3.0;

/// Factor of the score of an entry whose title is what is asked for, no more and no less.
const WHOLE_TITLE: f64 = 2.0;

/// The same where it is spelled just so: `authenticity` and `authentication` have one stem.
const SPELLED_TITLE: f64 = 2.5;

/// Parameter k1 of BM25: how soon more of the same word counts less.
const SATURATION: f64 = 1.2;

/// Parameter b of BM25: how much long entries are held back.
const LENGTH: f64 = 0.5;

/// What a number counts that the entry bears: more than any words can.
const BORNE: f64 = 3_000.0;

/// What a number counts that the entry cites.
const CITED: f64 = 2_000.0;

/// What the number of something above the entry counts.
const ABOVE: f64 = 1_000.0;

impl Index {
    /// Makes the index. Entries that fit equally well are found in the order given.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut index = Self { entries, ..Self::default() };
        for position in 0..index.entries.len() {
            index.add(position);
        }
        index.average_length = index.lengths.iter().sum::<f64>() / index.lengths.len().max(1) as f64;
        index
    }

    fn add(&mut self, position: usize) {
        let Some(entry) = self.entries.get(position) else { return };
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let mut length = 0.0;
        for (text, weight) in [(&entry.id, 1.0), (&entry.title, TITLE), (&entry.text, 1.0)] {
            for (_, token) in words::tokens(text) {
                let Token::Word(word) = token else { continue };
                let stem = words::stem(&word);
                *counts.entry(stem.clone()).or_default() += weight;
                self.spellings.insert(word, stem);
                length += 1.0;
            }
        }
        let titles = words::tokens(&entry.title).into_iter().filter_map(|(_, token)| match token {
            Token::Word(word) => Some((words::stem(&word), word)),
            Token::Number(_) => None,
        });
        self.titles.push(titles.collect());
        self.lengths.push(length);
        let normal = |number: &String| words::normal_number(number);
        self.numbers.push((entry.number.as_ref().map(normal), entry.cites.iter().map(normal).collect()));
        for (stem, count) in counts {
            self.occurrences.entry(stem).or_default().push((position, count));
        }
    }

    /// What fits a query, of one kind or of all: the best `limit` hits. A word that occurs nowhere is taken for the
    /// words that begin with it or that are spelled nearly so.
    pub fn search(&self, query: &Query, kind: Option<SearchKind>, limit: usize) -> Found {
        let words: Vec<BTreeMap<&str, f64>> = query.words().iter().map(|word| self.meant_by(word)).collect();
        let scores = self.scores(query, &words);
        let of_kind = |position: &usize| {
            let entry = self.entries.get(*position);
            entry.is_some_and(|entry| kind.is_none_or(|kind| entry.kind == kind))
        };
        let mut found: Vec<(usize, f64)> = scores.into_iter().filter(|(position, _)| of_kind(position)).collect();
        found.sort_by(|(a, one), (b, other)| other.total_cmp(one).then(a.cmp(b)));
        let stems: BTreeSet<&str> = words.iter().flat_map(BTreeMap::keys).copied().collect();
        let hit = |&(position, score): &(usize, f64)| {
            let entry = self.entries.get(position)?;
            Some(Hit {
                kind: entry.kind,
                id: entry.id.clone(),
                title: entry.title.clone(),
                url: entry.url.clone(),
                score: (score * 1_000.0).round() / 1_000.0,
                highlights: excerpt::highlights(entry, &stems, query.numbers()),
            })
        };
        Found { total: found.len(), hits: found.iter().take(limit).filter_map(hit).collect() }
    }

    /// The stems a word of the query stands for, each with a factor from 0 to 1.
    fn meant_by(&self, word: &str) -> BTreeMap<&str, f64> {
        if let Some((stem, _)) = self.occurrences.get_key_value(&words::stem(word)) {
            return [(stem.as_str(), 1.0)].into();
        }
        let near = self.spellings.iter().filter_map(|(spelling, stem)| {
            let distance = words::distance(word, spelling)?;
            Some((distance, stem.as_str()))
        });
        let near: Vec<(usize, &str)> = near.collect();
        let nearest = near.iter().map(|(distance, _)| *distance).min().unwrap_or_default();
        let factor = 0.6_f64.powi(i32::try_from(nearest).unwrap_or(i32::MAX));
        near.into_iter().filter(|(distance, _)| *distance == nearest).map(|(_, stem)| (stem, factor)).collect()
    }

    /// The scores of the entries that fit at all: BM25 over the words, times the share of the query they have, with the
    /// numbers on top.
    fn scores(&self, query: &Query, words: &[BTreeMap<&str, f64>]) -> BTreeMap<usize, f64> {
        let mut scores: BTreeMap<usize, (f64, u32)> = BTreeMap::new();
        for stems in words {
            let mut best: BTreeMap<usize, f64> = BTreeMap::new();
            for (stem, factor) in stems {
                let occurrences = self.occurrences.get(*stem).map_or(&[][..], Vec::as_slice);
                let rarity = self.rarity(occurrences.len());
                for &(position, count) in occurrences {
                    let score = factor * rarity * self.saturated(position, count);
                    let kept = best.entry(position).or_default();
                    *kept = kept.max(score);
                }
            }
            for (position, score) in best {
                let entry = scores.entry(position).or_default();
                *entry = (entry.0 + score, entry.1 + 1);
            }
        }
        let asked = words.len() as f64;
        let weight = |position: usize| self.entries.get(position).map_or(1.0, |entry| entry.weight);
        let mut scores: BTreeMap<usize, f64> = scores
            .into_iter()
            .map(|(position, (score, matched))| {
                let share = f64::from(matched) / asked;
                (position, score * share * weight(position) * self.whole_title(position, query, words))
            })
            .collect();
        for number in query.numbers() {
            for (position, (borne, cited)) in self.numbers.iter().enumerate() {
                let counts = match borne {
                    Some(borne) if borne == number => BORNE,
                    _ if cited.contains(number) => CITED,
                    Some(borne) if words::is_above(number, borne) => ABOVE,
                    _ => continue,
                };
                *scores.entry(position).or_default() += counts;
            }
        }
        scores
    }

    /// The factor of an entry whose title has the words asked for, all of them and no other; 1 for any other entry.
    fn whole_title(&self, position: usize, query: &Query, words: &[BTreeMap<&str, f64>]) -> f64 {
        let Some(title) = self.titles.get(position) else { return 1.0 };
        let is_whole = title.keys().all(|stem| words.iter().any(|word| word.contains_key(stem.as_str())))
            && words.iter().all(|word| word.keys().any(|stem| title.contains_key(*stem)));
        match is_whole {
            false => 1.0,
            true if title.values().all(|word| query.words().contains(word)) => SPELLED_TITLE,
            true => WHOLE_TITLE,
        }
    }

    /// How much a word says that occurs in this many entries.
    fn rarity(&self, entries: usize) -> f64 {
        let (all, with) = (self.entries.len() as f64, entries as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// How much it says that a word occurs so often in an entry.
    fn saturated(&self, position: usize, count: f64) -> f64 {
        let length = self.lengths.get(position).copied().unwrap_or_default() / self.average_length.max(1.0);
        count * (SATURATION + 1.0) / (count + SATURATION * (1.0 - LENGTH + LENGTH * length))
    }
}
