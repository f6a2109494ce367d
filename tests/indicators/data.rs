//! The indicators that come with the program.

use super::records::TOPICS;
use concord::{
    embedded,
    indicators::{Catalogue, Scope},
    model::{RecordKind, Severity},
};
use serde_json::json;

crate::harness::cases![every_indicator_loads_and_its_samples_come_out, the_calibrated_twelve, files_explain_themselves];

fn catalogue() -> Catalogue {
    Catalogue::parse(&embedded::indicators(), TOPICS).unwrap_or_else(|error| panic!("{error}"))
}

fn every_indicator_loads_and_its_samples_come_out() {
    let catalogue = catalogue();
    assert!(catalogue.definitions().len() >= 60, "{}", catalogue.definitions().len());
    for topic in TOPICS {
        assert!(catalogue.definitions().iter().any(|definition| definition.topic == *topic), "{topic} has none");
    }
}

fn files_explain_themselves() {
    for (path, text) in embedded::indicators().into_iter().filter(|(path, _)| path.ends_with(".toml")) {
        assert!(text.starts_with("# "), "{path}: the first line says what it is for");
        for outcome in ["passing", "failing", "unknown"] {
            assert!(text.contains(&format!("outcome = \"{outcome}\"")), "{path}: no {outcome} sample");
        }
        assert!(text.contains("clauses = ["), "{path}: no clauses");
    }
}

/// Id, topic, kind, target, tolerance, severity, window, at least, oldest data, scope; as calibrated.
fn the_calibrated_twelve() {
    use RecordKind::*;
    use Severity::*;
    let none = json!(null);
    let window = |of: &str, days: u32| json!({"of": of, "days": days});
    let expected = [
        ("live-ci-owned-and-labelled", "asset-inventory", ConfigurationItem, 0.98, 0.90, Major, none.clone(), 0, 7),
        (
            "critical-ci-verified-yearly",
            "configuration-accuracy",
            ConfigurationItem,
            0.95,
            0.80,
            Major,
            none.clone(),
            0,
            7,
        ),
        (
            "change-security-assessed-before-approval",
            "change-security-impact",
            Ticket,
            1.0,
            0.95,
            Major,
            window("approved_at", 90),
            0,
            2,
        ),
        (
            "emergency-change-reviewed-in-ten-days",
            "emergency-change",
            Ticket,
            1.0,
            0.90,
            Major,
            window("closed_at", 180),
            0,
            2,
        ),
        (
            "incident-security-classified",
            "security-classification",
            Ticket,
            0.98,
            0.90,
            Major,
            window("closed_at", 90),
            0,
            1,
        ),
        (
            "evidence-decided-before-restoration",
            "incident-evidence",
            Ticket,
            1.0,
            0.90,
            Major,
            window("restored_at", 365),
            0,
            1,
        ),
        (
            "major-incident-led-and-reported",
            "major-incident",
            Ticket,
            1.0,
            1.0,
            Critical,
            window("closed_at", 365),
            0,
            1,
        ),
        (
            "recurring-incident-has-problem",
            "problem-management",
            Ticket,
            0.90,
            0.70,
            Minor,
            window("opened_at", 180),
            0,
            2,
        ),
        ("supplier-under-security-agreement", "supplier-agreement", Party, 1.0, 0.90, Major, none.clone(), 0, 7),
        ("supplier-reviewed-yearly", "supplier-review", Party, 1.0, 0.85, Major, none.clone(), 0, 7),
        ("residual-risk-accepted-by-authority", "risk-acceptance", Risk, 1.0, 0.95, Major, none.clone(), 0, 30),
        (
            "internal-audit-held-impartially",
            "internal-audit",
            Ticket,
            1.0,
            1.0,
            Critical,
            window("closed_at", 365),
            1,
            30,
        ),
    ];
    let catalogue = catalogue();
    for (id, topic, kind, target, tolerance, severity, window, at_least, max_age) in expected {
        let found = catalogue.get(id).unwrap_or_else(|| panic!("{id} is missing"));
        let limits = json!({"target": target, "tolerance": tolerance, "severity": severity, "at_least": at_least});
        assert_eq!((found.topic.as_str(), found.record, json!(found.limits)), (topic, kind, limits), "{id}");
        assert_eq!((json!(found.window), found.max_age_days), (window, max_age), "{id}");
        // Whether an incident was classified counts in both systems, wherever it then belongs.
        let all = ["change-security-assessed-before-approval", "incident-security-classified"];
        assert_eq!(found.scope == Scope::All, all.contains(&id), "{id}");
    }
}
