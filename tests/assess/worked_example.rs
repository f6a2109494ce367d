//! The worked example of the documentation, drawn from its tickets: every line of its tables is what comes out.

use super::fixture::{determination, isms, record, sms, time};
use concord::assess::{
    Covered, DeterminationResult, Deviation, Evidence, Freshness, IndicatorResult, Waiver, joint_rows,
    requirement_statuses,
};
use concord::embedded;
use concord::indicators::{Catalogue, Definition, Facts, Tally};
use concord::model::{Outcome, Record, RecordId, RecordKind, System};
use concord::standards::{RequirementId, Standards};
use serde_json::{Value, json};
use std::collections::BTreeMap;

crate::harness::cases![every_line_is_what_comes_out];

const TEXT: &str = include_str!("../../docs/worked-example.md");
const INDICATOR: &str = "evidence-decided-before-restoration";

struct Stage {
    name: &'static str,
    at: &'static str,
    decided_late: bool,
    determined: bool,
    waived: bool,
}

const STAGES: [Stage; 5] = [
    Stage { name: "1 as recorded", at: "2026-06-30", decided_late: false, determined: false, waived: false },
    Stage { name: "2 determined", at: "2026-06-30", decided_late: false, determined: true, waived: false },
    Stage { name: "3 accepted instead", at: "2026-06-30", decided_late: false, determined: false, waived: true },
    Stage { name: "4 decided late", at: "2026-06-30", decided_late: true, determined: false, waived: true },
    Stage { name: "5 a year later", at: "2027-03-02", decided_late: true, determined: false, waived: false },
];

fn tickets(decided_late: bool) -> Vec<Record> {
    let ticket = |name: &str, class: &str, restored: &str, decision: Value, collected: Value| {
        let fields = json!({"type": "incident", "security_class": class, "restored_at": restored,
            "evidence_decision": decision, "evidence_collected_at": collected, "evidence_waived_by": null});
        record(RecordKind::Ticket, name, fields)
    };
    let fourth = if decided_late { json!("not_needed") } else { json!(null) };
    vec![
        ticket("T1", "both", "2026-06-09T10:00:00Z", json!("needed"), json!("2026-06-09T09:30:00Z")),
        ticket("T2", "security", "2026-06-10", json!("not_needed"), json!(null)),
        ticket("T3", "security", "2026-03-01T10:00:00Z", json!("needed"), json!("2026-03-01T11:00:00Z")),
        ticket("T4", "security", "2026-06-12", fourth, json!(null)),
        ticket("T5", "service", "2026-06-13", json!(null), json!(null)),
    ]
}

fn every_line_is_what_comes_out() {
    let standards = Standards::parse(&embedded::standards()).unwrap_or_else(|error| panic!("{error}"));
    let topics: Vec<&str> = standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let indicators = Catalogue::parse(&embedded::indicators(), &topics).unwrap_or_else(|error| panic!("{error}"));
    let definition = indicators.get(INDICATOR).expect("the indicator");

    let mut expected: Vec<String> = tickets(false)
        .iter()
        .map(|ticket| format!("| {} | … | {} |", ticket.external_id, outcome(definition, ticket, "2026-06-30")))
        .collect();
    expected.extend(STAGES.iter().map(|stage| line(&standards, definition, stage)));
    let lines = TEXT
        .lines()
        .filter(|line| line.starts_with("| T") || line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let found: Vec<String> = lines
        .map(|line| match line.split('|').map(str::trim).collect::<Vec<_>>().as_slice() {
            // Of a ticket's line, what it came to.
            ["", name, _, _, _, outcome, ""] => format!("| {name} | … | {outcome} |"),
            _ => line.to_owned(),
        })
        .collect();
    assert_eq!(found, expected);
}

fn outcome(definition: &Definition, ticket: &Record, at: &str) -> Outcome {
    definition.judge(ticket, &Facts::default(), time(at)).outcome
}

fn line(standards: &Standards, definition: &Definition, stage: &Stage) -> String {
    let third = RecordId::of(RecordKind::Ticket, "files", "T3");
    let mut tally = Tally::default();
    let mut failing = BTreeMap::new();
    for ticket in tickets(stage.decided_late) {
        match outcome(definition, &ticket, stage.at) {
            Outcome::Passing => tally.passing += 1,
            Outcome::Failing => {
                tally.failing += 1;
                failing.insert(ticket.id, time("2026-01-15"));
            }
            Outcome::Unknown => tally.unknown += 1,
            Outcome::NotApplicable => {}
        }
    }
    let mut evidence = Evidence::default();
    if stage.determined {
        let covers = Covered { indicators: [(INDICATOR.to_string(), vec![third])].into(), ..Covered::default() };
        evidence.decisions.determinations.push(determination(isms("A.16.1.7"), DeterminationResult::None, covers));
    }
    if stage.waived {
        evidence.decisions.deviations.push(Deviation {
            id: "deviation".into(),
            waives: vec![Waiver { record: third, indicator: INDICATOR.into() }],
            reason: "before the procedure".into(),
            author: "anna".into(),
            confirmed_by: "berta".into(),
            expires_at: time("2027-01-01"),
        });
    }
    let waived = evidence.decisions.waived(INDICATOR, failing.keys());
    for &system in System::ALL {
        let result = IndicatorResult::of(definition, system, tally, waived, Freshness::Fresh, Some(time(stage.at)));
        evidence.indicators.push(result);
        evidence.failing.insert((INDICATOR.into(), system), failing.clone());
    }
    let verdict = evidence.indicators.first().expect("a result").verdict;
    let statuses = requirement_statuses(standards, &evidence);
    let of = |id: RequirementId| statuses.iter().find(|status| status.requirement == id).expect("a status").status;
    let rows = joint_rows(standards, &statuses);
    let row = rows.iter().find(|row| row.row == 91).expect("row 91");
    assert_eq!(row.requirement, Some(isms("A.16.1")));
    let p = tally.population() - waived;
    format!(
        "| {} | {} | {} | {waived} | {} | {}/{p} | {}/{p} | {verdict} | {} | {} | {} | {} |",
        stage.name,
        tally.passing,
        tally.failing,
        tally.unknown,
        tally.passing,
        tally.passing + tally.unknown,
        of(isms("A.16.1.7")),
        of(isms("A.16.1")),
        of(sms("8.1")),
        row.status
    )
}
