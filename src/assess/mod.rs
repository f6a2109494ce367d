//! Conclusions from judged records: verdicts, requirement and joint status, supplier risk. Values in, values out.

mod applicability;
pub mod assets;
pub mod changes;
mod conformity;
mod coverage;
mod decisions;
mod evidence;
pub mod incidents;
mod joint;
pub mod mends;
mod period;
mod phases;
mod processes;
mod relations;
mod requirement;
pub mod risks;
mod rules;
mod sample;
mod scope;
mod scope_survey;
pub mod service_report;
pub mod supplier_risk;
mod topic;
mod verdict;

pub use applicability::{ControlNeed, NeededBy, control_needs, controls};
pub use conformity::{
    Conformity, EditionConformity, GroupConformity, JointConformity, StatusCounts, conformity, worst,
};
pub use coverage::{EvidenceSort, OtherEvidence, Otherwise, RequirementCoverage, TopicCoverage, coverage};
pub use decisions::*;
pub use evidence::{
    Circumstance, CircumstanceKind, DocumentEvidence, DocumentState, Evidence, Failing, Finding, IndicatorResult,
    ScopeNesting, Shown, bound_documents, document_evidence, open_findings, shown, verdict_without, with_decided,
};
pub use incidents::{ClassBasis, ClassCounts, ClassOverride, ClassificationRules, EvidenceCourse};
pub use joint::{JointRow, Precision, RangeCounts, ReferenceStatus, joint_of, joint_rows};
pub use period::Period;
pub use phases::{CyclePhase, PhaseConformity, phase};
pub use processes::{AspectAnswer, GovernanceAspect, OperatedProcess, is_in_force, operated_processes, turns};
pub use relations::{Inference, contradiction, crossing, indicators_to_list};
pub use requirement::{
    Coverage, DeterminationStatus, RequirementStatus, graded, own_status, requirement_statuses, roll_up,
};
pub use risks::{AcceptedLevels, RiskSettings};
pub use rules::{Checkpoints, Feed, Rules, SourceList, SourceRules};
pub use sample::draw;
pub use scope::{Membership, Scopes, concerned, labelled, linked};
pub use scope_survey::{
    Alignment, Closure, Containment, Contribution, Outside, Overlap, Standing, Survey, provides, scope_circumstances,
    standing,
};
pub use topic::{Basis, TopicState, TopicStatus};
pub use verdict::{Freshness, verdict};
