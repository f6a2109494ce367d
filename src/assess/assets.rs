//! Reconciliation of the CMDB with the asset inventory (ISO/IEC 27013, 6.2.1): what stands in one only, what has no
//! label, what cannot be told apart; and the classification that carriers inherit from what they carry.

use crate::model::{
    Body, ConfigurationItem, Graph, Label, Record, RecordBrief, RecordId, RecordKind, RelationType, names,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

names! {
    /// In which of CMDB and asset inventory an item stands, by its labels.
    pub enum Standing {
        /// A configuration item and an asset.
        Both = "both",
        /// A configuration item that is no asset.
        CiOnly = "ci_only",
        /// An asset that is no configuration item.
        AssetOnly = "asset_only",
        /// Its source has labels, and it has none.
        Unlabelled = "unlabelled",
        /// Its source has no labels.
        Unknown = "unknown",
    }
}

/// The need for protection, each from 0 (none) to 3 (very high).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Protection {
    /// Of confidentiality; null if not rated.
    pub confidentiality: Option<i64>,
    /// Of integrity; null if not rated.
    pub integrity: Option<i64>,
    /// Of availability; null if not rated.
    pub availability: Option<i64>,
}

/// An item of CMDB or asset inventory, twins of several sources as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReconciledItem {
    /// The record; of twins, the one the others are linked to.
    pub item: RecordBrief,
    /// Its class.
    pub class: Option<String>,
    /// The sources that know it.
    pub sources: Vec<String>,
    /// What it counts as, by all its sources together.
    pub labels: Vec<Label>,
    /// In which of both it stands.
    pub standing: Standing,
    /// Why it rightly stands in one only.
    pub exception: Option<String>,
    /// True if it stands in one only, or has no label, and nobody says why.
    pub open: bool,
    /// Others of its name and another class: its name does not tell which is meant.
    pub ambiguous_with: Vec<RecordBrief>,
    /// Others of its name and class that are not linked to it.
    pub duplicates: Vec<RecordBrief>,
    /// How it is rated itself.
    pub rated: Protection,
    /// What it needs with what it carries, directly or through others.
    pub inherited: Protection,
    /// The information it carries whose rating it inherits.
    pub inherits_from: Vec<RecordBrief>,
    /// True if it is rated lower than what it carries.
    pub underrated: bool,
}

/// How the items of one source and class stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetGroup {
    /// The source.
    pub source: String,
    /// The class; null for items without one.
    pub class: Option<String>,
    /// How many items there are.
    pub items: u64,
    /// In both.
    pub both: u64,
    /// Configuration items only.
    pub ci_only: u64,
    /// Assets only.
    pub asset_only: u64,
    /// Without a label.
    pub unlabelled: u64,
    /// Of a source without labels.
    pub unknown: u64,
    /// Of those that are not in both, how many have a reason stated.
    pub justified: u64,
    /// Items whose name does not tell which is meant.
    pub ambiguous: u64,
    /// Items that are there more than once.
    pub duplicates: u64,
    /// Items rated lower than what they carry.
    pub underrated: u64,
}

/// Items by name, each with its class.
type Namesakes<'a> = HashMap<&'a str, Vec<(Option<&'a str>, &'a Record)>>;

/// Every configuration item and asset that is not deleted, by source and external id.
pub fn reconciled_items(graph: &Graph<'_>) -> Vec<ReconciledItem> {
    let mut twins: BTreeMap<RecordId, Vec<&Record>> = BTreeMap::new();
    for record in graph.live(RecordKind::ConfigurationItem) {
        twins.entry(record.canonical_id).or_default().push(record);
    }
    let mut namesakes: Namesakes<'_> = HashMap::new();
    for record in twins.values().filter_map(|twins| twins.first()) {
        if let Some(name) = record.body.name() {
            namesakes.entry(name).or_default().push((class_of(record), record));
        }
    }
    let mut found: Vec<ReconciledItem> =
        twins.values().filter_map(|twins| reconciled(twins, graph, &namesakes)).collect();
    found.sort_by(|a, b| (&a.item.source, &a.item.external_id).cmp(&(&b.item.source, &b.item.external_id)));
    found
}

/// How the items of every source and class stand, by source and class.
pub fn asset_groups(items: &[ReconciledItem]) -> Vec<AssetGroup> {
    let mut groups: BTreeMap<(&str, Option<&str>), AssetGroup> = BTreeMap::new();
    for item in items {
        for source in &item.sources {
            let group =
                groups.entry((source, item.class.as_deref())).or_insert_with(|| AssetGroup::of(source, &item.class));
            group.add(item);
        }
    }
    groups.into_values().collect()
}

impl AssetGroup {
    fn of(source: &str, class: &Option<String>) -> Self {
        let (source, class) = (source.to_owned(), class.clone());
        let [items, both, ci_only, asset_only, unlabelled, unknown, justified, ambiguous, duplicates, underrated] =
            [0; 10];
        Self {
            source,
            class,
            items,
            both,
            ci_only,
            asset_only,
            unlabelled,
            unknown,
            justified,
            ambiguous,
            duplicates,
            underrated,
        }
    }

    fn add(&mut self, item: &ReconciledItem) {
        self.items += 1;
        *match item.standing {
            Standing::Both => &mut self.both,
            Standing::CiOnly => &mut self.ci_only,
            Standing::AssetOnly => &mut self.asset_only,
            Standing::Unlabelled => &mut self.unlabelled,
            Standing::Unknown => &mut self.unknown,
        } += 1;
        self.justified += u64::from(item.standing != Standing::Both && item.exception.is_some());
        self.ambiguous += u64::from(!item.ambiguous_with.is_empty());
        self.duplicates += u64::from(!item.duplicates.is_empty());
        self.underrated += u64::from(item.underrated);
    }
}

fn reconciled(twins: &[&Record], graph: &Graph<'_>, namesakes: &Namesakes<'_>) -> Option<ReconciledItem> {
    let first = twins.iter().find(|record| record.id == record.canonical_id).or(twins.first())?;
    let fields: Vec<&ConfigurationItem> = twins.iter().filter_map(|record| item_of(record)).collect();
    let supplied = fields.iter().any(|fields| !fields.labels.is_unsupplied());
    let labels: BTreeSet<Label> = fields.iter().filter_map(|fields| fields.labels.get()).flatten().copied().collect();
    let standing = standing(&labels, supplied);
    let exception = fields.iter().find_map(|fields| fields.inventory_exception.get()).cloned();
    let one_only = matches!(standing, Standing::CiOnly | Standing::AssetOnly | Standing::Unlabelled);
    let open = one_only && exception.is_none();
    let others = first.body.name().and_then(|name| namesakes.get(name)).map_or(&[][..], Vec::as_slice);
    let others = || others.iter().filter(|(_, other)| other.canonical_id != first.canonical_id);
    let class = class_of(first);
    let brief = |(_, record): &(Option<&str>, &Record)| RecordBrief::of(record);
    let rated = protection(&fields);
    let carried = carried(graph, first.canonical_id);
    let mut inherited = rated;
    let mut inherits_from = Vec::new();
    for record in carried {
        let Some(fields) = item_of(record) else { continue };
        let higher = inherited.raise(protection(&[fields]));
        if higher {
            inherits_from.push(RecordBrief::of(record));
        }
    }
    Some(ReconciledItem {
        item: RecordBrief::of(first),
        class: class.map(Into::into),
        sources: twins.iter().map(|record| record.source.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        labels: labels.into_iter().collect(),
        standing,
        exception,
        open,
        ambiguous_with: others().filter(|(other, _)| *other != class).map(brief).collect(),
        duplicates: others().filter(|(other, _)| *other == class).map(brief).collect(),
        rated,
        underrated: inherited != rated,
        inherited,
        inherits_from,
    })
}

fn standing(labels: &BTreeSet<Label>, supplied: bool) -> Standing {
    let asset = labels.contains(&Label::Information) || labels.contains(&Label::Financial);
    match (labels.contains(&Label::Ci), asset) {
        (true, true) => Standing::Both,
        (true, false) => Standing::CiOnly,
        (false, true) => Standing::AssetOnly,
        (false, false) if supplied => Standing::Unlabelled,
        (false, false) => Standing::Unknown,
    }
}

/// The information that runs on an item or is a component of it, directly or through others.
pub(super) fn carried<'a>(graph: &Graph<'a>, item: RecordId) -> Vec<&'a Record> {
    let mut waiting = vec![item];
    let mut seen = BTreeSet::from([item]);
    let mut found = Vec::new();
    while let Some(id) = waiting.pop() {
        let users = graph.incoming(id, RelationType::DependsOn).chain(graph.incoming(id, RelationType::PartOf));
        for user in users.collect::<Vec<_>>() {
            let Some(record) = graph.record(user).filter(|record| record.deleted_at.is_none()) else { continue };
            let Some(fields) = item_of(record).filter(|_| seen.insert(user)) else { continue };
            waiting.push(user);
            if fields.labels.get().is_some_and(|labels| labels.contains(&Label::Information)) {
                found.push(record);
            }
        }
    }
    found.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    found
}

/// What an item needs with what it carries.
pub(super) fn needs(graph: &Graph<'_>, item: &Record) -> Protection {
    let mut needs = item_of(item).map(|fields| protection(&[fields])).unwrap_or_default();
    for record in carried(graph, item.canonical_id) {
        if let Some(fields) = item_of(record) {
            needs.raise(protection(&[fields]));
        }
    }
    needs
}

impl Protection {
    /// Takes what is higher of the other; true if something was. What is rated 0 was judged to carry nothing of that
    /// kind, as a power train carries no secrets, and stays so.
    fn raise(&mut self, other: Self) -> bool {
        let before = *self;
        let higher = |own: Option<i64>, other: Option<i64>| if own == Some(0) { own } else { own.max(other) };
        self.confidentiality = higher(self.confidentiality, other.confidentiality);
        self.integrity = higher(self.integrity, other.integrity);
        self.availability = higher(self.availability, other.availability);
        before != *self
    }

    /// The highest of the three.
    pub fn highest(self) -> Option<i64> {
        self.confidentiality.max(self.integrity).max(self.availability)
    }
}

fn protection(twins: &[&ConfigurationItem]) -> Protection {
    let highest = |of: fn(&ConfigurationItem) -> Option<i64>| twins.iter().filter_map(|fields| of(fields)).max();
    Protection {
        confidentiality: highest(|fields| fields.confidentiality.get().map(|rating| rating.get())),
        integrity: highest(|fields| fields.integrity.get().map(|rating| rating.get())),
        availability: highest(|fields| fields.availability.get().map(|rating| rating.get())),
    }
}

fn class_of(record: &Record) -> Option<&str> {
    item_of(record).and_then(|fields| fields.class.get()).map(String::as_str)
}

pub(super) fn item_of(record: &Record) -> Option<&ConfigurationItem> {
    match &record.body {
        Body::ConfigurationItem(fields) => Some(fields),
        _ => None,
    }
}
