//! A tap as a child process: its own process group, its output line by line in bounded memory, its log into ours, an
//! end whatever happens. A process whose reader is gone is killed with all its children, even if this program is.

use super::redact::Redaction;
use crate::{
    connectors::{Stop, mapper::cut},
    error::{Error, Result},
};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// The longest line of output read, in bytes. A record is one line, and so is a schema.
pub const MAX_LINE: usize = 4 << 20;

/// Lines waiting to be handled. With the longest line it bounds what is held.
const WAITING: usize = 8;

/// The longest line of the log that is read, and the part of it that is shown, in bytes.
const MAX_LOG_LINE: usize = 64 << 10;
const SHOWN_LOG_LINE: usize = 2 << 10;

/// Lines of its log a tap may add to ours in one run.
const MAX_LOG_LINES: usize = 10_000;

/// How often a waiting reader looks whether it should still wait.
const TICK: Duration = Duration::from_millis(50);

/// How long a killed process group may take to close its output.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What of our environment a tap is given: enough to run, and no secret of ours.
const ENVIRONMENT: &[&str] = &[
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "NO_PROXY",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "https_proxy",
    "http_proxy",
    "no_proxy",
];

/// Becomes the command, leaving behind what removes its files and kills its group as soon as our end of standard input is
/// closed, which the system does however we end.
const WATCHED: &str = r#"exec 3<&0 </dev/null; files=$1; shift
(read -r _ <&3; rm -rf -- "$files"; kill -KILL 0) >/dev/null 2>&1 & exec 3<&-; exec "$@""#;

/// How long a process may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// As a whole.
    pub total: Duration,
    /// Without a line of output.
    pub silence: Duration,
}

/// A running process.
pub struct Process {
    name: String,
    child: Child,
    group: Option<Pid>,
    lines: Receiver<Output>,
    last_words: Arc<Mutex<String>>,
    log: Option<thread::JoinHandle<()>>,
    limits: Limits,
    started: Instant,
    number: u64,
    exited: Option<ExitStatus>,
    killed: Option<Instant>,
}

enum Output {
    Line(Vec<u8>),
    TooLong,
    Unreadable(String),
}

impl Process {
    /// Starts a command in a folder. `source` names whose log lines these are; secrets are taken out of them. `files` is
    /// a folder of what it is told, removed if this program ends before.
    pub fn start(
        source: &str,
        command: &[String],
        arguments: &[&std::ffi::OsStr],
        folder: &Path,
        files: &Path,
        limits: Limits,
        redaction: &Redaction,
    ) -> Result<Self> {
        let name = command.first().cloned().unwrap_or_default();
        let environment: BTreeMap<_, _> =
            ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
        let mut child = Command::new("/bin/sh")
            .args(["-c", WATCHED, "tap"])
            .arg(files)
            .args(command)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| Error::Upstream(format!("the tap `{name}` cannot be started: {error}")))?;
        let (sender, lines) = sync_channel(WAITING);
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || read_output(output, &sender));
        }
        let last_words = Arc::new(Mutex::new(String::new()));
        let log = child.stderr.take().map(|errors| {
            let (source, redaction, last_words) = (source.to_owned(), redaction.clone(), Arc::clone(&last_words));
            thread::spawn(move || read_log(errors, &source, &redaction, &last_words))
        });
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let started = Instant::now();
        Ok(Self { name, child, group, lines, last_words, log, limits, started, number: 0, exited: None, killed: None })
    }

    /// The next line, without its end, and its number from 1; `None` at the end of output. An error when the process
    /// takes too long, writes a line that is too long, or is to be stopped; it is killed then.
    pub fn line(&mut self, stop: &Stop) -> Result<Option<(u64, Vec<u8>)>> {
        let waiting = Instant::now();
        loop {
            let output = self.lines.recv_timeout(TICK);
            if stop.is_stopped() {
                self.kill();
                return Err(Error::Conflict(format!("the tap `{}` was stopped with the run", self.name)));
            }
            if self.started.elapsed() > self.limits.total {
                self.kill();
                let seconds = self.limits.total.as_secs_f64();
                return Err(self.fail(format!("took longer than {seconds} s and was stopped; raise tap.timeout")));
            }
            match output {
                Ok(Output::Line(line)) => {
                    self.number += 1;
                    return Ok(Some((self.number, line)));
                }
                Ok(Output::TooLong) => {
                    self.kill();
                    return Err(self.fail(format!("line {} is longer than {MAX_LINE} bytes", self.number + 1)));
                }
                Ok(Output::Unreadable(rule)) => {
                    self.kill();
                    return Err(self.fail(format!("its output cannot be read: {rule}")));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                // A child that left the group may hold the output open for ever.
                Err(RecvTimeoutError::Timeout) if self.killed.is_some_and(|at| at.elapsed() > LAST_WORDS) => {
                    return Ok(None);
                }
                // A child of the tap may hold the output open after it.
                Err(RecvTimeoutError::Timeout) if self.has_exited() => self.kill(),
                Err(RecvTimeoutError::Timeout) if waiting.elapsed() > self.limits.silence => {
                    self.kill();
                    let seconds = self.limits.silence.as_secs_f64();
                    return Err(self.fail(format!("was silent for {seconds} s and was stopped; raise tap.silence")));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Waits for the end of a process whose output has ended; an error unless it ended well.
    pub fn finish(&mut self, stop: &Stop) -> Result<()> {
        let waiting = Instant::now();
        while !self.has_exited() {
            let too_long = self.started.elapsed() > self.limits.total || waiting.elapsed() > self.limits.silence;
            if stop.is_stopped() || too_long {
                self.kill();
                return Err(self.fail("closed its output and did not end; it was stopped".into()));
            }
            thread::sleep(TICK);
        }
        self.kill();
        match self.exited {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.fail(format!("ended with {status}"))),
            None => Err(self.fail("ended without a status".into())),
        }
    }

    /// A failure of this process, with the last line of its log.
    pub fn fail(&mut self, what: String) -> Error {
        self.kill();
        let last_words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let said = if last_words.is_empty() { String::new() } else { format!("; it last said: {last_words}") };
        Error::Upstream(format!("the tap `{}` {what}{said}", self.name))
    }

    /// True once the process itself has ended. It is not reaped, so that its number still names its group.
    fn has_exited(&self) -> bool {
        let Some(pid) = self.group else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Kills what is left of the group and reaps the process; nothing if that was done.
    fn kill(&mut self) {
        let Some(group) = self.group.take() else { return };
        self.killed = Some(Instant::now());
        // It may have ended on its own; then there is nobody left to kill.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
        self.exited = self.child.wait().ok();
        if let Some(log) = self.log.take() {
            let asked = Instant::now();
            while !log.is_finished() && asked.elapsed() < LAST_WORDS {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_output(output: impl Read, lines: &SyncSender<Output>) {
    let mut output = BufReader::with_capacity(64 << 10, output);
    loop {
        let mut line = Vec::new();
        let read = output.by_ref().take(MAX_LINE as u64 + 2).read_until(b'\n', &mut line);
        let output = match read {
            Ok(0) => return,
            Err(error) => Output::Unreadable(error.to_string()),
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                if line.len() > MAX_LINE { Output::TooLong } else { Output::Line(line) }
            }
        };
        let last = !matches!(output, Output::Line(_));
        if lines.send(output).is_err() || last {
            return;
        }
    }
}

fn read_log(errors: impl Read, source: &str, redaction: &Redaction, last_words: &Mutex<String>) {
    let mut errors = BufReader::new(errors);
    let mut count = 0;
    loop {
        let mut line = Vec::new();
        match errors.by_ref().take(MAX_LOG_LINE as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if line.last() != Some(&b'\n') && line.len() == MAX_LOG_LINE {
            skip_line(&mut errors);
        }
        let text = redaction.of(String::from_utf8_lossy(&line).trim_end());
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let shown = cut(&text, SHOWN_LOG_LINE);
        if shown.trim().is_empty() {
            continue;
        }
        count += 1;
        if count <= MAX_LOG_LINES {
            tracing::info!(source, "tap: {shown}");
        } else if count == MAX_LOG_LINES + 1 {
            tracing::warn!(source, "tap: more than {MAX_LOG_LINES} lines; the rest of its log is left out");
        }
        shown.clone_into(&mut last_words.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn skip_line(input: &mut impl BufRead) {
    loop {
        let Ok(bytes) = input.fill_buf() else { return };
        let (count, end) = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (bytes.len(), bytes.is_empty()),
        };
        input.consume(count);
        if end {
            return;
        }
    }
}
