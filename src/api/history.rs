//! What turned, and how statuses and indicators went over time.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Limit, bad_cursor, parameters},
    respond::{ListOf, PageOf, respond_list, respond_page},
};
use crate::{
    answers::{self, ResultPoint, Span, StatusPoint, StatusTurn, tables},
    error::Result,
    model::Timestamp,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which turns to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TurnParameters {
    /// Only what turned at or after this instant.
    since: Option<Timestamp>,
    /// Only subjects that start like this, as `requirement/iso27001-2013`.
    subject: Option<String>,
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// Where to read on: `next` of the page before, also when nothing had turned since.
    cursor: Option<String>,
}

/// What turned
///
/// A page of the turns of statuses, joint statuses and verdicts, in order: what it was, what it is, when, and because
/// of which records. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(TurnParameters, FormatParameter),
    responses((status = 200, body = PageOf<StatusTurn>), Problems), security(("token" = ["conformity:read"])))]
#[get("/conformity/changes")]
pub async fn list_status_turns(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let TurnParameters { since, subject, limit, cursor } = parameters(&request)?;
    let after = cursor.as_deref().map(|cursor| read_cursor(cursor).ok_or_else(bad_cursor)).transpose()?;
    let view = bearer.view();
    let page = app
        .ask(move |app| {
            let after = after.as_ref().map(|(seq, subject)| (*seq, subject.as_str()));
            answers::status_turns(&app.store, since, subject.as_deref(), after, limit.0, view)
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| format!("{}.{}", last.seq, last.subject));
    respond_page(&request, &PageOf { items: page.items, next }, tables::status_turns)
}

fn read_cursor(text: &str) -> Option<(i64, String)> {
    let (seq, subject) = text.split_once('.')?;
    Some((seq.parse().ok()?, subject.to_owned()))
}

/// Which trend.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TrendParameters {
    /// What to follow, as `conformity`, `edition/iso27001-2013`, `requirement/iso20000-1-2011/8.1`, `row/027`.
    #[param(example = "conformity")]
    subject: String,
    /// The first instant; everything that is kept without it.
    from: Option<Timestamp>,
    /// The last instant; the present without it.
    until: Option<Timestamp>,
}

/// The trend of a status
///
/// The statuses a subject had, in order, each with the instant it began. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", params(TrendParameters, FormatParameter),
    responses((status = 200, body = ListOf<StatusPoint>), Problems), security(("token" = ["conformity:read"])))]
#[get("/conformity/trend")]
pub async fn get_status_trend(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let TrendParameters { subject, from, until } = parameters(&request)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::status_trend(&app.store, &subject, Span { from, until }, view)).await?;
    respond_list(&request, items, tables::status_points)
}

/// The trend of an indicator
///
/// What the indicator said whenever its verdict turned, and once a day. Needs `conformity:read`.
#[utoipa::path(tag = "indicators", params(("indicator" = String, Path, description = "Its id"), Span, FormatParameter),
    responses((status = 200, body = ListOf<ResultPoint>), Problems), security(("token" = ["conformity:read"])))]
#[get("/indicators/{indicator}/trend")]
pub async fn get_indicator_trend(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let span: Span = parameters(&request)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::indicator_trend(&app.store, &app.rules, &id, span, view)).await?;
    respond_list(&request, items, tables::result_points)
}
