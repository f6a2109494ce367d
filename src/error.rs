//! The failures a caller can tell apart, by what the caller can do about them. They know nothing of HTTP.

use std::{fmt, time::Duration};

/// One thing that is wrong, where it is wrong, and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File and key, field, parameter or position: `indicators/x.toml: tolerance`, `limit`, `tickets.csv line 7`.
    pub place: String,
    /// What is expected there and what was found instead.
    pub rule: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { place: place.into(), rule: rule.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

/// Why an operation did not succeed.
#[derive(Clone, Debug)]
pub enum Error {
    /// What was asked for does not exist; the text names it and, where there is one, the nearest thing that does.
    NotFound(String),
    /// The input breaks rules; every one is named.
    Invalid(Vec<Problem>),
    /// What was sent can be read, but contradicts itself or breaks rules; every one is named.
    Unprocessable(Vec<Problem>),
    /// What was sent is larger than allowed.
    TooLarge(String),
    /// What was sent is of a form that cannot be taken.
    Unsupported(String),
    /// The operation does not fit the present state.
    Conflict(String),
    /// What was to be changed is no longer as the caller saw it.
    Outdated(String),
    /// The request does not show who sends it: no valid token, or no valid signature of a webhook.
    Unauthenticated(String),
    /// The token lacks this permission.
    Forbidden(String),
    /// A source failed or answered what it must not.
    Upstream(String),
    /// A source cannot answer now and asks to be left alone for so long.
    Busy(String, Duration),
    /// The database or another needed part does not answer now; trying again later may help.
    Unavailable(String),
    /// A defect of this program.
    Internal(String),
}

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A single broken rule.
    pub fn invalid(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem::new(place, rule)])
    }

    /// The same, said of what was sent rather than of how it was asked.
    pub fn in_body(self) -> Self {
        match self {
            Self::Invalid(problems) => Self::Unprocessable(problems),
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(text)
            | Self::TooLarge(text)
            | Self::Unsupported(text)
            | Self::Conflict(text)
            | Self::Outdated(text)
            | Self::Unauthenticated(text)
            | Self::Upstream(text)
            | Self::Busy(text, _)
            | Self::Unavailable(text)
            | Self::Internal(text) => f.write_str(text),
            Self::Forbidden(permission) => write!(f, "the token lacks the permission {permission}"),
            Self::Invalid(problems) | Self::Unprocessable(problems) => {
                for (i, problem) in problems.iter().enumerate() {
                    if i > 0 {
                        f.write_str("\n")?;
                    }
                    problem.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {}

/// The entry of `names` most like `wrong`, for "did you mean" in messages; `None` if nothing is near.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// `: did you mean \`x\`?` where something is near, else nothing.
pub fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
