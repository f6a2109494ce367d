//! Records and their edges in memory, to walk from one to its neighbours.

use super::{Body, ContributingItems, Record, RecordId, RecordKind, RelationType, at_risk};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
};

/// An index over records. Tombstones are in it; edges that start from one are not, except a ticket's: what happened,
/// happened.
pub struct Graph<'a> {
    records: &'a [Record],
    by_id: HashMap<RecordId, usize>,
    outgoing: HashMap<RecordId, Vec<(RelationType, RecordId)>>,
    incoming: HashMap<RecordId, Vec<(RelationType, RecordId)>>,
    known: BTreeSet<RelationType>,
    /// The services and configuration items that a risk concerns which is not closed.
    at_risk: BTreeSet<RecordId>,
    summed_up: HashMap<RecordId, ContributingItems>,
}

impl<'a> Graph<'a> {
    /// Indexes records and their edges. `known` are the relation types of which a source has completed a full read:
    /// of these, no edge means there is none; of others it means nobody knows.
    pub fn new(records: &'a [Record], known: impl IntoIterator<Item = RelationType>) -> Self {
        let by_id = records.iter().enumerate().map(|(position, record)| (record.id, position)).collect();
        let mut edges = BTreeSet::new();
        for record in records {
            if record.deleted_at.is_some() && record.body.kind() != RecordKind::Ticket {
                continue;
            }
            edges.extend(record.relations.iter().map(|edge| (record.canonical_id, edge.relation, edge.to.id)));
            if let Body::Relation(relation) = &record.body
                && let (Some(relation_type), Some(from), Some(to)) =
                    (relation.r#type.get(), relation.from.get(), relation.to.get())
            {
                edges.insert((from.id, *relation_type, to.id));
            }
        }
        let mut graph = Self {
            records,
            by_id,
            outgoing: HashMap::new(),
            incoming: HashMap::new(),
            known: known.into_iter().collect(),
            at_risk: records.iter().flat_map(at_risk).collect(),
            summed_up: HashMap::new(),
        };
        for (from, relation, to) in edges {
            graph.outgoing.entry(from).or_default().push((relation, to));
            graph.incoming.entry(to).or_default().push((relation, from));
        }
        graph
    }

    /// With what contributes to some services summed up, so that the graph need not hold it.
    #[must_use]
    pub fn with_contributing(mut self, summed_up: HashMap<RecordId, ContributingItems>) -> Self {
        self.summed_up = summed_up;
        self
    }

    /// Every record, tombstones too.
    pub fn records(&self) -> &'a [Record] {
        self.records
    }

    /// The record with this id, if it has arrived.
    pub fn record(&self, id: RecordId) -> Option<&'a Record> {
        self.by_id.get(&id).map(|position| &self.records[*position])
    }

    /// The records of a kind that are not tombstones.
    pub fn live(&self, kind: RecordKind) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.deleted_at.is_none() && record.body.kind() == kind)
    }

    /// Where the record's edges of this type point.
    pub fn outgoing(&self, id: RecordId, relation: RelationType) -> impl Iterator<Item = RecordId> {
        edges(&self.outgoing, id, relation)
    }

    /// Where edges of this type that point to the record start.
    pub fn incoming(&self, id: RecordId, relation: RelationType) -> impl Iterator<Item = RecordId> {
        edges(&self.incoming, id, relation)
    }

    /// True if the absence of an edge of this type means that there is none.
    pub fn is_known(&self, relation: RelationType) -> bool {
        self.known.contains(&relation)
    }

    /// The configuration items that contribute to a service, directly or through others or through the services it
    /// depends on, with the number of edges between (0 supports it directly). Cycles end where they close.
    pub fn contributing(&self, service: RecordId) -> BTreeMap<RecordId, u32> {
        let mut found = self.beneath(service);
        found.retain(|id, _| self.record(*id).is_some_and(|r| r.body.kind() == RecordKind::ConfigurationItem));
        found
    }

    /// The same summed up.
    pub fn contributing_items(&self, service: RecordId) -> Cow<'_, ContributingItems> {
        if let Some(known) = self.summed_up.get(&service) {
            return Cow::Borrowed(known);
        }
        let mut items = ContributingItems::default();
        for id in self.contributing(service).into_keys() {
            self.record(id).into_iter().for_each(|record| items.add(record));
            items.at_risk |= self.is_at_risk(id);
        }
        Cow::Owned(items)
    }

    /// True if a risk that is not closed concerns this service or configuration item.
    pub fn is_at_risk(&self, id: RecordId) -> bool {
        self.at_risk.contains(&id)
    }

    /// Everything a service needs to work, configuration items and services, with the number of edges between (0 is
    /// next to it); records that have not arrived among them.
    pub fn beneath(&self, service: RecordId) -> BTreeMap<RecordId, u32> {
        self.walk(service, |id| {
            let neighbours = self.incoming(id, RelationType::Supports);
            let neighbours = neighbours.chain(self.incoming(id, RelationType::PartOf));
            neighbours.chain(self.outgoing(id, RelationType::DependsOn)).collect()
        })
    }

    /// Everything that needs a record to work, directly or through others, with the number of edges between (0 is next
    /// to it); records that have not arrived among them.
    pub fn above(&self, id: RecordId) -> BTreeMap<RecordId, u32> {
        self.walk(id, |id| {
            let neighbours = self.outgoing(id, RelationType::Supports);
            let neighbours = neighbours.chain(self.outgoing(id, RelationType::PartOf));
            neighbours.chain(self.incoming(id, RelationType::DependsOn)).collect()
        })
    }

    /// What is reached in any number of steps, with the number of steps before the last. Cycles end where they close.
    fn walk(&self, start: RecordId, next: impl Fn(RecordId) -> Vec<RecordId>) -> BTreeMap<RecordId, u32> {
        let mut found = BTreeMap::new();
        let mut layer = vec![start];
        let mut depth = 0;
        while !layer.is_empty() {
            let mut reached = Vec::new();
            for neighbour in layer.into_iter().flat_map(&next).filter(|neighbour| *neighbour != start) {
                if let Entry::Vacant(entry) = found.entry(neighbour) {
                    entry.insert(depth);
                    reached.push(neighbour);
                }
            }
            layer = reached;
            depth += 1;
        }
        found
    }
}

fn edges(
    index: &HashMap<RecordId, Vec<(RelationType, RecordId)>>,
    id: RecordId,
    relation: RelationType,
) -> impl Iterator<Item = RecordId> {
    index.get(&id).into_iter().flatten().filter(move |(found, _)| *found == relation).map(|(_, to)| *to)
}
