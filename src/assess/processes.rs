//! Processes that other parties operate, and whether we govern them (ISO/IEC 20000-1, 4.2; ISO/IEC 27001, 8.1): who
//! operates each, under which agreement, and what shows each of the four things 4.2 asks for.
//!
//! A process is governed by the rule statuses follow: the agreement is in force, and 4.2 conforms. What shows the four
//! says how well that rests.

use super::{
    decisions::{Decisions, GovernedProcess, Stance},
    evidence::{DocumentState, bound_documents},
    requirement::{GOVERNANCE, RequirementStatus},
    supplier_risk::{PartyBrief, SupplierRiskModel, Truth},
};
use crate::{
    model::{Agreement, Body, Field, Record, RecordBrief, RecordId, Status, Timestamp, names},
    standards::{RequirementId, Standards},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

names! {
    /// What governing a process of another party comes to (ISO/IEC 20000-1, 4.2).
    pub enum GovernanceAspect {
        /// Accountability for the process, and authority to require that it is adhered to (a).
        Accountability = "accountability",
        /// Control of how the process and its interfaces are defined (b).
        Definition = "definition",
        /// Knowing how the process performs and whether it complies (c).
        Performance = "performance",
        /// Control of what is improved, and in which order (d).
        Improvement = "improvement",
    }
}

impl GovernanceAspect {
    const fn item(self) -> &'static str {
        match self {
            Self::Accountability => "4.2.a",
            Self::Definition => "4.2.b",
            Self::Performance => "4.2.c",
            Self::Improvement => "4.2.d",
        }
    }
}

/// What shows one of the four.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AspectAnswer {
    /// Which.
    pub aspect: GovernanceAspect,
    /// The item of 4.2.
    pub requirement: RequirementId,
    /// Whether it is shown; `unknown` where no source says.
    pub shown: Truth,
    /// What shows it, or speaks against it.
    pub by: Vec<String>,
    /// What would show it; empty if it is shown.
    pub missing: Vec<&'static str>,
}

/// A process another party operates.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OperatedProcess {
    /// The decision that declares it.
    pub decision: String,
    /// The clause of the process.
    pub requirement: RequirementId,
    /// Its short title; null if the edition has no such clause any more.
    pub title: Option<String>,
    /// Who operates it.
    pub party: PartyBrief,
    /// The agreement it is operated under; null if its record is not known.
    pub agreement: Option<RecordBrief>,
    /// Whether that is in force.
    pub agreement_in_force: bool,
    /// When it ends; null if it has no end, or none is known.
    pub agreement_ends_at: Option<Timestamp>,
    /// The status of 4.2, by its own evidence.
    pub governance_status: Status,
    /// True if the agreement is in force and 4.2 conforms: then the process may rest on governance.
    pub governed: bool,
    /// The status of the process's clause.
    pub status: Status,
    /// What shows each of the four things 4.2 asks for.
    pub aspects: Vec<AspectAnswer>,
    /// What is missing, in words; empty if nothing is.
    pub missing: Vec<String>,
}

/// Every declared process, by requirement and party. `records` holds the parties, agreements and bound documents.
pub fn operated_processes(
    standards: &Standards,
    model: &SupplierRiskModel,
    decisions: &Decisions,
    statuses: &[RequirementStatus],
    records: &BTreeMap<RecordId, Record>,
    at: Timestamp,
) -> Vec<OperatedProcess> {
    let view = View { standards, model, decisions, statuses, records, at };
    let mut found: Vec<OperatedProcess> = decisions.governed.iter().map(|process| view.process(process)).collect();
    found.sort_by(|a, b| (&a.requirement, a.party.party).cmp(&(&b.requirement, b.party.party)));
    found
}

/// True if an agreement is there and in force.
pub fn is_in_force(record: &Record, at: Timestamp) -> bool {
    let Body::Agreement(agreement) = &record.body else { return false };
    record.deleted_at.is_none()
        && agreement.starts_at.get().is_none_or(|start| *start <= at)
        && agreement.ends_at.get().is_none_or(|end| *end > at)
}

struct View<'a> {
    standards: &'a Standards,
    model: &'a SupplierRiskModel,
    decisions: &'a Decisions,
    statuses: &'a [RequirementStatus],
    records: &'a BTreeMap<RecordId, Record>,
    at: Timestamp,
}

impl View<'_> {
    fn status(&self, requirement: &RequirementId) -> Status {
        let found = self.statuses.iter().find(|status| status.requirement == *requirement);
        found.map_or(Status::NotAssessed, |status| status.status)
    }

    fn process(&self, process: &GovernedProcess) -> OperatedProcess {
        let edition = process.requirement.edition();
        let agreement = self.records.get(&process.agreement);
        let governance_status = self.status(&RequirementId::new(edition, GOVERNANCE));
        let agreement_in_force = agreement.is_some_and(|record| is_in_force(record, self.at));
        let terms = agreement.and_then(|record| match &record.body {
            Body::Agreement(agreement) if agreement_in_force => Some(agreement),
            _ => None,
        });
        let aspects: Vec<AspectAnswer> =
            GovernanceAspect::ALL.iter().map(|aspect| self.aspect(process, terms, *aspect)).collect();
        let mut missing = Vec::new();
        if !agreement_in_force {
            missing.push("an agreement in force with who operates it".to_owned());
        }
        if governance_status != Status::Conforming {
            let status = governance_status.as_str().replace('_', " ");
            let governance = RequirementId::new(edition, GOVERNANCE).in_words();
            missing.push(format!("conformity of {governance}, whose status is {status}"));
        }
        missing.extend(aspects.iter().flat_map(|aspect| aspect.missing.iter().map(|what| (*what).to_owned())));
        let party = self.records.get(&process.party);
        let ends = agreement.and_then(|record| match &record.body {
            Body::Agreement(agreement) => agreement.ends_at.get().copied(),
            _ => None,
        });
        OperatedProcess {
            decision: process.id.clone(),
            title: self.standards.requirement(&process.requirement).map(|node| node.title.clone()),
            party: PartyBrief {
                party: process.party,
                name: party.and_then(|record| record.body.name().map(Into::into)),
            },
            agreement: agreement.map(RecordBrief::of),
            agreement_in_force,
            agreement_ends_at: ends,
            governance_status,
            governed: agreement_in_force && governance_status == Status::Conforming,
            status: self.status(&process.requirement),
            aspects,
            missing,
            requirement: process.requirement.clone(),
        }
    }

    /// What records, bound documents and persons say of one of the four. A person who says it is not so counts most.
    fn aspect(&self, process: &GovernedProcess, terms: Option<&Agreement>, aspect: GovernanceAspect) -> AspectAnswer {
        let requirement = RequirementId::new(process.requirement.edition(), aspect.item());
        let attested =
            self.decisions.attestations.iter().filter(|said| said.requirement.as_ref() == Some(&requirement));
        let (mut by, mut shown) = (Vec::new(), Truth::No);
        let mut objected = false;
        for said in attested {
            match said.stance {
                Stance::NotFulfilled => objected = true,
                Stance::Fulfilled if !said.stale => shown = Truth::Yes,
                _ => continue,
            }
            by.push(format!("{}: {}", said.author, said.statement));
        }
        let documents = bound_documents(self.records.values(), self.decisions, self.at);
        for document in documents.iter().filter(|document| document.topic == requirement.as_str()) {
            if document.state == DocumentState::InForce {
                shown = Truth::Yes;
                by.push(document.title.clone().unwrap_or_else(|| document.external_id.clone()));
            }
        }
        let missing = if shown == Truth::Yes {
            Vec::new()
        } else {
            let (truth, what) = self.by_records(process, terms, aspect, &mut by);
            shown = truth;
            if truth == Truth::Yes { Vec::new() } else { what }
        };
        if objected {
            return AspectAnswer {
                aspect,
                requirement,
                shown: Truth::No,
                by,
                missing: vec!["what a person found missing"],
            };
        }
        AspectAnswer { aspect, requirement, shown, by, missing }
    }

    /// What the agreement and the party show by themselves, and what they would have to.
    fn by_records(
        &self,
        process: &GovernedProcess,
        terms: Option<&Agreement>,
        aspect: GovernanceAspect,
        by: &mut Vec<String>,
    ) -> (Truth, Vec<&'static str>) {
        match aspect {
            GovernanceAspect::Accountability => {
                let Some(terms) = terms else { return (Truth::No, vec!["who is accountable for the agreement"]) };
                let (owner, audit) = (stated(&terms.owner, |_| true), stated(&terms.right_to_audit, |right| *right));
                by.extend(terms.owner.get().map(|owner| format!("{owner} is accountable for the agreement")));
                by.extend((audit == Truth::Yes).then(|| "the agreement gives a right to audit".to_owned()));
                let mut missing = Vec::new();
                missing.extend((owner != Truth::Yes).then_some("who is accountable for the agreement"));
                missing
                    .extend((audit != Truth::Yes).then_some("a right to audit, or another authority over the process"));
                (owner.and(audit), missing)
            }
            GovernanceAspect::Performance => {
                let missing = vec!["a review of its performance within the last year"];
                let Some(Body::Party(party)) = self.records.get(&process.party).map(|record| &record.body) else {
                    return (Truth::Unknown, missing);
                };
                let days = self.model.assurance.review_days;
                let in_time = |last: &Timestamp| *last <= self.at && self.at <= last.plus_days(days);
                let reviewed = stated(&party.last_review, in_time);
                by.extend(
                    party.last_review.get().filter(|last| in_time(last)).map(|last| format!("reviewed on {last}")),
                );
                (reviewed, missing)
            }
            GovernanceAspect::Definition => {
                (Truth::No, vec!["a document in force that defines the process and its interfaces, bound to 4.2.b"])
            }
            GovernanceAspect::Improvement => (
                Truth::No,
                vec!["a document in force, or a person, that shows who decides on improvements, bound to 4.2.d"],
            ),
        }
    }
}

fn stated<T>(field: &Field<T>, holds: impl Fn(&T) -> bool) -> Truth {
    match field {
        Field::Value(value) => Truth::of(holds(value)),
        Field::Empty => Truth::No,
        Field::Unsupplied => Truth::Unknown,
    }
}

/// When what the agreements and documents behind these decisions show turns by itself.
pub fn turns<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Timestamp> {
    let mut found = Vec::new();
    for record in records {
        match &record.body {
            Body::Agreement(agreement) => {
                found.extend(agreement.starts_at.get());
                found.extend(agreement.ends_at.get());
            }
            Body::Document(document) => {
                found.extend(document.approved_at.get());
                found.extend(document.next_review.get().map(|due| due.plus_millis(1)));
            }
            _ => {}
        }
    }
    found
}
