//! Cases of what the store keeps of suppliers: sums that always equal a recount, history, events and the outbox.

use crate::harness::{TestDatabase, store_cases};
use concord::{
    model::{
        Contribution, EventInput, EventSeverity, InputCounts, InputKey, OPEN, RecordId, RecordKind, Seen, ShareReason,
        Timestamp, View,
    },
    store::{
        CountedTicket, Store, SupplierDecision, SupplierEvent, SupplierEventKind, SupplierEventQuery, SupplierSample,
    },
};
use std::collections::BTreeMap;

store_cases![
    sums_kept_by_difference_equal_a_recount,
    pages_of_tickets_hold_each_once,
    a_day_has_one_score,
    events_are_kept_told_and_decided,
];

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn open(database: &TestDatabase) -> Store {
    Store::open(&database.url, 4).expect("the database opens")
}

fn ticket(number: u64) -> RecordId {
    RecordId::of(RecordKind::Ticket, "desk", &number.to_string())
}

fn party(number: u64) -> RecordId {
    RecordId::of(RecordKind::Party, "desk", &number.to_string())
}

/// Numbers that look random and always are the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.roll(all.len() as u64)).expect("few")]
    }

    /// What a ticket may add: nothing, or something to some of three parties, to each once in a view.
    fn ticket(&mut self, record: RecordId) -> Vec<CountedTicket> {
        let mut found = Vec::new();
        for number in 0..self.roll(4) {
            let seen = self.of(Seen::ALL);
            let key = InputKey {
                cause: (self.roll(3) == 0).then(|| ticket(self.roll(5))),
                input: self.of(EventInput::ALL),
                severity: self.of(EventSeverity::ALL),
                reason: self.of(ShareReason::ALL),
                day: if self.roll(4) == 0 { OPEN } else { 20_000 + self.roll(3) as i64 },
            };
            found.push(CountedTicket { record, seen, contribution: Contribution { party: party(number), key } });
        }
        found
    }
}

fn sums(store: &Store) -> [BTreeMap<RecordId, InputCounts>; 2] {
    let parties: Vec<RecordId> = (0..3).map(party).collect();
    let mut sums = store.read(|reader| reader.supplier_counts(&parties)).expect("the sums");
    [View::General, View::Full].map(|view| sums.remove(&view).unwrap_or_default())
}

fn sums_kept_by_difference_equal_a_recount(database: &TestDatabase) {
    let store = open(database);
    let mut dice = Dice(7);
    let mut standing: BTreeMap<RecordId, Vec<CountedTicket>> = BTreeMap::new();
    for round in 0..60 {
        let tickets: Vec<RecordId> = (0..=dice.roll(4)).map(|_| ticket(dice.roll(12))).collect();
        for changed in &tickets {
            let now = dice.ticket(*changed);
            standing.insert(*changed, now);
        }
        let counted: Vec<CountedTicket> = tickets.iter().flat_map(|ticket| standing[ticket].clone()).collect();
        let mut counted = counted;
        counted.sort();
        counted.dedup();
        let kept = store.write(at("2026-03-01"), |transaction| transaction.count_tickets(&tickets, &counted));
        kept.expect("they are counted");
        if round % 10 == 9 {
            let kept = sums(&store);
            assert!(kept.iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).all(|count| *count > 0));
            let mut expected = [BTreeMap::new(), BTreeMap::new()];
            for counted in standing.values().flatten() {
                for (view, sums) in [View::General, View::Full].into_iter().zip(&mut expected) {
                    if counted.seen.by(view) {
                        let of: &mut InputCounts = sums.entry(counted.contribution.party).or_default();
                        *of.entry(counted.contribution.key).or_default() += 1;
                    }
                }
            }
            assert_eq!(kept, expected, "round {round}");
        }
    }
    assert!(!sums(&store)[0].is_empty() && sums(&store)[0] != sums(&store)[1]);
}

fn pages_of_tickets_hold_each_once(database: &TestDatabase) {
    let store = open(database);
    let key = |input, day| InputKey {
        cause: None,
        input,
        severity: EventSeverity::Low,
        reason: ShareReason::NamedCause,
        day,
    };
    let mut counted = Vec::new();
    for number in 0..9 {
        for input in [EventInput::FailedChange, EventInput::UnreviewedChange] {
            let contribution = Contribution { party: party(0), key: key(input, 20_000 + number as i64 % 3) };
            counted.push(CountedTicket { record: ticket(number), seen: Seen::Both, contribution });
        }
    }
    store.write(at("2026-03-01"), |transaction| transaction.count_tickets(&[], &counted)).expect("counted");
    for limit in [1, 2, 5, 18] {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = store.read(|reader| reader.tickets_of_supplier(party(0), View::General, after, limit));
            let page = page.expect("a page");
            found.extend(page.items);
            match found.last().filter(|_| page.more) {
                Some(last) => after = Some((last.contribution.key.day, last.record, last.contribution.key.input)),
                None => break,
            }
        }
        assert!(found.windows(2).all(|two| two[0].contribution.key.day >= two[1].contribution.key.day));
        found.sort();
        counted.sort();
        assert_eq!(found, counted, "{limit} a page");
    }
}

fn a_day_has_one_score(database: &TestDatabase) {
    let store = open(database);
    let sample = |day, residual| SupplierSample {
        party: party(1),
        day,
        status: "low".into(),
        residual,
        inherent: residual,
        low: None,
        high: Some(99.5),
        likelihood: 10.0,
        exposure: 0.25,
        known: Some((8, 13)),
    };
    let keep = |samples: &[SupplierSample]| {
        store.write(at("2026-03-01"), |transaction| transaction.keep_samples(View::Full, samples)).expect("kept");
    };
    keep(&[sample(1, Some(1.5)), sample(2, None)]);
    keep(&[sample(2, Some(2.5)), sample(3, Some(3.5))]);
    let of = |from, view| store.read(|reader| reader.supplier_samples(party(1), view, from)).expect("scores");
    assert_eq!(of(2, View::Full), [sample(2, Some(2.5)), sample(3, Some(3.5))]);
    assert_eq!(of(0, View::Full).len(), 3);
    assert!(of(0, View::General).is_empty());
}

fn events_are_kept_told_and_decided(database: &TestDatabase) {
    let store = open(database);
    let event = |kind, seen| SupplierEvent {
        id: String::new(),
        at: at("1970-01-01"),
        kind,
        seen,
        party: party(1),
        record: None,
        before: None,
        after: Some("high".into()),
        services: None,
        because: None,
        decision: None,
    };
    let events = vec![event(SupplierEventKind::Added, Seen::Both), event(SupplierEventKind::BandCrossed, Seen::Full)];
    store
        .write(at("2026-03-01"), |transaction| {
            transaction.add_supplier_events(events, |event| Ok(format!("{{\"kind\":\"{}\"}}", event.kind)))
        })
        .expect("kept");
    let list = |view, open| {
        let query = SupplierEventQuery { view, party: Some(party(1)), open, before: None, limit: 10 };
        store.read(|reader| reader.supplier_events(&query)).expect("events").items
    };
    assert_eq!(list(View::General, None).len(), 1);
    let [crossed, added] = &list(View::Full, Some(true))[..] else { panic!("two events") };
    assert_eq!((crossed.kind, added.kind), (SupplierEventKind::BandCrossed, SupplierEventKind::Added));
    assert_eq!(added.at, at("2026-03-01"));
    let told = store.read(|reader| reader.outbox("", 10)).expect("the outbox");
    assert_eq!(
        told.iter().map(|entry| entry.body.as_str()).collect::<Vec<_>>(),
        ["{\"kind\":\"supplier_added\"}", "{\"kind\":\"band_crossed\"}"]
    );
    assert_eq!(told[1].seen, Seen::Full);
    let prune = |before| store.write(at("2026-04-01"), |transaction| transaction.prune_outbox(at(before)));
    assert_eq!(prune("2026-03-01").expect("nothing is that old"), 0);
    assert_eq!(prune("2026-03-02").expect("both are"), 2);
    assert!(store.read(|reader| reader.outbox("", 10)).expect("the outbox").is_empty());
    assert_eq!(list(View::Full, Some(true)).len(), 2, "what happened stays");
    let decision = SupplierDecision {
        decision: "accepted".into(),
        reason: "It is known".into(),
        decided_by: "ada".into(),
        decided_at: at("2026-03-02"),
    };
    let decide = |id: &str| {
        store.write(at("2026-03-02"), |transaction| transaction.decide_supplier_event(id, &decision)).expect("decided");
    };
    decide(&added.id);
    assert_eq!(list(View::Full, Some(true)).len(), 1);
    assert_eq!(list(View::General, Some(false))[0].decision.as_ref(), Some(&decision));
}
