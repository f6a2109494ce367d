//! Secrets: named by reference in the configuration, looked up when they are needed, never shown and never stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, fs, io::Read, str::FromStr};

/// The longest secret read from a file, in bytes.
const MAX_SECRET: u64 = 64 << 10;

/// Where a secret is: `env:NAME`, a variable of the environment, or `file:PATH`, the text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// A variable of the environment.
    Env(String),
    /// A file; a line end at its end is not part of the secret.
    File(String),
}

/// The text of a secret. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that sends or compares it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl SecretRef {
    /// Looks the secret up.
    ///
    /// # Errors
    /// Says which variable or file gives none.
    pub fn resolve(&self) -> Result<Secret, String> {
        let text = match self {
            Self::Env(name) => std::env::var(name)
                .map_err(|_| format!("the environment variable {name} is not set (or is not UTF-8)"))?,
            Self::File(path) => {
                let mut text = String::new();
                let file = fs::File::open(path).map_err(|error| format!("the file {path} cannot be read: {error}"))?;
                file.take(MAX_SECRET + 1)
                    .read_to_string(&mut text)
                    .map_err(|error| format!("the file {path} cannot be read: {error}"))?;
                if text.len() as u64 > MAX_SECRET {
                    return Err(format!("the file {path} is longer than {MAX_SECRET} bytes, which no secret is"));
                }
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        if text.is_empty() { Err(format!("{self} is empty")) } else { Ok(Secret(text)) }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

impl FromStr for SecretRef {
    type Err = String;

    /// The text is not repeated in the message: it may be a secret put in the wrong place.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() && !name.contains(['=', '\0']) => Ok(Self::Env(name.into())),
            Some(("file", path)) if !path.is_empty() && !path.contains('\0') => Ok(Self::File(path.into())),
            _ => Err("a secret is named by a reference, `env:NAME` or `file:PATH`, and never written here".into()),
        }
    }
}

impl Serialize for SecretRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
