//! Cases of `concord::assess`.

mod assets;
mod changes;
mod conformity;
mod evidence;
mod fixture;
mod incidents;
mod joint;
mod mends;
mod requirement;
mod risks;
mod schema;
mod service_report;
mod supplier_risk;
mod verdict;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        assets::trials(),
        changes::trials(),
        conformity::trials(),
        evidence::trials(),
        incidents::trials(),
        joint::trials(),
        mends::trials(),
        requirement::trials(),
        risks::trials(),
        schema::trials(),
        service_report::trials(),
        supplier_risk::trials(),
        verdict::trials(),
    ];
    files.into_iter().flatten().collect()
}
