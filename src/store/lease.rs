//! Leases: what only one process may do at a time, whichever node it is on. Time is the database's own, so that nodes
//! need not agree on it; a node that dies lets its leases expire, and another takes over.

use super::{Link, Reader, Store, Transaction, on, schema::lease};
use crate::error::{Error, Result};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, dsl::sql, sql_types::BigInt};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};
use uuid::Uuid;

/// The right to do something, held until this is dropped; renewed every third of its life by a thread of its own.
pub struct Lease {
    held: Held,
    lost: Arc<AtomicBool>,
    /// Dropped, it ends the thread that renews.
    _renewing: Option<mpsc::Sender<()>>,
}

/// What says whose a lease is.
#[derive(Clone)]
struct Held {
    store: Store,
    name: String,
    holder: String,
    /// Counts the holders, so that one that was thought dead is told from itself.
    fence: i64,
    life: Duration,
}

impl Store {
    /// Takes a lease for so long, unless another holds it.
    pub fn lease(&self, name: &str, life: Duration) -> Result<Option<Lease>> {
        let holder = Uuid::new_v4().to_string();
        let fence = self.note(|link| {
            let free =
                (lease::name.eq(name), lease::holder.eq(""), lease::fence.eq(0_i64), lease::expires_at.eq(0_i64));
            on!(*link, |connection| diesel::insert_into(lease::table)
                .values(free)
                .on_conflict(lease::name)
                .do_nothing()
                .execute(*connection))?;
            let (now, until) = (clock(link, Duration::ZERO), clock(link, life));
            let expired = lease::table.find(name).filter(lease::expires_at.le(sql::<BigInt>(&now)));
            let to = (
                lease::holder.eq(&holder),
                lease::fence.eq(lease::fence + 1),
                lease::expires_at.eq(sql::<BigInt>(&until)),
            );
            Ok(on!(*link, |connection| diesel::update(expired)
                .set(to)
                .returning(lease::fence)
                .get_result::<i64>(*connection)
                .optional())?)
        })?;
        let Some(fence) = fence else { return Ok(None) };
        let held = Held { store: self.clone(), name: name.into(), holder, fence, life };
        Lease::renewed(held).map(Some)
    }
}

impl Reader<'_> {
    /// True while someone holds a lease.
    pub fn is_leased(&mut self, name: &str) -> Result<bool> {
        let now = clock(&self.link, Duration::ZERO);
        let held = lease::table.find(name).filter(lease::expires_at.gt(sql::<BigInt>(&now))).select(lease::name);
        Ok(on!(self.link, |connection| held.first::<String>(*connection).optional())?.is_some())
    }
}

impl Lease {
    fn renewed(held: Held) -> Result<Self> {
        let lost = Arc::new(AtomicBool::new(false));
        if held.life.is_zero() {
            return Ok(Self { held, lost, _renewing: None });
        }
        let (sender, ended) = mpsc::channel();
        let (renewing, flag) = (held.clone(), lost.clone());
        std::thread::Builder::new()
            .name("lease".into())
            .spawn(move || {
                while ended.recv_timeout(renewing.life / 3) == Err(RecvTimeoutError::Timeout) {
                    match renewing.renew() {
                        Ok(true) => {}
                        Ok(false) => return flag.store(true, Ordering::Relaxed),
                        Err(error) => tracing::warn!("the lease {} could not be renewed: {error}", renewing.name),
                    }
                }
            })
            .map_err(|error| Error::Unavailable(format!("no thread could be started: {error}")))?;
        Ok(Self { held, lost, _renewing: Some(sender) })
    }

    /// Set once another took the lease over.
    pub fn lost(&self) -> Arc<AtomicBool> {
        self.lost.clone()
    }

    /// Refuses to go on if another took the lease over.
    pub fn check(&self) -> Result<()> {
        if self.lost.load(Ordering::Relaxed) { Err(self.held.lost()) } else { Ok(()) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Held { store, name, holder, fence, .. } = &self.held;
        let released = store.note(|link| {
            let own = lease::table.find(name).filter(lease::holder.eq(holder)).filter(lease::fence.eq(fence));
            let to = lease::expires_at.eq(0_i64);
            Ok(on!(*link, |connection| diesel::update(own).set(to).execute(*connection))?)
        });
        if let Err(error) = released {
            tracing::warn!("the lease {name} was not given back and has to expire: {error}");
        }
    }
}

impl Held {
    fn renew(&self) -> Result<bool> {
        self.store.note(|link| extend(link, self))
    }

    fn lost(&self) -> Error {
        Error::Conflict(format!(
            "the lease {} was lost: this process did not renew it in time and another took it over",
            self.name
        ))
    }
}

impl Transaction<'_> {
    /// Makes this change depend on a lease: it is made only if the lease is still held when it is made, and nobody can
    /// take it over in between.
    pub fn hold(&mut self, lease: &Lease) -> Result<()> {
        if extend(&mut self.reader.link, &lease.held)? { Ok(()) } else { Err(lease.held.lost()) }
    }
}

/// Moves the end of a lease; false if it is another's.
fn extend(link: &mut Link<'_>, held: &Held) -> Result<bool> {
    let until = clock(link, held.life);
    let own = lease::table.find(&held.name).filter(lease::holder.eq(&held.holder)).filter(lease::fence.eq(held.fence));
    let to = lease::expires_at.eq(sql::<BigInt>(&until));
    Ok(on!(*link, |connection| diesel::update(own).set(to).execute(*connection))? == 1)
}

/// The database's time so much later, in milliseconds since 1970, as an expression.
fn clock(link: &Link<'_>, later: Duration) -> String {
    let now = match link {
        Link::Sqlite(_) => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Link::Postgres(_) => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    };
    format!("{now} + {}", later.as_millis())
}
