//! The scopes of the two management systems: which records count in which.

use super::decisions::{DecisionBody, ScopeBody, ScopeKind, replaced};
use crate::error::{Error, Result};
use crate::indicators::{Expression, Facts, Truth};
use crate::model::{
    Body, Decision, DecisionKind, Graph, Record, RecordId, RecordKind, Reference, RelationType, SecurityClass, System,
    TicketType, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The next instant at which this may be otherwise though no record changes.
    pub until: Option<Timestamp>,
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

    /// True if a system's scope is defined as that of the whole organisation.
    pub fn is_organisation_wide(&self, system: System) -> bool {
        self.of(system).is_some_and(|(_, body)| body.organisation_wide)
    }

    /// True if no scope is defined: everything is in both.
    pub fn is_empty(&self) -> bool {
        self.defined.is_empty()
    }

    /// In which systems a record counts, from itself and the services and configuration items next to it in a graph.
    ///
    /// A label wins. Else a service or item is in a scope if the definition says so; what a definition does not speak
    /// of, and every other record, is in it through any neighbour that is: for a configuration item the services it
    /// directly supports, for an agreement the services it covers, for a ticket, risk or measurement what it concerns.
    /// What has no neighbour is in both. Of these, an incident belongs to the ISMS if it was classified security or
    /// both, to the SMS if service or both.
    pub fn membership(&self, graph: &Graph<'_>, record: &Record, at: Timestamp) -> Membership {
        let label = label(record);
        let alone = label.unwrap_or_else(|| systems_of_class(record));
        if self.is_empty() || label.is_some() {
            return Membership { systems: alone.to_vec(), unlinked: false, until: None };
        }
        let own = matches!(record.body.kind(), RecordKind::Service | RecordKind::ConfigurationItem);
        let linked = if own { Vec::new() } else { linked(graph, record) };
        let unlinked = !own && linked.is_empty();
        let mut look = Look { graph, at, until: None };
        let mut inside = |system: &System| match self.defined.get(system) {
            Some(definition) if own => definition.holds(&mut look, record),
            Some(definition) => unlinked || linked.iter().any(|neighbour| definition.holds(&mut look, neighbour)),
            None => true,
        };
        let systems = alone.iter().copied().filter(|system| inside(system)).collect();
        Membership { systems, unlinked, until: look.until }
    }

    /// True if a service or configuration item is in a system's scope.
    pub fn holds(&self, system: System, graph: &Graph<'_>, record: &Record, at: Timestamp) -> bool {
        self.defined
            .get(&system)
            .is_none_or(|definition| definition.holds(&mut Look { graph, at, until: None }, record))
    }
}

/// What is looked at, when, and until when it looks the same.
struct Look<'g> {
    graph: &'g Graph<'g>,
    at: Timestamp,
    until: Option<Timestamp>,
}

/// The services and configuration items next to a record, through which it is in a scope.
pub fn linked<'a>(graph: &Graph<'a>, record: &Record) -> Vec<&'a Record> {
    use RelationType::{Affects, CausedBy, Controls, Covers, Provides, Supports};
    let relations: &[RelationType] = match record.body.kind() {
        RecordKind::ConfigurationItem => &[Supports],
        RecordKind::Ticket => &[Affects, CausedBy],
        RecordKind::Agreement => &[Covers],
        RecordKind::Party => &[Provides, Controls],
        _ => &[],
    };
    let edges = relations.iter().flat_map(|relation| graph.outgoing(record.canonical_id, *relation));
    let found = edges.chain(concerned(&record.body)).filter_map(|id| graph.record(id));
    found.filter(|record| matches!(record.body.kind(), RecordKind::Service | RecordKind::ConfigurationItem)).collect()
}

/// The services and configuration items that a risk or a measurement names as what it concerns.
pub fn concerned(body: &Body) -> Vec<RecordId> {
    let named: Vec<&Reference> = match body {
        Body::Risk(risk) => risk.services.get().into_iter().chain(risk.items.get()).flatten().collect(),
        Body::Measurement(measurement) => measurement.service.get().into_iter().collect(),
        _ => Vec::new(),
    };
    named.into_iter().map(|reference| reference.id).collect()
}

/// The management systems a record is labelled with, else both: where it counts for an indicator that ignores scope.
pub fn labelled(record: &Record) -> &[System] {
    label(record).unwrap_or(System::ALL)
}

fn label(record: &Record) -> Option<&[System]> {
    let Body::Ticket(ticket) = &record.body else { return None };
    ticket.systems.get().map(Vec::as_slice).filter(|systems| !systems.is_empty())
}

/// Where an incident was classified; everything else, and what is not classified, belongs to both.
fn systems_of_class(record: &Record) -> &[System] {
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

    /// A record that cannot be told to be out is in: nothing escapes judgement for want of data. An item that the
    /// definition does not speak of is in through the services it supports.
    fn holds(&self, look: &mut Look<'_>, record: &Record) -> bool {
        if self.exclude.iter().any(|rule| rule.says(look, record) == Some(Truth::True)) {
            return false;
        }
        let said: Vec<Truth> = self.include.iter().filter_map(|rule| rule.says(look, record)).collect();
        if !said.is_empty() {
            return said.iter().any(|truth| *truth != Truth::False);
        }
        let supported = match record.body.kind() {
            RecordKind::ConfigurationItem => linked(look.graph, record),
            _ => Vec::new(),
        };
        supported.is_empty() || supported.iter().any(|service| self.holds(look, service))
    }
}

impl Rule {
    /// What the rule says of a record; `None` if it does not speak of its kind.
    fn says(&self, look: &mut Look<'_>, record: &Record) -> Option<Truth> {
        let named = |names: &BTreeSet<String>, field: &crate::model::Field<String>| match field.get() {
            Some(name) => Truth::from(names.contains(name)),
            None => Truth::Unknown,
        };
        match (self, &record.body) {
            (Self::Service(expression), body @ Body::Service(_))
            | (Self::Item(expression), body @ Body::ConfigurationItem(_)) => {
                let answer = expression.evaluate(body, &Facts::default(), look.at);
                look.until = look.until.into_iter().chain(answer.until).min();
                Some(answer.truth)
            }
            (Self::Site(names), Body::ConfigurationItem(item)) => Some(named(names, &item.site)),
            (Self::Unit(names), Body::ConfigurationItem(item)) => Some(named(names, &item.unit)),
            _ => None,
        }
    }
}
