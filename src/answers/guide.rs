//! Questions about the guide: its terms, its points of guidance, the links its text makes.

use crate::{
    error::{Error, Result},
    standards::{
        BodyLink, GuidanceFilter, GuidancePoint, Matrix, MatrixDepth, Standards, Term, TermAgreement, TermProvenance,
        matrix,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which terms to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TermQuery {
    /// Only terms whose usages agree this far.
    pub agreement: Option<TermAgreement>,
    /// Only rows of Table B.1, or only supplements.
    pub provenance: Option<TermProvenance>,
    /// Part of the term or of another name of it, in upper or lower case.
    pub q: Option<String>,
}

/// A term, and what a licence holder has of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermDetail {
    /// The term.
    #[serde(flatten)]
    pub term: Term,
    /// The licence holder's text; only for tokens with `standards:text`, and only where the overlay has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A term by its id or any name of it.
pub fn term(standards: &Standards, name: &str) -> Result<TermDetail> {
    Ok(TermDetail { term: standards.term(name)?.clone(), text: None })
}

/// Which points of guidance to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GuidanceQuery {
    /// Only this clause of the guide, `6.2.5`, and those below it.
    pub clause: Option<String>,
    /// Only points that touch this requirement of either standard, one above or one below it.
    pub requirement: Option<String>,
    /// Only points that touch this topic.
    pub topic: Option<String>,
}

/// Which body links to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BodyLinkQuery {
    /// Only links that speak of this requirement of either standard.
    pub requirement: Option<String>,
}

/// How deep both trees are shown.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatrixQuery {
    /// Levels of the ISO/IEC 27001 tree: 1 to 4; 2 unless given.
    pub isms_depth: Option<usize>,
    /// Levels of the ISO/IEC 20000-1 tree: 1 to 4; 2 unless given.
    pub sms_depth: Option<usize>,
}

/// The terms that match, in the order of Table B.1, supplements after it.
pub fn terms(standards: &Standards, query: &TermQuery) -> Vec<Term> {
    let part = query.q.as_deref().unwrap_or_default().to_lowercase();
    let named =
        |term: &Term| std::iter::once(&term.term).chain(&term.aliases).any(|name| name.to_lowercase().contains(&part));
    let matches = |term: &&Term| {
        query.agreement.is_none_or(|agreement| term.agreement == agreement)
            && query.provenance.is_none_or(|provenance| term.provenance == provenance)
            && named(term)
    };
    standards.terms().iter().filter(matches).cloned().collect()
}

/// The points of guidance that match, in the guide's order.
pub fn guidance(standards: &Standards, query: &GuidanceQuery) -> Result<Vec<GuidancePoint>> {
    let requirement = requirement(standards, query.requirement.as_deref())?;
    if let Some(clause) = &query.clause
        && !standards.guide_clauses().iter().any(|known| known.number == *clause)
    {
        let near =
            crate::error::did_you_mean(clause, standards.guide_clauses().iter().map(|known| known.number.as_str()));
        return Err(Error::invalid("clause", format!("the guide has no clause `{clause}`{near}")));
    }
    if let Some(topic) = &query.topic {
        super::reference::known_topic(standards, topic)?;
    }
    let filter = GuidanceFilter {
        clause: query.clause.as_deref(),
        requirement: requirement.as_ref(),
        topic: query.topic.as_deref(),
    };
    Ok(standards.guidance_where(filter).into_iter().cloned().collect())
}

/// The body links that match, in the guide's order.
pub fn body_links(standards: &Standards, query: &BodyLinkQuery) -> Result<Vec<BodyLink>> {
    Ok(match requirement(standards, query.requirement.as_deref())? {
        None => standards.body_links().to_vec(),
        Some(id) => standards.body_links_of(&id).into_iter().cloned().collect(),
    })
}

/// The body link at this position.
pub fn body_link<'a>(standards: &'a Standards, link: &str) -> Result<&'a BodyLink> {
    let links = standards.body_links();
    link.parse::<usize>()
        .ok()
        .and_then(|link| links.get(link.checked_sub(1)?))
        .ok_or_else(|| Error::NotFound(format!("there is no body link `{link}`: they are 1 to {}", links.len())))
}

/// Both trees and the related pairs between them.
pub fn correspondence_matrix(standards: &Standards, query: MatrixQuery) -> Result<Matrix> {
    let depth = |name: &str, asked: Option<usize>, default: usize| match asked {
        None => Ok(default),
        Some(depth @ 1..=4) => Ok(depth),
        Some(depth) => Err(Error::invalid(name, format!("`{depth}` is not a whole number from 1 to 4"))),
    };
    let default = MatrixDepth::default();
    let depth = MatrixDepth {
        isms: depth("isms_depth", query.isms_depth, default.isms)?,
        sms: depth("sms_depth", query.sms_depth, default.sms)?,
    };
    Ok(matrix(standards, depth))
}

fn requirement(standards: &Standards, reference: Option<&str>) -> Result<Option<crate::standards::RequirementId>> {
    let found = reference.map(|reference| standards.resolve(reference)).transpose().map_err(|error| match error {
        Error::NotFound(rule) => Error::invalid("requirement", rule),
        other => other,
    })?;
    Ok(found.map(|requirement| requirement.id.clone()))
}
