//! Words and clause numbers of a text, and which words mean the same or nearly so.

use rust_stemmers::{Algorithm, Stemmer};
use std::ops::Range;

/// What a text is made of, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word.
    Word(String),
    /// A clause number in its normal form.
    Number(String),
}

/// Words that are in every text and say nothing of it.
const FILLERS: [&str; 25] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from", "how", "in", "is", "it", "of", "on",
    "or", "that", "the", "to", "what", "which", "with",
];

/// The words and numbers of a text, each with its place in it. Words that say nothing are left out.
pub fn tokens(text: &str) -> Vec<(Range<usize>, Token)> {
    let mut found = Vec::new();
    for run in runs(text, |c, next| c.is_alphanumeric() || c == '.' && next.is_some_and(char::is_alphanumeric)) {
        let whole = text.get(run.clone()).unwrap_or_default();
        // The 1 of `iso20000-1-2011` is no clause.
        let in_name = !whole.contains('.')
            && (text.get(..run.start).is_some_and(|before| before.ends_with('-'))
                || text.get(run.end..).is_some_and(|after| after.starts_with('-')));
        if !in_name && is_number(whole) {
            found.push((run, Token::Number(normal_number(whole))));
            continue;
        }
        for part in runs(whole, |c, _| c.is_alphanumeric()) {
            let word = whole.get(part.clone()).unwrap_or_default().to_lowercase();
            if !FILLERS.contains(&word.as_str()) {
                found.push((run.start + part.start..run.start + part.end, Token::Word(word)));
            }
        }
    }
    found
}

/// The longest stretches of characters that belong together, by the character and the one after it.
fn runs(text: &str, belongs: impl Fn(char, Option<char>) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut open: Option<usize> = None;
    while let Some((at, c)) = characters.next() {
        match (belongs(c, characters.peek().map(|(_, next)| *next)), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                found.push(start..at);
                open = None;
            }
            _ => {}
        }
    }
    found.extend(open.map(|start| start..text.len()));
    found
}

/// True for a clause number: `4`, `6.6.2`, `5.1.a`, `A.8.1.1`, also written `A8.1.1`.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let letter = |part: &str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let number = normal_number(text);
    let mut parts = number.strip_prefix("a.").unwrap_or(&number).split('.');
    // Digits, then digits or letters: an item of a clause may have items itself.
    parts.next().is_some_and(digits) && parts.all(|part| digits(part) || letter(part))
}

/// A number in the one form numbers are compared in: `a.8.1.1`.
pub fn normal_number(text: &str) -> String {
    let number = text.trim_matches('.').to_lowercase();
    match number.strip_prefix('a') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("a.{rest}"),
        _ => number,
    }
}

/// True if a number is that of something above the other: `6.6` is above `6.6.2`.
pub fn is_above(number: &str, other: &str) -> bool {
    other.strip_prefix(number).is_some_and(|rest| rest.starts_with('.'))
}

/// What words of one root have in common: `policies` and `policy`, `audited` and `audit`.
pub fn stem(word: &str) -> String {
    // The algorithm is for English, and its words are ASCII.
    if word.is_ascii() { Stemmer::create(Algorithm::English).stem(word).into_owned() } else { word.into() }
}

/// How far a word that is found nowhere is from one that is: 1 if it begins so, else the number of typing errors, of
/// which a word of four to seven letters may have one and a longer one two. `None` if it is too far away.
pub fn distance(word: &str, spelling: &str) -> Option<usize> {
    let (length, other) = (word.chars().count(), spelling.chars().count());
    if length >= 3 && spelling.starts_with(word) {
        return Some(1);
    }
    let allowed = match length {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    if length.abs_diff(other) > allowed {
        return None;
    }
    Some(strsim::osa_distance(word, spelling)).filter(|distance| *distance <= allowed)
}
