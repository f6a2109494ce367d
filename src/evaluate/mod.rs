//! The one way the store changes: apply a change, judge what it touches, conclude, keep what turned. One transaction.
//!
//! What each record contributes is kept, so that a change costs what it touches: tallies change by what is new minus
//! what was stored. Time is a change like any other: a judgement knows when it may turn by itself, and [`settle`] draws
//! the conclusions of every instant that has passed, in order.

mod classes;
mod conclude;
mod contributing;
mod decide;
mod decided;
mod judge;
mod neighbourhood;
mod preview;
mod scoping;
mod suppliers;
mod supply;
mod trial;

pub use classes::{affected_by, as_judged, class_overrides, classified, decide_on_class};
pub use conclude::{Conclusions, conclusions, requirement_subject, row_subject};
pub use decide::{Actor, Proposal, confirm, decide, withdraw};
pub use judge::{Reading, judged, readings, systems_counted};
pub use preview::{Tried, try_definition};
pub use scoping::{ScopeAgreement, is_governed, scope_agreement, survey};
pub use suppliers::{AroundSuppliers, around_suppliers};
pub use supply::{
    MovedRequirement, MovedSupplier, SupplierTrial, SupplierTrialAnswer, TriedChange, TriedRelation, try_supply,
};
pub use trial::{settle_trial, try_out};

use crate::{
    assess::{Rules, Scopes},
    error::Result,
    indicators::gives,
    model::{Body, Record, RecordId, RecordKind, RecordVersion, RelationType, Timestamp},
    store::{Applied, Edge, JudgedUnder, Judgement, Reader, Store, Transaction, Written},
};
use judge::Effects;
use std::collections::{BTreeMap, BTreeSet};
use suppliers::Touched;

/// How many records are judged in one transaction: what a change touches beyond it settles later, in chunks.
const CHUNK: usize = 1_000;

/// Something that happens to the store.
pub enum Change {
    /// A source stated versions of records.
    Records {
        /// What their source states.
        versions: Vec<RecordVersion>,
        /// When they were read.
        synced_at: Timestamp,
        /// True if several versions of one record may come in any order.
        history: bool,
        /// True if the source sent them of its own accord, so that what is gone may be said before what there was.
        delivered: bool,
    },
    /// People decided something, and it is kept.
    Decided,
    /// A person decided what an incident is, and it is kept.
    Classified {
        /// The incident.
        ticket: RecordId,
    },
    /// A source was read to its end, or as far as it could be.
    Read {
        /// Its name.
        source: String,
    },
    /// Time passed, or what is judged by changed.
    Due,
}

/// Applies a change inside a transaction. More than a thousand records to judge again are left for [`settle`].
pub fn apply(transaction: &mut Transaction<'_>, rules: &Rules, change: Change) -> Result<Applied> {
    let mut effects = Effects::default();
    let at = transaction.at();
    let scopes = scoping::in_force(transaction, at)?;
    let applied = match change {
        Change::Records { versions, synced_at, history, delivered } => {
            let written = match delivered {
                true => transaction.apply_delivered(versions, synced_at, history)?,
                false => transaction.apply_versions(versions, synced_at, history)?,
            };
            let applied = written.applied;
            if !written.records.is_empty() {
                records(transaction, rules, &scopes, &written, &mut effects)?;
            }
            if !effects.judged {
                return Ok(applied);
            }
            applied
        }
        Change::Read { source } => {
            if transaction.note_read(&source)? {
                transaction.forget_all_contributing_items()?;
            }
            circumstances(transaction, rules, &scopes)?;
            judge_due(transaction, rules, &scopes, &mut effects)?;
            suppliers::age(transaction, rules)?;
            suppliers::update(transaction, rules, Touched::of(&mut effects.reclassified), &[])?;
            Applied::default()
        }
        Change::Decided => {
            if circumstances(transaction, rules, &scopes)? {
                judge_due(transaction, rules, &scopes, &mut effects)?;
            }
            Applied::default()
        }
        Change::Classified { ticket } => {
            judge_known(transaction, rules, &scopes, &[ticket], &mut effects)?;
            if !effects.judged {
                return Ok(Applied::default());
            }
            suppliers::update(transaction, rules, Touched::of(&mut effects.reclassified), &[])?;
            Applied::default()
        }
        Change::Due => {
            circumstances(transaction, rules, &scopes)?;
            judge_due(transaction, rules, &scopes, &mut effects)?;
            suppliers::age(transaction, rules)?;
            suppliers::update(transaction, rules, Touched::of(&mut effects.reclassified), &[])?;
            // The instant has passed, even if nothing turned.
            transaction.touch();
            Applied::default()
        }
    };
    effects.write(transaction)?;
    if transaction.is_settled(at)? {
        conclude::conclude(transaction, rules, &effects)?;
    }
    Ok(applied)
}

/// Draws the conclusions of every instant up to `now` that has not been drawn yet, in order and in chunks.
pub fn settle(store: &Store, rules: &Rules, now: Timestamp) -> Result<()> {
    loop {
        let due = store.read(|reader| next_due(reader, rules))?;
        let Some(due) = due.filter(|due| *due <= now) else { return Ok(()) };
        store.write(due, |transaction| apply(transaction, rules, Change::Due))?;
    }
}

/// Prepares the store for these rules when the service starts: what an earlier version kept is indexed and judged, what
/// other rules judged is judged again, and passed instants are caught up with.
pub fn start(store: &Store, rules: &Rules, now: Timestamp) -> Result<()> {
    loop {
        let left = store.write(now, |transaction| {
            let ids = transaction.unjudged(CHUNK)?;
            let records = transaction.records_by_id(&ids)?;
            index(transaction, &records, &ids)?;
            if !ids.is_empty() {
                transaction.forget_all_contributing_items()?;
            }
            let at = transaction.at();
            let stubs: Vec<Judgement> = records.iter().map(|record| stub(record, at)).collect();
            transaction.save_judgements(&stubs)?;
            Ok(ids.len())
        })?;
        if left < CHUNK {
            break;
        }
    }
    store.write(now, |transaction| apply(transaction, rules, Change::Due))?;
    settle(store, rules, now)
}

/// The next instant at which anything may turn though no record changes.
pub fn next_due(reader: &mut Reader<'_>, rules: &Rules) -> Result<Option<Timestamp>> {
    let ledger = reader.ledger()?;
    if reader.is_judging_first()? {
        return Ok(Some(ledger.at));
    }
    if ledger.concluded_seq < 0 && reader.next_due()?.is_none() {
        return Ok(None);
    }
    let checkpoints = reader.checkpoints()?;
    let expiries = rules.indicators.definitions().iter().filter_map(|definition| {
        let until = rules.fed_until(definition.record, &checkpoints)?;
        Some(until.plus_days(i64::from(definition.max_age_days)).plus_millis(1))
    });
    let midnight = ledger.at.next_day();
    let decided = decided::turns(reader, ledger.at)?;
    let scores = suppliers::next_due(reader, rules, &checkpoints, ledger.at)?;
    let later = expiries.chain([midnight]).chain(decided).chain(scores).filter(|instant| *instant > ledger.at);
    Ok(later.chain(reader.next_due()?).min())
}

/// Indexes records that changed, and judges them with what depends on them. Of a source that has not been read to its
/// end yet, nothing is judged.
fn records(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    scopes: &Scopes,
    written: &Written,
    effects: &mut Effects,
) -> Result<()> {
    let at = transaction.at();
    let Written { records, known, .. } = written;
    let Some(source) = records.first().map(|record| &record.source) else { return Ok(()) };
    let first = !transaction.was_read(source)?;
    let before: BTreeMap<RecordId, Judgement> =
        transaction.judgements(known)?.into_iter().map(|judgement| (judgement.record, judgement)).collect();
    let turned: Vec<&Record> = records
        .iter()
        .filter(|record| before.get(&record.id).is_none_or(|before| before.gives != gives(record)))
        .collect();
    let mut origins = origins(&turned);
    origins.extend(earlier_ends(transaction, &turned)?);
    let scoped = !scopes.is_empty();
    // What the first read of a source brings reaches others when it is judged; only what it takes back is lost by then.
    let changing: BTreeSet<(RecordKind, RecordId)> = match first {
        true if known.is_empty() => BTreeSet::new(),
        _ => origins.clone(),
    };
    let mut dependents = neighbourhood::dependents(transaction, &changing, scoped)?;
    let mut ends = BTreeSet::new();
    let mut touched = Touched::default();
    if !first {
        let all: Vec<&Record> = records.iter().collect();
        ends = self::origins(&all);
        ends.extend(earlier_ends(transaction, &all)?);
        touched = suppliers::touched(transaction, &ends)?;
        contributing::forget(transaction, &ends)?;
    }
    index(transaction, records, known)?;
    index_ends(transaction, &turned)?;
    if first {
        let dependents: Vec<RecordId> = dependents.into_iter().collect();
        return transaction.make_due(&dependents, at);
    }

    contributing::forget(transaction, &ends)?;
    dependents.extend(neighbourhood::dependents(transaction, &origins, scoped)?);
    // An edge that is a record of its own changes the records it joins.
    dependents.extend(origins.iter().map(|(_, id)| *id));
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    for id in &ids {
        dependents.remove(id);
    }
    let dependents: Vec<RecordId> = dependents.into_iter().collect();
    judge::judge(transaction, rules, scopes, &ids, effects)?;
    if dependents.len() <= CHUNK {
        judge_known(transaction, rules, scopes, &dependents, effects)?;
    } else {
        transaction.make_due(&dependents, at)?;
    }
    let after = suppliers::touched(transaction, &ends)?;
    let touched = touched.and(after, transaction)?.with(&mut effects.reclassified);
    suppliers::update(transaction, rules, touched, records)
}

/// A record not judged yet.
fn stub(record: &Record, due_at: Timestamp) -> Judgement {
    Judgement {
        record: record.id,
        kind: record.body.kind(),
        catalogue: String::new(),
        outcomes: String::new(),
        outcomes_general: None,
        gives: gives(record),
        restricted: record.body.is_restricted(),
        due_at: Some(due_at),
        class: None,
    }
}

/// Judges these records again, but those that wait for their source to be read.
fn judge_known(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    scopes: &Scopes,
    ids: &[RecordId],
    effects: &mut Effects,
) -> Result<()> {
    let known: Vec<RecordId> = transaction.judgements(ids)?.into_iter().map(|known| known.record).collect();
    judge::judge(transaction, rules, scopes, &known, effects)
}

/// The records whose neighbours may see something else: these, and the ends of those that are edges.
fn origins(records: &[&Record]) -> BTreeSet<(RecordKind, RecordId)> {
    let mut origins = BTreeSet::new();
    for record in records {
        match &record.body {
            Body::Relation(edge) => {
                let ends = [edge.from.get(), edge.to.get()];
                origins.extend(ends.into_iter().flatten().map(|end| (end.kind, end.id)));
            }
            body => {
                origins.insert((body.kind(), record.canonical_id));
            }
        }
    }
    origins
}

/// The ends that records which are edges had before they changed.
fn earlier_ends(transaction: &mut Transaction<'_>, records: &[&Record]) -> Result<BTreeSet<(RecordKind, RecordId)>> {
    let edges: Vec<RecordId> =
        records.iter().filter(|record| record.body.kind() == RecordKind::Relation).map(|record| record.id).collect();
    let ends: Vec<RecordId> = transaction.edges_of(&edges)?.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    let found = transaction.records_by_id(&ends)?;
    Ok(found.iter().map(|record| (record.body.kind(), record.id)).collect())
}

/// Replaces the edges these records state, and what they have in common with others; only the `known` of them have any.
fn index(transaction: &mut Transaction<'_>, records: &[Record], known: &[RecordId]) -> Result<()> {
    let edges: Vec<Edge> = records.iter().flat_map(neighbourhood::edges_of).collect();
    transaction.replace_edges(known, &edges)?;
    let lookups = neighbourhood::lookups_of(transaction, records)?;
    transaction.replace_lookups(known, &lookups)
}

/// What a ticket affects may be said by a record of its own: its ticket has something else in common then.
fn index_ends(transaction: &mut Transaction<'_>, records: &[&Record]) -> Result<()> {
    let tickets: Vec<RecordId> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Relation(edge) if edge.r#type.get() == Some(&RelationType::Affects) => edge.from.get(),
            _ => None,
        })
        .map(|ticket| ticket.id)
        .collect();
    if tickets.is_empty() {
        return Ok(());
    }
    let tickets = transaction.records_by_id(&tickets)?;
    let lookups = neighbourhood::lookups_of(transaction, &tickets)?;
    let ids: Vec<RecordId> = tickets.iter().map(|record| record.id).collect();
    transaction.replace_lookups(&ids, &lookups)
}

/// Makes the records of a kind due whose definitions, scopes, rules of classification or known relations are not those
/// they were judged under; true if there are any.
fn circumstances(transaction: &mut Transaction<'_>, rules: &Rules, scopes: &Scopes) -> Result<bool> {
    let at = transaction.at();
    let under = transaction.judged_under()?;
    let mut known: Vec<&str> =
        rules.known_relations(&transaction.checkpoints()?).into_iter().map(RelationType::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let known = known.join(" ");
    let scopes = scoping::name(scopes);
    let mut others = false;
    for &kind in RecordKind::ALL {
        let definitions = rules.indicators.of_kind(kind);
        let mut versions: Vec<String> =
            definitions.map(|definition| format!("{}@{}", definition.id, definition.version)).collect();
        if kind == RecordKind::Ticket {
            versions.push(format!("classification@{}", rules.classification.version()));
        }
        let no_facts = crate::indicators::facts_of(kind).is_empty();
        let now = JudgedUnder {
            definitions: versions.join(" "),
            relations: if no_facts { String::new() } else { known.clone() },
            scopes: scopes.clone(),
        };
        if under.get(&kind) != Some(&now) {
            transaction.make_kind_due(kind, at)?;
            transaction.save_judged_under(kind, &now)?;
            transaction.touch();
            others = true;
        }
    }
    Ok(others)
}

/// Judges the first records that are due, and after all of them the next of a source that was read for the first time.
fn judge_due(transaction: &mut Transaction<'_>, rules: &Rules, scopes: &Scopes, effects: &mut Effects) -> Result<()> {
    let at = transaction.at();
    let ids = transaction.due(at, CHUNK)?;
    judge::judge(transaction, rules, scopes, &ids, effects)?;
    if ids.len() < CHUNK { judge_first(transaction, rules, scopes, effects) } else { Ok(()) }
}

/// Judges the next records of a source that was read for the first time. What depends on them in other sources is due
/// then, what does in their own is judged after the read anyway.
fn judge_first(transaction: &mut Transaction<'_>, rules: &Rules, scopes: &Scopes, effects: &mut Effects) -> Result<()> {
    let at = transaction.at();
    let Some(first) = transaction.first_judged(CHUNK)? else { return Ok(()) };
    transaction.note_judged(&first)?;
    judge::judge(transaction, rules, scopes, &first.records, effects)?;
    let mut tickets = first.records.clone();
    if !transaction.is_only_read(&first.source)? {
        let records = transaction.records_by_id(&first.records)?;
        let origins = origins(&records.iter().collect::<Vec<_>>());
        let mut dependents = neighbourhood::dependents(transaction, &origins, !scopes.is_empty())?;
        dependents.extend(origins.iter().map(|(_, id)| *id));
        let dependents: Vec<RecordId> = dependents.into_iter().collect();
        transaction.make_due_elsewhere(&dependents, &first.source, at)?;
        tickets = suppliers::tickets_around(transaction, &origins)?;
    }
    suppliers::count_first(transaction, rules, &tickets)?;
    if first.up_to.is_none() { suppliers::score_first(transaction, rules) } else { Ok(()) }
}
