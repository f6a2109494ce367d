//! Who supplies what: trials of changes, agreements of which nobody knows whose they are, and what happens to suppliers.

use super::organisation::{at, complete, incident, open, reference, rules, state, version};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers::{self, Reassessment, ReassessmentOutcome, RequirementStatusQuery},
    assess::{
        Rules,
        supplier_risk::{GapKind, ScoreMove},
    },
    error::Error,
    evaluate::{self, SupplierTrial, SupplierTrialAnswer},
    model::{RecordId, RecordKind, RecordVersion, RelationType, Timestamp, View},
    store::{Store, SupplierEventKind, SupplierEventQuery},
};
use serde_json::{Value, json};

store_cases![
    another_supplier_takes_over,
    what_cannot_be_tried_is_refused,
    an_agreement_of_nobody_knows_whom_counts_for_what_it_covers,
    sub_suppliers_by_agreement_are_scored,
    what_happened_names_services_and_why,
];

const NOW: &str = "2026-02-01T08:00:00Z";

fn id(kind: RecordKind, external_id: &str) -> RecordId {
    RecordId::of(kind, super::organisation::DESK, external_id)
}

fn party(external_id: &str, role: &str) -> RecordVersion {
    let fields = json!({"name": external_id, "role": role, "last_review": NOW, "lead_supplier": null});
    version(RecordKind::Party, external_id, at(NOW), fields, &[])
}

/// Nordlicht provides Mail, which a record of its own says; Suedlicht nothing; Buyer receives it.
fn organisation(store: &Store, rules: &Rules) {
    let now = at(NOW);
    let mail = json!({"name": "Mail", "status": "live", "criticality": 4, "substitutes": [],
        "customers": [reference(RecordKind::Party, "buyer")]});
    let provides = json!({"type": "provides", "from": reference(RecordKind::Party, "nord"),
        "to": reference(RecordKind::Service, "mail")});
    let records = vec![
        version(RecordKind::Service, "mail", now, mail, &[]),
        party("nord", "supplier"),
        party("sued", "supplier"),
        party("buyer", "customer"),
        version(RecordKind::Relation, "r-1", now, provides, &[]),
    ];
    state(store, rules, now, records);
    complete(store, rules, now);
}

fn try_out(store: &Store, rules: &Rules, changes: Value) -> Result<SupplierTrialAnswer, Error> {
    let trial: SupplierTrial = serde_json::from_value(json!({"changes": changes})).expect("a trial");
    evaluate::try_supply(store, rules, &trial, View::General, at(NOW))
}

fn another_supplier_takes_over(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules);
    let (nord, sued) = (id(RecordKind::Party, "nord"), id(RecordKind::Party, "sued"));
    let replaced = try_out(&store, &rules, json!([{"change": "replace", "record": nord, "by": sued}])).expect("tried");
    let of = |party| replaced.suppliers.iter().find(|moved| moved.party == party).expect("it moves");
    assert_eq!(of(nord).after, None);
    assert_eq!(of(sued).before.as_deref(), Some("unlinked"));
    assert_eq!(of(sued).residual_after, of(nord).residual_before, "the same risk in other hands: {replaced:?}");
    let [mail] = &replaced.services[..] else { panic!("one service: {replaced:?}") };
    assert_eq!((mail.name.as_deref(), mail.left_without_provider), (Some("Mail"), false));
    let removed = try_out(&store, &rules, json!([{"change": "remove", "record": nord}])).expect("tried");
    assert!(removed.services[0].left_without_provider);
    assert!(removed.assessment.iter().any(|line| line.starts_with("Find who provides Mail")), "{removed:?}");
    // What a supplier provides can be altered, too.
    let relations = json!([{"type": "provides", "to": id(RecordKind::Service, "mail")}]);
    let altered = try_out(
        &store,
        &rules,
        json!([
            {"change": "alter", "record": nord, "relations": []},
            {"change": "alter", "record": sued, "relations": relations},
        ]),
    )
    .expect("tried");
    let after = |party| altered.suppliers.iter().find(|moved| moved.party == party).and_then(|m| m.after.clone());
    assert_eq!(after(nord).as_deref(), Some("unlinked"), "{altered:?}");
    assert_ne!(after(sued).as_deref(), Some("unlinked"), "{altered:?}");
    // Whoever would work for itself through others is named.
    let lead = |lead: &str| json!({"lead_supplier": reference(RecordKind::Party, lead)});
    let circle = json!([
        {"change": "alter", "record": nord, "fields": lead("sued")},
        {"change": "alter", "record": sued, "fields": lead("nord")},
    ]);
    assert_eq!(try_out(&store, &rules, circle).expect("tried").cycles.len(), 2);
}

fn what_cannot_be_tried_is_refused(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules);
    let (nord, buyer) = (id(RecordKind::Party, "nord"), id(RecordKind::Party, "buyer"));
    let add = |name: &str, relations: Value| json!([{"change": "add", "kind": "party", "external_id": name, "fields": {"role": "supplier"}, "relations": relations}]);
    let refused = [
        (json!([{"change": "replace", "record": nord, "by": buyer}]), "changes[0].by"),
        (add("nord", json!([])), "changes[0].external_id"),
        (add(" ", json!([])), "changes[0].external_id"),
        (add("new", json!([{"type": "provides", "to": buyer}])), "changes[0].relations[0].type"),
        (json!([{"change": "remove", "record": nord}, {"change": "remove", "record": nord}]), "changes[1]"),
        (
            json!([{"change": "alter", "record": nord, "fields": {"lead_supplier": reference(RecordKind::Party, "nord")}}]),
            "changes[0].fields.lead_supplier",
        ),
    ];
    for (changes, place) in refused {
        let Err(Error::Invalid(problems)) = try_out(&store, &rules, changes) else { panic!("{place}: refused") };
        assert_eq!(problems[0].place, place);
    }
}

fn an_agreement_of_nobody_knows_whom_counts_for_what_it_covers(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules);
    let statuses = || {
        let all = answers::requirement_statuses(&store, &rules, &RequirementStatusQuery::default(), View::General);
        let all = all.expect("statuses").into_iter();
        let security = all.filter(|found| found.requirement.to_string().starts_with("iso27001-2013/A.15"));
        security.map(|found| found.status).collect::<Vec<_>>()
    };
    let certain = |now| {
        let gaps = answers::supplier_gaps(&store, &rules, View::General, None, now, 90).expect("gaps");
        gaps.iter().find(|gap| gap.kind == GapKind::NoAgreement).expect("no agreement is known").certain
    };
    let paper = |now: Timestamp, covers: &[(RelationType, RecordKind, String)]| {
        let fields = json!({"title": "some paper", "starts_at": "2025-01-01", "ends_at": null});
        state(&store, &rules, now, vec![version(RecordKind::Agreement, "a", now, fields, covers)]);
    };
    let before = statuses();
    assert!(certain(at(NOW)));
    let next = at("2026-02-01T09:00:00Z");
    paper(next, &[]);
    assert_eq!(statuses(), before, "it covers nothing");
    assert!(certain(next));
    let last = at("2026-02-01T10:00:00Z");
    paper(last, &[(RelationType::Covers, RecordKind::Service, "mail".into())]);
    assert_ne!(statuses(), before, "it may be the one that is missing");
    assert!(!certain(last), "and no report takes it for missing any more");
}

fn sub_suppliers_by_agreement_are_scored(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules);
    let services = || {
        let risks = answers::supplier_risks(&store, View::General).expect("risks");
        let sued = risks.iter().find(|found| found.risk.party == id(RecordKind::Party, "sued")).expect("a supplier");
        sued.risk.services.len()
    };
    assert_eq!(services(), 0);
    let now = at("2026-02-01T09:00:00Z");
    let contract = |named: Value| {
        json!({"title": "Contract", "parties": [reference(RecordKind::Party, "nord")], "subcontractors": named,
            "starts_at": "2025-01-01", "ends_at": null})
    };
    let named = contract(json!([reference(RecordKind::Party, "sued")]));
    state(&store, &rules, now, vec![version(RecordKind::Agreement, "a", now, named, &[])]);
    assert_eq!(services(), 1, "what it works for is touched");
    let dependencies = answers::supplier_dependencies(&store, &rules, View::General).expect("dependencies");
    let sued = dependencies.iter().find(|found| found.party == id(RecordKind::Party, "sued")).expect("a supplier");
    assert_eq!((sued.services_indirect, sued.lead_suppliers.len()), (1, 1), "every report says the same");
    let later = at("2026-02-01T10:00:00Z");
    state(&store, &rules, later, vec![version(RecordKind::Agreement, "a", later, contract(json!([])), &[])]);
    assert_eq!(services(), 0);
}

fn what_happened_names_services_and_why(database: &TestDatabase) {
    let (rules, store) = (rules(database), open(database));
    organisation(&store, &rules);
    let events = |kind| {
        let query = SupplierEventQuery { view: View::General, party: None, open: None, before: None, limit: 100 };
        let found = answers::supplier_events(&store, &query).expect("events").items;
        found.into_iter().filter(|event| event.kind == kind).collect::<Vec<_>>()
    };
    let now = at("2026-02-01T09:00:00Z");
    // What it needs is high, and an incident was its doing: a high risk as long as nothing is agreed.
    let rated = json!({"name": "host", "confidentiality": 3, "integrity": 3, "availability": 3});
    let supports = [(RelationType::Supports, RecordKind::Service, "mail".to_owned())];
    let cause = json!({"priority": 1, "cause_party": reference(RecordKind::Party, "nord")});
    let caused = vec![
        version(RecordKind::ConfigurationItem, "host", now, rated, &supports),
        incident("T-1", at("2026-01-31T08:00:00Z"), cause),
    ];
    state(&store, &rules, now, caused);
    let crossings = events(SupplierEventKind::BandCrossed);
    assert_eq!(crossings[0].after.as_deref(), Some("high"), "{crossings:?}");
    assert!(crossings[0].because.contains(&ScoreMove::Tickets), "{crossings:?}");
    let now = at("2026-02-01T09:30:00Z");
    let rated = json!({"title": "Contract", "parties": [reference(RecordKind::Party, "nord")], "starts_at": "2025-01-01",
        "ends_at": null, "security_obligations": true, "right_to_audit": true, "evidence_terms": true,
        "restoration_terms": true});
    let covers = [(RelationType::Covers, RecordKind::Service, "mail".to_owned())];
    state(&store, &rules, now, vec![version(RecordKind::Agreement, "a", now, rated, &covers)]);
    let crossed = &events(SupplierEventKind::BandCrossed)[0];
    assert_eq!((crossed.after.as_deref(), &crossed.because[..]), (Some("moderate"), &[ScoreMove::Assurance][..]));
    let later = at("2026-02-01T10:00:00Z");
    let mut gone = party("nord", "supplier");
    (gone.source_updated_at, gone.deleted) = (later, true);
    state(&store, &rules, later, vec![gone]);
    let [removed] = &events(SupplierEventKind::Removed)[..] else { panic!("one removal") };
    assert_eq!(removed.services[0].name.as_deref(), Some("Mail"), "{removed:?}");
    let decide = |decision, reason: &str, now| {
        let decision = Reassessment { decision, reason: reason.into() };
        answers::decide_on_supplier_event(&store, &removed.id, decision, "anna", View::General, now).expect("decided")
    };
    assert!(decide(ReassessmentOutcome::Accepted, "It was planned.", later).earlier_decisions.is_empty());
    let again = decide(ReassessmentOutcome::Treated, "It was not.", later.plus_millis(1));
    assert_eq!(again.decision, Some(ReassessmentOutcome::Treated));
    let earlier: Vec<&str> = again.earlier_decisions.iter().map(|made| made.reason.as_str()).collect();
    assert_eq!(earlier, ["It was planned."]);
    let answer = answers::supplier_risk(&store, &rules, id(RecordKind::Party, "nord"), View::General);
    assert!(answer.expect_err("it is gone").to_string().contains("was removed on 2026-02-01"));
}
