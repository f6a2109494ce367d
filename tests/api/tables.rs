//! Flat tables: their columns stay, their keys join, both formats say the same, and long ones leave in pieces.

use super::{Answer, Organisation, ask_with, get};
use crate::harness::{SOURCE, TestDatabase, story_instant};
use actix_web::{
    body::MessageBody,
    test::{TestRequest, call_service, init_service},
};
use concord::{
    api::application,
    model::{Body, RecordKind, RecordVersion},
    tokens::Permission,
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    pin::pin,
};

pub fn check(organisation: &Organisation) {
    columns_stay(organisation);
    keys_join(organisation);
    both_formats_say_the_same(organisation);
    what_changed_is_asked_for_by_time(organisation);
    what_cannot_be_read_is_refused(organisation);
}

fn tables(organisation: &Organisation) -> Vec<Value> {
    get(organisation, "/api/v1/tables")["items"].as_array().expect("a list").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn rows(organisation: &Organisation, table: &str) -> Vec<Value> {
    get(organisation, &format!("/api/v1/tables/{table}"))["items"].as_array().expect("a list").clone()
}

/// A dashboard is built on these names. One may be added before the last two; none may change or go.
fn columns_stay(organisation: &Organisation) {
    let mut lines = String::new();
    for table in tables(organisation) {
        let key: Vec<&str> = table["key"].as_array().expect("a key").iter().map(text).collect();
        writeln!(lines, "{} by {}", text(&table["table"]), key.join(", ")).expect("a line");
        for column in table["columns"].as_array().expect("columns") {
            assert!(!text(&column["meaning"]).is_empty(), "{column}");
            let joins: Vec<&str> = column["joins"].as_array().expect("a list").iter().map(text).collect();
            writeln!(lines, "  {}: {} {}", text(&column["name"]), text(&column["type"]), joins.join(" "))
                .expect("a line");
        }
    }
    let lines = lines.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("tables", lines));
}

/// Every id in a column that joins is that of a row of a table it joins.
fn keys_join(organisation: &Organisation) {
    let all: BTreeMap<String, Vec<Value>> = tables(organisation)
        .iter()
        .map(|table| (text(&table["table"]).to_owned(), rows(organisation, text(&table["table"]))))
        .collect();
    let ids: BTreeMap<&str, BTreeSet<&str>> = all
        .iter()
        .map(|(table, rows)| (table.as_str(), rows.iter().filter_map(|row| row["id"].as_str()).collect()))
        .collect();
    for table in tables(organisation) {
        let name = text(&table["table"]);
        for column in table["columns"].as_array().expect("columns") {
            let joins: Vec<&str> = column["joins"].as_array().expect("a list").iter().map(text).collect();
            if joins.is_empty() {
                continue;
            }
            for row in &all[name] {
                for id in row[text(&column["name"])].as_str().into_iter().flat_map(|ids| ids.split("; ")) {
                    assert!(joins.iter().any(|joined| ids[joined].contains(id)), "{name}.{}: {id}", column["name"]);
                }
            }
        }
        if !["relation"].contains(&name) {
            assert!(!all[name].is_empty(), "{name} has rows");
        }
    }
    let gaps = get(organisation, "/api/v1/suppliers/gaps")["items"].as_array().expect("a list").len();
    assert_eq!(all["supplier_gap"].len(), gaps, "as many as the report on gaps has");
    let risks = get(organisation, "/api/v1/suppliers/risks")["items"].as_array().expect("a list").clone();
    for risk in risks {
        let score = all["supplier_score"].iter().find(|score| score["party"] == risk["party"]).expect("its score");
        for column in ["residual", "likelihood"] {
            assert_eq!(score[column].as_f64(), risk[column].as_f64(), "{column} of {risk}");
        }
    }
    let statuses = get(organisation, "/api/v1/requirements")["items"].as_array().expect("a list").clone();
    assert_eq!(all["requirement_status"].len(), statuses.len());
}

fn all(organisation: &Organisation, path: &str) -> Answer {
    let permissions = [Permission::Admin, Permission::IncidentsRestricted];
    ask_with(&organisation.app, path, &organisation.token(&permissions))
}

fn both_formats_say_the_same(organisation: &Organisation) {
    for table in tables(organisation) {
        let path = format!("/api/v1/tables/{}", text(&table["table"]));
        let heads: Vec<&str> = table["columns"].as_array().expect("columns").iter().map(|c| text(&c["name"])).collect();
        assert_eq!(heads.iter().collect::<BTreeSet<_>>().len(), heads.len(), "{path}: {heads:?}");
        let (json, csv) = (all(organisation, &path), all(organisation, &format!("{path}?format=csv")));
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(json.header("next-updated-since"), csv.header("next-updated-since"));
        let json = json.json();
        let mut lines = csv::Reader::from_reader(csv.bytes.as_slice());
        assert_eq!(lines.headers().expect("a header").iter().collect::<Vec<_>>(), heads);
        let lines: Vec<csv::StringRecord> = lines.records().map(|line| line.expect("a line")).collect();
        let items = json["items"].as_array().expect("a list");
        assert_eq!(lines.len(), items.len(), "{path}");
        for (line, item) in lines.iter().zip(items) {
            assert_eq!(item.as_object().expect("an object").len(), heads.len(), "{path}");
            for (head, cell) in heads.iter().zip(line) {
                let expected = match &item[*head] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(cell.trim_start_matches('\''), expected.trim_start_matches('\''), "{path}: {head}");
            }
        }
    }
}

fn what_changed_is_asked_for_by_time(organisation: &Organisation) {
    let whole = get(organisation, "/api/v1/tables/ticket");
    let next = text(&whole["next_updated_since"]);
    let later = get(organisation, &format!("/api/v1/tables/ticket?updated_since={next}"));
    assert_eq!(later["next_updated_since"], whole["next_updated_since"]);
    let past = get(organisation, "/api/v1/tables/ticket?updated_since=2020-01-01");
    let count = |answer: &Value| answer["items"].as_array().expect("a list").len();
    assert!(count(&past) >= count(&whole), "everything changed since, and what is gone comes as well");
    let ahead = get(organisation, "/api/v1/tables/ticket?updated_since=2030-01-01");
    assert_eq!(count(&ahead), 0);
}

fn what_cannot_be_read_is_refused(organisation: &Organisation) {
    let refused = |path: &str, status: u16, place: &str| {
        let answer = all(organisation, &format!("/api/v1/tables/{path}"));
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert!(answer.text.contains(place), "{path}: {}", answer.text);
    };
    refused("tickets", 404, "did you mean `ticket`");
    refused("ticket?format=xlsx", 400, "format");
    refused("ticket?updated_since=yesterday", 400, "updated_since");
    refused("ticket?limit=3", 400, "limit");
    let dashboard = [Permission::RecordsRead, Permission::ConformityRead, Permission::SuppliersRead];
    let status = |permissions: &[Permission]| {
        ask_with(&organisation.app, "/api/v1/tables/ticket", &organisation.token(permissions)).status
    };
    assert_eq!(status(&dashboard), 200);
    for missing in 0..dashboard.len() {
        let others: Vec<Permission> =
            (0..dashboard.len()).filter(|at| *at != missing).map(|at| dashboard[at]).collect();
        assert_eq!(status(&others), 403, "without {}", dashboard[missing]);
    }
}

/// A thousand rows at most are held, however many there are.
pub fn many_rows_leave_in_small_pieces(database: &TestDatabase) {
    let organisation = Organisation::read(database);
    const MANY: usize = 12_000;
    let at = story_instant();
    let fields = json!({"name": "x".repeat(200), "class": "server"});
    let version = |number: usize| RecordVersion {
        source: SOURCE.into(),
        external_id: format!("MANY-{number}"),
        url: None,
        source_updated_at: at,
        undated: false,
        source_version: 0,
        deleted: false,
        body: Body::from_json(RecordKind::ConfigurationItem, fields.clone()).expect("valid fields"),
        relations: Vec::new(),
        attributes: Map::new(),
    };
    let add = organisation
        .app
        .store
        .write(at, |transaction| transaction.apply_versions((0..MANY).map(version).collect(), at, false));
    add.expect("they are written");
    let token = organisation.token(&[Permission::Admin, Permission::IncidentsRestricted]);
    actix_web::rt::System::new().block_on(async {
        let service = init_service(application(organisation.app.clone())).await;
        for path in
            ["configuration_item", "configuration_item?updated_since=2020-01-01", "configuration_item?format=csv"]
        {
            let request = TestRequest::get()
                .uri(&format!("/api/v1/tables/{path}"))
                .insert_header(("Authorization", format!("Bearer {token}")));
            let response = call_service(&service, request.to_request()).await;
            assert_eq!(response.status().as_u16(), 200, "{path}");
            let mut body = pin!(response.into_body());
            let (mut pieces, mut longest, mut all) = (0, 0, Vec::new());
            while let Some(piece) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
                let piece = piece.ok().expect("a piece");
                (pieces, longest) = (pieces + 1, longest.max(piece.len()));
                all.extend_from_slice(&piece);
            }
            assert!(pieces > MANY / 1_000 && longest * 8 < all.len(), "{path}: {pieces} of up to {longest} bytes");
            assert_eq!(String::from_utf8(all).expect("UTF-8").matches("MANY-").count(), MANY, "{path}");
        }
    });
}
