//! The integration planner: from an organisation's answers to its starting situation, an order, and a plan of items
//! that can be worked off. Values in, values out; what the guide says stands in the data, not here.

mod assessment;
mod contradictions;
mod items;
mod plan;
mod progress;
mod recommend;
mod roadmap;
mod rules;
mod steps;

pub use assessment::{
    Assessment, Driver, Emphasis, ExistingSystem, Governance, Maturity, OtherSystem, Reliance, ServiceProvision, Size,
    SystemCertificate, SystemScope, SystemsInPlace, Weight,
};
pub use items::{PlanItem, Section, Treatment, Work, WorkState};
pub use plan::{Phase, Plan, RiskOption, ScopeComparison, Situation, plan};
pub use progress::{PhaseProgress, Progress, WorkDecision, apply, progress};
pub use recommend::{Approach, ApproachOption, Recommendation};
pub use rules::{PlanningRules, Stage, StartingSituation};
