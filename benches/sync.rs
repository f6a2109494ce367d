//! Records a second from a folder into each database, mapped and concluded, against the same records written by a bare
//! loop of one prepared statement (SQLite) or by COPY and merge (PostgreSQL), in one transaction, in the same run; where
//! the time goes; and what the program holds in memory while it reads very many.
//!
//! `cargo bench --bench sync -- 100000` says of how many records. They are copies of the sample organisation's exports,
//! read through its own mappings. `MEMORY=1000000` says how many the program reads while its memory is watched. In full:
//! `MEMORY=1000000 cargo bench --bench sync -- 200000`. PostgreSQL is a throw-away server, left out where there is none.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/harness/cluster.rs"]
mod cluster;
#[path = "sync/organisation.rs"]
mod organisation;
#[path = "sync/rivals.rs"]
mod rivals;

use concord::{
    cli,
    config::Settings,
    connectors::{Item, Source, SourceSettings},
    evaluate::{self, Change},
    ingest::{self, Order},
    model::{Clock, RecordVersion, Timestamp},
    store::{Cause, Store},
};
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SOURCE: &str = "northgate";
const BATCH: usize = 1_000;

fn main() {
    let records = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(5_000);
    let in_memory = env::var("MEMORY").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::TempDir::with_prefix("concord-").unwrap();
    let source = folder.path().join("source");
    organisation::write(&source, records);

    let at = story_instant();
    let (read, _) = timed(|| read_only(&source));
    let (mapped, versions) = timed(|| versions(&open(&source), at));
    let count = versions.len();
    println!("{count} records");
    println!("  read, nothing made of them:                {}", rate(count, read));
    println!("  read and mapped, nothing kept:             {}", rate(count, mapped));

    let number = std::cell::Cell::new(0);
    let on_sqlite = || {
        number.set(number.get() + 1);
        format!("sqlite:{}", folder.path().join(format!("{}.db", number.get())).display())
    };
    println!("SQLite");
    measure(&source, &versions, on_sqlite, rivals::on_sqlite);

    println!("PostgreSQL");
    match cluster::programs().ok_or("no initdb and postgres".into()).and_then(|p| cluster::Cluster::start_durable(&p)) {
        Ok(server) => {
            let on_postgres = || {
                number.set(number.get() + 1);
                let name = format!("part_{}", number.get());
                cluster::execute(&server.url("postgres"), &format!("CREATE DATABASE {name}")).unwrap();
                server.url(&name)
            };
            measure(&source, &versions, on_postgres, rivals::on_postgres);
        }
        Err(reason) => println!("  left out: {reason}"),
    }
    drop(versions);
    watch_memory(folder.path(), in_memory);
}

/// Each part in a database of its own.
fn measure(
    source: &Path,
    versions: &[RecordVersion],
    database: impl Fn() -> String,
    rival: fn(&str, &[RecordVersion], Timestamp) -> Duration,
) {
    let (at, count) = (story_instant(), versions.len());
    let migrated = || {
        let url = database();
        let store = Store::open(&url, 4).unwrap();
        store.migrate().unwrap();
        (url, store)
    };
    let (url, store) = migrated();
    drop(store);
    let bare = rival(&url, versions, at);
    println!("  mapped before, written by the bare rival:  {}", rate(count, bare));

    let (_, store) = migrated();
    let (written, ()) = timed(|| {
        for batch in versions.chunks(BATCH) {
            store.write(at, |transaction| transaction.apply_versions(batch.to_vec(), at, false)).unwrap();
        }
    });
    println!("  mapped before, records only:               {}", rate(count, written));

    let (url, store) = migrated();
    let settings = settings(&url, source);
    let rules = cli::rules(&settings).unwrap();
    let (indexed, ()) = timed(|| {
        for batch in versions.chunks(BATCH) {
            let change = Change::Records { versions: batch.to_vec(), synced_at: at, history: false, delivered: false };
            store.write(at, |transaction| evaluate::apply(transaction, &rules, change)).unwrap();
        }
    });
    println!("  mapped before, records with their edges:   {}", rate(count, indexed));

    let (_, store) = migrated();
    let (start, mut kept) = (Instant::now(), Duration::ZERO);
    let order = Order::new(Cause::Command);
    let run = ingest::sync(&store, &rules, &open(source), order, Clock::Fixed(at), |run| {
        if run.finished_at.is_none() {
            kept = start.elapsed();
        }
    });
    let whole = start.elapsed();
    assert_eq!(run.unwrap().created as usize, count);
    println!("  a sync, until the last record was kept:    {}", rate(count, kept));
    println!("  a sync, until all was judged and concluded:{}", rate(count, whole));
    let (again, run) = timed(|| {
        ingest::sync(&store, &rules, &open(source), Order::new(Cause::Command), Clock::Fixed(at), |_| {}).unwrap()
    });
    assert_eq!(run.unchanged as usize, count);
    println!("  the same again, nothing changed:           {}", rate(count, again));
    let share = |took: Duration| bare.as_secs_f64() / took.as_secs_f64();
    println!("  sync to rival: {:.2} until kept, {:.2} until concluded", share(kept), share(whole));
}

fn story_instant() -> Timestamp {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let outcome = work();
    (start.elapsed(), outcome)
}

fn rate(count: usize, took: Duration) -> String {
    format!("{:>8.0} a second, {:>6.1} s", count as f64 / took.as_secs_f64(), took.as_secs_f64())
}

fn settings(url: &str, folder: &Path) -> Settings {
    let mut settings = Settings::layered(None, []).unwrap();
    settings.database.url = url.into();
    settings.sources = [(SOURCE.to_owned(), SourceSettings::in_folder("files", folder))].into();
    settings
}

fn open(folder: &Path) -> Source {
    cli::open_source(&settings("sqlite:unused.db", folder), SOURCE).unwrap()
}

fn versions(source: &Source, at: Timestamp) -> Vec<RecordVersion> {
    let version = |item| match item {
        Item::Version(version) => Some(version),
        Item::SetAside(_) | Item::Reached(_) => None,
    };
    source.read(at).filter_map(|arrival| version(arrival.unwrap().item)).collect()
}

/// Reads the same files with mappings that make nothing of a row.
fn read_only(folder: &Path) {
    let bare = folder.with_extension("bare");
    fs::create_dir(&bare).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let copy = bare.join(path.file_name().unwrap());
        match path.extension().is_some_and(|extension| extension == "jq") {
            true => fs::write(copy, "empty").unwrap(),
            false => fs::hard_link(path, copy).unwrap(),
        }
    }
    assert!(versions(&open(&bare), story_instant()).is_empty());
}

/// Runs `concord sync` on SQLite and asks the system, again and again, what was the most it ever held.
fn watch_memory(folder: &Path, records: usize) {
    let source = folder.join("many");
    organisation::write(&source, records);
    let configuration = folder.join("concord.toml");
    let (database, folder_key) = (folder.join("many.db"), source.display());
    let text = format!(
        "[database]\nurl = \"sqlite:{}\"\n[sources.{SOURCE}]\nconnector = \"files\"\nfolder = \"{folder_key}\"\n",
        database.display()
    );
    fs::write(&configuration, text).unwrap();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_concord"))
        .arg("--config")
        .arg(&configuration)
        .args(["sync", SOURCE])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default().max(most);
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    assert!(status.success(), "{status}");
    println!(
        "a sync of {records} records by the program: at most {} MB, {:.1} s",
        most / 1024,
        start.elapsed().as_secs_f64()
    );
}
