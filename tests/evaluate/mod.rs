//! Cases of `concord::evaluate`: after any sequence of changes the store holds what a recount of every record gives.

mod history;
mod oracle;
mod organisation;
mod random;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    history::trials().into_iter().chain(random::trials()).collect()
}
