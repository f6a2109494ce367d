//! Connectors of the operator's own folder: added, laid over, checked, and their samples run.

use super::{at, connectors, folder, text};
use concord::connectors::Connector;

crate::harness::cases![own_connectors_are_added_and_laid_over, samples_are_run];

const MANIFEST: &str = "title = \"Own\"\nprotocol = \"files\"\n[streams.t]\nfiles = \"*.jsonl\"\nformat = \"json_lines\"\nemit = \"risk\"\nmapping = \"t.jq\"\n";

fn own_connectors_are_added_and_laid_over() {
    let own = folder(&[
        ("mine/manifest.toml", MANIFEST),
        ("mine/t.jq", "{external_id: .id}"),
        ("servicenow-event-log/manifest.toml", MANIFEST),
        ("servicenow-event-log/t.jq", "{external_id: .id}"),
        (".git/config", "no connector"),
        ("README.md", "no connector"),
    ]);
    let laid = connectors().with_folder(own.path()).expect("they are valid");
    for name in ["mine", "servicenow-event-log"] {
        let connector = laid.get(name).expect(name);
        assert_eq!((connector.title(), connector.is_own()), ("Own", true));
    }
    assert!(!laid.get("files").expect("files").is_own());
    let broken = folder(&[("mine/manifest.toml", "title = \"Own\""), ("mine/t.jq", "{")]);
    let error = text(connectors().with_folder(broken.path()));
    assert!(error.contains("mine/manifest.toml: missing field `protocol`"), "{error}");
}

fn samples_are_run() {
    let own = folder(&[
        ("manifest.toml", MANIFEST),
        ("t.jq", "{external_id: .id}"),
        ("samples/t.jsonl", "{\"id\": 1}\n{}\n"),
        ("samples/t.expected.jsonl", ""),
    ]);
    let connector = Connector::read(own.path()).expect("it is valid");
    let became = connector.run_samples(own.path(), at()).expect("they run");
    let lines: Vec<&str> = became["samples/t.expected.jsonl"].lines().collect();
    assert!(lines[0].contains("\"external_id\":\"1\"") && lines[1].contains("`external_id`: null"), "{lines:?}");
    std::fs::remove_file(own.path().join("samples/t.jsonl")).expect("removed");
    assert!(text(connector.run_samples(own.path(), at())).contains("a stream has a sample"));
}
