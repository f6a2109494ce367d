//! Facts about agreements: what a party supplies, and what was agreed with it.

use super::{Fact, FactIndex};
use crate::{
    indicators::Truth,
    model::{Agreement, AgreementType, Body, Field, Record, RecordId, RelationType, Timestamp},
};
use std::collections::{BTreeMap, BTreeSet};

/// The services a party provides or contributes to with what it controls.
struct Touched {
    /// Each, and whether it is live.
    services: BTreeMap<RecordId, Truth>,
    /// Unknown if there may be others that no source tells of, else false.
    others: Truth,
}

impl Touched {
    fn by(index: &FactIndex<'_>, party: RecordId) -> Self {
        let mut open = false;
        let mut services = BTreeMap::new();
        for service in index.graph.outgoing(party, RelationType::Provides) {
            services.insert(service, index.is_live(service));
        }
        open |= services.is_empty() && index.is_open(RelationType::Provides);
        let items: Vec<RecordId> = index.graph.outgoing(party, RelationType::Controls).collect();
        let controls_any = !items.is_empty();
        open |= !controls_any && index.is_open(RelationType::Controls);
        let supported = index.supported(items);
        open |= controls_any && supported.is_empty() && index.is_open(RelationType::Supports);
        services.extend(supported);
        Self { services, others: if open { Truth::Unknown } else { Truth::False } }
    }
}

pub(super) fn touches_live_service(index: &FactIndex<'_>, party: &Record, _: Timestamp) -> Fact {
    let touched = Touched::by(index, party.canonical_id);
    touched.services.into_values().fold(touched.others, Truth::or).into()
}

pub(super) fn agreements_cover_all_services(index: &FactIndex<'_>, party: &Record, now: Timestamp) -> Fact {
    let touched = Touched::by(index, party.canonical_id);
    let agreements = Agreements::of(index, party, &touched, now);
    let mut all = !touched.others;
    for (service, live) in touched.services {
        all = all.and((!live).or(agreements.cover(service)));
    }
    Fact { until: agreements.until, ..all.into() }
}

pub(super) fn security_obligations_in_all(index: &FactIndex<'_>, party: &Record, now: Timestamp) -> Fact {
    let touched = Touched::by(index, party.canonical_id);
    let agreements = Agreements::of(index, party, &touched, now);
    let mut all = !agreements.others;
    for agreed in &agreements.agreed {
        let covers_any = touched.services.iter().map(|(service, live)| live.and(agreed.covers(*service)));
        let relevant = agreed.in_force.and(covers_any.fold(touched.others, Truth::or));
        let obliged = Truth::from(agreed.agreement.security_obligations.get().copied());
        all = all.and((!relevant).or(obliged));
    }
    Fact { until: agreements.until, ..all.into() }
}

pub(super) fn agreements_in_force(index: &FactIndex<'_>, party: &Record, now: Timestamp) -> Fact {
    let agreements = Agreements::of(index, party, &Touched::by(index, party.canonical_id), now);
    let in_force = agreements.agreed.iter().map(|agreed| agreed.in_force);
    let count = super::index::count(in_force.chain([agreements.others]), false);
    Fact { until: agreements.until, ..count.into() }
}

pub(super) fn sla_in_force(index: &FactIndex<'_>, service: &Record, now: Timestamp) -> Fact {
    let mut any = Truth::False;
    let mut until = None;
    let mut covered = false;
    for agreement in index.graph.incoming(service.canonical_id, RelationType::Covers) {
        covered = true;
        let Some(Record { body: Body::Agreement(agreement), .. }) = index.graph.record(agreement) else {
            any = any.or(Truth::Unknown);
            continue;
        };
        let is_sla = Truth::from(agreement.r#type.get().map(|kind| *kind == AgreementType::Sla));
        any = any.or(is_sla.and(in_force(agreement, now)));
        until = earlier(until, next_change(agreement, now));
    }
    if !covered && index.is_open(RelationType::Covers) {
        any = Truth::Unknown;
    }
    Fact { until, ..any.into() }
}

/// The agreements with a party, at an instant.
struct Agreements<'a> {
    agreed: Vec<Agreed<'a>>,
    /// Unknown if there may be others that no source tells of, else false.
    others: Truth,
    /// The next instant at which one of them enters into force or ends.
    until: Option<Timestamp>,
}

struct Agreed<'a> {
    agreement: &'a Agreement,
    in_force: Truth,
    services: BTreeSet<RecordId>,
    /// What no `covers` edge to a service means.
    otherwise: Truth,
}

impl Agreed<'_> {
    fn covers(&self, service: RecordId) -> Truth {
        if self.services.contains(&service) { Truth::True } else { self.otherwise }
    }
}

impl<'a> Agreements<'a> {
    fn of(index: &FactIndex<'a>, party: &Record, touched: &Touched, now: Timestamp) -> Self {
        let mut agreed = Vec::new();
        let mut until = None;
        let open = index.is_open(RelationType::Covers);
        for record in index.agreements(party.canonical_id) {
            let Body::Agreement(agreement) = &record.body else { continue };
            let services: BTreeSet<_> = index.graph.outgoing(record.canonical_id, RelationType::Covers).collect();
            let otherwise = if services.is_empty() && open { Truth::Unknown } else { Truth::False };
            until = earlier(until, next_change(agreement, now));
            agreed.push(Agreed { agreement, in_force: in_force(agreement, now), services, otherwise });
        }
        // Whoever reads agreements in full also reads what they cover, so that is how their absence is known.
        let open = agreed.is_empty() && open;
        // One whose source does not say who agreed may be with whoever touches what it covers.
        let covering = touched.services.keys().flat_map(|service| index.graph.incoming(*service, RelationType::Covers));
        for id in covering.collect::<BTreeSet<_>>() {
            let Some(Record { body: Body::Agreement(agreement), .. }) = index.graph.record(id) else { continue };
            if agreement.parties.is_unsupplied() {
                let services = index.graph.outgoing(id, RelationType::Covers).collect();
                until = earlier(until, next_change(agreement, now));
                let in_force = Truth::Unknown.and(in_force(agreement, now));
                agreed.push(Agreed { agreement, in_force, services, otherwise: Truth::False });
            }
        }
        Self { agreed, others: if open { Truth::Unknown } else { Truth::False }, until }
    }

    fn cover(&self, service: RecordId) -> Truth {
        let agreed = self.agreed.iter().map(|agreed| agreed.in_force.and(agreed.covers(service)));
        agreed.fold(self.others, Truth::or)
    }
}

/// Whether an agreement is in force: from its start on, until before its end if it has one.
fn in_force(agreement: &Agreement, now: Timestamp) -> Truth {
    let started = Truth::from(agreement.starts_at.get().map(|start| *start <= now));
    let lasting = match agreement.ends_at {
        Field::Value(end) => (now < end).into(),
        Field::Empty => Truth::True,
        Field::Unsupplied => Truth::Unknown,
    };
    started.and(lasting)
}

/// The next instant at which an agreement enters into force or ends.
fn next_change(agreement: &Agreement, now: Timestamp) -> Option<Timestamp> {
    let ends = [agreement.starts_at.get(), agreement.ends_at.get()];
    ends.into_iter().flatten().copied().filter(|end| *end > now).min()
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
