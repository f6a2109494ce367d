//! The rules of planning as data: what speaks for what, which points make a checklist, what depends on what.

use super::{
    assessment::{
        Assessment, Driver, Emphasis, Governance, Maturity, Reliance, ServiceProvision, Size, SystemsInPlace, Weight,
    },
    items::Section,
    recommend::Approach,
    roadmap, steps,
};
use crate::{
    error::{Error, Problem, Result},
    model::{System, names},
    standards::{self, RequirementId, Standards},
};
use serde::{Deserialize, de::IgnoredAny};
use std::collections::{BTreeMap, HashSet};

names! {
    /// The three situations the guide starts from.
    pub enum StartingSituation {
        /// Neither standard is the basis of a management system (5.3.2).
        Neither = "neither",
        /// A system for one of the standards exists (5.3.3).
        OneSystem = "one_system",
        /// A separate system for each exists (5.3.4).
        SeparateSystems = "separate_systems",
    }
}

names! {
    /// The stages of the Plan-Do-Check-Act cycle, in order.
    pub enum Stage {
        Plan = "plan",
        Do = "do",
        Check = "check",
        Act = "act",
    }
}

/// The checked rules.
#[derive(Clone, Debug)]
pub struct PlanningRules {
    pub(super) situations: Vec<SituationRule>,
    pub(super) rules: Vec<Rule>,
    pub(super) checklists: Vec<Checklist>,
    pub(super) risk_options: Vec<RiskOptionRule>,
    /// The steps, in an order that puts none before its stage or before what it needs.
    pub(super) steps: Vec<steps::Step>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SituationRule {
    pub situation: StartingSituation,
    pub clause: String,
    pub reason: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub id: String,
    pub guidance: String,
    pub situations: Vec<StartingSituation>,
    #[serde(default)]
    pub when: Condition,
    pub approach: Option<Approach>,
    /// Holds only if no other rule speaks for an approach.
    #[serde(default)]
    pub otherwise: bool,
    pub advice: String,
    pub reason: String,
    /// These requirements come before those, wherever one phase has both.
    pub precedence: Option<Precedence>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Precedence {
    pub first: Vec<RequirementId>,
    pub then: Vec<RequirementId>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checklist {
    pub section: Section,
    /// `prepare` or `join`.
    pub phase: String,
    pub situations: Vec<StartingSituation>,
    pub points: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskOptionRule {
    pub id: String,
    pub guidance: String,
    pub consequences: Vec<String>,
}

/// Answers a rule asks for: all that are named have to hold, each by one of its values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Condition {
    management_systems: Option<Vec<SystemsInPlace>>,
    service_provision: Option<Vec<ServiceProvision>>,
    supplier_reliance: Option<Vec<Reliance>>,
    other_party_governance: Option<Vec<Governance>>,
    size: Option<Vec<Size>>,
    security_importance: Option<Vec<Weight>>,
    emphasis: Option<Vec<Emphasis>>,
    risk_criticality: Option<Vec<Weight>>,
    demanded_standard: Option<Vec<System>>,
    drivers: Option<Vec<Driver>>,
    maturity: Option<Vec<Maturity>>,
    internal_delivery: Option<bool>,
    single_project_possible: Option<bool>,
    informal_practice: Option<bool>,
    merging_organizations: Option<bool>,
    other_systems: Option<bool>,
    sms_of_whole_organization: Option<bool>,
}

impl Condition {
    /// The fields whose answers meet the condition; `None` if one does not.
    pub(super) fn met_by(&self, a: &Assessment) -> Option<Vec<&'static str>> {
        let maturities = a.existing().map(|(_, system)| system.maturity).collect::<Vec<_>>();
        let of_sms = |field: &str| ["sms.scope", "proposed_sms_scope"].contains(&field);
        let whole_sms = a.scopes().any(|(field, scope)| of_sms(field) && scope.whole_organization);
        let is = |wanted: Option<bool>, answer: bool| wanted.map(|wanted| wanted == answer);
        let tests: [(&'static str, Option<bool>); 17] = [
            ("management_systems", among(&self.management_systems, &[a.management_systems])),
            ("service_provision", among(&self.service_provision, &[a.service_provision])),
            ("supplier_reliance", among(&self.supplier_reliance, &[a.supplier_reliance])),
            ("other_party_governance", among(&self.other_party_governance, a.other_party_governance.as_slice())),
            ("size", among(&self.size, &[a.size])),
            ("security_importance", among(&self.security_importance, &[a.security_importance])),
            ("security_importance, service_importance", among(&self.emphasis, &[a.emphasis()])),
            ("risk_criticality", among(&self.risk_criticality, &[a.risk_criticality])),
            ("demanded_standard", among(&self.demanded_standard, a.demanded_standard.as_slice())),
            ("drivers", among(&self.drivers, &a.drivers)),
            ("maturity", among(&self.maturity, &maturities)),
            ("internal_delivery", is(self.internal_delivery, a.internal_delivery)),
            ("single_project_possible", is(self.single_project_possible, a.single_project_possible)),
            ("informal_practice", self.informal_practice.map(|wanted| a.informal_practice == Some(wanted))),
            ("merging_organizations", is(self.merging_organizations, !a.merging_organizations.is_empty())),
            ("other_systems", is(self.other_systems, !a.other_systems.is_empty())),
            ("sms.scope", is(self.sms_of_whole_organization, whole_sms)),
        ];
        let asked = tests.into_iter().filter_map(|(field, holds)| holds.map(|holds| (field, holds)));
        asked.map(|(field, holds)| holds.then_some(field)).collect()
    }
}

/// Whether one of the answers is among the wanted; `None` if nothing is asked.
fn among<T: PartialEq>(wanted: &Option<Vec<T>>, answers: &[T]) -> Option<bool> {
    wanted.as_ref().map(|wanted| answers.iter().any(|answer| wanted.contains(answer)))
}

/// Numbers, and the numbers each of them needs, by edition.
pub(super) type Needs = BTreeMap<String, BTreeMap<String, Vec<String>>>;
/// Stages by edition, each with the nodes at and below which requirements belong to it.
pub(super) type Stages = BTreeMap<String, BTreeMap<Stage, Vec<String>>>;

#[derive(Deserialize)]
struct DataFile {
    planning: Option<PlanningTable>,
    #[serde(flatten)]
    _others: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanningTable {
    situation: Vec<SituationRule>,
    rule: Vec<Rule>,
    checklist: Vec<Checklist>,
    risk_option: Vec<RiskOptionRule>,
    stages: Stages,
    needs: Needs,
}

impl PlanningRules {
    /// Reads and checks the rules out of the standards data files, given as (path, text).
    ///
    /// # Errors
    /// `Invalid` with every broken rule: a point or requirement that does not exist, a requirement without a stage,
    /// needs that go round in a circle or against the stages.
    pub fn parse(files: &[(String, &str)], standards: &Standards) -> Result<Self> {
        let mut found = None;
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
            let file: DataFile = standards::read(path, text).map_err(|problem| Error::Invalid(vec![problem]))?;
            let Some(table) = file.planning else { continue };
            if let Some((first, _)) = found.replace((path, table)) {
                return Err(Error::invalid(path, format!("there are rules of planning already, in {first}")));
            }
        }
        let Some((path, table)) = found else {
            return Err(Error::invalid("standards", "no file holds `[planning]`"));
        };
        let mut problems = Vec::new();
        let steps = steps::steps(&table.stages, &table.needs, standards, path, &mut problems);
        let rules = Self {
            situations: table.situation,
            rules: table.rule,
            checklists: table.checklist,
            risk_options: table.risk_option,
            steps,
        };
        rules.check(standards, path, &mut problems);
        if problems.is_empty() { Ok(rules) } else { Err(Error::Invalid(problems)) }
    }

    fn check(&self, standards: &Standards, path: &str, problems: &mut Vec<Problem>) {
        let mut ids = HashSet::new();
        let cite = |place: String, point: &str, problems: &mut Vec<Problem>| {
            if let Err(error) = standards.guidance_point(point) {
                problems.push(Problem::new(place, error.to_string()));
            }
        };
        for situation in StartingSituation::ALL {
            let place = format!("{path}: situation `{situation}`");
            match self.situations.iter().filter(|rule| rule.situation == *situation).collect::<Vec<_>>().as_slice() {
                [rule] if standards.guide_clauses().iter().any(|clause| clause.number == rule.clause) => {}
                [rule] => problems.push(Problem::new(place, format!("the guide has no clause `{}`", rule.clause))),
                _ => problems.push(Problem::new(place, "takes one entry")),
            }
        }
        for rule in &self.rules {
            let place = format!("{path}: rule `{}`", rule.id);
            if !ids.insert(rule.id.as_str()) {
                problems.push(Problem::new(&place, "this id is here twice"));
            }
            if rule.otherwise && rule.approach.is_none() {
                problems.push(Problem::new(&place, "`otherwise` is for rules that speak for an approach"));
            }
            let sides = rule.precedence.iter().flat_map(|order| order.first.iter().chain(&order.then));
            for id in sides.filter(|id| !self.steps.iter().any(|step| step.requirement.is_at_or_below(id))) {
                problems.push(Problem::new(format!("{place}: precedence"), format!("there is no step at `{id}`")));
            }
            if let Some(order) = &rule.precedence {
                let (_, circle) = steps::with_precedence(self.steps.clone(), [order]);
                if !circle.is_empty() {
                    problems
                        .push(Problem::new(format!("{place}: precedence"), "goes round in a circle with the needs"));
                }
            }
            cite(place, &rule.guidance, problems);
        }
        for option in &self.risk_options {
            let place = format!("{path}: risk_option `{}`", option.id);
            if !ids.insert(option.id.as_str()) {
                problems.push(Problem::new(&place, "this id is here twice"));
            }
            cite(place, &option.guidance, problems);
        }
        for checklist in &self.checklists {
            if ![roadmap::PREPARE, roadmap::JOIN].contains(&checklist.phase.as_str()) {
                let place = format!("{path}: checklist `{}`: phase", checklist.section);
                problems.push(Problem::new(place, "is `prepare` or `join`"));
            }
            for point in &checklist.points {
                cite(format!("{path}: checklist `{}`", checklist.section), point, problems);
            }
        }
    }
}
