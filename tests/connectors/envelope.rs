//! From mapped objects to versions of records: what fits, and what each thing that does not fit is told.

use super::{Brought, at, bring};
use concord::model::{Body, Field, RecordKind, Reference, RelationType, Value as FieldValue};
use serde_json::{Value, json};

crate::harness::cases![
    the_envelope_is_read,
    null_is_empty_and_absent_is_unsupplied,
    references_are_completed,
    certificates_name_their_services,
    relations_are_declared_and_end_where_they_may,
    edges_are_records_too,
    what_does_not_fit_is_named,
    all_of_a_row_or_nothing,
    restricted_records_are_withheld,
];

/// What the objects become as records of `emit`; every row is one object, mapped as it is.
fn become_records(emit: &str, relations: &str, objects: &[Value]) -> Brought {
    let lines: Vec<_> = objects.iter().map(ToString::to_string).collect();
    bring(emit, relations, ".", "rows.jsonl", lines.join("\n"))
}

fn reason(emit: &str, relations: &str, object: Value) -> String {
    let brought = become_records(emit, relations, &[object]);
    assert!(brought.versions.is_empty());
    brought.set_aside[0].reason.clone()
}

fn the_envelope_is_read() {
    let brought = become_records(
        "ticket",
        "",
        &[
            json!({"external_id": "T-1", "url": "https://desk.example/1", "updated_at": "2026-01-02", "source_version": 7,
            "deleted": true, "attributes": {"queue": "a"}, "title": "x"}),
            json!({"external_id": 42, "url": null, "updated_at": null, "source_version": null, "deleted": null,
            "relations": null, "attributes": null}),
        ],
    );
    let [first, second] = &brought.versions[..] else { panic!("two versions") };
    assert_eq!((first.source.as_str(), first.external_id.as_str()), ("desk", "T-1"));
    assert_eq!(first.url.as_deref(), Some("https://desk.example/1"));
    assert_eq!(first.source_updated_at.to_string(), "2026-01-02T00:00:00.000Z");
    assert_eq!((first.source_version, first.deleted), (7, true));
    assert_eq!(json!(first.attributes), json!({"queue": "a"}));
    assert_eq!(json!(first.body), json!({"kind": "ticket", "fields": {"title": "x"}}));
    assert_eq!((second.external_id.as_str(), second.source_updated_at), ("42", at()));
    assert_eq!((second.source_version, second.deleted, &second.url), (0, false, &None));
}

fn null_is_empty_and_absent_is_unsupplied() {
    let brought =
        become_records("ticket", "", &[json!({"external_id": "1", "owner": null, "title": " ", "party": ""})]);
    let Body::Ticket(ticket) = &brought.versions[0].body else { panic!("a ticket") };
    assert_eq!((&ticket.owner, &ticket.title, &ticket.party), (&Field::Empty, &Field::Empty, &Field::Empty));
    assert_eq!(ticket.assignee, Field::Unsupplied);
}

fn references_are_completed() {
    let objects = [
        json!({"external_id": "1", "lead_supplier": "P 2"}),
        json!({"external_id": "2", "lead_supplier": 3}),
        json!({"external_id": "3", "lead_supplier": {"source": "erp", "external_id": "P-4", "kind": "party"}}),
        json!({"external_id": "4", "lead_supplier": {"external_id": "P-5"}}),
    ];
    let expected = [("desk", "P 2"), ("desk", "3"), ("erp", "P-4"), ("desk", "P-5")];
    let brought = become_records("party", "", &objects);
    for (version, (source, id)) in brought.versions.iter().zip(expected) {
        let Body::Party(party) = &version.body else { panic!("a party") };
        assert_eq!(party.lead_supplier.get(), Some(&Reference::new(RecordKind::Party, source, id)));
    }
    assert_eq!(brought.versions.len(), 4);
    let brought =
        become_records("service", "", &[json!({"external_id": "1", "customers": ["a", {"external_id": "b"}]})]);
    let Body::Service(service) = &brought.versions[0].body else { panic!("a service") };
    assert!(matches!(service.customers.value(), FieldValue::List(list) if list.len() == 2 && list.contains("b")));
    for (object, expected) in [
        (json!({"external_id": "1", "lead_supplier": {"external_id": "x", "kind": "service"}}), "a party is expected"),
        (
            json!({"external_id": "1", "lead_supplier": {"source": "erp"}}),
            "field `lead_supplier`: the reference has no",
        ),
        (
            json!({"external_id": "1", "lead_supplier": {"external_id": "x", "source": "a b"}}),
            "not the name of a source",
        ),
        (json!({"external_id": "1", "lead_supplier": {"external_id": "x", "name": "y"}}), "not `name`"),
        (json!({"external_id": "1", "lead_supplier": ["x"]}), "field `lead_supplier`: a list where"),
    ] {
        let reason = reason("party", "", object);
        assert!(reason.contains(expected), "{reason}");
    }
}

fn certificates_name_their_services() {
    let certificate = |services: Value| {
        json!({"external_id": "1", "certificates": [{"standard": "ISO/IEC 27001:2013", "scope": "hosting",
            "services": services, "expires_at": "2027-01-01"}]})
    };
    let brought = become_records("party", "", &[certificate(json!(["mail"]))]);
    let Body::Party(party) = &brought.versions[0].body else { panic!("a party") };
    let services = &party.certificates.get().expect("certificates")[0].services;
    assert_eq!(services, &[Reference::new(RecordKind::Service, "desk", "mail")]);
    assert!(
        reason("party", "", certificate(json!("mail"))).contains("field `certificates`: the text `mail` where a list")
    );
    let missing = json!({"external_id": "1", "certificates": [{"standard": "x"}]});
    assert!(reason("party", "", missing).contains("field `certificates[0]`: missing field `scope`"));
}

fn relations_are_declared_and_end_where_they_may() {
    let related = |relations: Value| json!({"external_id": "1", "relations": relations});
    let good = related(json!({"affects": [
        "configuration_item/ci/1", {"kind": "service", "external_id": 5}, "configuration_item/ci/1",
        {"kind": "service", "source": "erp", "external_id": "5"}
    ], "caused_by": null}));
    let brought = become_records("ticket", "\"affects\", \"caused_by\"", &[good]);
    let mut expected = [
        Reference::new(RecordKind::ConfigurationItem, "desk", "ci/1"),
        Reference::new(RecordKind::Service, "desk", "5"),
        Reference::new(RecordKind::Service, "erp", "5"),
    ];
    expected.sort();
    let found: Vec<_> = brought.versions[0].relations.iter().map(|edge| (edge.relation, edge.to.clone())).collect();
    assert_eq!(found, expected.map(|to| (RelationType::Affects, to)));
    for (relations, expected) in [
        (json!({"caused_by": ["ticket/2"]}), "relation `caused_by`: the manifest does not list it"),
        (json!({"affect": []}), "did you mean `affects`?"),
        (json!({"affects": ["party/2"]}), "it points to a configuration_item or a service, not a party"),
        (json!({"affects": ["ci-2"]}), "relation `affects`: `ci-2` is not of the form `kind/external_id`"),
        (json!({"affects": ["configuration_item/ "]}), "relation `affects`: the text is empty"),
        (json!({"affects": "service/2"}), "relation `affects`: the text `service/2` where a list is expected"),
        (json!(["service/2"]), "`relations`: a list where an object is expected"),
    ] {
        let reason = reason("ticket", "\"affects\"", related(relations));
        assert!(reason.contains(expected), "{reason}");
    }
}

fn edges_are_records_too() {
    let edge =
        |to: &str, kind: &str| json!({"external_id": "1", "type": kind, "from": "configuration_item/a", "to": to});
    let brought = become_records("relation", "\"supports\"", &[edge("service/b", "supports")]);
    assert_eq!(brought.versions.len(), 1);
    for (object, expected) in [
        (edge("configuration_item/b", "supports"), "relation `supports`: it points to a service"),
        (edge("configuration_item/b", "depends_on"), "relation `depends_on`: the manifest does not list it"),
        (json!({"external_id": "1", "type": "supports", "from": null}), "a relation needs `type`, `from` and `to`"),
    ] {
        let reason = reason("relation", "\"supports\"", object);
        assert!(reason.contains(expected), "{reason}");
    }
}

fn what_does_not_fit_is_named() {
    for (object, expected) in [
        (json!({"title": "x"}), "the mapping gives no `external_id`"),
        (json!({"external_id": null}), "`external_id`: null where a text or a whole number is expected"),
        (json!({"external_id": " "}), "`external_id`: the text is empty"),
        (json!({"external_id": 1.5}), "`external_id`: the number 1.5 where"),
        (json!({"external_id": "x".repeat(501)}), "`external_id`: longer than 500 bytes"),
        (json!({"external_id": "1", "titel": "x"}), "`titel` is neither a field of a ticket nor one of external_id, "),
        (json!({"external_id": "1", "titel": "x"}), "did you mean `title`?"),
        (json!({"external_id": "1", "version": 3}), "`version` is neither a field of a ticket nor one of"),
        (json!({"external_id": "1", "priority": 9}), "field `priority`: 9 is not a whole number from 1 to 4"),
        (json!({"external_id": "1", "state": "opened"}), "field `state`: unknown variant `opened`"),
        (json!({"external_id": "1", "title": 5}), "field `title`: invalid type: integer `5`, expected a string"),
        (json!({"external_id": "1", "opened_at": "1/2/2026"}), "field `opened_at`: `1/2/2026` is not an RFC 3339 time"),
        (json!({"external_id": "1", "updated_at": "yesterday"}), "`updated_at`: `yesterday` is not an RFC 3339 time"),
        (json!({"external_id": "1", "updated_at": 5}), "`updated_at`: the number 5 where a time is expected"),
        (json!({"external_id": "1", "source_version": "3"}), "`source_version`: the text `3` where a whole number"),
        (json!({"external_id": "1", "deleted": "no"}), "`deleted`: the text `no` where true or false"),
        (json!({"external_id": "1", "url": "javascript:x"}), "`url`: the text `javascript:x` where"),
        (json!({"external_id": "1", "attributes": [1]}), "`attributes`: a list where an object is expected"),
    ] {
        let reason = reason("ticket", "", object);
        assert!(reason.contains(expected), "{reason}\nlacks\n{expected}");
    }
    let brought = bring("ticket", "", ".id", "rows.jsonl", "{\"id\":\"x\"}");
    assert_eq!(brought.set_aside[0].reason, "the mapping makes the text `x`; a record is an object");
    assert_eq!(brought.set_aside[0].row, json!({"id": "x"}));
    let brought = bring("ticket", "", "error(\"\\u001b[31m\" + .id * 900)", "rows.jsonl", "{\"id\":\"x\"}");
    let reason = &brought.set_aside[0].reason;
    assert!(reason.chars().count() <= 500 && !reason.contains(char::is_control), "{reason}");
}

fn all_of_a_row_or_nothing() {
    let mapping = ".ids[] | {external_id: .}";
    let rows = "{\"ids\":[1,2]}\n{\"ids\":[]}\n{\"ids\":[3,null]}\n{\"ids\":5}\n{\"ids\":[4]}";
    let brought = bring("ticket", "", mapping, "rows.jsonl", rows);
    let ids: Vec<_> = brought.versions.iter().map(|version| version.external_id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "4"]);
    let lines: Vec<_> = brought.set_aside.iter().map(|row| row.position.as_str()).collect();
    assert_eq!(lines, ["rows.jsonl line 3", "rows.jsonl line 4"]);
    assert_eq!(brought.rows, 5);
}

fn restricted_records_are_withheld() {
    let secret = |restricted: Value| json!({"external_id": "1", "title": "secret", "restricted": restricted});
    for restricted in [json!("yes"), json!(1)] {
        let brought = become_records("ticket", "", &[secret(restricted)]);
        assert!(brought.versions.is_empty());
        assert!(brought.set_aside[0].reason.contains("field `restricted`"), "{:?}", brought.set_aside[0]);
        assert_eq!(brought.set_aside[0].row, Value::Null);
    }
    let brought = become_records("ticket", "", &[secret(json!(true))]);
    assert!(brought.versions[0].body.is_restricted());
    let mapping = "{external_id: null}, .";
    let brought = bring("ticket", "", mapping, "rows.jsonl", secret(json!(true)).to_string());
    assert_eq!(brought.set_aside[0].row, Value::Null, "another fault of the row does not disclose it");
    let brought = become_records("ticket", "", &[secret(json!(false)), secret(json!(null))]);
    assert_eq!(brought.versions.len(), 2);
}
