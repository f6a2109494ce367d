//! The service report as a page: what matters most first, then charts, then the lists behind them.

use super::indicators::controls;
use crate::{
    answers::ServiceReportAnswer,
    assess::{
        Period,
        service_report::{Audience, HandlingCounts, MajorIncident, MeasuredValue, NonconformityLine, ServiceReport},
    },
    model::{Aspect, Direction, RecordBrief, Timestamp, Verdict, counted},
    report::{
        Page, Tone,
        chart::{Bar, Caption, Series, bars, lines},
        page::{Head, badge, figures, link, note, section, table, unbroken, verdict},
    },
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The report as an HTML document.
pub fn service_report(answer: &ServiceReportAnswer) -> String {
    let report = &answer.report;
    let title = match report.audience {
        Audience::Customers => "Service report for customers",
        Audience::ServiceManagement => "Service report for service management",
        Audience::InformationSecurity => "Service report for information security",
        Audience::TopManagement => "Service report for top management",
    };
    let subtitle = format!("{} · drawn up on {}", period(report.period), day(answer.made_at));
    let mut page = Page::new(title, subtitle)
        .with(summary(report))
        .with(key_figures(report))
        .with(section("Trends", trends(report)))
        .with(section("Incidents", incidents(report)))
        .with(section("Major incidents", majors(&report.major_incidents)))
        .with(section("Changes and problems", work(report)))
        .with(section("Measurements", measurements(&report.measurements)));
    if let Some(open) = &report.nonconformities {
        page = page.with(section("Nonconformities", nonconformities(open)));
    }
    if let Some(indicators) = &report.indicators {
        page = page.with(section("How controls and processes do", controls(indicators)));
    }
    page.with(note(answer.notice)).render()
}

/// What matters most, in a sentence or two.
fn summary(report: &ServiceReport) -> Markup {
    let missed = report.measurements.iter().filter(|value| value.met == Some(false)).count();
    let majors = report.major_incidents.len();
    let breached = adverse(report, Verdict::Breach);
    let tone = match (majors, missed, breached) {
        (0, 0, 0) => Tone::Good,
        (0, _, 0) => Tone::Fair,
        _ => Tone::Poor,
    };
    verdict(
        tone,
        html! {
            (counted(report.incidents.all.opened, "incident")) " were opened, " (report.incidents.security.opened)
            " of them of information security; " (counted(majors as u64, "major incident")) ". "
            (counted(missed as u64, "measured target")) " of " (report.measurements.iter().filter(|v| v.met.is_some()).count())
            " missed"
            @if report.indicators.is_some() { "; " (counted(breached as u64, "indicator")) " breached" }
            "."
        },
    )
}

/// How many indicators come to this, in one management system or in both.
fn adverse(report: &ServiceReport, wanted: Verdict) -> usize {
    let results = report.indicators.iter().flatten().filter(|result| result.verdict == wanted);
    results.map(|result| &result.indicator).collect::<BTreeSet<_>>().len()
}

fn key_figures(report: &ServiceReport) -> Markup {
    let incidents = &report.incidents;
    let within = |counts: &HandlingCounts| share(counts.within_target, counts.within_target + counts.target_missed);
    figures(&[
        (
            "Incidents opened",
            html! { (incidents.all.opened) (change(incidents.all.opened, incidents.all_before.opened)) },
        ),
        ("Resolved within target", html! { (within(&incidents.all)) }),
        (
            "Security incidents",
            html! { (incidents.security.opened) (change(incidents.security.opened, incidents.security_before.opened)) },
        ),
        ("Of these within target", html! { (within(&incidents.security)) }),
        ("Changes closed", html! { (report.changes.closed) }),
        ("Of these successful", html! { (share(report.changes.successful, report.changes.closed)) }),
    ])
}

/// The difference to the period before, small beside a figure.
fn change(now: u64, before: u64) -> Markup {
    let text = match now.cmp(&before) {
        std::cmp::Ordering::Greater => format!("▲ {} more than before", now - before),
        std::cmp::Ordering::Less => format!("▼ {} fewer than before", before - now),
        std::cmp::Ordering::Equal => "as before".into(),
    };
    html! { " " small.note { (text) } }
}

fn trends(report: &ServiceReport) -> Markup {
    let curve = |name: &str, of: fn(&crate::assess::service_report::Month) -> u64| Series {
        name: name.into(),
        points: report.trends.iter().map(|month| (month.from, of(month) as f64)).collect(),
    };
    let incidents = [
        curve("all", |month| month.incidents),
        curve("security", |month| month.security_incidents),
        curve("missed", |month| month.targets_missed),
    ];
    let changes = [curve("closed", |month| month.changes), curve("failed", |month| month.failed_changes)];
    let incidents_caption = Caption {
        id: "incident-trend",
        title: "Incidents, month by month",
        shows: "Incidents opened in each month, those of information security among them, and targets missed.",
    };
    let changes_caption = Caption {
        id: "change-trend",
        title: "Changes, month by month",
        shows: "Changes closed in each month, and those that failed or were taken back.",
    };
    html! {
        (lines(incidents_caption, &incidents, &[], most(&incidents)))
        (lines(changes_caption, &changes, &[], most(&changes)))
    }
}

/// The top of a chart: the largest value, rounded up to a whole four.
fn most(series: &[Series]) -> f64 {
    let largest = series.iter().flat_map(|series| &series.points).map(|(_, value)| *value).fold(0.0, f64::max);
    (largest / 4.0).ceil().max(1.0) * 4.0
}

fn incidents(report: &ServiceReport) -> Markup {
    let section = &report.incidents;
    let heads = [
        Head::text("Incidents"),
        Head::number("Opened"),
        Head::number("Resolved"),
        Head::number("Within target"),
        Head::number("Target missed"),
        Head::number("No word of it"),
        Head::number("Open at the end"),
    ];
    let line = |name: &str, counts: &HandlingCounts| {
        let numbers = [
            counts.opened,
            counts.resolved,
            counts.within_target,
            counts.target_missed,
            counts.target_unknown,
            counts.open_at_end,
        ];
        std::iter::once(html! { (name) }).chain(numbers.map(|number| html! { (number) })).collect::<Vec<Markup>>()
    };
    let lines = [
        line("All", &section.all),
        line("All, period before", &section.all_before),
        line("Information security", &section.security),
        line("Information security, period before", &section.security_before),
    ];
    let classes = section.classes;
    let of = [
        ("Both", classes.both, Tone::Fair),
        ("Information security only", classes.security_only, Tone::Fair),
        ("Service only", classes.service_only, Tone::Neutral),
        ("Event, no incident", classes.event, Tone::Neutral),
        ("Not classified", classes.unclassified, Tone::Poor),
    ];
    let caption = Caption {
        id: "incident-classes",
        title: "By class",
        shows: "How many incidents and events of the period are of both standards, of one, or mere events.",
    };
    html! {
        div.whole { (table("Incidents against their targets", &heads, &lines, "There were no incidents.")) }
        (bars(caption, &of.map(|(label, value, tone)| bar(label, value, tone)), None))
        (evidence(report))
    }
}

fn evidence(report: &ServiceReport) -> Markup {
    use crate::assess::EvidenceCourse as Course;
    let words = |course: &Course| match course {
        Course::CollectedFirst => ("Evidence collected before restoration", Tone::Good),
        Course::RestoredFirst => ("Restored before the evidence was collected", Tone::Poor),
        Course::Waived => ("Evidence waived by somebody who may", Tone::Neutral),
        Course::Lost => ("Evidence needed, neither collected nor waived", Tone::Bad),
        Course::Open => ("Evidence to be collected", Tone::Fair),
        Course::NotNeeded => ("No evidence needed", Tone::Neutral),
        Course::Undecided => ("Nobody decided on evidence", Tone::Poor),
    };
    let of: Vec<Bar> = report
        .incidents
        .evidence
        .iter()
        .map(|(course, count)| {
            let (label, tone) = words(course);
            bar(label, *count, tone)
        })
        .collect();
    let caption = Caption {
        id: "evidence",
        title: "Evidence of security incidents",
        shows: "What became of the evidence of the period's incidents of information security.",
    };
    html! { @if !of.is_empty() { (bars(caption, &of, None)) } }
}

fn majors(majors: &[MajorIncident]) -> Markup {
    let heads = [
        Head::text("Incident"),
        Head::text("Class"),
        Head::number("Top management told after"),
        Head::number("Customers told after"),
        Head::number("Restored after"),
        Head::text("Target"),
        Head::text("Reviewed"),
    ];
    let lines: Vec<Vec<Markup>> = majors
        .iter()
        .map(|major| {
            vec![
                record(&major.incident),
                html! { (major.class.map_or("not classified", |class| class.as_str())) },
                html! { (duration(major.management_informed_minutes)) },
                html! { (duration(major.customers_informed_minutes)) },
                html! { (duration(major.restored_minutes)) },
                target(major.target_missed.map(|missed| !missed)),
                unbroken(&major.reviewed_at.map_or_else(|| "not yet".into(), day)),
            ]
        })
        .collect();
    table("Major incidents opened in the period", &heads, &lines, "There were no major incidents.")
}

fn work(report: &ServiceReport) -> Markup {
    let (changes, problems) = (&report.changes, &report.problems);
    let of = [
        bar("Successful", changes.successful, Tone::Good),
        bar("Failed", changes.failed, Tone::Poor),
        bar("Taken back", changes.backed_out, Tone::Fair),
        bar("No word of the outcome", changes.outcome_unknown, Tone::Neutral),
    ];
    let caption =
        Caption { id: "changes", title: "Changes closed", shows: "How the changes closed in the period ended." };
    html! {
        (bars(caption, &of, None))
        p {
            (counted(changes.closed, "change")) " closed, " (changes.emergency) " as emergencies; "
            (changes.not_assessed) " without an assessment of their effect on information security. "
            (counted(changes.releases, "release")) " closed."
        }
        p {
            (counted(problems.opened, "problem")) " opened, " (problems.closed) " closed, " (problems.open_at_end)
            " open at the end, " (problems.known_errors) " of them known errors."
        }
    }
}

fn measurements(values: &[MeasuredValue]) -> Markup {
    let heads = [
        Head::text("About"),
        Head::text("What"),
        Head::text("Service"),
        Head::text("Until"),
        Head::number("Target"),
        Head::number("Measured"),
        Head::text("Target met"),
    ];
    let line = |value: &MeasuredValue| {
        let unit = value.unit.as_deref().unwrap_or_default();
        let sign = match value.direction {
            Some(Direction::AtLeast) => "≥ ",
            Some(Direction::AtMost) => "≤ ",
            None => "",
        };
        vec![
            unbroken(aspect_name(value.aspect)),
            html! { (value.metric) },
            value.service.as_ref().map_or_else(|| html! {}, record),
            unbroken(&value.period_end.map_or_else(String::new, |end| day(end.plus_millis(-1)))),
            html! { @if let Some(target) = value.target { (sign) (target) " " (unit) } },
            html! { @if let Some(actual) = value.actual { (actual) " " (unit) } },
            target(value.met),
        ]
    };
    let lines: Vec<Vec<Markup>> = values.iter().map(line).collect();
    table("What was measured, beside what was aimed at", &heads, &lines, "Nothing was measured in the period.")
}

const fn aspect_name(aspect: Option<Aspect>) -> &'static str {
    match aspect {
        Some(Aspect::Availability) => "Availability",
        Some(Aspect::Capacity) => "Capacity",
        Some(Aspect::Response) => "Response",
        Some(Aspect::Security) => "Security",
        Some(Aspect::Control) => "Control",
        Some(Aspect::Objective) => "Objective",
        Some(Aspect::Satisfaction) => "Satisfaction",
        Some(Aspect::Other) | None => "Other",
    }
}

fn nonconformities(open: &[NonconformityLine]) -> Markup {
    let heads = [
        Head::text("Nonconformity"),
        Head::text("Requirement"),
        Head::text("Grade"),
        Head::text("Owner"),
        Head::text("Opened"),
        Head::text("Found effective"),
    ];
    let line = |line: &NonconformityLine| {
        vec![
            record(&line.nonconformity),
            unbroken(line.requirement.as_deref().unwrap_or_default()),
            html! { (line.grade.map_or("", |grade| grade.as_str())) },
            html! { (line.owner.as_deref().unwrap_or_default()) },
            unbroken(&line.opened_at.map_or_else(String::new, day)),
            unbroken(&line.effectiveness_verified_at.map_or_else(|| "not yet".into(), day)),
        ]
    };
    let lines: Vec<Vec<Markup>> = open.iter().map(line).collect();
    table("Open at some time in the period", &heads, &lines, "There were no nonconformities.")
}

pub(super) fn bar(label: &str, value: u64, tone: Tone) -> Bar {
    Bar { label: label.into(), value: value as f64, tone, text: value.to_string() }
}

fn record(record: &RecordBrief) -> Markup {
    html! {
        (link(record.url.as_deref(), &record.external_id))
        @if let Some(name) = &record.name { " " (name) }
    }
}

fn target(met: Option<bool>) -> Markup {
    match met {
        Some(true) => badge("met", Tone::Good),
        Some(false) => badge("missed", Tone::Poor),
        None => html! { "unknown" },
    }
}

fn duration(minutes: Option<i64>) -> String {
    match minutes {
        None => "unknown".into(),
        Some(minutes) if minutes.abs() < 120 => format!("{minutes} min"),
        Some(minutes) => format!("{} h {:02} min", minutes / 60, (minutes % 60).abs()),
    }
}

/// A share in percent; a dash of nothing.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.0} %", 100.0 * part as f64 / whole as f64) }
}

/// The days a period covers, the last one included.
fn period(period: Period) -> String {
    format!("{} to {}", day(period.from), day(period.to.plus_millis(-1)))
}

fn day(at: Timestamp) -> String {
    at.naive().format("%Y-%m-%d").to_string()
}
