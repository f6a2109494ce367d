//! A server of someone else's, run by a script in a folder of its own, and asked by the simplest HTTP there is.

use serde_json::Value;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long setting up and starting a server may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A running server; it ends when this process does, however that ends, as its script waits for the end of its input.
pub struct Server {
    script: Mutex<Option<Child>>,
    folder: TempDir,
    pub port: u16,
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Server {
    /// Runs a script with a folder, a free port and further arguments.
    pub fn start(script: &'static str, arguments: &[&str]) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        let folder = TempDir::with_prefix("concord-peer-").map_err(failed)?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(failed)?.port();
        let log = fs::File::create(folder.path().join("script.log")).map_err(failed)?;
        let script = Command::new("sh")
            .args(["-c", script, "peer"])
            .arg(folder.path())
            .arg(port.to_string())
            .args(arguments)
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        Ok(Self { script: Mutex::new(Some(script)), folder, port })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it answers a request with 200; the error holds the end of its log.
    pub fn wait(&self, path: &str, header: impl Fn() -> Option<String>) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let ready = header().is_some_and(|header| {
                self.try_ask("GET", path, &header, None).is_some_and(|answer| answer.status == 200)
            });
            if ready {
                return Ok(());
            }
            let has_ended = match self.script.lock().unwrap().as_mut() {
                Some(script) => script.try_wait().is_ok_and(|status| status.is_some()),
                None => true,
            };
            if has_ended || started.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder().join("script.log")).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(20).collect();
                return Err(format!(
                    "the peer did not come up: {}",
                    end.into_iter().rev().collect::<Vec<_>>().join("\n")
                ));
            }
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// A request with one header and, if given, a JSON body; anything but success ends the case.
    pub fn ask(&self, method: &str, path: &str, header: &str, body: Option<Value>) -> Value {
        let answer = self.try_ask(method, path, header, body).unwrap_or_else(|| panic!("{path}: no answer"));
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// The same, whatever the answer; none if there is no connection.
    pub fn try_ask(&self, method: &str, path: &str, header: &str, body: Option<Value>) -> Option<Answer> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        // With HTTP/1.0 the answer ends with the connection and is not cut into chunks.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n{header}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
    }

    /// Ends it and waits until it has ended.
    pub fn stop(&self) {
        let Some(mut script) = self.script.lock().unwrap().take() else { return };
        drop(script.stdin.take());
        // It only closes a listening socket; whatever it still does then, nobody waits for.
        let asked = Instant::now();
        while script.try_wait().is_ok_and(|status| status.is_none()) && asked.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = script.kill();
        let _ = script.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
