//! Applies the rules: finds their words, looks at what stands around each, and leaves out what is settled.

use super::{
    GlossaryEntry, MOST_PASSAGES, Passage, Review, SettledBy, SettledTerm, block::Block, position::Walker, words::Words,
};
use crate::standards::{Concern, Phrase, PhraseWord, Standards, Wording, WordingSeverity, Wordings};
use std::{collections::HashMap, ops::Range};

/// Words that point back at something named before.
const POINTING_BACK: [&str; 8] = ["the", "this", "that", "these", "those", "such", "said", "its"];

pub(super) fn review(text: &str, blocks: &[Block], glossary: &[GlossaryEntry], standards: &Standards) -> Review {
    let wordings = standards.wordings();
    let index = Index::new(wordings);
    let (mut settled, unused_glossary) = settled_by_glossary(glossary, standards);
    let cut: Vec<_> = blocks.iter().map(Words::of).collect();
    let seen = Seen::of(&cut, &index, wordings);
    for (rule, _) in wordings.rules.iter().zip(&seen.defined).filter(|(_, defined)| **defined) {
        if settled.iter().all(|settled| settled.term != rule.term) {
            settled.push(SettledTerm { term: rule.term.clone(), by: SettledBy::Text, meaning: None });
        }
    }
    let concerns = seen.concerns();
    let rules = wordings.rules.iter().zip(&seen.beside).map(|(rule, beside)| {
        let is_settled = settled.iter().any(|settled| settled.term == rule.term);
        let applies = rule.when.contains(&concerns) && (rule.beside.is_empty() || *beside);
        (applies && !is_settled).then_some(rule)
    });
    let (passages, more) = passages(text, blocks, &cut, &index, &seen, &rules.collect::<Vec<_>>());
    Review { concerns, passages, more, settled, unused_glossary }
}

/// What an entry of the index leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leads {
    Rule(usize),
    Isms,
    Sms,
    NameOfIsms,
    NameOfSms,
    /// To words that a rule wants beside its own.
    Beside(usize),
}

/// Everything that is looked for, by its first word; longer ones first.
struct Index<'a> {
    by_first: HashMap<&'a str, Vec<(&'a [String], Leads)>>,
}

impl<'a> Index<'a> {
    fn new(wordings: &'a Wordings) -> Self {
        let rules = wordings.rules.iter().enumerate();
        let of_rules = rules.flat_map(|(position, rule)| {
            let words = rule.words.iter().map(move |words| (words, Leads::Rule(position)));
            words.chain(rule.beside.iter().map(move |words| (words, Leads::Beside(position))))
        });
        let cues = [
            (&wordings.isms, Leads::Isms),
            (&wordings.sms, Leads::Sms),
            (&wordings.isms_names, Leads::NameOfIsms),
            (&wordings.sms_names, Leads::NameOfSms),
        ];
        let cues = cues.into_iter().flat_map(|(cues, leads)| cues.iter().map(move |words| (words, leads)));
        let mut by_first: HashMap<&str, Vec<(&[String], Leads)>> = HashMap::new();
        for (words, leads) in of_rules.chain(cues) {
            if let Some(first) = words.first() {
                by_first.entry(first).or_default().push((words, leads));
            }
        }
        for entries in by_first.values_mut() {
            entries.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        Self { by_first }
    }

    /// What starts at this word: how many words it takes and where it leads.
    fn at(&self, words: &Words, position: usize) -> impl Iterator<Item = (usize, Leads)> {
        let entries = words.get(position).and_then(|word| self.by_first.get(word)).map(Vec::as_slice);
        entries.unwrap_or_default().iter().filter_map(move |(wanted, leads)| {
            let fits = wanted
                .iter()
                .zip(position..)
                .all(|(word, at)| words.get(at) == Some(word.as_str()) && words.together(position, at));
            fits.then_some((wanted.len(), *leads))
        })
    }

    /// The longest words of a rule that start here, and the rule's place.
    fn rule_at(&self, words: &Words, position: usize) -> Option<(Range<usize>, usize)> {
        self.at(words, position).find_map(|(length, leads)| match leads {
            Leads::Rule(rule) => Some((position..position + length, rule)),
            _ => None,
        })
    }
}

/// What a first pass through the text shows.
struct Seen {
    isms: bool,
    sms: bool,
    /// Per rule: whether the words it wants beside its own are there.
    beside: Vec<bool>,
    /// Per rule: whether a sentence defines its word.
    defined: Vec<bool>,
    /// Per block and sentence: which systems it names.
    named: Vec<Vec<Named>>,
}

/// Which systems a sentence names.
#[derive(Clone, Copy, Default)]
struct Named {
    isms: bool,
    sms: bool,
}

impl Seen {
    fn of(cut: &[Words], index: &Index<'_>, wordings: &Wordings) -> Self {
        let none = vec![false; wordings.rules.len()];
        let mut seen = Self { isms: false, sms: false, beside: none.clone(), defined: none, named: Vec::new() };
        for words in cut {
            let mut named = vec![Named::default(); words.sentences()];
            for position in 0..words.len() {
                for (length, leads) in index.at(words, position) {
                    match leads {
                        Leads::Isms => seen.isms = true,
                        Leads::Sms => seen.sms = true,
                        Leads::NameOfIsms | Leads::NameOfSms => {
                            if let Some(named) = named.get_mut(words.sentence_of(position)) {
                                named.isms |= leads == Leads::NameOfIsms;
                                named.sms |= leads == Leads::NameOfSms;
                            }
                        }
                        Leads::Beside(rule) => mark(&mut seen.beside, rule),
                        Leads::Rule(rule) => {
                            let hit = position..position + length;
                            if wordings.definitions.iter().any(|phrase| fits(phrase, words, &hit)) {
                                mark(&mut seen.defined, rule);
                            }
                        }
                    }
                }
            }
            seen.named.push(named);
        }
        seen
    }

    fn concerns(&self) -> Concern {
        match (self.isms, self.sms) {
            (true, true) => Concern::Both,
            (true, false) => Concern::Isms,
            (false, true) => Concern::Sms,
            (false, false) => Concern::Unclear,
        }
    }
}

fn mark(flags: &mut [bool], position: usize) {
    if let Some(flag) = flags.get_mut(position) {
        *flag = true;
    }
}

/// The passages of the active rules, and whether there are more than are reported.
fn passages(
    text: &str,
    blocks: &[Block],
    cut: &[Words],
    index: &Index<'_>,
    seen: &Seen,
    rules: &[Option<&Wording>],
) -> (Vec<Passage>, bool) {
    let mut found = Vec::new();
    let mut walker = Walker::new(text);
    for ((block, words), named) in blocks.iter().zip(cut).zip(&seen.named) {
        let mut precise_before = vec![false; rules.len()];
        let mut position = 0;
        while position < words.len() {
            let Some((hit, place)) = index.rule_at(words, position) else {
                position += 1;
                continue;
            };
            position = hit.end;
            let Some(rule) = rules.get(place).copied().flatten() else { continue };
            let systems = named.get(words.sentence_of(hit.start)).copied().unwrap_or_default();
            if rule.precise.iter().any(|phrase| fits(phrase, words, &hit)) {
                mark(&mut precise_before, place);
            } else if !(rule.severity == WordingSeverity::Differs && systems.isms != systems.sms)
                && is_loose(rule, words, &hit, precise_before.get(place) == Some(&true))
            {
                if found.len() == MOST_PASSAGES {
                    return (found, true);
                }
                found.push(passage(text, block, words, &hit, rule, &mut walker));
            }
        }
    }
    (found, false)
}

/// Whether nothing around the word settles it; `named` says that the block has it with a precise name before.
fn is_loose(rule: &Wording, words: &Words, hit: &Range<usize>, named: bool) -> bool {
    let any = |phrases: &[Phrase]| phrases.iter().any(|phrase| fits(phrase, words, hit));
    let before = hit.start.checked_sub(1).filter(|before| words.together(*before, hit.start));
    let points_back = before.and_then(|before| words.get(before)).is_some_and(|word| POINTING_BACK.contains(&word));
    let settled = (named && points_back) || any(&rule.other);
    !settled && (rule.only.is_empty() || any(&rule.only))
}

/// Whether the words around a hit, in its sentence, are those of the phrase.
fn fits(phrase: &Phrase, words: &Words, hit: &Range<usize>) -> bool {
    let Some(last) = hit.end.checked_sub(1) else { return false };
    let word_fits = |wanted: &PhraseWord, at: Option<usize>| {
        let word = at.filter(|at| words.together(*at, hit.start)).and_then(|at| words.get(at));
        match (wanted, word) {
            (PhraseWord::Start, word) => word.is_none(),
            (PhraseWord::OneOf(wanted), Some(word)) => wanted.iter().any(|wanted| wanted == word),
            (PhraseWord::Number, Some(word)) => !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()),
            (PhraseWord::Any, Some(_)) => true,
            (_, None) => false,
        }
    };
    let mut before = phrase.before.iter().rev().enumerate();
    let mut after = phrase.after.iter().enumerate();
    before.all(|(away, wanted)| word_fits(wanted, hit.start.checked_sub(away + 1)))
        && after.all(|(away, wanted)| word_fits(wanted, Some(last + 1 + away)))
}

fn passage(
    text: &str,
    block: &Block,
    words: &Words,
    hit: &Range<usize>,
    rule: &Wording,
    walker: &mut Walker<'_>,
) -> Passage {
    let shown = words.range(hit);
    let source = block.source_of(&shown);
    let (line, column) = walker.position(source.start);
    Passage {
        offset: source.start,
        length: source.len(),
        line,
        column,
        word: block.text.get(shown).unwrap_or_else(|| text.get(source).unwrap_or_default()).to_owned(),
        term: rule.term.clone(),
        severity: rule.severity,
        sentence: words.sentence(block, hit),
        reason: rule.reason.clone(),
        suggestion: rule.suggestion.clone(),
        clauses: rule.clauses.clone(),
    }
}

/// The terms the glossary settles, and the entries that settle none.
fn settled_by_glossary(glossary: &[GlossaryEntry], standards: &Standards) -> (Vec<SettledTerm>, Vec<String>) {
    let (mut settled, mut unused): (Vec<SettledTerm>, _) = (Vec::new(), Vec::new());
    for entry in glossary {
        let lower = entry.term.trim().to_lowercase();
        let term = standards.known_term(&entry.term);
        let names_rule = |rule: &&Wording| {
            term.is_some_and(|term| term.id == rule.term) || rule.words.iter().any(|words| words.join(" ") == lower)
        };
        match standards.wordings().rules.iter().find(names_rule) {
            Some(rule) if settled.iter().any(|settled| settled.term == rule.term) => {}
            Some(rule) => settled.push(SettledTerm {
                term: rule.term.clone(),
                by: SettledBy::Glossary,
                meaning: Some(entry.meaning.clone()),
            }),
            None => unused.push(entry.term.clone()),
        }
    }
    (settled, unused)
}
