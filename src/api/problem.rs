//! Failures as RFC 9457 problem documents, in one place.

use crate::error::{Error, Problem};
use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Which sort of problem it is: `urn:concord:problem:` and a name that stays the same.
    #[schema(example = "urn:concord:problem:not-found")]
    r#type: String,
    /// The sort of problem in words.
    title: &'static str,
    /// The HTTP status code.
    status: u16,
    /// What is wrong here, and what to do about it.
    detail: String,
    /// Every broken rule, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<BrokenRule>,
}

/// One thing that is wrong.
#[derive(Serialize, ToSchema)]
pub struct BrokenRule {
    /// The parameter or field.
    place: String,
    /// The rule it breaks.
    rule: String,
}

/// What any operation may answer instead of its result.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes the answers")]
pub enum Problems {
    /// A parameter breaks a rule; the document names it.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument),
    /// No valid token came with the request.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument),
    /// The token lacks the permission the operation needs.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument),
    /// What was asked for does not exist.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument),
    /// The database does not answer now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument),
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        kind(self).0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, name, title) = kind(self);
        let mut response = HttpResponse::build(status);
        match self {
            Self::Unauthenticated(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"concord\", error=\"invalid_token\""));
            }
            Self::Forbidden(permission) => {
                let challenge =
                    format!("Bearer realm=\"concord\", error=\"insufficient_scope\", scope=\"{permission}\"");
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        // Where the failure is handled is where it is logged; what went wrong inside is not for the caller.
        let detail = match self {
            Self::Internal(text) => {
                tracing::error!("{text}");
                "this is a defect; the log says more".into()
            }
            other => other.to_string(),
        };
        response.content_type("application/problem+json").json(ProblemDocument {
            r#type: format!("urn:concord:problem:{name}"),
            title,
            status: status.as_u16(),
            detail,
            errors: match self {
                Self::Invalid(problems) | Self::Unprocessable(problems) => {
                    problems.iter().map(BrokenRule::of).collect()
                }
                _ => Vec::new(),
            },
        })
    }
}

impl BrokenRule {
    fn of(problem: &Problem) -> Self {
        Self { place: problem.place.clone(), rule: problem.rule.clone() }
    }
}

/// What an operation that takes content may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes the answers")]
pub enum ContentProblems {
    /// It does not fit the present state.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument),
    /// The content is larger than allowed.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument),
    /// The content is of a form that cannot be taken.
    #[response(status = 415, content_type = "application/problem+json")]
    Unsupported(ProblemDocument),
    /// The content contradicts itself or breaks rules; the document names the fields.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDocument),
}

/// What an operation that changes something without taking content may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes the answers")]
pub enum ChangeProblems {
    /// It does not fit the present state.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument),
    /// What it needs contradicts itself or breaks rules; the document names it.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDocument),
    /// The source failed, or answered what it must not.
    #[response(status = 502, content_type = "application/problem+json")]
    Upstream(ProblemDocument),
}

/// What an operation that heeds `If-Match` may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes the answers")]
pub enum ConditionProblems {
    /// It is no longer what `If-Match` names; nothing was changed.
    #[response(status = 412, content_type = "application/problem+json")]
    Outdated(ProblemDocument),
}

/// What a sender of webhooks may be answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes the answers")]
pub enum WebhookProblems {
    /// It does not show knowledge of the secret of the source. Nothing was kept.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument),
    /// There is no such source, or it takes no webhooks.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument),
    /// The content is larger than allowed.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument),
    /// The content is compressed.
    #[response(status = 415, content_type = "application/problem+json")]
    Unsupported(ProblemDocument),
    /// More is sent than can be stored now; `Retry-After` says when to send it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument),
}

fn kind(error: &Error) -> (StatusCode, &'static str, &'static str) {
    match error {
        Error::NotFound(_) => (StatusCode::NOT_FOUND, "not-found", "Not found"),
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid", "Invalid request"),
        Error::Unprocessable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", "Contradictory content"),
        Error::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
        Error::Unsupported(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", "Unsupported content"),
        Error::Conflict(_) => (StatusCode::CONFLICT, "conflict", "Conflict"),
        Error::Outdated(_) => (StatusCode::PRECONDITION_FAILED, "outdated", "Changed meanwhile"),
        Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", "Not authenticated"),
        Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Permission missing"),
        Error::Upstream(_) | Error::Busy(..) => (StatusCode::BAD_GATEWAY, "upstream", "A source failed"),
        Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
    }
}
