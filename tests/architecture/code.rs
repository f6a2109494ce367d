//! Rust text as tokens, without comments and literals, and the modules its paths name.

/// A word, `::`, or another single character, and where it starts.
pub struct Token<'a> {
    pub at: usize,
    pub text: &'a str,
}

/// The tokens of a Rust file. Comments, texts and characters are left out.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = if let Some(length) = raw_text(rest) {
            length
        } else if word > 0 {
            found.push(Token { at, text: &rest[..word] });
            word
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if next == '"' {
            quoted(rest, '"')
        } else if next == '\'' {
            character(rest)
        } else if rest.starts_with("::") {
            found.push(Token { at, text: "::" });
            2
        } else {
            if !next.is_whitespace() {
                found.push(Token { at, text: &rest[..next.len_utf8()] });
            }
            next.len_utf8()
        };
        at += length;
    }
    found
}

/// The number of the line a position lies in.
pub fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The length of the raw text `r#"…"#` here, if there is one.
fn raw_text(rest: &str) -> Option<usize> {
    let start = ["r", "br", "cr"].into_iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = start.len() - start.trim_start_matches('#').len();
    let inner = start[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inner.find(&end).map_or(rest.len(), |length| rest.len() - inner.len() + length + end.len()))
}

/// The length of the comment here, which may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    for (at, _) in rest.match_indices(['/', '*']) {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

/// The length of the literal here, from its quote to the next that is not escaped.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the character here, or of the quote that starts a lifetime.
fn character(rest: &str) -> usize {
    let mut after = rest.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 1,
    }
}

/// The folders and file name of a Rust file below `src/`, as modules: `src/store/mod.rs` is `["store"]`.
pub fn module(path: &str) -> Vec<&str> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|name| !matches!(*name, "mod" | "lib" | "main")).collect()
}

/// The top modules that paths of a file below `src/` name, by `crate::` or enough `super::`, and where.
pub fn top_modules<'a>(path: &str, tokens: &[Token<'a>]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut braces = Vec::new();
    let depth = module(path).len();
    for (i, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => braces.push(i >= 2 && text(tokens, i - 2) == "mod"),
            "}" => drop(braces.pop()),
            "crate" if text(tokens, i + 1) == "::" => follow(tokens, i + 2, 0, &mut found),
            "super" if i == 0 || text(tokens, i - 1) != "::" => {
                let inner = braces.iter().filter(|is_module| **is_module).count();
                follow(tokens, i, depth + inner, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Follows a path, or each path of a group, whose next part lies `depth` modules below the root of the crate.
fn follow<'a>(tokens: &[Token<'a>], at: usize, depth: usize, found: &mut Vec<(usize, &'a str)>) {
    match text(tokens, at) {
        "super" if depth > 0 && text(tokens, at + 1) == "::" => follow(tokens, at + 2, depth - 1, found),
        "{" => {
            let mut open = 0;
            for (i, token) in tokens.iter().enumerate().skip(at) {
                match token.text {
                    "{" => open += 1,
                    "}" => open -= 1,
                    _ => {}
                }
                match token.text {
                    _ if open == 0 => break,
                    "{" | "," if open == 1 => follow(tokens, i + 1, depth, found),
                    _ => {}
                }
            }
        }
        "" | "}" | "self" => {}
        name if depth == 0 => found.push((tokens[at].at, name)),
        _ => {}
    }
}

fn text<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}
