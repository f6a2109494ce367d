//! The page for a customer: which suppliers stand behind the services it receives, beside the risk it accepts.

use super::{
    date, known, score, tone,
    wording::{counted, link, listed, words},
};
use crate::{
    answers::{CustomerSupplier, CustomerView, NOTICE},
    assess::supplier_risk::{Dimension, Score},
    model::{RecordId, Timestamp},
    report::{
        Page, Tone,
        chart::{Bar, Caption, bars},
        page::{self, Head},
    },
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// How many bars the chart has.
const HIGHEST: usize = 15;

/// The suppliers behind a customer's services, as of an instant.
pub fn customer_page(customer: &str, view: &CustomerView, at: Timestamp) -> String {
    let (worst, verdict) = verdict(view);
    let figures: Vec<(&str, Markup)> = levels(view)
        .iter()
        .zip(["Accepts for confidentiality", "Accepts for integrity", "Accepts for availability"])
        .map(|((_, level), name)| {
            (name, html! { @match level { Some(level) => (page::decimal(*level)), None => "not stated" } })
        })
        .collect();
    Page::new(customer, format!("Suppliers behind its services, as of {}", date(at)))
        .with(page::verdict(worst, verdict))
        .with(page::figures(&figures))
        .with(page::section("Residual risk to its services", chart(view)))
        .with(page::section("Suppliers", suppliers(view)))
        .with(page::note(NOTICE))
        .render()
}

/// What the customer accepts, by dimension.
fn levels(view: &CustomerView) -> [(Dimension, Option<f64>); 3] {
    let accepts = &view.accepts;
    let level = |level: Option<i64>| level.map(|level| level as f64);
    [
        (Dimension::Confidentiality, level(accepts.confidentiality)),
        (Dimension::Integrity, level(accepts.integrity)),
        (Dimension::Availability, level(accepts.availability)),
    ]
}

/// How many suppliers there are of these lines: each stands behind several services, and is counted once.
fn parties<'a>(lines: impl Iterator<Item = &'a CustomerSupplier>) -> usize {
    lines.map(|found| found.supplier.party).collect::<BTreeSet<RecordId>>().len()
}

/// What to make of it. A customer that has stated no level has accepted nothing, and what is not rated is not safe.
fn verdict(view: &CustomerView) -> (Tone, Markup) {
    let suppliers = &view.suppliers;
    let unstated: Vec<&str> =
        levels(view).iter().filter(|(_, level)| level.is_none()).map(|(dimension, _)| dimension.as_str()).collect();
    let none = unstated.len() == 3;
    let passed = parties(suppliers.iter().filter(|found| !found.exceeded.is_empty()));
    let unrated = || suppliers.iter().filter(|found| found.status == "unrated");
    let most = unrated().filter_map(|found| found.high).map(Score::rounded).fold(0.0, f64::max);
    let (all, unrated) = (parties(suppliers.iter()), parties(unrated()));
    let tone = if passed > 0 {
        Tone::Poor
    } else if unrated > 0 {
        Tone::Fair
    } else if suppliers.is_empty() || none {
        Tone::Neutral
    } else if unstated.is_empty() {
        Tone::Good
    } else {
        Tone::Fair
    };
    let verdict = html! {
        @if suppliers.is_empty() { "No supplier stands behind a service it receives, as far as the records say." }
        @else if none {
            "It has stated no level of risk that it accepts, so nothing can be said to be within it."
            @if let Some(first) = suppliers.first() {
                " The highest residual risk is " strong { (score(Some(first.residual))) } " of 100, of " (supplier(first)) " to " (service(first)) "."
            }
        }
        @else {
            @if passed == 0 { "No residual risk from suppliers is above what it accepts." }
            @else {
                strong { (passed) " of " (counted(all, "supplier")) } " behind its services "
                @if passed == 1 { "is" } @else { "are" } " a risk above what it accepts."
            }
            @if !unstated.is_empty() { " It has stated no level for " (listed(&unstated)) "." }
        }
        @if unrated > 0 {
            " " strong { (unrated) " of " (counted(all, "supplier")) } " cannot be rated and could be as much as "
            strong { (page::decimal(most)) } " of 100."
        }
    };
    (tone, verdict)
}

fn service(found: &CustomerSupplier) -> String {
    found.service_name.clone().unwrap_or_else(|| found.service.to_string())
}

fn supplier(found: &CustomerSupplier) -> String {
    found.supplier.name.clone().unwrap_or_else(|| found.supplier.party.to_string())
}

fn chart(view: &CustomerView) -> Markup {
    let bar = |found: &CustomerSupplier| {
        let value = found.residual.rounded();
        let (tone, text) = match (found.exceeded.is_empty(), found.status.as_str()) {
            (false, _) => (Tone::Bad, format!("{} above", page::decimal(value))),
            (true, "unrated") => (Tone::Neutral, format!("{} unrated", page::decimal(value))),
            (true, _) => (Tone::Neutral, page::decimal(value)),
        };
        Bar { label: format!("{}, {}", service(found), supplier(found)), value, tone, text }
    };
    let drawn: Vec<Bar> = view.suppliers.iter().take(HIGHEST).map(bar).collect();
    let shows =
        "The residual risk of each supplier to each service, 0 to 100, and whether it is above what is accepted.";
    bars(
        Caption { id: "suppliers", title: "Residual risk by service and supplier, of 100", shows },
        &drawn,
        Some(100.0),
    )
}

fn suppliers(view: &CustomerView) -> Markup {
    let heads = [
        Head::text("Service"),
        Head::text("Supplier"),
        Head::text("Stands"),
        Head::number("Known"),
        Head::text("How"),
        Head::number("Steps"),
        Head::number("Confidentiality"),
        Head::number("Integrity"),
        Head::number("Availability"),
    ];
    let levels = levels(view);
    let line = |found: &CustomerSupplier| {
        let residuals = [found.residuals.confidentiality, found.residuals.integrity, found.residuals.availability];
        let mut cells = vec![
            html! { (service(found)) },
            html! { (supplier(found)) },
            page::badge(&words(&found.status), tone(&found.status)),
            known(found.confidence),
            html! { (link(found.link)) },
            html! { (found.depth) },
        ];
        cells.extend(levels.iter().zip(residuals).map(|((dimension, level), residual)| {
            let above = found.exceeded.iter().any(|exceeded| exceeded.dimension == *dimension);
            beside(residual, *level, above)
        }));
        cells
    };
    let rows: Vec<Vec<Markup>> = view.suppliers.iter().map(line).collect();
    let caption =
        "The residual risk of each supplier to each service, 0 to 100, highest first, beside what is accepted.";
    page::table(caption, &heads, &rows, "There are none.")
}

/// A residual risk beside the level accepted.
fn beside(residual: Score, level: Option<f64>, above: bool) -> Markup {
    let number = page::decimal(residual.rounded());
    match level {
        None => html! { (number) },
        Some(level) if above => html! { (page::badge(&format!("{number} above {}", page::decimal(level)), Tone::Bad)) },
        Some(level) => html! { (number) " within " (page::decimal(level)) },
    }
}
