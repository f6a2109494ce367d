//! Time turns statuses at their instant, history stays as it was, and restricted records are in one view only.

use super::organisation::{at, complete, incident, open, rules, state, version};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers::{self, AsOf, FindingQuery, RequirementStatusQuery},
    assess::Rules,
    evaluate,
    model::{Outcome, RecordKind, Status, Timestamp, View},
    store::Store,
};
use serde_json::json;

store_cases![
    a_verification_grows_old_at_its_instant,
    what_was_concluded_stays_and_late_facts_do_not_rewrite_it,
    a_restricted_incident_is_in_the_full_view_only,
    a_failing_incident_that_is_deleted_still_fails,
    nothing_is_concluded_from_half_a_source,
    a_trial_changes_nothing,
];

const CLASSIFIED: &str = "incident-security-classified";

fn status(store: &Store, rules: &Rules, number: &str, as_of: Option<Timestamp>, view: View) -> (Status, Timestamp) {
    let query = RequirementStatusQuery { edition: Some("iso27001-2013".into()), as_of, ..Default::default() };
    let found = answers::requirement_statuses(store, rules, &query, view).expect("an answer");
    let brief = found.iter().find(|brief| brief.requirement.number() == number).expect("the requirement");
    (brief.status, brief.since)
}

fn failing(store: &Store, rules: &Rules, indicator: &str, as_of: Option<Timestamp>, view: View) -> Vec<String> {
    let query = FindingQuery { indicator, view, outcome: Some(Outcome::Failing), as_of, after: None, limit: 100 };
    let page = answers::indicator_findings(store, rules, &query).expect("an answer");
    page.items.into_iter().map(|finding| finding.record.external_id).collect()
}

fn a_verification_grows_old_at_its_instant(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    let fields = json!({"environment": "live", "criticality": 4, "last_verified_at": "2025-06-01T00:00:00Z"});
    state(&store, &rules, now, vec![version(RecordKind::ConfigurationItem, "C-1", now, fields, &[])]);
    complete(&store, &rules, now);
    const VERIFIED: &str = "critical-ci-verified-yearly";
    assert_eq!(failing(&store, &rules, VERIFIED, None, View::General), Vec::<String>::new());
    // 365 days of 24 hours after the verification are not more than 365 days; a millisecond later is.
    let last = at("2026-06-01T00:00:00Z");
    evaluate::settle(&store, &rules, last).expect("it settles");
    assert_eq!(failing(&store, &rules, VERIFIED, None, View::General), Vec::<String>::new());
    evaluate::settle(&store, &rules, last.plus_days(3)).expect("it settles");
    assert_eq!(failing(&store, &rules, VERIFIED, None, View::General), ["C-1"]);
    let query = FindingQuery {
        indicator: VERIFIED,
        view: View::General,
        outcome: Some(Outcome::Failing),
        as_of: None,
        after: None,
        limit: 1,
    };
    let found = answers::indicator_findings(&store, &rules, &query).expect("an answer").items;
    assert_eq!(found[0].since, Some(last.plus_millis(1)), "at its instant, not when somebody looked");
    let turns = answers::status_turns(&store, Some(last), Some("indicator/critical-ci"), None, 10, View::General);
    let turns = turns.expect("an answer").items;
    assert!(turns.iter().any(|turn| turn.at == last.plus_millis(1) && turn.after == "breach"), "{turns:?}");
}

fn what_was_concluded_stays_and_late_facts_do_not_rewrite_it(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let first = at("2026-01-10T00:00:00Z");
    complete(&store, &rules, first);
    state(&store, &rules, first, vec![incident("T-1", at("2026-01-09"), json!({"security_class": "service"}))]);
    let good = status(&store, &rules, "A.16.1.4", None, View::General);
    let second = at("2026-01-11T00:00:00Z");
    state(&store, &rules, second, vec![incident("T-2", at("2026-01-10"), json!({"security_class": null}))]);
    let bad = status(&store, &rules, "A.16.1.4", None, View::General);
    assert_eq!((bad.0, bad.1), (Status::PotentialNonconformity, second));
    assert_ne!(good.0, bad.0);
    // The classification arrives late: the present is mended, the past is what was known then.
    let third = at("2026-01-12T00:00:00Z");
    let mut mended = incident("T-2", at("2026-01-10"), json!({"security_class": "service"}));
    mended.source_version = 1;
    state(&store, &rules, third, vec![mended]);
    complete(&store, &rules, third);
    assert_eq!(status(&store, &rules, "A.16.1.4", None, View::General).0, good.0);
    assert_eq!(status(&store, &rules, "A.16.1.4", Some(second), View::General), bad);
    assert_eq!(status(&store, &rules, "A.16.1.4", Some(first), View::General), good);
    assert_eq!(failing(&store, &rules, CLASSIFIED, Some(second), View::General), ["T-2"]);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), Vec::<String>::new());
    let then = AsOf { as_of: Some(second) };
    let explained = answers::explain_requirement(&store, &rules, ("iso27001-2013", "A.16.1.4"), then, View::General);
    let explained = explained.expect("an answer");
    assert_eq!(explained.status.status, Status::PotentialNonconformity);
    let seen =
        explained.records.iter().flat_map(|records| &records.failing).find(|found| found.record.external_id == "T-2");
    assert!(seen.expect("the record").seen["security_class"].is_null(), "with what was read then");
    let before = answers::conformity(&store, &rules, AsOf { as_of: Some(at("2020-01-01")) }, View::General);
    assert!(before.expect_err("nothing was concluded").to_string().contains("2026-01-10"));
}

fn a_restricted_incident_is_in_the_full_view_only(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    complete(&store, &rules, now);
    state(&store, &rules, now, vec![incident("T-1", at("2026-01-09"), json!({"security_class": "service"}))]);
    let general = status(&store, &rules, "A.16.1.4", None, View::General);
    let secret = incident("T-2", at("2026-01-09"), json!({"security_class": null, "restricted": true}));
    state(&store, &rules, now, vec![secret]);
    assert_eq!(status(&store, &rules, "A.16.1.4", None, View::General), general);
    assert_eq!(status(&store, &rules, "A.16.1.4", None, View::Full).0, Status::PotentialNonconformity);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::Full), ["T-2"]);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), Vec::<String>::new());
    let counted = |view| {
        let counts = answers::count_records(&store, view).expect("an answer");
        counts.iter().find(|count| count.kind == RecordKind::Ticket).expect("tickets").records
    };
    assert_eq!((counted(View::General), counted(View::Full)), (1, 2));
    let turns = |view| {
        let page = answers::status_turns(&store, None, Some("requirement/iso27001-2013/A.16.1.4"), None, 100, view);
        page.expect("an answer").items.len()
    };
    assert_eq!((turns(View::General), turns(View::Full)), (2, 3));
}

fn a_failing_incident_that_is_deleted_still_fails(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    complete(&store, &rules, now);
    let bad = || incident("T-1", at("2026-01-09"), json!({"security_class": null}));
    state(&store, &rules, now, vec![bad()]);
    let mut gone = bad();
    (gone.deleted, gone.source_version) = (true, 1);
    state(&store, &rules, now, vec![gone]);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), ["T-1"]);
    // It leaves with its window.
    evaluate::settle(&store, &rules, at("2026-01-09").plus_days(91)).expect("it settles");
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), Vec::<String>::new());
}

fn nothing_is_concluded_from_half_a_source(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    let answer = || answers::conformity(&store, &rules, AsOf::default(), View::General);
    state(&store, &rules, now, vec![incident("T-1", at("2026-01-09"), json!({"security_class": null}))]);
    assert!(answer().is_err(), "the source was not read to its end");
    complete(&store, &rules, now);
    assert_eq!(answer().expect("an answer").settling, 0);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), ["T-1"]);
}

fn a_trial_changes_nothing(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    complete(&store, &rules, now);
    let before = store.read(|reader| reader.ledger()).expect("it reads");
    let versions = vec![incident("T-1", at("2026-01-09"), json!({"security_class": null}))];
    let failing_then = store.what_if(now, |transaction| {
        let change = evaluate::Change::Records { versions, synced_at: now, history: false, delivered: false };
        evaluate::apply(transaction, &rules, change)?;
        Ok(transaction.findings(CLASSIFIED, View::General, None, None, 10)?.items.len())
    });
    assert_eq!(failing_then.expect("an answer"), 1);
    assert_eq!(store.read(|reader| reader.ledger()).expect("it reads"), before);
    assert_eq!(failing(&store, &rules, CLASSIFIED, None, View::General), Vec::<String>::new());
}
