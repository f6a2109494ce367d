//! Conclusions from judged records: verdicts, requirement and joint status, supplier risk. Values in, values out.

pub mod assets;
pub mod changes;
mod conformity;
mod coverage;
mod evidence;
pub mod incidents;
mod joint;
pub mod mends;
mod period;
mod phases;
mod requirement;
pub mod risks;
mod rules;
pub mod service_report;
pub mod supplier_risk;
mod verdict;

pub use conformity::{
    Conformity, EditionConformity, GroupConformity, JointConformity, StatusCounts, conformity, worst,
};
pub use coverage::{EvidenceSort, OtherEvidence, Otherwise, RequirementCoverage, TopicCoverage, coverage};
pub use evidence::{
    DocumentEvidence, DocumentState, Evidence, Finding, IndicatorResult, Shown, document_evidence, open_findings, shown,
};
pub use incidents::{ClassBasis, ClassCounts, ClassOverride, ClassificationRules, EvidenceCourse};
pub use joint::{JointRow, Precision, RangeCounts, ReferenceStatus, joint_of, joint_rows};
pub use period::Period;
pub use phases::{Phase, PhaseConformity, phase};
pub use requirement::{
    Basis, Coverage, RequirementStatus, TopicState, TopicStatus, own_status, requirement_statuses, roll_up,
};
pub use risks::RiskSettings;
pub use rules::{Checkpoints, Feed, Rules, SourceRules};
pub use verdict::{Freshness, verdict};
