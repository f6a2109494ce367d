//! Answers as printable pages: what a person reads, with the charts beside it.

mod customer;
mod indicators;
mod portfolio;
mod service_report;
mod supplier;

pub use customer::customer_page;
pub use portfolio::portfolio_page;
pub use service_report::service_report;
pub use supplier::{SupplierReport, supplier_page};

use crate::{
    assess::supplier_risk::Score,
    model::Timestamp,
    report::{
        Tone,
        chart::{Caption, Cell, Matrix, matrix},
        page,
    },
};
use maud::{Markup, html};

/// The tone of a supplier's band, or of why it has none.
fn tone(standing: &str) -> Tone {
    match standing {
        "low" => Tone::Good,
        "moderate" => Tone::Fair,
        "high" => Tone::Poor,
        "severe" => Tone::Bad,
        _ => Tone::Neutral,
    }
}

/// A name as words: `no_agreement` is "no agreement".
fn words(name: impl std::fmt::Display) -> String {
    name.to_string().replace('_', " ")
}

fn score(of: Option<Score>) -> Markup {
    html! { @match of { Some(score) => (page::decimal(score.rounded())), None => "–" } }
}

/// From the least to the most it could be; one number where nothing is unknown.
fn range(low: Option<Score>, high: Option<Score>) -> Markup {
    let same = low.map(Score::rounded) == high.map(Score::rounded);
    html! { (score(low)) @if !same { " to " (score(high)) } }
}

fn date(at: Timestamp) -> String {
    at.naive().format("%Y-%m-%d").to_string()
}

/// A matrix of impact and likelihood with a text in each cell: rows by impact from 5 to 1, columns by likelihood.
fn risk_matrix(caption: Caption<'_>, text: impl Fn(usize, usize) -> String) -> Markup {
    const NAMES: [&str; 5] = ["very low", "low", "medium", "high", "very high"];
    let tone = |impact: usize, likelihood: usize| match impact * likelihood {
        0..=4 => Tone::Good,
        5..=9 => Tone::Fair,
        10..=14 => Tone::Poor,
        _ => Tone::Bad,
    };
    let row = |impact: usize| {
        let cell = |likelihood| Cell { text: text(impact, likelihood), tone: tone(impact, likelihood) };
        (format!("{} {impact}", NAMES[impact - 1]), (1..=5).map(cell).collect())
    };
    let columns = (1..=5).map(|likelihood| format!("{likelihood}")).collect();
    matrix(caption, &Matrix { across: "Likelihood", up: "Impact", columns, rows: (1..=5).rev().map(row).collect() })
}
