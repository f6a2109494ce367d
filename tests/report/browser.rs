//! The service report of the sample organisation as a browser without a screen draws and prints it.

use crate::harness::{Organisation, TestDatabase, story_instant};
use concord::{
    answers::{ServiceReportQuery, pages, service_reports},
    assess::service_report::Audience,
    model::View,
};
use libtest_mimic::Completion;
use std::{env, fs, path::Path, path::PathBuf, process::Command};
use tempfile::TempDir;

crate::harness::cases![a_browser_draws_and_prints_the_service_report];

/// Where a browser is, if one is anywhere in `PATH`.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let named = ["chromium", "chromium-browser", "google-chrome"];
    named.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|program| program.is_file())
}

/// What the browser makes of a page.
fn made(program: &Path, folder: &Path, page: &Path, option: &str, name: &str) -> Vec<u8> {
    let made = folder.join(name);
    let mut command = Command::new(program);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command.arg(format!("--{option}={}", made.display())).args(["--window-size=1200,2400"]);
    let done = command.arg(format!("file://{}", page.display())).output().expect("the browser starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read(made).expect("the browser wrote it")
}

fn a_browser_draws_and_prints_the_service_report() -> Completion {
    let Some(program) = program() else { return Completion::ignored_with("there is no chromium in PATH") };
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let database = TestDatabase::on_sqlite().expect("a database");
    let app = Organisation::read(&database).app;
    for audience in [Audience::Customers, Audience::TopManagement] {
        let query = ServiceReportQuery { from: None, to: None, audience: Some(audience) };
        let report = service_reports(&app.store, &app.rules, &query, story_instant(), View::General);
        let page = folder.path().join("page.html");
        fs::write(&page, pages::service_report(&report.expect("a report"))).expect("a file is written");
        let drawn = made(&program, folder.path(), &page, "screenshot", "drawn.png");
        assert!(drawn.starts_with(b"\x89PNG") && drawn.len() > 50_000, "{audience}: {} bytes", drawn.len());
        let printed = made(&program, folder.path(), &page, "print-to-pdf", "printed.pdf");
        let pages = printed.windows(12).filter(|part| part == b"/Type /Page\n").count();
        assert!((2..=7).contains(&pages), "{audience}: {pages} pages");
    }
    Completion::Completed
}
