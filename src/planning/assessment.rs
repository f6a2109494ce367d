//! What an organisation tells the planner about itself.

use crate::model::{System, Timestamp, names};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

names! {
    /// Which of the two management systems exist.
    pub enum SystemsInPlace {
        /// Neither, though practice of some kind always exists.
        Neither = "none",
        Isms = "isms",
        Sms = "sms",
        /// Two systems that are not integrated.
        Both = "both",
    }
}

names! {
    /// How far an existing management system has come, least first.
    pub enum Maturity {
        /// Being built.
        Developing = "developing",
        /// In use, and not yet fulfilling every requirement.
        Operating = "operating",
        /// Fulfilling every requirement.
        Conforming = "conforming",
        /// Certified to fulfil them.
        Certified = "certified",
    }
}

names! {
    /// How much of the organisation provides services, to customers or within the house.
    pub enum ServiceProvision {
        Nothing = "none",
        Partly = "partly",
        /// The organisation is wholly a service provider.
        Wholly = "wholly",
    }
}

names! {
    /// How much of the services suppliers and other parties deliver.
    pub enum Reliance {
        Nothing = "none",
        Some = "some",
        Most = "most",
        All = "all",
    }
}

names! {
    /// Whether the processes other parties run are governed.
    pub enum Governance {
        Complete = "complete",
        Partial = "partial",
        Missing = "missing",
    }
}

names! {
    /// The organisation's size, by its own measure.
    pub enum Size {
        SinglePerson = "single_person",
        Small = "small",
        Medium = "medium",
        Large = "large",
    }
}

names! {
    /// How much something matters.
    pub enum Weight {
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

names! {
    /// Which of security and service matters more, from the weights of both.
    pub enum Emphasis {
        Security = "security",
        Service = "service",
        Even = "even",
    }
}

names! {
    /// Why the organisation wants the standards.
    pub enum Driver {
        CompetitivePosition = "competitive_position",
        CustomerDemand = "customer_demand",
        Regulation = "regulation",
        Efficiency = "efficiency",
        Incidents = "incidents",
    }
}

/// The state of an organisation that plans an integrated management system.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Which of the two systems exist; `isms` and `sms` describe them.
    pub management_systems: SystemsInPlace,
    /// The ISMS, where there is one.
    pub isms: Option<ExistingSystem>,
    /// The SMS, where there is one.
    pub sms: Option<ExistingSystem>,
    /// Management systems for other subjects.
    #[serde(default)]
    pub other_systems: Vec<OtherSystem>,
    /// The scope the ISMS is to have.
    pub proposed_isms_scope: Option<Scope>,
    /// The scope the SMS is to have.
    pub proposed_sms_scope: Option<Scope>,
    /// Whether practice exists that no formal system describes; absent: not known.
    pub informal_practice: Option<bool>,
    /// How much of the organisation provides services.
    pub service_provision: ServiceProvision,
    /// True if services are delivered to units of the same organisation.
    #[serde(default)]
    pub internal_delivery: bool,
    /// How much of the services suppliers and other parties deliver.
    pub supplier_reliance: Reliance,
    /// Only where other parties run processes; absent: not known.
    pub other_party_governance: Option<Governance>,
    /// How large the organisation is.
    pub size: Size,
    /// How much information security matters.
    pub security_importance: Weight,
    /// How much managing services matters.
    pub service_importance: Weight,
    /// How much hangs on assessing and treating risk.
    pub risk_criticality: Weight,
    #[serde(default)]
    /// Why the organisation wants the standards.
    pub drivers: Vec<Driver>,
    /// The standard that customers or regulators ask for first.
    pub demanded_standard: Option<System>,
    /// False if the work cannot be one project.
    #[serde(default = "yes")]
    pub single_project_possible: bool,
    /// The organisations that merge, at least two; empty if none do.
    #[serde(default)]
    pub merging_organizations: Vec<String>,
    /// The order decided upon, where recommendations pull apart or the organisation wants another.
    pub decided_approach: Option<super::Approach>,
}

fn yes() -> bool {
    true
}

/// A management system that exists.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExistingSystem {
    /// What it covers.
    pub scope: Scope,
    /// How far it has come.
    pub maturity: Maturity,
    /// Only for a certified system, which has one.
    pub certificate: Option<Certificate>,
    /// Which of the merging organisations has it.
    pub organization: Option<String>,
}

/// What certifies a system.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The certification body.
    pub issuer: String,
    /// When it expires, if that is known.
    pub valid_until: Option<Timestamp>,
}

/// What a system covers: the whole organisation, or what is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// True if everything is covered; then nothing else is named.
    pub whole_organization: bool,
    /// The services covered, by name.
    pub services: Vec<String>,
    /// The organisational units covered, by name.
    pub units: Vec<String>,
    /// The places covered, by name.
    pub sites: Vec<String>,
}

/// A management system for another subject, such as ISO 9001, ISO 14001 or ISO 22301.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherSystem {
    /// `ISO 9001`.
    pub standard: String,
    /// What it covers, in words.
    pub scope: Option<String>,
}

impl Assessment {
    /// The systems that exist, with the name of their field.
    pub(super) fn existing(&self) -> impl Iterator<Item = (&'static str, &ExistingSystem)> {
        let systems = [("isms", &self.isms), ("sms", &self.sms)];
        systems.into_iter().filter_map(|(field, system)| system.as_ref().map(|system| (field, system)))
    }

    /// The scopes given, with the path of their field.
    pub(super) fn scopes(&self) -> impl Iterator<Item = (&'static str, &Scope)> {
        [
            ("isms.scope", self.isms.as_ref().map(|system| &system.scope)),
            ("sms.scope", self.sms.as_ref().map(|system| &system.scope)),
            ("proposed_isms_scope", self.proposed_isms_scope.as_ref()),
            ("proposed_sms_scope", self.proposed_sms_scope.as_ref()),
        ]
        .into_iter()
        .filter_map(|(field, scope)| scope.map(|scope| (field, scope)))
    }

    /// Which of security and service matters more.
    pub fn emphasis(&self) -> Emphasis {
        match self.security_importance.cmp(&self.service_importance) {
            std::cmp::Ordering::Greater => Emphasis::Security,
            std::cmp::Ordering::Less => Emphasis::Service,
            std::cmp::Ordering::Equal => Emphasis::Even,
        }
    }
}
