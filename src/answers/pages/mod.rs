//! Answers as printable pages: what a person reads, with the charts beside it.

mod customer;
mod indicators;
mod matrix;
mod portfolio;
mod service_report;
mod supplier;
mod wording;

pub use customer::customer_page;
pub use portfolio::{PortfolioReport, portfolio_page};
pub use service_report::service_report;
pub use supplier::{SupplierReport, supplier_page};

use crate::{
    assess::supplier_risk::{Confidence, ResultModel, Score},
    model::Timestamp,
    report::{Tone, chart::Level, page},
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

fn score(of: Option<Score>) -> Markup {
    html! { @match of { Some(score) => (page::decimal(score.rounded())), None => "–" } }
}

/// From the least to the most it could be; one number where nothing is unknown.
fn range(low: Option<Score>, high: Option<Score>) -> Markup {
    let same = low.map(Score::rounded) == high.map(Score::rounded);
    html! { (score(low)) @if !same { " to " (score(high)) } }
}

/// How much is known, of how much.
fn known(confidence: Option<Confidence>) -> Markup {
    html! { @match confidence { Some(c) => span.nowrap { (c.known) " of " (c.of) }, None => "–" } }
}

/// A page's own day.
fn date(at: Timestamp) -> String {
    at.naive().format("%Y-%m-%d").to_string()
}

/// Where the bands begin, as levels across a chart.
fn band_levels(model: &ResultModel) -> Vec<Level> {
    let names = ["moderate", "high", "severe"];
    names.iter().zip(model.bands).map(|(name, value)| Level { name: format!("{name} from {value}"), value }).collect()
}

/// The first lines of a table that could be long, and how many there are besides.
fn first<T>(most: usize, all: &[T], table: impl FnOnce(&[T]) -> Markup) -> Markup {
    let shown = all.get(..most).unwrap_or(all);
    html! { (table(shown)) @if shown.len() < all.len() { p.note { "And " (all.len() - shown.len()) " more." } } }
}
