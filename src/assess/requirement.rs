//! The status of each requirement, from the evidence on its topics and the statuses below it.

use super::evidence::{DocumentEvidence, DocumentState, Evidence, Finding, IndicatorResult};
use crate::model::{Grade, Status, System, Verdict, names};
use crate::standards::{Requirement, RequirementId, RequirementKind, Standards};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

names! {
    /// What the evidence on a topic says, worst first.
    pub enum TopicState {
        /// An indicator breached.
        Breach = "breach",
        /// An indicator lapsed, or the review of a document is overdue.
        Lapse = "lapse",
        /// Fresh favourable evidence, and nothing adverse.
        Favourable = "favourable",
        /// No evidence that counts now.
        NoEvidence = "no_evidence",
    }
}

names! {
    /// What a status rests on. Attestations will add a third.
    pub enum Basis {
        /// Operation: what records show, findings among them.
        Records = "records",
        /// Intent alone: documents in force or overdue.
        Documents = "documents",
    }
}

/// What is known about a topic within one management system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicStatus {
    /// The topic's id.
    pub topic: String,
    /// What its evidence says.
    pub state: TopicState,
    /// What the state rests on; null without evidence.
    pub basis: Option<Basis>,
    /// True if a result is out of date: adverse, it still counts; favourable, it no longer does.
    pub stale: bool,
    /// What every enabled indicator of the topic says.
    pub indicators: Vec<IndicatorResult>,
    /// Every document that serves the topic, approved or not.
    pub documents: Vec<DocumentEvidence>,
}

/// How many topics have evidence, for or against. Not a degree of conformity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// Topics with fresh favourable or any adverse evidence.
    pub evidenced: u64,
    /// Distinct topics of the requirement and everything below it.
    pub topics: u64,
}

/// The conformity status of a requirement with everything that explains it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequirementStatus {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// What sort of node it is.
    pub kind: RequirementKind,
    /// Its status, with what is below it.
    pub status: Status,
    /// What its own topics and findings say, without what is below it; null if it has neither.
    pub own_status: Option<Status>,
    /// What the status rests on; null without evidence.
    pub basis: Option<Basis>,
    /// For an item without topics, the clause whose status it shows; null otherwise.
    pub inherited_from: Option<RequirementId>,
    /// Null if neither it nor anything below it has topics.
    pub coverage: Option<Coverage>,
    /// True if some result it or anything below it rests on is out of date.
    pub stale: bool,
    /// Its own topics.
    pub topics: Vec<TopicStatus>,
    /// Its own open findings.
    pub findings: Vec<Finding>,
    /// The requirements directly below that make the status what it is: the worst, or those not fully evidenced.
    pub because: Vec<RequirementId>,
}

/// Combines statuses as a node does its children's: leaving the inapplicable out, the worst if any is adverse;
/// conforming or not assessed if all are; inapplicable if nothing else is left; otherwise partially evidenced.
/// `None` of nothing.
pub fn roll_up(children: impl IntoIterator<Item = Status>) -> Option<Status> {
    let children: BTreeSet<Status> = children.into_iter().collect();
    let applicable: Vec<Status> = children.iter().copied().filter(|status| *status != Status::NotApplicable).collect();
    match applicable.as_slice() {
        [] => children.first().copied(),
        [worst, ..] if worst.is_adverse() => Some(*worst),
        [all] => Some(*all),
        _ => Some(Status::PartiallyEvidenced),
    }
}

/// The status that findings and topics amount to without anything below; `None` if there are neither.
pub fn own_status(
    findings: impl IntoIterator<Item = Grade>,
    topics: impl IntoIterator<Item = TopicState>,
) -> Option<Status> {
    let graded = findings.into_iter().map(|grade| match grade {
        Grade::Major => Status::MajorNonconformity,
        Grade::Minor => Status::MinorNonconformity,
    });
    let states = topics.into_iter().map(|state| match state {
        TopicState::Breach => Status::PotentialNonconformity,
        TopicState::Lapse => Status::Concern,
        TopicState::Favourable => Status::Conforming,
        TopicState::NoEvidence => Status::NotAssessed,
    });
    roll_up(graded.chain(states))
}

/// The status of every requirement, in document order. Nodes that ask for nothing have none.
///
/// A topic counts as breached or lapsed as long as one result says so, however old. It has favourable evidence if an
/// indicator is met by fresh data. Documents show intent, records show operation: a document in force is favourable
/// evidence only where no indicator speaks about the topic, that is, where there is none or every one found no
/// occurrence, which is neutral. An overdue document is a lapse either way.
pub fn requirement_statuses(standards: &Standards, evidence: &Evidence) -> Vec<RequirementStatus> {
    let mut conclusion =
        Conclusion { standards, topics: Topics::new(evidence), findings: HashMap::new(), found: HashMap::new() };
    for finding in &evidence.findings {
        conclusion.findings.entry(&finding.requirement).or_default().push(finding);
    }
    for node in standards.requirements().iter().filter(|node| node.parent.is_none()) {
        conclusion.conclude(node);
    }
    conclusion.inherit();
    standards.requirements().iter().filter_map(|node| conclusion.found.remove(&node.id)).collect()
}

/// The evidence by management system and topic.
#[derive(Default)]
struct Topics<'a> {
    indicators: HashMap<(System, &'a str), Vec<&'a IndicatorResult>>,
    documents: HashMap<&'a str, Vec<&'a DocumentEvidence>>,
}

impl<'a> Topics<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let mut topics = Self::default();
        for result in &evidence.indicators {
            topics.indicators.entry((result.system, &result.topic)).or_default().push(result);
        }
        for document in &evidence.documents {
            topics.documents.entry(&document.topic).or_default().push(document);
        }
        topics
    }

    fn status(&self, system: System, topic: &str) -> TopicStatus {
        let indicators: Vec<IndicatorResult> =
            self.indicators.get(&(system, topic)).into_iter().flatten().map(|result| (*result).clone()).collect();
        let documents: Vec<DocumentEvidence> =
            self.documents.get(topic).into_iter().flatten().map(|document| (*document).clone()).collect();
        let says = |verdict| indicators.iter().any(|result| result.verdict == verdict);
        let overdue = documents.iter().any(|document| document.state == DocumentState::ReviewOverdue);
        let in_force = documents.iter().any(|document| document.state == DocumentState::InForce);
        let silent = indicators.iter().all(|result| result.verdict == Verdict::NoOccurrence);
        let (state, basis) = if says(Verdict::Breach) {
            (TopicState::Breach, Some(Basis::Records))
        } else if says(Verdict::Lapse) {
            (TopicState::Lapse, Some(Basis::Records))
        } else if overdue {
            (TopicState::Lapse, Some(Basis::Documents))
        } else if indicators.iter().any(|result| result.verdict == Verdict::Met && result.fresh) {
            (TopicState::Favourable, Some(Basis::Records))
        } else if in_force && silent {
            (TopicState::Favourable, Some(Basis::Documents))
        } else {
            (TopicState::NoEvidence, None)
        };
        let stale = indicators.iter().any(IndicatorResult::is_stale);
        TopicStatus { topic: topic.into(), state, basis, stale, indicators, documents }
    }
}

/// What a node hands up to its parent.
struct Rolled {
    id: RequirementId,
    /// Absent if the node only shows its clause's status.
    status: Option<Status>,
    basis: Option<Basis>,
    stale: bool,
    /// Its topics and those below, and whether each has evidence.
    topics: BTreeMap<String, bool>,
}

struct Conclusion<'a> {
    standards: &'a Standards,
    topics: Topics<'a>,
    findings: HashMap<&'a RequirementId, Vec<&'a Finding>>,
    found: HashMap<RequirementId, RequirementStatus>,
}

impl Conclusion<'_> {
    /// Concludes on a node after everything below it.
    fn conclude(&mut self, node: &Requirement) -> Option<Rolled> {
        let standards = self.standards;
        let children: Vec<Rolled> =
            node.children.iter().filter_map(|id| standards.requirement(id)).filter_map(|c| self.conclude(c)).collect();
        let system = standards.edition(node.id.edition())?.system;
        if !node.normative {
            return None;
        }
        let topics: Vec<TopicStatus> = node.topics.iter().map(|topic| self.topics.status(system, topic)).collect();
        let findings: Vec<Finding> =
            self.findings.get(&node.id).into_iter().flatten().map(|finding| (*finding).clone()).collect();
        let own = own_status(findings.iter().map(|f| f.grade), topics.iter().map(|topic| topic.state));
        let rolled = roll_up(own.into_iter().chain(children.iter().filter_map(|child| child.status)));
        let inherits = rolled.is_none() && node.kind == RequirementKind::Item;
        let status = rolled.unwrap_or(Status::NotAssessed);

        let mut distinct: BTreeMap<String, bool> =
            topics.iter().map(|topic| (topic.topic.clone(), topic.state != TopicState::NoEvidence)).collect();
        let on_record = (!findings.is_empty()).then_some(Basis::Records);
        let mut basis = topics.iter().filter_map(|topic| topic.basis).chain(on_record).min();
        let mut stale = topics.iter().any(|topic| topic.stale);
        let because = deciding(status, &children);
        for child in children {
            distinct.extend(child.topics);
            basis = basis.into_iter().chain(child.basis).min();
            stale |= child.stale;
        }
        self.found.insert(
            node.id.clone(),
            RequirementStatus {
                requirement: node.id.clone(),
                title: node.title.clone(),
                kind: node.kind,
                status,
                own_status: own,
                basis,
                // Marks the node; `inherit` puts the clause there once its status is known.
                inherited_from: inherits.then(|| node.id.clone()),
                coverage: coverage(&distinct),
                stale,
                topics,
                findings,
                because,
            },
        );
        let status = (!inherits).then_some(status);
        Some(Rolled { id: node.id.clone(), status, basis, stale, topics: distinct })
    }

    /// Gives items without topics the status of the nearest node above that has one of its own.
    fn inherit(&mut self) {
        let heirs: Vec<RequirementId> =
            self.found.values().filter(|s| s.inherited_from.is_some()).map(|s| s.requirement.clone()).collect();
        let from: Vec<(RequirementId, Option<RequirementStatus>)> = heirs
            .into_iter()
            .map(|id| {
                let above = self.standards.ancestors(&id).filter_map(|node| self.found.get(&node.id));
                let clause = above.into_iter().find(|status| status.inherited_from.is_none()).cloned();
                (id, clause)
            })
            .collect();
        for (id, clause) in from {
            if let Some(heir) = self.found.get_mut(&id) {
                heir.inherited_from = clause.as_ref().map(|clause| clause.requirement.clone());
                heir.status = clause.as_ref().map_or(Status::NotAssessed, |clause| clause.status);
                heir.basis = clause.as_ref().and_then(|clause| clause.basis);
                heir.stale = clause.is_some_and(|clause| clause.stale);
            }
        }
    }
}

/// The children that make the status what it is; nothing to point at where all agree on something that is not adverse.
fn deciding(status: Status, children: &[Rolled]) -> Vec<RequirementId> {
    let decides = |child: &&Rolled| match status {
        Status::PartiallyEvidenced => {
            matches!(child.status, Some(Status::PartiallyEvidenced | Status::NotAssessed))
        }
        status => status.is_adverse() && child.status == Some(status),
    };
    children.iter().filter(decides).map(|child| child.id.clone()).collect()
}

/// The coverage of distinct topics.
pub(super) fn coverage(topics: &BTreeMap<String, bool>) -> Option<Coverage> {
    let evidenced = topics.values().filter(|evidenced| **evidenced).count() as u64;
    (!topics.is_empty()).then_some(Coverage { evidenced, topics: topics.len() as u64 })
}
