//! Reports as printable pages: one HTML file that needs nothing else, no script, and reads well on paper too.
//!
//! Text is escaped by `maud`; what a record says can't become markup.
//!
//! ```
//! use concord::report::{Column, Page, Tone, page};
//! use maud::html;
//!
//! let body = page::section("Verdict", html! { p { (page::badge("high", Tone::Poor)) } });
//! let text = Page::new("Supplier report", "As of 2026-03-31").with(body).render();
//! assert!(text.starts_with("<!DOCTYPE html>") && !text.contains("<script"));
//! ```

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style of every page, for screen and paper.
const STYLE: &str = include_str!("page.css");

/// A page that is being put together.
pub struct Page {
    title: String,
    subtitle: String,
    body: Vec<Markup>,
}

/// How good or bad something is. A page never says it by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Neither good nor bad, or not known.
    Neutral,
    /// As it should be.
    Good,
    /// Not quite as it should be.
    Fair,
    /// Bad.
    Poor,
    /// As bad as it gets.
    Bad,
}

impl Tone {
    /// The name the style knows it by.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Bad => "bad",
        }
    }
}

impl Page {
    /// A page with nothing but its heads.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), body: Vec::new() }
    }

    /// The page with something more at its end.
    pub fn with(mut self, part: Markup) -> Self {
        self.body.push(part);
        self
    }

    /// The whole HTML document.
    pub fn render(&self) -> String {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="generator" content="concord";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        p.subtitle { (self.subtitle) }
                    }
                    main { @for part in &self.body { (part) } }
                }
            }
        };
        document.into_string()
    }
}

/// A part of a page with a heading.
pub fn section(heading: &str, body: Markup) -> Markup {
    html! { section { h2 { (heading) } (body) } }
}

/// What matters most, in a sentence.
pub fn verdict(tone: Tone, sentence: Markup) -> Markup {
    html! { p class={ "verdict " (tone.class()) } { (sentence) } }
}

/// A word with the colour of its tone.
pub fn badge(text: &str, tone: Tone) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// A word or date that stays on one line.
pub fn unbroken(text: &str) -> Markup {
    html! { span.nowrap { (text) } }
}

/// A remark beside the content, such as a standing notice.
pub fn note(text: &str) -> Markup {
    html! { p.note { (text) } }
}

/// A few figures in large type, each with what it is.
pub fn figures(of: &[(&str, Markup)]) -> Markup {
    html! { dl.figures { @for (name, value) in of { div { dt { (name) } dd { (value) } } } } }
}

/// What the colours of a chart stand for.
pub fn legend(of: &[(Tone, &str)]) -> Markup {
    html! { ul.legend { @for (tone, text) in of { li { span class={ "swatch " (tone.class()) } {} (text) } } } }
}

/// Names with what they stand for, line by line.
pub fn facts(of: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in of { dt { (name) } dd { (value) } } } }
}

/// The head of a column of a page's table.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    text: &'static str,
    numeric: bool,
}

impl Head {
    /// A column of text.
    pub const fn text(text: &'static str) -> Self {
        Self { text, numeric: false }
    }

    /// A column of numbers, aligned at their ends.
    pub const fn number(text: &'static str) -> Self {
        Self { text, numeric: true }
    }
}

/// A table; without lines it says `empty` instead.
pub fn table(caption: &str, heads: &[Head], lines: &[Vec<Markup>], empty: &str) -> Markup {
    let class = |column: usize| heads.get(column).is_some_and(|head| head.numeric).then_some("number");
    if lines.is_empty() {
        return html! { p.empty { (empty) } };
    }
    html! {
        div.wide { table {
            caption { (caption) }
            thead { tr { @for (column, head) in heads.iter().enumerate() {
                th scope="col" class=[class(column)] { (head.text) }
            } } }
            tbody { @for line in lines { tr { @for (column, cell) in line.iter().enumerate() {
                td class=[class(column)] { (cell) }
            } } } }
        } }
    }
}

/// A link to a record in its source if it is an address of the web, else the text alone.
pub fn link(address: Option<&str>, text: &str) -> Markup {
    match address.filter(|address| address.starts_with("https://") || address.starts_with("http://")) {
        Some(address) => html! { a href=(address) rel="noreferrer" { (text) } },
        None => html! { (text) },
    }
}

/// A number with one decimal.
pub fn decimal(number: f64) -> String {
    format!("{number:.1}")
}
