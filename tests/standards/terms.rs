//! Cases of the terms: the rows of Table B.1 against the printed table, supplements, look-up, broken files.

use super::STANDARDS;
use concord::{
    embedded,
    error::{Error, Problem},
    standards::{Agreement, Standards, Term, TermProvenance, TermUse},
};
use std::collections::{BTreeMap, HashSet};

crate::harness::cases![
    the_table_has_all_rows_in_printed_order,
    numbers_are_as_printed,
    agreements_are_counted,
    every_term_says_what_to_do,
    clauses_of_2005_have_their_successors,
    misprints_carry_a_note,
    supplements_follow_the_table,
    links_resolve,
    a_term_is_found_by_any_name,
    an_unknown_term_names_the_nearest,
    absurd_names_are_cut_short,
    broken_terms_are_named,
    broken_rules_are_named,
];

/// Table B.1 as printed: the term, its number in ISO/IEC 27000 and in ISO/IEC 20000-1 (`-` not defined, `~` used or
/// mentioned without one, `x` neither defined nor used).
const PRINTED: [(&str, &str, &str); 41] = [
    ("Access control", "2.1", "-"),
    ("Attack", "2.3", "-"),
    ("Audit", "2.5", "-"),
    ("Authentication", "2.7", "-"),
    ("Authenticity", "2.8", "in 3.11"),
    ("Availability", "2.9", "3.1"),
    ("Confidentiality", "2.12", "-"),
    ("Configuration baseline", "-", "3.2"),
    ("Configuration item (CI)", "-", "3.3"),
    ("Configuration management database (CMDB)", "-", "3.4"),
    ("Continual improvement", "-", "3.5"),
    ("Control", "2.16", "~"),
    ("Control objective", "2.17", "-"),
    ("Correction", "2.18", "-"),
    ("Corrective action", "2.19", "3.6"),
    ("Customer", "-", "3.7"),
    ("Document", "-", "3.8"),
    ("Effectiveness", "2.24", "3.9"),
    ("Event", "2.25", "~"),
    ("Incident", "in 2.36", "3.10"),
    ("Information security", "2.33", "3.11"),
    ("Information security continuity", "2.34", "-"),
    ("Information security event", "2.35", "in 3.12"),
    ("Information security incident", "2.36", "3.12"),
    ("Information security incident management", "2.37", "-"),
    ("Integrity", "2.40", "~"),
    ("Interested party", "2.41", "3.13"),
    ("Internal group", "-", "3.14"),
    ("Known error", "-", "3.15"),
    ("Management system", "2.46", "in"),
    ("Non-repudiation", "2.54", "x"),
    ("Organization", "2.57", "3.17"),
    ("Policy", "2.60", "~"),
    ("Preventive action", "-", "3.18"),
    ("Problem", "-", "3.19"),
    ("Procedure", "-", "3.20"),
    ("Process", "2.61", "3.21"),
    ("Record", "x", "3.22"),
    ("Release", "x", "3.23"),
    ("Request for change", "x", "3.24"),
    ("Reliability", "2.62", "in 3.11"),
];

fn table() -> Vec<&'static Term> {
    STANDARDS.terms().iter().filter(|term| term.provenance == TermProvenance::Table).collect()
}

#[track_caller]
fn term(name: &str) -> &'static Term {
    STANDARDS.term(name).unwrap_or_else(|error| panic!("{error}"))
}

fn the_table_has_all_rows_in_printed_order() {
    let printed: Vec<_> = PRINTED.iter().map(|(term, ..)| *term).collect();
    assert_eq!(table().iter().map(|term| term.term.as_str()).collect::<Vec<_>>(), printed);
    assert!(table().iter().map(|term| term.row).eq((1..=41).map(Some)));
}

fn numbers_are_as_printed() {
    let shown = |usage: TermUse, number: &Option<String>| match (usage, number.as_deref()) {
        (TermUse::Defined, Some(number)) => number.to_owned(),
        (TermUse::Mentioned, number) => format!("in {}", number.unwrap_or_default()).trim_end().to_owned(),
        (TermUse::Used, None) => "~".to_owned(),
        (TermUse::NotDefined, None) => "-".to_owned(),
        (TermUse::NotUsed, None) => "x".to_owned(),
        other => panic!("{other:?}"),
    };
    for (term, (name, security, service)) in table().into_iter().zip(PRINTED) {
        assert_eq!(shown(term.iso27000.usage, &term.iso27000.number), security, "{name}");
        assert_eq!(shown(term.iso20000_1.usage, &term.iso20000_1.number), service, "{name}");
    }
}

fn agreements_are_counted() {
    let mut counts = BTreeMap::new();
    for term in table() {
        *counts.entry(term.agreement).or_insert(0) += 1;
    }
    let expected = [
        (Agreement::Identical, 2),
        (Agreement::BroadlySame, 8),
        (Agreement::Differs, 4),
        (Agreement::Only27000, 9),
        (Agreement::Only20000, 13),
        (Agreement::UsedNotDefined, 5),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
    for (name, agreement) in [
        ("effectiveness", Agreement::Identical),
        ("availability", Agreement::Differs),
        ("organization", Agreement::Differs),
        ("audit", Agreement::BroadlySame),
        ("attack", Agreement::Only27000),
        ("known error", Agreement::Only20000),
        ("control", Agreement::UsedNotDefined),
        ("asset", Agreement::Differs),
        ("nonconformity", Agreement::Identical),
    ] {
        assert_eq!(term(name).agreement, agreement, "{name}");
    }
}

fn every_term_says_what_to_do() {
    let mut seen = HashSet::new();
    for term in STANDARDS.terms() {
        for text in [&term.difference, &term.advice] {
            assert!(text.len() > 20 && text.ends_with('.'), "{}: {text}", term.id);
        }
        assert!(seen.insert(&term.advice), "{} repeats another's advice", term.id);
    }
}

fn clauses_of_2005_have_their_successors() {
    let cited: BTreeMap<_, _> = STANDARDS
        .terms()
        .iter()
        .flat_map(|term| &term.cites_2005)
        .map(|cited| (cited.number.as_str(), cited.successor.as_str()))
        .collect();
    let expected = [
        ("4.2.4", "iso27001-2013/10"),
        ("A.10.1", "iso27001-2013/A.12.1"),
        ("A.10.1.2", "iso27001-2013/A.12.1.2"),
        ("A.10.2.3", "iso27001-2013/A.15.2.2"),
        ("A.12.5.1", "iso27001-2013/A.14.2.2"),
        ("A.7.1.1", "iso27001-2013/A.8.1.1"),
        ("A.8.3", "iso27001-2013/A.7.3"),
    ];
    assert_eq!(cited.into_iter().collect::<Vec<_>>(), expected);
    let rfc: Vec<_> = term("request-for-change").cites_2005.iter().map(|cited| cited.number.as_str()).collect();
    assert_eq!(rfc, ["A.10.1.2", "A.8.3", "A.10.1", "A.10.2.3", "A.12.5.1"], "in the order printed");
}

fn misprints_carry_a_note() {
    for (name, printed) in [
        ("availability", "2.10"),
        ("confidentiality", "(2.6.1)"),
        ("continual improvement", "2.15"),
        ("control", "4.4.3"),
        ("incident", "3.1.9 and 3.1.5"),
        ("information security", "3.1.1"),
        ("information security event", "2.15"),
        ("information security incident", "comprising"),
        ("integrity", "CLs"),
        ("non-repudiation", "3.11"),
        ("reliability", "breaks off"),
    ] {
        let note = term(name).note.as_deref().unwrap_or_default();
        assert!(note.contains(printed), "{name}: {note}");
    }
}

fn supplements_follow_the_table() {
    let terms = STANDARDS.terms();
    assert!(terms[..41].iter().all(|term| term.provenance == TermProvenance::Table));
    assert!(terms[41..].iter().all(|term| term.provenance == TermProvenance::Supplement && term.row.is_none()));
    let names: Vec<_> = terms[41..].iter().map(|term| term.id.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    for name in [
        "nonconformity",
        "risk",
        "risk owner",
        "residual risk",
        "risk acceptance",
        "risk assessment",
        "risk treatment",
        "risk criteria",
        "service",
        "service component",
        "service continuity",
        "SLA",
        "service management",
        "service management system",
        "service provider",
        "service request",
        "service requirement",
        "supplier",
        "top management",
        "transition",
        "asset",
        "third party",
        "threat",
        "vulnerability",
        "statement of applicability",
    ] {
        assert_eq!(term(name).provenance, TermProvenance::Supplement, "{name}");
    }
}

fn links_resolve() {
    for term in STANDARDS.terms() {
        for other in &term.see_also.terms {
            assert_eq!(self::term(other).id, *other, "{}", term.id);
        }
        for requirement in &term.see_also.requirements {
            assert!(STANDARDS.requirement(requirement).is_some(), "{}: {requirement}", term.id);
        }
        assert!(term.see_also.guide.iter().all(|clause| clause.starts_with("iso27013-2015/")), "{}", term.id);
        let links = &term.see_also;
        assert!(!links.terms.is_empty() || !links.requirements.is_empty(), "{} leads nowhere", term.id);
    }
    let incident = &term("incident").see_also;
    assert_eq!(incident.guide, ["iso27013-2015/6.2.5"]);
}

fn a_term_is_found_by_any_name() {
    for (name, id) in [
        ("incident", "incident"),
        ("Incidents", "incident"),
        ("configuration-item", "configuration-item"),
        ("CIs", "configuration-item"),
        ("cmdb", "configuration-management-database"),
        ("Configuration item (CI)", "configuration-item"),
        ("ORGANISATIONS", "organization"),
        ("policies", "policy"),
        ("interested parties", "interested-party"),
        ("stakeholder", "interested-party"),
        ("non repudiation", "non-repudiation"),
        ("  third-parties ", "third-party"),
        ("known_errors", "known-error"),
        ("vulnerabilities", "vulnerability"),
        ("SoA", "statement-of-applicability"),
        ("nonconformities", "nonconformity"),
    ] {
        assert_eq!(term(name).id, id, "{name}");
    }
    for term in STANDARDS.terms() {
        for name in term.names() {
            assert_eq!(self::term(&name.to_uppercase()).id, term.id, "{name}");
        }
    }
}

#[track_caller]
fn not_found(name: &str) -> String {
    match STANDARDS.term(name) {
        Err(Error::NotFound(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn an_unknown_term_names_the_nearest() {
    assert_eq!(not_found("incidnet"), "there is no term `incidnet`; did you mean `incident`?");
    assert_eq!(not_found("avialability"), "there is no term `avialability`; did you mean `availability`?");
    assert_eq!(not_found("bicycle repair shop"), "there is no term `bicycle repair shop`");
}

fn absurd_names_are_cut_short() {
    for name in ["", "?!", "ü".repeat(100_000).as_str(), "incident ".repeat(50_000).as_str()] {
        assert!(not_found(name).len() < 400);
    }
}

/// The problems of the embedded files with one replacement made in one of them, as text.
#[track_caller]
fn problems(file: &str, old: &str, new: &str) -> Vec<String> {
    let mut files: Vec<_> = embedded::standards().into_iter().map(|(path, text)| (path, text.to_owned())).collect();
    let changed = files.iter_mut().find(|(path, _)| path.ends_with(file)).expect("the file exists");
    assert!(changed.1.contains(old), "{file} has no `{old}`");
    changed.1 = changed.1.replacen(old, new, 1);
    let files: Vec<_> = files.iter().map(|(path, text)| (path.clone(), text.as_str())).collect();
    match Standards::parse(&files) {
        Err(Error::Invalid(problems)) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("{:?}", other.map(|_| "loads")),
    }
}

fn broken_terms_are_named() {
    let table = "iso27013-2015-table-b1.toml";
    for (old, new, place, rule) in [
        ("id = \"attack\"", "id = \"Attack\"", "term `Attack`", "lower-case words joined by hyphens"),
        ("number = \"2.3\"", "number = \"two\"", "term `attack`: iso27000", "`two` is no number"),
        (
            "terms = [\"control\", \"asset\"",
            "terms = [\"contrl\", \"asset\"",
            "term `access-control`: see_also",
            "did you mean `control`?",
        ),
        ("\"iso27001-2013/A.9\"", "\"iso27001-2013/A.99\"", "term `access-control`: see_also", "no requirement `A.99`"),
        (
            "\"iso27013-2015/6.2.1\", ",
            "\"iso27013-2015/6.9.1\", ",
            "see_also",
            "the guide has no clause `iso27013-2015/6.9.1`",
        ),
        (
            "agreement = \"identical\"",
            "agreement = \"only_27000\"",
            "term `effectiveness`: agreement",
            "`only_27000` does not fit",
        ),
        (
            "aliases = [\"internal audit\"]",
            "aliases = [\"Attacks\"]",
            "term `audit`",
            "the name `Attacks` is that of `attack` already",
        ),
        ("successor = \"A.8.1.1\"", "successor = \"A.7.1.9\"", "cites_2005 `A.7.1.1`", "no requirement `A.7.1.9`"),
        (
            "use = \"defined\", number = \"2.5\"",
            "use = \"not_used\", number = \"2.5\"",
            "term `audit`: iso27000",
            "leaves no room for a number",
        ),
    ] {
        let found = problems(table, old, new);
        assert!(found.iter().any(|text| text.contains(place) && text.contains(rule)), "{new}: {found:#?}");
        assert!(found.iter().all(|text| text.contains(".toml")), "{found:#?}");
    }
    let found = problems(table, "agreement = \"identical\"", "agreement = \"same\"");
    assert!(found[0].contains("terms.term[17].agreement") && found[0].contains("used_not_defined"), "{found:?}");
}

fn broken_rules_are_named() {
    let rules = "terminology-rules.toml";
    for (old, new, place, rule) in [
        ("term = \"incident\"", "term = \"accident\"", "rule of `accident`", "there is no term `accident`"),
        (
            "\"security ~\", \"service ~\"",
            "\"security\", \"service ~\"",
            "rule of `incident`: precise",
            "lacks the `~`",
        ),
        ("\"security ~\", \"service ~\"", "\"security~\", \"service ~\"", "precise", "spaces around `~`"),
        (
            "\"security ~\", \"service ~\"",
            "\"Security ~\", \"service ~\"",
            "precise",
            "something else than lower-case words",
        ),
        ("\"security ~\", \"service ~\"", "\"~\", \"service ~\"", "precise", "says nothing"),
        (
            "words = [\"incident\",",
            "words = [\"Incident\",",
            "rule of `incident`: words",
            "`Incident` is not lower-case",
        ),
        ("\"iso20000-1-2011/8.1\"", "\"iso20000-1-2011/8.9\"", "rule of `incident`: clauses", "no requirement `8.9`"),
    ] {
        let found = problems(rules, old, new);
        assert!(found.iter().any(|text| text.contains(place) && text.contains(rule)), "{new}: {found:#?}");
    }
}
