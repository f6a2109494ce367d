//! What facts look up, indexed once over a graph so that no fact has to search the store.

use super::{Fact, FactValue, Facts};
use crate::{
    indicators::Truth,
    model::{Body, Graph, Record, RecordId, RecordKind, RelationType, ServiceStatus, TicketType, Timestamp},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What facts need of records that are not in the graph, because no edge leads to them.
#[derive(Clone, Debug, Default)]
pub struct Beyond {
    /// How many other configuration items share an item's name and class.
    pub namesakes: HashMap<RecordId, usize>,
    /// When incidents were opened, ascending, by the configuration item affected and category.
    pub recurrences: HashMap<(RecordId, String), Vec<Timestamp>>,
}

/// A graph with the indexes that derived facts need.
pub struct FactIndex<'a> {
    pub(super) graph: &'a Graph<'a>,
    /// Agreements by the parties that agreed.
    agreements: HashMap<RecordId, Vec<&'a Record>>,
    /// Configuration items by name and class.
    namesakes: HashMap<(&'a str, &'a str), BTreeSet<RecordId>>,
    /// When incidents were opened, ascending, by the configuration item affected and category.
    recurrences: HashMap<(RecordId, &'a str), Vec<Timestamp>>,
    /// Given where the graph is a part of the store; the three indexes above are empty then.
    beyond: Option<&'a Beyond>,
    /// The kinds of records that edges point at and that have not arrived.
    awaited: HashMap<RecordId, RecordKind>,
}

impl<'a> FactIndex<'a> {
    /// Indexes a graph that holds every record.
    pub fn new(graph: &'a Graph<'a>) -> Self {
        Self::make(graph, None)
    }

    /// Indexes a part of the store: the records asked about with all their neighbours, and what lies beyond.
    pub fn of_part(graph: &'a Graph<'a>, beyond: &'a Beyond) -> Self {
        Self::make(graph, Some(beyond))
    }

    fn make(graph: &'a Graph<'a>, beyond: Option<&'a Beyond>) -> Self {
        let mut index = Self {
            beyond,
            graph,
            agreements: HashMap::new(),
            namesakes: HashMap::new(),
            recurrences: HashMap::new(),
            awaited: HashMap::new(),
        };
        for record in graph.records() {
            index.add(record);
        }
        for times in index.recurrences.values_mut() {
            times.sort_unstable();
        }
        index
    }

    fn add(&mut self, record: &'a Record) {
        let here = record.deleted_at.is_none();
        let ends = record.relations.iter().map(|edge| &edge.to);
        let own = match &record.body {
            Body::Relation(relation) => [relation.from.get(), relation.to.get()],
            _ => [None, None],
        };
        for end in ends.chain(own.into_iter().flatten()) {
            if self.graph.record(end.id).is_none() {
                self.awaited.insert(end.id, end.kind);
            }
        }
        match &record.body {
            Body::Agreement(agreement) if here => {
                for party in agreement.parties.get().into_iter().flatten() {
                    self.agreements.entry(party.id).or_default().push(record);
                }
            }
            Body::ConfigurationItem(item) if here && self.beyond.is_none() => {
                if let (Some(name), Some(class)) = (item.name.get(), item.class.get()) {
                    self.namesakes.entry((name, class)).or_default().insert(record.canonical_id);
                }
            }
            // An incident that was deleted has happened all the same.
            Body::Ticket(ticket)
                if ticket.r#type.get() == Some(&TicketType::Incident)
                    && record.id == record.canonical_id
                    && self.beyond.is_none() =>
            {
                if let (Some(category), Some(opened)) = (ticket.category.get(), ticket.opened_at.get()) {
                    for item in self.affected_items(record.id) {
                        self.recurrences.entry((item, category)).or_default().push(*opened);
                    }
                }
            }
            _ => {}
        }
    }

    /// The facts of a record at an instant.
    pub fn facts(&self, record: &Record, now: Timestamp) -> Facts {
        Facts::of(record, self, now)
    }

    /// The agreements of a party.
    pub(super) fn agreements(&self, party: RecordId) -> &[&'a Record] {
        self.agreements.get(&party).map_or(&[], Vec::as_slice)
    }

    /// The configuration items that a ticket affects.
    pub fn affected_items(&self, ticket: RecordId) -> Vec<RecordId> {
        let affected = self.graph.outgoing(ticket, RelationType::Affects);
        affected.filter(|id| self.kind(*id) == Some(RecordKind::ConfigurationItem)).collect()
    }

    /// The number of other configuration items with this name and class.
    pub(super) fn namesakes(&self, item: RecordId, name: &str, class: &str) -> usize {
        if let Some(beyond) = self.beyond {
            return beyond.namesakes.get(&item).copied().unwrap_or_default();
        }
        let namesakes = self.namesakes.get(&(name, class));
        namesakes.map_or(0, |ids| ids.len() - usize::from(ids.contains(&item)))
    }

    /// The number of incidents of this category on this item that were opened from `first` to `last`, both included.
    pub(super) fn recurrences(&self, item: RecordId, category: &str, first: Timestamp, last: Timestamp) -> usize {
        let times = match self.beyond {
            Some(beyond) => beyond.recurrences.get(&(item, category.to_owned())),
            None => self.recurrences.get(&(item, category)),
        };
        let times = times.map_or(&[][..], Vec::as_slice);
        times.partition_point(|opened| *opened <= last) - times.partition_point(|opened| *opened < first)
    }

    /// The kind of a record, arrived or not.
    pub(super) fn kind(&self, id: RecordId) -> Option<RecordKind> {
        self.graph.record(id).map(|record| record.body.kind()).or_else(|| self.awaited.get(&id).copied())
    }

    /// True if the lack of an edge of this type leaves it open whether there is one.
    pub(super) fn is_open(&self, relation: RelationType) -> bool {
        !self.graph.is_known(relation)
    }

    /// The services that these items and services contribute to, as in [`Graph::contributing`], and whether each is
    /// live.
    pub(super) fn supported(&self, items: impl IntoIterator<Item = RecordId>) -> BTreeMap<RecordId, Truth> {
        let mut waiting: Vec<RecordId> = items.into_iter().collect();
        let mut seen: BTreeSet<RecordId> = waiting.iter().copied().collect();
        let mut services = BTreeMap::new();
        while let Some(id) = waiting.pop() {
            let neighbours = self
                .graph
                .outgoing(id, RelationType::Supports)
                .chain(self.graph.outgoing(id, RelationType::PartOf))
                .chain(self.graph.incoming(id, RelationType::DependsOn));
            for neighbour in neighbours {
                if seen.insert(neighbour) {
                    waiting.push(neighbour);
                    if self.kind(neighbour) == Some(RecordKind::Service) {
                        services.insert(neighbour, self.is_live(neighbour));
                    }
                }
            }
        }
        services
    }

    /// Whether a service is live.
    pub(super) fn is_live(&self, service: RecordId) -> Truth {
        match self.graph.record(service) {
            Some(Record { deleted_at: Some(_), .. }) => Truth::False,
            Some(Record { body: Body::Service(service), .. }) => {
                service.status.get().map(|status| *status == ServiceStatus::Live).into()
            }
            Some(_) => Truth::False,
            None => Truth::Unknown,
        }
    }
}

impl From<Truth> for Fact {
    fn from(truth: Truth) -> Self {
        let value = match truth {
            Truth::True => FactValue::Bool(true),
            Truth::False => FactValue::Bool(false),
            Truth::Unknown => FactValue::Unknown,
        };
        Self { value, until: None }
    }
}

impl From<Option<usize>> for Fact {
    fn from(count: Option<usize>) -> Self {
        let value = count.map_or(FactValue::Unknown, |count| FactValue::Integer(count.try_into().unwrap_or(i64::MAX)));
        Self { value, until: None }
    }
}

/// How many of the neighbours it holds for; `None` if of one it is unknown, or if there is none and `open` says that
/// there may be.
pub(super) fn count(neighbours: impl Iterator<Item = Truth>, open: bool) -> Option<usize> {
    let (mut all, mut holding) = (0, 0);
    for neighbour in neighbours {
        all += 1;
        match neighbour {
            Truth::True => holding += 1,
            Truth::False => {}
            Truth::Unknown => return None,
        }
    }
    (all > 0 || !open).then_some(holding)
}
