//! What must hold of supplier risk whatever the records: a bad input never lowers a score, a good one never raises it,
//! and what is missing never reads as safe.

use super::{
    fixture::{edge, id, record, reference, time},
    supplier_risk::{FRESH, model},
};
use concord::{
    assess::supplier_risk::{Feeds, Rating, Score, SupplierRisk, supplier_risks},
    model::{Graph, Record, RecordId, RecordKind, RelationType, Timestamp},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use RecordKind::{Agreement, ConfigurationItem, Party, Service, Ticket};
use RelationType::{Affects, CausedBy, Controls, Covers, DependsOn, Provides, Supports};

crate::harness::cases![
    one_more_or_worse_event_never_lowers,
    one_more_assurance_never_raises,
    what_is_missing_never_reads_as_safe,
];

const CASES: u64 = 250;

/// Numbers that are the same in every run: xorshift by Marsaglia.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn of(&mut self, prefix: &str, all: u64) -> String {
        format!("{prefix}{}", self.roll(all))
    }

    /// An organisation of a few parties, services, items, agreements and tickets, much of it not known.
    fn organisation(&mut self) -> Vec<Record> {
        let mut records = Vec::new();
        for number in 0..3 {
            let mut party = record(Party, &format!("p{number}"), self.party());
            for _ in 0..self.roll(3) {
                party = match self.roll(2) {
                    0 => edge(party, Provides, Service, &self.of("s", 3)),
                    _ => edge(party, Controls, ConfigurationItem, &self.of("c", 4)),
                };
            }
            records.push(party);
            let mut fields = Map::new();
            self.maybe(&mut fields, "criticality", |dice| json!(1 + dice.roll(4)));
            self.maybe(&mut fields, "substitutes", |dice| {
                let none = dice.roll(2) == 0;
                if none { json!([]) } else { json!([reference(Party, &dice.of("p", 3))]) }
            });
            records.push(record(Service, &format!("s{number}"), Value::Object(fields)));
            records.push(self.agreement(&format!("a{number}")));
        }
        for number in 0..4 {
            let mut fields = Map::new();
            for rating in ["confidentiality", "integrity", "availability"] {
                self.maybe(&mut fields, rating, |dice| json!(dice.roll(4)));
            }
            let item = record(ConfigurationItem, &format!("c{number}"), Value::Object(fields));
            records.push(match self.roll(3) {
                0 => edge(item, DependsOn, ConfigurationItem, &self.of("c", 4)),
                _ => edge(item, Supports, Service, &self.of("s", 3)),
            });
        }
        for number in 0..self.roll(8) {
            let mut ticket = self.ticket(&format!("t{number}"));
            if self.roll(3) == 0 {
                ticket = edge(ticket, CausedBy, Ticket, &self.of("t", 8));
            }
            records.push(ticket);
        }
        records
    }

    fn party(&mut self) -> Value {
        let mut fields = Map::from_iter([("role".to_owned(), json!("supplier"))]);
        self.maybe(&mut fields, "last_review", |dice| json!(now().plus_days(-(dice.roll(700) as i64))));
        self.maybe(&mut fields, "certificates", |dice| {
            let expires = now().plus_days(dice.roll(400) as i64 - 200);
            json!([{"standard": "", "scope": "", "services": [reference(Service, &dice.of("s", 3))], "expires_at": expires}])
        });
        Value::Object(fields)
    }

    fn agreement(&mut self, name: &str) -> Record {
        let mut fields = Map::new();
        fields.insert("parties".into(), json!([reference(Party, &self.of("p", 3))]));
        self.maybe(&mut fields, "starts_at", |dice| json!(now().plus_days(dice.roll(400) as i64 - 300)));
        self.maybe(&mut fields, "ends_at", |dice| json!(now().plus_days(dice.roll(400) as i64 - 100)));
        for term in ["security_obligations", "right_to_audit", "evidence_terms", "restoration_terms"] {
            self.maybe(&mut fields, term, |dice| json!(dice.roll(2) == 0));
        }
        edge(record(Agreement, name, Value::Object(fields)), Covers, Service, &self.of("s", 3))
    }

    /// Something bad that happened: alone, so that it is not told to be the cause or the effect of what is counted.
    fn ticket(&mut self, name: &str) -> Record {
        let kinds = ["incident", "incident", "problem", "nonconformity", "complaint", "change"];
        let mut fields = Map::new();
        fields.insert("type".into(), json!(kinds[self.roll(6) as usize]));
        fields.insert("outcome".into(), json!("failed"));
        self.maybe(&mut fields, "priority", |dice| json!(1 + dice.roll(4)));
        self.maybe(&mut fields, "security_class", |dice| json!(["service", "both"][dice.roll(2) as usize]));
        self.maybe(&mut fields, "resolved_at", |dice| json!(now().plus_days(-(dice.roll(1_200) as i64))));
        self.maybe(&mut fields, "cause_party", |dice| reference(Party, &dice.of("p", 3)));
        let ticket = record(Ticket, name, Value::Object(fields));
        match self.roll(3) {
            0 => edge(ticket, Affects, ConfigurationItem, &self.of("c", 4)),
            1 => edge(ticket, Affects, Service, &self.of("s", 3)),
            _ => ticket,
        }
    }

    fn maybe(&mut self, fields: &mut Map<String, Value>, name: &str, value: impl FnOnce(&mut Self) -> Value) {
        match self.roll(5) {
            0 => {}
            1 => drop(fields.insert(name.into(), Value::Null)),
            _ => {
                let value = value(self);
                fields.insert(name.into(), value);
            }
        }
    }
}

fn now() -> Timestamp {
    time("2026-06-30T00:00:00Z")
}

fn risks(records: &[Record], feeds: Feeds) -> BTreeMap<RecordId, SupplierRisk> {
    let graph = Graph::new(records, RelationType::ALL.iter().copied());
    supplier_risks(&graph, &model(), now(), feeds).into_iter().map(|risk| (risk.party, risk)).collect()
}

fn scores(risk: &SupplierRisk) -> [Option<Score>; 4] {
    [risk.residual, risk.inherent, risk.low, risk.high]
}

fn fields(record: &Record) -> Map<String, Value> {
    serde_json::from_str(&record.body.to_json().expect("JSON")).expect("an object")
}

/// The same record with a field that is another, or that its source does not have.
fn with(known: &Record, name: &str, value: Option<Value>) -> Record {
    let mut fields = fields(known);
    match value {
        Some(value) => drop(fields.insert(name.into(), value)),
        None => drop(fields.remove(name)),
    }
    let body = record(known.body.kind(), &known.external_id, Value::Object(fields)).body;
    Record { body, ..known.clone() }
}

/// Checks that no score falls, or none rises, for each random organisation and change.
fn each(seed: u64, change: impl Fn(&mut Dice, &mut Vec<Record>), holds: impl Fn(&SupplierRisk, &SupplierRisk) -> bool) {
    let mut dice = Dice(seed);
    let mut moved = 0;
    for case in 0..CASES {
        let mut records = dice.organisation();
        let before = risks(&records, FRESH);
        change(&mut dice, &mut records);
        for (party, after) in risks(&records, FRESH) {
            let before = &before[&party];
            moved += u64::from(scores(before) != scores(&after));
            assert!(holds(before, &after), "case {case}: {before:?} became {after:?}");
        }
    }
    assert!(moved > CASES / 8, "{moved} scores moved: the cases say little");
}

fn one_more_or_worse_event_never_lowers() {
    let worse = |dice: &mut Dice, records: &mut Vec<Record>| {
        let tickets: Vec<usize> = (0..records.len()).filter(|i| records[*i].body.kind() == Ticket).collect();
        if dice.roll(2) == 0 || tickets.is_empty() {
            records.push(dice.ticket("more"));
            return;
        }
        let place = tickets[dice.roll(tickets.len() as u64) as usize];
        let priority = fields(&records[place]).get("priority").and_then(Value::as_i64).unwrap_or(3);
        records[place] = match dice.roll(2) {
            0 => with(&records[place], "priority", Some(json!((priority - 1).max(1)))),
            _ => with(&records[place], "sla_breached", Some(json!(true))),
        };
    };
    each(0x6001, worse, |before, after| {
        scores(before).iter().zip(scores(after)).all(|(before, after)| after >= *before)
    });
}

fn one_more_assurance_never_raises() {
    let better = |dice: &mut Dice, records: &mut Vec<Record>| {
        let of = |kind| (0..3).map(move |number| (kind, number));
        let place = |records: &[Record], kind, number| {
            let name = if kind == Party { format!("p{number}") } else { format!("a{number}") };
            records.iter().position(|record| record.id == id(kind, &name)).expect("the record")
        };
        let (kind, number) =
            of(if dice.roll(2) == 0 { Party } else { Agreement }).nth(dice.roll(3) as usize).expect("one");
        let at = place(records, kind, number);
        let terms = ["security_obligations", "right_to_audit", "evidence_terms", "restoration_terms"];
        match (dice.roll(3), kind) {
            (0, _) => records.push(dice.agreement("more")),
            (1, Party) => records[at] = with(&records[at], "last_review", Some(json!(now().plus_days(-1)))),
            (_, Party) => {
                let mut held =
                    fields(&records[at]).get("certificates").and_then(Value::as_array).cloned().unwrap_or_default();
                held.push(json!({"standard": "", "scope": "", "services": [reference(Service, &dice.of("s", 3))],
                    "expires_at": "2028-01-01"}));
                records[at] = with(&records[at], "certificates", Some(json!(held)));
            }
            _ => records[at] = with(&records[at], terms[dice.roll(4) as usize], Some(json!(true))),
        }
    };
    each(0x6002, better, |before, after| after.residual <= before.residual && after.high <= before.high);
}

fn what_is_missing_never_reads_as_safe() {
    let missing = |dice: &mut Dice, records: &mut Vec<Record>| {
        let names = [
            "criticality",
            "substitutes",
            "confidentiality",
            "integrity",
            "availability",
            "security_obligations",
            "right_to_audit",
            "evidence_terms",
            "restoration_terms",
            "last_review",
            "certificates",
        ];
        for _ in 0..12 {
            let (name, at) = (names[dice.roll(11) as usize], dice.roll(records.len() as u64) as usize);
            if fields(&records[at]).contains_key(name) {
                records[at] = with(&records[at], name, None);
            }
        }
    };
    each(0x6003, missing, |before, after| {
        let known = |risk: &SupplierRisk| risk.confidence.map(|confidence| confidence.known);
        let same = before.driving_service == after.driving_service;
        after.high >= before.high && after.low <= before.low && (!same || known(after) <= known(before))
    });
    let mut dice = Dice(0x6004);
    for case in 0..CASES {
        let records = dice.organisation();
        let stale = risks(&records, Feeds { tickets: false, agreements: false });
        for (party, fresh) in risks(&records, FRESH) {
            let stale = &stale[&party];
            let known = |risk: &SupplierRisk| risk.confidence.map(|confidence| confidence.known);
            assert!(stale.residual >= fresh.residual && stale.high >= fresh.high, "case {case}: quiet proves nothing");
            assert!(known(stale) <= known(&fresh), "case {case}");
            assert_eq!(fresh.residual.is_none(), fresh.rating == Rating::Unlinked, "case {case}: unlinked is not 0");
        }
    }
}
