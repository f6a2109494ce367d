//! Flat tables for dashboards, sent as they are read.

use super::{App, format::Format, problem::Problems, request::parameters, respond::ListOf, respond::respond};
use crate::{
    answers::{self, ColumnType, FlatReading, FlatTable},
    error::{Error, Result},
    model::Timestamp,
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    web::{Bytes, Data, Path},
};
use futures_util::stream;
use serde::Deserialize;
use utoipa::{
    IntoParams,
    openapi::{
        ArrayBuilder, ContentBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, OpenApi, Ref, RefOr, Schema,
        SchemaFormat, Type, schema::SchemaType,
    },
};

/// The header that says what to ask for next time.
const NEXT: &str = "next-updated-since";

/// Tables
///
/// Every table with its columns: what they are called, what their values are and mean, which tables they join.
/// Needs `records:read`, `conformity:read` and `suppliers:read`.
#[utoipa::path(tag = "tables", responses((status = 200, body = ListOf<FlatTable>), Problems),
    security(("token" = ["records:read", "conformity:read", "suppliers:read"])))]
#[get("/tables")]
pub async fn list_tables(request: HttpRequest, bearer: Bearer) -> Result<HttpResponse> {
    require(&bearer)?;
    respond(&request, &ListOf { items: answers::flat_tables() })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Updated {
    /// Only rows that came to be what they are at or after this instant, in the order they did, and with `deleted_at`
    /// those that are gone since. Without it every row there is, in the order of its key.
    updated_since: Option<Timestamp>,
}

/// A table
///
/// The rows of a table, sent as they are read, however many there are: as CSV, or as JSON with a flat object for each.
/// Ask again with `updated_since` as `next_updated_since` (in CSV the header `Next-Updated-Since`) gives it, for what
/// changed meanwhile, and replace rows by their key; the greatest `updated_at` of rows read with `updated_since` does
/// as well. Restricted incidents are in the full view only. Needs `records:read`, `conformity:read` and
/// `suppliers:read`.
#[utoipa::path(tag = "tables",
    params(
        ("table" = String, Path, description = "The table's name"),
        Updated,
        ("format" = Option<String>, Query, description = "`json` or `csv`; without it, what `Accept` prefers"),
    ),
    responses((status = 200, body = String, headers(
        ("Next-Updated-Since" = String, description = "What to ask for as `updated_since` next time"))), Problems),
    security(("token" = ["records:read", "conformity:read", "suppliers:read"])))]
#[get("/tables/{table}")]
pub async fn read_table(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    table: Path<String>,
) -> Result<HttpResponse> {
    require(&bearer)?;
    let Updated { updated_since } = parameters(&request)?;
    let format = Format::of(&request)?;
    if format == Format::Xlsx {
        return Err(Error::invalid("format", "a table is sent as it is read, as json or csv; there is no xlsx of it"));
    }
    let (view, name) = (bearer.view(), table.into_inner());
    let begin = move |app: App| {
        Sending { reading: FlatReading::begin(&app.store, &name, view, updated_since)?, format, sent: Sent::Nothing }
            .next(&app)
    };
    // What goes wrong at once is answered as a problem; what goes wrong later breaks the answer off.
    let (first, sending) = app.ask(begin).await?;
    let (next, name) = (sending.reading.next_since.to_string(), sending.reading.head().name);
    let rest = stream::try_unfold((app, first, sending), |(app, chunk, sending)| async move {
        let Some(chunk) = chunk else { return Ok::<_, Error>(None) };
        let (following, sending) = app.ask(move |app| sending.next(&app)).await?;
        Ok(Some((chunk, (app, following, sending))))
    });
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, "Accept, Authorization, Accept-Encoding"))
        .insert_header((NEXT, next));
    if format == Format::Csv {
        response
            .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")));
    } else {
        response.insert_header((header::CONTENT_TYPE, format.media_type()));
    }
    Ok(response.streaming(rest))
}

fn require(bearer: &Bearer) -> Result<()> {
    [Permission::RecordsRead, Permission::ConformityRead, Permission::SuppliersRead]
        .into_iter()
        .try_for_each(|permission| bearer.require(permission))
}

/// How much of a table was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Head,
    Rows,
    All,
}

/// A table on its way.
struct Sending {
    reading: FlatReading,
    format: Format,
    sent: Sent,
}

impl Sending {
    /// What is sent next, and the rest; `None` after the end.
    fn next(mut self, app: &App) -> Result<(Option<Bytes>, Self)> {
        if self.sent == Sent::All {
            return Ok((None, self));
        }
        let mut text = if self.sent == Sent::Nothing { self.head()? } else { Vec::new() };
        match self.reading.next(&app.store, &app.rules)? {
            Some(page) if self.format == Format::Csv => text.append(&mut page.csv_lines()?),
            Some(page) => {
                for line in page.json_lines()? {
                    text.extend_from_slice(if self.sent == Sent::Rows { b",\n" } else { b"\n" });
                    text.extend_from_slice(line.as_bytes());
                    self.sent = Sent::Rows;
                }
            }
            None => {
                if self.format == Format::Json {
                    text.extend_from_slice(b"\n]}\n");
                }
                self.sent = Sent::All;
            }
        }
        Ok((Some(text.into()), self))
    }

    fn head(&mut self) -> Result<Vec<u8>> {
        self.sent = Sent::Head;
        if self.format == Format::Csv {
            return self.reading.head().csv_head();
        }
        Ok(format!("{{\"next_updated_since\":\"{}\",\"items\":[", self.reading.next_since).into_bytes())
    }
}

/// Says of the document what a row of each table is.
pub fn describe(document: &mut OpenApi) {
    let tables = answers::flat_tables();
    let Some(item) = document.paths.paths.get_mut("/api/v1/tables/{table}") else { return };
    let Some(operation) = &mut item.get else { return };
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let names: Vec<&str> = match parameter.name.as_str() {
            "table" => tables.iter().map(|table| table.table).collect(),
            "format" => vec![Format::Json.as_str(), Format::Csv.as_str()],
            _ => continue,
        };
        parameter.schema = Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into());
    }
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        let rows =
            tables.iter().fold(OneOfBuilder::new(), |all, table| all.item(Ref::from_schema_name(row_name(table))));
        let time = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("What to ask for as `updated_since` next time."));
        let json = ObjectBuilder::new()
            .property("next_updated_since", time)
            .property("items", ArrayBuilder::new().items(rows))
            .required("next_updated_since")
            .required("items");
        let text = ObjectBuilder::new().schema_type(Type::String);
        response.content.clear();
        response
            .content
            .insert(Format::Json.media_type().into(), ContentBuilder::new().schema(Some(json)).build().into());
        response
            .content
            .insert(Format::Csv.media_type().into(), ContentBuilder::new().schema(Some(text)).build().into());
    }
    let components = document.components.get_or_insert_default();
    components.schemas.extend(tables.iter().map(|table| (row_name(table), row(table))));
}

/// The name of a row's schema: `SupplierGapRow`.
fn row_name(table: &FlatTable) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    table.table.split('_').map(capital).collect::<String>() + "Row"
}

fn row(table: &FlatTable) -> RefOr<Schema> {
    let key = table.key.join("`, `");
    let about = format!("A row of the table `{}`: {}. Key: `{key}`.", table.table, table.row);
    let mut object = ObjectBuilder::new().description(Some(about));
    for column in &table.columns {
        let (of, format) = match column.r#type {
            ColumnType::Id => (Type::String, Some(SchemaFormat::Custom("uuid".into()))),
            ColumnType::Time => (Type::String, Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
            ColumnType::Ids | ColumnType::Text | ColumnType::Texts => (Type::String, None),
            ColumnType::Integer => (Type::Integer, None),
            ColumnType::Number => (Type::Number, None),
            ColumnType::Boolean => (Type::Boolean, None),
        };
        let joins =
            if column.joins.is_empty() { String::new() } else { format!(" Joins `{}`.", column.joins.join("`, `")) };
        let property = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([of, Type::Null]))
            .format(format)
            .description(Some(format!("{}{joins}", column.meaning)));
        object = object.property(column.name, property).required(column.name);
    }
    object.into()
}
