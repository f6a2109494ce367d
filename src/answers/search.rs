//! What can be searched for, and what is found.

use crate::{
    error::Result,
    search::{Entry, Hit, Index, Query, SearchKind},
    standards::{BodyLink, CorrespondenceRow, GuidancePoint, Requirement, RequirementKind, Standards, Term, Topic},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    /// How much there is that fits, listed or not.
    pub found: usize,
    /// The best of it, the best first.
    pub items: Vec<Hit>,
}

/// An index over everything the standards data says.
pub fn search_index(standards: &Standards) -> Index {
    let mut entries: Vec<Entry> = standards.requirements().iter().map(|node| requirement(standards, node)).collect();
    entries.extend(standards.topics().iter().map(topic));
    entries.extend(standards.terms().iter().map(term));
    entries.extend(standards.guidance().iter().map(|point| guidance_point(standards, point)));
    entries.extend(standards.rows().iter().map(row));
    entries.extend(standards.body_links().iter().map(|link| body_link(standards, link)));
    Index::new(entries)
}

/// What fits a query, the best first.
///
/// # Errors
/// `Invalid`, naming `q`, for a query without a word or of more than 200 characters.
pub fn search(index: &Index, q: &str, kind: Option<SearchKind>, limit: u32) -> Result<SearchAnswer> {
    let found = index.search(&Query::parse(q)?, kind, limit as usize);
    Ok(SearchAnswer { found: found.total, items: found.hits })
}

fn requirement(standards: &Standards, node: &Requirement) -> Entry {
    let edition = standards.edition(node.id.edition()).map(|edition| edition.name.as_str());
    let topics = node.topics.iter().filter_map(|id| standards.topic(id)).map(|topic| topic.meaning.as_str());
    Entry {
        kind: SearchKind::Requirement,
        id: node.id.to_string(),
        number: Some(node.number.clone()),
        cites: Vec::new(),
        title: node.title.clone(),
        text: edition.into_iter().chain(topics).collect::<Vec<_>>().join("; "),
        url: format!("/api/v1/editions/{}/requirements/{}", node.id.edition(), node.number),
        // An item bears its clause's title, and should not crowd others out.
        weight: if node.kind == RequirementKind::Item { 0.4 } else { 1.0 },
    }
}

fn topic(topic: &Topic) -> Entry {
    Entry {
        kind: SearchKind::Topic,
        id: topic.id.clone(),
        number: None,
        cites: Vec::new(),
        title: topic.meaning.clone(),
        text: String::new(),
        url: format!("/api/v1/topics/{}", topic.id),
        weight: 1.0,
    }
}

fn term(term: &Term) -> Entry {
    let names = term.aliases.iter().map(String::as_str);
    let said = [term.difference.as_str(), term.advice.as_str()];
    let numbers = [&term.iso27000.number, &term.iso20000_1.number];
    Entry {
        kind: SearchKind::Term,
        id: term.id.clone(),
        number: None,
        cites: numbers.into_iter().flatten().cloned().collect(),
        title: term.term.clone(),
        text: names.chain(said).collect::<Vec<_>>().join("; "),
        url: format!("/api/v1/terms/{}", term.id),
        weight: 1.0,
    }
}

fn guidance_point(standards: &Standards, point: &GuidancePoint) -> Entry {
    let clause = standards.guide_clauses().iter().find(|clause| clause.number == point.clause);
    Entry {
        kind: SearchKind::GuidancePoint,
        id: point.id.clone(),
        number: None,
        cites: vec![point.clause.clone()],
        title: clause.map_or_else(String::new, |clause| clause.title.clone()),
        text: point.says.clone(),
        url: format!("/api/v1/guidance/{}", point.id),
        // The points of a clause bear its title, and should not crowd others out.
        weight: 0.6,
    }
}

fn row(row: &CorrespondenceRow) -> Entry {
    let cited = row.references.iter().map(|citation| &citation.requirement);
    let cites = row.requirement.iter().chain(cited).map(|id| id.number().to_owned()).collect();
    let references = row.references.iter();
    let references = references.map(|citation| format!("{} {}", citation.requirement, citation.printed_title));
    let references: Vec<String> = references.chain(row.note.clone()).collect();
    Entry {
        kind: SearchKind::CorrespondenceRow,
        id: row.row.to_string(),
        number: None,
        cites,
        title: match &row.requirement {
            Some(id) => format!("{} {}", id.number(), row.printed_title),
            None => {
                row.references.iter().map(|citation| citation.printed_title.as_str()).collect::<Vec<_>>().join("; ")
            }
        },
        text: references.join("; "),
        url: format!("/api/v1/correspondence/{}", row.row),
        weight: 0.8,
    }
}

fn body_link(standards: &Standards, link: &BodyLink) -> Entry {
    let ends = [&link.requirement, &link.reference];
    let name = |id| {
        let title = standards.requirement(id).map_or("", |node| node.title.as_str());
        format!("{} {title}", id.number())
    };
    Entry {
        kind: SearchKind::BodyLink,
        id: link.link.to_string(),
        number: None,
        cites: ends.iter().map(|id| id.number().to_owned()).chain(link.guide.iter().cloned()).collect(),
        title: ends.map(name).join("; "),
        text: link.reason.clone(),
        url: format!("/api/v1/correspondence/body-links/{}", link.link),
        weight: 0.8,
    }
}
