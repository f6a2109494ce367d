//! The messages a tap writes, one a line: only what concerns us of them is kept.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A message that concerns us.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// A row of a stream.
    Record {
        /// The tap's name of the stream.
        stream: String,
        /// The row.
        record: Value,
        /// How long its line is, in bytes.
        bytes: usize,
    },
    /// How far the tap has come: what to hand it when it is started again.
    State(Value),
    /// All rows of a stream's new version have come; what was not among them is gone.
    ActivateVersion(String),
    /// The columns of a stream, which its rows follow, if it has any.
    Schema(String),
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    stream: Option<String>,
    record: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
}

/// A null that was written is a value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Message {
    /// Reads a line; `None` for an empty one. The error says what is wrong.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        if line.trim_ascii().is_empty() { Ok(None) } else { Self::read(line).map(Some) }
    }

    fn read(line: &[u8]) -> Result<Self, String> {
        let bytes = line.len();
        let line: Line = serde_json::from_slice(line).map_err(|error| {
            let rule = error.to_string();
            format!("column {}: {}", error.column(), rule.split(" at line ").next().unwrap_or_default())
        })?;
        let stream = || line.stream.clone().ok_or_else(|| format!("{} without `stream`", line.r#type));
        match line.r#type.as_str() {
            "RECORD" => Ok(Self::Record {
                stream: stream()?,
                record: Value::Object(line.record.ok_or("RECORD without `record`")?),
                bytes,
            }),
            "STATE" => Ok(Self::State(line.value.ok_or("STATE without `value`")?)),
            "SCHEMA" => Ok(Self::Schema(stream()?)),
            "ACTIVATE_VERSION" => Ok(Self::ActivateVersion(stream()?)),
            "BATCH" => Err("BATCH is not supported; take `batch_config` out of the tap's configuration".into()),
            other => Err(format!("`{}` is not a type of message", other.escape_debug())),
        }
    }
}
