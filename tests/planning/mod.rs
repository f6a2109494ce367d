//! Cases of `concord::planning`.

mod contradictions;
mod plans;
mod progress;
mod recommendations;
mod rules;

use concord::{
    embedded,
    planning::{Assessment, Plan, PlanItem, PlanningRules, plan},
    standards::Standards,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

static STANDARDS: LazyLock<Standards> =
    LazyLock::new(|| Standards::parse(&embedded::standards()).unwrap_or_else(|error| panic!("{error}")));
static RULES: LazyLock<PlanningRules> = LazyLock::new(|| {
    PlanningRules::parse(&embedded::standards(), &STANDARDS).unwrap_or_else(|error| panic!("{error}"))
});

/// Answers of a middling organisation without systems, services or anything else that speaks for an approach, with
/// changes made.
fn answers(changes: Value) -> Assessment {
    let mut answers = json!({
        "management_systems": "none",
        "service_provision": "partly",
        "supplier_reliance": "none",
        "size": "medium",
        "security_importance": "medium",
        "service_importance": "medium",
        "risk_criticality": "medium",
    });
    let all = answers.as_object_mut().expect("an object");
    all.extend(changes.as_object().expect("an object").clone());
    serde_json::from_value(answers).unwrap_or_else(|error| panic!("{error}"))
}

/// A system of these services, in use and conforming.
fn system(services: &[&str]) -> Value {
    json!({ "scope": { "services": services }, "maturity": "conforming" })
}

#[track_caller]
fn planned(changes: Value) -> Plan {
    plan(&answers(changes), &RULES, &STANDARDS).unwrap_or_else(|error| panic!("{error}"))
}

fn item<'a>(plan: &'a Plan, id: &str) -> &'a PlanItem {
    plan.items.iter().find(|item| item.id == id).unwrap_or_else(|| panic!("no item {id}"))
}

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [contradictions::trials(), plans::trials(), progress::trials(), recommendations::trials(), rules::trials()]
        .into_iter()
        .flatten()
        .collect()
}
