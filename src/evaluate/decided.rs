//! What decisions add to the evidence of a view: read from the store, handed to the pure conclusions.

use super::{judge, scoping};
use crate::{
    assess::{
        Evidence, IndicatorResult, Outside, RequirementStatus, Rules, Scopes, bound_documents, decisions_in_force,
        indicators_to_list, is_in_force, next_change, with_decided,
    },
    error::Result,
    model::{RecordId, System, Timestamp, View},
    standards::RequirementId,
    store::Reader,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many findings are read at a time.
const CHUNK: u32 = 1_000;

/// Adds to the evidence of a view what was decided and is in force at an instant.
pub(super) fn complete(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    at: Timestamp,
    mut evidence: Evidence,
    outside: &[Outside],
) -> Result<Evidence> {
    let all = reader.all_decisions()?;
    if all.is_empty() {
        return Ok(evidence);
    }
    let mut named = Vec::new();
    for decision in &all {
        named.extend(crate::assess::DecisionBody::of(decision)?.records());
    }
    let decisions = decisions_in_force(&all, at)?.without(&hidden(reader, &named, view)?);
    let topic_of = evidence.indicators.iter().map(|result| (result.indicator.as_str(), result.topic.as_str()));
    for indicator in indicators_to_list(&rules.standards, &decisions, topic_of) {
        for &system in System::ALL {
            let failing = failing(reader, &indicator, system, view, Some(at))?;
            evidence.failing.insert((indicator.clone(), system), failing);
        }
    }
    for result in &mut evidence.indicators {
        if result.relaxed {
            let version = (result.indicator.clone(), result.version.clone());
            result.relaxed_by = decisions.relaxations.get(&version).cloned();
        }
        let failing = evidence.failing.get(&(result.indicator.clone(), result.system));
        let waived = failing.map_or(0, |failing| decisions.waived(&result.indicator, failing.keys()));
        if let Some(definition) = rules.indicators.get(&result.indicator).filter(|_| waived > 0) {
            let freshness =
                if result.fresh { crate::assess::Freshness::Fresh } else { crate::assess::Freshness::Stale };
            let found = IndicatorResult::of(definition, result.system, result.tally, waived, freshness, result.as_of);
            *result =
                IndicatorResult { version: result.version.clone(), relaxed_by: result.relaxed_by.take(), ..found };
        }
    }
    let bound: Vec<RecordId> = decisions.bindings.iter().flat_map(|binding| binding.documents.clone()).collect();
    evidence.documents.extend(bound_documents(&reader.records_by_id(&bound)?, &decisions, at));
    let agreements: Vec<RecordId> = decisions.governed.iter().map(|process| process.agreement).collect();
    let agreements = reader.records_by_id(&agreements)?;
    evidence.agreements_in_force.extend(agreements.iter().filter(|r| is_in_force(r, at)).map(|record| record.id));
    evidence.findings = with_decided(evidence.findings, &decisions);
    evidence.decisions = decisions;
    scoping::complete(reader, rules, view, &Scopes::in_force(&all, at)?, &mut evidence, outside)?;
    Ok(evidence)
}

/// The instants at which what was decided comes to something else though nothing changes: a decision starts or ends, a
/// plan falls due, an agreement behind a process of another party starts or ends, a document bound to a requirement
/// comes into force or is due for review.
pub(super) fn turns(reader: &mut Reader<'_>, at: Timestamp) -> Result<Vec<Timestamp>> {
    let all = reader.all_decisions()?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let decisions = decisions_in_force(&all, at)?;
    let agreements = decisions.governed.iter().map(|process| process.agreement);
    let documents = decisions.bindings.iter().flat_map(|binding| binding.documents.iter().copied());
    let records = reader.records_by_id(&agreements.chain(documents).collect::<Vec<_>>())?;
    Ok(next_change(&all, at)?.into_iter().chain(crate::assess::turns(&records)).collect())
}

/// Those of these records that a view may not know of.
pub(super) fn hidden(reader: &mut Reader<'_>, ids: &[RecordId], view: View) -> Result<BTreeSet<RecordId>> {
    if view == View::Full { Ok(BTreeSet::new()) } else { reader.restricted(ids) }
}

/// The records that fail an indicator in a system's scope at an instant, and since when.
pub(super) fn failing(
    reader: &mut Reader<'_>,
    indicator: &str,
    system: System,
    view: View,
    as_of: Option<Timestamp>,
) -> Result<BTreeMap<RecordId, Timestamp>> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let page = reader.findings(indicator, view, as_of, after, CHUNK)?;
        after = page.items.last().map(|finding| finding.record);
        let ids: Vec<RecordId> = page.items.iter().map(|finding| finding.record).collect();
        let counted = judge::systems_counted(reader, indicator, &ids, view)?;
        let inside = |id: &RecordId| counted.get(id).is_some_and(|systems| systems.contains(&system));
        let items = page.items.into_iter().filter(|finding| inside(&finding.record));
        found.extend(items.map(|finding| (finding.record, finding.opened_at)));
        if !page.more {
            return Ok(found);
        }
    }
}

/// The status of a requirement as it was concluded last.
pub(super) fn present_status(
    reader: &mut Reader<'_>,
    rules: &Rules,
    requirement: &RequirementId,
    view: View,
) -> Result<Option<RequirementStatus>> {
    let concluded = super::conclusions(reader, rules, view, None)?;
    let mut statuses = concluded.into_iter().flat_map(|concluded| concluded.statuses);
    Ok(statuses.find(|status| status.requirement == *requirement))
}
