//! The `concord` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    concord::cli::run()
}
