//! The one test binary: cases laid out like `src/`, every store case once on SQLite and once on PostgreSQL.

mod architecture;
mod assess;
mod connectors;
mod harness;
mod indicators;
mod standards;
mod terminology;

fn main() {
    harness::hold_if_asked();
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = [
        architecture::trials(),
        assess::trials(),
        connectors::trials(),
        harness::trials(),
        indicators::trials(),
        standards::trials(),
        terminology::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    harness::stop_server();
    conclusion.exit();
}
