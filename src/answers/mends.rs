//! Questions about what would fix it.

use super::{
    FindingBrief, NOTICE,
    conformity::nothing_concluded,
    findings::{failing, judged},
};
use crate::{
    assess::{
        IndicatorResult, RequirementStatus, Rules, decisions_in_force,
        mends::{Candidate, Mends, Shortfall, leaves_at, mends, needed},
    },
    error::{Error, Result},
    evaluate,
    indicators::Definition,
    model::{Outcome, RecordId, System, Verdict, View},
    standards::RequirementId,
    store::{Reader, Store},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How the list is made, said with every one.
const GREEDY: &str =
    "Greedy: the record that fails most of what still falls short goes first. Other, shorter lists may exist.";

/// The most findings of one indicator and outcome that are weighed.
const WEIGHED: usize = 10_000;

/// Findings read at once.
const PAGE: u32 = 1_000;

/// What would fix it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MendsAnswer {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// How the list is made.
    pub method: &'static str,
    /// The requirement asked about; null for both standards.
    pub requirement: Option<RequirementId>,
    /// False if an indicator has more findings than are weighed.
    pub complete: bool,
    /// What falls short, what to mend, and what only time mends.
    #[serde(flatten)]
    pub mends: Mends,
}

/// What would fix a requirement, with everything below it.
pub fn requirement_mends(store: &Store, rules: &Rules, edition: &str, number: &str, view: View) -> Result<MendsAnswer> {
    let requirement = rules.standards.find(edition, number)?;
    if !requirement.normative {
        return Err(Error::NotFound(format!("{} asks for nothing, so there is nothing to mend", requirement.id)));
    }
    let id = &requirement.id;
    let within = |status: &RequirementStatus| status.requirement == *id || status.requirement.is_below(id);
    store.read(|reader| answer(reader, rules, view, Some(id.clone()), within))
}

/// What would fix both standards.
pub fn all_mends(store: &Store, rules: &Rules, view: View) -> Result<MendsAnswer> {
    store.read(|reader| answer(reader, rules, view, None, |_| true))
}

fn answer(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    requirement: Option<RequirementId>,
    within: impl Fn(&RequirementStatus) -> bool,
) -> Result<MendsAnswer> {
    let concluded = evaluate::conclusions(reader, rules, view, None)?.ok_or_else(nothing_concluded)?;
    let mut shortfalls: BTreeMap<(String, System), Shortfall> = BTreeMap::new();
    for status in concluded.statuses.iter().filter(|status| within(status)) {
        for result in status.topics.iter().flat_map(|topic| &topic.indicators) {
            add(&mut shortfalls, rules, &status.requirement, result);
        }
    }
    let indicators: BTreeSet<String> = shortfalls.keys().map(|(indicator, _)| indicator.clone()).collect();
    let decisions = decisions_in_force(&reader.all_decisions()?, concluded.at)?;
    let mut found = Vec::new();
    let mut complete = true;
    for definition in indicators.iter().filter_map(|indicator| rules.indicators.get(indicator)) {
        for outcome in [Outcome::Failing, Outcome::Unknown] {
            let (mut findings, all) = findings(reader, rules, &definition.id, outcome, view)?;
            complete &= all;
            findings.retain(|finding| decisions.waived(&definition.id, [&finding.record.id]) == 0);
            found.extend(candidates(reader, definition, findings, view)?);
        }
    }
    let mends = mends(shortfalls.into_values().collect(), found);
    Ok(MendsAnswer { notice: NOTICE, method: GREEDY, requirement, complete, mends })
}

/// Adds an indicator that falls short, or a requirement to one that is there already.
fn add(
    shortfalls: &mut BTreeMap<(String, System), Shortfall>,
    rules: &Rules,
    requirement: &RequirementId,
    result: &IndicatorResult,
) {
    let Some(definition) = rules.indicators.get(&result.indicator) else { return };
    if !matches!(result.verdict, Verdict::Breach | Verdict::Lapse) {
        return;
    }
    let shortfall = shortfalls.entry((result.indicator.clone(), result.system)).or_insert_with(|| Shortfall {
        indicator: result.indicator.clone(),
        title: result.title.clone(),
        system: result.system,
        verdict: result.verdict,
        tally: result.tally,
        needed: needed(&definition.limits, result.tally),
        standing: definition.standing,
        requirements: Vec::new(),
    });
    if !shortfall.requirements.contains(requirement) {
        shortfall.requirements.push(requirement.clone());
    }
}

/// The findings of an indicator, and whether these are all of them.
fn findings(
    reader: &mut Reader<'_>,
    rules: &Rules,
    indicator: &str,
    outcome: Outcome,
    view: View,
) -> Result<(Vec<FindingBrief>, bool)> {
    let mut found: Vec<FindingBrief> = Vec::new();
    loop {
        let after = found.last().map(|finding| finding.record.id);
        let page = match outcome {
            Outcome::Failing => failing(reader, indicator, view, None, after, PAGE)?,
            other => judged(reader, rules, indicator, view, Some(other), after, PAGE)?,
        };
        let empty = page.items.is_empty();
        found.extend(page.items);
        if !page.more || empty || found.len() >= WEIGHED {
            return Ok((found, !page.more));
        }
    }
}

/// The findings with what decides whether mending them helps. What its source deleted cannot be put right any more.
fn candidates(
    reader: &mut Reader<'_>,
    definition: &Definition,
    findings: Vec<FindingBrief>,
    view: View,
) -> Result<Vec<Candidate>> {
    let ids: Vec<RecordId> = findings.iter().map(|finding| finding.record.id).collect();
    let systems = evaluate::systems_counted(reader, &definition.id, &ids, view)?;
    let gone =
        if definition.standing && definition.window.is_some() { deleted(reader, &ids)? } else { BTreeSet::new() };
    let candidate = |finding: FindingBrief| Candidate {
        systems: systems.get(&finding.record.id).map(|systems| systems.to_vec()).unwrap_or_default(),
        standing: definition.standing && !gone.contains(&finding.record.id),
        leaves_at: leaves_at(definition, &finding.seen),
        record: finding.record,
        indicator: definition.id.clone(),
        outcome: finding.outcome,
        seen: finding.seen,
    };
    Ok(findings.into_iter().map(candidate).collect())
}

fn deleted(reader: &mut Reader<'_>, ids: &[RecordId]) -> Result<BTreeSet<RecordId>> {
    let found = reader.records_by_id(ids)?;
    Ok(found.iter().filter(|record| record.deleted_at.is_some()).map(|record| record.id).collect())
}
