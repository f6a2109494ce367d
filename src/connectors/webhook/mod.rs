//! Webhooks: how a connector verifies what is sent to it, tells deliveries apart, and makes records of them. All of it
//! is said in `[webhook]` of the manifest and checked when that is read; nothing here does I/O but for looking up the
//! secret.

mod form;
mod verify;

pub(super) use form::read;

use super::{Emit, Secret, SecretRef, Source, Stream, http::Expression, mapper::Mapper, mapping::MAX_OUTPUTS};
use crate::{
    error::{Error, Result},
    model::{RecordVersion, Timestamp},
};
use serde_json::Value;
use std::sync::Arc;
use verify::Verify;

/// A delivery as it comes.
pub struct Incoming<'a> {
    /// The value of a header by its name, upper or lower case alike; none if it is missing or there several times.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// Its content, exactly as it was sent.
    pub body: &'a [u8],
}

impl Incoming<'_> {
    fn need(&self, header: &str) -> Result<String, String> {
        (self.header)(header).ok_or_else(|| format!("the header {header} is missing, or there more than once"))
    }
}

/// `[webhook]` of a manifest.
#[derive(Clone)]
pub struct Webhook {
    verify: Verify,
    delivery_id: Option<DeliveryId>,
    routes: Vec<Route>,
}

/// Where a sender says what it calls a delivery.
#[derive(Clone)]
enum DeliveryId {
    Header(String),
    Body(Expression),
}

/// What becomes of the deliveries for which it holds.
#[derive(Clone)]
struct Route {
    when: Option<Expression>,
    to: Option<Target>,
}

#[derive(Clone)]
struct Target {
    stream: String,
    select: Option<Expression>,
    deleted: bool,
    time: Option<Expression>,
}

/// A version of a record that came by webhook, and by which stream: a position in `Source::streams`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// The stream's position.
    pub stream: usize,
    /// What it says.
    pub version: RecordVersion,
}

/// The webhook of a source: the connector's, with the secret of this source.
#[derive(Clone)]
pub struct Hook {
    pub(super) webhook: Arc<Webhook>,
    pub(super) secret: SecretRef,
}

impl Hook {
    /// Verifies a delivery and tells what its sender calls it.
    ///
    /// # Errors
    /// `Unauthenticated` if it does not show knowledge of the secret; `Unavailable` if there is no secret to verify it by.
    pub fn accept(&self, incoming: &Incoming<'_>, now: Timestamp) -> Result<Option<String>> {
        let secret = self.resolve().map_err(|reason| {
            tracing::error!("a webhook cannot be verified: {reason}");
            Error::Unavailable("the secret of this source is not there, or is none; the log says more".into())
        })?;
        self.webhook.verify.check(&secret, incoming, now).map_err(Error::Unauthenticated)?;
        Ok(self.webhook.delivery_id(incoming))
    }

    /// Says, in words that do not show it, what is wrong with the secret.
    pub fn look(&self) -> Result<(), String> {
        self.resolve().map(drop)
    }

    fn resolve(&self) -> Result<Secret, String> {
        let secret = self.secret.resolve()?;
        match self.webhook.verify.takes(&secret) {
            Ok(()) => Ok(secret),
            Err(rule) => Err(format!("what is at {} {rule}", self.secret)),
        }
    }
}

impl Webhook {
    /// What the sender calls the delivery. Without an expression over the body, or if that yields nothing plain, none.
    fn delivery_id(&self, incoming: &Incoming<'_>) -> Option<String> {
        let id = match self.delivery_id.as_ref()? {
            DeliveryId::Header(header) => (incoming.header)(header),
            DeliveryId::Body(expression) => match expression.first(&serde_json::from_slice(incoming.body).ok()?) {
                Ok(Value::String(text)) => Some(text),
                Ok(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            },
        };
        id.filter(|id| !id.is_empty())
    }
}

impl Source {
    /// What a delivery that came at an instant says of records: all of it, or why it cannot be said, in words.
    pub fn map_delivery(&self, body: &[u8], at: Timestamp) -> Result<Vec<Pushed>, String> {
        let hook = self.hook().ok_or("the source takes no webhooks (any more)")?;
        let body: Value = serde_json::from_slice(body).map_err(|error| format!("the content is not JSON: {error}"))?;
        let mut routed = false;
        let mut pushed = Vec::new();
        for (position, route) in hook.webhook.routes.iter().enumerate() {
            let failed = |rule: String| format!("route {}: {rule}", position + 1);
            match &route.when {
                Some(when) if !when.holds(&body).map_err(failed)? => continue,
                _ => routed = true,
            }
            if let Some(target) = &route.to {
                self.follow(target, &body, at, &mut pushed).map_err(failed)?;
            }
        }
        match routed {
            true if pushed.len() > MAX_OUTPUTS => Err(format!("it makes more than {MAX_OUTPUTS} records")),
            true => Ok(pushed),
            false => Err("no route of the connector's manifest holds for it".into()),
        }
    }

    fn follow(&self, target: &Target, body: &Value, at: Timestamp, pushed: &mut Vec<Pushed>) -> Result<(), String> {
        let found = self.streams().iter().enumerate().find(|(_, stream)| stream.name() == target.stream);
        let (position, stream) = found.ok_or_else(|| format!("there is no stream `{}`", target.stream))?;
        let rows = match &target.select {
            Some(select) => select.all(body.clone())?,
            None => vec![body.clone()],
        };
        let mapper = Mapper { streams: self.shared_streams(), source: self.name().into(), about: self.about(), at };
        let time = match &target.time {
            Some(time) => Some(read_time(&time.first(body)?)?),
            None => None,
        };
        for row in rows {
            for mut version in mapper.versions(stream, &row).map_err(|refusal| refusal.reason)? {
                version.deleted |= target.deleted;
                if let Some(time) = time.filter(|_| version.undated || version.deleted) {
                    version.source_updated_at = time;
                    version.undated = false;
                }
                pushed.push(Pushed { stream: position, version });
            }
        }
        Ok(())
    }
}

fn read_time(time: &Value) -> Result<Timestamp, String> {
    match time {
        Value::String(text) => text.parse().map_err(|rule| format!("`time`: {rule}")),
        Value::Number(number) => match number.as_i64() {
            Some(millis) if millis.unsigned_abs() >= 100_000_000_000 => Ok(Timestamp::from_millis(millis)),
            Some(seconds) => Ok(Timestamp::from_millis(seconds.saturating_mul(1_000))),
            None => Err(format!("`time`: {number} is not a whole number of seconds or milliseconds")),
        },
        other => Err(format!("`time`: {other} where a time is expected")),
    }
}

/// True if a stream can be the target of a route.
fn takes_rows(stream: &Stream) -> bool {
    stream.emit() != Emit::Keys
}
