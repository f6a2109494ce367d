//! Cases of broken data files: each names file, key and rule, and all problems come at once.

use concord::{
    embedded,
    error::{Error, Problem},
    standards::Standards,
};

crate::harness::cases![
    sound_files_load,
    an_unknown_key_is_named_with_its_line,
    broken_toml_is_named_with_its_line,
    a_bad_relation_lists_the_good_ones,
    a_relation_must_fit_its_row,
    references_must_resolve,
    duplicates_are_named,
    parents_must_exist,
    levels_of_the_annex_are_the_editions_own,
    numbers_and_items_have_a_form,
    a_differing_title_needs_a_note,
    topics_must_be_sound,
    references_must_share_a_topic,
    all_problems_come_at_once,
    an_edition_may_come_or_go_alone,
    a_file_must_hold_something,
];

const FROM: &str = r#"
[edition]
id = "security-1"
name = "Security"
title = "Security requirements"
system = "isms"
annex = ["domain", "control"]
requirements = [
  { number = "4", title = "Context" },
  { number = "4.1", title = "Issues", items = ["a", "b"] },
  { number = "A.5", title = "Organizational controls" },
  { number = "A.5.1", title = "Policies" },
]
"#;

const TO: &str = r#"
[edition]
id = "service-1"
name = "Service"
title = "Service requirements"
system = "sms"
requirements = [
  { number = "1", title = "Scope", normative = false },
  { number = "4", title = "General", items = ["a", "a.1"] },
  { number = "5", title = "Processes" },
]
"#;

const TOPICS: &str = r#"
[[topic]]
id = "context"
meaning = "issues known"
table.security-1 = ["4.1"]
table.service-1 = ["4"]
body.security-1 = ["A.5.1"]
"#;

const TABLE: &str = r#"
[correspondence]
name = "Table"
from = "security-1"
to = "service-1"

[[correspondence.row]]
requirement = "4.1"
title = "Issues"
relation = "mapped"
references = [{ clause = "4", title = "General", items = ["a.1"] }]

[[correspondence.row]]
requirement = "A.5"
title = "Organizational controls"
relation = "heading"
"#;

/// Loads the small files with replacements made, each of which must find its text.
fn load(replacements: &[(&str, &str)]) -> Result<Standards, Vec<Problem>> {
    let mut files = [("from.toml", FROM), ("to.toml", TO), ("topics.toml", TOPICS), ("table.toml", TABLE)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
    for (old, new) in replacements {
        let file = files.iter_mut().find(|(_, text)| text.contains(old)).expect("some file has the text");
        file.1 = file.1.replacen(old, new, 1);
    }
    parse(&files.each_ref().map(|(path, text)| (path.clone(), text.as_str())))
}

fn parse(files: &[(String, &str)]) -> Result<Standards, Vec<Problem>> {
    Standards::parse(files).map_err(|error| match error {
        Error::Invalid(problems) => problems,
        other => panic!("{other:?}"),
    })
}

/// The problems of the small files with one replacement made, as text.
#[track_caller]
fn problems(old: &str, new: &str) -> Vec<String> {
    load(&[(old, new)]).expect_err("must not load").iter().map(Problem::to_string).collect()
}

fn sound_files_load() {
    let standards = load(&[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!((standards.requirements().len(), standards.topics().len(), standards.rows().len()), (6 + 5, 1, 2));
}

fn an_unknown_key_is_named_with_its_line() {
    let found = problems("name = \"Table\"", "name = \"Table\"\ncolour = \"grey\"");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("table.toml line 4: correspondence"), "{}", found[0]);
    assert!(found[0].contains("unknown field `colour`"), "{}", found[0]);
    let found = problems("clause = \"4\",", "clause = \"4\", titel = \"General\",");
    assert!(found[0].starts_with("table.toml line 11: correspondence.row[0].references[0]"), "{}", found[0]);
}

fn broken_toml_is_named_with_its_line() {
    let found = problems("id = \"context\"", "id = \"context");
    assert!(found[0].starts_with("topics.toml line 3: "), "{}", found[0]);
}

fn a_bad_relation_lists_the_good_ones() {
    let found = problems("\"mapped\"", "\"maped\"");
    assert!(found[0].starts_with("table.toml line 10: correspondence.row[0].relation: "), "{}", found[0]);
    assert!(found[0].contains("unknown variant `maped`") && found[0].contains("`not_included`"), "{}", found[0]);
}

fn a_relation_must_fit_its_row() {
    assert_eq!(
        problems("\"mapped\"", "\"none\""),
        ["table.toml: row 1 (`4.1`): relation: `none` has no references or ranges"]
    );
    assert_eq!(
        problems("\"heading\"", "\"qualified\""),
        ["table.toml: row 2 (`A.5`): relation: `qualified` needs references"]
    );
    assert_eq!(problems("requirement = \"A.5\"\n", ""), ["table.toml: row 2: relation: `heading` needs a requirement"]);
}

fn references_must_resolve() {
    assert_eq!(
        problems("clause = \"4\"", "clause = \"44\""),
        ["table.toml: row 1 (`4.1`), reference `44`: service-1 has no requirement `44`; did you mean `4`?"]
    );
    assert_eq!(
        problems("items = [\"a.1\"]", "items = [\"a.2\"]"),
        [
            "table.toml: row 1 (`4.1`), reference `4`: items: service-1 has no requirement `4.a.2`; did you mean `4.a.1`?"
        ]
    );
    assert_eq!(
        problems("requirement = \"4.1\"", "requirement = \"4.7\"")[0],
        "table.toml: row 1 (`4.7`): security-1 has no requirement `4.7`; did you mean `4.1`?"
    );
    assert_eq!(
        problems("table.service-1", "table.service-2"),
        ["topics.toml: topic `context`, table.service-2: there is no edition `service-2`; did you mean `service-1`?"]
    );
    assert_eq!(
        problems("to = \"service-1\"", "to = \"services\"")[0],
        "table.toml: correspondence.to: there is no edition `services`; did you mean `service-1`?"
    );
}

fn duplicates_are_named() {
    assert_eq!(
        problems("{ number = \"5\", title = \"Processes\" }", "{ number = \"4\", title = \"Processes\" }"),
        ["to.toml: edition.requirements `4`: `4` is here twice"]
    );
    assert_eq!(
        problems("items = [\"a\", \"b\"]", "items = [\"a\", \"a\"]"),
        ["from.toml: edition.requirements `4.1`: `4.1.a` is here twice"]
    );
    assert_eq!(
        problems(
            "requirement = \"A.5\"\ntitle = \"Organizational controls\"",
            "requirement = \"4.1\"\ntitle = \"Issues\""
        ),
        ["table.toml: row 2 (`4.1`): this requirement has a row already"]
    );
    assert_eq!(
        problems("body.security-1 = [\"A.5.1\"]", "body.security-1 = [\"4.1\"]"),
        ["topics.toml: topic `context`, body.security-1: `4.1` is linked twice"]
    );
    let twice = format!("{TOPICS}\n{TOPICS}");
    assert_eq!(problems(TOPICS, &twice), ["topics.toml: topic `context`: this id is used by another topic"]);
    assert_eq!(
        problems("id = \"service-1\"", "id = \"security-1\"")[0],
        "to.toml: edition.id: another file holds the edition `security-1`"
    );
    let reference = r#"{ clause = "4", title = "General", items = ["a.1"] }"#;
    let found = problems(reference, &format!("{reference}, {}", reference.replace("a.1", "a")));
    assert_eq!(found, ["table.toml: row 1 (`4.1`), reference `4`: cited twice in this row: give all locators in one"]);
}

fn parents_must_exist() {
    assert_eq!(
        problems("{ number = \"4\", title = \"Context\" },", ""),
        ["from.toml: edition.requirements `4.1`: the node above it, `4`, is missing"]
    );
    assert_eq!(
        problems("items = [\"a\", \"a.1\"]", "items = [\"a.1\"]"),
        ["to.toml: edition.requirements `4.a.1`: the node above it, `4.a`, is missing"]
    );
}

fn levels_of_the_annex_are_the_editions_own() {
    let found =
        problems("title = \"Policies\" },", "title = \"Policies\" },\n  { number = \"A.5.1.1\", title = \"Review\" },");
    assert_eq!(
        found,
        ["from.toml: edition.requirements `A.5.1.1`: is 3 levels below its annex, but the edition's `annex` names 2"]
    );
    let found = problems("annex = [\"domain\", \"control\"]", "annex = [\"clause\", \"control\"]");
    assert!(found[0].starts_with("from.toml: edition.annex: "), "{found:?}");
}

fn numbers_and_items_have_a_form() {
    for number in ["", "4.", "4.a", "A", "A.x", "AB.1", "4..1", "1.1.1.1.1.1.1", "٤"] {
        let found = problems("number = \"5\"", &format!("number = \"{number}\""));
        assert!(found[0].starts_with(&format!("to.toml: edition.requirements `{number}`: a number ")), "{found:?}");
    }
    for item in ["", "1", "A", "a.", "a b"] {
        let found = problems("items = [\"a\", \"b\"]", &format!("items = [\"{item}\"]"));
        assert!(found[0].ends_with(&format!("items: `{item}` is no item such as `a` or `a.1`")), "{found:?}");
    }
}

fn a_differing_title_needs_a_note() {
    assert_eq!(
        problems("title = \"General\", items = [\"a.1\"]", "title = \"Generally\", items = [\"a.1\"]"),
        [
            "table.toml: row 1 (`4.1`), reference `4`: title: prints `Generally` where `4` is titled `General`: add a note"
        ]
    );
    let noted = load(&[("title = \"General\", items = [\"a.1\"]", "title = \"Generally\", note = \"misprint\"")]);
    assert!(noted.is_ok());
}

fn topics_must_be_sound() {
    assert_eq!(
        problems("body.security-1 = [\"A.5.1\"]", "body.service-1 = [\"1\"]"),
        ["topics.toml: topic `context`, body.service-1: `1` asks for nothing, so for no topic"]
    );
    let empty = "[[topic]]\nid = \"Two words\"\nmeaning = \" \"\n\n[[topic]]";
    assert_eq!(
        problems("[[topic]]", empty),
        [
            "topics.toml: topic `Two words`: id must be lower-case words joined by hyphens",
            "topics.toml: topic `Two words`: meaning is empty",
            "topics.toml: topic `Two words`: no requirement asks for it",
        ]
    );
}

fn references_must_share_a_topic() {
    assert_eq!(
        problems("table.service-1 = [\"4\"]", "table.service-1 = [\"5\"]"),
        ["table.toml: row 1 (`4.1`), reference `4`: security-1/4.1 and service-1/4 share no topic"]
    );
    // Nodes below count, and nodes that ask for nothing need not share.
    assert!(load(&[("table.service-1 = [\"4\"]", "table.service-1 = [\"4.a\"]")]).is_ok());
    let scope = r#"{ clause = "4", title = "General" }, { clause = "1", title = "Scope" }"#;
    assert!(load(&[(r#"{ clause = "4", title = "General", items = ["a.1"] }"#, scope)]).is_ok());
}

fn all_problems_come_at_once() {
    let found = load(&[
        ("clause = \"4\"", "clause = \"7\""),
        ("table.security-1 = [\"4.1\"]", "table.security-1 = [\"4.2\"]"),
        ("{ number = \"5\", title = \"Processes\" }", "{ number = \"5.1\", title = \"\" }"),
    ]);
    assert_eq!(found.expect_err("must not load").len(), 4);
    let unreadable = load(&[("system = \"isms\"", "system = \"is\""), ("meaning", "meening")]);
    assert_eq!(unreadable.expect_err("must not load").len(), 2, "one for each file that cannot be read");
}

fn an_edition_may_come_or_go_alone() {
    let third =
        FROM.replace("security-1", "security-2").replace("[\"domain\", \"control\"]", "[\"domain\", \"objective\"]");
    let mut files = embedded::standards();
    files.push(("another/name.toml".into(), &third));
    let standards = parse(&files).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(standards.editions().len(), 3);
    assert!(standards.find("security-2", "4.1.b").is_ok());
    let alone = parse(&[("alone.toml".into(), FROM), ("README.md".into(), "not [ toml")]);
    assert!(alone.is_ok_and(|standards| standards.rows().is_empty()));
}

fn a_file_must_hold_something() {
    let found = parse(&[("empty.toml".into(), "# nothing")]).expect_err("must not load");
    assert!(found[0].to_string().starts_with("empty.toml: holds none of `[edition]`, "), "{found:?}");
    let second = [("from.toml", FROM), ("to.toml", TO), ("topics.toml", TOPICS), ("a.toml", TABLE), ("b.toml", TABLE)];
    let found = parse(&second.map(|(path, text)| (path.to_owned(), text))).expect_err("must not load");
    assert_eq!(found[0].to_string(), "b.toml: there is a correspondence already, in a.toml");
}
