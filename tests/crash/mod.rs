//! The program is killed at random points while it reads a source and takes webhooks, again and again. What it
//! acknowledged must be there, and nothing may have been applied twice.

use crate::harness::{
    TestDatabase, crash_cases,
    http::{self, Client},
    webhooks::{self, DESK, signature},
};
use concord::{
    model::{Record, RecordKind},
    store::{RunState, Store},
};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

crash_cases![nothing_acknowledged_is_lost_and_nothing_is_applied_twice];

/// Senders, each with tickets of its own that it changes again and again.
const SENDERS: usize = 4;

/// Tickets of a sender.
const TICKETS: u32 = 5;

/// Rows that are added to the source that is read, before each kill.
const ROWS: usize = 1_500;

/// How often the program is killed: `CONCORD_TEST_KILLS`, else 5.
fn kills() -> u32 {
    let given = env::var("CONCORD_TEST_KILLS").ok().filter(|text| !text.is_empty());
    given.map_or(5, |text| text.parse().expect("CONCORD_TEST_KILLS is a number"))
}

/// Numbers drawn at random.
fn drawn(below: u64) -> u64 {
    getrandom::u64().expect("the system gives random numbers") % below
}

/// The program at work.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    /// Starts it in a folder and waits until it serves.
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_concord"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CONCORD_")) {
            command.env_remove(name);
        }
        let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log");
        let mut child = command
            .args(["--config", "concord.toml", "serve"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        let mut log = log;
        let address = loop {
            let line = lines.next().expect("it says where it serves").expect("text");
            writeln!(log, "{line}").expect("it is logged");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().expect("an address").to_owned();
            }
        };
        // Somebody has to read on, or the program would wait for it.
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(writeln!(log, "{line}"))));
        Self { child, address }
    }

    /// Ends it at once, wherever it is.
    fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    /// Lets it end.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts").success());
        assert!(self.child.wait().expect("it has ended").success(), "it ends cleanly");
    }
}

/// Sends states of its tickets, one after another, each until it is acknowledged. What was not acknowledged when the
/// program was killed is sent again, as a sender would.
struct Sender {
    number: usize,
    /// The next state to send.
    state: u32,
}

impl Sender {
    fn delivery(&self, state: u32) -> (String, String, String) {
        let ticket = format!("T-{}-{}", self.number, state % TICKETS);
        let title = format!("state {state}");
        // Without a time of its own: an older state that came again would stand.
        let body = serde_json::json!({"event": "updated", "data": {"id": ticket, "title": title}}).to_string();
        (format!("{}-{state}", self.number), body, ticket)
    }

    fn send(&mut self, address: &str, stop: &AtomicBool) {
        let mut client = Client::new(address);
        while !stop.load(Ordering::Relaxed) {
            let (id, body, _) = self.delivery(self.state);
            let headers = [("X-Delivery", id.as_str()), ("X-Signature", &signature(&body))];
            match client
                .send(&http::request(&format!("/api/v1/webhooks/{DESK}"), &headers, &body))
                .and_then(|()| client.answer())
            {
                Ok((202, _)) => self.state += 1,
                Ok((503, _)) => thread::sleep(Duration::from_millis(50)),
                Ok((status, text)) => panic!("{status}: {text}"),
                Err(_) => return,
            }
        }
    }

    /// The last state of each ticket that was acknowledged.
    fn truth(&self) -> BTreeMap<String, String> {
        (0..self.state).map(|state| (self.delivery(state).2, format!("state {state}"))).collect()
    }
}

fn prepare(database: &TestDatabase) -> (TempDir, TempDir) {
    let (folder, desk) = (TempDir::with_prefix("concord-").expect("a folder"), webhooks::folder());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    fs::create_dir(folder.path().join("risks")).expect("a folder is made");
    write(
        "risks/manifest.toml",
        "title = \"Risks\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.csv\"\nformat = \"csv\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks/risks.jq", "{external_id: .id, title: .id}");
    write("risks/risks.csv", "id\n");
    write(
        "concord.toml",
        &format!(
            "[server]\naddress = \"127.0.0.1:0\"\nworkers = 2\n[database]\nurl = \"{}\"\n\
             [schedule]\nlease = \"1s\"\n[sources.risks]\nconnector = \"files\"\nfolder = \"risks\"\ninterval = \"1s\"\n\
             [sources.{DESK}]\nconnector = \"webhook\"\nfolder = \"{desk}\"\nwebhook_secret = \"file:{desk}/secret\"\n",
            database.url,
            desk = desk.path().display(),
        ),
    );
    (folder, desk)
}

fn add_rows(folder: &Path, from: usize) {
    let rows: String = (from..from + ROWS).map(|row| format!("R-{row}\n")).collect();
    let file = fs::OpenOptions::new().append(true).open(folder.join("risks/risks.csv"));
    file.and_then(|mut file| file.write_all(rows.as_bytes())).expect("rows are added");
}

fn nothing_acknowledged_is_lost_and_nothing_is_applied_twice(database: &TestDatabase) {
    let (folder, _desk) = prepare(database);
    let senders: Vec<Arc<Mutex<Sender>>> =
        (0..SENDERS).map(|number| Arc::new(Mutex::new(Sender { number, state: 0 }))).collect();
    let mut rows = 0;
    for _ in 0..kills() {
        add_rows(folder.path(), rows);
        rows += ROWS;
        let program = Program::start(folder.path());
        let stop = Arc::new(AtomicBool::new(false));
        let sending: Vec<_> = senders
            .iter()
            .map(|sender| {
                let (sender, stop, address) = (sender.clone(), stop.clone(), program.address.clone());
                thread::spawn(move || sender.lock().expect("a sender").send(&address, &stop))
            })
            .collect();
        thread::sleep(Duration::from_millis(drawn(4_000)));
        program.kill();
        stop.store(true, Ordering::Relaxed);
        sending.into_iter().for_each(|sender| sender.join().expect("the sender only met the kill"));
    }
    let store = Store::open(&database.url, 2).expect("the database opens");
    let program = Program::start(folder.path());
    finish(&store, rows, &folder.path().join("log"));
    program.stop();
    compare(&store, &senders, rows);
}

/// Waits until everything that waits is applied and the source was read to its end.
fn finish(store: &Store, rows: usize, log: &Path) {
    let (mut moved, mut fewest, mut most) = (Instant::now(), usize::MAX, 0);
    loop {
        let (waiting, runs) = store
            .read(|reader| Ok((reader.waiting_deliveries()?, reader.runs("risks", None, 1)?.items)))
            .expect("it reads");
        let read = |run: &concord::store::Run| run.state == RunState::Completed && run.rows_read == rows as u64;
        if waiting.is_empty() && runs.first().is_some_and(read) {
            return;
        }
        // However much is left: it is only to go on.
        let rows_read = runs.first().map_or(0, |run| run.rows_read);
        if waiting.len() < fewest || rows_read > most {
            (moved, fewest, most) = (Instant::now(), waiting.len().min(fewest), rows_read.max(most));
        }
        let patience = Duration::from_secs(120);
        assert!(moved.elapsed() < patience, "{waiting:?} {runs:?}\n{}", fs::read_to_string(log).unwrap_or_default());
        thread::sleep(Duration::from_millis(50));
    }
}

fn compare(store: &Store, senders: &[Arc<Mutex<Sender>>], rows: usize) {
    let records = store.read(|reader| reader.all_records()).expect("it reads");
    let named = |kind: RecordKind| {
        let of = records.iter().filter(move |record| record.body.kind() == kind);
        of.map(|record: &Record| (record.external_id.clone(), record.body.name().unwrap_or_default().to_owned()))
    };
    let mut truth = BTreeMap::new();
    let (mut acknowledged, mut at_most) = (0, 0);
    for sender in senders {
        let sender = sender.lock().expect("a sender");
        truth.extend(sender.truth());
        acknowledged += u64::from(sender.state);
        at_most += u64::from(sender.state) + 1;
    }
    let found: BTreeMap<String, String> = named(RecordKind::Ticket).collect();
    // The one delivery a sender was waiting for when it was last killed may have been stored or not.
    for sender in senders {
        let sender = sender.lock().expect("a sender");
        let (_, _, ticket) = sender.delivery(sender.state);
        let pending = format!("state {}", sender.state);
        if found.get(&ticket) == Some(&pending) {
            truth.insert(ticket, pending);
        }
    }
    assert_eq!(found, truth, "{acknowledged} deliveries were acknowledged");
    let kept = store.read(|reader| reader.settled_deliveries(DESK)).expect("it reads");
    assert!((acknowledged..=at_most).contains(&kept), "{kept} of {acknowledged} acknowledged, {at_most} sent");
    assert!(store.read(|reader| reader.dead_letter_counts()).expect("it reads").is_empty());
    assert_eq!(named(RecordKind::Risk).count(), rows);
    let runs = store.read(|reader| reader.runs("risks", None, 1_000)).expect("it reads").items;
    let created: u64 = runs.iter().map(|run| run.created).sum();
    assert_eq!(created, rows as u64, "what a run counts commits with what it counts");
}
