//! Cases of `concord::evaluate`: after any sequence of changes the store holds what a recount of every record gives.

mod classes;
mod dashboard;
mod history;
mod oracle;
pub mod organisation;
mod processes;
mod random;
mod scopes;
mod supply;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [classes::trials(), history::trials(), processes::trials(), random::trials(), scopes::trials(), supply::trials()]
        .into_iter()
        .flatten()
        .collect()
}
