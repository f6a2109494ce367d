//! Supplier risk of the sample organisation: everything adds up, the reports say the same, a trial leaves nothing.

use super::{Organisation, get, send};
use actix_web::test::TestRequest;
use concord::tokens::Permission;
use serde_json::{Value, json};

pub fn check(organisation: &Organisation) {
    contributions_add_up(organisation);
    the_reports_say_the_same(organisation);
    gaps_and_indicators_cite_the_same_facts(organisation);
    a_trial_leaves_nothing(organisation);
    what_names_nothing_is_refused(organisation);
}

fn items(organisation: &Organisation, path: &str) -> Vec<Value> {
    get(organisation, path)["items"].as_array().expect("a list").clone()
}

fn worst(organisation: &Organisation) -> Value {
    items(organisation, "/api/v1/suppliers/risks").remove(0)
}

fn post(organisation: &Organisation, body: &Value) -> (u16, Value) {
    let token = organisation.token(&[Permission::SuppliersRead, Permission::ConformityRead]);
    let request = TestRequest::post()
        .uri("/api/v1/suppliers/what-if")
        .insert_header(("Content-Type", "application/json"))
        .insert_header(("Authorization", format!("Bearer {token}")))
        .set_payload(body.to_string());
    let answer = send(&organisation.app, request);
    (answer.status, answer.json())
}

fn contributions_add_up(organisation: &Organisation) {
    let risk = worst(organisation);
    let party = risk["party"].as_str().expect("an id");
    let all = items(organisation, &format!("/api/v1/suppliers/{party}/contributions?limit=1000"));
    let sum: f64 = all.iter().map(|event| event["counted"].as_f64().expect("a number")).sum();
    assert!((sum - risk["exposure"].as_f64().expect("a number")).abs() < 1e-6, "{sum} is not {}", risk["exposure"]);
    assert_eq!(all.len() as u64, risk["event_count"].as_u64().expect("a number"));
    let one = get(organisation, &format!("/api/v1/suppliers/{party}/risk"));
    let shown = one["events"].as_array().expect("a list");
    assert_eq!(shown.len(), all.len().min(25));
    let most = all.iter().map(|event| event["counted"].as_f64().expect("a number")).fold(0.0, f64::max);
    assert_eq!(shown[0]["counted"].as_f64(), Some(most), "what weighs most comes first");
    let history = items(organisation, &format!("/api/v1/suppliers/{party}/history"));
    assert_eq!(history.last().expect("a day")["residual"], risk["residual"]);
}

fn the_reports_say_the_same(organisation: &Organisation) {
    let risks = items(organisation, "/api/v1/suppliers/risks");
    let portfolio = get(organisation, "/api/v1/suppliers/portfolio");
    let lines = portfolio["suppliers"].as_array().expect("a list");
    assert_eq!(lines.len(), risks.len());
    for (line, risk) in lines.iter().zip(&risks) {
        assert_eq!((&line["party"], &line["residual"]), (&risk["party"], &risk["residual"]));
    }
    let counts: u64 = portfolio["counts"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert_eq!(counts as usize, risks.len());
    let cells = |matrix: &str| -> u64 {
        let rows = portfolio[matrix].as_array().expect("rows").iter();
        rows.flat_map(|row| row.as_array().expect("cells")).filter_map(Value::as_u64).sum()
    };
    let linked = risks.iter().filter(|risk| !risk["residual_cell"].is_null()).count() as u64;
    assert_eq!((cells("residual_matrix"), cells("inherent_matrix")), (linked, linked));
    // Whoever stands behind a customer's service is as bad there as in the portfolio.
    let customer = items(organisation, "/api/v1/records/party?role=customer").remove(0);
    let path = format!("/api/v1/suppliers/customers/{}", customer["id"].as_str().expect("an id"));
    for found in items(organisation, &path) {
        let risk = risks.iter().find(|risk| risk["party"] == found["supplier"]["party"]).expect("the supplier");
        let service = risk["services"].as_array().expect("a list").iter().find(|s| s["service"] == found["service"]);
        assert_eq!(service.expect("the service")["residual"], found["residual"]);
    }
}

/// A supplier that fails the indicator on agreements has a gap in its agreements, and one that passes has none: A.15,
/// 4.2, 7.2 and 6.6.2 rest on the facts the score rests on.
fn gaps_and_indicators_cite_the_same_facts(organisation: &Organisation) {
    let gaps = items(organisation, "/api/v1/suppliers/gaps");
    let has = |party: &Value, kinds: &[&str]| {
        let of = |gap: &&Value| gap["party"] == *party && gap["certain"] == true;
        gaps.iter().filter(of).any(|gap| kinds.iter().any(|kind| gap["kind"] == *kind))
    };
    let indicator = "/api/v1/indicators/supplier-under-security-agreement/findings?outcome=failing&limit=100";
    let failing = items(organisation, indicator);
    assert!(!failing.is_empty());
    for finding in failing {
        let party = &finding["record"]["id"];
        assert!(has(party, &["no_agreement", "no_security_obligations"]), "{finding}");
    }
    let overdue = items(organisation, "/api/v1/indicators/supplier-reviewed-yearly/findings?outcome=failing&limit=100");
    for finding in overdue {
        assert!(has(&finding["record"]["id"], &["review_overdue"]), "{finding}");
    }
}

fn a_trial_leaves_nothing(organisation: &Organisation) {
    let before = items(organisation, "/api/v1/suppliers/risks");
    let party = before[0]["party"].clone();
    let (status, gone) = post(organisation, &json!({"changes": [{"change": "remove", "record": party}]}));
    assert_eq!(status, 200, "{gone}");
    let moved = &gone["suppliers"][0];
    assert_eq!((&moved["party"], &moved["after"]), (&party, &Value::Null));
    assert!(!gone["services"].as_array().expect("a list").is_empty());
    assert!(gone["assessment"].as_array().expect("a list").len() >= 2);
    let reviewed = json!({"changes": [{"change": "alter", "record": party, "fields": {"last_review": "2026-03-30"}}]});
    let (status, altered) = post(organisation, &reviewed);
    assert_eq!(status, 200, "{altered}");
    let of = |key: &str| altered["suppliers"][0][key].as_f64().expect("a score");
    assert!(of("residual_after") <= of("residual_before"), "{altered}");
    assert_eq!(items(organisation, "/api/v1/suppliers/risks"), before, "nothing is kept");
}

fn what_names_nothing_is_refused(organisation: &Organisation) {
    let party = worst(organisation)["party"].clone();
    let nobody = "00000000-0000-0000-0000-000000000000";
    let refused = [
        (json!({"changes": []}), "changes"),
        (json!({"changes": [{"change": "remove", "record": nobody}]}), "changes[0].record"),
        (json!({"changes": [{"change": "alter", "record": party, "fields": {}}]}), "changes[0].fields"),
        (
            json!({"changes": [{"change": "alter", "record": party, "fields": {"accepts_integrity_risk": 101}}]}),
            "changes[0].fields.accepts_integrity_risk",
        ),
        (json!({"changes": [{"change": "replace", "record": party, "by": party}]}), "changes[0].by"),
    ];
    for (body, place) in refused {
        let (status, problem) = post(organisation, &body);
        assert!([400, 422].contains(&status), "{body}: {problem}");
        assert!(problem.to_string().contains(place), "{place}: {problem}");
    }
}
