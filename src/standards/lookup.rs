//! Questions to the standards data: which requirement a reference means, which topics it has, which rows concern it.

use super::{Citation, ClauseRange, CorrespondenceRow, LocatorKind, Requirement, RequirementId, Standards, Topic};
use crate::error::{Error, Result, did_you_mean};
use std::{cmp::Reverse, collections::HashSet};

/// The longest number looked at for suggestions, in characters; real ones have at most ten.
const LONGEST: usize = 40;

/// How far around a requirement its topics are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Its own topics.
    Own,
    /// Its own and those of the nodes below.
    Below,
    /// Its own and those of the nodes below and above.
    Around,
}

impl RequirementId {
    /// True if the other is a node above this one.
    pub fn is_below(&self, other: &Self) -> bool {
        self.as_str().strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('.'))
    }

    pub(crate) fn is_at_or_below(&self, other: &Self) -> bool {
        self == other || self.is_below(other)
    }
}

impl Citation {
    /// What the citation points at as precisely as the tree can say: its items if it names nothing else, otherwise
    /// the clause, since a paragraph is no node.
    pub fn ends(&self) -> Vec<&RequirementId> {
        let items: Vec<_> = self.locators.iter().filter_map(|locator| locator.requirement.as_ref()).collect();
        if items.is_empty() || items.len() < self.locators.len() { vec![&self.requirement] } else { items }
    }

    /// True for the cited clause and what lies below it; where the citation names items, only for those items.
    pub fn concerns(&self, id: &RequirementId) -> bool {
        if !id.is_below(&self.requirement) {
            return *id == self.requirement;
        }
        let mut items = self.locators.iter().filter(|locator| locator.kind == LocatorKind::Item).peekable();
        items.peek().is_none()
            || items
                .filter_map(|locator| locator.requirement.as_ref())
                .any(|item| id.is_at_or_below(item) || item.is_below(id))
    }
}

impl Standards {
    /// The requirement of this number in this edition.
    ///
    /// # Errors
    /// `NotFound`, naming the nearest numbers, the edition that does have this number, or the editions there are.
    pub fn find(&self, edition: &str, number: &str) -> Result<&Requirement> {
        if let Some(found) = self.requirement(&RequirementId::new(edition, number)) {
            return Ok(found);
        }
        Err(Error::NotFound(match self.edition(edition) {
            Some(_) => self.no_number(edition, number),
            None => self.no_edition(edition),
        }))
    }

    /// The requirement of a full reference, `iso27001-2013/A.8.1`.
    ///
    /// # Errors
    /// As [`Standards::find`].
    pub fn resolve(&self, reference: &str) -> Result<&Requirement> {
        match reference.split_once('/') {
            Some((edition, number)) => self.find(edition, number),
            None => Err(Error::NotFound(self.no_reference(reference))),
        }
    }

    fn no_reference(&self, text: &str) -> String {
        let full = |edition: &super::Edition| RequirementId::new(&edition.id, text);
        let known: Vec<_> = self.editions().iter().map(full).filter(|id| self.requirement(id).is_some()).collect();
        let known: Vec<_> = known.iter().map(|id| format!("`{id}`")).collect();
        let example = if known.is_empty() { "such as `iso27001-2013/A.8.1`".into() } else { known.join(" or ") };
        format!("`{}` is no reference: it takes edition and number, {example}", shown(text))
    }

    fn no_edition(&self, edition: &str) -> String {
        let ids: Vec<_> = self.editions().iter().map(|known| known.id.as_str()).collect();
        let near =
            if edition.chars().count() > LONGEST { String::new() } else { did_you_mean(edition, ids.iter().copied()) };
        format!("there is no edition `{}`; there are {}{near}", shown(edition), ids.join(", "))
    }

    fn no_number(&self, edition: &str, number: &str) -> String {
        let others = self.editions().iter().filter(|other| other.id != edition);
        let elsewhere: String = others
            .filter(|other| self.requirement(&RequirementId::new(&other.id, number)).is_some())
            .map(|other| format!("; {} has one", other.id))
            .collect();
        let near: Vec<_> = self.nearest_numbers(edition, number).iter().map(|near| format!("`{near}`")).collect();
        let near = if near.is_empty() { String::new() } else { format!("; nearest: {}", near.join(", ")) };
        format!("{edition} has no requirement `{}`{elsewhere}{near}", shown(number))
    }

    /// Up to three numbers of the edition that look most like this one, nearest first.
    fn nearest_numbers<'a>(&'a self, edition: &str, number: &str) -> Vec<&'a str> {
        if number.chars().count() > LONGEST {
            return Vec::new();
        }
        let in_common = |other: &str| number.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let nodes = self.requirements().iter().enumerate().filter(|(_, node)| node.id.edition() == edition);
        let mut near: Vec<_> = nodes
            .map(|(position, node)| {
                let distance = strsim::damerau_levenshtein(number, &node.number);
                (distance, Reverse(in_common(&node.number)), position, node.number.as_str())
            })
            .filter(|(distance, ..)| *distance <= 2)
            .collect();
        near.sort_unstable();
        near.into_iter().take(3).map(|(.., number)| number).collect()
    }

    /// The topics of a requirement as far as asked, in the order of the topics file; none for an unknown one.
    pub fn topics_of(&self, id: &RequirementId, reach: Reach) -> Vec<&Topic> {
        let mut ids: HashSet<&str> = HashSet::new();
        ids.extend(self.requirement(id).into_iter().flat_map(own_topics));
        if reach != Reach::Own {
            ids.extend(self.descendants(id).into_iter().flat_map(own_topics));
        }
        if reach == Reach::Around {
            ids.extend(self.ancestors(id).flat_map(own_topics));
        }
        self.topics().iter().filter(|topic| ids.contains(topic.id.as_str())).collect()
    }

    /// The topics two requirements share, counting the nodes above and below both.
    pub fn shared_topics(&self, one: &RequirementId, other: &RequirementId) -> Vec<&Topic> {
        let of_other = self.topics_of(other, Reach::Around);
        let mut shared = self.topics_of(one, Reach::Around);
        shared.retain(|topic| of_other.iter().any(|other| other.id == topic.id));
        shared
    }

    /// The rows that concern a requirement of either side, in table order: its own and those of the nodes above. A row
    /// that cites other items of a clause does not concern an item; ranges concern nobody.
    pub fn rows_citing(&self, id: &RequirementId) -> Vec<&CorrespondenceRow> {
        self.rows()
            .iter()
            .filter(|row| {
                row.requirement.as_ref().is_some_and(|requirement| id.is_at_or_below(requirement))
                    || row.references.iter().any(|citation| citation.concerns(id))
            })
            .collect()
    }

    /// The requirements a range covers, in document order, with everything below its last clause.
    pub fn requirements_in<'a>(&'a self, range: &'a ClauseRange) -> impl Iterator<Item = &'a Requirement> {
        self.requirements_of(range.first.edition()).skip_while(|node| node.id != range.first).scan(
            false,
            |reached_last, node| {
                let below_last = node.id.is_at_or_below(&range.last);
                *reached_last |= below_last;
                (below_last || !*reached_last).then_some(node)
            },
        )
    }
}

fn own_topics(node: &Requirement) -> impl Iterator<Item = &str> {
    node.topics.iter().map(String::as_str)
}

/// A text cut to a length fit for a message.
fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
