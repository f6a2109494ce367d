//! What a supplier's risk rests on: paths to services, tickets, assurance, agreements, other suppliers, processes.

use super::{date, score, service_name};
use crate::{
    answers::{
        AgreementTerm, SupplierTies,
        pages::{
            first,
            wording::{self, assurance, counted, link, part},
        },
    },
    assess::{
        OperatedProcess,
        supplier_risk::{EventContribution, PartyBrief, ServiceRisk, SupplierRisk, Truth},
    },
    report::{
        Tone,
        page::{self, Head},
    },
};
use maud::{Markup, html};

/// How many services, agreements and suppliers are listed.
const LISTED: usize = 50;

/// How many names of what an agreement covers are listed.
const COVERED: usize = 10;

/// How it touches each service, and through what.
pub(super) fn paths(risk: &SupplierRisk, ties: &SupplierTies) -> Markup {
    let heads = [
        Head::text("Service"),
        Head::text("How it touches it"),
        Head::text("Through"),
        Head::number("Steps"),
        Head::number("Impact"),
        Head::number("Residual"),
    ];
    let line = |service: &ServiceRisk| {
        let through = service.through.map(|id| ties.through.get(&id).cloned().unwrap_or_else(|| id.to_string()));
        vec![
            html! { (service_name(service)) },
            html! { (link(service.link)) },
            html! { (through.unwrap_or_default()) },
            html! { (service.depth) },
            score(Some(service.impact_max)),
            score(Some(service.residual)),
        ]
    };
    let table = |shown: &[ServiceRisk]| {
        let rows: Vec<Vec<Markup>> = shown.iter().map(line).collect();
        page::table("The shortest path from the supplier to each service.", &heads, &rows, "It touches no service.")
    };
    first(LISTED, &risk.services, table)
}

pub(super) fn events(risk: &SupplierRisk, events: &[EventContribution]) -> Markup {
    let heads = [
        Head::text("Ticket"),
        Head::text("What"),
        Head::text("Its part"),
        Head::text("Ended"),
        Head::number("Base"),
        Head::number("×\u{a0}severity"),
        Head::number("×\u{a0}share"),
        Head::number("×\u{a0}age"),
        Head::number("Counts"),
    ];
    let line = |event: &EventContribution| {
        vec![
            html! { (page::link(event.url.as_deref(), &event.external_id))
            @if let Some(title) = &event.title { " " (title) } },
            html! { (wording::event(event.input)) },
            html! { (part(event.reason)) },
            html! { span.nowrap { @match event.ended_at { Some(at) => (date(at)), None => "open" } } },
            html! { (event.base) },
            html! { (event.severity) },
            html! { (event.share) },
            html! { (format!("{:.2}", event.decay)) },
            html! { (format!("{:.2}", event.counted)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = events.iter().map(line).collect();
    let total = usize::try_from(risk.event_count).unwrap_or(usize::MAX);
    let which = match total {
        1 => "The event that still counts".into(),
        _ if rows.len() == total => format!("All {} that still count", counted(total, "event")),
        _ => format!("The {} that weigh most of {} that still count", rows.len(), counted(total, "event")),
    };
    let likelihood = page::decimal(risk.likelihood.rounded());
    let caption = format!("{which}: {:.2} points in all, a likelihood of {likelihood}.", risk.exposure);
    let quiet = if risk.ticket_feed_fresh {
        "Nothing happened that still counts."
    } else {
        "No ticket is known that still counts."
    };
    html! {
        (page::table(&caption, &heads, &rows, quiet))
        @if !risk.ticket_feed_fresh { p.note { "No source of tickets was read recently, so quiet proves nothing." } }
    }
}

pub(super) fn services(risk: &SupplierRisk) -> Markup {
    let items = risk.services.first().map(|service| service.assurance_items.as_slice()).unwrap_or_default();
    let mut heads = vec![Head::text("Service"), Head::number("Impact"), Head::number("Assurance")];
    heads.extend(items.iter().map(|item| Head::text(assurance(item.item))));
    heads.push(Head::number("Residual"));
    let line = |service: &ServiceRisk| {
        let answers = service.assurance_items.iter().map(|item| told(item.answer));
        let mut cells =
            vec![html! { (service_name(service)) }, score(Some(service.impact_max)), score(Some(service.assurance))];
        cells.extend(answers);
        cells.push(score(Some(service.residual)));
        cells
    };
    let table = |shown: &[ServiceRisk]| {
        let rows: Vec<Vec<Markup>> = shown.iter().map(line).collect();
        let caption = "What speaks for it on each service; a question mark means that no source says.";
        page::table(caption, &heads, &rows, "It touches no service.")
    };
    first(LISTED, &risk.services, table)
}

fn told(answer: Truth) -> Markup {
    match answer {
        Truth::Yes => page::badge("yes", Tone::Good),
        Truth::No => page::badge("no", Tone::Bad),
        Truth::Unknown => page::badge("?", Tone::Neutral),
    }
}

pub(super) fn agreements(ties: &SupplierTies) -> Markup {
    let heads = [Head::text("Agreement"), Head::text("From"), Head::text("Until"), Head::text("Covers")];
    let day = |at: Option<crate::model::Timestamp>, none: &'static str| {
        html! { @match at { Some(at) => span.nowrap { (date(at)) }, None => (none) } }
    };
    let line = |term: &AgreementTerm| {
        let covered = term.covers.get(..COVERED).unwrap_or(&term.covers);
        let more = term.covers.len() - covered.len();
        vec![
            html! { (page::link(term.record.url.as_deref(), &term.record.external_id))
            @if let Some(name) = &term.record.name { " " (name) } },
            day(term.starts_at, "not stated"),
            day(term.ends_at, "no end stated"),
            html! { @if covered.is_empty() { "nothing named" } (covered.join(", ")) @if more > 0 { " and " (more) " more" } },
        ]
    };
    let table = |shown: &[AgreementTerm]| {
        let rows: Vec<Vec<Markup>> = shown.iter().map(line).collect();
        page::table("Agreements it is judged by, the first to end first.", &heads, &rows, "No agreement is known.")
    };
    first(LISTED, &ties.agreements, table)
}

/// Whom it works for, and who works for it.
pub(super) fn tiers(ties: &SupplierTies) -> Markup {
    let names = |of: &[PartyBrief]| {
        let name = |party: &PartyBrief| party.name.clone().unwrap_or_else(|| party.party.to_string());
        let shown: Vec<String> = of.iter().take(LISTED).map(name).collect();
        html! {
            @if of.is_empty() { "nobody, as far as the records say" }
            (shown.join(", "))
            @if of.len() > shown.len() { " and " (of.len() - shown.len()) " more" }
        }
    };
    page::facts(&[("It works for", names(&ties.leads)), ("Working for it", names(&ties.sub_suppliers))])
}

/// Nothing for a supplier that operates no process.
pub(super) fn processes(all: &[OperatedProcess]) -> Markup {
    let heads = ["Process", "Agreement", "Accountability", "Definition", "Performance", "Improvement", "Governed"];
    let heads = heads.map(Head::text);
    let line = |process: &OperatedProcess| {
        let agreement = process.agreement.as_ref();
        let mut cells = vec![
            html! { (process.requirement.in_words()) @if let Some(title) = &process.title { " " (title) } },
            html! { @match agreement {
                Some(agreement) => (page::link(agreement.url.as_deref(), &agreement.external_id)),
                None => "none",
            } @match process.agreement_ends_at { Some(end) => { " until " (date(end)) }, None => "" } },
        ];
        cells.extend(process.aspects.iter().map(|aspect| told(aspect.shown)));
        cells.push(told(Truth::of(process.governed)));
        cells
    };
    let rows: Vec<Vec<Markup>> = all.iter().map(line).collect();
    let caption = "Governed: the agreement is in force, and ISO/IEC 20000-1, 4.2 conforms. Before it, what shows that.";
    html! { @if !rows.is_empty() { (page::section("Processes it operates", page::table(caption, &heads, &rows, ""))) } }
}
