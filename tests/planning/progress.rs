//! Cases of working a plan off.

use super::{item, planned};
use concord::{
    error::Error,
    model::Timestamp,
    planning::{Plan, WorkDecision, WorkState, apply, progress},
};
use serde_json::json;

crate::harness::cases![
    a_decision_is_kept_with_author_and_date,
    an_item_waits_for_what_comes_before,
    what_others_rest_on_is_not_reopened,
    decisions_do_not_go_back_in_time,
    bad_decisions_are_refused,
    progress_counts_and_names_what_is_ready,
    a_whole_plan_can_be_worked_off,
];

fn decide(plan: &mut Plan, item: &str, state: WorkState, hour: i64) -> Result<(), Error> {
    let at = Timestamp::from_millis(hour * 3_600_000);
    let note = Some("as discussed".to_owned());
    apply(&mut plan.items, item, WorkDecision { state, author: "R. Ortiz".into(), at, note })
}

#[track_caller]
fn conflict(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Conflict(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn a_decision_is_kept_with_author_and_date() {
    let mut plan = planned(json!({}));
    decide(&mut plan, "5.1-a", WorkState::Done, 5).expect("nothing comes before");
    let work = &item(&plan, "5.1-a").work;
    assert_eq!((work.state, work.author.as_deref()), (WorkState::Done, Some("R. Ortiz")));
    assert_eq!(work.at, Some(Timestamp::from_millis(5 * 3_600_000)));
    assert_eq!(plan.items.iter().filter(|item| item.work.author.is_some()).count(), 1);
}

const SCOPE: &str = "step-iso20000-1-2011-4.5.1";
const COMMITMENT: &str = "step-iso20000-1-2011-4.1.1";

fn an_item_waits_for_what_comes_before() {
    let mut plan = planned(json!({}));
    let text = conflict(decide(&mut plan, SCOPE, WorkState::Done, 1));
    assert_eq!(text, format!("`{SCOPE}` comes after {COMMITMENT}, not settled yet"));
    assert_eq!(item(&plan, SCOPE).work.state, WorkState::Open, "nothing changed");
    decide(&mut plan, SCOPE, WorkState::InProgress, 1).expect("it may begin");
    decide(&mut plan, COMMITMENT, WorkState::NotNeeded, 2).expect("nothing comes before");
    decide(&mut plan, SCOPE, WorkState::Done, 3).expect("what comes before is settled");
    // Nothing of the second step is done before its scope is agreed.
    let text = conflict(decide(&mut plan, "step-iso27001-2013-4.1", WorkState::Done, 4));
    assert!(text.contains("second-scope"), "{text}");
}

fn what_others_rest_on_is_not_reopened() {
    let mut plan = planned(json!({}));
    decide(&mut plan, COMMITMENT, WorkState::Done, 1).expect("free");
    decide(&mut plan, SCOPE, WorkState::Done, 2).expect("free");
    let text = conflict(decide(&mut plan, COMMITMENT, WorkState::Open, 3));
    assert_eq!(text, format!("`{COMMITMENT}` comes before {SCOPE}, done already"));
    decide(&mut plan, SCOPE, WorkState::Open, 4).expect("nothing done rests on it");
    decide(&mut plan, COMMITMENT, WorkState::Open, 5).expect("nor on this now");
}

fn decisions_do_not_go_back_in_time() {
    let mut plan = planned(json!({}));
    decide(&mut plan, "5.1-a", WorkState::Done, 2).expect("free");
    let text = conflict(decide(&mut plan, "5.1-a", WorkState::Open, 1));
    assert!(text.contains("was decided upon later, at 1970-01-01T02:00:00.000Z"), "{text}");
    decide(&mut plan, "5.1-a", WorkState::Open, 2).expect("the same instant is no earlier");
}

fn bad_decisions_are_refused() {
    let mut plan = planned(json!({}));
    assert!(matches!(
        decide(&mut plan, "5.1-z", WorkState::Done, 1),
        Err(Error::NotFound(text)) if text.starts_with("the plan has no item `5.1-z`; did you mean `5.1-")
    ));
    let mut places = |author: &str, state, note: Option<&str>| {
        let (author, note) = (author.to_owned(), note.map(str::to_owned));
        match apply(&mut plan.items, "5.1-a", WorkDecision { state, author, at: Timestamp::from_millis(0), note }) {
            Err(Error::Invalid(problems)) => problems.into_iter().map(|problem| problem.place).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(places(" ", WorkState::NotNeeded, None), ["author", "note, state"]);
    assert_eq!(places("A", WorkState::NotNeeded, Some(" ")), ["note, state"]);
    assert_eq!(places(&"x".repeat(201), WorkState::Done, None), ["author"]);
    assert_eq!(places("A", WorkState::Done, Some(&"x".repeat(4001))), ["note"]);
}

fn progress_counts_and_names_what_is_ready() {
    let mut plan = planned(json!({}));
    let start = progress(&plan.phases, &plan.items);
    assert_eq!((start.total, start.open, start.last_decided_at), (plan.items.len(), plan.items.len(), None));
    assert!(start.ready.contains(&COMMITMENT.to_owned()) && !start.ready.contains(&SCOPE.to_owned()));
    decide(&mut plan, COMMITMENT, WorkState::Done, 1).expect("free");
    decide(&mut plan, "5.1-a", WorkState::InProgress, 2).expect("free");
    decide(&mut plan, "5.1-b", WorkState::NotNeeded, 3).expect("free");
    let later = progress(&plan.phases, &plan.items);
    assert_eq!((later.open, later.in_progress, later.done, later.not_needed), (start.open - 3, 1, 1, 1));
    assert!(later.ready.contains(&SCOPE.to_owned()) && !later.ready.contains(&COMMITMENT.to_owned()));
    assert_eq!(later.last_decided_at, Some(Timestamp::from_millis(3 * 3_600_000)));
    let phase = |id: &str| later.phases.iter().find(|phase| phase.phase == id).expect("it is there");
    assert_eq!((phase("prepare").settled, phase("prepare").ahead), (1, false));
    assert_eq!((phase("sms-plan").settled, phase("sms-plan").ahead), (1, true), "decisions are still open");
    assert_eq!(later.phases.iter().map(|phase| phase.total).sum::<usize>(), later.total);
}

fn a_whole_plan_can_be_worked_off() {
    let mut plan = planned(json!({ "decided_approach": "concurrent", "risk_criticality": "high" }));
    for hour in 0..plan.items.len() {
        let ready = progress(&plan.phases, &plan.items).ready;
        let next = ready.first().unwrap_or_else(|| panic!("stuck after {hour}")).clone();
        decide(&mut plan, &next, WorkState::Done, i64::try_from(hour).expect("small")).expect("it is ready");
    }
    let end = progress(&plan.phases, &plan.items);
    assert_eq!((end.done, end.ready.len()), (end.total, 0));
}
