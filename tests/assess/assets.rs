//! Reconciliation of CMDB and asset inventory, in a small organisation counted by hand.

use super::fixture::{edge, id, record};
use concord::{
    assess::assets::{ReconciledItem, Standing, asset_groups, reconciled_items},
    model::{Graph, Record, RecordKind, RelationType},
};
use serde_json::{Value, json};

crate::harness::cases![
    items_stand_where_their_labels_say,
    names_that_do_not_tell_are_shown,
    carriers_inherit_what_they_carry,
    twins_are_one_item,
    groups_add_up,
];

use RecordKind::ConfigurationItem as Item;

fn item(external_id: &str, fields: Value) -> Record {
    record(Item, external_id, fields)
}

fn items(records: &[Record]) -> Vec<ReconciledItem> {
    reconciled_items(&Graph::new(records, RelationType::ALL.iter().copied()))
}

fn of<'a>(items: &'a [ReconciledItem], external_id: &str) -> &'a ReconciledItem {
    items.iter().find(|item| item.item.external_id == external_id).expect("the item")
}

fn items_stand_where_their_labels_say() {
    let found = items(&[
        item("both", json!({"labels": ["ci", "information"]})),
        item("ci", json!({"labels": ["ci"]})),
        item("asset", json!({"labels": ["financial"], "inventory_exception": "A painting"})),
        item("none", json!({"labels": []})),
        item("silent", json!({})),
    ]);
    let standings =
        ["both", "ci", "asset", "none", "silent"].map(|name| (of(&found, name).standing, of(&found, name).open));
    assert_eq!(
        standings,
        [
            (Standing::Both, false),
            (Standing::CiOnly, true),
            (Standing::AssetOnly, false),
            (Standing::Unlabelled, true),
            (Standing::Unknown, false),
        ]
    );
}

fn names_that_do_not_tell_are_shown() {
    let found = items(&[
        item("1", json!({"name": "db", "class": "server"})),
        item("2", json!({"name": "db", "class": "server"})),
        item("3", json!({"name": "db", "class": "cluster"})),
        item("4", json!({"name": "web", "class": "server"})),
    ]);
    let ids = |records: &[concord::model::RecordBrief]| -> Vec<String> {
        records.iter().map(|record| record.external_id.clone()).collect()
    };
    assert_eq!(
        (ids(&of(&found, "1").duplicates), ids(&of(&found, "1").ambiguous_with)),
        (vec!["2".into()], vec!["3".into()])
    );
    assert!(of(&found, "4").duplicates.is_empty() && of(&found, "4").ambiguous_with.is_empty());
}

/// Data on a database on a server on an array, all on power that carries no secrets.
fn carriers_inherit_what_they_carry() {
    let rated = |external_id: &str, labels: Value, confidentiality: i64| {
        item(
            external_id,
            json!({"labels": labels, "confidentiality": confidentiality, "integrity": 1, "availability": 2}),
        )
    };
    let records = [
        edge(rated("data", json!(["information"]), 3), RelationType::PartOf, Item, "database"),
        edge(rated("database", json!(["ci"]), 3), RelationType::DependsOn, Item, "server"),
        edge(rated("server", json!(["ci"]), 1), RelationType::DependsOn, Item, "array"),
        edge(rated("array", json!(["ci"]), 2), RelationType::DependsOn, Item, "power"),
        rated("power", json!(["ci"]), 0),
    ];
    let found = items(&records);
    let inherited = |name: &str| (of(&found, name).inherited.confidentiality, of(&found, name).underrated);
    assert_eq!(inherited("database"), (Some(3), false));
    assert_eq!(inherited("server"), (Some(3), true));
    assert_eq!(inherited("array"), (Some(3), true));
    assert_eq!(inherited("power"), (Some(0), false));
    assert_eq!(of(&found, "array").inherits_from[0].external_id, "data");
    assert_eq!(of(&found, "array").rated.confidentiality, Some(2), "its own rating stays to be seen");
}

fn twins_are_one_item() {
    let mut twin = item("inventory-7", json!({"name": "db", "class": "server", "labels": ["information"]}));
    twin.source = "inventory".into();
    twin.canonical_id = id(Item, "db-7");
    let found = items(&[item("db-7", json!({"name": "db", "class": "server", "labels": ["ci"]})), twin]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].standing, found[0].sources.len()), (Standing::Both, 2));
    assert!(found[0].duplicates.is_empty(), "what is linked is no duplicate");
}

fn groups_add_up() {
    let found = items(&[
        item("1", json!({"class": "server", "labels": ["ci"]})),
        item("2", json!({"class": "server", "labels": ["ci", "financial"]})),
        item("3", json!({"class": "data", "labels": ["information"], "inventory_exception": "Carried by 1"})),
    ]);
    let groups = asset_groups(&found);
    assert_eq!(groups.len(), 2);
    assert_eq!((groups[0].class.as_deref(), groups[0].asset_only, groups[0].justified), (Some("data"), 1, 1));
    assert_eq!((groups[1].items, groups[1].both, groups[1].ci_only, groups[1].justified), (2, 1, 1, 0));
}
