//! Supplier risk.

use super::{
    App,
    content::{json, limited},
    format::FormatParameter,
    problem::{ContentProblems, Problems},
    request::{Limit, NoParameters, Paging, bad_cursor, parameters},
    respond::{ListOf, PageOf, Reply, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, Reassessment, SupplierEventAnswer, SupplierRiskAnswer, SupplierRiskBrief, SupplierScore, tables},
    assess::supplier_risk::SupplierStanding,
    assess::supplier_risk::{EventContribution, SupplierRiskModel},
    error::{Error, Result},
    model::{EventInput, RecordId, Timestamp},
    store::SupplierEventQuery,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, put,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// The most that is read of a request, in bytes.
const LONGEST: usize = 64 << 10;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WhichRisks {
    /// Only suppliers in this band, or without one: `low`, `moderate`, `high`, `severe`, `unrated` or `unlinked`.
    #[param(value_type = Option<String>)]
    status: Option<SupplierStanding>,
}

/// Supplier risks
///
/// The risk of every supplier with its contributions, the highest residual risk first. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(WhichRisks, FormatParameter), responses((status = 200, body = ListOf<SupplierRiskBrief>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/risks")]
pub async fn list_supplier_risks(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let WhichRisks { status } = parameters(&request)?;
    let view = bearer.view();
    let mut items = app.ask(move |app| answers::supplier_risks(&app.store, view)).await?;
    items.retain(|item| status.is_none_or(|status| status.as_str() == answers::standing(&item.risk)));
    respond_list(&request, items, tables::supplier_risks)
}

/// The risk of a supplier
///
/// With every number it is made of; as a table a line for each service it touches. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the supplier's record"), FormatParameter),
    responses((status = 200, body = SupplierRiskAnswer), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/{party}/risk")]
pub async fn get_supplier_risk(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let view = bearer.view();
    let risk = app.ask(move |app| answers::supplier_risk(&app.store, &app.rules, id, view)).await?;
    Reply::to(&request).tabular(&risk, tables::supplier_risk)
}

/// Contributions to a supplier's risk
///
/// What single tickets add to the likelihood that a supplier fails, the latest first: points by what it is, its
/// priority, the supplier's share and its age, and what is counted of them. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the supplier's record"), Paging, FormatParameter),
    responses((status = 200, body = PageOf<EventContribution>), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/{party}/contributions")]
pub async fn list_supplier_contributions(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let Paging { limit, cursor } = parameters(&request)?;
    let after = cursor.map(|cursor| read_cursor(&cursor).ok_or_else(bad_cursor)).transpose()?;
    let view = bearer.view();
    let ask = move |app: App| answers::supplier_contributions(&app.store, &app.rules, id, view, after, limit.0);
    let (items, next) = app.ask(ask).await?;
    let next = next.map(|(day, ticket, input)| format!("{day}.{ticket}.{input}"));
    respond_page(&request, &PageOf { items, next }, tables::supplier_contributions)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Since {
    /// Only from this day on.
    from: Option<Timestamp>,
}

/// History of a supplier's risk
///
/// Its scores on every day on which they were computed. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the supplier's record"), Since, FormatParameter),
    responses((status = 200, body = ListOf<SupplierScore>), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/{party}/history")]
pub async fn list_supplier_history(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let Since { from } = parameters(&request)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::supplier_history(&app.store, id, view, from)).await?;
    respond_list(&request, items, tables::supplier_scores)
}

/// The model of supplier risk
///
/// Every weight, scale and half-life scores are computed with, and why it is what it is. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", responses((status = 200, body = SupplierRiskModel), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/model")]
pub async fn get_supplier_model(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let NoParameters {} = parameters(&request)?;
    respond(&request, &app.rules.supplier_risk)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WhichEvents {
    /// Only of this supplier, by its record's id.
    #[param(value_type = Option<String>)]
    party: Option<RecordId>,
    /// Only those nobody decided on yet (`true`), or those somebody did (`false`).
    open: Option<bool>,
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// Where to read on: `next` of the page before.
    cursor: Option<String>,
}

/// What happened to suppliers
///
/// Suppliers added and removed, agreements changed, bands crossed, the latest first. Each opens a reassessment of the
/// services it names, which a decision closes (ISO/IEC 27013, 6.3.7). Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(WhichEvents, FormatParameter), responses((status = 200, body = PageOf<SupplierEventAnswer>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/events")]
pub async fn list_supplier_events(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let WhichEvents { party, open, limit, cursor } = parameters(&request)?;
    let query = SupplierEventQuery { view: bearer.view(), party, open, before: cursor, limit: limit.0 };
    let page = app.ask(move |app| answers::supplier_events(&app.store, &query)).await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.id.clone());
    respond_page(&request, &PageOf { items: page.items, next }, tables::supplier_events)
}

/// Decide on a reassessment
///
/// Closes the reassessment an event opened, with a decision and its reason; the token's owner is the author, and now the
/// time. A later decision stands instead of earlier ones, which are kept. Needs `suppliers:read` and `decisions:write`.
#[utoipa::path(tag = "suppliers", request_body = Reassessment, params(("event" = String, Path, description = "The event's id")),
    responses((status = 200, body = SupplierEventAnswer), Problems, ContentProblems), security(("token" = ["suppliers:read", "decisions:write"])))]
#[put("/suppliers/events/{event}/decision")]
pub async fn decide_on_supplier_event(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    event: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    bearer.require(Permission::DecisionsWrite)?;
    let decision: Reassessment = json(&limited(&request, payload, LONGEST).await?)?;
    let event = app
        .ask(move |app| {
            let (view, now) = (bearer.view(), app.clock.now());
            answers::decide_on_supplier_event(&app.store, &event, decision, &bearer.subject, view, now)
                .map_err(Error::in_body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(event))
}

/// The id of a supplier's record, from a path.
pub fn read_party(id: &str) -> Result<RecordId> {
    id.parse().map_err(|_| Error::NotFound(format!("there is no supplier `{id}`: an id is a UUID")))
}

fn read_cursor(text: &str) -> Option<(i64, RecordId, EventInput)> {
    let mut parts = text.split('.');
    let cursor = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(cursor)
}
