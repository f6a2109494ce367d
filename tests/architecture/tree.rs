//! The files of the project, and what is asked of their text.

use std::{fs, path::Path};

/// Every text file of the project: its path from the top, and its text. What git ignores and git's own are left out.
pub fn files() -> Vec<(String, String)> {
    fn walk(top: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            if matches!(name.as_str(), ".git" | "target" | "concord-demo") {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                walk(top, &path, found);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((name, text));
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(top, top, &mut found);
    found.sort();
    found
}

/// What is wrong with the first line: it says what a Rust file, or a data file in TOML or jq, is for.
pub fn wrong_first_line(path: &str, text: &str) -> Option<String> {
    let is_data = ["connectors/", "indicators/", "standards/"].iter().any(|folder| path.starts_with(folder));
    let mark = match path.rsplit_once('.')?.1 {
        "rs" => "//! ",
        "toml" | "jq" if is_data => "# ",
        _ => return None,
    };
    let first = text.lines().next().unwrap_or_default();
    let says_something = first.strip_prefix(mark).is_some_and(|words| !words.trim().is_empty());
    (!says_something).then(|| format!("{path}:1: `{mark}` and what the file is for is expected"))
}

/// Lines that name a place on somebody's machine.
pub fn machine_paths(path: &str, text: &str) -> Vec<String> {
    let homes = ["home", "root", "Users", "work"].map(|folder| format!("/{folder}/"));
    let names_one = |line: &str| {
        homes.iter().any(|home| {
            line.match_indices(home.as_str()).any(|(at, _)| {
                // Inside an address or a relative path, something else comes before.
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-~*}/".contains(c)) || line[..at].ends_with("file://")
            })
        })
    };
    let lines = text.lines().enumerate().filter(|(_, line)| names_one(line));
    lines.map(|(number, _)| format!("{path}:{}: a path of one machine", number + 1)).collect()
}
