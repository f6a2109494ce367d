//! Cases of terms that are settled, by the organisation's glossary or by the text itself.

use super::{STANDARDS, entry, review};
use concord::terminology::{self, GlossaryEntry, Review, SettledBy, TextFormat};

crate::harness::cases![
    a_glossary_settles_a_term,
    plurals_and_other_names_settle_it_too,
    entries_that_settle_nothing_are_told,
    a_definition_in_the_text_settles_its_word,
    what_looks_like_a_definition_does_not,
];

const TEXT: &str = "Every incident is logged. Each asset is listed.";

fn with_glossary(glossary: &[GlossaryEntry]) -> Review {
    terminology::review(TEXT, TextFormat::Plain, glossary, &STANDARDS).expect("is reviewed")
}

fn terms(review: &Review) -> Vec<&str> {
    review.passages.iter().map(|passage| passage.term.as_str()).collect()
}

fn a_glossary_settles_a_term() {
    assert_eq!(terms(&with_glossary(&[])), ["incident", "asset"]);
    let review = with_glossary(&[entry("incident", "service incident"), entry("incident", "again")]);
    assert_eq!(terms(&review), ["asset"]);
    let [settled] = &review.settled[..] else { panic!("{:?}", review.settled) };
    assert_eq!((&*settled.term, settled.by), ("incident", SettledBy::Glossary));
    assert_eq!(settled.meaning.as_deref(), Some("service incident"));
}

fn plurals_and_other_names_settle_it_too() {
    for name in ["Incidents", "INCIDENT", " service incidents "] {
        assert_eq!(terms(&with_glossary(&[entry(name, "as in ISO/IEC 20000-1")])), ["asset"], "{name}");
    }
    let text = "A vendor signed. The service desk knows it.";
    let glossary = [entry("vendors", "suppliers")];
    let review = terminology::review(text, TextFormat::Plain, &glossary, &STANDARDS).expect("is reviewed");
    assert!(review.passages.is_empty());
}

fn entries_that_settle_nothing_are_told() {
    let review = with_glossary(&[entry("incidnet", "x"), entry("effectiveness", "y"), entry("asset", "z")]);
    assert_eq!(review.unused_glossary, ["incidnet", "effectiveness"]);
    assert_eq!(terms(&review), ["incident"]);
}

fn a_definition_in_the_text_settles_its_word() {
    for definition in [
        "Incident means an interruption of a service.",
        "In this document, an incident means an interruption of a service.",
        "An incident is defined as an interruption of a service.",
        "The term \"incident\" refers to interruptions.",
        "By incident we mean an interruption.",
        "**Incident** means an interruption.",
    ] {
        let found = review(&format!("{TEXT}\n\n{definition}"), TextFormat::Markdown);
        assert_eq!(terms(&found), ["asset"], "{definition}");
        assert_eq!(found.settled[0].by, SettledBy::Text);
    }
}

fn what_looks_like_a_definition_does_not() {
    for sentence in [
        "Reporting an incident means calling the desk.",
        "Closing each incident is defined as work.",
        "The term incident is used twice.",
    ] {
        assert_eq!(terms(&review(sentence, TextFormat::Plain)), ["incident"], "{sentence}");
    }
}
