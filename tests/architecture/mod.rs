//! Cases that hold the architecture: who imports whom, who knows which library, what every file starts with.

mod code;
mod imports;
mod schemas;
mod tree;

crate::harness::cases![
    modules_import_only_what_lies_below_them,
    libraries_stay_in_their_modules,
    one_folder_knows_jq,
    the_clock_is_handed_in,
    nothing_unfinished_is_left,
    every_file_says_what_it_is_for,
    no_file_names_a_machine,
    a_wrong_import_is_found,
    a_wrong_library_is_found,
    a_wrong_clock_is_found,
    comments_and_literals_are_no_code,
    what_is_left_unfinished_is_found,
    a_missing_first_line_is_found,
    a_path_of_a_machine_is_found,
    no_two_types_are_one_schema,
    two_types_of_one_schema_are_found,
];

/// Fails with everything the check finds in Rust files below a folder.
fn hold(folder: &str, check: fn(&str, &str) -> Vec<String>) {
    let files = tree::files();
    let mut code = files.iter().filter(|(path, _)| path.starts_with(folder) && path.ends_with(".rs")).peekable();
    assert!(code.peek().is_some(), "no code was found in {folder}");
    none(code.flat_map(|(path, text)| check(path, text)).collect());
}

fn none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn modules_import_only_what_lies_below_them() {
    hold("src/", imports::wrong_imports);
}

fn libraries_stay_in_their_modules() {
    hold("src/", imports::wrong_libraries);
}

fn one_folder_knows_jq() {
    let files = tree::files();
    let code = files.iter().filter(|(path, _)| path.starts_with("src/") && path.ends_with(".rs"));
    let knowing = code.filter(|(_, text)| imports::knows_jq(text)).map(|(path, _)| path);
    let others: Vec<_> = knowing.filter(|path| !path.starts_with("src/connectors/mapping/")).collect();
    assert!(others.is_empty(), "files beside src/connectors/mapping know jq: {others:?}");
}

fn the_clock_is_handed_in() {
    hold("src/", imports::wrong_clocks);
}

fn nothing_unfinished_is_left() {
    hold("", imports::unfinished);
}

fn every_file_says_what_it_is_for() {
    none(tree::files().iter().filter_map(|(path, text)| tree::wrong_first_line(path, text)).collect());
}

fn no_file_names_a_machine() {
    none(tree::files().iter().flat_map(|(path, text)| tree::machine_paths(path, text)).collect());
}

fn a_wrong_import_is_found() {
    let wrong = |path: &str, text: &str| imports::wrong_imports(path, text).len();
    assert_eq!(
        imports::wrong_imports("src/model/a.rs", "//! A.\nuse crate::store::Store;"),
        ["src/model/a.rs:2: `model` may not import `store`"]
    );
    assert_eq!(wrong("src/model/a.rs", "use crate::{error::Error, store::{self, Store}, model};"), 1);
    assert_eq!(wrong("src/model/a.rs", "use crate::{error::{Error, Result}, model::{api, cli}};"), 0);
    assert_eq!(wrong("src/report/mod.rs", "fn f() -> crate::store::Store { crate::answers::get() }"), 2);
    assert_eq!(wrong("src/model/a.rs", "use super::super::{store, error};"), 1);
    assert_eq!(wrong("src/model/a.rs", "use super::{store, super::api};"), 1);
    assert_eq!(wrong("src/model/a.rs", "use super::store; pub(super) fn f() {} pub(crate) use f as g;"), 0);
    assert_eq!(wrong("src/model/a.rs", "mod inner { use super::super::store; }"), 0);
    assert_eq!(wrong("src/model/a.rs", "mod inner { use super::super::super::store; }"), 1);
    assert_eq!(wrong("src/error.rs", "use super::model;"), 1);
    assert_eq!(wrong("src/model/a.rs", "use crate::*;"), 1);
    assert_eq!(wrong("src/api/mod.rs", "use crate::embedded;"), 1);
    assert_eq!(wrong("src/cli/check.rs", "use crate::embedded;"), 0);
    assert_eq!(wrong("src/cli/check.rs", "use crate::api;"), 1);
    assert_eq!(wrong("src/cli/serve.rs", "use crate::api;"), 0);
    assert_eq!(wrong("src/ingest/mod.rs", "use crate::config::Config;"), 1);
    assert_eq!(wrong("src/helpers/mod.rs", ""), 1);
}

fn a_wrong_library_is_found() {
    let wrong = |path: &str, text: &str| imports::wrong_libraries(path, text).len();
    assert_eq!(wrong("src/api/mod.rs", "use diesel::prelude::*;"), 1);
    assert_eq!(wrong("src/model/record.rs", "#[diesel(table_name = record)] struct Row;"), 1);
    assert_eq!(wrong("src/store/records.rs", "use diesel::prelude::*; use diesel_async::AsyncPgConnection;"), 0);
    assert_eq!(wrong("src/cli/serve.rs", "fn f() { actix_web::HttpServer::new(); }"), 1);
    assert_eq!(wrong("src/api/mod.rs", "use actix_web::web;"), 0);
    assert!(imports::knows_jq("use jaq_core::load;") && !imports::knows_jq("// jaq_core\n"));
}

fn a_wrong_clock_is_found() {
    let wrong = |path: &str, text: &str| imports::wrong_clocks(path, text).len();
    let text = "fn f() { Timestamp::now(); chrono::Utc::now(); std::time::SystemTime :: now(); clock.now(); }";
    assert_eq!(wrong("src/assess/mod.rs", text), 3);
    assert_eq!(wrong("src/model/time.rs", text), 0);
}

fn comments_and_literals_are_no_code() {
    let text = r###"
        // crate::store
        /* crate::store /* nested */ crate::store */
        fn f<'a>(x: &'a str) -> [char; 3] { let s = "crate::store \" crate::store"; ['"', '\'', '\u{7b}'] }
        const R: &str = r#"crate::store " crate::store"#;
        use crate::api;
    "###;
    assert_eq!(imports::wrong_imports("src/model/a.rs", text), ["src/model/a.rs:6: `model` may not import `api`"]);
}

fn what_is_left_unfinished_is_found() {
    let text = "fn f() { dbg!(1); todo!(); unimplemented!(\"x\"); let todo = \"todo!()\"; /* dbg!(2) */ }";
    assert_eq!(imports::unfinished("src/a.rs", text).len(), 3);
}

fn a_missing_first_line_is_found() {
    let wrong = |path: &str, text: &str| tree::wrong_first_line(path, text).is_some();
    assert!(wrong("src/a.rs", "use std::fmt;\n//! Late."));
    assert!(wrong("src/a.rs", "//! \nuse std::fmt;"));
    assert!(wrong("tests/a.rs", ""));
    assert!(!wrong("src/a.rs", "//! What a is for."));
    assert!(wrong("indicators/a.toml", "id = \"a\""));
    assert!(wrong("connectors/x/a.jq", "{id}"));
    assert!(!wrong("connectors/x/a.jq", "# An item of x.\n{id}"));
    assert!(!wrong("Cargo.toml", "[package]"));
}

fn a_path_of_a_machine_is_found() {
    // Put together here, so that this file does not hold what it forbids.
    let of = |before: &str, folder: &str| tree::machine_paths("x", &format!("a\nb {before}/{folder}/someone/x")).len();
    for folder in ["home", "root", "Users", "work"] {
        assert_eq!(of("", folder), 1);
        assert_eq!(of("path=\"", folder), 1);
        assert_eq!(of("file://", folder), 1);
        assert_eq!(of("https://example.org", folder), 0);
        assert_eq!(of("..", folder), 0);
    }
    assert_eq!(of("", "usr"), 0);
}

fn no_two_types_are_one_schema() {
    let files = tree::files();
    let code = files.iter().filter(|(path, _)| path.starts_with("src/") && path.ends_with(".rs"));
    let code: Vec<_> = code.map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let types: usize = code.iter().map(|(_, text)| schemas::schema_types(text).len()).sum();
    assert!(types > 100, "only {types} types were found");
    none(schemas::clashes(code.into_iter()));
}

fn two_types_of_one_schema_are_found() {
    let one =
        "#[derive(Clone, ToSchema)]\n#[schema(example = 1)]\npub struct Row { a: u32 }\n#[derive(Clone)] struct Other;";
    let other = "names! {\n /// One.\n pub enum Row { A = \"a\" } }\n#[derive(ToSchema)] enum Other { A }";
    assert_eq!(schemas::schema_types(one), ["Row"]);
    assert_eq!(schemas::schema_types(other), ["Row", "Other"]);
    assert_eq!(
        schemas::clashes([("a.rs", one), ("b.rs", other)].into_iter()),
        ["`Row` is a schema in a.rs and in b.rs"]
    );
}
