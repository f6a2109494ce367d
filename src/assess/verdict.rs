//! What an indicator says of its population.

use crate::indicators::{Limits, Tally};
use crate::model::{Severity, Verdict, names};

names! {
    /// How current what an indicator judges is.
    pub enum Freshness {
        /// Every source that feeds it was read completely within the indicator's maximum age.
        Fresh = "fresh",
        /// Every source was read completely once, one of them too long ago.
        Stale = "stale",
        /// A source was never read completely, or there is none.
        NeverRead = "never_read",
    }
}

/// The verdict on a population. With p records, `low` = passing / p and `high` = 1 - failing / p, compared exactly:
///
/// - `breach`: `high` below tolerance, or fewer than `at_least` that pass or may pass; if critical, any failure
/// - `lapse`: `high` from tolerance up to below target; a minor indicator never says worse
/// - `met`: `low` at target or above, and `at_least` passing
/// - `inconclusive`: anything else
///
/// Without any record the sources decide. Of one that was never read nothing is claimed: `no_data`, whatever `at_least`
/// demands. Where `at_least` demands a record, its absence is the breach that the table names first (of a minor
/// indicator, the lapse), and stays one when the sources grow stale: what is adverse does not expire. Where none is
/// demanded, it is `no_occurrence` while the sources are fresh, then `no_data`.
pub fn verdict(limits: &Limits, tally: Tally, freshness: Freshness) -> Verdict {
    let population = tally.population();
    let at_best = tally.passing + tally.unknown;
    if population == 0 {
        match freshness {
            Freshness::NeverRead => return Verdict::NoData,
            Freshness::Stale if limits.at_least == 0 => return Verdict::NoData,
            Freshness::Fresh if limits.at_least == 0 => return Verdict::NoOccurrence,
            Freshness::Fresh | Freshness::Stale => {}
        }
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
