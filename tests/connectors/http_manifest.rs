//! Manifests of the protocol `http`: what they may say, and what is said of each that cannot work.

use super::text;
use concord::connectors::{Connectors, Emit, SourceSettings};
use concord::model::RecordKind;

crate::harness::cases![
    a_whole_manifest_is_read,
    every_broken_rule_is_named,
    one_broken_rule_hides_no_other,
    what_cannot_work_together_is_refused,
    settings_are_checked_against_the_manifest,
    secrets_are_references,
];

const HEAD: &str = "title = \"T\"\nprotocol = \"http\"\nselect = \".rows[]\"\n";

fn parse(manifest: &str) -> concord::error::Result<Connectors> {
    let files = [("connectors/x/manifest.toml".to_owned(), manifest), ("connectors/x/t.jq".to_owned(), ".")];
    Connectors::parse(&files)
}

fn problems(manifest: &str) -> String {
    text(parse(manifest))
}

fn stream(keys: &str) -> String {
    format!("{HEAD}[streams.t]\nemit = \"ticket\"\nmapping = \"t.jq\"\n{keys}")
}

const WHOLE: &str = r#"
title = "Whole"
protocol = "http"
time_zone = "Europe/Paris"
origins = ["https://files.example.org"]
select = ".results[]"
[settings.site]
about = "A site"
[settings.kind]
about = "A kind"
default = "all"
[secrets]
token = "A token"
user = "A user"
password = "A password"
[auth.token]
type = "header"
name = "Authorization"
value = "Token ${secrets.token}"
[auth.login]
type = "session"
request = { method = "POST", path = "/login", form = { user = "${secrets.user}", password = "${secrets.password}" } }
token = ".body.session"
header = "Session-Token"
[request]
params = { limit = "${limit}", offset = "${offset}" }
[paginate]
type = "offset"
size = 50
[check]
path = "/me"
[[errors]]
when = ".body.code != 0"
do = "fail"
message = ".body.message"
[budget]
requests = 10
per = "1s"
[streams.t]
emit = "ticket"
mapping = "t.jq"
request = { path = "/tickets", params = { q = ["changed>${cursor}", "site=${settings.site}"], kind = "${settings.kind}" } }
cursor = { field = ".changed", format = "%Y-%m-%d %H:%M:%S", overlap = "5m" }
reconcile = { every = "7d", at_most = 0.5 }
[streams.log]
emit = "keys"
request = { path = "/log", params = { since = "${cursor}" } }
cursor = { field = ".at" }
[streams.parts]
emit = "configuration_item"
mapping = "t.jq"
request = { path = "/parts", params = { ids = "${keys}" } }
parent = { stream = "log", key = ".part", batch = 50, full_alone = true }
[streams.gone]
emit = "tombstones"
mapping = "t.jq"
request = { path = "/gone", method = "POST", body = { jq = "{since: .cursor}" } }
paginate = { type = "none" }
cursor = { field = ".at" }
[webhook]
verify = { type = "hmac", digest = "sha256", header = "X-Signature" }
[[webhook.routes]]
stream = "t"
"#;

fn a_whole_manifest_is_read() {
    let connectors = parse(WHOLE).unwrap_or_else(|error| panic!("{error}"));
    let connector = connectors.get("x").expect("x");
    let emits: Vec<_> = connector.streams().iter().map(|stream| (stream.name(), stream.emit())).collect();
    let expected = [
        ("gone", Emit::Tombstones),
        ("log", Emit::Keys),
        ("parts", Emit::Records(RecordKind::ConfigurationItem)),
        ("t", Emit::Records(RecordKind::Ticket)),
    ];
    assert_eq!(emits, expected);
    assert_eq!(connector.streams()[1].sample(), None);
    assert_eq!(connector.streams()[3].sample().as_deref(), Some("samples/t.jsonl"));
    assert!(connector.webhook().is_some());
}

fn every_broken_rule_is_named() {
    let at = "connectors/x/manifest.toml: ";
    for (manifest, expected) in [
        (format!("{HEAD}colour = 1\n"), "colour: unknown field `colour`"),
        (stream("request = { path = \"/t\", colour = 1 }"), "streams.t.request.colour: unknown field `colour`"),
        (stream("request = { path = \"t\" }"), "streams.t.request.path: `t` is no path"),
        (stream("request = { path = \"/t?a=1\" }"), "streams.t.request.path: `/t?a=1` is no path"),
        (stream("request = { params = { a = \"1\" } }"), "streams.t.request.path: a request needs a path"),
        (
            stream("request = { path = \"/t\", method = \"PUT\" }"),
            "streams.t.request.method: `PUT` is not one of GET, POST",
        ),
        (stream("request = { path = \"/t\", form = { a = \"1\" } }"), "streams.t.request.method: a GET has neither"),
        (
            stream("request = { path = \"/t\", headers = { \"a b\" = \"1\" } }"),
            "streams.t.request.headers: `a b` is not",
        ),
        (stream("request = { path = \"/${curser}\" }"), "streams.t.request.path: `${curser}` is none of settings.NAME"),
        (stream("request = { path = \"/${curser}\" }"), "did you mean `cursor`?"),
        (stream("request = { path = \"/${a\" }"), "streams.t.request.path: `${a` has no closing `}`"),
        (
            stream("request = { path = \"/t\", params = { a = { jq = \".a |\" } } }"),
            "streams.t.request.params.a line 1",
        ),
        (stream("request = { path = \"/t\" }\nselect = \".a[\""), "streams.t.select line 1 column"),
        (
            stream("request = { path = \"/t\" }\ncursor = { field = \".a\", format = \"iso\" }"),
            "streams.t.cursor.format: `iso`",
        ),
        (
            stream("request = { path = \"/t\" }\ncursor = { field = \".a\", overlap = \"5\" }"),
            "streams.t.cursor.overlap: `5` is not",
        ),
        (stream("request = { path = \"/t\" }\ncursor = {}"), "streams.t.cursor: a cursor is either"),
        (
            stream("request = { path = \"/t\" }\nreconcile = { every = \"7d\", at_most = 2.0 }"),
            "streams.t.reconcile.at_most: a share",
        ),
        (
            stream("request = { path = \"/t\" }\nparent = { stream = \"s\", key = \".a\", batch = 0 }"),
            "streams.t.parent.batch: a batch is",
        ),
        (
            stream("request = { path = \"/t\" }\nparent = { stream = \"s\", key = \".a\" }"),
            "streams.t.parent.stream: there is no stream `s`",
        ),
        (
            stream("request = { path = \"/t\" }\npaginate = { type = \"pages\" }"),
            "streams.t.paginate.type: unknown variant `pages`",
        ),
        (stream("request = { path = \"/t\" }\n[budget]\ntimeout = \"1 hour\""), "budget.timeout: `1 hour` is not"),
        (stream("request = { path = \"/t\" }\n[[errors]]\ndo = \"retry\""), "errors[0]: say by `status` or by `when`"),
        (
            stream("request = { path = \"/t\" }\n[[errors]]\nstatus = 500\ndo = \"again\""),
            "errors[0].do: `again` is not one of retry",
        ),
        (
            format!("time_zone = \"Mars\"\n{}", stream("request = { path = \"/t\" }")),
            "time_zone: `Mars` is not a time zone",
        ),
        (format!("origins = [\"x\"]\n{}", stream("request = { path = \"/t\" }")), "origins: `x` is no origin"),
        (
            stream("request = { path = \"/t\" }\n[auth.a]\ntype = \"header\"\nname = \"a b\"\nvalue = \"\""),
            "auth.a: `a b` is not the name",
        ),
        (
            stream("request = { path = \"/t\" }\n[auth.a]\ntype = \"kerberos\""),
            "auth.a.type: unknown variant `kerberos`",
        ),
        (
            stream("request = { path = \"/t\" }").replace("select = \".rows[]\"", ""),
            "streams.t.select: say where the rows are",
        ),
        (
            stream("request = { path = \"/t\" }").replace("\"ticket\"", "\"tickets\""),
            "streams.t.emit: `tickets` is not one of",
        ),
    ] {
        let all = problems(&manifest);
        assert!(all.contains(&format!("{at}{expected}")) || all.contains(expected), "{expected}\nis not in\n{all}");
    }
}

const BROKEN: &str = r#"
title = "Broken"
protocol = "http"
select = ".rows[]"
[settings.site]
about = 5
[secrets]
user = "A user"
[auth.a]
type = "kerberos"
user = "${secrets.user}"
[request]
method = 5
[paginate]
type = "pages"
[budget]
timeout = "1 hour"
[[errors]]
status = 500
do = 5
[streams.good]
emit = "ticket"
mapping = "good.jq"
request = { path = "/good", params = { offset = "${offset}", site = "${settings.site}" }, form = { a = "1" } }
[streams.bad]
emit = "tickets"
mapping = "bad.jq"
request = { path = "bad" }
select = ".a["
[streams.unread]
emit = 5
mapping = "unread.jq"
request = { path = "/unread" }
[streams.child]
emit = "ticket"
mapping = "good.jq"
request = { path = "/child", params = { keys = "${keys}" } }
parent = { stream = "unread", key = ".a" }
[webhook]
verify = { type = "bearer" }
[[webhook.routes]]
stream = "unread"
"#;

fn one_broken_rule_hides_no_other() {
    let files =
        [("manifest.toml", BROKEN), ("good.jq", "."), ("bad.jq", ".a |"), ("unread.jq", ".b |"), ("idle.jq", ".")];
    let files = files.map(|(name, content)| (format!("connectors/x/{name}"), content));
    let all = text(Connectors::parse(&files));
    let expected = [
        "manifest.toml: auth.a.type: unknown variant `kerberos`",
        "manifest.toml: errors[0].do: invalid type",
        "manifest.toml: paginate.type: unknown variant `pages`",
        "manifest.toml: request.method: invalid type",
        "manifest.toml: settings.site.about: invalid type",
        "manifest.toml: budget.timeout: `1 hour`",
        "manifest.toml: streams.bad.emit: `tickets`",
        "bad.jq line 1",
        "manifest.toml: streams.bad.request.path: `bad` is no path",
        "manifest.toml: streams.bad.select line 1 column 4: expected closing bracket",
        "manifest.toml: streams.unread.emit: invalid type",
        "idle.jq: no stream uses this mapping",
        "unread.jq line 1",
    ];
    // Nothing is said of what is missing only because it could not be read.
    assert_eq!(all.lines().count(), expected.len(), "{all}");
    for (problem, expected) in all.lines().zip(expected) {
        assert!(problem.starts_with(&format!("connectors/x/{expected}")), "{expected} is not {problem}");
    }
}

fn what_cannot_work_together_is_refused() {
    for (manifest, expected) in [
        (
            stream("request = { path = \"/t\", params = { a = \"${cursor}\" } }"),
            "`${cursor}` has no value here: the stream has no `cursor`",
        ),
        (stream("request = { path = \"/t\", params = { a = \"${keys}\" } }"), "`${keys}` has no value here"),
        (stream("request = { path = \"/t\", params = { a = \"${page}\" } }"), "`${page}` has no value here"),
        (
            stream("request = { path = \"/t\" }\npaginate = { type = \"page\" }"),
            "no value of the request uses `${page}`",
        ),
        (
            stream("request = { path = \"/t\" }\ncursor = { field = \".a\" }"),
            "no value of the request uses `${cursor}`",
        ),
        (stream("request = { path = \"/${secrets.a}\" }"), "`${secrets.a}` is not declared in [secrets]"),
        (stream("request = { path = \"/t\" }\n[secrets]\na = \"A\""), "secrets.a: nothing uses this secret"),
        (
            stream("request = { path = \"/t\" }\n[streams.k]\nemit = \"keys\"\nrequest = { path = \"/k\" }"),
            "streams.k.emit: no stream asks",
        ),
        (
            stream("request = { path = \"/t\" }").replace("ticket", "keys"),
            "streams.t.mapping: a stream that emits keys has no mapping",
        ),
        (
            stream("request = { path = \"/t\" }\nreconcile = { every = \"7d\" }").replace("ticket", "tombstones"),
            "only a stream that emits records",
        ),
        (
            stream("request = { path = \"/t\" }\nrelations = [\"affects\"]").replace("ticket", "tombstones"),
            "supplies no relations",
        ),
        (
            stream(
                "request = { path = \"/t\" }\n[auth.a]\ntype = \"session\"\ntoken = \".x\"\nrequest = { path = \"/l\" }",
            ),
            "the token goes either",
        ),
    ] {
        let all = problems(&manifest);
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
}

fn settings_are_checked_against_the_manifest() {
    let connectors = parse(WHOLE).expect("valid");
    let good = || {
        let mut settings = SourceSettings::of("x");
        settings.url = "https://desk.example/base".into();
        settings.auth = "token".into();
        settings.settings = [("site".to_owned(), "derby".to_owned())].into();
        settings.secrets = [("token".to_owned(), "env:NO_SUCH_TOKEN".parse().expect("a reference"))].into();
        settings
    };
    assert!(connectors.open("desk", &good()).is_ok(), "secrets are looked up when they are needed");
    type Change = fn(&mut SourceSettings);
    let cases: [(Change, &str); 10] = [
        (|s| s.url.clear(), "sources.desk.url: the address of the system is needed"),
        (|s| s.url = "ftp://desk.example".into(), "sources.desk.url: it is no address that starts with"),
        (|s| s.url = "https://me:pw@desk.example".into(), "sources.desk.url: it holds a name or a password"),
        (|s| s.url = "https://desk.example?a".into(), "sources.desk.url: it has a `?`"),
        (|s| s.auth.clear(), "sources.desk.auth: the connector knows several ways to log in; name one of login, token"),
        (|s| s.auth = "tokens".into(), "did you mean `token`?"),
        (|s| s.auth = "login".into(), "sources.desk.secrets.user: the connector needs it: A user"),
        (|s| s.settings.clear(), "sources.desk.settings.site: the connector needs it: A site"),
        (|s| s.time_zone = "Mars".into(), "sources.desk.time_zone: `Mars` is not a time zone"),
        (
            |s| drop(s.settings.insert("sites".into(), "x".into())),
            "settings.sites: the connector knows no such setting; did you mean `site`?",
        ),
    ];
    for (change, expected) in cases {
        let mut settings = good();
        change(&mut settings);
        let error = text(connectors.open("desk", &settings));
        assert!(error.contains(expected), "{expected}\nis not in\n{error}");
        assert!(!error.contains("pw"), "{error}");
    }
}

fn secrets_are_references() {
    let read = |secret: &str| {
        toml::from_str::<SourceSettings>(&format!("connector = \"x\"\nsecrets = {{ token = \"{secret}\" }}"))
    };
    let settings = read("file:/run/secrets/token").expect("settings");
    assert_eq!(settings.secrets["token"].to_string(), "file:/run/secrets/token");
    let error = read("hunter2").expect_err("a secret is not written in the configuration");
    assert!(error.message().contains("env:NAME") && !error.message().contains("hunter2"), "{error}");
}
