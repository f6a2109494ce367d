//! Charts for pages: bars, lines over time, and matrices, drawn as SVG with the numbers beside them as a table.
//!
//! A chart says what it shows in words (`title`, `desc`), never by colour alone, and is followed by the table it was
//! drawn from for those who cannot see it.

use super::page::{Head, Tone, table};
use crate::model::Timestamp;
use chrono::{Datelike, NaiveTime};
use maud::{Markup, html};

/// What a chart is called and what it shows, in words.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// Unique on the page; letters, digits and hyphens.
    pub id: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// What it shows, in a sentence.
    pub shows: &'a str,
}

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How long it is; below 0 counts as 0.
    pub value: f64,
    /// Its colour.
    pub tone: Tone,
    /// What is written behind it; the value, with whatever makes it clear.
    pub text: String,
}

/// A curve over time.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it stands for.
    pub name: String,
    /// Its values, by time.
    pub points: Vec<(Timestamp, f64)>,
}

/// A level drawn across a line chart.
#[derive(Clone, Debug)]
pub struct Level {
    /// What it stands for.
    pub name: String,
    /// Where it lies.
    pub value: f64,
}

/// A cell of a matrix.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What is written in it.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// A grid of cells between two axes.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What the columns are.
    pub across: &'static str,
    /// What the rows are.
    pub up: &'static str,
    /// The columns, from left to right.
    pub columns: Vec<String>,
    /// The rows, from top to bottom, each with a cell for every column.
    pub rows: Vec<(String, Vec<Cell>)>,
}

const WIDTH: f64 = 720.0;

/// Bars from left to right, one below the other. `full` is the value that fills the width; the largest bar without.
pub fn bars(caption: Caption<'_>, bars: &[Bar], full: Option<f64>) -> Markup {
    const LABEL: f64 = 250.0;
    const TEXT: f64 = 110.0;
    const STEP: f64 = 26.0;
    let largest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let full = full.unwrap_or(largest).max(f64::MIN_POSITIVE);
    let length = |value: f64| place((value / full).clamp(0.0, 1.0) * (WIDTH - LABEL - TEXT));
    let height = STEP * bars.len() as f64 + 4.0;
    let drawing = html! {
        @for (i, bar) in bars.iter().enumerate() {
            @let top = STEP * i as f64 + 4.0;
            text x=(LABEL - 8.0) y=(top + 14.0) text-anchor="end" { (fitting(&bar.label, 38)) }
            rect.wash.neutral x=(LABEL) y=(top) width=(place(WIDTH - LABEL - TEXT)) height="18" {}
            rect class=(bar.tone.class()) x=(LABEL) y=(top) width=(length(bar.value)) height="18" {}
            text x=(WIDTH - TEXT + 8.0) y=(top + 14.0) { (fitting(&bar.text, 16)) }
        }
    };
    let lines: Vec<Vec<Markup>> = bars.iter().map(|bar| vec![html! { (bar.label) }, html! { (bar.text) }]).collect();
    figure(caption, (WIDTH, height), "", drawing, &[Head::text("What"), Head::number("Value")], &lines)
}

/// Curves over time, from 0 to `most` upwards, with levels across. What is known of one instant alone is said in words, as
/// it makes no curve.
pub fn lines(caption: Caption<'_>, series: &[Series], levels: &[Level], most: f64) -> Markup {
    const LEFT: f64 = 40.0;
    const RIGHT: f64 = 130.0;
    const TOP: f64 = 10.0;
    const BOTTOM: f64 = 190.0;
    let times = || series.iter().flat_map(|series| series.points.iter().map(|(at, _)| at.millis()));
    let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
    let span = (last - first) as f64;
    let months = span > 0.0 && times().all(begins_a_month);
    let when = |millis| written(millis, if months { "%Y-%m" } else { "%Y-%m-%d" });
    let x = |at: Timestamp| place(LEFT + (at.millis() - first) as f64 / span.max(1.0) * (WIDTH - LEFT - RIGHT));
    let most = most.max(f64::MIN_POSITIVE);
    let y = |value: f64| place(BOTTOM - (value / most).clamp(0.0, 1.0) * (BOTTOM - TOP));
    let path = |series: &Series| -> String {
        series.points.iter().map(|(at, value)| format!("{},{} ", x(*at), y(*value))).collect()
    };
    let drawn: Vec<&Series> = series.iter().filter(|series| !series.points.is_empty()).collect();
    if span == 0.0 && !drawn.is_empty() {
        return one_instant(caption, &when(first), &drawn);
    }
    // Names stand right of the drawing, each as near to what it names as the others let it.
    let ends = drawn.iter().filter_map(|series| series.points.last().map(|(_, value)| y(*value)));
    let names = apart(levels.iter().map(|level| y(level.value)).chain(ends).collect(), BOTTOM + 20.0);
    let name = |i: usize| names.get(i).copied().unwrap_or_default() + 4.0;
    let drawing = html! {
        @for quarter in 0..=4 {
            @let value = most * f64::from(quarter) / 4.0;
            line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(value)) y2=(y(value)) {}
            text.label x=(LEFT - 6.0) y=(y(value) + 4.0) text-anchor="end" { (short(value)) }
        }
        @for (i, level) in levels.iter().enumerate() {
            line.limit x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(level.value)) y2=(y(level.value)) {}
            text.label x=(WIDTH - RIGHT + 8.0) y=(name(i)) { (fitting(&level.name, 18)) }
        }
        @for (i, series) in drawn.iter().enumerate() {
            @let class = format!("s{}", i % 4);
            polyline class={ "curve " (class) } points=(path(series).trim_end()) {}
            @if let Some((at, value)) = series.points.last() {
                circle class={ "dot " (class) } cx=(x(*at)) cy=(y(*value)) r="3" {}
                text x=(WIDTH - RIGHT + 8.0) y=(name(levels.len() + i)) {
                    (fitting(&series.name, 11)) " " (short(*value))
                }
            }
        }
        text.label x=(LEFT) y=(BOTTOM + 18.0) { (when(first)) }
        text.label x=(WIDTH - RIGHT) y=(BOTTOM + 18.0) text-anchor="end" { (when(last)) }
    };
    let lines: Vec<Vec<Markup>> = series
        .iter()
        .flat_map(|series| series.points.iter().map(move |point| (&series.name, point)))
        .map(|(name, (at, value))| vec![html! { (when(at.millis())) }, html! { (name) }, html! { (short(*value)) }])
        .collect();
    let heads = [Head::text(if months { "Month" } else { "Day" }), Head::text("What"), Head::number("Value")];
    figure(caption, (WIDTH, BOTTOM + 26.0), "", drawing, &heads, &lines)
}

fn one_instant(caption: Caption<'_>, when: &str, series: &[&Series]) -> Markup {
    let said: Vec<String> = series
        .iter()
        .filter_map(|series| Some(format!("{} {}", series.name, short(series.points.last()?.1))))
        .collect();
    html! { figure { figcaption { (caption.title) } p { (when) ": " (said.join(", ")) "." } } }
}

/// A matrix, such as impact against likelihood.
pub fn matrix(caption: Caption<'_>, matrix: &Matrix) -> Markup {
    const LEFT: f64 = 150.0;
    const CELL: f64 = 62.0;
    const HIGH: f64 = 44.0;
    let (columns, rows) = (matrix.columns.len() as f64, matrix.rows.len() as f64);
    let (width, bottom) = (LEFT + CELL * columns + 8.0, HIGH * rows + 8.0);
    let drawing = html! {
        @for (r, (name, cells)) in matrix.rows.iter().enumerate() {
            @let top = HIGH * r as f64 + 4.0;
            text.label x=(LEFT - 8.0) y=(top + HIGH / 2.0 + 4.0) text-anchor="end" { (fitting(name, 16)) }
            @for (c, cell) in cells.iter().enumerate().take(matrix.columns.len()) {
                @let left = LEFT + CELL * c as f64;
                rect class={ "wash " (cell.tone.class()) } x=(left + 1.0) y=(top + 1.0) width=(CELL - 2.0) height=(HIGH - 2.0) rx="3" {}
                text x=(left + CELL / 2.0) y=(top + HIGH / 2.0 + 4.0) text-anchor="middle" { (fitting(&cell.text, 8)) }
            }
        }
        @for (c, name) in matrix.columns.iter().enumerate() {
            text.label x=(LEFT + CELL * (c as f64 + 0.5)) y=(bottom + 14.0) text-anchor="middle" { (fitting(name, 9)) }
        }
        text x=(LEFT + CELL * columns / 2.0) y=(bottom + 34.0) text-anchor="middle" { (matrix.across) }
        text x="14" y=(bottom / 2.0) text-anchor="middle" transform=(format!("rotate(-90 14 {})", bottom / 2.0)) { (matrix.up) }
    };
    let lines: Vec<Vec<Markup>> = matrix
        .rows
        .iter()
        .flat_map(|(row, cells)| cells.iter().zip(&matrix.columns).map(move |(cell, column)| (row, column, cell)))
        .filter(|(_, _, cell)| !cell.text.is_empty())
        .map(|(row, column, cell)| vec![html! { (row) }, html! { (column) }, html! { (cell.text) }])
        .collect();
    let heads = [Head::text(matrix.up), Head::text(matrix.across), Head::number("Value")];
    figure(caption, (width, bottom + 42.0), "square", drawing, &heads, &lines)
}

fn figure(
    caption: Caption<'_>,
    (width, height): (f64, f64),
    class: &str,
    drawing: Markup,
    heads: &[Head],
    lines: &[Vec<Markup>],
) -> Markup {
    if lines.is_empty() {
        return html! { figure { figcaption { (caption.title) } p.empty { "There is nothing to draw yet." } } };
    }
    let (title, shows) = (format!("{}-title", caption.id), format!("{}-desc", caption.id));
    html! {
        figure {
            figcaption { (caption.title) }
            div.wide { svg role="img" aria-labelledby={ (title) " " (shows) } xmlns="http://www.w3.org/2000/svg"
                viewBox=(format!("0 0 {width} {height}")) class=(class) {
                title id=(title) { (caption.title) }
                desc id=(shows) { (caption.shows) }
                (drawing)
            } }
            details {
                summary { "The numbers" }
                (table(caption.shows, heads, lines, ""))
            }
        }
    }
}

/// Heights for texts that would lie on each other, moved apart, in the order given; none lower than `lowest`.
fn apart(mut heights: Vec<f64>, lowest: f64) -> Vec<f64> {
    const LEAST: f64 = 14.0;
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    let mut above = f64::NEG_INFINITY;
    for i in &order {
        heights[*i] = heights[*i].max(above + LEAST);
        above = heights[*i];
    }
    let mut below = lowest + LEAST;
    for i in order.into_iter().rev() {
        heights[i] = heights[i].min(below - LEAST);
        below = heights[i];
    }
    heights
}

/// A place in the drawing, to a tenth.
fn place(at: f64) -> f64 {
    if at.is_finite() { (at * 10.0).round() / 10.0 } else { 0.0 }
}

fn written(millis: i64, format: &str) -> String {
    Timestamp::from_millis(millis).naive().format(format).to_string()
}

fn begins_a_month(millis: i64) -> bool {
    let at = Timestamp::from_millis(millis).naive();
    at.day() == 1 && at.time() == NaiveTime::MIN
}

/// A number without a decimal that says nothing.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), Into::into)
}

/// The text, cut to so many characters.
fn fitting(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
