//! In which format a list is answered: negotiated here, and described in the OpenAPI document from here.

use crate::{
    error::{Error, Result},
    model::names,
};
use actix_web::{
    HttpRequest,
    http::header::{self, Accept, Header, Quality},
};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::{self, ContentBuilder, ObjectBuilder, OpenApi, RefOr, SchemaFormat, path::Parameter},
};

names! {
    /// What a list can be answered as.
    pub enum Format {
        /// As it is documented.
        Json = "json",
        /// A table as CSV (RFC 4180) in UTF-8. A cell a spreadsheet program could take for a formula is led by an apostrophe.
        Csv = "csv",
        /// A table as a workbook.
        Xlsx = "xlsx",
    }
}

/// The parameter every list has.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes the parameter, which `Format::of` reads")]
pub struct FormatParameter {
    /// The list as JSON, or as a table: CSV, or a workbook. Without it, what `Accept` prefers; JSON if that says nothing.
    format: Option<Format>,
}

/// The parameter's name.
pub const PARAMETER: &str = "format";

impl Format {
    /// Its media type, without parameters.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// What a request for a list asks for: by `format`, else by `Accept`.
    ///
    /// # Errors
    /// `Invalid`, naming the parameter or the header, for anything but these formats.
    pub fn of(request: &HttpRequest) -> Result<Self> {
        match Self::parameter(request)? {
            Some(format) => Ok(format),
            None if request.headers().contains_key(header::ACCEPT) => accepted(request),
            None => Ok(Self::Json),
        }
    }

    /// Refuses a request that wants something else than JSON of what is no list. `Accept` is not looked at.
    pub fn only_json(request: &HttpRequest) -> Result<()> {
        match Self::parameter(request)? {
            None | Some(Self::Json) => Ok(()),
            Some(other) => Err(Error::invalid(PARAMETER, format!("this is no list; there is no {other} of it"))),
        }
    }

    fn parameter(request: &HttpRequest) -> Result<Option<Self>> {
        let mut given = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| name == PARAMETER);
        let format =
            given.next().map(|(_, value)| value.parse().map_err(|rule: String| Error::invalid(PARAMETER, rule)));
        if given.next().is_some() {
            return Err(Error::invalid(PARAMETER, "is given more than once"));
        }
        format.transpose()
    }
}

/// The format `Accept` likes best; of formats it likes alike, the one it names first.
fn accepted(request: &HttpRequest) -> Result<Format> {
    let refused = || {
        let offered: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
        Error::invalid(
            "Accept",
            format!("accepts none of {}; the parameter `format` goes before it", offered.join(", ")),
        )
    };
    let accept = Accept::parse(request).map_err(|_| refused())?;
    let mut wanted: Vec<_> = accept.0.iter().filter(|item| item.quality > Quality::ZERO).collect();
    wanted.sort_by_key(|item| std::cmp::Reverse(item.quality));
    let offered = |media: &str| Format::ALL.iter().copied().find(|format| covers(media, format.media_type()));
    wanted.into_iter().find_map(|item| offered(item.item.essence_str())).ok_or_else(refused)
}

/// True if a media range, `text/*`, includes a media type.
fn covers(range: &str, media_type: &str) -> bool {
    match range.strip_suffix('*') {
        Some("*/") => true,
        Some(start) => media_type.starts_with(start),
        None => range == media_type,
    }
}

/// Says of every operation that has the parameter what it can answer besides JSON.
pub fn describe(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let Some(operation) = &mut item.get else { continue };
        let has =
            |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.name == PARAMETER);
        if !operation.parameters.iter().flatten().any(has) {
            continue;
        }
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
            for (format, schema) in [(Format::Csv, String::schema()), (Format::Xlsx, workbook())] {
                let content = ContentBuilder::new().schema(Some(schema)).build();
                response.content.insert(format.media_type().into(), content.into());
            }
        }
    }
}

fn workbook() -> RefOr<openapi::Schema> {
    ObjectBuilder::new()
        .schema_type(openapi::Type::String)
        .format(Some(SchemaFormat::KnownFormat(openapi::KnownFormat::Binary)))
        .into()
}
