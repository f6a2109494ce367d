//! The sample organisation, read into a case's database at its story's instant.

use super::TestDatabase;
use concord::{
    api::App,
    cli,
    config::Settings,
    connectors::SourceSettings,
    ingest::{self, Order},
    model::{Clock, Timestamp},
    store::{Cause, Run, Store},
    tokens::{Permission, TokenSettings, Tokens},
};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// The source's name.
pub const SOURCE: &str = "northgate-hosting";

/// When its story is told.
pub fn story_instant() -> Timestamp {
    "2026-03-31T12:00:00Z".parse().expect("a time")
}

/// A configuration with one source that reads files from a folder.
pub fn settings(database: &TestDatabase, source: &str, connector: &str, folder: &Path) -> Settings {
    let mut settings = Settings::layered(None, []).expect("the defaults are valid");
    settings.database.url.clone_from(&database.url);
    settings.sources = [(source.to_owned(), SourceSettings::in_folder(connector, folder))].into();
    settings
}

/// Reads the one source of a configuration.
pub fn sync(settings: &Settings, at: Timestamp) -> (Store, concord::assess::Rules, Run) {
    let name = settings.sources.keys().next().expect("a source");
    let rules = cli::rules(settings).expect("the rules are valid");
    let source = cli::open_source(settings, name).expect("the source opens");
    let store = Store::open(&settings.database.url, 4).expect("the database opens");
    let run = ingest::sync(&store, &rules, &source, Order::new(Cause::Command), Clock::Fixed(at), |_| {})
        .expect("the source is read");
    (store, rules, run)
}

/// The sample organisation behind the API.
pub struct Organisation {
    pub app: App,
    pub run: Run,
    _keys: TempDir,
}

impl Organisation {
    /// Reads it.
    pub fn read(database: &TestDatabase) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(SOURCE);
        let mut settings = settings(database, SOURCE, "files", &folder);
        settings.standards.overlay_dir = folder.with_file_name("overlay");
        Self::of(&settings, story_instant())
    }

    /// Reads the one source of a configuration at an instant, which its clock stands still at.
    pub fn of(settings: &Settings, at: Timestamp) -> Self {
        let (store, rules, run) = sync(settings, at);
        let keys = TempDir::with_prefix("concord-").expect("a folder");
        let tokens =
            Tokens::open(&TokenSettings { key_file: keys.path().join("key"), ..settings.auth.clone() }).expect("a key");
        let planning = cli::planning(&rules.standards).expect("the planning rules are valid");
        let clock = Clock::Fixed(at);
        let sources = cli::sources(settings).expect("the sources open");
        let app = App::new(store, Arc::new(rules), Arc::new(sources), tokens, planning, clock).expect("the parts fit");
        Self { app, run, _keys: keys }
    }

    /// A token with these permissions.
    pub fn token(&self, permissions: &[Permission]) -> String {
        self.app.tokens.issue("case", permissions, 600).expect("a token")
    }
}
