//! Who supplies whom, how much hangs on each supplier, and where it all hangs on one.

use super::answer::{Dimension, Link, Score, SupplierRisk, Truth};
use super::tiers::Tiers;
use crate::assess::risks::AcceptedLevels;
use crate::model::{Body, Graph, Party, PartyRole, Record, RecordId, RecordKind, RelationType, ServiceStatus};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A party, in brief.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct PartyBrief {
    /// Its record.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
}

/// How much hangs on a party.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Dependency {
    /// The party.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// What it is to the organisation; null if its source does not say.
    pub role: Option<PartyRole>,
    /// The law it is under; null if its source does not say.
    pub jurisdiction: Option<String>,
    /// The suppliers it works for, by its record or named by an agreement.
    pub lead_suppliers: Vec<PartyBrief>,
    /// Those that work for it, directly or through others.
    pub sub_suppliers: Vec<PartyBrief>,
    /// True if it works for itself through others, which no chain of suppliers can.
    pub in_cycle: bool,
    /// Services it provides, or whose items it controls directly.
    pub services_direct: u64,
    /// Services it touches only through other items, services or suppliers.
    pub services_indirect: u64,
    /// Services only its sub-suppliers touch.
    pub services_through_sub_suppliers: u64,
    /// Configuration items it controls.
    pub items_direct: u64,
    /// Configuration items it does not control that need what it controls or provides, directly or through others.
    pub items_indirect: u64,
}

/// A service that hangs on one provider.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SingleProvider {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// 1 to 4; null if its source does not say.
    pub criticality: Option<i64>,
    /// Its only provider.
    pub provider: PartyBrief,
    /// Whether a declared substitute has an agreement in force; never `yes` here.
    pub substitute: Truth,
}

/// A sub-supplier that several suppliers rest on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SharedSubSupplier {
    /// The sub-supplier.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// Those it works for, directly or through others, that work for nobody.
    pub leads: Vec<PartyBrief>,
    /// The services that it and those it works for touch.
    pub services: u64,
}

/// How much is under one law.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Jurisdiction {
    /// As an ISO 3166-1 alpha-2 code; null for parties whose source does not say.
    pub jurisdiction: Option<String>,
    /// Suppliers under it.
    pub suppliers: u64,
    /// Services they touch.
    pub services: u64,
}

/// Where it all hangs on one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Concentration {
    /// Live services with one provider and no substitute under contract, most critical first.
    pub single_providers: Vec<SingleProvider>,
    /// Sub-suppliers that several suppliers rest on.
    pub shared_sub_suppliers: Vec<SharedSubSupplier>,
    /// By jurisdiction, most suppliers first.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Parties that work for themselves through others: the records contradict each other.
    pub cycles: Vec<PartyBrief>,
}

/// A level of accepted risk beside the risk there is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AcceptedLevel {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// What the levels are for.
    pub dimension: Dimension,
    /// What the organisation accepts; null if it has set no level.
    pub organisation: Option<f64>,
    /// The customer; null if no customer of the service has set a level.
    pub customer: Option<PartyBrief>,
    /// What the customer accepts; null likewise.
    pub accepted: Option<f64>,
    /// True if both have set a level, and not the same: expectations to be settled (ISO/IEC 27013, 6.2.4).
    pub differ: bool,
    /// The highest residual risk a supplier is to the service.
    pub residual: Score,
    /// That supplier.
    pub supplier: PartyBrief,
    /// True if the risk is above what the organisation accepts.
    pub organisation_exceeded: bool,
    /// True if the risk is above what the customer accepts.
    pub customer_exceeded: bool,
}

fn brief(graph: &Graph<'_>, party: RecordId) -> PartyBrief {
    PartyBrief { party, name: graph.record(party).and_then(|record| record.body.name()).map(Into::into) }
}

fn party(record: &Record) -> Option<&Party> {
    if let Body::Party(party) = &record.body { Some(party) } else { None }
}

/// How much hangs on each supplier, in the order of the risks.
pub fn dependencies(graph: &Graph<'_>, risks: &[SupplierRisk]) -> Vec<Dependency> {
    let tiers = Tiers::of(graph);
    let mut below: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    for named in tiers.parties() {
        for lead in tiers.above(named) {
            below.entry(lead).or_default().insert(named);
        }
    }
    let touched: BTreeMap<RecordId, BTreeSet<RecordId>> =
        risks.iter().map(|risk| (risk.party, risk.services.iter().map(|service| service.service).collect())).collect();
    let mut found = Vec::with_capacity(risks.len());
    for risk in risks {
        let fields = graph.record(risk.party).and_then(party);
        let direct = risk.services.iter().filter(|s| s.depth == 0 && s.link != Link::Subcontract).count() as u64;
        let own = touched.get(&risk.party).cloned().unwrap_or_default();
        let subs = below.get(&risk.party).cloned().unwrap_or_default();
        let through: BTreeSet<RecordId> = subs
            .iter()
            .filter(|sub| **sub != risk.party)
            .filter_map(|sub| touched.get(sub))
            .flatten()
            .filter(|service| !own.contains(service))
            .copied()
            .collect();
        let items: BTreeSet<RecordId> = graph.outgoing(risk.party, RelationType::Controls).collect();
        let hands = items.iter().copied().chain(graph.outgoing(risk.party, RelationType::Provides));
        let mut others: BTreeSet<RecordId> = hands.flat_map(|hand| graph.above(hand).into_keys()).collect();
        others.retain(|id| !items.contains(id) && is_live_item(graph, *id));
        found.push(Dependency {
            party: risk.party,
            name: risk.name.clone(),
            role: fields.and_then(|fields| fields.role.get().copied()),
            jurisdiction: fields.and_then(|fields| fields.jurisdiction.get().cloned()),
            lead_suppliers: tiers.leads(risk.party).map(|lead| brief(graph, lead)).collect(),
            sub_suppliers: subs.iter().filter(|sub| **sub != risk.party).map(|sub| brief(graph, *sub)).collect(),
            in_cycle: tiers.above(risk.party).contains(&risk.party),
            services_direct: direct,
            services_indirect: risk.services.len() as u64 - direct,
            services_through_sub_suppliers: through.len() as u64,
            items_direct: items.len() as u64,
            items_indirect: others.len() as u64,
        });
    }
    found
}

fn is_live_item(graph: &Graph<'_>, id: RecordId) -> bool {
    let item = graph.record(id).filter(|record| record.deleted_at.is_none());
    item.is_some_and(|record| record.body.kind() == RecordKind::ConfigurationItem)
}

/// Whom a party works for, by its record or named by an agreement, and who works for it to any depth.
pub fn works_with(graph: &Graph<'_>, party: RecordId) -> (Vec<PartyBrief>, Vec<PartyBrief>) {
    let tiers = Tiers::of(graph);
    let below = tiers.parties().filter(|sub| *sub != party && tiers.above(*sub).contains(&party));
    (tiers.leads(party).map(|lead| brief(graph, lead)).collect(), below.map(|sub| brief(graph, sub)).collect())
}

/// What a customer accepts.
pub fn accepted_by(customer: &Party) -> AcceptedLevels {
    AcceptedLevels {
        confidentiality: customer.accepts_confidentiality_risk.get().map(|level| level.get()),
        integrity: customer.accepts_integrity_risk.get().map(|level| level.get()),
        availability: customer.accepts_availability_risk.get().map(|level| level.get()),
    }
}

/// Where it all hangs on one.
pub fn concentration(graph: &Graph<'_>, risks: &[SupplierRisk]) -> Concentration {
    let tiers = Tiers::of(graph);
    let touched: BTreeMap<RecordId, BTreeSet<RecordId>> =
        risks.iter().map(|risk| (risk.party, risk.services.iter().map(|service| service.service).collect())).collect();
    let mut shared = Vec::new();
    for named in tiers.parties() {
        let above = tiers.above(named);
        let tops: Vec<RecordId> = above.iter().copied().filter(|lead| tiers.leads(*lead).next().is_none()).collect();
        if tops.len() < 2 {
            continue;
        }
        let services: BTreeSet<RecordId> =
            above.iter().chain([&named]).filter_map(|party| touched.get(party)).flatten().copied().collect();
        let PartyBrief { party, name } = brief(graph, named);
        let leads = tops.into_iter().map(|lead| brief(graph, lead)).collect();
        shared.push(SharedSubSupplier { party, name, leads, services: services.len() as u64 });
    }
    let mut under: BTreeMap<Option<String>, (u64, BTreeSet<RecordId>)> = BTreeMap::new();
    for risk in risks {
        // Codes are the same in any case; what is no code stands as it is.
        let law = graph.record(risk.party).and_then(party).and_then(|fields| fields.jurisdiction.get());
        let law = law.map(|law| if law.trim().len() == 2 { law.trim().to_ascii_uppercase() } else { law.clone() });
        let (suppliers, services) = under.entry(law).or_default();
        *suppliers += 1;
        services.extend(touched.get(&risk.party).into_iter().flatten());
    }
    let mut jurisdictions: Vec<Jurisdiction> = under
        .into_iter()
        .map(|(jurisdiction, (suppliers, services))| Jurisdiction {
            jurisdiction,
            suppliers,
            services: services.len() as u64,
        })
        .collect();
    jurisdictions.sort_by_key(|found| std::cmp::Reverse(found.suppliers));
    Concentration {
        single_providers: single_providers(graph, risks),
        shared_sub_suppliers: shared,
        jurisdictions,
        cycles: in_cycles(graph, &tiers),
    }
}

/// Parties that work for themselves through others.
pub fn cycles(graph: &Graph<'_>) -> Vec<PartyBrief> {
    in_cycles(graph, &Tiers::of(graph))
}

fn in_cycles(graph: &Graph<'_>, tiers: &Tiers) -> Vec<PartyBrief> {
    let cycles = tiers.parties().filter(|party| tiers.above(*party).contains(party));
    cycles.map(|party| brief(graph, party)).collect()
}

fn single_providers(graph: &Graph<'_>, risks: &[SupplierRisk]) -> Vec<SingleProvider> {
    let mut found = Vec::new();
    for record in graph.live(RecordKind::Service).filter(|record| record.canonical_id == record.id) {
        let Body::Service(service) = &record.body else { continue };
        let is_here = |party: &RecordId| graph.record(*party).is_none_or(|party| party.deleted_at.is_none());
        let mut providers = graph.incoming(record.id, RelationType::Provides).filter(is_here);
        let (Some(provider), None) = (providers.next(), providers.next()) else { continue };
        if matches!(service.status.get(), Some(ServiceStatus::Closed | ServiceStatus::Planned)) {
            continue;
        }
        // Only suppliers are asked for substitutes.
        let Some(risk) = risks.iter().find(|risk| risk.party == provider) else { continue };
        let touch = risk.services.iter().find(|touched| touched.service == record.id);
        let substitute = touch.map_or(Truth::Unknown, |touched| touched.substitute);
        if substitute != Truth::Yes {
            found.push(SingleProvider {
                service: record.id,
                name: service.name.get().cloned(),
                criticality: service.criticality.get().map(|criticality| criticality.get()),
                provider: brief(graph, provider),
                substitute,
            });
        }
    }
    found.sort_by_key(|single| (std::cmp::Reverse(single.criticality), single.service));
    found
}

/// What the organisation and each customer accept on every service that suppliers touch, beside the risk there is.
pub fn accepted_levels(graph: &Graph<'_>, risks: &[SupplierRisk], own: &AcceptedLevels) -> Vec<AcceptedLevel> {
    let mut worst: BTreeMap<(RecordId, Dimension), (Score, RecordId)> = BTreeMap::new();
    let mut names: BTreeMap<RecordId, Option<String>> = BTreeMap::new();
    for risk in risks {
        for service in &risk.services {
            names.insert(service.service, service.name.clone());
            let of = &service.residuals;
            for (dimension, residual) in
                Dimension::ALL.iter().copied().zip([of.confidentiality, of.integrity, of.availability])
            {
                let entry = worst.entry((service.service, dimension)).or_insert((residual, risk.party));
                if residual > entry.0 {
                    *entry = (residual, risk.party);
                }
            }
        }
    }
    let mut found = Vec::new();
    for ((service, dimension), (residual, supplier)) in worst {
        let organisation = match dimension {
            Dimension::Confidentiality => own.confidentiality,
            Dimension::Integrity => own.integrity,
            Dimension::Availability => own.availability,
        };
        let organisation = organisation.map(|level| level as f64);
        let above = |level: Option<f64>| level.is_some_and(|level| super::score::settle(residual.exact()) > level);
        let levels: Vec<(RecordId, f64)> = super::score::customers(graph, service)
            .into_iter()
            .filter_map(|(id, customer)| Some((id, super::score::accepts(customer, dimension)?)))
            .collect();
        let line = |customer: Option<(RecordId, f64)>| AcceptedLevel {
            service,
            name: names.get(&service).cloned().flatten(),
            dimension,
            organisation,
            customer: customer.map(|(id, _)| brief(graph, id)),
            accepted: customer.map(|(_, level)| level),
            differ: customer.zip(organisation).is_some_and(|((_, level), own)| level != own),
            residual,
            supplier: brief(graph, supplier),
            organisation_exceeded: above(organisation),
            customer_exceeded: above(customer.map(|(_, level)| level)),
        };
        if levels.is_empty() && organisation.is_some() {
            found.push(line(None));
        }
        found.extend(levels.into_iter().map(|level| line(Some(level))));
    }
    found
}
