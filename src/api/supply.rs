//! Supply as a whole: the portfolio, what is missing, how much hangs on whom, and the reports a person reads.

use super::{
    App,
    content::{json, limited},
    format::FormatParameter,
    problem::{ContentProblems, Problems},
    request::parameters,
    respond::{ListOf, Reply, respond_list},
    suppliers::read_party,
};
use crate::{
    answers::{
        self, CustomerSupplier, Portfolio,
        pages::{PortfolioReport, SupplierReport, customer_page, portfolio_page, supplier_page},
        tables,
    },
    assess::{
        OperatedProcess,
        supplier_risk::{AcceptedLevel, Concentration, Dependency, GAP_HORIZON, Gap},
    },
    error::{Error, Result},
    evaluate::{self, SupplierTrial, SupplierTrialAnswer},
    model::RecordId,
    store::SupplierEventQuery,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Supplier portfolio
///
/// All suppliers: how many stand in which band, where they lie in the matrix of impact and likelihood before and after
/// assurance, the trend, and each ranked by residual risk. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = Portfolio), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/portfolio")]
pub async fn get_supplier_portfolio(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let portfolio = app.ask(move |app| answers::supplier_portfolio(&app.store, view)).await?;
    Reply::to(&request).tabular(&portfolio, tables::supplier_portfolio)
}

/// Supplier portfolio as a page
///
/// The same to be read and printed, with the matrices and the trend drawn, what is missing, the latest reassessments that
/// are open, and where it all hangs on one. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", responses((status = 200, body = String, content_type = "text/html"), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/portfolio/report")]
pub async fn get_supplier_portfolio_report(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let ask = move |app: App| {
        let now = app.clock.now();
        let portfolio = answers::supplier_portfolio(&app.store, view)?;
        let gaps = answers::supplier_gaps(&app.store, &app.rules, view, None, now, GAP_HORIZON)?;
        let query = SupplierEventQuery { view, party: None, open: Some(true), before: None, limit: 10 };
        let open = answers::supplier_events(&app.store, &query)?;
        let concentration = answers::supplier_concentration(&app.store, &app.rules, view)?;
        let report = PortfolioReport {
            portfolio: &portfolio,
            model: &app.rules.supplier_risk.result,
            gaps: &gaps,
            open: &open.items,
            more_open: open.more,
            concentration: &concentration,
        };
        Ok(portfolio_page(&report, now))
    };
    let page = app.ask(ask).await?;
    Reply::to(&request).html(page)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Horizon {
    /// Only of this supplier, by its record's id.
    #[param(value_type = Option<String>)]
    party: Option<RecordId>,
    /// How many days ahead an end counts as near: 0 to 3,650; 90 unless given.
    #[param(minimum = 0, maximum = 3650)]
    horizon_days: Option<i64>,
}

impl Horizon {
    fn days(&self) -> Result<i64> {
        match self.horizon_days {
            None => Ok(GAP_HORIZON),
            Some(days) if (0..=3_650).contains(&days) => Ok(days),
            Some(days) => Err(Error::invalid("horizon_days", format!("{days} is not from 0 to 3650"))),
        }
    }
}

/// Assurance gaps
///
/// What is missing that would speak for suppliers: agreements that cover what they touch, their terms, certificates,
/// reviews, control terms for the items in their hands, and a risk or control for what was agreed. `certain` is false
/// where no source says. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(Horizon, FormatParameter), responses((status = 200, body = ListOf<Gap>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/gaps")]
pub async fn list_supplier_gaps(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let horizon: Horizon = parameters(&request)?;
    let (view, days) = (bearer.view(), horizon.days()?);
    let ask = move |app: App| {
        let now = app.clock.now();
        answers::supplier_gaps(&app.store, &app.rules, view, horizon.party, now, days)
    };
    let items = app.ask(ask).await?;
    respond_list(&request, items, tables::supplier_gaps)
}

/// Processes operated by other parties
///
/// Each process declared to be operated by another party: who operates it, under which agreement, what shows each of
/// the four things ISO/IEC 20000-1, 4.2 asks for (accountability, definition and interfaces, performance and
/// compliance, improvement), whether it is governed, and what is missing. Needs `suppliers:read` and `conformity:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = ListOf<OperatedProcess>), Problems),
    security(("token" = ["suppliers:read", "conformity:read"])))]
#[get("/suppliers/processes")]
pub async fn list_operated_processes(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    bearer.require(Permission::ConformityRead)?;
    let view = bearer.view();
    let ask = move |app: App| answers::processes(&app.store, &app.rules, view, None, app.clock.now());
    let items = app.ask(ask).await?;
    respond_list(&request, items, tables::operated_processes)
}

/// Dependency on suppliers
///
/// How many services and configuration items hang on each supplier, directly and through sub-suppliers, items and other
/// services; whom it works for and who works for it, to any depth. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = ListOf<Dependency>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/dependencies")]
pub async fn list_supplier_dependencies(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::supplier_dependencies(&app.store, &app.rules, view)).await?;
    respond_list(&request, items, tables::supplier_dependencies)
}

/// Concentration
///
/// Live services with one provider and no substitute under contract, sub-suppliers that several suppliers rest on,
/// jurisdictions, and parties that work for themselves through others. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = Concentration), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/concentration")]
pub async fn get_supplier_concentration(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let found = app.ask(move |app| answers::supplier_concentration(&app.store, &app.rules, view)).await?;
    Reply::to(&request).tabular(&found, tables::supplier_concentration)
}

/// Accepted levels
///
/// What the organisation and each customer accept on every service suppliers touch, for confidentiality, integrity and
/// availability; whose level the risk is above, and where the two differ (ISO/IEC 27013, 6.2.4). Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = ListOf<AcceptedLevel>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/acceptance")]
pub async fn list_accepted_levels(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::supplier_acceptance(&app.store, &app.rules, view)).await?;
    respond_list(&request, items, tables::accepted_levels)
}

/// Suppliers behind a customer's services
///
/// Which suppliers stand behind the services a customer receives, what risk each is to them, what the customer accepts,
/// and where the risk is above that. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the customer's record"), FormatParameter),
    responses((status = 200, body = ListOf<CustomerSupplier>), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/customers/{party}")]
pub async fn list_customer_suppliers(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let view = bearer.view();
    let found = app.ask(move |app| answers::customer_suppliers(&app.store, id, view)).await?;
    respond_list(&request, found.suppliers, tables::customer_suppliers)
}

/// Suppliers behind a customer's services as a page
///
/// The same to be read and printed, with the risks drawn. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the customer's record")),
    responses((status = 200, body = String, content_type = "text/html"), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/customers/{party}/report")]
pub async fn get_customer_report(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let view = bearer.view();
    let ask = move |app: App| {
        let found = answers::customer_suppliers(&app.store, id, view)?;
        let name = found.name.clone().unwrap_or_else(|| id.to_string());
        Ok(customer_page(&name, &found, app.clock.now()))
    };
    let page = app.ask(ask).await?;
    Reply::to(&request).html(page)
}

/// A supplier's risk as a page
///
/// The verdict in sentences, what is to do, what drives the risk and through what, the tickets and agreements behind it,
/// whom the supplier works with, the matrix and the trend; to be read and printed. Needs `suppliers:read`; the processes
/// it operates are shown with `conformity:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the supplier's record")),
    responses((status = 200, body = String, content_type = "text/html"), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/{party}/report")]
pub async fn get_supplier_report(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = read_party(&id)?;
    let view = bearer.view();
    let conformity = bearer.may(Permission::ConformityRead);
    let ask = move |app: App| {
        let answer = answers::supplier_risk(&app.store, &app.rules, id, view)?;
        let gaps = answers::supplier_gaps(&app.store, &app.rules, view, Some(id), app.clock.now(), GAP_HORIZON)?;
        // What is said of processes is how their requirements stand.
        let processes = match conformity {
            true => answers::processes(&app.store, &app.rules, view, Some(id), app.clock.now())?,
            false => Vec::new(),
        };
        let query = SupplierEventQuery { view, party: Some(id), open: Some(true), before: None, limit: 20 };
        let open = answers::supplier_events(&app.store, &query)?.items;
        let ties = answers::supplier_ties(&app.store, &app.rules, &answer.brief.risk, view)?;
        let history = answers::supplier_history(&app.store, id, view, Some(app.clock.now().plus_days(-365)))?;
        Ok(supplier_page(&SupplierReport {
            answer: &answer,
            model: &app.rules.supplier_risk.result,
            ties: &ties,
            gaps: &gaps,
            processes: &processes,
            open: &open,
            history: &history,
        }))
    };
    let page = app.ask(ask).await?;
    Reply::to(&request).html(page)
}

/// The most that is read of a request, in bytes.
const LONGEST: usize = 256 << 10;

/// What if
///
/// Adds, removes, alters or replaces suppliers and agreements, says which services are affected, which scores and
/// requirement statuses would move, and what has to be assessed first; nothing of it is kept (ISO/IEC 27013, 6.3.7).
/// It is tried as `POST /conformity/what-if` tries records of any kind, which answers the statuses alone. Needs `suppliers:read` and `conformity:read`.
#[utoipa::path(tag = "suppliers", request_body = SupplierTrial, responses((status = 200, body = SupplierTrialAnswer), Problems, ContentProblems),
    security(("token" = ["suppliers:read", "conformity:read"])))]
#[post("/suppliers/what-if")]
pub async fn try_supplier_change(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    bearer.require(Permission::ConformityRead)?;
    let tried: SupplierTrial = json(&limited(&request, payload, LONGEST).await?)?;
    let view = bearer.view();
    let ask = move |app: App| {
        evaluate::try_supply(&app.store, &app.rules, &tried, view, app.clock.now()).map_err(Error::in_body)
    };
    let found = app.ask(ask).await?;
    Ok(HttpResponse::Ok().json(found))
}
