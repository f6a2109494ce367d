//! Memory: the shared store on SQLite or PostgreSQL. The only module that knows diesel; its row types stay inside.
//!
//! Reads go through [`Store::read`], which shows one state of the store however many queries it makes; changes through
//! [`Store::write`], one at a time, numbered by the ledger.

mod among;
mod arrivals;
mod bulk;
mod classifications;
mod conclusions;
mod contributing_items;
mod cursors;
mod decisions;
mod edges;
mod first_read;
mod flat;
mod history;
mod inbox;
mod judgements;
mod last;
mod lease;
mod plans;
mod postgres;
mod records;
mod runs;
mod schema;
mod set_aside;
mod sources;
mod supplier_events;
mod supplier_gaps;
mod supplier_inputs;
mod supplier_samples;
mod supplier_turns;
mod turns;

pub use arrivals::{Arriving, Receipt};
pub use classifications::StoredClassification;
pub use conclusions::Conclusion;
pub use cursors::{SyncCursor, Unseen};
pub use decisions::DecisionQuery;
pub use edges::{Edge, Joined, Lookup};
pub use first_read::FirstJudged;
pub use flat::{Lasting, Stretch};
pub use history::{StatusChange, StatusSince, StoredResult};
pub use inbox::{DeadLetter, Delivery};
pub use judgements::{Finding, JudgedUnder, Judgement, StoredTally, TallyChange, Views};
pub use lease::Lease;
pub use plans::StoredPlan;
pub use records::{Applied, FieldFilter, Page, RecordQuery, Test, Written};
pub use runs::{Cause, Run, RunState};
pub use set_aside::SetAsideRow;
pub use sources::{NextRun, StoredSource};
pub use supplier_events::{OutboxEntry, SupplierDecision, SupplierEvent, SupplierEventKind, SupplierEventQuery};
pub use supplier_gaps::StoredGap;
pub use supplier_inputs::{CountedTicket, TicketKey};
pub use supplier_samples::{SupplierSample, SuppliersOnDay};

use crate::{
    error::{Error, Result},
    model::{Timestamp, View},
};
use diesel::{
    Connection as _, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{self, ConnectionManager, CustomizeConnection, Pool},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use last::LastChange;
use postgres::{Manager, PgLink};
use schema::{ledger, moment};
use std::{
    any::Any,
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use turns::Turns;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Runs the same closure on whichever connection there is: written once, compiled twice.
macro_rules! on {
    ($link:expr, |$connection:ident| $body:expr) => {
        match &mut $link {
            $crate::store::Link::Sqlite($connection) => $body,
            $crate::store::Link::Postgres($connection) => $body,
        }
    };
}
use on;

/// That a row comes after another by these columns: `after!("seq, id", BigInt: seq, Text: id)`. Databases find the place
/// in an index by it, which they do not by the columns one by one.
macro_rules! after {
    ($columns:literal, $first_type:ident: $first:expr $(, $type:ident: $value:expr)*) => {
        diesel::dsl::sql::<diesel::sql_types::Bool>(concat!("(", $columns, ") > ("))
            .bind::<diesel::sql_types::$first_type, _>($first)
            $(.sql(", ").bind::<diesel::sql_types::$type, _>($value))*
            .sql(")")
    };
}
use after;

/// The shared store.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    /// SQLite has one writer; waiting here is fair, waiting in SQLite is not.
    turns: Arc<Turns>,
    drawn: Drawn,
    last: Arc<LastChange>,
}

/// What was drawn from a state of the store, by view, with the number of the change that made the state.
type Drawn = Arc<Mutex<HashMap<View, (i64, Arc<dyn Any + Send + Sync>)>>>;

#[derive(Clone)]
enum AnyPool {
    Sqlite {
        readers: SqlitePool,
        /// The one connection that writes: what it holds of the file stays true from one change to the next.
        writer: SqlitePool,
    },
    Postgres(Pool<Manager>),
}

type SqlitePool = Pool<ConnectionManager<SqliteConnection>>;

/// The connection of a running transaction.
enum Link<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgLink),
}

/// One state of the store, to read.
pub struct Reader<'a> {
    link: Link<'a>,
}

/// A change of the store: it can read, and write under the ledger's next number.
pub struct Transaction<'a> {
    reader: Reader<'a>,
    /// The number this change gets, if it changes anything.
    seq: i64,
    /// When this change happens: the clock, or the last change's time if that is later.
    at: Timestamp,
    changed: bool,
    /// How many events of suppliers came with it so far.
    events: usize,
}

/// Where the ledger stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The number of the last change.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The change up to which conclusions were drawn; -1 if none were.
    pub concluded_seq: i64,
}

/// How much of the file the connection that writes holds in memory, and one that reads, in KiB.
const WRITER_CACHE: u32 = 16 << 10;
const READER_CACHE: u32 = 4 << 10;

/// Pages of the write-ahead log after which it is carried over into the file.
const LOG_PAGES: u32 = 16_000;

#[derive(Debug)]
struct SqliteSettings {
    /// In KiB.
    cache: u32,
}

impl CustomizeConnection<SqliteConnection, r2d2::Error> for SqliteSettings {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), r2d2::Error> {
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA wal_autocheckpoint = {LOG_PAGES}; PRAGMA cache_size = -{};",
                self.cache
            ))
            .map_err(r2d2::Error::QueryError)
    }
}

impl Store {
    /// Opens `sqlite:PATH`, creating the file, or connects to `postgres://…`. `connections` bounds the pool; on SQLite, of
    /// those that read.
    pub fn open(url: &str, connections: u32) -> Result<Self> {
        let pool = if let Some(path) = url.strip_prefix("sqlite:") {
            if path.is_empty() {
                return Err(Error::invalid("database.url", "`sqlite:` needs a file, as in sqlite:concord.db"));
            }
            let pool = |connections: u32, cache: u32| {
                Pool::builder()
                    .max_size(connections)
                    .min_idle(Some(1))
                    .connection_timeout(Duration::from_secs(10))
                    .test_on_check_out(false)
                    .connection_customizer(Box::new(SqliteSettings { cache }))
                    .build(ConnectionManager::new(path))
            };
            pool(1, WRITER_CACHE)
                .and_then(|writer| Ok(AnyPool::Sqlite { readers: pool(connections, READER_CACHE)?, writer }))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Pool::builder()
                .max_size(connections)
                .min_idle(Some(1))
                .connection_timeout(Duration::from_secs(10))
                .build(Manager::new(url)?)
                .map(AnyPool::Postgres)
        } else {
            return Err(Error::invalid(
                "database.url",
                "expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
            ));
        };
        let pool = pool.map_err(|error| Error::Unavailable(format!("the database cannot be opened: {error}")))?;
        Ok(Self { pool, turns: Arc::default(), drawn: Drawn::default(), last: Arc::default() })
    }

    /// Brings the tables up to this version. Nodes that start together wait for each other. Returns the names of the
    /// migrations that were run.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let names = |ran: Vec<diesel::migration::MigrationVersion<'_>>| ran.iter().map(ToString::to_string).collect();
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::Unavailable(format!("the tables cannot be brought up to date: {error}"))
        };
        match &self.pool {
            AnyPool::Sqlite { writer, .. } => writer.get()?.immediate_transaction(|connection| {
                connection.run_pending_migrations(SQLITE).map(names).map_err(failed)
            }),
            AnyPool::Postgres(pool) => pool.get()?.transaction(|connection| {
                connection.batch_execute("SELECT pg_advisory_xact_lock(27013)")?;
                connection.run_pending_migrations(POSTGRES).map(names).map_err(failed)
            }),
        }
    }

    /// The number of the last change, if it is known without asking the database. A change of this process is known at
    /// once, one of another process a millisecond later at the latest.
    pub fn known_seq(&self) -> Option<i64> {
        self.last.known()
    }

    /// The number of the last change.
    pub fn seq(&self) -> Result<i64> {
        if let Some(seq) = self.last.known() {
            return Ok(seq);
        }
        let asked = Instant::now();
        let seq = self.read(|reader| reader.ledger())?.seq;
        Ok(self.last.read(seq, asked))
    }

    /// What [`Store::keep_drawn`] kept for a view, if it was drawn from the state change `seq` made.
    pub fn drawn<T: Send + Sync + 'static>(&self, view: View, seq: i64) -> Option<Arc<T>> {
        let drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, kept) = drawn.get(&view)?;
        if *of == seq { kept.clone().downcast().ok() } else { None }
    }

    /// Keeps what was drawn from the state change `seq` made, so that it is drawn once; one thing for each view.
    pub fn keep_drawn<T: Send + Sync + 'static>(&self, view: View, seq: i64, drawn: Arc<T>) {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).insert(view, (seq, drawn));
    }

    /// Runs queries that all see the same state.
    pub fn read<T>(&self, body: impl FnOnce(&mut Reader<'_>) -> Result<T>) -> Result<T> {
        match &self.pool {
            AnyPool::Sqlite { readers, .. } => {
                readers.get()?.transaction(|connection| body(&mut Reader { link: Link::Sqlite(connection) }))
            }
            AnyPool::Postgres(pool) => pool.get()?.transaction(|connection| {
                connection.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
                body(&mut Reader { link: Link::Postgres(connection) })
            }),
        }
    }

    /// Makes a change, asks what it would lead to, and takes it back.
    pub fn what_if<T>(&self, now: Timestamp, body: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut answer = None;
        let tried = self.write(now, |transaction| {
            answer = Some(body(transaction)?);
            Err::<(), _>(Error::Conflict("taken back".into()))
        });
        match (answer, tried) {
            (Some(answer), _) => Ok(answer),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::Internal("a change was neither made nor refused".into())),
        }
    }

    /// Makes one change: all of it, on disk, or nothing. `now` is what the clock shows.
    pub fn write<T>(&self, now: Timestamp, body: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        let (answer, changed) = match &self.pool {
            AnyPool::Sqlite { writer, .. } => {
                let _turn = self.turns.wait();
                writer.get()?.immediate_transaction(|connection| {
                    let ledger = ledger::table.select(COLUMNS).first::<LedgerRow>(connection)?;
                    Transaction::new(Link::Sqlite(connection), ledger, now).run(body)
                })
            }
            AnyPool::Postgres(pool) => pool.get()?.transaction(|connection| {
                let ledger = ledger::table.select(COLUMNS).for_update().first::<LedgerRow>(connection)?;
                Transaction::new(Link::Postgres(connection), ledger, now).run(body)
            }),
        }?;
        if let Some(seq) = changed {
            self.last.made(seq);
        }
        Ok(answer)
    }

    /// Writes what the ledger does not number, without waiting for it: on SQLite before all that is not so, on
    /// PostgreSQL beside it.
    fn note<T>(&self, body: impl FnOnce(&mut Link<'_>) -> Result<T>) -> Result<T> {
        match &self.pool {
            AnyPool::Sqlite { writer, .. } => {
                let _turn = self.turns.wait_urgently();
                writer.get()?.immediate_transaction(|connection| body(&mut Link::Sqlite(connection)))
            }
            AnyPool::Postgres(pool) => pool.get()?.transaction(|connection| body(&mut Link::Postgres(connection))),
        }
    }
}

type LedgerRow = (i64, chrono::NaiveDateTime, i64);
const COLUMNS: (ledger::seq, ledger::at, ledger::concluded_seq) = (ledger::seq, ledger::at, ledger::concluded_seq);

impl Reader<'_> {
    /// Where the ledger stands.
    pub fn ledger(&mut self) -> Result<Ledger> {
        let (seq, at, concluded_seq) =
            on!(self.link, |connection| ledger::table.select(COLUMNS).first::<LedgerRow>(*connection))?;
        Ok(Ledger { seq, at: Timestamp::from_naive(at), concluded_seq })
    }
}

impl<'a> Transaction<'a> {
    fn new(link: Link<'a>, (seq, at, ..): LedgerRow, now: Timestamp) -> Self {
        let at = Timestamp::from_naive(at).max(now);
        Self { reader: Reader { link }, seq: seq + 1, at, changed: false, events: 0 }
    }

    /// Returns its number, too, if it changed anything.
    fn run<T>(mut self, body: impl FnOnce(&mut Transaction<'a>) -> Result<T>) -> Result<(T, Option<i64>)> {
        let answer = body(&mut self)?;
        if self.changed {
            let to = (ledger::seq.eq(self.seq), ledger::at.eq(self.at.naive()));
            let moment = (moment::seq.eq(self.seq), moment::at.eq(self.at.naive()));
            on!(self.reader.link, |connection| {
                diesel::insert_into(moment::table).values(moment).execute(*connection)?;
                diesel::update(ledger::table).set(to).execute(*connection)
            })?;
        }
        Ok((answer, self.changed.then_some(self.seq)))
    }

    /// When this change happens.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes that conclusions now cover everything up to and including this change.
    pub fn concluded(&mut self) -> Result<()> {
        let seq = if self.changed { self.seq } else { self.seq - 1 };
        let to = ledger::concluded_seq.eq(seq);
        on!(self.reader.link, |connection| diesel::update(ledger::table).set(to).execute(*connection))?;
        Ok(())
    }
}

impl<'a> Deref for Transaction<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> DerefMut for Transaction<'a> {
    fn deref_mut(&mut self) -> &mut Reader<'a> {
        &mut self.reader
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind::*, Error::*};
        match error {
            DatabaseError(ClosedConnection | SerializationFailure, ..) | BrokenTransactionManager => {
                Self::Unavailable(format!("the database did not answer: {error}"))
            }
            _ => Self::Internal(format!("the database refused a query: {error}")),
        }
    }
}

impl From<diesel::r2d2::PoolError> for Error {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Unavailable(format!("no database connection is free: {error}"))
    }
}

/// What the store holds can't be read: written by a newer version, or damaged.
fn unreadable(what: &str, error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a stored {what} cannot be read: {error}"))
}
