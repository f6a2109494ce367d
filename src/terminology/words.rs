//! The words and sentences of a block.

use super::block::Block;
use std::ops::Range;

/// How much of a sentence is shown before and after the word, in characters.
const SHOWN: usize = 120;

/// A block cut into words.
pub(super) struct Words {
    /// The block's text with ASCII letters in lower case: of the same length.
    lower: String,
    tokens: Vec<Token>,
    /// Where each sentence starts in the text.
    sentences: Vec<usize>,
}

/// A word, or code or an address, which is like no word.
struct Token {
    range: Range<usize>,
    /// Its sentence's place.
    sentence: usize,
    is_word: bool,
}

impl Words {
    /// Cuts a block.
    pub fn of(block: &Block) -> Self {
        let mut words = Self { lower: block.text.to_ascii_lowercase(), tokens: Vec::new(), sentences: Vec::new() };
        let mut at = 0;
        for opaque in &block.opaque {
            words.read(&block.text, at..opaque.start);
            words.add(&block.text, opaque.clone(), false);
            at = opaque.end;
        }
        words.read(&block.text, at..block.text.len());
        words
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The word at this place in lower case; empty for code and addresses, nothing past either end.
    pub fn get(&self, position: usize) -> Option<&str> {
        let token = self.tokens.get(position)?;
        if token.is_word { self.lower.get(token.range.clone()) } else { Some("") }
    }

    /// Whether two words stand in one sentence.
    pub fn together(&self, one: usize, other: usize) -> bool {
        let sentence = |position: usize| self.tokens.get(position).map(|token| token.sentence);
        sentence(one).is_some() && sentence(one) == sentence(other)
    }

    /// The place of the word's sentence, from 0.
    pub fn sentence_of(&self, position: usize) -> usize {
        self.tokens.get(position).map_or(0, |token| token.sentence)
    }

    /// How many sentences there are.
    pub fn sentences(&self) -> usize {
        self.sentences.len()
    }

    /// The part of the block's text that these words take.
    pub fn range(&self, words: &Range<usize>) -> Range<usize> {
        let start = self.tokens.get(words.start).map_or(0, |token| token.range.start);
        let end =
            words.end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.range.end);
        start..end
    }

    /// The sentence around a word, with its white space evened out, cut where it is long.
    pub fn sentence(&self, block: &Block, words: &Range<usize>) -> String {
        let sentence = self.sentence_of(words.start);
        let start = self.sentences.get(sentence).copied().unwrap_or(0);
        let end = self.sentences.get(sentence + 1).copied().unwrap_or(block.text.len());
        let word = self.range(words);
        let before = block.text.get(start..word.start).unwrap_or_default();
        let after = block.text.get(word.start..end).unwrap_or_default();
        let cut_before = before.char_indices().rev().nth(SHOWN).map_or(0, |(at, _)| at);
        let cut_after = after.char_indices().nth(2 * SHOWN).map_or(after.len(), |(at, _)| at);
        let shown = [before.get(cut_before..), after.get(..cut_after)].into_iter().flatten().collect::<String>();
        let mut text = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        if cut_before > 0 {
            text.insert(0, '…');
        }
        if cut_after < after.len() {
            text.push('…');
        }
        text
    }

    /// Reads the words of a stretch of prose, run of characters by run.
    fn read(&mut self, text: &str, range: Range<usize>) {
        let Some(prose) = text.get(range.clone()) else { return };
        let mut at = range.start;
        for run in prose.split_inclusive(char::is_whitespace) {
            if is_identifier(run) {
                self.add(text, at..at + run.trim_end().len(), false);
            } else {
                self.read_run(text, run, at);
            }
            at += run.len();
        }
    }

    fn read_run(&mut self, text: &str, run: &str, first: usize) {
        let mut at = first;
        for part in run.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            let possessive = word.eq_ignore_ascii_case("s")
                && text.get(..at).is_some_and(|before| before.ends_with(['\'', '\u{2019}']))
                && at > first;
            if !word.is_empty() && !possessive {
                self.add(text, at..at + word.len(), true);
            }
            at += part.len();
        }
    }

    fn add(&mut self, text: &str, range: Range<usize>, is_word: bool) {
        let gap = self.tokens.last().and_then(|last| text.get(last.range.end..range.start));
        let capital = !text.get(range.start..).is_some_and(|rest| rest.starts_with(char::is_lowercase));
        if self.sentences.is_empty() || (capital && gap.is_some_and(ends_sentence)) {
            self.sentences.push(range.start);
        }
        self.tokens.push(Token { range, sentence: self.sentences.len().saturating_sub(1), is_word });
    }
}

/// Whether what stands between two words ends a sentence: a full stop or the like, then white space.
fn ends_sentence(gap: &str) -> bool {
    let mut after_stop = false;
    for c in gap.chars() {
        if after_stop && c.is_whitespace() {
            return true;
        }
        let closes = matches!(c, '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}' | '*' | '_');
        after_stop = matches!(c, '.' | '!' | '?') || (after_stop && closes);
    }
    false
}

/// Whether a run of characters is an address, a path or a name of a program rather than prose.
fn is_identifier(run: &str) -> bool {
    let run = run.trim_matches(|c: char| c.is_whitespace() || (c.is_ascii_punctuation() && !matches!(c, '/' | '#')));
    let dotted = || {
        run.split('.').collect::<Vec<_>>().windows(2).any(|parts| {
            parts.first().is_some_and(|part| part.ends_with(char::is_alphabetic))
                && parts.last().is_some_and(|part| part.starts_with(char::is_alphabetic))
        })
    };
    run.contains("://") || run.contains(['@', '_', '\\', '=']) || run.starts_with(['/', '#']) || dotted()
}
