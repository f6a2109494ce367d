//! What would fix it: the records to mend, so that with few of them much of the status of both standards is regained.
//!
//! Greedy, and says so: of the records that fail, the one that fails most of what still falls short goes first. That is
//! not always the shortest list there is, but it is never long, and each step says what it brings.

use crate::{
    indicators::{Definition, Limits, Tally},
    model::{Outcome, RecordBrief, Severity, System, Timestamp, Verdict},
    standards::RequirementId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};
use utoipa::ToSchema;

/// An indicator that falls short in a management system, and by how many records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shortfall {
    /// The indicator's id.
    pub indicator: String,
    /// The statement that should be true.
    pub title: String,
    /// The management system.
    pub system: System,
    /// What the population comes to there.
    pub verdict: Verdict,
    /// How it was judged.
    pub tally: Tally,
    /// How many more records have to pass: the target's share of the population, rounded up, less those that pass; of a
    /// critical indicator all that fail; and no fewer than are demanded at least.
    pub needed: u64,
    /// True if a record that fails can still be put right; false if it speaks of events of the past, which nothing can
    /// mend.
    pub standing: bool,
    /// The requirements of the system's standard whose status it pulls down.
    pub requirements: Vec<RequirementId>,
}

/// A record that fails an indicator, or of which too little is known.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The record.
    pub record: RecordBrief,
    /// The indicator's id.
    pub indicator: String,
    /// Failing or unknown.
    pub outcome: Outcome,
    /// The fields and facts the indicator read.
    pub seen: Map<String, Json>,
    /// The management systems it counts in.
    pub systems: Vec<System>,
    /// True if it can still be put right.
    pub standing: bool,
    /// When it leaves the indicator's window, if that has one.
    pub leaves_at: Option<Timestamp>,
}

/// What to mend in a record for one indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MendedIndicator {
    /// The indicator's id.
    pub indicator: String,
    /// The statement to make true of the record.
    pub title: String,
    /// Failing, or unknown: then what is missing is to be supplied.
    pub outcome: Outcome,
    /// The fields and facts the indicator read, with the values they had.
    #[schema(value_type = Object)]
    pub seen: Map<String, Json>,
    /// True if the indicator is met with this step, in every system in which it fell short.
    pub met: bool,
    /// When the record leaves the indicator's window by itself; null if that has none.
    pub leaves_at: Option<Timestamp>,
}

/// A record to mend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mend {
    /// Its place in the order, from 1.
    pub step: u64,
    /// The record.
    pub record: RecordBrief,
    /// What to mend in it.
    pub indicators: Vec<MendedIndicator>,
    /// The requirements of both standards that no indicator pulls down any more after this step.
    pub settles: Vec<RequirementId>,
}

/// An event of the past that pulls a status down until it is old enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastEvent {
    /// The record.
    pub record: RecordBrief,
    /// The indicator it fails.
    pub indicator: String,
    /// Failing or unknown.
    pub outcome: Outcome,
    /// When it leaves the indicator's window; null if that is not known.
    pub leaves_at: Option<Timestamp>,
}

/// What would fix it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mends {
    /// The indicators that fall short, by id and system.
    pub shortfalls: Vec<Shortfall>,
    /// The records to mend, one after the other.
    pub items: Vec<Mend>,
    /// Events of the past, the next to leave its window first.
    pub past: Vec<PastEvent>,
    /// Requirements that still fall short after all mends, for events of the past or for want of new records.
    pub remaining: Vec<RequirementId>,
}

/// How many more records have to pass for the indicator to be met.
pub fn needed(limits: &Limits, tally: Tally) -> u64 {
    let population = tally.population();
    let (mut least, mut most) = (0, population.saturating_sub(tally.passing));
    while least < most {
        let middle = least + (most - least) / 2;
        if limits.target.is_reached_by(tally.passing + middle, population) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
    let critical = if limits.severity == Severity::Critical { tally.failing } else { 0 };
    least.max(critical).max(limits.at_least.saturating_sub(tally.passing))
}

/// When a record leaves an indicator's window, by what the indicator saw of it.
pub fn leaves_at(definition: &Definition, seen: &Map<String, Json>) -> Option<Timestamp> {
    let window = definition.window.as_ref()?;
    let at: Timestamp = seen.get(&window.of)?.as_str()?.parse().ok()?;
    Some(at.plus_days(i64::from(window.days)).plus_millis(1))
}

/// The records to mend for the indicators that fall short.
pub fn mends(mut shortfalls: Vec<Shortfall>, candidates: Vec<Candidate>) -> Mends {
    shortfalls.retain(|shortfall| shortfall.needed > 0);
    shortfalls.sort_by(|a, b| (&a.indicator, a.system).cmp(&(&b.indicator, b.system)));
    let mut search = Search::new(&shortfalls);
    let mut past = Vec::new();
    for candidate in candidates {
        if search.helped(&candidate).next().is_none() {
            continue;
        }
        if candidate.standing {
            search.add(candidate);
            continue;
        }
        past.push(PastEvent {
            record: candidate.record,
            indicator: candidate.indicator,
            outcome: candidate.outcome,
            leaves_at: candidate.leaves_at,
        });
    }
    past.sort_by_cached_key(|event| (event.leaves_at, event.record.external_id.clone(), event.indicator.clone()));
    let items = search.run();
    let remaining = search.open_requirements().into_iter().collect();
    Mends { items, past, remaining, shortfalls }
}

/// How good a record is to mend next: how many shortfalls it helps, each system counting, then how few records those still need, then how
/// many requirements they concern; last, its name, so that the order is the same every time.
type Gain = (usize, Reverse<u64>, usize, Reverse<String>);

/// An indicator in a system.
type Place<'a> = (&'a str, System);

struct Search<'a> {
    shortfalls: BTreeMap<Place<'a>, &'a Shortfall>,
    /// How many more records each shortfall needs.
    left: BTreeMap<Place<'a>, u64>,
    /// By record: its external id first, so that ties are told apart by name.
    records: BTreeMap<(String, crate::model::RecordId), Vec<Candidate>>,
}

impl<'a> Search<'a> {
    fn new(shortfalls: &'a [Shortfall]) -> Self {
        let place = |shortfall: &'a Shortfall| (shortfall.indicator.as_str(), shortfall.system);
        Self {
            shortfalls: shortfalls.iter().map(|shortfall| (place(shortfall), shortfall)).collect(),
            left: shortfalls.iter().map(|shortfall| (place(shortfall), shortfall.needed)).collect(),
            records: BTreeMap::new(),
        }
    }

    /// The shortfalls that mending a record helps now.
    fn helped(&self, candidate: &Candidate) -> impl Iterator<Item = &'a Shortfall> {
        let places = candidate.systems.iter().map(|system| (candidate.indicator.as_str(), *system));
        places.filter(|place| self.left(*place) > 0).filter_map(|place| self.shortfalls.get(&place).copied())
    }

    fn add(&mut self, candidate: Candidate) {
        let key = (candidate.record.external_id.clone(), candidate.record.id);
        self.records.entry(key).or_default().push(candidate);
    }

    fn left(&self, place: Place<'_>) -> u64 {
        self.left.get(&place).copied().unwrap_or_default()
    }

    /// What mending the record gains now; `None` if nothing.
    fn gain(&self, candidates: &[Candidate]) -> Option<Gain> {
        let helped: Vec<&Shortfall> = candidates.iter().flat_map(|candidate| self.helped(candidate)).collect();
        let least = helped.iter().map(|shortfall| self.left((&shortfall.indicator, shortfall.system))).min()?;
        let requirements: BTreeSet<&RequirementId> =
            helped.iter().flat_map(|shortfall| &shortfall.requirements).collect();
        let name = candidates.first().map(|candidate| candidate.record.external_id.clone()).unwrap_or_default();
        Some((helped.len(), Reverse(least), requirements.len(), Reverse(name)))
    }

    /// Takes the best record until nothing is gained any more. How many shortfalls a record helps only shrinks, so one
    /// that was the best before is looked at again before it is taken.
    fn run(&mut self) -> Vec<Mend> {
        let records = std::mem::take(&mut self.records);
        let mut waiting: BinaryHeap<(Gain, &(String, crate::model::RecordId))> =
            records.iter().filter_map(|(key, candidates)| Some((self.gain(candidates)?, key))).collect();
        let mut mends: Vec<Mend> = Vec::new();
        while let Some((before, key)) = waiting.pop() {
            let Some(candidates) = records.get(key) else { continue };
            let Some(now) = self.gain(candidates) else { continue };
            if now != before && waiting.peek().is_some_and(|(next, _)| *next > now) {
                waiting.push((now, key));
                continue;
            }
            let step = mends.len() as u64 + 1;
            mends.extend(self.take(step, candidates));
        }
        mends
    }

    fn take(&mut self, step: u64, candidates: &[Candidate]) -> Option<Mend> {
        let record = candidates.first()?.record.clone();
        let open = self.open_requirements();
        let mut indicators = Vec::new();
        for candidate in candidates {
            let helped: Vec<&Shortfall> = self.helped(candidate).collect();
            let Some(title) = helped.first().map(|shortfall| shortfall.title.clone()) else { continue };
            for shortfall in helped {
                self.left.entry((shortfall.indicator.as_str(), shortfall.system)).and_modify(|left| *left -= 1);
            }
            indicators.push(MendedIndicator {
                indicator: candidate.indicator.clone(),
                title,
                outcome: candidate.outcome,
                seen: candidate.seen.clone(),
                met: System::ALL.iter().all(|system| self.left((&candidate.indicator, *system)) == 0),
                leaves_at: candidate.leaves_at,
            });
        }
        let still = self.open_requirements();
        Some(Mend { step, record, indicators, settles: open.difference(&still).cloned().collect() })
    }

    /// The requirements that some shortfall pulls down.
    fn open_requirements(&self) -> BTreeSet<RequirementId> {
        let open = self.shortfalls.iter().filter(|(place, _)| self.left(**place) > 0).map(|(_, shortfall)| shortfall);
        open.flat_map(|shortfall| shortfall.requirements.iter().cloned()).collect()
    }
}
