//! The pages and tables on suppliers: they say what is not known, name what hangs together, and use words.

use super::{Organisation, ask_with};
use crate::harness::{TestDatabase, settings, store_cases};
use concord::{model::Timestamp, tokens::Permission};
use serde_json::{Value, json};
use std::{fs, path::Path};
use tempfile::TempDir;

store_cases![what_is_not_known_is_never_safe];

pub fn check(organisation: &Organisation) {
    the_portfolio_shows_what_is_open(organisation);
    a_supplier_is_shown_with_its_ties(organisation);
    a_verdict_names_what_is_missing_anywhere(organisation);
    a_customer_sees_levels_beside_risks(organisation);
    pages_speak_in_words(organisation);
    one_supplier_is_a_table_of_its_services(organisation);
}

fn ask(organisation: &Organisation, path: &str) -> String {
    let token = organisation.token(&[Permission::SuppliersRead, Permission::RecordsRead, Permission::ConformityRead]);
    let answer = ask_with(&organisation.app, &format!("/api/v1/{path}"), &token);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    if path.ends_with("/report") {
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
    }
    answer.text
}

fn read(organisation: &Organisation, path: &str) -> Value {
    serde_json::from_str(&ask(organisation, path)).expect("JSON")
}

/// The id of a party by its identifier in its source.
fn party(organisation: &Organisation, external_id: &str) -> String {
    let found = read(organisation, &format!("records/party?external_id={external_id}"));
    found["items"][0]["id"].as_str().expect("the party").to_owned()
}

fn supplier(organisation: &Organisation, external_id: &str) -> String {
    ask(organisation, &format!("suppliers/{}/report", party(organisation, external_id)))
}

fn customer(organisation: &Organisation, external_id: &str) -> String {
    ask(organisation, &format!("suppliers/customers/{}/report", party(organisation, external_id)))
}

/// What a page says, without its markup.
fn said(page: &str) -> String {
    let body = page.split_once("</style>").expect("a page").1;
    let text: Vec<&str> = body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    let text = text.join(" ").replace('\u{a0}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",")
}

/// The class of a page's verdict, and what it says.
fn verdict(page: &str) -> (String, String) {
    let rest = page.split_once("class=\"verdict ").expect("a verdict").1;
    let (tone, rest) = rest.split_once('"').expect("its tone");
    let sentences = rest.split_once("</p>").expect("its end").0;
    (tone.to_owned(), said(&format!("</style><p{sentences}")))
}

fn assert_says(page: &str, texts: &[&str]) {
    let page = said(page);
    for text in texts {
        assert!(page.contains(text), "`{text}` is not in: {page}");
    }
}

/// A supplier of which nothing is known, another that touches nothing, a customer that has stated no level, and no
/// source of tickets; with bands of the organisation's own.
fn barely_known(folder: &Path) {
    let stream = |name: &str, kind: &str| {
        format!(
            "[streams.{name}]\nfiles = \"{name}.jsonl\"\nformat = \"json_lines\"\nemit = \"{kind}\"\nmapping = \"id.jq\"\n"
        )
    };
    let manifest = format!(
        "title = \"Barely known\"\nprotocol = \"files\"\n{}{}{}relations = [\"provides\"]\n",
        stream("services", "service"),
        stream("parties", "party"),
        stream("relations", "relation")
    );
    let files = [
        ("manifest.toml", manifest.as_str()),
        ("id.jq", "."),
        ("services.jsonl", r#"{"external_id":"S","name":"Payments","customers":["C"]}"#),
        (
            "parties.jsonl",
            concat!(
                r#"{"external_id":"V","name":"Mystery Ltd","role":"supplier"}"#,
                "\n",
                r#"{"external_id":"U","name":"Idle Ltd","role":"supplier"}"#,
                "\n",
                r#"{"external_id":"C","name":"Customer Co","role":"customer"}"#
            ),
        ),
        ("relations.jsonl", r#"{"external_id":"r","type":"provides","from":"party/V","to":"service/S"}"#),
        ("model.toml", "[result]\nbands = [5.0, 15.0, 30.0]\n"),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the file is written");
    }
}

fn what_is_not_known_is_never_safe(database: &TestDatabase) {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    barely_known(folder.path());
    let mut settings = settings(database, "bare", "files", folder.path());
    settings.suppliers.model = folder.path().join("model.toml");
    let day = |text: &str| text.parse::<Timestamp>().expect("a time");
    let first = Organisation::of(&settings, day("2026-03-30T12:00:00Z"));
    let v = party(&first, "V");
    assert_says(&ask(&first, &format!("suppliers/{v}/report")), &["2026-03-30: residual 35.4, before 35.4."]);
    drop(first);
    let organisation = Organisation::of(&settings, day("2026-03-31T12:00:00Z"));

    let page = ask(&organisation, "suppliers/portfolio/report");
    let (tone, text) = verdict(&page);
    assert_eq!(tone, "fair", "{text}");
    assert!(text.contains("1 of 2 suppliers cannot be rated and could be as much as 100.0 of 100."), "{text}");
    assert!(text.contains("1 of 2 suppliers touches no service"), "{text}");
    assert_says(&page, &["1 supplier that touches no service as far as the records say is in no cell", "0 of 13"]);
    // The organisation's bands are drawn, not those built in.
    assert_says(&page, &["moderate from 5", "high from 15", "severe from 30", "up to 100.0"]);

    let page = customer(&organisation, "C");
    let (tone, text) = verdict(&page);
    assert_eq!(tone, "fair", "{text}");
    assert!(text.starts_with("It has stated no level of risk that it accepts"), "{text}");
    assert!(text.contains("1 of 1 supplier cannot be rated and could be as much as 100.0 of 100."), "{text}");
    assert_says(&page, &["Accepts for integrity not stated"]);

    let page = ask(&organisation, &format!("suppliers/{v}/report"));
    let (tone, text) = verdict(&page);
    assert_eq!(tone, "fair", "{text}");
    for part in [
        "Too little is known to rate it",
        "None of the 13 facts its score rests on is known; at the worst it would be a severe risk of 100.0.",
        "Nobody knows what happened: no source of tickets was read recently.",
        "No source tells of: an agreement, a certificate and a review in time.",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_says(&page, &["assumed, not rated", "high from 15", "Find out whether an agreement covers: Payments"]);

    let page = supplier(&organisation, "U");
    let (tone, text) = verdict(&page);
    assert_eq!(tone, "fair", "{text}");
    assert!(text.starts_with("No record links it to a service") && !text.contains("Nothing is missing"), "{text}");
    assert_says(&page, &["Likelihood –", "lies in no cell", "Record which services it provides"]);
    confidence_is_told_everywhere(&organisation, &v);
}

fn confidence_is_told_everywhere(organisation: &Organisation, v: &str) {
    let nothing = json!({"known": 0, "of": 13});
    let portfolio = read(organisation, "suppliers/portfolio");
    let of = |external_id: &str| {
        let all = portfolio["suppliers"].as_array().expect("a list");
        all.iter().find(|line| line["external_id"] == external_id).expect("the supplier")["confidence"].clone()
    };
    assert_eq!((of("V"), of("U")), (nothing.clone(), Value::Null));
    let history = read(organisation, &format!("suppliers/{v}/history"));
    let days = history["items"].as_array().expect("a list");
    assert!(days.len() == 2 && days.iter().all(|day| day["confidence"] == nothing), "{history}");
    for path in ["suppliers/portfolio".to_owned(), format!("suppliers/{v}/history"), format!("suppliers/{v}/risk")] {
        let table = ask(organisation, &format!("{path}?format=csv"));
        let head = table.lines().next().expect("a head");
        let at = head.split(',').position(|name| name == "confidence_known").expect("the column");
        let line = table.lines().find(|line| line.contains(v)).expect("a line");
        assert_eq!(line.split(',').nth(at), Some("0"), "{path}: {table}");
    }
    let scores = read(organisation, "tables/supplier_score");
    let rows = scores["items"].as_array().expect("rows");
    let known = |row: &Value| (row["confidence_known"].clone(), row["confidence_of"].clone());
    assert!(rows.iter().filter(|row| row["party"] == v).all(|row| known(row) == (json!(0), json!(13))), "{scores}");
    assert!(rows.iter().filter(|row| row["party"] != v).all(|row| known(row) == (Value::Null, Value::Null)));
    // A supplier that touches nothing has a line, too.
    let table = ask(organisation, &format!("suppliers/{}/risk?format=csv", party(organisation, "U")));
    assert_eq!(table.lines().count(), 2, "{table}");
}

fn the_portfolio_shows_what_is_open(organisation: &Organisation) {
    let page = ask(organisation, "suppliers/portfolio/report");
    assert!(page.matches("<svg").count() >= 3, "matrices and bars");
    let (tone, text) = verdict(&page);
    assert_eq!(tone, "bad");
    assert!(text.starts_with("1 of 13 suppliers is a high or severe risk"), "{text}");
    assert_says(
        &page,
        &[
            "impact × likelihood up to 4",
            "The band comes from the score",
            "What is missing or ends Missing Not known Suppliers an agreement 5",
            "Its only provider",
            "No sub-supplier is shared.",
        ],
    );
    let open = read(organisation, "suppliers/events?open=true");
    let names = open["items"].as_array().expect("a list").iter().map(|event| event["party_name"].as_str());
    let names: Vec<&str> = names.flatten().take(10).collect();
    let section = said(&page).split_once("Open reassessments").expect("the section").1.to_owned();
    assert!(names.iter().all(|name| section.contains(name)), "{section}");
    assert_eq!(names.is_empty(), section.contains("Nothing waits for a decision."), "{section}");
}

fn a_supplier_is_shown_with_its_ties(organisation: &Organisation) {
    let page = supplier(organisation, "V-03");
    assert!(page.contains("<h1>Sluicegate Networks BV</h1>"));
    assert_says(
        &page,
        &[
            "INC-1107",
            "All 16 events that still count",
            "security incident that missed its service level",
            "is named as the cause",
            "nothing is unknown",
            "73.6 severe",
            "controls an item beneath it scrub-tunnel-lds1",
            "It works for nobody, as far as the records say",
        ],
    );
    // The agreement that ended, by name, with what it covered.
    let agreements = said(&page).split_once("Agreements it is judged by").expect("the section").1.to_owned();
    assert!(
        agreements.contains(
            "scrubbing and always-on tunnels 2022-02-01 2026-01-01 DDoS protection, DNS and domains, Hosted mail"
        ),
        "{agreements}"
    );
    // Levels are a table, and the sentence says whose they are.
    assert_says(
        &page,
        &["what 4 customers accept on 5 services.", "DDoS protection integrity Meridian Health Trust 20.0 73.6"],
    );
    assert!(!page.contains("accepted levels."), "levels are not counted");
}

/// What is missing of any service counts, not of the driving one alone, and so do reviews and items.
fn a_verdict_names_what_is_missing_anywhere(organisation: &Organisation) {
    let gaps = read(organisation, "suppliers/gaps");
    let gaps = gaps["items"].as_array().expect("a list");
    let suppliers = read(organisation, "suppliers/risks");
    for risk in suppliers["items"].as_array().expect("a list") {
        let party = risk["party"].as_str().expect("an id");
        let (tone, text) = verdict(&ask(organisation, &format!("suppliers/{party}/report")));
        let of = |kind: &str| gaps.iter().any(|gap| gap["party"] == party && gap["kind"] == kind);
        for (kind, words) in [
            ("review_overdue", "a review in time"),
            ("item_without_control_terms", "control terms for items it controls"),
            ("no_right_to_audit", "a right to audit"),
            ("no_certificate", "a certificate"),
        ] {
            assert!(!of(kind) || text.contains(words), "{kind}: {text}");
        }
        let any = gaps.iter().any(|gap| gap["party"] == party);
        assert_eq!(text.contains("Nothing is missing"), !any && risk["rating"] != "unlinked", "{text}");
        assert_ne!((tone.as_str(), &risk["rating"]), ("good", &json!("unlinked")), "{text}");
    }
}

fn a_customer_sees_levels_beside_risks(organisation: &Organisation) {
    let page = customer(organisation, "CUS-01");
    assert_says(
        &page,
        &[
            "Suppliers behind its services",
            "1 of 11 suppliers behind its services is a risk above what it accepts.",
            "Accepts for confidentiality 40.0",
            "61.3 above 40.0 73.6 above 40.0 73.6 above 35.0",
            "14.7 within 40.0",
        ],
    );
    assert!(page.contains("<svg"), "the risks are drawn");
    let path = format!("suppliers/customers/{}", party(organisation, "CUS-01"));
    let line = read(organisation, &path)["items"][0].clone();
    assert_eq!(line["accepts"], json!({"confidentiality": 40, "integrity": 40, "availability": 35}));
    assert_eq!(line["residuals"]["integrity"], line["residual"]);
    let table = ask(organisation, &format!("{path}?format=csv"));
    assert!(
        table.starts_with("service,") && table.contains("residuals_integrity") && table.contains("accepts_integrity")
    );
}

/// No name of a field or value is on a page; every page can be scrolled and printed.
fn pages_speak_in_words(organisation: &Organisation) {
    let ids = |path: &str, key: &str| -> Vec<String> {
        let found = read(organisation, path);
        let items = found["items"].as_array().expect("a list").iter();
        items.map(|item| item[key].as_str().expect("an id").to_owned()).collect()
    };
    let suppliers = ids("suppliers/risks", "party").into_iter().map(|party| format!("suppliers/{party}/report"));
    let customers = ids("records/party?role=customer", "id").into_iter();
    let customers = customers.map(|party| format!("suppliers/customers/{party}/report"));
    for path in suppliers.chain(customers).chain(["suppliers/portfolio/report".to_owned()]) {
        let page = ask(organisation, &path);
        let raw = |word: &&str| word.split('_').all(|part| !part.is_empty()) && word.contains('_');
        assert_eq!(said(&page).split_whitespace().find(raw), None, "{path}");
        assert_eq!(page.matches("<table>").count(), page.matches("<div class=\"wide\"><table>").count(), "{path}");
        for odd in ["Find out about", "The 1 that", "about no ", "sla breached"] {
            assert!(!said(&page).contains(odd), "{path}: {odd}");
        }
        if let Some(folder) = std::env::var_os("CONCORD_TEST_PAGES") {
            let file = format!("{}.html", path.replace('/', "-"));
            fs::write(Path::new(&folder).join(file), page).expect("the page is written");
        }
    }
}

fn one_supplier_is_a_table_of_its_services(organisation: &Organisation) {
    let v = party(organisation, "V-03");
    let risk = read(organisation, &format!("suppliers/{v}/risk"));
    let services = risk["services"].as_array().expect("a list");
    let text = ask(organisation, &format!("suppliers/{v}/risk?format=csv"));
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let heads = table.headers().expect("heads").clone();
    let lines: Vec<csv::StringRecord> = table.records().map(|line| line.expect("a line")).collect();
    assert_eq!(lines.len(), services.len());
    for (line, service) in lines.iter().zip(services) {
        let cell = |name: &str| {
            let at = heads.iter().position(|head| head == name).unwrap_or_else(|| panic!("no {name}"));
            line.get(at).expect("a cell").to_owned()
        };
        assert_eq!(cell("service"), service["service"].as_str().expect("an id"));
        assert_eq!(cell("driving") == "true", risk["driving_service"] == service["service"]);
        for (name, value) in [
            ("residual", &service["residual"]),
            ("impact_availability", &service["impact"]["availability"]),
            ("residual_likelihood", &service["residual_likelihood"]),
            ("residuals_integrity", &service["residuals"]["integrity"]),
            ("assurance", &service["assurance"]),
            ("party_residual", &risk["residual"]),
        ] {
            assert_eq!(cell(name).parse::<f64>().ok(), value.as_f64(), "{name}");
        }
        let agreed = &service["assurance_items"][0];
        assert_eq!(cell("agreement"), agreed["answer"].as_str().expect("an answer"));
    }
    assert!(text.contains("confidentiality 40 of Halden Retail Group"), "{text}");
}
