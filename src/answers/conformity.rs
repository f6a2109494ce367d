//! Questions about the status of requirements, of rows of Table A.1, and of both standards.

use super::RecordBrief;
use crate::{
    assess::{Basis, Conformity, Coverage, JointRow, RequirementStatus, Rules, worst},
    error::{Error, Result},
    model::{JointStatus, Outcome, RecordId, Status, Timestamp, View},
    standards::{RequirementId, RequirementKind},
    store::{Conclusion, FindingQuery, Reader, Store},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// What stands above every answer on conformity.
pub const NOTICE: &str = "Restricted records may be excluded from this view.";

/// How many records an explanation shows for each indicator and outcome.
const SHOWN: u32 = 20;

/// The conformity summary, and what it does not show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConformityAnswer {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// When these conclusions were drawn.
    pub concluded_at: Timestamp,
    /// What was concluded.
    #[serde(flatten)]
    pub conformity: Conformity,
}

/// The status of a requirement, without its explanation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequirementStatusBrief {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// What sort of node it is.
    pub kind: RequirementKind,
    /// Its status, with what is below it.
    pub status: Status,
    /// Since when the status is this one.
    pub since: Timestamp,
    /// What the status rests on; null without evidence.
    pub basis: Option<Basis>,
    /// For an item without topics, the clause whose status it shows.
    pub inherited_from: Option<RequirementId>,
    /// Null if neither it nor anything below it has topics.
    pub coverage: Option<Coverage>,
    /// True if some result it rests on is out of date.
    pub stale: bool,
}

/// Which statuses of requirements to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RequirementStatusQuery {
    /// Only requirements of this edition.
    pub edition: Option<String>,
    /// Only requirements with this status.
    pub status: Option<Status>,
    /// Only requirements of this kind.
    pub kind: Option<RequirementKind>,
}

/// The status of a requirement, down to the records it rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequirementExplanation {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// Since when the status is this one.
    pub since: Timestamp,
    /// The status and what it rests on.
    #[serde(flatten)]
    pub status: RequirementStatus,
    /// For every indicator of its topics, the records that fail and those of which too little is known.
    pub records: Vec<IndicatorRecords>,
}

/// The records behind an indicator's verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IndicatorRecords {
    /// The indicator's id.
    pub indicator: String,
    /// Up to 20 records that fail.
    pub failing: Vec<FindingBrief>,
    /// Up to 20 records whose sources do not say enough.
    pub unknown: Vec<FindingBrief>,
    /// Where all of them are, the passing ones too.
    pub all: String,
}

/// What an indicator read of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingBrief {
    /// The record judged.
    pub record: RecordBrief,
    /// What it came to.
    pub outcome: Outcome,
    /// Since when the outcome is this one.
    pub since: Timestamp,
    /// The fields and facts the indicator read, with the values they had.
    #[schema(value_type = Object)]
    pub seen: serde_json::Map<String, serde_json::Value>,
}

/// The joint status of a row of Table A.1.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JointStatusAnswer {
    /// Since when the joint status is this one.
    pub since: Timestamp,
    /// The row and what it comes to.
    #[serde(flatten)]
    pub row: JointRow,
}

/// Which rows to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JointStatusQuery {
    /// Only rows with this joint status.
    pub status: Option<JointStatus>,
}

/// How far the organisation conforms to each standard and to both at once.
pub fn conformity(store: &Store, view: View) -> Result<ConformityAnswer> {
    store.read(|reader| {
        let concluded_at = reader.ledger()?.at;
        let conclusion = reader.conclusion("conformity", view)?.ok_or_else(nothing_concluded)?;
        Ok(ConformityAnswer { notice: NOTICE, concluded_at, conformity: body(&conclusion)? })
    })
}

/// The statuses of the requirements that match, in document order.
pub fn requirement_statuses(
    store: &Store,
    rules: &Rules,
    query: &RequirementStatusQuery,
    view: View,
) -> Result<Vec<RequirementStatusBrief>> {
    if let Some(edition) = &query.edition {
        super::edition(&rules.standards, edition).map_err(|error| Error::invalid("edition", error.to_string()))?;
    }
    let conclusions = store.read(|reader| reader.conclusions("requirement/", view))?;
    let mut found = BTreeMap::new();
    for conclusion in conclusions {
        let status: RequirementStatus = body(&conclusion)?;
        found.insert(status.requirement.clone(), (conclusion.since, status));
    }
    let matches = |status: &RequirementStatus| {
        query.edition.as_ref().is_none_or(|edition| status.requirement.edition() == edition)
            && query.status.is_none_or(|wanted| status.status == wanted)
            && query.kind.is_none_or(|kind| status.kind == kind)
    };
    let in_order = rules.standards.requirements().iter().filter_map(|node| found.remove(&node.id));
    Ok(in_order.filter(|(_, status)| matches(status)).map(|(since, status)| brief(since, status)).collect())
}

/// The status of a requirement, down to the records it rests on.
pub fn explain_requirement(
    store: &Store,
    rules: &Rules,
    edition: &str,
    number: &str,
    view: View,
) -> Result<RequirementExplanation> {
    let requirement = rules.standards.find(edition, number)?;
    if !requirement.normative {
        return Err(Error::NotFound(format!("{} asks for nothing, so it has no status", requirement.id)));
    }
    store.read(|reader| explain(reader, &requirement.id, view))
}

/// The requirements that stand worst, the worst first, each explained.
pub fn worst_requirements(store: &Store, rules: &Rules, n: usize, view: View) -> Result<Vec<RequirementExplanation>> {
    store.read(|reader| {
        let conclusions = reader.conclusions("requirement/", view)?;
        let statuses: Vec<RequirementStatus> = conclusions.iter().map(body).collect::<Result<_>>()?;
        let worst = worst(&rules.standards, &statuses, n);
        worst.into_iter().map(|status| explain(reader, &status.requirement, view)).collect()
    })
}

fn explain(reader: &mut Reader<'_>, requirement: &RequirementId, view: View) -> Result<RequirementExplanation> {
    let subject = format!("requirement/{requirement}");
    let conclusion = reader.conclusion(&subject, view)?.ok_or_else(nothing_concluded)?;
    let status: RequirementStatus = body(&conclusion)?;
    let ids: BTreeSet<&str> =
        status.topics.iter().flat_map(|topic| &topic.indicators).map(|result| result.indicator.as_str()).collect();
    let records = ids.into_iter().map(|id| indicator_records(reader, id, view)).collect::<Result<_>>()?;
    Ok(RequirementExplanation { notice: NOTICE, since: conclusion.since, status, records })
}

/// The joint statuses of the rows that match, in document order.
pub fn joint_statuses(store: &Store, query: &JointStatusQuery, view: View) -> Result<Vec<JointStatusAnswer>> {
    let conclusions = store.read(|reader| reader.conclusions("row/", view))?;
    let mut rows = Vec::with_capacity(conclusions.len());
    for conclusion in conclusions {
        let row: JointRow = body(&conclusion)?;
        if query.status.is_none_or(|wanted| row.status == wanted) {
            rows.push(JointStatusAnswer { since: conclusion.since, row });
        }
    }
    Ok(rows)
}

/// The joint status of a row of Table A.1.
pub fn joint_status(store: &Store, rules: &Rules, row: &str, view: View) -> Result<JointStatusAnswer> {
    let row = super::correspondence_row(&rules.standards, row)?.row;
    let conclusion =
        store.read(|reader| reader.conclusion(&format!("row/{row:03}"), view))?.ok_or_else(nothing_concluded)?;
    Ok(JointStatusAnswer { since: conclusion.since, row: body(&conclusion)? })
}

fn indicator_records(reader: &mut Reader<'_>, indicator: &str, view: View) -> Result<IndicatorRecords> {
    let mut of = |outcome| {
        let query = FindingQuery { indicator, view, outcome: Some(outcome), after: None, limit: SHOWN };
        let page = reader.findings(&query)?;
        with_records(reader, page.items)
    };
    Ok(IndicatorRecords {
        failing: of(Outcome::Failing)?,
        unknown: of(Outcome::Unknown)?,
        indicator: indicator.into(),
        all: format!("/api/v1/indicators/{indicator}/findings"),
    })
}

/// Findings with what identifies their records.
pub(super) fn with_records(reader: &mut Reader<'_>, findings: Vec<crate::store::Finding>) -> Result<Vec<FindingBrief>> {
    let ids: Vec<RecordId> = findings.iter().map(|finding| finding.record).collect();
    let records = reader.records_by_id(&ids)?;
    let mut records: BTreeMap<RecordId, RecordBrief> =
        records.iter().map(|record| (record.id, RecordBrief::of(record))).collect();
    let brief = |finding: crate::store::Finding| {
        Some(FindingBrief {
            record: records.remove(&finding.record)?,
            outcome: finding.outcome,
            since: finding.opened_at,
            seen: finding.seen,
        })
    };
    Ok(findings.into_iter().filter_map(brief).collect())
}

fn brief(since: Timestamp, status: RequirementStatus) -> RequirementStatusBrief {
    let RequirementStatus { requirement, title, kind, status, basis, inherited_from, coverage, stale, .. } = status;
    RequirementStatusBrief { requirement, title, kind, status, since, basis, inherited_from, coverage, stale }
}

/// The answer a conclusion holds.
pub(super) fn body<T: DeserializeOwned>(conclusion: &Conclusion) -> Result<T> {
    serde_json::from_str(&conclusion.body)
        .map_err(|error| Error::Internal(format!("the conclusion on {} cannot be read: {error}", conclusion.subject)))
}

/// What is answered before anything was concluded.
pub(super) fn nothing_concluded() -> Error {
    Error::NotFound("nothing was concluded yet; `concord sync SOURCE` reads a source and draws conclusions".into())
}
