//! Cases of runs and sources as the store keeps them.

use super::{at, open};
use crate::harness::{TestDatabase, store_cases};
use concord::store::{Cause, NextRun, Run, RunState, Store, StoredSource};

store_cases![a_run_can_be_cancelled_until_it_has_ended, old_runs_go_but_the_last_stays, sources_and_plans_are_kept,];

fn save(store: &Store, run: &Run) {
    store.write(at("2026-03-01"), |transaction| transaction.save_run(run)).expect("it is written");
}

fn stored(store: &Store, id: &str) -> Run {
    store.read(|reader| reader.run("desk", id)).expect("it reads").expect("the run")
}

fn a_run_can_be_cancelled_until_it_has_ended(database: &TestDatabase) {
    let store = open(database);
    let cancel = |id: &str| {
        store.write(at("2026-03-01"), |transaction| transaction.cancel_run("desk", id)).expect("it is written")
    };
    let waits = Run::new("desk", RunState::Waiting, Cause::Request, at("2026-03-01"));
    save(&store, &waits);
    assert!(cancel(&waits.id) && !cancel(&waits.id));
    assert_eq!(stored(&store, &waits.id).state, RunState::Cancelled);
    let mut runs = Run::new("desk", RunState::Running, Cause::Schedule, at("2026-03-01"));
    save(&store, &runs);
    assert!(cancel(&runs.id));
    assert!(stored(&store, &runs.id).cancelling);
    runs.rows_read = 3_000;
    runs.progress(at("2026-03-01T00:00:02Z"));
    save(&store, &runs);
    let seen = stored(&store, &runs.id);
    assert!(seen.cancelling, "progress does not undo it");
    assert_eq!((seen.elapsed_ms, seen.rows_per_second), (2_000, 1_500));
    assert_eq!(store.read(|reader| reader.unfinished_runs()).expect("it reads").len(), 1);
    save(&store, &Run { state: RunState::Cancelled, finished_at: Some(at("2026-03-02")), ..runs.clone() });
    assert!(!cancel(&runs.id));
    assert!(!cancel("nothing"));
}

fn old_runs_go_but_the_last_stays(database: &TestDatabase) {
    let store = open(database);
    for day in ["2026-01-01", "2026-01-02", "2026-01-03"] {
        let run = Run::new("desk", RunState::Completed, Cause::Schedule, at(day));
        save(&store, &Run { finished_at: Some(at(day)), ..run });
    }
    let pruned = store.write(at("2026-03-01"), |transaction| transaction.prune_runs(at("2026-02-01")));
    assert_eq!(pruned.expect("it is written"), 2);
    let left = store.read(|reader| reader.runs("desk", None, 10)).expect("it reads").items;
    assert_eq!((left.len(), left[0].started_at), (1, at("2026-01-03")));
}

fn sources_and_plans_are_kept(database: &TestDatabase) {
    let store = open(database);
    let source = |settings: &str| StoredSource {
        name: "desk".into(),
        settings: settings.into(),
        changed_at: at("2026-03-01"),
        changed_by: "me".into(),
    };
    let keep = |settings: &str| {
        store.write(at("2026-03-01"), |transaction| transaction.store_source(&source(settings))).expect("it is written")
    };
    assert!(keep("{}") && !keep("{\"a\": 1}"));
    assert_eq!(store.read(|reader| reader.stored_sources()).expect("it reads"), [source("{\"a\": 1}")]);
    for failures in [0, 3] {
        let next = NextRun { due_at: at("2026-03-02"), failures };
        store.write(at("2026-03-01"), |transaction| transaction.plan_run("desk", next)).expect("it is written");
        assert_eq!(store.read(|reader| reader.next_runs()).expect("it reads")["desk"], next);
    }
    let remove =
        || store.write(at("2026-03-01"), |transaction| transaction.remove_source("desk")).expect("it is written");
    assert!(remove() && !remove());
    assert!(store.read(|reader| reader.next_runs()).expect("it reads").is_empty());
}
