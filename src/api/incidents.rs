//! Incidents under two standards: their classes, decisions on them, and where they overlap.

use super::{
    App,
    condition::{Condition, ConditionHeader},
    content::{json, limited},
    format::FormatParameter,
    problem::{ConditionProblems, ContentProblems, Problems},
    request::parameters,
    respond::{ListOf, respond, respond_changed, respond_list},
};
use crate::{
    answers::{self, ClassDecision, IncidentOverlapAnswer, PeriodQuery, tables},
    assess::incidents::ClassifiedIncident,
    error::{Error, Result},
    model::RecordId,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, put,
    web::{Data, Path, Payload},
};

/// The most that is read of a decision, in bytes.
const LONGEST: usize = 16 << 10;

/// Classified incidents
///
/// The incidents and events opened in a period: service, security, both or event, by a person's decision, by what the
/// source says, or by rules over their fields and those of the items they affect. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(PeriodQuery, FormatParameter),
    responses((status = 200, body = ListOf<ClassifiedIncident>), Problems), security(("token" = ["conformity:read"])))]
#[get("/incidents/classification")]
pub async fn list_classified_incidents(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let query: PeriodQuery = parameters(&request)?;
    let (period, view) = (query.period(app.clock.now())?, bearer.view());
    let items = app.ask(move |app| answers::classified_incidents(&app.store, &app.rules, period, view)).await?;
    respond_list(&request, items, tables::classified_incidents)
}

/// Overlap of incidents
///
/// How many incidents of a period are of both standards, of information security only, of services only, or mere events;
/// evidence against restoration, with targets missed while evidence was collected; and whether major incidents are
/// declared to have time for it. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(PeriodQuery), responses((status = 200, body = IncidentOverlapAnswer), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/incidents/overlap")]
pub async fn get_incident_overlap(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let query: PeriodQuery = parameters(&request)?;
    let (period, view) = (query.period(app.clock.now())?, bearer.view());
    let overlap = app.ask(move |app| answers::incident_overlaps(&app.store, &app.rules, period, view)).await?;
    respond(&request, &overlap)
}

/// The class of an incident
///
/// Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(("incident" = String, Path, description = "The id of the ticket's record")),
    responses((status = 200, body = ClassifiedIncident), Problems), security(("token" = ["conformity:read"])))]
#[get("/incidents/{incident}/classification")]
pub async fn get_incident_class(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let (id, view) = (incident(&id)?, bearer.view());
    let found = app.ask(move |app| answers::classified_incident(&app.store, &app.rules, id, view)).await?;
    respond(&request, &found)
}

/// Decide on the class of an incident
///
/// Says what an incident is, against rules and records, with a reason; the token's owner is the author. Earlier decisions
/// are kept; the latest counts, and a null `class` takes it back. The incident is judged anew at once: its class decides
/// which indicators apply to it. Needs `decisions:write`.
#[utoipa::path(tag = "reports", request_body = ClassDecision,
    params(("incident" = String, Path, description = "The id of the ticket's record"), ConditionHeader),
    responses((status = 200, body = ClassifiedIncident), Problems, ContentProblems, ConditionProblems),
    security(("token" = ["decisions:write"])))]
#[put("/incidents/{incident}/classification")]
pub async fn decide_on_incident_class(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    condition: Condition,
    id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let decision: ClassDecision = json(&limited(&request, payload, LONGEST).await?)?;
    let id = incident(&id)?;
    let found = app
        .ask(move |app| {
            let now = (bearer.view(), app.clock.now());
            let fits = |found: &ClassifiedIncident| condition.check(|| Ok(found));
            answers::decide_on_class(&app.store, &app.rules, id, decision, &bearer.subject, now, fits)
                .map_err(Error::in_body)
        })
        .await?;
    respond_changed(HttpResponse::Ok(), &found)
}

fn incident(id: &str) -> Result<RecordId> {
    id.parse().map_err(|_| Error::NotFound(format!("there is no incident or event `{id}`: an id is a UUID")))
}
