//! The page on all suppliers: how many stand how, which come first, the matrix, the trend, and what is open.

use super::{
    band_levels, date, first, known,
    matrix::{key, risk_matrix},
    range, score, tone,
    wording::{counted, missing, words},
};
use crate::{
    answers::{Portfolio, SupplierEventAnswer, SupplierLine},
    assess::supplier_risk::{Band, Concentration, Gap, GapKind, ResultModel, Score, SharedSubSupplier, SingleProvider},
    model::Timestamp,
    report::{
        Page, Tone,
        chart::{Bar, Caption, Series, bars, lines},
        page::{self, Head},
    },
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// How many suppliers the chart of the highest shows.
const HIGHEST: usize = 15;

/// How many lines the tables beside the one of all suppliers have.
const LISTED: usize = 10;

/// What the page is made of.
pub struct PortfolioReport<'a> {
    /// The suppliers.
    pub portfolio: &'a Portfolio,
    /// Where bands begin.
    pub model: &'a ResultModel,
    /// What is missing.
    pub gaps: &'a [Gap],
    /// The latest of what happened and is not decided on.
    pub open: &'a [SupplierEventAnswer],
    /// True if there is more of it.
    pub more_open: bool,
    /// Where it all hangs on one.
    pub concentration: &'a Concentration,
}

/// All suppliers, as of an instant.
pub fn portfolio_page(report: &PortfolioReport<'_>, at: Timestamp) -> String {
    let portfolio = report.portfolio;
    let of = |name: &str| portfolio.counts.get(name).copied().unwrap_or_default();
    let figures: Vec<(&str, Markup)> =
        ["severe", "high", "moderate", "low", "unrated", "unlinked"].map(|name| (name, html! { (of(name)) })).into();
    let (worst, verdict) = verdict(report);
    let matrices = html! { div.beside { (before(portfolio)) (after(portfolio)) } (key(of("unlinked"))) };
    Page::new("Supplier risk", format!("All suppliers, as of {}", date(at)))
        .with(page::verdict(worst, verdict))
        .with(page::figures(&figures))
        .with(page::section("Where suppliers stand", matrices))
        .with(page::section("Highest residual risk", highest(portfolio)))
        .with(page::section("Trend", trend(report)))
        .with(page::section("All suppliers", all(portfolio)))
        .with(page::section("What is missing", gaps(report.gaps)))
        .with(page::section("Open reassessments", open(report)))
        .with(page::section("Concentration", concentration(report.concentration)))
        .with(page::note(portfolio.notice))
        .render()
}

/// How the suppliers stand, in sentences. Those that are not rated are never counted as safe.
fn verdict(report: &PortfolioReport<'_>) -> (Tone, Markup) {
    let suppliers = &report.portfolio.suppliers;
    let of = |status: &'static str| suppliers.iter().filter(move |supplier| supplier.status == status);
    let (severe, high) = (of("severe").count(), of("high").count());
    let (unrated, unlinked) = (of("unrated").count(), of("unlinked").count());
    let total = suppliers.len();
    let most = of("unrated").filter_map(|supplier| supplier.high).map(Score::rounded).fold(0.0, f64::max);
    let at_worst = |supplier: &&SupplierLine| {
        supplier.high.is_some_and(|high| matches!(report.model.band(high.exact()), Band::High | Band::Severe))
    };
    let hidden = of("low").chain(of("moderate")).filter(at_worst).count();
    let tone = if severe > 0 {
        Tone::Bad
    } else if high > 0 {
        Tone::Poor
    } else if total == 0 {
        Tone::Neutral
    } else if unrated + unlinked + hidden > 0 {
        Tone::Fair
    } else {
        Tone::Good
    };
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let among = |count: usize| format!("{count} of {}", counted(total, "supplier"));
    let sentences = html! {
        @if total == 0 { "No supplier is known." }
        @else if severe + high > 0 {
            (among(severe + high)) " " (is(severe + high)) " a high or severe risk after everything agreed and checked"
            @if let Some(first) = of("severe").chain(of("high")).next() { "; the highest is " (name(first)) " with " (score(first.residual)) " of 100" }
            "."
        }
        @else if unrated + unlinked < total { "None of " (counted(total - unrated - unlinked, "rated supplier")) " is a high or severe risk." }
        @if unrated > 0 {
            " " strong { (among(unrated)) } " cannot be rated and could be as much as " strong { (page::decimal(most)) } " of 100."
        }
        @if unlinked > 0 {
            " " (among(unlinked)) @if unlinked == 1 { " touches" } @else { " touch" }
            " no service as far as the records say, so that the risk is not known."
        }
        @if hidden > 0 {
            " " (among(hidden)) @if hidden == 1 { " that is" } @else { " that are" }
            " rated low or moderate would be high or severe if all that is not known of "
            @if hidden == 1 { "it" } @else { "them" } " were at its worst."
        }
    };
    (tone, sentences)
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
    let shows = "The residual risk of the suppliers with the highest, 0 to 100; of those that are not rated, the most it could be.";
    let bar = |supplier: &SupplierLine| {
        let rated = supplier.status != "unrated";
        let value = if rated { supplier.residual } else { supplier.high };
        let text = match value.map(|score| page::decimal(score.rounded())) {
            Some(value) if rated => format!("{value} {}", words(&supplier.status)),
            Some(value) => format!("up to {value}"),
            None => words(&supplier.status),
        };
        let value = value.map_or(0.0, Score::rounded);
        Bar { label: name(supplier).to_owned(), value, tone: tone(&supplier.status), text }
    };
    let first: Vec<Bar> = portfolio.suppliers.iter().take(HIGHEST).map(bar).collect();
    bars(Caption { id: "highest", title: "Residual risk of 100", shows }, &first, Some(100.0))
}

fn trend(report: &PortfolioReport<'_>) -> Markup {
    let at = |day: &str| day.parse().unwrap_or(Timestamp::from_millis(0));
    let highest = report.portfolio.trend.iter().map(|day| (at(&day.day), day.highest)).collect();
    let shows = "The highest residual risk of any supplier, day by day, against the limits of the bands.";
    let caption = Caption { id: "trend", title: "Highest residual risk", shows };
    lines(caption, &[Series { name: "highest".into(), points: highest }], &band_levels(report.model), 100.0)
}

fn all(portfolio: &Portfolio) -> Markup {
    let heads = [
        Head::text("Supplier"),
        Head::text("Stands"),
        Head::number("Residual"),
        Head::number("Before"),
        Head::number("Could be"),
        Head::number("Known"),
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
            known(supplier.confidence),
            html! { @if let Some(service) = &supplier.driving_service { (service) } },
            html! { (supplier.services) },
            html! { (supplier.exceeded) },
            html! { span.nowrap { (date(supplier.since)) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = portfolio.suppliers.iter().map(line).collect();
    let caption = "Residual risk is what is left after assurance, 0 to 100. Known: of the facts the score rests on.";
    page::table(caption, &heads, &rows, "No supplier is known.")
}

/// How many gaps of each kind there are.
fn gaps(all: &[Gap]) -> Markup {
    let heads = [
        Head::text("What is missing or ends"),
        Head::number("Missing"),
        Head::number("Not known"),
        Head::number("Suppliers"),
    ];
    let line = |kind: &GapKind| {
        let of: Vec<&Gap> = all.iter().filter(|gap| gap.kind == *kind).collect();
        let certain = of.iter().filter(|gap| gap.certain).count();
        let suppliers: BTreeSet<_> = of.iter().map(|gap| gap.party).collect();
        let cells = vec![
            html! { (missing(*kind)) },
            html! { (certain) },
            html! { (of.len() - certain) },
            html! { (suppliers.len()) },
        ];
        (!of.is_empty()).then_some(cells)
    };
    let rows: Vec<Vec<Markup>> = GapKind::ALL.iter().filter_map(line).collect();
    page::table("How often, over all suppliers and services.", &heads, &rows, "Nothing is missing.")
}

fn open(report: &PortfolioReport<'_>) -> Markup {
    let heads = [Head::text("Supplier"), Head::text("What happened"), Head::text("When")];
    let line = |event: &SupplierEventAnswer| {
        vec![
            html! { (event.party_name.clone().unwrap_or_else(|| event.party.to_string())) },
            html! { (super::supplier::happened(event)) },
            html! { span.nowrap { (date(event.at)) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = report.open.iter().map(line).collect();
    let caption = "The latest things that happened and that nobody decided on yet.";
    html! {
        (page::table(caption, &heads, &rows, "Nothing waits for a decision."))
        @if report.more_open { p.note { "And more." } }
    }
}

fn concentration(found: &Concentration) -> Markup {
    let single = |all: &[SingleProvider]| {
        let heads = [Head::text("Service"), Head::text("Its only provider"), Head::number("Criticality")];
        let line = |single: &SingleProvider| {
            vec![
                html! { (single.name.clone().unwrap_or_else(|| single.service.to_string())) },
                html! { (single.provider.name.clone().unwrap_or_else(|| single.provider.party.to_string())) },
                html! { @match single.criticality { Some(criticality) => (criticality), None => "not known" } },
            ]
        };
        let rows: Vec<Vec<Markup>> = all.iter().map(line).collect();
        let caption = "Services with one provider and no substitute under contract, most critical first.";
        page::table(caption, &heads, &rows, "No service hangs on one provider.")
    };
    let shared = |all: &[SharedSubSupplier]| {
        let heads = [Head::text("Sub-supplier"), Head::text("Works for"), Head::number("Services")];
        let line = |shared: &SharedSubSupplier| {
            let leads = shared.leads.iter().map(|lead| lead.name.clone().unwrap_or_else(|| lead.party.to_string()));
            vec![
                html! { (shared.name.clone().unwrap_or_else(|| shared.party.to_string())) },
                html! { (leads.collect::<Vec<_>>().join(", ")) },
                html! { (shared.services) },
            ]
        };
        let rows: Vec<Vec<Markup>> = all.iter().map(line).collect();
        page::table("Sub-suppliers that several suppliers rest on.", &heads, &rows, "No sub-supplier is shared.")
    };
    html! {
        (first(LISTED, &found.single_providers, single))
        (first(LISTED, &found.shared_sub_suppliers, shared))
    }
}
