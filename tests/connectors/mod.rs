//! Cases of `concord::connectors`, and the folder of files most of them read.

mod envelope;
mod event_log;
mod http;
mod http_manifest;
mod manifest;
mod mapping;
mod own;
mod rows;
mod samples;
mod singer;
mod webhook;

use concord::{
    connectors::{Connectors, Item, Reached, Reading, SetAside, Source, SourceSettings},
    embedded,
    error::Result,
    model::{RecordVersion, Timestamp},
};
use std::path::Path;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let trials = [
        envelope::trials(),
        event_log::trials(),
        http::trials(),
        http_manifest::trials(),
        own::trials(),
        manifest::trials(),
        mapping::trials(),
        rows::trials(),
        samples::trials(),
        singer::trials(),
        webhook::trials(),
    ];
    trials.into_iter().flatten().collect()
}

/// The connectors of the program.
fn connectors() -> Connectors {
    Connectors::parse(&embedded::connectors()).expect("the connectors are valid")
}

/// The time of reading.
fn at() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// A temporary folder with these files.
fn folder<T: AsRef<[u8]>>(files: &[(&str, T)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }
    folder
}

/// The folder as source `desk`, read through a connector.
fn open(connector: &str, folder: &Path) -> Result<Source> {
    let settings = SourceSettings::in_folder(connector, folder);
    connectors().open("desk", &settings)
}

/// What a source brings: rows read, versions, rows set aside, and how far its streams came.
#[derive(Default)]
struct Brought {
    reached: Vec<Reached>,
    rows: u64,
    versions: Vec<RecordVersion>,
    set_aside: Vec<SetAside>,
}

fn read(source: &Source) -> Result<Brought> {
    gather(source.read(at()))
}

fn gather(mut reading: Reading) -> Result<Brought> {
    let mut brought = Brought::default();
    for arrival in reading.by_ref() {
        match arrival?.item {
            Item::Version(version) => brought.versions.push(version),
            Item::SetAside(set_aside) => brought.set_aside.push(set_aside),
            Item::Reached(reached) => brought.reached.push(reached),
        }
    }
    brought.rows = reading.rows();
    Ok(brought)
}

/// What `input` brings through a mapping: the one stream `tickets` of a folder.
fn bring(emit: &str, relations: &str, mapping: &str, file: &str, input: impl AsRef<[u8]>) -> Brought {
    let format = if file.ends_with(".csv") { "csv" } else { "json_lines" };
    let manifest = format!(
        "title = \"Desk\"\nprotocol = \"files\"\n[streams.tickets]\nfiles = \"{file}\"\nformat = \"{format}\"\n\
         emit = \"{emit}\"\nmapping = \"tickets.jq\"\nrelations = [{relations}]\n"
    );
    let files = [("manifest.toml", manifest.as_bytes()), ("tickets.jq", mapping.as_bytes()), (file, input.as_ref())];
    let folder = folder(&files);
    let source = open("files", folder.path()).unwrap_or_else(|error| panic!("{error}"));
    read(&source).unwrap_or_else(|error| panic!("{error}"))
}

/// The problem texts of an error.
fn text<T>(result: Result<T>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_else(|| panic!("no error"))
}
