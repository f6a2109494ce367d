//! Which services a supplier touches, how closely, and what is in its hands there.

use super::answer::{AssuranceItem, Estimate, Link, Truth};
use super::model::SupplierRiskModel;
use super::score::Facts;
use crate::model::{Body, ConfigurationItem, Field, Graph, Rating, RecordId, RecordKind, RelationType, ServiceStatus};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Edges and tiers, what the path starts with, and through what.
type Path = (u32, Link, Option<RecordId>);

/// How a supplier touches a service.
#[derive(Clone)]
pub(super) struct Touch {
    /// The shortest one.
    path: Path,
    /// The configuration items contributing to the service that are in its hands.
    items: BTreeSet<RecordId>,
}

/// Services with what is beneath them, and the other way round.
pub(super) struct Links<'a> {
    graph: &'a Graph<'a>,
    /// Of each service that is not closed, the configuration items contributing to it.
    items: BTreeMap<RecordId, BTreeSet<RecordId>>,
    /// Of each configuration item and service, the services above it with the number of edges between.
    above: HashMap<RecordId, Vec<(RecordId, u32)>>,
}

impl<'a> Links<'a> {
    pub fn new(graph: &'a Graph<'a>) -> Self {
        let mut links = Self { graph, items: BTreeMap::new(), above: HashMap::new() };
        for record in graph.live(RecordKind::Service) {
            let Body::Service(service) = &record.body else { continue };
            if service.status.get() == Some(&ServiceStatus::Closed) || record.canonical_id != record.id {
                continue;
            }
            let mut items = BTreeSet::new();
            for (id, depth) in graph.beneath(record.id) {
                let Some(found) = graph.record(id).filter(|found| found.deleted_at.is_none()) else { continue };
                if found.body.kind() == RecordKind::ConfigurationItem {
                    items.insert(id);
                }
                links.above.entry(id).or_default().push((record.id, depth));
            }
            links.items.insert(record.id, items);
        }
        links
    }

    /// The services a party touches itself or for a lead supplier, by id. One tier of sub-contracting is one step.
    pub fn touched(&self, party: RecordId) -> BTreeMap<RecordId, Touch> {
        let mut found = self.touched_directly(party);
        let (mut seen, mut tiers, mut working) = (BTreeSet::from([party]), 0, party);
        while let Some(lead) = self.lead_supplier(working).filter(|lead| seen.insert(*lead)) {
            tiers += 1;
            for (service, touch) in self.touched_directly(lead) {
                let path = (touch.path.0.saturating_add(tiers), Link::Subcontract, Some(lead));
                found
                    .entry(service)
                    .and_modify(|own| own.path = own.path.min(path))
                    .or_insert(Touch { path, items: touch.items });
            }
            working = lead;
        }
        found
    }

    fn lead_supplier(&self, party: RecordId) -> Option<RecordId> {
        let record = self.graph.record(party).filter(|record| record.deleted_at.is_none())?;
        let Body::Party(party) = &record.body else { return None };
        party.lead_supplier.get().map(|lead| lead.id)
    }

    /// In the hands of a party are all configuration items of a service it provides; of another, those it controls;
    /// failing that, those of the services it provides and this one depends on.
    fn touched_directly(&self, party: RecordId) -> BTreeMap<RecordId, Touch> {
        let mut found: BTreeMap<RecordId, Touch> = BTreeMap::new();
        let controlled: BTreeSet<RecordId> = self.graph.outgoing(party, RelationType::Controls).collect();
        let provided: BTreeSet<RecordId> = self.graph.outgoing(party, RelationType::Provides).collect();
        for item in &controlled {
            for (service, depth) in self.above.get(item).into_iter().flatten() {
                let touch = shortest(&mut found, *service, (*depth, Link::Controls, Some(*item)));
                touch.items.insert(*item);
            }
        }
        for part in &provided {
            for (service, depth) in self.above.get(part).into_iter().flatten() {
                shortest(&mut found, *service, (depth + 1, Link::ProvidesPart, Some(*part)));
            }
        }
        for service in provided.iter().filter(|service| self.items.contains_key(service)) {
            shortest(&mut found, *service, (0, Link::Provides, None));
        }
        for (service, touch) in &mut found {
            if provided.contains(service) {
                touch.items = self.items.get(service).cloned().unwrap_or_default();
            } else if touch.items.is_empty() {
                let parts = provided.iter().filter(|part| self.is_above(*service, part));
                touch.items = parts.filter_map(|part| self.items.get(part)).flatten().copied().collect();
            }
        }
        found
    }

    fn is_above(&self, service: RecordId, part: &RecordId) -> bool {
        self.above.get(part).into_iter().flatten().any(|(above, _)| *above == service)
    }
}

/// The touch on a service, once it is known that this path leads there.
fn shortest(found: &mut BTreeMap<RecordId, Touch>, service: RecordId, path: Path) -> &mut Touch {
    let touch = found.entry(service).or_insert(Touch { path, items: BTreeSet::new() });
    touch.path = touch.path.min(path);
    touch
}

/// What is known of a party and a service it touches.
pub(super) fn facts(
    model: &SupplierRiskModel,
    graph: &Graph<'_>,
    service: RecordId,
    touch: Touch,
    substitute: Truth,
    assurance: Vec<AssuranceItem>,
) -> Facts {
    let body = graph.record(service).map(|record| &record.body);
    let fields = if let Some(Body::Service(fields)) = body { Some(fields) } else { None };
    let criticality = fields
        .and_then(|fields| fields.criticality.get())
        .map_or(Estimate { value: model.impact.unknown_criticality, known: false, least: 1, most: 4 }, |stated| {
            Estimate { value: stated.get(), known: true, least: stated.get(), most: stated.get() }
        });
    let items: Vec<&ConfigurationItem> = touch
        .items
        .iter()
        .filter_map(|id| match &graph.record(*id)?.body {
            Body::ConfigurationItem(item) => Some(item),
            _ => None,
        })
        .collect();
    let (depth, link, through) = touch.path;
    let [.., farthest] = model.impact.reach;
    Facts {
        service,
        name: fields.and_then(|fields| fields.name.get().cloned()),
        criticality,
        ratings: [
            rating(model, items.iter().map(|item| &item.confidentiality)),
            rating(model, items.iter().map(|item| &item.integrity)),
            rating(model, items.iter().map(|item| &item.availability)),
        ],
        link,
        through,
        depth,
        reach: model.impact.reach.get(depth as usize).copied().unwrap_or(farthest),
        substitute,
        substitute_factor: if substitute == Truth::Yes { model.impact.substitute } else { 1.0 },
        assurance,
    }
}

/// The highest rating of some configuration items. One that has none counts as the model says; then the highest is
/// not known either, unless another has reached the top of the scale. No item at all is one without rating.
fn rating<'f>(model: &SupplierRiskModel, ratings: impl Iterator<Item = &'f Field<Rating>>) -> Estimate {
    const HIGHEST: i64 = 3;
    let (stated, missing): (Vec<_>, Vec<_>) = ratings.map(Field::get).partition(Option::is_some);
    let top = stated.into_iter().flatten().map(|rating| rating.get()).max();
    let unknown = !missing.is_empty() || top.is_none();
    let least = top.unwrap_or(0);
    Estimate {
        value: if unknown { least.max(model.impact.unknown_rating) } else { least },
        known: !unknown || least == HIGHEST,
        least,
        most: if unknown { HIGHEST } else { least },
    }
}
