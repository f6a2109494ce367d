//! Conclusions from judged records: verdicts, requirement and joint status, supplier risk. Values in, values out.

mod conformity;
mod evidence;
mod joint;
mod phases;
mod requirement;
mod rules;
pub mod supplier_risk;
mod verdict;

pub use conformity::{
    Conformity, EditionConformity, GroupConformity, JointConformity, StatusCounts, conformity, worst,
};
pub use evidence::{
    DocumentEvidence, DocumentState, Evidence, Finding, IndicatorResult, Shown, document_evidence, open_findings, shown,
};
pub use joint::{JointRow, Precision, RangeCounts, ReferenceStatus, joint_of, joint_rows};
pub use phases::{Phase, PhaseConformity, phase};
pub use requirement::{
    Basis, Coverage, RequirementStatus, TopicState, TopicStatus, own_status, requirement_statuses, roll_up,
};
pub use rules::{Checkpoints, Feed, Rules, SourceList, SourceRules};
pub use verdict::{Freshness, verdict};
