//! The page for a customer: which suppliers stand behind the services it receives.

use super::{date, score, tone, words};
use crate::{
    answers::{CustomerSupplier, NOTICE},
    model::Timestamp,
    report::{
        Page, Tone,
        page::{self, Head},
    },
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The suppliers behind a customer's services, as of an instant.
pub fn customer_page(customer: &str, suppliers: &[CustomerSupplier], at: Timestamp) -> String {
    // A supplier stands behind several services, and is counted once.
    let count = |all: &mut dyn Iterator<Item = &CustomerSupplier>| {
        all.map(|found| found.supplier.party).collect::<BTreeSet<_>>().len()
    };
    let passed = count(&mut suppliers.iter().filter(|found| !found.exceeded.is_empty()));
    let all = count(&mut suppliers.iter());
    let verdict = html! {
        @if suppliers.is_empty() { "No supplier stands behind a service it receives, as far as the records say." }
        @else if passed == 0 { "No risk from suppliers is above what it accepts." }
        @else {
            (passed) " of " (all) " suppliers behind its services "
            @if passed == 1 { "is" } @else { "are" } " a risk above what it accepts."
        }
    };
    let worst = if passed > 0 {
        Tone::Poor
    } else if suppliers.is_empty() {
        Tone::Neutral
    } else {
        Tone::Good
    };
    let heads = [
        Head::text("Service"),
        Head::text("Supplier"),
        Head::text("Stands"),
        Head::text("How"),
        Head::number("Steps"),
        Head::number("Residual"),
        Head::text("Above what is accepted for"),
    ];
    let line = |found: &CustomerSupplier| {
        let above: Vec<&str> = found.exceeded.iter().map(|exceeded| exceeded.dimension.as_str()).collect();
        vec![
            html! { (found.service_name.clone().unwrap_or_else(|| found.service.to_string())) },
            html! { (found.supplier.name.clone().unwrap_or_else(|| found.supplier.party.to_string())) },
            page::badge(&words(&found.status), tone(&found.status)),
            html! { span.nowrap { (words(found.link)) } },
            html! { (found.depth) },
            score(Some(found.residual)),
            html! { (above.join(", ")) },
        ]
    };
    let rows: Vec<Vec<Markup>> = suppliers.iter().map(line).collect();
    let caption = "The residual risk of each supplier to each service, 0 to 100, highest first.";
    Page::new(customer, format!("Suppliers behind its services, as of {}", date(at)))
        .with(page::verdict(worst, verdict))
        .with(page::section("Suppliers", page::table(caption, &heads, &rows, "There are none.")))
        .with(page::note(NOTICE))
        .render()
}
