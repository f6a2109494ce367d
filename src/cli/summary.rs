//! The conformity of an organisation on one screen of text.

use crate::{
    answers::{self, AsOf, IndicatorRecords, RequirementExplanation},
    assess::{
        Rules,
        supplier_risk::{EventContribution, SupplierRisk, Truth},
    },
    error::Result,
    model::{Status, View},
    store::Store,
};
use std::fmt::{Result as FmtResult, Write};

/// How many of the worst requirements are shown, and how many records for each.
const WORST: usize = 3;
const RECORDS: usize = 4;

/// Both standards, the joint status, the worst requirements with the records that show it, the supplier at highest
/// risk.
pub fn summary(store: &Store, rules: &Rules) -> Result<String> {
    let conformity = answers::conformity(store, rules, AsOf::default(), View::General)?.conformity;
    let worst = answers::worst_requirements(store, rules, WORST, View::General)?;
    let suppliers = answers::supplier_risks(store, View::General)?;
    let events = match suppliers.first() {
        Some(first) => answers::supplier_risk(store, rules, first.risk.party, View::General)?.events,
        None => Vec::new(),
    };
    let mut text = String::new();
    let written = (|| -> FmtResult {
        for edition in &conformity.editions {
            write!(text, "{:<26} {:<24}", edition.name, words(edition.status.as_str()))?;
            let mut separator = "";
            for &status in Status::ALL {
                let count = edition.requirements.get(status);
                if count > 0 {
                    write!(text, "{separator}{count} {}", words(status.as_str()))?;
                    separator = ", ";
                }
            }
            writeln!(text)?;
        }
        let joint = &conformity.joint;
        write!(text, "{:<26} {:<24}", "Both (ISO/IEC 27013)", words(joint.status.as_str()))?;
        let rows = joint.rows.iter().filter(|(_, count)| **count > 0);
        let rows: Vec<String> = rows.map(|(status, count)| format!("{count} {}", words(status.as_str()))).collect();
        writeln!(text, "rows of Table A.1: {}", rows.join(", "))?;
        writeln!(text, "\nThe {WORST} worst requirements, and the records that show it:")?;
        for explanation in &worst {
            requirement(&mut text, explanation)?;
        }
        match suppliers.first() {
            None => writeln!(text, "\nThere are no suppliers."),
            Some(first) => {
                let risk = &first.risk;
                let score = |score: Option<crate::assess::supplier_risk::Score>| {
                    score.map_or("unknown".into(), |score| format!("{:.1}", score.rounded()))
                };
                writeln!(
                    text,
                    "\nThe supplier at highest risk: {} — {} of 100 after assurance ({} before)",
                    risk.name.as_deref().unwrap_or(&risk.external_id),
                    score(risk.residual),
                    score(risk.inherent)
                )?;
                supplier(&mut text, risk, &events)
            }
        }
    })();
    written.map_err(|error| crate::error::Error::Internal(error.to_string()))?;
    Ok(text)
}

fn requirement(text: &mut String, explanation: &RequirementExplanation) -> FmtResult {
    let status = &explanation.status;
    writeln!(text, "  {} {} — {}", status.requirement, status.title, words(status.status.as_str()))?;
    for finding in &status.findings {
        let title = finding.title.as_deref().unwrap_or_default();
        writeln!(text, "    {} nonconformity {}: {title}", finding.grade, finding.name())?;
    }
    for IndicatorRecords { indicator, failing, .. } in &explanation.records {
        if failing.is_empty() {
            continue;
        }
        let title = status
            .topics
            .iter()
            .flat_map(|topic| &topic.indicators)
            .find(|result| result.indicator == *indicator)
            .map_or(indicator.as_str(), |result| &result.title);
        writeln!(text, "    not so: {title}")?;
        for finding in failing.iter().take(RECORDS) {
            let name = finding.record.name.as_deref().unwrap_or_default();
            writeln!(text, "      {} {name}", finding.record.external_id)?;
        }
        if failing.len() > RECORDS {
            writeln!(text, "      and {} more", failing.len() - RECORDS)?;
        }
    }
    Ok(())
}

/// What drives a supplier's risk: the service, what is missing there, and the events.
fn supplier(text: &mut String, risk: &SupplierRisk, events: &[EventContribution]) -> FmtResult {
    if let Some(service) = risk.services.first() {
        let missing: Vec<String> = service
            .assurance_items
            .iter()
            .filter(|item| item.answer != Truth::Yes)
            .map(|item| words(item.item.as_str()))
            .collect();
        let missing = if missing.is_empty() { "nothing".into() } else { missing.join(", ") };
        writeln!(text, "  worst on {}; missing there: {missing}", service.name.as_deref().unwrap_or("a service"))?;
    }
    for event in events.iter().take(RECORDS) {
        writeln!(text, "    {} {}", event.external_id, event.title.as_deref().unwrap_or_default())?;
    }
    let further = risk.event_count.saturating_sub(RECORDS as u64);
    if further > 0 {
        writeln!(text, "    and {further} more")?;
    }
    Ok(())
}

/// A name as words: `gap_both` is "gap both".
fn words(name: &str) -> String {
    name.replace('_', " ")
}
