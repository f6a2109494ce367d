//! Rebuilds when a data folder or a migration gains, loses or changes a file.

fn main() {
    for folder in ["connectors", "examples", "indicators", "migrations", "standards"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
