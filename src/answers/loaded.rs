//! Records loaded for a report: some kinds, as far as a view shows them, page by page.

use crate::{
    assess::Rules,
    error::{Error, Result},
    model::{Graph, Record, RecordKind, RelationType, View},
    store::{Reader, RecordQuery},
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
        let mut records = Vec::new();
        for kind in kinds {
            read(reader, *kind, view, &mut records)?;
        }
        let known = rules.known_relations(&reader.checkpoints()?);
        Ok(Self { records, known })
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

/// Adds the records of a kind.
fn read(reader: &mut Reader<'_>, kind: RecordKind, view: View, records: &mut Vec<Record>) -> Result<()> {
    let mut query = RecordQuery {
        kind,
        source: None,
        external_id: None,
        contains: None,
        updated_since: None,
        include_deleted: true,
        view,
        fields: Vec::new(),
        after: None,
        limit: PAGE,
    };
    loop {
        let page = reader.records(&query)?;
        query.after = page.items.last().map(|last| (last.changed_seq, last.id));
        records.extend(page.items);
        if records.len() > MOST {
            return Err(Error::Unavailable(format!(
                "a report is drawn from {MOST} records at the most; the store holds more"
            )));
        }
        if !page.more {
            return Ok(());
        }
    }
}

/// True unless the record is a restricted one and the view is general.
pub(super) fn shows(view: View, record: &Record) -> bool {
    view == View::Full || !record.body.is_restricted()
}
