//! The text of an expression: parsed as CEL, with a line and column for every node.

use crate::error::Problem;
use cel::common::ast::{IdedExpr, SourceInfo};

/// The greatest length of an expression, in bytes.
pub const MAX_LENGTH: usize = 4_000;
/// How many words and signs an expression has at the most; a name is one, `>=` are two.
pub const MAX_WORDS: usize = 400;
/// How many brackets and `?` an expression opens at the most.
pub const MAX_NESTING: usize = 64;
/// The parser needs up to 130 KB of stack for each bracket in a build without optimisation.
const STACK: usize = 64 << 20;

/// A parsed expression's text and the places of its nodes.
pub(super) struct Source<'t> {
    text: &'t str,
    info: SourceInfo,
}

impl<'t> Source<'t> {
    /// Parses CEL. CEL's own macros are off: `has(owner)` stays a call, for authors name fields without a record
    /// before them.
    pub(super) fn parse(text: &'t str) -> Result<(Self, IdedExpr), Vec<Problem>> {
        let refused = |rule: String| Err(vec![Problem::new("1:1", rule)]);
        if text.len() > MAX_LENGTH {
            return refused(format!("an expression has at most {MAX_LENGTH} bytes"));
        }
        if text.matches(['(', '[', '{', '?']).count() > MAX_NESTING {
            return refused(format!("an expression opens at most {MAX_NESTING} brackets"));
        }
        if words(text) > MAX_WORDS {
            return refused(format!("an expression has at most {MAX_WORDS} words and signs"));
        }
        if text.trim().is_empty() {
            return refused("an expression is expected; `true` holds always".into());
        }
        let parsed = cel::Env::default().parser().parse_with_source_info(text);
        parsed.map(|(tree, info)| (Self { text, info }, tree)).map_err(|errors| {
            let problem = |error: &cel::ParseError| {
                let (line, column) = error.pos;
                Problem::new(format!("{}:{}", line.max(1), column.max(1)), error.msg.replace("<EOF>", "the end"))
            };
            errors.errors.iter().map(problem).collect()
        })
    }

    /// `line:column` of a node, both from 1; columns count characters.
    pub(super) fn position(&self, node: u64) -> String {
        let offset = self.info.offset_for(node).map_or(0, |(start, _)| start as usize);
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{line}:{column}")
    }
}

/// Runs something that descends into an expression of any form on a stack that is large enough for it.
pub(super) fn on_large_stack<T: Send>(descend: impl FnOnce() -> T + Send) -> Result<T, Vec<Problem>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, descend);
        thread.ok().and_then(|thread| thread.join().ok())
    })
    .ok_or_else(|| vec![Problem::new("1:1", "the expression cannot be read")])
}

fn words(text: &str) -> usize {
    let (mut words, mut inside) = (0, false);
    for c in text.chars() {
        let is_letter = c.is_alphanumeric() || c == '_';
        words += usize::from(!(c.is_whitespace() || is_letter && inside));
        inside = is_letter;
    }
    words
}
