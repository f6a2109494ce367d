//! A source that sends webhooks: its folder, its secret, its signature.

use super::TestDatabase;
use aws_lc_rs::hmac;
use concord::{assess::Rules, cli, config::Settings, connectors::SourceSettings, ingest::Sources, store::Store};
use data_encoding::HEXLOWER;
use std::{fs, sync::Arc};
use tempfile::TempDir;

/// Its name.
pub const DESK: &str = "desk";

const SECRET: &str = "the secret of the desk";

const MANIFEST: &str = r#"title = "Desk"
protocol = "webhook"
[streams.tickets]
emit = "ticket"
mapping = "tickets.jq"
[webhook]
verify = { type = "hmac", digest = "sha256", header = "X-Signature" }
delivery_id = { header = "X-Delivery" }
[[webhook.routes]]
when = '.event == "updated"'
stream = "tickets"
select = ".data"
[[webhook.routes]]
when = '.event == "deleted"'
stream = "tickets"
select = ".data"
deleted = true
[[webhook.routes]]
when = '.event == "ping"'
ignore = true
"#;

/// A source that sends webhooks.
pub struct Desk {
    pub settings: Settings,
    pub store: Store,
    pub rules: Arc<Rules>,
    pub sources: Arc<Sources>,
    pub folder: TempDir,
}

impl Desk {
    /// Configured, with nothing sent yet.
    pub fn open(database: &TestDatabase) -> Self {
        let folder = folder();
        let mut settings = Settings::layered(None, []).expect("the defaults are valid");
        settings.database.url.clone_from(&database.url);
        settings.sources = [(DESK.to_owned(), source(&folder))].into();
        let rules = Arc::new(cli::rules(&settings).expect("the rules are valid"));
        let sources = Arc::new(cli::sources(&settings).expect("the sources open"));
        let store = Store::open(&settings.database.url, 8).expect("the database opens");
        Self { settings, store, rules, sources, folder }
    }
}

/// The folder of its manifest, mapping and secret.
pub fn folder() -> TempDir {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write("manifest.toml", MANIFEST);
    write("tickets.jq", "{external_id: .id, title, updated_at}");
    write("secret", SECRET);
    folder
}

/// What the configuration says of it.
pub fn source(folder: &TempDir) -> SourceSettings {
    let mut source = SourceSettings::in_folder("webhook", folder.path());
    let reference = format!("file:{}", folder.path().join("secret").display());
    source.webhook_secret = Some(reference.parse().expect("a reference"));
    source
}

/// The signature of what it sends.
pub fn signature(body: &str) -> String {
    HEXLOWER.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes()).as_ref())
}

/// A ticket as it is sent.
pub fn ticket(id: &str, title: &str, updated_at: &str) -> String {
    serde_json::json!({"event": "updated", "data": {"id": id, "title": title, "updated_at": updated_at}}).to_string()
}
