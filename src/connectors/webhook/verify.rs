//! Whether a delivery comes from who it says: signatures and shared secrets, compared in constant time, over the body
//! exactly as it came.

use super::Incoming;
use crate::{
    connectors::Secret,
    model::{Timestamp, names},
};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

names! {
    /// The digest of a signature.
    pub enum Digest {
        /// HMAC with SHA-1.
        Sha1 = "sha1",
        /// HMAC with SHA-256.
        Sha256 = "sha256",
        /// HMAC with SHA-512.
        Sha512 = "sha512",
    }
}

names! {
    /// How a signature is written.
    pub enum Encoding {
        /// Hexadecimal digits.
        Hex = "hex",
        /// Base64.
        Base64 = "base64",
    }
}

names! {
    /// What a signature covers.
    pub enum Signed {
        /// The body.
        Body = "body",
        /// The body, then the text of the timestamp.
        BodyTimestamp = "body+timestamp",
        /// The text of the timestamp, then the body.
        TimestampBody = "timestamp+body",
    }
}

/// How deliveries are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verify {
    /// A header holds a signature made with a shared key.
    Hmac(Signature),
    /// As standardwebhooks.com says.
    StandardWebhooks {
        /// How far the delivery's time may be from ours, in seconds.
        window: i64,
    },
    /// A header holds the secret itself.
    Bearer {
        /// Without one, `Authorization`, after the word `Bearer`.
        header: Option<String>,
    },
}

/// Where a signature is, and what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub digest: Digest,
    pub encoding: Encoding,
    pub header: String,
    /// What stands before the signature in its header.
    pub prefix: String,
    pub signed: Signed,
    pub timestamp_header: Option<String>,
    /// How far the timestamp may be from our time, in seconds.
    pub window: Option<i64>,
}

impl Verify {
    /// Refuses, in words that do not show it, a secret by which nothing could be verified.
    pub fn takes(&self, secret: &Secret) -> Result<(), String> {
        match self {
            Self::StandardWebhooks { .. } => key(secret).map(drop),
            Self::Hmac(_) | Self::Bearer { .. } => Ok(()),
        }
    }

    /// Refuses, in words, a delivery that does not show knowledge of the secret. What the words tell is which part is
    /// missing or misspelt, never how near a wrong signature is.
    pub fn check(&self, secret: &Secret, incoming: &Incoming<'_>, now: Timestamp) -> Result<(), String> {
        match self {
            Self::Hmac(signature) => signature.check(secret, incoming, now),
            Self::StandardWebhooks { window } => standard_webhooks(secret, incoming, now, *window),
            Self::Bearer { header } => bearer(header.as_deref(), secret, incoming),
        }
    }
}

impl Signature {
    fn check(&self, secret: &Secret, incoming: &Incoming<'_>, now: Timestamp) -> Result<(), String> {
        let given = incoming.need(&self.header)?;
        let given = given
            .strip_prefix(self.prefix.as_str())
            .ok_or_else(|| format!("the header {} does not start with `{}`", self.header, self.prefix))?;
        let given = match self.encoding {
            Encoding::Hex => HEXLOWER_PERMISSIVE.decode(given.as_bytes()),
            Encoding::Base64 => BASE64.decode(given.as_bytes()),
        };
        let given =
            given.map_err(|_| format!("the signature in {} is not written in {}", self.header, self.encoding))?;
        let timestamp = match &self.timestamp_header {
            Some(header) => incoming.need(header)?,
            None => String::new(),
        };
        let parts = match self.signed {
            Signed::Body => [incoming.body, b""],
            Signed::BodyTimestamp => [incoming.body, timestamp.as_bytes()],
            Signed::TimestampBody => [timestamp.as_bytes(), incoming.body],
        };
        let algorithm = match self.digest {
            Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => hmac::HMAC_SHA256,
            Digest::Sha512 => hmac::HMAC_SHA512,
        };
        let key = hmac::Key::new(algorithm, secret.reveal().as_bytes());
        if !fits(&key, &parts, &given) {
            return Err(WRONG.into());
        }
        // Only a signed time says anything, so it is looked at last.
        self.window.map_or(Ok(()), |window| within(&timestamp, now, window))
    }
}

const WRONG: &str = "the signature does not fit the body and the secret of the source";

/// Compares in constant time.
fn fits(key: &hmac::Key, parts: &[&[u8]], given: &[u8]) -> bool {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    aws_lc_rs::constant_time::verify_slices_are_equal(context.sign().as_ref(), given).is_ok()
}

/// The key a secret of standardwebhooks.com stands for. Whoever knows that there is none could sign with none.
fn key(secret: &Secret) -> Result<Vec<u8>, String> {
    let secret = secret.reveal();
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap_or(secret).as_bytes()).ok();
    key.filter(|key| !key.is_empty()).ok_or_else(|| "is not of the form whsec_BASE64".to_owned())
}

fn standard_webhooks(secret: &Secret, incoming: &Incoming<'_>, now: Timestamp, window: i64) -> Result<(), String> {
    let (id, timestamp) = (incoming.need("webhook-id")?, incoming.need("webhook-timestamp")?);
    let signatures = incoming.need("webhook-signature")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key(secret)?);
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", incoming.body];
    let any = signatures
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|one| BASE64.decode(one.as_bytes()).is_ok_and(|given| fits(&key, &parts, &given)));
    if any { within(&timestamp, now, window) } else { Err(WRONG.into()) }
}

fn bearer(header: Option<&str>, secret: &Secret, incoming: &Incoming<'_>) -> Result<(), String> {
    let given = match header {
        Some(header) => incoming.need(header)?,
        None => {
            let value = incoming.need("Authorization")?;
            let (scheme, token) = value.split_once(' ').unwrap_or_default();
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err("the header Authorization is not of the form Bearer SECRET".into());
            }
            token.trim().to_owned()
        }
    };
    // Digests are compared, so that not even the length of the secret shows.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"comparison");
    let expected = hmac::sign(&key, secret.reveal().as_bytes());
    let same = hmac::verify(&key, given.as_bytes(), expected.as_ref()).is_ok();
    if same { Ok(()) } else { Err("the secret sent is not that of the source".into()) }
}

/// Seconds or milliseconds since 1970, or RFC 3339.
fn within(timestamp: &str, now: Timestamp, window: i64) -> Result<(), String> {
    let at = match timestamp.parse::<i64>() {
        Ok(seconds) if seconds.unsigned_abs() < 100_000_000_000 => {
            Timestamp::from_millis(seconds.saturating_mul(1_000))
        }
        Ok(millis) => Timestamp::from_millis(millis),
        Err(_) => {
            timestamp.parse().map_err(|_| "the timestamp is neither seconds since 1970 nor RFC 3339".to_owned())?
        }
    };
    let apart = at.millis().abs_diff(now.millis());
    if apart <= window.unsigned_abs().saturating_mul(1_000) {
        return Ok(());
    }
    Err(format!("the delivery is signed for {at}, more than {window} seconds from now"))
}
