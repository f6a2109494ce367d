//! `concord demo`: the sample organisation, from its files to the served API, in a database of its own.

use super::{serve, setup, summary, sync};
use crate::{
    config::Settings,
    connectors::SourceSettings,
    embedded,
    error::{Error, Result},
    ingest::{self, Order},
    model::Clock,
    store::Cause,
    tokens::{Permission, Tokens},
};
use std::{fs, io, path::Path, path::PathBuf, sync::Arc};

/// The sample organisation: the folder below `examples/`, which is also the source's name.
const ORGANISATION: &str = "northgate-hosting";

/// When its story is told: the demo's clock starts here, so that reviews due "today" are due on any day.
const STORY_INSTANT: &str = "2026-03-31T12:00:00Z";

/// How long the demo's token is valid, in seconds.
const TOKEN_SECONDS: i64 = 86_400;

/// Loads the sample organisation, summarises it, and serves it.
#[derive(clap::Args)]
pub struct Demo {
    /// Where its files and database go; the database is made anew each time
    #[arg(long, value_name = "FOLDER", default_value = "concord-demo")]
    dir: PathBuf,
    /// The port the API listens on, on this machine only; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Print the summary and stop, without serving
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    /// Runs the command.
    pub fn run(self, mut settings: Settings) -> Result<()> {
        let folder = self.prepare()?;
        settings.server.address = format!("127.0.0.1:{}", self.port);
        settings.database.url = format!("sqlite:{}", self.dir.join("concord.db").display());
        settings.auth.key_file = self.dir.join("concord.key");
        let source = SourceSettings::in_folder("files", folder);
        settings.sources = [(ORGANISATION.to_owned(), source)].into();

        let clock = Clock::starting_at(STORY_INSTANT.parse().map_err(Error::Internal)?);
        let rules = setup::rules(&settings)?;
        let source = setup::open_source(&settings, ORGANISATION)?;
        let store = setup::open_store(&settings)?;
        println!("Reading {} through the connector `files` …", self.dir.join(ORGANISATION).display());
        let mut display = sync::ProgressDisplay::new();
        let order = Order::new(Cause::Command);
        let run = ingest::sync(&store, &rules, &source, order, clock, |run| display.show(run))?;
        display.end();
        println!("{}\n", sync::describe(&run));
        print!("{}", summary::summary(&store, &rules)?);
        if self.no_serve {
            return Ok(());
        }
        let tokens = Tokens::open(&settings.auth)?;
        let token = tokens.issue("demo", Permission::READ_ONLY, TOKEN_SECONDS)?;
        serve::serve(store, Arc::new(rules), tokens, clock, &settings, |address| {
            let base = format!("http://{address}");
            println!(
                "\nThe API is at {base}/api/v1, its documentation at {base}/docs/ — Ctrl-C stops it.\n\n\
                 A token that may read everything, valid for a day:\n\n  TOKEN={token}\n\n\
                 Worth trying:\n\n  \
                 curl -H \"Authorization: Bearer $TOKEN\" {base}/api/v1/conformity\n  \
                 curl -H \"Authorization: Bearer $TOKEN\" {base}/api/v1/requirements/iso27001-2013/A.16.1.7\n  \
                 curl -H \"Authorization: Bearer $TOKEN\" {base}/api/v1/suppliers/risks"
            );
        })
    }

    /// Writes the sample's files where they can be looked at, and removes the database of an earlier demo.
    fn prepare(&self) -> Result<PathBuf> {
        let unwritable = |path: &Path, error: io::Error| Error::Unavailable(format!("{}: {error}", path.display()));
        let folder = self.dir.join(ORGANISATION);
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, error))?;
        for name in ["concord.db", "concord.db-wal", "concord.db-shm"] {
            let path = self.dir.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(&path, error)),
                _ => {}
            }
        }
        let prefix = format!("examples/{ORGANISATION}/");
        for (path, text) in embedded::examples() {
            if let Some(name) = path.strip_prefix(&prefix) {
                let path = folder.join(name);
                fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
            }
        }
        Ok(folder)
    }
}
