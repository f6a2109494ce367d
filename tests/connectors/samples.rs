//! Every stream of every connector has a sample, and what becomes of it is a snapshot.

use super::{at, connectors};
use concord::{
    connectors::{Item, Stream},
    embedded,
};
use serde_json::json;
use std::{collections::BTreeSet, fmt::Write, path::Path};

crate::harness::cases![samples_become_what_is_recorded, no_snapshot_is_left_over, every_connector_is_explained];

fn samples_become_what_is_recorded() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, connector) in connectors().iter() {
        for stream in connector.streams() {
            let Some(sample) = stream.sample() else { continue };
            let path = format!("connectors/{name}/{sample}");
            let sample = embedded::connectors().into_iter().find(|(found, _)| *found == path);
            let (_, sample) = sample.unwrap_or_else(|| panic!("{path} is missing"));
            let became = of_sample(stream, sample);
            settings.bind(|| insta::assert_snapshot!(snapshot(name, stream), became));
        }
    }
}

fn snapshot(connector: &str, stream: &Stream) -> String {
    format!("{connector}.{}", stream.name())
}

/// One line of JSON for every version and every row set aside, in order of the sample.
fn of_sample(stream: &Stream, sample: &str) -> String {
    let mut lines = String::new();
    for item in stream.read("sample", &stream.sample().expect("a sample"), sample.as_bytes(), at()) {
        let line = match item.expect("a sample can be read") {
            Item::Version(version) => json!({
                "external_id": version.external_id,
                "url": version.url,
                "at": version.source_updated_at,
                "version": version.source_version,
                "deleted": version.deleted,
                "body": version.body,
                "relations": version.relations,
                "attributes": version.attributes,
            }),
            Item::Reached(_) => continue,
            Item::SetAside(row) => json!({ "set_aside": row.position, "reason": row.reason, "row": row.row }),
        };
        writeln!(lines, "{line}").expect("a line");
    }
    lines
}

fn no_snapshot_is_left_over() {
    let connectors = connectors();
    let expected: BTreeSet<String> = connectors
        .iter()
        .flat_map(|(name, connector)| connector.streams().iter().map(move |stream| (name, stream)))
        .filter(|(_, stream)| stream.sample().is_some())
        .map(|(name, stream)| snapshot(name, stream))
        .map(|name| format!("{name}.snap"))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/connectors/snapshots");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the snapshots")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".snap"))
        .collect();
    assert_eq!(found, expected);
}

fn every_connector_is_explained() {
    for (name, _) in connectors().iter() {
        let path = format!("connectors/{name}/README.md");
        assert!(embedded::connectors().iter().any(|(found, _)| *found == path), "{path} is missing");
    }
}
