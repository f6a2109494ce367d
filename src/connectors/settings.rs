//! What an operator says of a source.

use super::SecretRef;
use crate::model::Interval;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};
use utoipa::ToSchema;

/// `[sources.<name>]` of the configuration. Secrets are references, so that it may be kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// The name of the connector it is read through.
    pub connector: String,
    /// The folder with its files; where the connector says so, its manifest and mappings. Empty where none is needed.
    #[serde(default)]
    #[schema(value_type = String)]
    pub folder: PathBuf,
    /// The address paths of a connector's manifest are below, `https://host` or `https://host/path`.
    #[serde(default)]
    pub url: String,
    /// Which of the connector's ways of logging in is used, where it has several.
    #[serde(default)]
    pub auth: String,
    /// By the name the connector gives it: where the secret is.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub secrets: BTreeMap<String, SecretRef>,
    /// By the name the connector gives it: what the operator chooses.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Of times the system writes without an offset, instead of the connector's.
    #[serde(default)]
    pub time_zone: String,
    /// What verifies the webhooks the system sends; without it none are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub webhook_secret: Option<SecretRef>,
    /// How often it is read, `15m`, `2h`, `1d`; without it as often as `schedule.interval` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// False keeps it configured but unread.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

impl SourceSettings {
    /// A source read through this connector, with nothing else said.
    pub fn of(connector: &str) -> Self {
        Self {
            connector: connector.into(),
            folder: PathBuf::new(),
            url: String::new(),
            auth: String::new(),
            secrets: BTreeMap::new(),
            settings: BTreeMap::new(),
            time_zone: String::new(),
            webhook_secret: None,
            interval: None,
            enabled: true,
        }
    }

    /// A source read through this connector from this folder.
    pub fn in_folder(connector: &str, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ..Self::of(connector) }
    }
}
