//! How near the endpoints of reference and conformity come to a handler that returns the same bytes from memory. Both
//! check the token of every request; both serve loopback from one worker; the runs alternate, so that whatever else the
//! machine does falls on both alike. Ends with 1 if an endpoint reaches less than 0.8 of that handler's throughput.
//!
//! ```sh
//! cargo bench --bench reference
//! ```

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::header::{self, HeaderValue},
    web::{self, Bytes, Data},
};
use concord::{
    api, cli,
    config::Settings,
    connectors::SourceSettings,
    ingest::{self, Order},
    model::Clock,
    store::{Cause, Store},
    tokens::{Permission, TokenSettings, Tokens},
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

/// What is asked for, below `/api/v1`; what is concluded, of the sample organisation.
const ENDPOINTS: &[&str] = &[
    "conformity",
    "conformity/joint",
    "requirements",
    "requirements/iso27001-2013/A.16.1.7",
    "editions/iso27001-2013/requirements",
    "editions/iso20000-1-2011/requirements/9.1",
    "correspondence",
    "correspondence?requirement=iso27001-2013/A.16.1.7",
    "correspondence/matrix",
    "terms",
    "terms/incident",
    "guidance",
    "search?q=supplier%20agreement",
    "correspondence?format=xlsx",
];

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(250);
const GOAL: f64 = 0.8;

/// An answer the static handler knows.
struct Fixed {
    content_type: HeaderValue,
    gzip: bool,
    bytes: Bytes,
}

type Answers = Vec<Fixed>;

async fn fixed(request: HttpRequest, tokens: Data<Tokens>, answers: Data<Answers>) -> HttpResponse {
    let token =
        request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let bearer = token.and_then(|token| tokens.verify(token).ok());
    if !bearer.is_some_and(|bearer| bearer.may(Permission::ReferenceRead)) {
        return HttpResponse::Unauthorized().finish();
    }
    let Some(answer) = request.path()[1..].parse().ok().and_then(|at: usize| answers.get(at)) else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, answer.content_type.clone()));
    if answer.gzip {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    response.body(answer.bytes.clone())
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::layered(None, []).unwrap();
    let source = SourceSettings::in_folder("files", PathBuf::from("examples/northgate-hosting"));
    settings.sources = [("northgate-hosting".to_owned(), source)].into();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("concord.db").display()), 2).unwrap();
    store.migrate().unwrap();
    let key = TokenSettings { key_file: folder.path().join("key"), ..settings.auth.clone() };
    let token = Tokens::open(&key)
        .unwrap()
        .issue("bench", &[Permission::ReferenceRead, Permission::ConformityRead], 3_600)
        .unwrap();
    let rules = cli::rules(&settings).unwrap();
    let clock = Clock::starting_at("2026-03-31T12:00:00Z".parse().unwrap());
    let source = cli::open_source(&settings, "northgate-hosting").unwrap();
    ingest::sync(&store, &rules, &source, Order::new(Cause::Command), clock, |_| {}).unwrap();
    let planning = cli::planning(&rules.standards).unwrap();
    let sources = Arc::new(cli::sources(&settings).unwrap());
    let tokens = Tokens::open(&key).unwrap();
    let app = api::App::new(store, Arc::new(rules), sources, tokens, planning, clock).unwrap();

    let (ready, waits) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let concord = listener.local_addr().unwrap();
    thread::spawn(move || api::serve(app, listener, 1, || ready.send(()).unwrap()).unwrap());
    waits.recv().unwrap();

    let asked: Vec<(&str, bool)> = ENDPOINTS.iter().flat_map(|path| [(*path, false), (*path, true)]).collect();
    let requests: Vec<_> =
        asked.iter().map(|(path, gzip)| request(&format!("/api/v1/{path}"), *gzip, &token)).collect();
    let answers: Answers = requests.iter().map(|request| answer(concord, request)).collect();
    let sizes: Vec<usize> = answers.iter().map(|answer| answer.bytes.len()).collect();
    let memory = serve_fixed(answers, Tokens::open(&key).unwrap());

    println!(
        "{:<52} {:>5} {:>8} {:>10} {:>10} {:>6}  (lowest, highest)",
        "", "", "bytes", "memory/s", "concord/s", "ratio"
    );
    let mut reached = true;
    for (at, (path, gzip)) in asked.iter().enumerate() {
        let rival = request(&format!("/{at}"), *gzip, &token);
        let rounds: Vec<(f64, f64)> = (0..ROUNDS)
            .map(|round| {
                if round % 2 == 0 {
                    let first = throughput(memory, &rival);
                    (first, throughput(concord, &requests[at]))
                } else {
                    let first = throughput(concord, &requests[at]);
                    (throughput(memory, &rival), first)
                }
            })
            .collect();
        let ratios = sorted(rounds.iter().map(|(memory, concord)| concord / memory));
        let middle = |values: Vec<f64>| values[ROUNDS / 2];
        let ratio = middle(ratios.clone());
        reached &= ratio >= GOAL;
        println!(
            "{path:<52} {:>5} {:>8} {:>10.0} {:>10.0} {ratio:>6.3}  ({:.3}, {:.3})",
            if *gzip { "gzip" } else { "" },
            sizes[at],
            middle(sorted(rounds.iter().map(|round| round.0))),
            middle(sorted(rounds.iter().map(|round| round.1))),
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn serve_fixed(answers: Answers, tokens: Tokens) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answers, tokens) = (Data::new(answers), Data::new(tokens));
    thread::spawn(move || {
        let app = move || App::new().app_data(answers.clone()).app_data(tokens.clone()).default_service(web::to(fixed));
        actix_web::rt::System::new().block_on(HttpServer::new(app).workers(1).listen(listener).unwrap().run()).unwrap();
    });
    address
}

fn request(path: &str, gzip: bool, token: &str) -> Arc<[u8]> {
    let encoding = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
    let text = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n{encoding}\r\n"
    );
    text.into_bytes().into()
}

/// A connection that is kept alive, and what was read from it.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 1 << 20] }
    }

    /// Sends a request and reads the whole answer: the lengths of its head and of its body.
    fn ask(&mut self, request: &[u8]) -> (usize, usize) {
        self.stream.write_all(request).unwrap();
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "the connection ended");
            filled += read;
            let Some(end) = self.buffer[..filled].windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length: usize = field(head, "content-length").expect("a length").parse().unwrap();
            let missing = (end + 4 + length).saturating_sub(filled);
            self.stream.read_exact(&mut self.buffer[filled..filled + missing]).unwrap();
            return (end + 4, length);
        }
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// What the service answers, for the static handler to return.
fn answer(address: SocketAddr, request: &[u8]) -> Fixed {
    let mut connection = Connection::open(address);
    let (head, body) = connection.ask(request);
    let text = std::str::from_utf8(&connection.buffer[..head]).unwrap();
    Fixed {
        content_type: HeaderValue::from_str(field(text, "content-type").unwrap()).unwrap(),
        gzip: field(text, "content-encoding") == Some("gzip"),
        bytes: Bytes::copy_from_slice(&connection.buffer[head..head + body]),
    }
}

/// Answers a second, over all connections.
fn throughput(address: SocketAddr, request: &Arc<[u8]>) -> f64 {
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let request = request.clone();
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                connection.ask(&request);
                let (start, mut answers) = (Instant::now(), 0_u32);
                while start.elapsed() < ROUND {
                    connection.ask(&request);
                    answers += 1;
                }
                f64::from(answers) / start.elapsed().as_secs_f64()
            })
        })
        .collect();
    clients.into_iter().map(|client| client.join().unwrap()).sum()
}
