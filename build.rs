//! Rebuilds when a data folder or a migration gains, loses or changes a file, and tells the program when it was built.

use std::{env, time::SystemTime};

fn main() {
    for path in ["connectors", "examples", "indicators", "migrations", "standards", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    // Who wants the same program from the same source gives the time (https://reproducible-builds.org/specs/source-date-epoch/).
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let built_at = env::var("SOURCE_DATE_EPOCH").ok().and_then(|given| given.parse().ok()).unwrap_or_else(now);
    println!("cargo:rustc-env=BUILT_AT={built_at}");
}
