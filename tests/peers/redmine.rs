//! Redmine: read in full, read after a change, and after a deletion.

use super::{server::Server, without};
use crate::harness::{Reading, TestDatabase, store_cases};
use concord::{
    connectors::SourceSettings,
    model::{Clock, RecordKind},
};
use libtest_mimic::Completion;
use serde_json::json;
use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Mutex, OnceLock, PoisonError},
};

store_cases![issues_are_read];

/// More than the most that Redmine gives at a time.
const ISSUES: usize = 105;

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// One case at a time: they read what the others write.
static TURN: Mutex<()> = Mutex::new(());

/// Ends the server of this run.
pub fn stop() {
    if let Some(Ok(server)) = SERVER.get() {
        server.stop();
    }
}

fn server() -> Option<&'static Server> {
    let puma =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p.join("puma").exists()));
    if !puma || !Path::new("/usr/share/redmine/app").exists() {
        return None;
    }
    let server = SERVER.get_or_init(|| {
        let server = Server::start(include_str!("redmine.sh"), &[])?;
        server.wait("/users/current.json", || key(&server))?;
        Ok(server)
    });
    Some(server.as_ref().unwrap_or_else(|problem| panic!("{problem}")))
}

/// The header that logs in, once there is a key.
fn key(server: &Server) -> Option<String> {
    let key = fs::read_to_string(server.folder().join("key")).ok().filter(|key| !key.is_empty())?;
    Some(format!("X-Redmine-API-Key: {key}"))
}

/// Makes a project with issues, all but the last two of hours ago; gives the issues' ids.
fn seed(server: &Server, project: &str) -> Vec<String> {
    let key = key(server).expect("a key");
    let body = json!({"project": {"name": project, "identifier": project, "enabled_module_names": ["issue_tracking"],
        "tracker_ids": [1, 2, 3]}});
    server.ask("POST", "/projects.json", &key, Some(body));
    // One request an issue would take a minute and show nothing more.
    let rows = format!(
        "use DBI; my $db = DBI->connect(\"dbi:SQLite:$ARGV[0]\", '', '', {{ RaiseError => 1 }}); $db->begin_work;
         $db->do(\"INSERT INTO issues (tracker_id, project_id, subject, status_id, priority_id, author_id, lft, rgt,
             created_on, updated_on, start_date)
           SELECT 3, (SELECT id FROM projects WHERE identifier = '{project}'), 'issue ' || ?, 1,
             (SELECT id FROM enumerations WHERE type = 'IssuePriority' AND name = 'High'), 1, 1, 2,
             datetime('now', '-3 hours'), datetime('now', '-3 hours'), date('now')\", {{}}, $_) for 1..{ISSUES};
         $db->do('UPDATE issues SET root_id = id WHERE root_id IS NULL'); $db->commit;"
    );
    let database = server.folder().join("redmine.sqlite3");
    assert!(Command::new("perl").args(["-e", &rows]).arg(database).status().expect("perl runs").success());
    // One is of now, so that the next run starts from there.
    let last = json!({"issue": {"project_id": project, "tracker_id": 3, "subject": "the last"}});
    server.ask("POST", "/issues.json", &key, Some(last));
    let list =
        server.ask("GET", &format!("/issues.json?project_id={project}&status_id=*&limit=100&sort=id"), &key, None);
    let issues = list["issues"].as_array().expect("issues");
    issues.iter().map(|issue| issue["id"].to_string()).collect()
}

fn issues_are_read(database: &TestDatabase) -> Completion {
    let Some(server) = server() else { return without("Redmine") };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = database.url.split(':').next().unwrap_or_default();
    let issues = seed(server, &format!("of-{engine}"));
    let login = key(server).expect("a key");
    let secret = fs::read_to_string(server.folder().join("key")).expect("the key");
    let source = SourceSettings { url: server.url(), ..SourceSettings::of("redmine") };
    let reading = Reading::new(database, source, &[("api_key", &secret)]);

    let first = reading.sync(Clock::system().now());
    assert_eq!((first.set_aside, first.tombstoned), (0, 0), "{first:?}");
    assert!(first.created >= ISSUES as u64, "the second page came, too: {first:?}");
    let issue = reading.record(RecordKind::Ticket, &issues[3]);
    assert_eq!(issue["type"], "service_request");
    assert_eq!((&issue["state"], &issue["priority"]), (&json!("open"), &json!(2)));
    assert_eq!(issue["url"], format!("{}/issues/{}", server.url(), issues[3]));

    server.ask("PUT", &format!("/issues/{}.json", issues[3]), &login, Some(json!({"issue": {"status_id": 5}})));
    let second = reading.sync(Clock::system().now());
    assert_eq!((second.created, second.changed, second.tombstoned), (0, 1, 0), "{second:?}");
    assert!(second.rows_read < 20, "only what changed is read: {second:?}");
    let issue = reading.record(RecordKind::Ticket, &issues[3]);
    assert_eq!(issue["state"], "closed", "closed issues are asked for");
    assert!(issue["closed_at"].is_string(), "{issue}");

    server.ask("DELETE", &format!("/issues/{}.json", issues[7]), &login, None);
    let third = reading.sync(Clock::system().now().plus_days(8));
    assert_eq!(third.tombstoned, 1, "{third:?}");
    assert_eq!(reading.record(RecordKind::Ticket, &issues[7])["gone"], true);
    assert_eq!(reading.record(RecordKind::Ticket, &issues[3])["gone"], false);
    Completion::Completed
}
