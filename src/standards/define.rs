//! The rules of terms: names are unique, links resolve, what each side has fits how far they agree.

use super::{
    RequirementId,
    check::{Tree, is_slug},
    parse::Placed,
    terms::{Agreement, Cited2005, SeeAlso, Term, TermProvenance, TermSide, TermUse, fold},
};
use crate::error::{Problem, did_you_mean};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermsTable {
    /// What the list is called, for people.
    #[serde(rename = "name")]
    _name: String,
    pub provenance: TermProvenance,
    /// The edition the 2005 numbers have their successors in.
    #[serde(default)]
    pub successors_in: Option<String>,
    pub term: Vec<TermTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermTable {
    id: String,
    term: String,
    iso27000: SideTable,
    iso20000_1: SideTable,
    agreement: Agreement,
    difference: String,
    advice: String,
    #[serde(default)]
    see_also: SeeAlsoTable,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    plurals: Vec<String>,
    #[serde(default)]
    cites_2005: Vec<CitedTable>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SideTable {
    #[serde(rename = "use")]
    usage: TermUse,
    number: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeeAlsoTable {
    #[serde(default)]
    terms: Vec<String>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    guide: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CitedTable {
    number: String,
    successor: String,
}

/// The guide: what its clauses are, so that links to them can be checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClausesTable {
    /// `iso27013-2015`.
    pub of: String,
    pub numbers: Vec<String>,
}

/// Everything a link may point at.
pub(super) struct Targets<'a> {
    pub tree: &'a Tree,
    /// Full references of the guide's clauses.
    clauses: HashSet<String>,
    pub terms: HashSet<String>,
}

impl<'a> Targets<'a> {
    pub fn new(tree: &'a Tree, clauses: Vec<Placed<ClausesTable>>) -> Self {
        let full = |placed: Placed<ClausesTable>| {
            let ClausesTable { of, numbers } = placed.table;
            numbers.into_iter().map(move |number| format!("{of}/{number}")).collect::<Vec<_>>()
        };
        Self { tree, clauses: clauses.into_iter().flat_map(full).collect(), terms: HashSet::new() }
    }

    /// The requirement of a full reference; if there is none, that is a problem at this place.
    pub fn requirement(&self, reference: &str, place: &str, problems: &mut Vec<Problem>) -> Option<RequirementId> {
        let Some((edition, number)) = reference.split_once('/') else {
            problems.push(Problem::new(place, format!("`{reference}` is no reference of edition and number")));
            return None;
        };
        if !self.tree.has_edition(edition, place, problems) {
            return None;
        }
        self.tree.resolve(edition, number, place, problems).map(|node| node.id.clone())
    }

    /// Whether the guide has this clause; if not, that is a problem at this place.
    pub fn clause(&self, reference: &str, place: &str, problems: &mut Vec<Problem>) -> bool {
        let known = self.clauses.contains(reference);
        if !known {
            let near = did_you_mean(reference, self.clauses.iter().map(String::as_str));
            problems.push(Problem::new(place, format!("the guide has no clause `{reference}`{near}")));
        }
        known
    }

    /// Whether there is a term of this id; if not, that is a problem at this place.
    pub fn term(&self, id: &str, place: &str, problems: &mut Vec<Problem>) -> bool {
        let known = self.terms.contains(id);
        if !known {
            let near = did_you_mean(id, self.terms.iter().map(String::as_str));
            problems.push(Problem::new(place, format!("there is no term `{id}`{near}")));
        }
        known
    }
}

/// Builds the terms, those of the table first; every broken rule becomes a problem.
pub(super) fn terms(
    mut tables: Vec<Placed<TermsTable>>,
    targets: &mut Targets<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Term> {
    tables.sort_by_key(|placed| placed.table.provenance);
    targets.terms = tables.iter().flat_map(|placed| &placed.table.term).map(|term| term.id.clone()).collect();
    let mut reader = TermReader { targets, names: HashMap::new(), problems };
    let mut terms = Vec::new();
    for Placed { path, table } in tables {
        let successors = table.successors_in.unwrap_or_default();
        for (row, term) in (1..).zip(table.term) {
            let row = (table.provenance == TermProvenance::Table).then_some(row);
            terms.push(reader.term(term, table.provenance, row, &successors, &path));
        }
    }
    terms
}

struct TermReader<'a> {
    targets: &'a Targets<'a>,
    /// Folded names so far, and the id of the term that has each.
    names: HashMap<String, String>,
    problems: &'a mut Vec<Problem>,
}

impl TermReader<'_> {
    fn term(
        &mut self,
        table: TermTable,
        provenance: TermProvenance,
        row: Option<u32>,
        successors: &str,
        path: &str,
    ) -> Term {
        let place = format!("{path}: term `{}`", table.id);
        if !is_slug(&table.id) {
            self.problems.push(Problem::new(&place, "id must be lower-case words joined by hyphens"));
        }
        for (key, text) in [("term", &table.term), ("difference", &table.difference), ("advice", &table.advice)] {
            if text.trim().is_empty() {
                self.problems.push(Problem::new(format!("{place}: {key}"), "is empty"));
            }
        }
        let iso27000 = self.side(table.iso27000, &format!("{place}: iso27000"));
        let iso20000_1 = self.side(table.iso20000_1, &format!("{place}: iso20000_1"));
        self.check_agreement(table.agreement, iso27000.usage, iso20000_1.usage, &place);
        let see_also = self.see_also(table.see_also, &table.id, &place);
        let cited = |cited: CitedTable| {
            let reference = format!("{successors}/{}", cited.successor);
            let place = format!("{place}: cites_2005 `{}`", cited.number);
            let successor = self.targets.requirement(&reference, &place, self.problems)?;
            Some(Cited2005 { number: cited.number, successor })
        };
        let cites_2005 = table.cites_2005.into_iter().filter_map(cited).collect();
        let term = Term {
            id: table.id,
            term: table.term,
            provenance,
            row,
            iso27000,
            iso20000_1,
            agreement: table.agreement,
            difference: table.difference,
            advice: table.advice,
            see_also,
            aliases: table.aliases,
            plurals: table.plurals,
            cites_2005,
            note: table.note,
        };
        self.check_names(&term, &place);
        term
    }

    fn side(&mut self, table: SideTable, place: &str) -> TermSide {
        let SideTable { usage, number } = table;
        if let Some(number) = &number {
            if matches!(usage, TermUse::NotDefined | TermUse::NotUsed | TermUse::Used) {
                self.problems.push(Problem::new(place, format!("`{usage}` leaves no room for a number")));
            }
            if !number.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
                self.problems.push(Problem::new(place, format!("`{number}` is no number such as `2.16`")));
            }
        }
        TermSide { usage, number }
    }

    /// What each degree of agreement says about the two sides.
    fn check_agreement(&mut self, agreement: Agreement, security: TermUse, service: TermUse, place: &str) {
        use TermUse::{Defined, Mentioned, Used};
        let one = |defines: TermUse, other: TermUse| defines == Defined && other != Defined;
        let holds = match agreement {
            Agreement::Identical => security == Defined && service == Defined,
            Agreement::BroadlySame | Agreement::Differs => true,
            Agreement::Only27000 => one(security, service),
            Agreement::Only20000 => one(service, security),
            Agreement::UsedNotDefined => [security, service].iter().any(|side| matches!(side, Used | Mentioned)),
        };
        if !holds {
            let rule = format!("`{agreement}` does not fit `{security}` beside `{service}`");
            self.problems.push(Problem::new(format!("{place}: agreement"), rule));
        }
    }

    fn see_also(&mut self, table: SeeAlsoTable, id: &str, place: &str) -> SeeAlso {
        let place = format!("{place}: see_also");
        let SeeAlsoTable { mut terms, requirements, mut guide } = table;
        if terms.iter().any(|other| other == id) {
            self.problems.push(Problem::new(&place, "a term does not point at itself"));
        }
        terms.retain(|other| self.targets.term(other, &place, self.problems));
        guide.retain(|clause| self.targets.clause(clause, &place, self.problems));
        let resolve = |reference: &String| self.targets.requirement(reference, &place, self.problems);
        SeeAlso { terms, requirements: requirements.iter().filter_map(resolve).collect(), guide }
    }

    fn check_names(&mut self, term: &Term, place: &str) {
        for (position, name) in term.names().enumerate() {
            let folded = fold(name);
            match self.names.get(&folded) {
                Some(other) if *other != term.id => {
                    self.problems.push(Problem::new(place, format!("the name `{name}` is that of `{other}` already")));
                }
                Some(_) if position == 0 => self.problems.push(Problem::new(place, "there are two terms of this id")),
                _ => {
                    self.names.insert(folded, term.id.clone());
                }
            }
        }
    }
}
