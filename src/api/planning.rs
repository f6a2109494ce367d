//! The integration planner: plans are made from an organisation's answers, kept, and worked off.

use super::{
    App,
    content::{json, limited},
    format::FormatParameter,
    problem::{ContentProblems, Problems},
    request::{Paging, parameters},
    respond::{PageOf, respond, respond_page},
};
use crate::{
    answers::{self, ItemDecision, PlanAnswer, PlanBrief, PlanRequest, tables},
    error::{Error, Result},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post, put,
    web::{Data, Path, Payload},
};

/// The most that is read of a request, in bytes.
const LONGEST: usize = 256 << 10;

/// Make a plan
///
/// From the state of the organisation: its starting situation, what the guide recommends and why, the reviews and
/// considerations as items, phases in an order that keeps to the correspondence, what may be merged and what stays
/// apart. The plan is kept; `Location` says where. Needs `decisions:write`.
#[utoipa::path(tag = "planning", request_body = PlanRequest,
    responses((status = 201, body = PlanAnswer), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[post("/planning/assessments")]
pub async fn make_plan(request: HttpRequest, app: Data<App>, bearer: Bearer, payload: Payload) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let asked: PlanRequest = json(&limited(&request, payload, LONGEST).await?)?;
    let plan = app
        .ask(move |app| {
            let now = app.clock.now();
            answers::make_plan(&app.store, &app.planning, &app.rules.standards, asked, &bearer.subject, now)
                .map_err(Error::in_body)
        })
        .await?;
    let location = format!("/api/v1/planning/plans/{}", plan.brief.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(plan))
}

/// Plans
///
/// The plans made so far, the latest first, each with its progress. Needs `conformity:read`.
#[utoipa::path(tag = "planning", params(Paging, FormatParameter), responses((status = 200, body = PageOf<PlanBrief>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/planning/plans")]
pub async fn list_plans(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let Paging { limit, cursor } = parameters(&request)?;
    let page = app.ask(move |app| answers::plans(&app.store, cursor.as_deref(), limit.0)).await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.id.clone());
    respond_page(&request, &PageOf { items: page.items, next }, tables::plans)
}

/// A plan
///
/// Needs `conformity:read`.
#[utoipa::path(tag = "planning", params(("plan" = String, Path, description = "Its id")),
    responses((status = 200, body = PlanAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/planning/plans/{plan}")]
pub async fn get_plan(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    plan: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let plan = app.ask(move |app| answers::stored_plan(&app.store, &plan)).await?;
    respond(&request, &plan)
}

/// Decide on an item
///
/// Says how far an item of a plan is; the token's owner is the author, and now the time. An item is not done before
/// those it follows. Needs `decisions:write`.
#[utoipa::path(tag = "planning", request_body = ItemDecision,
    params(("plan" = String, Path, description = "The plan's id"), ("item" = String, Path, description = "The item's id")),
    responses((status = 200, body = PlanAnswer), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[put("/planning/plans/{plan}/items/{item}")]
pub async fn decide_on_plan_item(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let decision: ItemDecision = json(&limited(&request, payload, LONGEST).await?)?;
    let plan = app
        .ask(move |app| {
            let (plan, item) = path.into_inner();
            answers::decide_on_item(&app.store, &plan, &item, decision, &bearer.subject, app.clock.now())
                .map_err(Error::in_body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(plan))
}
