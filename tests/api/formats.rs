//! Lists as CSV and as workbooks: every list the document promises them of, and what is in them.

use super::{Answer, Organisation, ask, ask_with, document, get};
use crate::report::sheet;
use actix_web::http::header::HttpDate;
use calamine::Data;
use concord::{model::RecordKind, tokens::Permission};
use std::{
    collections::BTreeSet,
    io::Read,
    time::{Duration, SystemTime},
};

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub fn check(organisation: &Organisation) {
    every_list_comes_in_every_format(organisation);
    accept_chooses_the_format(organisation);
    the_correspondence_has_a_line_for_each_reference(organisation);
    records_have_a_column_for_each_field(organisation);
    pages_stay_pages(organisation);
    lists_in_cells_are_readable(organisation);
    what_the_caller_has_is_not_sent_again(organisation);
    unchanged_reference_data_is_not_sent_again(organisation);
    compressed_answers_say_the_same(organisation);
    the_matrix_is_a_table_of_both_trees(organisation);
}

fn ask_all(organisation: &Organisation, path: &str, headers: &[(&str, &str)]) -> Answer {
    let token = organisation.token(&[Permission::Admin, Permission::IncidentsRestricted]);
    let bearer = format!("Bearer {token}");
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("Authorization", bearer.as_str())]).collect();
    ask(&organisation.app, path, &headers)
}

fn csv(organisation: &Organisation, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let answer = ask_all(organisation, path, &[("Accept", CSV)]);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let texts = |record: &csv::StringRecord| record.iter().map(ToOwned::to_owned).collect::<Vec<_>>();
    let header = texts(reader.headers().expect("a header"));
    let lines = reader.records().map(|record| texts(&record.expect("a line as wide as the header"))).collect();
    (header, lines)
}

fn column(table: &(Vec<String>, Vec<Vec<String>>), name: &str) -> Vec<String> {
    let at = table.0.iter().position(|head| head == name).unwrap_or_else(|| panic!("no {name} in {:?}", table.0));
    table.1.iter().map(|line| line[at].clone()).collect()
}

/// Every operation with the parameter answers all three formats, each with its own ETag; no other takes it.
fn every_list_comes_in_every_format(organisation: &Organisation) {
    let mut lists = 0;
    for operation in document::operations(organisation).into_iter().filter(|operation| operation.method == "get") {
        let path = operation.path;
        if path.starts_with("/api/v1/tables/") {
            continue; // Sent as they are read: no workbook, no tag.
        }
        if operation.media_types.len() < 2 {
            if path.starts_with("/api/") {
                let answer = ask_all(organisation, &format!("{path}?format=csv"), &[]);
                assert_eq!(answer.status, 400, "{path}: {}", answer.text);
            }
            continue;
        }
        lists += 1;
        assert_eq!(operation.media_types.iter().collect::<BTreeSet<_>>().len(), 3, "{path}");
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut tags = BTreeSet::new();
        for (format, media_type) in [("json", JSON), ("csv", CSV), ("xlsx", XLSX)] {
            assert!(operation.media_types.iter().any(|known| known == media_type), "{path}: {media_type}");
            let by_name = ask_all(organisation, &format!("{path}{mark}format={format}"), &[("Accept", "text/html")]);
            let by_type = ask_all(organisation, &path, &[("Accept", media_type)]);
            for answer in [&by_name, &by_type] {
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                assert!(answer.header("content-type").starts_with(media_type), "{path}");
                assert!(
                    answer.header("vary").starts_with("Accept, Authorization"),
                    "{path}: {}",
                    answer.header("vary")
                );
                let name = answer.header("content-disposition");
                assert_eq!(name.ends_with(&format!(".{format}\"")), format != "json", "{path}: {name}");
            }
            assert!(by_name.bytes == by_type.bytes, "{path}");
            tags.insert(by_name.header("etag").to_owned());
        }
        assert_eq!(tags.len(), 3, "{path}");
        let (header, lines) = csv(organisation, &path);
        assert_eq!(header.iter().collect::<BTreeSet<_>>().len(), header.len(), "{path}: {header:?}");
        let answer = ask_all(organisation, &path, &[]).json();
        // The matrix has a line for each of its rows; a report that is no list has one for each of its figures.
        if let Some(items) = answer["items"].as_array().or(answer["rows"].as_array()) {
            // What only time mends has lines, too.
            let past = answer["past"].as_array().is_some_and(|past| !past.is_empty());
            assert_eq!(lines.is_empty(), items.is_empty() && !past, "{path}");
        }
        let cells = sheet(ask_all(organisation, &path, &[("Accept", XLSX)]).bytes);
        assert_eq!(cells.len(), 1 + lines.len(), "{path}");
        assert_eq!(cells[0], header.into_iter().map(Data::String).collect::<Vec<_>>(), "{path}");
    }
    assert!(lists >= 16, "{lists}");
}

fn accept_chooses_the_format(organisation: &Organisation) {
    for (accept, media_type) in [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/html, text/csv;q=0.1", CSV),
        ("text/csv;q=0.5, application/json", JSON),
        ("application/json;q=0.5, text/csv;q=0.9, */*;q=0.1", CSV),
        ("text/csv;charset=utf-8", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    ] {
        let answer = ask_all(organisation, "/api/v1/topics", &[("Accept", accept)]);
        assert!(answer.header("content-type").starts_with(media_type), "{accept}: {}", answer.header("content-type"));
    }
    for accept in ["text/html", "text/csv;q=0", "nonsense"] {
        let answer = ask_all(organisation, "/api/v1/topics", &[("Accept", accept)]);
        assert_eq!(answer.status, 400, "{accept}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["place"], "Accept");
    }
}

fn the_correspondence_has_a_line_for_each_reference(organisation: &Organisation) {
    let table = csv(organisation, "/api/v1/correspondence");
    let rows = get(organisation, "/api/v1/correspondence");
    let references = |row: &serde_json::Value| row["references"].as_array().expect("a list").len();
    let expected: usize = rows["items"].as_array().expect("a list").iter().map(|row| references(row).max(1)).sum();
    assert_eq!(table.1.len(), expected);
    assert_eq!(column(&table, "reference").iter().filter(|reference| !reference.is_empty()).count(), 161);
    assert_eq!(column(&table, "row").iter().collect::<BTreeSet<_>>().len(), 97);
    assert!(column(&table, "locators").iter().any(|locators| locators.contains("last para.")));
    let one = csv(organisation, "/api/v1/correspondence?requirement=iso27001-2013/A.16.1.7&relation=mapped");
    assert!(!one.1.is_empty() && one.1.len() < table.1.len());
    // The same in a workbook, cell by cell.
    let cells = sheet(ask_all(organisation, "/api/v1/correspondence?format=xlsx", &[]).bytes);
    for (line, cells) in table.1.iter().zip(&cells[1..]) {
        for (text, cell) in line.iter().zip(cells) {
            assert_eq!(*text, cell.to_string());
        }
    }
}

fn records_have_a_column_for_each_field(organisation: &Organisation) {
    for &kind in RecordKind::ALL {
        let table = csv(organisation, &format!("/api/v1/records/{kind}?limit=1000"));
        for field in kind.fields() {
            assert_eq!(table.0.iter().filter(|head| **head == field.name).count(), 1, "{kind}: {}", field.name);
        }
    }
    let table = csv(organisation, "/api/v1/records/ticket?external_id=INC-1125");
    assert_eq!(column(&table, "security_class"), ["security"]);
    assert_eq!(column(&table, "external_id"), ["INC-1125"]);
    let table = csv(organisation, "/api/v1/records/ticket?cause_party=V-03&type=incident&sla_breached=true");
    assert_eq!(column(&table, "cause_party"), ["V-03"; 8]);
    assert_eq!(column(&table, "sla_breached"), ["true"; 8]);
    assert!(column(&table, "relations").iter().any(|relations| relations.starts_with("affects ")));
}

fn pages_stay_pages(organisation: &Organisation) {
    let token = organisation.token(&[Permission::RecordsRead]);
    let (mut path, mut seen, mut pages) =
        ("/api/v1/records/ticket?limit=200&format=csv".to_owned(), BTreeSet::new(), 0);
    loop {
        let answer = ask_with(&organisation.app, &path, &token);
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"ticket.csv\"");
        let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
        seen.extend(reader.records().map(|record| record.expect("a line").get(0).expect("an id").to_owned()));
        pages += 1;
        match answer.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")) {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (443, 3));
}

fn lists_in_cells_are_readable(organisation: &Organisation) {
    let table = csv(organisation, "/api/v1/indicators/evidence-decided-before-restoration/findings?outcome=failing");
    assert_eq!(column(&table, "external_id").len(), 2);
    assert!(column(&table, "seen").iter().all(|seen| seen.contains("evidence_decision=needed")), "{table:?}");
    let risks = csv(organisation, "/api/v1/suppliers/risks");
    assert_eq!(column(&risks, "external_id")[0], "V-03");
    let json = get(organisation, "/api/v1/suppliers/risks");
    let residuals: Vec<String> =
        json["items"].as_array().expect("a list").iter().map(|risk| risk["residual"].to_string()).collect();
    let shown = column(&risks, "residual");
    for (json, csv) in residuals.iter().zip(&shown) {
        assert_eq!(json.parse::<f64>().ok(), csv.parse::<f64>().ok());
    }
}

fn what_the_caller_has_is_not_sent_again(organisation: &Organisation) {
    let path = "/api/v1/conformity/joint?format=csv";
    let tag = ask_all(organisation, path, &[]).header("etag").to_owned();
    assert_eq!(ask_all(organisation, path, &[("If-None-Match", &tag)]).status, 304);
    assert_eq!(ask_all(organisation, "/api/v1/conformity/joint", &[("If-None-Match", &tag)]).status, 200);
}

fn unchanged_reference_data_is_not_sent_again(organisation: &Organisation) {
    for path in
        ["editions", "editions/iso27001-2013", "correspondence", "correspondence/40", "topics", "search?q=asset"]
    {
        let path = format!("/api/v1/{path}");
        // When the program was built, whatever the clock says: the same after a restart, and on every node.
        let modified = ask_all(organisation, &path, &[]).header("last-modified").to_owned();
        let at = SystemTime::from(modified.parse::<HttpDate>().expect("a date"));
        assert_eq!(at, SystemTime::UNIX_EPOCH + Duration::from_secs(env!("BUILT_AT").parse().expect("seconds")));
        let before = HttpDate::from(at - Duration::from_secs(1)).to_string();
        let status = |headers: &[(&str, &str)]| ask_all(organisation, &path, headers).status;
        assert_eq!(status(&[("If-Modified-Since", &modified)]), 304, "{path}");
        assert_eq!(status(&[("If-Modified-Since", &before)]), 200, "{path}");
        assert_eq!(status(&[("If-Modified-Since", "yesterday")]), 200, "{path}");
        // A tag goes before the time (RFC 9110, 13.1.3).
        assert_eq!(status(&[("If-Modified-Since", &modified), ("If-None-Match", "\"other\"")]), 200, "{path}");
    }
    assert_eq!(ask_all(organisation, "/api/v1/conformity", &[]).header("last-modified"), "");
}

/// Compressed or not, first asked for or kept: the same answer, with a tag for each of its forms.
fn compressed_answers_say_the_same(organisation: &Organisation) {
    for path in
        ["/api/v1/correspondence", "/api/v1/terms?format=csv", "/api/v1/terms/incident", "/api/v1/search?q=asset"]
    {
        let plain = ask_all(organisation, path, &[]);
        for _ in 0..2 {
            let answer = ask_all(organisation, path, &[("Accept-Encoding", "br, gzip;q=0.8, *;q=0.1")]);
            assert_eq!(answer.header("content-encoding"), "gzip", "{path}");
            assert_eq!(answer.header("content-type"), plain.header("content-type"));
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(answer.bytes.as_slice()).read_to_end(&mut bytes).expect("gzip");
            assert!(bytes == plain.bytes && answer.bytes.len() < bytes.len(), "{path}");
            let tag = answer.header("etag").to_owned();
            assert_ne!(tag, plain.header("etag"), "{path}");
            let again = ask_all(organisation, path, &[("Accept-Encoding", "gzip"), ("If-None-Match", &tag)]);
            assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
        }
        for encodings in ["identity", "gzip;q=0", "br", ""] {
            let answer = ask_all(organisation, path, &[("Accept-Encoding", encodings)]);
            assert!(answer.header("content-encoding").is_empty() && answer.bytes == plain.bytes, "{path}: {encodings}");
        }
    }
}

fn the_matrix_is_a_table_of_both_trees(organisation: &Organisation) {
    let table = csv(organisation, "/api/v1/correspondence/matrix?isms_depth=1&sms_depth=1");
    let matrix = get(organisation, "/api/v1/correspondence/matrix?isms_depth=1&sms_depth=1");
    let count = |key: &str| matrix[key].as_array().expect("a list").len();
    assert_eq!((table.0.len(), table.1.len()), (2 + count("columns"), count("rows")));
    let filled = table.1.iter().flat_map(|line| &line[2..]).filter(|cell| !cell.is_empty()).count();
    assert_eq!(filled, count("cells"));
    let row = table.1.iter().find(|line| line[0] == "iso27001-2013/A.16").expect("a line");
    let column = table.0.iter().position(|head| head.starts_with("8 ")).expect("a column");
    assert!(row[column].starts_with("mapped (row 91)"), "{}", row[column]);
}
