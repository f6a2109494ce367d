//! Integration plans: making, reading, and deciding on their items.

use crate::{
    error::{Error, Result},
    model::Timestamp,
    planning::{Assessment, Plan, PlanningRules, Progress, WorkDecision, WorkState, apply, plan, progress},
    standards::Standards,
    store::{Page, Store, StoredPlan},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The most characters of a plan's title.
const LONGEST_TITLE: usize = 200;

/// What a plan is made from.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// What to call the plan; up to 200 characters.
    pub title: String,
    /// The state of the organisation.
    pub assessment: Assessment,
}

/// A plan without its items.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanBrief {
    /// Its id.
    pub id: String,
    /// What its maker calls it.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// How far it is.
    pub progress: Progress,
}

/// A plan with everything in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanAnswer {
    /// What it is, and how far.
    #[serde(flatten)]
    pub brief: PlanBrief,
    /// The answers it was made from.
    pub assessment: Assessment,
    /// The plan, its items with what was decided on them.
    pub plan: Plan,
}

/// What a person decides on an item; author and time are the token's owner and now.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemDecision {
    /// How far the item is from now on.
    pub state: WorkState,
    /// A remark; needed where the item is decided to be unnecessary.
    #[serde(default)]
    pub note: Option<String>,
}

/// Makes a plan from an organisation's answers and keeps it.
pub fn make_plan(
    store: &Store,
    rules: &PlanningRules,
    standards: &Standards,
    request: PlanRequest,
    author: &str,
    now: Timestamp,
) -> Result<PlanAnswer> {
    if request.title.trim().is_empty() || request.title.chars().count() > LONGEST_TITLE {
        return Err(Error::invalid("title", format!("has 1 to {LONGEST_TITLE} characters")));
    }
    let made = plan(&request.assessment, rules, standards)?;
    let stored = StoredPlan {
        id: Uuid::now_v7().to_string(),
        title: request.title,
        created_at: now,
        created_by: author.into(),
        assessment: json(&request.assessment)?,
        body: json(&made)?,
    };
    store.write(now, |transaction| transaction.add_plan(stored.clone()))?;
    read(stored)
}

/// A page of plans, the latest first.
pub fn plans(store: &Store, before: Option<&str>, limit: u32) -> Result<Page<PlanBrief>> {
    let page = store.read(|reader| reader.plans(before, limit))?;
    let items = page.items.into_iter().map(|stored| Ok(read(stored)?.brief)).collect::<Result<_>>()?;
    Ok(Page { items, more: page.more })
}

/// A plan by its id.
pub fn stored_plan(store: &Store, id: &str) -> Result<PlanAnswer> {
    read(store.read(|reader| reader.plan(id))?.ok_or_else(|| no_plan(id))?)
}

/// Decides on an item of a plan; what comes back is the plan after it.
pub fn decide_on_item(
    store: &Store,
    id: &str,
    item: &str,
    decision: ItemDecision,
    author: &str,
    now: Timestamp,
) -> Result<PlanAnswer> {
    store.write(now, |transaction| {
        let stored = transaction.plan(id)?.ok_or_else(|| no_plan(id))?;
        let mut answer = read(stored)?;
        let ItemDecision { state, note } = decision;
        let decision = WorkDecision { state, author: author.into(), at: transaction.at(), note };
        apply(&mut answer.plan.items, item, decision)?;
        transaction.change_plan(id, &json(&answer.plan)?)?;
        answer.brief.progress = progress(&answer.plan.phases, &answer.plan.items);
        Ok(answer)
    })
}

fn read(stored: StoredPlan) -> Result<PlanAnswer> {
    let broken = |error: serde_json::Error| Error::Internal(format!("the plan {} cannot be read: {error}", stored.id));
    let plan: Plan = serde_json::from_str(&stored.body).map_err(broken)?;
    let assessment = serde_json::from_str(&stored.assessment).map_err(broken)?;
    let progress = progress(&plan.phases, &plan.items);
    let StoredPlan { id, title, created_at, created_by, .. } = stored;
    Ok(PlanAnswer { brief: PlanBrief { id, title, created_at, created_by, progress }, assessment, plan })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

fn no_plan(id: &str) -> Error {
    Error::NotFound(format!("there is no plan `{id}`"))
}
