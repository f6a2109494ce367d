//! Recommendations: which rules an organisation's answers meet, and which approaches these speak for.

use super::{
    assessment::Assessment,
    rules::{PlanningRules, Rule, StartingSituation},
};
use crate::model::names;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

names! {
    /// In which order, and in how many pieces, the two standards are brought in.
    pub enum Approach {
        /// ISO/IEC 27001, then ISO/IEC 20000-1.
        IsmsFirst = "isms_first",
        /// ISO/IEC 20000-1, then ISO/IEC 27001.
        SmsFirst = "sms_first",
        /// Both in one project.
        Concurrent = "concurrent",
        /// Two sub-projects side by side under one programme.
        Parallel = "parallel",
        /// Joining two systems that exist.
        Integrate = "integrate",
    }
}

/// Something the guide would have this organisation do, because of what it answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Recommendation {
    /// The rule it comes from.
    pub id: String,
    /// What is recommended, in our own words.
    pub advice: String,
    /// Why, in our own words.
    pub reason: String,
    /// The guide's clause.
    pub clause: String,
    /// The guidance point.
    pub guidance: String,
    /// The approach it speaks for, if it is about that.
    pub approach: Option<Approach>,
    /// The answers that led to it; none if it holds for everyone in this situation.
    pub because_of: Vec<String>,
}

/// An approach that something speaks for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApproachOption {
    /// Which one.
    pub approach: Approach,
    /// True for the one the phases follow.
    pub chosen: bool,
    /// The ids of the recommendations that speak for it; empty if only the organisation's own decision does.
    pub recommended_by: Vec<String>,
}

/// The rules that hold, in the order of the data. A rule for otherwise holds if no other speaks for an approach.
pub(super) fn holding<'a>(
    rules: &'a PlanningRules,
    situation: StartingSituation,
    assessment: &Assessment,
) -> Vec<(&'a Rule, Vec<&'static str>)> {
    let here = rules.rules.iter().filter(|rule| rule.situations.contains(&situation));
    let mut holding: Vec<_> =
        here.filter_map(|rule| rule.when.met_by(assessment).map(|because_of| (rule, because_of))).collect();
    if holding.iter().any(|(rule, _)| rule.approach.is_some() && !rule.otherwise) {
        holding.retain(|(rule, _)| !rule.otherwise);
    }
    holding
}

/// The approaches that recommendations speak for, and the one decided upon. Chosen is what is decided; otherwise what
/// most speak for, and of equals the one whose rule stands first.
pub(super) fn approaches(recommendations: &[Recommendation], decided: Option<Approach>) -> Vec<ApproachOption> {
    let mut options: Vec<ApproachOption> = Vec::new();
    for recommendation in recommendations {
        let Some(approach) = recommendation.approach else { continue };
        match options.iter_mut().find(|option| option.approach == approach) {
            Some(option) => option.recommended_by.push(recommendation.id.clone()),
            None => {
                let recommended_by = vec![recommendation.id.clone()];
                options.push(ApproachOption { approach, chosen: false, recommended_by });
            }
        }
    }
    if let Some(approach) = decided.filter(|decided| options.iter().all(|option| option.approach != *decided)) {
        options.push(ApproachOption { approach, chosen: false, recommended_by: Vec::new() });
    }
    let most = options.iter().map(|option| option.recommended_by.len()).max().unwrap_or_default();
    let chosen = options.iter_mut().find(|option| match decided {
        Some(decided) => option.approach == decided,
        None => option.recommended_by.len() == most,
    });
    if let Some(option) = chosen {
        option.chosen = true;
    }
    options
}
