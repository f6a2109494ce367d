//! Questions about the standards.

use crate::{
    error::{Error, Result},
    standards::{
        BodyLink, CorrespondenceRelation, CorrespondenceRow, Edition, Requirement, RequirementKind, ReverseEntry,
        Standards, Topic, reverse,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An edition, and how much it holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EditionSummary {
    /// The edition.
    #[serde(flatten)]
    pub edition: Edition,
    /// Clauses and subclauses that ask for something.
    pub clauses: usize,
    /// Lettered items.
    pub items: usize,
    /// Domains of Annex A.
    pub domains: usize,
    /// Control objectives of Annex A.
    pub objectives: usize,
    /// Controls of Annex A.
    pub controls: usize,
}

/// Which requirements of an edition to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RequirementQuery {
    /// Only nodes of this kind.
    pub kind: Option<RequirementKind>,
    /// Only nodes with this topic of their own.
    pub topic: Option<String>,
    /// Part of the number or title, in upper or lower case.
    pub q: Option<String>,
}

/// A requirement and what ISO/IEC 27013 says of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequirementDetail {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: Requirement,
    /// The rows whose either side is this requirement, a clause it belongs to, or an item of it, in document order.
    pub correspondence: Vec<CorrespondenceRow>,
    /// The links of the guide's text to this requirement or a clause it belongs to, which the table does not have.
    pub body_links: Vec<BodyLink>,
    /// The licence holder's text; only for tokens with `standards:text`, and only where the overlay has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Which rows of Table A.1 to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowQuery {
    /// Only rows of this relation.
    pub relation: Option<CorrespondenceRelation>,
    /// Only rows that speak of this requirement of either standard, `iso20000-1-2011/6.6.2`, or of a clause it belongs to.
    pub requirement: Option<String>,
    /// Only rows that share this topic.
    pub topic: Option<String>,
}

/// Which entries of the reverse view to list.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReverseQuery {
    /// Only requirements that Table A.1 cites, or only those it does not.
    pub cited: Option<bool>,
}

/// Every edition.
pub fn editions(standards: &Standards) -> Vec<EditionSummary> {
    standards.editions().iter().map(|edition| summary(standards, edition)).collect()
}

/// An edition by its id.
pub fn edition(standards: &Standards, id: &str) -> Result<EditionSummary> {
    Ok(summary(standards, known_edition(standards, id)?))
}

/// The requirements of an edition that match, in document order.
pub fn edition_requirements(
    standards: &Standards,
    edition: &str,
    query: &RequirementQuery,
) -> Result<Vec<Requirement>> {
    known_edition(standards, edition)?;
    if let Some(topic) = &query.topic {
        known_topic(standards, topic)?;
    }
    let part = query.q.as_deref().unwrap_or_default().to_lowercase();
    let matches = |node: &&Requirement| {
        query.kind.is_none_or(|kind| node.kind == kind)
            && query.topic.as_ref().is_none_or(|topic| node.topics.contains(topic))
            && (node.number.to_lowercase().contains(&part) || node.title.to_lowercase().contains(&part))
    };
    Ok(standards.requirements_of(edition).filter(matches).cloned().collect())
}

/// A requirement with the rows that speak of it.
pub fn edition_requirement(standards: &Standards, edition: &str, number: &str) -> Result<RequirementDetail> {
    let requirement = standards.find(edition, number)?.clone();
    let correspondence = standards.rows_citing(&requirement.id).into_iter().cloned().collect();
    let body_links = standards.body_links_of(&requirement.id).into_iter().cloned().collect();
    Ok(RequirementDetail { requirement, correspondence, body_links, text: None })
}

/// The rows of Table A.1 that match, in document order.
pub fn correspondence(standards: &Standards, query: &RowQuery) -> Result<Vec<CorrespondenceRow>> {
    let cited = match &query.requirement {
        None => None,
        Some(reference) => {
            let requirement = standards.resolve(reference).map_err(|error| match error {
                Error::NotFound(rule) => Error::invalid("requirement", rule),
                other => other,
            })?;
            Some(standards.rows_citing(&requirement.id).iter().map(|row| row.row).collect::<Vec<_>>())
        }
    };
    if let Some(topic) = &query.topic {
        known_topic(standards, topic)?;
    }
    let matches = |row: &&CorrespondenceRow| {
        query.relation.is_none_or(|relation| row.relation == relation)
            && cited.as_ref().is_none_or(|rows| rows.contains(&row.row))
            && query.topic.as_ref().is_none_or(|topic| shares_topic(standards, row, topic))
    };
    Ok(standards.rows().iter().filter(matches).cloned().collect())
}

/// The row at this position.
pub fn correspondence_row<'a>(standards: &'a Standards, row: &str) -> Result<&'a CorrespondenceRow> {
    let rows = standards.rows();
    row.parse::<usize>()
        .ok()
        .and_then(|row| rows.get(row.checked_sub(1)?))
        .ok_or_else(|| Error::NotFound(format!("there is no row `{row}`: rows are 1 to {}", rows.len())))
}

/// The requirements of ISO/IEC 20000-1 that match, each with what speaks of it.
pub fn reverse_correspondence(standards: &Standards, query: ReverseQuery) -> Vec<ReverseEntry> {
    let matches = |entry: &ReverseEntry| query.cited.is_none_or(|cited| entry.cited == cited);
    reverse(standards).into_iter().filter(matches).collect()
}

/// A topic by its id.
pub fn topic<'a>(standards: &'a Standards, id: &str) -> Result<&'a Topic> {
    standards.topic(id).ok_or_else(|| Error::NotFound(no_topic(standards, id)))
}

fn shares_topic(standards: &Standards, row: &CorrespondenceRow, topic: &str) -> bool {
    let shares = |id| {
        let citations = row.references.iter();
        citations
            .flat_map(|citation| standards.shared_topics(id, &citation.requirement))
            .any(|shared| shared.id == topic)
    };
    row.requirement.as_ref().is_some_and(shares)
}

fn known_edition<'a>(standards: &'a Standards, id: &str) -> Result<&'a Edition> {
    standards.edition(id).ok_or_else(|| {
        let known: Vec<&str> = standards.editions().iter().map(|edition| edition.id.as_str()).collect();
        Error::NotFound(format!("there is no edition `{id}`; there are {}", known.join(", ")))
    })
}

pub(super) fn known_topic(standards: &Standards, id: &str) -> Result<()> {
    standards.topic(id).map(|_| ()).ok_or_else(|| Error::invalid("topic", no_topic(standards, id)))
}

fn no_topic(standards: &Standards, id: &str) -> String {
    let near = crate::error::did_you_mean(id, standards.topics().iter().map(|topic| topic.id.as_str()));
    format!("there is no topic `{id}`{near}")
}

fn summary(standards: &Standards, edition: &Edition) -> EditionSummary {
    let count =
        |kind| standards.requirements_of(&edition.id).filter(|node| node.normative && node.kind == kind).count();
    EditionSummary {
        clauses: count(RequirementKind::Clause),
        items: count(RequirementKind::Item),
        domains: count(RequirementKind::Domain),
        objectives: count(RequirementKind::Objective),
        controls: count(RequirementKind::Control),
        edition: edition.clone(),
    }
}
