//! Which services a supplier touches, how closely, and what is in its hands there.

use super::answer::{AssuranceItem, Estimate, Link, Truth};
use super::model::SupplierRiskModel;
use super::score::Facts;
use super::tiers::Tiers;
use crate::model::{Body, ContributingItems, Graph, HighestRating, RecordId, RelationType, ServiceStatus};
use std::collections::{BTreeMap, BTreeSet};

/// Edges and tiers, what the path starts with, and through what.
type Path = (u32, Link, Option<RecordId>);

/// How a supplier touches a service.
#[derive(Clone)]
pub(super) struct Touch {
    /// The shortest one.
    path: Path,
    /// The configuration items contributing to the service that are in its hands.
    items: ContributingItems,
}

/// The services above what parties have in hand.
pub(super) struct Links<'a> {
    graph: &'a Graph<'a>,
    tiers: Tiers,
}

impl<'a> Links<'a> {
    pub fn new(graph: &'a Graph<'a>) -> Self {
        Self { graph, tiers: Tiers::of(graph) }
    }

    /// A service that is not closed.
    fn is_open(&self, id: RecordId) -> bool {
        self.graph.record(id).filter(|record| record.deleted_at.is_none() && record.canonical_id == id).is_some_and(
            |record| matches!(&record.body, Body::Service(service) if service.status.get() != Some(&ServiceStatus::Closed)),
        )
    }

    /// The services that are not closed above a configuration item or service, with the number of edges between.
    fn above(&self, id: RecordId) -> BTreeMap<RecordId, u32> {
        if self.graph.record(id).is_none_or(|record| record.deleted_at.is_some()) {
            return BTreeMap::new();
        }
        let mut above = self.graph.above(id);
        above.retain(|service, _| self.is_open(*service));
        above
    }

    /// The services a party touches itself or for a lead supplier, by id. One tier of sub-contracting is one step.
    pub fn touched(&self, party: RecordId) -> BTreeMap<RecordId, Touch> {
        let mut found = self.touched_directly(party);
        let (mut seen, mut tier, mut working) = (BTreeSet::from([party]), 0, vec![party]);
        while !working.is_empty() {
            tier += 1;
            let leads: BTreeSet<RecordId> = working.iter().flat_map(|party| self.tiers.leads(*party)).collect();
            working = leads.into_iter().filter(|lead| seen.insert(*lead)).collect();
            for lead in &working {
                for (service, touch) in self.touched_directly(*lead) {
                    let path = (touch.path.0.saturating_add(tier), Link::Subcontract, Some(*lead));
                    found
                        .entry(service)
                        .and_modify(|own| own.path = own.path.min(path))
                        .or_insert(Touch { path, items: touch.items });
                }
            }
        }
        found
    }

    /// In the hands of a party are all configuration items of a service it provides; of another, those it controls;
    /// failing that, those of the services it provides and this one depends on.
    fn touched_directly(&self, party: RecordId) -> BTreeMap<RecordId, Touch> {
        let mut found: BTreeMap<RecordId, Touch> = BTreeMap::new();
        let controlled: BTreeSet<RecordId> = self.graph.outgoing(party, RelationType::Controls).collect();
        let provided: BTreeSet<RecordId> = self.graph.outgoing(party, RelationType::Provides).collect();
        for item in &controlled {
            for (service, depth) in self.above(*item) {
                let touch = shortest(&mut found, service, (depth, Link::Controls, Some(*item)));
                self.graph.record(*item).into_iter().for_each(|record| touch.items.add(record));
            }
        }
        let parts: Vec<_> = provided.iter().map(|part| (*part, self.above(*part))).collect();
        let open: Vec<RecordId> = provided.iter().copied().filter(|service| self.is_open(*service)).collect();
        for (part, above) in &parts {
            for (service, depth) in above {
                shortest(&mut found, *service, (depth + 1, Link::ProvidesPart, Some(*part)));
            }
        }
        for service in &open {
            shortest(&mut found, *service, (0, Link::Provides, None));
        }
        for (service, touch) in &mut found {
            if provided.contains(service) {
                touch.items = self.graph.contributing_items(*service).into_owned();
            } else if touch.items.count == 0 {
                let beneath = parts.iter().filter(|(part, above)| above.contains_key(service) && open.contains(part));
                beneath.for_each(|(part, _)| touch.items.and(&self.graph.contributing_items(*part)));
            }
        }
        found
    }
}

/// The touch on a service, once it is known that this path leads there.
fn shortest(found: &mut BTreeMap<RecordId, Touch>, service: RecordId, path: Path) -> &mut Touch {
    let touch = found.entry(service).or_insert(Touch { path, items: ContributingItems::default() });
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
    let (depth, link, through) = touch.path;
    let [.., farthest] = model.impact.reach;
    Facts {
        service,
        name: fields.and_then(|fields| fields.name.get().cloned()),
        criticality,
        ratings: touch.items.ratings.map(|highest| rating(model, highest)),
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
fn rating(model: &SupplierRiskModel, highest: HighestRating) -> Estimate {
    const HIGHEST: i64 = 3;
    let unknown = highest.missing || highest.stated.is_none();
    let least = highest.stated.unwrap_or(0);
    Estimate {
        value: if unknown { least.max(model.impact.unknown_rating) } else { least },
        known: !unknown || least == HIGHEST,
        least,
        most: if unknown { HIGHEST } else { least },
    }
}
