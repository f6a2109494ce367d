//! The page on all suppliers: how many stand how, which come first, the matrix, and the trend.

use super::{date, range, risk_matrix, score, tone, words};
use crate::{
    answers::{Portfolio, SupplierLine},
    model::Timestamp,
    report::{
        Page, Tone,
        chart::{Bar, Caption, Level, Series, bars, lines},
        page::{self, Head},
    },
};
use maud::{Markup, html};

/// How many suppliers the chart of the highest shows.
const HIGHEST: usize = 15;

/// All suppliers, as of an instant.
pub fn portfolio_page(portfolio: &Portfolio, at: Timestamp) -> String {
    let of = |name: &str| portfolio.counts.get(name).copied().unwrap_or_default();
    let (severe, high) = (of("severe"), of("high"));
    let total = portfolio.suppliers.len();
    let verdict = html! {
        @if total == 0 { "No supplier is known." }
        @else if severe + high == 0 { "None of " (total) " suppliers is a high or severe risk." }
        @else {
            (severe + high) " of " (total) " suppliers " @if severe + high == 1 { "is" } @else { "are" }
            " a high or severe risk after everything agreed and checked"
            @if let Some(first) = portfolio.suppliers.first() { "; the highest is " (name(first)) " with " (score(first.residual)) " of 100" }
            "."
        }
    };
    let worst = if severe > 0 {
        Tone::Bad
    } else if high > 0 {
        Tone::Poor
    } else {
        Tone::Good
    };
    let figures: Vec<(&str, Markup)> =
        ["severe", "high", "moderate", "low", "unrated", "unlinked"].map(|name| (name, html! { (of(name)) })).into();
    Page::new("Supplier risk", format!("All suppliers, as of {}", date(at)))
        .with(page::verdict(worst, verdict))
        .with(page::figures(&figures))
        .with(page::section("Where suppliers stand", html! { div.beside { (before(portfolio)) (after(portfolio)) } }))
        .with(page::section("Highest residual risk", highest(portfolio)))
        .with(page::section("Trend", trend(portfolio)))
        .with(page::section("All suppliers", all(portfolio)))
        .with(page::note(portfolio.notice))
        .render()
}

fn name(supplier: &SupplierLine) -> &str {
    supplier.name.as_deref().unwrap_or(&supplier.external_id)
}

fn cell(matrix: &[[u64; 5]; 5]) -> impl Fn(usize, usize) -> String {
    let matrix = *matrix;
    move |impact, likelihood| match matrix[5 - impact][likelihood - 1] {
        0 => String::new(),
        count => count.to_string(),
    }
}

fn before(portfolio: &Portfolio) -> Markup {
    let shows = "How many suppliers lie in each cell of impact and likelihood before assurance.";
    let caption = Caption { id: "inherent", title: "Before assurance", shows };
    risk_matrix(caption, cell(&portfolio.inherent_matrix))
}

fn after(portfolio: &Portfolio) -> Markup {
    let shows = "How many suppliers lie in each cell after agreements, certificates and reviews.";
    let caption = Caption { id: "residual", title: "After assurance", shows };
    risk_matrix(caption, cell(&portfolio.residual_matrix))
}

fn highest(portfolio: &Portfolio) -> Markup {
    let shows = "The residual risk of the suppliers with the highest, 0 to 100.";
    let bar = |supplier: &SupplierLine| {
        let value = supplier.residual.map_or(0.0, |score| score.rounded());
        let text = match supplier.residual {
            Some(_) => format!("{} {}", page::decimal(value), words(&supplier.status)),
            None => words(&supplier.status),
        };
        Bar { label: name(supplier).to_owned(), value, tone: tone(&supplier.status), text }
    };
    let first: Vec<Bar> = portfolio.suppliers.iter().take(HIGHEST).map(bar).collect();
    bars(Caption { id: "highest", title: "Residual risk of 100", shows }, &first, Some(100.0))
}

fn trend(portfolio: &Portfolio) -> Markup {
    let at = |day: &str| day.parse().unwrap_or(Timestamp::from_millis(0));
    let highest = portfolio.trend.iter().map(|day| (at(&day.day), day.highest)).collect();
    let levels = [("moderate", 10.0), ("high", 25.0), ("severe", 50.0)];
    let levels = levels.map(|(name, value)| Level { name: name.into(), value });
    let shows = "The highest residual risk of any supplier, day by day, against the limits of the bands.";
    let caption = Caption { id: "trend", title: "Highest residual risk", shows };
    lines(caption, &[Series { name: "highest".into(), points: highest }], &levels, 100.0)
}

fn all(portfolio: &Portfolio) -> Markup {
    let heads = [
        Head::text("Supplier"),
        Head::text("Stands"),
        Head::number("Residual"),
        Head::number("Before"),
        Head::number("Could be"),
        Head::text("Driven by"),
        Head::number("Services"),
        Head::number("Limits passed"),
        Head::text("Since"),
    ];
    let line = |supplier: &SupplierLine| {
        vec![
            html! { (name(supplier)) },
            page::badge(&words(&supplier.status), tone(&supplier.status)),
            score(supplier.residual),
            score(supplier.inherent),
            range(supplier.low, supplier.high),
            html! { @if let Some(service) = &supplier.driving_service { (service) } },
            html! { (supplier.services) },
            html! { (supplier.exceeded) },
            html! { span.nowrap { (date(supplier.since)) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = portfolio.suppliers.iter().map(line).collect();
    page::table("Residual risk is what is left after assurance, 0 to 100.", &heads, &rows, "No supplier is known.")
}
