//! The sources there are: those of the configuration file, and those made by API, which every node reads from the store.

use super::ApiSources;
use crate::{
    assess::{Feed, Rules, SourceRules},
    connectors::{Connectors, Protocol, Source, SourceSettings, Stream},
    error::{Error, Problem, Result, did_you_mean},
    evaluate::{self, Change},
    model::{Interval, Timestamp},
    store::{Reader, Store, StoredSource, Transaction},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// A source as it is known.
#[derive(Clone)]
pub struct Known {
    /// What was said of it.
    pub settings: SourceSettings,
    /// True if it was made by API.
    pub by_api: bool,
    /// The source itself, or what keeps it from being used.
    pub source: Result<Arc<Source>, String>,
}

/// Who makes a change, and when.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// Who.
    pub subject: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What the name of a source is.
pub const NAME_RULE: &str = "a source's name has lower-case letters, digits and hyphens only, 64 at the most";

/// True if a source may be called this.
pub fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// All sources, by name.
pub struct Sources {
    connectors: Connectors,
    allowed: ApiSources,
    from_file: BTreeMap<String, Known>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    stored: Vec<StoredSource>,
    known: Arc<BTreeMap<String, Known>>,
}

impl Sources {
    /// Opens the sources of the configuration file.
    ///
    /// # Errors
    /// `Invalid` with what is wrong with any of them.
    pub fn open(
        connectors: Connectors,
        configured: &BTreeMap<String, SourceSettings>,
        allowed: ApiSources,
    ) -> Result<Self> {
        let mut from_file = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, settings) in configured {
            match connectors.open(name, settings) {
                Ok(source) => {
                    let known = Known { settings: settings.clone(), by_api: false, source: Ok(Arc::new(source)) };
                    from_file.insert(name.clone(), known);
                }
                Err(Error::Invalid(more)) => problems.extend(more),
                Err(other) => return Err(other),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let state = State { stored: Vec::new(), known: Arc::new(from_file.clone()) };
        Ok(Self { connectors, allowed, from_file, state: RwLock::new(state) })
    }

    /// All of them.
    pub fn all(&self) -> Arc<BTreeMap<String, Known>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).known.clone()
    }

    /// The source of this name, if there is one that can be used.
    pub fn source(&self, name: &str) -> Option<Arc<Source>> {
        self.all().get(name).and_then(|known| known.source.clone().ok())
    }

    /// What judging needs to know of them.
    pub fn rules(&self) -> Vec<SourceRules> {
        self.all().iter().map(|(name, known)| source_rules(name, known)).collect()
    }

    /// Reads again which sources were made by API; `rules` follows. True if something changed.
    pub fn refresh(&self, store: &Store, rules: &Rules) -> Result<bool> {
        let stored = store.read(|reader| reader.stored_sources())?;
        Ok(self.learn(stored, rules))
    }

    fn learn(&self, stored: Vec<StoredSource>, rules: &Rules) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.stored == stored {
            return false;
        }
        let mut known = self.from_file.clone();
        for source in &stored {
            if !known.contains_key(&source.name) {
                known.insert(source.name.clone(), self.made_by_api(source));
            }
        }
        *state = State { stored, known: Arc::new(known) };
        drop(state);
        rules.sources.replace(self.rules());
        true
    }

    fn made_by_api(&self, stored: &StoredSource) -> Known {
        let read: Result<SourceSettings, _> = serde_json::from_str(&stored.settings);
        let (settings, source) = match read {
            Ok(settings) => {
                let source = self.try_by_api(&stored.name, &settings).map(Arc::new).map_err(|error| error.to_string());
                (settings, source)
            }
            // Kept by another version: it is shown, and can be replaced or removed.
            Err(error) => (SourceSettings::of(""), Err(format!("what is stored of it cannot be read: {error}"))),
        };
        Known { settings, by_api: true, source }
    }

    /// Opens a source as it would be if it were made by API.
    ///
    /// # Errors
    /// `Conflict` if the configuration file has one of this name; `Invalid` with what is wrong, or not allowed.
    pub fn try_by_api(&self, name: &str, settings: &SourceSettings) -> Result<Source> {
        if self.from_file.contains_key(name) {
            return Err(in_file(name));
        }
        let mut problems = self.allowed.problems(settings);
        if self.connectors.get(&settings.connector).is_some_and(|known| known.protocol() == Protocol::Singer) {
            let rule =
                "it runs a program, which a source made by API may not; name the source in the configuration file";
            problems.push(Problem::new("connector", rule));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let strip = |problem: Problem| {
            let place = problem.place.strip_prefix(&format!("sources.{name}.")).map(str::to_owned);
            Problem { place: place.unwrap_or(problem.place), rule: problem.rule }
        };
        let source = self.connectors.open(name, settings).map_err(|error| match error {
            Error::Invalid(problems) => Error::Invalid(problems.into_iter().map(strip).collect()),
            other => other,
        })?;
        if let Some(origin) = source.other_origins().find(|origin| !self.allowed.is_origin(origin)) {
            let rule = format!("its manifest leads to {origin}, which is not in `api_sources.origins`");
            return Err(Error::invalid("connector", rule));
        }
        Ok(source)
    }

    /// Makes a source by API.
    pub fn make(
        &self,
        store: &Store,
        rules: &Rules,
        name: &str,
        settings: &SourceSettings,
        by: Author<'_>,
    ) -> Result<()> {
        if !is_name(name) {
            return Err(Error::invalid("name", NAME_RULE));
        }
        if self.all().get(name).is_some_and(|known| known.by_api) {
            return Err(Error::Conflict(format!(
                "there is a source `{name}` already; PUT replaces what is said of it"
            )));
        }
        self.try_by_api(name, settings)?;
        let stored = stored(name, settings, by)?;
        self.write(store, rules, by.at, |transaction| match transaction.store_source(&stored)? {
            true => Ok(()),
            false => Err(changed_meanwhile(name)),
        })
    }

    /// Replaces what was said of a source made by API, if `fits` lets it by what is stored then.
    pub fn change(
        &self,
        store: &Store,
        rules: &Rules,
        name: &str,
        settings: &SourceSettings,
        by: Author<'_>,
        fits: impl FnOnce(&mut Reader<'_>) -> Result<()>,
    ) -> Result<()> {
        self.check_by_api(name)?;
        self.try_by_api(name, settings)?;
        let stored = stored(name, settings, by)?;
        self.write(store, rules, by.at, |transaction| {
            fits(transaction)?;
            match transaction.store_source(&stored)? {
                true => Err(changed_meanwhile(name)),
                false => Ok(()),
            }
        })
    }

    /// Removes a source made by API, if `fits` lets it by what is stored then. Its records stay, and what was concluded
    /// from them.
    pub fn remove(
        &self,
        store: &Store,
        rules: &Rules,
        name: &str,
        now: Timestamp,
        fits: impl FnOnce(&mut Reader<'_>) -> Result<()>,
    ) -> Result<()> {
        self.check_by_api(name)?;
        self.write(store, rules, now, |transaction| {
            fits(transaction)?;
            for run in transaction.unfinished_runs()?.iter().filter(|run| run.source == name) {
                transaction.cancel_run(name, &run.id)?;
            }
            transaction.remove_source(name).map(drop)
        })
    }

    fn write(
        &self,
        store: &Store,
        rules: &Rules,
        now: Timestamp,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<()>,
    ) -> Result<()> {
        store.write(now, |transaction| {
            // What another node changed a moment ago is known before anything is compared with it.
            self.learn(transaction.stored_sources()?, rules);
            change(transaction)
        })?;
        self.follow(store, rules, now)
    }

    /// Which sources there are decides what is known of records.
    fn follow(&self, store: &Store, rules: &Rules, now: Timestamp) -> Result<()> {
        self.refresh(store, rules)?;
        store.write(now, |transaction| evaluate::apply(transaction, rules, Change::Due))?;
        evaluate::settle(store, rules, now)
    }

    /// Refuses a name that is not, or not only, made by API.
    pub fn check_by_api(&self, name: &str) -> Result<()> {
        if self.from_file.contains_key(name) {
            return Err(in_file(name));
        }
        let all = self.all();
        if all.contains_key(name) {
            return Ok(());
        }
        let near = did_you_mean(name, all.keys().map(String::as_str));
        Err(Error::NotFound(format!("there is no source `{name}`{near}")))
    }
}

fn stored(name: &str, settings: &SourceSettings, by: Author<'_>) -> Result<StoredSource> {
    Ok(StoredSource {
        name: name.into(),
        settings: serde_json::to_string(settings).map_err(|error| Error::Internal(error.to_string()))?,
        changed_at: by.at,
        changed_by: by.subject.into(),
    })
}

fn changed_meanwhile(name: &str) -> Error {
    Error::Conflict(format!("the source `{name}` was made or removed meanwhile; look again"))
}

fn in_file(name: &str) -> Error {
    Error::Conflict(format!("the source `{name}` is in the configuration file; change it there"))
}

fn source_rules(name: &str, known: &Known) -> SourceRules {
    let feed = |stream: &Stream| {
        let (name, relations) = (stream.name().into(), stream.relations().to_vec());
        stream.kind().map(|kind| Feed { stream: name, kind, relations })
    };
    let source = known.source.as_ref().ok();
    SourceRules {
        name: name.into(),
        connector: known.settings.connector.clone(),
        enabled: known.settings.enabled,
        pushed: source.is_some_and(|source| source.is_pushed()),
        webhooks: source.is_some_and(|source| source.hook().is_some()),
        by_api: known.by_api,
        interval: known.settings.interval.as_ref().map(Interval::to_string),
        settings: serde_json::to_value(&known.settings).unwrap_or_default(),
        problem: known.source.as_ref().err().cloned(),
        feeds: source.into_iter().flat_map(|source| source.streams().iter().filter_map(feed)).collect(),
        other_streams: source
            .into_iter()
            .flat_map(|source| source.streams().iter().filter(|stream| stream.kind().is_none()))
            .map(|stream| stream.name().into())
            .collect(),
    }
}
