//! What the store should hold: everything judged and concluded anew, in memory, from every record.

use concord::{
    assess::{
        Checkpoints, Conformity, Evidence, Freshness, IndicatorResult, JointRow, Outside, RequirementStatus, Rules,
        Scopes, Survey, conformity, document_evidence,
        incidents::classify,
        joint_rows, labelled, open_findings, requirement_statuses, scope_circumstances, standing,
        supplier_risk::{Feeds, GAP_HORIZON, Gap, SupplierRisk, assurance_gaps, supplier_risks},
        verdict,
    },
    evaluate::{self, requirement_subject, row_subject},
    indicators::{FactIndex, Scope, Tally},
    model::{Body, Field, Graph, Outcome, Record, RecordId, RecordKind, SecurityClass, System, Timestamp, View},
    store::{Lasting, Store, StoredGap},
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything drawn from every record of a view.
struct Recount {
    tallies: BTreeMap<(String, System), Tally>,
    failing: BTreeSet<(String, RecordId)>,
    statuses: Vec<RequirementStatus>,
    rows: Vec<JointRow>,
    summary: Conformity,
}

/// Every record of a view, its incidents and events with the class that counts.
fn records(store: &Store, rules: &Rules, view: View) -> (Vec<Record>, Checkpoints) {
    let (mut records, decided, checkpoints) = store
        .read(|reader| {
            let records = reader.all_records()?;
            let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
            Ok((records, reader.classifications(&ids)?, reader.checkpoints()?))
        })
        .expect("it reads");
    records.retain(|record| view == View::Full || !record.body.is_restricted());
    let decided: BTreeMap<RecordId, Option<SecurityClass>> =
        decided.into_iter().map(|decision| (decision.record, decision.class)).collect();
    let graph = Graph::new(&records, []);
    let class = |record: &Record| {
        let by_rule = classify(record, &graph, &rules.classification, &BTreeMap::new())?;
        decided.get(&record.id).copied().flatten().or(by_rule.class)
    };
    let classes: Vec<Option<SecurityClass>> = records.iter().map(class).collect();
    for (record, class) in records.iter_mut().zip(classes) {
        if let (Body::Ticket(ticket), Some(class)) = (&mut record.body, class) {
            ticket.security_class = Field::Value(class);
        }
    }
    (records, checkpoints)
}

fn recount(store: &Store, rules: &Rules, view: View, now: Timestamp) -> Recount {
    let (records, checkpoints) = records(store, rules, view);
    let graph = Graph::new(&records, rules.known_relations(&checkpoints));
    let index = FactIndex::new(&graph);
    let mut tallies: BTreeMap<(String, System), Tally> = BTreeMap::new();
    let mut failing = BTreeSet::new();
    let decisions = store.read(|reader| reader.all_decisions()).expect("it reads");
    let scopes = Scopes::in_force(&decisions, now).expect("scopes");
    for record in &records {
        let facts = index.facts(record, now);
        let membership = scopes.membership(&graph, record, now);
        for definition in rules.indicators.of_kind(record.body.kind()) {
            let outcome = definition.judge(record, &facts, now).outcome;
            let systems = match definition.scope {
                Scope::InScope => &membership.systems,
                Scope::All => labelled(record),
            };
            if outcome == Outcome::Failing && !systems.is_empty() {
                failing.insert((definition.id.clone(), record.id));
            }
            for &system in systems {
                tallies.entry((definition.id.clone(), system)).or_default().add(outcome);
            }
        }
        let held = match (record.deleted_at, membership.unlinked, membership.systems.len()) {
            (Some(_), ..) => Outcome::NotApplicable,
            (None, true, _) => Outcome::Unknown,
            (None, false, 1) => Outcome::Failing,
            (None, false, _) => Outcome::Passing,
        };
        for system in membership.systems {
            tallies.entry((format!("scope/{}", record.body.kind()), system)).or_default().add(held);
        }
    }
    let mut indicators = Vec::new();
    for definition in rules.indicators.definitions() {
        let freshness = rules.freshness(definition, &checkpoints, now);
        for &system in System::ALL {
            let tally = tallies.get(&(definition.id.clone(), system)).copied().unwrap_or_default();
            indicators.push(IndicatorResult {
                indicator: definition.id.clone(),
                version: definition.version.clone(),
                title: definition.title.clone(),
                topic: definition.topic.clone(),
                system,
                verdict: verdict(&definition.limits, tally, freshness),
                tally,
                waived: 0,
                fresh: freshness == Freshness::Fresh,
                relaxed: definition.relaxed,
                relaxed_by: None,
                as_of: rules.fed_until(definition.record, &checkpoints),
            });
        }
    }
    tallies.retain(|_, tally| *tally != Tally::default());
    let mut evidence = Evidence {
        indicators,
        documents: document_evidence(&records, now),
        findings: open_findings(&records, now),
        ..Evidence::default()
    };
    scope(&mut evidence, rules, &graph, &scopes, now);
    let statuses = requirement_statuses(&rules.standards, &evidence);
    let rows = joint_rows(&rules.standards, &statuses);
    let summary = conformity(&rules.standards, &statuses, &rows, &evidence.findings);
    Recount { tallies, failing, statuses, rows, summary }
}

/// Adds how the scopes lie to each other, and what an open one speaks against.
fn scope(evidence: &mut Evidence, rules: &Rules, graph: &Graph<'_>, scopes: &Scopes, now: Timestamp) {
    let governance = evaluate::is_governed(rules, &requirement_statuses(&rules.standards, evidence));
    let mut survey = Survey::new(scopes, governance, now);
    let mut outside = Vec::new();
    for record in graph.records() {
        survey.add(graph, record);
        let found = scopes.of(System::Sms).and_then(|_| standing(graph, scopes, System::Sms, record, now));
        outside.extend(found.filter(|found| !found.inside).map(|found| Outside {
            item: record.id,
            services: found.services.len() as u64,
            agreed: found.agreed,
        }));
    }
    outside.sort_by_key(|outside| outside.item);
    let (alignment, closures) = survey.finish();
    let units: Vec<String> = closures.into_iter().flat_map(|closure| closure.units_not_providing).collect();
    evidence.nesting = alignment.nesting();
    evidence.circumstances = scope_circumstances(&outside, governance, &units, "iso20000-1-2011");
}

/// The risk of every supplier, and what is missing of it, by party.
fn suppliers(store: &Store, rules: &Rules, view: View, now: Timestamp) -> (Vec<SupplierRisk>, BTreeMap<String, Gap>) {
    let (records, checkpoints) = records(store, rules, view);
    let graph = Graph::new(&records, rules.known_relations(&checkpoints));
    let fresh = |kind, days| rules.fed_until(kind, &checkpoints).is_some_and(|until| until.plus_days(days) >= now);
    let feeds = Feeds { tickets: fresh(RecordKind::Ticket, 2), agreements: fresh(RecordKind::Agreement, 7) };
    let mut risks = supplier_risks(&graph, &rules.supplier_risk, now, feeds);
    risks.sort_by_key(|risk| risk.party);
    let gaps = assurance_gaps(&graph, &risks, now, GAP_HORIZON);
    (risks, gaps.into_iter().map(|gap| (format!("{}/{}", gap.party, gap.key()), gap)).collect())
}

/// Compares what is kept of suppliers with a recount.
fn compare_suppliers(store: &Store, rules: &Rules, view: View, now: Timestamp, context: &str) {
    let (kept, gaps) = store
        .read(|reader| Ok((reader.conclusions("supplier/", view)?, reader.gaps_by_key(None, 100_000)?)))
        .expect("it reads");
    let mut kept: Vec<SupplierRisk> =
        kept.iter().map(|kept| serde_json::from_str(&kept.body).expect("a risk")).collect();
    kept.sort_by_key(|risk| risk.party);
    let (risks, missing) = suppliers(store, rules, view, now);
    // Scores are kept as they are shown.
    let risks: Vec<SupplierRisk> =
        serde_json::from_value(serde_json::to_value(risks).expect("JSON")).expect("the risks");
    assert_eq!(kept, risks, "{context}: suppliers of the {view} view");
    let gap = |gap: &Lasting<StoredGap>| {
        (format!("{}/{}", gap.item.party, gap.item.key), serde_json::from_str(&gap.item.body).expect("a gap"))
    };
    let gaps: BTreeMap<String, Gap> = gaps.iter().map(gap).collect();
    assert_eq!(gaps, missing, "{context}: what is missing of suppliers");
}

/// Compares what the store holds, and answers, with a recount; `context` says after what.
pub fn compare(store: &Store, rules: &Rules, now: Timestamp, context: &str) {
    for &view in View::ALL {
        compare_suppliers(store, rules, view, now, context);
        let expected = recount(store, rules, view, now);
        store
            .read(|reader| {
                assert_eq!(reader.settling(now)?, 0, "{context}: everything is settled");
                let tallies: BTreeMap<(String, System), Tally> = reader
                    .tallies(view)?
                    .into_iter()
                    .filter(|stored| stored.tally != Tally::default())
                    .map(|stored| ((stored.indicator, stored.system), stored.tally))
                    .collect();
                assert_eq!(tallies, expected.tallies, "{context}: tallies of the {view} view");
                let mut failing = BTreeSet::new();
                for definition in rules.indicators.definitions() {
                    let page = reader.findings(&definition.id, view, None, None, 10_000)?;
                    failing.extend(page.items.into_iter().map(|found| (found.indicator, found.record)));
                }
                assert_eq!(failing, expected.failing, "{context}: findings of the {view} view");
                let drawn = evaluate::conclusions(reader, rules, view, None)?.expect("conclusions");
                assert_eq!(drawn.statuses, expected.statuses, "{context}: statuses of the {view} view");
                assert_eq!(drawn.rows, expected.rows, "{context}: rows of the {view} view");
                assert_eq!(drawn.summary, expected.summary, "{context}: summary of the {view} view");
                let kept = reader.statuses(view, None)?;
                for status in &expected.statuses {
                    let kept = kept.get(&requirement_subject(&status.requirement)).map(|kept| kept.status.as_str());
                    assert_eq!(kept, Some(status.status.as_str()), "{context}: {} is kept", status.requirement);
                }
                for row in &expected.rows {
                    let kept = kept.get(&row_subject(row.row)).map(|kept| kept.status.as_str());
                    assert_eq!(kept, Some(row.status.as_str()), "{context}: row {} is kept", row.row);
                }
                Ok(())
            })
            .expect("it reads");
    }
}
