//! How the scopes of the two management systems lie to each other, and whether what contributes to a service in scope
//! is in it or governed.

use super::evidence::{Circumstance, CircumstanceKind, ScopeNesting};
use super::processes::{is_in_force, turns};
use super::scope::Scopes;
use crate::indicators::Tally;
use crate::model::{Body, Graph, Record, RecordId, RecordKind, RelationType, ServiceStatus, System, Timestamp, names};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many items a closure lists.
const LISTED: usize = 1_000;

/// How far the two scopes agree on records of a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Overlap {
    /// How many are in both.
    pub both: u64,
    /// How many are in the ISMS alone.
    pub isms_only: u64,
    /// How many are in the SMS alone.
    pub sms_only: u64,
    /// The share of those in either that are in both; null if none is in either.
    pub overlap: Option<f64>,
}

impl Overlap {
    fn of(both: u64, isms_only: u64, sms_only: u64) -> Self {
        let either = both + isms_only + sms_only;
        let overlap = (either > 0).then(|| both as f64 / either as f64);
        Self { both, isms_only, sms_only, overlap }
    }

    /// From how records of one kind were counted in each system: as passing if they are in the other's scope too, as
    /// failing if not.
    pub fn of_tallies(isms: Tally, sms: Tally) -> Self {
        Self::of(isms.passing, isms.failing, sms.failing)
    }

    fn add(&mut self, isms: bool, sms: bool) {
        let Self { both, isms_only, sms_only, .. } = *self;
        *self = match (isms, sms) {
            (true, true) => Self::of(both + 1, isms_only, sms_only),
            (true, false) => Self::of(both, isms_only + 1, sms_only),
            (false, true) => Self::of(both, isms_only, sms_only + 1),
            (false, false) => return,
        };
    }
}

/// How far the scopes of the two systems agree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alignment {
    /// On services.
    pub services: Overlap,
    /// On configuration items.
    pub configuration_items: Overlap,
}

impl Alignment {
    /// Which scope lies within the other.
    pub fn nesting(&self) -> ScopeNesting {
        let all = [&self.services, &self.configuration_items];
        ScopeNesting {
            isms_within_sms: all.iter().all(|overlap| overlap.isms_only == 0),
            sms_within_isms: all.iter().all(|overlap| overlap.sms_only == 0),
        }
    }
}

names! {
    /// How a configuration item that contributes to a service in scope stands to the scope.
    pub enum Containment {
        /// In the scope.
        In = "in",
        /// Run by another party, under an agreement in force that covers what it contributes to.
        Governed = "governed",
        /// Neither: a justification does not cure it.
        Gap = "gap",
    }
}

/// A configuration item that contributes to a service in the scope of a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contribution {
    /// The item.
    pub item: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// The services in scope it contributes to, directly or through others.
    pub services: Vec<RecordId>,
    /// How it stands to the scope.
    pub containment: Containment,
    /// Who runs it, where others do.
    pub parties: Vec<RecordId>,
}

/// Whether a system's scope is closed: everything that contributes to a service in it is in it or governed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Closure {
    /// The system.
    pub system: System,
    /// How many items are in it.
    pub inside: u64,
    /// How many are governed.
    pub governed: u64,
    /// How many are neither.
    pub gaps: u64,
    /// The items that are not in it, the gaps first; at most 1,000 of each.
    pub outside: Vec<Contribution>,
    /// For an organisation-wide scope of the SMS: units whose items contribute to no live service.
    pub units_not_providing: Vec<String>,
}

/// How a configuration item stands to the scope of a system, to whose live services it contributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The services in the scope it contributes to, directly or through others.
    pub services: BTreeSet<RecordId>,
    /// True if it is in the scope itself.
    pub inside: bool,
    /// Who runs it, where others do.
    pub parties: Vec<RecordId>,
    /// True if an agreement in force with one of them covers one of the services.
    pub agreed: bool,
    /// The next instant at which an agreement starts or ends that this rests on.
    pub until: Option<Timestamp>,
}

impl Standing {
    /// How it stands, if 4.2 has conforming evidence, or not.
    pub fn containment(&self, governance: bool) -> Containment {
        match (self.inside, self.agreed && governance) {
            (true, _) => Containment::In,
            (false, true) => Containment::Governed,
            (false, false) => Containment::Gap,
        }
    }
}

/// How a configuration item stands to the scope of a system; `None` if it contributes to no live service in it. The
/// graph has to hold everything above the item, who runs it, and their agreements.
pub fn standing(graph: &Graph<'_>, scopes: &Scopes, system: System, item: &Record, at: Timestamp) -> Option<Standing> {
    if item.body.kind() != RecordKind::ConfigurationItem || item.deleted_at.is_some() || item.id != item.canonical_id {
        return None;
    }
    let services: BTreeSet<RecordId> = graph
        .above(item.canonical_id)
        .into_keys()
        .filter_map(|id| graph.record(id))
        .filter(|service| is_live(service) && scopes.holds(system, graph, service, at))
        .map(|service| service.id)
        .collect();
    if services.is_empty() {
        return None;
    }
    let inside = scopes.holds(system, graph, item, at);
    let mut found = Standing { services, inside, parties: Vec::new(), agreed: false, until: None };
    if !inside {
        found.parties = graph.incoming(item.canonical_id, RelationType::Controls).collect();
        found.agree(graph, at);
    }
    Some(found)
}

impl Standing {
    fn agree(&mut self, graph: &Graph<'_>, at: Timestamp) {
        let covering: BTreeSet<RecordId> =
            self.services.iter().flat_map(|service| graph.incoming(*service, RelationType::Covers)).collect();
        for record in covering.into_iter().filter_map(|id| graph.record(id)).filter(|r| r.deleted_at.is_none()) {
            let Body::Agreement(agreement) = &record.body else { continue };
            if agreement.parties.get().into_iter().flatten().any(|party| self.parties.contains(&party.id)) {
                self.agreed |= is_in_force(record, at);
                self.until = self.until.into_iter().chain(turns([record])).filter(|turn| *turn > at).min();
            }
        }
    }
}

fn is_live(record: &Record) -> bool {
    let live = |status: &ServiceStatus| *status == ServiceStatus::Live;
    record.deleted_at.is_none()
        && matches!(&record.body, Body::Service(service) if service.status.get().is_none_or(live))
}

/// True if a configuration item contributes to a live service, directly or through others.
pub fn provides(graph: &Graph<'_>, item: RecordId) -> bool {
    graph.above(item).into_keys().filter_map(|id| graph.record(id)).any(is_live)
}

/// Looks at every service and configuration item, one by one, under scopes: how far they agree, and whether they are
/// closed.
pub struct Survey<'s> {
    scopes: &'s Scopes,
    governance: bool,
    at: Timestamp,
    alignment: Alignment,
    closures: Vec<Closure>,
    units: BTreeMap<String, bool>,
}

impl<'s> Survey<'s> {
    /// `governance` tells whether 4.2 has conforming evidence.
    pub fn new(scopes: &'s Scopes, governance: bool, at: Timestamp) -> Self {
        let closure = |system: &System| Closure {
            system: *system,
            inside: 0,
            governed: 0,
            gaps: 0,
            outside: Vec::new(),
            units_not_providing: Vec::new(),
        };
        let closures = System::ALL.iter().map(closure).collect();
        Self { scopes, governance, at, alignment: Alignment::default(), closures, units: BTreeMap::new() }
    }

    /// Looks at one, in a graph that holds what it contributes to, who runs it, and their agreements.
    pub fn add(&mut self, graph: &Graph<'_>, record: &Record) {
        if record.deleted_at.is_some() || record.id != record.canonical_id {
            return;
        }
        let holds = |system| self.scopes.holds(system, graph, record, self.at);
        let (isms, sms) = (holds(System::Isms), holds(System::Sms));
        match &record.body {
            Body::Service(_) => self.alignment.services.add(isms, sms),
            Body::ConfigurationItem(item) => {
                self.alignment.configuration_items.add(isms, sms);
                if let Some(unit) = item.unit.get() {
                    *self.units.entry(unit.clone()).or_default() |= provides(graph, record.canonical_id);
                }
                for closure in &mut self.closures {
                    if let Some(found) = standing(graph, self.scopes, closure.system, record, self.at) {
                        closure.add(record, found, self.governance);
                    }
                }
            }
            _ => {}
        }
    }

    /// What was seen: how far the scopes agree, and whether each is closed.
    pub fn finish(mut self) -> (Alignment, Vec<Closure>) {
        for closure in &mut self.closures {
            closure.outside.sort_by(|a, b| (b.containment, &a.external_id).cmp(&(a.containment, &b.external_id)));
            if closure.system == System::Sms && self.scopes.is_organisation_wide(System::Sms) {
                let idle = self.units.iter().filter(|(_, provides)| !**provides);
                closure.units_not_providing = idle.map(|(unit, _)| unit.clone()).collect();
            }
        }
        (self.alignment, self.closures)
    }
}

impl Closure {
    fn add(&mut self, item: &Record, standing: Standing, governance: bool) {
        let containment = standing.containment(governance);
        let count = match containment {
            Containment::In => &mut self.inside,
            Containment::Governed => &mut self.governed,
            Containment::Gap => &mut self.gaps,
        };
        *count += 1;
        if containment != Containment::In && *count <= LISTED as u64 {
            self.outside.push(Contribution {
                item: item.id,
                external_id: item.external_id.clone(),
                services: standing.services.into_iter().collect(),
                containment,
                parties: standing.parties,
            });
        }
    }
}

/// A configuration item that contributes to services in the scope of the SMS and is out of it, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// The item.
    pub item: RecordId,
    /// How many services it contributes to.
    pub services: u64,
    /// True if an agreement in force with who runs it covers one of them.
    pub agreed: bool,
}

/// What an open scope of the SMS speaks against: 4.2 and 4.5.1 of its edition for what nobody governs, 4.5.1 for units
/// that provide nothing.
pub fn scope_circumstances(
    outside: &[Outside],
    governance: bool,
    units_not_providing: &[String],
    edition: &str,
) -> Vec<Circumstance> {
    let circumstance = |number: &str, kind, subject: &str, detail: String| Circumstance {
        requirement: RequirementId::new(edition, number),
        kind,
        subject: subject.to_owned(),
        detail,
        settled: false,
    };
    let mut found = Vec::new();
    for gap in outside.iter().filter(|outside| !(outside.agreed && governance)) {
        for number in ["4.2", "4.5.1"] {
            let detail = format!("contributes to services in scope ({}), out of it and not governed", gap.services);
            let subject = gap.item.to_string();
            found.push(circumstance(number, CircumstanceKind::GovernanceUnresolved, &subject, detail));
        }
    }
    for unit in units_not_providing {
        let detail = "of an organisation-wide SMS, and provides no service".to_owned();
        found.push(circumstance("4.5.1", CircumstanceKind::UnitNotProviding, unit, detail));
    }
    found
}
