//! The content of a request: read up to a limit, its media type, and JSON whose problems name the field.

use crate::error::{Error, Result};
use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{self, HeaderValue},
    web::Payload,
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

/// What was sent.
pub struct Content {
    /// Without parameters, in lower case.
    pub media_type: String,
    /// The content itself.
    pub bytes: Vec<u8>,
}

/// Reads the content as far as the limit allows; nothing beyond it is held. It has to come as it is, not compressed.
pub async fn limited(request: &HttpRequest, mut payload: Payload, limit: usize) -> Result<Content> {
    let encoding = request.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        let encoding = String::from_utf8_lossy(encoding);
        return Err(Error::Unsupported(format!("the content is encoded as `{encoding}`; send it as it is")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Error::invalid("content", format!("it could not be read: {error}")))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::TooLarge(format!("the content is larger than {limit} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Content { media_type: request.content_type().to_ascii_lowercase(), bytes })
}

/// Reads JSON; a problem names the field, or the line and column.
pub fn json<T: DeserializeOwned>(content: &Content) -> Result<T> {
    if content.media_type != "application/json" {
        return Err(Error::Unsupported(format!("`{}` was sent where application/json is needed", content.media_type)));
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&content.bytes)).map_err(|error| {
        let path = error.path().to_string();
        let wrong = error.into_inner();
        let malformed = wrong.is_syntax() || wrong.is_eof();
        let position = format!("line {} column {}", wrong.line(), wrong.column());
        let mut rule = wrong.to_string();
        rule.truncate(rule.strip_suffix(&format!(" at {position}")).map_or(rule.len(), str::len));
        // The field says better where it is than line and column do; but what is no JSON has no fields.
        let place = match path.as_str() {
            _ if malformed => position,
            "." => "content".to_owned(),
            _ => path,
        };
        let refused = Error::invalid(place, rule);
        if malformed { refused } else { refused.in_body() }
    })
}
