//! Random changes, deletions, late arrivals, steps of time and restarts: after each the store is as a recount.

use super::{
    dashboard::Dashboard,
    oracle::compare,
    organisation::{DESK, complete, incident, open, reference, rules, state, version},
};
use crate::harness::{TestDatabase, store_cases};
use concord::{
    assess::{ClassificationRules, DecisionBody, Rules},
    evaluate::{self, Actor, Change, Proposal},
    indicators::Catalogue,
    model::{DecisionKind, RecordId, RecordKind, RecordVersion, RelationType, SecurityClass, Timestamp, View},
    store::{Store, StoredClassification},
};
use serde_json::{Map, Value, json};

store_cases![
    any_sequence_of_changes_ends_as_a_recount,
    another_source_is_judged_when_it_has_been_read,
    another_catalogue_judges_everything_again,
    other_rules_of_classification_judge_tickets_again,
];

/// Numbers that are the same in every run: xorshift by Marsaglia.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }

    /// An id out of a few, so that records meet.
    fn id(&mut self, prefix: &str, of: u64) -> String {
        format!("{prefix}-{}", self.roll(of))
    }

    /// An instant around another one.
    fn around(&mut self, now: Timestamp, days: u64) -> Timestamp {
        now.plus_days(self.roll(days) as i64 - (days / 2) as i64).plus_millis(self.roll(86_400_000) as i64)
    }

    /// Puts a key in, with a value, empty, or not at all.
    fn put(&mut self, fields: &mut Map<String, Value>, key: &str, value: Value) {
        match self.roll(6) {
            0 => {}
            1 => {
                fields.insert(key.into(), Value::Null);
            }
            _ => {
                fields.insert(key.into(), value);
            }
        }
    }

    fn version(&mut self, now: Timestamp) -> RecordVersion {
        let kinds = [
            RecordKind::Ticket,
            RecordKind::Ticket,
            RecordKind::Ticket,
            RecordKind::ConfigurationItem,
            RecordKind::ConfigurationItem,
            RecordKind::Service,
            RecordKind::Party,
            RecordKind::Agreement,
            RecordKind::Document,
            RecordKind::Risk,
            RecordKind::Relation,
        ];
        let kind = self.pick(&kinds);
        let mut fields = Map::new();
        let mut relations = Vec::new();
        let time = |dice: &mut Self| json!(dice.around(now, 400));
        let id = match kind {
            RecordKind::Ticket => {
                self.ticket(&mut fields, &mut relations, now);
                self.id("T", 12)
            }
            RecordKind::ConfigurationItem => {
                let value = self.pick(&["web", "db"]);
                self.put(&mut fields, "name", json!(value));
                let value = self.pick(&["server", "server", "firewall"]);
                self.put(&mut fields, "class", json!(value));
                let value = self.pick(&["live", "test"]);
                self.put(&mut fields, "environment", json!(value));
                let value = time(self);
                self.put(&mut fields, "last_verified_at", value);
                self.put(&mut fields, "owner", json!("ops"));
                let value = self.pick(&[1, 3, 4]);
                self.put(&mut fields, "criticality", json!(value));
                let value = self.pick(&["Leeds", "Derby"]);
                self.put(&mut fields, "site", json!(value));
                let value = self.pick(&["Operations", "Sales"]);
                self.put(&mut fields, "unit", json!(value));
                let labels = self.pick(&[&["ci"][..], &["ci", "information"][..]]);
                self.put(&mut fields, "labels", json!(labels));
                let confidentiality = json!(self.roll(4));
                self.put(&mut fields, "confidentiality", confidentiality);
                for _ in 0..self.roll(3) {
                    relations.push(match self.roll(3) {
                        0 => (RelationType::Supports, RecordKind::Service, self.id("S", 3)),
                        1 => (RelationType::DependsOn, RecordKind::ConfigurationItem, self.id("C", 6)),
                        _ => (RelationType::PartOf, RecordKind::ConfigurationItem, self.id("C", 6)),
                    });
                }
                self.id("C", 6)
            }
            RecordKind::Service => {
                let value = self.pick(&["live", "planned", "closed"]);
                self.put(&mut fields, "status", json!(value));
                self.put(&mut fields, "owner", json!("sam"));
                let value = self.pick(&[1, 4]);
                self.put(&mut fields, "criticality", json!(value));
                if self.roll(3) == 0 {
                    relations.push((RelationType::DependsOn, RecordKind::Service, self.id("S", 3)));
                }
                self.id("S", 3)
            }
            RecordKind::Party => {
                let value = self.pick(&["supplier", "supplier", "customer"]);
                self.put(&mut fields, "role", json!(value));
                if self.roll(3) == 0 {
                    let lead = reference(RecordKind::Party, &self.id("P", 4));
                    self.put(&mut fields, "lead_supplier", lead);
                }
                if self.roll(2) == 0 {
                    let services = json!([reference(RecordKind::Service, &self.id("S", 3))]);
                    let expires = json!(self.around(now, 400));
                    let held = json!([{"standard": "ISO/IEC 27001", "scope": "all", "services": services, "expires_at": expires}]);
                    self.put(&mut fields, "certificates", held);
                }
                let value = json!(self.around(now, 800));
                self.put(&mut fields, "last_review", value);
                let value = json!(now.plus_days(-200 - self.roll(400) as i64));
                self.put(&mut fields, "first_supply_at", value);
                if self.roll(2) == 0 {
                    relations.push((RelationType::Provides, RecordKind::Service, self.id("S", 3)));
                }
                if self.roll(2) == 0 {
                    relations.push((RelationType::Controls, RecordKind::ConfigurationItem, self.id("C", 6)));
                }
                self.id("P", 4)
            }
            RecordKind::Agreement => {
                // Now and then a source does not say whose it is: then it may be of anybody who touches what it covers.
                let parties = json!([reference(RecordKind::Party, &self.id("P", 4))]);
                self.put(&mut fields, "parties", parties);
                let value = json!(self.around(now, 400));
                self.put(&mut fields, "starts_at", value);
                let value = json!(self.around(now, 400));
                self.put(&mut fields, "ends_at", value);
                if self.roll(3) == 0 {
                    let named = json!([reference(RecordKind::Party, &self.id("P", 4))]);
                    self.put(&mut fields, "subcontractors", named);
                }
                for key in ["right_to_audit", "evidence_terms", "restoration_terms"] {
                    let value = self.roll(2) == 0;
                    self.put(&mut fields, key, json!(value));
                }
                let value = self.pick(&["contract", "sla"]);
                self.put(&mut fields, "type", json!(value));
                let value = self.roll(2) == 0;
                self.put(&mut fields, "security_obligations", json!(value));
                for _ in 0..self.roll(3) {
                    relations.push((RelationType::Covers, RecordKind::Service, self.id("S", 3)));
                }
                self.id("A", 4)
            }
            RecordKind::Document => {
                let value = self.pick(&["draft", "in_force", "withdrawn"]);
                self.put(&mut fields, "status", json!(value));
                let value = time(self);
                self.put(&mut fields, "approved_at", value);
                let value = time(self);
                self.put(&mut fields, "next_review", value);
                let value = self.pick(&["policy", "objectives", "scope-definition"]);
                self.put(&mut fields, "topics", json!([value]));
                self.id("D", 4)
            }
            RecordKind::Risk => {
                let value = self.pick(&["security", "service", "both"]);
                self.put(&mut fields, "domain", json!(value));
                let value = self.pick(&["treated", "closed"]);
                self.put(&mut fields, "status", json!(value));
                let services = json!([reference(RecordKind::Service, &self.id("S", 3))]);
                self.put(&mut fields, "services", services);
                let items = json!([reference(RecordKind::ConfigurationItem, &self.id("C", 6))]);
                self.put(&mut fields, "items", items);
                for key in ["assessed_at", "owner_accepted_at", "service_authority_accepted_at"] {
                    let value = time(self);
                    self.put(&mut fields, key, value);
                }
                let value = json!([reference(RecordKind::ConfigurationItem, &self.id("C", 6))]);
                self.put(&mut fields, "items", value);
                self.id("R", 4)
            }
            _ => {
                let (relation, from, to) = match self.roll(3) {
                    0 => (
                        RelationType::Affects,
                        reference(RecordKind::Ticket, &self.id("T", 12)),
                        reference(RecordKind::ConfigurationItem, &self.id("C", 6)),
                    ),
                    1 => (
                        RelationType::Supports,
                        reference(RecordKind::ConfigurationItem, &self.id("C", 6)),
                        reference(RecordKind::Service, &self.id("S", 3)),
                    ),
                    _ => (
                        RelationType::CausedBy,
                        reference(RecordKind::Ticket, &self.id("T", 12)),
                        reference(RecordKind::Ticket, &self.id("T", 12)),
                    ),
                };
                fields.insert("type".into(), json!(relation));
                fields.insert("from".into(), from);
                fields.insert("to".into(), to);
                self.id("E", 8)
            }
        };
        let updated = self.around(now, 20);
        let mut version = version(kind, &id, updated, Value::Object(fields), &relations);
        version.deleted = self.roll(8) == 0;
        version
    }

    fn ticket(
        &mut self,
        fields: &mut Map<String, Value>,
        relations: &mut Vec<(RelationType, RecordKind, String)>,
        now: Timestamp,
    ) {
        let kind =
            self.pick(&["incident", "incident", "incident", "event", "problem", "change", "nonconformity", "audit"]);
        self.put(fields, "type", json!(kind));
        let value = self.pick(&["disk", "disk", "malware"]);
        self.put(fields, "category", json!(value));
        let value = json!(1 + self.roll(4));
        self.put(fields, "impact", value);
        for key in ["opened_at", "closed_at", "approved_at", "security_assessed_at", "reviewed_at", "restored_at"] {
            let value = json!(self.around(now, 300));
            self.put(fields, key, value);
        }
        let value = self.pick(&["service", "security", "both"]);
        self.put(fields, "security_class", json!(value));
        for key in ["emergency", "major"] {
            let value = self.roll(2) == 0;
            self.put(fields, key, json!(value));
        }
        let restricted = self.roll(4) == 0;
        self.put(fields, "restricted", json!(restricted));
        if kind == "nonconformity" {
            fields.insert("requirement".into(), json!("iso27001-2013/9.2"));
            fields.insert("grade".into(), json!("minor"));
            let value = json!(self.around(now, 200));
            self.put(fields, "effectiveness_verified_at", value);
        }
        for _ in 0..self.roll(3) {
            relations.push(match self.roll(2) {
                0 => (RelationType::Affects, RecordKind::ConfigurationItem, self.id("C", 6)),
                _ => (RelationType::CausedBy, RecordKind::Ticket, self.id("T", 12)),
            });
        }
    }
}

/// A scope of either system, in force now or soon.
fn scope(dice: &mut Dice, now: Timestamp) -> Proposal {
    let rules = [
        json!({"of": "service", "when": "criticality <= 2"}),
        json!({"of": "service", "when": "status == 'live'"}),
        json!({"of": "configuration_item", "when": "environment == 'live'"}),
        json!({"of": "configuration_item", "when": "now - last_verified_at < days(200)"}),
        json!({"of": "site", "when": "Leeds"}),
        json!({"of": "unit", "when": "Operations, Sales"}),
    ];
    let include: Vec<&Value> = (0..dice.roll(3)).map(|_| &rules[dice.roll(6) as usize]).collect();
    let exclude: Vec<Value> = (0..dice.roll(2))
        .map(|_| {
            let mut rule = rules[dice.roll(6) as usize].clone();
            rule["justification"] = json!("separate company");
            rule
        })
        .collect();
    let body = json!({"system": dice.pick(&["isms", "sms"]), "organisation_wide": dice.roll(3) == 0,
        "include": include, "exclude": exclude});
    Proposal {
        body: DecisionBody::Scope(serde_json::from_value(body).expect("a scope")),
        kind: DecisionKind::Scope,
        reason: "as certified".into(),
        effective_at: (dice.roll(3) == 0).then(|| now.plus_days(dice.roll(30) as i64 + 1)),
        expires_at: None,
    }
}

/// A person decides, or takes back, what one of the incidents is.
fn decide(store: &Store, rules: &Rules, dice: &mut Dice, now: Timestamp) {
    let record = RecordId::of(RecordKind::Ticket, DESK, &dice.id("T", 12));
    let class = (dice.roll(4) > 0).then(|| dice.pick(SecurityClass::ALL));
    store
        .write(now, |transaction| {
            if transaction.record(record)?.is_none() {
                return Ok(());
            }
            let (reason, author, made_at) = ("so".into(), "ada".into(), transaction.at());
            let decision = StoredClassification { record, class, reason, author, made_at };
            evaluate::decide_on_class(transaction, rules, &decision)
        })
        .expect("it is decided");
}

/// How many changes a sequence has; `CONCORD_TEST_STEPS` sets another number.
fn steps() -> u64 {
    std::env::var("CONCORD_TEST_STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(60)
}

fn any_sequence_of_changes_ends_as_a_recount(database: &TestDatabase) {
    let rules = rules(database);
    let mut store = open(database);
    let mut dice = Dice(0x0002_7001);
    let mut now: Timestamp = "2026-01-01T08:00:00Z".parse().expect("a time");
    let first = (0..10).map(|_| dice.version(now)).collect();
    state(&store, &rules, now, first);
    complete(&store, &rules, now);
    compare(&store, &rules, now, "after the first read");
    let mut dashboard = Dashboard::default();
    dashboard.refresh(&store, &rules, "after the first read");
    for step in 0..steps() {
        let what = dice.roll(12);
        match what {
            0 => now = now.plus_days(1 + dice.roll(40) as i64),
            1 => {
                store = open(database);
                evaluate::start(&store, &rules, now).expect("it starts");
            }
            2 => complete(&store, &rules, now),
            5 => {
                let proposal = scope(&mut dice, now);
                let actor = Actor { name: "anna", view: View::Full };
                store
                    .write(now, |transaction| evaluate::decide(transaction, &rules, proposal, actor))
                    .expect("a scope");
            }
            3 | 4 => decide(&store, &rules, &mut dice, now),
            _ => {
                now = now.plus_millis(dice.roll(3_600_000) as i64);
                let versions = (0..=dice.roll(4)).map(|_| dice.version(now)).collect();
                state(&store, &rules, now, versions);
            }
        }
        evaluate::settle(&store, &rules, now).expect("it settles");
        let context = format!("step {step}, of sort {what}");
        compare(&store, &rules, now, &context);
        dashboard.refresh(&store, &rules, &context);
    }
    let filled = ["ticket", "supplier_score", "supplier_contribution", "supplier_gap", "requirement_status", "finding"];
    for table in filled {
        assert!(dashboard.came(table, View::Full) > 0, "{table}");
    }
}

fn another_source_is_judged_when_it_has_been_read(database: &TestDatabase) {
    let rules = rules(database);
    let mut store = open(database);
    let mut dice = Dice(0x0002_0001);
    let mut now: Timestamp = "2026-01-01T08:00:00Z".parse().expect("a time");
    state(&store, &rules, now, (0..40).map(|_| dice.version(now)).collect());
    complete(&store, &rules, now);
    for round in 0..8 {
        let source = format!("office-{round}");
        // Its records refer to those of the first source, and some change while it is read.
        let of_source = |version: RecordVersion| RecordVersion { source: source.clone(), ..version };
        for _ in 0..3 {
            state(&store, &rules, now, (0..10).map(|_| of_source(dice.version(now))).collect());
            state(&store, &rules, now, vec![dice.version(now)]);
            now = now.plus_millis(60_000);
        }
        if round == 0 {
            // More than are judged in one change.
            let many = (0..1_500).map(|number| incident(&format!("N-{number}"), now, json!({}))).collect::<Vec<_>>();
            state(&store, &rules, now, many.into_iter().map(of_source).collect());
        }
        let judged = |store: &Store| {
            let record = store.read(|reader| reader.all_records()).expect("records").into_iter();
            let ids: Vec<RecordId> = record.filter(|record| record.source == source).map(|record| record.id).collect();
            store.read(|reader| reader.judgements(&ids)).expect("judgements").len()
        };
        assert_eq!(judged(&store), 0, "round {round}: nothing is judged before its end");
        let read = Change::Read { source: source.clone() };
        store.write(now, |transaction| evaluate::apply(transaction, &rules, read)).expect("it is read");
        assert!(
            store.read(|reader| reader.settling(now)).expect("a count") > 0,
            "round {round}: it takes more than one"
        );
        // The rest is judged by whoever starts next, with what changed in between.
        let change = Change::Records {
            versions: vec![dice.version(now), dice.version(now)],
            synced_at: now,
            history: false,
            delivered: false,
        };
        store.write(now, |transaction| evaluate::apply(transaction, &rules, change)).expect("it changes");
        store = open(database);
        evaluate::start(&store, &rules, now).expect("it starts");
        compare(&store, &rules, now, &format!("round {round}"));
        assert!(judged(&store) > 0, "round {round}: it is judged");
    }
}

fn another_catalogue_judges_everything_again(database: &TestDatabase) {
    let built_in = rules(database);
    let store = open(database);
    let mut dice = Dice(0x20000);
    let now: Timestamp = "2026-01-01T08:00:00Z".parse().expect("a time");
    state(&store, &built_in, now, (0..60).map(|_| dice.version(now)).collect());
    complete(&store, &built_in, now);
    compare(&store, &built_in, now, "by the built-in indicators");
    let owned = r#"passes = "has(owner)"
        [[sample]]
        outcome = "passing"
        fields = { environment = "live", owner = "ops" }
        [[sample]]
        outcome = "failing"
        fields = { environment = "live", owner = "" }
        [[sample]]
        outcome = "unknown"
        fields = { environment = "live" }"#;
    let own = [
        ("incident-security-classified.toml".to_owned(), "enabled = false"),
        ("live-ci-owned-and-labelled.toml".to_owned(), owned),
    ];
    let topics: Vec<&str> = built_in.standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let built_in_files = concord::embedded::indicators();
    let indicators = Catalogue::parse(&built_in_files, &topics).and_then(|all| all.with_overrides(&own, &topics));
    let changed = Rules { indicators: indicators.expect("valid indicators"), ..rules(database) };
    evaluate::start(&store, &changed, now).expect("it starts");
    compare(&store, &changed, now, "by the organisation's own");
    evaluate::start(&store, &built_in, now).expect("it starts");
    compare(&store, &built_in, now, "by the built-in ones again");
}

fn other_rules_of_classification_judge_tickets_again(database: &TestDatabase) {
    let built_in = rules(database);
    let store = open(database);
    let mut dice = Dice(0x625);
    let now: Timestamp = "2026-01-01T08:00:00Z".parse().expect("a time");
    state(&store, &built_in, now, (0..80).map(|_| dice.version(now)).collect());
    complete(&store, &built_in, now);
    for _ in 0..4 {
        decide(&store, &built_in, &mut dice, now);
    }
    compare(&store, &built_in, now, "by the built-in rules");
    let own = r#"[classification]
        name = "Everything on a firewall is of security, everything else is of services"
        [[classification.rule]]
        id = "firewall"
        class = "security"
        reason = "it protects"
        when.type = ["incident"]
        item.class = ["firewall"]
        [[classification.rule]]
        id = "other"
        class = "service"
        reason = "it does not"
        when.type = ["incident"]
        no_item.class = ["firewall"]"#;
    let classification = ClassificationRules::parse(&[("own.toml".into(), own)]).expect("valid rules");
    let changed = Rules { classification, ..rules(database) };
    evaluate::start(&store, &changed, now).expect("it starts");
    compare(&store, &changed, now, "by the organisation's own");
    evaluate::start(&store, &built_in, now).expect("it starts");
    compare(&store, &built_in, now, "by the built-in ones again");
}
