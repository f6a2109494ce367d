//! What would fix it, worked out by hand.

use super::fixture::{isms, record, sms, time};
use concord::{
    assess::mends::{Candidate, Mends, Shortfall, leaves_at, mends, needed},
    embedded,
    indicators::{Catalogue, Limits, Share, Tally},
    model::{Outcome, RecordBrief, RecordKind, Severity, System, Verdict},
    standards::{RequirementId, Standards},
};
use serde_json::{Map, json};

crate::harness::cases![
    needed_is_the_target_rounded_up_less_what_passes,
    the_record_that_fails_several_goes_first,
    no_more_is_mended_than_is_needed,
    a_requirement_is_settled_with_its_last_indicator,
    past_events_show_when_they_leave,
    the_order_does_not_depend_on_arrival,
    each_system_is_mended_by_its_own_records,
    what_is_on_record_can_be_put_right_within_a_window,
];

fn limits(millionths: u32, severity: Severity, at_least: u64) -> Limits {
    let share = |millionths| Share::from_millionths(millionths).expect("a share");
    Limits { target: share(millionths), tolerance: share(500_000), severity, at_least }
}

fn needed_is_the_target_rounded_up_less_what_passes() {
    let tally = |passing, failing, unknown| Tally { passing, failing, unknown };
    for (target, counted, expected) in [
        (950_000, tally(66, 6, 1), 4),  // 0.95 x 73 = 69.35, so 70 have to pass
        (1_000_000, tally(7, 1, 0), 1), // all of 8
        (980_000, tally(98, 2, 0), 0),  // 98 of 100 is just the target
        (980_000, tally(97, 3, 0), 1),
        (900_000, tally(0, 0, 0), 0),
    ] {
        assert_eq!(needed(&limits(target, Severity::Major, 0), counted), expected, "{target} {counted:?}");
    }
    assert_eq!(needed(&limits(900_000, Severity::Critical, 0), tally(19, 1, 0)), 1, "critical: none may fail");
    assert_eq!(needed(&limits(900_000, Severity::Major, 2), tally(0, 0, 0)), 2, "two have to be there");
}

fn shortfall(indicator: &str, needed: u64, standing: bool, requirements: &[RequirementId]) -> Shortfall {
    Shortfall {
        indicator: indicator.into(),
        title: indicator.into(),
        system: System::Isms,
        verdict: Verdict::Breach,
        tally: Tally { passing: 0, failing: needed, unknown: 0 },
        needed,
        standing,
        requirements: requirements.to_vec(),
    }
}

fn candidate(record_id: &str, indicator: &str) -> Candidate {
    Candidate {
        record: RecordBrief::of(&record(RecordKind::ConfigurationItem, record_id, json!({}))),
        indicator: indicator.into(),
        outcome: Outcome::Failing,
        seen: Map::new(),
        systems: vec![System::Isms],
        standing: true,
        leaves_at: None,
    }
}

fn order(found: &Mends) -> Vec<&str> {
    found.items.iter().map(|mend| mend.record.external_id.as_str()).collect()
}

/// Owners are missing of a, b, c; versions are wrong of c, d; c fails both.
fn example() -> (Vec<Shortfall>, Vec<Candidate>) {
    let shortfalls = vec![
        shortfall("owned", 2, true, &[isms("A.8.1.2"), sms("9.1")]),
        shortfall("at-baseline", 1, true, &[sms("9.1")]),
    ];
    let candidates = vec![
        candidate("a", "owned"),
        candidate("b", "owned"),
        candidate("c", "owned"),
        candidate("c", "at-baseline"),
        candidate("d", "at-baseline"),
    ];
    (shortfalls, candidates)
}

fn the_record_that_fails_several_goes_first() {
    let (shortfalls, candidates) = example();
    let found = mends(shortfalls, candidates);
    assert_eq!(order(&found), ["c", "a"], "c mends two at once; then a, the first by name of those that lack an owner");
    assert_eq!(found.items[0].indicators.len(), 2);
    assert!(found.remaining.is_empty());
}

fn no_more_is_mended_than_is_needed() {
    let candidates = ["a", "b", "c", "d"].map(|name| candidate(name, "owned")).to_vec();
    let found = mends(vec![shortfall("owned", 3, true, &[sms("9.1")])], candidates);
    assert_eq!(order(&found), ["a", "b", "c"]);
    assert_eq!(found.items.iter().map(|mend| mend.indicators[0].met).collect::<Vec<_>>(), [false, false, true]);
}

fn a_requirement_is_settled_with_its_last_indicator() {
    let (shortfalls, candidates) = example();
    let found = mends(shortfalls, candidates);
    assert!(found.items[0].settles.is_empty(), "an owner is still missing, which both requirements ask for");
    assert_eq!(found.items[1].settles, [sms("9.1"), isms("A.8.1.2")]);
}

fn past_events_show_when_they_leave() {
    let (mut shortfalls, mut candidates) = example();
    shortfalls.push(shortfall("reviewed", 1, false, &[sms("9.2")]));
    let event = |name: &str, leaves: &str| {
        let leaves_at = Some(time(leaves));
        Candidate { standing: false, leaves_at, ..candidate(name, "reviewed") }
    };
    candidates.extend([event("late", "2026-09-01"), event("soon", "2026-05-01")]);
    let found = mends(shortfalls, candidates);
    assert_eq!(order(&found), ["c", "a"], "no event of the past is proposed");
    let past: Vec<&str> = found.past.iter().map(|event| event.record.external_id.as_str()).collect();
    assert_eq!(past, ["soon", "late"]);
    assert_eq!(found.remaining, [sms("9.2")]);

    let standards = Standards::parse(&embedded::standards()).expect("the standards data");
    let topics: Vec<&str> = standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let catalogue = Catalogue::parse(&embedded::indicators(), &topics).expect("the indicators");
    let definition = catalogue.get("emergency-change-reviewed-in-ten-days").expect("it");
    let seen = json!({"closed_at": "2026-01-01T00:00:00.000Z"});
    let leaves = leaves_at(definition, seen.as_object().expect("fields"));
    assert_eq!(leaves, Some(time("2026-01-01").plus_days(180).plus_millis(1)));
}

fn the_order_does_not_depend_on_arrival() {
    let (shortfalls, candidates) = example();
    let expected = mends(shortfalls, candidates);
    let (mut shortfalls, mut candidates) = example();
    shortfalls.reverse();
    candidates.reverse();
    let found = mends(shortfalls, candidates);
    assert_eq!(order(&found), order(&expected));
}

/// Owners are missing of a and b, which are in the SMS, and of c, which is in both: the ISMS needs one more, the SMS two.
fn each_system_is_mended_by_its_own_records() {
    let of = |system, needed, requirement| Shortfall { system, ..shortfall("owned", needed, true, &[requirement]) };
    let shortfalls = vec![of(System::Isms, 1, isms("A.8.1.2")), of(System::Sms, 2, sms("9.1"))];
    let only = |name: &str, systems: &[System]| Candidate { systems: systems.to_vec(), ..candidate(name, "owned") };
    let candidates = vec![only("a", &[System::Sms]), only("b", &[System::Sms]), only("c", System::ALL)];
    let found = mends(shortfalls.clone(), candidates);
    assert_eq!(order(&found), ["c", "a"], "c helps both systems");
    assert_eq!(found.items[0].settles, [isms("A.8.1.2")]);
    assert_eq!(found.items.iter().map(|mend| mend.indicators[0].met).collect::<Vec<_>>(), [false, true]);
    let found = mends(shortfalls, vec![only("a", &[System::Sms]), only("b", &[System::Sms])]);
    assert_eq!(order(&found), ["a", "b"]);
    assert_eq!(found.remaining, [isms("A.8.1.2")], "none of the ISMS is there to mend");
}

fn what_is_on_record_can_be_put_right_within_a_window() {
    let leaves = Some(time("2026-09-01"));
    let late = |name: &str, standing| Candidate { leaves_at: leaves, standing, ..candidate(name, "explained") };
    let found =
        mends(vec![shortfall("explained", 2, true, &[sms("8.2")])], vec![late("here", true), late("gone", false)]);
    assert_eq!(order(&found), ["here"]);
    assert_eq!(found.items[0].indicators[0].leaves_at, leaves);
    assert_eq!(found.past[0].record.external_id, "gone", "what was deleted only leaves");
    assert_eq!(found.remaining, [sms("8.2")]);
}
