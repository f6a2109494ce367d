//! Questions a report answers: reconciliation of assets, reviews of changes, the register of risks, the service report.

use super::{
    NOTICE,
    loaded::{Loaded, every, shows, within},
};
use crate::{
    assess::{
        IndicatorResult, Period, Rules,
        assets::{AssetGroup, ReconciledItem, Standing, asset_groups, reconciled_items},
        changes::{SecurityReview, security_review},
        risks::{RiskRegister, risk_register},
        service_report::{Audience, ServiceReport, looks_back_to, month_of, service_report},
    },
    error::{Error, Result},
    evaluate,
    model::{RecordId, RecordKind, System, Timestamp, View},
    store::{Page, Reader, RecordQuery, Store},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use RecordKind::{ConfigurationItem, Measurement, Party, Relation, Risk, Service, Ticket};

/// Which items of CMDB and asset inventory to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssetFilter {
    /// Only items of this source.
    pub source: Option<String>,
    /// Only items of this class.
    pub class: Option<String>,
    /// Only items that stand like this.
    pub standing: Option<Standing>,
    /// Only items that stand in one only, or have no label, without a reason; or `false` for the others.
    pub open: Option<bool>,
    /// Only items whose name does not tell which is meant.
    pub ambiguous: Option<bool>,
    /// Only items that are there more than once.
    pub duplicate: Option<bool>,
    /// Only items rated lower than what they carry.
    pub underrated: Option<bool>,
}

/// Which service report is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServiceReportQuery {
    /// The first instant of the period; the beginning of the last whole month unless given.
    pub from: Option<Timestamp>,
    /// The first instant after the period; the end of the last whole month unless given.
    pub to: Option<Timestamp>,
    /// Who it is for; top management unless given.
    pub audience: Option<Audience>,
}

/// A service report, and what it does not show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceReportAnswer {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// When it was drawn up.
    pub made_at: Timestamp,
    /// The report.
    #[serde(flatten)]
    pub report: ServiceReport,
}

/// How the items of every source and class stand.
pub fn asset_reconciliation(store: &Store, rules: &Rules, view: View) -> Result<Vec<AssetGroup>> {
    let loaded = store.read(|reader| Loaded::of(reader, rules, &[ConfigurationItem, Relation], view))?;
    Ok(asset_groups(&reconciled_items(&loaded.graph())))
}

/// A page of the items that match, by source and external id, after the one given.
pub fn reconciled_assets(
    store: &Store,
    rules: &Rules,
    filter: &AssetFilter,
    (after, limit): (Option<RecordId>, u32),
    view: View,
) -> Result<Page<ReconciledItem>> {
    let loaded = store.read(|reader| Loaded::of(reader, rules, &[ConfigurationItem, Relation], view))?;
    let mut items = reconciled_items(&loaded.graph());
    items.retain(|item| filter.fits(item));
    let start = match after {
        None => 0,
        Some(after) => items.iter().position(|item| item.item.id == after).map_or(items.len(), |position| position + 1),
    };
    let mut items = items.split_off(start);
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    Ok(Page { items, more })
}

impl AssetFilter {
    fn fits(&self, item: &ReconciledItem) -> bool {
        let same = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        self.source.as_ref().is_none_or(|source| item.sources.contains(source))
            && self.class.as_ref().is_none_or(|class| item.class.as_ref() == Some(class))
            && self.standing.is_none_or(|standing| item.standing == standing)
            && same(self.open, item.open)
            && same(self.ambiguous, !item.ambiguous_with.is_empty())
            && same(self.duplicate, !item.duplicates.is_empty())
            && same(self.underrated, item.underrated)
    }
}

/// The security review of a change or release.
pub fn change_review(store: &Store, rules: &Rules, id: RecordId, view: View) -> Result<SecurityReview> {
    let unknown = || Error::NotFound(format!("there is no change or release `{id}`"));
    store.read(|reader| {
        let change = reader.record(id)?.filter(|record| shows(view, record)).ok_or_else(unknown)?;
        let mut loaded = Loaded::of(reader, rules, &[ConfigurationItem, Service, Risk, Relation], view)?;
        loaded.add(change.clone());
        security_review(&change, &loaded.graph(), &rules.standards, &rules.risks).ok_or_else(unknown)
    })
}

/// The register of open risks.
pub fn risks(store: &Store, rules: &Rules, view: View) -> Result<RiskRegister> {
    let loaded = store.read(|reader| Loaded::of(reader, rules, &[Risk, Party], view))?;
    Ok(risk_register(&loaded.graph(), &rules.risks))
}

/// The service report of a period for an audience.
pub fn service_reports(
    store: &Store,
    rules: &Rules,
    query: &ServiceReportQuery,
    now: Timestamp,
    view: View,
) -> Result<ServiceReportAnswer> {
    let (period, audience) = (query.period(now)?, query.audience.unwrap_or(Audience::TopManagement));
    store.read(|reader| {
        let mut loaded = Loaded::of(reader, rules, &[Service], view)?;
        let going_on_since = Some(looks_back_to(period));
        loaded.read(reader, RecordQuery { going_on_since, ..every(Ticket, view) })?;
        loaded.read(reader, within(every(Measurement, view), "period_end", period.from, period.to.plus_millis(1)))?;
        loaded.classify(reader)?;
        let indicators = results(reader, rules, view)?;
        let report = service_report(&loaded.graph(), indicators, period, audience);
        Ok(ServiceReportAnswer { notice: NOTICE, made_at: now, report })
    })
}

impl ServiceReportQuery {
    fn period(&self, now: Timestamp) -> Result<Period> {
        let last = month_of(month_of(now).from.plus_millis(-1));
        let period = Period { from: self.from.unwrap_or(last.from), to: self.to.unwrap_or(last.to) };
        if period.from < period.to {
            return Ok(period);
        }
        Err(Error::invalid("from", format!("{} is not before the end of the period, {}", period.from, period.to)))
    }
}

/// What every indicator says in each management system, as it was concluded, by id.
fn results(reader: &mut Reader<'_>, rules: &Rules, view: View) -> Result<Vec<IndicatorResult>> {
    let mut found: BTreeMap<(String, System), IndicatorResult> = BTreeMap::new();
    let statuses = evaluate::conclusions(reader, rules, view, None)?.map(|concluded| concluded.statuses);
    for status in statuses.into_iter().flatten() {
        for result in status.topics.into_iter().flat_map(|topic| topic.indicators) {
            found.entry((result.indicator.clone(), result.system)).or_insert(result);
        }
    }
    Ok(found.into_values().collect())
}
