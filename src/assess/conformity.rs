//! The summary: how far the organisation conforms to each standard and to both at once, and what is worst.

use super::evidence::Finding;
use super::joint::{JointRow, is_confirmed, joint_of};
use super::phases::{PhaseConformity, phases};
use super::requirement::{Coverage, RequirementStatus, TopicState, coverage, roll_up};
use crate::model::{JointStatus, Status, System};
use crate::standards::{Edition, Requirement, RequirementId, RequirementKind, Standards};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// How many requirements have each status; every status is listed.
///
/// Counted are controls, and clauses that are not divided into further clauses: what a statement of applicability or
/// an audit programme lists. Lettered items are parts of a clause, headings are sums of others: neither is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct StatusCounts(BTreeMap<Status, u64>);

impl Default for StatusCounts {
    fn default() -> Self {
        Self(Status::ALL.iter().map(|status| (*status, 0)).collect())
    }
}

impl StatusCounts {
    /// Counts one more requirement.
    pub fn add(&mut self, status: Status) {
        *self.0.entry(status).or_default() += 1;
    }

    /// How many have this status.
    pub fn get(&self, status: Status) -> u64 {
        self.0.get(&status).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// A clause at the top of an edition, or a domain of Annex A.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupConformity {
    /// The top clause or domain.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// Its status, rolled up.
    pub status: Status,
    /// Null if nothing in it has topics.
    pub coverage: Option<Coverage>,
    /// The top clause or domain.
    pub requirements: StatusCounts,
}

/// How far the organisation conforms to one edition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EditionConformity {
    /// `iso27001-2013`.
    pub edition: String,
    /// `ISO/IEC 27001:2013`.
    pub name: String,
    /// The management system it specifies.
    pub system: System,
    /// The statuses of its top clauses, rolled up.
    pub status: Status,
    /// Null if nothing in it has topics.
    pub coverage: Option<Coverage>,
    /// True if something it rests on is out of date.
    pub stale: bool,
    /// The statuses of its requirements.
    pub requirements: StatusCounts,
    /// Its top clauses, in document order.
    pub groups: Vec<GroupConformity>,
    /// Plan, do, check, act.
    pub phases: Vec<PhaseConformity>,
}

/// How far the organisation conforms to both standards at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JointConformity {
    /// Both editions' statuses together, the requirements without an equivalent among them.
    pub status: JointStatus,
    /// True if a named person graded the gap, on each side that has one.
    pub confirmed: bool,
    /// The requirements of both editions.
    pub requirements: StatusCounts,
    /// How many rows of Table A.1 have each joint status; headings are not counted.
    pub rows: BTreeMap<JointStatus, u64>,
}

/// The conformity summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conformity {
    /// Both standards together.
    pub joint: JointConformity,
    /// Each edition by itself.
    pub editions: Vec<EditionConformity>,
    /// Open findings that name no requirement of any edition and therefore count nowhere.
    pub unplaced_findings: Vec<Finding>,
}

/// Sums up the statuses of all requirements and rows. `findings` are all open findings.
pub fn conformity(
    standards: &Standards,
    statuses: &[RequirementStatus],
    rows: &[JointRow],
    findings: &[Finding],
) -> Conformity {
    let by_id: HashMap<&RequirementId, &RequirementStatus> = statuses.iter().map(|s| (&s.requirement, s)).collect();
    let editions: Vec<EditionConformity> =
        standards.editions().iter().map(|edition| edition_conformity(standards, edition, &by_id)).collect();
    let of = |system| editions.iter().find(|edition| edition.system == system).map(|edition| edition.status);
    let (isms, sms) = (of(System::Isms), of(System::Sms));
    let mut requirements = StatusCounts::default();
    for status in statuses.iter().filter(|status| counts(standards, status)) {
        requirements.add(status.status);
    }
    let judged = JointStatus::ALL.iter().filter(|status| **status != JointStatus::RollUp);
    let joint = JointConformity {
        status: isms.zip(sms).map_or(JointStatus::SingleSided, |(isms, sms)| joint_of(isms, sms)),
        confirmed: is_confirmed([isms, sms]),
        requirements,
        rows: judged.map(|s| (*s, rows.iter().filter(|row| row.status == *s).count() as u64)).collect(),
    };
    let unplaced = findings.iter().filter(|finding| !by_id.contains_key(&finding.requirement));
    Conformity { joint, editions, unplaced_findings: unplaced.cloned().collect() }
}

fn edition_conformity(
    standards: &Standards,
    edition: &Edition,
    by_id: &HashMap<&RequirementId, &RequirementStatus>,
) -> EditionConformity {
    let of = |nodes: Vec<&Requirement>| -> Vec<&RequirementStatus> {
        nodes.into_iter().filter_map(|node| by_id.get(&node.id).copied()).collect()
    };
    let all = of(standards.requirements_of(&edition.id).collect());
    let tops = of(standards.requirements_of(&edition.id).filter(|node| node.parent.is_none()).collect());
    let count = |statuses: &[&RequirementStatus]| {
        let mut found = StatusCounts::default();
        for status in statuses.iter().filter(|status| counts(standards, status)) {
            found.add(status.status);
        }
        found
    };
    let topics = all.iter().flat_map(|status| &status.topics);
    let distinct = topics.map(|topic| (topic.topic.clone(), topic.state != TopicState::NoEvidence)).collect();
    let groups = tops.iter().map(|top| {
        let mut nodes = of(standards.descendants(&top.requirement));
        nodes.push(top);
        GroupConformity {
            requirement: top.requirement.clone(),
            title: top.title.clone(),
            status: top.status,
            coverage: top.coverage,
            requirements: count(&nodes),
        }
    });
    EditionConformity {
        edition: edition.id.clone(),
        name: edition.name.clone(),
        system: edition.system,
        status: roll_up(tops.iter().map(|top| top.status)).unwrap_or(Status::NotAssessed),
        coverage: coverage(&distinct),
        stale: tops.iter().any(|top| top.stale),
        requirements: count(&all),
        groups: groups.collect(),
        phases: phases(standards, &all),
    }
}

/// The `n` worst requirements, fewer if fewer are adverse: worst status first, then most failing records, then
/// document order. Listed are the requirements whose own topics or findings are adverse, and of a requirement and one
/// below it that is at least as bad only the one below, as it says more precisely where to look.
pub fn worst<'a>(standards: &Standards, statuses: &'a [RequirementStatus], n: usize) -> Vec<&'a RequirementStatus> {
    let own: HashMap<&RequirementId, Status> = statuses
        .iter()
        .filter_map(|status| Some((&status.requirement, status.own_status.filter(|own| own.is_adverse())?)))
        .collect();
    let mut found: Vec<(Status, u64, &RequirementStatus)> = statuses
        .iter()
        .filter_map(|status| {
            let adverse = *own.get(&status.requirement)?;
            let mut below = standards.descendants(&status.requirement).into_iter();
            let outdone = below.any(|node| own.get(&node.id).is_some_and(|other| *other <= adverse));
            (!outdone).then(|| (adverse, failing(status), status))
        })
        .collect();
    found.sort_by_key(|(status, failing, _)| (*status, std::cmp::Reverse(*failing)));
    found.into_iter().take(n).map(|(_, _, status)| status).collect()
}

/// How many records fail the requirement's own indicators that breached or lapsed.
fn failing(status: &RequirementStatus) -> u64 {
    use crate::model::Verdict::{Breach, Lapse};
    let results = status.topics.iter().flat_map(|topic| &topic.indicators);
    results.filter(|result| matches!(result.verdict, Breach | Lapse)).map(|result| result.tally.failing).sum()
}

fn counts(standards: &Standards, status: &RequirementStatus) -> bool {
    standards.requirement(&status.requirement).is_some_and(|node| is_counted(standards, node))
}

/// True for a control, and for a clause that is not divided into further clauses.
pub(super) fn is_counted(standards: &Standards, node: &Requirement) -> bool {
    let divided = || {
        let mut children = node.children.iter().filter_map(|id| standards.requirement(id));
        children.any(|child| child.kind != RequirementKind::Item)
    };
    match node.kind {
        RequirementKind::Control => true,
        RequirementKind::Clause => node.normative && !divided(),
        _ => false,
    }
}
