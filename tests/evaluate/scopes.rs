//! Scopes move statuses at their instant, a trial shows it before, and what a scope leaves open speaks against it.

use super::organisation::{at, complete, open, rules, state, version};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers,
    assess::{CircumstanceKind, DecisionBody, RequirementStatus, Rules},
    evaluate::{self, Actor, Proposal},
    model::{DecisionKind, JointStatus, RecordKind, RelationType, Status, System, Timestamp, View},
    store::Store,
};
use serde_json::{Value, json};

store_cases![
    a_scope_turns_statuses_when_it_comes_into_force,
    what_the_scope_of_the_sms_leaves_open_speaks_against_it,
    an_edition_not_aimed_at_has_no_statuses,
];

const ANNA: Actor<'_> = Actor { name: "anna", view: View::Full };
const OWNED: &str = "indicator/live-ci-owned-and-labelled/isms";

fn scope(body: Value, effective_at: Option<Timestamp>) -> Proposal {
    let body = DecisionBody::Scope(serde_json::from_value(body).expect("a scope"));
    Proposal { body, kind: DecisionKind::Scope, reason: "as certified".into(), effective_at, expires_at: None }
}

fn leeds(system: &str, wide: bool) -> Value {
    json!({"system": system, "organisation_wide": wide, "include": [{"of": "site", "when": "Leeds"}], "exclude": []})
}

/// A service in two places: what is in Derby has no owner.
fn organisation(store: &Store, rules: &Rules, now: Timestamp) {
    let item = |id: &str, site: &str, unit: &str, owner: Value| {
        let fields = json!({"name": id, "class": "server", "environment": "live", "labels": ["ci", "information"],
            "site": site, "unit": unit, "owner": owner});
        let supports = (RelationType::Supports, RecordKind::Service, "web".to_owned());
        version(RecordKind::ConfigurationItem, id, now, fields, &[supports])
    };
    let idle = version(RecordKind::ConfigurationItem, "idle", now, json!({"site": "Leeds", "unit": "Sales"}), &[]);
    let web = version(RecordKind::Service, "web", now, json!({"status": "live", "owner": "sam"}), &[]);
    let leeds = item("leeds", "Leeds", "Operations", json!("ops"));
    let derby = item("derby", "Derby", "Operations", json!(null));
    state(store, rules, now, vec![web, leeds, derby, idle]);
    complete(store, rules, now);
}

fn word(store: &Store, subject: &str) -> String {
    store.read(|reader| reader.statuses(View::Full, None)).expect("it reads")[subject].status.clone()
}

fn statuses(store: &Store, rules: &Rules) -> evaluate::Conclusions {
    let read = store.read(|reader| evaluate::conclusions(reader, rules, View::Full, None));
    read.expect("it reads").expect("conclusions")
}

fn a_scope_turns_statuses_when_it_comes_into_force(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    organisation(&store, &rules, now);
    let breach = word(&store, OWNED);
    let before = store.read(|reader| reader.ledger()).expect("it reads");

    let tried = answers::try_scope(&store, &rules, System::Isms, scope(leeds("isms", false), None), ANNA, now);
    let tried = tried.expect("an effect");
    assert!(tried.dry_run && tried.decision.is_none() && tried.settling == 0);
    // Of what is left too little is known.
    let turn = tried.turns.iter().find(|turn| turn.subject == OWNED).expect("it would turn");
    assert_eq!((turn.before.as_deref(), turn.after.as_deref()), (Some(breach.as_str()), Some("inconclusive")));
    let moves: Vec<(&str, bool)> =
        tried.moves.iter().map(|moved| (moved.record.external_id.as_str(), moved.enters)).collect();
    assert_eq!((tried.moved, moves), (1, vec![("derby", false)]));
    assert_eq!(tried.alignment.configuration_items.sms_only, 1);
    assert_eq!(store.read(|reader| reader.ledger()).expect("it reads"), before, "it was only tried");

    let then = at("2026-02-01T00:00:00Z");
    let proposal = scope(leeds("isms", false), Some(then));
    store
        .write(now, |transaction| answers::define_scope(transaction, &rules, System::Isms, proposal, ANNA))
        .expect("it");
    assert_eq!(word(&store, OWNED), breach, "not in force yet");
    evaluate::settle(&store, &rules, at("2026-02-10T00:00:00Z")).expect("it settles");
    let turned = store.read(|reader| reader.statuses(View::Full, None)).expect("it reads")[OWNED].clone();
    assert_ne!(turned.status, breach);
    assert_eq!(turned.since, then);
    assert_eq!(word(&store, "indicator/live-ci-owned-and-labelled/sms"), breach, "the SMS is as it was");
    let agreement = answers::scope_alignment(&store, View::Full).expect("an answer");
    assert_eq!(agreement.alignment, tried.alignment);
}

fn what_the_scope_of_the_sms_leaves_open_speaks_against_it(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    organisation(&store, &rules, now);
    assert!(of_the_sms(&store, &rules, "4.2").circumstances.is_empty());
    let proposal = scope(leeds("sms", true), None);
    store.write(now, |transaction| evaluate::decide(transaction, &rules, proposal, ANNA)).expect("a scope");
    let kinds = |number| {
        let status = of_the_sms(&store, &rules, number);
        assert_eq!(status.status, Status::PotentialNonconformity, "{number}");
        status.circumstances.iter().map(|circumstance| circumstance.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds("4.2"), [CircumstanceKind::GovernanceUnresolved]);
    assert_eq!(kinds("4.5.1"), [CircumstanceKind::GovernanceUnresolved, CircumstanceKind::UnitNotProviding]);

    // The item moves to where the scope is, and the unit begins to provide.
    let fields = json!({"name": "derby", "site": "Leeds", "unit": "Sales"});
    let supports = (RelationType::Supports, RecordKind::Service, "web".to_owned());
    let later = at("2026-01-11T00:00:00Z");
    state(&store, &rules, later, vec![version(RecordKind::ConfigurationItem, "derby", later, fields, &[supports])]);
    let open = |number: &str| of_the_sms(&store, &rules, number).circumstances.len();
    assert_eq!((open("4.2"), open("4.5.1")), (0, 0));
}

fn of_the_sms(store: &Store, rules: &Rules, number: &str) -> RequirementStatus {
    let all = statuses(store, rules).statuses.into_iter();
    let mut found = all.filter(|status| status.requirement.edition() == "iso20000-1-2011");
    found.find(|status| status.requirement.number() == number).expect("the requirement")
}

fn an_edition_not_aimed_at_has_no_statuses(database: &TestDatabase) {
    let (mut rules, store) = (rules(database), open(database));
    let now = at("2026-01-10T00:00:00Z");
    organisation(&store, &rules, now);
    let before = word(&store, "requirement/iso20000-1-2011/9.1");
    rules.not_aimed_at.insert("iso20000-1-2011".into());
    evaluate::start(&store, &rules, now.plus_days(1)).expect("it starts");
    assert_eq!(word(&store, "requirement/iso20000-1-2011/9.1"), "withdrawn");
    assert_ne!(before, "withdrawn");
    assert_ne!(word(&store, "requirement/iso27001-2013/A.8.1.1"), "withdrawn");
    let drawn = statuses(&store, &rules);
    assert!(drawn.statuses.iter().all(|status| status.requirement.edition() == "iso27001-2013"));
    assert_eq!(drawn.summary.joint.status, JointStatus::SingleSided);
    assert_eq!(drawn.summary.editions.len(), 1);
}
