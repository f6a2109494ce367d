//! Cases of broken planning rules: each names file, rule and what is wrong.

use super::STANDARDS;
use concord::{
    embedded,
    error::{Error, Problem},
    planning::PlanningRules,
};

crate::harness::cases![
    points_and_clauses_must_exist,
    every_requirement_has_a_stage,
    needs_must_resolve_and_fit_their_stages,
    needs_do_not_go_round_in_a_circle,
    precedence_fits_the_needs,
    names_are_checked_when_read,
    rules_are_there_once,
];

fn load(files: &[(String, &str)]) -> Vec<String> {
    match PlanningRules::parse(files, &STANDARDS) {
        Err(Error::Invalid(problems)) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("must not load: {:?}", other.map(|_| "rules")),
    }
}

#[track_caller]
fn problems(old: &str, new: &str) -> Vec<String> {
    let mut files = embedded::standards();
    let broken = files.iter_mut().find(|(_, text)| text.contains("[[planning.rule]]")).expect("it is there");
    assert!(broken.1.contains(old), "{old}");
    let text = broken.1.replacen(old, new, 1);
    broken.1 = text.leak();
    load(&files)
}

fn points_and_clauses_must_exist() {
    let found = problems("guidance = \"5.3.2-b\"", "guidance = \"5.3.2-bb\"");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("rule `relies-on-suppliers`: there is no guidance point `5.3.2-bb`"), "{found:?}");
    let found = problems("clause = \"5.3.3\"", "clause = \"5.3.9\"");
    assert!(found[0].ends_with("situation `one_system`: the guide has no clause `5.3.9`"), "{found:?}");
    let found = problems("\"6.1-n5\"", "\"6.1-n6\"");
    assert!(found[0].contains("checklist `joint_system`: there is no guidance point `6.1-n6`"), "{found:?}");
    let found = problems("guidance = \"6.2.3-2c\"", "guidance = \"6.2.3-2d\"");
    assert!(found[0].contains("risk_option `hybrid`: "), "{found:?}");
}

fn every_requirement_has_a_stage() {
    let found = problems("\"A.9\", \"A.10\", ", "\"A.10\", ");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].ends_with("stages.iso27001-2013: `A.9.1` has no stage"), "{found:?}");
}

fn needs_must_resolve_and_fit_their_stages() {
    let found = problems("\"4.3\" = [\"4.1\", \"4.2\"]", "\"4.3\" = [\"4.1\", \"4.22\"]");
    assert!(found[0].contains("needs.iso27001-2013 `4.3`: iso27001-2013 has no requirement `4.22`"), "{found:?}");
    let found = problems("\"4.3\" = [\"4.1\", \"4.2\"]", "\"4.3\" = [\"9.2\"]");
    assert!(found.iter().any(|text| text.ends_with("`4.3`: needs 9.2, which has a later stage")), "{found:?}");
}

fn needs_do_not_go_round_in_a_circle() {
    let found = problems("\"5.3\" = [\"5.1\"]", "\"5.3\" = [\"6.1.3\"]");
    let circle = found.iter().find(|text| text.contains("go round in a circle")).expect("6.1.2 needs 5.3");
    assert!(circle.contains("iso27001-2013/6.1.2") && circle.contains("iso27001-2013/5.3"), "{circle}");
    assert!(!circle.contains("iso27001-2013/4.1,"), "{circle}");
}

fn precedence_fits_the_needs() {
    let found = problems("precedence.then = [\"iso20000-1-2011/4.5.2\"", "precedence.then = [\"iso27001-2013/5.3\"");
    assert!(found[0].contains("rule `risk-is-critical`: precedence: goes round in a circle"), "{found:?}");
    let found =
        problems("precedence.then = [\"iso20000-1-2011/4.5.2\"", "precedence.then = [\"iso20000-1-2011/4.5.9\"");
    assert!(found[0].contains("precedence: there is no step at `iso20000-1-2011/4.5.9`"), "{found:?}");
}

fn names_are_checked_when_read() {
    let found = problems("when.size = [\"large\"]", "when.size = [\"huge\"]");
    assert!(found[0].contains("unknown variant `huge`"), "{found:?}");
    let found = problems("when.size = [\"large\"]", "when.sise = [\"large\"]");
    assert!(found[0].contains("unknown field `sise`"), "{found:?}");
    let found = problems("phase = \"join\"", "phase = \"end\"");
    assert!(found[0].ends_with("checklist `joint_system`: phase: is `prepare` or `join`"), "{found:?}");
    let found = problems("id = \"security-matters\"", "id = \"provides-services\"");
    assert!(found[0].ends_with("rule `provides-services`: this id is here twice"), "{found:?}");
}

fn rules_are_there_once() {
    let mut files = embedded::standards();
    let (path, text) = files.iter().find(|(_, text)| text.contains("[[planning.rule]]")).expect("it is there").clone();
    files.push(("another.toml".into(), text));
    assert_eq!(load(&files), [format!("another.toml: there are rules of planning already, in {path}")]);
    files.retain(|(_, text)| !text.contains("[[planning.rule]]"));
    assert_eq!(load(&files), ["standards: no file holds `[planning]`"]);
}
