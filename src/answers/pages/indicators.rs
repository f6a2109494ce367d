//! How indicators do, as a part of a page: what they come to in each management system, and those that fall short.

use super::service_report::bar;
use crate::{
    assess::service_report::ControlIndicator,
    model::{System, Verdict},
    report::{
        Tone,
        chart::{Caption, bars},
        page::{Head, badge, table, unbroken},
    },
};
use maud::{Markup, html};

/// How many indicators that fall short are listed.
const LISTED: usize = 30;

/// How the indicators do.
pub(super) fn controls(indicators: &[ControlIndicator]) -> Markup {
    let of = |wanted: Verdict| indicators.iter().filter(move |result| result.verdict == wanted);
    let counts = [
        (Verdict::Met, "Met", Tone::Good),
        (Verdict::Lapse, "Lapsed", Tone::Fair),
        (Verdict::Breach, "Breached", Tone::Bad),
        (Verdict::Inconclusive, "Inconclusive", Tone::Neutral),
        (Verdict::NoOccurrence, "Nothing occurred", Tone::Neutral),
        (Verdict::NoData, "No data", Tone::Neutral),
    ];
    let drawn = |system: System| {
        let of = |wanted| indicators.iter().filter(move |one| one.verdict == wanted && one.system == system).count();
        counts.map(|(wanted, label, tone)| bar(label, of(wanted) as u64, tone))
    };
    let judged = System::ALL.iter().filter(|system| indicators.iter().any(|one| one.system == **system));
    let short = in_both(of(Verdict::Breach).chain(of(Verdict::Lapse)));
    let heads = [
        Head::text("Statement that should be true"),
        Head::text("System"),
        Head::text("Verdict"),
        Head::number("True of"),
        Head::number("Not true of"),
        Head::number("Unknown of"),
    ];
    let line = |(result, systems): &(&ControlIndicator, Vec<String>)| {
        let tone = if result.verdict == Verdict::Breach { Tone::Bad } else { Tone::Fair };
        vec![
            html! { (result.title) },
            unbroken(&systems.join(", ")),
            badge(result.verdict.as_str(), tone),
            html! { (result.passing) },
            html! { (result.failing) },
            html! { (result.unknown) },
        ]
    };
    let lines: Vec<Vec<Markup>> = short.iter().take(LISTED).map(line).collect();
    html! {
        @for system in judged { (bars(indicators_of(*system), &drawn(*system), None)) }
        (table("Those that fall short", &heads, &lines, "None falls short."))
        @if short.len() > LISTED { p.note { "And " (short.len() - LISTED) " more." } }
    }
}

const fn indicators_of(system: System) -> Caption<'static> {
    let shows = "How many indicators say what of the records of this management system.";
    match system {
        System::Isms => Caption { id: "indicators-isms", title: "Indicators, ISMS", shows },
        System::Sms => Caption { id: "indicators-sms", title: "Indicators, SMS", shows },
    }
}

/// One entry for an indicator that comes to the same in both management systems.
fn in_both<'a>(results: impl Iterator<Item = &'a ControlIndicator>) -> Vec<(&'a ControlIndicator, Vec<String>)> {
    let mut found: Vec<(&ControlIndicator, Vec<String>)> = Vec::new();
    for result in results {
        let system = result.system.as_str().to_uppercase();
        let counted = |one: &ControlIndicator| (one.verdict, one.passing, one.failing, one.unknown);
        let same = |other: &ControlIndicator| other.indicator == result.indicator && counted(other) == counted(result);
        match found.iter_mut().find(|(other, _)| same(other)) {
            Some((_, systems)) => systems.push(system),
            None => found.push((result, vec![system])),
        }
    }
    found
}
