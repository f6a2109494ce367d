//! Trials: what would turn if something were another. Nothing is kept.

use super::{
    App,
    content::{json, limited},
    problem::{ContentProblems, Problems},
    respond::respond,
};
use crate::{
    answers::{self, WhatIf, WhatIfAnswer},
    error::{Error, Result},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Payload},
};

/// The most that is read of a request, in bytes.
const LONGEST: usize = 1 << 20;

/// What would turn
///
/// The statuses that would turn if these records or indicators were others: applied, concluded and taken back. Of a
/// change to suppliers or agreements, `POST /suppliers/what-if` says besides which services it affects, which scores
/// would move and what has to be assessed. Needs `conformity:read`.
#[utoipa::path(tag = "conformity", request_body = WhatIf,
    responses((status = 200, body = WhatIfAnswer), Problems, ContentProblems), security(("token" = ["conformity:read"])))]
#[post("/conformity/what-if")]
pub async fn try_out(request: HttpRequest, app: Data<App>, bearer: Bearer, payload: Payload) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let trial: WhatIf = json(&limited(&request, payload, LONGEST).await?)?;
    let view = bearer.view();
    let answer = app
        .ask(move |app| {
            let now = app.clock.now();
            answers::what_if(&app.store, &app.rules, &trial, now, view).map_err(Error::in_body)
        })
        .await?;
    respond(&request, &answer)
}
