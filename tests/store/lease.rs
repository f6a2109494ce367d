//! Cases of leases, with two nodes on one database.

use super::{at, open, ticket};
use crate::harness::{TestDatabase, store_cases};
use concord::{error::Error, store::Lease};
use serde_json::json;
use std::time::Duration;

store_cases![one_node_at_a_time_holds_a_lease, a_stolen_lease_stops_its_holder, what_a_dead_node_held_expires,];

const LONG: Duration = Duration::from_secs(60);

fn one_node_at_a_time_holds_a_lease(database: &TestDatabase) {
    let (one, other) = (open(database), open(database));
    let held = one.lease("sync/desk", LONG).expect("it is asked").expect("it is free");
    assert!(other.lease("sync/desk", LONG).expect("it is asked").is_none());
    assert!(one.lease("sync/desk", LONG).expect("it is asked").is_none(), "nor twice on one node");
    assert!(other.lease("sync/cmdb", LONG).expect("it is asked").is_some(), "another lease is another");
    held.check().expect("it is held");
    drop(held);
    assert!(other.lease("sync/desk", LONG).expect("it is asked").is_some(), "it was given back");
}

fn a_stolen_lease_stops_its_holder(database: &TestDatabase) {
    let (one, other) = (open(database), open(database));
    let write = |store: &concord::store::Store, id: &str, lease: &Lease| {
        store.write(at("2026-03-01"), |transaction| {
            transaction.apply_versions(vec![ticket(id, "2026-01-01", 0, json!({}))], at("2026-03-01"), false)?;
            transaction.hold(lease)
        })
    };
    // A life of nothing: it has expired at once, as if the node had slept.
    let slept = one.lease("sync/desk", Duration::ZERO).expect("it is asked").expect("it is free");
    write(&one, "T-1", &slept).expect("nobody has taken over yet");
    let taken = other.lease("sync/desk", LONG).expect("it is asked").expect("it has expired");
    let refused = write(&one, "T-2", &slept).expect_err("it is another's now");
    assert!(matches!(&refused, Error::Conflict(reason) if reason.contains("sync/desk")), "{refused}");
    write(&other, "T-3", &taken).expect("it is held");
    let ids = one.read(|reader| reader.all_records()).expect("it reads");
    let mut ids: Vec<String> = ids.into_iter().map(|record| record.external_id).collect();
    ids.sort();
    assert_eq!(ids, ["T-1", "T-3"], "nothing of the batch without a lease stays");
    drop(slept);
    write(&other, "T-4", &taken).expect("giving back what is no longer one's own changes nothing");
}

fn what_a_dead_node_held_expires(database: &TestDatabase) {
    let (one, other) = (open(database), open(database));
    let held = one.lease("tick", Duration::ZERO).expect("it is asked").expect("it is free");
    // The node dies: nothing is given back.
    std::mem::forget(held);
    let taken = other.lease("tick", LONG).expect("it is asked").expect("it has expired");
    assert!(one.lease("tick", LONG).expect("it is asked").is_none());
    drop(taken);
}
