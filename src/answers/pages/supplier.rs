//! The page on one supplier: a verdict in a sentence, what drives it, the evidence, and what is open.

use super::{date, range, risk_matrix, score, tone, words};
use crate::{
    answers::{SupplierEventAnswer, SupplierRiskAnswer, SupplierScore, standing},
    assess::{
        OperatedProcess,
        supplier_risk::{EventContribution, Gap, GapKind, ServiceRisk, SupplierRisk, Truth},
    },
    report::{
        Page, Tone,
        chart::{Bar, Caption, Level, Series, bars, lines},
        page::{self, Head},
    },
};
use maud::{Markup, html};

/// What the page is made of.
pub struct SupplierReport<'a> {
    /// The risk and what makes it.
    pub answer: &'a SupplierRiskAnswer,
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
    let figures = [
        ("Residual, of 100", score(risk.residual)),
        ("Before assurance", score(risk.inherent)),
        ("Could be", range(risk.low, risk.high)),
        ("Likelihood", score(Some(risk.likelihood))),
        ("Known", html! { @match risk.confidence { Some(c) => { (c.known) " of " (c.of) }, None => "–" } }),
    ];
    Page::new(name, subtitle)
        .with(page::verdict(tone(standing(risk)), verdict(risk, report.gaps)))
        .with(page::figures(&figures))
        .with(page::section("Open actions", actions(report)))
        .with(page::section("What drives it", html! { (drivers(risk)) (place(risk)) (trend(report.history)) }))
        .with(page::section("What happened", events(risk, &report.answer.events)))
        .with(page::section("What stands against it", services(risk)))
        .with(processes(report.processes))
        .with(page::note(report.answer.brief.notice))
        .render()
}

fn verdict(risk: &SupplierRisk, gaps: &[Gap]) -> Markup {
    let driving = risk.services.iter().find(|service| Some(service.service) == risk.driving_service);
    let missing: Vec<String> = gaps
        .iter()
        .filter(|gap| driving.is_some_and(|service| gap.service == Some(service.service)) && gap.certain)
        .map(|gap| words(gap.kind))
        .filter(|missing| missing.starts_with("no "))
        .collect();
    let Some(service) = driving else {
        return html! { "No record links it to a service, so its risk is not known. That is not the same as none." };
    };
    html! {
        @match risk.band {
            Some(band) => { "It is a " strong { (band) " risk" } },
            None => { "Too little is known to rate it; it could be as much as " strong { (score(risk.high)) } },
        }
        ", most of all to " strong { (service_name(service)) } ": "
        @if risk.event_count == 0 { "nothing that still counts happened" }
        @else { (risk.event_count) " ticket" @if risk.event_count != 1 { "s" } " still count" @if risk.event_count == 1 { "s" } " against it" }
        @if missing.is_empty() { ", and nothing known is missing there." }
        @else { ", and there is " (missing.join(", ")) "." }
        @if !risk.exceeded.is_empty() { " It is above " (risk.exceeded.len()) " accepted level" @if risk.exceeded.len() != 1 { "s" } "." }
    }
}

fn service_name(service: &ServiceRisk) -> String {
    service.name.clone().unwrap_or_else(|| service.service.to_string())
}

fn actions(report: &SupplierReport<'_>) -> Markup {
    let risk = &report.answer.brief.risk;
    let none = report.gaps.is_empty() && report.open.is_empty() && risk.exceeded.is_empty();
    html! {
        @if none { p.empty { "Nothing is open." } }
        ul {
            @for event in report.open {
                li { "Reassess: " (words(event.kind)) " on " (date(event.at))
                    @if let (Some(before), Some(after)) = (&event.before, &event.after) { ", from " (before) " to " (after) } }
            }
            @for (action, about) in grouped(report.gaps) { li { (action) @if !about.is_empty() { ": " (about.join(", ")) } } }
            @for (whose, about) in above(risk) {
                li { "Bring the risk down, or have it accepted, to what " (whose) " accepts: " (about.join("; ")) }
            }
        }
    }
}

/// Whose accepted levels the risk is above, each with the services and what the level is for.
fn above(risk: &SupplierRisk) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for service in &risk.services {
        let mut of: Vec<(String, Vec<String>)> = Vec::new();
        for exceeded in risk.exceeded.iter().filter(|exceeded| exceeded.service == service.service) {
            let whose = exceeded.party_name.clone().unwrap_or_else(|| match exceeded.party {
                Some(party) => party.to_string(),
                None => "the organisation".into(),
            });
            let level = page::decimal(exceeded.accepted);
            let text = format!("{} {} above {level}", exceeded.dimension, page::decimal(exceeded.residual.rounded()));
            add(&mut of, whose, text);
        }
        for (whose, levels) in of {
            add(&mut found, whose, format!("{} ({})", service_name(service), levels.join(", ")));
        }
    }
    found
}

fn add(to: &mut Vec<(String, Vec<String>)>, key: String, text: String) {
    match to.iter_mut().find(|(known, _)| *known == key) {
        Some((_, all)) => all.push(text),
        None => to.push((key, vec![text])),
    }
}

/// Gaps of a kind in one line, with what they are about.
fn grouped(gaps: &[Gap]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for gap in gaps {
        let what =
            if gap.certain { what_to_do(gap.kind).to_owned() } else { format!("Find out about {}", words(gap.kind)) };
        let about = match (gap.kind, &gap.record_name, &gap.service_name) {
            (GapKind::ItemWithoutControlTerms, Some(item), _) => Some(item.clone()),
            (_, _, Some(service)) => Some(service.clone()),
            (_, Some(record), None) => Some(record.clone()),
            _ => None,
        };
        let about = about.map(|about| match gap.due_at {
            Some(due) => format!("{about} ({})", date(due)),
            None => about,
        });
        match found.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.extend(about.filter(|about| !all.contains(about))),
            None => found.push((what, about.into_iter().collect())),
        }
    }
    found
}

/// What is to be done about a gap.
fn what_to_do(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NoAgreement => "Conclude an agreement that covers",
        GapKind::NoSecurityObligations => "Agree security obligations for",
        GapKind::NoRightToAudit => "Agree a right to audit for",
        GapKind::NoEvidenceTerms => "Agree who collects evidence of incidents on",
        GapKind::NoRestorationTerms => "Agree restoration times for",
        GapKind::NoCertificate => "Ask for a certificate whose scope covers",
        GapKind::ReviewOverdue => "Review its performance",
        GapKind::ItemWithoutControlTerms => "Agree control terms for what it controls",
        GapKind::AgreementExpired => "Renew the agreement that ended, for",
        GapKind::AgreementExpiring => "Decide on the agreement that ends, for",
        GapKind::CertificateExpired => "Ask for the certificate that expired to be renewed, for",
        GapKind::CertificateExpiring => "Ask for the certificate that expires to be renewed, for",
        GapKind::ObligationWithoutRiskOrControl => "Assess the risk behind what was agreed, or name the control, on",
    }
}

fn drivers(risk: &SupplierRisk) -> Markup {
    let bar = |service: &ServiceRisk| {
        let value = service.residual.rounded();
        let text = format!("{} {}", page::decimal(value), words(service.link));
        Bar { label: service_name(service), value, tone: tone(standing(risk)), text }
    };
    let all: Vec<Bar> = risk.services.iter().take(12).map(bar).collect();
    let shows = "The residual risk of the supplier to each service it touches, 0 to 100, and how it touches it.";
    bars(Caption { id: "services", title: "Residual risk by service, of 100", shows }, &all, Some(100.0))
}

fn place(risk: &SupplierRisk) -> Markup {
    let shows = "Where the driving service lies: B before assurance, A after it.";
    let at = |impact: usize, likelihood: usize| {
        let is = |cell: Option<crate::assess::supplier_risk::MatrixCell>| {
            cell.is_some_and(|cell| usize::from(cell.impact) == impact && usize::from(cell.likelihood) == likelihood)
        };
        match (is(risk.inherent_cell), is(risk.residual_cell)) {
            (true, true) => "B, A".into(),
            (true, false) => "B".into(),
            (false, true) => "A".into(),
            (false, false) => String::new(),
        }
    };
    risk_matrix(Caption { id: "place", title: "Before (B) and after (A) assurance", shows }, at)
}

fn trend(history: &[SupplierScore]) -> Markup {
    let of = |name: &str, score: fn(&SupplierScore) -> Option<f64>| Series {
        name: name.into(),
        points: history.iter().filter_map(|day| Some((day.day, score(day)?))).collect(),
    };
    let series = [
        of("residual", |day| day.residual.map(|score| score.rounded())),
        of("before", |day| day.inherent.map(|score| score.rounded())),
    ];
    let levels = [("moderate", 10.0), ("high", 25.0), ("severe", 50.0)];
    let levels = levels.map(|(name, value)| Level { name: name.into(), value });
    let shows = "Residual risk and risk before assurance, day by day, against the limits of the bands.";
    lines(Caption { id: "trend", title: "Day by day", shows }, &series, &levels, 100.0)
}

fn events(risk: &SupplierRisk, events: &[EventContribution]) -> Markup {
    let heads = [
        Head::text("Ticket"),
        Head::text("What"),
        Head::text("Part in it"),
        Head::text("Ended"),
        Head::number("Base"),
        Head::number("× severity"),
        Head::number("× share"),
        Head::number("× age"),
        Head::number("Counts"),
    ];
    let line = |event: &EventContribution| {
        vec![
            html! { (page::link(event.url.as_deref(), &event.external_id))
            @if let Some(title) = &event.title { " " (title) } },
            html! { (words(event.input)) },
            html! { (words(event.reason)) },
            html! { span.nowrap { @match event.ended_at { Some(at) => (date(at)), None => "open" } } },
            html! { (event.base) },
            html! { (event.severity) },
            html! { (event.share) },
            html! { (format!("{:.2}", event.decay)) },
            html! { (format!("{:.2}", event.counted)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = events.iter().map(line).collect();
    let caption = format!(
        "The {} that weigh most of {} tickets that still count: {:.2} points in all, a likelihood of {}.",
        rows.len(),
        risk.event_count,
        risk.exposure,
        page::decimal(risk.likelihood.rounded())
    );
    html! {
        (page::table(&caption, &heads, &rows, "Nothing that still counts happened."))
        @if !risk.ticket_feed_fresh { p.note { "No source of tickets was read recently, so quiet proves nothing." } }
    }
}

fn services(risk: &SupplierRisk) -> Markup {
    let items = risk.services.first().map(|service| service.assurance_items.as_slice()).unwrap_or_default();
    let mut heads = vec![Head::text("Service"), Head::number("Impact"), Head::number("Assurance")];
    heads.extend(items.iter().map(|item| {
        Head::text(match item.item.as_str() {
            "agreement" => "Agreement",
            "security_obligations" => "Security obligations",
            "right_to_audit" => "Right to audit",
            "evidence_terms" => "Evidence terms",
            "restoration_terms" => "Restoration terms",
            "certificate" => "Certificate",
            _ => "Review",
        })
    }));
    heads.push(Head::number("Residual"));
    let line = |service: &ServiceRisk| {
        let answers = service.assurance_items.iter().map(|item| told(item.answer));
        let mut cells =
            vec![html! { (service_name(service)) }, score(Some(service.impact_max)), score(Some(service.assurance))];
        cells.extend(answers);
        cells.push(score(Some(service.residual)));
        cells
    };
    let rows: Vec<Vec<Markup>> = risk.services.iter().map(line).collect();
    let caption = "What speaks for it on each service; a question mark means that no source says.";
    page::table(caption, &heads, &rows, "It touches no service.")
}

fn told(answer: Truth) -> Markup {
    match answer {
        Truth::Yes => page::badge("yes", Tone::Good),
        Truth::No => page::badge("no", Tone::Bad),
        Truth::Unknown => page::badge("?", Tone::Neutral),
    }
}

/// Nothing for a supplier that operates no process.
fn processes(all: &[OperatedProcess]) -> Markup {
    let heads = ["Process", "Agreement", "Accountability", "Definition", "Performance", "Improvement", "Governed"];
    let heads = heads.map(Head::text);
    let line = |process: &OperatedProcess| {
        let agreement = process.agreement.as_ref();
        let mut cells = vec![
            html! { (process.requirement) @if let Some(title) = &process.title { " " (title) } },
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
