//! Cases of the program as a user runs it: the demo, its own data from a file, and what it says of mistakes.

use crate::harness::{
    cases,
    stub::{Answer, Stub},
};
use concord::{
    model::Timestamp,
    store::{RunState, Store, StoredSource},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};
use tempfile::TempDir;

cases![
    the_demo_tells_its_story,
    own_data_is_checked_read_and_given_a_token,
    mistakes_are_named_with_file_and_key,
    help_helps,
    a_key_others_may_read_is_refused,
    connectors_are_listed_with_ones_own,
    a_beginning_of_a_connector_works_and_is_checked,
    what_a_source_needs_is_looked_for,
    what_is_wrong_with_a_connector_is_named,
    a_source_made_by_api_is_read_by_command,
    a_source_that_sends_is_not_asked,
    an_interrupted_run_ends_with_what_it_has,
];

fn concord(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concord"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CONCORD_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(arguments).envs(variables.iter().copied()).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn the_demo_tells_its_story() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let run = || out(&concord(folder.path(), &["demo", "--no-serve"], &[]));
    let first = run();
    for part in [
        "850 records created",
        "3 rows set aside",
        "ISO/IEC 27001:2013",
        "ISO/IEC 20000-1:2011",
        "NC-04",
        "V-05 Arclight Telecom SA",
        "The supplier at highest risk: Sluicegate Networks",
    ] {
        assert!(first.contains(part), "no `{part}` in\n{first}");
    }
    assert_eq!(run(), first, "a second demo tells the same");
    assert!(folder.path().join("concord-demo/northgate-hosting/tickets.jq").is_file());
}

const CONFIGURATION: &str =
    "[database]\nurl = \"sqlite:own.db\"\n[sources.risks]\nconnector = \"files\"\nfolder = \"risks\"\n";

fn own_data(folder: &Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file is written");
    fs::create_dir(folder.join("risks")).expect("a folder is made");
    write("concord.toml", CONFIGURATION);
    write(
        "risks/manifest.toml",
        "title = \"Risks\"\nprotocol = \"files\"\n[streams.risks]\nfiles = \"*.jsonl\"\nformat = \"json_lines\"\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    write("risks/risks.jq", "{external_id: .id, title}");
    write("risks/risks.jsonl", "{\"id\": 1, \"title\": \"Flood\"}\n");
}

fn own_data_is_checked_read_and_given_a_token() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    own_data(folder.path());
    let run = |arguments: &[&str]| {
        let with = [&["--config", "concord.toml"], arguments].concat();
        out(&concord(folder.path(), &with, &[]))
    };
    assert!(run(&["check"]).contains("sources: risks"));
    assert!(run(&["migrate"]).is_empty());
    assert!(run(&["sync", "risks"]).contains("1 row read, 1 record created"));
    assert!(run(&["sync", "risks"]).contains("0 records created, 0 changed, 1 unchanged"));
    let token = run(&["token", "issue", "--subject", "me", "--permission", "records:read"]);
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    let mode = fs::metadata(folder.path().join("concord.key")).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let data = folder.path().join("risks/risks.jsonl");
    fs::rename(&data, data.with_extension("away")).expect("the file is moved");
    let missing = err(&concord(folder.path(), &["--config", "concord.toml", "check"], &[]));
    assert!(missing.contains("source risks, stream risks") && missing.contains("*.jsonl"), "{missing}");
    let unknown = concord(folder.path(), &["--config", "concord.toml", "sync", "risk"], &[]);
    assert!(err(&unknown).contains("did you mean `risks`?"));
}

fn mistakes_are_named_with_file_and_key() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    own_data(folder.path());
    let check = |text: &str, variable: Option<(&str, &str)>| {
        fs::write(folder.path().join("concord.toml"), text).expect("a file is written");
        err(&concord(folder.path(), &["--config", "concord.toml", "check"], variable.as_slice()))
    };
    /// A configuration file, a variable, and what is said of them.
    type Mistake<'a> = (&'a str, Option<(&'a str, &'a str)>, &'a [&'a str]);
    let rules = |rules: &str| format!("[classification]\nname = \"own\"\n{rules}");
    let rule = |id: &str, class: &str, when: &str| {
        format!("[[classification.rule]]\nid = \"{id}\"\nclass = \"{class}\"\nreason = \"x\"\n{when}\n")
    };
    let two = rule("a", "security", "when.impact = { to = 2 }") + &rule("b", "service", "when.impact = { from = 2 }");
    for (name, text) in [
        ("broken.toml", "[classification\n".to_owned()),
        ("empty.toml", rules("rule = []\n")),
        ("two.toml", rules(&two)),
        ("unknown.toml", rules(&rule("a", "security", "when.categry = [\"x\"]"))),
    ] {
        fs::write(folder.path().join(name), text).expect("a file is written");
    }
    let cases: [Mistake<'_>; 14] = [
        ("[server]\nadress = \"x\"\n", None, &["concord.toml", "server", "adress"]),
        ("[server]\nworkers = \"many\"\n", None, &["concord.toml", "server.workers"]),
        ("server =\n", None, &["concord.toml", "line"]),
        (CONFIGURATION, Some(("CONCORD_SERVER_ADDRESS", "x")), &["CONCORD_SERVER_ADDRESS", "two underscores"]),
        (CONFIGURATION, Some(("CONCORD_SERVER__PORT", "1")), &["environment", "port"]),
        ("[sources.risks]\nconnector = \"filez\"\nfolder = \"risks\"\n", None, &["filez", "did you mean `files`?"]),
        ("[sources.risks]\nconnector = \"files\"\nfolder = \"nowhere\"\n", None, &["risks", "nowhere"]),
        ("[sources.\"My risks\"]\nconnector = \"files\"\nfolder = \"risks\"\n", None, &["My risks", "lower-case"]),
        ("[indicators]\nfolder = \"own\"\n", None, &["indicators.folder own"]),
        ("[incidents]\nclassification = \"nowhere.toml\"\n", None, &["incidents.classification nowhere.toml"]),
        ("[incidents]\nclassification = \"broken.toml\"\n", None, &["incidents.classification broken.toml", "1:"]),
        ("[incidents]\nclassification = \"empty.toml\"\n", None, &["incidents.classification empty.toml", "rule"]),
        (
            "[incidents]\nclassification = \"two.toml\"\n",
            None,
            &["incidents.classification two.toml", "rule `a`", "in two classes", "rule `b`", "impact 2"],
        ),
        (
            "[incidents]\nclassification = \"unknown.toml\"\n",
            None,
            &["incidents.classification unknown.toml", "rule `a`", "categry", "did you mean `category`?"],
        ),
    ];
    for (text, variable, parts) in cases {
        let message = check(text, variable);
        for part in parts {
            assert!(message.contains(part), "no `{part}` in {message:?} for {text:?}");
        }
    }
    // One mistake hides no other.
    let message = check(
        "colour = 1\n[server]\nworkers = \"many\"\n[schedule]\ninterval = \"often\"\n[webhooks]\nlongest = 0\n\
         [sources.a]\nconnector = []\n[sources.b]\nconnector = \"files\"\ninterval = \"sometimes\"\nenabled = \"yes please\"\n\
         [sources.\"No name\"]\nconnector = \"files\"\n[api_sources]\nfolders = [[]]\n",
        None,
    );
    for part in [
        "colour",
        "server.workers",
        "schedule.interval",
        "webhooks.longest",
        "sources.b.interval",
        "sources.b.enabled",
        "sources.No name",
        "api_sources.folders",
    ] {
        assert!(message.contains(part), "no `{part}` in {message:?}");
    }
    assert_eq!(message.lines().count(), 9, "{message}");
    // An indicator of one's own with an unknown topic, a misspelt field and an impossible target: each is named.
    fs::create_dir(folder.path().join("own")).expect("a folder is made");
    let indicator = "title = \"x\"\ntopic = \"risk-acceptence\"\nrecord = \"risk\"\napplies = \"statuss == 'treated'\"\npasses = \"has(owner)\"\ntarget = 1.5\ntolerance = 0.9\nseverity = \"major\"\nmax_age_days = 7\nrationale = \"x\"\n";
    fs::write(folder.path().join("own/mine.toml"), indicator).expect("a file is written");
    let message = check("[indicators]\nfolder = \"own\"\n", None);
    assert!(message.contains("mine.toml"), "{message}");
    fs::write(folder.path().join("own/mine.toml"), indicator.replace("1.5", "1.0")).expect("a file is written");
    let message = check("[indicators]\nfolder = \"own\"\n", None);
    for part in ["own/mine.toml", "`risk-acceptance`", "`status`"] {
        assert!(message.contains(part), "no `{part}` in {message:?}");
    }
}

fn help_helps() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let help = out(&concord(folder.path(), &["--help"], &[]));
    for command in
        ["demo", "serve", "sync", "connectors", "connector", "token", "check", "migrate", "openapi", "config"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "no `{command}` in\n{help}");
    }
    let defaults = out(&concord(folder.path(), &["config"], &[]));
    assert_eq!(defaults, concord::config::DEFAULTS);
}

fn a_key_others_may_read_is_refused() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let key = folder.path().join("concord.key");
    fs::write(&key, [7; 64]).expect("a file is written");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("the mode is set");
    let message = err(&concord(folder.path(), &["token", "issue", "--subject", "me"], &[]));
    assert!(message.contains("make it 600"), "{message}");
}

const OWN_CONNECTORS: &str = "[connectors]\nfolder = \"own\"\n";

/// A folder whose configuration names `own` as the folder of connectors, with a beginning of one in it.
fn beginning() -> TempDir {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    fs::create_dir(folder.path().join("own")).expect("a folder is made");
    fs::write(folder.path().join("concord.toml"), OWN_CONNECTORS).expect("a file is written");
    let said = out(&concord(folder.path(), &["--config", "concord.toml", "connector", "new", "helpdesk"], &[]));
    assert!(said.contains("own/helpdesk is a beginning"), "{said}");
    folder
}

fn connectors_are_listed_with_ones_own() {
    let folder = beginning();
    let built_in = out(&concord(folder.path(), &["connectors"], &[]));
    for name in
        ["request-tracker", "redmine", "netbox", "servicenow", "itop", "http-json", "singer", "files", "webhook"]
    {
        assert!(built_in.lines().any(|line| line.starts_with(&format!("{name}: "))), "no `{name}` in\n{built_in}");
    }
    assert!(!built_in.contains("helpdesk"));
    let all = out(&concord(folder.path(), &["--config", "concord.toml", "connectors"], &[]));
    assert!(all.contains("helpdesk: helpdesk (http, of your own)\n    ticket\n"), "{all}");
    assert_eq!(all.lines().count(), built_in.lines().count() + 2);
    assert!(all.contains("netbox: NetBox (http)\n    configuration_item, party, relation\n"), "each kind once: {all}");
    let checked = out(&concord(folder.path(), &["--config", "concord.toml", "check"], &[]));
    assert!(checked.contains("files, helpdesk, http-json"), "{checked}");
}

fn a_beginning_of_a_connector_works_and_is_checked() {
    let folder = beginning();
    let check = |more: &[&str]| concord(folder.path(), &[&["connector", "check", "own/helpdesk"], more].concat(), &[]);
    let message = err(&check(&[]));
    assert!(message.contains("samples/tickets.expected.jsonl") && message.contains("--update"), "{message}");
    assert!(out(&check(&["--update"])).contains("1 line, 0 of them rows set aside"));
    out(&check(&[]));
    let mapping = folder.path().join("own/helpdesk/tickets.jq");
    let text = fs::read_to_string(&mapping).expect("a mapping");
    fs::write(&mapping, text.replace("title: .title", "title: (.title | ascii_upcase)")).expect("a file is written");
    let message = err(&check(&[]));
    for part in ["tickets.expected.jsonl line 1", "Printer does not print", "PRINTER DOES NOT PRINT"] {
        assert!(message.contains(part), "no `{part}` in {message:?}");
    }
    let message = err(&concord(folder.path(), &["connector", "new", "helpdesk", "--dir", "own"], &[]));
    assert!(message.contains("own/helpdesk exists"), "{message}");
    let message = err(&concord(folder.path(), &["connector", "new", "../Help"], &[]));
    assert!(message.contains("lower-case"), "{message}");
    let here = out(&concord(folder.path(), &["connector", "new", "other"], &[]));
    assert!(here.contains("other") && folder.path().join("other/manifest.toml").is_file(), "{here}");
}

fn what_a_source_needs_is_looked_for() {
    let folder = beginning();
    out(&concord(folder.path(), &["--config", "concord.toml", "connector", "new", "my-sys"], &[]));
    let readme = fs::read_to_string(folder.path().join("own/my-sys/README.md")).expect("a file");
    assert!(readme.contains("[sources.my-sys]") && readme.contains("env:MY_SYS_TOKEN"), "{readme}");
    let stub = Stub::start(|_| Answer::text(403, "no"));
    let configuration = "[schedul]\nx = 1\n[connectors]\nfolder = \"own\"\ncolour = 1\n[sources.desk]\nconnector = \"netbox\"\n\
         url = \"URL\"\nauth = \"bearer\"\nsecrets = { token = \"env:HOME\" }\nwebhook_secret = \"env:NOT_SET_AT_ALL\"\n"
        .replace("URL", &stub.url);
    let write = |text: &str| fs::write(folder.path().join("concord.toml"), text).expect("a file is written");
    let check =
        |more: &[&str]| err(&concord(folder.path(), &[&["--config", "concord.toml", "check"], more].concat(), &[]));
    write(&configuration);
    let message = check(&[]);
    for part in ["schedul: unknown field", "connectors.colour: unknown field"] {
        assert!(message.contains(part), "no `{part}` in {message:?}");
    }
    let right = configuration.replace("[schedul]\nx = 1\n", "").replace("colour = 1\n", "");
    write(&right);
    let message = check(&[]);
    assert!(message.contains("sources.desk.webhook_secret: the environment variable NOT_SET_AT_ALL"), "{message}");
    let said = concord(folder.path(), &["--config", "concord.toml", "check"], &[]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("source desk: 1 problem\n"), "{said:?}");
    // One that is not enabled can be asked all the same.
    write(&format!("{right}enabled = false\n").replace("webhook_secret = \"env:NOT_SET_AT_ALL\"\n", ""));
    let message = check(&["desk"]);
    assert!(message.contains("source desk: GET /api/status/"), "{message}");
}

fn what_is_wrong_with_a_connector_is_named() {
    let folder = beginning();
    let own = folder.path().join("own/helpdesk");
    let write = |name: &str, text: &str| fs::write(own.join(name), text).expect("a file is written");
    let manifest = fs::read_to_string(own.join("manifest.toml")).expect("a manifest");
    write(
        "manifest.toml",
        &manifest.replace("emit = \"ticket\"", "emit = \"tickets\"").replace("[budget]", "[budgets]"),
    );
    write("tickets.jq", "{external_id: .id");
    let checked = err(&concord(folder.path(), &["connector", "check", "own/helpdesk"], &[]));
    // A service does not start with it either.
    let loaded = err(&concord(folder.path(), &["--config", "concord.toml", "connectors"], &[]));
    for message in [checked, loaded] {
        for part in ["helpdesk/manifest.toml", "budgets", "did you mean `ticket`?", "helpdesk/tickets.jq line 1"] {
            assert!(message.contains(part), "no `{part}` in {message:?}");
        }
    }
    let message = err(&concord(folder.path(), &["connector", "check", "nowhere"], &[]));
    assert!(message.contains("nowhere"), "{message}");
}

fn a_source_made_by_api_is_read_by_command() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    own_data(folder.path());
    let risks = folder.path().join("risks");
    let configuration =
        format!("[database]\nurl = \"sqlite:own.db\"\n[api_sources]\nfolders = [\"{}\"]\n", risks.display());
    fs::write(folder.path().join("concord.toml"), configuration).expect("a file is written");
    let run = |arguments: &[&str]| concord(folder.path(), &[&["--config", "concord.toml"], arguments].concat(), &[]);
    out(&run(&["migrate"]));
    let store = Store::open(&format!("sqlite:{}", folder.path().join("own.db").display()), 1).expect("it opens");
    let stored = |name: &str, enabled: bool| StoredSource {
        name: name.into(),
        settings: serde_json::json!({"connector": "files", "folder": risks, "enabled": enabled}).to_string(),
        changed_at: Timestamp::from_millis(0),
        changed_by: "a person".into(),
    };
    for source in [stored("made", true), stored("off", false)] {
        store.write(Timestamp::from_millis(0), |transaction| transaction.store_source(&source)).expect("it is kept");
    }
    assert!(out(&run(&["sync", "made", "--full", "--accept-deletions"])).contains("1 record created"));
    assert!(err(&run(&["sync", "off"])).contains("enable it by API"));
    assert!(err(&run(&["sync", "mad"])).contains("did you mean `made`?"));
    // It can be looked at, enabled or not.
    for name in ["made", "off"] {
        assert!(out(&run(&["check", name])).contains(&format!("{name}, stream risks: {{")), "{name}");
    }
    assert!(err(&run(&["check", "mad"])).contains("did you mean `made`?"));
}

fn a_source_that_sends_is_not_asked() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    own_data(folder.path());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write("secret", "a secret of the source");
    write("concord.toml", &CONFIGURATION.replace("\"files\"", "\"webhook\"\nwebhook_secret = \"file:secret\""));
    write(
        "risks/manifest.toml",
        "title = \"Risks\"\nprotocol = \"webhook\"\n[webhook]\nverify = { type = \"bearer\" }\n\
         [[webhook.routes]]\nstream = \"risks\"\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    let said = out(&concord(folder.path(), &["--config", "concord.toml", "check", "risks"], &[]));
    assert!(said.contains("risks, stream risks: not asked, the system sends what changes\n"), "{said}");
}

fn an_interrupted_run_ends_with_what_it_has() {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    own_data(folder.path());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write("concord.toml", &CONFIGURATION.replace("\"files\"", "\"singer\""));
    write(
        "risks/manifest.toml",
        "title = \"Risks\"\nprotocol = \"singer\"\n[tap]\ncommand = [\"/bin/sh\", \"-c\", \"echo >begun; sleep 600\"]\n\
         discover = false\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n",
    );
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_concord"));
        command.current_dir(folder.path()).args(["--config", "concord.toml", "sync", "risks"]);
        let child = command.stderr(std::process::Stdio::piped()).spawn().expect("the program starts");
        let begun = folder.path().join("risks/begun");
        let started = Instant::now();
        while !begun.exists() {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = Command::new("kill").args([format!("-{number}"), child.id().to_string()]).status();
        assert!(sent.expect("it is sent").success());
        let said = err(&child.wait_with_output().expect("it ends"));
        assert!(said.contains("told to stop while the source was read"), "{signal}: {said}");
        fs::remove_file(begun).expect("it is removed");
        let store = Store::open(&format!("sqlite:{}", folder.path().join("own.db").display()), 1).expect("it opens");
        let runs = store.read(|reader| reader.runs("risks", None, 1)).expect("it reads").items;
        assert_eq!(runs[0].state, RunState::Failed, "and the next may begin at once");
    }
}
