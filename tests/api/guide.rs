//! What the API answers about the guide: terms, guidance, the matrix, the review of a text, and plans that are worked off.

use super::{Answer, Organisation, ask_with, document::plan_request, get, send};
use actix_web::test::TestRequest;
use concord::tokens::Permission;
use serde_json::{Value, json};

pub fn check(organisation: &Organisation) {
    terms_are_found_by_any_name(organisation);
    links_of_the_text_stand_beside_the_table(organisation);
    a_text_is_reviewed(organisation);
    a_plan_is_made_and_worked_off(organisation);
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

fn content(
    organisation: &Organisation,
    method: &str,
    path: &str,
    media_type: &str,
    content: impl Into<Vec<u8>>,
) -> Answer {
    let token = organisation.token(&[Permission::Admin]);
    let request = TestRequest::default().method(method.parse().expect("a method")).uri(path);
    let request = request.insert_header(("Authorization", format!("Bearer {token}")));
    send(&organisation.app, request.insert_header(("Content-Type", media_type)).set_payload(content.into()))
}

fn terms_are_found_by_any_name(organisation: &Organisation) {
    let table = get(organisation, "/api/v1/terms?provenance=table");
    let rows: Vec<u64> = items(&table).iter().filter_map(|term| term["row"].as_u64()).collect();
    assert_eq!(rows, (1..=41).collect::<Vec<_>>());
    let one = get(organisation, "/api/v1/terms/Configuration%20Items");
    assert_eq!(one["id"], "configuration-item");
    let differing = get(organisation, "/api/v1/terms?agreement=differs");
    assert!(items(&differing).iter().all(|term| term["agreement"] == "differs") && !items(&differing).is_empty());
    let token = organisation.token(&[Permission::ReferenceRead]);
    assert_eq!(ask_with(&organisation.app, "/api/v1/terms/incidnt", &token).status, 404);
    let csv = ask_with(&organisation.app, "/api/v1/terms?format=csv", &token);
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.header("content-type"));
    assert!(csv.text.starts_with("id,term,provenance,row,"), "{}", &csv.text[..80]);
    let found = get(organisation, "/api/v1/search?q=incidents&kind=term");
    assert!(items(&found).iter().any(|hit| hit["id"] == "incident"), "{found}");
}

fn links_of_the_text_stand_beside_the_table(organisation: &Organisation) {
    let links = get(organisation, "/api/v1/correspondence/body-links?requirement=iso20000-1-2011/9.1");
    assert!(items(&links).iter().any(|link| link["requirement"] == "iso27001-2013/A.8.1.1"), "{links}");
    assert!(items(&links).iter().all(|link| link["provenance"] == "body"));
    let none = get(organisation, "/api/v1/correspondence?requirement=iso20000-1-2011/9.1");
    assert!(items(&none).is_empty(), "no row of the table cites 9.1");
    let detail = get(organisation, "/api/v1/editions/iso20000-1-2011/requirements/9.1");
    assert_eq!(detail["body_links"], links["items"], "what the text says of it stands with the requirement");
    let uncited = get(organisation, "/api/v1/correspondence/reverse?cited=false");
    let configuration = items(&uncited).iter().find(|entry| entry["requirement"] == "iso20000-1-2011/9.1");
    let configuration = configuration.expect("the requirement no row cites");
    assert!(configuration["rows"] == Value::Array(Vec::new()) && configuration["body_links"].is_array());
    let matrix = get(organisation, "/api/v1/correspondence/matrix?isms_depth=1&sms_depth=1");
    let cell = |isms: &str, sms: &str| {
        let cells = matrix["cells"].as_array().expect("a list");
        cells.iter().find(|cell| cell["isms"] == isms && cell["sms"] == sms).cloned()
    };
    assert!(cell("iso27001-2013/A.16", "iso20000-1-2011/8").is_some());
    assert!(cell("iso27001-2013/A.10", "iso20000-1-2011/8").is_none(), "the table has no equivalent of cryptography");
    let points = get(organisation, "/api/v1/guidance?topic=incident-evidence");
    assert!(items(&points).iter().any(|point| point["clause"] == "6.2.5"), "{points}");
    let token = organisation.token(&[Permission::ReferenceRead]);
    for path in ["guidance?clause=9.9", "guidance?topic=x", "correspondence/matrix?sms_depth=9"] {
        assert_eq!(ask_with(&organisation.app, &format!("/api/v1/{path}"), &token).status, 400, "{path}");
    }
}

fn a_text_is_reviewed(organisation: &Organisation) {
    let path = "/api/v1/terms/review";
    let review = |media_type: &str, text: &[u8]| content(organisation, "POST", path, media_type, text);
    let text = "Both the ISMS and the SMS apply.\n\nEvery incident is recorded.";
    let found = review("text/markdown; charset=utf-8", text.as_bytes()).json();
    let passage = &found["passages"][0];
    assert_eq!((passage["word"].as_str(), passage["line"].as_u64()), (Some("incident"), Some(3)), "{found}");
    let settled =
        json!({"text": text, "format": "plain", "glossary": [{"term": "incident", "meaning": "service incident"}]});
    let settled = review("application/json", settled.to_string().as_bytes()).json();
    assert!(!settled["passages"].as_array().expect("a list").iter().any(|passage| passage["word"] == "incident"));
    for (media_type, text, status) in [
        ("text/plain", vec![b'a'; (1 << 20) + 1], 413),
        ("text/plain", vec![b'a'; 3 << 20], 413),
        ("text/plain", vec![0xff, 0xfe, 0], 415),
        ("text/plain", b"nul \0 byte".to_vec(), 415),
        ("application/pdf", b"%PDF".to_vec(), 415),
        ("application/json", b"{\"text\": ".to_vec(), 400),
        ("application/json", br#"{"text": "x", "format": "rtf"}"#.to_vec(), 422),
        ("application/json", br#"{"text": "x", "format": "plain", "colour": 1}"#.to_vec(), 422),
    ] {
        let answer = review(media_type, &text);
        assert_eq!(answer.status, status, "{media_type} {:?}: {}", text.get(..12), answer.text);
    }
}

fn a_plan_is_made_and_worked_off(organisation: &Organisation) {
    let make = |body: &Value| {
        content(organisation, "POST", "/api/v1/planning/assessments", "application/json", body.to_string())
    };
    let made = make(&plan_request());
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    let plan = made.json();
    assert_eq!(plan["plan"]["situation"]["clause"], "5.3.3");
    assert_eq!((plan["created_by"].as_str(), plan["progress"]["done"].as_u64()), (Some("case"), Some(0)));
    assert_eq!(get(organisation, &path), plan);
    let ready = plan["progress"]["ready"][0].as_str().expect("an item");
    let decide = |item: &str, body: &Value| {
        content(organisation, "PUT", &format!("{path}/items/{item}"), "application/json", body.to_string())
    };
    let decided = decide(ready, &json!({"state": "done", "note": "agreed"}));
    assert_eq!(decided.status, 200, "{}", decided.text);
    assert_eq!(decided.json()["progress"]["done"], 1);
    let kept = get(organisation, &path);
    let item =
        kept["plan"]["items"].as_array().expect("a list").iter().find(|item| item["id"] == ready).expect("the item");
    assert_eq!((item["work"]["author"].as_str(), item["work"]["note"].as_str()), (Some("case"), Some("agreed")));
    let follows = |item: &&Value| item["after"].as_array().is_some_and(|after| !after.is_empty());
    let last = plan["plan"]["items"].as_array().and_then(|items| items.iter().rfind(follows)).expect("an item");
    let refused = decide(last["id"].as_str().expect("an id"), &json!({"state": "done"}));
    assert_eq!(refused.status, 409, "what it follows is not done: {last}");
    assert_eq!(decide("nothing", &json!({"state": "done"})).status, 404);
    assert_eq!(decide(ready, &json!({"state": "finished"})).status, 422);
    let listed = get(organisation, "/api/v1/planning/plans?limit=1");
    assert!(listed["next"].is_string() || items(&listed).len() == 1);
    // Answers that contradict each other: both are named.
    let mut contradictory = plan_request();
    contradictory["assessment"]["management_systems"] = json!("none");
    let refused = make(&contradictory);
    assert_eq!(refused.status, 422, "{}", refused.text);
    let place = refused.json()["errors"][0]["place"].as_str().expect("a place").to_owned();
    assert!(place.contains("management_systems") && place.contains("sms"), "{place}");
}
