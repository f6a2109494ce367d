//! The roadmap: the phases of an approach in order, and the steps of each with what they build on.

use super::{
    assessment::{Assessment, ServiceProvision},
    items::{PlanItem, Section, Treatment},
    plan::Phase,
    recommend::Approach,
    rules::{Precedence, Stage},
    steps::{self, Step},
};
use crate::{
    model::System,
    standards::{Reach, RequirementId, Standards},
};

/// The phase of reviews and considerations.
pub(super) const PREPARE: &str = "prepare";
/// The phase of decisions about the correspondence.
pub(super) const DECIDE: &str = "decide";
/// The phase that ends with one system.
pub(super) const JOIN: &str = "join";
/// The item that agrees the scope of the second of two steps (5.3.3).
const SECOND_SCOPE: &str = "second-scope";
/// The item that chooses an approach to risk (6.2.3).
pub(super) const RISK_APPROACH: &str = "risk-approach";

/// Steps that go through the cycle together.
struct Run {
    name: &'static str,
    systems: &'static [System],
    /// True if another standard is in place by then.
    second: bool,
}

const ISMS: Run = Run { name: "isms", systems: &[System::Isms], second: false };
const SMS: Run = Run { name: "sms", systems: &[System::Sms], second: false };

/// The runs of an approach, without those of a standard that is in place or that there is nothing to apply to.
fn runs(approach: Approach, assessment: &Assessment) -> Vec<Run> {
    let both: &[System] = &[System::Isms, System::Sms];
    let runs = match approach {
        Approach::IsmsFirst => vec![ISMS, Run { second: true, ..SMS }],
        Approach::SmsFirst => vec![SMS, Run { second: true, ..ISMS }],
        Approach::Concurrent | Approach::Integrate => vec![Run { name: "joint", systems: both, second: false }],
        Approach::Parallel => vec![ISMS, SMS],
    };
    let in_place = |run: &Run| match approach {
        Approach::Integrate => false,
        _ => assessment.existing().any(|(field, _)| field == run.name),
    };
    let without_services =
        |run: &Run| assessment.service_provision == ServiceProvision::Nothing && run.systems.contains(&System::Sms);
    runs.into_iter().filter(|run| !in_place(run) && !without_services(run)).collect()
}

/// The phases after the decisions, with their items.
pub(super) fn phases<'a>(
    approach: Approach,
    assessment: &Assessment,
    all: &[Step],
    precedence: impl Iterator<Item = &'a Precedence> + Clone,
    standards: &Standards,
) -> (Vec<Phase>, Vec<PlanItem>) {
    let (mut phases, mut items): (Vec<Phase>, Vec<PlanItem>) = (Vec::new(), Vec::new());
    let mut ends: Vec<String> = Vec::new();
    for run in runs(approach, assessment) {
        // Sub-projects start side by side; otherwise one run follows the other.
        let mut before = match ends.last() {
            Some(end) if approach != Approach::Parallel => end.clone(),
            _ => DECIDE.to_owned(),
        };
        if run.second {
            phases.push(Phase::new(SECOND_SCOPE, "Agree the scope of the second step", [before]));
            let points = ["5.3.3-n4"];
            items.push(PlanItem::new(SECOND_SCOPE.into(), Section::Decision, SECOND_SCOPE, &points, standards));
            before = SECOND_SCOPE.to_owned();
        }
        let mine = |step: &&Step| {
            let edition = standards.edition(step.requirement.edition());
            edition.is_some_and(|edition| run.systems.contains(&edition.system))
        };
        let steps: Vec<Step> = all.iter().filter(mine).cloned().collect();
        let (placed, unplaced) = steps::with_precedence(steps, precedence.clone());
        let steps: Vec<Step> = placed.into_iter().chain(unplaced).collect();
        for stage in Stage::ALL {
            let of_stage: Vec<_> = steps.iter().filter(|step| step.stage == *stage).collect();
            if of_stage.is_empty() {
                continue;
            }
            let id = format!("{}-{stage}", run.name);
            phases.push(Phase::new(&id, &title(*stage, &run, standards), [before]));
            items.extend(of_stage.into_iter().map(|step| item(step, &id, approach, &run, &steps, standards)));
            before = id;
        }
        ends.push(before);
    }
    if ends.is_empty() {
        ends.push(DECIDE.to_owned());
    }
    let last = ends.len() - 1;
    let ends = if approach == Approach::Parallel { ends } else { ends.split_off(last) };
    phases.push(Phase::new(JOIN, "Keep one system that conforms to both standards", ends));
    (phases, items)
}

fn title(stage: Stage, run: &Run, standards: &Standards) -> String {
    let editions = standards.editions().iter().filter(|edition| run.systems.contains(&edition.system));
    let names: Vec<_> = editions.map(|edition| edition.name.as_str()).collect();
    let verb = match stage {
        Stage::Plan => "Plan",
        Stage::Do => "Do",
        Stage::Check => "Check",
        Stage::Act => "Act",
    };
    format!("{verb}: {}", names.join(" and "))
}

/// The id of a step's item.
fn item_id(requirement: &RequirementId) -> String {
    format!("step-{}", requirement.as_str().replace('/', "-"))
}

fn item(step: &Step, phase: &str, approach: Approach, run: &Run, of_run: &[Step], standards: &Standards) -> PlanItem {
    let item = PlanItem::new(item_id(&step.requirement), Section::Step, phase, &["6.3.1-1"], standards);
    let title = standards.requirement(&step.requirement).map(|node| node.title.as_str()).unwrap_or_default();
    let present = step.needs.iter().filter(|need| of_run.iter().any(|other| other.requirement == **need));
    let mut after: Vec<String> = present.map(item_id).collect();
    if run.second {
        after.push(SECOND_SCOPE.to_owned());
    }
    let topics = standards.topics_of(&step.requirement, Reach::Below);
    if step.stage == Stage::Plan && topics.iter().any(|topic| topic.id == "risk-assessment") {
        after.push(RISK_APPROACH.to_owned());
    }
    let related = !step.counterparts.is_empty();
    let treatment = match approach {
        Approach::Concurrent | Approach::Parallel | Approach::Integrate if related => Treatment::Joint,
        Approach::Integrate => Treatment::Keep,
        _ if run.second && related => Treatment::Extend,
        _ => Treatment::New,
    };
    let rows = standards.rows_citing(&step.requirement).into_iter().filter(|row| steps::relates(row));
    PlanItem {
        title: format!("{} {title}", step.requirement.number()),
        requirements: vec![step.requirement.clone()],
        rows: rows.map(|row| row.row).collect(),
        body_links: standards.body_links_of(&step.requirement).into_iter().map(|link| link.link).collect(),
        treatment: Some(treatment),
        counterparts: step.counterparts.clone(),
        after,
        ..item
    }
}
