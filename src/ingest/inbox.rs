//! The inbox: a delivery is on disk before it is acknowledged, and is applied afterwards, in the order of arrival.
//!
//! Deliveries wait in a bounded channel for one thread that writes them. It takes what waits, so that those which come
//! while it writes share the next write: nobody waits for a timer, and a busy inbox commits in groups.

use super::Sources;
use crate::{
    assess::Rules,
    connectors::{Pushed, Rows, Source, Stream},
    error::{Error, Result},
    evaluate::{self, Change},
    model::{Clock, RecordId, RecordVersion, Timestamp},
    store::{Arriving, Delivery, Lease, Receipt, Store, Transaction},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};

/// How many deliveries may wait to be written.
const CHANNEL: usize = 1_024;

/// How many are written together at the most, and applied together.
const GROUP: usize = 256;

/// How much the deliveries that wait may hold in memory, in KiB.
const HELD: usize = 64 << 10;

/// How long a delivery waits for room before it is refused.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where deliveries are handed in.
#[derive(Clone)]
pub struct Inbox {
    sender: mpsc::Sender<Handed>,
    memory: Arc<Semaphore>,
    arrived: Arc<Notify>,
}

/// A delivery that waits to be written, and who waits for it.
struct Handed {
    arriving: Arriving,
    reply: oneshot::Sender<Result<Receipt>>,
    _memory: OwnedSemaphorePermit,
}

impl Inbox {
    /// Starts the thread that writes; it ends once no inbox is left that could hand it anything.
    pub fn open(store: Store) -> Result<Self> {
        Self::in_groups_of(store, GROUP)
    }

    /// The same with another bound on how many are written together.
    pub fn in_groups_of(store: Store, group: usize) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let arrived = Arc::new(Notify::new());
        let signal = arrived.clone();
        std::thread::Builder::new()
            .name("inbox".into())
            .spawn(move || write(&store, receiver, &signal, group))
            .map_err(|error| Error::Unavailable(format!("no thread could be started: {error}")))?;
        Ok(Self { sender, memory: Arc::new(Semaphore::new(HELD)), arrived })
    }

    /// Hands a delivery in and waits until it is on disk.
    ///
    /// # Errors
    /// `Unavailable` if there is no room for it within five seconds, or the database does not take it.
    pub async fn receive(&self, arriving: Arriving) -> Result<Receipt> {
        let full = || Error::Unavailable("more is sent than can be stored; send it again later".into());
        let ended = || Error::Unavailable("the service is stopping; send it again later".into());
        let weight = u32::try_from(arriving.body.len() / 1_024 + 1).unwrap_or(u32::MAX);
        let (reply, answer) = oneshot::channel();
        let hand_in = async {
            let _memory = self.memory.clone().acquire_many_owned(weight).await.map_err(|_| ended())?;
            self.sender.send(Handed { arriving, reply, _memory }).await.map_err(|_| ended())
        };
        timeout(PATIENCE, hand_in).await.map_err(|_| full())??;
        answer.await.map_err(|_| ended())?
    }

    /// Told whenever something has arrived.
    pub fn arrived(&self) -> Arc<Notify> {
        self.arrived.clone()
    }
}

fn write(store: &Store, mut receiver: mpsc::Receiver<Handed>, arrived: &Notify, most: usize) {
    let mut group = Vec::with_capacity(most);
    while receiver.blocking_recv_many(&mut group, most) > 0 {
        let (arriving, replies): (Vec<_>, Vec<_>) =
            group.drain(..).map(|handed: Handed| (handed.arriving, (handed.reply, handed._memory))).unzip();
        // One that has gone meanwhile gets no answer; its delivery is kept all the same.
        match store.receive(&arriving) {
            Ok(receipts) => {
                for ((reply, _), receipt) in replies.into_iter().zip(receipts) {
                    let _ = reply.send(Ok(receipt));
                }
                arrived.notify_one();
            }
            Err(error) => {
                tracing::error!("deliveries of webhooks could not be stored: {error}");
                for (reply, _) in replies {
                    let _ = reply.send(Err(Error::Unavailable("it could not be stored; send it again later".into())));
                }
            }
        }
    }
}

/// What applying the deliveries of a source did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Deliveries that were applied.
    pub applied: u64,
    /// Deliveries nothing could be made of.
    pub buried: u64,
}

/// What ends applying deliveries early.
pub struct Ending {
    /// Set from elsewhere when the process is to end.
    pub stop: Arc<AtomicBool>,
    /// How long the right to apply them lasts without being renewed.
    pub lease: Duration,
}

/// Applies the deliveries of a source that wait, in the order they came, unless another node is at it. Each leaves the
/// inbox, or goes to the dead letters, in the transaction that applies it.
pub fn drain(
    store: &Store,
    rules: &Rules,
    sources: &Sources,
    name: &str,
    clock: Clock,
    end: &Ending,
) -> Result<Drained> {
    let mut drained = Drained::default();
    let Some(lease) = store.lease(&format!("inbox/{name}"), end.lease)? else { return Ok(drained) };
    let source = sources.source(name);
    while !end.stop.load(Ordering::Relaxed) {
        lease.check()?;
        let waiting = store.read(|reader| reader.waiting(name, GROUP as u32))?;
        if waiting.is_empty() {
            break;
        }
        let mapped: Vec<_> = waiting.iter().map(|delivery| (delivery, map(source.as_deref(), delivery))).collect();
        let worker = Worker { store, rules, source: source.as_deref(), lease: &lease, now: clock.now() };
        match worker.apply(&mapped) {
            Ok(done) => drained.add(done),
            Err(error @ (Error::Unavailable(_) | Error::Conflict(_))) => return Err(error),
            // One of them is more than the store can take: only that one is not applied.
            Err(_) => {
                for one in &mapped {
                    drained.add(worker.apply_or_bury(one)?);
                }
            }
        }
    }
    if drained.applied > 0 {
        evaluate::settle(store, rules, clock.now())?;
    }
    Ok(drained)
}

type Mapped<'a> = (&'a Delivery, Result<Vec<Pushed>, String>);

fn map(source: Option<&Source>, delivery: &Delivery) -> Result<Vec<Pushed>, String> {
    let source = source.ok_or("its source is not configured (any more)")?;
    source.map_delivery(&delivery.body, delivery.received_at)
}

impl Drained {
    fn add(&mut self, other: Self) {
        self.applied += other.applied;
        self.buried += other.buried;
    }
}

/// Applies deliveries of one source.
struct Worker<'a> {
    store: &'a Store,
    rules: &'a Rules,
    source: Option<&'a Source>,
    lease: &'a Lease,
    now: Timestamp,
}

impl Worker<'_> {
    /// All of these in one transaction.
    fn apply(&self, mapped: &[Mapped<'_>]) -> Result<Drained> {
        self.store.write(self.now, |transaction| {
            let mut drained = Drained::default();
            let mut settled = Vec::with_capacity(mapped.len());
            let mut versions: Vec<RecordVersion> = Vec::new();
            let mut history = false;
            for (delivery, outcome) in mapped {
                match outcome {
                    Ok(pushed) => {
                        for one in pushed {
                            if self.is_history(one.stream) != history {
                                self.write(transaction, std::mem::take(&mut versions), history)?;
                                history = !history;
                            }
                            versions.push(one.version.clone());
                        }
                        settled.push(delivery.number);
                        drained.applied += 1;
                    }
                    Err(reason) => {
                        transaction.bury_delivery(delivery.number, reason)?;
                        drained.buried += 1;
                    }
                }
            }
            self.write(transaction, versions, history)?;
            self.note_sightings(transaction, mapped)?;
            transaction.settle_deliveries(&settled)?;
            let last = mapped.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(delivery, _)| delivery.received_at);
            self.note_heartbeat(transaction, last.max())?;
            transaction.hold(self.lease)?;
            Ok(drained)
        })
    }

    fn apply_or_bury(&self, one: &Mapped<'_>) -> Result<Drained> {
        match self.apply(std::slice::from_ref(one)) {
            Ok(done) => Ok(done),
            Err(error @ (Error::Unavailable(_) | Error::Conflict(_))) => Err(error),
            Err(error) => {
                tracing::error!("the delivery {} could not be applied: {error}", one.0.id);
                self.apply(&[(one.0, Err("what it says could not be stored; the log says more".into()))])
            }
        }
    }

    fn write(&self, transaction: &mut Transaction<'_>, versions: Vec<RecordVersion>, history: bool) -> Result<()> {
        if versions.is_empty() {
            return Ok(());
        }
        let change = Change::Records { versions, synced_at: self.now, history, delivered: true };
        evaluate::apply(transaction, self.rules, change).map(drop)
    }

    /// What is known by webhook only can be missed by a full read, too.
    fn note_sightings(&self, transaction: &mut Transaction<'_>, mapped: &[Mapped<'_>]) -> Result<()> {
        let Some(source) = self.source else { return Ok(()) };
        for (position, stream) in source.streams().iter().enumerate().filter(|(_, one)| one.reconcile().is_some()) {
            let pushed = mapped.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).flatten();
            let of_stream = pushed.filter(|one| one.stream == position && !one.version.deleted);
            let seen: Vec<RecordId> = of_stream.map(|one| one.version.id()).collect();
            transaction.saw(source.name(), stream.name(), &seen, self.now)?;
        }
        Ok(())
    }

    fn is_history(&self, stream: usize) -> bool {
        let stream = self.source.and_then(|source| source.streams().get(stream));
        stream.is_some_and(|stream| stream.rows() == Rows::Versions)
    }

    /// A source that is never read is known to be current by what it sends.
    fn note_heartbeat(&self, transaction: &mut Transaction<'_>, last: Option<Timestamp>) -> Result<()> {
        match (self.source.filter(|source| source.is_pushed()), last) {
            (Some(source), Some(at)) => {
                // Its first delivery is its first complete read; what later ones say was applied with them.
                let heard_before = transaction.checkpoints()?.keys().any(|(known, _)| known == source.name());
                let streams: Vec<&str> = source.streams().iter().map(Stream::name).collect();
                transaction.complete_streams(source.name(), &streams, at)?;
                let change = if heard_before { Change::Due } else { Change::Read { source: source.name().into() } };
                evaluate::apply(transaction, self.rules, change).map(drop)
            }
            _ => Ok(()),
        }
    }
}
