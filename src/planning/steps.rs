//! Steps: one per clause or control objective without clauses below it, in an order that respects stage and needs.

use super::rules::{Needs, Precedence, Stage, Stages};
use crate::{
    error::Problem,
    standards::{
        CorrespondenceRelation as Relation, CorrespondenceRow, Requirement, RequirementId, RequirementKind as Kind,
        Standards,
    },
};

/// One step: a requirement to be fulfilled.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub requirement: RequirementId,
    pub stage: Stage,
    /// The steps of the same edition that have to be taken before.
    pub needs: Vec<RequirementId>,
    /// The steps of other editions that mapped or qualified rows of Table A.1 relate it to.
    pub counterparts: Vec<RequirementId>,
}

/// All steps of the editions that have stages, ordered; every broken rule becomes a problem.
pub(super) fn steps(
    stages: &Stages,
    needs: &Needs,
    standards: &Standards,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (edition, stages) in stages {
        let place = format!("{path}: stages.{edition}");
        if standards.edition(edition).is_none() {
            problems.push(Problem::new(&place, "there is no such edition"));
        }
        for number in stages.values().flatten() {
            expect_node(standards, edition, number, &place, problems);
        }
        for node in standards.requirements_of(edition).filter(|node| is_step(standards, node)) {
            let above = |number: &String| node.id.is_at_or_below(&RequirementId::new(edition, number));
            let named = stages.iter().flat_map(|(stage, numbers)| numbers.iter().map(move |number| (number, *stage)));
            // The nearest node above decides.
            match named.filter(|(number, _)| above(number)).max_by_key(|(number, _)| number.len()) {
                Some((_, stage)) => {
                    let (requirement, counterparts) = (node.id.clone(), Vec::new());
                    steps.push(Step { requirement, stage, needs: Vec::new(), counterparts });
                }
                None => problems.push(Problem::new(&place, format!("`{}` has no stage", node.number))),
            }
        }
    }
    hang_needs(&mut steps, needs, standards, path, problems);
    relate(&mut steps, standards);
    order(steps, path, problems)
}

/// A clause or objective below which there is none.
fn is_step(standards: &Standards, node: &Requirement) -> bool {
    let kind = |id: &RequirementId| standards.requirement(id).map(|child| child.kind);
    let divides = |id| matches!(kind(id), Some(Kind::Clause | Kind::Objective));
    node.normative && matches!(node.kind, Kind::Clause | Kind::Objective) && !node.children.iter().any(divides)
}

fn expect_node(standards: &Standards, edition: &str, number: &str, place: &str, problems: &mut Vec<Problem>) {
    if let Err(error) = standards.find(edition, number) {
        problems.push(Problem::new(place, error.to_string()));
    }
}

/// Gives every step at or below a node the steps at or below what the node needs.
fn hang_needs(steps: &mut [Step], needs: &Needs, standards: &Standards, path: &str, problems: &mut Vec<Problem>) {
    for (edition, needs) in needs {
        for (number, needed) in needs {
            let place = format!("{path}: needs.{edition} `{number}`");
            for number in needed.iter().chain([number]) {
                expect_node(standards, edition, number, &place, problems);
            }
            let whole = RequirementId::new(edition, number);
            let needed: Vec<_> = needed.iter().map(|number| RequirementId::new(edition, number)).collect();
            let at = |id: &RequirementId| needed.iter().any(|needed| id.is_at_or_below(needed));
            let before: Vec<_> = steps.iter().filter(|step| at(&step.requirement)).cloned().collect();
            for step in steps.iter_mut().filter(|step| step.requirement.is_at_or_below(&whole)) {
                for earlier in &before {
                    if earlier.stage > step.stage {
                        let rule = format!("needs {}, which has a later stage", earlier.requirement.number());
                        problems.push(Problem::new(&place, rule));
                    }
                    if !step.needs.contains(&earlier.requirement) {
                        step.needs.push(earlier.requirement.clone());
                    }
                }
            }
        }
    }
}

/// Relates steps over the rows of the table; an end above steps stands for all of them, one below for the step above.
fn relate(steps: &mut [Step], standards: &Standards) {
    for row in standards.rows().iter().filter(|row| relates(row)) {
        let Some(requirement) = &row.requirement else { continue };
        for citation in &row.references {
            for (one, other) in [(requirement, &citation.requirement), (&citation.requirement, requirement)] {
                let there: Vec<_> = steps.iter().filter(|step| touches(step, other)).cloned().collect();
                for step in steps.iter_mut().filter(|step| touches(step, one)) {
                    for other in &there {
                        if !step.counterparts.contains(&other.requirement) {
                            step.counterparts.push(other.requirement.clone());
                        }
                    }
                }
            }
        }
    }
}

/// True if the row gives references that its ends may be merged by.
pub(super) fn relates(row: &CorrespondenceRow) -> bool {
    matches!(row.relation, Relation::Mapped | Relation::Qualified)
}

/// True if the step fulfils the requirement or a part of it.
fn touches(step: &Step, id: &RequirementId) -> bool {
    step.requirement.is_at_or_below(id) || id.is_below(&step.requirement)
}

/// By stage, then with what a step needs before it, then as they come. What goes round in a circle is a problem.
fn order(mut steps: Vec<Step>, path: &str, problems: &mut Vec<Problem>) -> Vec<Step> {
    steps.sort_by_key(|step| step.stage);
    let (ordered, circle) = ordered(steps);
    if !circle.is_empty() {
        let numbers: Vec<_> = circle.iter().map(|step| step.requirement.as_str()).collect();
        problems.push(Problem::new(format!("{path}: needs"), format!("go round in a circle: {}", numbers.join(", "))));
    }
    ordered
}

/// The steps with what each needs before it, otherwise as they come; and those that cannot be placed. What is needed
/// and not among them does not count.
fn ordered(mut waiting: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
    let mut placed = Vec::new();
    let ready = |step: &Step, waiting: &[Step]| {
        !step.needs.iter().any(|need| waiting.iter().any(|other| other.requirement == *need))
    };
    while let Some(next) = waiting.iter().position(|step| ready(step, &waiting)) {
        placed.push(waiting.remove(next));
    }
    (placed, waiting)
}

/// The steps in an order that also puts some before others; and those that cannot be placed.
pub(super) fn with_precedence<'a>(
    mut steps: Vec<Step>,
    precedence: impl IntoIterator<Item = &'a Precedence>,
) -> (Vec<Step>, Vec<Step>) {
    for order in precedence {
        let among = |id: &RequirementId, ends: &[RequirementId]| ends.iter().any(|end| id.is_at_or_below(end));
        let first: Vec<_> =
            steps.iter().map(|step| &step.requirement).filter(|id| among(id, &order.first)).cloned().collect();
        for step in steps.iter_mut().filter(|step| among(&step.requirement, &order.then)) {
            step.needs.extend(first.iter().cloned());
        }
    }
    ordered(steps)
}
