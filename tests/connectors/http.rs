//! Reading over HTTP: pages, logins, errors, and systems that do not do as they say.

use super::{Brought, connectors, folder, gather, text};
use crate::harness::stub::{Answer, Asked, Stub};
use concord::{
    connectors::{Reached, Source, SourceSettings, Stop, StreamState, StreamStates},
    error::{Error, Result},
    model::Timestamp,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

crate::harness::cases![
    offsets_follow_the_rows_that_came,
    rows_that_move_up_are_not_missed,
    pages_are_counted_until_none_comes,
    a_next_address_stays_on_the_origin,
    the_link_header_leads_on,
    tokens_and_keys_lead_on,
    a_system_that_ignores_paging_is_found_out,
    pages_without_end_end,
    an_error_inside_a_good_status_is_an_error,
    garbage_names_what_it_is,
    a_huge_answer_is_not_held,
    a_slow_answer_is_given_up,
    what_may_pass_is_asked_again,
    what_a_source_asks_for_outlives_the_run,
    a_stopped_reading_ends_at_once,
    redirects_elsewhere_are_not_followed,
    every_way_to_log_in,
    a_login_is_tried_again,
    a_session_is_renewed_when_it_is_refused,
    secrets_are_never_shown,
    a_cursor_is_read_kept_and_sent_back,
    local_times_are_of_the_zone,
    a_cursor_that_is_not_heeded_is_found_out,
    children_are_asked_for_in_batches,
    a_log_says_which_children_to_ask_for,
    deletions_become_tombstones,
    a_page_is_made_smaller,
    an_answer_may_be_skipped,
    one_broken_stream_does_not_keep_the_others,
    the_budget_is_kept,
    a_look_shows_a_record_of_each_stream,
    a_look_asks_once,
];

fn at() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// A source whose folder has this manifest and one mapping.
struct Fixture {
    source: Source,
    _folder: TempDir,
}

fn open(stub: &Stub, manifest: &str, mapping: &str) -> Fixture {
    open_with(stub, manifest, mapping, |_| {})
}

fn open_with(stub: &Stub, manifest: &str, mapping: &str, change: impl FnOnce(&mut SourceSettings)) -> Fixture {
    let manifest = format!("title = \"T\"\nprotocol = \"http\"\n{manifest}");
    let folder = folder(&[
        ("manifest.toml", manifest.as_str()),
        ("t.jq", mapping),
        ("secret", "s3cr3t/token\n"),
        ("user", "u+1"),
    ]);
    let mut settings = SourceSettings::in_folder("http-json", folder.path());
    settings.url.clone_from(&stub.url);
    for (name, file) in [("token", "secret"), ("user", "user")] {
        if manifest.contains(&format!("secrets.{name}")) {
            let reference = format!("file:{}", folder.path().join(file).display());
            settings.secrets.insert(name.into(), reference.parse().expect("a reference"));
        }
    }
    change(&mut settings);
    let source = connectors().open("desk", &settings).unwrap_or_else(|error| panic!("{error}"));
    Fixture { source, _folder: folder }
}

const TICKETS: &str = "[streams.t]\nemit = \"ticket\"\nmapping = \"t.jq\"\nselect = \".rows[]\"\n";

fn read(fixture: &Fixture) -> Result<Brought> {
    resume(fixture, StreamStates::new())
}

fn resume(fixture: &Fixture, states: StreamStates) -> Result<Brought> {
    gather(fixture.source.resume(at(), states, Stop::default()))
}

fn ids(brought: &Brought) -> Vec<&str> {
    brought.versions.iter().map(|version| version.external_id.as_str()).collect()
}

fn rows(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|id| json!({"id": id})).collect()
}

const MAPPING: &str = "{external_id: .id, updated_at: .at, title: .title}";

/// A slice of rows by the request's offset and limit, no more than `cap` of them.
fn slice(all: &[Value], asked: &Asked, cap: usize) -> Vec<Value> {
    let limit = asked.number("limit").unwrap_or(cap).min(cap);
    all.iter().skip(asked.number("offset").unwrap_or(0)).take(limit).cloned().collect()
}

fn offset(request: &str) -> String {
    format!(
        "{TICKETS}request = {{ path = \"/t\", params = {{ limit = \"${{limit}}\", offset = \"${{offset}}\"{request} }} }}\n\
         paginate = {{ type = \"offset\", size = 10 }}\n"
    )
}

/// One page of the stream, from a path.
fn single(path: &str) -> String {
    format!("{TICKETS}request = {{ path = \"{path}\" }}\n")
}

fn offsets_follow_the_rows_that_came() {
    // Ten are asked for, four given, and the totals lie and change.
    let stub = Stub::start(|asked| {
        let rows = slice(&rows(0..9), asked, 4);
        Answer::json(json!({"total": 3 + rows.len(), "rows": rows}))
    });
    let brought = read(&open(&stub, &offset(""), MAPPING)).expect("it is read");
    assert_eq!(ids(&brought), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    let offsets: Vec<_> = stub.asked().iter().map(|asked| asked.number("offset").expect("an offset")).collect();
    assert_eq!(offsets, [0, 3, 6, 8], "each page begins with the last row of the one before");
    assert_eq!(brought.reached, [Reached { complete: true, full: true, ..Reached::default() }]);
}

/// Reads rows of which some go, by position, when the page at an offset has been given. What came, sorted, and whether
/// that was sure.
fn read_moving(size: usize, gone: &'static [(usize, &'static [usize])], more: &str) -> (Vec<usize>, bool) {
    let list = Mutex::new((rows(0..30), gone.to_vec()));
    let stub = Stub::start(move |asked| {
        let mut list = list.lock().expect("the rows");
        let page = slice(&list.0, asked, 100);
        let end = asked.number("offset").unwrap_or(0) + page.len();
        let answer = Answer::json(json!({"rows": page, "more": end < list.0.len()}));
        if let Some(place) = list.1.iter().position(|(at, _)| asked.number("offset") == Some(*at)) {
            let (_, ids) = list.1.remove(place);
            list.0.retain(|row| ids.iter().all(|id| row["id"] != *id));
        }
        answer
    });
    let manifest = offset("").replace("size = 10", &format!("size = {size}{more}"));
    let brought = read(&open(&stub, &manifest, MAPPING)).expect("it is read");
    let mut found: Vec<usize> = ids(&brought).iter().map(|id| id.parse().expect("a number")).collect();
    found.sort_unstable();
    found.dedup();
    (found, !brought.reached.iter().any(|reached| reached.unsure))
}

fn rows_that_move_up_are_not_missed() {
    let all: Vec<usize> = (0..30).collect();
    let without = |ids: &[usize]| all.iter().copied().filter(|id| !ids.contains(id)).collect::<Vec<_>>();
    for more in ["", ", more = \".body.more\""] {
        assert_eq!(read_moving(10, &[], more), (all.clone(), true));
        // One that was read, the last of its page, all of a page, and again while one goes back.
        assert_eq!(read_moving(10, &[(0, &[3])], more), (all.clone(), true), "{more}");
        assert_eq!(read_moving(10, &[(0, &[9])], more), (all.clone(), true), "{more}");
        assert_eq!(read_moving(10, &[(0, &[2, 3, 8, 9]), (9, &[5])], more), (all.clone(), true), "{more}");
        // One that was not read yet is not missed either, it is gone.
        assert_eq!(read_moving(10, &[(0, &[12])], more), (without(&[12]), true), "{more}");
        assert_eq!(read_moving(10, &[(9, &[1]), (18, &[29])], more).0, without(&[29]), "{more}");
        // All of the first page: where the second began cannot be told, but the list is read from its begin again.
        assert_eq!(read_moving(10, &[(0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])], more).0, all, "{more}");
        // Row by row nothing can be told.
        assert_eq!(read_moving(1, &[], more), (all.clone(), false), "{more}");
    }
    let one = Stub::start(|asked| Answer::json(json!({"rows": slice(&rows(0..1), asked, 100)})));
    assert_eq!(ids(&read(&open(&one, &offset(""), MAPPING)).expect("it is read")), ["0"]);
}

fn pages_are_counted_until_none_comes() {
    let stub = Stub::start(|asked| {
        let page = asked.number("page").expect("a page");
        Answer::json(json!({"rows": if page <= 3 { rows(page * 2..page * 2 + 2) } else { Vec::new() }}))
    });
    let manifest = |more: &str| {
        format!(
            "{TICKETS}request = {{ path = \"/t\", params = {{ page = \"${{page}}\" }} }}\npaginate = {{ type = \"page\"{more} }}\n"
        )
    };
    assert_eq!(ids(&read(&open(&stub, &manifest(""), MAPPING)).expect("it is read")).len(), 6);
    assert_eq!(stub.asked().len(), 4);
    stub.forget();
    let manifest = manifest(", more = \".body.rows[0].id < 6\"");
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")).len(), 6);
    assert_eq!(stub.asked().len(), 3);
}

fn a_next_address_stays_on_the_origin() {
    // The system thinks it is called otherwise, and writes `&=&`.
    let stub = Stub::start(|asked| match asked.number("page") {
        None => Answer::json(json!({"rows": rows(0..2), "next": "http://internal.invalid:1/rt/t?page=2&=&q=a%20b"})),
        Some(2) => Answer::json(json!({"rows": rows(2..4), "next": "/base/other?page=3"})),
        Some(_) => Answer::json(json!({"rows": rows(4..5), "next": null})),
    });
    let manifest =
        format!("{TICKETS}request = {{ path = \"/t\" }}\npaginate = {{ type = \"next\", next = \".body.next\" }}\n");
    let fixture = open_with(&stub, &manifest, MAPPING, |settings| settings.url.push_str("/base"));
    assert_eq!(ids(&read(&fixture).expect("it is read")), ["0", "1", "2", "3", "4"]);
    let asked = stub.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/base/t", "/base/t", "/base/other"]);
    assert_eq!(asked[1].params, [("page".to_owned(), "2".to_owned()), ("q".to_owned(), "a b".to_owned())]);
}

fn the_link_header_leads_on() {
    let stub = Stub::start(|asked| match asked.number("page") {
        None => Answer::json(json!({"rows": rows(0..2)}))
            .with("Link", "</t?page=1>; rel=\"prev\", </t?page=2>; rel=\"next\""),
        Some(_) => Answer::json(json!({"rows": rows(2..3)})).with("Link", "</t?page=1>; rel=\"first\""),
    });
    let manifest = format!("{TICKETS}request = {{ path = \"/t\" }}\npaginate = {{ type = \"link\" }}\n");
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")), ["0", "1", "2"]);
    // The header may come more than once.
    let stub = Stub::start(|asked| match asked.number("page") {
        None => Answer::json(json!({"rows": rows(0..2)}))
            .with("Link", "</t?page=2>; rel=\"next\"")
            .with("Link", "</style.css>; rel=preload")
            .with("Link", "</about>; rel=\"author\""),
        Some(_) => Answer::json(json!({"rows": rows(2..3)})),
    });
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")), ["0", "1", "2"]);
}

fn tokens_and_keys_lead_on() {
    let stub = Stub::start(|asked| match asked.param("token") {
        None => Answer::json(json!({"rows": rows(0..2), "more": "a"})),
        // A page may be empty although there is more.
        Some("a") => Answer::json(json!({"rows": [], "more": "b"})),
        Some(_) => Answer::json(json!({"rows": rows(2..3), "more": null})),
    });
    let manifest = format!(
        "{TICKETS}request = {{ path = \"/t\", params = {{ token = \"${{token}}\" }} }}\npaginate = {{ type = \"token\", token = \".body.more\" }}\n"
    );
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")), ["0", "1", "2"]);

    let stub = Stub::start(|asked| {
        let after = asked.param("q").expect("a query").strip_prefix("id>").expect("a key").parse().unwrap_or(0);
        Answer::json(json!({"rows": rows(after + 1..8.min(after + 3))}))
    });
    let manifest = format!(
        "{TICKETS}request = {{ path = \"/t\", params = {{ q = \"id>${{last}}\" }} }}\npaginate = {{ type = \"keyset\", key = \".id\" }}\n"
    );
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")), ["1", "2", "3", "4", "5", "6", "7"]);
}

fn a_system_that_ignores_paging_is_found_out() {
    let stub = Stub::start(|_| Answer::json(json!({"rows": rows(0..3)})));
    let error = text(read(&open(&stub, &offset(""), MAPPING)));
    assert!(error.contains("stream t: page 3: the same page comes twice"), "{error}");
    assert!(stub.asked().len() < 4);
}

fn pages_without_end_end() {
    let stub = Stub::start(|asked| {
        let from = asked.number("offset").expect("an offset");
        Answer::json(json!({"rows": rows(from..from + 1)}))
    });
    let manifest = offset("").replace("size = 10", "size = 10, max_pages = 20");
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("more than 20 pages; raise paginate.max_pages"), "{error}");
    let stub = Stub::start(|asked| {
        let page = asked.number("page").unwrap_or(0) + 1;
        Answer::json(json!({"rows": [], "next": format!("/t?page={page}")}))
    });
    let manifest =
        format!("{TICKETS}request = {{ path = \"/t\" }}\npaginate = {{ type = \"next\", next = \".body.next\" }}\n");
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("pages without rows, and no end"), "{error}");
}

fn an_error_inside_a_good_status_is_an_error() {
    let stub = Stub::start(|_| Answer::json(json!({"code": 1, "message": "wrong login", "rows": null})));
    let error = text(read(&open(&stub, &offset(""), MAPPING)));
    assert!(error.contains("select: `.rows` is no list in the answer"), "{error}");
    let rule = "[[errors]]\nwhen = \".body.code != 0\"\ndo = \"fail\"\nmessage = \".body.message\"\n";
    let error = text(read(&open(&stub, &format!("{rule}{}", offset("")), MAPPING)));
    assert!(error.contains("answers 200: wrong login"), "{error}");
    // A system whose list is null when it is empty says so with `[]?`.
    let empty = offset("").replace(".rows[]", ".rows[]?");
    assert!(read(&open(&stub, &empty, MAPPING)).expect("it is read").versions.is_empty());
}

fn garbage_names_what_it_is() {
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/html" => Answer::text(200, "<html>\u{7}log in</html>"),
        "/deep" => Answer::text(200, "[".repeat(100_000)),
        "/cut" => Answer::text(200, "{\"rows\": [{\"id\": 1}"),
        "/gone" => Answer::text(404, "no such thing"),
        _ => Answer::json(json!({"rows": [5, null, {"id": 7}, [], {"id": null}]})),
    });
    let error_of = |path: &str| text(read(&open(&stub, &offset("").replace("\"/t\"", path), MAPPING)));
    let error = error_of("\"/html\"");
    assert!(error.contains("the answer is not JSON") && error.contains("<html> log in</html>"), "{error}");
    assert!(error_of("\"/deep\"").contains("the answer is not JSON"));
    assert!(error_of("\"/cut\"").contains("the answer is not JSON"));
    assert!(error_of("\"/gone\"").contains("answers 404: no such thing"));
    let brought = read(&open(&stub, &single("/rows"), MAPPING)).expect("it is read");
    assert_eq!(ids(&brought), ["7"]);
    let positions: Vec<_> = brought.set_aside.iter().map(|row| row.position.as_str()).collect();
    assert_eq!(positions, ["page 1 row 1", "page 1 row 2", "page 1 row 4", "page 1 row 5"]);
}

fn a_huge_answer_is_not_held() {
    let stub = Stub::start(|_| Answer::json("{\"rows\": [").endless());
    let error = text(read(&open(&stub, &format!("{}[budget]\nmax_response_mib = 1\n", offset("")), MAPPING)));
    assert!(error.contains("the answer is larger than 1 MiB; the page cannot be made smaller"), "{error}");
    // Where less is asked for, less comes.
    let stub = Stub::start(|asked| {
        let rows: Vec<Value> = slice(&rows(0..20), asked, 10);
        let rows = rows.iter().map(|row| json!({"id": row["id"], "title": "x".repeat(200_000)}));
        Answer::json(json!({"rows": rows.collect::<Vec<_>>()}))
    });
    let fixture = open(&stub, &format!("{}[budget]\nmax_response_mib = 1\n", offset("")), MAPPING);
    assert_eq!(ids(&read(&fixture).expect("it is read")).len(), 20);
}

fn a_slow_answer_is_given_up() {
    let stub = Stub::start(|_| Answer::json("{}").after(Duration::from_secs(20)));
    let error = text(read(&open(&stub, &format!("{}[budget]\ntimeout = \"1s\"\nretries = 0\n", offset("")), MAPPING)));
    assert!(error.contains("GET /t") && error.contains("no answer in time"), "{error}");
}

fn what_may_pass_is_asked_again() {
    let count = AtomicUsize::new(0);
    let stub = Stub::start(move |asked| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Answer::text(429, "slow down").with("Retry-After", "0"),
        1 => Answer::text(503, "down").with("Retry-After", "Sun, 01 Mar 2026 11:00:00 GMT"),
        2 => Answer::json(json!({"busy": true})).with("X-Come-Back", "1772362800"),
        _ => Answer::json(json!({"rows": slice(&rows(0..3), asked, 10)})),
    });
    let rule = "[[errors]]\nwhen = \".body.busy\"\ndo = \"retry\"\nwait = \"X-Come-Back\"\n";
    assert_eq!(ids(&read(&open(&stub, &format!("{rule}{}", offset("")), MAPPING)).expect("it is read")).len(), 3);
    assert_eq!(stub.asked().len(), 5);
    let stub = Stub::start(|_| Answer::text(500, "broken").with("Retry-After", "0"));
    let error = text(read(&open(&stub, &format!("{}[budget]\nretries = 2\n", offset("")), MAPPING)));
    assert!(error.contains("answers 500: broken; asked 3 times"), "{error}");
    assert_eq!(stub.asked().len(), 3);
    let stub = Stub::start(|_| Answer::text(429, "").with("Retry-After", "86400"));
    let error = text(read(&open(&stub, &offset(""), MAPPING)));
    assert!(error.contains("asks to be left alone for 86400 s"), "{error}");
}

fn what_a_source_asks_for_outlives_the_run() {
    let wait = |retries: u32, seconds: &'static str| {
        let stub = Stub::start(move |_| Answer::text(429, "").with("Retry-After", seconds));
        let manifest = format!("{}[budget]\nretries = {retries}\n", offset(""));
        match read(&open(&stub, &manifest, MAPPING)).map(|_| ()) {
            Err(Error::Busy(_, wait)) => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((wait(3, "86400"), wait(0, "120")), (86_400, 120));
}

fn a_stopped_reading_ends_at_once() {
    let stub = Stub::start(|_| Answer::json("{}").after(Duration::from_secs(30)));
    let fixture = open(&stub, &offset(""), MAPPING);
    let (stop, started) = (Stop::default(), Instant::now());
    let mut reading = fixture.source.resume(at(), StreamStates::new(), stop.clone());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        stop.stop();
    });
    let error = reading.next().expect("an end").expect_err("it was stopped").to_string();
    assert!(error.contains("the reading of desk was stopped"), "{error}");
    assert!(reading.next().is_none() && started.elapsed() < Duration::from_secs(20));
}

fn redirects_elsewhere_are_not_followed() {
    let other = Stub::start(|_| Answer::json(json!({"rows": rows(0..1)})));
    let elsewhere = other.url.clone();
    let stub = Stub::start(move |asked| match asked.path.as_str() {
        "/t" => Answer::text(302, "").with("Location", &format!("{elsewhere}/t")),
        "/near" => Answer::text(302, "").with("Location", "/there"),
        _ => Answer::json(json!({"rows": rows(0..1)})),
    });
    let manifest = |path: &str| format!("{TICKETS}request = {{ path = \"{path}\" }}\n");
    let error = text(read(&open(&stub, &manifest("/t"), MAPPING)));
    assert!(error.contains("answers 302: redirects to") && error.contains("not followed"), "{error}");
    assert!(other.asked().is_empty());
    assert_eq!(ids(&read(&open(&stub, &manifest("/near"), MAPPING)).expect("it is read")), ["0"]);
}

/// A manifest with a way to log in.
fn with_auth(auth: &str) -> String {
    let user = if auth.contains("secrets.user") { "user = \"A user\"\n" } else { "" };
    format!("[secrets]\ntoken = \"A token\"\n{user}[auth.a]\n{auth}\n{}", single("/t"))
}

fn every_way_to_log_in() {
    let stub = Stub::start(|_| Answer::json(json!({"rows": []})));
    let asked = |auth: &str| {
        stub.forget();
        read(&open(&stub, &with_auth(auth), MAPPING)).expect("it is read");
        stub.asked()
    };
    let basic = asked("type = \"basic\"\nuser = \"${secrets.user}\"\npassword = \"${secrets.token}\"");
    assert_eq!(basic[0].header("authorization"), "Basic dSsxOnMzY3IzdC90b2tlbg==");
    let bearer = asked("type = \"bearer\"\ntoken = \"${secrets.token}\"");
    assert_eq!(bearer[0].header("authorization"), "Bearer s3cr3t/token");
    let header = asked("type = \"header\"\nname = \"X-Key\"\nvalue = \"k=${secrets.token}\"");
    assert_eq!(header[0].header("x-key"), "k=s3cr3t/token");
    let query = asked("type = \"query\"\nname = \"key\"\nvalue = \"${secrets.token}\"");
    assert_eq!(query[0].param("key"), Some("s3cr3t/token"));

    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/oauth/token" => Answer::json(json!({"access_token": "fresh", "expires_in": 3600})),
        _ => Answer::json(json!({"rows": []})),
    });
    let auth = "type = \"oauth2\"\npath = \"/oauth/token\"\nclient_id = \"me\"\nclient_secret = \"${secrets.token}\"\nform = { scope = \"read\" }";
    read(&open(&stub, &with_auth(auth), MAPPING)).expect("it is read");
    let asked = stub.asked();
    let field = |name: &str| asked[0].field(name).unwrap_or_default();
    assert_eq!(
        (field("grant_type"), field("client_id"), field("client_secret"), field("scope")),
        ("client_credentials".into(), "me".into(), "s3cr3t/token".into(), "read".into())
    );
    assert_eq!((asked.len(), asked[1].header("authorization")), (2, "Bearer fresh"));
}

fn a_session_is_renewed_when_it_is_refused() {
    let logins = AtomicUsize::new(0);
    let stub = Stub::start(move |asked| match (asked.path.as_str(), asked.header("session-token")) {
        ("/login", _) => {
            Answer::json(json!({"session": format!("session-{}", logins.fetch_add(1, Ordering::Relaxed))}))
        }
        // The first session ends after a page.
        (_, "session-0") if asked.number("offset") == Some(0) => Answer::json(json!({"rows": rows(0..2)})),
        (_, "session-1") => Answer::json(json!({"rows": slice(&rows(0..3), asked, 2)})),
        _ => Answer::text(401, "who are you"),
    });
    let auth = "type = \"session\"\nrequest = { method = \"POST\", path = \"/login\", form = { u = \"${secrets.user}\", p = \"${secrets.token}\" } }\ntoken = \".body.session\"\nheader = \"Session-Token\"";
    let manifest = with_auth(auth).replace(&single("/t"), &offset("").replace("size = 10", "size = 2"));
    assert_eq!(ids(&read(&open(&stub, &manifest, MAPPING)).expect("it is read")), ["0", "1", "2"]);
    assert_eq!(stub.asked().iter().filter(|asked| asked.path == "/login").count(), 2);
    // One that is refused again is not tried without end.
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/login" => Answer::json(json!({"session": "session-x"})),
        _ => Answer::text(401, "never"),
    });
    assert!(text(read(&open(&stub, &manifest, MAPPING))).contains("answers 401: never"));
    assert_eq!(stub.asked().len(), 4);
}

fn a_login_is_tried_again() {
    let count = AtomicUsize::new(0);
    let stub = Stub::start(move |asked| match asked.path.as_str() {
        "/oauth/token" => match count.fetch_add(1, Ordering::Relaxed) {
            0 => Answer::text(503, "down").with("Retry-After", "0"),
            1 => Answer::text(429, "slow down").with("Retry-After", "0"),
            _ => Answer::json(json!({"access_token": "fresh", "expires_in": 3600})),
        },
        _ => Answer::json(json!({"rows": rows(0..1)})),
    });
    let auth = "type = \"oauth2\"\npath = \"/oauth/token\"\nclient_id = \"me\"\nclient_secret = \"${secrets.token}\"";
    assert_eq!(ids(&read(&open(&stub, &with_auth(auth), MAPPING)).expect("it is read")), ["0"]);
    // Not without end, and not where another time is of no use.
    let stub = Stub::start(|_| Answer::text(503, "down").with("Retry-After", "0"));
    let manifest = format!("{}[budget]\nretries = 2\n", with_auth(auth));
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("logging in, POST /oauth/token: answers 503: down; asked 3 times"), "{error}");
    let stub = Stub::start(|_| Answer::text(401, "wrong"));
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("logging in, POST /oauth/token: answers 401: wrong"), "{error}");
    assert_eq!(stub.asked().len(), 1);
}

fn secrets_are_never_shown() {
    // The system repeats what it was sent.
    let stub =
        Stub::start(|asked| Answer::text(400, format!("bad: {:?} {:?} {}", asked.headers, asked.params, asked.path)));
    for auth in [
        "type = \"query\"\nname = \"key\"\nvalue = \"${secrets.token}\"",
        "type = \"bearer\"\ntoken = \"${secrets.token}\"",
        "type = \"basic\"\nuser = \"me\"\npassword = \"${secrets.token}\"",
    ] {
        let error = text(read(&open(&stub, &with_auth(auth), MAPPING)));
        assert!(error.contains("answers 400") && error.contains('…'), "{error}");
        for shape in ["s3cr3t", "token\"", "bWU6czNj"] {
            assert!(!error.contains(shape), "{error}");
        }
    }
    let nobody = Stub::start(|_| Answer::text(200, ""));
    let fixture = open(&nobody, &with_auth("type = \"query\"\nname = \"key\"\nvalue = \"${secrets.token}\""), MAPPING);
    drop(nobody);
    let lost = open_with(
        &Stub::start(|_| Answer::text(200, "")),
        &with_auth("type = \"bearer\"\ntoken = \"${secrets.token}\""),
        MAPPING,
        |settings| drop(settings.secrets.insert("token".into(), "env:NO_SUCH_VARIABLE".parse().expect("a reference"))),
    );
    let error = text(read(&lost));
    assert!(error.contains("secret `token`: the environment variable NO_SUCH_VARIABLE is not set"), "{error}");
    drop(fixture);
}

fn state(cursor: &str) -> StreamStates {
    let state = StreamState { cursor: Some(cursor.into()), full_read_at: Some(at()), ..StreamState::default() };
    [("t".to_owned(), state)].into()
}

/// A system that heeds `since`: its rows changed on the days of January.
fn dated(asked: &Asked) -> Answer {
    let since = asked.param("since").unwrap_or("");
    let all: Vec<Value> = (1..=9).map(|day| json!({"id": day, "at": format!("2026-01-0{day}T00:00:00Z")})).collect();
    let newer: Vec<Value> = all.into_iter().filter(|row| row["at"].as_str() >= Some(since)).collect();
    Answer::json(json!({"rows": slice(&newer, asked, 4)}))
}

fn a_cursor_is_read_kept_and_sent_back() {
    let stub = Stub::start(dated);
    let manifest = format!("{}cursor = {{ field = \".at\", overlap = \"1d\" }}\n", offset(", since = \"${cursor}\""));
    let brought = read(&open(&stub, &manifest, MAPPING)).expect("it is read");
    let reached = &brought.reached[0];
    assert_eq!((reached.cursor.as_deref(), reached.full), (Some("2026-01-09T00:00:00.000Z"), true));
    let since: Vec<_> = stub.asked().iter().map(|asked| asked.param("since").map(str::to_owned)).collect();
    assert_eq!(
        since,
        [Some("2100-01-01T00:00:00Z".to_owned()), None, None, None, None],
        "tested first, then read whole"
    );
    stub.forget();
    let mut states = state("2026-01-09T00:00:00.000Z");
    states.get_mut("t").expect("the stream").tested.clone_from(&reached.tested);
    let brought = resume(&open(&stub, &manifest, MAPPING), states).expect("it is read");
    assert_eq!(ids(&brought), ["8", "9"], "with the overlap");
    assert!(!brought.reached[0].full);
    assert!(stub.asked().iter().all(|asked| asked.param("since") == Some("2026-01-08T00:00:00Z")));
    // A row from the future does not carry the cursor there.
    let stub = Stub::start(|_| Answer::json(json!({"rows": [{"id": 1, "at": "2030-01-01T00:00:00Z"}]})));
    let manifest = format!(
        "{TICKETS}request = {{ path = \"/t\", params = {{ since = \"${{cursor}}\" }} }}\ncursor = {{ field = \".at\", self_test = false }}\n"
    );
    let brought = read(&open(&stub, &manifest, MAPPING)).expect("it is read");
    assert_eq!(brought.reached[0].cursor.as_deref(), Some("2026-03-01T12:00:00.000Z"));
    // What cannot be read is not taken for nothing.
    let manifest = manifest.replace(".at", ".id");
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("no row says how far it is"), "{error}");
}

fn local_times_are_of_the_zone() {
    let stub = Stub::start(|asked| {
        assert!(asked.param("since").is_none_or(|since| since.len() == 19), "{asked:?}");
        Answer::json(json!({"rows": if asked.param("since").is_some() { json!([]) } else { json!([
            {"id": 1, "at": "2026-01-15 12:00:00"},
            {"id": 2, "at": "2025-07-15 12:00:00"},
            // Twice and never: when clocks go back, and forward.
            {"id": 3, "at": "2025-10-26 02:30:00"},
            {"id": 4, "at": "2025-03-30 02:30:00"},
        ])}}))
    });
    let manifest = format!(
        "time_zone = \"Europe/Paris\"\n{TICKETS}request = {{ path = \"/t\", params = {{ since = \"${{cursor}}\" }} }}\n\
         cursor = {{ field = \".at\", format = \"%Y-%m-%d %H:%M:%S\" }}\n"
    );
    let mapping = "{external_id: .id, updated_at: .at | to_utc(\"%Y-%m-%d %H:%M:%S\"; $source.time_zone), url: \"\\($source.url)/\\(.id)\"}";
    let fixture = open(&stub, &manifest, mapping);
    let brought = read(&fixture).expect("it is read");
    assert!(brought.set_aside.is_empty(), "{:?}", brought.set_aside);
    let times: Vec<_> = brought.versions.iter().map(|version| version.source_updated_at.to_string()).collect();
    assert_eq!(
        times,
        [
            "2026-01-15T11:00:00.000Z",
            "2025-07-15T10:00:00.000Z",
            "2025-10-26T00:30:00.000Z",
            "2025-03-30T01:30:00.000Z"
        ]
    );
    assert_eq!(brought.versions[0].url.as_deref(), Some(format!("{}/1", stub.url).as_str()));
    assert_eq!(brought.reached[0].cursor.as_deref(), Some("2026-01-15T11:00:00.000Z"));
    stub.forget();
    resume(&fixture, state("2026-01-15T11:00:00.000Z")).expect("it is read");
    assert_eq!(
        stub.asked().last().and_then(|asked| asked.param("since").map(str::to_owned)).as_deref(),
        Some("2026-01-15 12:00:00")
    );
    // In the hour that comes twice, what changes later may be written smaller: all of it is asked for.
    for (kept, since) in [("00:50", "01:50"), ("01:50", "01:50"), ("02:10", "03:10")] {
        resume(&fixture, state(&format!("2025-10-26T{kept}:00Z"))).expect("it is read");
        let asked = stub.asked().last().and_then(|asked| asked.param("since").map(str::to_owned));
        assert_eq!(asked, Some(format!("2025-10-26 {since}:00")));
    }
}

fn a_cursor_that_is_not_heeded_is_found_out() {
    let stub = Stub::start(|asked| Answer::json(json!({"rows": slice(&rows(0..3), asked, 10)})));
    let manifest = format!("{}cursor = {{ field = \".at\" }}\n", offset(", sinse = \"${cursor}\""));
    let error = text(read(&open(&stub, &manifest, MAPPING)));
    assert!(error.contains("the system does not heed `${cursor}`") && error.contains("gives 3 rows"), "{error}");
    assert_eq!(stub.asked().len(), 1);
    // A system without rows passes, which proves nothing.
    let stub = Stub::start(|_| Answer::json(json!({"rows": []})));
    assert_eq!(read(&open(&stub, &manifest, MAPPING)).expect("it is read").reached[0].tested, None);
}

fn children_are_asked_for_in_batches() {
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/t" => Answer::json(json!({"rows": slice(&rows(0..5), asked, 10)})),
        _ => {
            let ids = asked.param("ids").expect("keys").split('|').map(|id| json!({"id": format!("c{id}")}));
            Answer::json(json!({"rows": ids.collect::<Vec<_>>()}))
        }
    });
    let manifest = format!(
        "{}[streams.c]\nemit = \"risk\"\nmapping = \"t.jq\"\nselect = \".rows[]\"\n\
         request = {{ path = \"/c\", params = {{ ids = \"${{keys}}\" }} }}\n\
         parent = {{ stream = \"t\", key = \".id\", batch = 2, separator = \"|\" }}\n",
        offset("")
    );
    let brought = read(&open(&stub, &manifest, "{external_id: .id, title: \"x\"}")).expect("it is read");
    assert_eq!(brought.versions.len(), 10);
    let keys: Vec<_> = stub.asked().iter().filter_map(|asked| asked.param("ids").map(str::to_owned)).collect();
    assert_eq!(keys, ["0|1", "2|3", "4"]);
    assert_eq!(brought.reached.len(), 2);
}

fn a_log_says_which_children_to_ask_for() {
    let stub = Stub::start(|asked| match (asked.path.as_str(), asked.param("ids")) {
        ("/log", _) if asked.param("since").is_some_and(|since| since > "2050") => Answer::json(json!({"rows": []})),
        ("/log", _) => Answer::json(
            json!({"rows": [{"ci": 3, "at": "2026-02-01T00:00:00Z"}, {"ci": 3, "at": "2026-02-02T00:00:00Z"}]}),
        ),
        (_, None) => Answer::json(json!({"rows": rows(0..5)})),
        (_, Some(ids)) => Answer::json(json!({"rows": [{"id": ids}]})),
    });
    let manifest = "select = \".rows[]\"\n[streams.ci]\nemit = \"configuration_item\"\nmapping = \"t.jq\"\n\
         request = { path = \"/ci\", params = { ids = \"${keys}\" } }\n\
         parent = { stream = \"log\", key = \".ci\", batch = 10, full_alone = true }\n\
         [streams.log]\nemit = \"keys\"\nrequest = { path = \"/log\", params = { since = \"${cursor}\" } }\ncursor = { field = \".at\" }\n";
    let fixture = open(&stub, manifest, "{external_id: .id}");
    let brought = read(&fixture).expect("it is read");
    assert_eq!(ids(&brought), ["0", "1", "2", "3", "4"], "at first all, on their own");
    assert!(stub.asked().iter().all(|asked| asked.param("ids").is_none()));
    let state = |cursor: Option<&str>| StreamState {
        cursor: cursor.map(Into::into),
        full_read_at: Some(at()),
        ..StreamState::default()
    };
    let states = [("ci".to_owned(), state(None)), ("log".to_owned(), state(Some("2026-01-15T00:00:00Z")))].into();
    let brought = resume(&fixture, states).expect("it is read");
    assert_eq!(ids(&brought), ["3"], "later by the keys of the log, each once");
    assert!(brought.reached.iter().any(|reached| reached.cursor.as_deref() == Some("2026-02-02T00:00:00.000Z")));
}

fn deletions_become_tombstones() {
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/t" => Answer::json(json!({"rows": slice(&rows(0..2), asked, 10)})),
        _ if asked.param("since").is_some_and(|since| since > "2050") => Answer::json(json!({"rows": []})),
        _ => Answer::json(
            json!({"rows": [{"of": "ticket", "id": 1, "at": "2026-02-01T00:00:00Z"}, {"of": "x", "id": 2, "at": "2026-02-01T00:00:00Z"}]}),
        ),
    });
    let manifest = format!(
        "{}[streams.a_gone]\nemit = \"tombstones\"\nmapping = \"t.jq\"\nselect = \".rows[]\"\n\
         request = {{ path = \"/gone\", params = {{ since = \"${{cursor}}\" }} }}\ncursor = {{ field = \".at\" }}\n",
        offset("")
    );
    let mapping = "if .of then {kind: .of, external_id: .id, updated_at: .at} else {external_id: .id} end";
    let brought = read(&open(&stub, &manifest, mapping)).expect("it is read");
    let seen: Vec<_> = brought.versions.iter().map(|version| (version.external_id.as_str(), version.deleted)).collect();
    assert_eq!(seen, [("0", false), ("1", false), ("1", true)], "what is gone comes last");
    assert!(brought.set_aside[0].reason.contains("`kind`: `x` is not one of"), "{:?}", brought.set_aside);
    let since: Vec<_> = stub.asked().iter().filter_map(|asked| asked.param("since").map(str::to_owned)).collect();
    assert_eq!(since.last().map(String::as_str), Some("2026-03-01T12:00:00Z"), "from the first run's begin on");
}

fn a_page_is_made_smaller() {
    let stub = Stub::start(|asked| match asked.number("limit") {
        Some(limit) if limit > 3 => Answer::text(413, "too much"),
        _ => Answer::json(json!({"rows": slice(&rows(0..5), asked, 10)})),
    });
    let rule = "[[errors]]\nstatus = 413\ndo = \"shrink\"\n";
    assert_eq!(ids(&read(&open(&stub, &format!("{rule}{}", offset("")), MAPPING)).expect("it is read")).len(), 5);
    let stub = Stub::start(|_| Answer::text(413, "too much"));
    let error = text(read(&open(&stub, &format!("{rule}{}", offset("")), MAPPING)));
    assert!(error.contains("the page cannot be made smaller"), "{error}");
}

fn an_answer_may_be_skipped() {
    let stub = Stub::start(|_| Answer::text(403, "not for you"));
    let rule = |action: &str| format!("[[errors]]\nstatus = [403, 404]\ndo = \"{action}\"\n{}", offset(""));
    let brought = read(&open(&stub, &rule("skip"), MAPPING)).expect("it is read");
    assert!(brought.set_aside[0].reason.contains("answers 403: not for you"));
    assert!(!brought.reached[0].full, "a reading with a gap proves nothing gone");
    let brought = read(&open(&stub, &rule("empty"), MAPPING)).expect("it is read");
    assert!(brought.set_aside.is_empty() && brought.reached[0].full);
}

fn one_broken_stream_does_not_keep_the_others() {
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/a" => Answer::text(403, "no"),
        _ => Answer::json(json!({"rows": slice(&rows(0..3), asked, 10)})),
    });
    let manifest = format!(
        "{}[streams.a]\nemit = \"risk\"\nmapping = \"t.jq\"\nselect = \".rows[]\"\nrequest = {{ path = \"/a\" }}\n[budget]\nconcurrency = 3\n",
        offset("")
    );
    let fixture = open(&stub, &manifest, MAPPING);
    let arrivals: Vec<_> = fixture.source.read(at()).collect();
    assert_eq!(arrivals.iter().filter(|arrival| arrival.is_ok()).count(), 4, "three tickets and their end");
    let error = arrivals.last().expect("an end").as_ref().expect_err("one stream failed").to_string();
    assert!(error.contains("source desk: stream a: GET /a: answers 403: no"), "{error}");
}

fn the_budget_is_kept() {
    let stub = Stub::start(|asked| {
        let from = asked.number("offset").expect("an offset");
        Answer::json(json!({"rows": if from < 3 { rows(from..from + 1) } else { Vec::new() }}))
    });
    let started = Instant::now();
    read(&open(&stub, &format!("{}[budget]\nrequests = 2\nper = \"1s\"\n", offset("")), MAPPING)).expect("it is read");
    assert_eq!(stub.asked().len(), 4);
    assert!(started.elapsed() >= Duration::from_millis(990), "the third waits for the first to be a second ago");
}

fn a_look_shows_a_record_of_each_stream() {
    let stub = Stub::start(|asked| match asked.path.as_str() {
        "/me" => Answer::json(json!({"name": "concord"})),
        "/a" => Answer::text(404, "no such table"),
        _ => Answer::json(json!({"rows": slice(&rows(4..6), asked, 10)})),
    });
    let manifest = format!(
        "{}[check]\npath = \"/me\"\n[streams.a]\nemit = \"risk\"\nmapping = \"t.jq\"\nselect = \".rows[]\"\nrequest = {{ path = \"/a\" }}\n",
        offset("")
    );
    let fixture = open(&stub, &manifest, MAPPING);
    let looked = fixture.source.check(at(), &Stop::default()).expect("it lets us in");
    assert_eq!(looked.iter().map(|one| one.stream.as_str()).collect::<Vec<_>>(), ["a", "t"]);
    assert!(looked[0].problem.as_ref().is_some_and(|problem| problem.contains("answers 404: no such table")));
    assert_eq!(looked[1].record.as_ref().expect("a record")["external_id"], "4");
    let closed = Stub::start(|_| Answer::text(401, "who are you"));
    let error = text(open(&closed, &manifest, MAPPING).source.check(at(), &Stop::default()));
    assert!(error.contains("GET /me: answers 401: who are you"), "{error}");
}

fn a_look_asks_once() {
    let down = Stub::start(|_| Answer::text(503, "down"));
    let error = text(open(&down, &offset(""), MAPPING).source.check(at(), &Stop::default()));
    assert!(error.contains("answers 503: down") && !error.contains("asked"), "{error}");
    let busy = Stub::start(|_| Answer::text(429, "slowly").with("retry-after", "600"));
    let error = text(open(&busy, &offset(""), MAPPING).source.check(at(), &Stop::default()));
    assert!(error.contains("answers 429: slowly; it asks to be left alone for 600 s"), "{error}");
    let auth = "type = \"oauth2\"\npath = \"/token\"\nclient_id = \"me\"\nclient_secret = \"${secrets.token}\"";
    let error = text(open(&down, &with_auth(auth), MAPPING).source.check(at(), &Stop::default()));
    assert!(error.contains("logging in, POST /token: answers 503: down"), "{error}");
    assert_eq!((down.asked().len(), busy.asked().len()), (2, 1));
}
