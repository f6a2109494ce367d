//! The rules of editions and topics: builds the requirement trees from their numbers and hangs the topics on them.

use super::{
    Edition, LinkProvenance, Requirement, RequirementId, RequirementKind, Standards, Topic, TopicLink, body_links,
    correspond, define, guidance,
    parse::{EditionTable, Numbers, Placed, RequirementTable, Tables, TopicTable},
    terms::Vocabulary,
    wording,
};
use crate::error::{Problem, did_you_mean};
use std::collections::{HashMap, HashSet};

/// Builds the whole; every broken rule becomes a problem, and what breaks it is left out.
pub(super) fn build(mut tables: Tables, problems: &mut Vec<Problem>) -> Standards {
    tables.editions.sort_by(|a, b| (a.table.system, &a.table.id).cmp(&(b.table.system, &b.table.id)));
    let mut tree = Tree::default();
    for edition in tables.editions {
        tree.add_edition(edition, problems);
    }
    let mut topics = Vec::new();
    let mut ids = HashSet::new();
    for placed in tables.topics {
        let place = format!("{}: topic `{}`", placed.path, placed.table.id);
        if !is_slug(&placed.table.id) {
            problems.push(Problem::new(&place, "id must be lower-case words joined by hyphens"));
        }
        if !ids.insert(placed.table.id.clone()) {
            problems.push(Problem::new(&place, "this id is used by another topic"));
        }
        topics.push(tree.hang_topic(placed.table, &place, problems));
    }
    let rows = correspond::rows(tables.correspondences, &tree, problems);
    let body_links = body_links::links(tables.body_links, &tree, &rows, problems);
    let (guide_clauses, guidance) = guidance::guidance(tables.guidance, &tree, &topics, problems);
    guidance::unlisted_clauses(&guide_clauses, &body_links, problems);
    let mut targets = define::Targets::new(&tree, tables.clauses);
    let terms = define::terms(tables.terms, &mut targets, problems);
    let wordings = wording::wordings(tables.reviews, &targets, problems);
    let vocabulary = Vocabulary::new(terms, wordings);
    let standards = Standards::new(tree.editions, tree.requirements, topics, rows);
    Standards { body_links, guide_clauses, guidance, vocabulary, ..standards }
}

/// The requirement trees while they are built.
#[derive(Default)]
pub(super) struct Tree {
    editions: Vec<Edition>,
    requirements: Vec<Requirement>,
    positions: HashMap<RequirementId, usize>,
}

impl Tree {
    /// The requirement of this reference.
    pub fn get(&self, id: &RequirementId) -> Option<&Requirement> {
        self.positions.get(id).and_then(|position| self.requirements.get(*position))
    }

    /// Its place in document order, edition by edition.
    pub fn position(&self, id: &RequirementId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// Whether the edition exists; if not, that is a problem at this place.
    pub fn has_edition(&self, id: &str, place: &str, problems: &mut Vec<Problem>) -> bool {
        let known = self.editions.iter().any(|edition| edition.id == id);
        if !known {
            let near = did_you_mean(id, self.editions.iter().map(|edition| edition.id.as_str()));
            problems.push(Problem::new(place, format!("there is no edition `{id}`{near}")));
        }
        known
    }

    /// The requirement of this number; if there is none, that is a problem at this place.
    pub fn resolve(
        &self,
        edition: &str,
        number: &str,
        place: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<&Requirement> {
        let found = self.get(&RequirementId::new(edition, number));
        if found.is_none() {
            let numbers = self.requirements.iter().filter(|node| node.id.edition() == edition);
            let near = did_you_mean(number, numbers.map(|node| node.number.as_str()));
            problems.push(Problem::new(place, format!("{edition} has no requirement `{number}`{near}")));
        }
        found
    }

    fn add_edition(&mut self, placed: Placed<EditionTable>, problems: &mut Vec<Problem>) {
        let EditionTable { id, name, title, system, annex, requirements } = placed.table;
        let place = format!("{}: edition", placed.path);
        if !is_slug(&id) {
            problems
                .push(Problem::new(format!("{place}.id"), "must be lower-case letters and digits joined by hyphens"));
        }
        if self.editions.iter().any(|edition| edition.id == id) {
            problems.push(Problem::new(format!("{place}.id"), format!("another file holds the edition `{id}`")));
            return;
        }
        if annex.iter().any(|kind| *kind < RequirementKind::Domain) {
            problems.push(Problem::new(format!("{place}.annex"), "levels are domain, objective and control"));
        }
        let first = self.requirements.len();
        for table in requirements {
            self.add_requirement(&id, table, &annex, &place, problems);
        }
        self.link_children(first, &place, problems);
        self.editions.push(Edition { id, name, title, system });
    }

    fn add_requirement(
        &mut self,
        edition: &str,
        table: RequirementTable,
        annex: &[RequirementKind],
        place: &str,
        problems: &mut Vec<Problem>,
    ) {
        let RequirementTable { number, title, items, normative, note } = table;
        let place = format!("{place}.requirements `{number}`");
        if title.trim().is_empty() {
            problems.push(Problem::new(&place, "title is empty"));
        }
        let kind = match kind_of(&number, annex) {
            Ok(kind) => kind,
            Err(rule) => return problems.push(Problem::new(&place, rule)),
        };
        let mut nodes = vec![(number.clone(), kind, note)];
        for item in items {
            if is_item(&item) {
                nodes.push((format!("{number}.{item}"), RequirementKind::Item, None));
            } else {
                problems
                    .push(Problem::new(format!("{place}.items"), format!("`{item}` is no item such as `a` or `a.1`")));
            }
        }
        for (number, kind, note) in nodes {
            let id = RequirementId::new(edition, &number);
            if self.positions.contains_key(&id) {
                problems.push(Problem::new(&place, format!("`{number}` is here twice")));
                continue;
            }
            self.positions.insert(id.clone(), self.requirements.len());
            let parent = parent_number(&number, kind).map(|parent| RequirementId::new(edition, parent));
            let (title, children, topics) = (title.clone(), Vec::new(), Vec::new());
            self.requirements.push(Requirement { id, number, title, kind, parent, children, normative, topics, note });
        }
    }

    /// Tells every parent of the nodes from `first` on about its children.
    fn link_children(&mut self, first: usize, place: &str, problems: &mut Vec<Problem>) {
        let links: Vec<_> = self
            .requirements
            .iter()
            .skip(first)
            .filter_map(|node| node.parent.clone().map(|parent| (parent, node.id.clone())))
            .collect();
        for (parent, child) in links {
            match self.positions.get(&parent).and_then(|position| self.requirements.get_mut(*position)) {
                Some(parent) => parent.children.push(child),
                None => problems.push(Problem::new(
                    format!("{place}.requirements `{}`", child.number()),
                    format!("the node above it, `{}`, is missing", parent.number()),
                )),
            }
        }
    }

    fn hang_topic(&mut self, table: TopicTable, place: &str, problems: &mut Vec<Problem>) -> Topic {
        let TopicTable { id, meaning, table, body, judgement } = table;
        let mut links: Vec<(usize, LinkProvenance)> = Vec::new();
        let lists: [(LinkProvenance, Numbers); 3] =
            [(LinkProvenance::Table, table), (LinkProvenance::Body, body), (LinkProvenance::Judgement, judgement)];
        for (provenance, numbers) in lists {
            for (edition, numbers) in numbers {
                let place = format!("{place}, {provenance}.{edition}");
                if !self.has_edition(&edition, &place, problems) {
                    continue;
                }
                for number in numbers {
                    let Some(node) = self.resolve(&edition, &number, &place, problems) else { continue };
                    if !node.normative {
                        problems.push(Problem::new(&place, format!("`{number}` asks for nothing, so for no topic")));
                    }
                    match self.position(&RequirementId::new(&edition, &number)) {
                        Some(position) if links.iter().all(|(other, _)| *other != position) => {
                            links.push((position, provenance));
                        }
                        _ => problems.push(Problem::new(&place, format!("`{number}` is linked twice"))),
                    }
                }
            }
        }
        if meaning.trim().is_empty() {
            problems.push(Problem::new(place, "meaning is empty"));
        }
        if links.is_empty() {
            problems.push(Problem::new(place, "no requirement asks for it"));
        }
        links.sort_unstable();
        let mut requirements = Vec::new();
        for (position, provenance) in links {
            if let Some(node) = self.requirements.get_mut(position) {
                node.topics.push(id.clone());
                requirements.push(TopicLink { requirement: node.id.clone(), provenance });
            }
        }
        Topic { id, meaning, requirements }
    }
}

/// What a number is: `0`, `4.1.2`, or below an annex letter, whose levels the edition names.
fn kind_of(number: &str, annex: &[RequirementKind]) -> Result<RequirementKind, String> {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = number.split('.').collect();
    match parts.as_slice() {
        ["0"] => Ok(RequirementKind::Introduction),
        [letter, rest @ ..] if letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            if rest.is_empty() || !rest.iter().all(|part| is_number(part)) {
                return Err("a number below an annex is like `A.8.1`".into());
            }
            annex.get(rest.len() - 1).copied().ok_or_else(|| {
                format!("is {} levels below its annex, but the edition's `annex` names {}", rest.len(), annex.len())
            })
        }
        parts if parts.len() <= 6 && parts.iter().all(|part| is_number(part)) => Ok(RequirementKind::Clause),
        _ => Err("a number is like `0`, `4.1.2` or `A.8.1`; lettered items stand in `items` of their clause".into()),
    }
}

/// `a`, `a.1`.
fn is_item(item: &str) -> bool {
    item.len() <= 8
        && item.starts_with(|first: char| first.is_ascii_lowercase())
        && item
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// The number of the node above, which the number itself says; an annex letter alone is no node.
fn parent_number(number: &str, kind: RequirementKind) -> Option<&str> {
    let (parent, _) = number.rsplit_once('.')?;
    let top_of_annex = kind >= RequirementKind::Domain && !parent.contains('.');
    (!top_of_annex).then_some(parent)
}

/// Lower-case letters and digits joined by hyphens.
pub(super) fn is_slug(text: &str) -> bool {
    text.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}
