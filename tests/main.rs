//! The one test binary: cases laid out like `src/`, every store case once on SQLite and once on PostgreSQL.

mod assess;
mod connectors;
mod harness;
mod indicators;
mod standards;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = [assess::trials(), connectors::trials(), indicators::trials(), standards::trials()];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
