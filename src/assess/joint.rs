//! The status of both standards together on each row of Table A.1 of ISO/IEC 27013:2015.

use super::conformity::{StatusCounts, is_counted};
use super::requirement::{RequirementStatus, graded, roll_up};
use super::topic::TopicState;
use crate::model::{JointStatus, Status, names};
use crate::standards::{Citation, ClauseRange, CorrespondenceRelation, CorrespondenceRow, RequirementId, Standards};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

names! {
    /// What a reference was judged on.
    pub enum Precision {
        /// The topics both ends share.
        Topics = "topics",
        /// The whole clause of either end, for want of a shared topic.
        Clause = "clause",
    }
}

/// The status of one cited clause beside the requirement that cites it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReferenceStatus {
    /// The clause of ISO/IEC 20000-1.
    pub requirement: RequirementId,
    /// What the two statuses were judged on.
    pub precision: Precision,
    /// The topics both ends share, counting those above and below either.
    pub shared_topics: Vec<String>,
    /// What the ISO/IEC 27001 requirement comes to on the shared topics.
    pub isms: Status,
    /// What the cited clause comes to on the shared topics.
    pub sms: Status,
    /// The status of the cited clause as a whole.
    pub clause_status: Status,
}

/// What is inside a range of clauses, by status: for information, never part of a status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RangeCounts {
    /// The first clause.
    pub first: RequirementId,
    /// The last clause, which belongs to the range.
    pub last: RequirementId,
    /// The statuses of the requirements in it.
    pub requirements: StatusCounts,
}

/// The joint status of one row of Table A.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JointRow {
    /// Position in the table, from 1.
    pub row: u32,
    /// How the two sides relate.
    pub relation: CorrespondenceRelation,
    /// The ISO/IEC 27001 side; null where there is none.
    pub requirement: Option<RequirementId>,
    /// The title as printed on the ISO/IEC 27001 side.
    pub title: String,
    /// What both sides come to together.
    pub status: JointStatus,
    /// For a heading, what its child rows come to together; null otherwise, or if none of them is judged.
    pub rolled_up: Option<JointStatus>,
    /// True if a named person graded the gap, on each side that has one.
    pub confirmed: bool,
    /// True if a side was filled by what crossed a declared relation between requirements.
    pub inferred: bool,
    /// The ISO/IEC 27001 side, on what it shares with its references; null if it is not judged.
    pub isms: Option<Status>,
    /// The ISO/IEC 20000-1 side, its references combined; null if it is not judged.
    pub sms: Option<Status>,
    /// The status of the ISO/IEC 27001 requirement as a whole; null if it is none.
    pub clause_status: Option<Status>,
    /// The ISO/IEC 20000-1 side, clause by clause. Introductions and clauses 1 to 3 are left out.
    pub references: Vec<ReferenceStatus>,
    /// The ranges printed on the ISO/IEC 20000-1 side: counted, never judged.
    pub ranges: Vec<RangeCounts>,
    /// For a heading, the rows below it by position.
    pub child_rows: Vec<u32>,
}

/// Both sides together. A side that is not applicable leaves the other single.
pub fn joint_of(isms: Status, sms: Status) -> JointStatus {
    if [isms, sms].contains(&Status::NotApplicable) {
        return JointStatus::SingleSided;
    }
    match (isms.is_gap(), sms.is_gap()) {
        (true, true) => JointStatus::GapBoth,
        (true, false) => JointStatus::GapIsms,
        (false, true) => JointStatus::GapSms,
        _ if isms.is_adverse() || sms.is_adverse() => JointStatus::Concern,
        _ if isms == Status::Conforming && sms == Status::Conforming => JointStatus::Conforming,
        _ => JointStatus::Incomplete,
    }
}

/// True if a named person graded the gap, on each side that has one.
pub(super) fn is_confirmed(sides: [Option<Status>; 2]) -> bool {
    let mut gaps = sides.into_iter().flatten().filter(|status| status.is_gap()).peekable();
    gaps.peek().is_some() && gaps.all(|status| status != Status::PotentialNonconformity)
}

/// The joint status of every row of Table A.1, in its order, from the statuses of all requirements.
///
/// A `many` row that names no clause beside its ranges has one side only, as ranges never decide a status; so has a row
/// whose other side is of an edition the organisation does not aim at.
pub fn joint_rows(standards: &Standards, statuses: &[RequirementStatus]) -> Vec<JointRow> {
    let statuses = Statuses::new(standards, statuses);
    let mut rows: Vec<JointRow> = standards.rows().iter().map(|row| statuses.judge(row)).collect();
    let headings: Vec<JointRow> = rows
        .iter()
        .filter(|row| row.status == JointStatus::RollUp)
        .map(|heading| roll_up_rows(standards, heading.clone(), &rows))
        .collect();
    for heading in headings {
        if let Some(place) = rows.iter_mut().find(|row| row.row == heading.row) {
            *place = heading;
        }
    }
    rows
}

/// A heading from the rows over what is below it in the tree, other headings left out.
fn roll_up_rows(standards: &Standards, mut heading: JointRow, rows: &[JointRow]) -> JointRow {
    let below: Vec<&RequirementId> =
        heading.requirement.iter().flat_map(|id| standards.descendants(id)).map(|node| &node.id).collect();
    let children: Vec<&JointRow> = rows
        .iter()
        .filter(|row| row.status != JointStatus::RollUp && row.requirement.as_ref().is_some_and(|r| below.contains(&r)))
        .collect();
    heading.isms = roll_up(children.iter().filter_map(|row| row.isms));
    heading.sms = roll_up(children.iter().filter_map(|row| row.sms));
    heading.rolled_up = match (heading.isms, heading.sms) {
        (Some(isms), Some(sms)) => Some(joint_of(isms, sms)),
        (None, None) => None,
        _ => Some(JointStatus::SingleSided),
    };
    heading.confirmed = is_confirmed([heading.isms, heading.sms]);
    heading.inferred = children.iter().any(|row| row.inferred);
    heading.child_rows = children.iter().map(|row| row.row).collect();
    heading
}

/// The statuses of all requirements, by reference.
struct Statuses<'a> {
    standards: &'a Standards,
    by_id: HashMap<&'a RequirementId, &'a RequirementStatus>,
}

impl<'a> Statuses<'a> {
    fn new(standards: &'a Standards, statuses: &'a [RequirementStatus]) -> Self {
        Self { standards, by_id: statuses.iter().map(|status| (&status.requirement, status)).collect() }
    }

    fn judge(&self, row: &CorrespondenceRow) -> JointRow {
        let whole = row.requirement.as_ref().and_then(|id| self.by_id.get(id)).copied();
        let references: Vec<ReferenceStatus> =
            row.references.iter().filter_map(|citation| self.reference(whole, citation)).collect();
        let isms = roll_up(references.iter().map(|r| r.isms)).filter(|_| whole.is_some());
        let isms = isms.or(whole.map(|status| status.status));
        let sms = roll_up(references.iter().map(|r| r.sms));
        // Something is named on this side, and it is all introductions and clauses 1 to 3.
        let asks = |id: &RequirementId| self.standards.requirement(id).is_some_and(|node| node.normative);
        let no_requirement = row.requirement.as_ref().is_some_and(|id| !asks(id))
            || (!row.references.is_empty() && !row.references.iter().any(|citation| asks(&citation.requirement)))
            || (isms.is_none() && sms.is_none());
        let heading = row.relation == CorrespondenceRelation::Heading;
        let status = if heading {
            JointStatus::RollUp
        } else if no_requirement {
            JointStatus::NotJudged
        } else {
            match (isms, sms) {
                (Some(isms), Some(sms)) => joint_of(isms, sms),
                _ => JointStatus::SingleSided,
            }
        };
        let judged = !heading && !no_requirement;
        let (isms, sms) = if judged { (isms, sms) } else { (None, None) };
        JointRow {
            row: row.row,
            relation: row.relation,
            requirement: row.requirement.clone(),
            title: row.printed_title.clone(),
            status,
            rolled_up: None,
            confirmed: is_confirmed([isms, sms]),
            inferred: judged && self.is_inferred(row),
            isms,
            sms,
            clause_status: whole.map(|status| status.status),
            references,
            ranges: row.ranges.iter().map(|range| self.range(range)).collect(),
            child_rows: Vec::new(),
        }
    }

    /// True if the status of an end of the row was filled.
    fn is_inferred(&self, row: &CorrespondenceRow) -> bool {
        let cited = row.references.iter().map(|citation| &citation.requirement);
        let mut ends = row.requirement.iter().chain(cited).filter_map(|id| self.by_id.get(id));
        ends.any(|status| status.inferred)
    }

    /// A cited clause on what it shares with the requirement; `None` if it is no requirement.
    fn reference(&self, whole: Option<&RequirementStatus>, citation: &Citation) -> Option<ReferenceStatus> {
        let cited = *self.by_id.get(&citation.requirement)?;
        let of = |requirement| ReferenceStatus {
            requirement,
            precision: Precision::Clause,
            shared_topics: Vec::new(),
            isms: whole.map_or(cited.status, |whole| whole.status),
            sms: cited.status,
            clause_status: cited.status,
        };
        let clauses = of(citation.requirement.clone());
        let Some(whole) = whole else { return Some(clauses) };
        let (here, there) = (self.family(whole), self.family(cited));
        let shared: Vec<String> = here
            .topics
            .keys()
            .filter(|topic| there.topics.contains_key(*topic))
            .map(|topic| topic.to_string())
            .collect();
        if shared.is_empty() {
            return Some(clauses);
        }
        let side = |end: &RequirementStatus, family: &Family<'_>| {
            // A clause that does not apply, or is not to be implemented yet, is no different in part.
            if end.status == Status::NotApplicable || end.planned_until.is_some() {
                return end.status;
            }
            let topics = shared.iter().filter_map(|topic| family.topics.get(topic.as_str()));
            let judged = roll_up(family.against(&shared).into_iter().chain(topics.map(|state| state.status())));
            // What a declared relation fills for the whole, it fills for a part.
            match judged {
                Some(Status::NotAssessed | Status::PartiallyEvidenced) if !end.inferences.is_empty() => end.status,
                judged => judged.unwrap_or(end.status),
            }
        };
        let (isms, sms) = (side(whole, &here), side(cited, &there));
        Some(ReferenceStatus { precision: Precision::Topics, shared_topics: shared, isms, sms, ..clauses })
    }

    /// A requirement with everything above and below it.
    fn family(&self, end: &'a RequirementStatus) -> Family<'a> {
        let above = self.standards.ancestors(&end.requirement);
        let below = self.standards.descendants(&end.requirement);
        let find = |node: &crate::standards::Requirement| self.by_id.get(&node.id).copied();
        let above: Vec<&RequirementStatus> = above.filter_map(find).collect();
        let within: Vec<&RequirementStatus> = std::iter::once(end).chain(below.into_iter().filter_map(find)).collect();
        // What was decided on a requirement makes of a topic may differ from what it comes to elsewhere: the end's own
        // word stands, else the worst.
        let mut topics: BTreeMap<&str, TopicState> = BTreeMap::new();
        for topic in above.iter().chain(&within).flat_map(|status| &status.topics) {
            topics.entry(&topic.topic).and_modify(|state| *state = topic.state.min(*state)).or_insert(topic.state);
        }
        topics.extend(end.topics.iter().map(|topic| (topic.topic.as_str(), topic.state)));
        Family { topics, end, above, within }
    }

    fn range(&self, range: &ClauseRange) -> RangeCounts {
        let position = |id: &RequirementId| self.standards.requirements().iter().position(|node| node.id == *id);
        let mut requirements = StatusCounts::default();
        if let (Some(first), Some(last)) = (position(&range.first), position(&range.last)) {
            let end = last + self.standards.descendants(&range.last).len();
            let nodes = self.standards.requirements().iter().take(end + 1).skip(first);
            for status in nodes.filter(|n| is_counted(self.standards, n)).filter_map(|node| self.by_id.get(&node.id)) {
                requirements.add(status.status);
            }
        }
        RangeCounts { first: range.first.clone(), last: range.last.clone(), requirements }
    }
}

/// The topics of a requirement and of what is above and below it.
struct Family<'a> {
    end: &'a RequirementStatus,
    above: Vec<&'a RequirementStatus>,
    /// The requirement and what is below it.
    within: Vec<&'a RequirementStatus>,
    topics: BTreeMap<&'a str, TopicState>,
}

impl Family<'_> {
    /// What findings and circumstances that bear on these topics say: those on the requirement itself, those below it
    /// on nodes that ask for one of the topics or for none in particular, those above it on nodes that ask for one.
    fn against(&self, shared: &[String]) -> Vec<Status> {
        let asks = |status: &RequirementStatus| status.topics.iter().any(|topic| shared.contains(&topic.topic));
        let below = self
            .within
            .iter()
            .filter(|status| status.requirement == self.end.requirement || status.topics.is_empty() || asks(status));
        let above = self.above.iter().filter(|status| asks(status));
        let mut found = Vec::new();
        for status in below.chain(above) {
            found.extend(status.findings.iter().map(|finding| graded(finding.grade)));
            found.extend(status.circumstances.iter().map(|circumstance| circumstance.state().status()));
        }
        found
    }
}
