//! Records of the shared store: list, filter, get.

use super::{
    App,
    format::FormatParameter,
    problem::Problems,
    request::{Limit, bad_cursor, raw_parameters},
    respond::{ListOf, PageOf, respond, respond_list, respond_page},
};
use crate::{
    answers::{self, FindingOnRecord, KindCount, tables},
    error::{Error, Problem, Result, did_you_mean},
    model::{Record, RecordId, RecordKind, View},
    store::{FieldFilter, RecordQuery},
    tokens::{Bearer, Permission},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};

/// Counts of records
///
/// How many records there are of each kind, without tombstones. Needs `records:read`.
#[utoipa::path(tag = "records", params(FormatParameter), responses((status = 200, body = ListOf<KindCount>), Problems),
    security(("token" = ["records:read"])))]
#[get("/records")]
pub async fn count_records(request: HttpRequest, app: Data<App>, bearer: Bearer) -> Result<HttpResponse> {
    bearer.require(Permission::RecordsRead)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::count_records(&app.store, view)).await?;
    respond_list(&request, items, tables::record_counts)
}

/// Records of a kind
///
/// A page of the records of a kind, in the order of their last change, so that reading on from the last page's cursor
/// finds what changed since. Any field of the kind that is a text, a name, a number, a reference or true/false filters
/// by its value (`?type=incident&priority=1`); a time field filters by `…_from` (inclusive) and `…_before` (exclusive).
/// Needs `records:read`.
#[utoipa::path(tag = "records",
    params(
        ("kind" = RecordKind, Path, description = "The kind of record"),
        ("source" = Option<String>, Query, description = "Only records of this source"),
        ("external_id" = Option<String>, Query, description = "Only the record the source knows by this id"),
        ("q" = Option<String>, Query, description = "Part of the name or external id, in upper or lower case"),
        ("updated_since" = Option<crate::model::Timestamp>, Query, description = "Read from the source at or after this time"),
        ("include_deleted" = Option<bool>, Query, description = "List tombstones too"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Entries a page has; 50 unless given"),
        ("cursor" = Option<String>, Query, description = "Where to read on: `next` of the page before"),
        FormatParameter,
    ),
    responses((status = 200, body = PageOf<Record>), Problems), security(("token" = ["records:read"])))]
#[get("/records/{kind}")]
pub async fn list_records(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    kind: Path<String>,
) -> Result<HttpResponse> {
    bearer.require(Permission::RecordsRead)?;
    let kind = read_kind(&kind)?;
    let query = read_query(kind, bearer.view(), raw_parameters(&request))?;
    let page = app.ask(move |app| app.store.read(|reader| reader.records(&query))).await?;
    let next = page.items.last().filter(|_| page.more).map(|last| format!("{}.{}", last.changed_seq, last.id));
    respond_page(&request, &PageOf { items: page.items, next }, |items| tables::records(kind, items))
}

/// A record
///
/// The latest state of a record, with the link back to its source. Needs `records:read`.
#[utoipa::path(tag = "records",
    params(("kind" = RecordKind, Path, description = "The kind of record"), ("id" = String, Path, description = "The record's id")),
    responses((status = 200, body = Record), Problems), security(("token" = ["records:read"])))]
#[get("/records/{kind}/{id}")]
pub async fn get_record(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::RecordsRead)?;
    let (kind, id) = read_path(&path)?;
    let view = bearer.view();
    let record = app.ask(move |app| answers::record(&app.store, kind, id, view)).await?;
    respond(&request, &record)
}

/// Findings on a record
///
/// What every indicator that applies to a record says of it, with the fields it read. Needs `conformity:read`.
#[utoipa::path(tag = "records",
    params(("kind" = RecordKind, Path, description = "The kind of record"), ("id" = String, Path, description = "The record's id"), FormatParameter),
    responses((status = 200, body = ListOf<FindingOnRecord>), Problems), security(("token" = ["conformity:read"])))]
#[get("/records/{kind}/{id}/findings")]
pub async fn list_findings_on_record(
    request: HttpRequest,
    app: Data<App>,
    bearer: Bearer,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    bearer.require(Permission::ConformityRead)?;
    let (kind, id) = read_path(&path)?;
    let view = bearer.view();
    let items = app.ask(move |app| answers::findings_on_record(&app.store, &app.rules, kind, id, view)).await?;
    respond_list(&request, items, tables::findings_on_record)
}

fn read_path((kind, id): &(String, String)) -> Result<(RecordKind, RecordId)> {
    let kind = read_kind(kind)?;
    let id = id.parse().map_err(|_| Error::NotFound(format!("there is no {kind} `{id}`: an id is a UUID")))?;
    Ok((kind, id))
}

fn read_kind(text: &str) -> Result<RecordKind> {
    text.parse().map_err(|error| Error::NotFound(format!("no such kind of record: {error}")))
}

fn read_query(kind: RecordKind, view: View, parameters: Vec<(String, String)>) -> Result<RecordQuery> {
    let mut query = RecordQuery {
        kind,
        source: None,
        external_id: None,
        contains: None,
        updated_since: None,
        include_deleted: false,
        view,
        fields: Vec::new(),
        going_on_since: None,
        after: None,
        limit: <Limit>::default().0,
    };
    let mut problems = Vec::new();
    for (name, value) in parameters {
        let refused = match name.as_str() {
            "source" => keep(&mut query.source, value),
            "external_id" => keep(&mut query.external_id, value),
            "q" => keep(&mut query.contains, value),
            "updated_since" => value.parse().map(|at| query.updated_since = Some(at)),
            "include_deleted" => value
                .parse()
                .map(|deleted| query.include_deleted = deleted)
                .map_err(|_| format!("`{value}` is neither true nor false")),
            "limit" => value.parse().map(|Limit(limit): Limit| query.limit = limit),
            "cursor" => {
                query.after = Some(read_cursor(&value).ok_or_else(bad_cursor)?);
                Ok(())
            }
            _ => match FieldFilter::parse(kind, &name, &value) {
                Some(Ok(filter)) => {
                    query.fields.push(filter);
                    Ok(())
                }
                Some(Err(problem)) => {
                    problems.push(problem);
                    Ok(())
                }
                None => Err(unknown_parameter(kind, &name)),
            },
        };
        problems.extend(refused.err().map(|rule| Problem::new(name, rule)));
    }
    if problems.is_empty() { Ok(query) } else { Err(Error::Invalid(problems)) }
}

fn keep(slot: &mut Option<String>, value: String) -> Result<(), String> {
    *slot = Some(value);
    Ok(())
}

fn unknown_parameter(kind: RecordKind, name: &str) -> String {
    const OWN: [&str; 7] = ["source", "external_id", "q", "updated_since", "include_deleted", "limit", "cursor"];
    let known = OWN.into_iter().chain(kind.fields().iter().map(|field| field.name));
    format!("no such parameter, and no such field of the kind {kind}{}", did_you_mean(name, known))
}

fn read_cursor(text: &str) -> Option<(i64, RecordId)> {
    let (seq, id) = text.split_once('.')?;
    Some((seq.parse().ok()?, id.parse().ok()?))
}
