//! Cases of the three formats: what is reviewed in each, and where the positions point.

use super::review;
use concord::terminology::{Review, TextFormat};

crate::harness::cases![
    positions_point_into_plain_text,
    positions_point_into_markdown,
    positions_point_into_html,
    code_and_addresses_of_markdown_are_skipped,
    tags_scripts_and_code_of_html_are_skipped,
    markup_inside_a_sentence_does_not_part_it,
    blocks_part_sentences,
    html_inside_markdown_is_read_as_html,
    references_of_html_are_decoded,
    broken_markup_is_read_as_far_as_it_goes,
];

/// Every passage as `line:column word`, after checking that its offset and length give just that word.
#[track_caller]
fn places(text: &str, format: TextFormat) -> Vec<String> {
    places_of(text, &review(text, format))
}

#[track_caller]
fn places_of(text: &str, review: &Review) -> Vec<String> {
    let passages = review.passages.iter();
    passages
        .map(|passage| {
            let written = &text[passage.offset..passage.offset + passage.length];
            assert_eq!(written, passage.word, "at {}", passage.offset);
            let line = text.split('\n').nth(passage.line - 1).expect("the line exists");
            let rest: String = line.chars().skip(passage.column - 1).collect();
            let first_line = passage.word.split('\n').next().unwrap_or_default();
            assert!(rest.starts_with(first_line), "{}:{} is {rest:?}", passage.line, passage.column);
            format!("{}:{} {}", passage.line, passage.column, passage.word)
        })
        .collect()
}

fn positions_point_into_plain_text() {
    let text = "Größe: Änderung — “Every incident” counts.\r\n\r\n日本語のテキスト。 Each asset 🙂 has value;\n  third\tparties do not.";
    assert_eq!(places(text, TextFormat::Plain), ["1:26 incident", "3:16 asset", "4:3 third\tparties"]);
}

fn positions_point_into_markdown() {
    let text = "# Überblick: incidents\n\nJeder *Fall*: every **incident** zählt.\n\n- Ein “asset” hier\n  - and a [third party](https://example.org/asset)\n\n| Größe | asset |\n|---|---|\n| ä | incidents |\n";
    let expected = ["1:14 incidents", "3:23 incident", "5:8 asset", "6:12 third party", "8:11 asset", "10:7 incidents"];
    assert_eq!(places(text, TextFormat::Markdown), expected);
}

fn positions_point_into_html() {
    let text = "<!doctype html>\n<html><head><title>Größe</title></head>\n<body title=\"incident\"><p>Jede Änderung: every <b class='asset'>incident</b> zählt.</p>\n<!-- asset -->\n<ul><li>“Each asset” 🙂</li><li>third parties</li></ul></body></html>";
    assert_eq!(places(text, TextFormat::Html), ["3:65 incident", "5:15 asset", "5:32 third parties"]);
}

fn code_and_addresses_of_markdown_are_skipped() {
    let text = "---\ntitle: incident\n---\n\nUse `incident` and `asset` here, see <https://example.org/incident> or\n[the page](https://example.org/asset \"asset\").\n\n```\nevery incident\n```\n\n    each asset is code\n\n~~~toml\nincident = 1\n~~~\n\n![An asset](asset.png)\n";
    assert_eq!(places(text, TextFormat::Markdown), ["18:6 asset"], "only what the picture's text says");
}

fn tags_scripts_and_code_of_html_are_skipped() {
    let text = "<script>let incident = '<p>asset</p>';</script><style>.incident { color: red }</style>\n<pre>every incident</pre><p>Use <code>incident</code> or <kbd>asset</kbd>: <img alt=\"asset\" src=\"/asset\"></p><template><p>asset</p></template><textarea>an asset</textarea><svg><text>asset</text></svg><p>Each asset.</p>";
    assert_eq!(places(text, TextFormat::Html).len(), 1);
}

fn markup_inside_a_sentence_does_not_part_it() {
    for (text, format) in [
        (
            "Every **information security** incident, each *information* asset and the\nin the event\nof fire.",
            TextFormat::Markdown,
        ),
        ("An information security<br>incident; every <i>information</i> <b>asset</b>.", TextFormat::Html),
        ("An [information security](x) incident.", TextFormat::Markdown),
    ] {
        assert!(places(text, format).is_empty(), "{text}");
    }
    let text = "A <i>third</i> <b>party</b> and a *third* party.";
    let found = review(text, TextFormat::Html);
    assert_eq!(found.passages[0].word, "third party");
    let written = &text[found.passages[0].offset..][..found.passages[0].length];
    assert_eq!(written, "third</i> <b>party", "markup between the words is part of the passage");
    assert_eq!(found.passages[0].sentence, "A third party and a *third* party.");
}

fn blocks_part_sentences() {
    assert_eq!(places("# Major\n\nIncident counts vary.", TextFormat::Markdown), ["3:1 Incident"]);
    assert_eq!(places("- major\n- incident counts", TextFormat::Markdown), ["2:3 incident"]);
    assert_eq!(places("- major\n- incident counts", TextFormat::Plain), ["2:3 incident"]);
    assert_eq!(places("<h1>Major</h1>Incident counts", TextFormat::Html), ["1:15 Incident"]);
    assert_eq!(places("2 Major\nIncident counts", TextFormat::Plain), ["2:1 Incident"]);
    assert_eq!(places("A major. Incident counts", TextFormat::Plain), ["1:10 Incident"]);
}

fn html_inside_markdown_is_read_as_html() {
    let text = "Für alle:\n\n<div class=\"incident\">\n<p>Every incident</p>\n</div>\n\nAnd <span title=\"asset\">each</span> asset.\n";
    assert_eq!(places(text, TextFormat::Markdown), ["4:10 incident", "7:37 asset"]);
}

fn references_of_html_are_decoded() {
    let text = "<p>F&uuml;r &amp; every&nbsp;incident; a third&#160;party &c; R&D asset.</p>";
    let found = review(text, TextFormat::Html);
    assert_eq!(
        found.passages.iter().map(|passage| passage.word.as_str()).collect::<Vec<_>>(),
        ["incident", "third\u{a0}party", "asset"]
    );
    assert_eq!(&text[found.passages[1].offset..][..found.passages[1].length], "third&#160;party");
    assert!(
        found.passages[0].sentence.starts_with("Für & every incident; a third party"),
        "{}",
        found.passages[0].sentence
    );
}

fn broken_markup_is_read_as_far_as_it_goes() {
    assert_eq!(places("<p>Every incident <b>and <p>each asset <", TextFormat::Html), ["1:10 incident", "1:34 asset"]);
    assert_eq!(places("<code>x <p>each asset", TextFormat::Html), ["1:17 asset"]);
    assert!(places("<script>every incident", TextFormat::Html).is_empty());
    assert!(places("<!-- every incident", TextFormat::Html).is_empty());
    assert_eq!(places("**Every incident\n\n[each asset](", TextFormat::Markdown), ["1:9 incident", "3:7 asset"]);
    for format in TextFormat::ALL {
        for text in ["", "\u{feff}", "&", "&#;", "<", "\u{202e}", "```", "|", "İ incident ß", "~ ' s 's"] {
            places(text, *format);
        }
    }
}
