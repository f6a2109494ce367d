//! Indicators tried before they are in use, and samples drawn of what one has judged.

use super::{
    App,
    content::{json, limited},
    problem::{ContentProblems, Problems},
    request::{Limit, parameters},
    respond::respond,
};
use crate::{
    answers::{self, PreviewAnswer, SampleAnswer},
    error::{Error, Result},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path, Payload},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The most that is read of a request, in bytes.
const LONGEST: usize = 64 << 10;

/// A definition to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The text of an indicator's file, in TOML.
    pub definition: String,
}

/// How a sample is drawn.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SampleParameters {
    /// How many records: 1 to 1,000; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    pub size: Limit<1_000, 25>,
    /// What to draw by: the same seed draws the same records. Up to 200 characters; empty unless given.
    #[serde(default)]
    pub seed: String,
}

/// Try an indicator
///
/// Judges the records there are by a definition that is not in use: population, bounds, verdict, records that fail, and
/// what it would say of today's records as of the last twelve month ends. Nothing is kept. Needs `conformity:read`.
#[utoipa::path(tag = "indicators", request_body = PreviewRequest,
    responses((status = 200, body = PreviewAnswer), Problems, ContentProblems), security(("token" = ["conformity:read"])))]
#[post("/indicators/preview")]
pub async fn preview_indicator(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    payload: Payload,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let PreviewRequest { definition } = json(&limited(&request, payload, LONGEST).await?)?;
    let answer = app
        .ask(move |app| {
            let (now, view) = (app.clock.now(), bearer.view());
            answers::preview_indicator(&app.store, &app.rules, &definition, view, now).map_err(Error::in_body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// A sample of judged records
///
/// Drawn by outcome in proportion, every outcome that occurs included, and within one by the hash of seed and id: whoever
/// knows size and seed draws the same. Tickets changed after they were closed are flagged. Needs `conformity:read`.
#[utoipa::path(tag = "indicators",
    params(("indicator" = String, Path, description = "Its id"), SampleParameters),
    responses((status = 200, body = SampleAnswer), Problems), security(("token" = ["conformity:read"])))]
#[get("/indicators/{indicator}/sample")]
pub async fn draw_sample(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    indicator: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let SampleParameters { size, seed } = parameters(&request)?;
    if seed.chars().count() > 200 {
        return Err(Error::invalid("seed", "has up to 200 characters"));
    }
    let view = bearer.view();
    let sample = app
        .ask(move |app| {
            let drawn = (size.0 as usize, seed.as_str());
            answers::indicator_sample(&app.store, &app.rules, &indicator, drawn, view)
        })
        .await?;
    respond(&request, &sample)
}
