//! What the evidence on a topic, or bound to a requirement, says within one management system.

use super::decisions::{Attestation, Determination, GovernedProcess, Stance};
use super::evidence::{Circumstance, DocumentEvidence, DocumentState, Evidence, IndicatorResult};
use crate::model::{RecordId, Status, System, Timestamp, Verdict, names};
use crate::standards::{Requirement, RequirementId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

names! {
    /// What the evidence on a topic says, worst first.
    pub enum TopicState {
        /// An indicator breached, or an adverse attestation stands, and nobody determined yet what that means.
        Breach = "breach",
        /// The same, and a named person determined what it is.
        Settled = "settled",
        /// An indicator lapsed, or the review of a document is overdue.
        Lapse = "lapse",
        /// Records fail that an accepted deviation waives.
        Waived = "waived",
        /// Fresh favourable evidence, and nothing adverse.
        Favourable = "favourable",
        /// No evidence that counts now.
        NoEvidence = "no_evidence",
    }
}

impl TopicState {
    /// What it makes of a requirement that asks for nothing else.
    pub const fn status(self) -> Status {
        match self {
            Self::Breach => Status::PotentialNonconformity,
            Self::Settled | Self::Lapse | Self::Waived => Status::Concern,
            Self::Favourable => Status::Conforming,
            Self::NoEvidence => Status::NotAssessed,
        }
    }
}

names! {
    /// What a status rests on, the strongest first.
    pub enum Basis {
        /// Operation: what records show, findings among them.
        Records = "records",
        /// Intent alone: documents in force or overdue.
        Documents = "documents",
        /// Another party runs the process: its governance and agreement alone.
        Governance = "governance",
        /// What people state alone.
        Attested = "attested",
        /// A declared relation to another requirement alone.
        Inferred = "inferred",
    }
}

/// What is known about a topic within one management system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicStatus {
    /// The topic's id; the requirement's full reference for evidence bound to it directly.
    pub topic: String,
    /// What its evidence says.
    pub state: TopicState,
    /// What the state rests on; null without evidence.
    pub basis: Option<Basis>,
    /// True if a result is out of date: adverse, it still counts; favourable, it no longer does.
    pub stale: bool,
    /// What every enabled indicator of the topic says.
    pub indicators: Vec<IndicatorResult>,
    /// Every document that serves the topic, approved or not.
    pub documents: Vec<DocumentEvidence>,
    /// What people state of it, whether or not it counts.
    pub attestations: Vec<Attestation>,
}

impl TopicStatus {
    /// The ids of adverse attestations.
    pub fn objections(&self) -> impl Iterator<Item = &String> {
        let adverse = |attestation: &&Attestation| attestation.stance == Stance::NotFulfilled;
        self.attestations.iter().filter(adverse).map(|attestation| &attestation.id)
    }
}

impl Circumstance {
    /// What it makes of the requirement it speaks against.
    pub const fn state(&self) -> TopicState {
        if self.settled { TopicState::Settled } else { TopicState::Breach }
    }
}

/// The evidence by what it is asked for.
pub(super) struct Topics<'a> {
    evidence: &'a Evidence,
    indicators: HashMap<(System, &'a str), Vec<&'a IndicatorResult>>,
    by_id: HashMap<(System, &'a str), &'a IndicatorResult>,
    documents: HashMap<&'a str, Vec<&'a DocumentEvidence>>,
    determinations: HashMap<&'a RequirementId, Vec<&'a Determination>>,
    waived: HashMap<&'a str, BTreeSet<RecordId>>,
}

/// Who asks: a requirement, with what was decided on it.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub node: &'a Requirement,
    pub system: System,
    /// The declaration that another party runs the process, if it holds.
    pub governed: Option<&'a GovernedProcess>,
}

impl<'a> Topics<'a> {
    pub fn new(evidence: &'a Evidence) -> Self {
        let mut topics = Self {
            evidence,
            indicators: HashMap::new(),
            by_id: HashMap::new(),
            documents: HashMap::new(),
            determinations: HashMap::new(),
            waived: HashMap::new(),
        };
        for result in &evidence.indicators {
            topics.indicators.entry((result.system, &result.topic)).or_default().push(result);
            topics.by_id.insert((result.system, &result.indicator), result);
        }
        for document in &evidence.documents {
            topics.documents.entry(&document.topic).or_default().push(document);
        }
        for determination in &evidence.decisions.determinations {
            topics.determinations.entry(&determination.requirement).or_default().push(determination);
        }
        for waiver in evidence.decisions.deviations.iter().flat_map(|deviation| &deviation.waives) {
            topics.waived.entry(&waiver.indicator).or_default().insert(waiver.record);
        }
        topics
    }

    /// The determinations on a requirement.
    pub fn determinations(&self, requirement: &RequirementId) -> &[&'a Determination] {
        self.determinations.get(requirement).map_or(&[], Vec::as_slice)
    }

    /// What is known about one of a requirement's topics.
    pub fn status(&self, asker: Asker<'_>, topic: &str) -> TopicStatus {
        let indicators = self.indicators.get(&(asker.system, topic)).into_iter().flatten().copied().collect();
        let attestations = self.evidence.decisions.attestations.iter().filter(|attestation| {
            let of_topic = attestation.topic.as_deref().is_none_or(|of| of == topic);
            let of_requirement = attestation.requirement.as_ref().is_none_or(|of| *of == asker.node.id);
            of_topic && of_requirement
        });
        self.judge(asker, topic, indicators, attestations.collect())
    }

    /// What is known from evidence bound to a requirement that has no topics; `None` if nothing is bound.
    pub fn bound(&self, asker: Asker<'_>) -> Option<TopicStatus> {
        let decisions = &self.evidence.decisions;
        let bindings = decisions.bindings.iter().filter(|binding| binding.requirement == asker.node.id);
        let ids: BTreeSet<&str> = bindings.flat_map(|binding| &binding.indicators).map(String::as_str).collect();
        let indicators: Vec<_> =
            ids.into_iter().filter_map(|id| self.by_id.get(&(asker.system, id)).copied()).collect();
        let attestations: Vec<_> = decisions
            .attestations
            .iter()
            .filter(|attestation| attestation.requirement.as_ref() == Some(&asker.node.id))
            .collect();
        let name = asker.node.id.as_str();
        let found = !indicators.is_empty() || !attestations.is_empty() || self.documents.contains_key(name);
        (found && asker.node.topics.is_empty()).then(|| self.judge(asker, name, indicators, attestations))
    }

    /// What adverse evidence says first; then operation, intent, governance, and what is stated.
    fn judge(
        &self,
        asker: Asker<'_>,
        topic: &str,
        indicators: Vec<&IndicatorResult>,
        attestations: Vec<&Attestation>,
    ) -> TopicStatus {
        let documents = self.documents.get(topic).map_or(&[][..], Vec::as_slice);
        let determinations = self.determinations(&asker.node.id);
        let says = |verdict| indicators.iter().any(|result| result.verdict == verdict);
        let is = |state| documents.iter().any(|document| document.state == state);
        let breaches: Vec<bool> = indicators
            .iter()
            .filter(|result| result.verdict == Verdict::Breach)
            .map(|result| determinations.iter().any(|determination| self.covers(determination, result)))
            .collect();
        let objections: Vec<bool> = attestations
            .iter()
            .filter(|attestation| attestation.stance == Stance::NotFulfilled)
            .map(|attestation| {
                determinations.iter().any(|determination| determination.covers.attestations.contains(&attestation.id))
            })
            .collect();
        let silent = indicators.iter().all(|result| result.verdict == Verdict::NoOccurrence);
        let attested = attestations.iter().any(|a| a.stance == Stance::Fulfilled && !a.stale);
        // Where records and people object alike, it rests on records.
        let objected = if breaches.is_empty() { Basis::Attested } else { Basis::Records };
        let (state, basis) = if breaches.contains(&false) || objections.contains(&false) {
            let basis = if breaches.contains(&false) { Basis::Records } else { objected };
            (TopicState::Breach, Some(basis))
        } else if !breaches.is_empty() || !objections.is_empty() {
            (TopicState::Settled, Some(objected))
        } else if says(Verdict::Lapse) {
            (TopicState::Lapse, Some(Basis::Records))
        } else if is(DocumentState::ReviewOverdue) {
            (TopicState::Lapse, Some(Basis::Documents))
        } else if indicators.iter().any(|result| result.waived > 0) {
            (TopicState::Waived, Some(Basis::Records))
        } else if indicators.iter().any(|result| result.verdict == Verdict::Met && result.fresh) {
            (TopicState::Favourable, Some(Basis::Records))
        } else if is(DocumentState::InForce) && silent {
            (TopicState::Favourable, Some(Basis::Documents))
        } else if asker.governed.is_some() {
            (TopicState::Favourable, Some(Basis::Governance))
        } else if attested {
            (TopicState::Favourable, Some(Basis::Attested))
        } else {
            (TopicState::NoEvidence, None)
        };
        TopicStatus {
            topic: topic.into(),
            state,
            basis,
            stale: indicators.iter().any(|result| result.is_stale())
                || attestations.iter().any(|attestation| attestation.stale),
            indicators: indicators.into_iter().cloned().collect(),
            documents: documents.iter().map(|document| (*document).clone()).collect(),
            attestations: attestations.into_iter().cloned().collect(),
        }
    }

    /// True if a determination was made on this breach: it names the indicator, and every record that fails now and is
    /// not waived was among those it was made on and has failed since. What is not known is new.
    pub fn covers(&self, determination: &Determination, result: &IndicatorResult) -> bool {
        let Some(covered) = determination.covers.indicators.get(&result.indicator) else { return false };
        let none = BTreeMap::new();
        let failing = self.failing(&result.indicator, result.system).unwrap_or(&none);
        let is_known =
            |(record, since): (&RecordId, &Timestamp)| covered.contains(record) && *since <= determination.made_at;
        let waived = self.waived.get(result.indicator.as_str());
        failing.len() as u64 == result.tally.failing
            && failing.iter().filter(|(record, _)| waived.is_none_or(|waived| !waived.contains(record))).all(is_known)
    }

    fn failing(&self, indicator: &str, system: System) -> Option<&'a BTreeMap<RecordId, Timestamp>> {
        self.evidence.failing.get(&(indicator.to_owned(), system))
    }

    /// How many records that are not waived fail an indicator in both systems' scopes.
    pub fn failing_in_both(&self, indicator: &str, one: System, other: System) -> u64 {
        let (Some(here), Some(there)) = (self.failing(indicator, one), self.failing(indicator, other)) else {
            return 0;
        };
        let waived = self.waived.get(indicator);
        let counts =
            |record: &&RecordId| there.contains_key(record) && waived.is_none_or(|waived| !waived.contains(record));
        here.keys().filter(counts).count() as u64
    }

    /// The circumstances that speak against a requirement, each settled or not.
    pub fn circumstances<'b>(
        &self,
        all: impl IntoIterator<Item = &'b Circumstance>,
        requirement: &RequirementId,
    ) -> Vec<Circumstance> {
        let determinations = self.determinations(requirement);
        let settled = |circumstance: &Circumstance| {
            let key = circumstance.key();
            Circumstance {
                settled: determinations.iter().any(|d| d.covers.circumstances.contains(&key)),
                ..circumstance.clone()
            }
        };
        all.into_iter().filter(|circumstance| circumstance.requirement == *requirement).map(settled).collect()
    }
}
