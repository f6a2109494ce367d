//! Answers with an ETag: JSON, lists as JSON, CSV or XLSX, and pages with a link to the next one.

use super::format::Format;
use crate::{
    error::{Error, Result},
    model::Timestamp,
    report::Table,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, EntityTag, Header, HttpDate, IfModifiedSince},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    /// Give this as `cursor` to read on; null on the last page.
    pub next: Option<String>,
}

/// A whole list, which is never long.
#[derive(Serialize, ToSchema)]
pub struct ListOf<T> {
    pub items: Vec<T>,
}

/// The body as JSON, or 304 if the caller has it already.
pub fn respond(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse> {
    Reply::to(request).json(body)
}

/// A whole list in the format the caller asks for.
pub fn respond_list<T: Serialize>(
    request: &HttpRequest,
    items: Vec<T>,
    table: impl FnOnce(&[T]) -> Table,
) -> Result<HttpResponse> {
    Reply::to(request).list(items, table)
}

/// A page in the format the caller asks for, with a `Link` to the next one.
pub fn respond_page<T: Serialize>(
    request: &HttpRequest,
    page: &PageOf<T>,
    table: impl FnOnce(&[T]) -> Table,
) -> Result<HttpResponse> {
    Reply::to(request).page(page, table)
}

/// An answer that is being put together.
pub struct Reply<'a> {
    request: &'a HttpRequest,
    modified: Option<SystemTime>,
    link: Option<String>,
    /// False if nobody may keep it.
    kept: bool,
}

/// What is answered, in its format.
struct Content {
    bytes: Vec<u8>,
    format: Format,
    /// The name of the file it may be saved as.
    name: Option<String>,
}

impl<'a> Reply<'a> {
    /// An answer to this request.
    pub fn to(request: &'a HttpRequest) -> Self {
        Self { request, modified: None, link: None, kept: true }
    }

    /// Says since when the answer is the same (`Last-Modified`, in whole seconds).
    pub fn unchanged_since(mut self, at: Timestamp) -> Self {
        let seconds = at.millis().div_euclid(1_000);
        self.modified =
            u64::try_from(seconds).ok().map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        self
    }

    /// Says that no cache may keep the answer, not even the caller's own.
    pub fn not_kept(mut self) -> Self {
        self.kept = false;
        self
    }

    /// The body as JSON; `format` may ask for nothing else.
    pub fn json(self, body: &impl Serialize) -> Result<HttpResponse> {
        Format::only_json(self.request)?;
        self.send(json(body)?)
    }

    /// A page a person reads, which loads nothing and runs nothing.
    pub fn html(self, page: String) -> Result<HttpResponse> {
        let mut response = self.send(Content { bytes: page.into_bytes(), format: Format::Json, name: None })?;
        let headers = response.headers_mut();
        if response_has_content(headers) {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
        }
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            header::HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        );
        Ok(response)
    }

    /// A whole list in the format the caller asks for.
    pub fn list<T: Serialize>(self, items: Vec<T>, table: impl FnOnce(&[T]) -> Table) -> Result<HttpResponse> {
        let list = ListOf { items };
        self.tabular(&list, |list| table(&list.items))
    }

    /// A page in the format the caller asks for, with a `Link` to the next one.
    pub fn page<T: Serialize>(mut self, page: &PageOf<T>, table: impl FnOnce(&[T]) -> Table) -> Result<HttpResponse> {
        self.link = page.next.as_ref().map(|cursor| next_page(self.request, cursor));
        self.tabular(page, |page| table(&page.items))
    }

    /// An answer in the format the caller asks for: as it is, or the table of it.
    pub fn tabular<T: Serialize>(self, body: &T, table: impl FnOnce(&T) -> Table) -> Result<HttpResponse> {
        let format = Format::of(self.request)?;
        let bytes = match format {
            Format::Json => return self.send(json(body)?),
            Format::Csv => |table: &Table| table.to_csv(),
            Format::Xlsx => |table: &Table| table.to_xlsx(),
        };
        let table = table(body);
        self.send(Content { bytes: bytes(&table)?, format, name: Some(format!("{}.{format}", table.name)) })
    }

    fn send(self, content: Content) -> Result<HttpResponse> {
        let digest = Sha256::digest(&content.bytes);
        let tag = EntityTag::new_strong(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect());
        let known = self.is_known(&tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header(header::ETag(tag))
            .insert_header((header::CACHE_CONTROL, if self.kept { "private, no-cache" } else { "private, no-store" }))
            .insert_header((header::VARY, "Accept, Authorization"));
        if let Some(modified) = self.modified {
            response.insert_header(header::LastModified(HttpDate::from(modified)));
        }
        if let Some(link) = self.link {
            response.insert_header((header::LINK, link));
        }
        if known {
            return Ok(response.finish());
        }
        if let Some(name) = content.name {
            response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        }
        let charset = if content.format == Format::Csv { "; charset=utf-8; header=present" } else { "" };
        Ok(response.content_type(format!("{}{charset}", content.format.media_type())).body(content.bytes))
    }

    /// True if the caller has the answer already: by its tags, or, if it names none, by the time of what it has.
    fn is_known(&self, tag: &EntityTag) -> bool {
        let headers = self.request.headers();
        if headers.contains_key(header::IF_NONE_MATCH) {
            let values = headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
            return values
                .flat_map(|value| value.split(',').map(str::trim))
                .any(|one| one == "*" || one.parse::<EntityTag>().is_ok_and(|one| one.weak_eq(tag)));
        }
        let since = headers.contains_key(header::IF_MODIFIED_SINCE).then(|| IfModifiedSince::parse(self.request));
        match (self.modified, since) {
            (Some(modified), Some(Ok(IfModifiedSince(since)))) => modified <= SystemTime::from(since),
            _ => false,
        }
    }
}

fn json(body: &impl Serialize) -> Result<Content> {
    let bytes = serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Content { bytes, format: Format::Json, name: None })
}

/// True unless the caller has the content already.
fn response_has_content(headers: &header::HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_TYPE)
}

fn next_page(request: &HttpRequest, cursor: &str) -> String {
    let others = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| name != "cursor");
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("cursor", cursor).finish();
    format!("<{}?{query}>; rel=\"next\"", request.path())
}
