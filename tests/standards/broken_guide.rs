//! Cases of broken body links and guidance: each names file, link or point, and rule.

use concord::{
    embedded,
    error::{Error, Problem},
    standards::Standards,
};

crate::harness::cases![
    a_link_of_the_table_is_refused,
    ends_of_links_must_resolve,
    a_pair_stands_once,
    links_cite_clauses_the_guidance_lists,
    points_must_resolve,
    operations_have_a_form,
    one_file_of_each,
];

/// The problems of the embedded data with one replacement made in one of its files.
#[track_caller]
fn problems(file: &str, old: &str, new: &str) -> Vec<String> {
    let mut files = embedded::standards();
    let broken = files.iter_mut().find(|(path, _)| path.contains(file)).expect("the file exists");
    assert!(broken.1.contains(old), "{old}");
    let text = broken.1.replacen(old, new, 1);
    broken.1 = text.leak();
    load(&files)
}

#[track_caller]
fn load(files: &[(String, &str)]) -> Vec<String> {
    match Standards::parse(files) {
        Err(Error::Invalid(problems)) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("must not load: {other:?}"),
    }
}

const CAPACITY: &str = "requirement = \"A.12.1.3\"\nreference = \"6.5\"";

fn a_link_of_the_table_is_refused() {
    let found = problems("body-links", CAPACITY, "requirement = \"A.12.3.1\"\nreference = \"6.3.2\"");
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with("(`A.12.3.1`, `6.3.2`): row 75 of the table holds this already"), "{}", found[0]);
}

fn ends_of_links_must_resolve() {
    let found = problems("body-links", CAPACITY, "requirement = \"A.12.1.9\"\nreference = \"6.55\"");
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("iso27001-2013 has no requirement `A.12.1.9`; did you mean"), "{}", found[0]);
    assert!(found[1].contains("iso20000-1-2011 has no requirement `6.55`; did you mean"), "{}", found[1]);
    let found = problems("body-links", "relation = \"overlap\"", "relation = \"overlaps\"");
    assert!(found[0].contains("unknown variant `overlaps`"), "{}", found[0]);
}

fn a_pair_stands_once() {
    let found = problems("body-links", CAPACITY, "requirement = \"A.8.1.1\"\nreference = \"9.1\"");
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with("this pair is here twice: name all its clauses in one link"), "{}", found[0]);
}

fn links_cite_clauses_the_guidance_lists() {
    let found = problems("body-links", "guide = [\"6.3.4\"]", "guide = [\"6.3.44\"]");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("the guidance lists no clause `6.3.44`; did you mean `6.3.4`?"), "{}", found[0]);
    assert!(problems("body-links", "guide = [\"6.3.4\"]", "guide = []")[0].ends_with("names no clause of the guide"));
}

fn points_must_resolve() {
    let found = problems("guidance", "touches.iso27001-2013 = [\"4.4\"]", "touches.iso27001-2013 = [\"4.9\"]");
    assert!(found[0].contains("point `5.1-starting-state`: touches.iso27001-2013: iso27001-2013 has no"), "{found:?}");
    let found = problems("guidance", "topics = [\"system-planning\"]", "topics = [\"system-plan\"]");
    assert!(found[0].ends_with("there is no topic `system-plan`; did you mean `system-planning`?"), "{found:?}");
    let found = problems("guidance", "id = \"6.3.6-2\"", "id = \"6.3.66-2\"");
    assert!(found[0].contains("point `6.3.66-2`: the id is a clause of the guide"), "{found:?}");
    let found = problems("guidance", "id = \"6.3.6-2\"", "id = \"6.3.6-1\"");
    assert!(found[0].ends_with("point `6.3.6-1`: this id is here twice"), "{found:?}");
}

fn operations_have_a_form() {
    for operation in ["get /api/v1/topics", "GET /topics", "GET"] {
        let found = problems("guidance", "GET /api/v1/correspondence\"", &format!("{operation}\""));
        assert!(found[0].contains(&format!("operations: `{operation}` is no method and path")), "{found:?}");
    }
}

fn one_file_of_each() {
    for (file, what) in [("body-links", "are body links"), ("guidance", "is guidance")] {
        let mut files = embedded::standards();
        let twice = files.iter().find(|(path, _)| path.contains(file)).expect("the file exists").clone();
        files.push(("another.toml".into(), twice.1));
        let found = load(&files);
        assert_eq!(found, [format!("another.toml: there {what} already, in {}", twice.0)]);
    }
}
