//! The guide, read-only: terms, guidance, body links, the matrix; and the review of a text's terms.

use super::{
    App,
    content::{Content, json, limited},
    format::FormatParameter,
    problem::{ContentProblems, Problems},
    request::parameters,
    respond::{ListOf, Reply, respond},
};
use crate::{
    answers::{self, BodyLinkQuery, GuidanceQuery, MatrixQuery, TermDetail, TermQuery, tables},
    error::{Error, Result},
    standards::{BodyLink, GuidancePoint, Matrix, Term},
    terminology::{GlossaryEntry, LONGEST_TEXT, Review, TextFormat, review},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Terms
///
/// Table B.1 of ISO/IEC 27013:2015 in its order, then supplements: where each standard defines or uses a term, how far
/// the usages agree, and what to do about it. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(TermQuery, FormatParameter), responses((status = 200, body = ListOf<Term>), Problems),
    security(("token" = ["reference:read"])))]
#[get("/terms")]
pub async fn list_terms(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || Ok(answers::terms(&app.rules.standards, &parameters(&request)?));
    app.reference(&request, &bearer).list(list, tables::terms)
}

/// A term
///
/// By its id, or by any name of it: singular or plural, in upper or lower case. With `standards:text` and where the
/// service has one, the licence holder's text too. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("term" = String, Path, description = "`configuration-item`")),
    responses((status = 200, body = TermDetail), Problems), security(("token" = ["reference:read"])))]
#[get("/terms/{term}")]
pub async fn get_term(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    term: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let detail = || answers::term(&app.rules.standards, &term);
    if bearer.may(Permission::StandardsText) {
        let mut detail = detail()?;
        if let Some(text) = app.rules.overlay.term(&detail.term.id) {
            detail.text = Some(text.into());
            return Reply::to(&request).not_kept().json(&detail);
        }
    }
    app.reference(&request, &bearer).json(detail)
}

/// A text to review, with what the organisation has settled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewRequest {
    /// The text, up to 1 MiB.
    pub text: String,
    /// What it is written in.
    pub format: TextFormat,
    /// The organisation's own glossary: a term that is in it is no finding.
    #[serde(default)]
    pub glossary: Vec<GlossaryEntry>,
}

/// Terminology review
///
/// The passages of a text whose words mean different things in the two standards or are used loosely, with position,
/// reason and suggestion. Takes the text itself as `text/plain`, `text/markdown` or `text/html`, or JSON with a
/// glossary. Nothing is kept. Needs `reference:read`.
#[utoipa::path(tag = "reference",
    request_body(content((ReviewRequest = "application/json"), (String = "text/plain"), (String = "text/markdown"), (String = "text/html"))),
    responses((status = 200, body = Review), Problems, ContentProblems), security(("token" = ["reference:read"])))]
#[post("/terms/review")]
pub async fn review_terms(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    // JSON may need twice the room: it escapes what the text says plainly.
    let content = limited(&request, payload, 2 * LONGEST_TEXT).await?;
    let asked = read_review(content)?;
    if asked.text.len() > LONGEST_TEXT {
        return Err(Error::TooLarge(format!(
            "the text has {} bytes; at most {LONGEST_TEXT} are taken",
            asked.text.len()
        )));
    }
    let found = app
        .ask(move |app| {
            review(&asked.text, asked.format, &asked.glossary, &app.rules.standards).map_err(Error::in_body)
        })
        .await?;
    respond(&request, &found)
}

fn read_review(content: Content) -> Result<ReviewRequest> {
    let format = match content.media_type.as_str() {
        "application/json" => {
            let asked: ReviewRequest = json(&content)?;
            return if asked.text.contains('\0') { Err(binary()) } else { Ok(asked) };
        }
        "text/plain" => TextFormat::Plain,
        "text/markdown" => TextFormat::Markdown,
        "text/html" => TextFormat::Html,
        other => {
            return Err(Error::Unsupported(format!(
                "`{other}` cannot be reviewed; send text/plain, text/markdown, text/html or application/json"
            )));
        }
    };
    let text = String::from_utf8(content.bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(binary)?;
    Ok(ReviewRequest { text, format, glossary: Vec::new() })
}

fn binary() -> Error {
    Error::Unsupported("the content is not text in UTF-8".into())
}

/// Guidance
///
/// What clauses 5 and 6 of ISO/IEC 27013:2015 would have an organisation do, in this project's words, with the
/// requirements and topics each point touches and the operations that answer it. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(GuidanceQuery, FormatParameter),
    responses((status = 200, body = ListOf<GuidancePoint>), Problems), security(("token" = ["reference:read"])))]
#[get("/guidance")]
pub async fn list_guidance(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || answers::guidance(&app.rules.standards, &parameters(&request)?);
    app.reference(&request, &bearer).list(list, tables::guidance)
}

/// A point of guidance
///
/// Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("point" = String, Path, description = "`6.2.5-9`")),
    responses((status = 200, body = GuidancePoint), Problems), security(("token" = ["reference:read"])))]
#[get("/guidance/{point}")]
pub async fn get_guidance_point(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    point: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).json(|| app.rules.standards.guidance_point(&point))
}

/// Body links
///
/// The links between the standards that the text of ISO/IEC 27013:2015 makes and Table A.1 does not. Needs
/// `reference:read`.
#[utoipa::path(tag = "reference", params(BodyLinkQuery, FormatParameter),
    responses((status = 200, body = ListOf<BodyLink>), Problems), security(("token" = ["reference:read"])))]
#[get("/correspondence/body-links")]
pub async fn list_body_links(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let list = || answers::body_links(&app.rules.standards, &parameters(&request)?);
    app.reference(&request, &bearer).list(list, tables::body_links)
}

/// A body link
///
/// Needs `reference:read`.
#[utoipa::path(tag = "reference", params(("link" = u32, Path, description = "Its position among the body links, from 1")),
    responses((status = 200, body = BodyLink), Problems), security(("token" = ["reference:read"])))]
#[get("/correspondence/body-links/{link}")]
pub async fn get_body_link(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    link: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    app.reference(&request, &bearer).json(|| answers::body_link(&app.rules.standards, &link))
}

/// The matrix of both standards
///
/// Both trees at the depth asked for, and every related pair of nodes with the rows and body links that relate them. As
/// a table it has a line for each node of ISO/IEC 27001 and a column for each of ISO/IEC 20000-1. Needs
/// `reference:read`.
#[utoipa::path(tag = "reference", params(MatrixQuery, FormatParameter), responses((status = 200, body = Matrix), Problems),
    security(("token" = ["reference:read"])))]
#[get("/correspondence/matrix")]
pub async fn get_correspondence_matrix(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let matrix = || answers::correspondence_matrix(&app.rules.standards, parameters(&request)?);
    app.reference(&request, &bearer).tabular(matrix, tables::matrix)
}
