//! Regular expressions, compiled once in each thread: the interpreter compiles one each time it comes by.

use jaq_json::{Error, Val, ValR};
use jaq_std::ValT;
use regex_bites::bytes::Regex;
use std::{cell::RefCell, collections::HashMap};

/// The most expressions that a thread keeps.
const MAX_KEPT: usize = 200;

/// `test(re)`: whether a text matches, by the interpreter's own engine.
pub fn test(text: &Val, expression: &Val) -> ValR {
    thread_local! {
        static KEPT: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    let fail = |error: String| Error::str(format_args!("invalid regex: {error}"));
    let expression = str::from_utf8(expression.try_as_utf8_bytes()?).map_err(|error| fail(error.to_string()))?;
    KEPT.with_borrow_mut(|kept| {
        if !kept.contains_key(expression) {
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            let made = Regex::new(expression).map_err(|error| fail(error.to_string()))?;
            kept.insert(expression.to_owned(), made);
        }
        let text = text.try_as_utf8_bytes()?;
        Ok(Val::Bool(kept.get(expression).is_some_and(|made| made.is_match(text))))
    })
}
