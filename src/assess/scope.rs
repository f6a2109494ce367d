//! The scopes of the two management systems: which records count in which, how far the scopes agree, and whether what
//! contributes to a service in scope is in it or governed.

use super::decisions::{DecisionBody, ScopeBody, ScopeKind, replaced};
use super::evidence::{Circumstance, CircumstanceKind, ScopeNesting};
use crate::error::{Error, Result};
use crate::indicators::{Expression, Facts, Truth};
use crate::model::{
    Body, Decision, DecisionKind, Graph, Record, RecordId, RecordKind, RelationType, SecurityClass, ServiceStatus,
    System, TicketType, Timestamp, names,
};
use crate::standards::RequirementId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The scopes in force at an instant. A system without one has everything in its scope.
#[derive(Debug, Default)]
pub struct Scopes {
    defined: BTreeMap<System, Definition>,
}

#[derive(Debug)]
struct Definition {
    decision: String,
    body: ScopeBody,
    include: Vec<Rule>,
    exclude: Vec<Rule>,
}

#[derive(Debug)]
enum Rule {
    Service(Expression),
    Item(Expression),
    Site(BTreeSet<String>),
    Unit(BTreeSet<String>),
}

/// In which systems a record counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The systems.
    pub systems: Vec<System>,
    /// True if it is in both only because nothing in the store links it to anything a scope speaks of.
    pub unlinked: bool,
}

impl Scopes {
    /// The scopes in force at an instant.
    pub fn in_force(all: &[Decision], at: Timestamp) -> Result<Self> {
        let replaced = replaced(all, at);
        let mut scopes = Self::default();
        let in_force =
            all.iter().filter(|decision| decision.kind == DecisionKind::Scope && decision.is_in_force_at(at));
        for decision in in_force.filter(|decision| !replaced.contains(decision.id.as_str())) {
            if let DecisionBody::Scope(body) = DecisionBody::of(decision)? {
                scopes.defined.insert(body.system, Definition::new(decision.id.clone(), body)?);
            }
        }
        Ok(scopes)
    }

    /// The definition of a system's scope, and the decision that made it.
    pub fn of(&self, system: System) -> Option<(&str, &ScopeBody)> {
        self.defined.get(&system).map(|definition| (definition.decision.as_str(), &definition.body))
    }

    /// In which systems a record counts, from itself and the services and configuration items next to it: for a
    /// configuration item the services it directly supports, for an agreement the services it covers, for a ticket,
    /// risk or document what it concerns.
    ///
    /// A label wins. Else a service or item is in a scope if the definition says so; what a definition does not speak
    /// of, and every other record, is in it through any neighbour that is. What has no neighbour is in both. Of these,
    /// an incident belongs to the ISMS if it was classified security or both, to the SMS if service or both.
    pub fn membership(&self, record: &Record, linked: &[&Record], at: Timestamp) -> Membership {
        if let Body::Ticket(ticket) = &record.body
            && let Some(labelled) = ticket.systems.get().filter(|systems| !systems.is_empty())
        {
            return Membership { systems: labelled.clone(), unlinked: false };
        }
        let own = matches!(record.body.kind(), RecordKind::Service | RecordKind::ConfigurationItem);
        let unlinked = !own && linked.is_empty();
        let classes = systems_of_class(record);
        let inside = |system: System| match self.defined.get(&system) {
            None => true,
            Some(_) if unlinked => true,
            Some(definition) if own => definition.holds(record, linked, at),
            Some(definition) => linked.iter().any(|neighbour| definition.holds(neighbour, &[], at)),
        };
        let systems = classes.iter().copied().filter(|system| inside(*system)).collect();
        Membership { systems, unlinked }
    }

    /// True if a service or configuration item is in a system's scope. `linked` are the services an item supports.
    pub fn holds(&self, system: System, record: &Record, linked: &[&Record], at: Timestamp) -> bool {
        self.defined.get(&system).is_none_or(|definition| definition.holds(record, linked, at))
    }
}

/// Incidents belong where they were classified; everything else, and what is not classified, to both.
fn systems_of_class(record: &Record) -> &'static [System] {
    let Body::Ticket(ticket) = &record.body else { return System::ALL };
    match ticket.security_class.get() {
        Some(SecurityClass::Security) if ticket.r#type.get() == Some(&TicketType::Incident) => &[System::Isms],
        Some(SecurityClass::Service) if ticket.r#type.get() == Some(&TicketType::Incident) => &[System::Sms],
        _ => System::ALL,
    }
}

impl Definition {
    fn new(decision: String, body: ScopeBody) -> Result<Self> {
        let rule = |of: ScopeKind, when: &str| {
            let compile = |kind| {
                Expression::compile(when, kind).map_err(|problems| {
                    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    Error::Internal(format!("the scope {decision} cannot be read: {}", problems.join("; ")))
                })
            };
            let names = || when.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
            Ok(match of {
                ScopeKind::Service => Rule::Service(compile(RecordKind::Service)?),
                ScopeKind::ConfigurationItem => Rule::Item(compile(RecordKind::ConfigurationItem)?),
                ScopeKind::Site => Rule::Site(names()),
                ScopeKind::Unit => Rule::Unit(names()),
            })
        };
        let include = body.include.iter().map(|entry| rule(entry.of, &entry.when)).collect::<Result<_>>()?;
        let exclude = body.exclude.iter().map(|entry| rule(entry.of, &entry.when)).collect::<Result<_>>()?;
        Ok(Self { decision, body, include, exclude })
    }

    /// A record that cannot be told to be out is in: nothing escapes judgement for want of data.
    fn holds(&self, record: &Record, linked: &[&Record], at: Timestamp) -> bool {
        if self.exclude.iter().any(|rule| rule.says(record, at) == Some(Truth::True)) {
            return false;
        }
        let mut said = self.include.iter().filter_map(|rule| rule.says(record, at)).peekable();
        if said.peek().is_some() {
            return said.any(|truth| truth != Truth::False);
        }
        linked.is_empty() || linked.iter().any(|neighbour| self.holds(neighbour, &[], at))
    }
}

impl Rule {
    /// What the rule says of a record; `None` if it does not speak of its kind.
    fn says(&self, record: &Record, at: Timestamp) -> Option<Truth> {
        let named = |names: &BTreeSet<String>, field: &crate::model::Field<String>| match field.get() {
            Some(name) => Truth::from(names.contains(name)),
            None => Truth::Unknown,
        };
        match (self, &record.body) {
            (Self::Service(expression), body @ Body::Service(_))
            | (Self::Item(expression), body @ Body::ConfigurationItem(_)) => {
                Some(expression.evaluate(body, &Facts::default(), at).truth)
            }
            (Self::Site(names), Body::ConfigurationItem(item)) => Some(named(names, &item.site)),
            (Self::Unit(names), Body::ConfigurationItem(item)) => Some(named(names, &item.unit)),
            _ => None,
        }
    }
}

/// How far the two scopes agree on records of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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

/// How far the scopes of the two systems agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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

/// How far the scopes agree, over the services and configuration items that are there.
pub fn alignment(graph: &Graph<'_>, scopes: &Scopes, at: Timestamp) -> Alignment {
    let of = |kind| {
        let (mut both, mut isms_only, mut sms_only) = (0, 0, 0);
        for record in graph.live(kind).filter(|record| record.id == record.canonical_id) {
            let linked = supported(graph, record);
            match [System::Isms, System::Sms].map(|system| scopes.holds(system, record, &linked, at)) {
                [true, true] => both += 1,
                [true, false] => isms_only += 1,
                [false, true] => sms_only += 1,
                [false, false] => {}
            }
        }
        let either = both + isms_only + sms_only;
        let overlap = (either > 0).then(|| both as f64 / either as f64);
        Overlap { both, isms_only, sms_only, overlap }
    };
    Alignment { services: of(RecordKind::Service), configuration_items: of(RecordKind::ConfigurationItem) }
}

/// The services that a configuration item directly supports.
fn supported<'a>(graph: &Graph<'a>, record: &Record) -> Vec<&'a Record> {
    graph.outgoing(record.canonical_id, RelationType::Supports).filter_map(|id| graph.record(id)).collect()
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
    /// The items that are not in it, the gaps first.
    pub outside: Vec<Contribution>,
    /// For an organisation-wide scope of the SMS: units whose items contribute to no live service.
    pub units_not_providing: Vec<String>,
}

/// Whether the scope of a system is closed. `governance` tells whether 4.2 has conforming evidence.
pub fn closure(graph: &Graph<'_>, scopes: &Scopes, system: System, governance: bool, at: Timestamp) -> Closure {
    let mut services: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    let live = |record: &&Record| matches!(&record.body, Body::Service(service) if service.status.get().is_none_or(|status| *status == ServiceStatus::Live));
    for service in graph.live(RecordKind::Service).filter(live) {
        if scopes.holds(system, service, &[], at) {
            for item in graph.contributing(service.canonical_id).into_keys() {
                services.entry(item).or_default().insert(service.id);
            }
        }
    }
    let mut closure = Closure {
        system,
        inside: 0,
        governed: 0,
        gaps: 0,
        outside: Vec::new(),
        units_not_providing: units_not_providing(graph, scopes, system),
    };
    for (id, services) in services {
        let Some(record) = graph.record(id).filter(|record| record.deleted_at.is_none()) else { continue };
        if scopes.holds(system, record, &supported(graph, record), at) {
            closure.inside += 1;
            continue;
        }
        let parties: Vec<RecordId> = graph.incoming(id, RelationType::Controls).collect();
        let governed = governance && parties.iter().any(|party| agreed(graph, *party, &services, at));
        let containment = if governed { Containment::Governed } else { Containment::Gap };
        match containment {
            Containment::Governed => closure.governed += 1,
            _ => closure.gaps += 1,
        }
        let services = services.into_iter().collect();
        let external_id = record.external_id.clone();
        closure.outside.push(Contribution { item: id, external_id, services, containment, parties });
    }
    closure.outside.sort_by(|a, b| (b.containment, &a.external_id).cmp(&(a.containment, &b.external_id)));
    closure
}

/// True if an agreement in force with a party covers one of these services.
fn agreed(graph: &Graph<'_>, party: RecordId, services: &BTreeSet<RecordId>, at: Timestamp) -> bool {
    graph.live(RecordKind::Agreement).any(|record| {
        let Body::Agreement(agreement) = &record.body else { return false };
        let with = agreement.parties.get().is_some_and(|parties| parties.iter().any(|other| other.id == party));
        let in_force = agreement.starts_at.get().is_none_or(|start| *start <= at)
            && agreement.ends_at.get().is_none_or(|end| *end > at);
        let mut covered = graph.outgoing(record.canonical_id, RelationType::Covers);
        with && in_force && covered.any(|service| services.contains(&service))
    })
}

fn units_not_providing(graph: &Graph<'_>, scopes: &Scopes, system: System) -> Vec<String> {
    if system != System::Sms || !scopes.of(system).is_some_and(|(_, body)| body.organisation_wide) {
        return Vec::new();
    }
    let mut providing: BTreeMap<String, bool> = BTreeMap::new();
    let contributing: BTreeSet<RecordId> = graph
        .live(RecordKind::Service)
        .flat_map(|service| graph.contributing(service.canonical_id).into_keys())
        .collect();
    for record in graph.live(RecordKind::ConfigurationItem) {
        if let Body::ConfigurationItem(item) = &record.body
            && let Some(unit) = item.unit.get()
        {
            *providing.entry(unit.clone()).or_default() |= contributing.contains(&record.canonical_id);
        }
    }
    providing.into_iter().filter(|(_, provides)| !provides).map(|(unit, _)| unit).collect()
}

/// What an open scope of the SMS speaks against: 4.2 and 4.5.1 of its edition for what nobody governs, 4.5.1 for units
/// that provide nothing.
pub fn scope_circumstances(closure: &Closure, edition: &str) -> Vec<Circumstance> {
    let circumstance = |number: &str, kind, subject: &str, detail: String| Circumstance {
        requirement: RequirementId::new(edition, number),
        kind,
        subject: subject.to_owned(),
        detail,
        settled: false,
    };
    let mut found = Vec::new();
    for gap in closure.outside.iter().filter(|outside| outside.containment == Containment::Gap) {
        for number in ["4.2", "4.5.1"] {
            let detail = format!("contributes to {} services in scope, out of it and not governed", gap.services.len());
            let subject = gap.item.to_string();
            found.push(circumstance(number, CircumstanceKind::GovernanceUnresolved, &subject, detail));
        }
    }
    for unit in &closure.units_not_providing {
        let detail = "of an organisation-wide SMS, and provides no service".to_owned();
        found.push(circumstance("4.5.1", CircumstanceKind::UnitNotProviding, unit, detail));
    }
    found
}
