//! Cases of what a review refuses and of how much it takes and reports.

use super::{STANDARDS, entry, review};
use concord::{
    error::Error,
    terminology::{self, GlossaryEntry, LONGEST_TEXT, MOST_GLOSSARY_ENTRIES, MOST_PASSAGES, TextFormat},
};
use std::time::{Duration, Instant};

crate::harness::cases![
    too_long_a_text_is_refused,
    binary_is_refused,
    a_bad_glossary_is_refused_entry_by_entry,
    no_more_passages_than_promised,
    a_long_sentence_is_cut_around_the_word,
    time_grows_with_the_text_alone,
];

#[track_caller]
fn refused(text: &str, glossary: &[GlossaryEntry]) -> Vec<String> {
    match terminology::review(text, TextFormat::Plain, glossary, &STANDARDS) {
        Err(Error::Invalid(problems)) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn too_long_a_text_is_refused() {
    assert_eq!(refused(&"x".repeat(LONGEST_TEXT + 1), &[]), ["text: has 1048577 bytes; at most 1048576 are reviewed"]);
    review(&"x".repeat(LONGEST_TEXT), TextFormat::Plain);
}

fn binary_is_refused() {
    assert_eq!(refused("PK\u{3}\0incident", &[]), ["text: has a NUL character at byte 3: it must be text"]);
}

fn a_bad_glossary_is_refused_entry_by_entry() {
    let found = refused("x", &[entry("incident", " "), entry("asset", "ours"), entry("", "x")]);
    assert_eq!(found, ["glossary[0].meaning: is empty", "glossary[2].term: is empty"]);
    let many = vec![entry("x", "y"); MOST_GLOSSARY_ENTRIES + 1];
    assert_eq!(refused("x", &many), ["glossary: has 1001 entries; at most 1000 are taken"]);
}

fn no_more_passages_than_promised() {
    let text = |times: usize| "Every incident counts. ".repeat(times);
    let just = review(&text(MOST_PASSAGES), TextFormat::Plain);
    assert_eq!((just.passages.len(), just.more), (MOST_PASSAGES, false));
    let over = review(&text(MOST_PASSAGES + 1), TextFormat::Plain);
    assert_eq!((over.passages.len(), over.more), (MOST_PASSAGES, true));
    assert_eq!(over.passages, just.passages, "the first ones, in order");
}

fn a_long_sentence_is_cut_around_the_word() {
    let text = format!("{} incident {}", "größer ".repeat(5_000), "länger ".repeat(5_000));
    let found = review(&text, TextFormat::Plain);
    let sentence = &found.passages[0].sentence;
    assert!(sentence.contains(" incident ") && sentence.chars().count() < 400, "{sentence}");
    assert!(sentence.starts_with('…') && sentence.ends_with('…'));
}

/// One full-size text, and large ones of the shapes that are hard on parsers: quadratic work would take minutes.
fn time_grows_with_the_text_alone() {
    const PROSE: &str = "Every incident and asset of a third party has records, controls and events. ";
    let units = [
        PROSE,
        "incident ",
        "the ",
        "[",
        "<b>",
        "<p",
        "&",
        "&amp;",
        "*a_ ",
        "`",
        "> ",
        "- ",
        "<code>",
        "<pre>",
        "a.b",
        "|",
        "\n",
        "![](",
        "~ ",
        "'s ",
        "<!--",
        "information security ",
        "a|b\n-|-\n",
        "[^1]",
        "<div>\n",
    ];
    let shapes = units.map(|unit| (unit, LONGEST_TEXT / 10)).into_iter().chain([(PROSE, LONGEST_TEXT)]);
    for (unit, length) in shapes {
        for format in TextFormat::ALL {
            let text = unit.repeat(length / unit.len());
            let started = Instant::now();
            review(&text, *format);
            let taken = started.elapsed();
            assert!(taken < Duration::from_secs(20), "{format} of {unit:?} took {taken:?}");
        }
    }
}
