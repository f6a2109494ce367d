//! The security review of a change or release (ISO/IEC 27013, 6.2.2, 6.2.6, 6.3.8, 6.3.9): what it touches, which
//! requirements and controls that concerns, whether a risk becomes unacceptable, and what is missing before approval.

use super::{
    RiskSettings,
    assets::{Protection, item_of, needs},
    incidents::affected,
    risks::{open, subjects},
};
use crate::{
    model::{
        Body, ConfigurationItem, Field, Graph, Record, RecordBrief, RecordId, RecordKind, RelationType, Ticket,
        TicketType, Timestamp, names,
    },
    standards::{RequirementId, Standards},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

names! {
    /// What a change does to the risk of an item, against what is acceptable.
    pub enum Crossing {
        /// Acceptable before and after.
        StaysAcceptable = "stays_acceptable",
        /// Acceptable before, and not after: not to be approved as it is.
        BecomesUnacceptable = "becomes_unacceptable",
        /// Not acceptable before or after.
        StaysUnacceptable = "stays_unacceptable",
        /// The change mends it.
        BecomesAcceptable = "becomes_acceptable",
        /// A rating or a likelihood is missing.
        Unknown = "unknown",
    }
}

names! {
    /// Where a likelihood comes from.
    pub enum LikelihoodBasis {
        /// The assessment of the change says it.
        Change = "change",
        /// The open risks on the item say it.
        Risks = "risks",
    }
}

names! {
    /// How an item of the checklist stands.
    pub enum CheckState {
        /// It is done.
        Done = "done",
        /// It is not.
        Missing = "missing",
        /// The source does not say.
        Unknown = "unknown",
        /// It is not asked of this change.
        NotNeeded = "not_needed",
    }
}

/// A configuration item that a change touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TouchedItem {
    /// The item.
    pub item: RecordBrief,
    /// Its class.
    pub class: Option<String>,
    /// How much depends on it: 1 (little) to 4 (vital).
    pub criticality: Option<i64>,
    /// Its need for protection, with what it carries.
    pub needs: Protection,
    /// The highest need times the likelihood before the change, 0 to 15.
    pub rating_before: Option<i64>,
    /// Where the likelihood before comes from.
    pub before_basis: Option<LikelihoodBasis>,
    /// The highest need times the likelihood after the change, 0 to 15.
    pub rating_after: Option<i64>,
    /// The highest rating that is acceptable.
    pub acceptable: i64,
    /// What the change does to it.
    pub crossing: Crossing,
}

/// A control that a change touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TouchedControl {
    /// The control.
    pub control: String,
    /// Its short title, if it is one of Annex A.
    pub title: Option<String>,
    /// The items that carry it out or are protected by it, and the risks it treats.
    pub through: Vec<RecordBrief>,
    /// True if the security assessment of the change says it looked at it.
    pub assessed: bool,
}

/// A requirement that a change touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TouchedRequirement {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// The topics by which it is touched.
    pub topics: Vec<String>,
}

/// An item of the checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// Its name.
    pub id: String,
    /// What has to be so.
    pub asks: String,
    /// How it stands.
    pub state: CheckState,
    /// What is missing, and what to do.
    pub note: Option<String>,
}

/// What a tool for changes can ask for before it lets one be approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SecurityReview {
    /// The change or release.
    pub change: RecordBrief,
    /// True if nothing of the checklist is missing or unknown.
    pub ready: bool,
    /// What has to be so before approval, or after an emergency.
    pub checklist: Vec<Check>,
    /// The configuration items it touches, the highest rating after it first.
    pub items: Vec<TouchedItem>,
    /// The services it touches, directly or through its items.
    pub services: Vec<RecordBrief>,
    /// The controls it touches, in order.
    pub controls: Vec<TouchedControl>,
    /// The requirements it touches, in document order.
    pub requirements: Vec<TouchedRequirement>,
    /// The open risks on what it touches.
    pub risks: Vec<RecordBrief>,
}

/// The security review of a change or release; `None` for any other record.
pub fn security_review(
    change: &Record,
    graph: &Graph<'_>,
    standards: &Standards,
    settings: &RiskSettings,
) -> Option<SecurityReview> {
    let Body::Ticket(ticket) = &change.body else { return None };
    let sort = *ticket.r#type.get().filter(|sort| matches!(sort, TicketType::Change | TicketType::Release))?;
    let affected = affected(graph, change);
    let services = services(graph, change, &affected);
    let touched: BTreeSet<RecordId> = affected.iter().chain(&services).map(|record| record.canonical_id).collect();
    let risks: Vec<&Record> = graph
        .live(RecordKind::Risk)
        .filter(|record| open(record).is_some_and(|risk| !subjects(risk).is_disjoint(&touched)))
        .collect();
    let mut items: Vec<TouchedItem> =
        affected.iter().filter_map(|item| touched_item(item, ticket, graph, &risks, settings)).collect();
    items.sort_by(|a, b| {
        (b.rating_after, b.needs.highest())
            .cmp(&(a.rating_after, a.needs.highest()))
            .then_with(|| a.item.external_id.cmp(&b.item.external_id))
    });
    let ids: BTreeSet<RecordId> = affected.iter().map(|item| item.canonical_id).collect();
    let on_items = risks.iter().filter(|risk| open(risk).is_some_and(|risk| !subjects(risk).is_disjoint(&ids)));
    let controls = controls(&affected, &on_items.copied().collect::<Vec<_>>(), ticket, standards);
    let checklist = checklist(ticket, sort, &items, &controls, !touched.is_empty());
    let settled = |check: &Check| matches!(check.state, CheckState::Done | CheckState::NotNeeded);
    Some(SecurityReview {
        change: RecordBrief::of(change),
        ready: checklist.iter().all(settled),
        checklist,
        requirements: requirements(ticket, sort, !services.is_empty(), standards),
        items,
        services: services.into_iter().map(RecordBrief::of).collect(),
        controls,
        risks: risks.into_iter().map(RecordBrief::of).collect(),
    })
}

/// The services a change affects, and those that its items contribute to, directly or through others.
fn services<'a>(graph: &Graph<'a>, change: &Record, items: &[&Record]) -> Vec<&'a Record> {
    let direct = graph.outgoing(change.canonical_id, RelationType::Affects);
    let mut waiting: Vec<RecordId> = direct.chain(items.iter().map(|item| item.canonical_id)).collect();
    let mut seen: BTreeSet<RecordId> = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        found.extend(graph.record(id).filter(|r| r.body.kind() == RecordKind::Service && r.deleted_at.is_none()));
        waiting.extend(graph.outgoing(id, RelationType::Supports));
        waiting.extend(graph.outgoing(id, RelationType::PartOf));
        waiting.extend(graph.incoming(id, RelationType::DependsOn));
    }
    found.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    found
}

fn touched_item(
    record: &Record,
    change: &Ticket,
    graph: &Graph<'_>,
    risks: &[&Record],
    settings: &RiskSettings,
) -> Option<TouchedItem> {
    let fields: &ConfigurationItem = item_of(record)?;
    let needs = needs(graph, record);
    let stated = change.likelihood_before.get().map(|likelihood| likelihood.get());
    let on_item =
        risks.iter().filter_map(|risk| open(risk)).filter(|risk| subjects(risk).contains(&record.canonical_id));
    let from_risks = on_item.filter_map(|risk| risk.likelihood.get()).map(|likelihood| likelihood.get()).max();
    let (before, before_basis) = match (stated, from_risks) {
        (Some(stated), _) => (Some(stated), Some(LikelihoodBasis::Change)),
        (None, Some(found)) => (Some(found), Some(LikelihoodBasis::Risks)),
        (None, None) => (None, None),
    };
    let after = change.likelihood_after.get().map(|likelihood| likelihood.get());
    let rating = |likelihood: Option<i64>| needs.highest().zip(likelihood).map(|(need, likelihood)| need * likelihood);
    let (rating_before, rating_after) = (rating(before), rating(after));
    let acceptable = settings.acceptable_item_rating;
    Some(TouchedItem {
        item: RecordBrief::of(record),
        class: fields.class.get().cloned(),
        criticality: fields.criticality.get().map(|criticality| criticality.get()),
        needs,
        rating_before,
        before_basis,
        rating_after,
        acceptable,
        crossing: crossing(rating_before, rating_after, acceptable),
    })
}

/// Without a rating before, one after that is not acceptable counts as crossing: nobody has accepted it.
fn crossing(before: Option<i64>, after: Option<i64>, acceptable: i64) -> Crossing {
    match (before.map(|rating| rating <= acceptable), after.map(|rating| rating <= acceptable)) {
        (_, None) => Crossing::Unknown,
        (Some(true) | None, Some(true)) => Crossing::StaysAcceptable,
        (Some(true) | None, Some(false)) => Crossing::BecomesUnacceptable,
        (Some(false), Some(true)) => Crossing::BecomesAcceptable,
        (Some(false), Some(false)) => Crossing::StaysUnacceptable,
    }
}

/// The controls on the items, and those that treat the risks on them.
fn controls(items: &[&Record], risks: &[&Record], change: &Ticket, standards: &Standards) -> Vec<TouchedControl> {
    let mut through: BTreeMap<&str, Vec<RecordBrief>> = BTreeMap::new();
    for record in items {
        for control in item_of(record).and_then(|item| item.controls.get()).into_iter().flatten() {
            through.entry(control).or_default().push(RecordBrief::of(record));
        }
    }
    for record in risks {
        for control in open(record).and_then(|risk| risk.controls.get()).into_iter().flatten() {
            through.entry(control).or_default().push(RecordBrief::of(record));
        }
    }
    let assessed: BTreeSet<&str> = change.controls_assessed.get().into_iter().flatten().map(String::as_str).collect();
    let mut controls: Vec<TouchedControl> = through
        .into_iter()
        .map(|(control, through)| TouchedControl {
            control: control.into(),
            title: standards.resolve(control).ok().map(|requirement| requirement.title.clone()),
            through,
            assessed: assessed.contains(control),
        })
        .collect();
    let position = |control: &str| standards.requirements().iter().position(|node| node.id.as_str() == control);
    controls.sort_by_cached_key(|control| (position(&control.control).unwrap_or(usize::MAX), control.control.clone()));
    controls
}

/// The requirements of the topics a change is evidence for.
fn requirements(change: &Ticket, sort: TicketType, services: bool, standards: &Standards) -> Vec<TouchedRequirement> {
    let emergency = change.emergency.get() == Some(&true);
    let topics = [
        ("change-control", sort == TicketType::Change),
        ("release-acceptance", sort == TicketType::Release),
        ("change-security-impact", true),
        ("emergency-change", emergency),
        ("configuration-accuracy", true),
        ("service-levels", services),
    ];
    let topics: BTreeSet<&str> = topics.into_iter().filter(|(_, touched)| *touched).map(|(topic, _)| topic).collect();
    let touched = standards.requirements().iter().filter_map(|node| {
        let own: Vec<String> = node.topics.iter().filter(|topic| topics.contains(topic.as_str())).cloned().collect();
        let touched = TouchedRequirement { requirement: node.id.clone(), title: node.title.clone(), topics: own };
        (!touched.topics.is_empty()).then_some(touched)
    });
    touched.collect()
}

fn checklist(
    change: &Ticket,
    sort: TicketType,
    items: &[TouchedItem],
    controls: &[TouchedControl],
    touches: bool,
) -> Vec<Check> {
    let emergency = change.emergency.get() == Some(&true);
    let release = sort == TicketType::Release;
    let mut checks = vec![
        check(
            "items-named",
            "It names the configuration items or services it touches.",
            state(Some(touches)),
            "Name them in the ticket.",
        ),
        check(
            "security-assessed",
            "Its effect on information security was assessed.",
            when(&change.security_assessed_at),
            "Assess it; without an assessment nobody knows what is approved.",
        ),
        check(
            "assessed-before-approval",
            "It was assessed before it was approved.",
            in_time(change, emergency),
            "An assessment after approval informed nobody.",
        ),
        controls_check(controls),
        ratings_check(items),
        crossing_check(items),
        check("way-back", "There is a tested way back.", truth(&change.back_out_plan), "Plan and test it."),
    ];
    let tested = if release { when(&change.tested_at) } else { CheckState::NotNeeded };
    checks.push(check("accepted", "It passed acceptance tests.", tested, "Test it against its acceptance criteria."));
    let separate = if release { truth(&change.separate_test_environment) } else { CheckState::NotNeeded };
    checks.push(check(
        "tested-apart",
        "It was tested apart from the live environment.",
        separate,
        "Test it elsewhere first.",
    ));
    let data = if release { truth(&change.test_data_protected) } else { CheckState::NotNeeded };
    checks.push(check(
        "test-data",
        "The data it was tested with was protected.",
        data,
        "Use data that is made up or anonymous.",
    ));
    let reviewed = match (emergency, change.closed_at.get()) {
        (true, Some(_)) => when(&change.reviewed_at),
        _ => CheckState::NotNeeded,
    };
    checks.push(check(
        "emergency-reviewed",
        "An emergency is reviewed afterwards.",
        reviewed,
        "Review it within ten days of closure.",
    ));
    checks
}

fn controls_check(controls: &[TouchedControl]) -> Check {
    let left: Vec<&str> =
        controls.iter().filter(|control| !control.assessed).map(|control| control.control.as_str()).collect();
    let state = match (controls.is_empty(), left.is_empty()) {
        (true, _) => CheckState::NotNeeded,
        (_, true) => CheckState::Done,
        (_, false) => CheckState::Missing,
    };
    let note = format!("Not looked at: {}.", left.join(", "));
    check("controls-assessed", "The assessment looked at every control it touches.", state, &note)
}

fn ratings_check(items: &[TouchedItem]) -> Check {
    let left: Vec<&str> = items
        .iter()
        .filter(|item| item.crossing == Crossing::Unknown)
        .map(|item| item.item.external_id.as_str())
        .collect();
    let state = match (items.is_empty(), left.is_empty()) {
        (true, _) => CheckState::NotNeeded,
        (_, true) => CheckState::Done,
        (_, false) => CheckState::Unknown,
    };
    let note = format!("No rating, or no likelihood after the change: {}.", left.join(", "));
    check("risk-rated", "The risk of its items after it is known.", state, &note)
}

fn crossing_check(items: &[TouchedItem]) -> Check {
    let crosses =
        |item: &&TouchedItem| matches!(item.crossing, Crossing::BecomesUnacceptable | Crossing::StaysUnacceptable);
    let above: Vec<&str> = items.iter().filter(crosses).map(|item| item.item.external_id.as_str()).collect();
    let note =
        format!("Above what is acceptable: {}; have it accepted by who may, or change the plan.", above.join(", "));
    check(
        "risk-acceptable",
        "No item is left with a risk above what is acceptable.",
        state(Some(above.is_empty())),
        &note,
    )
}

fn check(id: &str, asks: &str, state: CheckState, note: &str) -> Check {
    let open = matches!(state, CheckState::Missing | CheckState::Unknown);
    Check { id: id.into(), asks: asks.into(), state, note: open.then(|| note.into()) }
}

fn state(holds: Option<bool>) -> CheckState {
    match holds {
        Some(true) => CheckState::Done,
        Some(false) => CheckState::Missing,
        None => CheckState::Unknown,
    }
}

fn when(field: &Field<Timestamp>) -> CheckState {
    match field {
        Field::Value(_) => CheckState::Done,
        Field::Empty => CheckState::Missing,
        Field::Unsupplied => CheckState::Unknown,
    }
}

fn truth(field: &Field<bool>) -> CheckState {
    match field {
        Field::Value(true) => CheckState::Done,
        Field::Value(false) | Field::Empty => CheckState::Missing,
        Field::Unsupplied => CheckState::Unknown,
    }
}

/// An emergency may be assessed afterwards; what is not approved yet can't be late.
fn in_time(change: &Ticket, emergency: bool) -> CheckState {
    match (emergency, change.security_assessed_at.get(), change.approved_at.get()) {
        (true, ..) => CheckState::NotNeeded,
        (false, _, None) => when(&change.security_assessed_at),
        (false, Some(assessed), Some(approved)) => state(Some(assessed <= approved)),
        (false, None, Some(_)) => when(&change.security_assessed_at),
    }
}
