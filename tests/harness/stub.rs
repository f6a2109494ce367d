//! A small HTTP server for cases: it answers as a function says, slowly, endlessly or brokenly if it says so, and
//! remembers what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A server on this machine, gone when the case drops it.
pub struct Stub {
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    #[allow(dead_code, reason = "not every case looks at it")]
    pub method: String,
    /// Without parameters, as it was sent.
    pub path: String,
    /// Decoded, in their order.
    pub params: Vec<(String, String)>,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter as a number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.param(name)?.parse().ok()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A field of a form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.body.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into())
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Before the first byte.
    pause: Duration,
    /// After the given body, more of it without end.
    endless: bool,
}

impl Answer {
    /// JSON with status 200.
    pub fn json(body: impl std::fmt::Display) -> Self {
        Self::text(200, body.to_string()).with("content-type", "application/json")
    }

    /// Any text with a status.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), pause: Duration::ZERO, endless: false }
    }

    /// With a header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a pause before its first byte.
    pub fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Without an end.
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }
}

impl Stub {
    /// Starts a server that answers as `answer` says.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (asked, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (requests, over, answer) = (asked.clone(), ended.clone(), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (requests, over, answer) = (requests.clone(), over.clone(), answer.clone());
                // A client that goes away in the middle is part of some cases.
                thread::spawn(move || drop(connection.map(|connection| serve(connection, &requests, &over, &*answer))));
            }
        });
        Self { url: format!("http://{address}"), address, asked, ended }
    }

    /// Everything it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the requests").clone()
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.asked.lock().expect("the requests").clear();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    connection: TcpStream,
    requests: &Mutex<Vec<Asked>>,
    over: &AtomicBool,
    answer: &dyn Fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    let mut input = BufReader::new(connection.try_clone()?);
    let mut output = connection;
    let Some(asked) = read(&mut input)? else { return Ok(()) };
    let answer = answer(&asked);
    requests.lock().expect("the requests").push(asked);
    thread::sleep(answer.pause);
    write!(output, "HTTP/1.1 {} Status\r\nconnection: close\r\n", answer.status)?;
    if !answer.endless {
        write!(output, "content-length: {}\r\n", answer.body.len())?;
    }
    for (name, value) in &answer.headers {
        write!(output, "{name}: {value}\r\n")?;
    }
    output.write_all(b"\r\n")?;
    output.write_all(&answer.body)?;
    while answer.endless && !over.load(Ordering::Relaxed) {
        output.write_all(&[b' '; 1 << 16])?;
    }
    output.flush()
}

fn read(input: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let params = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into(), value.into())).collect();
    let mut asked =
        Asked { method: method.into(), path: path.into(), params, headers: BTreeMap::new(), body: String::new() };
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => drop(asked.headers.insert(name.to_lowercase(), value.trim().into())),
            None => break,
        }
    }
    let mut body = vec![0; asked.header("content-length").parse().unwrap_or(0)];
    input.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(asked))
}
