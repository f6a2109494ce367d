//! How pages put into words what answers name: kinds of gaps, events, links, decisions.

use crate::{
    assess::supplier_risk::{AssuranceKind, Exceeded, GapKind, Link, ScoreMove},
    model::{EventInput, ShareReason},
};
use std::collections::BTreeSet;

pub(super) use crate::model::counted;

/// A name as words: `no_agreement` is "no agreement".
pub(super) fn words(name: impl std::fmt::Display) -> String {
    name.to_string().replace('_', " ")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed<T: AsRef<str>>(all: &[T]) -> String {
    match all {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// What would be there without the gap.
pub(super) const fn missing(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NoAgreement => "an agreement",
        GapKind::NoSecurityObligations => "security obligations",
        GapKind::NoRightToAudit => "a right to audit",
        GapKind::NoEvidenceTerms => "terms on who collects evidence",
        GapKind::NoRestorationTerms => "restoration times",
        GapKind::NoCertificate => "a certificate",
        GapKind::ReviewOverdue => "a review in time",
        GapKind::ItemWithoutControlTerms => "control terms for items it controls",
        GapKind::AgreementExpired => "an agreement in place of one that ended",
        GapKind::AgreementExpiring => "an agreement after one that ends soon",
        GapKind::CertificateExpired => "a certificate in place of one that expired",
        GapKind::CertificateExpiring => "a certificate after one that expires soon",
        GapKind::ObligationWithoutRiskOrControl => "a risk or control behind what was agreed",
    }
}

/// What is to be done about a gap that is known.
pub(super) const fn to_do(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NoAgreement => "Conclude an agreement that covers",
        GapKind::NoSecurityObligations => "Agree security obligations for",
        GapKind::NoRightToAudit => "Agree a right to audit for",
        GapKind::NoEvidenceTerms => "Agree who collects evidence of incidents on",
        GapKind::NoRestorationTerms => "Agree restoration times for",
        GapKind::NoCertificate => "Ask for a certificate whose scope covers",
        GapKind::ReviewOverdue => "Review its performance, which is overdue",
        GapKind::ItemWithoutControlTerms => "Agree control terms for what it controls",
        GapKind::AgreementExpired => "Renew the agreement that ended, for",
        GapKind::AgreementExpiring => "Decide on the agreement that ends, for",
        GapKind::CertificateExpired => "Ask for the certificate that expired to be renewed, for",
        GapKind::CertificateExpiring => "Ask for the certificate that expires to be renewed, for",
        GapKind::ObligationWithoutRiskOrControl => "Assess the risk behind what was agreed, or name the control, on",
    }
}

/// What is to be found out where no source says whether there is a gap.
pub(super) const fn to_find_out(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NoAgreement => "Find out whether an agreement covers",
        GapKind::NoSecurityObligations => "Find out whether security obligations were agreed for",
        GapKind::NoRightToAudit => "Find out whether a right to audit was agreed for",
        GapKind::NoEvidenceTerms => "Find out whether it was agreed who collects evidence of incidents on",
        GapKind::NoRestorationTerms => "Find out whether restoration times were agreed for",
        GapKind::NoCertificate => "Find out whether a certificate covers",
        GapKind::ReviewOverdue => "Find out when its performance was last reviewed",
        GapKind::ItemWithoutControlTerms => "Find out whether control terms were agreed for what it controls",
        GapKind::ObligationWithoutRiskOrControl => "Find out which risk or control stands behind what was agreed on",
        GapKind::AgreementExpired | GapKind::AgreementExpiring => "Find out when the agreement ends, for",
        GapKind::CertificateExpired | GapKind::CertificateExpiring => "Find out when the certificate expires, for",
    }
}

/// What a ticket counts as.
pub(super) const fn event(input: EventInput) -> &'static str {
    match input {
        EventInput::Incident => "incident",
        EventInput::IncidentSlaBreached => "incident that missed its service level",
        EventInput::SecurityIncident => "security incident",
        EventInput::SecurityIncidentSlaBreached => "security incident that missed its service level",
        EventInput::FailedChange => "change that failed",
        EventInput::UnreviewedChange => "change nobody reviewed",
        EventInput::Problem => "problem",
        EventInput::MinorNonconformity => "minor nonconformity",
        EventInput::MajorNonconformity => "major nonconformity",
        EventInput::Complaint => "complaint",
    }
}

/// A supplier's part in a ticket.
pub(super) const fn part(reason: ShareReason) -> &'static str {
    match reason {
        ShareReason::NamedCause => "is named as the cause",
        ShareReason::ControlsCause => "controls what caused it",
        ShareReason::ControlsAffected => "controls what was hit",
        ShareReason::ProvidesAffected => "provides the service that was hit",
    }
}

/// What moved a score.
pub(super) const fn moved(by: ScoreMove) -> &'static str {
    match by {
        ScoreMove::Tickets => "tickets that came, changed or went",
        ScoreMove::Ageing => "tickets that grew older",
        ScoreMove::TicketFeed => "how recently tickets were read",
        ScoreMove::Services => "the services it touches",
        ScoreMove::Impact => "how what it touches is rated",
        ScoreMove::Assurance => "agreements, certificates or reviews",
        ScoreMove::Model => "other weights",
    }
}

/// How a supplier touches a service, before what it does so through.
pub(super) const fn link(link: Link) -> &'static str {
    match link {
        Link::Provides => "provides it",
        Link::Controls => "controls an item beneath it",
        Link::ProvidesPart => "provides a service beneath it",
        Link::Subcontract => "works for a supplier of it",
    }
}

/// What can speak for a supplier, as the head of a column.
pub(super) const fn assurance(kind: AssuranceKind) -> &'static str {
    match kind {
        AssuranceKind::Agreement => "Agreement",
        AssuranceKind::SecurityObligations => "Security obligations",
        AssuranceKind::RightToAudit => "Right to audit",
        AssuranceKind::EvidenceTerms => "Evidence terms",
        AssuranceKind::RestorationTerms => "Restoration terms",
        AssuranceKind::Certificate => "Certificate",
        AssuranceKind::Review => "Review",
    }
}

/// Whose level a risk is above.
pub(super) fn whose(exceeded: &Exceeded) -> String {
    exceeded.party_name.clone().unwrap_or_else(|| match exceeded.party {
        Some(party) => party.to_string(),
        None => "the organisation".into(),
    })
}

/// `what the organisation accepts on 1 service and what 4 customers accept on 5 services`.
pub(super) fn above(exceeded: &[Exceeded]) -> String {
    let on = |of: &[&Exceeded]| {
        let services: BTreeSet<_> = of.iter().map(|exceeded| exceeded.service).collect();
        counted(services.len(), "service")
    };
    let (customers, own): (Vec<&Exceeded>, Vec<&Exceeded>) = exceeded.iter().partition(|level| level.party.is_some());
    let mut said = Vec::new();
    if !own.is_empty() {
        said.push(format!("what the organisation accepts on {}", on(&own)));
    }
    let parties: BTreeSet<_> = customers.iter().filter_map(|exceeded| exceeded.party).collect();
    if !parties.is_empty() {
        let accept = if parties.len() == 1 { "accepts" } else { "accept" };
        said.push(format!("what {} {accept} on {}", counted(parties.len(), "customer"), on(&customers)));
    }
    listed(&said)
}
