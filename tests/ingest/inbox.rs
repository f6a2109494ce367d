//! Cases of the inbox: what is sent is applied in order, once, or kept with the reason.

use super::titles;
use crate::harness::{
    TestDatabase, store_cases, story_instant,
    webhooks::{DESK, Desk, ticket},
};
use concord::{
    error::Error,
    ingest::{Drained, Ending, Inbox, LEASE, drain},
    model::{Clock, RecordKind, Timestamp},
    store::Arriving,
};
use std::{fs, sync::Arc};

store_cases![
    deliveries_are_applied_in_order_and_once,
    late_arrivals_change_nothing,
    what_is_gone_before_it_comes_stays_gone,
    dead_letters_are_applied_once_the_mapping_is_mended,
    one_worker_drains_a_source,
    a_source_that_is_only_sent_is_fresh_by_what_it_sends,
    those_that_come_together_are_stored_together,
];

fn arriving(id: &str, body: String) -> Arriving {
    let (source, delivery_id) = (DESK.into(), Some(id.to_owned()));
    Arriving { source, delivery_id, received_at: story_instant(), body: body.into_bytes() }
}

fn receive(desk: &Desk, deliveries: Vec<Arriving>) {
    desk.store.receive(&deliveries).expect("they are stored");
}

fn ending() -> Ending {
    Ending { stop: Arc::default(), lease: LEASE }
}

fn drain_desk(desk: &Desk) -> Drained {
    let clock = Clock::Fixed(story_instant());
    drain(&desk.store, &desk.rules, &desk.sources, DESK, clock, &ending()).expect("it is drained")
}

fn deliveries_are_applied_in_order_and_once(database: &TestDatabase) {
    let desk = Desk::open(database);
    // Without a time of their own, the order of arrival decides.
    let sent = |n: u32| {
        let body = serde_json::json!({"event": "updated", "data": {"id": "T-1", "title": format!("state {n}")}});
        let at = story_instant().plus_millis(i64::from(n));
        Arriving { received_at: at, ..arriving(&n.to_string(), body.to_string()) }
    };
    receive(&desk, (0..600).map(sent).collect());
    assert_eq!(drain_desk(&desk), Drained { applied: 600, buried: 0 });
    assert_eq!(titles(&desk.store), ["state 599"]);
    let before = desk.store.read(|reader| reader.ledger()).expect("it reads");
    receive(&desk, (0..600).map(sent).collect());
    assert_eq!(drain_desk(&desk), Drained::default(), "sent again, they are known");
    assert_eq!(desk.store.read(|reader| reader.ledger()).expect("it reads"), before);
}

fn late_arrivals_change_nothing(database: &TestDatabase) {
    let desk = Desk::open(database);
    receive(&desk, vec![arriving("2", ticket("T-1", "second", "2026-01-02"))]);
    drain_desk(&desk);
    receive(&desk, vec![arriving("1", ticket("T-1", "first", "2026-01-01"))]);
    assert_eq!(drain_desk(&desk).applied, 1);
    assert_eq!(titles(&desk.store), ["second"]);
    let gone = r#"{"event": "deleted", "data": {"id": "T-1", "title": "second", "updated_at": "2026-01-03"}}"#;
    receive(&desk, vec![arriving("3", gone.into()), arriving("4", ticket("T-1", "late", "2026-01-02"))]);
    drain_desk(&desk);
    let records = desk.store.read(|reader| reader.all_records()).expect("it reads");
    assert!(records.len() == 1 && records[0].deleted_at.is_some());
}

fn what_is_gone_before_it_comes_stays_gone(database: &TestDatabase) {
    let desk = Desk::open(database);
    let write = |name: &str, text: &str| fs::write(desk.folder.path().join(name), text).expect("a file is written");
    let manifest = fs::read_to_string(desk.folder.path().join("manifest.toml")).expect("the manifest");
    let gone = "[streams.gone]\nemit = \"tombstones\"\nmapping = \"gone.jq\"\n[webhook]";
    let route = "\n[[webhook.routes]]\nwhen = '.event == \"gone\"'\nstream = \"gone\"\n";
    write("manifest.toml", &format!("{}{route}", manifest.replace("[webhook]", gone)));
    write("gone.jq", r#"{kind: "ticket", external_id: .id, updated_at: .at}"#);
    let sources = concord::cli::sources(&desk.settings).expect("the sources open");
    let drain = || {
        let clock = Clock::Fixed(story_instant());
        drain(&desk.store, &desk.rules, &sources, DESK, clock, &ending()).expect("it is drained")
    };
    receive(&desk, vec![arriving("1", r#"{"event": "gone", "id": "T-1", "at": "2026-01-02"}"#.into())]);
    assert_eq!(drain(), Drained { applied: 1, buried: 0 });
    receive(&desk, vec![arriving("2", ticket("T-1", "late", "2026-01-01"))]);
    assert_eq!(drain(), Drained { applied: 1, buried: 0 });
    let records = desk.store.read(|reader| reader.all_records()).expect("it reads");
    assert!(records.len() == 1 && records[0].deleted_at.is_some(), "{records:?}");
}

fn dead_letters_are_applied_once_the_mapping_is_mended(database: &TestDatabase) {
    let desk = Desk::open(database);
    let bad = r#"{"event": "updated", "data": {"id": "T-2", "title": 7, "updated_at": "2026-01-01"}}"#;
    let good = |id: &str| ticket(id, id, "2026-01-01");
    receive(
        &desk,
        vec![
            arriving("1", good("T-1")),
            arriving("2", bad.into()),
            arriving("3", "no JSON".into()),
            arriving("4", r#"{"event": "new"}"#.into()),
            arriving("5", good("T-5")),
        ],
    );
    assert_eq!(drain_desk(&desk), Drained { applied: 2, buried: 3 });
    assert_eq!(titles(&desk.store), ["T-1", "T-5"], "what cannot be mapped keeps nothing else waiting");
    let letters = desk.store.read(|reader| reader.dead_letters(DESK, 0, 10)).expect("it reads").items;
    for (letter, part) in letters.iter().zip(["title", "not JSON", "no route"]) {
        assert!(letter.reason.contains(part), "{letter:?}");
    }
    assert_eq!(letters[0].content, bad);
    fs::write(desk.folder.path().join("tickets.jq"), "{external_id: .id, title: (.title | tostring), updated_at}")
        .expect("the mapping is mended");
    let mended = concord::cli::sources(&desk.settings).expect("the sources open");
    let replayed =
        desk.store.write(story_instant(), |transaction| transaction.replay_dead_letter(DESK, &letters[0].id));
    assert!(replayed.expect("it is written"));
    let clock = Clock::Fixed(story_instant());
    let drained = drain(&desk.store, &desk.rules, &mended, DESK, clock, &ending());
    assert_eq!(drained.expect("it is drained"), Drained { applied: 1, buried: 0 });
    assert_eq!(titles(&desk.store), ["7", "T-1", "T-5"]);
}

fn one_worker_drains_a_source(database: &TestDatabase) {
    let desk = Desk::open(database);
    receive(&desk, vec![arriving("1", ticket("T-1", "x", "2026-01-01"))]);
    let other = Desk::open(database);
    let lease = other.store.lease(&format!("inbox/{DESK}"), std::time::Duration::from_secs(60));
    let lease = lease.expect("it is asked").expect("it is free");
    assert_eq!(drain_desk(&desk), Drained::default(), "another node is at it");
    drop(lease);
    assert_eq!(drain_desk(&desk).applied, 1);
}

fn a_source_that_is_only_sent_is_fresh_by_what_it_sends(database: &TestDatabase) {
    let desk = Desk::open(database);
    let fed = || -> Option<Timestamp> {
        let checkpoints = desk.store.read(|reader| reader.checkpoints()).expect("it reads");
        assert!(desk.rules.known_relations(&checkpoints).is_empty(), "what was not sent is not known to be absent");
        desk.rules.fed_until(RecordKind::Ticket, &checkpoints)
    };
    assert_eq!(fed(), None);
    receive(&desk, vec![arriving("1", "no JSON".into())]);
    drain_desk(&desk);
    assert_eq!(fed(), None, "what cannot be mapped shows nothing");
    receive(&desk, vec![arriving("2", r#"{"event": "ping"}"#.into())]);
    drain_desk(&desk);
    assert_eq!(fed(), Some(story_instant()));
}

fn those_that_come_together_are_stored_together(database: &TestDatabase) {
    let desk = Desk::open(database);
    let inbox = Inbox::open(desk.store.clone()).expect("a thread starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let receipts = runtime.block_on(async {
        let sent = (0..300).map(|n| inbox.receive(arriving(&(n % 200).to_string(), format!("{n}"))));
        futures_util::future::join_all(sent).await
    });
    let known = receipts.iter().filter(|receipt| receipt.as_ref().expect("it is stored").known).count();
    assert_eq!(known, 100);
    let waiting = desk.store.read(|reader| reader.waiting(DESK, 1_000)).expect("it reads");
    assert_eq!(waiting.len(), 200, "every one acknowledged is there");
    // More than may wait, with room for none: it is refused, to be sent again.
    let large = Arriving { body: vec![b'x'; 80 << 20], ..arriving("large", String::new()) };
    runtime.block_on(async {
        let refused = inbox.receive(large).await.expect_err("it is more than may wait");
        assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    });
}
