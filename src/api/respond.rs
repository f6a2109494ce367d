//! Answers with an ETag: JSON, lists as JSON, CSV or XLSX, and pages with a link to the next one.

use super::format::Format;
use crate::{
    error::{Error, Result},
    report::Table,
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{self, EntityTag, Header, HeaderName, HeaderValue, HttpDate, IfModifiedSince},
    web::Bytes,
};
use data_encoding::HEXLOWER;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{io::Write, time::SystemTime};
use utoipa::ToSchema;

/// What a browser may load for a page: its own style, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

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

/// What came of a change: the thing as it is now, with the ETag that asking for it gives.
pub fn respond_changed(mut response: HttpResponseBuilder, body: &impl Serialize) -> Result<HttpResponse> {
    let content = Content::json(body)?;
    for (name, value) in content.validators.iter().chain(&content.about) {
        response.insert_header((name, value.clone()));
    }
    Ok(response.body(content.bytes))
}

/// The tag of the answer that says this.
pub fn tag_of(body: &impl Serialize) -> Result<EntityTag> {
    Ok(Content::json(body)?.tag)
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
    link: Option<String>,
    /// False if nobody may keep it.
    kept: bool,
}

/// What is answered, finished: its bytes in one format, and what is said of them.
pub struct Content {
    bytes: Bytes,
    tag: EntityTag,
    /// Since when they are what they are, if that is known.
    modified: Option<SystemTime>,
    /// The headers that say which and how old they are, and those that describe them.
    validators: Vec<(HeaderName, HeaderValue)>,
    about: Vec<(HeaderName, HeaderValue)>,
}

impl Content {
    /// As JSON.
    pub fn json(body: &impl Serialize) -> Result<Self> {
        Self::new(serde_json::to_vec(body).map_err(internal)?, Format::Json, None)
    }

    /// In one of the formats: as it is, or the table of it.
    pub fn tabular<T: Serialize>(format: Format, body: &T, table: impl FnOnce(&T) -> Table) -> Result<Self> {
        let written = match format {
            Format::Json => return Self::json(body),
            Format::Csv => Table::to_csv,
            Format::Xlsx => Table::to_xlsx,
        };
        let table = table(body);
        Self::new(written(&table)?, format, Some(&format!("{}.{format}", table.name)))
    }

    /// As a page to read or print. It needs nothing from outside and runs no script, and a browser is told so.
    fn html(page: String) -> Result<Self> {
        let bytes = page.into_bytes();
        let about = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        Self::tagged(bytes, about)
    }

    fn tagged(bytes: Vec<u8>, about: Vec<(HeaderName, HeaderValue)>) -> Result<Self> {
        let tag = tag(&bytes);
        let validators = vec![(header::ETAG, value(&tag.to_string())?)];
        Ok(Self { bytes: bytes.into(), tag, modified: None, validators, about })
    }

    /// Says since when the answer is the same (`Last-Modified`, in whole seconds).
    pub fn dated(mut self, at: SystemTime) -> Result<Self> {
        self.modified = Some(at);
        self.validators.push((header::LAST_MODIFIED, value(&HttpDate::from(at).to_string())?));
        Ok(self)
    }

    /// `name` is that of the file it may be saved as.
    fn new(bytes: Vec<u8>, format: Format, name: Option<&str>) -> Result<Self> {
        let charset = if format == Format::Csv { "; charset=utf-8; header=present" } else { "" };
        let mut about = vec![(header::CONTENT_TYPE, value(&format!("{}{charset}", format.media_type()))?)];
        if let Some(name) = name {
            about.push((header::CONTENT_DISPOSITION, value(&format!("attachment; filename=\"{name}\""))?));
        }
        Self::tagged(bytes, about)
    }

    /// The same, compressed; as it is if that makes it no smaller.
    pub fn gzipped(mut self) -> Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.bytes).map_err(internal)?;
        let bytes = encoder.finish().map_err(internal)?;
        if bytes.len() < self.bytes.len() {
            self.bytes = bytes.into();
            // Other bytes are another representation, which a strong tag has to tell apart (RFC 9110, 8.8.3.3).
            self.tag = EntityTag::new_strong(format!("{}-gzip", self.tag.tag()));
            self.validators[0].1 = value(&self.tag.to_string())?;
            self.about.push((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        }
        Ok(self)
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl<'a> Reply<'a> {
    /// An answer to this request.
    pub fn to(request: &'a HttpRequest) -> Self {
        Self { request, link: None, kept: true }
    }

    /// Says that no cache may keep the answer, not even the caller's own.
    pub fn not_kept(mut self) -> Self {
        self.kept = false;
        self
    }

    /// An answer that is only there as JSON.
    pub fn json(self, body: &impl Serialize) -> Result<HttpResponse> {
        Format::only_json(self.request)?;
        Ok(self.send(&Content::json(body)?))
    }

    /// A whole list in the format the caller asks for.
    pub fn list<T: Serialize>(self, items: Vec<T>, table: impl FnOnce(&[T]) -> Table) -> Result<HttpResponse> {
        self.tabular(&ListOf { items }, |list| table(&list.items))
    }

    /// A page in the format the caller asks for, with a `Link` to the next one.
    pub fn page<T: Serialize>(mut self, page: &PageOf<T>, table: impl FnOnce(&[T]) -> Table) -> Result<HttpResponse> {
        self.link = page.next.as_ref().map(|cursor| next_page(self.request, cursor));
        self.tabular(page, |page| table(&page.items))
    }

    /// An answer in the format the caller asks for: as it is, or the table of it.
    pub fn tabular<T: Serialize>(self, body: &T, table: impl FnOnce(&T) -> Table) -> Result<HttpResponse> {
        let content = Content::tabular(Format::of(self.request)?, body, table)?;
        Ok(self.send(&content))
    }

    /// A page to read or print.
    pub fn html(self, page: String) -> Result<HttpResponse> {
        Format::only_json(self.request)?;
        Ok(self.send(&Content::html(page)?))
    }

    /// An answer that is finished.
    pub fn send(self, content: &Content) -> HttpResponse {
        let known = self.is_known(content);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        let cache_control = if self.kept { "private, no-cache" } else { "private, no-store" };
        response
            .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache_control)))
            .insert_header((header::VARY, HeaderValue::from_static("Accept, Authorization, Accept-Encoding")));
        for (name, value) in &content.validators {
            response.insert_header((name, value.clone()));
        }
        if let Some(link) = self.link {
            response.insert_header((header::LINK, link));
        }
        if known {
            return response.finish();
        }
        for (name, value) in &content.about {
            response.insert_header((name, value.clone()));
        }
        response.body(content.bytes.clone())
    }

    /// True if the caller has the answer already: by its tags, or, if it names none, by the time of what it has.
    fn is_known(&self, content: &Content) -> bool {
        let headers = self.request.headers();
        if headers.contains_key(header::IF_NONE_MATCH) {
            let values = headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
            return values
                .flat_map(|value| value.split(',').map(str::trim))
                .any(|one| one == "*" || one.parse::<EntityTag>().is_ok_and(|one| one.weak_eq(&content.tag)));
        }
        let since = headers.contains_key(header::IF_MODIFIED_SINCE).then(|| IfModifiedSince::parse(self.request));
        match (content.modified, since) {
            (Some(modified), Some(Ok(IfModifiedSince(since)))) => modified <= SystemTime::from(since),
            _ => false,
        }
    }
}

/// A tag that changes with the bytes.
fn tag(bytes: &[u8]) -> EntityTag {
    EntityTag::new_strong(HEXLOWER.encode(&Sha256::digest(bytes)[..16]))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

fn value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(internal)
}

fn next_page(request: &HttpRequest, cursor: &str) -> String {
    let others = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| name != "cursor");
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("cursor", cursor).finish();
    format!("<{}?{query}>; rel=\"next\"", request.path())
}
