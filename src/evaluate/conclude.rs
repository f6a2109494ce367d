//! Concludes from what is tallied and shown, compares with what was concluded before, and keeps what turned.

use super::{decided, judge::Effects};
use crate::{
    assess::{
        Checkpoints, Conformity, Evidence, Freshness, IndicatorResult, JointRow, Outside, RequirementStatus, Rules,
        Shown, conformity, joint_rows, requirement_statuses,
    },
    error::{Error, Result},
    indicators::{Definition, Tally},
    model::{RecordId, System, Timestamp, View},
    store::{Reader, StatusChange, StatusSince, StoredResult, Transaction},
};
use std::collections::{BTreeMap, HashMap};

/// What a subject turns to that nothing is concluded on any more: an edition that is not aimed at any longer, an indicator
/// that is out of use.
const WITHDRAWN: &str = "withdrawn";

/// How many of the records that turned a status are kept with it.
const BECAUSE: usize = 20;

/// Everything that is concluded in a view, at an instant.
#[derive(Clone, Debug)]
pub struct Conclusions {
    /// The instant it is concluded for.
    pub at: Timestamp,
    /// How many records still have to be judged again; the conclusions are then those drawn before.
    pub settling: u64,
    /// Every requirement that asks for anything, in document order.
    pub statuses: Vec<RequirementStatus>,
    /// Every row of Table A.1, in its order.
    pub rows: Vec<JointRow>,
    /// Both standards summed up.
    pub summary: Conformity,
    /// Since when each subject has its status.
    pub since: BTreeMap<String, StatusSince>,
}

impl Conclusions {
    /// Since when a subject has its status.
    pub fn since(&self, subject: &str) -> Timestamp {
        self.since.get(subject).map_or(self.at, |found| found.since)
    }
}

/// The name a requirement's status is kept by.
pub fn requirement_subject(requirement: &impl std::fmt::Display) -> String {
    format!("requirement/{requirement}")
}

/// The name a row's joint status is kept by.
pub fn row_subject(row: u32) -> String {
    format!("row/{row:03}")
}

/// What is concluded in a view now, or was at an instant: with the results, documents, findings and definitions of
/// then. `None` if nothing was concluded.
pub fn conclusions(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    as_of: Option<Timestamp>,
) -> Result<Option<Conclusions>> {
    let ledger = reader.ledger()?;
    if ledger.concluded_seq < 0 {
        return Ok(None);
    }
    let since = reader.statuses(view, as_of)?;
    if since.is_empty() {
        return Ok(None);
    }
    let settling = if as_of.is_none() { reader.settling(ledger.at)? } else { 0 };
    let at = as_of.unwrap_or(ledger.at);
    let results = if as_of.is_some() || settling > 0 {
        kept_results(reader, rules, view, as_of)?
    } else {
        present_results(reader, rules, view, at)?
    };
    let (evidence, outside) = evidence(reader, rules, view, as_of, results)?;
    let evidence = decided::complete(reader, rules, view, at, evidence, &outside)?;
    let mut drawn = draw(rules, evidence, at, settling, since);
    if as_of.is_some() {
        drawn.as_kept();
    }
    Ok(Some(drawn))
}

impl Conclusions {
    /// What was concluded stands, whatever would be concluded from the same evidence today.
    fn as_kept(&mut self) {
        for status in &mut self.statuses {
            let kept = self.since.get(&requirement_subject(&status.requirement));
            if let Some(kept) = kept.and_then(|kept| kept.status.parse().ok()) {
                status.status = kept;
            }
        }
        for row in &mut self.rows {
            if let Some(kept) = self.since.get(&row_subject(row.row)).and_then(|kept| kept.status.parse().ok()) {
                row.status = kept;
            }
        }
        if let Some(kept) = self.since.get("conformity").and_then(|kept| kept.status.parse().ok()) {
            self.summary.joint.status = kept;
        }
    }
}

fn draw(
    rules: &Rules,
    evidence: Evidence,
    at: Timestamp,
    settling: u64,
    since: BTreeMap<String, StatusSince>,
) -> Conclusions {
    let statuses = requirement_statuses(&rules.standards, &evidence);
    let rows = joint_rows(&rules.standards, &statuses);
    let summary = conformity(&rules.standards, &statuses, &rows, &evidence.findings);
    Conclusions { at, settling, statuses, rows, summary, since }
}

/// The evidence of a view: these results, and what records show; and what contributes to the SMS from outside its scope.
fn evidence(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    as_of: Option<Timestamp>,
    indicators: Vec<IndicatorResult>,
) -> Result<(Evidence, Vec<Outside>)> {
    let not_aimed_at = rules.not_aimed_at.clone();
    let mut evidence = Evidence { indicators, not_aimed_at, ..Evidence::default() };
    let mut outside = Vec::new();
    for text in reader.shown(view, as_of)? {
        let shown: Shown = serde_json::from_str(&text)
            .map_err(|error| Error::Internal(format!("what a record shows cannot be read: {error}")))?;
        evidence.documents.extend(shown.documents);
        evidence.findings.extend(shown.finding);
        outside.extend(shown.outside);
    }
    evidence.documents.sort_by(|a, b| (&a.topic, a.record).cmp(&(&b.topic, b.record)));
    evidence.findings.sort_by(|a, b| (&a.requirement, a.record).cmp(&(&b.requirement, b.record)));
    Ok((evidence, outside))
}

/// What every indicator says by the present tallies.
fn present_results(reader: &mut Reader<'_>, rules: &Rules, view: View, at: Timestamp) -> Result<Vec<IndicatorResult>> {
    let checkpoints = reader.checkpoints()?;
    let tallies: HashMap<(String, System), Tally> =
        reader.tallies(view)?.into_iter().map(|stored| ((stored.indicator, stored.system), stored.tally)).collect();
    let of = |definition: &Definition, system: System| {
        let tally = tallies.get(&(definition.id.clone(), system)).copied().unwrap_or_default();
        let freshness = rules.freshness(definition, &checkpoints, at);
        result(rules, definition, system, tally, freshness, &checkpoints)
    };
    let definitions = rules.indicators.definitions().iter();
    Ok(definitions.flat_map(|definition| System::ALL.iter().map(move |system| of(definition, *system))).collect())
}

fn result(
    rules: &Rules,
    definition: &Definition,
    system: System,
    tally: Tally,
    freshness: Freshness,
    checkpoints: &Checkpoints,
) -> IndicatorResult {
    let as_of = rules.fed_until(definition.record, checkpoints);
    IndicatorResult::of(definition, system, tally, 0, freshness, as_of)
}

/// What every indicator of today's catalogue said last, or had said by an instant.
fn kept_results(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    as_of: Option<Timestamp>,
) -> Result<Vec<IndicatorResult>> {
    let kept = reader.results(view, as_of)?;
    let of = |((indicator, system), kept): ((String, System), StoredResult)| {
        let definition = rules.indicators.get(&indicator)?;
        Some(IndicatorResult {
            version: kept.version,
            title: definition.title.clone(),
            topic: definition.topic.clone(),
            system,
            verdict: kept.verdict,
            tally: kept.tally,
            waived: 0,
            fresh: kept.freshness == Freshness::Fresh.as_str(),
            relaxed: definition.relaxed,
            relaxed_by: None,
            as_of: None,
            indicator,
        })
    };
    Ok(kept.into_iter().filter_map(of).collect())
}

/// Concludes in every view as of the change under way, and keeps what turned with it.
pub(super) fn conclude(transaction: &mut Transaction<'_>, rules: &Rules, effects: &Effects) -> Result<()> {
    let at = transaction.at();
    for &view in View::ALL {
        let results = present_results(transaction, rules, view, at)?;
        let before = transaction.statuses(view, None)?;
        let (evidence, outside) = evidence(transaction, rules, view, None, results)?;
        let evidence = decided::complete(transaction, rules, view, at, evidence, &outside)?;
        keep_results(transaction, rules, view, &evidence.indicators, &before)?;
        let verdicts: Vec<(String, &'static str)> = evidence
            .indicators
            .iter()
            .map(|result| (format!("indicator/{}/{}", result.indicator, result.system), result.verdict.as_str()))
            .collect();
        let drawn = draw(rules, evidence, at, 0, BTreeMap::new());
        let requirements = drawn.statuses.iter().map(|s| (requirement_subject(&s.requirement), s.status.as_str()));
        let rows = drawn.rows.iter().map(|row| (row_subject(row.row), row.status.as_str()));
        let editions = drawn
            .summary
            .editions
            .iter()
            .map(|edition| (format!("edition/{}", edition.edition), edition.status.as_str()));
        let both = [("conformity".to_owned(), drawn.summary.joint.status.as_str())];
        let now = verdicts.into_iter().chain(requirements).chain(rows).chain(editions).chain(both);
        let now: BTreeMap<String, &str> = now.collect();
        let ended = before.keys().filter(|subject| !now.contains_key(*subject));
        let ended: Vec<(String, &str)> = ended.map(|subject| (subject.clone(), WITHDRAWN)).collect();
        let because = because(effects, view);
        let seq = transaction.seq();
        let turned: Vec<StatusChange> = now
            .into_iter()
            .chain(ended)
            .filter_map(|(subject, after)| {
                let before = before.get(&subject).map(|before| before.status.clone());
                (before.as_deref() != Some(after)).then(|| StatusChange {
                    seq,
                    subject,
                    at,
                    before,
                    after: after.into(),
                    because: because.clone(),
                })
            })
            .collect();
        transaction.turn_statuses(view, &turned)?;
    }
    transaction.concluded()
}

/// Keeps the results whose verdict turned, and every day all of them.
fn keep_results(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    view: View,
    results: &[IndicatorResult],
    before: &BTreeMap<String, StatusSince>,
) -> Result<()> {
    let at = transaction.at();
    let today = |kept: Timestamp| kept.day() == at.day();
    let sampled = transaction.last_result(view)?.is_some_and(today);
    let checkpoints = transaction.checkpoints()?;
    let kept: Vec<StoredResult> = results
        .iter()
        .filter(|result| {
            let subject = format!("indicator/{}/{}", result.indicator, result.system);
            !sampled || before.get(&subject).is_none_or(|before| before.status != result.verdict.as_str())
        })
        .filter_map(|result| {
            let definition = rules.indicators.get(&result.indicator)?;
            Some(StoredResult {
                indicator: result.indicator.clone(),
                system: result.system,
                at,
                version: result.version.clone(),
                verdict: result.verdict,
                freshness: rules.freshness(definition, &checkpoints, at).as_str().into(),
                tally: result.tally,
            })
        })
        .collect();
    transaction.add_results(view, &kept)
}

fn because(effects: &Effects, view: View) -> Vec<RecordId> {
    let visible = effects.changed.iter().filter(|(_, restricted)| view == View::Full || !restricted);
    visible.map(|(id, _)| *id).take(BECAUSE).collect()
}
