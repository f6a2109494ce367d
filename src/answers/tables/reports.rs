//! Tables of reports: classified incidents, reconciled assets, risks, mends, coverage, the service report.

use super::{cell, columns};
use crate::{
    answers::{MendsAnswer, ServiceReportAnswer},
    assess::{
        RequirementCoverage,
        assets::{AssetGroup, ReconciledItem},
        incidents::ClassifiedIncident,
        risks::RiskRegister,
    },
    model::RecordBrief,
    report::{Cell, Table},
};
use serde::Serialize;

/// A line for each incident or event.
pub fn classified_incidents(items: &[ClassifiedIncident]) -> Table {
    let heads = [
        ("incident", 14),
        ("title", 50),
        ("opened_at", 25),
        ("class", 12),
        ("basis", 10),
        ("recorded", 12),
        ("rule", 34),
        ("rule_class", 12),
        ("overridden_class", 12),
        ("overridden_reason", 50),
        ("overridden_author", 20),
        ("deviates", 10),
    ];
    Table::new("incident-classes", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.incident.external_id),
            item.incident.name.as_ref().into(),
            item.opened_at.into(),
            item.class.map(Cell::of).into(),
            Cell::of(item.basis),
            item.recorded.map(Cell::of).into(),
            item.by_rule.as_ref().map(|rule| Cell::from(&rule.rule)).into(),
            item.by_rule.as_ref().map(|rule| Cell::of(rule.class)).into(),
            item.overridden.as_ref().map(|decided| Cell::of(decided.class)).into(),
            item.overridden.as_ref().map(|decided| Cell::from(&decided.reason)).into(),
            item.overridden.as_ref().map(|decided| Cell::from(&decided.author)).into(),
            item.deviates.into(),
        ]
    })
}

/// A line for each source and class.
pub fn asset_reconciliation(items: &[AssetGroup]) -> Table {
    let heads = [
        ("source", 22),
        ("class", 24),
        ("items", 8),
        ("both", 8),
        ("ci_only", 8),
        ("asset_only", 10),
        ("unlabelled", 10),
        ("unknown", 9),
        ("justified", 9),
        ("ambiguous", 10),
        ("duplicates", 10),
        ("underrated", 10),
    ];
    Table::new("asset-reconciliation", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.source),
            item.class.as_ref().into(),
            item.items.into(),
            item.both.into(),
            item.ci_only.into(),
            item.asset_only.into(),
            item.unlabelled.into(),
            item.unknown.into(),
            item.justified.into(),
            item.ambiguous.into(),
            item.duplicates.into(),
            item.underrated.into(),
        ]
    })
}

/// A line for each item.
pub fn reconciled_assets(items: &[ReconciledItem]) -> Table {
    let heads = [
        ("item", 16),
        ("name", 36),
        ("class", 22),
        ("sources", 30),
        ("labels", 26),
        ("standing", 12),
        ("exception", 40),
        ("open", 8),
        ("ambiguous_with", 30),
        ("duplicates", 30),
        ("confidentiality", 8),
        ("integrity", 8),
        ("availability", 8),
        ("inherited_confidentiality", 8),
        ("inherited_integrity", 8),
        ("inherited_availability", 8),
        ("inherits_from", 40),
        ("underrated", 10),
    ];
    Table::new("asset-reconciliation-items", columns(&heads)).with(items, |item| {
        [
            Cell::from(&item.item.external_id),
            item.item.name.as_ref().into(),
            item.class.as_ref().into(),
            Cell::list(&item.sources),
            Cell::list(&item.labels),
            Cell::of(item.standing),
            item.exception.as_ref().into(),
            item.open.into(),
            ids(&item.ambiguous_with),
            ids(&item.duplicates),
            item.rated.confidentiality.into(),
            item.rated.integrity.into(),
            item.rated.availability.into(),
            item.inherited.confidentiality.into(),
            item.inherited.integrity.into(),
            item.inherited.availability.into(),
            ids(&item.inherits_from),
            item.underrated.into(),
        ]
    })
}

/// A line for each open risk.
pub fn risks(register: &RiskRegister) -> Table {
    let heads = [
        ("risk", 12),
        ("title", 50),
        ("called", 26),
        ("domain", 10),
        ("method", 10),
        ("owner", 26),
        ("level", 8),
        ("residual_level", 8),
        ("treatment", 10),
        ("status", 12),
        ("faults", 40),
        ("problems", 80),
    ];
    Table::new("risks", columns(&heads)).with(&register.risks, |item| {
        [
            Cell::from(&item.risk.external_id),
            item.risk.name.as_ref().into(),
            Cell::from(&item.called),
            item.domain.map(Cell::of).into(),
            item.method.map(Cell::of).into(),
            item.owner.as_ref().into(),
            item.level.into(),
            item.residual_level.into(),
            item.treatment.map(Cell::of).into(),
            item.status.map(Cell::of).into(),
            Cell::list(item.problems.iter().map(|problem| problem.fault)),
            Cell::list(item.problems.iter().map(|problem| &problem.says)),
        ]
    })
}

/// A line for each record to mend, in order; after them one for each event of the past, with the day it leaves.
pub fn mends(answer: &MendsAnswer) -> Table {
    let heads = [
        ("step", 6),
        ("kind", 20),
        ("record", 16),
        ("name", 40),
        ("indicators", 80),
        ("met", 50),
        ("settles", 60),
        ("leaves_at", 25),
    ];
    let mended = Table::new("mends", columns(&heads)).with(&answer.mends.items, |mend| {
        let met = mend.indicators.iter().filter(|mended| mended.met).map(|mended| &mended.indicator);
        [
            mend.step.into(),
            Cell::of(mend.record.kind),
            Cell::from(&mend.record.external_id),
            mend.record.name.as_ref().into(),
            Cell::list(mend.indicators.iter().map(|mended| &mended.indicator)),
            Cell::list(met),
            Cell::list(&mend.settles),
            mend.indicators.iter().filter_map(|mended| mended.leaves_at).max().into(),
        ]
    });
    mended.with(&answer.mends.past, |event| {
        [
            Cell::Empty,
            Cell::of(event.record.kind),
            Cell::from(&event.record.external_id),
            event.record.name.as_ref().into(),
            Cell::from(&event.indicator),
            Cell::Empty,
            Cell::Empty,
            event.leaves_at.into(),
        ]
    })
}

/// A line for each topic of a requirement; one for a requirement without topics.
pub fn coverage(items: &[RequirementCoverage]) -> Table {
    let heads = [
        ("requirement", 26),
        ("title", 50),
        ("topic", 28),
        ("indicators", 80),
        ("otherwise_by", 20),
        ("otherwise_reason", 80),
    ];
    let mut table = Table::new("coverage", columns(&heads));
    for item in items {
        let topics = item.topics.iter().map(Some);
        for topic in topics.chain(item.topics.is_empty().then_some(None)) {
            let otherwise = topic.map_or(item.otherwise.as_ref(), |topic| topic.otherwise.as_ref());
            table.push([
                Cell::of(&item.requirement),
                Cell::from(&item.title),
                topic.map(|topic| Cell::from(&topic.topic)).into(),
                topic.map_or(Cell::Empty, |topic| Cell::list(&topic.indicators)),
                otherwise.map_or(Cell::Empty, |otherwise| Cell::list(&otherwise.by)),
                otherwise.map(|otherwise| Cell::from(&otherwise.reason)).into(),
            ]);
        }
    }
    table
}

/// A line for each figure of a service report: its part, what it is of, its value, and beside it a target or a remark.
pub fn service_report(answer: &ServiceReportAnswer) -> Table {
    let heads = [("part", 20), ("of", 44), ("figure", 34), ("value", 14), ("target", 12), ("remark", 50)];
    let mut table = Table::new("service-report", columns(&heads));
    let report = &answer.report;
    let incidents = &report.incidents;
    counts(&mut table, "incidents", "all", &incidents.all);
    counts(&mut table, "incidents", "all, period before", &incidents.all_before);
    counts(&mut table, "incidents", "information security", &incidents.security);
    counts(&mut table, "incidents", "information security, period before", &incidents.security_before);
    counts(&mut table, "incidents", "classes", &incidents.classes);
    counts(&mut table, "incidents", "evidence", &incidents.evidence);
    for major in &report.major_incidents {
        let restored = major.restored_minutes.into();
        let remark = if major.target_missed == Some(true) { "target missed" } else { "" };
        line(
            &mut table,
            "major incidents",
            &name(&major.incident),
            "restored_minutes",
            [restored, Cell::Empty],
            remark,
        );
    }
    counts(&mut table, "changes", "all", &report.changes);
    counts(&mut table, "problems", "all", &report.problems);
    for open in report.nonconformities.iter().flatten() {
        let grade = open.grade.map(Cell::of).into();
        let requirement = open.requirement.as_deref().unwrap_or_default();
        line(&mut table, "nonconformities", &name(&open.nonconformity), "grade", [grade, Cell::Empty], requirement);
    }
    for value in &report.measurements {
        let of = value.service.as_ref().map_or_else(|| value.metric.clone(), name);
        let remark = match value.met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "",
        };
        line(&mut table, "measurements", &of, &value.metric, [value.actual.into(), value.target.into()], remark);
    }
    for result in report.indicators.iter().flatten() {
        let of = format!("{} ({})", result.indicator, result.system);
        let remark = format!("{} failing, {} unknown", result.failing, result.unknown);
        line(&mut table, "indicators", &of, result.verdict.as_str(), [result.passing.into(), Cell::Empty], &remark);
    }
    for month in &report.trends {
        counts(&mut table, "trends", &month.month, month);
    }
    table
}

fn line(table: &mut Table, part: &str, of: &str, figure: &str, [value, target]: [Cell; 2], remark: &str) {
    let remark = if remark.is_empty() { Cell::Empty } else { Cell::from(remark) };
    table.push([Cell::from(part), Cell::from(of), Cell::from(figure), value, target, remark]);
}

/// A line for each number of a set of counts.
fn counts(table: &mut Table, part: &str, of: &str, counts: &impl Serialize) {
    let counts = serde_json::to_value(counts).unwrap_or_default();
    for (figure, value) in counts.as_object().into_iter().flatten().filter(|(_, value)| value.is_number()) {
        line(table, part, of, figure, [cell(value), Cell::Empty], "");
    }
}

fn name(record: &RecordBrief) -> String {
    match &record.name {
        Some(name) => format!("{} {name}", record.external_id),
        None => record.external_id.clone(),
    }
}

fn ids(records: &[RecordBrief]) -> Cell {
    Cell::list(records.iter().map(|record| &record.external_id))
}
