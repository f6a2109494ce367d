//! What expressions are accepted, and how others are refused: with line, column and what would be right.

use super::records::{at, evaluate, record};
use concord::{
    indicators::{Expression, MAX_LENGTH, MAX_NESTING, MAX_WORDS, Truth},
    model::RecordKind::{self, ConfigurationItem, Party, Risk, Ticket},
};
use serde_json::json;

crate::harness::cases![
    wrong_expressions_say_where_and_why,
    every_problem_is_collected,
    nothing_panics,
    values_compare,
    lists_and_names,
    other_kinds_are_unknown
];

fn refusals(text: &str, kind: RecordKind) -> Vec<(String, String)> {
    let problems = Expression::compile(text, kind).expect_err(text);
    problems.into_iter().map(|problem| (problem.place, problem.rule)).collect()
}

fn wrong_expressions_say_where_and_why() {
    let cases: &[(RecordKind, &str, &str, &str)] = &[
        (ConfigurationItem, "ownr == 'x'", "1:1", "did you mean `owner`?"),
        (ConfigurationItem, "has(owner) &&\n  has(sitee)", "2:7", "did you mean `site`?"),
        (ConfigurationItem, "owner == 'é' && sitee == 'x'", "1:17", "did you mean `site`?"),
        (ConfigurationItem, "environment == 'lve'", "1:13", "did you mean `live`?"),
        (ConfigurationItem, "environment in ['live', 'tst']", "1:25", "did you mean `test`?"),
        (ConfigurationItem, "'cii' in labels", "1:7", "did you mean `ci`?"),
        (ConfigurationItem, "criticality >= 5", "1:13", "1 to 4"),
        (ConfigurationItem, "criticality in [1, 7]", "1:20", "1 to 4"),
        (ConfigurationItem, "last_verified_at < 3", "1:18", "a time cannot be compared with a whole number"),
        (ConfigurationItem, "last_verified_at == 'x'", "1:18", "a time cannot be compared with text"),
        (ConfigurationItem, "owner < 'x'", "1:7", "no order"),
        (ConfigurationItem, "environment == owner", "1:13", "cannot be compared"),
        (ConfigurationItem, "'a' == 'a'", "1:5", "both sides are written out"),
        (ConfigurationItem, "last_verified_at + last_verified_at < now", "1:18", "+ has no meaning"),
        (ConfigurationItem, "criticality + owner < 3", "1:13", "+ has no meaning"),
        (ConfigurationItem, "-owner == 'x'", "1:1", "- has no meaning"),
        (ConfigurationItem, "criticality * 2 > 3", "1:13", "operator is not supported"),
        (ConfigurationItem, "size(owner) > 2", "1:6", "takes a list"),
        (ConfigurationItem, "size(labels, labels) > 2", "1:5", "takes one argument"),
        (ConfigurationItem, "hass(owner)", "1:5", "did you mean `has`?"),
        (ConfigurationItem, "has(owner == 'x')", "1:11", "takes the name"),
        (ConfigurationItem, "has(now)", "1:5", "takes the name"),
        (ConfigurationItem, "days(owner) > hours(1)", "1:6", "whole number"),
        (ConfigurationItem, "owner", "1:1", "true or false is expected"),
        (ConfigurationItem, "!criticality", "1:2", "true or false is expected"),
        (ConfigurationItem, "has(owner) ? criticality : true", "1:14", "true or false is expected"),
        (ConfigurationItem, "owner in []", "1:7", "empty list"),
        (ConfigurationItem, "owner in [site]", "1:11", "a 'text' is expected"),
        (ConfigurationItem, "['a'] == ['a']", "1:1", "right of `in`"),
        (ConfigurationItem, "owner.name == 'x'", "1:6", "not supported"),
        (ConfigurationItem, "labels.exists(l, l == 'ci')", "1:14", "not supported"),
        (ConfigurationItem, "owner == null", "1:10", "literal is not supported"),
        (ConfigurationItem, "has(owner", "1:10", "Syntax error"),
        (ConfigurationItem, "   ", "1:1", "an expression is expected"),
        (Party, "touches_live_servise", "1:1", "did you mean `touches_live_service`?"),
        (Party, "agreements_in_force > -1", "1:21", "0 to"),
        (Risk, "touches_live_service", "1:1", "a risk has no field or fact"),
        // `now` that does not come down to `now cmp T`.
        (Ticket, "now - closed_at + (now - opened_at) < days(3)", "1:1", "`now` has to come down"),
        (Ticket, "now - closed_at <= now - opened_at", "1:1", "`now` has to come down"),
        (Ticket, "opened_at < now + (now - closed_at)", "1:13", "`now` has to come down"),
        (Ticket, "now - opened_at", "1:5", "true or false is expected"),
        (Ticket, "now", "1:1", "true or false is expected"),
        (Ticket, "now in ['x']", "1:5", "text or whole number"),
    ];
    for (kind, text, place, rule) in cases {
        let found = refusals(text, *kind);
        let right = found.iter().any(|(p, r)| p == place && r.contains(rule));
        assert!(right, "{text}: {place} {rule} is expected, found {found:?}");
    }
}

fn every_problem_is_collected() {
    let found = refusals("ownr == 'x' && criticality == 9 || size(site) > 1 && sit == 'x'", ConfigurationItem);
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["1:1", "1:28", "1:41", "1:54"]);
}

fn nothing_panics() {
    let long = format!("owner == '{}'", "x".repeat(MAX_LENGTH));
    assert!(refusals(&long, ConfigurationItem)[0].1.contains("at most"));
    for (open, close) in
        [("(", ")"), ("!(", ")"), ("[", "]"), ("has(", ")"), ("true ? true : ", ""), ("true ? ", " : true")]
    {
        let nested = |depth| format!("{}true{}", open.repeat(depth), close.repeat(depth));
        let _ = Expression::compile(&nested(MAX_NESTING / open.matches(['(', '[', '?']).count()), ConfigurationItem);
        assert!(refusals(&nested(MAX_NESTING + 1), ConfigurationItem)[0].1.contains("at most"), "{open}");
    }
    for flat in ["!", "-", "true && ", "true || !", "1 - ", "1 + -", "1 in ", "a.b.", "1 == "] {
        for words in [MAX_WORDS / 2, MAX_WORDS] {
            let _ = Expression::compile(&format!("{}true", flat.repeat(words)), ConfigurationItem);
        }
    }
    let chain = ["criticality"; MAX_WORDS / 2 - 1].join(" - ") + " < 3";
    let expression = Expression::compile(&chain, ConfigurationItem).unwrap_or_else(|e| panic!("{e:?}"));
    let item = record(ConfigurationItem, "1", json!({"criticality": 3}));
    assert_eq!(expression.evaluate(&item.body, &Default::default(), at("2026-01-01")).truth, Truth::True);
    let pieces =
        ["owner", "now", "&&", "(", ")", "'", "[", "]", "!", "-", "1", "\u{1F600}", ".", "?", ":", "==", " ", "\n"];
    let mut chance = super::records::Chance(7);
    for _ in 0..400 {
        let length = 1 + chance.below(12);
        let text: String = (0..length).map(|_| pieces[chance.below(pieces.len() as u64) as usize]).collect();
        let _ = Expression::compile(&text, ConfigurationItem);
    }
    // Beyond the range of 64 bits a duration stays at its end.
    let item = record(ConfigurationItem, "1", json!({"last_verified_at": "2026-01-01"}));
    let answer = evaluate("now - last_verified_at < days(9223372036854775807)", &item, at("2026-02-01"));
    assert_eq!((answer.truth, answer.until), (Truth::True, None));
}

fn values_compare() {
    let fields = json!({"criticality": 3, "owner": "a", "last_verified_at": "2026-01-01"});
    let item = record(ConfigurationItem, "1", fields);
    let measurement = record(RecordKind::Measurement, "1", json!({"target": 99.5, "actual": 99.5}));
    let holds = [
        ("criticality == 3 && criticality != 4 && criticality < 4 && criticality <= 3", &item),
        ("criticality > 2 && criticality >= 3 && 2 < criticality && criticality in [1, 3]", &item),
        ("criticality + 1 == 4 && criticality - 4 < 0 && -criticality < 0 && criticality < 3.5", &item),
        ("owner == 'a' && owner != 'b' && 'a' == owner && owner in ['b', 'a'] && !(owner in ['b'])", &item),
        ("last_verified_at + days(1) > last_verified_at && days(1) == hours(24)", &item),
        ("days(1) + hours(1) == hours(25) && -days(1) < days(0) && now - days(31) == last_verified_at", &item),
        ("actual >= target && target - actual == 0.0 && actual > 99", &measurement),
        ("true && !false && (true ? true : false) && true == true && true != false", &measurement),
    ];
    for (text, record) in holds {
        assert_eq!(evaluate(text, record, at("2026-02-01")).truth, Truth::True, "{text}");
        assert_eq!(evaluate(&format!("!({text})"), record, at("2026-02-01")).truth, Truth::False, "{text}");
    }
}

fn lists_and_names() {
    let item = record(ConfigurationItem, "1", json!({"labels": ["ci", "information"], "environment": "live"}));
    for (text, truth) in [
        ("size(labels) == 2", Truth::True),
        ("'ci' in labels", Truth::True),
        ("'financial' in labels", Truth::False),
        ("environment in ['test', 'live']", Truth::True),
        ("environment in ['test']", Truth::False),
        ("has(labels)", Truth::True),
    ] {
        assert_eq!(evaluate(text, &item, at("2026-02-01")).truth, truth, "{text}");
    }
    let ticket = record(Ticket, "1", json!({"type": "incident", "title": "incident", "category": "incident"}));
    assert_eq!(evaluate("type == 'incident' && title == category", &ticket, at("2026-02-01")).truth, Truth::True);
}

fn other_kinds_are_unknown() {
    let expression = Expression::compile("has(owner)", ConfigurationItem).unwrap();
    let ticket = record(Ticket, "1", json!({"owner": "a"}));
    let answer = expression.evaluate(&ticket.body, &Default::default(), at("2026-02-01"));
    assert_eq!(answer.truth, Truth::Unknown);
    assert_eq!(expression.fields().collect::<Vec<_>>(), ["owner"]);
}
