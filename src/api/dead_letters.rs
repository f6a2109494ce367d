//! Dead letters: webhooks nothing could be made of, to look at, replay or discard.

use super::{
    App,
    condition::{Condition, ConditionHeader},
    format::{Format, FormatParameter},
    problem::{ConditionProblems, Problems},
    request::{Paging, bad_cursor, parameters},
    respond::{PageOf, respond, respond_page},
};
use crate::{
    answers::{self, tables},
    error::{Error, Result},
    store::DeadLetter,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Path},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Dead letters
///
/// The webhooks of a source nothing could be made of, with the reason, in the order they came. Needs `sources:manage`
/// and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), Paging, FormatParameter),
    responses((status = 200, body = PageOf<DeadLetter>), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[get("/sources/{source}/dead-letters")]
pub async fn list_dead_letters(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    source: Path<String>,
) -> Result<HttpResponse> {
    require(&bearer)?;
    let Paging { limit, cursor } = parameters(&request)?;
    let after = cursor.map_or(Ok(0), |cursor| cursor.parse().map_err(|_| bad_cursor()))?;
    let page = app
        .ask(move |app| {
            answers::source_rules(&app.rules, &source)?;
            app.store.read(|reader| reader.dead_letters(&source, after, limit.0))
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.number.to_string());
    respond_page(&request, &PageOf { items: page.items, next }, tables::dead_letters)
}

/// A dead letter
///
/// Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ("letter" = String, Path, description = "Its id")),
    responses((status = 200, body = DeadLetter), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[get("/sources/{source}/dead-letters/{letter}")]
pub async fn get_dead_letter(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    require(&bearer)?;
    Format::only_json(&request)?;
    let letter = app
        .ask(move |app| {
            let (source, letter) = path.into_inner();
            app.store.read(|reader| reader.dead_letter(&source, &letter))?.ok_or_else(|| no_letter(&letter))
        })
        .await?;
    respond(&request, &letter)
}

/// Replay a dead letter
///
/// Puts it back into the inbox, at its old place, so that it is mapped again; it comes back with a new reason if that
/// fails. Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ("letter" = String, Path, description = "Its id")),
    responses((status = 202, description = "It waits to be applied"), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[post("/sources/{source}/dead-letters/{letter}/replay")]
pub async fn replay_dead_letter(app: Data<App>, bearer: Bearer, path: Path<(String, String)>) -> Result<HttpResponse> {
    require(&bearer)?;
    app.ask(move |app| {
        let (source, letter) = path.into_inner();
        let there = app.store.write(app.clock.now(), |transaction| transaction.replay_dead_letter(&source, &letter))?;
        if there { Ok(()) } else { Err(no_letter(&letter)) }
    })
    .await?;
    app.inbox.arrived().notify_one();
    Ok(HttpResponse::Accepted().finish())
}

/// What was put back into the inbox.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// How many dead letters.
    letters: u64,
}

/// Replay all dead letters
///
/// Puts every dead letter of a source back into the inbox, as replaying each of them would. Needs `sources:manage` and
/// `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name")),
    responses((status = 202, body = Replayed), Problems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[post("/sources/{source}/dead-letters/replay")]
pub async fn replay_dead_letters(app: Data<App>, bearer: Bearer, source: Path<String>) -> Result<HttpResponse> {
    require(&bearer)?;
    let letters = app
        .ask(move |app| {
            answers::source_rules(&app.rules, &source)?;
            app.store.write(app.clock.now(), |transaction| transaction.replay_dead_letters(&source))
        })
        .await?;
    app.inbox.arrived().notify_one();
    Ok(HttpResponse::Accepted().json(Replayed { letters }))
}

/// Discard a dead letter
///
/// Nothing becomes of it. Needs `sources:manage` and `incidents:restricted`.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name"), ("letter" = String, Path, description = "Its id"), ConditionHeader),
    responses((status = 204, description = "It is gone"), Problems, ConditionProblems), security(("token" = ["sources:manage", "incidents:restricted"])))]
#[delete("/sources/{source}/dead-letters/{letter}")]
pub async fn discard_dead_letter(
    app: Data<App>,
    bearer: Bearer,
    condition: Condition,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    require(&bearer)?;
    app.ask(move |app| {
        let (source, letter) = path.into_inner();
        app.store.write(app.clock.now(), |transaction| {
            let found = transaction.dead_letter(&source, &letter)?.ok_or_else(|| no_letter(&letter))?;
            condition.check(|| Ok(&found))?;
            transaction.settle_deliveries(&[found.number])
        })
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a webhook says may be restricted.
fn require(bearer: &Bearer) -> Result<()> {
    bearer.require(Permission::SourcesManage)?;
    bearer.require(Permission::IncidentsRestricted)
}

fn no_letter(letter: &str) -> Error {
    Error::NotFound(format!("the source has no dead letter {letter}; dead-letters lists those there are"))
}
