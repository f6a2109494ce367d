//! The text of an expression: parsed as CEL, with a line and column for every node.

use crate::error::Problem;
use cel::common::ast::{IdedExpr, SourceInfo};

/// The greatest length of an expression, in bytes.
pub const MAX_LENGTH: usize = 4_000;

/// A parsed expression's text and the places of its nodes.
pub(super) struct Source<'t> {
    text: &'t str,
    info: SourceInfo,
}

impl<'t> Source<'t> {
    /// Parses CEL. CEL's own macros are off: `has(owner)` stays a call, for authors name fields without a record
    /// before them.
    pub(super) fn parse(text: &'t str) -> Result<(Self, IdedExpr), Vec<Problem>> {
        if text.len() > MAX_LENGTH {
            return Err(vec![Problem::new("1:1", format!("an expression has at most {MAX_LENGTH} characters"))]);
        }
        if text.trim().is_empty() {
            return Err(vec![Problem::new("1:1", "an expression is expected; `true` holds always")]);
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
        let before: String = self.text.chars().take(offset).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{line}:{column}")
    }
}
