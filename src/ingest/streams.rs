//! What a run keeps of each stream besides its records: where it goes on from, which records it showed, what is gone
//! because a full read did not show it, and what a changed mapping makes of rows that were set aside.

use crate::{
    assess::Rules,
    connectors::{Item, Reached, Source, StreamState, StreamStates},
    error::Result,
    evaluate::{self, Change},
    model::{Body, Clock, RecordId, RecordVersion, Reference, Timestamp},
    store::{Applied, Lease, Store, SyncCursor, Transaction},
};
use std::collections::{BTreeMap, BTreeSet};

/// The streams of a run.
pub struct Streams<'a> {
    source: &'a Source,
    run_id: String,
    /// When the run began.
    at: Timestamp,
    cursors: BTreeMap<String, SyncCursor>,
    /// Streams read in full that what is gone is still to be looked for in, and whether they may have missed a row.
    to_reconcile: Vec<(usize, bool)>,
    /// Streams to be read as if they never had been: another mapping may make records of rows that were not kept.
    afresh: BTreeSet<String>,
    /// True to let any number of records go.
    pub accept_deletions: bool,
    /// Why records were not taken for gone, by stream.
    pub refusals: Vec<String>,
}

/// What a batch tells of streams.
#[derive(Default)]
pub struct News {
    reached: Vec<(usize, Reached)>,
    seen: BTreeMap<usize, Vec<RecordId>>,
}

impl News {
    /// A stream has come so far once the batch is kept.
    pub fn reached(&mut self, stream: usize, reached: Reached) {
        self.reached.push((stream, reached));
    }

    /// A stream showed a version of a record.
    pub fn saw(&mut self, source: &Source, stream: usize, version: &RecordVersion) {
        let counts = source.streams().get(stream).is_some_and(|stream| stream.reconcile().is_some());
        if counts && !version.deleted {
            self.seen.entry(stream).or_default().push(version.id());
        }
    }
}

impl<'a> Streams<'a> {
    /// What earlier runs left.
    pub fn open(store: &Store, source: &'a Source, run_id: &str, at: Timestamp) -> Result<Self> {
        let cursors = store.read(|reader| reader.sync_cursors(source.name()))?;
        Ok(Self {
            source,
            run_id: run_id.into(),
            at,
            cursors,
            to_reconcile: Vec::new(),
            afresh: BTreeSet::new(),
            accept_deletions: false,
            refusals: Vec::new(),
        })
    }

    /// Where the reading starts from.
    pub fn states(&self) -> StreamStates {
        let state = |stream: &str, cursor: &SyncCursor| {
            let tested = cursor.tested.clone();
            if self.afresh.contains(stream) {
                return StreamState { tested, ..StreamState::default() };
            }
            StreamState { cursor: cursor.reached.clone(), full_read_at: cursor.full_read_at, tested }
        };
        self.cursors.iter().map(|(stream, cursor)| (stream.clone(), state(stream, cursor))).collect()
    }

    /// Keeps what a batch tells, in the transaction that keeps its records.
    pub fn keep(&mut self, transaction: &mut Transaction<'_>, news: &News) -> Result<()> {
        let name = self.source.name();
        for (position, seen) in &news.seen {
            if let Some(stream) = self.source.streams().get(*position) {
                transaction.saw(name, stream.name(), seen, self.at)?;
            }
        }
        for (position, reached) in &news.reached {
            let Some(stream) = self.source.streams().get(*position) else { continue };
            let cursor = self.cursors.entry(stream.name().into()).or_default();
            let before = cursor.clone();
            if let Some(to) = &reached.cursor {
                cursor.reached = Some(to.clone());
            }
            if let Some(tested) = &reached.tested {
                cursor.tested = Some(tested.clone());
            }
            match (reached.full, stream.reconcile()) {
                (true, Some(_)) => self.to_reconcile.push((*position, reached.unsure)),
                (true, None) => cursor.full_read_at = Some(self.at),
                (false, _) => {}
            }
            if *cursor != before {
                transaction.keep_cursor(name, stream.name(), cursor)?;
            }
            if reached.complete {
                transaction.complete_streams(name, &[stream.name()], self.at)?;
            }
            if reached.full {
                transaction.forget_set_aside_before(name, stream.name(), &self.run_id)?;
            }
        }
        Ok(())
    }

    /// Takes what full reads did not show for gone, in parts, unless it is more than a stream allows. Where a row may
    /// have been missed, it takes two of them.
    pub fn reconcile(&mut self, store: &Store, rules: &Rules, clock: Clock, lease: &Lease) -> Result<Applied> {
        let name = self.source.name();
        let mut applied = Applied::default();
        for (position, unsure) in std::mem::take(&mut self.to_reconcile) {
            let Some(stream) = self.source.streams().get(position) else { continue };
            let Some(reconcile) = stream.reconcile() else { continue };
            let last = self.cursors.get(stream.name()).and_then(|cursor| cursor.full_read_at);
            let before = if unsure { last.unwrap_or(Timestamp::from_millis(0)) } else { self.at };
            let counts = store.read(|reader| reader.unseen(name, stream.name(), before))?;
            let most = reconcile.at_most * counts.known as f64;
            if counts.unseen as f64 > most && !self.accept_deletions {
                self.refusals.push(format!(
                    "stream {}: a full read did not show {} of {} records, more than the share of {} that may go at \
                     once; nothing was taken for gone. If they are gone, run `concord sync {name} --accept-deletions`",
                    stream.name(),
                    counts.unseen,
                    counts.known,
                    reconcile.at_most
                ));
                continue;
            }
            loop {
                let gone = store.read(|reader| reader.unseen_records(name, stream.name(), before))?;
                if gone.is_empty() {
                    break;
                }
                let versions = gone.iter().map(|record| self.tombstone(record)).collect::<Result<Vec<_>>>()?;
                let change = Change::Records { versions, synced_at: self.at, history: false };
                let part = store.write(clock.now(), |transaction| {
                    transaction.hold(lease)?;
                    evaluate::apply(transaction, rules, change)
                })?;
                applied.tombstoned += part.tombstoned;
                if part.tombstoned == 0 {
                    break;
                }
            }
            let cursor = self.cursors.entry(stream.name().into()).or_default();
            cursor.full_read_at = Some(self.at);
            store.write(clock.now(), |transaction| {
                transaction.hold(lease)?;
                transaction.keep_cursor(name, stream.name(), cursor)
            })?;
        }
        Ok(applied)
    }

    /// The news that a record is gone, since some unknown time.
    fn tombstone(&self, record: &Reference) -> Result<RecordVersion> {
        let body = Body::from_json(record.kind, serde_json::json!({}))
            .map_err(|problem| crate::error::Error::Internal(problem.to_string()))?;
        Ok(RecordVersion {
            source: record.source.clone(),
            external_id: record.external_id.clone(),
            url: None,
            source_updated_at: self.at,
            undated: true,
            source_version: 0,
            deleted: true,
            body,
            relations: Vec::new(),
            attributes: serde_json::Map::new(),
        })
    }

    /// Tries rows again that were set aside by another text of their mapping than the present one.
    pub fn remap(&mut self, store: &Store, rules: &Rules, clock: Clock, lease: &Lease) -> Result<Applied> {
        let name = self.source.name();
        let mut applied = Applied::default();
        for stream in self.source.streams() {
            let mut after = String::new();
            loop {
                let rows = store
                    .read(|reader| reader.set_aside_by_others(name, stream.name(), stream.mapping_version(), &after))?;
                let Some(last) = rows.last() else { break };
                after.clone_from(&last.id);
                let (mut versions, mut mended, mut refused) = (Vec::new(), Vec::new(), Vec::new());
                for row in rows {
                    // What was cut short, withheld, or never could be read, has to come from its source again.
                    let Some(content) = row.row() else {
                        self.afresh.insert(stream.name().into());
                        continue;
                    };
                    let mut became = Vec::new();
                    let mut reason = None;
                    for item in stream.remap(self.source, content, self.at) {
                        match item {
                            Item::Version(version) => became.push(version),
                            Item::SetAside(again) => reason = Some(again.reason),
                            Item::Reached(_) => {}
                        }
                    }
                    match reason {
                        Some(reason) => refused.push((row.id, reason)),
                        None => {
                            versions.append(&mut became);
                            mended.push(row.id);
                        }
                    }
                }
                let history = stream.rows() == crate::connectors::Rows::Versions;
                let part = store.write(clock.now(), |transaction| {
                    transaction.hold(lease)?;
                    transaction.forget_set_aside(&mended)?;
                    for (id, reason) in &refused {
                        transaction.set_aside_again(id, reason, stream.mapping_version())?;
                    }
                    let change = Change::Records { versions, synced_at: self.at, history };
                    evaluate::apply(transaction, rules, change)
                })?;
                applied.created += part.created;
                applied.changed += part.changed;
                applied.unchanged += part.unchanged;
                applied.tombstoned += part.tombstoned;
            }
        }
        Ok(applied)
    }
}
