//! The scopes of the two management systems: defined, compared, and looked at for gaps.

use super::{
    App,
    content::{json, limited},
    problem::{ContentProblems, Problems},
    request::parameters,
    respond::{ListOf, respond},
};
use crate::{
    answers::{self, AlignmentAnswer, ClosureAnswer, ScopeAnswer, ScopeEffect},
    assess::{DecisionBody, ScopeBody, ScopeExclusion, ScopeRule},
    error::{Error, Result},
    evaluate::{Actor, Proposal},
    model::{DecisionKind, System, Timestamp},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, put,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The most that is read of a request, in bytes.
const LONGEST: usize = 256 << 10;

/// A definition of a scope. Author and time are the token's owner and now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScope {
    /// Why.
    pub reason: String,
    /// From when on it is in force; at once unless given.
    #[serde(default)]
    pub effective_at: Option<Timestamp>,
    /// True if it is the whole organisation's.
    #[serde(default)]
    pub organisation_wide: bool,
    /// What is in; without any, everything is.
    #[serde(default)]
    pub include: Vec<ScopeRule>,
    /// What of that is out, and why.
    #[serde(default)]
    pub exclude: Vec<ScopeExclusion>,
}

/// Whether to define a scope, or only try.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScopeParameters {
    /// True to see what it would do, and leave it.
    #[serde(default)]
    pub dry_run: bool,
}

/// Scopes
///
/// What is in the scope of each management system, with the versions of its definition. Needs `conformity:read`.
#[utoipa::path(tag = "scopes", responses((status = 200, body = ListOf<ScopeAnswer>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/scopes")]
pub async fn list_scopes(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let items = app.ask(move |app| answers::scopes(&app.store, app.clock.now())).await?;
    respond(&request, &ListOf { items })
}

/// Alignment of the scopes
///
/// How far the scopes agree: intersection over union, of services and of configuration items; and how many records
/// nothing links to any of them, so that they count in both. Needs `conformity:read`.
#[utoipa::path(tag = "scopes", responses((status = 200, body = AlignmentAnswer), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/scopes/alignment")]
pub async fn get_scope_alignment(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let found = app.ask(move |app| answers::scope_alignment(&app.store, view)).await?;
    respond(&request, &found)
}

/// Closure of the scopes
///
/// For every configuration item that contributes to a live service in scope, directly or through others, whether it is
/// in the scope, run by another party under an agreement and governed, or a gap. Needs `conformity:read`.
#[utoipa::path(tag = "scopes", responses((status = 200, body = ClosureAnswer), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/scopes/closure")]
pub async fn get_scope_closure(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let found = app.ask(move |app| answers::scope_closure(&app.store, &app.rules, view, app.clock.now())).await?;
    respond(&request, &found)
}

/// Define a scope
///
/// As a new version; `dry_run` shows what it would do, the statuses that would turn among it, and leaves it. Records
/// count in the scopes they are in from then on; beyond a thousand they are judged again in chunks, and `settling` says
/// how many are left. Needs `decisions:write`.
#[utoipa::path(tag = "scopes", request_body = NewScope,
    params(("system" = System, Path, description = "`isms` or `sms`"), ScopeParameters),
    responses((status = 200, body = ScopeEffect), Problems, ContentProblems), security(("token" = ["decisions:write"])))]
#[put("/scopes/{system}")]
pub async fn define_scope(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    system: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::DecisionsWrite)?;
    let system: System = system.parse().map_err(|rule| Error::invalid("system", rule))?;
    let ScopeParameters { dry_run } = parameters(&request)?;
    let asked: NewScope = json(&limited(&request, payload, LONGEST).await?)?;
    let effect = app
        .ask(move |app| {
            let NewScope { reason, effective_at, organisation_wide, include, exclude } = asked;
            let body = DecisionBody::Scope(ScopeBody { system, organisation_wide, include, exclude });
            let proposal = Proposal { body, kind: DecisionKind::Scope, reason, effective_at, expires_at: None };
            let now = app.clock.now();
            let actor = Actor { name: &bearer.subject, view: bearer.view() };
            if dry_run {
                return answers::try_scope(&app.store, &app.rules, system, proposal, actor, now);
            }
            app.store.write(now, |transaction| answers::define_scope(transaction, &app.rules, system, proposal, actor))
        })
        .await?;
    Ok(HttpResponse::Ok().json(effect))
}
