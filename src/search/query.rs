//! What is searched for: words and clause numbers, of a bounded length.

use super::words::{self, Token};
use crate::error::{Error, Result};

/// The words and numbers to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
    numbers: Vec<String>,
}

impl Query {
    /// The longest query, in characters.
    pub const LONGEST: usize = 200;

    /// Reads a query.
    ///
    /// # Errors
    /// `Invalid`, naming the parameter `q`, if it is longer than 200 characters or holds no word and no number.
    pub fn parse(text: &str) -> Result<Self> {
        let length = text.chars().count();
        if length > Self::LONGEST {
            return Err(Error::invalid("q", format!("has {length} characters; at most {} are read", Self::LONGEST)));
        }
        let mut query = Self { words: Vec::new(), numbers: Vec::new() };
        for (_, token) in words::tokens(text) {
            match token {
                Token::Word(word) => query.words.push(word),
                Token::Number(number) => query.numbers.push(number),
            }
        }
        for list in [&mut query.words, &mut query.numbers] {
            list.sort_unstable();
            list.dedup();
        }
        if query.words.is_empty() && query.numbers.is_empty() {
            return Err(Error::invalid("q", "a word or a clause number to look for is needed, such as `q=incidents`"));
        }
        Ok(query)
    }

    /// The words, in lower case.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The clause numbers, in the form they are compared in.
    pub(super) fn numbers(&self) -> &[String] {
        &self.numbers
    }
}
