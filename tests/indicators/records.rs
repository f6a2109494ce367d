//! Records, instants and chance for the cases of this folder.

use concord::{
    indicators::{Answer, Expression, Facts},
    model::{Body, Record, RecordId, RecordKind, Reference, RelationTo, RelationType, Timestamp},
};
use serde_json::{Value, json};

pub const SOURCE: &str = "desk";

/// The ids of all topics that indicators of the program may serve.
pub const TOPICS: &[&str] = &[
    "asset-inventory",
    "availability-and-backup",
    "awareness",
    "capacity",
    "change-control",
    "change-security-impact",
    "communication",
    "competence",
    "configuration-accuracy",
    "configuration-protection",
    "continuity",
    "corrective-action",
    "customer-relationship",
    "document-control",
    "emergency-change",
    "improvement",
    "incident-evidence",
    "incident-handling",
    "incident-trends",
    "interested-party-needs",
    "internal-audit",
    "legal-obligations",
    "major-incident",
    "management-review",
    "measurement",
    "objectives",
    "other-party-governance",
    "policy",
    "problem-management",
    "record-control",
    "release-acceptance",
    "resources",
    "restricted-incident",
    "risk-acceptance",
    "risk-assessment",
    "risk-treatment",
    "roles-and-authority",
    "security-classification",
    "security-review",
    "service-levels",
    "service-reporting",
    "service-transition",
    "supplier-agreement",
    "supplier-change",
    "supplier-review",
    "vulnerability-handling",
];

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn reference(kind: RecordKind, external_id: &str) -> Reference {
    Reference::new(kind, SOURCE, external_id)
}

/// A record; absent fields are unsupplied, null ones empty.
pub fn record(kind: RecordKind, external_id: &str, fields: Value) -> Record {
    let id = RecordId::of(kind, SOURCE, external_id);
    Record {
        id,
        source: SOURCE.into(),
        external_id: external_id.into(),
        url: None,
        source_updated_at: at("2026-01-01"),
        source_version: 0,
        synced_at: at("2026-01-01"),
        deleted_at: None,
        changed_seq: 0,
        canonical_id: id,
        body: Body::from_json(kind, fields).unwrap(),
        relations: Vec::new(),
        attributes: serde_json::Map::new(),
    }
}

/// The record with an edge more.
pub fn with_edge(mut record: Record, relation: RelationType, kind: RecordKind, to: &str) -> Record {
    record.relations.push(RelationTo { relation, to: reference(kind, to) });
    record
}

/// A ticket whose fields are named by the letters of `states`: T true, F false, E empty, U unsupplied.
pub fn flags(names: &[&str], states: &[char]) -> Record {
    let mut fields = json!({});
    for (name, state) in names.iter().zip(states) {
        match state {
            'T' => fields[*name] = json!(true),
            'F' => fields[*name] = json!(false),
            'E' => fields[*name] = Value::Null,
            _ => {}
        }
    }
    record(RecordKind::Ticket, "1", fields)
}

pub fn evaluate(text: &str, record: &Record, now: Timestamp) -> Answer {
    let expression = Expression::compile(text, record.body.kind()).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    expression.evaluate(&record.body, &Facts::default(), now)
}

/// Numbers that look random and are the same every time.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
