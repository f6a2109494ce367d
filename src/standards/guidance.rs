//! Guidance: the actionable points of the guide's clauses 5 and 6, what each touches and what answers it here.

use super::{
    BodyLink, RequirementId, Standards, Topic,
    check::Tree,
    parse::{Numbers, Placed, one_of},
};
use crate::error::{Error, Problem, Result, did_you_mean};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// The longest id looked at for suggestions, in characters.
const LONGEST: usize = 40;

/// A clause of the guide.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuideClause {
    /// `6.2.5`.
    pub number: String,
    /// Its short title.
    pub title: String,
}

/// One thing the guide would have an organisation do or know, in our own words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GuidancePoint {
    /// Clause and point, `5.3.3-a`. Letters are the guide's own, numbers count its unlettered points.
    pub id: String,
    /// The clause of the guide, `5.3.3`.
    pub clause: String,
    /// What to do or to know.
    pub says: String,
    /// The requirements of either standard it touches, in the order of the data.
    pub requirements: Vec<RequirementId>,
    /// The ids of the topics it touches.
    pub topics: Vec<String>,
    /// The operations of the API that answer it, `GET /api/v1/conformity/joint`; empty where nothing does yet.
    pub operations: Vec<String>,
    /// The ids of the indicators that watch over it; empty where none does yet.
    pub indicators: Vec<String>,
}

/// Which points are wanted; what is left out does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct GuidanceFilter<'a> {
    /// This clause of the guide and those below it.
    pub clause: Option<&'a str>,
    /// Touching this requirement, one above or one below it.
    pub requirement: Option<&'a RequirementId>,
    /// Touching this topic.
    pub topic: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuidanceTable {
    /// What the guide is called, for people.
    #[serde(rename = "name")]
    _name: String,
    clause: Vec<GuideClause>,
    point: Vec<PointTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointTable {
    id: String,
    says: String,
    #[serde(default)]
    touches: Numbers,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    operations: Vec<String>,
    #[serde(default)]
    indicators: Vec<String>,
}

/// The guide's clauses and points; every broken rule becomes a problem.
pub(super) fn guidance(
    tables: Vec<Placed<GuidanceTable>>,
    tree: &Tree,
    topics: &[Topic],
    problems: &mut Vec<Problem>,
) -> (Vec<GuideClause>, Vec<GuidancePoint>) {
    let Some(Placed { path, table }) = one_of(tables, "guidance", problems) else { return Default::default() };
    let mut numbers = HashSet::new();
    for clause in &table.clause {
        if !numbers.insert(clause.number.as_str()) {
            problems.push(Problem::new(format!("{path}: clause `{}`", clause.number), "is here twice"));
        }
    }
    let mut ids = HashSet::new();
    let mut points = Vec::new();
    for entry in table.point {
        let place = format!("{path}: point `{}`", entry.id);
        let clause = entry.id.split_once('-').map_or("", |(clause, _)| clause).to_owned();
        if !numbers.contains(clause.as_str()) {
            let rule = "the id is a clause of the guide that is listed here, a hyphen and the point, as `5.3.3-a`";
            problems.push(Problem::new(&place, rule));
        }
        if !ids.insert(entry.id.clone()) {
            problems.push(Problem::new(&place, "this id is here twice"));
        }
        points.push(point(entry, clause, &place, tree, topics, problems));
    }
    (table.clause, points)
}

fn point(
    entry: PointTable,
    clause: String,
    place: &str,
    tree: &Tree,
    known_topics: &[Topic],
    problems: &mut Vec<Problem>,
) -> GuidancePoint {
    let PointTable { id, says, touches, topics, operations, indicators } = entry;
    if says.trim().is_empty() {
        problems.push(Problem::new(format!("{place}: says"), "is empty"));
    }
    let mut requirements: Vec<RequirementId> = Vec::new();
    for (edition, numbers) in touches {
        let place = format!("{place}: touches.{edition}");
        if !tree.has_edition(&edition, &place, problems) {
            continue;
        }
        for number in numbers {
            let Some(node) = tree.resolve(&edition, &number, &place, problems) else { continue };
            if requirements.contains(&node.id) {
                problems.push(Problem::new(&place, format!("`{number}` is here twice")));
            }
            requirements.push(node.id.clone());
        }
    }
    for topic in &topics {
        if known_topics.iter().all(|known| known.id != *topic) {
            let near = did_you_mean(topic, known_topics.iter().map(|known| known.id.as_str()));
            problems.push(Problem::new(format!("{place}: topics"), format!("there is no topic `{topic}`{near}")));
        }
    }
    for operation in &operations {
        let sound = operation.split_once(' ').is_some_and(|(method, path)| {
            ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) && path.starts_with("/api/v1/")
        });
        if !sound {
            let rule = format!("`{operation}` is no method and path such as `GET /api/v1/topics`");
            problems.push(Problem::new(format!("{place}: operations"), rule));
        }
    }
    GuidancePoint { id, clause, says, requirements, topics, operations, indicators }
}

/// One problem per body link that cites a clause the guidance does not list; none where there is no guidance.
pub(super) fn unlisted_clauses(clauses: &[GuideClause], links: &[BodyLink], problems: &mut Vec<Problem>) {
    for link in links.iter().filter(|_| !clauses.is_empty()) {
        for number in link.guide.iter().filter(|number| clauses.iter().all(|clause| clause.number != **number)) {
            let place = format!("body link {} (`{}`, `{}`): guide", link.link, link.requirement, link.reference);
            let near = did_you_mean(number, clauses.iter().map(|clause| clause.number.as_str()));
            problems.push(Problem::new(place, format!("the guidance lists no clause `{number}`{near}")));
        }
    }
}

impl Standards {
    /// The clauses 5 and 6 of the guide with their subclauses, in order.
    pub fn guide_clauses(&self) -> &[GuideClause] {
        &self.guide_clauses
    }

    /// Every guidance point, in the guide's order.
    pub fn guidance(&self) -> &[GuidancePoint] {
        &self.guidance
    }

    /// The points that fit a filter, in the guide's order.
    pub fn guidance_where(&self, wanted: GuidanceFilter<'_>) -> Vec<&GuidancePoint> {
        let is_at_or_below = |clause: &str, above: &str| {
            clause.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let related = |one: &RequirementId, other: &RequirementId| one.is_at_or_below(other) || other.is_below(one);
        self.guidance
            .iter()
            .filter(|point| wanted.clause.is_none_or(|clause| is_at_or_below(&point.clause, clause)))
            .filter(|point| wanted.requirement.is_none_or(|id| point.requirements.iter().any(|own| related(own, id))))
            .filter(|point| wanted.topic.is_none_or(|topic| point.topics.iter().any(|own| own == topic)))
            .collect()
    }

    /// The point with this id; a space, as in `5.3.3 a`, is read as the hyphen.
    ///
    /// # Errors
    /// `NotFound`, naming the nearest id.
    pub fn guidance_point(&self, id: &str) -> Result<&GuidancePoint> {
        let shown: String = id.chars().take(LONGEST).map(|char| if char == ' ' { '-' } else { char }).collect();
        self.guidance.iter().find(|point| point.id == shown && id.len() == shown.len()).ok_or_else(|| {
            let near = did_you_mean(&shown, self.guidance.iter().map(|point| point.id.as_str()));
            Error::NotFound(format!("there is no guidance point `{shown}`{near}"))
        })
    }
}
