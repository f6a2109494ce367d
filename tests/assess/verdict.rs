//! Verdicts against the table, written out with plain fractions.

use concord::assess::{Freshness, verdict};
use concord::indicators::{Limits, Share, Tally};
use concord::model::{Severity, Verdict};

crate::harness::cases![every_small_tally_follows_the_table, limits_are_met_exactly, nothing_is_claimed_from_nothing];

fn limits(target: u32, tolerance: u32, severity: Severity, at_least: u64) -> Limits {
    let share = |percent| Share::from_millionths(percent * 10_000).expect("a share");
    Limits { target: share(target), tolerance: share(tolerance), severity, at_least }
}

/// A fraction, compared by cross-multiplication.
#[derive(Clone, Copy)]
struct Fraction(i64, i64);

impl Fraction {
    fn below(self, percent: u32) -> bool {
        self.0 * 100 < i64::from(percent) * self.1
    }
}

/// The table of verdicts, row by row.
fn by_the_table(
    target: u32,
    tolerance: u32,
    severity: Severity,
    at_least: u64,
    tally: Tally,
    freshness: Freshness,
) -> Verdict {
    let p = (tally.passing + tally.failing + tally.unknown) as i64;
    if p == 0 {
        return match (freshness, at_least, severity) {
            (Freshness::NeverRead, _, _) | (Freshness::Stale, 0, _) => Verdict::NoData,
            (Freshness::Fresh, 0, _) => Verdict::NoOccurrence,
            (_, _, Severity::Minor) => Verdict::Lapse,
            _ => Verdict::Breach,
        };
    }
    let low = Fraction(tally.passing as i64, p);
    let high = Fraction(p - tally.failing as i64, p);
    let breach = high.below(tolerance)
        || tally.passing + tally.unknown < at_least
        || (severity == Severity::Critical && tally.failing > 0);
    let lapse = !high.below(tolerance) && high.below(target);
    let met = !low.below(target) && tally.passing >= at_least;
    match (breach, severity) {
        (true, Severity::Minor) => Verdict::Lapse,
        (true, _) => Verdict::Breach,
        _ if lapse => Verdict::Lapse,
        _ if met => Verdict::Met,
        _ => Verdict::Inconclusive,
    }
}

fn every_small_tally_follows_the_table() {
    let mut seen = std::collections::BTreeMap::<Verdict, u32>::new();
    for (target, tolerance) in [(100, 100), (100, 90), (98, 90), (90, 70), (67, 33), (50, 50), (50, 0), (0, 0)] {
        for severity in Severity::ALL.iter().copied() {
            for at_least in 0..4 {
                for passing in 0..7 {
                    for failing in 0..7 {
                        for unknown in 0..7 {
                            for freshness in Freshness::ALL.iter().copied() {
                                let tally = Tally { passing, failing, unknown };
                                let found = verdict(&limits(target, tolerance, severity, at_least), tally, freshness);
                                let expected = by_the_table(target, tolerance, severity, at_least, tally, freshness);
                                assert_eq!(
                                    found, expected,
                                    "{tally:?} {target}/{tolerance} {severity} at least {at_least}, {freshness}"
                                );
                                *seen.entry(found).or_default() += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(seen.len(), Verdict::ALL.len(), "every verdict occurs: {seen:?}");
}

fn limits_are_met_exactly() {
    let of = |passing, failing| {
        let tally = Tally { passing, failing, unknown: 0 };
        verdict(&limits(98, 90, Severity::Major, 0), tally, Freshness::Fresh)
    };
    assert_eq!(of(98, 2), Verdict::Met);
    assert_eq!(of(979_999, 20_001), Verdict::Lapse);
    assert_eq!(of(90, 10), Verdict::Lapse);
    assert_eq!(of(899_999, 100_001), Verdict::Breach);
}

fn nothing_is_claimed_from_nothing() {
    let none = Tally::default();
    for severity in Severity::ALL.iter().copied() {
        let of = |at_least, freshness| verdict(&limits(100, 100, severity, at_least), none, freshness);
        assert_eq!(of(1, Freshness::NeverRead), Verdict::NoData);
        assert_eq!(of(0, Freshness::NeverRead), Verdict::NoData);
        assert_eq!(of(0, Freshness::Stale), Verdict::NoData);
        assert_eq!(of(0, Freshness::Fresh), Verdict::NoOccurrence);
        assert_eq!(of(1, Freshness::Stale), of(1, Freshness::Fresh), "what is missing stays missing");
    }
    assert_eq!(verdict(&limits(100, 100, Severity::Major, 1), none, Freshness::Fresh), Verdict::Breach);
    assert_eq!(verdict(&limits(100, 100, Severity::Minor, 1), none, Freshness::Fresh), Verdict::Lapse);
}
