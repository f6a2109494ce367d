//! Cases of `concord::assess`.

mod applicability;
mod assets;
mod attestations;
mod changes;
mod conformity;
mod determinations;
mod evidence;
mod fixture;
mod in_force;
mod incidents;
mod joint;
mod mends;
mod relations;
mod requirement;
mod risks;
mod sample;
mod schema;
mod scope;
mod service_report;
mod supplier_monotone;
mod supplier_risk;
mod supply;
mod verdict;
mod worked_example;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        applicability::trials(),
        assets::trials(),
        attestations::trials(),
        changes::trials(),
        conformity::trials(),
        determinations::trials(),
        evidence::trials(),
        in_force::trials(),
        incidents::trials(),
        joint::trials(),
        mends::trials(),
        relations::trials(),
        requirement::trials(),
        risks::trials(),
        sample::trials(),
        schema::trials(),
        scope::trials(),
        service_report::trials(),
        supplier_monotone::trials(),
        supplier_risk::trials(),
        supply::trials(),
        verdict::trials(),
        worked_example::trials(),
    ];
    files.into_iter().flatten().collect()
}
