//! Processes of other parties: their statuses turn at the very instant at which what they rest on does.

use super::organisation::{at, complete, open, reference, rules, state, version};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers::{self, RequirementStatusQuery},
    assess::{
        DecisionBody, GovernanceAspect, OperatedProcess, Rules,
        supplier_risk::{GapKind, Truth},
    },
    evaluate::{self, Actor, Proposal},
    model::{DecisionKind, RecordId, RecordKind, RelationType, Status, Timestamp, View},
    store::Store,
};
use serde_json::{Value, json};

store_cases![a_process_is_governed_until_its_agreement_ends, a_bound_document_is_overdue_at_its_instant];

const PROCESS: &str = "iso20000-1-2011/9.1";

fn decide(store: &Store, rules: &Rules, now: Timestamp, kind: DecisionKind, body: Value, expires: Option<&str>) {
    let body = DecisionBody::read(kind, body).expect("a body");
    let expires_at = expires.map(at);
    let proposal = Proposal { body, kind, reason: "agreed".into(), effective_at: None, expires_at };
    let actor = Actor { name: "anna", view: View::Full };
    store.write(now, |transaction| evaluate::decide(transaction, rules, proposal, actor)).expect("it is decided");
    evaluate::settle(store, rules, now).expect("it settles");
}

fn status(store: &Store, rules: &Rules, requirement: &str) -> (Status, Timestamp) {
    let all = answers::requirement_statuses(store, rules, &RequirementStatusQuery::default(), View::General);
    let all = all.expect("statuses");
    let found = all.iter().find(|found| found.requirement.to_string() == requirement).expect("the requirement");
    (found.status, found.since)
}

fn process(store: &Store, rules: &Rules, now: Timestamp) -> OperatedProcess {
    answers::processes(store, rules, View::General, None, now).expect("an answer").remove(0)
}

/// A supplier that operates configuration management under an agreement that ends in the middle of a day.
fn organisation(store: &Store, rules: &Rules, now: Timestamp, ends: &str) {
    let party = json!({"name": "Nordlicht", "role": "supplier", "last_review": now});
    let agreement = json!({"title": "Contract", "type": "contract", "parties": [reference(RecordKind::Party, "P-1")],
        "owner": "vera", "right_to_audit": true, "starts_at": "2025-01-01T00:00:00Z", "ends_at": ends});
    let provides = [(RelationType::Provides, RecordKind::Service, "S-1".to_owned())];
    let covers = [(RelationType::Covers, RecordKind::Service, "S-1".to_owned())];
    let document = json!({"title": "Service improvement plan", "type": "plan", "status": "in_force", "approved_at": "2025-06-01T00:00:00Z",
        "next_review": "2026-02-20T10:30:00Z"});
    state(
        store,
        rules,
        now,
        vec![
            version(RecordKind::Service, "S-1", now, json!({"name": "Mail", "status": "live"}), &[]),
            version(RecordKind::Party, "P-1", now, party, &provides),
            version(RecordKind::Agreement, "A-1", now, agreement, &covers),
            version(RecordKind::Document, "D-1", now, document, &[]),
        ],
    );
    complete(store, rules, now);
    let id = |kind, id| RecordId::of(kind, super::organisation::DESK, id);
    let attested = json!({"requirement": "iso20000-1-2011/4.2", "stance": "fulfilled", "statement": "We govern it",
        "links": ["https://wiki.example/4.2"]});
    decide(store, rules, now, DecisionKind::Attestation, attested, Some("2026-12-31"));
    let bound = json!({"requirement": "iso20000-1-2011/4.2.d", "documents": [id(RecordKind::Document, "D-1")]});
    decide(store, rules, now, DecisionKind::Binding, bound, None);
    let process = json!({"requirement": PROCESS, "party": id(RecordKind::Party, "P-1"),
        "agreement": id(RecordKind::Agreement, "A-1")});
    decide(store, rules, now, DecisionKind::GovernedProcess, process, None);
}

fn a_process_is_governed_until_its_agreement_ends(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    let (now, end) = (at("2026-02-01T08:00:00Z"), "2026-02-10T14:45:30Z");
    organisation(&store, &rules, now, end);
    let end = at(end);
    let before = end.plus_millis(-1);
    evaluate::settle(&store, &rules, before).expect("it settles");
    assert_eq!(store.read(|reader| evaluate::next_due(reader, &rules)).expect("it reads"), Some(end));
    let (rested, _) = status(&store, &rules, PROCESS);
    let found = process(&store, &rules, before);
    assert!(found.agreement_in_force && found.governed, "{found:?}");
    assert_eq!((found.status, found.agreement_ends_at), (rested, Some(end)));
    let shown = |aspect| found.aspects.iter().find(|found| found.aspect == aspect).map(|found| found.shown);
    assert_eq!(shown(GovernanceAspect::Accountability), Some(Truth::Yes));
    assert_eq!(shown(GovernanceAspect::Definition), Some(Truth::No));
    assert_eq!(shown(GovernanceAspect::Performance), Some(Truth::Yes));
    assert_eq!(shown(GovernanceAspect::Improvement), Some(Truth::Yes), "{found:?}");
    assert_eq!(found.missing.len(), 1, "{found:?}");
    // Nothing is read and nobody decides: time alone.
    evaluate::settle(&store, &rules, end).expect("it settles");
    let (left, since) = status(&store, &rules, PROCESS);
    assert_ne!(left, rested, "what it rested on ended");
    assert_eq!(since, end);
    let found = process(&store, &rules, end);
    assert!(!found.agreement_in_force && !found.governed && found.missing[0].starts_with("an agreement"), "{found:?}");
    let gaps = answers::supplier_gaps(&store, &rules, View::General, None, end, 90).expect("gaps");
    assert!(gaps.iter().any(|gap| gap.kind == GapKind::AgreementExpired), "{gaps:?}");
}

fn a_bound_document_is_overdue_at_its_instant(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules, at("2026-02-01T08:00:00Z"), "2027-01-01T00:00:00Z");
    let review = at("2026-02-20T10:30:00Z");
    evaluate::settle(&store, &rules, review).expect("it settles");
    let (before, _) = status(&store, &rules, "iso20000-1-2011/4.2.d");
    assert_eq!(before, Status::Conforming);
    evaluate::settle(&store, &rules, review.plus_millis(1)).expect("it settles");
    assert_eq!(status(&store, &rules, "iso20000-1-2011/4.2.d"), (Status::Concern, review.plus_millis(1)));
    let found = process(&store, &rules, review.plus_millis(1));
    assert_eq!(found.governance_status, Status::Concern);
    assert!(!found.governed, "4.2 does not conform any more: {found:?}");
    assert!(found.missing.contains(&"conformity of 20000-1, 4.2, whose status is concern".to_owned()), "{found:?}");
}
