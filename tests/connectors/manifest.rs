//! Manifests: every broken rule is named with file and key.

use super::{connectors, folder, open, text};
use concord::connectors::{Connectors, Rows, SourceSettings};
use concord::model::{RecordKind, RelationType};

crate::harness::cases![
    connectors_are_listed,
    a_manifest_says_what_a_stream_is,
    every_broken_rule_is_named,
    a_syntax_error_names_its_line,
    files_have_their_place,
    paths_stay_in_the_folder,
    the_connector_has_to_exist,
    a_folder_brings_its_own_manifest,
    settings_have_no_other_keys,
];

const STREAM: &str = "files = \"t.jsonl\"\nformat = \"json_lines\"\nemit = \"ticket\"\nmapping = \"t.jq\"\n";

fn manifest(streams: &str) -> String {
    format!("title = \"T\"\nprotocol = \"files\"\n{streams}")
}

fn parse(files: &[(&str, &str)]) -> concord::error::Result<Connectors> {
    let files: Vec<_> = files.iter().map(|(path, text)| (format!("connectors/{path}"), *text)).collect();
    Connectors::parse(&files)
}

/// The problems of connector `x` with this manifest and one mapping, `t.jq`.
fn problems(manifest: &str) -> String {
    text(parse(&[("x/manifest.toml", manifest), ("x/t.jq", ".")]))
}

fn connectors_are_listed() {
    let connectors = connectors();
    let names: Vec<_> = connectors.names().collect();
    assert!(names.contains(&"http-json") && names.contains(&"servicenow-event-log"), "{names:?}");
    for (name, connector) in connectors.iter() {
        assert!(!connector.title().is_empty());
        let is_generic = matches!(name, "files" | "http-json" | "singer" | "webhook");
        assert_eq!(connector.streams().is_empty(), is_generic, "{name}");
    }
}

fn a_manifest_says_what_a_stream_is() {
    let text = manifest(&format!("[streams.t]\n{STREAM}relations = [\"caused_by\", \"affects\"]\nrows = \"versions\""));
    let connectors = parse(&[("README.md", ""), ("x/manifest.toml", &text), ("x/t.jq", ".")]).expect("valid");
    let stream = &connectors.get("x").expect("x").streams()[0];
    assert_eq!((stream.name(), stream.kind(), stream.rows()), ("t", Some(RecordKind::Ticket), Rows::Versions));
    assert_eq!(stream.relations(), [RelationType::Affects, RelationType::CausedBy]);
    assert_eq!(stream.sample().as_deref(), Some("samples/t.jsonl"));
}

fn every_broken_rule_is_named() {
    let all = problems(&manifest(
        "[streams.t]\nfiles = \"../t.jsonl\"\nformat = \"jsonlines\"\nemit = \"tickets\"\nmapping = \"s.jq\"\n\
         relations = [\"affect\"]\nrows = \"version\"\n[streams.T]\nfiles = \"[\"\nformat = \"csv\"\nemit = \"party\"\n\
         mapping = \"t.jq\"\nrelations = [\"affects\", \"provides\", \"provides\"]\n\
         [streams.edges]\nfiles = \"e.csv\"\nformat = \"csv\"\nemit = \"relation\"\nmapping = \"t.jq\"",
    ));
    for expected in [
        "connectors/x/manifest.toml: streams.t.format: `jsonlines` is not one of json_lines, csv; did you mean `json_lines`?",
        "connectors/x/manifest.toml: streams.t.emit: `tickets` is not one of ",
        "did you mean `ticket`?",
        "connectors/x/manifest.toml: streams.t.mapping: there is no `s.jq` beside the manifest; did you mean `t.jq`?",
        "connectors/x/manifest.toml: streams.t.relations: `affect` is not one of ",
        "connectors/x/manifest.toml: streams.t.rows: `version` is not one of records, versions",
        "connectors/x/manifest.toml: streams.T: a stream's name is lower-case",
        "connectors/x/manifest.toml: streams.T.files: ",
        "connectors/x/manifest.toml: streams.T.relations: `affects` does not start from a party",
        "connectors/x/manifest.toml: streams.T.relations: `provides` is named twice",
        "connectors/x/manifest.toml: streams.edges.relations: a stream that emits relations names the types",
    ] {
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
    for (text, expected) in [
        (manifest(""), "manifest.toml: streams: there are none"),
        (manifest("manifest = \"file\""), "manifest.toml: manifest: `file` is not `folder`"),
        (manifest(&format!("manifest = \"folder\"\n[streams.t]\n{STREAM}")), "streams: with `manifest = \"folder\"`"),
        (manifest("colour = 1"), "manifest.toml: colour: unknown field `colour`"),
        (manifest(&format!("[streams.t]\n{STREAM}row = 1")), "manifest.toml: streams.t.row: unknown field `row`"),
        (manifest("[streams.t]\nfiles = 5"), "manifest.toml: streams.t.files: invalid type"),
        (manifest("[streams.t]\nfiles = \"a\""), "manifest.toml: streams.t: missing field `format`"),
        ("protocol = \"files\"".into(), "manifest.toml: missing field `title`"),
        (manifest("").replace("files", "file"), "manifest.toml: protocol: `file` is not one of files, http"),
        (manifest("").replace("\"T\"", "\" \""), "manifest.toml: title: the title is empty"),
    ] {
        let all = problems(&text);
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
}

fn a_syntax_error_names_its_line() {
    assert!(problems("title = \"T\"\nprotocol = \n").starts_with("connectors/x/manifest.toml line 2: "));
    let text =
        text(parse(&[("x/manifest.toml", &manifest(&format!("[streams.t]\n{STREAM}"))), ("x/t.jq", "{\n a: }")]));
    assert!(text.starts_with("connectors/x/t.jq line 2 column 5: expected "), "{text}");
}

fn files_have_their_place() {
    let good = manifest(&format!("[streams.t]\n{STREAM}"));
    let files = [
        ("x/manifest.toml", good.as_str()),
        ("x/t.jq", "."),
        ("x/README.md", ""),
        ("x/samples/t.jsonl", ""),
        ("x/samples/u.jsonl", ""),
        ("x/samples/t.csv", ""),
        ("x/T.JQ", ""),
    ];
    let all = text(parse(&files));
    assert_eq!(all.lines().count(), 3, "{all}");
    for stray in ["connectors/x/T.JQ: ", "connectors/x/samples/t.csv: ", "connectors/x/samples/u.jsonl: "] {
        assert!(all.contains(stray), "{all}");
    }
    let unused = text(parse(&[("x/manifest.toml", &good), ("x/t.jq", "."), ("x/u.jq", ".")]));
    assert!(unused.starts_with("connectors/x/u.jq: no stream uses this mapping"), "{unused}");
    let two = text(parse(&[("x/README.md", ""), ("y/manifest.toml", "a")]));
    assert!(two.contains("connectors/x: there is no manifest.toml\nconnectors/y/manifest.toml line 1: "), "{two}");
}

fn paths_stay_in_the_folder() {
    for path in ["../t.jsonl", "/etc/t.jsonl", "a/../../t.jsonl", "a\\\\b", "", "a//b", "./a", "**/a", "[", "{a"] {
        let all = problems(&manifest(&format!("[streams.t]\n{}", STREAM.replace("t.jsonl", path))));
        assert!(all.starts_with("connectors/x/manifest.toml: streams.t.files: "), "{path}: {all}");
    }
}

fn the_connector_has_to_exist() {
    let folder = folder::<&str>(&[]);
    let error = text(open("file", folder.path()));
    assert!(error.starts_with("sources.desk.connector: there is no connector `file`, only files, "), "{error}");
    assert!(error.ends_with("did you mean `files`?"), "{error}");
    let settings = SourceSettings::in_folder("files", folder.path());
    assert!(text(connectors().open("a b", &settings)).contains("is not the name of a source"));
}

fn a_folder_brings_its_own_manifest() {
    let good = manifest(&format!("[streams.t]\n{STREAM}"));
    let own = folder(&[("manifest.toml", good.as_str()), ("t.jq", "."), ("t.jsonl", "")]);
    assert_eq!(open("files", own.path()).expect("a source").streams().len(), 1);

    let empty = folder::<&str>(&[]);
    let error = text(open("files", empty.path()));
    assert!(error.contains("/manifest.toml: cannot be read: "), "{error}");

    let again = folder(&[("manifest.toml", manifest("manifest = \"folder\""))]);
    assert!(text(open("files", again.path())).contains("manifest.toml: manifest: a folder names its own streams"));

    let broken = folder(&[("manifest.toml", good.as_str()), ("t.jq", ". |")]);
    let error = text(open("files", broken.path()));
    assert!(
        error.starts_with(&broken.path().display().to_string()) && error.contains("/t.jq line 1 column 4"),
        "{error}"
    );

    let bytes = folder(&[("manifest.toml", b"title = \"\xFF\"")]);
    assert!(text(open("files", bytes.path())).contains("/manifest.toml: cannot be read: "));
}

fn settings_have_no_other_keys() {
    let settings: SourceSettings = toml::from_str("connector = \"files\"\nfolder = \"data\"").expect("settings");
    assert!(settings.enabled);
    let wrong = toml::from_str::<SourceSettings>("connector = \"files\"\nfolder = \"data\"\nfolders = 1");
    assert!(wrong.is_err_and(|error| error.message().contains("folders")));
}
