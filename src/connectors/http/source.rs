//! A source behind an address, as an operator configured it.

use super::{HttpManifest, HttpStream, manifest::Auth, template::Values};
use crate::{
    connectors::{Mapping, SecretRef, SourceSettings, Stream, manifest::Reach, zone},
    error::{Problem, did_you_mean},
};
use chrono_tz::Tz;
use reqwest::Url;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Everything about a source that does not change while it is read.
pub struct HttpSource {
    pub name: String,
    pub manifest: Arc<HttpManifest>,
    /// Which way of logging in.
    pub auth: String,
    /// What paths are below; it ends with `/`.
    pub url: Url,
    pub time_zone: Tz,
    pub settings: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, SecretRef>,
}

impl HttpSource {
    /// Checks what the operator says against what the manifest asks for; problems are placed by key, `.url`.
    pub fn open(
        name: &str,
        manifest: Arc<HttpManifest>,
        streams: &[Stream],
        settings: &SourceSettings,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, rule: String| problems.push(Problem::new(format!(".{key}"), rule));
        let url = base_url(&settings.url).map_err(|rule| wrong("url", rule)).ok();
        let auth = choose_auth(&manifest, &settings.auth).map_err(|rule| wrong("auth", rule)).ok();
        let time_zone = match settings.time_zone.as_str() {
            "" => Some(manifest.time_zone),
            name => zone::zone(name).map_err(|rule| wrong("time_zone", rule)).ok(),
        };
        let mut values = BTreeMap::new();
        for (name, setting) in &manifest.settings {
            match settings.settings.get(name).or(setting.default.as_ref()) {
                Some(value) => drop(values.insert(name.clone(), value.clone())),
                None => wrong(&format!("settings.{name}"), format!("the connector needs it: {}", setting.about)),
            }
        }
        for name in settings.settings.keys().filter(|name| !manifest.settings.contains_key(*name)) {
            let near = did_you_mean(name, manifest.settings.keys().map(String::as_str));
            wrong(&format!("settings.{name}"), format!("the connector knows no such setting{near}"));
        }
        for name in settings.secrets.keys().filter(|name| !manifest.secrets.contains_key(*name)) {
            let near = did_you_mean(name, manifest.secrets.keys().map(String::as_str));
            wrong(&format!("secrets.{name}"), format!("the connector knows no such secret{near}"));
        }
        if let Some(auth) = &auth {
            for name in needed_secrets(&manifest, auth, streams) {
                if let (false, Some(about)) = (settings.secrets.contains_key(name), manifest.secrets.get(name)) {
                    let rule = format!("the connector needs it: {about}; name it as env:NAME or file:PATH");
                    wrong(&format!("secrets.{name}"), rule);
                }
            }
        }
        match (url, auth, time_zone) {
            (Some(url), Some(auth), Some(time_zone)) if problems.is_empty() => Ok(Self {
                name: name.into(),
                manifest,
                auth,
                url,
                time_zone,
                settings: values,
                secrets: settings.secrets.clone(),
            }),
            _ => Err(problems),
        }
    }

    /// How it is proved who asks, if at all.
    pub fn auth(&self) -> Option<&Auth> {
        self.manifest.auth.get(&self.auth)
    }

    /// What placeholders stand for whatever is asked; secrets are looked up elsewhere.
    pub fn values(&self) -> Values {
        let mut values = Values::default();
        for (name, value) in &self.settings {
            values.set(&format!("settings.{name}"), value);
        }
        values
    }

    /// Whether every secret is where its reference says.
    pub fn look(&self) -> Result<(), Vec<Problem>> {
        let lost = |(name, reference): (&String, &SecretRef)| {
            let rule = reference.resolve().err()?;
            Some(Problem::new(format!("sources.{}.secrets.{name}", self.name), rule))
        };
        let problems: Vec<Problem> = self.secrets.iter().filter_map(lost).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// A digest of what a stream is read by. What is asked for by the keys of another stream is read with that one; what
    /// was deleted, or is only to be asked for, is never read from the beginning.
    pub fn digest(&self, streams: &[Stream], stream: usize) -> String {
        let alone = |http: &HttpStream| http.parent.as_ref().is_none_or(|parent| parent.full_alone);
        let by = |stream: &Stream| match &stream.reach {
            Reach::Http(http) => Some((http.clone(), format!("{} {}", http.version, stream.mapping_version()))),
            _ => None,
        };
        let Some(own) = streams.get(stream).filter(|stream| stream.kind().is_some()) else { return String::new() };
        let Some((_, mut text)) = by(own).filter(|(http, _)| alone(http)) else { return String::new() };
        for (http, version) in streams.iter().filter_map(by) {
            let child = http.parent.as_ref().filter(|parent| !parent.full_alone && parent.stream == own.name());
            if child.is_some() {
                text = format!("{text} {version}");
            }
        }
        Mapping::digest(&format!("{text} {}", self.about()))
    }

    /// What mappings know of the source, as `$source`.
    pub fn about(&self) -> Value {
        json!({
            "name": self.name,
            "url": self.url.as_str().trim_end_matches('/'),
            "time_zone": self.time_zone.name(),
            "settings": self.settings,
        })
    }
}

/// `https://host`, with a port and a path if need be.
fn base_url(text: &str) -> Result<Url, String> {
    if text.is_empty() {
        return Err("the address of the system is needed, as `https://cmdb.example.org`".into());
    }
    let mut url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("it is no address that starts with https:// or http://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a name or a password; these go to `secrets`".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a `?` or a `#`; only a path may follow the host".into());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn choose_auth(manifest: &HttpManifest, chosen: &str) -> Result<String, String> {
    let names: Vec<&str> = manifest.auth.keys().map(String::as_str).collect();
    match (chosen, names.as_slice()) {
        ("", []) => Ok(String::new()),
        ("", [only]) => Ok((*only).into()),
        ("", _) => Err(format!("the connector knows several ways to log in; name one of {}", names.join(", "))),
        (chosen, names) if names.contains(&chosen) => Ok(chosen.into()),
        (chosen, names) => {
            let near = did_you_mean(chosen, names.iter().copied());
            Err(format!("`{chosen}` is none of the connector's ways to log in, {}{near}", names.join(", ")))
        }
    }
}

/// The secrets the chosen way and the requests need.
fn needed_secrets<'a>(manifest: &'a HttpManifest, auth: &str, streams: &'a [Stream]) -> BTreeSet<&'a str> {
    let auth = manifest.auth.get(auth).map(Auth::names).unwrap_or_default();
    let check = manifest.check.iter().flat_map(|check| check.names());
    let streams = streams.iter().filter_map(|stream| match &stream.reach {
        Reach::Http(http) => Some(http.request.names()),
        _ => None,
    });
    auth.into_iter().chain(check).chain(streams.flatten()).filter_map(|name| name.strip_prefix("secrets.")).collect()
}
