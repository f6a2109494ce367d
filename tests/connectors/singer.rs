//! Singer taps: small scripts that do what taps do, well and badly.

use super::{at, connectors, folder, text};
use concord::{
    connectors::{Item, MAX_LINE, SetAside, Source, SourceSettings, Stop, StreamState, StreamStates},
    error::Error,
    model::RecordVersion,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

crate::harness::cases![
    rows_and_state_come_in_order,
    a_tap_is_told_config_catalog_and_state,
    every_wrong_key_is_named,
    what_an_operator_leaves_out_is_named,
    a_stream_the_tap_does_not_have_is_named,
    a_row_that_does_not_fit_is_set_aside,
    what_is_no_message_is_quoted_with_its_line,
    a_line_has_a_longest_length,
    a_failing_tap_fails_after_what_it_gave,
    secrets_are_in_no_message,
    a_silent_tap_is_killed_with_its_children,
    a_tap_that_only_closed_its_output_is_killed,
    secrets_do_not_stay_when_the_program_is_killed,
    a_stopped_reading_kills_the_tap,
    a_reading_given_up_kills_the_tap,
    children_of_a_tap_do_not_keep_it,
    a_tap_without_discovery_is_given_no_catalog,
    a_state_is_kept_as_often_as_is_useful,
    a_stream_read_in_full_each_time_says_so,
    a_look_shows_a_record_and_stops_the_tap,
    large_rows_are_held_few_at_a_time,
];

/// What the streams of these cases become.
const MAPPING: &str = "# A case.\n{external_id: .id, title: .title}";

/// A folder with a manifest and the script `tap.sh`; `$1` to `$n` are what the tap is given.
fn tap(keys: &str, script: &str) -> TempDir {
    let manifest = format!(
        "title = \"Case\"\nprotocol = \"singer\"\n{keys}\n\
         [streams.tickets]\nemit = \"ticket\"\nmapping = \"tickets.jq\"\n"
    );
    folder(&[("manifest.toml", manifest.as_str()), ("tickets.jq", MAPPING), ("tap.sh", script)])
}

/// `[tap]` that runs the script.
const TAP: &str = "[tap]\ncommand = [\"/bin/sh\", \"tap.sh\"]\ndiscover = false\n";

fn settings(folder: &Path) -> SourceSettings {
    SourceSettings::in_folder("singer", folder)
}

fn source(folder: &Path) -> Source {
    connectors().open("desk", &settings(folder)).unwrap_or_else(|error| panic!("{error}"))
}

/// What a reading brings, and how it ends.
#[derive(Default)]
struct Brought {
    versions: Vec<RecordVersion>,
    set_aside: Vec<SetAside>,
    /// Each state, and how many versions came before it.
    states: Vec<(usize, Value)>,
    /// True if a stream was read in full.
    full: bool,
    error: Option<Error>,
}

impl Brought {
    fn ids(&self) -> Vec<&str> {
        self.versions.iter().map(|version| version.external_id.as_str()).collect()
    }

    fn error(&self) -> String {
        self.error.as_ref().expect("an error").to_string()
    }
}

fn bring(source: &Source, state: Option<&Value>) -> Brought {
    let state = StreamState { cursor: state.map(Value::to_string), ..StreamState::default() };
    let states = StreamStates::from([("tickets".to_owned(), state)]);
    let mut brought = Brought::default();
    for arrival in source.resume(at(), states, Stop::default()) {
        match arrival {
            Err(error) => brought.error = Some(error),
            Ok(arrival) => match arrival.item {
                Item::Version(version) => brought.versions.push(version),
                Item::SetAside(row) => brought.set_aside.push(row),
                Item::Reached(reached) => {
                    brought.full |= reached.full;
                    if let Some(state) = reached.cursor {
                        brought.states.push((brought.versions.len(), serde_json::from_str(&state).expect("JSON")));
                    }
                }
            },
        }
    }
    brought
}

fn run(script: &str) -> Brought {
    let folder = tap(TAP, script);
    bring(&source(folder.path()), None)
}

/// True once no process has this number any more, or soon.
fn is_gone(pid: &str) -> bool {
    let path = Path::new("/proc").join(pid.trim());
    // A killed process stays for a moment until whoever adopted it takes note.
    let is_dead = || match fs::read_to_string(path.join("stat")) {
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    };
    let asked = Instant::now();
    while !is_dead() && asked.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(20));
    }
    is_dead()
}

/// The text of a file once it is there.
fn await_file(path: &Path) -> String {
    let asked = Instant::now();
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ if asked.elapsed() > Duration::from_secs(20) => panic!("{} is not there", path.display()),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn rows_and_state_come_in_order() {
    let brought = run(r#"
echo '{"type":"STATE","value":{"n":0}}'
echo '{"type":"SCHEMA","stream":"tickets","schema":{"properties":{}},"key_properties":["id"]}'
echo '{"type":"RECORD","stream":"tickets","record":{"id":"1","title":"a"},"time_extracted":"2026-01-01T00:00:00Z"}'
echo
echo '{"type":"RECORD","stream":"others","record":{"id":"9"}}'
echo '{"type":"RECORD","stream":"tickets","version":7,"record":{"id":"2","title":"b"}}'
echo '{"type":"STATE","value":{"n":2}}'
echo '{"type":"RECORD","stream":"tickets","record":{"id":"2","title":"b"}}'
echo '{"type":"ACTIVATE_VERSION","stream":"tickets","version":7}'
echo '{"type":"STATE","value":null}'
"#);
    assert!(brought.error.is_none(), "{:?}", brought.error);
    assert_eq!(brought.ids(), ["1", "2", "2"]);
    assert_eq!(brought.states, [(3, Value::Null)], "the latest stands for those before it");
    assert!(brought.full);
}

fn a_tap_is_told_config_catalog_and_state() {
    let folder = tap(
        "[settings.start_date]\nabout = \"since when\"\ndefault = \"2020-01-01\"\n\
         [secrets]\npassword = \"the password\"\n\
         [tap]\ncommand = [\"/bin/sh\", \"tap.sh\", \"first\"]\n\
         [tap.config]\nstart = \"${settings.start_date}\"\nlogin = { password = \"x:${secrets.password}\" }\n\
         pages = 3\nurls = [\"a\", \"b\"]\n",
        r#"
# first --config FILE --discover | first --config FILE --catalog FILE --state FILE
stat -c %a "$3" >>modes; cp "$3" config
if [ "$4" = --discover ]; then
  echo '{"streams":[
    {"tap_stream_id":"db-tickets","stream":"tickets","schema":{"properties":{"id":{},"blob":{}}},
     "metadata":[{"breadcrumb":[],"metadata":{"inclusion":"available"}},
                 {"breadcrumb":["properties","blob"],"metadata":{"inclusion":"unsupported"}}]},
    {"tap_stream_id":"others","stream":"others","schema":{}}]}'
  exit
fi
cp "$5" catalog; cp "$7" state; echo "$1 $2 $4 $6 ${CONCORD_TEST_DATA:-none}" >options
echo "$PATH" >path
"#,
    );
    let manifest = folder.path().join("manifest.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let selected = "tap_stream = \"db-tickets\"\nreplication_method = \"INCREMENTAL\"\nreplication_key = \"changed\"\n";
    fs::write(&manifest, text + selected).expect("written");
    fs::write(folder.path().join("password"), "s3cret\n").expect("written");
    let mut settings = settings(folder.path());
    let reference = format!("file:{}", folder.path().join("password").display());
    settings.secrets.insert("password".into(), reference.parse().expect("a reference"));
    let source = connectors().open("desk", &settings).expect("it opens");
    source.look().expect("the secret is there");
    let brought = bring(&source, Some(&json!({"bookmarks": {"tickets": 5}})));
    assert!(brought.error.is_none() && !brought.full, "{:?}", brought.error);

    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    let read_json = |name: &str| serde_json::from_str::<Value>(&read(name)).expect("JSON");
    assert_eq!(
        read_json("config"),
        json!({"start": "2020-01-01", "login": {"password": "x:s3cret"}, "pages": 3, "urls": ["a", "b"]})
    );
    assert_eq!(read("modes"), "600\n600\n", "only their owner reads the files");
    assert_eq!(read("options"), "first --config --catalog --state none\n", "nothing of our environment is passed on");
    assert_eq!(read_json("state"), json!({"bookmarks": {"tickets": 5}}));
    let catalog = read_json("catalog");
    let (tickets, others) = (&catalog["streams"][0], &catalog["streams"][1]);
    assert_eq!(
        tickets["metadata"][0]["metadata"],
        json!({"inclusion": "available", "selected": true, "replication-method": "INCREMENTAL",
            "replication-key": "changed"})
    );
    assert_eq!(tickets["metadata"][1]["metadata"], json!({"inclusion": "unsupported"}));
    let id = json!({"breadcrumb": ["properties", "id"], "metadata": {"selected": true}});
    assert_eq!(tickets["metadata"][2], id);
    assert_eq!(others["metadata"], json!([{"breadcrumb": [], "metadata": {"selected": false}}]));
}

fn every_wrong_key_is_named() {
    let folder = tap(
        "colour = 1\n[secrets]\nkey = \"unused\"\n[tap]\ncommand = []\ntimeout = \"5 m\"\nsilence = \"0s\"\n\
         [tap.config]\na = \"${settings.nope}\"\nb = \"${cursor}\"\n",
        "",
    );
    let manifest = folder.path().join("manifest.toml");
    let all = fs::read_to_string(&manifest).expect("the manifest");
    let open = || text(connectors().open("desk", &settings(folder.path())));
    let more = all.replace("[streams.tickets]\n", "[streams.tickets]\nreplication_method = \"INCREMENTAL\"\n")
        + "[streams.again]\ntap_stream = \"tickets\"\nemit = \"ticket\"\nmapping = \"tickets.jq\"\nreplication_method = \"FULL\"\n";
    fs::write(&manifest, more).expect("written");
    for expected in [
        "manifest.toml: colour: unknown field",
        "tap.command: name the program",
        "tap.timeout: `5 m` is not a whole number",
        "tap.silence: at least 1s",
        "tap.config: `${settings.nope}` is not declared in [settings]",
        "tap.config: `${cursor}` has no value for a tap",
        "secrets.key: nothing uses this secret",
        "streams.tickets.replication_key: INCREMENTAL needs",
        "streams.again.replication_method: `FULL` is not one of FULL_TABLE",
    ] {
        assert!(open().contains(expected), "{expected}\nis not in\n{}", open());
    }
    let without = tap("", "");
    let error = text(connectors().open("desk", &settings(without.path())));
    assert!(error.contains("manifest.toml: tap: say which program to run"), "{error}");
}

fn what_an_operator_leaves_out_is_named() {
    let keys = format!(
        "[settings.site]\nabout = \"which site\"\n[secrets]\ntoken = \"a token\"\n{TAP}\
         [tap.config]\nsite = \"${{settings.site}}\"\ntoken = \"${{secrets.token}}\"\n"
    );
    let folder = tap(&keys, "");
    let mut settings = settings(folder.path());
    settings.settings.insert("sight".into(), "x".into());
    settings.url = "https://example.org".into();
    let error = text(connectors().open("desk", &settings));
    for expected in [
        "sources.desk.settings.site: the connector needs it: which site",
        "sources.desk.settings.sight: the connector knows no such setting",
        "sources.desk.secrets.token: the connector needs it: a token",
        "sources.desk.url: a tap takes none",
    ] {
        assert!(error.contains(expected), "{expected}\nis not in\n{error}");
    }
}

fn a_stream_the_tap_does_not_have_is_named() {
    let folder = tap(
        "[tap]\ncommand = [\"/bin/sh\", \"tap.sh\"]\n",
        r#"echo '{"streams":[{"tap_stream_id":"ticket","stream":"ticket","schema":{}}]}'"#,
    );
    let error = bring(&source(folder.path()), None).error();
    assert!(error.contains("it has no stream `tickets`, only ticket; did you mean `ticket`?"), "{error}");
    fs::write(folder.path().join("tap.sh"), "echo nonsense").expect("written");
    let error = bring(&source(folder.path()), None).error();
    assert!(error.contains("discovers what is no JSON"), "{error}");
}

fn a_row_that_does_not_fit_is_set_aside() {
    let brought = run(r#"
echo '{"type":"RECORD","stream":"tickets","record":{"id":"1","title":7}}'
echo '{"type":"RECORD","stream":"tickets","record":{"id":"2","title":"b"}}'
"#);
    assert!(brought.error.is_none(), "{:?}", brought.error);
    assert_eq!(brought.ids(), ["2"]);
    let row = &brought.set_aside[0];
    assert_eq!(
        (row.stream.as_str(), row.position.as_str(), &row.row),
        ("tickets", "desk line 1", &json!({"id": "1", "title": 7}))
    );
}

fn what_is_no_message_is_quoted_with_its_line() {
    for (line, rule) in [
        ("Traceback of something", "line 2 that is not a Singer message (column 1: expected"),
        ("[1]", "line 2 that is not a Singer message ("),
        (r#"{"type":"RECORD","stream":"tickets"}"#, "(RECORD without `record`)"),
        (r#"{"type":"RECORD","record":{}}"#, "(RECORD without `stream`)"),
        (r#"{"type":"STATE"}"#, "(STATE without `value`)"),
        (r#"{"type":"BATCH","stream":"tickets"}"#, "(BATCH is not supported"),
        (r#"{"type":"LOG"}"#, "(`LOG` is not a type of message)"),
        (r#"{"type":"RECORD","stream":"tickets","record":[]}"#, "line 2 that is not a Singer message ("),
    ] {
        let script = format!("echo '{{\"type\":\"STATE\",\"value\":1}}'\necho '{line}'\nsleep 600\n");
        let brought = run(&script);
        assert_eq!(brought.states.len(), 1, "what came before is kept");
        assert!(brought.error().contains(rule), "{rule}\nis not in\n{}", brought.error());
        assert!(brought.error().contains(line), "{}", brought.error());
    }
}

fn a_line_has_a_longest_length() {
    let line = |title: usize| {
        format!(
            "printf '{{\"type\":\"RECORD\",\"stream\":\"tickets\",\"record\":{{\"id\":\"1\",\"title\":\"x\",\"filler\":\"'\n\
             head -c {title} /dev/zero | tr '\\0' a\nprintf '\"}}}}\\n'\n"
        )
    };
    let frame = r#"{"type":"RECORD","stream":"tickets","record":{"id":"1","title":"x","filler":""}}"#.len();
    let longest = run(&line(MAX_LINE - frame));
    assert!(longest.error.is_none() && longest.versions.len() == 1, "{:?}", longest.error);
    let longer = run(&line(MAX_LINE - frame + 1));
    assert!(longer.error().contains(&format!("line 1 is longer than {MAX_LINE} bytes")), "{}", longer.error());
}

fn a_failing_tap_fails_after_what_it_gave() {
    let brought = run(r#"
echo '{"type":"RECORD","stream":"tickets","record":{"id":"1","title":"a"}}'
echo '{"type":"STATE","value":1}'
echo "the server said no" >&2
exit 3
"#);
    assert_eq!((brought.ids(), brought.states.len()), (vec!["1"], 1));
    assert!(
        brought.error().contains("ended with exit status: 3; it last said: the server said no"),
        "{}",
        brought.error()
    );
    let folder = tap("[tap]\ncommand = [\"no-such-tap\"]\ndiscover = false\n", "");
    let error = bring(&source(folder.path()), None).error();
    assert!(
        error.contains("`no-such-tap` ended with exit status: 127; it last said: ") && error.contains("not found"),
        "{error}"
    );
}

fn secrets_are_in_no_message() {
    let folder = tap(
        &format!("[secrets]\nkey = \"the key\"\n{TAP}[tap.config]\nkey = \"${{secrets.key}}\"\n"),
        "key=$(sed 's/.*:\"//; s/\"}//' \"$2\")\necho \"log in with $key failed\" >&2\nsleep 0.2\necho \"{$key}\"\n",
    );
    fs::write(folder.path().join("key"), "abc+def/ghi").expect("written");
    let mut settings = settings(folder.path());
    let reference = format!("file:{}", folder.path().join("key").display());
    settings.secrets.insert("key".into(), reference.parse().expect("a reference"));
    let error = bring(&connectors().open("desk", &settings).expect("it opens"), None).error();
    assert!(error.contains("{***}") && error.contains("log in with *** failed"), "{error}");
    assert!(!error.contains("abc+def"), "{error}");
    fs::remove_file(folder.path().join("key")).expect("removed");
    let error = text(connectors().open("desk", &settings).expect("it opens").look());
    assert!(error.starts_with("sources.desk.secrets.key: the file "), "{error}");
}

/// A tap that starts a child, says who both are, and waits.
const WAITS: &str = r#"
sleep 600 &
echo "$$ $!" >pids
echo '{"type":"RECORD","stream":"tickets","record":{"id":"1","title":"a"}}'
wait
"#;

fn both_are_gone(folder: &Path) {
    for pid in await_file(&folder.join("pids")).split_whitespace() {
        assert!(is_gone(pid), "{pid} still runs");
    }
}

fn a_silent_tap_is_killed_with_its_children() {
    for (limit, rule) in [("silence = \"1s\"", "was silent for 1 s"), ("timeout = \"1s\"", "took longer than 1 s")] {
        let folder = tap(&format!("{TAP}{limit}\n"), WAITS);
        let brought = bring(&source(folder.path()), None);
        assert_eq!(brought.ids(), ["1"]);
        assert!(brought.error().contains(rule), "{}", brought.error());
        both_are_gone(folder.path());
    }
}

fn a_tap_that_only_closed_its_output_is_killed() {
    let folder = tap(
        &format!("{TAP}silence = \"1s\"\n"),
        &WAITS.replace("600 &", "600 >&- &").replace("\nwait", "\nexec >&-\nwait"),
    );
    let started = Instant::now();
    let brought = bring(&source(folder.path()), None);
    assert!(brought.error().contains("closed its output and did not end"), "{}", brought.error());
    assert!(started.elapsed() < Duration::from_secs(20));
    both_are_gone(folder.path());
}

fn secrets_do_not_stay_when_the_program_is_killed() {
    let (folder, files) = (tap(TAP, WAITS), tempfile::tempdir().expect("a folder"));
    let old = files.path().join("concord-tap-old");
    fs::create_dir(&old).expect("a folder");
    for name in ["in-use", "config.json"] {
        fs::write(old.join(name), "{}").expect("written");
    }
    let configuration = "[database]\nurl = \"sqlite:own.db\"\n[sources.desk]\nconnector = \"singer\"\nfolder = \".\"\n";
    fs::write(folder.path().join("concord.toml"), configuration).expect("written");
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_concord"))
        .current_dir(folder.path())
        .args(["--config", "concord.toml", "sync", "desk"])
        .env("TMPDIR", files.path())
        .spawn()
        .expect("it starts");
    await_file(&folder.path().join("pids"));
    let left = || fs::read_dir(files.path()).expect("the folder").count();
    assert!(!old.exists() && left() == 1, "what was left before is gone");
    program.kill().expect("it is killed");
    program.wait().expect("it ends");
    both_are_gone(folder.path());
    let asked = Instant::now();
    while left() > 0 {
        assert!(asked.elapsed() < Duration::from_secs(10), "a folder stays");
        thread::sleep(Duration::from_millis(20));
    }
}

fn a_stopped_reading_kills_the_tap() {
    let folder = tap(TAP, WAITS);
    let source = source(folder.path());
    let stop = Stop::default();
    let reading = source.resume(at(), StreamStates::new(), stop.clone());
    await_file(&folder.path().join("pids"));
    stop.stop();
    let arrivals: Vec<_> = reading.collect();
    let error = text(arrivals.into_iter().last().expect("an end"));
    assert!(error.contains("was stopped"), "{error}");
    both_are_gone(folder.path());
}

fn a_reading_given_up_kills_the_tap() {
    let folder = tap(TAP, WAITS);
    let source = source(folder.path());
    let reading = source.read(at());
    await_file(&folder.path().join("pids"));
    drop(reading);
    both_are_gone(folder.path());
}

fn children_of_a_tap_do_not_keep_it() {
    let script = WAITS.replace("wait\n", "exit 0\n");
    let folder = tap(TAP, &script);
    let brought = bring(&source(folder.path()), None);
    assert!(brought.error.is_none() && brought.versions.len() == 1, "{:?}", brought.error);
    both_are_gone(folder.path());
}

fn a_tap_without_discovery_is_given_no_catalog() {
    let folder = tap(TAP, "echo \"$#\" \"$1\" >options\n");
    assert!(bring(&source(folder.path()), None).error.is_none());
    assert_eq!(fs::read_to_string(folder.path().join("options")).expect("options"), "2 --config\n");
}

fn a_state_is_kept_as_often_as_is_useful() {
    let brought = run(r#"
for n in $(seq 2500); do
  echo "{\"type\":\"RECORD\",\"stream\":\"tickets\",\"record\":{\"id\":\"$n\",\"title\":\"t\"}}"
  echo "{\"type\":\"STATE\",\"value\":$n}"
done
"#);
    assert!(brought.error.is_none(), "{:?}", brought.error);
    for (versions, state) in &brought.states {
        assert!(state.as_u64().is_some_and(|state| state <= *versions as u64), "{state} before its rows");
    }
    assert!((3..10).contains(&brought.states.len()), "{:?}", brought.states);
    assert_eq!(brought.states.last().map(|(versions, state)| (*versions, state.clone())), Some((2500, json!(2500))));
}

fn a_stream_read_in_full_each_time_says_so() {
    let keys = "replication_method = \"FULL_TABLE\"\nreconcile = { at_most = 0.5 }\n";
    let folder = tap(TAP, r#"echo '{"type":"ACTIVATE_VERSION","stream":"tickets","version":1}'"#);
    let manifest = folder.path().join("manifest.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text + keys).expect("written");
    let source = source(folder.path());
    assert_eq!(source.streams()[0].reconcile().map(|reconcile| reconcile.at_most), Some(0.5));
    assert!(bring(&source, Some(&json!(1))).full, "with a state, too");
    fs::write(folder.path().join("tap.sh"), "true\n").expect("written");
    assert!(!bring(&source, Some(&json!(1))).full, "a tap that says nothing has not said that all is gone");
}

fn a_look_shows_a_record_and_stops_the_tap() {
    let folder = tap(TAP, WAITS);
    let looked = source(folder.path()).check(at(), &Stop::default()).expect("a look");
    assert!(looked[0].record.is_some() && looked[0].problem.is_none(), "{looked:?}");
    both_are_gone(folder.path());
}

fn large_rows_are_held_few_at_a_time() {
    let folder = tap(
        TAP,
        r#"
row=$(head -c 3000000 /dev/zero | tr '\0' a)
for n in $(seq 200); do
  echo "{\"type\":\"RECORD\",\"stream\":\"tickets\",\"record\":{\"id\":\"$n\",\"title\":\"t\",\"filler\":\"$row\"}}"
  echo "$n" >count
done
"#,
    );
    let source = source(folder.path());
    let reading = source.resume(at(), StreamStates::new(), Stop::default());
    // Nobody takes what is read, so the tap has to wait.
    let count = || fs::read_to_string(folder.path().join("count")).ok().and_then(|n| n.trim().parse::<usize>().ok());
    let (mut last, mut since) = (count(), Instant::now());
    while since.elapsed() < Duration::from_secs(2) {
        thread::sleep(Duration::from_millis(50));
        if count() != last || last.is_none() {
            (last, since) = (count(), Instant::now());
        }
    }
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16);
    let most = 2 * (4 * threads + 4) + 10;
    assert!(last.is_some_and(|count| count <= most), "{last:?} rows are held, at most {most} may be");
    drop(reading);
}
