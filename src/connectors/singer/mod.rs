//! The protocol `singer`: any tap as a child process that writes SCHEMA, RECORD, STATE and ACTIVATE_VERSION messages.
//!
//! A run discovers the tap's catalog, selects the manifest's streams in it, and hands the tap its configuration, the
//! catalog and the state of the last run in files only we can read. What it writes is read line by line.

mod catalog;
mod files;
mod manifest;
mod message;
mod process;
mod read;
mod redact;
mod source;

pub use process::MAX_LINE;
pub(super) use read::{read, sample};
pub(super) use source::SingerSource;

use super::{
    Stop,
    http::{Setting, Template},
    source::Reconcile,
};
use crate::{
    error::{Error, Problem, Result},
    model::names,
};
use files::Files;
use message::Message;
use process::{Limits, Process};
use redact::Redaction;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, ffi::OsStr, path::Path};

/// The largest catalog read, in bytes.
const MAX_CATALOG: usize = 64 << 20;

/// The longest part of a line that is quoted in an error, in characters.
const QUOTED: usize = 200;

names! {
    /// How a tap reads a stream.
    pub enum ReplicationMethod {
        /// Everything each time.
        FullTable = "FULL_TABLE",
        /// From the greatest value of the replication key seen so far.
        Incremental = "INCREMENTAL",
        /// From the log of changes of a database.
        LogBased = "LOG_BASED",
    }
}

/// What of a tap a stream reads.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSelection {
    /// The tap's name of the stream.
    pub tap_stream: String,
    /// How it is read; as the tap likes if not given.
    pub method: Option<ReplicationMethod>,
    /// The column that tells how far a stream was read.
    pub key: Option<String>,
    /// Whether what a full read does not show is gone.
    pub reconcile: Option<Reconcile>,
}

/// What holds for a tap as a whole.
pub struct SingerManifest {
    tap: Tap,
    config: Config,
    /// What a source may or must set.
    settings: BTreeMap<String, Setting>,
    /// What a source must give references for, and what they are.
    secrets: BTreeMap<String, String>,
    /// A digest of the configuration as it is written.
    version: String,
}

/// A tap's configuration with placeholders in its texts.
enum Config {
    Text(Template),
    List(Vec<Config>),
    Table(BTreeMap<String, Config>),
    Other(Value),
}

/// How a tap is run.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Program and arguments.
    command: Vec<String>,
    /// False if it knows no `--discover`; then it is given no catalog either.
    pub discover: bool,
    /// The option it takes its catalog by.
    pub catalog_option: String,
    /// How long it may take.
    limits: Limits,
}

/// A tap that writes.
pub struct TapReading {
    /// Which stream messages of a name are of.
    pub positions: BTreeMap<String, usize>,
    /// True if it goes on from a state.
    pub resumed: bool,
    process: Process,
    redaction: Redaction,
    stop: Stop,
    _files: Files,
    ended: bool,
}

impl Tap {
    /// Starts it. `config` has its secrets in it, `secrets` are those once more, to be kept out of logs and errors;
    /// `folder` is where it runs; `state` is what `Message::State` last brought, `afresh` which streams are to be read
    /// from the beginning all the same.
    #[expect(clippy::too_many_arguments, reason = "each is said once, here")]
    fn read(
        &self,
        source: &str,
        config: &Map<String, Value>,
        secrets: &[String],
        folder: &Path,
        streams: &[StreamSelection],
        state: Option<Value>,
        afresh: &[usize],
        stop: &Stop,
    ) -> Result<TapReading> {
        let redaction = Redaction::new(secrets.iter().map(String::as_str));
        let files = Files::new()?;
        let config = files.write("config.json", &Value::Object(config.clone()))?;
        let mut arguments: Vec<&OsStr> = vec!["--config".as_ref(), config.as_os_str()];
        let start = |arguments: &[&OsStr]| {
            Process::start(source, &self.command, arguments, folder, files.path(), self.limits, &redaction)
        };
        let catalog = if self.discover {
            let mut discovery = arguments.clone();
            discovery.push("--discover".as_ref());
            let catalog = discovered(start(&discovery)?, stop)?;
            let selected = catalog::select(catalog, streams).map_err(|rules| {
                let place = format!("source {source}, tap `{}`", self.command.first().map_or("", String::as_str));
                Error::Invalid(rules.into_iter().map(|rule| Problem::new(&place, rule)).collect())
            })?;
            Some((files.write("catalog.json", &selected)?, selected))
        } else {
            None
        };
        if let Some((catalog, _)) = &catalog {
            arguments.extend([self.catalog_option.as_ref(), catalog.as_os_str()]);
        }
        let positions = catalog::positions(catalog.as_ref().map(|(_, catalog)| catalog), streams);
        let names = positions.iter().filter(|(_, position)| afresh.contains(position)).map(|(name, _)| name.as_str());
        let state = state.and_then(|state| catalog::without(state, &names.collect::<Vec<_>>()));
        let state = state.map(|state| files.write("state.json", &state)).transpose()?;
        if let Some(state) = &state {
            arguments.extend(["--state".as_ref(), state.as_os_str()]);
        }
        let process = start(&arguments)?;
        let resumed = state.is_some();
        Ok(TapReading { positions, resumed, process, redaction, stop: stop.clone(), _files: files, ended: false })
    }
}

/// The whole output of a discovery as JSON.
fn discovered(mut process: Process, stop: &Stop) -> Result<Value> {
    let mut text = Vec::new();
    while let Some((_, line)) = process.line(stop)? {
        text.extend_from_slice(&line);
        text.push(b'\n');
        if text.len() > MAX_CATALOG {
            return Err(process.fail(format!("has a catalog of more than {MAX_CATALOG} bytes")));
        }
    }
    process.finish(stop)?;
    serde_json::from_slice(&text).map_err(|error| process.fail(format!("discovers what is no JSON: {error}")))
}

impl TapReading {
    /// The next message with its line; `None` once the tap has ended well. An error is the end, too.
    fn message(&mut self) -> Result<Option<(u64, Message)>> {
        loop {
            let Some((number, line)) = self.process.line(&self.stop)? else {
                return self.process.finish(&self.stop).map(|()| None);
            };
            match Message::parse(&line) {
                Ok(Some(message)) => return Ok(Some((number, message))),
                Ok(None) => {}
                Err(rule) => {
                    // Secrets are taken out before the line is cut, so that no part of one is left.
                    let (rule, line) = (self.redaction.of(&rule), self.redaction.of(&String::from_utf8_lossy(&line)));
                    let start: String =
                        line.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect();
                    let what = format!("wrote a line {number} that is not a Singer message ({rule}): {start}");
                    return Err(self.process.fail(what));
                }
            }
        }
    }
}

impl Iterator for TapReading {
    type Item = Result<(u64, Message)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let message = self.message().transpose();
        self.ended = !matches!(message, Some(Ok(_)));
        message
    }
}
