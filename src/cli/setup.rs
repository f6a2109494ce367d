//! Puts together what the commands share: the rules, the sources, the store.

use crate::{
    assess::{ClassificationRules, OtherEvidence, Rules, SourceList, supplier_risk::SupplierRiskModel},
    config::Settings,
    connectors::{Connectors, Source},
    embedded,
    error::{Error, Problem, Result, did_you_mean},
    indicators::Catalogue,
    ingest::{Known, Sources},
    planning::PlanningRules,
    standards::{Overlay, Standards},
    store::Store,
};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, OnceLock},
};

/// What records are judged by, and where they come from, as configured.
pub fn rules(settings: &Settings) -> Result<Rules> {
    let standards = standards()?;
    let not_aimed_at = not_aimed_at(&settings.standards.not_aimed_at, &standards)?;
    let overlay = toml_files("standards.overlay_dir", &settings.standards.overlay_dir)?;
    let overlay = Overlay::parse(&overlay, &standards)?;
    let indicators = indicators(&settings.indicators.folder, &standards)?;
    let sources = SourceList::new(sources(settings)?.rules());
    let other_evidence = other_evidence(&standards)?;
    let classification = classification(&settings.incidents.classification)?;
    let risks = settings.risks.clone();
    let mut supplier_risk = supplier_risk_model(&settings.suppliers.model)?;
    supplier_risk.acceptance = risks.accepts;
    Ok(Rules {
        standards,
        not_aimed_at,
        overlay,
        indicators,
        other_evidence,
        classification,
        risks,
        supplier_risk,
        sources,
    })
}

/// The editions not aimed at, if there are such editions and one is left to aim at.
fn not_aimed_at(named: &BTreeSet<String>, standards: &Standards) -> Result<BTreeSet<String>> {
    let judged: Vec<&str> = standards.editions().iter().map(|edition| edition.id.as_str()).collect();
    let place = "standards.not_aimed_at";
    if let Some(unknown) = named.iter().find(|id| !judged.contains(&id.as_str())) {
        return Err(Error::invalid(place, format!("there is no edition `{unknown}`; there are {}", judged.join(", "))));
    }
    if judged.iter().all(|id| named.contains(*id)) {
        return Err(Error::invalid(place, "one edition has to be left to aim at"));
    }
    Ok(named.clone())
}

/// What is compiled in is the same in every call, so it is read once.
static STANDARDS: OnceLock<Standards> = OnceLock::new();
static CONNECTORS: OnceLock<Connectors> = OnceLock::new();
static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
static CLASSIFICATION: OnceLock<ClassificationRules> = OnceLock::new();
static OTHER_EVIDENCE: OnceLock<OtherEvidence> = OnceLock::new();

fn once<T: Clone>(kept: &OnceLock<T>, read: impl FnOnce() -> Result<T>) -> Result<T> {
    match kept.get() {
        Some(read) => Ok(read.clone()),
        None => read().map(|read| kept.get_or_init(|| read).clone()),
    }
}

fn standards() -> Result<Standards> {
    once(&STANDARDS, || Standards::parse(&embedded::standards()))
}

fn other_evidence(standards: &Standards) -> Result<OtherEvidence> {
    once(&OTHER_EVIDENCE, || OtherEvidence::parse(&embedded::standards(), standards))
}

/// The organisation's own rules of classifying incidents, or the built-in ones.
fn classification(file: &Path) -> Result<ClassificationRules> {
    if file.as_os_str().is_empty() {
        return once(&CLASSIFICATION, || ClassificationRules::parse(&embedded::standards()));
    }
    let name = format!("incidents.classification {}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Error::invalid(&name, error.to_string()))?;
    let rules = ClassificationRules::parse(&[(name.clone(), text.as_str())])?;
    if rules.rules().is_empty() {
        return Err(Error::invalid(&name, "is no .toml file with a [[classification.rule]]"));
    }
    Ok(rules)
}

/// The built-in weights of supplier risk with the organisation's own laid over them.
fn supplier_risk_model(path: &Path) -> Result<SupplierRiskModel> {
    if path.as_os_str().is_empty() {
        return SupplierRiskModel::load(None);
    }
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::invalid(format!("suppliers.model {name}"), error.to_string()))?;
    SupplierRiskModel::load(Some((&name, &text)))
}

/// The sources of the configuration file, ready for those made by API beside them.
pub fn sources(settings: &Settings) -> Result<Sources> {
    Sources::open(connectors(settings)?, &settings.sources, settings.api_sources.clone())
}

/// What integration plans are made by.
pub fn planning(standards: &Standards) -> Result<PlanningRules> {
    PlanningRules::parse(&embedded::standards(), standards)
}

/// The built-in indicators with the organisation's own laid over them.
fn indicators(folder: &Path, standards: &Standards) -> Result<Catalogue> {
    let topics: Vec<&str> = standards.topics().iter().map(|topic| topic.id.as_str()).collect();
    let catalogue = once(&CATALOGUE, || Catalogue::parse(&embedded::indicators(), &topics))?;
    let files = toml_files("indicators.folder", folder)?;
    if files.is_empty() {
        return Ok(catalogue);
    }
    let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (path.clone(), text.as_str())).collect();
    catalogue.with_overrides(&files, &topics)
}

/// Path and text of the TOML files in the folder a key of the configuration names; none if it names none.
fn toml_files(key: &str, folder: &Path) -> Result<Vec<(String, String)>> {
    if folder.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = |error: std::io::Error| Error::invalid(format!("{key} {}", folder.display()), error.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path).map_err(unreadable)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The built-in connectors with the organisation's own laid over them.
pub fn connectors(settings: &Settings) -> Result<Connectors> {
    let connectors = once(&CONNECTORS, || Connectors::parse(&embedded::connectors()))?;
    let folder = &settings.connectors.folder;
    if folder.as_os_str().is_empty() {
        return Ok(connectors);
    }
    connectors.with_folder(folder).map_err(|error| match error {
        Error::Invalid(problems) if !folder.is_dir() => {
            let problem = |problem: Problem| Problem::new(format!("connectors.folder {}", problem.place), problem.rule);
            Error::Invalid(problems.into_iter().map(problem).collect())
        }
        other => other,
    })
}

/// The source of this name, wherever it was made, whether it is enabled or not.
pub fn usable(sources: &Sources, name: &str) -> Result<Arc<Source>> {
    opened(name, known(sources, name)?)
}

/// The source of this name, wherever it was made, ready to be read.
pub fn readable(sources: &Sources, name: &str) -> Result<Arc<Source>> {
    let known = known(sources, name)?;
    if !known.settings.enabled {
        let how = if known.by_api { "enable it by API".into() } else { format!("set sources.{name}.enabled = true") };
        return Err(Error::Conflict(format!("the source `{name}` is disabled; {how}")));
    }
    opened(name, known)
}

fn known(sources: &Sources, name: &str) -> Result<Known> {
    let all = sources.all();
    all.get(name).cloned().ok_or_else(|| {
        let near = did_you_mean(name, all.keys().map(String::as_str));
        Error::NotFound(format!("there is no source `{name}`, neither in the configuration nor made by API{near}"))
    })
}

fn opened(name: &str, known: Known) -> Result<Arc<Source>> {
    known.source.map_err(|problem| Error::Conflict(format!("the source `{name}` cannot be used: {problem}")))
}

/// The source of this name in the configuration, ready to be read.
pub fn open_source(settings: &Settings, name: &str) -> Result<Source> {
    let connectors = connectors(settings)?;
    let source = settings.sources.get(name).ok_or_else(|| {
        let near = did_you_mean(name, settings.sources.keys().map(String::as_str));
        Error::NotFound(format!("there is no source `{name}` in the configuration{near}"))
    })?;
    if !source.enabled {
        return Err(Error::Conflict(format!("the source `{name}` is disabled; set sources.{name}.enabled = true")));
    }
    connectors.open(name, source)
}

/// The store, its tables up to date.
pub fn open_store(settings: &Settings) -> Result<Store> {
    let store = Store::open(&settings.database.url, settings.database.connections)?;
    for migration in store.migrate()? {
        tracing::debug!("ran migration {migration}");
    }
    Ok(store)
}
