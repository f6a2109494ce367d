//! What an indicator says of its population.

use crate::indicators::{Limits, Tally};
use crate::model::{Severity, Verdict};

/// The verdict on a population. With p records, `low` = passing / p and `high` = 1 - failing / p, compared exactly:
///
/// - `breach`: `high` below tolerance, or fewer than `at_least` that pass or may pass; if critical, any failure
/// - `lapse`: `high` from tolerance up to below target; a minor indicator never says worse
/// - `met`: `low` at target or above, and `at_least` passing
/// - `inconclusive`: anything else
///
/// Without any record the sources decide. `fresh` is false if one of them has no complete read within the
/// indicator's `max_age`, or if there is none. Then nothing is claimed from nothing: `no_data`, whatever `at_least`
/// demands. Fresh sources without a record are `no_occurrence` where none is demanded; where `at_least` demands one,
/// its absence is the breach that the table names first (of a minor indicator, the lapse).
pub fn verdict(limits: &Limits, tally: Tally, fresh: bool) -> Verdict {
    let population = tally.population();
    let at_best = tally.passing + tally.unknown;
    if population == 0 && !fresh {
        return Verdict::NoData;
    }
    if population == 0 && limits.at_least == 0 {
        return Verdict::NoOccurrence;
    }
    let breached = at_best < limits.at_least
        || !limits.tolerance.is_reached_by(at_best, population)
        || (limits.severity == Severity::Critical && tally.failing > 0);
    if breached {
        return if limits.severity == Severity::Minor { Verdict::Lapse } else { Verdict::Breach };
    }
    if !limits.target.is_reached_by(at_best, population) {
        return Verdict::Lapse;
    }
    if limits.target.is_reached_by(tally.passing, population) && tally.passing >= limits.at_least {
        return Verdict::Met;
    }
    Verdict::Inconclusive
}
