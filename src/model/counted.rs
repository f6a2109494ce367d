//! Numbers of things in words.

use std::fmt::Display;

/// `1 ticket`, `2 tickets`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{ending}")
}
