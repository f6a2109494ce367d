//! Runs of a source: those there were, asking for one, watching it, and ending it early.

use super::{
    App,
    content::{json, limited},
    format::FormatParameter,
    problem::{ChangeProblems, ContentProblems, Problems},
    request::{NoParameters, Paging, bad_cursor, parameters},
    respond::{PageOf, respond, respond_page},
    sources::unusable,
};
use crate::{
    answers::{self, tables},
    error::{Error, Result},
    ingest::{self, LEASE},
    model::Timestamp,
    store::{Cause, Run, RunState},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most that is read of a request, in bytes.
const LONGEST: usize = 4 << 10;

/// How a run is to be made; without content, as those that are due.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunRequest {
    /// True to read every stream in full, whatever was read before.
    full: bool,
    /// True to take any number of records for gone that a full read does not show, whatever share the connector allows.
    accept_deletions: bool,
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
            answers::source_rules(&app.rules, &source)?;
            let before = before.as_ref().map(|(at, id)| (*at, id.as_str()));
            let mut page = app.store.read(|reader| reader.runs(&source, before, paging.limit.0))?;
            page.items = page.items.into_iter().map(|run| run.as_of(app.clock.now())).collect();
            Ok(page)
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| format!("{}.{}", last.started_at.millis(), last.id));
    respond_page(&request, &PageOf { items: page.items, next }, tables::runs)
}

/// A run
///
/// How a run stands; while it runs, what it counts is as of its last batch, which is a few seconds ago at the most while
/// rows come. Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ("run" = String, Path, description = "The run's id")),
    responses((status = 200, body = Run), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[get("/sources/{source}/runs/{run}")]
pub async fn get_run(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    bearer.require(Permission::IncidentsRestricted)?;
    let run = app
        .ask(move |app| {
            let (source, run) = path.into_inner();
            answers::source_rules(&app.rules, &source)?;
            let found = app.store.read(|reader| reader.run(&source, &run))?.ok_or_else(|| no_run(&run))?;
            Ok(found.as_of(app.clock.now()))
        })
        .await?;
    respond(&request, &run)
}

/// Ask for a run
///
/// The source is read as soon as a node is free for it; `Location` says where to watch. Every stream goes on from where it
/// was, unless it is asked to be read in full. Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name")),
    request_body = Option<RunRequest>, responses((status = 202, body = Run), Problems, ChangeProblems, ContentProblems), security(("token" = ["sources:manage"])))]
#[post("/sources/{source}/runs")]
pub async fn start_run(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    source: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    let NoParameters {} = parameters(&request)?;
    let content = limited(&request, payload, LONGEST).await?;
    let RunRequest { full, accept_deletions } =
        if content.bytes.is_empty() { RunRequest::default() } else { json(&content)? };
    let run = app
        .ask(move |app| {
            let known = answers::source_rules(&app.rules, &source)?;
            if known.problem.is_some() {
                return Err(unusable(&known));
            }
            if known.pushed {
                return Err(Error::Conflict(format!(
                    "the source `{}` is never read: it sends what changes",
                    known.name
                )));
            }
            if !known.enabled {
                return Err(Error::Conflict(format!("the source `{}` is disabled; enable it first", known.name)));
            }
            let now = app.clock.now();
            app.store.write(now, |transaction| {
                let waits = |run: &&Run| run.source == known.name && run.state == RunState::Waiting;
                if let Some(waiting) = transaction.unfinished_runs()?.iter().find(waits) {
                    return Err(Error::Conflict(format!("the run {} waits already", waiting.id)));
                }
                let run = Run::new(&known.name, RunState::Waiting, Cause::Request, now);
                let run = Run { full, accept_deletions, ..run };
                transaction.save_run(&run)?;
                Ok(run)
            })
        })
        .await?;
    app.inbox.arrived().notify_one();
    let location = format!("/api/v1/sources/{}/runs/{}", run.source, run.id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, location)).json(run))
}

/// Cancel a run
///
/// One that waits ends at once; one that runs, with the batch it is at. One whose process has died ends as failed when its
/// lease has run out, half a minute after that unless `schedule.lease` says otherwise. What was read until then is kept.
/// Needs `sources:manage`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ("run" = String, Path, description = "The run's id")),
    responses((status = 204, description = "It ends, or has ended"), Problems, ChangeProblems), security(("token" = ["sources:manage"])))]
#[post("/sources/{source}/runs/{run}/cancel")]
pub async fn cancel_run(app: Data<App>, bearer: Bearer, path: Path<(String, String)>) -> Result<HttpResponse> {
    bearer.require(Permission::SourcesManage)?;
    app.ask(move |app| {
        let (source, run) = path.into_inner();
        answers::source_rules(&app.rules, &source)?;
        let now = app.clock.now();
        let cancelled = app.store.write(now, |transaction| {
            let known = transaction.run(&source, &run)?.ok_or_else(|| no_run(&run))?;
            match transaction.cancel_run(&source, &run)? {
                true => Ok(known),
                false => Err(Error::Conflict(format!("the run {run} has ended already"))),
            }
        })?;
        ingest::fail_abandoned(&app.store, &[cancelled], LEASE, now)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn no_run(run: &str) -> Error {
    Error::NotFound(format!("the source has no run {run}; runs lists those there are"))
}

fn read_run_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.into()))
}
