//! Requirement statuses: topics, own status, roll-up.

use super::fixture::{ISMS, all_met, document, finding, isms, result, set, sms, standards};
use concord::assess::{
    Basis, Coverage, DocumentState, Evidence, RequirementStatus, TopicState, own_status, requirement_statuses, roll_up,
};
use concord::model::{Grade, Status, System, Verdict};
use concord::standards::RequirementId;

crate::harness::cases![
    roll_up_follows_its_rules_on_all_triples,
    own_status_is_worst_first,
    topics_are_judged_by_all_their_evidence,
    staleness_only_expires_what_is_favourable,
    documents_count_where_no_indicator_speaks,
    an_item_without_topics_shows_its_clause,
    statuses_roll_up_with_reasons_and_coverage,
    findings_decide_where_they_are_named,
    what_asks_for_nothing_has_no_status,
];

fn roll_up_follows_its_rules_on_all_triples() {
    use Status::*;
    const WORST_FIRST: [Status; 4] = [MajorNonconformity, MinorNonconformity, PotentialNonconformity, Concern];
    let by_the_rules = |children: &[Status]| {
        let rest: Vec<Status> = children.iter().copied().filter(|status| *status != NotApplicable).collect();
        if rest.is_empty() {
            return NotApplicable;
        }
        if let Some(worst) = WORST_FIRST.iter().find(|status| rest.contains(status)) {
            return *worst;
        }
        for same in [Conforming, NotAssessed] {
            if rest.iter().all(|status| *status == same) {
                return same;
            }
        }
        PartiallyEvidenced
    };
    for a in Status::ALL.iter().copied() {
        assert_eq!(roll_up([a]), Some(a));
        for b in Status::ALL.iter().copied() {
            assert_eq!(roll_up([a, b]), Some(by_the_rules(&[a, b])), "{a} {b}");
            for c in Status::ALL.iter().copied() {
                assert_eq!(roll_up([a, b, c]), Some(by_the_rules(&[a, b, c])), "{a} {b} {c}");
            }
        }
    }
    assert_eq!(roll_up([]), None);
}

fn own_status_is_worst_first() {
    use TopicState::*;
    let of = |findings: &[Grade], topics: &[TopicState]| {
        own_status(findings.iter().copied(), topics.iter().copied()).map(Status::as_str)
    };
    assert_eq!(of(&[], &[]), None);
    assert_eq!(of(&[], &[NoEvidence, NoEvidence]), Some("not_assessed"));
    assert_eq!(of(&[], &[NoEvidence, Favourable]), Some("partially_evidenced"));
    assert_eq!(of(&[], &[Favourable, Favourable]), Some("conforming"));
    assert_eq!(of(&[], &[Favourable, Lapse, NoEvidence]), Some("concern"));
    assert_eq!(of(&[], &[Lapse, Breach]), Some("potential_nonconformity"));
    assert_eq!(of(&[], &[Settled, Favourable]), Some("concern"));
    assert_eq!(of(&[], &[Waived, Favourable]), Some("concern"));
    assert_eq!(of(&[], &[Settled, Breach]), Some("potential_nonconformity"));
    assert_eq!(of(&[Grade::Minor], &[Breach]), Some("minor_nonconformity"));
    assert_eq!(of(&[Grade::Minor, Grade::Major], &[Favourable]), Some("major_nonconformity"));
}

fn status_of<'a>(statuses: &'a [RequirementStatus], id: &RequirementId) -> &'a RequirementStatus {
    statuses.iter().find(|status| status.requirement == *id).expect("a status")
}

/// The topic `context` of ISO/IEC 27001, 4.1, from these results.
fn context(results: &[(Verdict, bool)], document_state: Option<DocumentState>) -> RequirementStatus {
    let indicators = results.iter().map(|(verdict, fresh)| {
        let mut result = result(System::Isms, "context", *verdict);
        result.fresh = *fresh;
        result
    });
    let documents = document_state.map(|state| document("context", state)).into_iter().collect();
    let evidence = Evidence { indicators: indicators.collect(), documents, ..Evidence::default() };
    status_of(&requirement_statuses(&standards(), &evidence), &isms("4.1")).clone()
}

fn topics_are_judged_by_all_their_evidence() {
    use Verdict::*;
    let of = |verdicts: &[Verdict]| {
        let fresh: Vec<(Verdict, bool)> = verdicts.iter().map(|verdict| (*verdict, true)).collect();
        context(&fresh, None).status.as_str()
    };
    assert_eq!(of(&[]), "not_assessed");
    assert_eq!(of(&[Met]), "conforming");
    assert_eq!(of(&[Met, NoOccurrence]), "conforming");
    assert_eq!(of(&[Met, Inconclusive, NoData]), "conforming");
    assert_eq!(of(&[NoOccurrence]), "not_assessed");
    assert_eq!(of(&[NoData]), "not_assessed");
    assert_eq!(of(&[Inconclusive]), "not_assessed");
    assert_eq!(of(&[Met, Lapse]), "concern");
    assert_eq!(of(&[Lapse, Breach, Met]), "potential_nonconformity");
}

fn staleness_only_expires_what_is_favourable() {
    let breach = context(&[(Verdict::Breach, false)], None);
    assert_eq!((breach.status, breach.stale), (Status::PotentialNonconformity, true));
    let lapse = context(&[(Verdict::Lapse, false), (Verdict::Met, true)], None);
    assert_eq!((lapse.status, lapse.stale), (Status::Concern, true));
    let met = context(&[(Verdict::Met, false)], None);
    assert_eq!((met.status, met.stale, met.basis), (Status::NotAssessed, true, None));
    let other = context(&[(Verdict::Met, false), (Verdict::Met, true)], None);
    assert_eq!((other.status, other.stale), (Status::Conforming, true));
    let nothing = context(&[(Verdict::NoData, false)], None);
    assert_eq!((nothing.status, nothing.stale), (Status::NotAssessed, false));
}

fn documents_count_where_no_indicator_speaks() {
    use DocumentState::*;
    let of = |results: &[(Verdict, bool)], state| {
        let found = context(results, Some(state));
        (found.status.as_str(), found.basis)
    };
    assert_eq!(of(&[], InForce), ("conforming", Some(Basis::Documents)));
    assert_eq!(of(&[], NotApproved), ("not_assessed", None));
    assert_eq!(of(&[], ReviewOverdue), ("concern", Some(Basis::Documents)));
    assert_eq!(of(&[(Verdict::NoOccurrence, true)], InForce), ("conforming", Some(Basis::Documents)));
    for silent in [Verdict::NoData, Verdict::Inconclusive] {
        assert_eq!(of(&[(silent, true)], InForce), ("not_assessed", None), "{silent}");
    }
    assert_eq!(of(&[(Verdict::Met, false)], InForce), ("not_assessed", None));
    assert_eq!(of(&[(Verdict::Met, true)], InForce), ("conforming", Some(Basis::Records)));
    assert_eq!(of(&[(Verdict::Met, true)], ReviewOverdue), ("concern", Some(Basis::Documents)));
    assert_eq!(of(&[(Verdict::Breach, true)], ReviewOverdue), ("potential_nonconformity", Some(Basis::Records)));
}

fn an_item_without_topics_shows_its_clause() {
    let mut evidence = all_met();
    set(&mut evidence, "objectives", Verdict::Lapse);
    let statuses = requirement_statuses(&standards(), &evidence);
    let item = status_of(&statuses, &isms("5.1.b"));
    assert_eq!((item.status, item.own_status, item.coverage), (Status::Concern, None, None));
    assert_eq!(item.inherited_from, Some(isms("5.1")));

    evidence.findings.push(finding(isms("5.1.b"), Grade::Minor));
    let statuses = requirement_statuses(&standards(), &evidence);
    let item = status_of(&statuses, &isms("5.1.b"));
    assert_eq!((item.status, item.inherited_from.as_ref()), (Status::MinorNonconformity, None));
    assert_eq!(status_of(&statuses, &isms("5.1")).because, [isms("5.1.b")]);
}

fn statuses_roll_up_with_reasons_and_coverage() {
    let mut evidence = all_met();
    set(&mut evidence, "policy", Verdict::Breach);
    set(&mut evidence, "leadership", Verdict::NoData);
    let statuses = requirement_statuses(&standards(), &evidence);
    let item = status_of(&statuses, &isms("5.1.a"));
    assert_eq!((item.status, item.because.len()), (Status::PotentialNonconformity, 0));
    assert_eq!(item.topics.iter().map(|t| t.state).collect::<Vec<_>>(), [TopicState::Favourable, TopicState::Breach]);
    let clause = status_of(&statuses, &isms("5.1"));
    assert_eq!((clause.status, clause.own_status), (Status::PotentialNonconformity, Some(Status::NotAssessed)));
    assert_eq!(clause.because, [isms("5.1.a")]);
    assert_eq!(clause.coverage, Some(Coverage { evidenced: 2, topics: 3 }));
    assert_eq!(status_of(&statuses, &isms("4")).status, Status::Conforming);

    let domain = status_of(&statuses, &isms("A.8"));
    assert_eq!((domain.status, domain.own_status), (Status::PartiallyEvidenced, None));
    assert_eq!(domain.coverage, Some(Coverage { evidenced: 1, topics: 1 }), "a topic counts once");
    assert_eq!(status_of(&statuses, &isms("A.8.1")).because, [isms("A.8.1.3")]);
    let empty = status_of(&statuses, &isms("A.9"));
    assert_eq!((empty.status, empty.coverage, empty.basis), (Status::NotAssessed, None, None));
}

fn findings_decide_where_they_are_named() {
    let mut evidence = all_met();
    evidence.findings.push(finding(sms("9.1"), Grade::Major));
    let statuses = requirement_statuses(&standards(), &evidence);
    let clause = status_of(&statuses, &sms("9.1"));
    assert_eq!((clause.status, clause.findings.len()), (Status::MajorNonconformity, 1));
    assert_eq!(status_of(&statuses, &sms("9")).status, Status::MajorNonconformity);
    assert_eq!(status_of(&statuses, &sms("9.2")).status, Status::Conforming);
    assert_eq!(status_of(&statuses, &isms("A.8.1.1")).status, Status::Conforming, "a verdict does not cross");
}

fn what_asks_for_nothing_has_no_status() {
    let standards = standards();
    let statuses = requirement_statuses(&standards, &all_met());
    let expected: Vec<&RequirementId> =
        standards.requirements().iter().filter(|node| node.normative).map(|node| &node.id).collect();
    assert_eq!(statuses.iter().map(|status| &status.requirement).collect::<Vec<_>>(), expected, "document order");
    assert!(statuses.iter().any(|status| status.requirement.edition() == ISMS));
}
