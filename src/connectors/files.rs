//! The protocol `files`: which files of a folder belong to a stream, and the folder that brings its own manifest.

use super::manifest::{self, Manifest};
use crate::{
    error::{Error, Problem, Result},
    model::names,
};
use globset::{GlobBuilder, GlobMatcher};
use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// The largest manifest or mapping read from a folder, in bytes.
const MAX_TEXT: u64 = 1 << 20;

names! {
    /// How the rows of a file are written.
    pub enum Format {
        /// One JSON object a line, UTF-8.
        JsonLines = "json_lines",
        /// Comma-separated, UTF-8, the first row names the columns (RFC 4180).
        Csv = "csv",
    }
}

impl Format {
    /// How the names of such files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// Which files of a folder are a stream's, and how they are written.
#[derive(Clone)]
pub(super) struct FilePattern {
    pattern: String,
    matcher: GlobMatcher,
    pub format: Format,
}

/// A file to read: its path, and its name relative to the source's folder.
pub(super) struct Found {
    pub path: PathBuf,
    pub name: String,
}

impl FilePattern {
    /// Reads a glob relative to the folder. It cannot leave the folder and names every folder below it.
    pub fn parse(pattern: &str, format: Format) -> Result<Self, String> {
        if pattern.starts_with('/') || pattern.contains('\\') || pattern.split('/').any(|part| part == "..") {
            return Err(format!("`{pattern}` leaves the source's folder; write a path below it, with `/`"));
        }
        if pattern.contains("**") || pattern.split('/').any(|part| part.is_empty() || part == ".") {
            return Err(format!("`{pattern}` is not of the form `name` or `folder/name`; `**` is not supported"));
        }
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.to_string())?;
        Ok(Self { pattern: pattern.into(), matcher: glob.compile_matcher(), format })
    }

    /// The matching files in order of name; none is an error that says so.
    pub fn find(&self, folder: &Path) -> Result<Vec<Found>, String> {
        let mut found = Vec::new();
        let depth = self.pattern.matches('/').count();
        self.collect(folder, "", depth, &mut found).map_err(|error| format!("{}: {error}", folder.display()))?;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        if found.is_empty() {
            return Err(format!(
                "no file in {} matches `{}`; put one there, or take the stream out of the manifest",
                folder.display(),
                self.pattern
            ));
        }
        Ok(found)
    }

    fn collect(&self, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<Found>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(own_name) = path.file_name() else { continue };
            let name = format!("{prefix}{}", own_name.to_string_lossy());
            if depth > 0 && path.is_dir() {
                self.collect(&path, &format!("{name}/"), depth - 1, found)?;
            } else if self.matcher.is_match(&name) && path.is_file() {
                found.push(Found { path, name });
            }
        }
        Ok(())
    }
}

/// Reads the manifest and the mappings a folder brings.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest> {
    let place = folder.display().to_string();
    let text = read_text(&folder.join("manifest.toml"))
        .map_err(|rule| Error::invalid(format!("{place}/manifest.toml"), format!("{rule}; it names the streams")))?;
    let mut mappings = BTreeMap::new();
    let mut problems = Vec::new();
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    for entry in entries.map_err(|error| Error::invalid(&place, error.to_string()))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".jq") {
            match read_text(&entry.path()) {
                Ok(program) => drop(mappings.insert(name, program)),
                Err(rule) => problems.push(Problem::new(format!("{place}/{name}"), rule)),
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let mappings = mappings.iter().map(|(name, program)| (name.as_str(), program.as_str())).collect();
    let manifest = manifest::parse(&place, &text, &mappings).map_err(Error::Invalid)?;
    match manifest.streams {
        Some(_) => Ok(manifest),
        None => Err(Error::invalid(format!("{place}/manifest.toml: manifest"), "a folder names its own streams")),
    }
}

/// The text of a file that is not too long.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(MAX_TEXT + 1).read_to_string(&mut text).map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > MAX_TEXT {
        return Err(format!("longer than {MAX_TEXT} bytes"));
    }
    Ok(text)
}
