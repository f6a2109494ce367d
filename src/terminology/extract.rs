//! From a text in one of three formats to its blocks of prose.

use super::block::{Block, Blocks};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// The longest character reference of HTML, with `&` and `;`.
const LONGEST_REFERENCE: usize = 34;
/// The longest line of plain text taken for a heading, in bytes, where the next one starts anew.
const LONGEST_HEADING: usize = 60;
/// Elements that do not interrupt a sentence.
const INLINE: [&str; 26] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font", "i", "ins", "label", "mark",
    "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr",
];
/// Elements whose text is code, in a sentence.
const CODE: [&str; 5] = ["code", "kbd", "samp", "tt", "var"];
/// Elements whose text is no prose at all.
const SKIPPED: [&str; 7] = ["math", "pre", "script", "style", "svg", "template", "textarea"];

/// Paragraphs, list entries and headings of plain text.
pub(super) fn plain(text: &str) -> Vec<Block> {
    let mut blocks = Blocks::default();
    let mut at = 0;
    let mut heading = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let is_entry = ["- ", "* ", "• "].iter().any(|marker| content.starts_with(marker));
        let is_new = heading && content.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase());
        if content.is_empty() || is_entry || is_new {
            blocks.end();
        }
        blocks.open.push(text, at..at + line.len());
        at += line.len();
        heading = content.len() <= LONGEST_HEADING && content.ends_with(char::is_alphanumeric);
    }
    blocks.finish()
}

/// Paragraphs, headings, list entries and cells of Markdown.
pub(super) fn markdown(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut blocks = Blocks::default();
    let (mut skipping, mut address) = (false, false);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => {
                blocks.end();
                read_html(text, range, &mut blocks);
                skipping = true;
            }
            Event::Start(Tag::CodeBlock(_) | Tag::MetadataBlock(_)) => {
                blocks.end();
                skipping = true;
            }
            Event::End(TagEnd::HtmlBlock | TagEnd::CodeBlock | TagEnd::MetadataBlock(_)) => skipping = false,
            Event::Start(Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. }) => address = true,
            Event::End(TagEnd::Link) => address = false,
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Image) => {}
            Event::Start(_) | Event::End(_) | Event::Rule => blocks.end(),
            _ if skipping => {}
            Event::Text(seen) if address => blocks.open.push_opaque(&seen, range),
            Event::Text(seen) if text.get(range.clone()) == Some(&*seen) => blocks.open.push(text, range),
            Event::Text(seen) => blocks.open.push_as(&seen, range),
            Event::Code(seen) | Event::InlineMath(seen) | Event::DisplayMath(seen) => {
                blocks.open.push_opaque(&seen, range);
            }
            Event::SoftBreak | Event::HardBreak => blocks.open.push_as(" ", range),
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }
    blocks.finish()
}

/// Text of HTML by block-level element.
pub(super) fn html(text: &str) -> Vec<Block> {
    let mut blocks = Blocks::default();
    read_html(text, 0..text.len(), &mut blocks);
    blocks.finish()
}

/// What the text of an element is taken for.
enum Inside {
    Prose,
    /// Until the end tag of this name, or the next block-level element.
    Code(String),
    /// Until the end tag of this name.
    Skipped(String),
}

fn read_html(text: &str, within: Range<usize>, blocks: &mut Blocks) {
    let first = within.start;
    let Some(part) = text.get(within) else { return };
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut inside = Inside::Prose;
    for Ok(token) in Tokenizer::new_with_emitter(part, emitter) {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                if matches!(inside, Inside::Skipped(_)) {
                    continue;
                }
                if SKIPPED.contains(&name.as_str()) && !tag.self_closing {
                    blocks.end();
                    inside = Inside::Skipped(name);
                } else if CODE.contains(&name.as_str()) {
                    inside = Inside::Code(name);
                } else if name == "br" {
                    blocks.open.push_as(" ", first + tag.span.start..first + tag.span.end);
                } else if !INLINE.contains(&name.as_str()) {
                    inside = Inside::Prose;
                    blocks.end();
                }
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name);
                inside = match inside {
                    Inside::Code(open) | Inside::Skipped(open) if open == name => Inside::Prose,
                    Inside::Code(_) if !INLINE.contains(&&*name) => Inside::Prose,
                    other => other,
                };
                if !INLINE.contains(&&*name) && !CODE.contains(&&*name) {
                    blocks.end();
                }
            }
            Token::String(string) => {
                let range = first + string.span.start..first + string.span.end;
                match inside {
                    Inside::Prose => push_with_references(text, range, &mut blocks.open),
                    Inside::Code(_) => {
                        blocks.open.push_opaque(&String::from_utf8_lossy(&string.value), range);
                    }
                    Inside::Skipped(_) => {}
                }
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
}

/// Appends text with its character references, such as `&nbsp;`, decoded.
fn push_with_references(text: &str, range: Range<usize>, block: &mut Block) {
    let mut at = range.start;
    while let Some(rest) = text.get(at..range.end).filter(|rest| !rest.is_empty()) {
        let plain = rest.find('&').unwrap_or(rest.len());
        block.push(text, at..at + plain);
        at += plain;
        let Some(rest) = rest.get(plain..).filter(|rest| !rest.is_empty()) else { break };
        let length = rest.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';').map(|end| end + 1);
        let reference = length.and_then(|length| rest.get(..length)).filter(|reference| {
            reference.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b';'))
        });
        match reference {
            Some(reference) => block.push_as(&decoded(reference), at..at + reference.len()),
            None => block.push(text, at..at + 1),
        }
        at += reference.map_or(1, str::len);
    }
}

fn decoded(reference: &str) -> String {
    let mut text = String::new();
    for Ok(token) in Tokenizer::new(reference) {
        if let Token::String(string) = token {
            text.push_str(&String::from_utf8_lossy(&string.value));
        }
    }
    text
}
