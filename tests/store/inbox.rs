//! Cases of the inbox: what is kept of a delivery, when it is known again, and dead letters.

use super::{at, open};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    model::Timestamp,
    store::{Arriving, Receipt, Store, Transaction},
};

store_cases![
    deliveries_are_kept_in_order,
    a_named_delivery_is_known_even_after_it_was_applied,
    a_nameless_delivery_is_known_only_while_it_waits,
    a_nameless_delivery_is_known_only_as_the_latest,
    a_delivery_replayed_at_its_old_place_is_not_the_latest,
    a_dead_letter_comes_anew_with_its_own_content,
    nodes_that_receive_together_lose_nothing,
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

fn a_nameless_delivery_is_known_only_as_the_latest(database: &TestDatabase) {
    let store = open(database);
    let nameless = |bodies: &[&str]| -> Vec<Arriving> { bodies.iter().map(|body| arriving(None, body)).collect() };
    let known = |receipts: &[Receipt]| -> Vec<bool> { receipts.iter().map(|receipt| receipt.known).collect() };
    // One after the other, and in one group.
    for (body, again) in [("open", false), ("closed", false), ("open", false), ("open", true)] {
        assert_eq!(known(&receive(&store, &nameless(&[body]))), [again], "{body}");
    }
    let group = receive(&store, &nameless(&["open", "closed", "closed", "open"]));
    assert_eq!(known(&group), [true, false, true, false]);
    assert!(group[1].id == group[2].id && group[1].id != group[3].id);
    let expected = ["open", "closed", "open", "closed", "open"];
    assert_eq!(waiting(&store), expected);
    let others = [arriving(Some("x"), "open"), Arriving { source: "cmdb".into(), ..arriving(None, "closed") }];
    assert_eq!(known(&receive(&store, &others)), [false, false]);
    assert_eq!(known(&receive(&store, &nameless(&["open"]))), [false], "one with a name came in between");
    assert_eq!(known(&receive(&store, &others)), [true, true]);
}

fn bury_all(store: &Store) {
    let bury = |transaction: &mut Transaction<'_>| {
        for delivery in transaction.waiting("desk", 100)? {
            transaction.bury_delivery(delivery.number, "no route")?;
        }
        Ok(())
    };
    store.write(at("2026-03-01"), bury).expect("they are buried");
}

fn a_delivery_replayed_at_its_old_place_is_not_the_latest(database: &TestDatabase) {
    let store = open(database);
    let open = receive(&store, &[arriving(None, "open")]).remove(0);
    bury_all(&store);
    receive(&store, &[arriving(None, "closed")]);
    settle_all(&store);
    store.write(at("2026-03-01"), |transaction| transaction.replay_dead_letter("desk", &open.id)).expect("it waits");
    assert!(!receive(&store, &[arriving(None, "open")])[0].known, "it is open after it was closed");
    assert_eq!(waiting(&store), ["open", "open"]);
}

fn a_dead_letter_comes_anew_with_its_own_content(database: &TestDatabase) {
    let store = open(database);
    let nameless = |day: &str, body: &str| Arriving { received_at: at(day), ..arriving(None, body) };
    let first = receive(&store, &[nameless("2026-03-01", "open"), nameless("2026-03-01", "closed")]);
    let other = receive(&store, &[Arriving { source: "cmdb".into(), ..arriving(None, "open") }]);
    bury_all(&store);
    receive(&store, &[nameless("2026-03-02", "reply")]);
    let again = receive(&store, &[nameless("2026-03-03", "open"), nameless("2026-03-03", "open")]);
    assert!(again.iter().all(|receipt| receipt.known && receipt.id == first[0].id), "{again:?}");
    let found = store.read(|reader| reader.waiting("desk", 100)).expect("it reads");
    let found: Vec<(&[u8], Timestamp)> = found.iter().map(|one| (one.body.as_slice(), one.received_at)).collect();
    let expected: [(&[u8], Timestamp); 2] = [(b"reply", at("2026-03-02")), (b"open", at("2026-03-03"))];
    assert_eq!(found, expected, "it comes after what came before it");
    let letters = |source: &str| {
        let letters = store.read(|reader| reader.dead_letters(source, 0, 10)).expect("it reads").items;
        letters.into_iter().map(|letter| letter.content).collect::<Vec<_>>()
    };
    assert_eq!((letters("desk"), letters("cmdb").len()), (vec!["closed".to_owned()], 0));
    let waits = store.read(|reader| reader.waiting("cmdb", 10)).expect("it reads");
    assert_eq!(waits.iter().map(|one| &one.id).collect::<Vec<_>>(), [&other[0].id], "another source's is its own");
    bury_all(&store);
    assert_eq!(letters("desk"), ["closed", "reply", "open"], "it may be a dead letter again");
    assert!(receive(&store, &[arriving(Some("x"), "closed")]).iter().all(|receipt| !receipt.known));
    assert_eq!(letters("desk").len(), 3, "one with a name wakes none");
}

/// A few nodes send what changes to and fro; whatever was sent last waits last.
fn nodes_that_receive_together_lose_nothing(database: &TestDatabase) {
    let nodes: Vec<Store> = (0..3).map(|_| open(database)).collect();
    std::thread::scope(|scope| {
        for (place, node) in nodes.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..20 {
                    let group = ["open", "closed", "open"].map(|body| {
                        let source = format!("desk{}", (place + round) % 2);
                        Arriving { source, ..arriving(None, body) }
                    });
                    node.receive(&group).expect("they are stored");
                }
            });
        }
    });
    for source in ["desk0", "desk1"] {
        let found = nodes[0].read(|reader| reader.waiting(source, 1_000)).expect("it reads");
        // In groups that follow each other, the first repeats the last of the one before.
        let bodies: Vec<&[u8]> = found.iter().map(|one| one.body.as_slice()).collect();
        assert_eq!(bodies.len(), 61, "{source}");
        assert!(bodies.chunks(2).all(|pair| pair[0] == b"open" && pair.get(1).is_none_or(|body| *body == b"closed")));
    }
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
