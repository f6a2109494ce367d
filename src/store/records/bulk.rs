//! Writes many records by one statement, each database in the way it is fastest at.

use super::Row;
use crate::store::{postgres::PgLink, schema::record};
use diesel::{
    ExpressionMethods, QueryResult, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamp},
    upsert::excluded,
};

/// What stays as it is once a record exists: its identity, and whose twin it is. All else is replaced.
const KEPT: [&str; 5] = ["id", "kind", "source", "external_id", "canonical_id"];

/// The columns with their types, in the order `upsert_arrays` binds them.
const COLUMNS: [(&str, &str); 17] = [
    ("id", "text"),
    ("kind", "text"),
    ("source", "text"),
    ("external_id", "text"),
    ("name", "text"),
    ("url", "text"),
    ("source_updated_at", "timestamp"),
    ("source_version", "bigint"),
    ("synced_at", "timestamp"),
    ("deleted_at", "timestamp"),
    ("changed_seq", "bigint"),
    ("canonical_id", "text"),
    ("content_hash", "text"),
    ("fields", "text"),
    ("relations", "text"),
    ("attributes", "text"),
    ("restricted", "boolean"),
];

/// One value list a row.
pub fn upsert_values(connection: &mut SqliteConnection, rows: &[Row]) -> QueryResult<usize> {
    diesel::insert_into(record::table)
        .values(rows)
        .on_conflict(record::id)
        .do_update()
        .set((
            record::name.eq(excluded(record::name)),
            record::url.eq(excluded(record::url)),
            record::source_updated_at.eq(excluded(record::source_updated_at)),
            record::source_version.eq(excluded(record::source_version)),
            record::synced_at.eq(excluded(record::synced_at)),
            record::deleted_at.eq(excluded(record::deleted_at)),
            record::changed_seq.eq(excluded(record::changed_seq)),
            record::content_hash.eq(excluded(record::content_hash)),
            record::fields.eq(excluded(record::fields)),
            record::relations.eq(excluded(record::relations)),
            record::attributes.eq(excluded(record::attributes)),
            record::restricted.eq(excluded(record::restricted)),
        ))
        .execute(connection)
}

/// One array a column: the statement is the same for any number of rows, so the server plans it once.
pub fn upsert_arrays(connection: &mut PgLink, rows: &[Row]) -> QueryResult<usize> {
    fn column<'a, T>(rows: &'a [Row], of: impl Fn(&'a Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    sql_query(statement())
        .bind::<Array<Text>, _>(column(rows, |row| &row.id))
        .bind::<Array<Text>, _>(column(rows, |row| &row.kind))
        .bind::<Array<Text>, _>(column(rows, |row| &row.source))
        .bind::<Array<Text>, _>(column(rows, |row| &row.external_id))
        .bind::<Array<Text>, _>(column(rows, |row| &row.name))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.url.as_deref()))
        .bind::<Array<Timestamp>, _>(column(rows, |row| row.source_updated_at))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.source_version))
        .bind::<Array<Timestamp>, _>(column(rows, |row| row.synced_at))
        .bind::<Array<Nullable<Timestamp>>, _>(column(rows, |row| row.deleted_at))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.changed_seq))
        .bind::<Array<Text>, _>(column(rows, |row| &row.canonical_id))
        .bind::<Array<Text>, _>(column(rows, |row| &row.content_hash))
        .bind::<Array<Text>, _>(column(rows, |row| &row.fields))
        .bind::<Array<Text>, _>(column(rows, |row| &row.relations))
        .bind::<Array<Text>, _>(column(rows, |row| &row.attributes))
        .bind::<Array<Bool>, _>(column(rows, |row| row.restricted))
        .execute(connection)
}

fn statement() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<String> = COLUMNS.iter().enumerate().map(|(at, (_, of))| format!("${}::{of}[]", at + 1)).collect();
    let replaced: Vec<String> =
        names.iter().filter(|name| !KEPT.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO record ({}) SELECT * FROM unnest({}) ON CONFLICT (id) DO UPDATE SET {}",
        names.join(", "),
        arrays.join(", "),
        replaced.join(", ")
    )
}
