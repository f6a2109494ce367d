//! The status of each requirement, from the evidence on its topics and the statuses below it.

use super::applicability;
use super::decisions::{ControlDeclaration, ControlState, Determination, DeterminationResult, GovernedProcess};
use super::evidence::{Circumstance, Evidence, Finding};
use super::relations::{Inference, inferences};
use super::topic::{Asker, Basis, TopicState, TopicStatus, Topics};
use crate::model::{Grade, Status, System, Timestamp, Verdict};
use crate::standards::{Requirement, RequirementId, RequirementKind, Standards};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// The clause of ISO/IEC 20000-1 that governs what other parties run.
pub(super) const GOVERNANCE: &str = "4.2";

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
    /// What is known from evidence bound to it, if it has no topics; null if nothing is bound.
    pub bound: Option<TopicStatus>,
    /// What else speaks against it.
    pub circumstances: Vec<Circumstance>,
    /// What people determined of its own breaches.
    pub determinations: Vec<DeterminationStatus>,
    /// What it lacks to be fully evidenced besides evidence on topics.
    pub missing: Vec<String>,
    /// What the statement of applicability says of it, if it is a control that is declared.
    pub applicability: Option<ControlDeclaration>,
    /// For a control that is not implemented and need not be yet: until when.
    pub planned_until: Option<Timestamp>,
    /// For a process that another party runs, as declared: by whom, under which agreement.
    pub governed: Option<GovernedProcess>,
    /// What crossed over declared relations and filled the status.
    pub inferences: Vec<Inference>,
    /// True if the status of it or of anything below it was filled by what crossed a declared relation.
    pub inferred: bool,
    /// The requirements directly below that make the status what it is: the worst, or those not fully evidenced.
    pub because: Vec<RequirementId>,
}

impl RequirementStatus {
    /// True if the evidence on its own topics, or bound to it, conforms, whatever else speaks against it.
    pub fn is_evidenced(&self) -> bool {
        let shown = self.topics.iter().chain(&self.bound).map(|topic| topic.state);
        let shown: Vec<TopicState> = shown.filter(|state| *state != TopicState::NoEvidence).collect();
        !shown.is_empty() && shown.iter().all(|state| *state == TopicState::Favourable)
    }
}

/// A determination, and whether it still says what there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeterminationStatus {
    /// The decision's id.
    pub decision: String,
    /// What the potential nonconformity was determined to be.
    pub result: DeterminationResult,
    /// Why.
    pub reason: String,
    /// Who determined it.
    pub author: String,
    /// When.
    pub made_at: Timestamp,
    /// When `none` ends.
    pub expires_at: Option<Timestamp>,
    /// False if something adverse is there that it was not made on.
    pub holds: bool,
}

impl RequirementStatus {
    /// Its own topics and what is bound to it.
    pub fn all_topics(&self) -> impl Iterator<Item = &TopicStatus> {
        self.topics.iter().chain(&self.bound)
    }
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

/// The status of a requirement with a finding of this grade.
pub const fn graded(grade: Grade) -> Status {
    match grade {
        Grade::Major => Status::MajorNonconformity,
        Grade::Minor => Status::MinorNonconformity,
    }
}

/// The status that findings and topics amount to without anything below; `None` if there are neither.
pub fn own_status(
    findings: impl IntoIterator<Item = Grade>,
    topics: impl IntoIterator<Item = TopicState>,
) -> Option<Status> {
    roll_up(findings.into_iter().map(graded).chain(topics.into_iter().map(TopicState::status)))
}

/// The status of every requirement, in document order. Nodes that ask for nothing have none.
///
/// A topic counts as breached or lapsed as long as one result says so, however old. It has favourable evidence if an
/// indicator is met by fresh data. Documents show intent, records show operation: a document in force is favourable
/// evidence only where no indicator speaks about the topic, that is, where there is none or every one found no
/// occurrence, which is neutral. An overdue document is a lapse either way.
///
/// Of what people decided: an attestation counts where nothing else does, an adverse one like a breach. A
/// determination settles the breaches it was made on. Where records fail that are waived, the topic is a concern. A
/// control declared not applicable is so unless a finding is open on it; one that is planned is not assessed until
/// then, whatever its records say. In a process another party runs under an agreement in force, topics without
/// evidence rest on governance, if 4.2 conforms. What crosses declared relations fills what is left, and only that.
pub fn requirement_statuses(standards: &Standards, evidence: &Evidence) -> Vec<RequirementStatus> {
    let topics = Topics::new(evidence);
    let mut conclusion = Conclusion::new(standards, evidence, &topics, HashMap::new());
    conclusion.run();
    if !evidence.decisions.relations.is_empty() {
        let crossing = inferences(standards, evidence, &topics, &conclusion.found);
        if !crossing.is_empty() {
            conclusion = Conclusion::new(standards, evidence, &topics, crossing);
            conclusion.run();
        }
    }
    standards.requirements().iter().filter_map(|node| conclusion.found.remove(&node.id)).collect()
}

/// What a node hands up to its parent.
struct Rolled {
    id: RequirementId,
    /// Absent if the node only shows its clause's status.
    status: Option<Status>,
    basis: Option<Basis>,
    stale: bool,
    inferred: bool,
    /// Its topics and those below, and whether each has evidence.
    topics: BTreeMap<String, bool>,
}

struct Conclusion<'a> {
    standards: &'a Standards,
    evidence: &'a Evidence,
    topics: &'a Topics<'a>,
    findings: HashMap<&'a RequirementId, Vec<&'a Finding>>,
    circumstances: Vec<Circumstance>,
    /// What crosses declared relations to each requirement.
    crossing: HashMap<RequirementId, Vec<Inference>>,
    found: HashMap<RequirementId, RequirementStatus>,
}

impl<'a> Conclusion<'a> {
    fn new(
        standards: &'a Standards,
        evidence: &'a Evidence,
        topics: &'a Topics<'a>,
        crossing: HashMap<RequirementId, Vec<Inference>>,
    ) -> Self {
        let mut findings: HashMap<&RequirementId, Vec<&Finding>> = HashMap::new();
        for finding in &evidence.findings {
            findings.entry(&finding.requirement).or_default().push(finding);
        }
        let mut circumstances = applicability::overdue_plans(standards, &evidence.decisions);
        circumstances.extend(evidence.circumstances.iter().cloned());
        Self { standards, evidence, topics, findings, circumstances, crossing, found: HashMap::new() }
    }

    /// Concludes on every requirement of the editions the organisation aims at.
    fn run(&mut self) {
        for node in self.standards.requirements().iter().filter(|node| node.parent.is_none()) {
            if !self.evidence.not_aimed_at.contains(node.id.edition()) {
                self.conclude(node);
            }
        }
        self.inherit();
    }

    /// Concludes on a node after everything below it.
    fn conclude(&mut self, node: &Requirement) -> Option<Rolled> {
        let standards = self.standards;
        let children: Vec<Rolled> =
            node.children.iter().filter_map(|id| standards.requirement(id)).filter_map(|c| self.conclude(c)).collect();
        let system = standards.edition(node.id.edition())?.system;
        if !node.normative {
            return None;
        }
        let mut own = self.own(node, system);
        let below = children.iter().filter_map(|child| child.status);
        let lacking = own.missing.iter().map(|_| Status::NotAssessed);
        let rolled =
            self.declared(node, &own).or_else(|| roll_up(own.own_status.into_iter().chain(lacking).chain(below)));
        own.status = rolled.unwrap_or(Status::NotAssessed);
        self.fill(&mut own);
        let inherits = rolled.is_none() && node.kind == RequirementKind::Item && own.inferences.is_empty();
        // Marks the node; `inherit` puts the clause there once its status is known.
        own.inherited_from = inherits.then(|| node.id.clone());

        let mut distinct: BTreeMap<String, bool> =
            own.topics.iter().map(|topic| (topic.topic.clone(), topic.state != TopicState::NoEvidence)).collect();
        own.because = deciding(own.status, &children);
        for child in children {
            distinct.extend(child.topics);
            own.basis = own.basis.into_iter().chain(child.basis).min();
            own.stale |= child.stale;
            own.inferred |= child.inferred;
        }
        own.coverage = coverage(&distinct);
        let rolled = Rolled {
            id: node.id.clone(),
            status: (!inherits).then_some(own.status),
            basis: own.basis,
            stale: own.stale,
            inferred: own.inferred,
            topics: distinct,
        };
        self.found.insert(node.id.clone(), own);
        Some(rolled)
    }

    /// What a node's own evidence says, without what is below it.
    fn own(&self, node: &Requirement, system: System) -> RequirementStatus {
        let decisions = &self.evidence.decisions;
        let governed = self.governed(node, system);
        let holds = governed.filter(|process| self.is_governed(process));
        let asker = Asker { node, system, governed: holds };
        let topics: Vec<TopicStatus> = node.topics.iter().map(|topic| self.topics.status(asker, topic)).collect();
        let bound = self.topics.bound(asker);
        let findings: Vec<Finding> =
            self.findings.get(&node.id).into_iter().flatten().map(|finding| (*finding).clone()).collect();
        let circumstances = self.topics.circumstances(&self.circumstances, &node.id);
        let states = topics.iter().chain(&bound).map(|topic| topic.state);
        let on_record = (!findings.is_empty() || !circumstances.is_empty()).then_some(Basis::Records);
        let applicability = decisions.controls.get(node.id.as_str()).cloned();
        let planned = applicability.as_ref().filter(|control| control.state == ControlState::Planned);
        RequirementStatus {
            requirement: node.id.clone(),
            title: node.title.clone(),
            kind: node.kind,
            status: Status::NotAssessed,
            own_status: own_status(
                findings.iter().map(|finding| finding.grade),
                states.chain(circumstances.iter().map(Circumstance::state)),
            ),
            basis: topics.iter().chain(&bound).filter_map(|topic| topic.basis).chain(on_record).min(),
            inherited_from: None,
            coverage: None,
            stale: topics.iter().chain(&bound).any(|topic| topic.stale),
            determinations: self.determinations(node, &topics, bound.as_ref(), &circumstances),
            planned_until: planned.and_then(|control| control.planned_until),
            missing: applicability::missing(self.standards, decisions, node),
            governed: governed.cloned(),
            inferences: Vec::new(),
            inferred: false,
            because: Vec::new(),
            topics,
            findings,
            bound,
            circumstances,
            applicability,
        }
    }

    /// The status a declaration gives a control whatever its records say; an open finding stands against either.
    fn declared(&self, node: &Requirement, own: &RequirementStatus) -> Option<Status> {
        let declaration = own.applicability.as_ref().filter(|_| node.kind == RequirementKind::Control)?;
        let declared = match declaration.state {
            ControlState::Excluded => Status::NotApplicable,
            ControlState::Planned => Status::NotAssessed,
            ControlState::Implemented | ControlState::Overdue => return None,
        };
        roll_up(own.findings.iter().map(|finding| graded(finding.grade)).chain([declared]))
    }

    /// The declaration that another party runs the process a node is part of.
    fn governed(&self, node: &Requirement, system: System) -> Option<&'a GovernedProcess> {
        let processes = self.evidence.decisions.governed.iter();
        let of = |process: &&GovernedProcess| {
            process.requirement == node.id || self.standards.ancestors(&node.id).any(|n| n.id == process.requirement)
        };
        processes.filter(|_| system == System::Sms).find(of)
    }

    /// True if the agreement is in force and 4.2, which comes before every process, conforms by its own evidence.
    fn is_governed(&self, process: &GovernedProcess) -> bool {
        let governance = RequirementId::new(process.requirement.edition(), GOVERNANCE);
        self.evidence.agreements_in_force.contains(&process.agreement)
            && self.found.get(&governance).is_some_and(|found| found.status == Status::Conforming)
    }

    /// Fills what is not fully evidenced by what crosses declared relations: the worst of what fails, else what passes.
    fn fill(&self, own: &mut RequirementStatus) {
        let Some(crossing) = self.crossing.get(&own.requirement) else { return };
        let fillable = matches!(own.status, Status::NotAssessed | Status::PartiallyEvidenced);
        let Some(worst) = crossing.iter().map(|inference| inference.status).min() else { return };
        if !fillable || own.planned_until.is_some() {
            return;
        }
        own.status = worst;
        own.inferences = crossing.iter().filter(|inference| inference.status == worst).cloned().collect();
        own.inferred = true;
        own.basis = own.basis.or(Some(Basis::Inferred));
    }

    /// The determinations on a node. One holds as long as everything adverse of its own is what it was made on.
    fn determinations(
        &self,
        node: &Requirement,
        topics: &[TopicStatus],
        bound: Option<&TopicStatus>,
        circumstances: &[Circumstance],
    ) -> Vec<DeterminationStatus> {
        let holds = |determination: &Determination| {
            let breaches = topics.iter().chain(bound).flat_map(|topic| &topic.indicators);
            let mut breaches = breaches.filter(|result| result.verdict == Verdict::Breach);
            breaches.all(|result| self.topics.covers(determination, result))
                && topics
                    .iter()
                    .chain(bound)
                    .all(|topic| topic.objections().all(|id| determination.covers.attestations.contains(id)))
                && circumstances.iter().all(|c| determination.covers.circumstances.contains(&c.key()))
        };
        let status = |determination: &&Determination| DeterminationStatus {
            decision: determination.id.clone(),
            result: determination.result,
            reason: determination.reason.clone(),
            author: determination.author.clone(),
            made_at: determination.made_at,
            expires_at: determination.expires_at,
            holds: holds(determination),
        };
        self.topics.determinations(&node.id).iter().map(status).collect()
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
