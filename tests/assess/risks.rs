//! One register of risks for both standards, in a small organisation worked out by hand.

use super::fixture::{record, reference};
use concord::{
    assess::risks::{AcceptedLevels, RiskApproach, RiskFault, RiskRegister, RiskSettings, risk_register},
    model::{Graph, Record, RecordKind},
};
use serde_json::{Value, json};

crate::harness::cases![
    the_approach_is_enforced,
    risks_are_called_by_the_approach,
    acceptance_is_by_who_may,
    treatments_that_clash_are_shown,
    customers_stand_beside_the_organisation,
    settings_are_checked,
];

fn settings(approach: RiskApproach) -> RiskSettings {
    RiskSettings {
        approach,
        acceptable_security_level: 3,
        acceptable_service_level: 2,
        acceptable_item_rating: 8,
        accepts: AcceptedLevels { confidentiality: Some(40), integrity: Some(40), availability: None },
    }
}

fn risk(external_id: &str, fields: Value) -> Record {
    let mut all = json!({"title": external_id, "domain": "security", "method": "common", "status": "assessed", "treatment": "modify"});
    all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
    record(RecordKind::Risk, external_id, all)
}

fn register(records: &[Record], approach: RiskApproach) -> RiskRegister {
    risk_register(&Graph::new(records, []), &settings(approach))
}

fn faults(register: &RiskRegister, external_id: &str) -> Vec<RiskFault> {
    let risk = register.risks.iter().find(|risk| risk.risk.external_id == external_id).expect("the risk");
    risk.problems.iter().map(|problem| problem.fault).collect()
}

fn the_approach_is_enforced() {
    let records = [
        risk("alpha", json!({"domain": "security", "method": "security"})),
        risk("bravo", json!({"domain": "both", "method": "common"})),
        risk("charlie", json!({"domain": null})),
        risk("delta", json!({"domain": "service", "method": null})),
    ];
    let of = |approach| {
        let register = register(&records, approach);
        ["alpha", "bravo", "charlie", "delta"].map(|name| faults(&register, name))
    };
    use RiskFault::*;
    assert_eq!(of(RiskApproach::Common), [vec![MethodNotOfApproach], vec![], vec![DomainMissing], vec![MethodMissing]]);
    assert_eq!(of(RiskApproach::Separate), [vec![], vec![NotSplit], vec![DomainMissing], vec![MethodMissing]]);
    assert_eq!(of(RiskApproach::Hybrid), [vec![], vec![], vec![DomainMissing], vec![MethodMissing]]);
    let counts = register(&records, RiskApproach::Common).counts;
    assert_eq!((counts.shared, counts.security_only, counts.service_only, counts.without_domain), (1, 1, 1, 1));
}

fn risks_are_called_by_the_approach() {
    let records = [risk("alpha", json!({"domain": "security"})), risk("bravo", json!({"domain": "both"}))];
    let called = |approach| {
        let register = register(&records, approach);
        let of =
            |name: &str| register.risks.iter().find(|risk| risk.risk.external_id == name).expect("it").called.clone();
        [of("alpha"), of("bravo")]
    };
    assert_eq!(called(RiskApproach::Common), ["risk", "risk"]);
    assert_eq!(called(RiskApproach::Hybrid), ["information security risk", "risk"]);
    assert_eq!(called(RiskApproach::Separate)[1], "information security risk and service risk");
}

fn acceptance_is_by_who_may() {
    let treated = |external_id: &str, fields: Value| {
        let mut all = json!({"status": "treated", "assessed_at": "2026-02-01", "residual_level": 2});
        all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        risk(external_id, all)
    };
    let records = [
        treated("accepted", json!({"owner_accepted_at": "2026-02-02"})),
        treated("void", json!({"owner_accepted_at": "2026-01-02"})),
        treated("half", json!({"domain": "both", "owner_accepted_at": "2026-02-02"})),
        treated("customers", json!({"owner_accepted_at": "2026-02-02", "customer_acceptance_required": true})),
        treated(
            "high",
            json!({"domain": "service", "service_authority_accepted_at": "2026-02-02", "residual_level": 3}),
        ),
        treated("supplied", json!({"owner": "Cloud Ltd", "owner_accepted_at": "2026-02-02"})),
        risk("retained", json!({"treatment": "retain"})),
        risk("under-way", json!({})),
        record(RecordKind::Party, "cloud", json!({"name": "Cloud Ltd", "role": "supplier"})),
    ];
    let register = register(&records, RiskApproach::Common);
    let expected = [
        ("accepted", vec![]),
        ("void", vec![RiskFault::AcceptanceVoid]),
        ("half", vec![RiskFault::NotAccepted]),
        ("customers", vec![RiskFault::NotAccepted]),
        ("high", vec![RiskFault::AboveCriteria]),
        ("supplied", vec![RiskFault::OwnedBySupplier]),
        ("retained", vec![RiskFault::NotAccepted]),
        ("under-way", vec![]),
    ];
    for (name, wanted) in expected {
        assert_eq!(faults(&register, name), wanted, "{name}");
    }
}

fn treatments_that_clash_are_shown() {
    let web = || json!([reference(RecordKind::Service, "web")]);
    let records = [
        risk("Old gateway is broken into", json!({"services": web(), "treatment": "avoid"})),
        risk(
            "Customers lose data",
            json!({"services": web(), "treatment": "modify", "controls": ["iso27001-2013/A.12.3.1"]}),
        ),
        risk(
            "Backups are missing",
            json!({"services": web(), "treatment": "modify", "controls": ["iso27001-2013/A.12.3.1"]}),
        ),
        risk("Power fails in Leeds hall", json!({})),
        risk("Power fails in the Leeds hall", json!({"treatment": "retain", "owner_accepted_at": "2026-01-01"})),
        risk("Something else", json!({"treatment": "avoid"})),
    ];
    let register = register(&records, RiskApproach::Common);
    use RiskFault::*;
    assert_eq!(faults(&register, "Old gateway is broken into"), [ContradictoryTreatment, ContradictoryTreatment]);
    let data = faults(&register, "Customers lose data");
    assert!(
        data.contains(&ContradictoryTreatment) && data.contains(&DuplicateTreatment) && data.len() == 2,
        "{data:?}"
    );
    assert_eq!(faults(&register, "Power fails in Leeds hall"), [DuplicateRisk]);
    assert!(faults(&register, "Something else").is_empty(), "nothing shared, nothing contradicted");
}

fn customers_stand_beside_the_organisation() {
    let records = [
        record(
            RecordKind::Party,
            "hospital",
            json!({"role": "customer", "accepts_confidentiality_risk": 20, "accepts_integrity_risk": 40, "accepts_availability_risk": 10}),
        ),
        record(RecordKind::Party, "supplier", json!({"role": "supplier"})),
        risk("theirs", json!({"customer": reference(RecordKind::Party, "hospital")})),
        risk("ours", json!({})),
    ];
    let register = register(&records, RiskApproach::Common);
    assert_eq!(register.customers.len(), 1);
    let hospital = &register.customers[0];
    assert_eq!(hospital.gaps, ["confidentiality"], "40 against 20; alike for integrity; nothing said of availability");
    assert_eq!(hospital.risks.iter().map(|risk| risk.external_id.as_str()).collect::<Vec<_>>(), ["theirs"]);
}

fn settings_are_checked() {
    let wrong = RiskSettings { acceptable_security_level: 6, ..settings(RiskApproach::Common) };
    let mut problems = Vec::new();
    wrong.check(&mut problems);
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("risks.acceptable_security_level") && problems[0].contains("1 to 5"), "{problems:?}");
}
