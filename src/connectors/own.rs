//! Connectors of the operator's own: folders read from disk, checked as those that are compiled in.

use super::{Connector, Connectors, files::read_text, parse_folder, sample};
use crate::{
    connectors::Item,
    error::{Error, Problem, Result},
    model::Timestamp,
};
use std::{collections::BTreeMap, fs, path::Path};

/// The most files of one connector.
const MAX_FILES: usize = 1_000;

impl Connectors {
    /// Adds the connectors that are folders of this folder; one of a known name replaces it.
    ///
    /// # Errors
    /// `Invalid` with every problem of every one of them.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self> {
        let unreadable = |error: std::io::Error| Error::invalid(folder.display().to_string(), error.to_string());
        let mut problems = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.path().is_dir() || name.starts_with('.') {
                continue;
            }
            match Connector::read(&entry.path()) {
                Ok(connector) => drop(self.0.insert(name, connector)),
                Err(Error::Invalid(found)) => problems.extend(found),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(Error::Invalid(problems)) }
    }
}

impl Connector {
    /// Reads and checks the connector that is this folder.
    ///
    /// # Errors
    /// `Invalid` with every problem: file, key or position, and rule.
    pub fn read(folder: &Path) -> Result<Self> {
        let texts = texts(folder)?;
        let files: BTreeMap<&str, &str> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let manifest = parse_folder(&folder.display().to_string(), &files).map_err(Error::Invalid)?;
        Ok(Self { manifest, is_own: true })
    }

    /// What each sample in the connector's folder becomes, one line of JSON for every version and every row set aside,
    /// by the file that is expected to hold the same, `samples/<stream>.expected.jsonl`.
    pub fn run_samples(&self, folder: &Path, at: Timestamp) -> Result<BTreeMap<String, String>> {
        let mut became = BTreeMap::new();
        for stream in self.streams() {
            let Some(sample) = stream.sample() else { continue };
            let path = folder.join(&sample);
            let place = path.display().to_string();
            let file = fs::File::open(&path)
                .map_err(|error| Error::invalid(&place, format!("a stream has a sample, a few rows of it: {error}")))?;
            let mut lines = String::new();
            for item in stream.read("sample", &sample, std::io::BufReader::new(file), at) {
                let line = match item? {
                    Item::Version(version) => sample::to_json(&version),
                    Item::SetAside(row) => {
                        serde_json::json!({"set_aside": row.position, "reason": row.reason, "row": row.row})
                    }
                    Item::Reached(_) => continue,
                };
                lines.push_str(&format!("{line}\n"));
            }
            became.insert(stream.expected(), lines);
        }
        Ok(became)
    }
}

/// The files of a folder and of the folders in it, by their path below it.
fn texts(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        let unreadable = |error: std::io::Error| Error::invalid(folder.display().to_string(), error.to_string());
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                if prefix.is_empty() {
                    waiting.push((entry.path(), format!("{name}/")));
                }
            } else if found.len() == MAX_FILES {
                return Err(Error::invalid(folder.display().to_string(), format!("more than {MAX_FILES} files")));
            } else {
                match read_text(&entry.path()) {
                    Ok(text) => drop(found.insert(name, text)),
                    // Of a sample only its name matters here; it may be longer than what is read whole.
                    Err(_) if prefix == "samples/" => drop(found.insert(name, String::new())),
                    Err(rule) => problems.push(Problem::new(entry.path().display().to_string(), rule)),
                }
            }
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Error::Invalid(problems)) }
}
