//! What would be if suppliers or agreements were others: the change is made, looked at, and taken back.

use super::{conclusions, requirement_subject, trial::try_out};
use crate::{
    assess::{
        Rules,
        supplier_risk::{Score, SupplierRisk},
    },
    error::{Error, Problem, Result},
    model::{
        Body, Record, RecordId, RecordKind, RecordVersion, Reference, RelationTo, RelationType, Status, Timestamp,
        View, check_supply,
    },
    store::{Reader, Store, Transaction},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most changes tried at once.
const MOST: usize = 50;

/// What is tried: all of it together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierTrial {
    /// The changes, in order; 1 to 50.
    pub changes: Vec<TriedChange>,
}

/// A change to a supplier or an agreement.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriedChange {
    /// A supplier or agreement appears.
    Add {
        /// `party` or `agreement`.
        kind: RecordKind,
        /// What it is called here.
        external_id: String,
        /// Its fields, as the store has them.
        #[schema(value_type = Object)]
        fields: Map<String, Value>,
        /// What it provides, controls or covers.
        #[serde(default)]
        relations: Vec<TriedRelation>,
    },
    /// A supplier or agreement is gone.
    Remove {
        /// Its record.
        record: RecordId,
    },
    /// A supplier or agreement is altered.
    Alter {
        /// Its record.
        record: RecordId,
        /// The fields that are others; the rest stays.
        #[schema(value_type = Object)]
        fields: Map<String, Value>,
    },
    /// Another supplier takes over what one provides and controls.
    Replace {
        /// The supplier that leaves.
        record: RecordId,
        /// The supplier that takes over.
        by: RecordId,
    },
}

/// An edge of a record that is tried.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedRelation {
    /// What it means.
    pub r#type: RelationType,
    /// The record it points at.
    pub to: RecordId,
}

/// What would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierTrialAnswer {
    /// The services that touched suppliers touch, before or after.
    pub services: Vec<RecordId>,
    /// Suppliers whose score would move, appear or go.
    pub suppliers: Vec<MovedSupplier>,
    /// Requirements whose status would move.
    pub requirements: Vec<MovedRequirement>,
    /// What has to be assessed before such a change (ISO/IEC 27013, 6.3.7; ISO/IEC 27001, A.15.2.2).
    pub assessment: Vec<String>,
}

/// A supplier whose score would move.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MovedSupplier {
    /// The supplier.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// Its band now, or why it has none; null if it is no supplier now.
    pub before: Option<String>,
    /// Its band then; null if it would be none.
    pub after: Option<String>,
    /// Its residual risk now.
    pub residual_before: Option<Score>,
    /// Its residual risk then.
    pub residual_after: Option<Score>,
}

/// A requirement whose status would move.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MovedRequirement {
    /// The requirement, as `edition/number`.
    pub requirement: String,
    /// Its status now.
    pub before: Status,
    /// Its status then.
    pub after: Status,
}

/// Tries changes: nothing of them is kept.
///
/// # Errors
/// `Invalid`, naming the change and its field, for a change that names nothing or what it may not.
pub fn try_supply(
    store: &Store,
    rules: &Rules,
    tried: &SupplierTrial,
    view: View,
    now: Timestamp,
) -> Result<SupplierTrialAnswer> {
    if tried.changes.is_empty() || tried.changes.len() > MOST {
        return Err(Error::invalid("changes", format!("1 to {MOST} changes are tried, not {}", tried.changes.len())));
    }
    let mut parties = BTreeSet::new();
    let others = |transaction: &mut Transaction<'_>| {
        let mut all = Vec::new();
        for (position, change) in tried.changes.iter().enumerate() {
            all.extend(versions(transaction, change, &format!("changes[{position}]"))?);
        }
        parties.extend(all.iter().flat_map(named));
        Ok(all)
    };
    let look = |transaction: &mut Transaction<'_>, rules: &Rules| State::read(transaction, rules, view);
    let (before, after) = try_out(store, now, (rules, rules), others, look)?;
    Ok(compare(&before, &after, &parties))
}

/// The suppliers a version names: itself, or those it is agreed with.
fn named(version: &RecordVersion) -> Vec<RecordId> {
    match &version.body {
        Body::Agreement(agreement) => agreement.parties.get().into_iter().flatten().map(|party| party.id).collect(),
        _ => vec![version.id()],
    }
}

/// How suppliers and requirements stand.
struct State {
    suppliers: BTreeMap<RecordId, SupplierRisk>,
    requirements: BTreeMap<String, Status>,
}

impl State {
    fn read(reader: &mut Reader<'_>, rules: &Rules, view: View) -> Result<Self> {
        let mut suppliers = BTreeMap::new();
        for kept in reader.conclusions("supplier/", view)? {
            let risk: SupplierRisk =
                serde_json::from_str(&kept.body).map_err(|error| Error::Internal(error.to_string()))?;
            suppliers.insert(risk.party, risk);
        }
        let drawn = conclusions(reader, rules, view, None)?;
        let statuses = drawn.into_iter().flat_map(|drawn| drawn.statuses);
        let requirements = statuses.map(|status| (requirement_subject(&status.requirement), status.status)).collect();
        Ok(Self { suppliers, requirements })
    }
}

fn compare(before: &State, after: &State, named: &BTreeSet<RecordId>) -> SupplierTrialAnswer {
    let standing = |risk: &SupplierRisk| risk.band.map_or(risk.rating.as_str(), |band| band.as_str()).to_owned();
    let all: BTreeSet<RecordId> = before.suppliers.keys().chain(after.suppliers.keys()).copied().collect();
    let mut services = BTreeSet::new();
    let mut suppliers = Vec::new();
    for party in all {
        let (one, other) = (before.suppliers.get(&party), after.suppliers.get(&party));
        if one == other && !named.contains(&party) {
            continue;
        }
        services.extend([one, other].into_iter().flatten().flat_map(|risk| &risk.services).map(|found| found.service));
        suppliers.push(MovedSupplier {
            party,
            name: other.or(one).and_then(|risk| risk.name.clone()),
            before: one.map(standing),
            after: other.map(standing),
            residual_before: one.and_then(|risk| risk.residual),
            residual_after: other.and_then(|risk| risk.residual),
        });
    }
    let moved = after.requirements.iter().filter_map(|(requirement, status)| {
        let earlier = *before.requirements.get(requirement)?;
        let requirement = requirement.trim_start_matches("requirement/").to_owned();
        (earlier != *status).then_some(MovedRequirement { requirement, before: earlier, after: *status })
    });
    let requirements: Vec<MovedRequirement> = moved.collect();
    let mut assessment = vec![format!(
        "Assess what the change means for information security on {} service{} before it is approved.",
        services.len(),
        if services.len() == 1 { "" } else { "s" }
    )];
    for supplier in suppliers.iter().filter(|supplier| supplier.before.is_none()) {
        let name = supplier.name.clone().unwrap_or_else(|| supplier.party.to_string());
        assessment
            .push(format!("Agree security obligations, audit, evidence and restoration terms with {name} first."));
    }
    for supplier in suppliers.iter().filter(|supplier| supplier.after.is_none()) {
        let name = supplier.name.clone().unwrap_or_else(|| supplier.party.to_string());
        assessment.push(format!("See that {name} returns or erases what it holds, and that its access ends."));
    }
    SupplierTrialAnswer { services: services.into_iter().collect(), suppliers, requirements, assessment }
}

/// The versions of records a change comes to.
fn versions(transaction: &mut Transaction<'_>, change: &TriedChange, place: &str) -> Result<Vec<RecordVersion>> {
    match change {
        TriedChange::Add { kind, external_id, fields, relations } => {
            if !matches!(kind, RecordKind::Party | RecordKind::Agreement) {
                return Err(Error::invalid(
                    format!("{place}.kind"),
                    format!("a party or an agreement is tried, not a {kind}"),
                ));
            }
            let source = transaction.checkpoints()?.into_keys().next().map(|(source, _)| source);
            let source = source.ok_or_else(|| Error::Conflict("no source was read yet".into()))?;
            let mut edges = Vec::new();
            for (position, relation) in relations.iter().enumerate() {
                let to = existing(transaction, relation.to, &format!("{place}.relations[{position}].to"))?;
                let to = Reference::new(to.body.kind(), &to.source, &to.external_id);
                edges.push(RelationTo { relation: relation.r#type, to });
            }
            let id = RecordId::of(*kind, &source, external_id);
            let body = read(id, *kind, Value::Object(fields.clone()), &format!("{place}.fields"))?;
            let at = transaction.at();
            Ok(vec![RecordVersion {
                source,
                external_id: external_id.clone(),
                url: None,
                source_updated_at: at,
                undated: false,
                source_version: 0,
                deleted: false,
                body,
                relations: edges,
                attributes: Map::new(),
            }])
        }
        TriedChange::Remove { record } => {
            let record = supply(transaction, *record, &format!("{place}.record"))?;
            Ok(vec![RecordVersion { deleted: true, ..record.successor(transaction.at()) }])
        }
        TriedChange::Alter { record, fields } => {
            if fields.is_empty() {
                return Err(Error::invalid(format!("{place}.fields"), "names no field, so nothing would be altered"));
            }
            let record = supply(transaction, *record, &format!("{place}.record"))?;
            let text = record.body.to_json().map_err(|error| Error::Internal(error.to_string()))?;
            let mut all: Map<String, Value> =
                serde_json::from_str(&text).map_err(|error| Error::Internal(error.to_string()))?;
            all.extend(fields.clone());
            let body = read(record.id, record.body.kind(), Value::Object(all), &format!("{place}.fields"))?;
            Ok(vec![RecordVersion { body, ..record.successor(transaction.at()) }])
        }
        TriedChange::Replace { record, by } => {
            let leaves = supply(transaction, *record, &format!("{place}.record"))?;
            let takes = supply(transaction, *by, &format!("{place}.by"))?;
            if leaves.id == takes.id {
                return Err(Error::invalid(format!("{place}.by"), "a supplier cannot take over from itself"));
            }
            let mut leaves = leaves.successor(transaction.at());
            let mut takes = takes.successor(transaction.at());
            takes.relations.append(&mut leaves.relations);
            takes.relations.sort();
            takes.relations.dedup();
            leaves.deleted = true;
            Ok(vec![leaves, takes])
        }
    }
}

fn existing(reader: &mut Reader<'_>, id: RecordId, place: &str) -> Result<Record> {
    let found = reader.record(id)?.filter(|record| record.deleted_at.is_none());
    found.ok_or_else(|| Error::invalid(place, format!("there is no record `{id}`")))
}

/// A party or agreement that exists.
fn supply(reader: &mut Reader<'_>, id: RecordId, place: &str) -> Result<Record> {
    let found = existing(reader, id, place)?;
    match found.body.kind() {
        RecordKind::Party | RecordKind::Agreement => Ok(found),
        kind => Err(Error::invalid(place, format!("`{id}` is a {kind}, not a party or an agreement"))),
    }
}

fn read(id: RecordId, kind: RecordKind, fields: Value, place: &str) -> Result<Body> {
    let named = |problem: Problem| Error::invalid(format!("{place}.{}", problem.place), problem.rule);
    let body = Body::from_json(kind, fields).map_err(named)?;
    check_supply(id, &body).map_err(|rule| Error::invalid(place, rule))?;
    Ok(body)
}
