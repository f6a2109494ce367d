//! Why a source could not be read on.

use crate::error::Error;
use std::time::Duration;

/// What went wrong, by how far it reaches.
#[derive(Debug)]
pub enum Fault {
    /// This stream cannot be read; others may.
    Stream(String),
    /// The source as a whole cannot.
    Source(String),
    /// The source as a whole cannot now; how long it asks to be left alone.
    Busy(String, Duration),
    /// The reading was stopped, or nobody takes what it brings any more.
    Stopped,
}

impl Fault {
    /// As the error a caller is told.
    pub fn into_error(self, source: &str) -> Error {
        match self {
            Self::Stream(text) | Self::Source(text) => Error::Upstream(format!("source {source}: {text}")),
            Self::Busy(text, wait) => Error::Busy(format!("source {source}: {text}"), wait),
            Self::Stopped => Error::Conflict(format!("the reading of {source} was stopped")),
        }
    }
}
