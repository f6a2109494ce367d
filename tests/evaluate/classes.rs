//! What an incident counts as decides what it is judged by: by a person, by its source, by rules over what it affects.

use super::organisation::{DESK, at, complete, incident, open, rules, state, version};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers::{self, ClassDecision, FindingQuery},
    assess::{Rules, incidents::ClassBasis},
    model::{Outcome, RecordId, RecordKind, RelationType, SecurityClass, Timestamp, View},
    store::Store,
};
use serde_json::json;

store_cases![
    a_persons_decision_is_judged_at_once,
    an_item_that_changes_changes_the_class,
    a_decision_on_a_restricted_incident_is_in_the_full_view_only,
    a_decision_waits_with_its_source,
];

/// Asks for evidence of incidents of information security, and of no others.
const EVIDENCE: &str = "evidence-decided-before-restoration";

/// Asks for any class.
const CLASSIFIED: &str = "incident-security-classified";

fn found(store: &Store, rules: &Rules, indicator: &str, outcome: Outcome, view: View) -> Vec<String> {
    let query = FindingQuery { indicator, view, outcome: Some(outcome), as_of: None, after: None, limit: 100 };
    let page = answers::indicator_findings(store, rules, &query).expect("an answer");
    page.items.into_iter().map(|finding| finding.record.external_id).collect()
}

fn decide(store: &Store, rules: &Rules, id: &str, class: Option<SecurityClass>, now: Timestamp) -> ClassBasis {
    let decision = ClassDecision { class, reason: "looked at".into() };
    let id = RecordId::of(RecordKind::Ticket, DESK, id);
    answers::decide_on_class(store, rules, id, decision, "ada", (View::Full, now), |_| Ok(()))
        .expect("it is decided")
        .basis
}

fn a_persons_decision_is_judged_at_once(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    let restored = json!({"security_class": "service", "restored_at": "2026-01-09T00:00:00Z", "evidence_decision": "needed", "evidence_collected_at": null,
            "evidence_waived_by": null});
    let unclassified = json!({"security_class": null});
    let versions = vec![incident("T-1", at("2026-01-09"), restored), incident("T-2", at("2026-01-09"), unclassified)];
    state(&store, &rules, now, versions);
    complete(&store, &rules, now);
    let failing = |indicator| found(&store, &rules, indicator, Outcome::Failing, View::General);
    assert_eq!((failing(EVIDENCE), failing(CLASSIFIED)), (vec![], vec!["T-2".into()]), "as the source has them");

    assert_eq!(decide(&store, &rules, "T-1", Some(SecurityClass::Both), now), ClassBasis::Override);
    assert_eq!(decide(&store, &rules, "T-2", Some(SecurityClass::Event), now), ClassBasis::Override);
    assert_eq!((failing(EVIDENCE), failing(CLASSIFIED)), (vec!["T-1".to_owned()], vec![]), "as a person decided");
    let query = FindingQuery {
        indicator: EVIDENCE,
        view: View::General,
        outcome: Some(Outcome::Failing),
        as_of: None,
        after: None,
        limit: 1,
    };
    let explained = answers::indicator_findings(&store, &rules, &query).expect("an answer").items;
    assert_eq!(explained[0].seen["security_class"], "both", "what counted is shown");

    assert_eq!(decide(&store, &rules, "T-1", None, now), ClassBasis::Recorded);
    assert_eq!(decide(&store, &rules, "T-2", None, now), ClassBasis::None);
    assert_eq!((failing(EVIDENCE), failing(CLASSIFIED)), (vec![], vec!["T-2".into()]), "taken back");
}

fn an_item_that_changes_changes_the_class(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    let item = |class: &str, now| {
        version(RecordKind::ConfigurationItem, "C-1", now, json!({"environment": "live", "class": class}), &[])
    };
    let mut ticket = incident(
        "T-1",
        at("2026-01-09"),
        json!({"category": "network", "security_class": null, "restored_at": "2026-01-09T00:00:00Z",
            "evidence_decision": "needed", "evidence_collected_at": null,
            "evidence_waived_by": null}),
    );
    ticket.relations = version(
        RecordKind::Ticket,
        "T-1",
        now,
        json!({}),
        &[(RelationType::Affects, RecordKind::ConfigurationItem, "C-1".into())],
    )
    .relations;
    state(&store, &rules, now, vec![item("server", now), ticket]);
    complete(&store, &rules, now);
    let failing = |indicator| found(&store, &rules, indicator, Outcome::Failing, View::General);
    assert_eq!(found(&store, &rules, CLASSIFIED, Outcome::Passing, View::General), ["T-1"], "by a rule");
    assert_eq!(failing(EVIDENCE), Vec::<String>::new());
    // What it affects turns out to protect information: the failure is one of security, too.
    let later = now.plus_days(1);
    state(&store, &rules, later, vec![item("firewall", later)]);
    assert_eq!(failing(EVIDENCE), ["T-1"]);
    decide(&store, &rules, "T-1", Some(SecurityClass::Service), later);
    assert_eq!(failing(EVIDENCE), Vec::<String>::new(), "a person decides against rules");
}

fn a_decision_on_a_restricted_incident_is_in_the_full_view_only(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    let secret = json!({"security_class": "service", "restored_at": "2026-01-09T00:00:00Z",
        "evidence_decision": "needed", "evidence_collected_at": null,
            "evidence_waived_by": null, "restricted": true});
    state(&store, &rules, now, vec![incident("T-1", at("2026-01-09"), secret)]);
    complete(&store, &rules, now);
    decide(&store, &rules, "T-1", Some(SecurityClass::Security), now);
    assert_eq!(found(&store, &rules, EVIDENCE, Outcome::Failing, View::Full), ["T-1"]);
    assert_eq!(found(&store, &rules, EVIDENCE, Outcome::Failing, View::General), Vec::<String>::new());
    let decision = ClassDecision { class: None, reason: "looked at".into() };
    let id = RecordId::of(RecordKind::Ticket, DESK, "T-1");
    let refused = answers::decide_on_class(&store, &rules, id, decision, "ada", (View::General, now), |_| Ok(()));
    assert!(refused.expect_err("not known there").to_string().contains("no incident or event"));
}

fn a_decision_waits_with_its_source(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    state(&store, &rules, now, vec![incident("T-1", at("2026-01-09"), json!({"security_class": null}))]);
    decide(&store, &rules, "T-1", Some(SecurityClass::Service), now);
    let conformity = answers::conformity(&store, &rules, answers::AsOf::default(), View::General);
    assert!(conformity.is_err(), "nothing is concluded from half a source");
    complete(&store, &rules, now);
    assert_eq!(found(&store, &rules, CLASSIFIED, Outcome::Passing, View::General), ["T-1"]);
}
