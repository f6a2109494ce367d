//! What would be if suppliers or agreements were others: the change is made, looked at, and taken back.

mod tried;

use super::{conclusions, neighbourhood::SUBCONTRACTORS, requirement_subject, trial::try_out};
use crate::{
    assess::{
        Rules,
        supplier_risk::{self, Link, PartyBrief, Score, SupplierRisk},
    },
    error::{Error, Result},
    model::{Body, Graph, RecordId, RecordKind, RecordVersion, RelationType, Status, Timestamp, View},
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
        /// Its fields, as `GET /records` shows them; a reference is an object of `id`, `kind`, `source` and
        /// `external_id`.
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
        #[serde(default)]
        #[schema(value_type = Object)]
        fields: Map<String, Value>,
        /// All it provides, controls or covers from then on; without, that stays.
        relations: Option<Vec<TriedRelation>>,
    },
    /// Another supplier takes over what one provides and controls, and its sub-suppliers; what was agreed with it ends.
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
    pub services: Vec<AffectedService>,
    /// Suppliers whose score would move, appear or go.
    pub suppliers: Vec<MovedSupplier>,
    /// Requirements whose status would move.
    pub requirements: Vec<MovedRequirement>,
    /// Parties that would work for themselves through others.
    pub cycles: Vec<PartyBrief>,
    /// What has to be assessed before such a change (ISO/IEC 27013, 6.3.7; ISO/IEC 27001, A.15.2.2).
    pub assessment: Vec<String>,
}

/// A service that is affected.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AffectedService {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// True if a supplier provides it, and none would any more.
    pub left_without_provider: bool,
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
    /// How many accepted levels its risk is above now.
    pub exceeded_before: u64,
    /// How many it would be above then.
    pub exceeded_after: u64,
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
        let mut all: Vec<RecordVersion> = Vec::new();
        for (position, change) in tried.changes.iter().enumerate() {
            let place = format!("changes[{position}]");
            for version in tried::versions(transaction, change, &place)? {
                if all.iter().any(|earlier| earlier.id() == version.id()) {
                    let rule =
                        format!("`{}` is changed by an earlier change too; say both in one", version.external_id);
                    return Err(Error::invalid(place, rule));
                }
                all.push(version);
            }
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
    cycles: Vec<PartyBrief>,
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
        let cycles = cycles(reader, &suppliers.keys().copied().collect::<Vec<_>>())?;
        Ok(Self { suppliers, requirements, cycles })
    }

    /// The services that suppliers provide.
    fn provided(&self) -> BTreeSet<RecordId> {
        let touched = self.suppliers.values().flat_map(|risk| &risk.services);
        touched.filter(|service| service.link == Link::Provides).map(|service| service.service).collect()
    }
}

/// Those of these parties that work for themselves through others, by their records and the agreements that name them.
fn cycles(reader: &mut Reader<'_>, parties: &[RecordId]) -> Result<Vec<PartyBrief>> {
    let naming = reader.edges_to(parties, &[SUBCONTRACTORS])?;
    let ids: BTreeSet<RecordId> = parties.iter().copied().chain(naming.into_iter().map(|edge| edge.owner)).collect();
    let records = reader.records_by_id(&ids.into_iter().collect::<Vec<_>>())?;
    Ok(supplier_risk::cycles(&Graph::new(&records, [])))
}

fn compare(before: &State, after: &State, named: &BTreeSet<RecordId>) -> SupplierTrialAnswer {
    let standing = |risk: &SupplierRisk| risk.band.map_or(risk.rating.as_str(), |band| band.as_str()).to_owned();
    let all: BTreeSet<RecordId> = before.suppliers.keys().chain(after.suppliers.keys()).copied().collect();
    let mut services: BTreeMap<RecordId, Option<String>> = BTreeMap::new();
    let mut suppliers = Vec::new();
    for party in all {
        let (one, other) = (before.suppliers.get(&party), after.suppliers.get(&party));
        if one == other && !named.contains(&party) {
            continue;
        }
        let touched = [one, other].into_iter().flatten().flat_map(|risk| &risk.services);
        services.extend(touched.map(|touched| (touched.service, touched.name.clone())));
        let exceeded = |risk: Option<&SupplierRisk>| risk.map_or(0, |risk| risk.exceeded.len() as u64);
        suppliers.push(MovedSupplier {
            party,
            name: other.or(one).and_then(|risk| risk.name.clone()),
            before: one.map(standing),
            after: other.map(standing),
            residual_before: one.and_then(|risk| risk.residual),
            residual_after: other.and_then(|risk| risk.residual),
            exceeded_before: exceeded(one),
            exceeded_after: exceeded(other),
        });
    }
    let (provided, still) = (before.provided(), after.provided());
    let services: Vec<AffectedService> = services
        .into_iter()
        .map(|(service, name)| {
            let left_without_provider = provided.contains(&service) && !still.contains(&service);
            AffectedService { service, name, left_without_provider }
        })
        .collect();
    let moved = after.requirements.iter().filter_map(|(requirement, status)| {
        let earlier = *before.requirements.get(requirement)?;
        let requirement = requirement.trim_start_matches("requirement/").to_owned();
        (earlier != *status).then_some(MovedRequirement { requirement, before: earlier, after: *status })
    });
    let requirements: Vec<MovedRequirement> = moved.collect();
    let cycles = after.cycles.clone();
    let assessment = assessment(&services, &suppliers, &cycles);
    SupplierTrialAnswer { services, suppliers, requirements, cycles, assessment }
}

/// What has to be assessed before such a change.
fn assessment(services: &[AffectedService], suppliers: &[MovedSupplier], cycles: &[PartyBrief]) -> Vec<String> {
    let called = |name: &Option<String>, id: RecordId| name.clone().unwrap_or_else(|| id.to_string());
    let mut found = vec![format!(
        "Assess what the change means for information security on {} service{} before it is approved.",
        services.len(),
        if services.len() == 1 { "" } else { "s" }
    )];
    for service in services.iter().filter(|service| service.left_without_provider) {
        found
            .push(format!("Find who provides {}: no supplier would any more.", called(&service.name, service.service)));
    }
    for supplier in suppliers {
        let name = called(&supplier.name, supplier.party);
        match (&supplier.before, &supplier.after) {
            (None, Some(_)) => found
                .push(format!("Agree security obligations, audit, evidence and restoration terms with {name} first.")),
            (Some(_), None) => {
                found.push(format!("See that {name} returns or erases what it holds, and that its access ends."));
            }
            _ if supplier.exceeded_after > supplier.exceeded_before => found.push(format!(
                "Settle with those whose levels {name} would exceed: {} instead of {}.",
                supplier.exceeded_after, supplier.exceeded_before
            )),
            _ => {}
        }
    }
    for party in cycles {
        found.push(format!("Clear up who works for whom: {} would work for itself.", called(&party.name, party.party)));
    }
    found
}
