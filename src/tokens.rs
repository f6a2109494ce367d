//! Tokens: who may do what. JWTs signed with HS256 by a key file made on first use.

use crate::{
    error::{Error, Result},
    model::{Timestamp, names},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

names! {
    /// What a token allows.
    pub enum Permission {
        /// Editions, requirements, correspondence, topics.
        ReferenceRead = "reference:read",
        /// Records of the shared store.
        RecordsRead = "records:read",
        /// Writing records.
        RecordsWrite = "records:write",
        /// Indicators, findings, statuses.
        ConformityRead = "conformity:read",
        /// Attestations, determinations, deviations.
        DecisionsWrite = "decisions:write",
        /// Supplier risk.
        SuppliersRead = "suppliers:read",
        /// Sources and their runs.
        SourcesManage = "sources:manage",
        /// Subscriptions to events.
        EventsManage = "events:manage",
        /// Everything but the permissions that are given only by name.
        Admin = "admin",
        /// Restricted incidents; only by name.
        IncidentsRestricted = "incidents:restricted",
        /// Licensed texts of the standards; only by name.
        StandardsText = "standards:text",
    }
}

impl Permission {
    /// The permissions that only read, and show nothing restricted.
    pub const READ_ONLY: &'static [Self] =
        &[Self::ReferenceRead, Self::RecordsRead, Self::ConformityRead, Self::SuppliersRead];

    /// True if `admin` does not include it.
    const fn only_by_name(self) -> bool {
        matches!(self, Self::IncidentsRestricted | Self::StandardsText)
    }
}

/// How tokens are made and checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// The file with the signing key; made on first use, readable by its owner only.
    pub key_file: PathBuf,
}

/// The claims of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// Whose token it is.
    pub sub: String,
    iat: i64,
    exp: i64,
    /// Permissions, separated by spaces (RFC 8693, 4.2).
    scope: String,
}

/// Who is asking, and what they may do.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Whose token it is.
    pub subject: String,
    permissions: BTreeSet<Permission>,
}

impl Bearer {
    /// True if the token gives this permission, by name or through `admin`.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
            || (!permission.only_by_name() && self.permissions.contains(&Permission::Admin))
    }
}

/// Signs and checks tokens.
pub struct Tokens {
    settings: TokenSettings,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// Length of the key in bytes; HS256 asks for at least 32.
const KEY_LENGTH: usize = 64;

impl Tokens {
    /// Reads the key file, making it if there is none.
    pub fn open(settings: &TokenSettings) -> Result<Self> {
        let key = read_or_make_key(&settings.key_file)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 30;
        Ok(Self {
            settings: settings.clone(),
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            validation,
        })
    }

    /// A token for `subject` with these permissions, valid for this many seconds from now.
    pub fn issue(&self, subject: &str, permissions: &[Permission], seconds: i64) -> Result<String> {
        let now = Timestamp::now().millis() / 1000;
        let scope: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: subject.into(),
            iat: now,
            exp: now.saturating_add(seconds),
            scope: scope.join(" "),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Error::Internal(format!("the token cannot be signed: {error}")))
    }

    /// Checks a token's signature, issuer, audience and expiry. A scope this version does not know gives nothing.
    pub fn verify(&self, token: &str) -> Result<Bearer> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| {
                Error::Unauthenticated(match error.kind() {
                    ErrorKind::ExpiredSignature => "the token has expired; ask for a new one".into(),
                    ErrorKind::InvalidIssuer => format!("the token's issuer is not {}", self.settings.issuer),
                    ErrorKind::InvalidAudience => format!("the token's audience is not {}", self.settings.audience),
                    ErrorKind::InvalidAlgorithm => "the token is not signed with HS256".into(),
                    _ => "the token is not valid".into(),
                })
            })?
            .claims;
        let permissions = claims.scope.split_ascii_whitespace().filter_map(|scope| scope.parse().ok()).collect();
        Ok(Bearer { subject: claims.sub, permissions })
    }
}

fn read_or_make_key(path: &Path) -> Result<Vec<u8>> {
    let place = || format!("auth.key_file {}", path.display());
    let mut options = fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let mut key = vec![0; KEY_LENGTH];
            getrandom::fill(&mut key).map_err(|error| Error::Internal(format!("no random numbers: {error}")))?;
            file.write_all(&key)
                .and_then(|()| file.sync_all())
                .map_err(|error| Error::Unavailable(format!("{}: {error}", place())))?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(path),
        Err(error) => Err(Error::Unavailable(format!("{}: the key cannot be made: {error}", place()))),
    }
}

fn read_key(path: &Path) -> Result<Vec<u8>> {
    let place = || format!("auth.key_file {}", path.display());
    let unreadable = |error: io::Error| Error::Unavailable(format!("{}: {error}", place()));
    let file = fs::File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::invalid(place(), format!("others may read it (mode {mode:o}); make it 600")));
    }
    let mut key = Vec::new();
    file.take(4096).read_to_end(&mut key).map_err(unreadable)?;
    if key.len() < 32 {
        return Err(Error::invalid(place(), format!("holds {} bytes; a key has at least 32", key.len())));
    }
    Ok(key)
}
