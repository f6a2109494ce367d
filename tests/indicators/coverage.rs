//! Coverage of the requirements: every topic has an indicator or a stated reason, and the table in the docs says so.

use concord::{
    assess::{OtherEvidence, Otherwise, RequirementCoverage, coverage},
    cli,
    config::Settings,
    embedded,
    standards::Standards,
};
use std::{env, fmt::Write, fs};

crate::harness::cases![
    every_topic_has_an_indicator_or_a_reason,
    every_requirement_has_topics_or_a_reason,
    the_table_in_the_docs_is_current,
    what_does_not_exist_is_named,
];

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coverage.md");

fn rules() -> concord::assess::Rules {
    cli::rules(&Settings::layered(None, []).expect("the defaults are valid")).expect("the rules are valid")
}

fn lines() -> Vec<RequirementCoverage> {
    let rules = rules();
    coverage(&rules.standards, &rules.indicators, &rules.other_evidence)
}

fn every_topic_has_an_indicator_or_a_reason() {
    let rules = rules();
    for topic in rules.standards.topics() {
        let indicators =
            rules.indicators.definitions().iter().filter(|definition| definition.topic == topic.id).count();
        let reason = rules.other_evidence.of_topic(&topic.id);
        assert!(indicators > 0 || reason.is_some(), "{}: neither an indicator nor a reason", topic.id);
        assert!(indicators == 0 || reason.is_none(), "{}: records speak about it, so the reason is wrong", topic.id);
    }
    assert!(rules.indicators.definitions().len() >= 60);
}

fn every_requirement_has_topics_or_a_reason() {
    for line in lines() {
        assert_ne!(line.topics.is_empty(), line.otherwise.is_none(), "{}: topics, or a reason", line.requirement);
    }
}

/// With UPDATE_COVERAGE set, writes the table instead.
fn the_table_in_the_docs_is_current() {
    let table = markdown(&lines());
    if env::var_os("UPDATE_COVERAGE").is_some() {
        fs::write(COMMITTED, &table).expect("the table is written");
    }
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == table,
        "docs/coverage.md is out of date; `UPDATE_COVERAGE=1 cargo test the_table_in_the_docs_is_current` writes it"
    );
}

fn what_does_not_exist_is_named() {
    let standards = Standards::parse(&embedded::standards()).expect("the standards data");
    let text = "[other_evidence]\n[[other_evidence.topic]]\nid = \"leadershp\"\nby = [\"person\"]\nreason = \"x\"\n\
                [[other_evidence.requirements]]\nedition = \"iso27001-2013\"\nnumbers = [\"A.99\"]\nby = []\nreason = \"x\"\n";
    let error =
        OtherEvidence::parse(&[("other.toml".into(), text)], &standards).expect_err("it names what is not there");
    let error = error.to_string();
    assert!(error.contains("other.toml: topic `leadershp`") && error.contains("leadership"), "{error}");
    assert!(error.contains("iso27001-2013/A.99"), "{error}");
}

fn markdown(lines: &[RequirementCoverage]) -> String {
    let mut text = String::from(
        "# What watches over each requirement\n\n\
         Written by a test (`UPDATE_COVERAGE=1 cargo test the_table_in_the_docs_is_current`). Numbers and short titles are \
         the standards'; topics, indicators and reasons are ours. A requirement whose topics are watched by indicators can \
         still need documents and persons: records show operation, documents show intent.\n",
    );
    let mut edition = "";
    for line in lines {
        if line.requirement.edition() != edition {
            edition = line.requirement.edition();
            let _ = write!(
                text,
                "\n## {edition}\n\n| requirement | topic | indicators, or other evidence |\n|---|---|---|\n"
            );
        }
        let head = format!("{} {}", line.requirement.number(), line.title);
        if let Some(otherwise) = &line.otherwise {
            let _ = writeln!(text, "| {head} | | {} |", words(otherwise));
        }
        for topic in &line.topics {
            let watched = match &topic.otherwise {
                Some(otherwise) => words(otherwise),
                None => topic.indicators.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
            };
            let _ = writeln!(text, "| {head} | `{}` | {watched} |", topic.topic);
        }
    }
    text
}

fn words(otherwise: &Otherwise) -> String {
    let by: Vec<&str> = otherwise.by.iter().map(|sort| sort.as_str()).collect();
    format!("evidence by {}: {}", by.join(" or "), otherwise.reason)
}
