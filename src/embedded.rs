//! The data folders compiled into the program, as (path, text) pairs handed to whoever parses them.

use include_dir::{Dir, include_dir};

static CONNECTORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/connectors");
static EXAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples");
static INDICATORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/indicators");
static STANDARDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/standards");

/// A compiled-in file: its path from the top of the project, and its text.
pub type File = (String, &'static str);

/// `connectors/<system>/…`.
pub fn connectors() -> Vec<File> {
    files("connectors", &CONNECTORS)
}

/// `examples/<organisation>/…`.
pub fn examples() -> Vec<File> {
    files("examples", &EXAMPLES)
}

/// `indicators/<id>.toml`.
pub fn indicators() -> Vec<File> {
    files("indicators", &INDICATORS)
}

/// `standards/….toml`.
pub fn standards() -> Vec<File> {
    files("standards", &STANDARDS)
}

fn files(top: &str, folder: &'static Dir<'static>) -> Vec<File> {
    fn collect(top: &str, folder: &'static Dir<'static>, found: &mut Vec<File>) {
        for file in folder.files() {
            if let Some(text) = file.contents_utf8() {
                found.push((format!("{top}/{}", file.path().display()), text));
            }
        }
        for inner in folder.dirs() {
            collect(top, inner, found);
        }
    }
    let mut found = Vec::new();
    collect(top, folder, &mut found);
    found.sort();
    found
}
