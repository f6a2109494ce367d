//! The plan: everything the planner answers, put together.

use super::{
    assessment::{Assessment, ExistingSystem, Scope, ServiceProvision, SystemsInPlace},
    items::{self, PlanItem, Section},
    recommend::{self, Approach, ApproachOption, Recommendation},
    roadmap,
    rules::{PlanningRules, StartingSituation},
};
use crate::{
    error::{Error, Result},
    standards::Standards,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the planner answers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Where the organisation starts.
    pub situation: Situation,
    /// Everything the guide recommends to this organisation, each with its reason.
    pub recommendations: Vec<Recommendation>,
    /// The approaches these speak for; the phases follow the chosen one.
    pub approaches: Vec<ApproachOption>,
    /// True if recommendations speak for different approaches: the organisation decides (`decided_approach`).
    pub pulls_apart: bool,
    /// The ways to deal with risk under both standards (6.2.3).
    pub risk_options: Vec<RiskOption>,
    /// Where the scopes in place differ, if both are given.
    pub present_scopes: Option<ScopeComparison>,
    /// Where the scopes proposed differ, if both are given.
    pub proposed_scopes: Option<ScopeComparison>,
    /// In an order that puts no phase before what it follows.
    pub phases: Vec<Phase>,
    /// In the order of the phases, then in one that puts no item before what it follows.
    pub items: Vec<PlanItem>,
}

/// Where the organisation starts.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Situation {
    /// Which of the three it is.
    pub situation: StartingSituation,
    /// The guide's clause.
    pub clause: String,
    /// What makes it so.
    pub reason: String,
}

/// A way to deal with risk under both standards.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RiskOption {
    /// `unified`, `separate` or `hybrid`.
    pub id: String,
    /// What it is.
    pub approach: String,
    /// What it leads to, for better and worse.
    pub consequences: Vec<String>,
    /// The guide's clause.
    pub clause: String,
    /// The guidance point.
    pub guidance: String,
}

/// The services two scopes name. Where one covers the whole organisation, it covers what the other names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeComparison {
    /// In both.
    pub shared: Vec<String>,
    /// In the scope of the ISMS alone.
    pub isms_only: Vec<String>,
    /// In the scope of the SMS alone.
    pub sms_only: Vec<String>,
}

/// A phase of the plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Phase {
    /// `isms-plan`: what goes through the cycle together, and the stage.
    pub id: String,
    /// What it is called, for people.
    pub title: String,
    /// The ids of the phases it follows.
    pub after: Vec<String>,
    /// The ids of its items, in order.
    pub items: Vec<String>,
}

impl Phase {
    pub(super) fn new(id: &str, title: &str, after: impl IntoIterator<Item = String>) -> Self {
        let after = after.into_iter().collect();
        Self { id: id.to_owned(), title: title.to_owned(), after, items: Vec::new() }
    }
}

/// The plan for an organisation.
///
/// # Errors
/// `Invalid` if an answer breaks a rule or two contradict each other: then both fields are named.
pub fn plan(assessment: &Assessment, rules: &PlanningRules, standards: &Standards) -> Result<Plan> {
    assessment.check()?;
    let situation = match assessment.management_systems {
        SystemsInPlace::Neither => StartingSituation::Neither,
        SystemsInPlace::Isms | SystemsInPlace::Sms => StartingSituation::OneSystem,
        SystemsInPlace::Both => StartingSituation::SeparateSystems,
    };
    let rule = rules.situations.iter().find(|rule| rule.situation == situation);
    let rule = rule.ok_or_else(|| Error::Internal(format!("no rule for the situation {situation}")))?;
    let holding = recommend::holding(rules, situation, assessment);
    let precedence = holding.iter().filter_map(|(rule, _)| rule.precedence.as_ref());
    let recommendations: Vec<_> = holding
        .iter()
        .map(|(rule, because_of)| Recommendation {
            id: rule.id.clone(),
            advice: rule.advice.clone(),
            reason: rule.reason.clone(),
            clause: clause_of(standards, &rule.guidance),
            guidance: rule.guidance.clone(),
            approach: rule.approach,
            because_of: because_of.iter().map(|field| (*field).to_owned()).collect(),
        })
        .collect();
    let approaches = recommend::approaches(&recommendations, assessment.decided_approach);
    let recommended = approaches.iter().filter(|option| !option.recommended_by.is_empty()).count();
    let chosen = approaches.iter().find(|option| option.chosen).map_or(Approach::Concurrent, |option| option.approach);

    let mut plan_items = items::checklists(rules, situation, roadmap::PREPARE, standards);
    plan_items.extend(items::advice(&recommendations, roadmap::PREPARE, standards));
    plan_items.extend(decisions(recommended > 1 && assessment.decided_approach.is_none(), standards));
    let (later, steps) = roadmap::phases(chosen, assessment, &rules.steps, precedence, standards);
    // Where one standard has nothing to apply to, nothing is to be merged or kept apart.
    if assessment.service_provision != ServiceProvision::Nothing {
        plan_items.extend(items::merge_candidates(roadmap::DECIDE, standards));
        plan_items.extend(items::separate(roadmap::DECIDE, standards));
    }
    plan_items.extend(steps);
    plan_items.extend(items::checklists(rules, situation, roadmap::JOIN, standards));
    let mut phases = vec![
        Phase::new(roadmap::PREPARE, "Review and consider", []),
        Phase::new(roadmap::DECIDE, "Decide what becomes one", [roadmap::PREPARE.to_owned()]),
    ];
    phases.extend(later);
    for phase in &mut phases {
        phase.items = plan_items.iter().filter(|item| item.phase == phase.id).map(|item| item.id.clone()).collect();
    }
    let scope = |system: &Option<ExistingSystem>| system.as_ref().map(|system| system.scope.clone());
    Ok(Plan {
        situation: Situation { situation, clause: rule.clause.clone(), reason: rule.reason.clone() },
        recommendations,
        approaches,
        pulls_apart: recommended > 1,
        risk_options: risk_options(rules, standards),
        present_scopes: compare(scope(&assessment.isms).as_ref(), scope(&assessment.sms).as_ref()),
        proposed_scopes: compare(assessment.proposed_isms_scope.as_ref(), assessment.proposed_sms_scope.as_ref()),
        phases,
        items: plan_items,
    })
}

fn clause_of(standards: &Standards, point: &str) -> String {
    standards.guidance_point(point).map(|point| point.clause.clone()).unwrap_or_default()
}

/// The decisions every plan begins with: on the approach, where it is open, and on risk.
fn decisions(approach_open: bool, standards: &Standards) -> Vec<PlanItem> {
    let approach = approach_open.then(|| {
        let points = ["5.3.2-n3", "5.3.2-n2"];
        PlanItem::new("decide-approach".into(), Section::Decision, roadmap::PREPARE, &points, standards)
    });
    let points = ["6.2.3-3", "6.2.3-2a", "6.2.3-2b", "6.2.3-2c", "6.2.3-7"];
    let id = roadmap::RISK_APPROACH.to_owned();
    let risk = PlanItem::new(id, Section::Decision, roadmap::DECIDE, &points, standards);
    let risk = PlanItem { title: "Choose one of the approaches to risk".to_owned(), ..risk };
    approach.into_iter().chain([risk]).collect()
}

fn risk_options(rules: &PlanningRules, standards: &Standards) -> Vec<RiskOption> {
    let says = |point: &str| standards.guidance_point(point).map(|point| point.says.clone()).unwrap_or_default();
    rules
        .risk_options
        .iter()
        .map(|option| RiskOption {
            id: option.id.clone(),
            approach: says(&option.guidance),
            consequences: option.consequences.clone(),
            clause: clause_of(standards, &option.guidance),
            guidance: option.guidance.clone(),
        })
        .collect()
}

fn compare(isms: Option<&Scope>, sms: Option<&Scope>) -> Option<ScopeComparison> {
    let (isms, sms) = (isms?, sms?);
    let split = |one: &Scope, other: &Scope| -> (Vec<String>, Vec<String>) {
        one.services.iter().cloned().partition(|name| other.whole_organization || other.services.contains(name))
    };
    let ((mut shared, isms_only), (also, sms_only)) = (split(isms, sms), split(sms, isms));
    shared.extend(also.into_iter().filter(|name| !isms.services.contains(name)));
    Some(ScopeComparison { shared, isms_only, sms_only })
}
