//! Reports: reconciliation of assets, security reviews of changes, the register of risks, the service report.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Limit, bad_cursor, parameters},
    respond::{ListOf, PageOf, Reply, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, AssetFilter, ServiceReportAnswer, ServiceReportQuery, pages, tables},
    assess::{
        assets::{AssetGroup, ReconciledItem, Standing},
        changes::SecurityReview,
        risks::RiskRegister,
    },
    error::{Error, Result},
    model::RecordId,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which items to list, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AssetQuery {
    /// Only items of this source.
    source: Option<String>,
    /// Only items of this class.
    class: Option<String>,
    /// Only items that stand like this.
    standing: Option<Standing>,
    /// Only items that stand in one only, or have no label, without a reason; or `false` for the others.
    open: Option<bool>,
    /// Only items whose name does not tell which is meant.
    ambiguous: Option<bool>,
    /// Only items that are there more than once.
    duplicate: Option<bool>,
    /// Only items rated lower than what they carry.
    underrated: Option<bool>,
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// Where to read on: `next` of the page before.
    cursor: Option<String>,
}

/// Reconciliation of assets
///
/// By source and class, how many items stand in CMDB and asset inventory, in one only, without a label, with a name that
/// does not tell which is meant, or more than once; how many exceptions are justified; and how many carriers are rated
/// lower than what they carry. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(FormatParameter), responses((status = 200, body = ListOf<AssetGroup>), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/assets/reconciliation")]
pub async fn get_asset_reconciliation(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::asset_reconciliation(&app.store, &app.rules, view)).await?;
    respond_list(&request, items, tables::asset_reconciliation)
}

/// Reconciled items
///
/// A page of the items of CMDB and asset inventory, by source and external id, each with where it stands, why, what else
/// bears its name, and the protection it inherits from what it carries. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(AssetQuery, FormatParameter),
    responses((status = 200, body = PageOf<ReconciledItem>), Problems), security(("token" = ["conformity:read"])))]
#[get("/assets/reconciliation/items")]
pub async fn list_reconciled_assets(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let AssetQuery { source, class, standing, open, ambiguous, duplicate, underrated, limit, cursor } =
        parameters(&request)?;
    let after: Option<RecordId> = cursor.map(|cursor| cursor.parse().map_err(|_| bad_cursor())).transpose()?;
    let filter = AssetFilter { source, class, standing, open, ambiguous, duplicate, underrated };
    let view = bearer.view();
    let page =
        app.ask(move |app| answers::reconciled_assets(&app.store, &app.rules, &filter, (after, limit.0), view)).await?;
    let next = page.items.last().filter(|_| page.more).map(|last| last.item.id.to_string());
    respond_page(&request, &PageOf { items: page.items, next }, tables::reconciled_assets)
}

/// The security review of a change
///
/// For a tool that manages changes, to ask before it lets one be approved: the items, services, controls and requirements
/// a change or release touches, the risk of the items before and after it against what is acceptable, and a checklist of
/// what is missing. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(("change" = String, Path, description = "The id of the ticket's record")),
    responses((status = 200, body = SecurityReview), Problems), security(("token" = ["conformity:read"])))]
#[get("/changes/{change}/security-review")]
pub async fn review_change(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let id =
        id.parse().map_err(|_| Error::NotFound(format!("there is no change or release `{id}`: an id is a UUID")))?;
    let view = bearer.view();
    let review = app.ask(move |app| answers::change_review(&app.store, &app.rules, id, view)).await?;
    respond(&request, &review)
}

/// The register of risks
///
/// The open risks of both standards in one register: whether each keeps to the organisation's approach, is accepted by
/// those who may, and fits the treatments of the others; and what customers accept beside what the organisation does.
/// Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(FormatParameter), responses((status = 200, body = RiskRegister), Problems),
    security(("token" = ["conformity:read"])))]
#[get("/risks")]
pub async fn get_risk_register(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let register = app.ask(move |app| answers::risks(&app.store, &app.rules, view)).await?;
    Reply::to(&request).tabular(&register, tables::risks)
}

/// The service report
///
/// Of a period for an audience: incidents and those of information security with their targets, major incidents, changes,
/// problems, nonconformities, what was measured, how the indicators do, and trends. Without a period, of the last whole
/// month. Needs `conformity:read`.
#[utoipa::path(tag = "reports", params(ServiceReportQuery, FormatParameter),
    responses((status = 200, body = ServiceReportAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/reports/service")]
pub async fn get_service_report(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    let report = report(&request, app, bearer).await?;
    Reply::to(&request).tabular(&report, tables::service_report)
}

/// The service report as a page
///
/// The same report with charts, as one HTML page to read or to print; it needs nothing from outside. Needs
/// `conformity:read`.
#[utoipa::path(tag = "reports", params(ServiceReportQuery),
    responses((status = 200, content_type = "text/html", body = String), Problems), security(("token" = ["conformity:read"])))]
#[get("/reports/service/page")]
pub async fn get_service_report_page(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    let report = report(&request, app, bearer).await?;
    Reply::to(&request).html(pages::service_report(&report))
}

async fn report(request: &HttpRequest, app: Data<App>, bearer: Bearer) -> Result<ServiceReportAnswer> {
    bearer.require(Permission::ConformityRead)?;
    let query: ServiceReportQuery = parameters(request)?;
    let view = bearer.view();
    app.ask(move |app| answers::service_reports(&app.store, &app.rules, &query, app.clock.now(), view)).await
}
