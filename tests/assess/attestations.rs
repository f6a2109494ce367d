//! Attestations: what people state counts where nothing else does, and never against what speaks otherwise.

use super::fixture::{all_met, attestation, document, isms, result, sms, standards, time};
use concord::assess::{
    Basis, Binding, Covered, DeterminationResult, DocumentState, Evidence, RequirementStatus, Stance, TopicState,
    requirement_statuses,
};
use concord::model::{RecordId, RecordKind, Status, System, Verdict};
use concord::standards::RequirementId;

crate::harness::cases![
    every_verdict_beside_every_document_and_stance,
    what_expires_is_what_is_favourable,
    a_topic_is_attested_for_all_who_ask_for_it,
    a_requirement_without_topics_takes_what_is_bound_to_it,
    an_objection_is_settled_by_naming_it,
    what_rests_on_hidden_records_is_left_out,
];

fn status(evidence: &Evidence, id: &RequirementId) -> RequirementStatus {
    let statuses = requirement_statuses(&standards(), evidence);
    statuses.into_iter().find(|status| status.requirement == *id).expect("a status")
}

/// All combinations of verdict, freshness, document and attestation on the one topic of 4.1, against the table.
fn every_verdict_beside_every_document_and_stance() {
    use Verdict::*;
    let verdicts: Vec<Option<Verdict>> = Verdict::ALL.iter().copied().map(Some).chain([None]).collect();
    let documents: Vec<Option<DocumentState>> = DocumentState::ALL.iter().copied().map(Some).chain([None]).collect();
    let stances: Vec<Option<Stance>> = Stance::ALL.iter().copied().map(Some).chain([None]).collect();
    let mut seen = std::collections::BTreeSet::new();
    for verdict in &verdicts {
        for fresh in [true, false] {
            for state in &documents {
                for stance in &stances {
                    let mut evidence = Evidence::default();
                    evidence.indicators.extend(verdict.map(|verdict| {
                        let mut result = result(System::Isms, "context", verdict);
                        result.fresh = fresh;
                        result
                    }));
                    evidence.documents.extend(state.map(|state| document("context", state)));
                    evidence.decisions.attestations.extend(stance.map(|stance| attestation(isms("4.1"), stance)));
                    let found = status(&evidence, &isms("4.1"));
                    let (expected, basis) = match (verdict, state, stance) {
                        (Some(Breach), _, _) => ("potential_nonconformity", Some(Basis::Records)),
                        (_, _, Some(Stance::NotFulfilled)) => ("potential_nonconformity", Some(Basis::Attested)),
                        (Some(Lapse), _, _) => ("concern", Some(Basis::Records)),
                        (_, Some(DocumentState::ReviewOverdue), _) => ("concern", Some(Basis::Documents)),
                        (Some(Met), _, _) if fresh => ("conforming", Some(Basis::Records)),
                        (None | Some(NoOccurrence), Some(DocumentState::InForce), _) => {
                            ("conforming", Some(Basis::Documents))
                        }
                        (_, _, Some(Stance::Fulfilled)) => ("conforming", Some(Basis::Attested)),
                        _ => ("not_assessed", None),
                    };
                    let place = format!("{verdict:?} fresh {fresh}, {state:?}, {stance:?}");
                    assert_eq!((found.status.as_str(), found.basis), (expected, basis), "{place}");
                    seen.insert((expected, basis));
                }
            }
        }
    }
    assert_eq!(seen.len(), 8, "every outcome occurs: {seen:?}");
}

fn what_expires_is_what_is_favourable() {
    let of = |stance| {
        let mut evidence = Evidence::default();
        let expired = concord::assess::Attestation { stale: true, ..attestation(isms("4.1"), stance) };
        evidence.decisions.attestations.push(expired);
        let found = status(&evidence, &isms("4.1"));
        (found.status, found.stale)
    };
    assert_eq!(of(Stance::Fulfilled).0, Status::NotAssessed);
    assert_eq!(of(Stance::NotFulfilled), (Status::PotentialNonconformity, true));
}

fn a_topic_is_attested_for_all_who_ask_for_it() {
    let mut evidence = Evidence::default();
    let one = attestation(isms("4.1"), Stance::Fulfilled);
    evidence.decisions.attestations.push(one.clone());
    assert_eq!(status(&evidence, &sms("4.1")).own_status, Some(Status::NotAssessed), "4.1 of the other edition");
    let everywhere = concord::assess::Attestation { requirement: None, topic: Some("context".into()), ..one };
    evidence.decisions.attestations = vec![everywhere];
    for id in [isms("4.1"), sms("4.1")] {
        let found = status(&evidence, &id);
        assert_eq!((found.own_status, found.basis), (Some(Status::Conforming), Some(Basis::Attested)), "{id}");
    }
    // Beside what records show, the whole rests on records.
    evidence.indicators.push(result(System::Sms, "leadership", Verdict::Met));
    assert_eq!(status(&evidence, &sms("4.1")).basis, Some(Basis::Records));
}

fn a_requirement_without_topics_takes_what_is_bound_to_it() {
    let id = isms("A.9.1.1");
    let bound = |indicators: &[&str], documents: &[RecordId]| Binding {
        id: "binding".into(),
        requirement: id.clone(),
        indicators: indicators.iter().map(|id| id.to_string()).collect(),
        documents: documents.to_vec(),
    };
    let mut evidence = all_met();
    assert_eq!(status(&evidence, &id).bound, None);
    evidence.decisions.bindings.push(bound(&["assets-met"], &[]));
    let found = status(&evidence, &id);
    assert_eq!((found.status, found.basis, found.coverage), (Status::Conforming, Some(Basis::Records), None));
    assert_eq!(status(&evidence, &isms("A.9")).status, Status::Conforming, "it rolls up");

    let mut evidence = Evidence::default();
    evidence.decisions.bindings.push(bound(&[], &[RecordId::of(RecordKind::Document, "files", "rules")]));
    let mut serving = document("rules", DocumentState::InForce);
    serving.topic = id.to_string();
    evidence.documents.push(serving);
    assert_eq!(status(&evidence, &id).basis, Some(Basis::Documents));

    let mut evidence = Evidence::default();
    evidence.decisions.attestations.push(attestation(id.clone(), Stance::Fulfilled));
    assert_eq!(status(&evidence, &id).basis, Some(Basis::Attested));
    // An item without topics no longer shows its clause.
    evidence.decisions.attestations.push(attestation(isms("5.1.b"), Stance::NotFulfilled));
    let item = status(&evidence, &isms("5.1.b"));
    assert_eq!((item.status, item.inherited_from), (Status::PotentialNonconformity, None));
}

fn an_objection_is_settled_by_naming_it() {
    let mut evidence = all_met();
    let objection = attestation(isms("4.1"), Stance::NotFulfilled);
    evidence.decisions.attestations.push(objection.clone());
    let breached = status(&evidence, &isms("4.1"));
    assert_eq!((breached.status, breached.basis), (Status::PotentialNonconformity, Some(Basis::Attested)));
    let covers = Covered { attestations: vec![objection.id], ..Covered::default() };
    let determined = super::fixture::determination(isms("4.1"), DeterminationResult::None, covers);
    evidence.decisions.determinations.push(determined);
    let settled = status(&evidence, &isms("4.1"));
    assert_eq!(settled.status, Status::Concern);
    assert_eq!(settled.topics.first().map(|topic| topic.state), Some(TopicState::Settled));
    assert!(settled.determinations.iter().all(|determination| determination.holds));
    let second = concord::assess::Attestation { id: "second".into(), ..attestation(isms("4.1"), Stance::NotFulfilled) };
    evidence.decisions.attestations.push(second);
    let renewed = status(&evidence, &isms("4.1"));
    assert_eq!(renewed.status, Status::PotentialNonconformity);
    assert!(renewed.determinations.iter().all(|determination| !determination.holds));
    assert_eq!(renewed.determinations.first().map(|d| d.made_at), Some(time("2026-02-01")));
}

fn what_rests_on_hidden_records_is_left_out() {
    let hidden = RecordId::of(RecordKind::Ticket, "files", "hidden");
    let open = RecordId::of(RecordKind::Ticket, "files", "open");
    let of = |evidence: &[RecordId], links: &[&str]| {
        let mut decisions = concord::assess::Decisions::default();
        decisions.attestations.push(concord::assess::Attestation {
            evidence: evidence.to_vec(),
            links: links.iter().map(|link| link.to_string()).collect(),
            ..attestation(isms("4.1"), Stance::Fulfilled)
        });
        let left = decisions.without(&[hidden].into()).attestations;
        left.first().map(|attestation| attestation.evidence.clone())
    };
    assert_eq!(of(&[hidden, open], &[]), Some(vec![open]));
    assert_eq!(of(&[hidden], &["https://wiki.example"]), Some(vec![]));
    assert_eq!(of(&[hidden], &[]), None);
    assert_eq!(of(&[], &["https://wiki.example"]), Some(vec![]));
}
