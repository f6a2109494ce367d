//! The answers' schemas say what their JSON says.

use concord::assess::supplier_risk::SupplierRisk;
use concord::assess::{Conformity, JointRow, RequirementStatus};
use concord::model::{JointStatus, Status};
use utoipa::{PartialSchema, ToSchema};

crate::harness::cases![enumerations_are_spelled_as_in_json, every_answer_is_described];

fn enumerations_are_spelled_as_in_json() {
    let spelled = |schema: utoipa::openapi::RefOr<utoipa::openapi::Schema>| {
        serde_json::to_value(schema).expect("JSON").pointer("/enum").cloned()
    };
    assert_eq!(spelled(Status::schema()), Some(serde_json::to_value(Status::ALL).expect("JSON")));
    assert_eq!(spelled(JointStatus::schema()), Some(serde_json::to_value(JointStatus::ALL).expect("JSON")));
}

fn every_answer_is_described() {
    let mut found = Vec::new();
    for collect in [Conformity::schemas, JointRow::schemas, RequirementStatus::schemas, SupplierRisk::schemas] {
        collect(&mut found);
    }
    assert!(found.len() > 30);
    for (name, schema) in found {
        let schema = serde_json::to_value(schema).expect("JSON");
        let described = schema.pointer("/description").is_some_and(|text| !text.as_str().unwrap_or("").is_empty());
        assert!(described || name == "Timestamp", "{name} has no description");
    }
}
