//! What a thing has to be for a change to be made: `If-Match` (RFC 9110, 13.1.1).

use super::respond::tag_of;
use crate::error::{Error, Result};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, Header},
};
use serde::Serialize;
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// The header an operation takes that changes what has an ETag.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only describes the header, which `Condition` reads")]
pub struct ConditionHeader {
    /// The ETag of the answer the change is meant for, or `*` for whatever is there: if it is another by now, nothing is
    /// changed. Without the header, nothing is compared.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// What the caller says of the thing to be changed: nothing, if there is none.
pub struct Condition(Option<header::IfMatch>);

impl Condition {
    /// Refuses a change of what the caller did not see as it is; `present` is asked only if the caller says so.
    pub fn check<T: Serialize>(&self, present: impl FnOnce() -> Result<T>) -> Result<()> {
        let Some(header::IfMatch::Items(seen)) = &self.0 else { return Ok(()) };
        let tag = tag_of(&present()?)?;
        if seen.iter().any(|one| one.strong_eq(&tag)) {
            return Ok(());
        }
        Err(Error::Outdated(format!(
            "If-Match names another state than the present one, whose ETag is {tag}; look again"
        )))
    }
}

impl FromRequest for Condition {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // One that names nothing of the form of a tag fits nothing.
        let read = || header::IfMatch::parse(request).unwrap_or_else(|_| header::IfMatch::Items(Vec::new()));
        ready(Ok(Self(request.headers().contains_key(header::IF_MATCH).then(read))))
    }
}
