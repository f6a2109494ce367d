//! The matrix of impact and likelihood, and what its colours and cells say.

use super::wording::counted;
use crate::report::{
    Tone,
    chart::{Caption, Cell, Matrix, matrix},
    page,
};
use maud::{Markup, html};

/// A matrix of impact and likelihood with a text in each cell: rows by impact from 5 to 1, columns by likelihood.
pub(super) fn risk_matrix(caption: Caption<'_>, text: impl Fn(usize, usize) -> String) -> Markup {
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

/// What the colours stand for, and what the matrix does not say. `unlinked` suppliers are in no cell.
pub(super) fn key(unlinked: u64) -> Markup {
    let colours = [
        (Tone::Good, "impact × likelihood up to 4"),
        (Tone::Fair, "5 to 9"),
        (Tone::Poor, "10 to 14"),
        (Tone::Bad, "15 and more"),
    ];
    html! {
        (page::legend(&colours))
        p.note {
            "A cell comes from the impact and likelihood of the service that drives the risk, and from nothing else. The "
            "band comes from the score, which counts all services, so that a supplier's band may be another than its "
            "cell's colour."
            @if unlinked > 0 {
                " " (counted(usize::try_from(unlinked).unwrap_or(usize::MAX), "supplier"))
                @if unlinked == 1 { " that touches" } @else { " that touch" }
                " no service as far as the records say " @if unlinked == 1 { "is" } @else { "are" } " in no cell."
            }
        }
    }
}
