//! Cases of `concord::indicators`.

mod coverage;
mod data;
mod definitions;
mod expressions;
mod facts;
mod logic;
mod records;
mod time;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        coverage::trials(),
        data::trials(),
        definitions::trials(),
        expressions::trials(),
        facts::trials(),
        logic::trials(),
        time::trials(),
    ];
    files.into_iter().flatten().collect()
}
