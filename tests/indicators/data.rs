//! The indicators that come with the program.

use super::records::TOPICS;
use concord::{
    embedded,
    indicators::{Catalogue, Scope},
    model::{RecordKind, Severity},
};
use serde_json::json;

crate::harness::cases![
    every_indicator_loads_and_its_samples_come_out,
    the_calibrated_twelve,
    files_explain_themselves,
    every_subject_has_an_indicator,
    every_limit_can_be_set,
    what_can_be_put_right_is_said,
];

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

/// What an auditor of both standards asks of the records, and an indicator that asks it.
const SUBJECTS: &[(&str, &str)] = &[
    ("asset inventory and labelling", "live-ci-owned-and-labelled"),
    ("carriers", "carrier-as-protected-as-its-content"),
    ("completeness of the CMDB", "live-ci-fully-described"),
    ("its staleness", "critical-ci-verified-yearly"),
    ("its duplicates", "ci-recorded-once"),
    ("its orphans", "live-ci-supports-a-service"),
    ("its protection", "configuration-store-access-reviewed"),
    ("baselines", "live-ci-at-baseline-version"),
    ("change control", "change-approved-and-concluded"),
    ("security impact", "change-security-assessed-before-approval"),
    ("emergency changes", "emergency-change-reviewed-in-ten-days"),
    ("separation of releases", "release-tested-and-reversible"),
    ("acceptance of releases", "release-approved-by-another"),
    ("service transition", "live-service-accepted"),
    ("closure of services", "closing-service-removal-planned"),
    ("incident handling", "incident-resolved-within-target"),
    ("security classification", "incident-security-classified"),
    ("evidence", "evidence-decided-before-restoration"),
    ("major incidents", "major-incident-led-and-reported"),
    ("restricted incidents", "restricted-incident-known-to-named-few"),
    ("recurring incidents and problems", "recurring-incident-has-problem"),
    ("known errors", "old-problem-has-cause-or-workaround"),
    ("trends reviewed", "incident-trends-reviewed"),
    ("vulnerabilities", "pressing-vulnerability-treated-in-thirty-days"),
    ("service levels", "service-level-target-met"),
    ("reporting with security targets", "security-target-met"),
    ("capacity", "capacity-within-threshold"),
    ("tests of continuity", "continuity-test-checks-security"),
    ("tests of backups", "restore-test-successful"),
    ("supplier agreements", "supplier-under-security-agreement"),
    ("supplier reviews", "supplier-reviewed-yearly"),
    ("supplier changes", "ending-contract-looked-at"),
    ("governance of outsourced processes", "internal-supplier-under-agreement"),
    ("risk assessment", "risk-assessed-yearly"),
    ("risk treatment", "risk-treatment-in-time"),
    ("risk acceptance", "residual-risk-accepted-by-authority"),
    ("policies", "policy-approved-and-current"),
    ("documents", "document-reviewed-in-time"),
    ("competence", "role-holder-competent"),
    ("awareness", "role-holder-made-aware-yearly"),
    ("internal audit", "internal-audit-held-impartially"),
    ("management review", "management-review-held"),
    ("corrective action", "corrective-action-found-effective"),
    ("ownership of improvements", "improvement-owned-and-prioritised"),
    ("complaints", "complaint-closed-in-thirty-days"),
    ("legal obligations", "notification-duty-met-in-three-days"),
];

fn every_subject_has_an_indicator() {
    let catalogue = catalogue();
    for (subject, indicator) in SUBJECTS {
        assert!(catalogue.get(indicator).is_some(), "{subject}: there is no indicator `{indicator}`");
    }
}

/// Every limit of every indicator is the organisation's to set, and demanding less is marked.
fn every_limit_can_be_set() {
    let own = "target = 0.42\ntolerance = 0.21\nseverity = \"minor\"\nat_least = 3\nmax_age_days = 99\n";
    let built_in = catalogue();
    let files: Vec<(String, &str)> =
        built_in.definitions().iter().map(|definition| (format!("own/{}.toml", definition.id), own)).collect();
    let set = catalogue().with_overrides(&files, TOPICS).expect("limits can be set");
    assert_eq!(set.definitions().len(), built_in.definitions().len());
    for definition in set.definitions() {
        let limits = json!({"target": 0.42, "tolerance": 0.21, "severity": "minor", "at_least": 3});
        assert_eq!(json!(definition.limits), limits, "{}", definition.id);
        assert_eq!((definition.max_age_days, definition.relaxed), (99, true), "{}", definition.id);
    }
}

/// Of the present state of records everything can be put right; of events what is on record, not what was in time.
fn what_can_be_put_right_is_said() {
    let catalogue = catalogue();
    let standing = |id: &str| catalogue.get(id).expect("an indicator").standing;
    assert!(standing("critical-ci-verified-yearly") && standing("recurring-incident-has-problem"));
    assert!(!standing("emergency-change-reviewed-in-ten-days"));
    let timeless = "title = \"x\"\ntopic = \"policy\"\nrecord = \"risk\"\napplies = \"has(owner)\"\n\
                    passes = \"has(owner)\"\ntarget = 1\ntolerance = 1\nseverity = \"major\"\nmax_age_days = 7\n\
                    standing = false\nrationale = \"x\"\n";
    let refused = Catalogue::parse(&[("x.toml".into(), timeless)], TOPICS).expect_err("it always is");
    assert!(refused.to_string().contains("x.toml: standing: is said of an indicator with a window"), "{refused}");
}
