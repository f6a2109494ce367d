//! The protocol `http`: pages of JSON, asked for as a manifest says.

mod check;
mod client;
mod cursor;
mod expression;
mod fault;
mod form;
mod login;
mod manifest;
mod page;
mod read;
mod source;
mod template;
mod wait;

pub(super) use check::duration;
pub(super) use expression::Expression;
pub(super) use form::SettingText;
pub(super) use manifest::{HttpManifest, HttpStream, Setting};
pub(super) use read::{read, sample};
pub(super) use source::HttpSource;
pub(super) use template::{Template, Values};
