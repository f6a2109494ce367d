//! Keeps the risk of suppliers: what tickets add, the scores, their history, and what happened to suppliers.

use super::{
    classes,
    neighbourhood::{CUSTOMERS, LEAD_SUPPLIER, PARTIES, SUBSTITUTES, Search},
};
use crate::{
    assess::{
        Checkpoints, Rules,
        supplier_risk::{Band, Feeds, Score, Scoring, SupplierRisk, contributions, day_of, is_rated, supplier_risks},
    },
    error::{Error, Result},
    indicators::Common,
    model::{Body, Graph, InputCounts, Record, RecordId, RecordKind, RelationType, Seen, Timestamp, View},
    store::{Conclusion, CountedTicket, Reader, SupplierEvent, SupplierEventKind, SupplierSample, Transaction},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const CAUSED_BY: &str = RelationType::CausedBy.as_str();

/// What a party has in hand: what it provides, and what it controls.
const HANDS: [&str; 2] = [RelationType::Provides.as_str(), RelationType::Controls.as_str()];

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

/// Counts all tickets anew and scores all suppliers.
pub(super) fn recount(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    let at = transaction.at();
    let checkpoints = transaction.checkpoints()?;
    let feeds = feeds(rules, &checkpoints, at);
    let known = rules.known_relations(&checkpoints);
    let mut records = transaction.all_records()?;
    classes::put_on_all(transaction, rules, &mut records)?;
    let visible: Vec<Record> = records.iter().filter(|record| !record.body.is_restricted()).cloned().collect();
    let full = Graph::new(&records, known.iter().copied());
    let general = Graph::new(&visible, known.iter().copied());
    transaction.recount_tickets(&counted(&general, &full, &records))?;
    let agreements = changed_agreements(transaction, &records)?;
    let mut scored = Vec::new();
    for &view in View::ALL {
        let graph = if view == View::Full { &full } else { &general };
        let before = standing(transaction, view)?;
        scored.push(Scored { view, before, risks: supplier_risks(graph, &rules.supplier_risk, at, feeds) });
    }
    note(transaction, &scored, &agreements)?;
    for Scored { view, risks, .. } in &scored {
        let concluded = risks.iter().map(|risk| concluded(risk, at)).collect::<Result<Vec<_>>>()?;
        transaction.replace_conclusions(*view, &concluded)?;
    }
    Ok(())
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
    let mut bound = search.from(&agreements, &[PARTIES])?;
    bound.extend(&parties);
    found.parties.extend(&bound);
    // Whoever touches a service it covers, or that names a party to it as customer or substitute.
    let mut structure = search.from(&agreements, &[RelationType::Covers.as_str()])?;
    structure.extend(search.to(&bound, &[CUSTOMERS, SUBSTITUTES])?);
    structure.extend(of(RecordKind::Service));
    structure.extend(of(RecordKind::ConfigurationItem));
    if !structure.is_empty() {
        let above: Vec<RecordId> = search.above(structure.clone())?.into_iter().chain(structure).collect();
        let all: Vec<RecordId> = search.beneath(above.clone())?.into_iter().chain(above).collect();
        found.parties.extend(search.to(&all, &HANDS)?);
    }
    let leads: Vec<RecordId> = found.parties.iter().copied().collect();
    found.parties.extend(search.closure(leads, |search, layer| search.to(layer, &[LEAD_SUPPLIER]))?);
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

/// Counts the touched tickets anew and scores the touched suppliers, reading only what lies around them; on a day that
/// has begun, every supplier.
pub(super) fn update(
    transaction: &mut Transaction<'_>,
    rules: &Rules,
    touched: Touched,
    changed: &[Record],
) -> Result<()> {
    age(transaction, rules)?;
    let known = rules.known_relations(&transaction.checkpoints()?);
    let mut parties = touched.parties;
    let tickets: Vec<RecordId> = touched.tickets.into_iter().collect();
    for chunk in tickets.chunks(1_000) {
        let mut around = around_tickets(transaction, chunk)?;
        classes::as_judged(transaction, &mut around)?;
        let visible: Vec<Record> = around.iter().filter(|record| !record.body.is_restricted()).cloned().collect();
        let full = Graph::new(&around, known.iter().copied());
        let general = Graph::new(&visible, known.iter().copied());
        let asked: BTreeSet<RecordId> = chunk.iter().copied().collect();
        let asked: Vec<Record> = around.iter().filter(|record| asked.contains(&record.id)).cloned().collect();
        parties.extend(transaction.count_tickets(chunk, &counted(&general, &full, &asked))?);
    }
    let agreements: Vec<(RecordId, RecordId)> = changed.iter().flat_map(agreed).collect();
    let parties: Vec<RecordId> = parties.into_iter().collect();
    score(transaction, rules, &parties, &agreements)
}

/// Scores every supplier for a day that has begun, by the sums there are.
fn age(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    let today = day_of(transaction.at());
    if transaction.has_samples(View::Full, today)? {
        return Ok(());
    }
    let parties: Vec<RecordId> = standing(transaction, View::Full)?.into_keys().collect();
    score(transaction, rules, &parties, &[])
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
    let records = around_parties(transaction, parties)?;
    let graph = Graph::new(&records, rules.known_relations(&checkpoints));
    let unattributed = transaction.count_sharing(&Common::Unattributed.key())? > 0;
    let scoring = Scoring::new(&graph, &rules.supplier_risk, at, feeds, unattributed);
    let (mut scored, none) = (Vec::new(), InputCounts::new());
    for &view in View::ALL {
        let counts = transaction.supplier_counts(parties, view)?;
        let mut before = BTreeMap::new();
        let mut risks = Vec::new();
        for party in parties {
            if let Some(earlier) = transaction.conclusion(&subject(*party), view)? {
                before.insert(*party, earlier.status);
            }
            if let Some(record) = graph.record(*party).filter(|record| is_rated(record)) {
                risks.push(scoring.risk(record, counts.get(party).unwrap_or(&none)));
            }
        }
        scored.push(Scored { view, before, risks });
    }
    note(transaction, &scored, agreements)?;
    for Scored { view, before, risks } in scored {
        let kept: BTreeSet<RecordId> = risks.iter().map(|risk| risk.party).collect();
        for risk in &risks {
            transaction.save_conclusion(view, &concluded(risk, at)?)?;
        }
        for gone in before.keys().filter(|party| !kept.contains(party)) {
            transaction.drop_conclusion(view, &subject(*gone))?;
        }
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

/// Parties with everything their scores are made of, as `Scoring` wants it.
fn around_parties(reader: &mut Reader<'_>, parties: &[RecordId]) -> Result<Vec<Record>> {
    let mut search = Search { reader, found: parties.iter().copied().collect() };
    let mut all = parties.to_vec();
    all.extend(search.closure(parties.to_vec(), |search, layer| search.from(layer, &[LEAD_SUPPLIER]))?);
    let hands = search.from(&all, &HANDS)?;
    let above: Vec<RecordId> = search.above(hands.clone())?.into_iter().chain(hands).collect();
    search.beneath(above.clone())?;
    search.from(&above, &[CUSTOMERS])?;
    let mut bound = search.from(&above, &[SUBSTITUTES])?;
    bound.extend(all);
    let mut agreements = search.to(&bound, &[PARTIES])?;
    agreements.extend(search.to(&above, &[RelationType::Covers.as_str()])?);
    search.from(&agreements, &[RelationType::Covers.as_str()])?;
    let found: Vec<RecordId> = search.found.into_iter().collect();
    reader.records_by_id(&found)
}

/// What these tickets add in either view.
fn counted(general: &Graph<'_>, full: &Graph<'_>, tickets: &[Record]) -> Vec<CountedTicket> {
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
    let body = serde_json::to_string(risk).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Conclusion { subject: subject(risk.party), status: status(risk).into(), since: at, body })
}

fn subject(party: RecordId) -> String {
    format!("supplier/{party}")
}

/// How every supplier stands in a view, before this change.
fn standing(reader: &mut Reader<'_>, view: View) -> Result<BTreeMap<RecordId, String>> {
    let mut found = BTreeMap::new();
    for earlier in reader.conclusions("supplier/", view)? {
        if let Some(Ok(party)) = earlier.subject.strip_prefix("supplier/").map(str::parse) {
            found.insert(party, earlier.status);
        }
    }
    Ok(found)
}

/// Scores in a view, and how the suppliers asked about stood before.
struct Scored {
    view: View,
    before: BTreeMap<RecordId, String>,
    risks: Vec<SupplierRisk>,
}

/// What identifies an event apart from who sees it.
type Happened = (SupplierEventKind, RecordId, Option<RecordId>, Option<String>, Option<String>);

/// Keeps the history of the scores, and what happened against how suppliers stood. Nothing happened as long as nothing
/// was ever concluded.
fn note(transaction: &mut Transaction<'_>, scored: &[Scored], agreements: &[(RecordId, RecordId)]) -> Result<()> {
    let day = day_of(transaction.at());
    let first = transaction.ledger()?.concluded_seq < 0;
    let mut happened: BTreeMap<Happened, BTreeSet<View>> = BTreeMap::new();
    for Scored { view, before, risks } in scored {
        transaction.keep_samples(*view, &risks.iter().map(|risk| sample(risk, day)).collect::<Vec<_>>())?;
        if first {
            continue;
        }
        let mut before = before.clone();
        let mut add = |event: Happened| happened.entry(event).or_default().insert(*view);
        for risk in risks {
            let after = Some(status(risk).to_owned());
            match before.remove(&risk.party) {
                None => add((SupplierEventKind::Added, risk.party, None, None, after)),
                Some(same) if Some(&same) == after.as_ref() => continue,
                earlier => add((SupplierEventKind::BandCrossed, risk.party, None, earlier, after)),
            };
        }
        for (party, earlier) in before {
            add((SupplierEventKind::Removed, party, None, Some(earlier), None));
        }
        let suppliers: BTreeSet<RecordId> = risks.iter().map(|risk| risk.party).collect();
        for (agreement, party) in agreements.iter().filter(|(_, party)| suppliers.contains(party)) {
            add((SupplierEventKind::AgreementChanged, *party, Some(*agreement), None, None));
        }
    }
    let event = |((kind, party, record, before, after), views): (Happened, BTreeSet<View>)| SupplierEvent {
        id: String::new(),
        at: Timestamp::from_millis(0),
        kind,
        seen: match (views.contains(&View::General), views.contains(&View::Full)) {
            (true, true) => Seen::Both,
            (true, false) => Seen::General,
            _ => Seen::Full,
        },
        party,
        record,
        before,
        after,
        decision: None,
    };
    transaction.add_supplier_events(happened.into_iter().map(event).collect(), told)
}

/// What subscribers are told of an event.
fn told(event: &SupplierEvent) -> Result<String> {
    let body = json!({"id": event.id, "at": event.at, "kind": event.kind, "party": event.party,
        "agreement": event.record, "before": event.before, "after": event.after});
    serde_json::to_string(&body).map_err(|error| Error::Internal(error.to_string()))
}

/// The agreements that changed since conclusions were last drawn, each with every party to it.
fn changed_agreements(transaction: &mut Transaction<'_>, records: &[Record]) -> Result<Vec<(RecordId, RecordId)>> {
    let concluded = transaction.ledger()?.concluded_seq;
    let changed = records.iter().filter(|record| record.changed_seq > concluded);
    Ok(changed.flat_map(agreed).collect())
}

/// An agreement with every party to it; nothing for other records.
fn agreed(record: &Record) -> Vec<(RecordId, RecordId)> {
    let Body::Agreement(agreement) = &record.body else { return Vec::new() };
    agreement.parties.get().into_iter().flatten().map(|party| (record.id, party.id)).collect()
}

fn sample(risk: &SupplierRisk, day: i64) -> SupplierSample {
    let exact = |score: Option<Score>| score.map(Score::exact);
    SupplierSample {
        party: risk.party,
        day,
        status: status(risk).into(),
        residual: exact(risk.residual),
        inherent: exact(risk.inherent),
        low: exact(risk.low),
        high: exact(risk.high),
        likelihood: risk.likelihood.exact(),
        exposure: risk.exposure,
    }
}
