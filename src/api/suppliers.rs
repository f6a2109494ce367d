//! Supplier risk.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    respond::{ListOf, respond, respond_list},
};
use crate::{
    answers::{self, SupplierRiskAnswer, tables},
    error::{Error, Result},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// Supplier risks
///
/// The risk of every supplier with its contributions, the highest residual risk first. Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(FormatParameter), responses((status = 200, body = ListOf<SupplierRiskAnswer>), Problems),
    security(("token" = ["suppliers:read"])))]
#[get("/suppliers/risks")]
pub async fn list_supplier_risks(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::supplier_risks(&app.store, view)).await?;
    respond_list(&request, items, tables::supplier_risks)
}

/// The risk of a supplier
///
/// Needs `suppliers:read`.
#[utoipa::path(tag = "suppliers", params(("party" = String, Path, description = "The id of the supplier's record")),
    responses((status = 200, body = SupplierRiskAnswer), Problems), security(("token" = ["suppliers:read"])))]
#[get("/suppliers/{party}/risk")]
pub async fn get_supplier_risk(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    id: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::SuppliersRead)?;
    let id = id.parse().map_err(|_| Error::NotFound(format!("there is no supplier `{id}`: an id is a UUID")))?;
    let view = bearer.view();
    let risk = app.ask(move |app| answers::supplier_risk(&app.store, id, view)).await?;
    respond(&request, &risk)
}
