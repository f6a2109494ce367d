//! Draws every conclusion anew from every record.

use super::decided;
use crate::{
    assess::{
        Checkpoints, Evidence, IndicatorResult, Rules, conformity, document_evidence, joint_rows, open_findings,
        requirement_statuses,
        supplier_risk::{Band, supplier_risks},
    },
    error::{Error, Result},
    indicators::{FactIndex, Tally, systems_of},
    model::{Graph, Outcome, RecordKind, System, Timestamp, View},
    store::{Conclusion, Finding, StoredTally, Transaction},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// How old a complete read of tickets may be for their absence to count in a supplier's favour, in days.
const TICKET_FEED_MAX_AGE: i64 = 2;

/// Judges all records by all indicators and replaces what was concluded.
pub fn recount(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    let at = transaction.at();
    let records = transaction.all_records()?;
    let checkpoints = transaction.checkpoints()?;
    let graph = Graph::new(&records, rules.known_relations(&checkpoints));
    // Restricted records are set aside before they get here, so both views hold the same but for what was decided.
    let judged = judge(&graph, rules, at);
    for &view in View::ALL {
        transaction.replace_tallies(view, &judged.tallies)?;
        transaction.replace_findings(view, &judged.findings)?;
        let evidence = Evidence {
            indicators: results(&judged.tallies, rules, &checkpoints, at),
            documents: document_evidence(&records, at),
            findings: open_findings(&records, at),
            ..Evidence::default()
        };
        let evidence = decided::complete(transaction, rules, view, at, evidence)?;
        transaction.replace_conclusions(view, &conclude(&graph, rules, &checkpoints, &evidence, at)?)?;
    }
    transaction.concluded()
}

fn conclude(
    graph: &Graph<'_>,
    rules: &Rules,
    checkpoints: &Checkpoints,
    evidence: &Evidence,
    at: Timestamp,
) -> Result<Vec<Conclusion>> {
    let statuses = requirement_statuses(&rules.standards, evidence);
    let rows = joint_rows(&rules.standards, &statuses);
    let summary = conformity(&rules.standards, &statuses, &rows, &evidence.findings);
    let fed = rules.fed_until(RecordKind::Ticket, checkpoints);
    let ticket_feed_fresh = fed.is_some_and(|until| until.plus_days(TICKET_FEED_MAX_AGE) >= at);
    let suppliers = supplier_risks(graph, &rules.supplier_risk, at, ticket_feed_fresh);

    let mut conclusions = Vec::with_capacity(statuses.len() + rows.len() + suppliers.len() + 1);
    for status in &statuses {
        conclusions.push(conclusion(
            format!("requirement/{}", status.requirement),
            status.status.as_str(),
            at,
            status,
        )?);
    }
    for row in &rows {
        conclusions.push(conclusion(format!("row/{:03}", row.row), row.status.as_str(), at, row)?);
    }
    for supplier in &suppliers {
        let status = supplier.band.map_or(supplier.rating.as_str(), Band::as_str);
        conclusions.push(conclusion(format!("supplier/{}", supplier.party), status, at, supplier)?);
    }
    conclusions.push(conclusion("conformity".into(), summary.joint.status.as_str(), at, &summary)?);
    Ok(conclusions)
}

fn conclusion(subject: String, status: &str, since: Timestamp, body: &impl Serialize) -> Result<Conclusion> {
    let body = serde_json::to_string(body).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Conclusion { subject, status: status.into(), since, body })
}

struct Judged {
    tallies: Vec<StoredTally>,
    findings: Vec<Finding>,
}

/// Judges every record by every indicator of its kind. Tallies are kept for every indicator and system, even empty.
fn judge(graph: &Graph<'_>, rules: &Rules, at: Timestamp) -> Judged {
    let index = FactIndex::new(graph);
    let definitions = rules.indicators.definitions().iter();
    let mut tallies: BTreeMap<(&str, System), Tally> = BTreeMap::new();
    for definition in definitions.clone() {
        for &system in System::ALL {
            tallies.insert((&definition.id, system), Tally::default());
        }
    }
    let mut findings = Vec::new();
    for record in graph.records().iter().filter(|record| record.canonical_id == record.id) {
        let mut facts = None;
        for definition in definitions.clone().filter(|definition| definition.record == record.body.kind()) {
            let facts = facts.get_or_insert_with(|| index.facts(record, at));
            let outcome = definition.judge(record, facts, at).outcome;
            if outcome == Outcome::NotApplicable {
                continue;
            }
            for &system in systems_of(record) {
                if let Some(tally) = tallies.get_mut(&(definition.id.as_str(), system)) {
                    match outcome {
                        Outcome::Passing => tally.passing += 1,
                        Outcome::Failing => tally.failing += 1,
                        Outcome::Unknown | Outcome::NotApplicable => tally.unknown += 1,
                    }
                }
            }
            findings.push(Finding {
                indicator: definition.id.clone(),
                record: record.id,
                outcome,
                opened_at: at,
                seen: definition.seen(record, facts),
            });
        }
    }
    let tallies = tallies
        .into_iter()
        .map(|((indicator, system), tally)| StoredTally { indicator: indicator.into(), system, tally })
        .collect();
    Judged { tallies, findings }
}

fn results(tallies: &[StoredTally], rules: &Rules, checkpoints: &Checkpoints, at: Timestamp) -> Vec<IndicatorResult> {
    let result = |stored: &StoredTally| {
        let definition = rules.indicators.get(&stored.indicator)?;
        let freshness = rules.freshness(definition, checkpoints, at);
        let as_of = rules.fed_until(definition.record, checkpoints);
        Some(IndicatorResult::of(definition, stored.system, stored.tally, 0, freshness, as_of))
    };
    tallies.iter().filter_map(result).collect()
}
