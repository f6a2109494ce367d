//! The part of the store that facts of some records read: the records themselves, their neighbours, what lies beyond.
//! What is loaded follows the table in `indicators/facts/reach.rs`.

use super::{classes, contributing, scoping::LINKS};
use crate::{
    assess::{Rules, concerned},
    error::Result,
    indicators::{Beyond, COMMON_TO_FACTS, Common, FactIndex, in_common, recurrence_window},
    model::{Body, ContributingItems, Graph, Record, RecordId, RecordKind, RelationType, TicketType, Timestamp, View},
    store::{Edge, Lookup, Reader},
};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

/// The instant of what records have in common at no particular time.
const TIMELESS: Timestamp = Timestamp::from_millis(0);

/// The field of an agreement that names who agreed, as an edge.
pub(super) const PARTIES: &str = "parties";

/// The field of an agreement that names who works for those who agreed.
pub(super) const SUBCONTRACTORS: &str = "subcontractors";

/// The field of a party that names whom it works for.
pub(super) const LEAD_SUPPLIER: &str = "lead_supplier";

/// The fields of a service that name who receives it, and who could provide it.
pub(super) const CUSTOMERS: &str = "customers";
pub(super) const SUBSTITUTES: &str = "substitutes";

/// What a risk or a measurement names as what it concerns, as an edge.
pub(super) const CONCERNS: &str = "concerns";

const UPWARD: ([&str; 2], [&str; 1]) =
    ([RelationType::Supports.as_str(), RelationType::PartOf.as_str()], [RelationType::DependsOn.as_str()]);

/// Records with everything their facts read.
pub(super) struct Part {
    /// The records asked about and their neighbours.
    pub records: Vec<Record>,
    /// What lies beyond, in the full view.
    pub beyond: Beyond,
    /// The same without restricted records, where there are any.
    pub beyond_general: Option<Beyond>,
    /// What contributes to the services asked about, in either view.
    pub contributing: HashMap<RecordId, ContributingItems>,
}

impl Part {
    /// The records a view has, and what lies beyond them.
    pub fn seen_by(&self, view: View) -> (Cow<'_, [Record]>, &Beyond) {
        match (view, &self.beyond_general) {
            (View::General, Some(beyond)) => {
                let visible = self.records.iter().filter(|record| !record.body.is_restricted());
                (Cow::Owned(visible.cloned().collect()), beyond)
            }
            _ => (Cow::Borrowed(&self.records), &self.beyond),
        }
    }
}

/// Records found step by step.
pub(super) struct Search<'r, 's> {
    pub reader: &'r mut Reader<'s>,
    /// Every record on the way, the owners of edges too.
    pub found: BTreeSet<RecordId>,
}

impl Search<'_, '_> {
    /// The far ends of edges that start from these records.
    pub fn from(&mut self, ids: &[RecordId], relations: &[&str]) -> Result<Vec<RecordId>> {
        let edges = self.reader.edges_from(ids, relations)?;
        self.found.extend(edges.iter().flat_map(|edge| [edge.owner, edge.to]));
        Ok(edges.into_iter().map(|edge| edge.to).collect())
    }

    /// The far ends of edges that point to these records.
    pub fn to(&mut self, ids: &[RecordId], relations: &[&str]) -> Result<Vec<RecordId>> {
        let edges = self.reader.edges_to(ids, relations)?;
        self.found.extend(edges.iter().flat_map(|edge| [edge.owner, edge.from]));
        Ok(edges.into_iter().map(|edge| edge.from).collect())
    }

    /// Everything that needs these to work.
    pub fn above(&mut self, ids: Vec<RecordId>) -> Result<BTreeSet<RecordId>> {
        self.closure(ids, |search, layer| {
            let mut next = search.from(layer, &UPWARD.0)?;
            next.extend(search.to(layer, &UPWARD.1)?);
            Ok(next)
        })
    }

    /// Everything these need to work.
    pub fn beneath(&mut self, ids: Vec<RecordId>) -> Result<BTreeSet<RecordId>> {
        self.closure(ids, |search, layer| {
            let mut next = search.to(layer, &UPWARD.0)?;
            next.extend(search.from(layer, &UPWARD.1)?);
            Ok(next)
        })
    }

    /// Everything reached in any number of steps, the start left out unless a cycle leads back.
    pub fn closure(
        &mut self,
        start: Vec<RecordId>,
        step: impl Fn(&mut Self, &[RecordId]) -> Result<Vec<RecordId>>,
    ) -> Result<BTreeSet<RecordId>> {
        let mut seen = BTreeSet::new();
        let mut layer = start;
        while !layer.is_empty() {
            let next = step(self, &layer)?;
            layer = next.into_iter().filter(|id| seen.insert(*id)).collect();
        }
        Ok(seen)
    }
}

/// Loads what the facts of these records read; where scopes are defined, what those read of them too. Incidents among
/// them have the class that counts.
pub(super) fn around(reader: &mut Reader<'_>, rules: &Rules, subjects: Vec<Record>, scoped: bool) -> Result<Part> {
    let of = |kind: RecordKind| -> Vec<RecordId> {
        subjects.iter().filter(|record| record.body.kind() == kind).map(|record| record.canonical_id).collect()
    };
    let (items, services, parties) =
        (of(RecordKind::ConfigurationItem), of(RecordKind::Service), of(RecordKind::Party));
    let tickets = of(RecordKind::Ticket);
    let mut search = Search { reader, found: BTreeSet::new() };
    search.from(&tickets, &[RelationType::Affects.as_str(), RelationType::CausedBy.as_str()])?;
    search.to(&tickets, &[RelationType::CausedBy.as_str()])?;
    search.to(&items, &[RelationType::Controls.as_str(), RelationType::PartOf.as_str()])?;
    let mut touched = search.from(&parties, &[RelationType::Provides.as_str()])?;
    let controlled = search.from(&parties, &[RelationType::Controls.as_str()])?;
    touched.extend(search.above(controlled)?);
    search.to(&touched, &[RelationType::Covers.as_str()])?;
    search.above(items.clone())?;
    let mut agreements = search.to(&parties, &[PARTIES])?;
    agreements.extend(of(RecordKind::Agreement));
    search.from(&agreements, &[RelationType::Covers.as_str()])?;
    search.to(&services, &[RelationType::Covers.as_str()])?;
    if scoped {
        let all: Vec<RecordId> = subjects.iter().map(|record| record.canonical_id).collect();
        let linked = search.from(&all, &LINKS)?;
        search.from(&linked, &[RelationType::Supports.as_str()])?;
        let above: Vec<RecordId> = search.above(items)?.into_iter().collect();
        search.from(&above, &[RelationType::Supports.as_str()])?;
        search.to(&above, &[RelationType::Covers.as_str()])?;
    }

    let Search { found, .. } = search;
    let own: BTreeSet<RecordId> = subjects.iter().map(|record| record.id).collect();
    let others: Vec<RecordId> = found.difference(&own).copied().collect();
    let (beyond, restricted_beyond) = beyond(reader, &subjects)?;
    let contributing = contributing::contributing_items(reader, &services)?;
    let mut records = subjects;
    records.extend(reader.records_by_id(&others)?);
    classes::put(reader, rules, &mut records, |id| own.contains(&id))?;
    let restricted = restricted_beyond.is_some() || records.iter().any(|record| record.body.is_restricted());
    let beyond_general = restricted.then(|| restricted_beyond.unwrap_or_else(|| beyond.clone()));
    Ok(Part { records, beyond, beyond_general, contributing })
}

/// These records, and everything that needs them to work.
pub(super) fn contributions(reader: &mut Reader<'_>, ids: &[RecordId]) -> Result<Vec<Record>> {
    let mut search = Search { reader, found: ids.iter().copied().collect() };
    search.above(ids.to_vec())?;
    let found: Vec<RecordId> = search.found.into_iter().collect();
    reader.records_by_id(&found)
}

/// When incidents were opened, which, and whether only the full view has them.
type Openings = BTreeSet<(Timestamp, RecordId, bool)>;

/// What lies beyond, in the full view, and in the general one where it differs.
fn beyond(reader: &mut Reader<'_>, subjects: &[Record]) -> Result<(Beyond, Option<Beyond>)> {
    let mut full = Beyond::default();
    let mut names: Vec<(RecordId, String)> = Vec::new();
    for record in subjects {
        let common = in_common(record, &[]).into_iter().map(|(common, _)| common);
        let named = common.filter(|common| matches!(common, Common::Namesake(..)));
        names.extend(named.map(|common| (record.canonical_id, common.key())));
    }
    let counts = reader.counts_sharing(&names.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>())?;
    for (id, key) in names {
        let all = counts.get(&key).map_or(0, |count| usize::try_from(*count).unwrap_or(usize::MAX));
        full.namesakes.insert(id, all.saturating_sub(1));
    }
    let incidents: Vec<RecordId> =
        subjects.iter().filter(|record| is_incident(record)).map(|record| record.id).collect();
    let back = recurrence_window(TIMELESS).0.millis().abs();
    let mut times: HashMap<(RecordId, String), Openings> = HashMap::new();
    for Lookup { key, at, record, restricted } in reader.sharing(&incidents, &COMMON_TO_FACTS, back, 0)? {
        let mut parts = key.split('\u{1f}');
        if let (Some("recurrence"), Some(item), Some(category)) = (parts.next(), parts.next(), parts.next())
            && let Ok(item) = item.parse()
        {
            times.entry((item, category.to_owned())).or_default().insert((at, record, restricted));
        }
    }
    let of = |keep: &dyn Fn(bool) -> bool| -> HashMap<(RecordId, String), Vec<Timestamp>> {
        let kept = |found: &Openings| {
            found.iter().filter(|(_, _, restricted)| keep(*restricted)).map(|(at, ..)| *at).collect()
        };
        times.iter().map(|(key, found)| (key.clone(), kept(found))).collect()
    };
    full.recurrences = of(&|_| true);
    let general = times
        .values()
        .flatten()
        .any(|(_, _, restricted)| *restricted)
        .then(|| Beyond { recurrences: of(&|restricted| !restricted), ..full.clone() });
    Ok((full, general))
}

fn is_incident(record: &Record) -> bool {
    matches!(&record.body, Body::Ticket(ticket) if ticket.r#type.get() == Some(&TicketType::Incident))
}

/// The edges a record states: its relations, what it is if it is one, and the references facts follow. A tombstone
/// states none but a ticket's: what happened, happened.
pub(super) fn edges_of(record: &Record) -> Vec<Edge> {
    if record.deleted_at.is_some() && record.body.kind() != RecordKind::Ticket {
        return Vec::new();
    }
    let edge = |from, relation, to| Edge { owner: record.id, from, relation, to };
    let own = record.canonical_id;
    let mut edges: Vec<Edge> =
        record.relations.iter().map(|stated| edge(own, stated.relation.as_str(), stated.to.id)).collect();
    match &record.body {
        Body::Relation(stated) => {
            if let (Some(relation), Some(from), Some(to)) = (stated.r#type.get(), stated.from.get(), stated.to.get()) {
                edges.push(edge(from.id, relation.as_str(), to.id));
            }
        }
        Body::Agreement(agreement) => {
            edges.extend(agreement.parties.get().into_iter().flatten().map(|party| edge(own, PARTIES, party.id)));
            let named = agreement.subcontractors.get().into_iter().flatten();
            edges.extend(named.map(|party| edge(own, SUBCONTRACTORS, party.id)));
        }
        Body::Ticket(ticket) => edges.extend(ticket.cause_party.get().map(|party| edge(own, "cause_party", party.id))),
        Body::Party(party) => {
            edges.extend(party.lead_supplier.get().map(|lead| edge(own, LEAD_SUPPLIER, lead.id)));
        }
        Body::Service(service) => {
            edges.extend(service.customers.get().into_iter().flatten().map(|party| edge(own, CUSTOMERS, party.id)));
            let substitutes = service.substitutes.get().into_iter().flatten();
            edges.extend(substitutes.map(|party| edge(own, SUBSTITUTES, party.id)));
        }
        body => edges.extend(concerned(body).into_iter().map(|id| edge(own, CONCERNS, id))),
    }
    edges.sort();
    edges.dedup();
    edges
}

/// What records have in common with others, once their edges are in the store.
pub(super) fn lookups_of(reader: &mut Reader<'_>, records: &[Record]) -> Result<Vec<Lookup>> {
    let incidents: Vec<Record> = records.iter().filter(|record| is_incident(record)).cloned().collect();
    let mut items: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    if !incidents.is_empty() {
        let ids: Vec<RecordId> = incidents.iter().map(|record| record.canonical_id).collect();
        let mut search = Search { reader, found: BTreeSet::new() };
        search.from(&ids, &[RelationType::Affects.as_str()])?;
        let found: BTreeSet<RecordId> = search.found.difference(&ids.iter().copied().collect()).copied().collect();
        let mut around = incidents.clone();
        around.extend(reader.records_by_id(&found.into_iter().collect::<Vec<_>>())?);
        let graph = Graph::new(&around, []);
        let index = FactIndex::new(&graph);
        items = incidents.iter().map(|record| (record.id, index.affected_items(record.canonical_id))).collect();
    }
    let none = Vec::new();
    let mut lookups = Vec::new();
    for record in records {
        let mut common = in_common(record, items.get(&record.id).unwrap_or(&none));
        common.sort();
        common.dedup();
        lookups.extend(common.into_iter().map(|(common, at)| Lookup {
            key: common.key(),
            at: at.unwrap_or(TIMELESS),
            record: record.id,
            restricted: record.body.is_restricted(),
        }));
    }
    Ok(lookups)
}

/// The records whose facts, or scope, may be others because these changed: by the edges and what is in common as the
/// store has them now.
pub(super) fn dependents(
    reader: &mut Reader<'_>,
    changed: &BTreeSet<(RecordKind, RecordId)>,
    scoped: bool,
) -> Result<BTreeSet<RecordId>> {
    let of = |kind: RecordKind| -> Vec<RecordId> {
        changed.iter().filter(|(found, _)| *found == kind).map(|(_, id)| *id).collect()
    };
    let mut dependents = BTreeSet::new();
    let structure = [of(RecordKind::ConfigurationItem), of(RecordKind::Service)].concat();
    let mut search = Search { reader, found: BTreeSet::new() };
    if !structure.is_empty() {
        dependents.extend(search.to(&structure, &[RelationType::Affects.as_str(), RelationType::Covers.as_str()])?);
        dependents.extend(search.above(structure.clone())?);
        let mut beneath: Vec<RecordId> = search.beneath(structure.clone())?.into_iter().collect();
        dependents.extend(&beneath);
        beneath.extend(&structure);
        let parties = search.to(&beneath, &[RelationType::Controls.as_str(), RelationType::Provides.as_str()])?;
        dependents.extend(parties);
    }
    if scoped {
        let mut through = search.to(&of(RecordKind::Service), &[RelationType::Supports.as_str()])?;
        through.extend(&structure);
        dependents.extend(search.to(&through, &LINKS)?);
        let agreed = search.from(&of(RecordKind::Agreement), &[PARTIES])?;
        dependents.extend(search.from(&agreed, &[RelationType::Controls.as_str()])?);
    }
    let agreements = of(RecordKind::Agreement);
    dependents.extend(search.from(&agreements, &[PARTIES])?);
    let covered = search.from(&agreements, &[RelationType::Covers.as_str()])?;
    if !covered.is_empty() {
        // Whoever touches what it covers: where no source says who agreed, it may be any of them.
        let beneath = search.beneath(covered.clone())?.into_iter().chain(covered.clone());
        dependents.extend(search.to(&beneath.collect::<Vec<_>>(), &[RelationType::Controls.as_str()])?);
        dependents.extend(search.to(&covered, &[RelationType::Provides.as_str()])?);
        dependents.extend(covered);
    }
    dependents.extend(search.from(&of(RecordKind::Party), &[RelationType::Controls.as_str()])?);
    let tickets = of(RecordKind::Ticket);
    dependents.extend(search.from(&tickets, &[RelationType::CausedBy.as_str()])?);
    dependents.extend(search.to(&tickets, &[RelationType::CausedBy.as_str()])?);
    let sharing: Vec<RecordId> = [&tickets, &structure, &agreements].into_iter().flatten().copied().collect();
    let ahead = recurrence_window(TIMELESS).0.millis().abs();
    let shared = reader.sharing(&sharing, &COMMON_TO_FACTS, 0, ahead)?;
    dependents.extend(shared.into_iter().map(|shared| shared.record));
    Ok(dependents)
}
