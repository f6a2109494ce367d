//! What documents and tickets amount to as evidence.

use super::fixture::{record, time};
use concord::assess::{DocumentState, document_evidence, open_findings};
use concord::model::{Grade, RecordKind};
use serde_json::json;

crate::harness::cases![documents_count_by_state, a_ticket_is_a_finding_until_its_effect_is_verified];

fn documents_count_by_state() {
    let at = time("2026-06-01");
    let document = |id: &str, fields: serde_json::Value| record(RecordKind::Document, id, fields);
    let approved = |status: &str, review: serde_json::Value| json!({"status": status, "approved_at": "2026-01-01", "next_review": review, "topics": ["policy", "policy"]});
    let mut deleted = document("deleted", approved("in_force", json!("2027-01-01")));
    deleted.deleted_at = Some(at);
    let records = [
        document("good", approved("in_force", json!("2026-06-01"))),
        document("no-review", approved("in_force", json!(null))),
        document("overdue", approved("in_force", json!("2026-05-31"))),
        document("draft", approved("draft", json!("2026-05-31"))),
        document("withdrawn", approved("withdrawn", json!("2026-05-31"))),
        document("unapproved", json!({"status": "in_force", "approved_at": null, "topics": ["policy"]})),
        document("approved-later", json!({"status": "in_force", "approved_at": "2026-06-02", "topics": ["policy"]})),
        document("serves-nothing", json!({"status": "in_force", "approved_at": "2026-01-01"})),
        deleted,
    ];
    let mut found: Vec<(String, DocumentState)> =
        document_evidence(&records, at).into_iter().map(|d| (d.external_id, d.state)).collect();
    found.sort();
    let expected = [
        ("approved-later", DocumentState::NotApproved),
        ("draft", DocumentState::NotApproved),
        ("good", DocumentState::InForce),
        ("no-review", DocumentState::InForce),
        ("overdue", DocumentState::ReviewOverdue),
        ("unapproved", DocumentState::NotApproved),
    ];
    assert_eq!(found, expected.map(|(id, state)| (id.to_string(), state)));
}

fn a_ticket_is_a_finding_until_its_effect_is_verified() {
    let at = time("2026-06-01");
    let ticket = |id: &str, kind: &str, verified: serde_json::Value| {
        let fields = json!({"type": kind, "requirement": "iso27001-2013/9.2", "grade": "major", "state": "closed",
            "closed_at": "2026-05-01", "effectiveness_verified_at": verified});
        record(RecordKind::Ticket, id, fields)
    };
    let mut deleted = ticket("deleted", "nonconformity", json!(null));
    deleted.deleted_at = Some(at);
    let records = [
        ticket("open", "nonconformity", json!(null)),
        ticket("planned", "nonconformity", json!("2026-07-01")),
        ticket("verified", "nonconformity", json!("2026-05-20")),
        ticket("incident", "incident", json!(null)),
        record(RecordKind::Ticket, "ungraded", json!({"type": "nonconformity", "requirement": "iso27001-2013/9.2"})),
        record(RecordKind::Ticket, "unplaced", json!({"type": "nonconformity", "grade": "minor"})),
        deleted,
    ];
    let found = open_findings(&records, at);
    let mut names: Vec<&str> = found.iter().map(|finding| finding.name()).collect();
    names.sort();
    assert_eq!(names, ["deleted", "open", "planned"]);
    assert!(found.iter().all(|f| f.grade == Grade::Major && f.requirement.as_str() == "iso27001-2013/9.2"));
}
