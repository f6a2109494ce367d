//! Which parts of an entry a query fits, as text cut into parts, so that nobody has to count characters.

use super::{
    Entry,
    words::{self, Token},
};
use crate::model::names;
use serde::Serialize;
use std::{collections::BTreeSet, ops::Range};
use utoipa::ToSchema;

names! {
    /// What a highlight is taken from.
    pub enum HighlightField {
        Id = "id",
        Title = "title",
        Text = "text",
    }
}

/// A stretch of an entry that a query fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Highlight {
    /// What it is taken from.
    pub field: HighlightField,
    /// The stretch, in parts; joined they are the text.
    pub parts: Vec<Part>,
}

/// A part of a stretch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Part {
    /// As it is written there; an ellipsis stands for what is left out before and after.
    pub text: String,
    /// True for what fits the query.
    pub matched: bool,
}

/// The longest stretch of a text, in characters; a title is shown whole.
const LONGEST: usize = 240;

/// How much of a long text is shown before what fits, in characters.
const BEFORE: usize = 60;

/// What fits in the id, title and text of an entry, field by field; fields where nothing does are left out.
pub fn highlights(entry: &Entry, stems: &BTreeSet<&str>, numbers: &[String]) -> Vec<Highlight> {
    let fields = [
        (HighlightField::Id, &entry.id, usize::MAX),
        (HighlightField::Title, &entry.title, usize::MAX),
        (HighlightField::Text, &entry.text, LONGEST),
    ];
    let of = |(field, text, longest): (HighlightField, &String, usize)| {
        let fitting = fitting(text, stems, numbers);
        let first = fitting.first()?;
        let window = window(text, first.start, longest);
        Some(Highlight { field, parts: parts(text, &window, &fitting) })
    };
    fields.into_iter().filter_map(of).collect()
}

/// Where the words and numbers looked for are.
fn fitting(text: &str, stems: &BTreeSet<&str>, numbers: &[String]) -> Vec<Range<usize>> {
    let fits = |token: &Token| match token {
        Token::Word(word) => stems.contains(words::stem(word).as_str()),
        Token::Number(number) => numbers.iter().any(|wanted| wanted == number || words::is_above(wanted, number)),
    };
    words::tokens(text).into_iter().filter(|(_, token)| fits(token)).map(|(place, _)| place).collect()
}

/// The stretch of a long text around a place, from the start of a word to the end of one.
fn window(text: &str, place: usize, longest: usize) -> Range<usize> {
    if text.chars().nth(longest).is_none() {
        return 0..text.len();
    }
    let before = text.get(..place).unwrap_or_default();
    let start =
        before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| {
            before.get(at..).and_then(|rest| rest.find(' ')).map_or(place, |space| at + space + 1)
        });
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(longest).map_or(rest.len(), |(cut, _)| {
        rest.get(..cut).and_then(|kept| kept.rfind(' ')).filter(|space| start + space > place).unwrap_or(cut)
    });
    start..start + end
}

fn parts(text: &str, window: &Range<usize>, fitting: &[Range<usize>]) -> Vec<Part> {
    let mut found = Vec::new();
    let mut push = |range: Range<usize>, matched| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            found.push(Part { text: text.into(), matched });
        }
    };
    let mut at = window.start;
    for place in fitting.iter().filter(|place| place.start >= window.start && place.end <= window.end) {
        push(at..place.start, false);
        push(place.clone(), true);
        at = place.end;
    }
    push(at..window.end, false);
    let ellipsis = || Part { text: "…".into(), matched: false };
    if window.start > 0 {
        found.insert(0, ellipsis());
    }
    if window.end < text.len() {
        found.push(ellipsis());
    }
    found
}
