//! A fresh database for each case: a file for SQLite, a copy of a migrated template for PostgreSQL.

use super::{
    Outcome,
    cluster::{self, Cluster},
};
use concord::store::Store;
use libtest_mimic::{Completion, Failed, Trial};
use std::{
    env,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tempfile::TempDir;

const TEMPLATE: &str = "migrated";

/// The server of this run, made when the first case needs it, with the migrated template; or why there is none.
static SERVER: OnceLock<Result<Cluster, String>> = OnceLock::new();

/// A migrated database of one case, gone when the case ends.
pub struct TestDatabase {
    /// `sqlite:PATH` or `postgres://…`, for `Store::open`.
    pub url: String,
    place: Place,
}

enum Place {
    /// The folder goes when this is dropped.
    Folder(#[expect(dead_code, reason = "held for its drop")] TempDir),
    /// The database of this name is dropped.
    Server(&'static Cluster, String),
    /// The server goes when this is dropped.
    Own(#[expect(dead_code, reason = "held for its drop")] Cluster),
}

impl TestDatabase {
    /// A new SQLite file.
    pub fn on_sqlite() -> Result<Self, String> {
        let folder = TempDir::with_prefix("concord-").map_err(|error| error.to_string())?;
        let url = format!("sqlite:{}", folder.path().join("concord.db").display());
        migrate(&url)?;
        Ok(Self { url, place: Place::Folder(folder) })
    }

    /// A new database on the server of this run.
    pub fn on_postgres(cluster: &'static Cluster) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("case_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        // Copying files takes a fifth of the time of logging pages; before PostgreSQL 15 it is the only way, unnamed.
        cluster::execute(&cluster.url("postgres"), &format!("{copy} STRATEGY file_copy"))
            .or_else(|_| cluster::execute(&cluster.url("postgres"), &copy))?;
        Ok(Self { url: cluster.url(&name), place: Place::Server(cluster, name) })
    }
}

impl TestDatabase {
    /// Runs statements past the store.
    pub fn execute(&self, statements: &str) {
        let ran = match self.url.strip_prefix("sqlite:") {
            Some(path) => rusqlite::Connection::open(path)
                .and_then(|connection| connection.execute_batch(statements))
                .map_err(|error| error.to_string()),
            None => cluster::execute(&self.url, statements),
        };
        ran.expect("the statements run");
    }

    /// A new server of its own that waits for the disk.
    fn on_own_postgres(programs: &std::path::Path) -> Result<Self, String> {
        let cluster = Cluster::start_durable(programs)?;
        let url = cluster.url("postgres");
        migrate(&url)?;
        Ok(Self { url, place: Place::Own(cluster) })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Server(cluster, name) = &self.place {
            // Only space is lost if this fails, and the case's own verdict matters more.
            let _ = cluster::execute(&cluster.url("postgres"), &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn migrate(url: &str) -> Result<(), String> {
    Store::open(url, 1).and_then(|store| store.migrate()).map(drop).map_err(|error| error.to_string())
}

fn server(programs: &std::path::Path) -> Result<&'static Cluster, String> {
    let start = || {
        let cluster = Cluster::start(programs)?;
        cluster::execute(&cluster.url("postgres"), &format!("CREATE DATABASE {TEMPLATE}"))?;
        migrate(&cluster.url(TEMPLATE))?;
        Ok(cluster)
    };
    SERVER.get_or_init(start).as_ref().map_err(Clone::clone)
}

/// Ends the server of this run, if one was made.
pub fn stop_server() {
    if let Some(Ok(cluster)) = SERVER.get() {
        cluster.stop();
    }
}

/// The same case on each database: `sqlite::…` and `postgres::…`.
pub fn on_both<R: Outcome + 'static>(name: &str, case: fn(&TestDatabase) -> R) -> [Trial; 2] {
    let sqlite =
        Trial::ignorable_test(format!("sqlite::{name}"), move || Ok(case(&TestDatabase::on_sqlite()?).completion()));
    let postgres = on_postgres(name, move |cluster| Ok(case(&TestDatabase::on_postgres(cluster)?).completion()));
    [sqlite, postgres]
}

/// The same case on each database, on PostgreSQL with a server of its own that waits for the disk.
pub fn on_both_durably<R: Outcome + 'static>(name: &str, case: fn(&TestDatabase) -> R) -> [Trial; 2] {
    let [sqlite, _] = on_both(name, case);
    let postgres = Trial::ignorable_test(format!("postgres::{name}"), move || match cluster::programs() {
        Some(programs) => Ok(case(&TestDatabase::on_own_postgres(&programs)?).completion()),
        None => without_postgres(env::var_os("CI").is_some()),
    });
    [sqlite, postgres]
}

/// A case that needs a PostgreSQL server. Without PostgreSQL's programs it is ignored, and a failure where `CI` is set.
pub fn on_postgres(
    name: &str,
    case: impl FnOnce(&'static Cluster) -> Result<Completion, Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(format!("postgres::{name}"), move || match cluster::programs() {
        Some(programs) => case(server(&programs)?),
        None => without_postgres(env::var_os("CI").is_some()),
    })
}

/// The verdict of a case that needs PostgreSQL where there is none.
pub fn without_postgres(continuous_integration: bool) -> Result<Completion, Failed> {
    const REASON: &str = "no initdb and postgres in CONCORD_TEST_PG_BIN, /usr/lib/postgresql/*/bin or PATH";
    if continuous_integration { Err(REASON.into()) } else { Ok(Completion::ignored_with(REASON)) }
}
