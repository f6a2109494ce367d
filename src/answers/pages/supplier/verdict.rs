//! How a supplier stands, in sentences: what is known, what is missing, and what nobody knows.

use super::{score, service_name, tone};
use crate::{
    answers::{
        pages::wording::{above, counted, listed, missing},
        standing,
    },
    assess::supplier_risk::{Gap, GapKind, ResultModel, SupplierRisk},
    report::Tone,
};
use maud::{Markup, html};

/// The verdict and its tone: that of the band, but never good where it could be worse, or is above what is accepted.
pub(super) fn verdict(risk: &SupplierRisk, gaps: &[Gap], model: &ResultModel) -> (Tone, Markup) {
    let worst = risk.high.map(|high| model.band(high.exact()));
    let worse = worst.filter(|worst| risk.band.is_none_or(|band| tone(worst.as_str()) > tone(band.as_str())));
    let least = match () {
        () if !risk.exceeded.is_empty() => Tone::Poor,
        () if risk.band.is_none() || worse.is_some() => Tone::Fair,
        () => Tone::Neutral,
    };
    let sentences = html! {
        (rated(risk)) (unknown(risk, worse.map(|band| band.as_str()))) (happened(risk)) (lacks(risk, gaps))
        @if !risk.exceeded.is_empty() { " It is above " (above(&risk.exceeded)) "." }
    };
    (tone(standing(risk)).max(least), sentences)
}

fn rated(risk: &SupplierRisk) -> Markup {
    let driving = risk.services.iter().find(|service| Some(service.service) == risk.driving_service);
    html! {
        @match (driving, risk.band) {
            (None, _) => "No record links it to a service, so its risk is not known. That is not the same as none.",
            (Some(service), Some(band)) => { "It is a " strong { (band) " risk" } ", most of all to " strong { (service_name(service)) } "." },
            (Some(service), None) => {
                "Too little is known to rate it, as a risk to " strong { (service_name(service)) } " most of all."
            },
        }
    }
}

/// How much is not known, and what it could come to.
fn unknown(risk: &SupplierRisk, worse: Option<&str>) -> Markup {
    let Some(confidence) = risk.confidence.filter(|confidence| confidence.known < confidence.of) else {
        return html! {};
    };
    let unknown = confidence.of - confidence.known;
    html! {
        @if confidence.known == 0 { " None of the " (confidence.of) " facts its score rests on is known; " }
        @else {
            " " (unknown) " of the " (confidence.of) " facts its score rests on "
            @if unknown == 1 { "is" } @else { "are" } " not known; "
        }
        @match worse {
            Some(band) => { "at the worst it would be a " strong { (band) " risk" } " of " strong { (score(risk.high)) } "." },
            None => { "even at the worst its band would be the same." },
        }
    }
}

fn happened(risk: &SupplierRisk) -> Markup {
    let count = usize::try_from(risk.event_count).unwrap_or(usize::MAX);
    html! {
        @match (count, risk.ticket_feed_fresh) {
            (0, true) => " Nothing happened that still counts.",
            (0, false) => " Nobody knows what happened: no source of tickets was read recently.",
            (_, fresh) => {
                " " (counted(count, "event")) @if count == 1 { " still counts" } @else { " still count" } " against it."
                @if !fresh { " Nobody knows what else happened: no source of tickets was read recently." }
            },
        }
    }
}

/// Everything that is missing, of any service, what ends soon, and what no source tells of. That there is nothing says
/// something only of a supplier that touches a service.
fn lacks(risk: &SupplierRisk, gaps: &[Gap]) -> Markup {
    let is_missing = |kind: GapKind| gaps.iter().any(|gap| gap.certain && gap.kind == kind);
    let told = |gap: &&Gap| match gap.kind {
        GapKind::AgreementExpiring | GapKind::CertificateExpiring => false,
        // What is missing altogether says as much.
        GapKind::AgreementExpired => !is_missing(GapKind::NoAgreement),
        GapKind::CertificateExpired => !is_missing(GapKind::NoCertificate),
        _ => true,
    };
    let named = |certain: bool| {
        let mut found: Vec<&str> = Vec::new();
        for gap in gaps.iter().filter(|gap| gap.certain == certain).filter(told) {
            let name = missing(gap.kind);
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    };
    let (lacks, untold) = (named(true), named(false));
    html! {
        @if !lacks.is_empty() { " What is missing: " (listed(&lacks)) "." }
        @if is_missing(GapKind::AgreementExpiring) { " An agreement ends soon." }
        @if is_missing(GapKind::CertificateExpiring) { " A certificate expires soon." }
        @if !untold.is_empty() { " No source tells of: " (listed(&untold)) "." }
        @if gaps.is_empty() && !risk.services.is_empty() { " Nothing is missing." }
    }
}
