//! What a request brings: the caller's token, and query parameters whose problems name them.

use super::{App, format};
use crate::{
    error::{Error, Result},
    model::View,
    tokens::{Bearer, Permission},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use serde::{Deserialize, de::DeserializeOwned};
use std::future::{Ready, ready};

impl FromRequest for Bearer {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(bearer(request))
    }
}

/// Whose request it is.
pub(super) fn bearer(request: &HttpRequest) -> Result<Bearer> {
    let app = request.app_data::<Data<App>>().ok_or_else(|| Error::Internal("the application has no state".into()))?;
    let header = request.headers().get(header::AUTHORIZATION).ok_or_else(|| {
        Error::Unauthenticated("a token is needed: Authorization: Bearer …; `concord token issue` makes one".into())
    })?;
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Error::Unauthenticated("the Authorization header is not of the form Bearer TOKEN".into()))?;
    app.tokens.verify(token)
}

impl Bearer {
    /// Refuses a token without this permission.
    pub(super) fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::Forbidden(permission.to_string())) }
    }

    /// What the token's owner may see.
    pub(super) fn view(&self) -> View {
        if self.may(Permission::IncidentsRestricted) { View::Full } else { View::General }
    }
}

/// Reads the query parameters but `format` into `T`; a problem names the parameter.
pub fn parameters<T: DeserializeOwned>(request: &HttpRequest) -> Result<T> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(raw_parameters(request)).finish();
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|error| {
        let place = match error.path().to_string() {
            root if root == "." => "query".to_owned(),
            parameter => parameter,
        };
        let rule = match error.into_inner().to_string().as_str() {
            "invalid digit found in string" | "cannot parse integer from empty string" => {
                "is not a whole number".to_owned()
            }
            other => other.to_owned(),
        };
        Error::invalid(place, rule)
    })
}

/// What a request without parameters has of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

/// The query parameters but `format`, as they come.
pub fn raw_parameters(request: &HttpRequest) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    pairs.filter(|(name, _)| name != format::PARAMETER).collect()
}

/// How many entries an answer has: 1 to `MOST`, `USUAL` unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Limit<const MOST: u32 = 1_000, const USUAL: u32 = 50>(pub u32);

impl<const MOST: u32, const USUAL: u32> Default for Limit<MOST, USUAL> {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<const MOST: u32, const USUAL: u32> std::str::FromStr for Limit<MOST, USUAL> {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a whole number from 1 to {MOST}"))
    }
}

impl<'de, const MOST: u32, const USUAL: u32> serde::Deserialize<'de> for Limit<MOST, USUAL> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A cursor that is not one.
pub fn bad_cursor() -> Error {
    Error::invalid("cursor", "not a cursor of this list; take it from `next` or the Link header")
}

/// Which page of a list.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Entries a page has: 1 to 1,000; 50 unless given.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    pub limit: Limit,
    /// Where to read on: `next` of the page before.
    pub cursor: Option<String>,
}
