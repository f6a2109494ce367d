//! Webhooks: what systems send of their own accord.

use super::{App, content::limited, problem::WebhookProblems};
use crate::{
    connectors::Incoming,
    error::{Error, Result},
    store::{Arriving, Receipt},
};
use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path, Payload},
};

/// Receive a webhook
///
/// Verified as the source's connector says: by a signature over the content as it is, or a shared secret. Once it is on
/// disk it is acknowledged, and applied afterwards, in the order of arrival. The same delivery sent again is known and
/// changes nothing. Content that no record can be made of is acknowledged too, and kept among the dead letters.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "The source's name")),
    request_body(content = String, description = "What the system sends", content_type = "application/json"),
    responses((status = 202, body = Receipt), WebhookProblems), security(()))]
#[post("/webhooks/{source}")]
pub async fn receive_webhook(
    request: HttpRequest,
    app: Data<App>,
    source: Path<String>,
    payload: Payload,
) -> Result<HttpResponse> {
    let name = source.into_inner();
    let nothing = || Error::NotFound(format!("there is no source `{name}` that takes webhooks"));
    let sources = app.sources.all();
    let known = sources.get(&name).filter(|known| known.settings.enabled).ok_or_else(nothing)?;
    let source = known.source.as_ref().map_err(|_| nothing())?;
    let hook = source.hook().ok_or_else(nothing)?;
    let body = limited(&request, payload, app.longest_webhook).await?.bytes;
    let received_at = app.clock.now();
    let header = |name: &str| {
        let mut values = request.headers().get_all(name);
        let first = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(first)
    };
    let delivery_id = hook.accept(&Incoming { header: &header, body: &body }, received_at)?;
    let receipt = app.inbox.receive(Arriving { source: name, delivery_id, received_at, body }).await?;
    Ok(HttpResponse::Accepted().json(receipt))
}
