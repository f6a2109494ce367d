//! Cases of `concord::answers`: who sees what in reports drawn from records.

pub mod periods;

use crate::harness::{TestDatabase, store_cases};
use concord::{
    answers::{self, ClassDecision, ServiceReportQuery},
    assess::{Period, Rules},
    cli,
    config::Settings,
    error::Error,
    model::{Body, RecordId, RecordKind, RecordVersion, SecurityClass, Timestamp, View},
    store::Store,
};
use serde_json::json;

store_cases![restricted_incidents_are_in_the_full_view_only];

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn rules() -> Rules {
    cli::rules(&Settings::layered(None, []).expect("the defaults are valid")).expect("the rules are valid")
}

/// A store with one incident that few may know of, and one for all.
fn store(database: &TestDatabase) -> Store {
    let store = Store::open(&database.url, 4).expect("the database opens");
    let incident = |external_id: &str, restricted: bool| {
        RecordVersion {
        source: "desk".into(),
        external_id: external_id.into(),
        url: None,
        source_updated_at: at("2026-02-02"),
        undated: false,
        source_version: 1,
        deleted: false,
        body: Body::from_json(
            RecordKind::Ticket,
            json!({"type": "incident", "category": "security", "impact": 2, "opened_at": "2026-02-01", "restricted": restricted}),
        )
        .expect("valid fields"),
        relations: Vec::new(),
        attributes: serde_json::Map::new(),
    }
    };
    let versions = vec![incident("known", false), incident("secret", true)];
    let now = at("2026-02-02");
    store
        .write(now, |transaction| transaction.apply_versions(versions, now, false).map(|_| ()))
        .expect("they are kept");
    store
}

fn restricted_incidents_are_in_the_full_view_only(database: &TestDatabase) {
    let (store, rules, now) = (store(database), rules(), at("2026-03-15"));
    let period = Period { from: at("2026-01-01"), to: now };
    let secret = RecordId::of(RecordKind::Ticket, "desk", "secret");
    for (view, seen) in [(View::General, 1), (View::Full, 2)] {
        let listed = answers::classified_incidents(&store, &rules, period, view).expect("a list");
        assert_eq!(listed.len(), seen, "{view}");
        let overlap = answers::incident_overlaps(&store, &rules, period, view).expect("a report").overlap;
        assert_eq!(overlap.counts.both as usize, seen, "{view}");
        assert_eq!(overlap.evidence.len(), seen, "{view}");
        let query = ServiceReportQuery { from: None, to: None, audience: None };
        let report = answers::service_reports(&store, &rules, &query, now, view).expect("a report").report;
        assert_eq!(report.incidents.all.opened as usize, seen, "{view}");
        assert_eq!(report.trends[11].incidents as usize, seen, "{view}");
        let one = answers::classified_incident(&store, &rules, secret, view);
        assert_eq!(one.is_ok(), view == View::Full, "{view}");
        let decision = ClassDecision { class: Some(SecurityClass::Security), reason: "Nothing failed.".into() };
        let decided = answers::decide_on_class(&store, &rules, secret, decision, "case", (view, now), |_| Ok(()));
        match view {
            View::General => assert!(matches!(decided, Err(Error::NotFound(_))), "it is as if it were not there"),
            View::Full => assert_eq!(decided.expect("it is decided").class, Some(SecurityClass::Security)),
        }
    }
}
