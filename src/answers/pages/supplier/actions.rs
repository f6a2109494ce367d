//! What is to be done about a supplier: reassessments, gaps, and levels its risk is above.

use super::{SupplierReport, date, score, service_name};
use crate::{
    answers::{
        SupplierEventAnswer,
        pages::{
            first,
            wording::{above, listed, moved, to_do, to_find_out, whose, words},
        },
    },
    assess::supplier_risk::{Exceeded, Gap, GapKind, SupplierRisk},
    report::page::{self, Head},
    store::SupplierEventKind,
};
use maud::{Markup, html};

/// How many levels the table shows.
const LEVELS: usize = 40;

/// How many days a line names.
const DAYS: usize = 3;

pub(super) fn actions(report: &SupplierReport<'_>) -> Markup {
    let risk = &report.answer.brief.risk;
    let unlinked = risk.services.is_empty();
    let none = !unlinked && report.gaps.is_empty() && report.open.is_empty() && risk.exceeded.is_empty();
    html! {
        @if none { p.empty { "Nothing is open." } }
        ul {
            @if unlinked { li { "Record which services it provides and which items it controls, or close it if it supplies nothing." } }
            @for (what, days) in reassessments(report.open) { li { "Reassess: " (what) " " (days) } }
            @for (action, about) in grouped(report.gaps) { li { (action) @if !about.is_empty() { ": " (about.join(", ")) } } }
            @if !risk.exceeded.is_empty() {
                li { "Bring the risk down, or have it accepted: it is above " (above(&risk.exceeded)) "." }
            }
        }
        (levels(risk))
    }
}

/// What happened to a supplier, in words.
pub(in crate::answers::pages) fn happened(event: &SupplierEventAnswer) -> String {
    let stood = |status: &Option<String>| words(status.as_deref().unwrap_or("unknown"));
    match event.kind {
        SupplierEventKind::Added => "it came among the suppliers".into(),
        SupplierEventKind::Removed => "it is no supplier any more".into(),
        SupplierEventKind::BandCrossed => {
            let by: Vec<&str> = event.because.iter().map(|by| moved(*by)).collect();
            let by = if by.is_empty() { String::new() } else { format!(" by {}", listed(&by)) };
            format!("it went from {} to {}{by}", stood(&event.before), stood(&event.after))
        }
        SupplierEventKind::AgreementChanged => match &event.agreement {
            Some(agreement) => {
                let name = agreement.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
                format!("agreement {}{name} changed", agreement.external_id)
            }
            None => "an agreement changed".into(),
        },
    }
}

/// Each thing that happened once, with the days on which it did, the latest first.
fn reassessments(open: &[SupplierEventAnswer]) -> Vec<(String, String)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for event in open {
        let (what, day) = (happened(event), date(event.at));
        match found.iter_mut().find(|(known, _)| *known == what) {
            Some((_, days)) if days.contains(&day) => {}
            Some((_, days)) => days.push(day),
            None => found.push((what, vec![day])),
        }
    }
    let days = |days: Vec<String>| match days.get(..DAYS) {
        Some(first) if days.len() > DAYS => format!("on {} and {} days before", first.join(", "), days.len() - DAYS),
        _ => format!("on {}", listed(&days)),
    };
    found.into_iter().map(|(what, on)| (what, days(on))).collect()
}

/// Gaps of a kind in one line, with what they are about.
fn grouped(gaps: &[Gap]) -> Vec<(&'static str, Vec<String>)> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for gap in gaps {
        let what = if gap.certain { to_do(gap.kind) } else { to_find_out(gap.kind) };
        let about = match (gap.kind, &gap.record_name, &gap.service_name) {
            (GapKind::ReviewOverdue, ..) => None,
            (GapKind::ItemWithoutControlTerms, Some(item), _) => Some(item.clone()),
            (_, _, Some(service)) => Some(service.clone()),
            (_, Some(record), None) => Some(record.clone()),
            _ => None,
        };
        let about = about.map(|about| match gap.due_at {
            Some(due) => format!("{about} ({})", date(due)),
            None => about,
        });
        match found.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.extend(about.filter(|about| !all.contains(about))),
            None => found.push((what, about.into_iter().collect())),
        }
    }
    found
}

/// The levels the risk is above, most above first.
fn levels(risk: &SupplierRisk) -> Markup {
    let over = |exceeded: &Exceeded| exceeded.residual.exact() - exceeded.accepted;
    let mut all: Vec<&Exceeded> = risk.exceeded.iter().collect();
    all.sort_by(|a, b| over(b).total_cmp(&over(a)));
    let heads = [
        Head::text("Service"),
        Head::text("For"),
        Head::text("Whose level"),
        Head::number("Accepted"),
        Head::number("Residual"),
    ];
    let line = |exceeded: &&Exceeded| {
        let service = risk.services.iter().find(|service| service.service == exceeded.service);
        vec![
            html! { (service.map_or_else(|| exceeded.service.to_string(), service_name)) },
            html! { (exceeded.dimension) },
            html! { (whose(exceeded)) },
            html! { (page::decimal(exceeded.accepted)) },
            score(Some(exceeded.residual)),
        ]
    };
    let table = |shown: &[&Exceeded]| {
        let rows: Vec<Vec<Markup>> = shown.iter().map(line).collect();
        page::table("Accepted levels the residual risk is above, most above first.", &heads, &rows, "")
    };
    html! { @if !all.is_empty() { (first(LEVELS, &all, table)) } }
}
