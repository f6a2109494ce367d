//! Systems that cannot be had in a test, played by a stub that does as they do, traps included.

mod itop;
mod netbox;
mod servicenow;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [itop::trials(), netbox::trials(), servicenow::trials()].into_iter().flatten().collect()
}

/// When a case begins.
fn at(hour: i64) -> concord::model::Timestamp {
    let begin: concord::model::Timestamp = "2026-03-01T12:00:00Z".parse().expect("a time");
    begin.plus_millis(hour * 3_600_000)
}
