//! Declared relations between requirements: which verdicts cross them, and which declarations contradict each other.

use super::decisions::{DeclaredRelation, RequirementRelation as Relation};
use super::evidence::Evidence;
use super::requirement::RequirementStatus;
use super::topic::{TopicState, TopicStatus, Topics};
use crate::model::{Status, System, Verdict};
use crate::standards::{RequirementId, Standards};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// A verdict that crossed from another requirement, because the organisation declared how the two relate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Inference {
    /// The requirement it comes from.
    pub from: RequirementId,
    /// How that one relates to this one.
    pub relation: Relation,
    /// What crossed.
    pub status: Status,
    /// How many failing records inside this one's scope carry it; 0 for what is favourable.
    pub failing: u64,
    /// The decision that declares the relation.
    pub decision: String,
}

/// What crosses from a source that relates to its target like this. `source` is the source's own status, before
/// anything crossed to it; `target_within` tells whether the target's scope lies within the source's; `failing` are
/// the source's breaches (`true`) and lapses that fail in the target's scope too, with their number of records.
///
/// Passing crosses where the source asks for at least as much over at least as wide a scope; failing crosses through
/// records in the target's scope where the source asks for no more. Nothing else does: not a grade, which is a
/// person's word on one requirement, and nothing from what is not or not fully evidenced.
pub fn crossing(
    relation: Relation,
    source: Status,
    target_within: bool,
    failing: &[(bool, u64)],
) -> Option<(Status, u64)> {
    let covers = matches!(relation, Relation::Equal | Relation::Superset);
    let contained = matches!(relation, Relation::Equal | Relation::Subset);
    if source == Status::Conforming {
        return (covers && target_within).then_some((Status::Conforming, 0));
    }
    if !source.is_adverse() || !contained {
        return None;
    }
    let carried = failing.iter().filter(|(_, records)| *records > 0);
    let worst = carried.clone().map(|(breach, _)| *breach).max()?;
    let status = if worst { Status::PotentialNonconformity } else { Status::Concern };
    Some((status, carried.map(|(_, records)| *records).sum()))
}

/// What crosses to each requirement over one declared relation, from the statuses before anything crossed.
pub(super) fn inferences(
    standards: &Standards,
    evidence: &Evidence,
    topics: &Topics<'_>,
    statuses: &HashMap<RequirementId, RequirementStatus>,
) -> HashMap<RequirementId, Vec<Inference>> {
    let mut found: HashMap<RequirementId, Vec<Inference>> = HashMap::new();
    let system = |id: &RequirementId| standards.edition(id.edition()).map(|edition| edition.system);
    for declared in &evidence.decisions.relations {
        let forth = (&declared.from, declared.relation, &declared.to);
        let back = (&declared.to, declared.relation.reversed(), &declared.from);
        for (source, relation, target) in [forth, back] {
            let (Some(status), Some(here), Some(there)) = (statuses.get(source), system(source), system(target)) else {
                continue;
            };
            let failing = failing(standards, topics, statuses, status, (here, there));
            let within = evidence.nesting.is_within(there, here);
            if let Some((crossed, failing)) = crossing(relation, status.status, within, &failing) {
                found.entry(target.clone()).or_default().push(Inference {
                    from: source.clone(),
                    relation,
                    status: crossed,
                    failing,
                    decision: declared.id.clone(),
                });
            }
        }
    }
    found
}

/// The breaches and lapses of a requirement and what is below it, with how many records fail in both scopes. What was
/// determined to be no nonconformity crosses as the concern it is.
fn failing(
    standards: &Standards,
    topics: &Topics<'_>,
    statuses: &HashMap<RequirementId, RequirementStatus>,
    source: &RequirementStatus,
    (here, there): (System, System),
) -> Vec<(bool, u64)> {
    let below = standards.descendants(&source.requirement).into_iter().filter_map(|node| statuses.get(&node.id));
    let of = |topic: &TopicStatus| {
        let settled = topic.state == TopicState::Settled;
        let adverse = |verdict| matches!(verdict, Verdict::Breach | Verdict::Lapse);
        let results = topic.indicators.iter().filter(|result| adverse(result.verdict));
        let counted = results.map(|result| {
            let records = topics.failing_in_both(&result.indicator, here, there);
            (result.indicator.clone(), (result.verdict == Verdict::Breach && !settled, records))
        });
        counted.collect::<Vec<_>>()
    };
    // An indicator speaks once, however many of the topics below it is evidence for.
    let mut by_indicator: BTreeMap<String, (bool, u64)> = BTreeMap::new();
    for (indicator, (breach, records)) in
        std::iter::once(source).chain(below).flat_map(RequirementStatus::all_topics).flat_map(of)
    {
        let known = by_indicator.entry(indicator).or_insert((false, records));
        known.0 |= breach;
    }
    by_indicator.into_values().collect()
}

/// The indicators whose failing records [`Evidence::failing`] has to list for these decisions: those that
/// determinations and deviations name, and those of the requirements that relations are declared of.
pub fn indicators_to_list<'a>(
    standards: &Standards,
    decisions: &'a super::Decisions,
    topic_of: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeSet<String> {
    let determined = decisions.determinations.iter().flat_map(|determination| determination.covers.indicators.keys());
    let waived = decisions.deviations.iter().flat_map(|deviation| &deviation.waives).map(|waiver| &waiver.indicator);
    let mut found: BTreeSet<String> = determined.chain(waived).cloned().collect();
    let ends: BTreeSet<&RequirementId> =
        decisions.relations.iter().flat_map(|relation| [&relation.from, &relation.to]).collect();
    let mut topics: BTreeSet<&str> = BTreeSet::new();
    for end in ends {
        let nodes = standards.requirement(end).into_iter().chain(standards.descendants(end));
        for node in nodes {
            topics.extend(node.topics.iter().map(String::as_str));
            let bound = decisions.bindings.iter().filter(|binding| binding.requirement == node.id);
            found.extend(bound.flat_map(|binding| &binding.indicators).cloned());
        }
    }
    found.extend(topic_of.into_iter().filter(|(_, topic)| topics.contains(topic)).map(|(id, _)| id.to_owned()));
    found
}

/// Why a relation cannot be declared beside those declared already; `None` if it can.
///
/// A requirement relates to no other part of its own branch, as the tree says that already. Read through equals, what
/// contains another cannot be contained in it or equal to it.
pub fn contradiction(
    standards: &Standards,
    declared: &[DeclaredRelation],
    from: &RequirementId,
    relation: Relation,
    to: &RequirementId,
) -> Option<String> {
    if from == to {
        return Some("a requirement has no relation to itself".into());
    }
    let on_branch =
        |above: &RequirementId, below: &RequirementId| standards.ancestors(below).any(|node| node.id == *above);
    if on_branch(from, to) || on_branch(to, from) {
        return Some(format!("{from} and {to} are of one branch, and the edition says how they relate"));
    }
    let mut contains: BTreeMap<&RequirementId, Vec<(&RequirementId, bool)>> = BTreeMap::new();
    let mut add = |from, relation, to| {
        let strict = relation != Relation::Equal;
        if relation != Relation::Subset {
            contains.entry(from).or_default().push((to, strict));
        }
        if relation != Relation::Superset {
            contains.entry(to).or_default().push((from, strict));
        }
    };
    for known in declared {
        add(&known.from, known.relation, &known.to);
    }
    add(from, relation, to);
    [from, to].into_iter().find(|start| contains_itself(start, &contains)).map(|_| {
        format!("with what is declared already, {from} would ask for more than itself: withdraw one of the relations")
    })
}

/// True if a way leads back to where it starts over at least one strict step.
fn contains_itself<'a>(
    start: &'a RequirementId,
    contains: &BTreeMap<&'a RequirementId, Vec<(&'a RequirementId, bool)>>,
) -> bool {
    let mut seen: BTreeSet<(&RequirementId, bool)> = BTreeSet::new();
    let mut open = vec![(start, false)];
    while let Some((at, strict)) = open.pop() {
        for (next, step) in contains.get(at).into_iter().flatten() {
            let strict = strict || *step;
            if *next == start && strict {
                return true;
            }
            if seen.insert((next, strict)) {
                open.push((next, strict));
            }
        }
    }
    false
}
