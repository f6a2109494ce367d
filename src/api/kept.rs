//! Answers that are made once and kept in memory as they are sent: out of the data compiled into the service, which never
//! changes while it runs, and out of what is concluded, until anything changes.

use super::{
    App,
    format::Format,
    request::bearer,
    respond::{Content, ListOf, Reply},
};
use crate::{
    error::Result,
    report::Table,
    tokens::{Bearer, Permission},
};
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
pub struct Kept(Cache<String, Arc<Finished>, Weight>);

/// A finished answer.
struct Finished {
    content: Content,
    /// What it takes to read it.
    needs: Permission,
    /// The change of the store it is drawn from; `None` if it does not depend on the store.
    seq: Option<i64>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Finished>> for Weight {
    fn weight(&self, asked: &String, finished: &Arc<Finished>) -> u64 {
        (asked.len() + finished.content.len()) as u64 + OVERHEAD
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
    pub(super) fn reference<'a>(&'a self, request: &'a HttpRequest, bearer: &Bearer) -> Keeping<'a> {
        Keeping::new(&self.kept, request, bearer, Permission::ReferenceRead, None)
    }

    /// An answer out of what is concluded, the same for everyone with the same view until anything changes. It is asked
    /// for before the store is, so that it is never taken for newer than it is.
    pub(super) async fn concluded<'a>(&'a self, request: &'a HttpRequest, bearer: &Bearer) -> Result<Keeping<'a>> {
        let seq = self.ask(|app| app.store.seq()).await?;
        Ok(Keeping::new(&self.kept, request, bearer, Permission::ConformityRead, Some(seq)))
    }
}

/// An answer that is made and then kept.
pub struct Keeping<'a> {
    kept: &'a Kept,
    request: &'a HttpRequest,
    key: Option<String>,
    needs: Permission,
    seq: Option<i64>,
}

impl<'a> Keeping<'a> {
    fn new(kept: &'a Kept, request: &'a HttpRequest, bearer: &Bearer, needs: Permission, seq: Option<i64>) -> Self {
        Self { kept, request, key: key(request, bearer), needs, seq }
    }

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
        let known = self.key.as_ref().and_then(|key| self.kept.0.get(key)).filter(|known| known.seq == self.seq);
        let finished = match known {
            Some(known) => known,
            None => {
                let mut content = make()?;
                if self.seq.is_none() {
                    content = content.dated(SystemTime::UNIX_EPOCH + Duration::from_secs(BUILT_AT))?;
                }
                if accepts_gzip(self.request) {
                    content = content.gzipped()?;
                }
                let finished = Arc::new(Finished { content, needs: self.needs, seq: self.seq });
                if let Some(key) = self.key {
                    self.kept.0.insert(key, finished.clone());
                }
                finished
            }
        };
        Ok(Reply::to(self.request).send(&finished.content))
    }
}

/// Sends what is kept before anything looks for the route: it was made for the same path, headers and view, and the
/// right token is all it needs. Whose token may read licensed texts too goes the long way.
pub async fn send_kept(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    match find(&request).await {
        Some(finished) => {
            let response = Reply::to(request.request()).send(&finished.content);
            Ok(request.into_response(response.map_into_right_body()))
        }
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

async fn find(request: &ServiceRequest) -> Option<Arc<Finished>> {
    if *request.method() != Method::GET {
        return None;
    }
    let bearer = bearer(request.request()).ok()?;
    let app = request.app_data::<Data<App>>()?;
    let finished = app.kept.0.get(&key(request.request(), &bearer)?)?;
    if !bearer.may(finished.needs) || bearer.may(Permission::StandardsText) {
        return None;
    }
    if finished.seq.is_some() {
        let now = match app.store.known_seq() {
            Some(seq) => seq,
            None => app.ask(|app| app.store.seq()).await.ok()?,
        };
        return (finished.seq == Some(now)).then_some(finished);
    }
    Some(finished)
}

/// What an answer is kept by: all it depends on, as it was sent. `None` if that is too long.
fn key(request: &HttpRequest, bearer: &Bearer) -> Option<String> {
    let mut key = format!("{} {}", bearer.view(), request.uri().path_and_query()?);
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
