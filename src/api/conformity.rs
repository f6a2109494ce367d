//! The status of requirements, of rows of Table A.1, and of both standards.

use super::{App, format::FormatParameter, problem::Problems, request::parameters, respond::ListOf};
use crate::{
    answers::{
        self, AsOf, ConformityAnswer, JointStatusAnswer, JointStatusQuery, RequirementExplanation,
        RequirementStatusBrief, RequirementStatusQuery, tables,
    },
    error::Result,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// Statuses of requirements
///
/// The conformity status of every requirement of both standards, in document order. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(RequirementStatusQuery, FormatParameter),
    responses((status = 200, body = ListOf<RequirementStatusBrief>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/requirements")]
pub async fn list_requirement_statuses(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let kept = app.concluded(&request, &bearer).await?;
    let query: RequirementStatusQuery = parameters(&request)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::requirement_statuses(&app.store, &app.rules, &query, view)).await?;
    kept.list(|| Ok(items), tables::requirement_statuses)
}

/// The status of a requirement, explained
///
/// The status of a requirement with what it rests on: topics, indicators with definition and version, documents,
/// findings, the requirements below, and the records that fail. Needs `conformity:read`.
#[utoipa::path(tag = "conformity",
    params(("edition" = String, Path, description = "`iso27001-2013`"), ("number" = String, Path, description = "`A.16.1.7`"), AsOf),
    responses((status = 200, body = RequirementExplanation), Problems), security(("token" = ["conformity:read"])))]
#[get("/requirements/{edition}/{number}")]
pub async fn explain_requirement(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let kept = app.concluded(&request, &bearer).await?;
    let at: AsOf = parameters(&request)?;
    let view = bearer.view();
    let explanation =
        app.ask(move |app| answers::explain_requirement(&app.store, &app.rules, (&path.0, &path.1), at, view)).await?;
    kept.json(|| Ok(explanation))
}

/// The conformity summary
///
/// How far the organisation conforms to each standard and to both at once: statuses counted by requirement and by
/// clause group, joint statuses counted by row. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(AsOf), responses((status = 200, body = ConformityAnswer), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/conformity")]
pub async fn get_conformity(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let kept = app.concluded(&request, &bearer).await?;
    let at: AsOf = parameters(&request)?;
    let view = bearer.view();
    let summary = app.ask(move |app| answers::conformity(&app.store, &app.rules, at, view)).await?;
    kept.json(|| Ok(summary))
}

/// Joint statuses
///
/// The joint status of every row of Table A.1 of ISO/IEC 27013:2015, with both sides. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(JointStatusQuery, FormatParameter),
    responses((status = 200, body = ListOf<JointStatusAnswer>), Problems), security(("token" = ["conformity:read"])))]
#[get("/conformity/joint")]
pub async fn list_joint_statuses(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let kept = app.concluded(&request, &bearer).await?;
    let query: JointStatusQuery = parameters(&request)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::joint_statuses(&app.store, &app.rules, &query, view)).await?;
    kept.list(|| Ok(items), tables::joint_statuses)
}

/// The joint status of a row
///
/// Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(("row" = u32, Path, description = "Its position in the table, from 1"), AsOf),
    responses((status = 200, body = JointStatusAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/conformity/joint/{row}")]
pub async fn explain_joint_status(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    row: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let kept = app.concluded(&request, &bearer).await?;
    let at: AsOf = parameters(&request)?;
    let view = bearer.view();
    let status = app.ask(move |app| answers::joint_status(&app.store, &app.rules, &row, at, view)).await?;
    kept.json(|| Ok(status))
}
