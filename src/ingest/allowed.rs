//! What sources made by API may reach: whoever may make them need not be whoever may read this machine's files, reach its
//! network and know its secrets.

use crate::{connectors::SourceSettings, error::Problem};
use serde::Deserialize;
use std::path::{Component, Path, PathBuf};

/// `[api_sources]`: what sources made by API may reach. Nothing, unless it is named here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSources {
    /// Folders below which they may read.
    pub folders: Vec<PathBuf>,
    /// `https://host` or `https://host:port` they may call.
    pub origins: Vec<String>,
    /// Secrets they may name, `env:NAME` or `file:PATH`; with `*` at the end, all that begin so.
    pub secrets: Vec<String>,
}

impl ApiSources {
    /// What of these settings a source made by API may not have.
    pub(super) fn problems(&self, settings: &SourceSettings) -> Vec<Problem> {
        // Taken apart whole, so that a new setting is not allowed before someone has thought of it here.
        let SourceSettings {
            connector: _,
            folder,
            url,
            auth: _,
            secrets,
            settings: chosen,
            time_zone: _,
            webhook_secret,
            interval: _,
            enabled: _,
        } = settings;
        let mut problems = Vec::new();
        let mut wrong = |place: &str, rule: String| problems.push(Problem::new(place, rule));
        if !folder.as_os_str().is_empty() && !self.folders.iter().any(|allowed| is_below(allowed, folder)) {
            wrong("folder", "a source made by API reads below the folders in `api_sources.folders` only".into());
        }
        if !url.is_empty() && !self.is_origin(url) {
            wrong("url", "a source made by API calls the addresses in `api_sources.origins` only".into());
        }
        let named = secrets.iter().map(|(name, secret)| (format!("secrets.{name}"), secret));
        for (place, secret) in named.chain(webhook_secret.iter().map(|secret| ("webhook_secret".into(), secret))) {
            if !self.secrets.iter().any(|allowed| covers(allowed, &secret.to_string())) {
                wrong(&place, "a source made by API names secrets in `api_sources.secrets` only".into());
            }
        }
        for name in chosen.keys() {
            let lower = name.to_lowercase();
            if ["password", "secret", "token", "api_key", "apikey"].iter().any(|word| lower.contains(word)) {
                let rule = "it looks like a secret; those go to `secrets`, as env:NAME or file:PATH".into();
                wrong(&format!("settings.{name}"), rule);
            }
        }
        problems
    }

    /// True if a source made by API may call this address.
    pub(super) fn is_origin(&self, url: &str) -> bool {
        self.origins.iter().any(|origin| is_of_origin(origin, url))
    }
}

/// True if a folder is below another, whatever links there are.
fn is_below(allowed: &Path, folder: &Path) -> bool {
    let plain = !folder.components().any(|component| component == Component::ParentDir);
    match (allowed.canonicalize(), folder.canonicalize()) {
        (Ok(allowed), Ok(folder)) => plain && folder.starts_with(allowed),
        _ => false,
    }
}

/// True if an address is of an origin: it and nothing more, or it and a path.
fn is_of_origin(origin: &str, url: &str) -> bool {
    let origin = origin.trim_end_matches('/');
    url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !origin.is_empty()
}

fn covers(allowed: &str, reference: &str) -> bool {
    match allowed.strip_suffix('*') {
        Some(start) => reference.starts_with(start) && !reference.contains(".."),
        None => allowed == reference,
    }
}
