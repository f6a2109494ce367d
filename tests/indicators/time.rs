//! Until when answers hold, against answers computed at every instant that could matter.

use super::records::{Chance, TOPICS, at, record};
use concord::{
    indicators::{Catalogue, Expression, Facts, Truth},
    model::{Record, RecordKind, Timestamp},
};
use serde_json::json;

crate::harness::cases![no_change_is_missed, single_comparisons_are_exact, judgements_hold_until_they_say];

const DAY: i64 = 86_400_000;
const FIELDS: [&str; 4] = ["opened_at", "resolved_at", "restored_at", "closed_at"];

/// Instants so close to each other that with whole days between them nothing can happen elsewhere than here.
fn instants() -> Vec<Timestamp> {
    let start = at("2026-03-01");
    (-3..=3).flat_map(|day| (-14..=14).map(move |milli| start.plus_millis(day * DAY + milli))).collect()
}

fn ticket(chance: &mut Chance) -> Record {
    let mut fields = json!({"major": true});
    for name in FIELDS {
        match chance.below(6) {
            0 => fields[name] = json!(null),
            1 => {}
            _ => {
                let millis = (chance.below(3) as i64 - 1) * DAY + chance.below(5) as i64 - 2;
                fields[name] = json!(at("2026-03-01").plus_millis(millis).to_string());
            }
        }
    }
    record(RecordKind::Ticket, "1", fields)
}

fn comparison(chance: &mut Chance) -> String {
    let operator = ["==", "!=", "<", "<=", ">", ">="][chance.below(6) as usize];
    let field = FIELDS[chance.below(4) as usize];
    let other = FIELDS[chance.below(4) as usize];
    let days = chance.below(2);
    match chance.below(9) {
        0 => format!("now {operator} {field}"),
        1 => format!("{field} {operator} now"),
        2 => format!("now - {field} {operator} days({days})"),
        3 => format!("days({days}) {operator} now - {field}"),
        4 => format!("{field} - now {operator} hours(24)"),
        5 => format!("{field} + days({days}) {operator} now - days(1)"),
        6 => format!("now - {field} {operator} {other} - {field} + hours(0)"),
        7 => format!("{field} {operator} {other}"),
        _ => format!("has({field})"),
    }
}

fn condition(chance: &mut Chance, depth: u32) -> String {
    if depth == 0 {
        return comparison(chance);
    }
    let (one, two) = (condition(chance, depth - 1), condition(chance, depth - 1));
    match chance.below(5) {
        0 | 1 => format!("({one} && {two})"),
        2 => format!("({one} || {two})"),
        3 => format!("!({one})"),
        _ => format!("({one} ? {two} : {})", condition(chance, depth - 1)),
    }
}

/// Checks that no answer changes before it says; returns how many changed when they said.
fn check<T: PartialEq + std::fmt::Debug>(what: &str, judge: impl Fn(Timestamp) -> (T, Option<Timestamp>)) -> usize {
    let answers: Vec<_> = instants().into_iter().map(|now| (now, judge(now))).collect();
    let mut changes = 0;
    for (position, (now, (answer, until))) in answers.iter().enumerate() {
        assert!(until.is_none_or(|until| until > *now), "{what}: at {now} until {until:?}");
        for (later, (other, _)) in &answers[position + 1..] {
            if until.is_some_and(|until| *later >= until) {
                changes += usize::from(other != answer);
                break;
            }
            assert_eq!(other, answer, "{what}: {now} says until {until:?}, but at {later} it is different");
        }
    }
    changes
}

fn no_change_is_missed() {
    let mut chance = Chance(1);
    let mut changes = 0;
    for round in 0..600 {
        let text = condition(&mut chance, round % 4);
        let expression = Expression::compile(&text, RecordKind::Ticket).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let ticket = ticket(&mut chance);
        changes += check(&format!("{text} of {:?}", ticket.body), |now| {
            let answer = expression.evaluate(&ticket.body, &Facts::default(), now);
            (answer.truth, answer.until)
        });
    }
    assert!(changes > 1_000, "the cases have to change at times: {changes}");
}

fn single_comparisons_are_exact() {
    let ticket = record(RecordKind::Ticket, "1", json!({"closed_at": "2026-03-01"}));
    let end = at("2026-03-11");
    for (operator, before, on, after) in [
        ("<", Truth::True, Truth::False, Truth::False),
        ("<=", Truth::True, Truth::True, Truth::False),
        ("==", Truth::False, Truth::True, Truth::False),
        ("!=", Truth::True, Truth::False, Truth::True),
        (">", Truth::False, Truth::False, Truth::True),
        (">=", Truth::False, Truth::True, Truth::True),
    ] {
        let text = format!("now - closed_at {operator} days(10)");
        let expression = Expression::compile(&text, RecordKind::Ticket).unwrap();
        let answer = |now| {
            let answer = expression.evaluate(&ticket.body, &Facts::default(), now);
            (answer.truth, answer.until)
        };
        let just_after = end.plus_millis(1);
        let first = if before == on { just_after } else { end };
        assert_eq!(answer(end.plus_millis(-5)), (before, Some(first)), "{text}");
        assert_eq!(answer(end), (on, Some(just_after).filter(|_| on != after)), "{text}");
        assert_eq!(answer(just_after), (after, None), "{text}");
    }
}

fn judgements_hold_until_they_say() {
    let text = r#"
title = "t"
topic = "policy"
record = "ticket"
applies = "now - opened_at > hours(24)"
passes = "now <= resolved_at || has(restored_at)"
target = 1
tolerance = 1
severity = "major"
window = { of = "closed_at", days = 1 }
max_age_days = 1
rationale = "r"
[[sample]]
outcome = "passing"
fields = { closed_at = 2026-07-01, opened_at = 2026-01-01, restored_at = 2026-01-01 }
[[sample]]
outcome = "failing"
fields = { closed_at = 2026-07-01, opened_at = 2026-01-01, restored_at = "", resolved_at = 2026-01-01 }
"#;
    let catalogue = Catalogue::parse(&[("x.toml".into(), text)], TOPICS).unwrap();
    let definition = catalogue.get("x").unwrap();
    let mut chance = Chance(3);
    let mut changes = 0;
    for round in 0..300 {
        let mut ticket = ticket(&mut chance);
        ticket.deleted_at = (round % 3 == 0).then(|| at("2026-02-01"));
        changes += check(&format!("{:?}", ticket.body), |now| {
            let judgement = definition.judge(&ticket, &Facts::default(), now);
            (judgement.outcome, judgement.next_change)
        });
    }
    assert!(changes > 100, "{changes}");
}
