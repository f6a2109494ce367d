//! Questions about the status of requirements, of rows of Table A.1, and of both standards.

use super::{
    FindingBrief,
    findings::{failing, unknown},
};
use crate::{
    assess::{Basis, Conformity, Coverage, JointRow, RequirementStatus, Rules, worst},
    error::{Error, Result},
    evaluate::{self, Conclusions, requirement_subject, row_subject},
    model::{JointStatus, Status, Timestamp, View},
    standards::{RequirementId, RequirementKind},
    store::{Conclusion, Reader, Store},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, sync::Arc};
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
    /// The instant of these conclusions: when anything changed last, or the one asked for.
    pub concluded_at: Timestamp,
    /// How many records still have to be judged again after a large change. Until there are none, what was concluded
    /// before it stands.
    pub settling: u64,
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
    /// What was concluded at this instant; the present without it.
    pub as_of: Option<Timestamp>,
}

/// The instant an answer is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// What was concluded at this instant; the present without it.
    pub as_of: Option<Timestamp>,
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
    /// What was concluded at this instant; the present without it.
    pub as_of: Option<Timestamp>,
}

/// How far the organisation conforms to each standard and to both at once.
pub fn conformity(store: &Store, rules: &Rules, at: AsOf, view: View) -> Result<ConformityAnswer> {
    let drawn = drawn(store, rules, at, view)?;
    Ok(ConformityAnswer {
        notice: NOTICE,
        concluded_at: drawn.at,
        settling: drawn.settling,
        conformity: drawn.summary.clone(),
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
    let drawn = drawn(store, rules, AsOf { as_of: query.as_of }, view)?;
    let matches = |status: &RequirementStatus| {
        query.edition.as_ref().is_none_or(|edition| status.requirement.edition() == edition)
            && query.status.is_none_or(|wanted| status.status == wanted)
            && query.kind.is_none_or(|kind| status.kind == kind)
    };
    let matching = drawn.statuses.iter().filter(|status| matches(status));
    Ok(matching.map(|status| brief(drawn.since(&requirement_subject(&status.requirement)), status)).collect())
}

/// The status of a requirement, down to the records it rests on.
pub fn explain_requirement(
    store: &Store,
    rules: &Rules,
    (edition, number): (&str, &str),
    at: AsOf,
    view: View,
) -> Result<RequirementExplanation> {
    let requirement = rules.standards.find(edition, number)?;
    if !requirement.normative {
        return Err(Error::NotFound(format!("{} asks for nothing, so it has no status", requirement.id)));
    }
    store.read(|reader| {
        let drawn = draw(store, reader, rules, at, view)?;
        explain(reader, rules, &drawn, &requirement.id, at, view)
    })
}

/// The requirements that stand worst, the worst first, each explained.
pub fn worst_requirements(store: &Store, rules: &Rules, n: usize, view: View) -> Result<Vec<RequirementExplanation>> {
    store.read(|reader| {
        let drawn = draw(store, reader, rules, AsOf::default(), view)?;
        let worst = worst(&rules.standards, &drawn.statuses, n);
        let explain =
            |status: &RequirementStatus| explain(reader, rules, &drawn, &status.requirement, AsOf::default(), view);
        worst.into_iter().map(explain).collect()
    })
}

fn explain(
    reader: &mut Reader<'_>,
    rules: &Rules,
    drawn: &Conclusions,
    requirement: &RequirementId,
    at: AsOf,
    view: View,
) -> Result<RequirementExplanation> {
    let status = drawn.statuses.iter().find(|status| status.requirement == *requirement);
    let status = status.ok_or_else(nothing_concluded)?.clone();
    let ids: BTreeSet<&str> =
        status.topics.iter().flat_map(|topic| &topic.indicators).map(|result| result.indicator.as_str()).collect();
    let of = |id: &str| {
        Ok(IndicatorRecords {
            failing: failing(reader, id, view, at.as_of, None, SHOWN)?.items,
            unknown: if at.as_of.is_none() { unknown(reader, rules, id, view, SHOWN)? } else { Vec::new() },
            indicator: id.into(),
            all: format!("/api/v1/indicators/{id}/findings"),
        })
    };
    let records = ids.into_iter().map(of).collect::<Result<_>>()?;
    let since = drawn.since(&requirement_subject(requirement));
    Ok(RequirementExplanation { notice: NOTICE, since, status, records })
}

/// The joint statuses of the rows that match, in document order.
pub fn joint_statuses(
    store: &Store,
    rules: &Rules,
    query: &JointStatusQuery,
    view: View,
) -> Result<Vec<JointStatusAnswer>> {
    let drawn = drawn(store, rules, AsOf { as_of: query.as_of }, view)?;
    let matching = drawn.rows.iter().filter(|row| query.status.is_none_or(|wanted| row.status == wanted));
    Ok(matching.map(|row| JointStatusAnswer { since: drawn.since(&row_subject(row.row)), row: row.clone() }).collect())
}

/// The joint status of a row of Table A.1.
pub fn joint_status(store: &Store, rules: &Rules, row: &str, at: AsOf, view: View) -> Result<JointStatusAnswer> {
    let row = super::correspondence_row(&rules.standards, row)?.row;
    let drawn = drawn(store, rules, at, view)?;
    let found = drawn.rows.iter().find(|drawn| drawn.row == row).ok_or_else(nothing_concluded)?;
    Ok(JointStatusAnswer { since: drawn.since(&row_subject(row)), row: found.clone() })
}

/// What is concluded now, or was at an instant.
fn drawn(store: &Store, rules: &Rules, at: AsOf, view: View) -> Result<Arc<Conclusions>> {
    store.read(|reader| draw(store, reader, rules, at, view))
}

/// The same, within one reading of the store. What is concluded now is drawn once for each change.
pub(super) fn draw(
    store: &Store,
    reader: &mut Reader<'_>,
    rules: &Rules,
    AsOf { as_of }: AsOf,
    view: View,
) -> Result<Arc<Conclusions>> {
    let ledger = reader.ledger()?;
    let as_of = as_of.filter(|as_of| *as_of < ledger.at);
    if as_of.is_none()
        && let Some(drawn) = store.drawn(view, ledger.seq)
    {
        return Ok(drawn);
    }
    if let Some(drawn) = evaluate::conclusions(reader, rules, view, as_of)? {
        let drawn = Arc::new(drawn);
        if as_of.is_none() && drawn.settling == 0 {
            store.keep_drawn(view, ledger.seq, Arc::clone(&drawn));
        }
        return Ok(drawn);
    }
    match reader.first_conclusion()? {
        Some(first) if as_of.is_some() => {
            Err(Error::NotFound(format!("nothing was concluded by then; the first conclusions are of {first}")))
        }
        _ => Err(nothing_concluded()),
    }
}

fn brief(since: Timestamp, status: &RequirementStatus) -> RequirementStatusBrief {
    RequirementStatusBrief {
        requirement: status.requirement.clone(),
        title: status.title.clone(),
        kind: status.kind,
        status: status.status,
        since,
        basis: status.basis,
        inherited_from: status.inherited_from.clone(),
        coverage: status.coverage,
        stale: status.stale,
    }
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
