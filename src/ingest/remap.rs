//! Rows that were set aside, tried again when their mapping has changed.

use super::streams::Streams;
use crate::{
    assess::Rules,
    connectors::{Item, Rows, Source, Stream},
    error::Result,
    evaluate::{self, Change},
    model::{Clock, RecordVersion, Timestamp},
    store::{Applied, Lease, SetAsideRow, Store},
};
use std::collections::BTreeMap;

/// What became of some rows.
#[derive(Default)]
struct Tried {
    /// What became records, by when it was read: it may be older than what is known meanwhile.
    versions: BTreeMap<Timestamp, Vec<RecordVersion>>,
    /// Rows that are set aside no more.
    mended: Vec<String>,
    /// Rows that still are, with the reason now.
    refused: Vec<(String, String)>,
}

impl Tried {
    fn row(&mut self, source: &Source, stream: &Stream, row: SetAsideRow) {
        // What was cut short, withheld, or never could be read, has to come from its source again.
        let Some(content) = row.row() else { return };
        let mut became = Vec::new();
        for item in stream.remap(source, content, row.read_at) {
            match item {
                Item::Version(version) => became.push(version),
                Item::SetAside(again) => return self.refused.push((row.id, again.reason)),
                Item::Reached(_) => {}
            }
        }
        self.versions.entry(row.read_at).or_default().append(&mut became);
        self.mended.push(row.id);
    }
}

impl Streams<'_> {
    /// Tries rows again that were set aside by another text of their mapping than the present one.
    pub fn remap(&mut self, store: &Store, rules: &Rules, clock: Clock, lease: &Lease) -> Result<Applied> {
        let source = self.source();
        let mut applied = Applied::default();
        for stream in source.streams() {
            let mut after = String::new();
            loop {
                let rows = store.read(|reader| {
                    reader.set_aside_by_others(source.name(), stream.name(), stream.mapping_version(), &after)
                })?;
                let Some(last) = rows.last() else { break };
                after.clone_from(&last.id);
                let mut tried = Tried::default();
                rows.into_iter().for_each(|row| tried.row(source, stream, row));
                let history = stream.rows() == Rows::Versions;
                applied.add(store.write(clock.now(), |transaction| {
                    transaction.hold(lease)?;
                    transaction.forget_set_aside(&tried.mended)?;
                    for (id, reason) in &tried.refused {
                        transaction.set_aside_again(id, reason, stream.mapping_version())?;
                    }
                    let mut applied = Applied::default();
                    for (synced_at, versions) in tried.versions {
                        let seen = versions.iter().filter(|version| !version.deleted).map(RecordVersion::id);
                        if stream.reconcile().is_some() {
                            transaction.saw(source.name(), stream.name(), &seen.collect::<Vec<_>>(), synced_at)?;
                        }
                        let change = Change::Records { versions, synced_at, history, delivered: false };
                        applied.add(evaluate::apply(transaction, rules, change)?);
                    }
                    Ok(applied)
                })?);
            }
        }
        Ok(applied)
    }
}
