//! What a run keeps of each stream besides its records: where it goes on from, which records it showed, which rows were
//! set aside, and what is gone because a full read did not show it.

use crate::{
    assess::Rules,
    connectors::{Emit, Reached, Rows, SetAside, Source, Stream, StreamState, StreamStates},
    error::Result,
    evaluate::{self, Change},
    model::{Body, Clock, RecordId, RecordVersion, Reference, Timestamp, counted},
    store::{Applied, Lease, Run, SetAsideRow, Store, SyncCursor, Transaction},
};
use std::collections::BTreeMap;

/// The streams of a run.
pub struct Streams<'a> {
    source: &'a Source,
    run_id: String,
    /// When the run began.
    at: Timestamp,
    cursors: BTreeMap<String, SyncCursor>,
    /// What each stream is read by now.
    digests: Vec<String>,
    /// True if all are to be read as if they never had been.
    full: bool,
    /// True to let any number of records go.
    accept_deletions: bool,
    /// Streams read in full that what is gone is still to be looked for in, and whether they may have missed a row.
    to_reconcile: Vec<(usize, bool)>,
    /// Streams of which rows are set aside, and whether it was known before this run of all of them which record they are.
    set_aside: BTreeMap<String, bool>,
    /// How many rows this run set aside of which that is not known, by stream.
    unknown: BTreeMap<usize, u64>,
    /// Why records were not taken for gone that may be, by stream.
    pub refusals: Vec<String>,
    /// What else whoever looks at the run should know.
    pub notes: Vec<String>,
}

/// What a batch tells of streams.
#[derive(Default)]
pub struct News {
    reached: Vec<(usize, Reached)>,
    seen: BTreeMap<usize, Vec<RecordId>>,
    /// Rows that were set aside, by what tells one from another.
    set_aside: BTreeMap<(usize, String), SetAsideRow>,
    /// Records that came through, of streams of which rows are set aside.
    came_through: BTreeMap<usize, Vec<RecordId>>,
    /// Rows that were set aside without it being known which record they are.
    unknown: BTreeMap<usize, u64>,
}

impl News {
    /// A stream has come so far once the batch is kept.
    pub fn reached(&mut self, stream: usize, reached: Reached) {
        self.reached.push((stream, reached));
    }

    /// Rows that wait to be kept as set aside.
    pub fn set_aside(&self) -> usize {
        self.set_aside.len()
    }
}

/// True if a stream's rows are states of records, of which the later stands for the earlier.
fn is_of_states(stream: &Stream) -> bool {
    stream.rows() == Rows::Records && stream.emit() != Emit::Tombstones
}

impl<'a> Streams<'a> {
    /// The source they are of.
    pub fn source(&self) -> &'a Source {
        self.source
    }

    /// What earlier runs left.
    pub fn open(store: &Store, source: &'a Source, run: &Run) -> Result<Self> {
        let name = source.name();
        let (cursors, set_aside) =
            store.read(|reader| Ok((reader.sync_cursors(name)?, reader.streams_set_aside(name)?)))?;
        Ok(Self {
            source,
            run_id: run.id.clone(),
            at: run.started_at,
            cursors,
            digests: (0..source.streams().len()).map(|position| source.digest(position)).collect(),
            full: run.full,
            accept_deletions: run.accept_deletions,
            to_reconcile: Vec::new(),
            set_aside,
            unknown: BTreeMap::new(),
            refusals: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Where the reading starts from. What was read by another mapping, request, address or setting is read afresh.
    pub fn states(&self) -> StreamStates {
        let state = |(stream, digest): (&Stream, &String)| {
            let cursor = self.cursors.get(stream.name()).cloned().unwrap_or_default();
            let is_other = !cursor.digest.is_empty() && cursor.digest != *digest;
            let SyncCursor { reached, full_read_at, tested, .. } = cursor;
            let afresh = self.full || is_other;
            (stream.name().into(), StreamState { cursor: reached, full_read_at, tested, afresh })
        };
        self.source.streams().iter().zip(&self.digests).map(state).collect()
    }

    /// A version of a record came by a stream.
    pub fn came(&self, news: &mut News, position: usize, version: &RecordVersion) {
        let Some(stream) = self.source.streams().get(position) else { return };
        if stream.reconcile().is_some() && !version.deleted {
            news.seen.entry(position).or_default().push(version.id());
        }
        if is_of_states(stream) && (self.set_aside.contains_key(stream.name()) || !news.set_aside.is_empty()) {
            let id = version.id();
            news.set_aside.remove(&(position, id.to_string()));
            news.came_through.entry(position).or_default().push(id);
        }
    }

    /// A row of a stream was set aside, as the so manieth of the run. The records it is known to stand for were seen.
    pub fn set_aside(&self, news: &mut News, position: usize, row: SetAside, number: u64) {
        let Some(stream) = self.source.streams().get(position) else { return };
        let records = row.records.unwrap_or_default();
        match records.is_empty() {
            true => *news.unknown.entry(position).or_default() += 1,
            false if stream.reconcile().is_some() => news.seen.entry(position).or_default().extend(&records),
            false => {}
        }
        let of_record = records.first().filter(|_| is_of_states(stream));
        let key = of_record.map_or(row.digest, ToString::to_string);
        let row = SetAsideRow {
            id: format!("{}-{number:09}", self.run_id),
            run_id: self.run_id.clone(),
            source: self.source.name().into(),
            stream: row.stream,
            position: row.position,
            reason: row.reason,
            mapping_version: row.mapping_version,
            whole: row.row.is_object(),
            content: match row.row {
                serde_json::Value::String(text) => text,
                row => row.to_string(),
            },
            key: key.clone(),
            of_record: !records.is_empty(),
            read_at: self.at,
        };
        news.set_aside.insert((position, key), row);
    }

    /// Keeps what a batch tells, in the transaction that keeps its records.
    pub fn keep(&mut self, transaction: &mut Transaction<'_>, news: News) -> Result<()> {
        let name = self.source.name();
        for (position, seen) in &news.seen {
            if let Some(stream) = self.source.streams().get(*position) {
                transaction.saw(name, stream.name(), seen, self.at)?;
            }
        }
        self.keep_set_aside(transaction, &news.came_through, news.set_aside)?;
        for (position, count) in news.unknown {
            *self.unknown.entry(position).or_default() += count;
        }
        for (position, reached) in news.reached {
            self.keep_reached(transaction, position, reached)?;
        }
        Ok(())
    }

    fn keep_set_aside(
        &mut self,
        transaction: &mut Transaction<'_>,
        came_through: &BTreeMap<usize, Vec<RecordId>>,
        set_aside: BTreeMap<(usize, String), SetAsideRow>,
    ) -> Result<()> {
        let name = self.source.name();
        for (position, records) in came_through {
            let stream = self.source.streams().get(*position).map(Stream::name);
            if let Some(stream) = stream.filter(|stream| self.set_aside.contains_key(*stream)) {
                transaction.came_through(name, stream, records)?;
            }
        }
        let mut by_stream: BTreeMap<String, Vec<SetAsideRow>> = BTreeMap::new();
        for row in set_aside.into_values() {
            by_stream.entry(row.stream.clone()).or_default().push(row);
        }
        for (stream, rows) in by_stream {
            transaction.set_aside(name, &stream, rows)?;
            self.set_aside.entry(stream).or_insert(true);
        }
        Ok(())
    }

    fn keep_reached(&mut self, transaction: &mut Transaction<'_>, position: usize, reached: Reached) -> Result<()> {
        let name = self.source.name();
        let Some(stream) = self.source.streams().get(position) else { return Ok(()) };
        self.notes.extend(reached.note);
        let cursor = self.cursors.entry(stream.name().into()).or_default();
        let before = cursor.clone();
        if reached.full || reached.cursor.is_some() {
            cursor.digest = self.digests.get(position).cloned().unwrap_or_default();
        }
        cursor.reached = reached.cursor.or(cursor.reached.take());
        cursor.tested = reached.tested.or(cursor.tested.take());
        match (reached.full, stream.reconcile()) {
            (true, Some(_)) => self.to_reconcile.push((position, reached.unsure)),
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
            if let Some(why) = self.hidden(position, stream, unsure) {
                self.notes.push(format!("stream {}: {why}", stream.name()));
                self.note_full_read(store, clock, lease, stream)?;
                continue;
            }
            let last = self.cursors.get(stream.name()).and_then(|cursor| cursor.full_read_at);
            let before = if unsure { last.unwrap_or(Timestamp::from_millis(0)) } else { self.at };
            let counts = store.read(|reader| reader.unseen(name, stream.name(), before))?;
            let most = reconcile.at_most * counts.known as f64;
            if counts.unseen as f64 > most && !self.accept_deletions {
                self.refusals.push(format!(
                    "stream {}: a full read did not show {} of {} records, more than the share of {} that may go at \
                     once; nothing was taken for gone. If they are gone, run `concord sync {name} --accept-deletions`, or ask \
                     for a run with `accept_deletions`",
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
                let change = Change::Records { versions, synced_at: self.at, history: false, delivered: false };
                let part = store.write(clock.now(), |transaction| {
                    transaction.hold(lease)?;
                    evaluate::apply(transaction, rules, change)
                })?;
                applied.tombstoned += part.tombstoned;
                if part.tombstoned == 0 {
                    break;
                }
            }
            self.note_full_read(store, clock, lease, stream)?;
        }
        Ok(applied)
    }

    /// Why a full read of a stream may not have shown every record there is, if so.
    fn hidden(&self, position: usize, stream: &Stream, unsure: bool) -> Option<String> {
        match self.unknown.get(&position) {
            Some(count) => Some(format!(
                "{} set aside of unknown records, so nothing was taken for gone by this full read",
                counted(*count, "row")
            )),
            None if unsure && self.set_aside.get(stream.name()) == Some(&false) => Some(
                "rows may have moved between two pages, and the full read before set rows aside of which it is not \
                 known which records they are, so nothing was taken for gone by this one"
                    .into(),
            ),
            None => None,
        }
    }

    fn note_full_read(&mut self, store: &Store, clock: Clock, lease: &Lease, stream: &Stream) -> Result<()> {
        let cursor = self.cursors.entry(stream.name().into()).or_default();
        cursor.full_read_at = Some(self.at);
        store.write(clock.now(), |transaction| {
            transaction.hold(lease)?;
            transaction.keep_cursor(self.source.name(), stream.name(), cursor)
        })
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
}
