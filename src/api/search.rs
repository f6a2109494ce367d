//! Search in the standards and what belongs to them.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Limit, parameters},
};
use crate::{
    answers::{self, SearchAnswer, tables},
    error::Result,
    search::SearchKind,
    tokens::{Bearer, Permission},
};
use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use serde::Deserialize;
use utoipa::IntoParams;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchParameters {
    /// Words, clause numbers (`A.8.1.1`), or both: 1 to 200 characters.
    #[serde(default)]
    #[param(required, example = "incidents")]
    q: String,
    /// Only entries of this kind.
    kind: Option<SearchKind>,
    /// Entries to list: 1 to 100; 20 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit<100, 20>,
}

/// Search
///
/// Looks in requirements, topics, terms, guidance, the rows of Table A.1 and the body links: an entry of a number that is
/// asked for comes first, then the entries below it, then by how well the words fit. Singular and plural are alike, and a word that occurs nowhere is
/// taken for the nearest that does. Parts that fit are marked. Needs `reference:read`.
#[utoipa::path(tag = "reference", params(SearchParameters, FormatParameter),
    responses((status = 200, body = SearchAnswer), Problems), security(("token" = ["reference:read"])))]
#[get("/search")]
pub async fn search(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::ReferenceRead)?;
    let found = || {
        let SearchParameters { q, kind, limit: Limit(limit) } = parameters(&request)?;
        answers::search(&app.index, &q, kind, limit)
    };
    app.reference(&request, &bearer).tabular(found, |answer| tables::hits(&answer.items))
}
