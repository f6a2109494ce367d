//! The connector `servicenow-event-log`: whatever order a log is in, its latest versions are the same.

use super::{Brought, folder, open, read};
use concord::{
    embedded,
    model::{Body, RecordVersion, TicketState},
};
use libtest_mimic::{Failed, Trial};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The cases of this file. The real log is read from the folder `CONCORD_TEST_DATA` names; without it, ignored.
pub fn trials() -> Vec<Trial> {
    let data = std::env::var_os("CONCORD_TEST_DATA");
    let real = Trial::test("connectors::event_log::the_published_log_has_890_incidents", || {
        the_published_log_has_890_incidents().map_err(Failed::from)
    });
    let mut trials = own_cases();
    trials.push(real.with_ignored_flag(data.is_none()));
    trials
}

fn own_cases() -> Vec<Trial> {
    vec![
        crate::harness::plain("connectors::event_log::any_order_ends_alike", any_order_ends_alike),
        crate::harness::plain("connectors::event_log::a_version_claims_no_future", a_version_claims_no_future),
        crate::harness::plain("connectors::event_log::an_unknown_state_is_set_aside", an_unknown_state_is_set_aside),
    ]
}

const SAMPLE: &str = "connectors/servicenow-event-log/samples/incidents.csv";

fn sample() -> &'static str {
    embedded::connectors().into_iter().find(|(path, _)| path == SAMPLE).expect("the sample").1
}

/// The log with its rows in this order.
fn brought(lines: &[&str], order: impl Iterator<Item = usize>) -> Brought {
    let (header, rows) = lines.split_first().expect("a header");
    let rows = order.map(|position| rows[position]).collect::<Vec<_>>().join("\n");
    let folder = folder(&[("log.csv", format!("{header}\n{rows}\n"))]);
    read(&open("servicenow-event-log", folder.path()).expect("a source")).expect("a log")
}

/// By incident: its greatest (time, version), and every version that has it, which are more than one at a tie.
fn latest(versions: &[RecordVersion]) -> BTreeMap<&str, ((String, i64), BTreeSet<String>)> {
    let mut latest: BTreeMap<_, ((String, i64), BTreeSet<String>)> = BTreeMap::new();
    for version in versions {
        let key = (version.source_updated_at.to_string(), version.source_version);
        let entry = latest.entry(version.external_id.as_str()).or_insert_with(|| (key.clone(), BTreeSet::new()));
        if key > entry.0 {
            *entry = (key.clone(), BTreeSet::new());
        }
        if key == entry.0 {
            entry.1.insert(format!("{version:?}"));
        }
    }
    latest
}

/// A few orders: as it is, backwards, and strides that visit every row once.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let strides = [7, 11, 13, 17, 19, 23].into_iter().filter(|stride| !count.is_multiple_of(*stride));
    let strided = strides.map(|stride| (0..count).map(|i| i * stride % count).collect());
    [(0..count).collect(), (0..count).rev().collect()].into_iter().chain(strided).collect()
}

fn any_order_ends_alike() {
    let lines: Vec<_> = sample().lines().collect();
    let count = lines.len() - 1;
    assert_eq!(count, 60);
    let first = brought(&lines, 0..count);
    assert_eq!((first.rows, first.versions.len(), first.set_aside.len()), (60, 60, 0));
    let expected = latest(&first.versions);
    assert_eq!(expected.len(), 12);
    for order in orders(count) {
        let brought = brought(&lines, order.into_iter());
        assert_eq!(latest(&brought.versions), expected);
    }
    let versions_of = |id| first.versions.iter().filter(move |version| version.external_id == id);
    let keys = |id| versions_of(id).map(|v| (v.source_updated_at, v.source_version)).collect::<Vec<_>>();
    let distinct = |id| keys(id).into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!(keys("INC7000007").len(), distinct("INC7000007"), "states order what one minute and one count do not");
    assert_eq!(keys("INC7000011").len(), distinct("INC7000011") + 1, "the sample has a tie only content can break");
}

fn a_version_claims_no_future() {
    let lines: Vec<_> = sample().lines().collect();
    let brought = brought(&lines, 0..60);
    let mut resolved = 0;
    for version in &brought.versions {
        let Body::Ticket(ticket) = &version.body else { panic!("not a ticket") };
        let state = ticket.state.get();
        for (at, states) in [
            (&ticket.closed_at, &[TicketState::Closed][..]),
            (&ticket.resolved_at, &[TicketState::Resolved, TicketState::Closed]),
        ] {
            let Some(at) = at.get() else { continue };
            assert!(*at <= version.source_updated_at, "{version:?}");
            assert!(state.is_some_and(|state| states.contains(state)), "{version:?}");
        }
        assert!(ticket.restored_at.is_unsupplied() && ticket.title.is_unsupplied(), "the log has no such column");
        resolved += usize::from(ticket.resolved_at.get().is_some());
    }
    assert!(resolved > 10);
}

fn an_unknown_state_is_set_aside() {
    let log = sample().replacen(",Closed,", ",Frozen,", 1);
    let lines: Vec<_> = log.lines().collect();
    let brought = brought(&lines, 0..60);
    assert_eq!((brought.versions.len(), brought.set_aside.len()), (59, 1));
    assert!(brought.set_aside[0].reason.contains("unknown incident_state: Frozen"), "{}", brought.set_aside[0].reason);
}

fn the_published_log_has_890_incidents() -> Result<(), String> {
    let folder = std::env::var_os("CONCORD_TEST_DATA").ok_or("CONCORD_TEST_DATA names no folder")?;
    let path = Path::new(&folder).join("servicenow-incident-events.csv");
    let log = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines: Vec<_> = log.lines().collect();
    let count = lines.len() - 1;
    let first = brought(&lines, 0..count);
    assert_eq!((first.rows, first.versions.len(), first.set_aside.len()), (5_998, 5_998, 0));
    let expected = latest(&first.versions);
    assert_eq!(expected.len(), 890);
    assert!(expected.values().all(|(_, latest)| latest.len() == 1), "the published log has no exact tie");
    let strided = (0..count).map(|position| position * 2_003 % count);
    assert_eq!(latest(&brought(&lines, strided).versions), expected);
    Ok(())
}
