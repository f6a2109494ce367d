//! A look at a source before it is read: whether it lets us in, and one record of each stream.

use super::{
    Item, Source, Stop, Stream, http, singer,
    source::{Origin, stopped},
};
use crate::{
    error::{Error, Result},
    model::{RecordKind, RecordVersion, Timestamp},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{fs::File, io::BufReader};
use utoipa::ToSchema;

/// The most rows looked at for one that becomes a record.
const MAX_ROWS: usize = 20;

/// What a look at a stream brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamCheck {
    /// The stream's name.
    pub stream: String,
    /// The kind of record it gives, if it gives any.
    pub kind: Option<RecordKind>,
    /// False if there is nothing to ask: the system sends what changes.
    pub asked: bool,
    /// The first record its first rows become: envelope, kind, fields and relations. Null if there is none.
    #[schema(value_type = Option<Object>)]
    pub record: Option<Value>,
    /// Why there is none, or what is wrong with the rows before it.
    pub problem: Option<String>,
}

impl Source {
    /// Proves that the source lets us in, and maps one record of each stream; nothing is kept. It asks the source,
    /// which may take as long as its time-outs allow; so it is called where that may block, never where futures run.
    /// `stop` ends it early. This is what `POST /sources/{id}/check` and `concord check SOURCE` show.
    ///
    /// # Errors
    /// If it lacks what it needs here, cannot be reached or does not let us in; what is wrong with one stream is said of it.
    pub fn check(&self, at: Timestamp, stop: &Stop) -> Result<Vec<StreamCheck>> {
        self.look()?;
        match self.origin() {
            Origin::Http(source) => {
                let rows = http::sample(source, &self.shared_streams(), at, stop);
                let rows = rows.map_err(|fault| match stop.is_stopped() {
                    true => stopped(self.name()),
                    false => fault.into_error(self.name()),
                })?;
                Ok(self.streams().iter().zip(rows).map(|(stream, rows)| self.look_at(stream, rows, at)).collect())
            }
            Origin::Singer(source) => {
                let rows = singer::sample(source, &self.shared_streams(), stop)?;
                Ok(self.streams().iter().zip(rows).map(|(stream, rows)| self.look_at(stream, rows, at)).collect())
            }
            Origin::Pushed => Ok(self.streams().iter().map(unasked).collect()),
            Origin::Folder(_) => {
                let found = self.first_files()?;
                let streams = self.streams().iter().enumerate();
                streams
                    .map(|(position, stream)| {
                        let Some(found) = found.get(&position) else {
                            return Ok(checked(stream, Vec::new().into_iter()));
                        };
                        let file = File::open(&found.path)
                            .map_err(|error| Error::Upstream(format!("{}: {error}", found.path.display())))?;
                        let items = stream.read(self.name(), &found.name, BufReader::new(file), at).take(MAX_ROWS);
                        Ok(checked(stream, items.collect::<Result<Vec<_>>>()?.into_iter()))
                    })
                    .collect()
            }
        }
    }

    fn look_at(&self, stream: &Stream, rows: Result<Vec<Value>, String>, at: Timestamp) -> StreamCheck {
        match rows {
            Ok(rows) => checked(stream, rows.into_iter().take(MAX_ROWS).flat_map(|row| stream.remap(self, row, at))),
            Err(problem) => StreamCheck { problem: Some(problem), ..checked(stream, Vec::new().into_iter()) },
        }
    }
}

fn unasked(stream: &Stream) -> StreamCheck {
    StreamCheck { stream: stream.name().into(), kind: stream.kind(), asked: false, record: None, problem: None }
}

fn checked(stream: &Stream, items: impl Iterator<Item = Item>) -> StreamCheck {
    let (mut record, mut problem) = (None, None);
    for item in items {
        match item {
            Item::Version(version) => {
                record = Some(to_json(&version));
                break;
            }
            Item::SetAside(row) => drop(problem.get_or_insert(format!("{}: {}", row.position, row.reason))),
            Item::Reached(_) => {}
        }
    }
    if record.is_none() && stream.kind().is_some() {
        problem.get_or_insert_with(|| "its first rows give no record".into());
    }
    StreamCheck { stream: stream.name().into(), kind: stream.kind(), asked: true, record, problem }
}

/// A version as samples and checks show it.
pub fn to_json(version: &RecordVersion) -> Value {
    json!({
        "external_id": version.external_id,
        "url": version.url,
        "at": version.source_updated_at,
        "version": version.source_version,
        "deleted": version.deleted,
        "body": version.body,
        "relations": version.relations,
        "attributes": version.attributes,
    })
}
