//! Answers out of the data compiled into the service. It never changes while the service runs, so each is made once and
//! kept in memory as it is sent.

use super::{
    App,
    format::Format,
    request::bearer,
    respond::{Content, ListOf, Reply},
};
use crate::{error::Result, report::Table, tokens::Permission};
use actix_web::{
    HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, AcceptEncoding, Encoding, Header},
    },
    middleware::Next,
    web::Data,
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

/// The longest path, query and headers an answer is kept for.
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
        self.answer(|| Content::json(&make()?))
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
        self.answer(|| Content::tabular(format, &make()?, table))
    }

    fn answer(self, make: impl FnOnce() -> Result<Content>) -> Result<HttpResponse> {
        let key = key(self.request);
        let content = match key.as_ref().and_then(|key| self.kept.0.get(key)) {
            Some(content) => content,
            None => {
                let made = make()?.as_old_as(SystemTime::UNIX_EPOCH + Duration::from_secs(BUILT_AT))?;
                let content = Arc::new(if accepts_gzip(self.request) { made.gzipped()? } else { made });
                if let Some(key) = key {
                    self.kept.0.insert(key, content.clone());
                }
                content
            }
        };
        Ok(Reply::to(self.request).send(&content))
    }
}

/// Sends what is kept before anything looks for the route: it was made for the same path and the same headers, and a
/// token that may read it is all it needs. Whose token may read licensed texts too goes the long way.
pub async fn send_kept(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if *request.method() == Method::GET
        && let Some(app) = request.app_data::<Data<App>>()
        && let Some(content) = key(request.request()).and_then(|key| app.kept.0.get(&key))
        && let Ok(bearer) = bearer(request.request())
        && bearer.may(Permission::ReferenceRead)
        && !bearer.may(Permission::StandardsText)
    {
        let response = Reply::to(request.request()).send(&content);
        return Ok(request.into_response(response.map_into_right_body()));
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// What an answer is kept by: all it depends on, as it was sent. `None` if that is too long.
fn key(request: &HttpRequest) -> Option<String> {
    let mut key = request.uri().path_and_query()?.as_str().to_owned();
    for name in [header::ACCEPT, header::ACCEPT_ENCODING] {
        key.push('\n');
        for value in request.headers().get_all(name) {
            key.push_str(value.to_str().ok()?);
            key.push(',');
        }
    }
    (key.len() <= LONGEST).then_some(key)
}

/// True if the caller would rather have the answer compressed than as it is.
fn accepts_gzip(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request).is_ok_and(|accepted| {
            accepted.negotiate([Encoding::identity(), Encoding::gzip()].iter()) == Some(Encoding::gzip())
        })
}
