//! Sources, their runs, and the rows no record could be made of.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Paging, bad_cursor, parameters},
    respond::{ListOf, PageOf, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, SourceState, tables},
    error::Result,
    model::Timestamp,
    store::{Run, SetAsideRow},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// Sources
///
/// The configured sources with their streams. Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(FormatParameter), responses((status = 200, body = ListOf<SourceState>), Problems),
    security(("token" = ["sources:manage"])))]
#[get("/sources")]
pub async fn list_sources(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let items = app.ask(|app| answers::sources(&app.store, &app.rules)).await?;
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
    let source = app.ask(move |app| answers::source(&app.store, &app.rules, &source)).await?;
    respond(&request, &source)
}

/// Runs of a source
///
/// What was read from a source when, the latest run first. Needs `sources:manage` and, because counts tell of restricted
/// records too, `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), Paging, FormatParameter),
    responses((status = 200, body = PageOf<Run>), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[get("/sources/{source}/runs")]
pub async fn list_runs(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    source: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    bearer.require(Permission::IncidentsRestricted)?;
    let paging: Paging = parameters(&request)?;
    let before = paging.cursor.as_deref().map(|cursor| read_run_cursor(cursor).ok_or_else(bad_cursor)).transpose()?;
    let page = app
        .ask(move |app| {
            answers::source(&app.store, &app.rules, &source)?;
            let before = before.as_ref().map(|(at, id)| (*at, id.as_str()));
            app.store.read(|reader| reader.runs(&source, before, paging.limit.0))
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| format!("{}.{}", last.started_at.millis(), last.id));
    respond_page(&request, &PageOf { items: page.items, next }, tables::runs)
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
            answers::source(&app.store, &app.rules, &source)?;
            app.store.read(|reader| reader.set_aside_rows(&source, paging.cursor.as_deref(), paging.limit.0))
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.id.clone());
    respond_page(&request, &PageOf { items: page.items, next }, tables::set_aside)
}

fn read_run_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.into()))
}
