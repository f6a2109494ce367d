//! Indicators and their findings.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Limit, bad_cursor, parameters},
    respond::{ListOf, PageOf, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, FindingBrief, FindingQuery, IndicatorState, tables},
    error::Result,
    model::{Outcome, Timestamp},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Indicators
///
/// Every enabled indicator: the statement, its limits, and how the records of each management system do. Needs
/// `conformity:read`.
#[utoipa::path(tag = "indicators", params(FormatParameter), responses((status = 200, body = ListOf<IndicatorState>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/indicators")]
pub async fn list_indicators(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::indicators(&app.store, &app.rules, view)).await?;
    respond_list(&request, items, tables::indicators)
}

/// An indicator
///
/// Needs `conformity:read`.
#[utoipa::path(tag = "indicators", params(("indicator" = String, Path, description = "Its id")),
    responses((status = 200, body = IndicatorState), Problems), security(("token" = ["conformity:read"])))]
#[get("/indicators/{indicator}")]
pub async fn get_indicator(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let indicator = app.ask(move |app| answers::indicator(&app.store, &app.rules, &id, view)).await?;
    respond(&request, &indicator)
}

/// Which findings to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FindingParameters {
    /// Only findings of this outcome.
    outcome: Option<Outcome>,
    /// With `outcome=failing`: the records that failed at this instant, with what was read then.
    as_of: Option<Timestamp>,
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// Where to read on: `next` of the page before.
    cursor: Option<String>,
}

/// Findings of an indicator
///
/// What the indicator says of each record it applies to, with the fields it read. Needs `conformity:read`.
#[utoipa::path(tag = "indicators", params(("indicator" = String, Path, description = "Its id"), FindingParameters, FormatParameter),
    responses((status = 200, body = PageOf<FindingBrief>), Problems), security(("token" = ["conformity:read"])))]
#[get("/indicators/{indicator}/findings")]
pub async fn list_findings(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let FindingParameters { outcome, as_of, limit, cursor } = parameters(&request)?;
    let after = cursor.map(|cursor| cursor.parse().map_err(|_| bad_cursor())).transpose()?;
    let view = bearer.view();
    let page = app
        .ask(move |app| {
            let query = FindingQuery { indicator: &id, view, outcome, as_of, after, limit: limit.0 };
            answers::indicator_findings(&app.store, &app.rules, &query)
        })
        .await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.record.id.to_string());
    respond_page(&request, &PageOf { items: page.items, next }, tables::findings)
}
