//! Cases of `concord::assess`.

mod conformity;
mod evidence;
mod fixture;
mod joint;
mod requirement;
mod schema;
mod supplier_risk;
mod supply;
mod verdict;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        conformity::trials(),
        evidence::trials(),
        joint::trials(),
        requirement::trials(),
        schema::trials(),
        supplier_risk::trials(),
        supply::trials(),
        verdict::trials(),
    ];
    files.into_iter().flatten().collect()
}
