//! Decisions: made, confirmed by a second person, taken back; and the statement of applicability.

use super::{
    App,
    content::{json, limited},
    format::FormatParameter,
    problem::{ContentProblems, Problems},
    request::{Limit, parameters},
    respond::{ListOf, PageOf, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, ControlAnswer, DecisionAnswer, tables},
    assess::DecisionBody,
    error::{Error, Result},
    evaluate::{self, Actor, Proposal},
    model::{DecisionKind, Timestamp},
    store::DecisionQuery,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The most that is read of a request, in bytes.
const LONGEST: usize = 1 << 20;

/// A decision to make. Author and time are the token's owner and now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// What it is about.
    pub kind: DecisionKind,
    /// Why, up to 4,000 characters.
    pub reason: String,
    /// From when on it is in force; at once unless given.
    #[serde(default)]
    pub effective_at: Option<Timestamp>,
    /// When it ends; attestations, deviations and determinations of `none` have to.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What exactly is decided, with the fields of its kind.
    #[schema(value_type = DecisionBody)]
    pub body: serde_json::Value,
}

/// Why a decision is confirmed or taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionReason {
    /// The reason.
    pub reason: String,
}

/// Which decisions to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionFilter {
    /// Only of this kind.
    pub kind: Option<DecisionKind>,
    /// Only on this subject: a requirement's full reference, `topic/ID`, `indicator/ID`, `scope/SYSTEM`.
    pub subject: Option<String>,
    /// Only of this author.
    pub author: Option<String>,
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    pub limit: Limit,
    /// Where to read on: `next` of the page before.
    pub cursor: Option<String>,
}

/// Make a decision
///
/// Attestations, findings and their closing, determinations, deviations, relations between requirements, evidence for
/// requirements without topics, processes run by others, declarations of applicability, relaxed indicators. Statuses
/// follow at once, or when a second person has confirmed it where two are needed: closing a finding, deviations,
/// declarations of applicability, relaxed indicators. Nothing is ever changed: a later decision takes the place of an
/// earlier one, or it is taken back. Needs `decisions:write`.
#[utoipa::path(tag = "decisions", request_body = NewDecision,
    responses((status = 201, body = DecisionAnswer), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[post("/decisions")]
pub async fn make_decision(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let asked: NewDecision = json(&limited(&request, payload, LONGEST).await?)?;
    let made = app
        .ask(move |app| {
            let NewDecision { kind, reason, effective_at, expires_at, body } = asked;
            let body = DecisionBody::read(kind, body).map_err(|problem| Error::Unprocessable(vec![problem]))?;
            let proposal = Proposal { body, kind, reason, effective_at, expires_at };
            let (now, view) = (app.clock.now(), bearer.view());
            let actor = Actor { name: &bearer.subject, view };
            let made =
                app.store.write(now, |transaction| evaluate::decide(transaction, &app.rules, proposal, actor))?;
            answers::decision(&app.store, &made.id, view, made.made_at)
        })
        .await?;
    let location = format!("/api/v1/decisions/{}", made.decision.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(made))
}

/// Decisions
///
/// What was decided, the latest first, with where each stands now. Needs `conformity:read`.
#[utoipa::path(tag = "decisions", params(DecisionFilter, FormatParameter),
    responses((status = 200, body = PageOf<DecisionAnswer>), Problems), security(("token" = ["conformity:read"])))]
#[get("/decisions")]
pub async fn list_decisions(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let DecisionFilter { kind, subject, author, limit, cursor } = parameters(&request)?;
    let query = DecisionQuery { kind, subject, author, before: cursor, limit: limit.0 };
    let view = bearer.view();
    let (page, next) = app.ask(move |app| answers::decisions(&app.store, &query, view, app.clock.now())).await?;
    respond_page(&request, &PageOf { items: page.items, next }, tables::decisions)
}

/// A decision
///
/// Needs `conformity:read`.
#[utoipa::path(tag = "decisions", params(("decision" = String, Path, description = "Its id")),
    responses((status = 200, body = DecisionAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/decisions/{decision}")]
pub async fn get_decision(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    decision: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let found = app.ask(move |app| answers::decision(&app.store, &decision, view, app.clock.now())).await?;
    respond(&request, &found)
}

/// Confirm a decision
///
/// As the second of two persons; who made it cannot. It is in force from then on. Needs `decisions:write`.
#[utoipa::path(tag = "decisions", request_body = DecisionReason,
    params(("decision" = String, Path, description = "Its id")),
    responses((status = 200, body = DecisionAnswer), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[post("/decisions/{decision}/confirmation")]
pub async fn confirm_decision(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    decision: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let DecisionReason { reason } = json(&limited(&request, payload, LONGEST).await?)?;
    let found = app
        .ask(move |app| {
            let (now, view) = (app.clock.now(), bearer.view());
            let actor = Actor { name: &bearer.subject, view };
            let at = app.store.write(now, |transaction| {
                evaluate::confirm(transaction, &app.rules, &decision, actor, reason).map(|()| transaction.at())
            })?;
            answers::decision(&app.store, &decision, view, at)
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Take a decision back
///
/// From now on; what was concluded before stands. A finding is not taken back but closed. Needs `decisions:write`.
#[utoipa::path(tag = "decisions", request_body = DecisionReason,
    params(("decision" = String, Path, description = "Its id")),
    responses((status = 200, body = DecisionAnswer), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[post("/decisions/{decision}/withdrawal")]
pub async fn withdraw_decision(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    decision: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let DecisionReason { reason } = json(&limited(&request, payload, LONGEST).await?)?;
    let found = app
        .ask(move |app| {
            let (now, view) = (app.clock.now(), bearer.view());
            let actor = Actor { name: &bearer.subject, view };
            let at = app.store.write(now, |transaction| {
                evaluate::withdraw(transaction, &app.rules, &decision, actor, reason).map(|()| transaction.at())
            })?;
            answers::decision(&app.store, &decision, view, at)
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// The statement of applicability
///
/// Every control of Annex A and the organisation's own, with what is declared of it and its status. A control that is
/// not declared counts as applicable. Declared by decisions of the kind `applicability`. Needs `conformity:read`.
#[utoipa::path(tag = "decisions", params(FormatParameter),
    responses((status = 200, body = ListOf<ControlAnswer>), Problems), security(("token" = ["conformity:read"])))]
#[get("/statement-of-applicability")]
pub async fn get_statement_of_applicability(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let items =
        app.ask(move |app| answers::statement_of_applicability(&app.store, &app.rules, view, app.clock.now())).await?;
    respond_list(&request, items, tables::statement_of_applicability)
}
