//! Sources: which there are, making and changing them, and the rows no record could be made of.

use super::{
    App,
    condition::{Condition, ConditionHeader},
    content::{json, limited},
    format::FormatParameter,
    problem::{ChangeProblems, ConditionProblems, ContentProblems, Problems},
    request::{Paging, parameters},
    respond::{ListOf, PageOf, respond, respond_changed, respond_list, respond_page},
};
use crate::{
    answers::{self, SourceState, tables},
    assess::SourceRules,
    connectors::{SourceSettings, Stop, StreamCheck},
    error::{Error, Result},
    ingest::Author,
    store::{Reader, SetAsideRow},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    post, put,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most that is read of a request, in bytes.
const LONGEST: usize = 64 << 10;

/// A source to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// Its name: lower-case letters, digits and hyphens.
    name: String,
    /// What is said of it.
    settings: SourceSettings,
}

/// Sources
///
/// The configured sources with their streams. Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(FormatParameter), responses((status = 200, body = ListOf<SourceState>), Problems),
    security(("token" = ["sources:manage"])))]
#[get("/sources")]
pub async fn list_sources(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let items = app.ask(move |app| answers::sources(&app.store, &app.rules, bearer.view())).await?;
    respond_list(&request, items, tables::sources)
}

/// A source
///
/// A configured source with its streams. Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name")),
    responses((status = 200, body = SourceState), Problems), security(("token" = ["sources:manage"])))]
#[get("/sources/{source}")]
pub async fn get_source(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    source: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let source = app.ask(move |app| answers::source(&app.store, &app.rules, &source, bearer.view())).await?;
    respond(&request, &source)
}

/// Make a source
///
/// Makes a source beside those of the configuration file. What it may reach is said there, in `[api_sources]`: without,
/// nothing. Secrets are references, `env:NAME` or `file:PATH`. Needs `sources:manage`.
#[utoipa::path(tag = "sources", request_body = NewSource, responses((status = 201, body = SourceState), Problems, ContentProblems),
    security(("token" = ["sources:manage"])))]
#[post("/sources")]
pub async fn make_source(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let new: NewSource = json(&limited(&request, payload, LONGEST).await?)?;
    let location = format!("/api/v1/sources/{}", new.name);
    let source = app
        .ask(move |app| {
            let by = Author { subject: &bearer.subject, at: app.clock.now() };
            app.sources.make(&app.store, &app.rules, &new.name, &new.settings, by).map_err(Error::in_body)?;
            answers::source(&app.store, &app.rules, &new.name, bearer.view())
        })
        .await?;
    let mut created = HttpResponse::Created();
    created.insert_header((header::LOCATION, location));
    respond_changed(created, &source)
}

/// Change a source
///
/// Replaces what was said of a source made by API. One of the configuration file is changed there. Its ETag is that of
/// the whole answer, so a run changes it, too. Needs `sources:manage`.
#[utoipa::path(tag = "sources", request_body = SourceSettings,
    params(("source" = String, Path, description = "The source's name"), ConditionHeader),
    responses((status = 200, body = SourceState), Problems, ContentProblems, ConditionProblems), security(("token" = ["sources:manage"])))]
#[put("/sources/{source}")]
pub async fn change_source(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    condition: Condition,
    source: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let settings: SourceSettings = json(&limited(&request, payload, LONGEST).await?)?;
    let source = app
        .ask(move |app| {
            let by = Author { subject: &bearer.subject, at: app.clock.now() };
            let fits = |reader: &mut Reader<'_>| {
                condition.check(|| answers::source_within(reader, &app.rules, &source, bearer.view()))
            };
            app.sources.change(&app.store, &app.rules, &source, &settings, by, fits).map_err(Error::in_body)?;
            answers::source(&app.store, &app.rules, &source, bearer.view())
        })
        .await?;
    respond_changed(HttpResponse::Ok(), &source)
}

/// Remove a source
///
/// Removes a source made by API. Its records stay. Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ConditionHeader),
    responses((status = 204, description = "It is removed"), Problems, ChangeProblems, ConditionProblems), security(("token" = ["sources:manage"])))]
#[delete("/sources/{source}")]
pub async fn remove_source(
    app: Data<App>,
    bearer: Bearer,
    condition: Condition,
    source: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    app.ask(move |app| {
        let fits = |reader: &mut Reader<'_>| {
            condition.check(|| answers::source_within(reader, &app.rules, &source, bearer.view()))
        };
        app.sources.remove(&app.store, &app.rules, &source, app.clock.now(), fits)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Check a source
///
/// Reads the beginning of a source, which proves that it can be reached, and shows the first record of each stream as it
/// would be kept. Nothing is kept. Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name")),
    responses((status = 200, body = ListOf<StreamCheck>), Problems, ChangeProblems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[post("/sources/{source}/check")]
pub async fn check_source(app: Data<App>, bearer: Bearer, source: Path<String>) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    bearer.require(Permission::IncidentsRestricted)?;
    let items = app
        .ask(move |app| {
            let known = answers::source_rules(&app.rules, &source)?;
            let opened = app.sources.source(&source).ok_or_else(|| unusable(&known))?;
            opened.check(app.clock.now(), &Stop::default()).map_err(|error| match error {
                Error::Invalid(problems) => Error::Unprocessable(problems),
                other => other,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(ListOf { items }))
}

/// Why a source that is known cannot be used.
pub fn unusable(source: &SourceRules) -> Error {
    let problem = source.problem.as_deref().unwrap_or("it was removed meanwhile");
    Error::Conflict(format!("the source `{}` cannot be used: {problem}", source.name))
}

/// Rows set aside
///
/// The rows of a source no record could be made of when they were last read, each with its place and the rule it
/// broke. Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), Paging, FormatParameter),
    responses((status = 200, body = PageOf<SetAsideRow>), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[get("/sources/{source}/set-aside")]
pub async fn list_set_aside(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    source: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    bearer.require(Permission::IncidentsRestricted)?;
    let paging: Paging = parameters(&request)?;
    let page = app
        .ask(move |app| {
            answers::source_rules(&app.rules, &source)?;
            app.store.read(|reader| reader.set_aside_rows(&source, paging.cursor.as_deref(), paging.limit.0))
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.id.clone());
    respond_page(&request, &PageOf { items: page.items, next }, tables::set_aside)
}
