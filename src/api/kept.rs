//! Answers out of the data compiled into the service. It never changes while the service runs, so each is made once and
//! kept in memory as it is sent.

use super::{
    App,
    format::Format,
    respond::{Content, ListOf, Reply},
};
use crate::{error::Result, report::Table};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, Encoding, Header},
};
use quick_cache::{Weighter, sync::Cache};
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// The most bytes that are kept.
const MOST_BYTES: u64 = 32 << 20;

/// What an answer weighs beside its bytes; with the above, it bounds how many are kept.
const OVERHEAD: u64 = 1 << 10;

/// The longest path and query an answer is kept for.
const LONGEST: usize = 512;

/// When the program was built, in seconds since 1970: what it answers from is a part of it, and as old.
const BUILT_AT: u64 = match u64::from_str_radix(env!("BUILT_AT"), 10) {
    Ok(seconds) => seconds,
    Err(_) => panic!("the build script gives a number"),
};

/// Finished answers by what was asked for. What is asked once pushes nothing out that is asked often.
pub struct Kept(Cache<String, Arc<Content>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Content>> for Weight {
    fn weight(&self, asked: &String, content: &Arc<Content>) -> u64 {
        (asked.len() + content.len()) as u64 + OVERHEAD
    }
}

impl Default for Kept {
    fn default() -> Self {
        // So few are expected that there are few shards on any machine, as an answer has to fit into one.
        Self(Cache::with_weighter(256, MOST_BYTES, Weight))
    }
}

impl App {
    /// An answer out of the data the service was built with, the same for everyone who may read it. What only some may
    /// see, such as licensed texts, is answered by a [`Reply`].
    pub(super) fn reference<'a>(&'a self, request: &'a HttpRequest) -> Reference<'a> {
        Reference { kept: &self.kept, request }
    }
}

/// An answer that is kept, or made and then kept.
pub struct Reference<'a> {
    kept: &'a Kept,
    request: &'a HttpRequest,
}

impl Reference<'_> {
    /// An answer that is only there as JSON.
    pub fn json<T: Serialize>(self, make: impl FnOnce() -> Result<T>) -> Result<HttpResponse> {
        Format::only_json(self.request)?;
        self.answer(Format::Json, || Content::json(&make()?))
    }

    /// A whole list in the format the caller asks for.
    pub fn list<T: Serialize>(
        self,
        make: impl FnOnce() -> Result<Vec<T>>,
        table: impl FnOnce(&[T]) -> Table,
    ) -> Result<HttpResponse> {
        self.tabular(|| Ok(ListOf { items: make()? }), |list| table(&list.items))
    }

    /// An answer in the format the caller asks for: as it is, or the table of it.
    pub fn tabular<T: Serialize>(
        self,
        make: impl FnOnce() -> Result<T>,
        table: impl FnOnce(&T) -> Table,
    ) -> Result<HttpResponse> {
        let format = Format::of(self.request)?;
        self.answer(format, || Content::tabular(format, &make()?, table))
    }

    fn answer(self, format: Format, make: impl FnOnce() -> Result<Content>) -> Result<HttpResponse> {
        let gzip = accepts_gzip(self.request);
        let asked = self.request.uri().path_and_query().map_or("", |asked| asked.as_str());
        let key = format!("{format} {} {asked}", if gzip { "gzip" } else { "plain" });
        let content = match self.kept.0.get(&key) {
            Some(content) => content,
            None => {
                let made = make()?;
                let content = Arc::new(if gzip { made.gzipped()? } else { made });
                if asked.len() <= LONGEST {
                    self.kept.0.insert(key, content.clone());
                }
                content
            }
        };
        let built_at = SystemTime::UNIX_EPOCH + Duration::from_secs(BUILT_AT);
        Ok(Reply::to(self.request).unchanged_since(built_at).send(&content))
    }
}

/// True if the caller would rather have the answer compressed than as it is.
fn accepts_gzip(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request).is_ok_and(|accepted| {
            accepted.negotiate([Encoding::identity(), Encoding::gzip()].iter()) == Some(Encoding::gzip())
        })
}
