//! The standards, read-only: editions, requirements, correspondence in both directions, topics.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::parameters,
    respond::{ListOf, Reply},
};
use crate::{
    answers::{self, EditionSummary, RequirementDetail, RequirementQuery, ReverseQuery, RowQuery, tables},
    error::Result,
    standards::{CorrespondenceRow, Requirement, ReverseEntry, Topic},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// Editions
///
/// The editions of the standards that are known, with how much they hold. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(FormatParameter), responses((status = 200, body = ListOf<EditionSummary>), Problems),
    security(("token" = ["reference:read"])))]
#[get("/editions")]
pub async fn list_editions(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).list(|| Ok(answers::editions(&app.rules.standards)), tables::editions)
}

/// An edition
///
/// Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("edition" = String, Path, description = "`iso27001-2013`")),
    responses((status = 200, body = EditionSummary), Problems), security(("token" = ["reference:read"])))]
#[get("/editions/{edition}")]
pub async fn get_edition(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).json(|| answers::edition(&app.rules.standards, &id))
}

/// Requirements of an edition
///
/// The tree of an edition, flat and in document order: each entry names its parent and children. Needs
/// `reference:read`.
#[utoipa::path(tag = "reference", params(("edition" = String, Path, description = "`iso27001-2013`"), RequirementQuery, FormatParameter),
    responses((status = 200, body = ListOf<Requirement>), Problems), security(("token" = ["reference:read"])))]
#[get("/editions/{edition}/requirements")]
pub async fn list_edition_requirements(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    edition: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || answers::edition_requirements(&app.rules.standards, &edition, &parameters(&request)?);
    app.reference(&request, &bearer).list(list, tables::requirements)
}

/// A requirement
///
/// A requirement with its topics, and the rows of Table A.1 of ISO/IEC 27013:2015 and the body links that speak of it or
/// of a clause it belongs to, whichever standard it is of.
/// With `standards:text` and where the service has one, the licence holder's text too. Needs `reference:read`.
#[utoipa::path(tag = "reference",
    params(("edition" = String, Path, description = "`iso27001-2013`"), ("number" = String, Path, description = "`A.8.1`")),
    responses((status = 200, body = RequirementDetail), Problems), security(("token" = ["reference:read"])))]
#[get("/editions/{edition}/requirements/{number}")]
pub async fn get_edition_requirement(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let detail = || answers::edition_requirement(&app.rules.standards, &path.0, &path.1);
    if bearer.may(Permission::StandardsText) {
        let mut detail = detail()?;
        if let Some(text) = app.rules.overlay.requirement(&detail.requirement.id) {
            detail.text = Some(text.into());
            return Reply::to(&request).not_kept().json(&detail);
        }
    }
    app.reference(&request, &bearer).json(detail)
}

/// Correspondence
///
/// The rows of Table A.1 of ISO/IEC 27013:2015, in document order: all 97, or those that match. Needs
/// `reference:read`.
#[utoipa::path(tag = "reference", params(RowQuery, FormatParameter),
    responses((status = 200, body = ListOf<CorrespondenceRow>), Problems), security(("token" = ["reference:read"])))]
#[get("/correspondence")]
pub async fn list_correspondence(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || answers::correspondence(&app.rules.standards, &parameters(&request)?);
    app.reference(&request, &bearer).list(list, tables::correspondence)
}

/// The reverse view
///
/// Every requirement of ISO/IEC 20000-1 in document order, with the rows of Table A.1 and the body links that speak of
/// it; those without any too. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(ReverseQuery, FormatParameter),
    responses((status = 200, body = ListOf<ReverseEntry>), Problems), security(("token" = ["reference:read"])))]
#[get("/correspondence/reverse")]
pub async fn list_reverse_correspondence(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || Ok(answers::reverse_correspondence(&app.rules.standards, parameters(&request)?));
    app.reference(&request, &bearer).list(list, tables::reverse)
}

/// A row of the correspondence
///
/// Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("row" = u32, Path, description = "Its position in the table, from 1")),
    responses((status = 200, body = CorrespondenceRow), Problems), security(("token" = ["reference:read"])))]
#[get("/correspondence/{row}")]
pub async fn get_correspondence_row(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    row: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).json(|| answers::correspondence_row(&app.rules.standards, &row))
}

/// Topics
///
/// The themes both standards speak about, with the requirements that ask for each. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(FormatParameter), responses((status = 200, body = ListOf<Topic>), Problems),
    security(("token" = ["reference:read"])))]
#[get("/topics")]
pub async fn list_topics(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).list(|| Ok(app.rules.standards.topics().to_vec()), tables::topics)
}

/// A topic
///
/// Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("topic" = String, Path, description = "`incident-evidence`")),
    responses((status = 200, body = Topic), Problems), security(("token" = ["reference:read"])))]
#[get("/topics/{topic}")]
pub async fn get_topic(request: HttpRequest, app: Data<App>, bearer: Bearer, id: Path<String>) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).json(|| answers::topic(&app.rules.standards, &id))
}
