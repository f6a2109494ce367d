//! What would fix it, and what watches over each requirement.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    respond::{ListOf, Reply, respond_list},
};
use crate::{
    answers::{self, MendsAnswer, tables},
    assess::{RequirementCoverage, coverage},
    error::Result,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// What would fix a requirement
///
/// For the indicators of the requirement, and of everything below it, that lapsed or breached: how many records have to be
/// mended, and which, those first that fail several. Only what can still be put right is proposed; events of the past
/// are listed with the day they leave the window. Greedy, as the answer says. Needs `conformity:read`.
#[utoipa::path(tag = "conformity",
    params(("edition" = String, Path, description = "`iso20000-1-2011`"), ("number" = String, Path, description = "`9.1`"), FormatParameter),
    responses((status = 200, body = MendsAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/requirements/{edition}/{number}/mends")]
pub async fn list_requirement_mends(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let answer = app.ask(move |app| answers::requirement_mends(&app.store, &app.rules, &path.0, &path.1, view)).await?;
    Reply::to(&request).tabular(&answer, tables::mends)
}

/// What would fix both standards
///
/// As of one requirement, over all of them: the records whose mending regains most of the joint status first. Needs
/// `conformity:read`.
#[utoipa::path(tag = "conformity", params(FormatParameter), responses((status = 200, body = MendsAnswer), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/conformity/mends")]
pub async fn list_mends(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let answer = app.ask(move |app| answers::all_mends(&app.store, &app.rules, view)).await?;
    Reply::to(&request).tabular(&answer, tables::mends)
}

/// Coverage
///
/// For each requirement the indicators that watch over its topics, or why documents and persons have to. Needs
/// `conformity:read`.
#[utoipa::path(tag = "conformity", params(FormatParameter), responses((status = 200, body = ListOf<RequirementCoverage>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/conformity/coverage")]
pub async fn list_coverage(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let rules = &app.rules;
    let items = coverage(&rules.standards, &rules.indicators, &rules.other_evidence);
    respond_list(&request, items, tables::coverage)
}
