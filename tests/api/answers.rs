//! What the API answers about the sample organisation: its README tells the same story.

use super::{Organisation, ask_with, get};
use crate::harness::SOURCE;
use concord::tokens::Permission;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub fn check(organisation: &Organisation) {
    the_reference_data_is_complete(organisation);
    correspondence_is_found_from_both_sides(organisation);
    lists_are_read_page_by_page(organisation);
    records_are_filtered(organisation);
    the_indicators_count_as_the_story_says(organisation);
    an_explanation_leads_to_a_row_of_the_sample(organisation);
    the_summary_counts_requirements_and_rows(organisation);
    the_scrubbing_provider_is_the_highest_risk(organisation);
    broken_rows_are_set_aside(organisation);
    what_the_caller_has_is_not_sent_again(organisation);
}

pub fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text at {key} of {value}"))
}

fn the_reference_data_is_complete(organisation: &Organisation) {
    let rows = get(organisation, "/api/v1/correspondence");
    let mut relations = BTreeMap::<&str, usize>::new();
    for row in items(&rows) {
        *relations.entry(text(row, "relation")).or_default() += 1;
    }
    let expected = [("heading", 16), ("many", 3), ("mapped", 46), ("none", 24), ("not_included", 4), ("qualified", 4)];
    assert_eq!(relations, expected.into());
    let references: usize = items(&rows).iter().map(|row| row["references"].as_array().expect("a list").len()).sum();
    assert_eq!((items(&rows).len(), references), (97, 161));
    let edition = get(organisation, "/api/v1/editions/iso27001-2013");
    assert_eq!([&edition["domains"], &edition["objectives"], &edition["controls"]], [14, 35, 114]);
    assert_eq!(items(&get(organisation, "/api/v1/topics")).len(), 51);
    let controls = get(organisation, "/api/v1/editions/iso27001-2013/requirements?kind=control&q=supplier");
    assert!(items(&controls).iter().any(|control| control["number"] == "A.15.1.2"));
}

fn correspondence_is_found_from_both_sides(organisation: &Organisation) {
    let numbers = |path: &str| -> Vec<u64> {
        items(&get(organisation, path)).iter().map(|row| row["row"].as_u64().expect("a number")).collect()
    };
    let forward = numbers("/api/v1/correspondence?requirement=iso27001-2013/A.16.1.7");
    let backward = numbers("/api/v1/correspondence?requirement=iso20000-1-2011/8.1");
    assert_eq!(forward.len(), 2, "the objective's row and the domain's heading: {forward:?}");
    assert!(forward.iter().any(|row| backward.contains(row)), "{forward:?} {backward:?}");
    assert_eq!(numbers("/api/v1/correspondence?topic=incident-evidence").len(), 1);
    let requirement = get(organisation, "/api/v1/editions/iso20000-1-2011/requirements/8.1");
    assert_eq!(requirement["correspondence"].as_array().expect("a list").len(), backward.len());
}

fn lists_are_read_page_by_page(organisation: &Organisation) {
    let token = organisation.token(&[Permission::RecordsRead]);
    let (mut path, mut seen, mut pages) = ("/api/v1/records/ticket?limit=100".to_owned(), BTreeSet::new(), 0);
    loop {
        let answer = ask_with(&organisation.app, &path, &token);
        let page = answer.json();
        seen.extend(items(&page).iter().map(|ticket| text(ticket, "id").to_owned()));
        pages += 1;
        match answer.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")) {
            Some(next) => {
                assert!(next.contains("limit=100") && next.contains(text(&page, "next")), "{next}");
                path = next.to_owned();
            }
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (443, 5));
}

fn records_are_filtered(organisation: &Organisation) {
    let count = |query: &str| items(&get(organisation, &format!("/api/v1/records/{query}"))).len();
    assert_eq!(count("party?role=supplier"), 12);
    assert_eq!(count("ticket?type=audit"), 4);
    assert_eq!(count("ticket?external_id=INC-1125"), 1);
    assert_eq!(count("configuration_item?environment=live&limit=1000"), 122);
    assert_eq!(count("ticket?type=incident&q=inc-1125"), 1);
    assert_eq!(count("ticket?updated_since=2099-01-01"), 0);
    assert_eq!(count("ticket?cause_party=V-03&type=incident&sla_breached=true"), 8);
    let kinds = get(organisation, "/api/v1/records");
    let of =
        |kind: &str| items(&kinds).iter().find(|count| count["kind"] == kind).map(|count| count["records"].clone());
    assert_eq!(of("configuration_item"), Some(json!(150)));
    assert_eq!(of("relation"), Some(json!(40)));
}

/// Passing, failing and unknown records, as counted by hand in the sample's README.
fn the_indicators_count_as_the_story_says(organisation: &Organisation) {
    let expected = [
        ("live-ci-owned-and-labelled", [121, 1, 0], "met"),
        ("critical-ci-verified-yearly", [66, 6, 1], "lapse"),
        ("change-security-assessed-before-approval", [24, 0, 0], "met"),
        ("emergency-change-reviewed-in-ten-days", [7, 1, 0], "breach"),
        ("incident-security-classified", [57, 0, 0], "met"),
        ("supplier-under-security-agreement", [9, 2, 0], "breach"),
        ("supplier-reviewed-yearly", [10, 1, 0], "lapse"),
        ("residual-risk-accepted-by-authority", [21, 1, 0], "lapse"),
        ("internal-audit-held-impartially", [1, 0, 0], "met"),
    ];
    // Incidents count where they were classified.
    let of_incidents = [
        ("evidence-decided-before-restoration", [("isms", [13, 2, 1], "breach"), ("sms", [5, 1, 0], "breach")]),
        ("major-incident-led-and-reported", [("isms", [1, 1, 0], "breach"), ("sms", [4, 1, 0], "breach")]),
        ("recurring-incident-has-problem", [("isms", [2, 0, 0], "met"), ("sms", [7, 3, 0], "lapse")]),
    ];
    let both = expected.map(|(id, tally, verdict)| (id, ["isms", "sms"].map(|system| (system, tally, verdict))));
    let indicators = get(organisation, "/api/v1/indicators");
    for (id, systems) in both.into_iter().chain(of_incidents) {
        let indicator =
            items(&indicators).iter().find(|indicator| indicator["id"] == id).unwrap_or_else(|| panic!("no {id}"));
        for (system, tally, verdict) in systems {
            let results = indicator["results"].as_array().expect("a list");
            let result = results.iter().find(|result| result["system"] == system).expect("a result");
            let found = &result["tally"];
            assert_eq!([&found["passing"], &found["failing"], &found["unknown"]], tally, "{id}");
            assert_eq!(result["verdict"], verdict, "{id}");
            assert_eq!(result["freshness"], "fresh", "{id}");
        }
    }
}

/// From a requirement's status to the line of the export it rests on.
fn an_explanation_leads_to_a_row_of_the_sample(organisation: &Organisation) {
    let explanation = get(organisation, "/api/v1/requirements/iso27001-2013/A.16.1.7");
    assert_eq!(explanation["status"], "potential_nonconformity");
    let indicator = &explanation["topics"][0]["indicators"][0];
    assert_eq!(indicator["indicator"], "evidence-decided-before-restoration");
    assert_eq!(indicator["verdict"], "breach");
    let records = &explanation["records"][0];
    let failing = records["failing"].as_array().expect("a list");
    let mut ids: Vec<&str> = failing.iter().map(|finding| text(&finding["record"], "external_id")).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["INC-1079", "INC-1125"]);
    let finding = failing.iter().find(|finding| finding["record"]["external_id"] == "INC-1125").expect("a finding");
    assert_eq!(finding["seen"]["evidence_decision"], "needed");
    assert_eq!(finding["seen"]["evidence_collected_at"], Value::Null);
    let all = get(organisation, text(records, "all"));
    assert_eq!(items(&all).len(), 16);
    let record = get(organisation, &format!("/api/v1/records/ticket/{}", text(&finding["record"], "id")));
    assert_eq!(record["fields"]["security_class"], "security");
    let export = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/northgate-hosting/tickets-2026.jsonl");
    let export = std::fs::read_to_string(export).expect("the export");
    assert_eq!(export.lines().filter(|line| line.contains("\"INC-1125\"")).count(), 1);
    let findings = get(organisation, &format!("/api/v1/records/ticket/{}/findings", text(&finding["record"], "id")));
    let outcome =
        |id: &str| items(&findings).iter().find(|found| found["indicator"] == id).map(|f| f["outcome"].clone());
    assert_eq!(outcome("evidence-decided-before-restoration"), Some(json!("failing")));
    assert_eq!(outcome("incident-security-classified"), Some(json!("passing")));
    // The same evidence on the other side, and on the row that joins both.
    let other = get(organisation, "/api/v1/requirements/iso20000-1-2011/8.1");
    assert!(other["records"].as_array().expect("a list").contains(records));
    let rows = get(organisation, "/api/v1/conformity/joint?status=gap_both");
    let row = items(&rows).iter().find(|row| row["requirement"] == "iso27001-2013/A.16.1").expect("the row");
    assert_eq!(row["confirmed"], false);
    assert_eq!(get(organisation, &format!("/api/v1/conformity/joint/{}", row["row"])), *row);
}

fn the_summary_counts_requirements_and_rows(organisation: &Organisation) {
    let summary = get(organisation, "/api/v1/conformity");
    assert_eq!(text(&summary, "notice"), "Restricted records may be excluded from this view.");
    let rows = summary["joint"]["rows"].as_object().expect("counts");
    let counted: u64 = rows.values().map(|count| count.as_u64().expect("a count")).sum();
    assert_eq!(counted, 97 - 16, "headings are not counted");
    for edition in summary["editions"].as_array().expect("a list") {
        let total: u64 = edition["requirements"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
        let groups = edition["groups"].as_array().expect("a list").iter();
        let by_group: u64 = groups
            .flat_map(|group| group["requirements"].as_object().expect("counts").values().filter_map(Value::as_u64))
            .sum();
        assert_eq!(total, by_group);
    }
    let graded = get(organisation, "/api/v1/requirements/iso20000-1-2011/9.1");
    assert_eq!(graded["status"], "minor_nonconformity");
    assert_eq!(graded["findings"][0]["external_id"], "NC-04");
    let listed = get(organisation, "/api/v1/requirements?edition=iso20000-1-2011&status=minor_nonconformity");
    let numbers: Vec<&str> = items(&listed).iter().map(|status| text(status, "requirement")).collect();
    assert!(numbers.contains(&"iso20000-1-2011/9.1"), "{numbers:?}");
}

fn the_scrubbing_provider_is_the_highest_risk(organisation: &Organisation) {
    let risks = get(organisation, "/api/v1/suppliers/risks");
    let risks = items(&risks);
    // Twelve suppliers and a customer that acts as one.
    assert_eq!(risks.len(), 13);
    assert_eq!(text(&risks[0], "external_id"), "V-03");
    let residual = |risk: &Value| risk["residual"].as_f64().unwrap_or_default();
    assert!(residual(&risks[0]) > residual(&risks[1]) + 20.0);
    let contributions = get(organisation, &format!("/api/v1/suppliers/{}/contributions", text(&risks[0], "party")));
    assert!(contributions.to_string().contains("INC-1107"), "{contributions}");
    let one = get(organisation, &format!("/api/v1/suppliers/{}/risk", text(&risks[0], "party")));
    // The list leaves out what happened, one by one.
    assert_eq!((&one["residual"], &one["event_count"]), (&risks[0]["residual"], &risks[0]["event_count"]));
    assert_eq!(one["events"].as_array().map(Vec::len), one["event_count"].as_u64().map(|count| count as usize));
}

fn broken_rows_are_set_aside(organisation: &Organisation) {
    let rows = get(organisation, &format!("/api/v1/sources/{SOURCE}/set-aside"));
    let reasons: Vec<String> =
        items(&rows).iter().map(|row| format!("{} {}", text(row, "position"), text(row, "reason"))).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(
        reasons.iter().any(|reason| reason.contains("cmdb_export.csv") && reason.contains("environment")),
        "{reasons:?}"
    );
    let run = &items(&get(organisation, &format!("/api/v1/sources/{SOURCE}/runs")))[0].clone();
    assert_eq!(run["state"], "completed");
    assert_eq!([&run["rows_read"], &run["created"], &run["set_aside"]], [826, 850, 3]);
    assert_eq!(run["id"], organisation.run.id);
    let source = get(organisation, &format!("/api/v1/sources/{SOURCE}"));
    assert_eq!(source["completed_at"], "2026-03-31T12:00:00.000Z");
}

fn what_the_caller_has_is_not_sent_again(organisation: &Organisation) {
    let token = organisation.token(&[Permission::ConformityRead]);
    let bearer = format!("Bearer {token}");
    let first = ask_with(&organisation.app, "/api/v1/conformity", &token);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let headers = [("Authorization", bearer.as_str()), ("If-None-Match", tag.as_str())];
    let again = super::ask(&organisation.app, "/api/v1/conformity", &headers);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let headers = [("Authorization", bearer.as_str()), ("If-None-Match", "\"other\"")];
    assert_eq!(super::ask(&organisation.app, "/api/v1/conformity", &headers).status, 200);
}
