//! The one test binary: cases laid out like `src/`, every store case once on SQLite and once on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

mod answers;
mod api;
mod architecture;
mod assess;
mod cli;
mod connectors;
mod crash;
mod evaluate;
mod harness;
mod indicators;
mod ingest;
mod peers;
mod planning;
mod report;
mod schedule;
mod search;
mod standards;
mod store;
mod systems;
mod terminology;
mod tokens;

fn main() {
    harness::hold_if_asked();
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = [
        answers::periods::trials(),
        answers::trials(),
        api::trials(),
        architecture::trials(),
        assess::trials(),
        cli::trials(),
        connectors::trials(),
        crash::trials(),
        evaluate::trials(),
        harness::trials(),
        indicators::trials(),
        ingest::singer::trials(),
        ingest::trials(),
        peers::trials(),
        planning::trials(),
        report::browser::trials(),
        report::libreoffice::trials(),
        report::page::trials(),
        report::trials(),
        schedule::trials(),
        search::trials(),
        standards::trials(),
        store::suppliers::trials(),
        store::trials(),
        systems::trials(),
        terminology::trials(),
        tokens::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    peers::stop_servers();
    harness::stop_server();
    conclusion.exit();
}
