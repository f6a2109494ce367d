//! Cases of the inbox: what is kept of a delivery, when it is known again, and dead letters.

use super::{at, open};
use crate::harness::{TestDatabase, store_cases};
use concord::store::{Arriving, Receipt, Store};

store_cases![
    deliveries_are_kept_in_order,
    a_named_delivery_is_known_even_after_it_was_applied,
    a_nameless_delivery_is_known_only_while_it_waits,
    dead_letters_are_replayed_at_their_place_or_discarded,
    settled_deliveries_are_forgotten_in_time,
];

fn arriving(id: Option<&str>, body: &str) -> Arriving {
    let (source, delivery_id) = ("desk".into(), id.map(str::to_owned));
    Arriving { source, delivery_id, received_at: at("2026-03-01"), body: body.as_bytes().to_vec() }
}

fn receive(store: &Store, deliveries: &[Arriving]) -> Vec<Receipt> {
    store.receive(deliveries).expect("they are stored")
}

fn waiting(store: &Store) -> Vec<String> {
    let found = store.read(|reader| reader.waiting("desk", 100)).expect("it reads");
    found.into_iter().map(|delivery| String::from_utf8(delivery.body).expect("text")).collect()
}

fn settle_all(store: &Store) {
    store
        .write(at("2026-03-01"), |transaction| {
            let numbers: Vec<i64> = transaction.waiting("desk", 100)?.iter().map(|delivery| delivery.number).collect();
            transaction.settle_deliveries(&numbers)
        })
        .expect("they are settled");
}

fn deliveries_are_kept_in_order(database: &TestDatabase) {
    let store = open(database);
    let first: Vec<Arriving> = (0..50).map(|n| arriving(None, &format!("a{n}"))).collect();
    let second: Vec<Arriving> = (0..50).map(|n| arriving(Some(&n.to_string()), &format!("b{n}"))).collect();
    for group in [&first, &second] {
        let receipts = receive(&store, group);
        assert!(receipts.len() == 50 && receipts.iter().all(|receipt| !receipt.known));
    }
    let expected = |prefix: &'static str| (0..50).map(move |n| format!("{prefix}{n}"));
    assert_eq!(waiting(&store), expected("a").chain(expected("b")).collect::<Vec<_>>());
    let other = Arriving { source: "cmdb".into(), ..arriving(Some("1"), "b1") };
    assert!(!receive(&store, &[other])[0].known, "another source's delivery is another");
    let counts = store.read(|reader| reader.waiting_deliveries()).expect("it reads");
    assert_eq!(counts, [("cmdb".to_owned(), 1), ("desk".to_owned(), 100)]);
}

fn a_named_delivery_is_known_even_after_it_was_applied(database: &TestDatabase) {
    let store = open(database);
    let twice = receive(&store, &[arriving(Some("x"), "one"), arriving(Some("x"), "one")]);
    assert_eq!((twice[0].known, twice[1].known, &twice[0].id), (false, true, &twice[1].id));
    settle_all(&store);
    assert!(waiting(&store).is_empty());
    let again = receive(&store, &[arriving(Some("x"), "one, sent again")]);
    assert_eq!((again[0].known, &again[0].id), (true, &twice[0].id));
    assert!(waiting(&store).is_empty(), "it is not applied again");
    let long = "y".repeat(5_000);
    assert!(!receive(&store, &[arriving(Some(&long), "one")])[0].known);
    assert!(receive(&store, &[arriving(Some(&long), "one")])[0].known);
}

fn a_nameless_delivery_is_known_only_while_it_waits(database: &TestDatabase) {
    let store = open(database);
    receive(&store, &[arriving(None, "open")]);
    assert!(receive(&store, &[arriving(None, "open")])[0].known);
    settle_all(&store);
    assert!(!receive(&store, &[arriving(None, "open")])[0].known, "it may well have been opened again");
}

fn dead_letters_are_replayed_at_their_place_or_discarded(database: &TestDatabase) {
    let store = open(database);
    receive(&store, &["a", "b", "c"].map(|body| arriving(Some(body), body)));
    let bury = || {
        store.write(at("2026-03-01"), |transaction| {
            for delivery in transaction.waiting("desk", 2)? {
                transaction.bury_delivery(delivery.number, "no route")?;
            }
            Ok(())
        })
    };
    bury().expect("two are buried");
    assert_eq!(waiting(&store), ["c"]);
    let page = store.read(|reader| reader.dead_letters("desk", 0, 1)).expect("it reads");
    let letter = &page.items[0];
    assert_eq!((page.more, letter.content.as_str(), letter.reason.as_str()), (true, "a", "no route"));
    assert_eq!(store.read(|reader| reader.dead_letter_counts()).expect("it reads"), [("desk".to_owned(), 2)]);
    let replay = |source: &str, id: &str| {
        store.write(at("2026-03-02"), |transaction| transaction.replay_dead_letter(source, id)).expect("it is written")
    };
    assert!(!replay("cmdb", &letter.id), "a letter is of its source");
    assert!(replay("desk", &letter.id) && !replay("desk", &letter.id));
    assert_eq!(waiting(&store), ["a", "c"], "it waits at its old place");
    let rest = store.read(|reader| reader.dead_letters("desk", 0, 10)).expect("it reads").items;
    let number = rest[0].number;
    store.write(at("2026-03-02"), |transaction| transaction.settle_deliveries(&[number])).expect("it is discarded");
    assert!(store.read(|reader| reader.dead_letter("desk", &rest[0].id)).expect("it reads").is_none());
}

fn settled_deliveries_are_forgotten_in_time(database: &TestDatabase) {
    let store = open(database);
    receive(&store, &[arriving(Some("old"), "x")]);
    settle_all(&store);
    receive(&store, &[arriving(Some("waits"), "y")]);
    let prune = |before: &str| {
        store.write(at("2026-03-09"), |transaction| transaction.prune_deliveries(at(before))).expect("it is written")
    };
    assert_eq!((prune("2026-03-01"), prune("2026-03-02"), prune("2026-03-02")), (0, 1, 0));
    assert_eq!(waiting(&store), ["y"], "what waits is never forgotten");
}
