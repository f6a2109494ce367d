//! Definition files: what is refused, what an operator may override, and how records are judged.

use super::records::{TOPICS, at, record};
use concord::{
    assess::labelled,
    error::Error,
    indicators::{Catalogue, Facts},
    model::{Outcome, Record, RecordKind, System},
};
use serde_json::{Value, json};

crate::harness::cases![
    every_problem_names_file_key_and_rule,
    samples_have_to_come_out,
    operators_override_and_disable,
    relaxing_is_marked,
    windows_and_deletion,
    what_was_seen,
    labels_limit_the_systems,
    definitions_serialize
];

const AUDIT: &str = r#"
title = "Audits have a report"
topic = "internal-audit"
record = "ticket"
applies = "type == 'audit'"
passes = "has(report)"
target = 0.98
tolerance = 0.9
severity = "major"
window = { of = "closed_at", days = 365 }
at_least = 1
max_age_days = 30
scope = "all"
rationale = "Why not."

[[sample]]
outcome = "passing"
fields = { type = "audit", report = "R", closed_at = 2026-06-01 }

[[sample]]
outcome = "failing"
fields = { type = "audit", report = "", closed_at = 2026-06-01T10:00:00Z }
"#;

fn parse(text: &str) -> Result<Catalogue, Error> {
    Catalogue::parse(&[("indicators/x.toml".into(), text)], TOPICS)
}

fn problems(result: Result<Catalogue, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(problems)) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn every_problem_names_file_key_and_rule() {
    let cases = [
        (
            "topic = \"internal-audit\"",
            "topic = \"internal-audits\"",
            "topic: there is no topic `internal-audits`; did you mean `internal-audit`?",
        ),
        ("0.9\n", "0.99\n", "tolerance: is at most the target"),
        ("0.98", "1.5", "target: 1.5 is not a share"),
        ("0.98", "\"high\"", "target: invalid type"),
        ("\"major\"", "\"majr\"", "severity: `majr` is not one of minor, major, critical; did you mean `major`?"),
        ("\"ticket\"", "\"tiket\"", "record: `tiket` is not one of"),
        (
            "closed_at\", days",
            "closed\", days",
            "window.of: `closed` is not a time field of a ticket; did you mean `closed_at`?",
        ),
        ("closed_at\", days", "report\", days", "window.of: `report` is not a time field"),
        ("days = 365", "days = 0", "window.days: 1 to"),
        ("days = 365", "dais = 365", "window.dais: there is no such key; did you mean `days`?"),
        ("rationale = \"Why not.\"", "", "rationale: is missing"),
        ("rationale =", "rational =", "rational: there is no such key; did you mean `rationale`?"),
        ("'audit'\"", "'audti'\"", "applies 1:6: `audti` is not one of"),
        ("has(report)", "has(reprt)", "passes 1:5: a ticket has no field or fact `reprt`; did you mean `report`?"),
        ("scope = \"all\"", "scope = \"al\"", "scope: `al` is not one of in_scope, all"),
        ("at_least = 1", "at_least = -1", "at_least: invalid value"),
        ("title = ", "title ", "3:7"),
        (
            "report = \"R\"",
            "reprt = \"R\"",
            "sample 1.fields.reprt: records of kind ticket have no such field; did you mean `report`?",
        ),
        (
            "[[sample]]\noutcome = \"passing\"",
            "[[sample]]\nfacts = { linked = 1 }\noutcome = \"passing\"",
            "sample 1.facts.linked: a ticket has no such fact",
        ),
        ("outcome = \"passing\"", "outcome = \"pass\"", "sample 1.outcome: `pass` is not one of"),
    ];
    for (from, to, expected) in cases {
        let text = AUDIT.replacen(from, to, 1);
        assert_ne!(text, AUDIT, "{from}");
        let expected =
            if expected == "3:7" { "indicators/x.toml: 2:7".into() } else { format!("indicators/x.toml: {expected}") };
        let found = problems(parse(&text));
        assert!(found.iter().any(|problem| problem.starts_with(&expected)), "{expected} is expected, found {found:#?}");
    }
    let several = AUDIT.replace("ticket", "tiket").replace("0.98", "2").replace("title =", "tittle =");
    assert!(problems(parse(&several)).len() >= 4);
    let twice = [("a/x.toml".to_owned(), AUDIT), ("b/x.toml".to_owned(), AUDIT)];
    assert!(problems(Catalogue::parse(&twice, TOPICS))[0].contains("`x` is there twice"));
    let named = [("a/X y.toml".to_owned(), AUDIT), ("README.md".to_owned(), "# no indicator")];
    assert!(problems(Catalogue::parse(&named, TOPICS))[0].contains("lower-case"));
}

fn samples_have_to_come_out() {
    let found = problems(parse(&AUDIT.replace("report = \"R\"", "report = \"\"")));
    assert_eq!(found, ["indicators/x.toml: sample 1.outcome: passing is expected, failing comes out"]);
    let (without, _) = AUDIT.split_at(AUDIT.rfind("[[sample]]").unwrap());
    assert_eq!(problems(parse(without)), ["indicators/x.toml: sample: one with outcome = \"failing\" is missing"]);
}

fn overridden(text: &str) -> Catalogue {
    parse(AUDIT)
        .unwrap()
        .with_overrides(&[("own/x.toml".into(), text)], TOPICS)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn operators_override_and_disable() {
    let base = parse(AUDIT).unwrap();
    let own = overridden("target = 1\ntitle = \"Ours\"");
    let (base, own) = (base.get("x").unwrap(), own.get("x").unwrap());
    assert_eq!((own.title.as_str(), own.passes.as_str()), ("Ours", "has(report)"));
    assert!(own.version != base.version && own.version.len() == 12 && !own.relaxed && !base.relaxed);

    let none = overridden("enabled = false");
    assert!(none.get("x").is_none() && none.definitions().is_empty());
    assert_eq!(none.disabled(), ["x"]);

    let more = [("own/y.toml".to_owned(), AUDIT)];
    let both = parse(AUDIT).unwrap().with_overrides(&more, TOPICS).unwrap();
    let ids: Vec<&str> = both.of_kind(RecordKind::Ticket).map(|definition| definition.id.as_str()).collect();
    assert_eq!(ids, ["x", "y"]);
    assert!(!both.get("y").unwrap().relaxed);

    let wrong = parse(AUDIT).unwrap().with_overrides(&[("own/x.toml".into(), "passes = \"has(auditor)\"")], TOPICS);
    assert!(problems(wrong)[0].starts_with("own/x.toml: sample 1.outcome"), "changed rules need their own samples");
}

fn relaxing_is_marked() {
    for text in [
        "target = 0.97",
        "tolerance = 0.89",
        "severity = \"minor\"",
        "at_least = 0",
        "max_age_days = 31",
        "window = { of = \"closed_at\", days = 364 }",
        "scope = \"in_scope\"",
        "passes = \"has(report) || has(auditor) && false\"",
    ] {
        assert!(overridden(text).get("x").unwrap().relaxed, "{text}");
    }
    for text in [
        "target = 0.98",
        "target = 1",
        "tolerance = 0.95",
        "severity = \"critical\"",
        "at_least = 2",
        "max_age_days = 7",
        "window = { of = \"closed_at\", days = 366 }",
        "rationale = \"Ours.\"",
    ] {
        assert!(!overridden(text).get("x").unwrap().relaxed, "{text}");
    }
}

fn audit(fields: Value) -> Record {
    record(RecordKind::Ticket, "1", fields)
}

fn windows_and_deletion() {
    let catalogue = parse(AUDIT).unwrap();
    let definition = catalogue.get("x").unwrap();
    let judge = |record: &Record, now: &str| definition.judge(record, &Facts::default(), at(now));
    let mut failing = audit(json!({"type": "audit", "report": null, "closed_at": "2026-01-01"}));
    let mut passing = audit(json!({"type": "audit", "report": "R", "closed_at": "2026-01-01"}));
    let leaves = Some(at("2027-01-01").plus_millis(1));
    assert_eq!(
        (judge(&failing, "2026-06-01").outcome, judge(&failing, "2026-06-01").next_change),
        (Outcome::Failing, leaves)
    );
    assert_eq!(judge(&passing, "2027-01-01").outcome, Outcome::Passing);
    let gone = judge(&passing, "2027-01-01T00:00:00.001Z");
    assert_eq!((gone.outcome, gone.next_change), (Outcome::NotApplicable, None));

    failing.deleted_at = Some(at("2026-05-01"));
    passing.deleted_at = failing.deleted_at;
    assert_eq!(judge(&failing, "2026-06-01").outcome, Outcome::Failing, "deletion never improves");
    assert_eq!(judge(&passing, "2026-06-01").outcome, Outcome::NotApplicable);
    assert_eq!(judge(&failing, "2027-06-01").outcome, Outcome::NotApplicable);

    for (fields, outcome) in [
        (json!({"type": "audit", "report": "R"}), Outcome::Unknown),
        (json!({"type": "change", "report": "R"}), Outcome::NotApplicable),
        (json!({"type": "audit", "report": "R", "closed_at": null}), Outcome::NotApplicable),
        (json!({"report": "R", "closed_at": "2026-01-01"}), Outcome::Unknown),
        (json!({"type": "audit", "closed_at": "2026-01-01"}), Outcome::Unknown),
    ] {
        assert_eq!(judge(&audit(fields.clone()), "2026-06-01").outcome, outcome, "{fields}");
    }
    let text = AUDIT.replace("window = { of = \"closed_at\", days = 365 }", "");
    let current = parse(&text).unwrap();
    let current = current.get("x").unwrap();
    assert_eq!(current.judge(&failing, &Facts::default(), at("2026-06-01")).outcome, Outcome::NotApplicable);
    let other = record(RecordKind::Party, "1", json!({}));
    assert_eq!(current.judge(&other, &Facts::default(), at("2026-06-01")).outcome, Outcome::NotApplicable);
}

fn what_was_seen() {
    let text = AUDIT.replace(
        "has(report)",
        "has(report) && (linked_problems >= 0 || affects_live_ci || true) && has(auditor) != true",
    );
    let text = text.replace("closed_at = 2026-06-01", "auditor = \"\", closed_at = 2026-06-01");
    let catalogue = parse(&text).unwrap();
    let facts = Facts::given(RecordKind::Ticket, json!({"linked_problems": 2}).as_object().unwrap()).unwrap();
    let record = audit(json!({"type": "audit", "report": null, "closed_at": "2026-01-01", "title": "not named"}));
    let seen = catalogue.get("x").unwrap().seen(&record, &facts);
    let expected = json!({"type": "audit", "report": null, "closed_at": "2026-01-01T00:00:00.000Z",
        "linked_problems": 2, "affects_live_ci": null});
    assert_eq!(Value::Object(seen), expected);
}

fn labels_limit_the_systems() {
    assert_eq!(labelled(&audit(json!({"systems": ["sms"]}))), [System::Sms]);
    for fields in [json!({}), json!({"systems": []}), json!({"systems": null})] {
        assert_eq!(labelled(&audit(fields)), System::ALL);
    }
    assert_eq!(labelled(&record(RecordKind::Party, "1", json!({}))), System::ALL);
}

fn definitions_serialize() {
    let catalogue = parse(AUDIT).unwrap();
    let json = serde_json::to_value(catalogue.get("x").unwrap()).unwrap();
    assert_eq!(json["limits"], json!({"target": 0.98, "tolerance": 0.9, "severity": "major", "at_least": 1}));
    assert_eq!(json["window"], json!({"of": "closed_at", "days": 365}));
    assert_eq!((&json["id"], &json["scope"], &json["relaxed"]), (&json!("x"), &json!("all"), &json!(false)));
    assert!(json.get("rules").is_none());
}
