//! The protocol `http`: pages of JSON, asked for as a manifest says.

#![allow(dead_code, reason = "the engine that follows these manifests is not part of the program yet")]

mod check;
mod expression;
mod form;
mod manifest;
mod source;
mod template;

pub(super) use expression::Expression;
pub(super) use manifest::{HttpManifest, HttpStream};
pub(super) use source::HttpSource;
