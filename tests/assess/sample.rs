//! Drawn samples: the same for everyone, and of every outcome.

use super::fixture::id;
use concord::assess::draw;
use concord::model::{Outcome, RecordId, RecordKind};
use std::collections::{BTreeMap, BTreeSet};

crate::harness::cases![a_sample_is_the_same_for_the_same_seed, every_outcome_has_its_share, small_and_large_samples];

fn judged(passing: usize, failing: usize, unknown: usize) -> Vec<(RecordId, Outcome)> {
    let of = |count: usize, outcome: Outcome| {
        (0..count).map(move |number| (id(RecordKind::Ticket, &format!("{outcome}-{number}")), outcome))
    };
    of(passing, Outcome::Passing).chain(of(failing, Outcome::Failing)).chain(of(unknown, Outcome::Unknown)).collect()
}

fn counts(drawn: &[(RecordId, Outcome)]) -> [usize; 3] {
    let mut found: BTreeMap<Outcome, usize> = BTreeMap::new();
    for (_, outcome) in drawn {
        *found.entry(*outcome).or_default() += 1;
    }
    [Outcome::Passing, Outcome::Failing, Outcome::Unknown].map(|outcome| found.get(&outcome).copied().unwrap_or(0))
}

fn a_sample_is_the_same_for_the_same_seed() {
    let population = judged(60, 30, 10);
    let mut shuffled = population.clone();
    shuffled.reverse();
    let one = draw(&population, 20, "2026-Q1");
    assert_eq!(one, draw(&shuffled, 20, "2026-Q1"), "the order records come in does not matter");
    let other: BTreeSet<_> = draw(&population, 20, "2026-Q2").into_iter().map(|(record, _)| record).collect();
    assert!(one.iter().any(|(record, _)| !other.contains(record)), "another seed draws others");
    // A larger sample holds a smaller one's records of each outcome.
    let larger: BTreeSet<_> = draw(&population, 40, "2026-Q1").into_iter().collect();
    assert!(one.iter().all(|found| larger.contains(found)));
}

fn every_outcome_has_its_share() {
    assert_eq!(counts(&draw(&judged(60, 30, 10), 10, "s")), [5, 3, 2]);
    assert_eq!(counts(&draw(&judged(998, 1, 1), 10, "s")), [8, 1, 1], "what is rare is in it");
    assert_eq!(counts(&draw(&judged(50, 50, 0), 5, "s")), [2, 3, 0]);
}

fn small_and_large_samples() {
    let population = judged(5, 4, 3);
    assert!(draw(&population, 0, "s").is_empty());
    assert_eq!(counts(&draw(&population, 1, "s")), [0, 1, 0], "what fails comes first");
    assert_eq!(counts(&draw(&population, 2, "s")), [0, 1, 1]);
    for size in 0..20 {
        let drawn = draw(&population, size, "s");
        let distinct: BTreeSet<_> = drawn.iter().map(|(record, _)| record).collect();
        assert_eq!((drawn.len(), distinct.len()), (size.min(12), size.min(12)));
    }
    assert!(draw(&[], 5, "s").is_empty());
}
