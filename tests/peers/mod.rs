//! Cases with the real thing: Request Tracker and Redmine, started for the run, and a Singer tap. Where one is not
//! installed its cases are ignored, and a failure where `CI` is set; `tests/peers/packages.sh` installs all of them.

mod redmine;
mod request_tracker;
mod server;
mod tap;

use libtest_mimic::{Completion, Trial};
use std::env;

/// The cases of this folder.
pub fn trials() -> Vec<Trial> {
    [redmine::trials(), request_tracker::trials(), tap::trials()].into_iter().flatten().collect()
}

/// Ends the servers of this run.
pub fn stop_servers() {
    redmine::stop();
    request_tracker::stop();
}

/// The verdict of a case whose peer is not installed.
fn without(peer: &str) -> Completion {
    let reason = format!("{peer} is not installed; tests/peers/packages.sh does that");
    assert!(env::var_os("CI").is_none(), "{reason}");
    Completion::ignored_with(reason)
}
