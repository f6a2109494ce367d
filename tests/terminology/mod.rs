//! Cases of `concord::terminology`.

mod bounds;
mod formats;
mod sentences;
mod settled;

use concord::{
    embedded,
    standards::Standards,
    terminology::{self, GlossaryEntry, Review, TextFormat},
};
use std::sync::LazyLock;

/// The data the program carries.
static STANDARDS: LazyLock<Standards> =
    LazyLock::new(|| Standards::parse(&embedded::standards()).unwrap_or_else(|error| panic!("{error}")));

/// Reviews without a glossary.
#[track_caller]
fn review(text: &str, format: TextFormat) -> Review {
    terminology::review(text, format, &[], &STANDARDS).unwrap_or_else(|error| panic!("{error}"))
}

/// An entry of a glossary.
fn entry(term: &str, meaning: &str) -> GlossaryEntry {
    GlossaryEntry { term: term.into(), meaning: meaning.into() }
}

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [bounds::trials(), formats::trials(), sentences::trials(), settled::trials()].into_iter().flatten().collect()
}
