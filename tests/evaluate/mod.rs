//! Cases of `concord::evaluate`: after any sequence of changes the store holds what a recount of every record gives.

mod dashboard;
mod history;
mod oracle;
mod organisation;
mod processes;
mod random;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [history::trials(), processes::trials(), random::trials()].into_iter().flatten().collect()
}
