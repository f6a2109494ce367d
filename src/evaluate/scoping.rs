//! The scopes of the two management systems while records are judged: what they read, and what they come to.

use super::neighbourhood;
use crate::{
    assess::{
        Alignment, Circumstance, Closure, Evidence, Membership, Outside, Overlap, RequirementStatus, Rules, Scopes,
        Survey, provides, requirement_statuses, scope_circumstances, standing,
    },
    error::Result,
    indicators::{COMMON_UNIT, Tally},
    model::{Graph, Outcome, Record, RecordId, RecordKind, RelationType, System, Timestamp, View},
    store::Reader,
};
use std::collections::{BTreeMap, HashMap};

/// Records looked at together.
const CHUNK: usize = 1_000;

/// Records of a unit looked at together: the first mostly tells.
const OF_A_UNIT: u32 = 16;

/// How far the scopes agree, and what they say nothing about.
#[derive(Clone, Debug)]
pub struct ScopeAgreement {
    /// On services and configuration items.
    pub alignment: Alignment,
    /// How many records of each kind are in both scopes only because nothing links them to anything.
    pub unlinked: BTreeMap<RecordKind, u64>,
}

/// The scopes in force at an instant.
pub(super) fn in_force(reader: &mut Reader<'_>, at: Timestamp) -> Result<Scopes> {
    Scopes::in_force(&reader.all_decisions()?, at)
}

/// Names the scopes: while the name is the same, so are they.
pub(super) fn name(scopes: &Scopes) -> String {
    let defined = System::ALL.iter().filter_map(|system| Some(format!("{system}={}", scopes.of(*system)?.0)));
    defined.collect::<Vec<_>>().join(" ")
}

/// What the scopes of a kind's records are tallied as, beside its indicators: a record passes if it is in both, fails
/// in the one it is in alone, and is unknown if nothing links it to anything.
pub(super) fn tallied(kind: RecordKind) -> String {
    format!("scope/{kind}")
}

/// How a record is counted in that tally.
pub(super) fn counted<'m>(record: &Record, membership: &'m Membership) -> (Outcome, &'m [System]) {
    let outcome = match membership.systems.len() {
        _ if record.deleted_at.is_some() => Outcome::NotApplicable,
        _ if membership.unlinked => Outcome::Unknown,
        1 => Outcome::Failing,
        _ => Outcome::Passing,
    };
    (outcome, &membership.systems)
}

/// How a configuration item that contributes to the SMS stands to its scope, if it is not in it, and until when.
pub(super) fn outside(
    graph: &Graph<'_>,
    scopes: &Scopes,
    record: &Record,
    at: Timestamp,
) -> Option<(Outside, Option<Timestamp>)> {
    scopes.of(System::Sms)?;
    let found = standing(graph, scopes, System::Sms, record, at).filter(|found| !found.inside)?;
    let services = found.services.len() as u64;
    Some((Outside { item: record.id, services, agreed: found.agreed }, found.until))
}

/// How far the scopes agree by what is tallied of a view.
pub fn scope_agreement(reader: &mut Reader<'_>, view: View) -> Result<ScopeAgreement> {
    let tallies: HashMap<(String, System), Tally> =
        reader.tallies(view)?.into_iter().map(|stored| ((stored.indicator, stored.system), stored.tally)).collect();
    let of = |kind, system| tallies.get(&(tallied(kind), system)).copied().unwrap_or_default();
    let overlap = |kind| Overlap::of_tallies(of(kind, System::Isms), of(kind, System::Sms));
    let alignment = Alignment {
        services: overlap(RecordKind::Service),
        configuration_items: overlap(RecordKind::ConfigurationItem),
    };
    let unlinked = |kind: &RecordKind| (*kind, of(*kind, System::Isms).unknown.max(of(*kind, System::Sms).unknown));
    let kinds = RecordKind::ALL.iter().filter(|kind| **kind != RecordKind::Relation);
    let unlinked = kinds.map(unlinked).filter(|(_, count)| *count > 0).collect();
    Ok(ScopeAgreement { alignment, unlinked })
}

/// Adds to the evidence of a view how the scopes lie to each other, and what an open one speaks against.
pub(super) fn complete(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    scopes: &Scopes,
    evidence: &mut Evidence,
    outside: &[Outside],
) -> Result<()> {
    if scopes.is_empty() {
        return Ok(());
    }
    evidence.nesting = scope_agreement(reader, view)?.alignment.nesting();
    let Some(edition) = rules.standards.editions().iter().find(|edition| edition.system == System::Sms) else {
        return Ok(());
    };
    let units = units_not_providing(reader, scopes)?;
    let governance =
        outside.iter().any(|o| o.agreed) && is_governed(rules, &requirement_statuses(&rules.standards, evidence));
    let found: Vec<Circumstance> = scope_circumstances(outside, governance, &units, &edition.id);
    evidence.circumstances.extend(found);
    Ok(())
}

/// True if 4.2 of ISO/IEC 20000-1 has conforming evidence, whatever the scope leaves open.
pub fn is_governed(rules: &Rules, statuses: &[RequirementStatus]) -> bool {
    let of_the_sms = rules.standards.editions().iter().find(|edition| edition.system == System::Sms);
    of_the_sms.is_some_and(|edition| {
        let is_4_2 = |status: &&RequirementStatus| {
            status.requirement.edition() == edition.id && status.requirement.number() == "4.2"
        };
        statuses.iter().find(is_4_2).is_some_and(RequirementStatus::is_evidenced)
    })
}

/// For an organisation-wide SMS: the units none of whose items contributes to a live service. Mostly a unit's first
/// items tell; of one that provides nothing all are looked at.
fn units_not_providing(reader: &mut Reader<'_>, scopes: &Scopes) -> Result<Vec<String>> {
    let mut idle = Vec::new();
    if !scopes.is_organisation_wide(System::Sms) {
        return Ok(idle);
    }
    let mut last: Option<String> = None;
    while let Some(key) = reader.next_common(COMMON_UNIT, last.as_deref())? {
        if !unit_provides(reader, &key)? {
            idle.extend(key.split('\u{1f}').nth(1).map(ToOwned::to_owned));
        }
        last = Some(key);
    }
    Ok(idle)
}

fn unit_provides(reader: &mut Reader<'_>, key: &str) -> Result<bool> {
    let mut after = None;
    loop {
        let page = reader.sharing_key(key, after, OF_A_UNIT)?;
        let part = neighbourhood::contributions(reader, &page)?;
        let graph = Graph::new(&part, []);
        if page.iter().any(|item| provides(&graph, *item)) {
            return Ok(true);
        }
        after = page.last().copied();
        if page.len() < OF_A_UNIT as usize {
            return Ok(false);
        }
    }
}

/// Looks at every service and configuration item, a chunk at a time. `each` sees every one with the part of the store
/// around it.
pub fn survey(
    reader: &mut Reader<'_>,
    rules: &Rules,
    scopes: &Scopes,
    governance: bool,
    at: Timestamp,
    mut each: impl FnMut(&Graph<'_>, &Record),
) -> Result<(Alignment, Vec<Closure>)> {
    let known = rules.known_relations(&reader.checkpoints()?);
    let mut survey = Survey::new(scopes, governance, at);
    for kind in [RecordKind::Service, RecordKind::ConfigurationItem] {
        let mut after = None;
        loop {
            let subjects = reader.records_of_after(kind, after, CHUNK)?;
            after = subjects.last().map(|record| record.id);
            let full = subjects.len() == CHUNK;
            let own: Vec<RecordId> = subjects.iter().map(|record| record.id).collect();
            let part = neighbourhood::around(reader, rules, subjects, true)?;
            let graph = Graph::new(&part.records, known.iter().copied());
            for record in own.iter().filter_map(|id| graph.record(*id)) {
                survey.add(&graph, record);
                each(&graph, record);
            }
            if !full {
                break;
            }
        }
    }
    Ok(survey.finish())
}

/// Relation types of the edges that [`crate::assess::linked`] follows, and [`neighbourhood::CONCERNS`].
pub(super) const LINKS: [&str; 7] = [
    RelationType::Supports.as_str(),
    RelationType::Affects.as_str(),
    RelationType::CausedBy.as_str(),
    RelationType::Covers.as_str(),
    RelationType::Provides.as_str(),
    RelationType::Controls.as_str(),
    neighbourhood::CONCERNS,
];
