//! The page on one supplier: a verdict in a sentence, what drives it, the evidence, and what is open.

mod actions;
mod evidence;
mod verdict;

pub(super) use actions::happened;

use super::{
    band_levels, date, known,
    matrix::{key, risk_matrix},
    range, score, tone,
};
use crate::{
    answers::{SupplierEventAnswer, SupplierRiskAnswer, SupplierScore, SupplierTies},
    assess::{
        OperatedProcess,
        supplier_risk::{Gap, MatrixCell, ResultModel, ServiceRisk, SupplierRisk},
    },
    report::{
        Page, Tone,
        chart::{Bar, Caption, Series, bars, lines},
        page,
    },
};
use maud::{Markup, html};

/// What the page is made of.
pub struct SupplierReport<'a> {
    /// The risk and what makes it.
    pub answer: &'a SupplierRiskAnswer,
    /// Where bands begin.
    pub model: &'a ResultModel,
    /// The agreements, and whom it works with.
    pub ties: &'a SupplierTies,
    /// What is missing.
    pub gaps: &'a [Gap],
    /// The processes it operates.
    pub processes: &'a [OperatedProcess],
    /// What happened and is not decided on.
    pub open: &'a [SupplierEventAnswer],
    /// Its scores by day.
    pub history: &'a [SupplierScore],
}

/// One supplier.
pub fn supplier_page(report: &SupplierReport<'_>) -> String {
    let risk = &report.answer.brief.risk;
    let name = risk.name.as_deref().unwrap_or(&risk.external_id);
    let subtitle = format!("Supplier risk of {} ({}), as of {}", risk.external_id, risk.source, date(risk.day));
    let linked = risk.residual.is_some();
    let figures = [
        (
            "Residual, of 100",
            html! { (score(risk.residual)) @if risk.band.is_none() && linked { small { "assumed, not rated" } } },
        ),
        ("Before assurance", score(risk.inherent)),
        ("Could be", could_be(risk)),
        ("Likelihood", score(Some(risk.likelihood).filter(|_| linked))),
        ("Known", known(risk.confidence)),
    ];
    let drives = html! {
        (drivers(risk, report.model)) (evidence::paths(risk, report.ties)) (place(risk)) (trend(report))
    };
    let (worst, sentences) = verdict::verdict(risk, report.gaps, report.model);
    Page::new(name, subtitle)
        .with(page::verdict(worst, sentences))
        .with(page::figures(&figures))
        .with(page::section("Open actions", actions::actions(report)))
        .with(page::section("What drives it", drives))
        .with(page::section("What happened", evidence::events(risk, &report.answer.events)))
        .with(page::section("What stands against it", evidence::services(risk)))
        .with(page::section("Agreements", evidence::agreements(report.ties)))
        .with(page::section("Whom it works with", evidence::tiers(report.ties)))
        .with(evidence::processes(report.processes))
        .with(page::note(report.answer.brief.notice))
        .render()
}

fn could_be(risk: &SupplierRisk) -> Markup {
    let all = risk.confidence.is_some_and(|confidence| confidence.known == confidence.of);
    html! { (range(risk.low, risk.high)) @if all { small { "nothing is unknown" } } }
}

fn service_name(service: &ServiceRisk) -> String {
    service.name.clone().unwrap_or_else(|| service.service.to_string())
}

fn drivers(risk: &SupplierRisk, model: &ResultModel) -> Markup {
    let bar = |service: &ServiceRisk| {
        let band = risk.band.map(|_| model.band(service.residual.exact()).as_str());
        let value = service.residual.rounded();
        let tone = band.map_or(Tone::Neutral, tone);
        let text = format!("{} {}", page::decimal(value), band.unwrap_or_default());
        Bar { label: service_name(service), value, tone, text: text.trim_end().into() }
    };
    let all: Vec<Bar> = risk.services.iter().take(12).map(bar).collect();
    let shows = "The residual risk of the supplier to each service it touches, 0 to 100, with its band.";
    bars(Caption { id: "services", title: "Residual risk by service, of 100", shows }, &all, Some(100.0))
}

fn place(risk: &SupplierRisk) -> Markup {
    let shows = "Where the driving service lies: B before assurance, A after it.";
    let at = |impact: usize, likelihood: usize| {
        let is = |cell: Option<MatrixCell>| {
            cell.is_some_and(|cell| usize::from(cell.impact) == impact && usize::from(cell.likelihood) == likelihood)
        };
        match (is(risk.inherent_cell), is(risk.residual_cell)) {
            (true, true) => "B, A".into(),
            (true, false) => "B".into(),
            (false, true) => "A".into(),
            (false, false) => String::new(),
        }
    };
    if risk.driving_service.is_none() {
        return html! { p.note { "It lies in no cell of the matrix of impact and likelihood, as it touches no service." } };
    }
    html! {
        (risk_matrix(Caption { id: "place", title: "Before (B) and after (A) assurance", shows }, at))
        (key(0))
    }
}

fn trend(report: &SupplierReport<'_>) -> Markup {
    let of = |name: &str, score: fn(&SupplierScore) -> Option<f64>| Series {
        name: name.into(),
        points: report.history.iter().filter_map(|day| Some((day.day, score(day)?))).collect(),
    };
    let series = [
        of("residual", |day| day.residual.map(|score| score.rounded())),
        of("before", |day| day.inherent.map(|score| score.rounded())),
    ];
    let shows = "Residual risk and risk before assurance, day by day, against the limits of the bands.";
    let caption = Caption { id: "trend", title: "Day by day", shows };
    lines(caption, &series, &band_levels(report.model), 100.0)
}
