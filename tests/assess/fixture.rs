//! Small standards, results and records for the cases of this folder.

use concord::assess::{
    Attestation, ControlDeclaration, ControlState, Covered, Determination, DeterminationResult, DocumentEvidence,
    DocumentState, Evidence, Finding, IndicatorResult, Stance,
};
use concord::indicators::Tally;
use concord::model::{
    Body, Grade, Record, RecordId, RecordKind, Reference, RelationTo, RelationType, System, Timestamp, Verdict,
};
use concord::standards::{
    Citation, ClauseRange, CorrespondenceRelation, CorrespondenceRow, Edition, Requirement, RequirementId,
    RequirementKind, Standards,
};

pub const ISMS: &str = "iso27001-2013";
pub const SMS: &str = "iso20000-1-2011";

pub fn isms(number: &str) -> RequirementId {
    RequirementId::new(ISMS, number)
}

pub fn sms(number: &str) -> RequirementId {
    RequirementId::new(SMS, number)
}

/// Two small editions and a table between them.
pub fn standards() -> Standards {
    standards_with(&[])
}

/// The same with more nodes of the first edition.
pub fn standards_with(more: &[(&str, &[&str])]) -> Standards {
    use CorrespondenceRelation::*;
    let edition = |id: &str, system| Edition { id: id.into(), name: id.into(), title: id.into(), system };
    let nodes: &[(&str, &[&str])] = &[
        ("0", &[]),
        ("4", &[]),
        ("4.1", &["context"]),
        ("4.2", &["needs"]),
        ("5", &[]),
        ("5.1", &["leadership"]),
        ("5.1.a", &["objectives", "policy"]),
        ("5.1.b", &[]),
        ("A.8", &[]),
        ("A.8.1", &[]),
        ("A.8.1.1", &["assets"]),
        ("A.8.1.2", &["assets"]),
        ("A.8.1.3", &[]),
        ("A.9", &[]),
        ("A.9.1", &[]),
        ("A.9.1.1", &[]),
    ];
    let mut requirements = tree(ISMS, &[nodes, more].concat());
    requirements.extend(tree(
        SMS,
        &[
            ("1", &[]),
            ("4", &[]),
            ("4.1", &["context"]),
            ("4.1.a", &["leadership"]),
            ("4.1.b", &["policy"]),
            ("4.2", &["governance"]),
            ("9", &[]),
            ("9.1", &["assets", "configuration"]),
            ("9.2", &["change"]),
        ],
    ));
    let rows = vec![
        row(1, Some("0"), Mapped, &["1"]),
        row(2, Some("4"), Many, &[]),
        row(3, Some("4.1"), Mapped, &["4.1"]),
        row(4, Some("4.2"), Mapped, &["9.2"]),
        row(5, Some("5.1.a"), Mapped, &["4.1", "9.2"]),
        row(6, Some("A.8"), Heading, &[]),
        row(7, Some("A.8.1"), Heading, &[]),
        row(8, Some("A.8.1.1"), Mapped, &["9.1"]),
        row(9, Some("A.8.1.3"), None, &[]),
        row(10, Option::None, NotIncluded, &["1"]),
        row(11, Option::None, NotIncluded, &[]),
    ];
    Standards::new(vec![edition(ISMS, System::Isms), edition(SMS, System::Sms)], requirements, vec![], rows)
}

fn row(row: u32, number: Option<&str>, relation: CorrespondenceRelation, cited: &[&str]) -> CorrespondenceRow {
    let citation = |number: &&str| Citation {
        requirement: sms(number),
        printed_title: String::new(),
        locators: vec![],
        note: None,
    };
    let range = ClauseRange { first: sms("4.2"), last: sms("9") };
    CorrespondenceRow {
        row,
        requirement: number.map(isms),
        printed_title: String::new(),
        relation,
        references: cited.iter().map(citation).collect(),
        ranges: if relation == CorrespondenceRelation::Many { vec![range] } else { vec![] },
        see_also: vec![],
        note: None,
    }
}

/// Nodes in document order; the kind and the parent follow from the number.
fn tree(edition: &str, nodes: &[(&str, &[&str])]) -> Vec<Requirement> {
    let above = |number: &str| number.rsplit_once('.').map(|(above, _)| above.to_string()).filter(|above| above != "A");
    let kind = |number: &str| match (number.starts_with('A'), number.split('.').count()) {
        (true, 2) => RequirementKind::Domain,
        (true, 3) => RequirementKind::Objective,
        (true, _) => RequirementKind::Control,
        _ if number == "0" => RequirementKind::Introduction,
        _ if number.ends_with(|c: char| c.is_ascii_lowercase()) => RequirementKind::Item,
        _ => RequirementKind::Clause,
    };
    nodes
        .iter()
        .map(|(number, topics)| Requirement {
            id: RequirementId::new(edition, number),
            number: number.to_string(),
            title: format!("Title of {number}"),
            kind: kind(number),
            parent: above(number).map(|above| RequirementId::new(edition, &above)),
            children: nodes
                .iter()
                .filter(|(child, _)| above(child).as_deref() == Some(number))
                .map(|(child, _)| RequirementId::new(edition, child))
                .collect(),
            normative: !["0", "1"].contains(number),
            topics: topics.iter().map(|topic| topic.to_string()).collect(),
            note: None,
        })
        .collect()
}

/// A result of a fresh indicator named after its topic and verdict.
pub fn result(system: System, topic: &str, verdict: Verdict) -> IndicatorResult {
    IndicatorResult {
        indicator: format!("{topic}-{verdict}"),
        version: "1".into(),
        title: String::new(),
        topic: topic.into(),
        system,
        verdict,
        tally: Tally { passing: 1, failing: 0, unknown: 0 },
        waived: 0,
        fresh: true,
        relaxed: false,
        relaxed_by: None,
        as_of: None,
    }
}

pub fn document(topic: &str, state: DocumentState) -> DocumentEvidence {
    DocumentEvidence {
        record: RecordId::of(RecordKind::Document, "files", topic),
        external_id: topic.into(),
        title: None,
        topic: topic.into(),
        state,
        next_review: None,
    }
}

pub fn finding(requirement: RequirementId, grade: Grade) -> Finding {
    let external_id = requirement.to_string();
    let record = RecordId::of(RecordKind::Ticket, "files", &external_id);
    Finding {
        requirement,
        grade,
        record: Some(record),
        external_id: Some(external_id),
        decision: None,
        graded_by: None,
        title: None,
        opened_at: None,
    }
}

/// Every topic of the fixture met by fresh data in both systems.
pub fn all_met() -> Evidence {
    let topics =
        ["context", "needs", "leadership", "objectives", "policy", "assets", "governance", "configuration", "change"];
    let of = |system| topics.iter().map(move |topic| result(system, topic, Verdict::Met));
    Evidence { indicators: of(System::Isms).chain(of(System::Sms)).collect(), ..Evidence::default() }
}

/// Gives every result on a topic this verdict.
pub fn set(evidence: &mut Evidence, topic: &str, verdict: Verdict) {
    let results = evidence.indicators.iter_mut().filter(|result| result.topic == topic);
    assert!(results.map(|result| result.verdict = verdict).count() > 0, "no result on {topic}");
}

pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn id(kind: RecordKind, external_id: &str) -> RecordId {
    RecordId::of(kind, "files", external_id)
}

/// A record of the source `files`.
pub fn record(kind: RecordKind, external_id: &str, fields: serde_json::Value) -> Record {
    let id = id(kind, external_id);
    Record {
        id,
        source: "files".into(),
        external_id: external_id.into(),
        url: None,
        source_updated_at: time("2026-01-01"),
        source_version: 0,
        synced_at: time("2026-01-01"),
        deleted_at: None,
        changed_seq: 1,
        canonical_id: id,
        body: Body::from_json(kind, fields).expect("fields of the kind"),
        relations: vec![],
        attributes: serde_json::Map::new(),
    }
}

/// The record with one more edge.
pub fn edge(mut from: Record, relation: RelationType, kind: RecordKind, external_id: &str) -> Record {
    from.relations.push(RelationTo { relation, to: Reference::new(kind, "files", external_id) });
    from
}

/// A reference in JSON.
pub fn reference(kind: RecordKind, external_id: &str) -> serde_json::Value {
    serde_json::to_value(Reference::new(kind, "files", external_id)).expect("JSON")
}

/// A favourable attestation of a requirement.
pub fn attestation(requirement: RequirementId, stance: Stance) -> Attestation {
    Attestation {
        id: format!("attestation-{requirement}-{stance}"),
        requirement: Some(requirement),
        topic: None,
        stance,
        statement: String::new(),
        evidence: vec![],
        links: vec!["https://wiki.example/minutes".into()],
        author: "anna".into(),
        made_at: time("2026-01-01"),
        expires_at: time("2026-07-01"),
        stale: false,
    }
}

/// A determination of a requirement on this evidence.
pub fn determination(requirement: RequirementId, result: DeterminationResult, covers: Covered) -> Determination {
    Determination {
        id: format!("determination-{requirement}"),
        requirement,
        result,
        reason: "looked into".into(),
        author: "anna".into(),
        made_at: time("2026-02-01"),
        expires_at: Some(time("2026-08-01")),
        covers,
    }
}

/// A declaration of a control.
pub fn control(number: &str, state: ControlState) -> (String, ControlDeclaration) {
    let control = isms(number).to_string();
    let declaration = ControlDeclaration {
        decision: "statement".into(),
        control: control.clone(),
        title: None,
        applicable: state != ControlState::Excluded,
        justification: "as the risks are".into(),
        implemented: state == ControlState::Implemented,
        planned_until: matches!(state, ControlState::Planned | ControlState::Overdue).then(|| time("2026-03-01")),
        acknowledgement: None,
        state,
    };
    (control, declaration)
}
