//! Decisions over the sample organisation: what they do to statuses, and what is refused.

use super::{Answer, Organisation, get, send};
use actix_web::test::TestRequest;
use concord::tokens::Permission;
use serde_json::{Value, json};

/// A requirement that is potentially nonconforming by two incidents.
const EVIDENCE: &str = "/api/v1/requirements/iso27001-2013/A.16.1.7";

pub fn check(organisation: &Organisation) {
    an_indicator_is_tried_before_it_is_in_use(organisation);
    a_sample_is_drawn_again(organisation);
    what_breaks_a_rule_is_refused_by_name(organisation);
    a_determination_settles_until_it_is_taken_back(organisation);
    a_deviation_needs_two_persons(organisation);
    a_finding_is_closed_by_two_persons(organisation);
    an_attestation_counts_where_nothing_else_does(organisation);
    a_control_is_excluded_knowingly(organisation);
    decisions_are_listed_and_filtered(organisation);
    a_scope_is_tried_before_it_is_defined(organisation);
}

fn post(organisation: &Organisation, person: &str, path: &str, body: &Value) -> Answer {
    let permissions = [Permission::DecisionsWrite, Permission::IncidentsRestricted];
    let token = organisation.app.tokens.issue(person, &permissions, 600).expect("a token");
    let request = TestRequest::post()
        .uri(&format!("/api/v1/decisions{path}"))
        .insert_header(("Authorization", format!("Bearer {token}")))
        .insert_header(("Content-Type", "application/json"))
        .set_payload(body.to_string());
    send(&organisation.app, request)
}

fn made(organisation: &Organisation, person: &str, body: &Value) -> Value {
    let answer = post(organisation, person, "", body);
    assert_eq!(answer.status, 201, "{body}: {}", answer.text);
    let made = answer.json();
    assert_eq!(answer.header("Location"), format!("/api/v1/decisions/{}", made["id"].as_str().expect("an id")));
    assert_eq!(made["author"], person);
    made
}

fn act(organisation: &Organisation, person: &str, made: &Value, what: &str) -> Answer {
    let path = format!("/{}/{what}", made["id"].as_str().expect("an id"));
    post(organisation, person, &path, &json!({"reason": "as discussed"}))
}

fn what_breaks_a_rule_is_refused_by_name(organisation: &Organisation) {
    let attest = |body: Value, expires: &str| json!({"kind": "attestation", "reason": "audit", "expires_at": expires, "body": body});
    let plain = |kind: &str, body: Value| json!({"kind": kind, "reason": "audit", "body": body});
    let stated = |more: Value| {
        let mut body = json!({"requirement": "iso27001-2013/5.1", "stance": "fulfilled", "statement": "seen", "links": ["https://x.example"]});
        for (key, value) in more.as_object().expect("fields") {
            body[key] = value.clone();
        }
        body
    };
    let nobody = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let control = |number: &str, more: Value| {
        let mut control = json!({"control": number, "applicable": true, "justification": "risks", "implemented": true});
        for (key, value) in more.as_object().expect("fields") {
            control[key] = value.clone();
        }
        plain("applicability", json!({"controls": [control]}))
    };
    let none = json!({"requirement": "iso27001-2013/A.16.1.7", "result": "none"});
    let cases = [
        (attest(stated(json!({})), "2026-01-01"), "expires_at"),
        (plain("attestation", stated(json!({}))), "expires_at"),
        (attest(stated(json!({"links": []})), "2026-12-01"), "body.evidence"),
        (attest(stated(json!({"evidence": [nobody]})), "2026-12-01"), "body.evidence[0]"),
        (attest(stated(json!({"links": ["javascript:1"]})), "2026-12-01"), "body.links[0]"),
        (attest(stated(json!({"requirement": "iso27001-2013/99"})), "2026-12-01"), "body.requirement"),
        (attest(stated(json!({"requirement": "iso27001-2013/3"})), "2026-12-01"), "body.requirement"),
        (attest(stated(json!({"topic": "leadrship"})), "2026-12-01"), "body.topic"),
        (attest(stated(json!({"stance": "perhaps"})), "2026-12-01"), "body.stance"),
        (attest(stated(json!({"statement": " "})), "2026-12-01"), "body.statement"),
        (json!({"kind": "determination", "reason": "", "expires_at": "2026-12-01", "body": none}), "reason"),
        (plain("determination", none.clone()), "expires_at"),
        (
            json!({"kind": "determination", "reason": "why not", "expires_at": "2026-12-01",
                "body": {"requirement": "iso27001-2013/A.5", "result": "none"}}),
            "body.covers",
        ),
        (plain("finding", json!({"requirement": "iso27001-2013/5.1", "grade": "grave", "title": "x"})), "body.grade"),
        (
            plain(
                "finding",
                json!({"requirement": "iso27001-2013/5.1", "grade": "minor", "title": "x", "ticket": nobody}),
            ),
            "body.ticket",
        ),
        (
            plain(
                "finding_closure",
                json!({"finding": "x", "effectiveness_verified_at": "2026-01-01", "verification": "seen"}),
            ),
            "body.finding",
        ),
        (plain("deviation", json!({"waives": []})), "body.waives"),
        (
            plain("relation", json!({"from": "iso27001-2013/5.1", "relation": "equal", "to": "iso27001-2013/5.1"})),
            "body.relation",
        ),
        (
            plain("relation", json!({"from": "iso27001-2013/5", "relation": "subset", "to": "iso27001-2013/5.1"})),
            "body.relation",
        ),
        (plain("binding", json!({"requirement": "iso27001-2013/A.16.1.7", "indicators": ["x"]})), "body.requirement"),
        (
            plain(
                "governed_process",
                json!({"requirement": "iso20000-1-2011/4.1", "party": nobody, "agreement": nobody}),
            ),
            "body.requirement",
        ),
        (control("iso27001-2013/9.2", json!({})), "body.controls[0].control"),
        (control("iso27001-2013/A.99.1", json!({})), "body.controls[0].control"),
        (control("iso27001-2013/A.5.1.1", json!({"justification": ""})), "body.controls[0].justification"),
        (control("iso27001-2013/A.5.1.1", json!({"implemented": false})), "body.controls[0].planned_until"),
        (control("house-1", json!({})), "body.controls[0].title"),
        (
            control("iso27001-2013/A.16.1.7", json!({"applicable": false, "implemented": false})),
            "body.controls[0].acknowledgement",
        ),
        (
            plain("relaxation", json!({"indicator": "internal-audit-held-impartially", "version": "1"})),
            "body.indicator",
        ),
    ];
    for (body, place) in cases {
        let answer = post(organisation, "anna", "", &body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let places: Vec<Value> =
            answer.json()["errors"].as_array().expect("errors").iter().map(|error| error["place"].clone()).collect();
        assert!(places.contains(&json!(place)), "{body}: {place} is not in {places:?}");
    }
}

fn a_determination_settles_until_it_is_taken_back(organisation: &Organisation) {
    let body = json!({"kind": "determination", "reason": "both were handled, and nothing was lost", "expires_at": "2026-09-30",
        "body": {"requirement": "iso27001-2013/A.16.1.7", "result": "none"}});
    let determined = made(organisation, "anna", &body);
    assert_eq!(determined["state"], "in_force");
    let mut names: Vec<&str> =
        determined["records"].as_array().expect("records").iter().filter_map(|r| r["external_id"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["INC-1079", "INC-1125"], "it covers what there is");
    let settled = get(organisation, EVIDENCE);
    assert_eq!((&settled["status"], &settled["determinations"][0]["holds"]), (&json!("concern"), &json!(true)));
    let other = get(organisation, "/api/v1/requirements/iso20000-1-2011/8.1");
    assert_eq!(other["status"], "potential_nonconformity", "it is a word on one requirement");
    assert_eq!(act(organisation, "berta", &determined, "confirmation").status, 409, "one person is enough");
    let withdrawn = act(organisation, "berta", &determined, "withdrawal");
    assert_eq!((withdrawn.status, &withdrawn.json()["state"]), (200, &json!("withdrawn")));
    assert_eq!(get(organisation, EVIDENCE)["status"], "potential_nonconformity");
    assert_eq!(act(organisation, "berta", &determined, "withdrawal").status, 409);
}

fn a_deviation_needs_two_persons(organisation: &Organisation) {
    let explained = get(organisation, EVIDENCE);
    let behind =
        &explained["records"].as_array().expect("indicators").iter().find(|found| found["failing"] != json!([]));
    let behind = behind.expect("an indicator with failing records");
    let pairs: Vec<Value> = behind["failing"]
        .as_array()
        .expect("records")
        .iter()
        .map(|found| json!({"record": found["record"]["id"], "indicator": behind["indicator"]}))
        .collect();
    let body = json!({"kind": "deviation", "reason": "before the procedure", "expires_at": "2026-09-30", "body": {"waives": pairs}});
    let pending = made(organisation, "anna", &body);
    assert_eq!(pending["state"], "pending");
    assert_eq!(get(organisation, EVIDENCE)["status"], "potential_nonconformity");
    assert_eq!(act(organisation, "anna", &pending, "confirmation").status, 409, "who made it cannot confirm it");
    assert_eq!(act(organisation, "berta", &pending, "confirmation").json()["state"], "in_force");
    let waived = get(organisation, EVIDENCE);
    assert_eq!(waived["status"], "concern");
    let results =
        waived["topics"].as_array().expect("topics").iter().flat_map(|t| t["indicators"].as_array().expect("results"));
    assert_eq!(results.filter_map(|result| result["waived"].as_u64()).sum::<u64>(), pairs.len() as u64);
    assert_eq!(act(organisation, "berta", &pending, "confirmation").status, 409, "once is enough");
    assert_eq!(act(organisation, "anna", &pending, "withdrawal").status, 200);
    assert_eq!(get(organisation, EVIDENCE)["status"], "potential_nonconformity");
}

fn a_finding_is_closed_by_two_persons(organisation: &Organisation) {
    let path = "/api/v1/requirements/iso27001-2013/5.1";
    let before = get(organisation, path)["status"].clone();
    let body = json!({"kind": "finding", "reason": "stage 1 audit",
        "body": {"requirement": "iso27001-2013/5.1", "grade": "minor", "title": "No review of objectives"}});
    let opened = made(organisation, "anna", &body);
    let found = get(organisation, path);
    assert_eq!((&found["status"], &found["findings"][0]["graded_by"]), (&json!("minor_nonconformity"), &json!("anna")));
    assert_eq!(act(organisation, "berta", &opened, "withdrawal").status, 409, "a finding is closed, not taken back");
    let body = json!({"kind": "finding_closure", "reason": "done",
        "body": {"finding": opened["id"], "effectiveness_verified_at": "2026-03-30", "verification": "minutes read"}});
    let closure = made(organisation, "anna", &body);
    assert_eq!(get(organisation, path)["status"], "minor_nonconformity");
    assert_eq!(act(organisation, "berta", &closure, "confirmation").status, 200);
    assert_eq!(get(organisation, path)["status"], before);
    let id = opened["id"].as_str().expect("an id");
    assert_eq!(get(organisation, &format!("/api/v1/decisions/{id}"))["state"], "closed");
}

fn an_attestation_counts_where_nothing_else_does(organisation: &Organisation) {
    let open = get(organisation, "/api/v1/requirements?status=not_assessed&kind=control");
    let control = open["items"][0]["requirement"].as_str().expect("a control").to_owned();
    let body = json!({"kind": "attestation", "reason": "walk-through", "expires_at": "2026-12-31", "body": {
        "requirement": control, "stance": "fulfilled", "statement": "Seen on site", "links": ["https://wiki.example/1"]}});
    let stated = made(organisation, "anna", &body);
    let found = get(organisation, &format!("/api/v1/requirements/{control}"));
    assert_eq!((&found["status"], &found["basis"]), (&json!("conforming"), &json!("attested")));
    assert_eq!(act(organisation, "anna", &stated, "withdrawal").status, 200);
    assert_eq!(get(organisation, &format!("/api/v1/requirements/{control}"))["status"], "not_assessed");
}

fn a_control_is_excluded_knowingly(organisation: &Organisation) {
    let body = json!({"kind": "applicability", "reason": "statement 2026", "body": {"controls": [
        {"control": "iso27001-2013/A.16.1.7", "applicable": false, "justification": "not ours",
            "acknowledgement": "the customers' own teams collect evidence"},
        {"control": "house-1", "title": "Guard dogs", "applicable": true, "justification": "insurer", "implemented": true},
    ]}});
    let declared = made(organisation, "anna", &body);
    assert_eq!(get(organisation, EVIDENCE)["status"], "potential_nonconformity");
    assert_eq!(act(organisation, "berta", &declared, "confirmation").status, 200);
    assert_eq!(get(organisation, EVIDENCE)["status"], "not_applicable");
    let statement = get(organisation, "/api/v1/statement-of-applicability");
    let controls = statement["items"].as_array().expect("controls");
    let of = |name: &str| controls.iter().find(|found| found["control"] == name).expect("the control");
    assert_eq!(controls.len(), 115, "114 of Annex A and one of the house");
    assert_eq!(of("iso27001-2013/A.16.1.7")["applicable"], false);
    assert_eq!(of("house-1")["title"], "Guard dogs");
    assert_eq!(of("iso27001-2013/A.5.1.1")["declaration"], Value::Null);
    let clause = get(organisation, "/api/v1/requirements/iso27001-2013/6.1.3");
    assert_eq!(clause["missing"][0], "113 of 114 controls are not declared in the statement of applicability");
    assert_eq!(act(organisation, "anna", &declared, "withdrawal").status, 200);
}

fn decisions_are_listed_and_filtered(organisation: &Organisation) {
    let of = |query: &str| {
        get(organisation, &format!("/api/v1/decisions?{query}"))["items"].as_array().expect("a list").len()
    };
    assert_eq!(of("kind=finding&author=anna"), 1);
    assert_eq!(of("kind=finding&author=berta"), 0);
    assert_eq!(of("subject=iso27001-2013/A.16.1.7&kind=determination"), 1);
    let first = get(organisation, "/api/v1/decisions?author=anna&limit=2");
    let next = first["next"].as_str().expect("a next page");
    let second = get(organisation, &format!("/api/v1/decisions?author=anna&limit=2&cursor={next}"));
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(get(organisation, "/api/v1/decisions?kind=deviation&author=anna")["items"][0]["state"], "withdrawn");
}

fn a_scope_is_tried_before_it_is_defined(organisation: &Organisation) {
    let put = |query: &str, body: Value| {
        let token = organisation.app.tokens.issue("anna", &[Permission::DecisionsWrite], 600).expect("a token");
        let request = TestRequest::put()
            .uri(&format!("/api/v1/scopes/sms{query}"))
            .insert_header(("Authorization", format!("Bearer {token}")))
            .insert_header(("Content-Type", "application/json"))
            .set_payload(body.to_string());
        send(&organisation.app, request)
    };
    let rule = |when: &str| json!({"of": "configuration_item", "when": when});
    let live = |exclude: Value| json!({"reason": "certificate", "include": [rule("environment == 'live'")], "exclude": exclude});
    let refused = |body: Value| {
        let answer = put("", body);
        assert_eq!(answer.status, 422, "{}", answer.text);
        answer.json()["errors"][0]["place"].as_str().expect("a place").to_owned()
    };
    let unjustified = json!([{"of": "site", "when": "Derby", "justification": ""}]);
    assert_eq!(refused(live(unjustified)), "body.exclude[0].justification");
    let unknown = json!({"reason": "certificate", "include": [rule("enviroment == 'live'")]});
    assert_eq!(refused(unknown), "body.include[0].when 1:1");
    assert_eq!(put("", json!({"reason": "certificate", "exclude": [{"of": "site", "when": "Derby"}]})).status, 422);

    let sms = |answer: &Value| answer["items"][1].clone();
    let before = get(organisation, "/api/v1/scopes");
    assert_eq!((&sms(&before)["system"], &sms(&before)["definition"]), (&json!("sms"), &Value::Null));
    let tried = put("?dry_run=true", live(json!([])));
    assert_eq!(tried.status, 200, "{}", tried.text);
    let tried = tried.json();
    let left = tried["moves"].as_array().expect("moves").len() as u64;
    assert!(left > 0 && tried["moves"].as_array().expect("moves").iter().all(|moved| moved["enters"] == false));
    assert_eq!(tried["dry_run"], true);
    assert_eq!(get(organisation, "/api/v1/scopes"), before, "it was only tried");
    let defined = put("", live(json!([]))).json();
    assert_eq!(
        (&defined["dry_run"], &defined["moves"], &defined["closure"]),
        (&json!(false), &tried["moves"], &tried["closure"])
    );
    let after = get(organisation, "/api/v1/scopes");
    assert_eq!(sms(&after)["decision"], defined["decision"]);
    assert_eq!(sms(&after)["versions"].as_array().expect("versions").len(), 1);
    let alignment = get(organisation, "/api/v1/scopes/alignment");
    for kind in ["services", "configuration_items"] {
        assert_eq!(alignment[kind], defined["alignment"][kind], "tallied as looked at one by one");
    }
    assert_eq!(alignment["settling"], 0);
    assert_eq!(alignment["unlinked"]["document"], 44, "documents name no service");
    assert_eq!(alignment["unlinked"]["relation"], Value::Null, "an edge is linked by itself");
    assert_eq!(get(organisation, "/api/v1/scopes/closure")["sms"], defined["closure"]);
}

fn an_indicator_is_tried_before_it_is_in_use(organisation: &Organisation) {
    let token = organisation.token(&[Permission::ConformityRead]);
    let try_out = |text: &str| {
        let request = TestRequest::post()
            .uri("/api/v1/indicators/preview")
            .insert_header(("Authorization", format!("Bearer {token}")))
            .insert_header(("Content-Type", "application/json"))
            .set_payload(json!({"definition": text}).to_string());
        send(&organisation.app, request)
    };
    // What is in use already comes to the same.
    let text = include_str!("../../indicators/evidence-decided-before-restoration.toml");
    let tried = try_out(text);
    assert_eq!(tried.status, 200, "{}", tried.text);
    let tried = tried.json();
    let used = get(organisation, "/api/v1/indicators/evidence-decided-before-restoration");
    for (tried, used) in
        tried["results"].as_array().expect("results").iter().zip(used["results"].as_array().expect("results"))
    {
        for key in ["system", "verdict", "tally", "freshness"] {
            assert_eq!(tried[key], used[key], "{key}");
        }
        let count = |key: &str| tried["tally"][key].as_f64().expect("a count");
        let p = count("passing") + count("failing") + count("unknown");
        assert_eq!(tried["low"].as_f64(), Some(count("passing") / p));
        assert_eq!(tried["high"].as_f64(), Some((p - count("failing")) / p));
    }
    assert_eq!(tried["failing"].as_array().expect("records").len(), 2);
    let months: Vec<&str> =
        tried["past"].as_array().expect("months").iter().filter_map(|month| month["at"].as_str()).collect();
    assert_eq!(months.len(), 12);
    assert_eq!((months[0], months[11]), ("2026-02-28T23:59:59.999Z", "2025-03-31T23:59:59.999Z"));
    let broken = try_out(&text.replace("evidence_decision ==", "evidence_descision =="));
    assert_eq!(broken.status, 422);
    assert!(broken.text.contains("evidence_decision") && broken.text.contains("preview.toml"), "{}", broken.text);
    let disabled = try_out(&format!("enabled = false\n{text}"));
    assert_eq!(disabled.status, 422, "{}", disabled.text);
}

fn a_sample_is_drawn_again(organisation: &Organisation) {
    let of = |query: &str| {
        get(organisation, &format!("/api/v1/indicators/evidence-decided-before-restoration/sample?{query}"))
    };
    let one = of("size=5&seed=audit");
    assert_eq!(one, of("size=5&seed=audit"));
    let items = one["items"].as_array().expect("records");
    assert_eq!((items.len(), &items[0]["outcome"]), (5, &json!("failing")), "what fails comes first");
    let all = of("size=1000&seed=x");
    assert_eq!(all["items"].as_array().expect("records").len() as u64, all["population"].as_u64().expect("a number"));
    assert!(all["items"].as_array().expect("records").iter().all(|item| item["late_entry"].is_boolean()));
}
