//! The words of an answer on supplier risk, each with one spelling.

use crate::model::names;

names! {
    /// An answer that may be missing.
    pub enum Truth {
        Yes = "yes",
        No = "no",
        /// No source says.
        Unknown = "unknown",
    }
}

names! {
    /// What a risk is to (ISO/IEC 27000, information security).
    pub enum Dimension {
        Confidentiality = "confidentiality",
        Integrity = "integrity",
        Availability = "availability",
    }
}

names! {
    /// Whether a supplier can be rated.
    pub enum Rating {
        Rated = "rated",
        /// Too little is known; ranked by the most it could be.
        Unrated = "unrated",
        /// It touches no service as far as the records say, which is not the same as no risk.
        Unlinked = "unlinked",
    }
}

names! {
    /// How bad the residual risk is.
    pub enum Band {
        Low = "low",
        Moderate = "moderate",
        High = "high",
        Severe = "severe",
    }
}

names! {
    /// How a supplier touches a service, on the shortest path.
    pub enum Link {
        /// It provides the service.
        Provides = "provides",
        /// It controls a configuration item that contributes to the service.
        Controls = "controls",
        /// It provides another service that this one depends on.
        ProvidesPart = "provides_part",
        /// It works for a lead supplier that touches the service.
        Subcontract = "subcontract",
    }
}

names! {
    /// What can speak for a supplier on a service.
    pub enum AssuranceKind {
        /// An agreement with it that covers the service is in force.
        Agreement = "agreement",
        /// Such an agreement states security obligations.
        SecurityObligations = "security_obligations",
        /// Such an agreement gives a right to audit.
        RightToAudit = "right_to_audit",
        /// Such an agreement states who collects evidence, and how.
        EvidenceTerms = "evidence_terms",
        /// Such an agreement states restoration times.
        RestorationTerms = "restoration_terms",
        /// It holds a valid certificate that covers the service.
        Certificate = "certificate",
        /// Its performance was reviewed in time.
        Review = "review",
    }
}

names! {
    /// Who accepted no more than a level of residual risk.
    pub enum Acceptance {
        /// The organisation, in its settings.
        Organisation = "organisation",
        /// A customer of the service.
        Customer = "customer",
    }
}

names! {
    /// How a supplier stands: its band, or why it has none.
    pub enum SupplierStanding {
        Severe = "severe",
        High = "high",
        Moderate = "moderate",
        Low = "low",
        /// Too little is known to rate it.
        Unrated = "unrated",
        /// No record links it to a service.
        Unlinked = "unlinked",
    }
}
