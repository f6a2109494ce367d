//! One register of risks for both standards (ISO/IEC 27013, 6.2.3 and 6.2.4): the organisation's approach and whether
//! each risk keeps to it, acceptance by those who may, treatments that contradict or repeat each other, and what
//! customers accept beside what the organisation does.

use crate::{
    error::Problem,
    model::{
        Body, Graph, PartyRole, Record, RecordBrief, RecordId, RecordKind, Risk, RiskDomain, RiskMethod, RiskStatus,
        RiskTreatment, Timestamp, names,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// From which share of common words on two statements are taken for one risk.
const ALIKE: f64 = 0.7;

names! {
    /// How the organisation assesses risks to information security and to services (ISO/IEC 27013, 6.2.3).
    pub enum RiskApproach {
        /// One method and one vocabulary for all risks.
        Common = "common",
        /// A method and a vocabulary for each management system.
        Separate = "separate",
        /// A common method for risks of both, an own one for the others.
        Hybrid = "hybrid",
    }
}

/// `[risks]`: how the organisation assesses risks and what it accepts.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskSettings {
    /// Common, separate or hybrid.
    pub approach: RiskApproach,
    /// The highest level of residual risk to information security that may be accepted, 1 to 5.
    pub acceptable_security_level: i64,
    /// The highest level of residual risk to services that may be accepted, 1 to 5.
    pub acceptable_service_level: i64,
    /// The highest rating of a configuration item that is acceptable: need for protection times likelihood, 0 to 15.
    pub acceptable_item_rating: i64,
    /// The residual risk the organisation accepts, 0 to 100, by dimension; beside what customers accept.
    pub accepts: AcceptedLevels,
}

impl RiskSettings {
    /// Adds what is out of range.
    pub fn check(&self, problems: &mut Vec<Problem>) {
        let levels = [
            ("acceptable_security_level", Some(self.acceptable_security_level), 1..=5),
            ("acceptable_service_level", Some(self.acceptable_service_level), 1..=5),
            ("acceptable_item_rating", Some(self.acceptable_item_rating), 0..=15),
            ("accepts.confidentiality", self.accepts.confidentiality, 0..=100),
            ("accepts.integrity", self.accepts.integrity, 0..=100),
            ("accepts.availability", self.accepts.availability, 0..=100),
        ];
        for (key, level, range) in levels {
            if level.is_some_and(|level| !range.contains(&level)) {
                let rule = format!("a whole number from {} to {} is expected", range.start(), range.end());
                problems.push(Problem::new(format!("risks.{key}"), rule));
            }
        }
    }
}

/// Levels of residual risk that are accepted, 0 to 100; null where nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedLevels {
    /// Of confidentiality.
    pub confidentiality: Option<i64>,
    /// Of integrity.
    pub integrity: Option<i64>,
    /// Of availability.
    pub availability: Option<i64>,
}

names! {
    /// What is wrong with a risk's entry.
    pub enum RiskFault {
        /// It does not say whose criteria apply.
        DomainMissing = "domain_missing",
        /// It does not say by which method it was assessed.
        MethodMissing = "method_missing",
        /// The method is none that the approach has for its domain.
        MethodNotOfApproach = "method_not_of_approach",
        /// Under separate methods a risk of both is two risks.
        NotSplit = "not_split",
        /// Somebody who has to accept what is left has not.
        NotAccepted = "not_accepted",
        /// Accepted before it was last assessed.
        AcceptanceVoid = "acceptance_void",
        /// Its owner is a supplier, who may not accept it.
        OwnedBySupplier = "owned_by_supplier",
        /// What is left is more than the criteria allow.
        AboveCriteria = "above_criteria",
        /// It is treated in one way here, and in a way that rules it out there.
        ContradictoryTreatment = "contradictory_treatment",
        /// The same treatment is planned for the same thing twice.
        DuplicateTreatment = "duplicate_treatment",
        /// It is in the register twice.
        DuplicateRisk = "duplicate_risk",
    }
}

/// Something wrong with a risk's entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RiskProblem {
    /// What is wrong.
    pub fault: RiskFault,
    /// In a sentence, with what to do.
    pub says: String,
    /// The other risks it concerns.
    pub with: Vec<RecordBrief>,
}

/// A risk in the register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegisteredRisk {
    /// The risk.
    pub risk: RecordBrief,
    /// What it is called under the organisation's approach: the term a reader of either standard understands.
    pub called: String,
    /// Whose criteria apply.
    pub domain: Option<RiskDomain>,
    /// The method it was assessed by.
    pub method: Option<RiskMethod>,
    /// The risk owner.
    pub owner: Option<String>,
    /// Likelihood times impact, 1 to 25; null if one is missing.
    pub level: Option<i64>,
    /// What is left after treatment, 1 to 5.
    pub residual_level: Option<i64>,
    /// What is done about it.
    pub treatment: Option<RiskTreatment>,
    /// Where it is in its life.
    pub status: Option<RiskStatus>,
    /// The customer it concerns, where it is one customer's.
    pub customer: Option<RecordId>,
    /// What is wrong with it.
    pub problems: Vec<RiskProblem>,
}

/// What a customer accepts beside what the organisation does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LevelsSideBySide {
    /// The customer.
    pub customer: RecordBrief,
    /// What the customer accepts.
    pub customer_accepts: AcceptedLevels,
    /// What the organisation accepts.
    pub organisation_accepts: AcceptedLevels,
    /// The dimensions in which the organisation accepts more than the customer: to be settled.
    pub gaps: Vec<String>,
    /// Open risks that are this customer's.
    pub risks: Vec<RecordBrief>,
}

/// How many open risks belong to which management system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RiskCounts {
    /// Of both.
    pub shared: u64,
    /// Of information security only.
    pub security_only: u64,
    /// Of services only.
    pub service_only: u64,
    /// Without a domain.
    pub without_domain: u64,
}

/// The register with what is wrong in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RiskRegister {
    /// The organisation's approach.
    pub approach: RiskApproach,
    /// How many risks are open.
    pub counts: RiskCounts,
    /// The open risks, the highest level first.
    #[serde(rename = "items")]
    pub risks: Vec<RegisteredRisk>,
    /// What every customer accepts beside what the organisation does.
    pub customers: Vec<LevelsSideBySide>,
}

/// The register of open risks, and what is wrong in it.
pub fn risk_register(graph: &Graph<'_>, settings: &RiskSettings) -> RiskRegister {
    let open: Vec<(&Record, &Risk)> =
        graph.live(RecordKind::Risk).filter_map(|record| Some((record, open(record)?))).collect();
    let suppliers: BTreeSet<&str> = graph.live(RecordKind::Party).filter_map(supplier).collect();
    let mut counts = RiskCounts::default();
    let mut risks = Vec::with_capacity(open.len());
    for (record, risk) in &open {
        counts.add(risk.domain.get().copied());
        let mut problems = method_problems(risk, settings.approach);
        problems.extend(acceptance_problems(risk, &suppliers, settings));
        problems.extend(
            open.iter().filter(|(other, _)| other.id != record.id).filter_map(|other| clash((record, risk), *other)),
        );
        risks.push(registered(record, risk, settings.approach, problems));
    }
    risks.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.risk.external_id.cmp(&b.risk.external_id)));
    let mut customers: Vec<LevelsSideBySide> =
        graph.live(RecordKind::Party).filter_map(|party| side_by_side(party, &open, settings)).collect();
    customers.sort_by(|a, b| a.customer.external_id.cmp(&b.customer.external_id));
    RiskRegister { approach: settings.approach, counts, risks, customers }
}

/// The fields of a risk that is not closed.
pub(super) fn open(record: &Record) -> Option<&Risk> {
    match &record.body {
        Body::Risk(risk) if record.canonical_id == record.id && risk.status.get() != Some(&RiskStatus::Closed) => {
            Some(risk)
        }
        _ => None,
    }
}

fn supplier(record: &Record) -> Option<&str> {
    match &record.body {
        Body::Party(party) if party.role.get() == Some(&PartyRole::Supplier) => party.name.get().map(String::as_str),
        _ => None,
    }
}

fn registered(record: &Record, risk: &Risk, approach: RiskApproach, problems: Vec<RiskProblem>) -> RegisteredRisk {
    let domain = risk.domain.get().copied();
    let level =
        risk.likelihood.get().zip(risk.impact.get()).map(|(likelihood, impact)| likelihood.get() * impact.get());
    RegisteredRisk {
        risk: RecordBrief::of(record),
        called: term(approach, domain).into(),
        domain,
        method: risk.method.get().copied(),
        owner: risk.owner.get().cloned(),
        level,
        residual_level: risk.residual_level.get().map(|level| level.get()),
        treatment: risk.treatment.get().copied(),
        status: risk.status.get().copied(),
        customer: risk.customer.get().map(|customer| customer.id),
        problems,
    }
}

/// What a risk is called: one word where one method is used, two where the methods differ.
const fn term(approach: RiskApproach, domain: Option<RiskDomain>) -> &'static str {
    match (approach, domain) {
        (RiskApproach::Common, _) | (RiskApproach::Hybrid, Some(RiskDomain::Both)) | (_, None) => "risk",
        (_, Some(RiskDomain::Security)) => "information security risk",
        (_, Some(RiskDomain::Service)) => "service risk",
        (RiskApproach::Separate, Some(RiskDomain::Both)) => "information security risk and service risk",
    }
}

fn problem(fault: RiskFault, says: impl Into<String>) -> RiskProblem {
    RiskProblem { fault, says: says.into(), with: Vec::new() }
}

fn method_problems(risk: &Risk, approach: RiskApproach) -> Vec<RiskProblem> {
    let Some(domain) = risk.domain.get().copied() else {
        return vec![problem(
            RiskFault::DomainMissing,
            "It does not say whether security, service or both is at risk.",
        )];
    };
    let wanted = match (approach, domain) {
        (RiskApproach::Common, _) | (RiskApproach::Hybrid, RiskDomain::Both) => RiskMethod::Common,
        (_, RiskDomain::Security) => RiskMethod::Security,
        (_, RiskDomain::Service) => RiskMethod::Service,
        (RiskApproach::Separate, RiskDomain::Both) => {
            let says = "The approach is separate: split it into an information security risk and a service risk.";
            return vec![problem(RiskFault::NotSplit, says)];
        }
    };
    match risk.method.get().copied() {
        None => vec![problem(RiskFault::MethodMissing, "It does not say by which method it was assessed.")],
        Some(method) if method != wanted => {
            let says = format!(
                "It was assessed by the {method} method; under the {approach} approach a risk to {domain} is assessed by \
                 the {wanted} one."
            );
            vec![problem(RiskFault::MethodNotOfApproach, says)]
        }
        Some(_) => Vec::new(),
    }
}

fn acceptance_problems(risk: &Risk, suppliers: &BTreeSet<&str>, settings: &RiskSettings) -> Vec<RiskProblem> {
    let mut problems = Vec::new();
    if let Some(owner) = risk.owner.get().filter(|owner| suppliers.contains(owner.as_str())) {
        let says = format!("{owner} is a supplier: a supplier may neither own nor accept the risk.");
        problems.push(problem(RiskFault::OwnedBySupplier, says));
    }
    let settled =
        risk.status.get() == Some(&RiskStatus::Treated) || risk.treatment.get() == Some(&RiskTreatment::Retain);
    if !settled {
        return problems;
    }
    let domain = risk.domain.get().copied();
    let security = matches!(domain, Some(RiskDomain::Security | RiskDomain::Both));
    let service = matches!(domain, Some(RiskDomain::Service | RiskDomain::Both));
    let by_customer = risk.customer_acceptance_required.get() == Some(&true);
    let needed = [
        (security, "the risk owner", risk.owner_accepted_at.get()),
        (service, "the authority of the service acceptance criteria", risk.service_authority_accepted_at.get()),
        (by_customer, "the customer", risk.customer_accepted_at.get()),
    ];
    for (_, who, accepted) in needed.into_iter().filter(|(needed, ..)| *needed) {
        problems.extend(acceptance_problem(who, accepted.copied(), risk.assessed_at.get().copied()));
    }
    let allowed = [
        (security, settings.acceptable_security_level, "information security"),
        (service, settings.acceptable_service_level, "services"),
    ];
    for (_, allowed, what) in allowed.into_iter().filter(|(concerned, ..)| *concerned) {
        if let Some(level) = risk.residual_level.get().map(|level| level.get()).filter(|level| *level > allowed) {
            let says = format!("What is left is {level}; the criteria for {what} allow {allowed}.");
            problems.push(problem(RiskFault::AboveCriteria, says));
        }
    }
    problems
}

fn acceptance_problem(who: &str, accepted: Option<Timestamp>, assessed: Option<Timestamp>) -> Option<RiskProblem> {
    match accepted {
        None => Some(problem(RiskFault::NotAccepted, format!("What is left has to be accepted by {who}."))),
        Some(accepted) if assessed.is_some_and(|assessed| accepted < assessed) => {
            let says = format!("It was assessed again after {who} had accepted it: the acceptance is void.");
            Some(problem(RiskFault::AcceptanceVoid, says))
        }
        Some(_) => None,
    }
}

/// What is wrong between a risk and another one.
fn clash((_, risk): (&Record, &Risk), (record, other): (&Record, &Risk)) -> Option<RiskProblem> {
    let (own, others) = (subjects(risk), subjects(other));
    let shared = !own.is_disjoint(&others);
    let with = vec![RecordBrief::of(record)];
    let same_subject = shared || own.is_empty() && others.is_empty();
    if same_subject && alike(risk, other) {
        let says = "The register has it twice: keep one, with the domain of both.".into();
        return Some(RiskProblem { fault: RiskFault::DuplicateRisk, says, with });
    }
    let (Some(one), Some(two)) = (risk.treatment.get(), other.treatment.get()) else { return None };
    if !shared {
        return None;
    }
    if (*one == RiskTreatment::Avoid) != (*two == RiskTreatment::Avoid) {
        let says = format!("One ends what the other keeps: it is treated by `{one}` here and by `{two}` there.");
        return Some(RiskProblem { fault: RiskFault::ContradictoryTreatment, says, with });
    }
    let controls = |risk: &Risk| -> BTreeSet<String> { risk.controls.get().into_iter().flatten().cloned().collect() };
    let (here, there) = (controls(risk), controls(other));
    if one == two && !here.is_empty() && here == there {
        let says = "The same controls are planned for the same thing twice: one treatment serves both.".into();
        return Some(RiskProblem { fault: RiskFault::DuplicateTreatment, says, with });
    }
    None
}

/// The services and items a risk concerns.
pub(super) fn subjects(risk: &Risk) -> BTreeSet<RecordId> {
    let lists = [risk.services.get(), risk.items.get()];
    lists.into_iter().flatten().flatten().map(|reference| reference.id).collect()
}

/// True if two statements say the same, by the words they have in common.
fn alike(one: &Risk, other: &Risk) -> bool {
    let words = |risk: &Risk| -> BTreeSet<String> {
        let title = risk.title.get().map_or("", String::as_str).to_lowercase();
        title.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).map(Into::into).collect()
    };
    let (one, other) = (words(one), words(other));
    let all = one.union(&other).count();
    all > 0 && one.intersection(&other).count() as f64 >= ALIKE * all as f64
}

fn side_by_side(party: &Record, open: &[(&Record, &Risk)], settings: &RiskSettings) -> Option<LevelsSideBySide> {
    let Body::Party(fields) = &party.body else { return None };
    if !matches!(fields.role.get(), Some(PartyRole::Customer | PartyRole::CustomerActingAsSupplier)) {
        return None;
    }
    let customer_accepts = AcceptedLevels {
        confidentiality: fields.accepts_confidentiality_risk.get().map(|level| level.get()),
        integrity: fields.accepts_integrity_risk.get().map(|level| level.get()),
        availability: fields.accepts_availability_risk.get().map(|level| level.get()),
    };
    let own = settings.accepts;
    let dimensions = [
        ("confidentiality", customer_accepts.confidentiality, own.confidentiality),
        ("integrity", customer_accepts.integrity, own.integrity),
        ("availability", customer_accepts.availability, own.availability),
    ];
    let gaps = dimensions
        .into_iter()
        .filter(|(_, theirs, ours)| theirs.zip(*ours).is_some_and(|(theirs, ours)| ours > theirs));
    let theirs = open.iter().filter(|(_, risk)| risk.customer.get().is_some_and(|customer| customer.id == party.id));
    Some(LevelsSideBySide {
        customer: RecordBrief::of(party),
        customer_accepts,
        organisation_accepts: own,
        gaps: gaps.map(|(name, ..)| name.into()).collect(),
        risks: theirs.map(|(record, _)| RecordBrief::of(record)).collect(),
    })
}

impl RiskCounts {
    fn add(&mut self, domain: Option<RiskDomain>) {
        *match domain {
            Some(RiskDomain::Both) => &mut self.shared,
            Some(RiskDomain::Security) => &mut self.security_only,
            Some(RiskDomain::Service) => &mut self.service_only,
            None => &mut self.without_domain,
        } += 1;
    }
}
