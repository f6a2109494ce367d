//! Scopes: which records count where, how far two scopes agree, and what leaves one open.

use super::fixture::{SMS, edge, id, record, reference, time};
use concord::assess::{
    Alignment, CircumstanceKind, Closure, Containment, Outside, Scopes, Survey, scope_circumstances, standing,
};
use concord::model::{
    Decision, DecisionKind, Graph, Record, RecordKind, Reference, RelationTo, RelationType, System, Timestamp,
};
use serde_json::{Value, json};

crate::harness::cases![
    without_definitions_everything_is_in_both,
    a_label_wins_and_incidents_go_where_they_were_classified,
    what_is_linked_follows_its_links,
    exclusions_and_doubt,
    overlap_is_intersection_over_union,
    what_contributes_is_in_governed_or_a_gap,
    units_that_provide_nothing_are_named,
];

fn scopes(definitions: &[Value]) -> Scopes {
    let decisions: Vec<Decision> = (1..)
        .zip(definitions)
        .map(|(number, body)| Decision {
            id: number.to_string(),
            kind: DecisionKind::Scope,
            subject: format!("scope/{}", body["system"].as_str().expect("a system")),
            author: "anna".into(),
            made_at: time("2026-01-01"),
            effective_at: time("2026-01-01"),
            expires_at: None,
            reason: "certificate".into(),
            body: body.clone(),
            confirmed: None,
            withdrawn: None,
        })
        .collect();
    Scopes::in_force(&decisions, time("2026-02-01")).expect("they read")
}

/// In which systems a record counts that is linked to these, and whether nothing links it to anything.
fn members(scopes: &Scopes, record: &Record, linked: &[&Record]) -> (Vec<System>, bool) {
    let mut record = record.clone();
    let relation = match record.body.kind() {
        RecordKind::ConfigurationItem => RelationType::Supports,
        RecordKind::Agreement => RelationType::Covers,
        _ => RelationType::Affects,
    };
    let to =
        |other: &&Record| RelationTo { relation, to: Reference::new(other.body.kind(), "files", &other.external_id) };
    record.relations = linked.iter().map(to).collect();
    let mut records: Vec<Record> = linked.iter().map(|record| (*record).clone()).collect();
    records.push(record.clone());
    let graph = Graph::new(&records, []);
    let found = scopes.membership(&graph, &record, time("2026-02-01"));
    (found.systems, found.unlinked)
}

/// How far scopes agree over all records, and whether they are closed.
fn survey(graph: &Graph<'_>, scopes: &Scopes, governance: bool, at: Timestamp) -> (Alignment, Vec<Closure>) {
    let mut survey = Survey::new(scopes, governance, at);
    for record in graph.records() {
        survey.add(graph, record);
    }
    survey.finish()
}

fn closure(graph: &Graph<'_>, scopes: &Scopes, system: System, governance: bool, at: Timestamp) -> Closure {
    let (_, closures) = survey(graph, scopes, governance, at);
    closures.into_iter().find(|closure| closure.system == system).expect("a closure")
}

fn item(name: &str, fields: Value) -> Record {
    record(RecordKind::ConfigurationItem, name, fields)
}

fn ticket(fields: Value) -> Record {
    record(RecordKind::Ticket, "T", fields)
}

fn without_definitions_everything_is_in_both() {
    let none = Scopes::default();
    let one = item("a", json!({}));
    assert_eq!(members(&none, &one, &[]), (System::ALL.to_vec(), false));
    assert_eq!(members(&none, &ticket(json!({"type": "change"})), &[&one]), (System::ALL.to_vec(), false));
    let unlinked = members(&none, &ticket(json!({"type": "change"})), &[]);
    assert_eq!(unlinked, (System::ALL.to_vec(), false), "there is no scope to link it to");
}

fn a_label_wins_and_incidents_go_where_they_were_classified() {
    use System::{Isms, Sms};
    let none = Scopes::default();
    let of = |fields| members(&none, &ticket(fields), &[]).0;
    assert_eq!(of(json!({"type": "audit", "systems": ["sms"]})), [Sms]);
    assert_eq!(of(json!({"type": "incident", "systems": ["sms"], "security_class": "security"})), [Sms]);
    for (class, expected) in
        [("security", vec![Isms]), ("service", vec![Sms]), ("both", vec![Isms, Sms]), ("event", vec![Isms, Sms])]
    {
        assert_eq!(of(json!({"type": "incident", "security_class": class})), expected, "{class}");
    }
    assert_eq!(of(json!({"type": "incident"})), [Isms, Sms]);
    assert_eq!(of(json!({"type": "change", "security_class": "security"})), [Isms, Sms]);
    // A label holds against scopes too; a class only within them.
    let empty = scopes(&[json!({"system": "sms", "include": [{"of": "site", "when": "Leeds"}]})]);
    let away = item("a", json!({"site": "Derby"}));
    assert_eq!(members(&empty, &ticket(json!({"systems": ["sms"]})), &[&away]).0, [Sms]);
    assert_eq!(members(&empty, &ticket(json!({"type": "incident", "security_class": "service"})), &[&away]).0, []);
}

fn what_is_linked_follows_its_links() {
    use System::{Isms, Sms};
    let scopes = scopes(&[
        json!({"system": "isms", "include": [{"of": "service", "when": "criticality <= 2"}]}),
        json!({"system": "sms", "include": [{"of": "configuration_item", "when": "class == 'server'"}, {"of": "site", "when": "Leeds, Derby"}]}),
    ]);
    let minor = record(RecordKind::Service, "minor", json!({"criticality": 1}));
    let vital = record(RecordKind::Service, "vital", json!({"criticality": 4}));
    assert_eq!(members(&scopes, &minor, &[]).0, [Isms, Sms], "the SMS does not speak of services");
    assert_eq!(members(&scopes, &vital, &[]).0, [Sms]);
    let server = item("server", json!({"class": "server", "site": "York"}));
    let switch = item("switch", json!({"class": "switch", "site": "Derby"}));
    let printer = item("printer", json!({"class": "printer", "site": "York"}));
    // The ISMS speaks of services alone: its items are those that support one, and those that support none.
    assert_eq!(members(&scopes, &server, &[&vital]).0, [Sms]);
    assert_eq!(members(&scopes, &server, &[&vital, &minor]).0, [Isms, Sms]);
    assert_eq!(members(&scopes, &switch, &[&minor]).0, [Isms, Sms]);
    assert_eq!(members(&scopes, &printer, &[]).0, [Isms]);
    // Everything else through any link.
    let change = ticket(json!({"type": "change"}));
    assert_eq!(members(&scopes, &change, &[&vital, &printer]).0, [Isms, Sms], "one through each");
    assert_eq!(members(&scopes, &change, &[&vital]).0, [Sms]);
    assert_eq!(members(&scopes, &change, &[]), (vec![Isms, Sms], true));
    let through = edge(server.clone(), RelationType::Supports, RecordKind::Service, "vital");
    let records = [
        vital.clone(),
        through,
        record(RecordKind::Risk, "R", json!({"items": [reference(RecordKind::ConfigurationItem, "server")]})),
    ];
    let graph = Graph::new(&records, []);
    let found = scopes.membership(&graph, &records[2], time("2026-02-01"));
    assert_eq!((found.systems, found.unlinked), (vec![Sms], false), "through the services its item supports");
    let agreement = record(RecordKind::Agreement, "A", json!({}));
    assert_eq!(members(&scopes, &agreement, &[&minor]).0, [Isms, Sms]);
    assert_eq!(members(&scopes, &agreement, &[&vital]).0, [Sms]);
}

fn exclusions_and_doubt() {
    let scopes = scopes(&[json!({"system": "isms",
        "include": [{"of": "configuration_item", "when": "environment == 'live'"}],
        "exclude": [{"of": "unit", "when": "Sales", "justification": "separate company"}]})]);
    let inside = |fields| members(&scopes, &item("a", fields), &[]).0.contains(&System::Isms);
    assert!(inside(json!({"environment": "live", "unit": "Operations"})));
    assert!(!inside(json!({"environment": "live", "unit": "Sales"})));
    assert!(!inside(json!({"environment": "test", "unit": "Operations"})));
    assert!(inside(json!({"unit": "Operations"})), "what cannot be told to be out is in");
    assert!(inside(json!({"environment": "live"})), "what cannot be told to be excluded is not");
}

fn overlap_is_intersection_over_union() {
    let records = [
        item("a", json!({"site": "Leeds"})),
        item("b", json!({"site": "Derby"})),
        item("c", json!({"site": "York"})),
        item("d", json!({"site": "Hull"})),
    ];
    let graph = Graph::new(&records, []);
    let of = |isms: &str, sms: &str| {
        let scopes = scopes(&[
            json!({"system": "isms", "include": [{"of": "site", "when": isms}]}),
            json!({"system": "sms", "include": [{"of": "site", "when": sms}]}),
        ]);
        let found = survey(&graph, &scopes, true, time("2026-02-01")).0;
        let nesting = found.nesting();
        assert_eq!(found.services.overlap, None, "there are no services");
        (found.configuration_items.overlap, nesting.isms_within_sms, nesting.sms_within_isms)
    };
    assert_eq!(of("Leeds, Derby", "Derby, York"), (Some(1.0 / 3.0), false, false));
    assert_eq!(of("Leeds", "Leeds"), (Some(1.0), true, true));
    assert_eq!(of("Leeds", "Leeds, York"), (Some(0.5), true, false));
    assert_eq!(of("Leeds", "York"), (Some(0.0), false, false));
    assert_eq!(of("Paris", "Rome"), (None, true, true), "nothing in either");
    let everything = survey(&graph, &Scopes::default(), true, time("2026-02-01")).0;
    assert_eq!(everything.configuration_items.both, 4);
}

fn what_contributes_is_in_governed_or_a_gap() {
    let covers = |agreement| edge(agreement, RelationType::Covers, RecordKind::Service, "web");
    let supports = |item| edge(item, RelationType::Supports, RecordKind::Service, "web");
    let records = [
        record(RecordKind::Service, "web", json!({"status": "live"})),
        record(RecordKind::Service, "old", json!({"status": "closed"})),
        supports(item("inside", json!({"site": "Leeds"}))),
        supports(item("hosted", json!({"site": "cloud"}))),
        supports(item("stray", json!({"site": "cloud"}))),
        edge(item("below", json!({"site": "cloud"})), RelationType::PartOf, RecordKind::ConfigurationItem, "inside"),
        edge(item("unused", json!({"site": "cloud"})), RelationType::Supports, RecordKind::Service, "old"),
        edge(
            record(RecordKind::Party, "P", json!({})),
            RelationType::Controls,
            RecordKind::ConfigurationItem,
            "hosted",
        ),
        covers(record(
            RecordKind::Agreement,
            "C",
            json!({"parties": [reference(RecordKind::Party, "P")],
            "starts_at": "2025-01-01", "ends_at": "2026-06-01"}),
        )),
    ];
    let graph = Graph::new(&records, RelationType::ALL.iter().copied());
    let scopes = scopes(&[json!({"system": "sms", "include": [{"of": "site", "when": "Leeds"}]})]);
    let of = |governance, at: &str| {
        let found = closure(&graph, &scopes, System::Sms, governance, time(at));
        let outside: Vec<_> = found.outside.iter().map(|o| (o.external_id.clone(), o.containment.as_str())).collect();
        (found.inside, found.governed, found.gaps, outside)
    };
    let outside =
        |list: &[(&str, &'static str)]| list.iter().map(|(id, how)| (id.to_string(), *how)).collect::<Vec<_>>();
    let governed = of(true, "2026-02-01");
    assert_eq!(governed, (1, 1, 2, outside(&[("below", "gap"), ("stray", "gap"), ("hosted", "governed")])));
    assert_eq!(of(false, "2026-02-01").1, 0, "no governance of what others run");
    assert_eq!(of(true, "2026-06-01").1, 0, "the agreement has ended");

    let found = closure(&graph, &scopes, System::Sms, true, time("2026-02-01"));
    assert!(
        found
            .outside
            .iter()
            .any(|o| o.containment == Containment::Governed && o.parties == [id(RecordKind::Party, "P")])
    );
    let hosted = standing(
        &graph,
        &scopes,
        System::Sms,
        graph.record(id(RecordKind::ConfigurationItem, "hosted")).expect("it is there"),
        time("2026-02-01"),
    );
    assert_eq!(hosted.expect("it contributes").until, Some(time("2026-06-01")), "until the agreement ends");

    let outside = |name, agreed| Outside { item: id(RecordKind::ConfigurationItem, name), services: 1, agreed };
    let outside = [outside("hosted", true), outside("stray", false)];
    let circumstances = scope_circumstances(&outside, true, &[], SMS);
    let numbers: Vec<&str> = circumstances.iter().map(|circumstance| circumstance.requirement.number()).collect();
    assert_eq!(numbers, ["4.2", "4.5.1"], "one for each gap and clause");
    assert_eq!(
        scope_circumstances(&outside, false, &["Sales".into()], SMS).len(),
        5,
        "nothing is governed, a unit idles"
    );
    assert!(circumstances.iter().all(|circumstance| circumstance.kind == CircumstanceKind::GovernanceUnresolved));
}

fn units_that_provide_nothing_are_named() {
    let records = [
        record(RecordKind::Service, "web", json!({"status": "live"})),
        edge(item("a", json!({"unit": "Operations"})), RelationType::Supports, RecordKind::Service, "web"),
        item("b", json!({"unit": "Sales"})),
    ];
    let graph = Graph::new(&records, RelationType::ALL.iter().copied());
    let of = |wide: bool, system: &str| {
        let scopes = scopes(&[json!({"system": system, "organisation_wide": wide})]);
        let system = system.parse().expect("a system");
        closure(&graph, &scopes, system, true, time("2026-02-01")).units_not_providing
    };
    assert_eq!(of(true, "sms"), ["Sales"]);
    assert!(of(false, "sms").is_empty());
    assert!(of(true, "isms").is_empty(), "an ISMS may be anybody's");
}
