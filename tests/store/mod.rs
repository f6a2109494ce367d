//! Cases of `concord::store`: the version guard, pages, filters, and what survives a failed change.

mod inbox;
mod lease;
mod runs;
pub mod suppliers;

use crate::harness::{TestDatabase, store_cases};
use concord::{
    error::Error,
    model::{Body, RecordId, RecordKind, RecordVersion, Timestamp, View},
    store::{Applied, FieldFilter, RecordQuery, Store},
};
use serde_json::json;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [records::trials(), inbox::trials(), lease::trials(), runs::trials()].into_iter().flatten().collect()
}

mod records {
    //! The cases of this file.
    use super::*;

    store_cases![
        a_record_never_moves_back,
        at_equal_version_changed_content_wins,
        an_undated_version_changes_by_content_alone,
        in_a_history_ties_fall_alike_in_any_order,
        a_tombstone_is_kept_and_can_be_superseded,
        a_bare_tombstone_keeps_the_last_known_state,
        what_is_delivered_as_gone_before_it_was_known_stays_gone,
        nothing_of_a_failed_change_stays,
        an_unchanged_batch_makes_no_new_ledger_entry,
        pages_hold_every_record_once,
        fields_filter_alike,
        references_and_bad_filters,
        migrating_twice_does_nothing,
        writers_take_turns,
    ];
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn open(database: &TestDatabase) -> Store {
    Store::open(&database.url, 4).expect("the database opens")
}

fn ticket(external_id: &str, updated_at: &str, source_version: i64, fields: serde_json::Value) -> RecordVersion {
    RecordVersion {
        source: "desk".into(),
        external_id: external_id.into(),
        url: None,
        source_updated_at: at(updated_at),
        undated: false,
        source_version,
        deleted: false,
        body: Body::from_json(RecordKind::Ticket, fields).expect("valid fields"),
        relations: Vec::new(),
        attributes: serde_json::Map::new(),
    }
}

fn apply(store: &Store, versions: Vec<RecordVersion>, history: bool) -> Applied {
    let now = at("2026-03-01");
    store
        .write(now, |transaction| transaction.apply_versions(versions, now, history).map(|written| written.applied))
        .expect("the change is made")
}

fn title(store: &Store, external_id: &str) -> Option<String> {
    let id = RecordId::of(RecordKind::Ticket, "desk", external_id);
    store.read(|reader| reader.record(id)).expect("it reads").and_then(|record| record.body.name().map(Into::into))
}

fn query(kind: RecordKind) -> RecordQuery {
    RecordQuery {
        kind,
        source: None,
        external_id: None,
        contains: None,
        updated_since: None,
        include_deleted: false,
        view: View::Full,
        fields: Vec::new(),
        going_on_since: None,
        after: None,
        limit: 100,
    }
}

fn a_record_never_moves_back(database: &TestDatabase) {
    let store = open(database);
    let second = || ticket("T-1", "2026-01-02", 0, json!({"title": "second"}));
    let first = || ticket("T-1", "2026-01-01", 9, json!({"title": "first"}));
    assert_eq!(apply(&store, vec![second()], false), Applied { created: 1, ..Applied::default() });
    assert_eq!(apply(&store, vec![first()], false), Applied { unchanged: 1, ..Applied::default() });
    assert_eq!(title(&store, "T-1").as_deref(), Some("second"));
    // Within one batch too, and the number orders versions of one instant.
    let third = ticket("T-1", "2026-01-02", 1, json!({"title": "third"}));
    let applied = apply(&store, vec![third, second(), first()], false);
    assert_eq!(applied, Applied { changed: 1, unchanged: 2, ..Applied::default() });
    assert_eq!(title(&store, "T-1").as_deref(), Some("third"));
}

fn at_equal_version_changed_content_wins(database: &TestDatabase) {
    let store = open(database);
    for (text, expected) in [("b", 1), ("a", 1), ("a", 0)] {
        let applied = apply(&store, vec![ticket("T-1", "2026-01-01", 0, json!({"title": text}))], false);
        assert_eq!(applied.created + applied.changed, expected, "{text}");
        assert_eq!(title(&store, "T-1").as_deref(), Some(text));
    }
}

fn an_undated_version_changes_by_content_alone(database: &TestDatabase) {
    let store = open(database);
    let read = |at: &str, text: &str| {
        let version = RecordVersion { undated: true, ..ticket("T-1", at, 0, json!({"title": text})) };
        let applied = apply(&store, vec![version], false);
        (applied.created, applied.changed, applied.unchanged)
    };
    assert_eq!(read("2026-01-01", "a"), (1, 0, 0));
    assert_eq!(read("2026-01-02", "a"), (0, 0, 1));
    assert_eq!(read("2026-01-03", "b"), (0, 1, 0));
}

fn in_a_history_ties_fall_alike_in_any_order(database: &TestDatabase) {
    let store = open(database);
    let versions = |names: [&str; 3], id: &str| -> Vec<RecordVersion> {
        names.iter().map(|name| ticket(id, "2026-01-01", 0, json!({"title": name}))).collect()
    };
    apply(&store, versions(["a", "b", "c"], "T-1"), true);
    for version in versions(["c", "b", "a"], "T-2") {
        apply(&store, vec![version], true);
    }
    assert_eq!(title(&store, "T-1"), title(&store, "T-2"));
    // Read again, nothing changes.
    for names in [["a", "b", "c"], ["b", "c", "a"]] {
        let applied = apply(&store, versions(names, "T-1"), true);
        assert_eq!(applied, Applied { unchanged: 3, ..Applied::default() });
    }
}

fn a_tombstone_is_kept_and_can_be_superseded(database: &TestDatabase) {
    let store = open(database);
    apply(&store, vec![ticket("T-1", "2026-01-01", 0, json!({"title": "here"}))], false);
    let gone = RecordVersion { deleted: true, ..ticket("T-1", "2026-01-02", 0, json!({"title": "here"})) };
    assert_eq!(apply(&store, vec![gone], false).tombstoned, 1);
    let page = store.read(|reader| reader.records(&query(RecordKind::Ticket))).expect("it reads");
    assert!(page.items.is_empty());
    let all = RecordQuery { include_deleted: true, ..query(RecordKind::Ticket) };
    let page = store.read(|reader| reader.records(&all)).expect("it reads");
    assert_eq!(page.items.iter().filter(|record| record.deleted_at == Some(at("2026-01-02"))).count(), 1);
    apply(&store, vec![ticket("T-1", "2026-01-03", 0, json!({"title": "back"}))], false);
    let page = store.read(|reader| reader.records(&query(RecordKind::Ticket))).expect("it reads");
    assert_eq!(page.items.len(), 1);
}

fn a_bare_tombstone_keeps_the_last_known_state(database: &TestDatabase) {
    let store = open(database);
    let here = || ticket("T-1", "2026-01-02", 3, json!({"title": "here", "priority": 2}));
    let gone =
        |id: &str, at: &str, undated: bool| RecordVersion { deleted: true, undated, ..ticket(id, at, 0, json!({})) };
    let record = || {
        let id = RecordId::of(RecordKind::Ticket, "desk", "T-1");
        store.read(|reader| reader.record(id)).expect("it reads").expect("it is there")
    };
    apply(&store, vec![here()], false);
    let applied = apply(&store, vec![gone("T-1", "2026-02-01", true), gone("T-2", "2026-02-01", true)], false);
    assert_eq!(applied, Applied { tombstoned: 1, ..Applied::default() }, "of what was never known nothing is kept");
    assert_eq!(title(&store, "T-1").as_deref(), Some("here"));
    assert_eq!(record().deleted_at, Some(at("2026-02-01")));
    assert_eq!((record().source_updated_at, record().source_version), (at("2026-01-02"), 3));
    // Said again, nothing changes; shown again by its source, unchanged, the record stands again.
    assert_eq!(apply(&store, vec![gone("T-1", "2026-02-02", true)], false).unchanged, 1);
    assert_eq!(apply(&store, vec![here()], false).changed, 1);
    assert_eq!(record().deleted_at, None);
    // A deletion with a time of its own is a version: what is older does not come back.
    assert_eq!(apply(&store, vec![gone("T-1", "2026-02-03", false)], false).tombstoned, 1);
    assert_eq!(apply(&store, vec![here()], false).unchanged, 1);
    assert_eq!(record().deleted_at, Some(at("2026-02-03")));
    // Within one batch too.
    let applied = apply(
        &store,
        vec![ticket("T-3", "2026-01-02", 0, json!({"title": "c"})), gone("T-3", "2026-01-03", false)],
        false,
    );
    assert_eq!((applied.tombstoned, title(&store, "T-3").as_deref()), (1, Some("c")));
}

fn what_is_delivered_as_gone_before_it_was_known_stays_gone(database: &TestDatabase) {
    let store = open(database);
    let now = at("2026-03-01");
    let deliver = |versions: Vec<RecordVersion>| {
        store.write(now, |transaction| Ok(transaction.apply_delivered(versions, now, false)?.applied)).expect("written")
    };
    let gone = |id: &str, at: &str| RecordVersion { deleted: true, ..ticket(id, at, 0, json!({})) };
    let here = |id: &str, at: &str| ticket(id, at, 0, json!({"title": "here"}));
    let record = |id: &str| {
        let id = RecordId::of(RecordKind::Ticket, "desk", id);
        store.read(|reader| reader.record(id)).expect("it reads").expect("it is there")
    };
    // Whichever order they come in, and in one batch or several.
    assert_eq!(deliver(vec![gone("T-1", "2026-02-02")]).tombstoned, 1);
    assert_eq!(deliver(vec![here("T-1", "2026-02-01"), gone("T-2", "2026-02-02")]).unchanged, 1);
    assert_eq!(deliver(vec![gone("T-3", "2026-02-02"), here("T-3", "2026-02-01")]).tombstoned, 1);
    for id in ["T-1", "T-2", "T-3"] {
        assert_eq!(record(id).deleted_at, Some(at("2026-02-02")), "{id}");
        assert!(record(id).body.is_restricted(), "nobody can say who might have known {id}");
    }
    assert_eq!(deliver(vec![gone("T-1", "2026-02-02")]).unchanged, 1, "said again");
    assert_eq!(deliver(vec![here("T-1", "2026-02-03")]).changed, 1, "a later state stands");
    assert!(record("T-1").deleted_at.is_none() && !record("T-1").body.is_restricted());
}

fn nothing_of_a_failed_change_stays(database: &TestDatabase) {
    let store = open(database);
    let now = at("2026-03-01");
    let failed = store.write(now, |transaction| {
        transaction.apply_versions(vec![ticket("T-1", "2026-01-01", 0, json!({}))], now, false)?;
        Err::<(), _>(Error::Conflict("on purpose".into()))
    });
    assert!(matches!(failed, Err(Error::Conflict(_))));
    assert_eq!(title(&store, "T-1"), None);
    assert_eq!(store.read(|reader| reader.ledger()).expect("it reads").seq, 0);
}

fn an_unchanged_batch_makes_no_new_ledger_entry(database: &TestDatabase) {
    let store = open(database);
    let batch = || vec![ticket("T-1", "2026-01-01", 0, json!({"title": "x"}))];
    apply(&store, batch(), false);
    let before = store.read(|reader| reader.ledger()).expect("it reads");
    assert_eq!(before.seq, 1);
    apply(&store, batch(), false);
    assert_eq!(store.read(|reader| reader.ledger()).expect("it reads"), before);
}

fn pages_hold_every_record_once(database: &TestDatabase) {
    let store = open(database);
    for batch in 0..3 {
        let versions = (0..7).map(|n| ticket(&format!("T-{batch}-{n}"), "2026-01-01", 0, json!({}))).collect();
        apply(&store, versions, false);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page_query = RecordQuery { after, limit: 4, ..query(RecordKind::Ticket) };
        let page = store.read(|reader| reader.records(&page_query)).expect("it reads");
        after = page.items.last().map(|last| (last.changed_seq, last.id));
        seen.extend(page.items.iter().map(|record| record.id));
        if !page.more {
            break;
        }
        assert_eq!(page.items.len(), 4);
    }
    assert_eq!(seen.len(), 21);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 21);
}

fn fields_filter_alike(database: &TestDatabase) {
    let store = open(database);
    apply(
        &store,
        vec![
            ticket(
                "T-1",
                "2026-01-01",
                0,
                json!({"title": "Ünit 50% full", "type": "incident", "priority": 1, "major": true, "opened_at": "2026-01-01T00:00:00Z"}),
            ),
            ticket(
                "T-2",
                "2026-01-01",
                0,
                json!({"title": "quiet", "type": "incident", "priority": 2, "major": false, "opened_at": "2026-01-05T00:00:00Z"}),
            ),
            ticket("T-3", "2026-01-01", 0, json!({"title": "none", "type": "change", "opened_at": null})),
        ],
        false,
    );
    let found = |parameters: &[(&str, &str)]| -> Vec<String> {
        let filter = |(name, value): &(&str, &str)| {
            FieldFilter::parse(RecordKind::Ticket, name, value).expect("a field").expect("a value")
        };
        let fields = parameters.iter().map(filter).collect();
        let page = store.read(|reader| reader.records(&RecordQuery { fields, ..query(RecordKind::Ticket) }));
        let mut ids: Vec<String> = page.expect("it reads").items.into_iter().map(|record| record.external_id).collect();
        ids.sort();
        ids
    };
    assert_eq!(found(&[("type", "incident")]), ["T-1", "T-2"]);
    assert_eq!(found(&[("priority", "2")]), ["T-2"]);
    assert_eq!(found(&[("major", "true")]), ["T-1"]);
    assert_eq!(found(&[("major", "false")]), ["T-2"]);
    assert_eq!(found(&[("opened_at_from", "2026-01-05")]), ["T-2"]);
    assert_eq!(found(&[("opened_at_before", "2026-01-05"), ("type", "incident")]), ["T-1"]);
    let contains = |part: &str| {
        let with = RecordQuery { contains: Some(part.into()), ..query(RecordKind::Ticket) };
        store.read(|reader| reader.records(&with)).expect("it reads").items.len()
    };
    assert_eq!(contains("50% F"), 1);
    assert_eq!(contains("5_%"), 0, "wildcards are taken literally");
    assert_eq!(contains("t-"), 3, "the external id is searched too");
}

fn references_and_bad_filters(database: &TestDatabase) {
    let store = open(database);
    let party = json!({"id": RecordId::of(RecordKind::Party, "desk", "V-1"), "kind": "party", "source": "desk", "external_id": "V-1"});
    apply(&store, vec![ticket("T-1", "2026-01-01", 0, json!({"cause_party": party}))], false);
    let fields = vec![FieldFilter::parse(RecordKind::Ticket, "cause_party", "V-1").expect("a field").expect("a value")];
    let with = RecordQuery { fields, ..query(RecordKind::Ticket) };
    assert_eq!(store.read(|reader| reader.records(&with)).expect("it reads").items.len(), 1);
    let rule = |name: &str, value: &str| match FieldFilter::parse(RecordKind::Ticket, name, value) {
        Some(Err(problem)) => problem.to_string(),
        other => panic!("{name}={value} gave {other:?}"),
    };
    assert_eq!(rule("priority", "9"), "priority: `9` is not a whole number from 1 to 4");
    assert!(rule("type", "incidnt").ends_with("did you mean `incident`?"));
    assert!(rule("opened_at", "2026-01-01").contains("opened_at_from"));
    assert!(rule("opened_at_from", "yesterday").contains("RFC 3339"));
    assert!(FieldFilter::parse(RecordKind::Ticket, "colour", "red").is_none());
}

fn migrating_twice_does_nothing(database: &TestDatabase) {
    assert_eq!(open(database).migrate().expect("it migrates"), Vec::<String>::new());
}

fn writers_take_turns(database: &TestDatabase) {
    let store = open(database);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..5 {
                    apply(store, vec![ticket(&format!("T-{writer}-{n}"), "2026-01-01", 0, json!({}))], false);
                }
            });
        }
    });
    assert_eq!(store.read(|reader| reader.ledger()).expect("it reads").seq, 20, "every change has a number of its own");
    let page = store.read(|reader| reader.records(&query(RecordKind::Ticket))).expect("it reads");
    let mut seqs: Vec<i64> = page.items.iter().map(|record| record.changed_seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
}
