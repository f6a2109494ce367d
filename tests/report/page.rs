//! Cases of the printable pages and their charts: nothing comes in from outside, and nothing is said by colour alone.

use concord::{
    model::Timestamp,
    report::{
        Page, Tone,
        chart::{Bar, Caption, Cell, Level, Matrix, Series, bars, lines, matrix},
        page::{self, Head},
    },
};
use maud::html;

crate::harness::cases![
    a_page_needs_nothing_from_outside,
    what_records_say_never_becomes_markup,
    a_chart_says_in_words_what_it_shows,
    charts_draw_any_number,
    one_instant_is_said_in_words,
    names_beside_curves_do_not_lie_on_each_other,
    wide_things_scroll_within_their_box,
    links_lead_to_the_web_only,
];

const CAPTION: Caption<'_> = Caption { id: "c", title: "A chart", shows: "What there is." };

fn day(text: &str) -> Timestamp {
    text.parse().expect("a day")
}

fn curve(name: &str, values: &[f64]) -> Series {
    let at = |i: usize| day("2026-03-01").plus_days(i64::try_from(i).expect("few"));
    Series { name: name.into(), points: values.iter().enumerate().map(|(i, value)| (at(i), *value)).collect() }
}

fn bar(label: &str, value: f64) -> Bar {
    Bar { label: label.into(), value, tone: Tone::Poor, text: format!("{value}") }
}

fn grid(text: &str) -> Matrix {
    let cells = vec![Cell { text: text.into(), tone: Tone::Bad }, Cell { text: String::new(), tone: Tone::Good }];
    Matrix {
        across: "Likelihood",
        up: "Impact",
        columns: vec!["1".into(), "2".into()],
        rows: vec![("5".into(), cells)],
    }
}

fn a_page_needs_nothing_from_outside() {
    let page = Page::new("A report", "As of today")
        .with(page::section("Bars", bars(CAPTION, &[bar("a", 3.0)], None)))
        .with(page::table("Lines", &[Head::text("a"), Head::number("b")], &[vec![html! { "x" }, html! { "1" }]], ""))
        .render();
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    for outside in ["<script", "<link", "<img", "src=", "url(", "@import", "<iframe", "javascript:"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("@media print") && page.contains("scope=\"col\"") && page.contains("<caption>Lines"));
}

fn what_records_say_never_becomes_markup() {
    let evil = "<script>alert(1)</script>\" onload=\"x";
    let caption = Caption { id: "c", title: evil, shows: evil };
    let text = [
        Page::new(evil, evil).with(page::section(evil, page::badge(evil, Tone::Good))).render(),
        bars(caption, &[bar(evil, 1.0)], Some(2.0)).into_string(),
        lines(caption, &[curve(evil, &[1.0, 2.0])], &[Level { name: evil.into(), value: 1.0 }], 4.0).into_string(),
        matrix(caption, &grid(evil)).into_string(),
        page::link(Some("https://x.example/\"onclick=\"y"), evil).into_string(),
        page::facts(&[("a", html! { (evil) })]).into_string(),
    ];
    for text in text {
        assert!(!text.contains("<script") && !text.contains("\" on") && !text.contains("\"on"), "{text}");
    }
}

fn a_chart_says_in_words_what_it_shows() {
    let drawn = [
        bars(CAPTION, &[bar("Acme", 3.0)], None),
        lines(CAPTION, &[curve("Acme", &[3.0, 3.5])], &[], 100.0),
        matrix(CAPTION, &grid("7")),
    ];
    for chart in drawn {
        let chart = chart.into_string();
        assert!(chart.contains("role=\"img\" aria-labelledby=\"c-title c-desc\""), "{chart}");
        assert!(chart.contains("<title id=\"c-title\">A chart</title>"), "{chart}");
        assert!(chart.contains("<desc id=\"c-desc\">What there is.</desc>"), "{chart}");
        let table = chart.split_once("<table>").expect("a table for those who cannot see").1;
        assert!(table.contains("3") || table.contains("7"), "{table}");
    }
}

fn charts_draw_any_number() {
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300];
    let bars = bars(CAPTION, &odd.map(|value| bar("a", value)), None).into_string();
    let lines = lines(CAPTION, &[curve("a", &odd), curve("b", &[]), curve("c", &[5.0])], &[], 0.0).into_string();
    for text in [bars, lines] {
        let drawing = text.split_once("<details>").expect("the numbers").0;
        assert!(!drawing.contains("=\"NaN") && !drawing.contains("=\"inf") && !drawing.contains(",NaN"), "{drawing}");
    }
    let empty = concord::report::chart::lines(CAPTION, &[], &[], 1.0).into_string();
    assert!(empty.contains("nothing to draw") && !empty.contains("<svg"));
}

fn one_instant_is_said_in_words() {
    let text = lines(CAPTION, &[curve("residual", &[3.5]), curve("before", &[8.0])], &[], 100.0).into_string();
    assert!(text.contains("2026-03-01: residual 3.5, before 8.") && !text.contains("<svg"), "{text}");
}

/// Names of levels and curves stand right of the drawing, at least a line apart, however close what they name is.
fn names_beside_curves_do_not_lie_on_each_other() {
    let level = |value| Level { name: format!("from {value}"), value };
    for values in [[1.0, 2.0, 3.0], [97.0, 98.0, 99.0], [10.0, 25.0, 50.0]] {
        let end = values[1] + 0.5;
        let curves = [curve("a", &[1.0, end]), curve("b", &[2.0, end])];
        let text = lines(CAPTION, &curves, &values.map(level), 100.0).into_string();
        let drawing = text.split_once("</svg>").expect("a drawing").0;
        let beside = drawing.split("<text").filter(|text| text.contains("x=\"598\""));
        let mut heights: Vec<f64> = beside
            .map(|text| text.split_once(" y=\"").expect("a height").1.split('"').next().expect("its end"))
            .map(|height| height.parse().expect("a number"))
            .collect();
        heights.sort_by(f64::total_cmp);
        assert_eq!(heights.len(), 5, "{drawing}");
        assert!(heights.windows(2).all(|two| two[1] - two[0] >= 14.0 - 1e-9), "{heights:?}");
        assert!(heights.iter().all(|height| (0.0..=216.0).contains(height)), "{heights:?}");
    }
}

fn wide_things_scroll_within_their_box() {
    let table = page::table("Lines", &[Head::text("a")], &[vec![html! { "x" }]], "").into_string();
    let chart = matrix(CAPTION, &grid("7")).into_string();
    assert!(table.starts_with("<div class=\"wide\"><table>") && chart.contains("<div class=\"wide\"><svg"));
    let style = Page::new("A", "b").render();
    assert!(
        style.contains(".wide { overflow-x: auto; }") && style.contains(".wide { overflow: visible; }"),
        "print, too"
    );
    let legend = page::legend(&[(Tone::Good, "all is well")]).into_string();
    assert!(legend.contains("all is well"), "{legend}");
}

fn links_lead_to_the_web_only() {
    assert_eq!(page::link(Some("javascript:alert(1)"), "T-1").into_string(), "T-1");
    assert_eq!(page::link(None, "T-1").into_string(), "T-1");
    let link = page::link(Some("https://tickets.example/T-1"), "T-1").into_string();
    assert_eq!(link, "<a href=\"https://tickets.example/T-1\" rel=\"noreferrer\">T-1</a>");
}
