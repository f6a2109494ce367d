//! Judges records and changes what they contribute: tallies by what is new minus what was stored, findings, what
//! documents and graded nonconformities show.

use super::{
    classes::class_of,
    contributing,
    neighbourhood::{self, Part},
    scoping,
};
use crate::{
    assess::{Outside, Rules, Scopes, labelled, shown},
    error::{Error, Result},
    indicators::{Definition, FactIndex, Scope, gives},
    model::{Graph, Outcome, Record, RecordId, RecordKind, RelationType, System, Timestamp, View},
    store::{Finding, Judgement, Page, Reader, TallyChange, Transaction, Views},
};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What judging changed.
#[derive(Default)]
pub(super) struct Effects {
    /// True if anything was judged.
    pub judged: bool,
    /// Records whose outcomes changed, and whether only the full view has them.
    pub changed: Vec<(RecordId, bool)>,
    /// Tickets that have another class than before.
    pub reclassified: Vec<RecordId>,
    tallies: BTreeMap<(String, System, View), TallyChange>,
}

/// The indicators of a kind, as judgements spell them: an outcome for each, and at last how the scopes hold the record.
pub(super) struct Catalogue<'a> {
    /// Identifies them and their order.
    pub id: String,
    /// In order.
    pub definitions: Vec<&'a Definition>,
    /// What the scopes are tallied as.
    scope: String,
}

impl Catalogue<'_> {
    /// What is tallied, in order.
    fn tallied(&self) -> impl Iterator<Item = &str> + Clone {
        self.definitions.iter().map(|definition| definition.id.as_str()).chain([self.scope.as_str()])
    }
}

/// The catalogue a kind is judged by.
pub(super) fn catalogue(rules: &Rules, kind: RecordKind) -> Catalogue<'_> {
    let definitions: Vec<&Definition> = rules.indicators.of_kind(kind).collect();
    let mut digest = Sha256::new();
    digest.update(kind.as_str());
    for definition in &definitions {
        digest.update([0]);
        digest.update(&definition.id);
    }
    let scope = scoping::tallied(kind);
    digest.update([0]);
    digest.update(&scope);
    let id = HEXLOWER.encode(&digest.finalize()[..8]);
    Catalogue { id, definitions, scope }
}

/// What a record came to in one view.
#[derive(Default)]
struct Judged {
    outcomes: String,
    due_at: Option<Timestamp>,
    /// As something that contributes to the SMS from outside its scope.
    outside: Option<Outside>,
    /// What the expressions read of it, for each indicator it fails.
    failing: BTreeMap<usize, Map<String, Json>>,
}

/// Judges these records as of the change under way.
pub(super) fn judge(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    scopes: &Scopes,
    ids: &[RecordId],
    effects: &mut Effects,
) -> Result<()> {
    effects.judged |= !ids.is_empty();
    let at = transaction.at();
    let known = rules.known_relations(&transaction.checkpoints()?);
    let before: HashMap<RecordId, Judgement> =
        transaction.judgements(ids)?.into_iter().map(|judgement| (judgement.record, judgement)).collect();
    let mut subjects = transaction.records_by_id(ids)?;
    subjects.sort_by_key(|record| record.id);
    let services = subjects.iter().filter(|record| record.body.kind() == RecordKind::Service);
    contributing::keep(transaction, &services.map(|service| service.canonical_id).collect::<Vec<_>>())?;
    let part = neighbourhood::around(transaction, rules, subjects, !scopes.is_empty())?;
    let catalogues: BTreeMap<RecordKind, Catalogue<'_>> =
        RecordKind::ALL.iter().map(|kind| (*kind, catalogue(rules, *kind))).collect();
    let wanted: BTreeSet<RecordId> = ids.iter().copied().collect();
    let lens = Lens { part: &part, wanted: &wanted, catalogues: &catalogues, known: &known, scopes, at };
    let full = lens.view(View::Full);
    let general = part.beyond_general.is_some().then(|| lens.view(View::General));

    let mut judgements = Vec::with_capacity(ids.len());
    let mut findings: BTreeMap<(String, RecordId, Views), Map<String, Json>> = BTreeMap::new();
    let mut shows: BTreeMap<RecordId, (bool, String)> = BTreeMap::new();
    for record in part.records.iter().filter(|record| wanted.contains(&record.id)) {
        let kind = record.body.kind();
        let (Some(of_kind), Some(judged)) = (catalogues.get(&kind), full.get(&record.id)) else { continue };
        let restricted = record.body.is_restricted();
        let other = general.as_ref().map(|general| general.get(&record.id));
        let outcomes_general = match other {
            None => None,
            Some(None) => Some(".".repeat(of_kind.tallied().count())),
            Some(Some(other)) => Some(other.outcomes.clone()),
        }
        .filter(|outcomes| *outcomes != judged.outcomes);
        let mut shown = shown(record, at);
        shown.outside = judged.outside.clone();
        if !shown.is_empty() {
            let body = serde_json::to_string(&shown).map_err(|error| Error::Internal(error.to_string()))?;
            shows.insert(record.id, (restricted, body));
        }
        let general_failing = match other {
            None => Some(&judged.failing),
            Some(other) => other.map(|other| &other.failing),
        };
        for (position, seen) in &judged.failing {
            let in_general = general_failing.is_some_and(|failing| failing.contains_key(position));
            let views = if in_general { Views::Both } else { Views::Full };
            findings.insert((of_kind.definitions[*position].id.clone(), record.id, views), seen.clone());
        }
        for (position, seen) in general_failing.into_iter().flatten() {
            if !judged.failing.contains_key(position) {
                let id = of_kind.definitions[*position].id.clone();
                findings.insert((id, record.id, Views::General), seen.clone());
            }
        }
        let due_at = [judged.due_at, other.flatten().and_then(|other| other.due_at), shown.until];
        judgements.push(Judgement {
            record: record.id,
            kind,
            catalogue: of_kind.id.clone(),
            outcomes: judged.outcomes.clone(),
            outcomes_general,
            gives: gives(record),
            restricted,
            due_at: due_at.into_iter().flatten().min(),
            class: class_of(record),
        });
    }
    let other_class = |now: &&Judgement| before.get(&now.record).is_some_and(|before| before.class != now.class);
    effects.reclassified.extend(judgements.iter().filter(other_class).map(|now| now.record));
    effects.count(transaction, &before, &judgements, &catalogues)?;
    let kinds: BTreeSet<RecordKind> = judgements.iter().map(|judgement| judgement.kind).collect();
    for of_kind in kinds.iter().filter_map(|kind| catalogues.get(kind)) {
        transaction.save_catalogue(&of_kind.id, &of_kind.tallied().collect::<Vec<_>>())?;
    }
    transaction.save_judgements(&judgements)?;
    let judged: Vec<RecordId> = judgements.iter().map(|judgement| judgement.record).collect();
    // What was never judged has no findings yet, and shows nothing.
    let known: Vec<RecordId> = before.into_keys().collect();
    replace_findings(transaction, rules, &known, findings, effects)?;
    replace_shown(transaction, &judged, &known, shows)
}

/// What records are judged with.
struct Lens<'a> {
    part: &'a Part,
    wanted: &'a BTreeSet<RecordId>,
    catalogues: &'a BTreeMap<RecordKind, Catalogue<'a>>,
    known: &'a [RelationType],
    scopes: &'a Scopes,
    at: Timestamp,
}

impl Lens<'_> {
    /// Judges the wanted records in a view.
    fn view(&self, view: View) -> HashMap<RecordId, Judged> {
        let (records, beyond) = self.part.seen_by(view);
        let graph = Graph::new(&records, self.known.iter().copied()).with_contributing(self.part.contributing.clone());
        let index = FactIndex::of_part(&graph, beyond);
        let wanted = records.iter().filter(|record| self.wanted.contains(&record.id));
        wanted.map(|record| (record.id, self.judge(record, &index, &graph))).collect()
    }

    fn judge(&self, record: &Record, index: &FactIndex<'_>, graph: &Graph<'_>) -> Judged {
        let Some(of_kind) = self.catalogues.get(&record.body.kind()) else { return Judged::default() };
        let mut judged = Judged::default();
        if record.canonical_id != record.id {
            judged.outcomes.extend(of_kind.tallied().map(|_| '.'));
            return judged;
        }
        let facts = index.facts(record, self.at);
        let membership = self.scopes.membership(graph, record, self.at);
        for (position, definition) in of_kind.definitions.iter().enumerate() {
            let judgement = definition.judge(record, &facts, self.at);
            let systems = match definition.scope {
                Scope::InScope => &membership.systems,
                Scope::All => labelled(record),
            };
            judged.outcomes.push(letter(judgement.outcome, systems));
            judged.due_at = judged.due_at.into_iter().chain(judgement.next_change).min();
            if judgement.outcome == Outcome::Failing && !systems.is_empty() {
                judged.failing.insert(position, definition.seen(record, &facts));
            }
        }
        let (outcome, systems) = scoping::counted(record, &membership);
        judged.outcomes.push(letter(outcome, systems));
        let outside = scoping::outside(graph, self.scopes, record, self.at);
        let turns = [judged.due_at, membership.until, outside.as_ref().and_then(|(_, until)| *until)];
        judged.due_at = turns.into_iter().flatten().min();
        judged.outside = outside.map(|(outside, _)| outside);
        judged
    }
}

/// An outcome and the systems it counts in, as a letter.
fn letter(outcome: Outcome, systems: &[System]) -> char {
    let both = systems.contains(&System::Isms) && systems.contains(&System::Sms);
    match (outcome, both, systems.first()) {
        (Outcome::NotApplicable, ..) | (_, _, None) => '.',
        (Outcome::Passing, true, _) => 'P',
        (Outcome::Failing, true, _) => 'F',
        (Outcome::Unknown, true, _) => 'U',
        (Outcome::Passing, _, Some(System::Isms)) => 'p',
        (Outcome::Failing, _, Some(System::Isms)) => 'f',
        (Outcome::Unknown, _, Some(System::Isms)) => 'u',
        (Outcome::Passing, _, Some(System::Sms)) => '1',
        (Outcome::Failing, _, Some(System::Sms)) => '2',
        (Outcome::Unknown, _, Some(System::Sms)) => '3',
    }
}

/// The letters of an outcome, whatever the systems.
const fn letters(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => ".",
        Outcome::Passing => "Pp1",
        Outcome::Failing => "Ff2",
        Outcome::Unknown => "Uu3",
    }
}

fn read_letter(letter: char) -> (Outcome, &'static [System]) {
    const ISMS: &[System] = &[System::Isms];
    const SMS: &[System] = &[System::Sms];
    match letter {
        'P' => (Outcome::Passing, System::ALL),
        'F' => (Outcome::Failing, System::ALL),
        'U' => (Outcome::Unknown, System::ALL),
        'p' => (Outcome::Passing, ISMS),
        'f' => (Outcome::Failing, ISMS),
        'u' => (Outcome::Unknown, ISMS),
        '1' => (Outcome::Passing, SMS),
        '2' => (Outcome::Failing, SMS),
        '3' => (Outcome::Unknown, SMS),
        _ => (Outcome::NotApplicable, &[]),
    }
}

impl Effects {
    /// Adds what these judgements contribute and takes away what they contributed before.
    fn count(
        &mut self,
        transaction: &mut Transaction<'_>,
        before: &HashMap<RecordId, Judgement>,
        now: &[Judgement],
        catalogues: &BTreeMap<RecordKind, Catalogue<'_>>,
    ) -> Result<()> {
        let mut earlier: HashMap<String, Vec<String>> = HashMap::new();
        for judgement in now {
            let old = before.get(&judgement.record);
            let same = |old: &Judgement| {
                (&old.catalogue, &old.outcomes, &old.outcomes_general)
                    == (&judgement.catalogue, &judgement.outcomes, &judgement.outcomes_general)
            };
            if old.is_some_and(same) {
                continue;
            }
            self.changed.push((judgement.record, judgement.restricted));
            if let Some(old) = old.filter(|old| !old.catalogue.is_empty()) {
                if !earlier.contains_key(&old.catalogue) {
                    let ids = transaction.catalogue(&old.catalogue)?;
                    earlier.insert(old.catalogue.clone(), ids);
                }
                let ids = earlier.get(&old.catalogue).map_or(&[][..], Vec::as_slice);
                self.add(ids.iter().map(String::as_str), old, -1);
            }
            if let Some(catalogue) = catalogues.get(&judgement.kind) {
                self.add(catalogue.tallied(), judgement, 1);
            }
        }
        Ok(())
    }

    fn add<'i>(&mut self, ids: impl Iterator<Item = &'i str> + Clone, judgement: &Judgement, by: i64) {
        let general = judgement.outcomes_general.as_ref().unwrap_or(&judgement.outcomes);
        for (view, outcomes) in [(View::Full, &judgement.outcomes), (View::General, general)] {
            for (id, letter) in ids.clone().zip(outcomes.chars()) {
                let (outcome, systems) = read_letter(letter);
                for &system in systems {
                    let change = self.tallies.entry((id.to_owned(), system, view)).or_default();
                    match outcome {
                        Outcome::Passing => change.passing += by,
                        Outcome::Failing => change.failing += by,
                        Outcome::Unknown => change.unknown += by,
                        Outcome::NotApplicable => {}
                    }
                }
            }
        }
    }

    /// Writes the changes of tallies.
    pub fn write(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        for ((indicator, system, view), by) in std::mem::take(&mut self.tallies) {
            if by != TallyChange::default() {
                transaction.add_to_tally(&indicator, system, view, by)?;
                transaction.touch();
            }
        }
        Ok(())
    }
}

/// Opens and closes findings, so that those open on the records judged are the given ones. `known` are those of them that
/// were judged before.
fn replace_findings(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    known: &[RecordId],
    mut findings: BTreeMap<(String, RecordId, Views), Map<String, Json>>,
    effects: &Effects,
) -> Result<()> {
    let at = transaction.at();
    for open in transaction.open_findings_on(known)? {
        let key = (open.indicator.clone(), open.record, open.views);
        // The same failure as before keeps what was read when it was found, unless something else is read now.
        if findings.get(&key).is_some_and(|seen| *seen == open.seen) {
            findings.remove(&key);
            continue;
        }
        if open.opened_seq == transaction.seq() {
            transaction.drop_finding(&open)?;
        } else {
            transaction.close_finding(&open, at)?;
        }
        if let Some(seen) = findings.remove(&key) {
            let finding = finding(transaction, rules, key, seen, open.opened_at);
            transaction.open_findings(&[finding])?;
        }
        transaction.touch();
    }
    let opened: Vec<Finding> =
        findings.into_iter().map(|(key, seen)| finding(transaction, rules, key, seen, at)).collect();
    if !opened.is_empty() || !effects.changed.is_empty() {
        transaction.touch();
    }
    transaction.open_findings(&opened)
}

fn finding(
    transaction: &Transaction<'_>,
    rules: &Rules,
    (indicator, record, views): (String, RecordId, Views),
    seen: Map<String, Json>,
    opened_at: Timestamp,
) -> Finding {
    let version = rules.indicators.get(&indicator).map(|definition| definition.version.clone()).unwrap_or_default();
    let opened_seq = transaction.seq();
    Finding { indicator, record, views, opened_at, opened_seq, closed_at: None, version, seen }
}

/// Keeps what the records judged show from now on. `known` are those of them that were judged before.
fn replace_shown(
    transaction: &mut Transaction<'_>,
    judged: &[RecordId],
    known: &[RecordId],
    shows: BTreeMap<RecordId, (bool, String)>,
) -> Result<()> {
    let before = transaction.shown_by(known)?;
    for id in judged {
        let (old, new) = (before.get(id), shows.get(id));
        if old != new {
            let restricted = new.is_some_and(|(restricted, _)| *restricted);
            transaction.show(*id, restricted, new.map(|(_, body)| body.as_str()))?;
        }
    }
    Ok(())
}

/// In which systems these records count for an indicator in a view, as they were judged last.
pub fn systems_counted(
    reader: &mut Reader<'_>,
    indicator: &str,
    ids: &[RecordId],
    view: View,
) -> Result<HashMap<RecordId, &'static [System]>> {
    let mut positions: HashMap<String, Option<usize>> = HashMap::new();
    let mut found = HashMap::new();
    for judgement in reader.judgements(ids)? {
        if !positions.contains_key(&judgement.catalogue) {
            let tallied = reader.catalogue(&judgement.catalogue)?;
            let position = tallied.iter().position(|id| id == indicator);
            positions.insert(judgement.catalogue.clone(), position);
        }
        let general = judgement.outcomes_general.as_ref().filter(|_| view == View::General);
        let outcomes = general.unwrap_or(&judgement.outcomes);
        let position = positions.get(&judgement.catalogue).copied().flatten();
        let letter = position.and_then(|position| outcomes.chars().nth(position)).unwrap_or('.');
        found.insert(judgement.record, read_letter(letter).1);
    }
    Ok(found)
}

/// What an indicator says of a record now, with what it read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The indicator's id.
    pub indicator: String,
    /// The record.
    pub record: RecordId,
    /// What it came to.
    pub outcome: Outcome,
    /// The fields and facts that were read, with the values they have.
    pub seen: Map<String, Json>,
}

/// What these indicators say of records as of the last change, in the order of the records and indicators.
pub fn readings(
    reader: &mut Reader<'_>,
    rules: &Rules,
    definitions: &[&Definition],
    ids: &[RecordId],
    view: View,
) -> Result<Vec<Reading>> {
    let at = reader.ledger()?.at;
    let known = rules.known_relations(&reader.checkpoints()?);
    let subjects = reader.records_by_id(ids)?;
    let part = neighbourhood::around(reader, rules, subjects, false)?;
    let (records, beyond) = part.seen_by(view);
    let graph = Graph::new(&records, known).with_contributing(part.contributing.clone());
    let index = FactIndex::of_part(&graph, beyond);
    let mut readings = Vec::new();
    for record in ids.iter().filter_map(|id| graph.record(*id)) {
        let facts = index.facts(record, at);
        for definition in definitions.iter().filter(|definition| definition.record == record.body.kind()) {
            readings.push(Reading {
                indicator: definition.id.clone(),
                record: record.id,
                outcome: definition.judge(record, &facts, at).outcome,
                seen: definition.seen(record, &facts),
            });
        }
    }
    Ok(readings)
}

/// A page of the records that an indicator has judged so in a view, or judged at all, by record.
pub fn judged(
    reader: &mut Reader<'_>,
    rules: &Rules,
    definition: &Definition,
    view: View,
    outcome: Option<Outcome>,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Page<RecordId>> {
    let of_kind = catalogue(rules, definition.record);
    let Some(position) = of_kind.definitions.iter().position(|found| found.id == definition.id) else {
        return Ok(Page { items: Vec::new(), more: false });
    };
    let letters = outcome.map_or("PFUpfu123", letters);
    reader.judged(&of_kind.id, view, position, letters, after, limit)
}
