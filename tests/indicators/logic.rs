//! Kleene's logic, table by table.

use super::records::{at, evaluate, flags, record};
use concord::{
    indicators::Truth::{self, False, True, Unknown},
    model::RecordKind,
};
use serde_json::json;

crate::harness::cases![
    and_or_and_not_have_kleenes_tables,
    a_choice_is_known_where_its_sides_agree,
    equality_of_conditions,
    has_tells_empty_from_unsupplied,
    every_operator_is_unknown_on_what_is_missing
];

const STATES: [(char, Truth); 4] = [('T', True), ('F', False), ('E', Unknown), ('U', Unknown)];

fn truth(text: &str, states: &[char]) -> Truth {
    evaluate(text, &flags(&["major", "emergency", "sla_breached"], states), at("2026-02-01")).truth
}

fn and_or_and_not_have_kleenes_tables() {
    for (a, left) in STATES {
        let not = match left {
            True => False,
            Unknown => Unknown,
            False => True,
        };
        assert_eq!(truth("!major", &[a]), not);
        assert_eq!(truth("!!major", &[a]), left);
        for (b, right) in STATES {
            let and = match (left, right) {
                (False, _) | (_, False) => False,
                (True, True) => True,
                _ => Unknown,
            };
            let or = match (left, right) {
                (True, _) | (_, True) => True,
                (False, False) => False,
                _ => Unknown,
            };
            assert_eq!(truth("major && emergency", &[a, b]), and, "{a} && {b}");
            assert_eq!(truth("major || emergency", &[a, b]), or, "{a} || {b}");
            assert_eq!((left.and(right), left.or(right)), (and, or));
            for (c, third) in STATES {
                let states = [a, b, c];
                assert_eq!(truth("major && emergency && sla_breached", &states), and.and(third), "{states:?}");
                assert_eq!(truth("major || emergency || sla_breached", &states), or.or(third), "{states:?}");
                assert_eq!(truth("major && (emergency || sla_breached)", &states), left.and(right.or(third)));
            }
        }
    }
}

fn a_choice_is_known_where_its_sides_agree() {
    for (a, condition) in STATES {
        for (b, yes) in STATES {
            for (c, no) in STATES {
                let expected = match condition {
                    True => yes,
                    False => no,
                    Unknown if yes == no => yes,
                    Unknown => Unknown,
                };
                assert_eq!(truth("major ? emergency : sla_breached", &[a, b, c]), expected, "{a} ? {b} : {c}");
            }
        }
    }
}

fn equality_of_conditions() {
    for (a, left) in STATES {
        for (b, right) in STATES {
            let equal = if left == Unknown || right == Unknown { Unknown } else { (left == right).into() };
            assert_eq!(truth("major == emergency", &[a, b]), equal, "{a} == {b}");
            assert_eq!(truth("major != emergency", &[a, b]), !equal, "{a} != {b}");
        }
    }
}

fn has_tells_empty_from_unsupplied() {
    for (state, expected) in [('T', True), ('F', True), ('E', False), ('U', Unknown)] {
        assert_eq!(truth("has(major)", &[state]), expected);
    }
    let item = record(RecordKind::ConfigurationItem, "1", json!({"labels": [], "owner": " ", "site": null}));
    for (text, expected) in [("has(labels)", True), ("has(owner)", False), ("has(site)", False), ("has(unit)", Unknown)]
    {
        assert_eq!(evaluate(text, &item, at("2026-02-01")).truth, expected, "{text}");
    }
}

fn every_operator_is_unknown_on_what_is_missing() {
    let mut texts = Vec::new();
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        for (left, right) in [("criticality", "2"), ("2", "criticality"), ("criticality", "availability")] {
            texts.push(format!("{left} {operator} {right}"));
        }
        texts.push(format!("criticality {operator} 2.5"));
        texts.push(format!("last_verified_at {operator} now"));
        texts.push(format!("now - last_verified_at {operator} days(3)"));
        texts.push(format!("criticality + 1 {operator} 2"));
        texts.push(format!("-criticality {operator} 2"));
        texts.push(format!("size(labels) {operator} 2"));
        texts.push(format!("days(criticality) {operator} hours(3)"));
    }
    for operator in ["==", "!="] {
        texts.push(format!("owner {operator} 'x'"));
        texts.push(format!("owner {operator} site"));
        texts.push(format!("environment {operator} 'live'"));
    }
    for text in ["owner in ['x', 'y']", "criticality in [1, 2]", "'ci' in labels", "environment in ['live']"] {
        texts.push(text.into());
    }
    let names = ["criticality", "availability", "last_verified_at", "labels", "owner", "site", "environment"];
    let empty = json!(names.iter().map(|name| (name.to_string(), json!(null))).collect::<serde_json::Map<_, _>>());
    for fields in [json!({}), empty] {
        let item = record(RecordKind::ConfigurationItem, "1", fields);
        for text in &texts {
            let answer = evaluate(text, &item, at("2026-02-01"));
            assert_eq!((answer.truth, answer.until), (Unknown, None), "{text}");
            assert_eq!(evaluate(&format!("!({text})"), &item, at("2026-02-01")).truth, Unknown, "!({text})");
        }
    }
}
