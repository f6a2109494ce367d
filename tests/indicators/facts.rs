//! Derived facts over small graphs: what they count, when they are unknown, until when they hold.

use super::records::{Chance, at, record, reference, with_edge};
use concord::{
    indicators::{FactIndex, FactValue, facts_of},
    model::{
        Graph, Record,
        RecordKind::{self, Agreement, ConfigurationItem, Party, Service, Ticket},
        RelationType::{self, Affects, CausedBy, Controls, Covers, DependsOn, PartOf, Provides, Supports},
        Timestamp,
    },
};
use serde_json::{Value, json};

crate::harness::cases![
    facts_are_documented_once,
    a_supplier_under_agreements,
    agreements_come_and_go,
    what_no_source_tells_is_unknown,
    contributing_is_the_same_both_ways,
    recurrences_on_one_item,
    problems_linked_in_either_direction,
    duplicates_and_services,
    carriers_see_what_they_carry,
];

const NOW: &str = "2026-03-01";
const ALL: &[RelationType] = RelationType::ALL;

fn fact(records: &[Record], known: &[RelationType], id: &str, name: &str, now: Timestamp) -> Value {
    let graph = Graph::new(records, known.iter().copied());
    let index = FactIndex::new(&graph);
    let record = records.iter().find(|record| record.external_id == id).unwrap();
    index.facts(record, now).named(record.body.kind(), name).value.as_json()
}

fn supplier() -> Vec<Record> {
    let party = record(Party, "p", json!({"role": "supplier"}));
    let agreement = |id: &str, starts: &str, ends: Value, security: Value| {
        let parties = json!([reference(Party, "p")]);
        let fields = json!({"type": "contract", "parties": parties, "starts_at": starts, "ends_at": ends,
            "security_obligations": security});
        record(Agreement, id, fields)
    };
    vec![
        with_edge(with_edge(party, Provides, Service, "s1"), Controls, ConfigurationItem, "c1"),
        record(Service, "s1", json!({"status": "live"})),
        record(Service, "s2", json!({"status": "live"})),
        record(Service, "s3", json!({"status": "closed"})),
        with_edge(record(ConfigurationItem, "c1", json!({})), PartOf, ConfigurationItem, "c2"),
        with_edge(record(ConfigurationItem, "c2", json!({})), Supports, Service, "s2"),
        with_edge(agreement("a1", "2026-01-01", json!(null), json!(true)), Covers, Service, "s1"),
        with_edge(agreement("a2", "2026-02-01", json!("2026-04-01"), json!(false)), Covers, Service, "s2"),
    ]
}

fn facts_are_documented_once() {
    for kind in RecordKind::ALL {
        for (position, fact) in facts_of(*kind).iter().enumerate() {
            assert!(fact.doc.ends_with('.') && !fact.doc.starts_with(' '), "{}", fact.name);
            assert!(kind.fields().iter().all(|field| field.name != fact.name), "{} is a field", fact.name);
            assert!(facts_of(*kind).iter().skip(position + 1).all(|other| other.name != fact.name));
        }
    }
}

fn a_supplier_under_agreements() {
    let mut records = supplier();
    let party = |records: &[Record], name: &str| fact(records, ALL, "p", name, at(NOW));
    assert_eq!(party(&records, "touches_live_service"), json!(true));
    assert_eq!(party(&records, "agreements_cover_all_services"), json!(true));
    assert_eq!(party(&records, "security_obligations_in_all"), json!(false));
    assert_eq!(party(&records, "agreements_in_force"), json!(2));

    // Without what it controls, only the first service and its agreement matter.
    records[0].relations.retain(|edge| edge.relation == Provides);
    assert_eq!(party(&records, "agreements_cover_all_services"), json!(true));
    assert_eq!(party(&records, "security_obligations_in_all"), json!(true));

    // A service that is closed needs no agreement; one that is live does.
    let added = with_edge(records[0].clone(), Provides, Service, "s3");
    records[0] = added;
    assert_eq!(party(&records, "agreements_cover_all_services"), json!(true));
    records[3] = record(Service, "s3", json!({"status": "live"}));
    assert_eq!(party(&records, "agreements_cover_all_services"), json!(false));

    // A deleted agreement is none.
    records[6].deleted_at = Some(at(NOW));
    assert_eq!(party(&records, "agreements_in_force"), json!(1));

    // An agreement that leaves open whether it states obligations leaves the fact open.
    let mut records = supplier();
    records[7] = with_edge(
        record(
            Agreement,
            "a2",
            json!({"parties": [reference(Party, "p")], "starts_at": "2026-02-01", "ends_at": "2026-04-01"}),
        ),
        Covers,
        Service,
        "s2",
    );
    assert_eq!(party(&records, "security_obligations_in_all"), json!(null));
}

fn agreements_come_and_go() {
    let records = supplier();
    let graph = Graph::new(&records, ALL.iter().copied());
    let index = FactIndex::new(&graph);
    let days: Vec<Timestamp> = (0..120).map(|day| at("2025-12-15").plus_days(day)).collect();
    let mut changes = 0;
    for name in ["agreements_cover_all_services", "security_obligations_in_all", "agreements_in_force"] {
        let facts: Vec<_> = days.iter().map(|now| index.facts(&records[0], *now).named(Party, name)).collect();
        for (position, now) in days.iter().enumerate() {
            let until = facts[position].until;
            assert!(until.is_none_or(|until| until > *now));
            for (later, fact) in days.iter().zip(&facts).skip(position) {
                if until.is_some_and(|until| *later >= until) {
                    changes += usize::from(fact.value != facts[position].value);
                    break;
                }
                assert_eq!(fact.value, facts[position].value, "{name} at {later} as at {now}");
            }
        }
    }
    assert!(changes > 0);
    let last = index.facts(&records[0], at("2026-04-01"));
    assert_eq!(last.named(Party, "agreements_in_force").value, FactValue::Integer(1), "its end is not in force");
    assert_eq!((last.until(), index.facts(&records[0], at("2026-03-31")).until()), (None, Some(at("2026-04-01"))));
}

fn what_no_source_tells_is_unknown() {
    let alone =
        [record(Party, "p", json!({})), record(ConfigurationItem, "c", json!({})), record(Ticket, "t", json!({}))];
    for (id, name, relation, known) in [
        ("p", "agreements_in_force", Covers, json!(0)),
        ("c", "supports_services", Supports, json!(0)),
        ("c", "controlling_parties", Controls, json!(0)),
        ("t", "linked_problems", CausedBy, json!(0)),
        ("t", "affects_live_ci", Affects, json!(false)),
    ] {
        assert_eq!(fact(&alone, &[], id, name, at(NOW)), json!(null), "{name}");
        assert_eq!(fact(&alone, &[relation], id, name, at(NOW)), known, "{name}");
    }
    assert_eq!(fact(&alone, &[Provides], "p", "touches_live_service", at(NOW)), json!(null));
    assert_eq!(fact(&alone, &[Provides, Controls], "p", "touches_live_service", at(NOW)), json!(false));
    assert_eq!(fact(&alone, ALL, "p", "agreements_cover_all_services", at(NOW)), json!(true), "of none, all");

    // An edge to a record that has not arrived: its kind is known, its state is not.
    let awaiting = [with_edge(record(Party, "p", json!({})), Provides, Service, "s")];
    assert_eq!(fact(&awaiting, ALL, "p", "touches_live_service", at(NOW)), json!(null));
    let awaiting = [with_edge(record(Ticket, "t", json!({})), CausedBy, ConfigurationItem, "c")];
    assert_eq!(fact(&awaiting, &[], "t", "linked_problems", at(NOW)), json!(0));
    let awaiting = [with_edge(record(Ticket, "t", json!({})), CausedBy, Ticket, "other")];
    assert_eq!(fact(&awaiting, ALL, "t", "linked_problems", at(NOW)), json!(null));
}

fn contributing_is_the_same_both_ways() {
    let mut chance = Chance(11);
    for _ in 0..40 {
        let mut records = Vec::new();
        for number in 0..12 {
            let mut item = record(ConfigurationItem, &format!("c{number}"), json!({}));
            let mut service = record(Service, &format!("s{number}"), json!({"status": "live"}));
            for _ in 0..chance.below(3) {
                let target = chance.below(12);
                item = match chance.below(4) {
                    0 => with_edge(item, PartOf, ConfigurationItem, &format!("c{target}")),
                    1 => with_edge(item, DependsOn, ConfigurationItem, &format!("c{target}")),
                    _ => with_edge(item, Supports, Service, &format!("s{target}")),
                };
                if chance.below(5) == 0 {
                    service = with_edge(service, DependsOn, Service, &format!("s{}", chance.below(12)));
                }
            }
            records.extend([item, service]);
        }
        let graph = Graph::new(&records, ALL.iter().copied());
        let index = FactIndex::new(&graph);
        let services: Vec<_> = graph.live(Service).map(|service| graph.contributing(service.id)).collect();
        for item in graph.live(ConfigurationItem) {
            let expected = services.iter().filter(|items| items.contains_key(&item.id)).count();
            let found = index.facts(item, at(NOW)).named(ConfigurationItem, "supports_services").value;
            assert_eq!(found, FactValue::Integer(expected as i64), "{}", item.external_id);
        }
    }
}

fn recurrences_on_one_item() {
    let incident = |id: &str, opened: &str, category: &str, item: &str| {
        let fields = json!({"type": "incident", "opened_at": opened, "category": category});
        with_edge(record(Ticket, id, fields), Affects, ConfigurationItem, item)
    };
    let mut records = vec![
        incident("i1", "2026-01-01T00:00:00Z", "disk", "c1"),
        incident("i2", "2026-02-01T00:00:00Z", "disk", "c1"),
        incident("i3", "2026-04-01T00:00:00Z", "disk", "c1"),
        incident("i4", "2026-04-01T00:00:00.001Z", "disk", "c1"),
        incident("i5", "2026-04-01T00:00:00Z", "network", "c1"),
        incident("i6", "2026-04-01T00:00:00Z", "disk", "c2"),
        record(Ticket, "change", json!({"type": "change"})),
        record(Ticket, "bare", json!({"type": "incident", "opened_at": "2026-04-01"})),
    ];
    // A deleted incident has happened all the same.
    records[1].deleted_at = Some(at("2026-05-01"));
    let counts = [("i1", 1), ("i2", 2), ("i3", 3), ("i4", 3), ("i5", 1), ("i6", 1), ("change", 0)];
    for (id, expected) in counts {
        assert_eq!(fact(&records, &[], id, "same_ci_category_90d", at(NOW)), json!(expected), "{id}");
    }
    assert_eq!(fact(&records, ALL, "bare", "same_ci_category_90d", at(NOW)), json!(null));
}

fn problems_linked_in_either_direction() {
    let mut records = vec![
        with_edge(record(Ticket, "i", json!({"type": "incident"})), CausedBy, Ticket, "p1"),
        record(Ticket, "p1", json!({"type": "problem"})),
        with_edge(record(Ticket, "p2", json!({"type": "problem"})), CausedBy, Ticket, "i"),
        with_edge(record(Ticket, "c", json!({"type": "change"})), CausedBy, Ticket, "i"),
    ];
    assert_eq!(fact(&records, &[], "i", "linked_problems", at(NOW)), json!(2));
    assert_eq!(fact(&records, &[], "p1", "linked_incidents", at(NOW)), json!(1));
    assert_eq!(fact(&records, &[], "p2", "linked_incidents", at(NOW)), json!(1));
    records[2].deleted_at = Some(at(NOW));
    assert_eq!(fact(&records, &[], "i", "linked_problems", at(NOW)), json!(1));
    records[1] = record(Ticket, "p1", json!({}));
    assert_eq!(fact(&records, &[], "i", "linked_problems", at(NOW)), json!(null));
}

fn duplicates_and_services() {
    let item = |id: &str, name: &str| record(ConfigurationItem, id, json!({"name": name, "class": "server"}));
    let sla = json!({"type": "sla", "starts_at": "2026-01-01", "ends_at": null});
    let records = vec![
        item("c1", "web"),
        item("c2", "web"),
        with_edge(item("c3", "db"), Supports, Service, "s"),
        record(ConfigurationItem, "c4", json!({"name": "web"})),
        record(Service, "s", json!({"status": "live"})),
        with_edge(record(Agreement, "a", sla), Covers, Service, "s"),
    ];
    let expected = [
        ("c1", "duplicates", json!(1)),
        ("c3", "duplicates", json!(0)),
        ("c4", "duplicates", json!(null)),
        ("s", "contributing_items", json!(1)),
        ("s", "sla_in_force", json!(true)),
        ("a", "services_covered", json!(1)),
    ];
    for (id, name, value) in expected {
        assert_eq!(fact(&records, &[], id, name, at(NOW)), value, "{name} of {id}");
    }
    assert_eq!(fact(&records, ALL, "s", "sla_in_force", at("2025-06-01")), json!(false));
}

fn carriers_see_what_they_carry() {
    let item = |external_id: &str, labels: Value, confidentiality: Value| {
        record(ConfigurationItem, external_id, json!({"labels": labels, "confidentiality": confidentiality}))
    };
    let mut records = vec![
        item("server", json!(["ci"]), json!(1)),
        with_edge(item("database", json!(["ci", "information"]), json!(3)), DependsOn, ConfigurationItem, "server"),
        with_edge(item("files", json!(["information"]), json!(2)), PartOf, ConfigurationItem, "server"),
        with_edge(item("tool", json!(["ci"]), json!(3)), DependsOn, ConfigurationItem, "server"),
    ];
    let carried = |records: &[Record], known| fact(records, known, "server", "carried_confidentiality", at(NOW));
    assert_eq!(carried(&records, ALL), json!(3), "the highest of database and files; a tool is no information");
    assert_eq!(fact(&records, ALL, "files", "carried_confidentiality", at(NOW)), json!(0));
    assert_eq!(
        fact(&records, &[], "files", "carried_confidentiality", at(NOW)),
        json!(null),
        "no source tells of edges"
    );
    records[1].deleted_at = Some(at(NOW));
    assert_eq!(carried(&records, ALL), json!(2), "what is gone is carried no more");
    records[2] = with_edge(item("files", json!(["information"]), json!(null)), PartOf, ConfigurationItem, "server");
    assert_eq!(carried(&records, ALL), json!(null), "nobody rated it");
}
