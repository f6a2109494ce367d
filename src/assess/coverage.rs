//! Coverage: for each requirement, the indicators that watch over it, or why documents and persons have to.

use crate::{
    error::{Error, Problem, Result, did_you_mean},
    indicators::Catalogue,
    model::names,
    standards::{Requirement, RequirementId, Standards, read},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

names! {
    /// What evidences a requirement that no record speaks about.
    pub enum EvidenceSort {
        Document = "document",
        Person = "person",
    }
}

/// Evidence other than records, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Otherwise {
    /// Of which sort it is.
    pub by: Vec<EvidenceSort>,
    /// Why records cannot show it.
    pub reason: String,
}

/// Topics and requirements that are evidenced otherwise than by records.
#[derive(Clone, Debug, Default)]
pub struct OtherEvidence {
    topics: BTreeMap<String, Otherwise>,
    requirements: HashMap<RequirementId, Otherwise>,
}

/// A requirement and what watches over it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RequirementCoverage {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its short title.
    pub title: String,
    /// Its own topics.
    pub topics: Vec<TopicCoverage>,
    /// For a requirement without topics, what evidences it.
    pub otherwise: Option<Otherwise>,
}

/// A topic and what watches over it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopicCoverage {
    /// The topic's id.
    pub topic: String,
    /// The indicators in use, by id.
    pub indicators: Vec<String>,
    /// For a topic that no record speaks about, what evidences it.
    pub otherwise: Option<Otherwise>,
}

/// A data file; what else it may hold is read elsewhere.
#[derive(Deserialize)]
struct OtherEvidenceFile {
    other_evidence: Option<OtherEvidenceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherEvidenceTable {
    #[serde(default)]
    topic: Vec<TopicTable>,
    #[serde(default)]
    requirements: Vec<RequirementsTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicTable {
    id: String,
    by: Vec<EvidenceSort>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementsTable {
    edition: String,
    numbers: Vec<String>,
    by: Vec<EvidenceSort>,
    reason: String,
}

impl OtherEvidence {
    /// Reads it out of data files, given by path and text; files without it are passed over.
    ///
    /// # Errors
    /// `Invalid` for a topic or number that does not exist or is named twice.
    pub fn parse(files: &[(String, &str)], standards: &Standards) -> Result<Self> {
        let mut other = Self::default();
        let mut problems = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
            match read::<OtherEvidenceFile>(path, text) {
                Ok(file) => {
                    if let Some(table) = file.other_evidence {
                        other.add(path, table, standards, &mut problems);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(other) } else { Err(Error::Invalid(problems)) }
    }

    fn add(&mut self, path: &str, table: OtherEvidenceTable, standards: &Standards, problems: &mut Vec<Problem>) {
        for TopicTable { id, by, reason } in table.topic {
            let place = format!("{path}: topic `{id}`");
            if standards.topic(&id).is_none() {
                let near = did_you_mean(&id, standards.topics().iter().map(|topic| topic.id.as_str()));
                problems.push(Problem::new(place, format!("there is no such topic{near}")));
            } else if self.topics.insert(id, Otherwise { by, reason }).is_some() {
                problems.push(Problem::new(place, "this topic is here twice"));
            }
        }
        for RequirementsTable { edition, numbers, by, reason } in table.requirements {
            for number in numbers {
                let place = format!("{path}: requirements `{edition}/{number}`");
                let Ok(requirement) = standards.find(&edition, &number) else {
                    problems.push(Problem::new(place, "there is no such requirement"));
                    continue;
                };
                let otherwise = Otherwise { by: by.clone(), reason: reason.clone() };
                if self.requirements.insert(requirement.id.clone(), otherwise).is_some() {
                    problems.push(Problem::new(place, "this requirement is here twice"));
                }
            }
        }
    }

    /// What evidences a topic that no record speaks about.
    pub fn of_topic(&self, topic: &str) -> Option<&Otherwise> {
        self.topics.get(topic)
    }

    /// What evidences a requirement without topics.
    pub fn of_requirement(&self, requirement: &RequirementId) -> Option<&Otherwise> {
        self.requirements.get(requirement)
    }
}

/// What watches over each requirement that asks for something of its own, in document order: one that has topics, or a
/// lowest one. An item without topics is covered with its clause.
pub fn coverage(standards: &Standards, catalogue: &Catalogue, other: &OtherEvidence) -> Vec<RequirementCoverage> {
    let of_topic = |topic: &String| TopicCoverage {
        topic: topic.clone(),
        indicators: catalogue
            .definitions()
            .iter()
            .filter(|definition| definition.topic == *topic)
            .map(|definition| definition.id.clone())
            .collect(),
        otherwise: other.of_topic(topic).cloned(),
    };
    let with_clause = |node: &Requirement| standards.ancestors(&node.id).any(|above| !above.topics.is_empty());
    let asks = |node: &&Requirement| {
        node.normative && (!node.topics.is_empty() || node.children.is_empty() && !with_clause(node))
    };
    let line = |node: &Requirement| RequirementCoverage {
        requirement: node.id.clone(),
        title: node.title.clone(),
        topics: node.topics.iter().map(of_topic).collect(),
        otherwise: other.of_requirement(&node.id).cloned(),
    };
    standards.requirements().iter().filter(asks).map(line).collect()
}
