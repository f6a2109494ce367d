//! Records loaded for a report: as far as a view shows them, page by page.

use crate::{
    assess::Rules,
    error::{Error, Result},
    evaluate,
    model::{Graph, Record, RecordKind, RelationType, Timestamp, View},
    store::{FieldFilter, Reader, RecordQuery, Test},
};

/// Records read at once.
const PAGE: u32 = 1_000;

/// The most records a report is drawn from.
const MOST: usize = 1_000_000;

/// Records with what is known of their edges.
pub(super) struct Loaded {
    records: Vec<Record>,
    known: Vec<RelationType>,
}

impl Loaded {
    /// The records of these kinds, tombstones too, that a view shows.
    pub(super) fn of(reader: &mut Reader<'_>, rules: &Rules, kinds: &[RecordKind], view: View) -> Result<Self> {
        let known = rules.known_relations(&reader.checkpoints()?);
        let mut loaded = Self { records: Vec::new(), known };
        for kind in kinds {
            loaded.read(reader, every(*kind, view))?;
        }
        Ok(loaded)
    }

    /// Reads more records.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, mut query: RecordQuery) -> Result<()> {
        loop {
            let page = reader.records(&query)?;
            query.after = page.items.last().map(|last| (last.changed_seq, last.id));
            self.records.extend(page.items);
            if self.records.len() > MOST {
                return Err(Error::Unavailable(format!(
                    "a report is drawn from {MOST} records at the most; the store holds more"
                )));
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Reads what tickets among the records affect.
    pub(super) fn read_affected(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let affected = evaluate::affected_by(reader, &self.records)?;
        self.records.extend(affected);
        Ok(())
    }

    /// Puts on tickets the class they were judged by.
    pub(super) fn classify(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        evaluate::as_judged(reader, &mut self.records)
    }

    /// One record more.
    pub(super) fn add(&mut self, record: Record) {
        self.records.push(record);
    }

    /// These records, walked along their edges.
    pub(super) fn graph(&self) -> Graph<'_> {
        Graph::new(&self.records, self.known.iter().copied())
    }
}

/// Every record of a kind that a view shows, tombstones too.
pub(super) fn every(kind: RecordKind, view: View) -> RecordQuery {
    RecordQuery {
        kind,
        source: None,
        external_id: None,
        contains: None,
        updated_since: None,
        include_deleted: true,
        view,
        fields: Vec::new(),
        going_on_since: None,
        after: None,
        limit: PAGE,
    }
}

/// Of these, the records whose time lies from the first instant on and before the second.
pub(super) fn within(query: RecordQuery, field: &'static str, from: Timestamp, to: Timestamp) -> RecordQuery {
    let fields = [Test::From(from), Test::Before(to)].map(|test| FieldFilter { field, test }).into_iter().collect();
    RecordQuery { fields, ..query }
}

/// True unless the record is a restricted one and the view is general.
pub(super) fn shows(view: View, record: &Record) -> bool {
    view == View::Full || !record.body.is_restricted()
}
