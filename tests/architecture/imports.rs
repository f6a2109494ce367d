//! Which module may import which, and the libraries only one module may know.

use super::code::{self, Token};

/// Every module below `src/` and the modules it may import besides itself. `config.rs`, `lib.rs` and `main.rs` are not
/// bound: the first two gather what all offer, the last starts it.
const TABLE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("embedded", &[]),
    ("model", &["error"]),
    ("standards", &["model", "error"]),
    ("planning", &["standards", "model", "error"]),
    ("terminology", &["standards", "model", "error"]),
    ("tokens", &["model", "error"]),
    ("connectors", &["standards", "model", "error"]),
    ("store", &["standards", "model", "error"]),
    ("indicators", &["standards", "model", "error"]),
    ("assess", &["indicators", "standards", "model", "error"]),
    ("report", &["model", "error"]),
    ("search", &["model", "error"]),
    ("evaluate", &["store", "assess", "indicators", "standards", "model", "error"]),
    (
        "answers",
        &["evaluate", "report", "search", "store", "assess", "indicators", "planning", "standards", "model", "error"],
    ),
    ("events", &["store", "model", "error"]),
    ("ingest", &["evaluate", "connectors", "store", "assess", "indicators", "standards", "model", "error"]),
    ("schedule", &["ingest", "evaluate", "events", "store", "assess", "model", "error"]),
    (
        "api",
        &[
            "config",
            "schedule",
            "report",
            "search",
            "events",
            "ingest",
            "answers",
            "evaluate",
            "store",
            "connectors",
            "assess",
            "indicators",
            "planning",
            "standards",
            "terminology",
            "tokens",
            "model",
            "error",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "schedule",
            "report",
            "search",
            "events",
            "ingest",
            "answers",
            "evaluate",
            "store",
            "connectors",
            "assess",
            "indicators",
            "planning",
            "standards",
            "terminology",
            "tokens",
            "model",
            "error",
            "embedded",
        ],
    ),
];

/// Files the table does not bind.
const FREE: &[&str] = &["config", "lib", "main"];

/// The one command that may call `api`, for itself and the others.
const CALL_API: &[&str] = &["src/cli/serve.rs"];

/// Libraries, by the start of their name, and the only module that may name them.
const LIBRARIES: &[(&str, &str)] = &[
    ("diesel", "store"),
    ("libsqlite3_sys", "store"),
    ("tokio_postgres", "store"),
    ("actix", "api"),
    ("utoipa_actix_web", "api"),
    ("utoipa_swagger_ui", "api"),
];

/// The files that may ask the system for the time; everything else is handed a clock.
const CLOCKS: &[&str] = &["src/model/time.rs", "src/tokens.rs"];

/// Where a file below `src/` breaks the table.
pub fn wrong_imports(path: &str, text: &str) -> Vec<String> {
    let Some(from) = top(path) else { return Vec::new() };
    if FREE.contains(&from) {
        return Vec::new();
    }
    let Some((_, allowed)) = TABLE.iter().find(|(module, _)| *module == from) else {
        return vec![format!("{path}: the module `{from}` has no row in the table of imports")];
    };
    code::top_modules(path, &code::tokens(text))
        .into_iter()
        .filter(|(_, to)| *to != from && !allowed.contains(to))
        .filter(|(_, to)| !(*to == "api" && CALL_API.contains(&path)))
        .map(|(at, to)| format!("{path}:{}: `{from}` may not import `{to}`", code::line(text, at)))
        .collect()
}

/// Where a file below `src/` names a library that is another module's own.
pub fn wrong_libraries(path: &str, text: &str) -> Vec<String> {
    let owner = |word: &str| LIBRARIES.iter().find(|(start, _)| word.starts_with(start)).map(|(_, owner)| *owner);
    code::tokens(text)
        .iter()
        .filter_map(|token| Some((token, owner(token.text)?)))
        .filter(|(_, owner)| top(path) != Some(owner))
        .map(|(token, owner)| place(path, text, token, &format!("only `{owner}` may use `{}`", token.text)))
        .collect()
}

/// True if the file knows jq.
pub fn knows_jq(text: &str) -> bool {
    code::tokens(text).iter().any(|token| matches!(token.text, "jaq_core" | "jaq_json" | "jaq_std"))
}

/// Where a file below `src/` asks the system for the time.
pub fn wrong_clocks(path: &str, text: &str) -> Vec<String> {
    if CLOCKS.contains(&path) {
        return Vec::new();
    }
    code::tokens(text)
        .windows(3)
        .filter(|part| matches!(part[0].text, "Timestamp" | "Utc" | "Local" | "SystemTime"))
        .filter(|part| part[1].text == "::" && part[2].text == "now")
        .map(|part| place(path, text, &part[0], "the clock is handed in"))
        .collect()
}

/// Where a Rust file holds what was only meant for a moment.
pub fn unfinished(path: &str, text: &str) -> Vec<String> {
    code::tokens(text)
        .windows(2)
        .filter(|part| matches!(part[0].text, "todo" | "unimplemented" | "dbg") && part[1].text == "!")
        .map(|part| place(path, text, &part[0], &format!("`{}!` is left", part[0].text)))
        .collect()
}

/// The first folder or file below `src/`.
fn top(path: &str) -> Option<&str> {
    path.strip_prefix("src/")?.split('/').next().map(|name| name.trim_end_matches(".rs"))
}

fn place(path: &str, text: &str, token: &Token<'_>, rule: &str) -> String {
    format!("{path}:{}: {rule}", code::line(text, token.at))
}
