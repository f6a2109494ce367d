//! Keeps the risk of suppliers: what tickets add, the scores, their history, and what happened to suppliers.

mod events;

use super::{
    CHUNK, classes, contributing,
    neighbourhood::{CONCERNS, CUSTOMERS, LEAD_SUPPLIER, PARTIES, SUBCONTRACTORS, SUBSTITUTES, Search},
};
use crate::{
    assess::{
        Checkpoints, Rules,
        supplier_risk::{
            Band, Feeds, GAP_HORIZON, Gap, Scoring, SupplierRisk, assurance_gaps, contributions, day_of, is_rated,
        },
    },
    error::{Error, Result},
    model::{ContributingItems, Graph, InputCounts, Record, RecordId, RecordKind, RelationType, Seen, Timestamp, View},
    store::{Conclusion, CountedTicket, Reader, StoredGap, Transaction},
};
use events::{Scored, agreed, changed_agreements, note};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What conclusions on suppliers are kept under, before the party's id.
const PREFIX: &str = "supplier/";

const CAUSED_BY: &str = RelationType::CausedBy.as_str();

/// What a party has in hand: what it provides, and what it controls.
const HANDS: [&str; 2] = [RelationType::Provides.as_str(), RelationType::Controls.as_str()];

/// Suppliers scored at a time, when all are.
const SCORED: usize = 500;

/// How old a complete read of tickets may be for their absence to count in a supplier's favour, in days.
const TICKET_FEED_MAX_AGE: i64 = 2;

/// How old a complete read of agreements may be for their absence to be known, in days.
const AGREEMENT_FEED_MAX_AGE: i64 = 7;

/// Which sources the risk of suppliers rests on were read recently enough.
fn feeds(rules: &Rules, checkpoints: &Checkpoints, at: Timestamp) -> Feeds {
    let fresh = |kind, days| rules.fed_until(kind, checkpoints).is_some_and(|until| until.plus_days(days) >= at);
    Feeds {
        tickets: fresh(RecordKind::Ticket, TICKET_FEED_MAX_AGE),
        agreements: fresh(RecordKind::Agreement, AGREEMENT_FEED_MAX_AGE),
    }
}

/// What the scores kept rest on besides records: if anything of it is another, all suppliers are scored again.
#[derive(PartialEq, Serialize, Deserialize)]
struct Circumstances {
    /// The version of the weights.
    model: String,
    /// The relations of which the absence is known.
    relations: BTreeSet<RelationType>,
    /// True if tickets were read recently enough.
    tickets: bool,
    /// The same of agreements.
    agreements: bool,
    /// The day they were scored for.
    day: i64,
}

impl Circumstances {
    fn now(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<Self> {
        let at = transaction.at();
        let checkpoints = transaction.checkpoints()?;
        let feeds = feeds(rules, &checkpoints, at);
        Ok(Self {
            model: rules.supplier_risk.version()?,
            relations: rules.known_relations(&checkpoints).into_iter().collect(),
            tickets: feeds.tickets,
            agreements: feeds.agreements,
            day: day_of(at),
        })
    }

    fn kept(reader: &mut Reader<'_>) -> Result<Option<Self>> {
        // What an earlier version of the program wrote otherwise is as good as nothing.
        Ok(reader.scored_under()?.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// The next instants at which scores are others though no record changes: a source they rest on was not read for too long,
/// or something agreed starts or ends; and at once, if a day began that they were not aged to.
pub(super) fn next_due(
    reader: &mut Reader<'_>,
    rules: &Rules,
    checkpoints: &Checkpoints,
    at: Timestamp,
) -> Result<Vec<Timestamp>> {
    let Some(kept) = Circumstances::kept(reader)? else { return Ok(Vec::new()) };
    let ends = [(RecordKind::Ticket, TICKET_FEED_MAX_AGE), (RecordKind::Agreement, AGREEMENT_FEED_MAX_AGE)];
    let ends = ends.into_iter().filter_map(|(kind, days)| rules.fed_until(kind, checkpoints).map(|at| (at, days)));
    let mut due: Vec<Timestamp> = ends.map(|(until, days)| until.plus_days(days).plus_millis(1)).collect();
    due.extend((kept.day < day_of(at)).then(|| at.plus_millis(1)));
    due.extend(reader.next_supplier_turn()?);
    Ok(due)
}

/// Counts the tickets among records that were judged for the first time, and those they are about.
pub(super) fn count_first(transaction: &mut Transaction<'_>, rules: &Rules, tickets: &[RecordId]) -> Result<()> {
    for chunk in tickets.chunks(CHUNK) {
        count(transaction, rules, chunk)?;
    }
    Ok(())
}

/// Scores every supplier after the last record of a source has been judged for the first time.
pub(super) fn score_first(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    let agreements = changed_agreements(transaction)?;
    score_all(transaction, rules, &agreements)
}

/// The tickets that may add something else because of these records: what they are, what they cause, and what is on
/// what parties have in hand.
pub(super) fn tickets_around(
    reader: &mut Reader<'_>,
    changed: &BTreeSet<(RecordKind, RecordId)>,
) -> Result<Vec<RecordId>> {
    let of = |kind: RecordKind| -> Vec<RecordId> {
        changed.iter().filter(|(found, _)| *found == kind).map(|(_, id)| *id).collect()
    };
    let mut search = Search { reader, found: BTreeSet::new() };
    let mut tickets = of(RecordKind::Ticket);
    let hands = search.from(&of(RecordKind::Party), &HANDS)?;
    tickets.extend(search.to(&hands, &[RelationType::Affects.as_str(), CAUSED_BY])?);
    let caused = search.closure(tickets.clone(), |search, layer| search.to(layer, &[CAUSED_BY]))?;
    Ok(caused.into_iter().chain(tickets).collect::<BTreeSet<_>>().into_iter().collect())
}

/// Scores every supplier anew for a day that has begun, or if what the scores rest on is another; else those of whom
/// something agreed has started or ended. While a source's
/// records are judged for the first time, nobody is scored: not all is counted yet.
pub(super) fn age(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    if transaction.is_judging_first()? {
        return Ok(());
    }
    let kept = Circumstances::kept(transaction)?;
    if kept.is_none() && transaction.ledger()?.concluded_seq < 0 {
        return Ok(());
    }
    if kept != Some(Circumstances::now(transaction, rules)?) {
        return score_all(transaction, rules, &[]);
    }
    let at = transaction.at();
    loop {
        let turned = transaction.suppliers_turned(at, SCORED)?;
        score(transaction, rules, &turned, &[])?;
        if turned.len() < SCORED {
            return Ok(());
        }
    }
}

fn score_all(transaction: &mut Transaction<'_>, rules: &Rules, agreements: &[(RecordId, RecordId)]) -> Result<()> {
    let mut last = None;
    loop {
        let parties = transaction.ids_of(RecordKind::Party, last, SCORED)?;
        let asked: BTreeSet<RecordId> = parties.iter().copied().collect();
        let agreed: Vec<(RecordId, RecordId)> =
            agreements.iter().copied().filter(|(_, party)| asked.contains(party)).collect();
        score(transaction, rules, &parties, &agreed)?;
        last = parties.last().copied();
        if parties.len() < SCORED {
            break;
        }
    }
    let now = Circumstances::now(transaction, rules)?;
    transaction.save_scored_under(&serde_json::to_string(&now).map_err(internal)?)
}

/// What a change to records may touch, as the store has their edges at one moment.
#[derive(Default)]
pub(super) struct Touched {
    /// Parties whose score may be another.
    parties: BTreeSet<RecordId>,
    /// Tickets that may add something else.
    tickets: BTreeSet<RecordId>,
    /// What parties provide and control.
    hands: BTreeSet<RecordId>,
}

/// What is touched when these records change, in the store as it is. To be asked before their edges are replaced and
/// after, with [`Touched::and`].
pub(super) fn touched(reader: &mut Reader<'_>, changed: &BTreeSet<(RecordKind, RecordId)>) -> Result<Touched> {
    let of = |kind: RecordKind| -> Vec<RecordId> {
        changed.iter().filter(|(found, _)| *found == kind).map(|(_, id)| *id).collect()
    };
    let mut search = Search { reader, found: BTreeSet::new() };
    let mut found = Touched::default();
    let tickets = of(RecordKind::Ticket);
    found.tickets.extend(&tickets);
    found.tickets.extend(search.closure(tickets, |search, layer| search.to(layer, &[CAUSED_BY]))?);
    let parties = of(RecordKind::Party);
    found.hands.extend(search.from(&parties, &HANDS)?);
    let agreements = of(RecordKind::Agreement);
    let mut bound = search.from(&agreements, &[PARTIES, SUBCONTRACTORS])?;
    bound.extend(&parties);
    found.parties.extend(&bound);
    // Whoever touches a service it covers, or that names a party to it as customer or substitute.
    let mut structure = search.from(&agreements, &[RelationType::Covers.as_str()])?;
    structure.extend(search.to(&bound, &[CUSTOMERS, SUBSTITUTES])?);
    structure.extend(of(RecordKind::Service));
    structure.extend(of(RecordKind::ConfigurationItem));
    // A risk answers for what was agreed on what it concerns.
    structure.extend(search.from(&of(RecordKind::Risk), &[CONCERNS])?);
    if !structure.is_empty() {
        let above: Vec<RecordId> = search.above(structure.clone())?.into_iter().chain(structure).collect();
        let all: Vec<RecordId> = search.beneath(above.clone())?.into_iter().chain(above).collect();
        found.parties.extend(search.to(&all, &HANDS)?);
    }
    let leads: Vec<RecordId> = found.parties.iter().copied().collect();
    found.parties.extend(search.closure(leads, |search, layer| {
        let mut named = search.to(layer, &[LEAD_SUPPLIER])?;
        let agreed = search.to(layer, &[PARTIES])?;
        named.extend(search.from(&agreed, &[SUBCONTRACTORS])?);
        Ok(named)
    })?);
    Ok(found)
}

impl Touched {
    /// By tickets that have another class than before, which are forgotten.
    pub(super) fn of(reclassified: &mut Vec<RecordId>) -> Self {
        Self::default().with(reclassified)
    }

    /// With tickets that have another class than before, which are forgotten.
    pub(super) fn with(mut self, reclassified: &mut Vec<RecordId>) -> Self {
        self.tickets.extend(reclassified.drain(..));
        self
    }

    /// Both together. Tickets on what came into a party's hands or left them may add something else.
    pub(super) fn and(mut self, after: Self, reader: &mut Reader<'_>) -> Result<Self> {
        let moved: Vec<RecordId> = self.hands.symmetric_difference(&after.hands).copied().collect();
        self.parties.extend(after.parties);
        self.tickets.extend(after.tickets);
        let mut search = Search { reader, found: BTreeSet::new() };
        let on = search.to(&moved, &[RelationType::Affects.as_str(), CAUSED_BY])?;
        self.tickets.extend(&on);
        self.tickets.extend(search.closure(on, |search, layer| search.to(layer, &[CAUSED_BY]))?);
        self.hands.clear();
        Ok(self)
    }
}

/// Counts the touched tickets anew and scores the touched suppliers, reading only what lies around them.
pub(super) fn update(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    touched: Touched,
    changed: &[Record],
) -> Result<()> {
    let mut parties = touched.parties;
    let tickets: Vec<RecordId> = touched.tickets.into_iter().collect();
    for chunk in tickets.chunks(CHUNK) {
        parties.extend(count(transaction, rules, chunk)?);
    }
    let agreements: Vec<(RecordId, RecordId)> = changed.iter().flat_map(agreed).collect();
    let parties: Vec<RecordId> = parties.into_iter().collect();
    score(transaction, rules, &parties, &agreements)
}

/// Counts these tickets anew, reading only what lies around them. Returns whose sums moved.
fn count(transaction: &mut Transaction<'_>, rules: &Rules, tickets: &[RecordId]) -> Result<Vec<RecordId>> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let known = rules.known_relations(&transaction.checkpoints()?);
    let mut around = around_tickets(transaction, tickets)?;
    let asked: BTreeSet<RecordId> = tickets.iter().copied().collect();
    classes::put_and_keep(transaction, rules, &mut around, &asked)?;
    let visible: Vec<Record> = around.iter().filter(|record| !record.body.is_restricted()).cloned().collect();
    let full = Graph::new(&around, known.iter().copied());
    let general = Graph::new(&visible, known);
    let asked: Vec<&Record> = around.iter().filter(|record| asked.contains(&record.id)).collect();
    transaction.count_tickets(tickets, &counted(&general, &full, &asked))
}

fn score(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    parties: &[RecordId],
    agreements: &[(RecordId, RecordId)],
) -> Result<()> {
    if parties.is_empty() {
        return Ok(());
    }
    let at = transaction.at();
    let checkpoints = transaction.checkpoints()?;
    let feeds = feeds(rules, &checkpoints, at);
    let (records, services) = surroundings(transaction, parties)?;
    let around = AroundSuppliers { records, contributing: contributing::keep(transaction, &services)? };
    let graph = around.graph(rules.known_relations(&checkpoints));
    let scoring = Scoring::new(&graph, &rules.supplier_risk, at, feeds);
    let (mut scored, none) = (Vec::new(), InputCounts::new());
    let subjects: Vec<String> = parties.iter().map(|party| subject(*party)).collect();
    let mut counts = transaction.supplier_counts(parties)?;
    let mut turns: BTreeMap<RecordId, Timestamp> = BTreeMap::new();
    for &view in View::ALL {
        let counts = counts.remove(&view).unwrap_or_default();
        let standing = transaction.conclusions_on(&subjects, view)?.into_iter().map(|earlier| {
            let party = earlier.subject.trim_start_matches(PREFIX).parse().map_err(Error::Internal)?;
            Ok((party, earlier))
        });
        let before: BTreeMap<RecordId, Conclusion> = standing.collect::<Result<_>>()?;
        let rated = parties.iter().filter_map(|party| graph.record(*party)).filter(|record| is_rated(record));
        let mut risks = Vec::new();
        for record in rated {
            let risk = scoring.risk(record, counts.get(&record.id).unwrap_or(&none));
            turns.extend(scoring.next_turn(record, &risk).map(|turn| (record.id, turn)));
            risks.push(risk);
        }
        scored.push(Scored { view, before, risks });
    }
    note(transaction, &scored, agreements)?;
    // Tickets make no gap, so what is missing is the same in either view.
    let missing = scored.first().map_or_else(Vec::new, |scored| assurance_gaps(&graph, &scored.risks, at, GAP_HORIZON));
    transaction.replace_gaps(parties, &stored(&missing)?)?;
    transaction.replace_supplier_turns(parties, &turns)?;
    for Scored { view, risks, .. } in scored {
        let concluded = risks.iter().map(|risk| concluded(risk, at)).collect::<Result<Vec<_>>>()?;
        transaction.replace_conclusions(view, &subjects, &concluded)?;
    }
    Ok(())
}

/// Tickets with what decides whose they are: what they affect and are caused by, and who has that in hand.
fn around_tickets(reader: &mut Reader<'_>, tickets: &[RecordId]) -> Result<Vec<Record>> {
    let mut search = Search { reader, found: tickets.iter().copied().collect() };
    let causes = search.closure(tickets.to_vec(), |search, layer| search.from(layer, &[CAUSED_BY]))?;
    let mut ends = search.from(tickets, &[RelationType::Affects.as_str()])?;
    ends.extend(causes);
    search.to(&ends, &HANDS)?;
    let found: Vec<RecordId> = search.found.into_iter().collect();
    reader.records_by_id(&found)
}

/// Parties with everything their scores are made of.
pub struct AroundSuppliers {
    records: Vec<Record>,
    contributing: HashMap<RecordId, ContributingItems>,
}

impl AroundSuppliers {
    /// As `Scoring` wants it, with what answers for the parties' gaps.
    pub fn graph(&self, known: impl IntoIterator<Item = RelationType>) -> Graph<'_> {
        Graph::new(&self.records, known).with_contributing(self.contributing.clone())
    }
}

/// Reads what lies around parties.
pub fn around_suppliers(reader: &mut Reader<'_>, parties: &[RecordId]) -> Result<AroundSuppliers> {
    let (records, services) = surroundings(reader, parties)?;
    Ok(AroundSuppliers { records, contributing: contributing::contributing_items(reader, &services)? })
}

/// The records around parties, and the services above what they have in hand.
fn surroundings(reader: &mut Reader<'_>, parties: &[RecordId]) -> Result<(Vec<Record>, Vec<RecordId>)> {
    let mut search = Search { reader, found: parties.iter().copied().collect() };
    let mut all = parties.to_vec();
    all.extend(search.closure(parties.to_vec(), |search, layer| {
        let mut leads = search.from(layer, &[LEAD_SUPPLIER])?;
        let naming = search.to(layer, &[SUBCONTRACTORS])?;
        leads.extend(search.from(&naming, &[PARTIES])?);
        Ok(leads)
    })?);
    let hands = search.from(&all, &HANDS)?;
    let above: BTreeSet<RecordId> = search.above(hands.clone())?.into_iter().chain(hands).collect();
    let above: Vec<RecordId> = above.into_iter().collect();
    search.from(&above, &[CUSTOMERS])?;
    let mut bound = search.from(&above, &[SUBSTITUTES])?;
    bound.extend(all);
    let mut agreements = search.to(&bound, &[PARTIES])?;
    agreements.extend(search.to(&above, &[RelationType::Covers.as_str()])?);
    search.from(&agreements, &[RelationType::Covers.as_str()])?;
    // The risks that answer for what was agreed.
    search.to(&above, &[CONCERNS])?;
    let found: Vec<RecordId> = search.found.into_iter().collect();
    let records = reader.records_by_id(&found)?;
    let is_service = |record: &&Record| record.body.kind() == RecordKind::Service;
    let services = records.iter().filter(is_service).map(|record| record.id);
    let services = services.filter(|service| above.binary_search(service).is_ok()).collect();
    Ok((records, services))
}

/// What these tickets add in either view.
fn counted(general: &Graph<'_>, full: &Graph<'_>, tickets: &[&Record]) -> Vec<CountedTicket> {
    let mut found = Vec::new();
    for record in tickets.iter().filter(|record| record.body.kind() == RecordKind::Ticket) {
        let in_full = contributions(full, record);
        let in_general = if record.body.is_restricted() { Vec::new() } else { contributions(general, record) };
        let mut add = |seen, contribution| found.push(CountedTicket { record: record.id, seen, contribution });
        for contribution in &in_full {
            add(if in_general.contains(contribution) { Seen::Both } else { Seen::Full }, *contribution);
        }
        for contribution in in_general.into_iter().filter(|found| !in_full.contains(found)) {
            add(Seen::General, contribution);
        }
    }
    found
}

fn status(risk: &SupplierRisk) -> &'static str {
    risk.band.map_or(risk.rating.as_str(), Band::as_str)
}

fn concluded(risk: &SupplierRisk, at: Timestamp) -> Result<Conclusion> {
    let body = serde_json::to_string(risk).map_err(internal)?;
    Ok(Conclusion { subject: subject(risk.party), status: status(risk).into(), since: at, body })
}

fn subject(party: RecordId) -> String {
    format!("{PREFIX}{party}")
}

/// What is missing, each once, as the store keeps it.
fn stored(missing: &[Gap]) -> Result<Vec<StoredGap>> {
    let mut found: BTreeMap<(RecordId, String), String> = BTreeMap::new();
    for gap in missing {
        found.insert((gap.party, gap.key()), serde_json::to_string(gap).map_err(internal)?);
    }
    Ok(found.into_iter().map(|((party, key), body)| StoredGap { party, key, body }).collect())
}

fn internal(error: serde_json::Error) -> Error {
    Error::Internal(error.to_string())
}
