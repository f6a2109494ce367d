//! Cases of `concord::assess`.

mod applicability;
mod attestations;
mod assets;
mod changes;
mod conformity;
mod determinations;
mod evidence;
mod fixture;
mod in_force;
mod joint;
mod relations;
mod requirement;
mod sample;
mod schema;
mod scope;
mod incidents;
mod joint;
mod mends;
mod requirement;
mod risks;
mod schema;
mod service_report;
mod supplier_risk;
mod supply;
mod verdict;
mod worked_example;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    let files = [
        applicability::trials(),
        attestations::trials(),
        assets::trials(),
        changes::trials(),
        conformity::trials(),
        determinations::trials(),
        evidence::trials(),
        in_force::trials(),
        joint::trials(),
        relations::trials(),
        requirement::trials(),
        sample::trials(),
        schema::trials(),
        scope::trials(),
        incidents::trials(),
        joint::trials(),
        mends::trials(),
        requirement::trials(),
        risks::trials(),
        schema::trials(),
        service_report::trials(),
        supplier_risk::trials(),
        supply::trials(),
        verdict::trials(),
        worked_example::trials(),
    ];
    files.into_iter().flatten().collect()
}
