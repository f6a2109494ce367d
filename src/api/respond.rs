//! Answers as JSON with an ETag, and pages with a link to the next one.

use crate::error::{Error, Result};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, EntityTag},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    /// Give this as `cursor` to read on; null on the last page.
    pub next: Option<String>,
}

/// A whole list, which is never long.
#[derive(Serialize, ToSchema)]
pub struct ListOf<T> {
    pub items: Vec<T>,
}

/// The body as JSON, or 304 if the caller has it already.
pub fn respond(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse> {
    answer(request, body, None)
}

/// A page as JSON, with a `Link` to the next one.
pub fn respond_page<T: Serialize>(request: &HttpRequest, page: &PageOf<T>) -> Result<HttpResponse> {
    let link = page.next.as_ref().map(|cursor| {
        let others = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| name != "cursor");
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("cursor", cursor).finish();
        format!("<{}?{query}>; rel=\"next\"", request.path())
    });
    answer(request, page, link)
}

fn answer(request: &HttpRequest, body: &impl Serialize, link: Option<String>) -> Result<HttpResponse> {
    let bytes = serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?;
    let digest = Sha256::digest(&bytes);
    let tag = EntityTag::new_strong(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect());
    let known = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|one| one == "*" || one.parse::<EntityTag>().is_ok_and(|one| one.weak_eq(&tag)))
    });
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(header::ETag(tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Authorization"));
    if let Some(link) = link {
        response.insert_header((header::LINK, link));
    }
    Ok(if known { response.finish() } else { response.content_type("application/json").body(bytes) })
}
