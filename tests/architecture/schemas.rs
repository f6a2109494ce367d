//! The types that become schemas of the OpenAPI document, which knows each by its bare name: a second type of the same
//! name would take the place of the first, and nothing would say so.

use super::code;
use std::collections::BTreeMap;

/// Types that are in no operation, and so in the way of none.
const IN_NO_OPERATION: &[(&str, &str)] = &[("src/connectors/files.rs", "Format")];

/// The names of the types of a Rust file that derive `ToSchema`, themselves or through `names!`.
pub fn schema_types(text: &str) -> Vec<&str> {
    let tokens = code::tokens(text);
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let derives = is(at, "derive") && {
            let derived = tokens[at..].iter().take_while(|token| token.text != ")");
            derived.into_iter().any(|token| token.text == "ToSchema")
        };
        if !(derives || is(at, "names") && is(at + 1, "!")) {
            continue;
        }
        let kind = (at..tokens.len()).find(|at| is(*at, "struct") || is(*at, "enum"));
        found.extend(kind.and_then(|kind| tokens.get(kind + 1)).map(|name| name.text));
    }
    found
}

/// Names that several types of the files have.
pub fn clashes<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, text) in files {
        for name in schema_types(text).into_iter().filter(|name| !IN_NO_OPERATION.contains(&(path, name))) {
            owners.entry(name).or_default().push(path);
        }
    }
    let several = owners.into_iter().filter(|(_, paths)| paths.len() > 1);
    several.map(|(name, paths)| format!("`{name}` is a schema in {}", paths.join(" and in "))).collect()
}
