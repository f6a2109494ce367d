//! Cases of `concord::assess`.

mod applicability;
mod attestations;
mod conformity;
mod determinations;
mod evidence;
mod fixture;
mod joint;
mod relations;
mod requirement;
mod schema;
mod supplier_risk;
mod verdict;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        applicability::trials(),
        attestations::trials(),
        conformity::trials(),
        determinations::trials(),
        evidence::trials(),
        joint::trials(),
        relations::trials(),
        requirement::trials(),
        schema::trials(),
        supplier_risk::trials(),
        verdict::trials(),
    ];
    files.into_iter().flatten().collect()
}
