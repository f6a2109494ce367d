//! What a sync is measured against: the columns of its records, made before, written by as little as will do.

use concord::model::{RecordVersion, Timestamp};
use std::{
    fmt::Write,
    time::{Duration, Instant},
};

/// What is replaced where a record is known.
const REPLACED: [&str; 12] = [
    "name",
    "url",
    "source_updated_at",
    "source_version",
    "synced_at",
    "deleted_at",
    "changed_seq",
    "content_hash",
    "fields",
    "relations",
    "attributes",
    "restricted",
];
const COLUMNS: &str = "id, kind, source, external_id, canonical_id, name, url, source_updated_at, source_version, \
    synced_at, deleted_at, changed_seq, content_hash, fields, relations, attributes, restricted";

struct Row {
    id: String,
    kind: &'static str,
    source: String,
    external_id: String,
    name: String,
    url: Option<String>,
    updated_at: String,
    version: i64,
    synced_at: String,
    deleted_at: Option<String>,
    hash: String,
    fields: String,
    relations: String,
    attributes: String,
    restricted: bool,
}

fn rows(versions: &[RecordVersion], at: Timestamp) -> Vec<Row> {
    let time = |at: Timestamp| at.naive().format("%Y-%m-%d %H:%M:%S%.f").to_string();
    let row = |version: &RecordVersion| Row {
        id: version.id().to_string(),
        kind: version.body.kind().as_str(),
        source: version.source.clone(),
        external_id: version.external_id.clone(),
        name: version.body.name().unwrap_or(&version.external_id).into(),
        url: version.url.clone(),
        updated_at: time(version.source_updated_at),
        version: version.source_version,
        synced_at: time(at),
        deleted_at: version.deleted.then(|| time(version.source_updated_at)),
        hash: version.id().to_string().replace('-', ""),
        fields: version.body.to_json().unwrap(),
        relations: serde_json::to_string(&version.relations).unwrap(),
        attributes: serde_json::to_string(&version.attributes).unwrap(),
        restricted: version.body.is_restricted(),
    };
    versions.iter().map(row).collect()
}

fn on_conflict() -> String {
    let replaced = REPLACED.map(|column| format!("{column} = excluded.{column}"));
    format!("ON CONFLICT (id) DO UPDATE SET {}", replaced.join(", "))
}

/// One prepared statement, once for each row, as durable as the store is.
pub fn on_sqlite(url: &str, versions: &[RecordVersion], at: Timestamp) -> Duration {
    let rows = rows(versions, at);
    let mut connection = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").unwrap();
    let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
    let start = Instant::now();
    let transaction = connection.transaction().unwrap();
    let mut statement =
        transaction.prepare(&format!("INSERT INTO record ({COLUMNS}) VALUES ({places}) {}", on_conflict())).unwrap();
    for row in &rows {
        let Row { id, kind, source, external_id, name, url, updated_at, version, .. } = row;
        let Row { synced_at, deleted_at, hash, fields, relations, attributes, restricted, .. } = row;
        statement
            .execute(rusqlite::params![
                id,
                kind,
                source,
                external_id,
                id,
                name,
                url,
                updated_at,
                version,
                synced_at,
                deleted_at,
                1,
                hash,
                fields,
                relations,
                attributes,
                restricted
            ])
            .unwrap();
    }
    drop(statement);
    transaction.commit().unwrap();
    start.elapsed()
}

/// COPY into a table for the time being, and one statement that merges it.
pub fn on_postgres(url: &str, versions: &[RecordVersion], at: Timestamp) -> Duration {
    let rows = rows(versions, at);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut client, driver) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(driver);
        let start = Instant::now();
        let transaction = client.transaction().await.unwrap();
        transaction.batch_execute("CREATE TEMPORARY TABLE arriving (LIKE record) ON COMMIT DROP").await.unwrap();
        let sink = transaction.copy_in(&format!("COPY arriving ({COLUMNS}) FROM STDIN")).await.unwrap();
        let mut sink = std::pin::pin!(sink);
        for chunk in rows.chunks(1_000) {
            let mut text = String::new();
            chunk.iter().for_each(|row| copy_line(&mut text, row));
            futures_util::SinkExt::send(&mut sink, actix_web::web::Bytes::from(text)).await.unwrap();
        }
        sink.as_mut().finish().await.unwrap();
        let merge = format!("INSERT INTO record ({COLUMNS}) SELECT {COLUMNS} FROM arriving {}", on_conflict());
        transaction.batch_execute(&merge).await.unwrap();
        transaction.commit().await.unwrap();
        start.elapsed()
    })
}

fn copy_line(text: &mut String, row: &Row) {
    let version = row.version.to_string();
    let restricted = if row.restricted { "t" } else { "f" };
    let cells = [
        Some(row.id.as_str()),
        Some(row.kind),
        Some(&row.source),
        Some(&row.external_id),
        Some(&row.id),
        Some(&row.name),
        row.url.as_deref(),
        Some(&row.updated_at),
        Some(&version),
        Some(&row.synced_at),
        row.deleted_at.as_deref(),
        Some("1"),
        Some(&row.hash),
        Some(&row.fields),
        Some(&row.relations),
        Some(&row.attributes),
        Some(restricted),
    ];
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push('\t');
        }
        match cell {
            None => text.push_str("\\N"),
            Some(cell) => escape(text, cell),
        }
    }
    text.push('\n');
}

fn escape(text: &mut String, cell: &str) {
    if !cell.contains(['\\', '\n', '\t', '\r']) {
        return text.push_str(cell);
    }
    for c in cell.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            c => write!(text, "{c}").unwrap(),
        }
    }
}
