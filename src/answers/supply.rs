//! Questions about who supplies what: the portfolio, what is missing, how much hangs on whom, whose limits are passed.

use super::{NOTICE, SupplierRiskBrief, supplier_risks, suppliers::brief};
use crate::{
    assess::{
        AcceptedLevels, Rules,
        supplier_risk::{
            AcceptedLevel, Concentration, Confidence, Dependency, Exceeded, Gap, Link, MatrixCell, PartyBrief, Score,
            Scores, SupplierRisk, accepted_by, accepted_levels, assurance_gaps, concentration, day_of, dependencies,
        },
    },
    error::{Error, Result},
    evaluate::{self, AroundSuppliers},
    model::{Body, Graph, PartyRole, Record, RecordId, RecordKind, Timestamp, View},
    store::{Reader, RecordQuery, Store},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Suppliers whose surroundings are read at a time.
const SUPPLIERS: usize = 500;

/// How many days of the trend are shown.
const TREND_DAYS: i64 = 365;

/// All suppliers on one page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Portfolio {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// How many suppliers there are in each band, and how many have none for want of knowledge or of links.
    pub counts: BTreeMap<String, u64>,
    /// How many suppliers lie in each cell before assurance: rows by impact from 5 to 1, columns by likelihood from 1 to 5.
    pub inherent_matrix: [[u64; 5]; 5],
    /// The same after assurance.
    pub residual_matrix: [[u64; 5]; 5],
    /// Day by day.
    pub trend: Vec<TrendDay>,
    /// Every supplier, the highest residual risk first.
    pub suppliers: Vec<SupplierLine>,
}

/// All suppliers on a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrendDay {
    /// The day, in UTC, as a date.
    pub day: String,
    /// How many suppliers were in each band, or had none.
    pub counts: BTreeMap<String, u64>,
    /// The highest residual risk.
    pub highest: f64,
}

/// A supplier in the portfolio.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierLine {
    /// The supplier.
    pub party: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// Its band, or why it has none.
    pub status: String,
    /// Since when.
    pub since: Timestamp,
    /// The risk left after assurance; null if unlinked.
    pub residual: Option<Score>,
    /// The risk before assurance; null if unlinked.
    pub inherent: Option<Score>,
    /// The least the residual risk could be; null if unlinked.
    pub low: Option<Score>,
    /// The most it could be; null if unlinked.
    pub high: Option<Score>,
    /// How much of what the score rests on is known; null if unlinked.
    pub confidence: Option<Confidence>,
    /// The service that drives it; null if unlinked.
    pub driving_service: Option<String>,
    /// How many services it touches.
    pub services: u64,
    /// How many accepted levels its risk is above.
    pub exceeded: u64,
}

/// A supplier behind a service a customer receives.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerSupplier {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub service_name: Option<String>,
    /// The supplier.
    pub supplier: PartyBrief,
    /// How the supplier touches the service.
    pub link: Link,
    /// Edges and tiers of sub-contracting between them.
    pub depth: u32,
    /// The supplier's band, or why it has none.
    pub status: String,
    /// How much of what the supplier's score rests on is known.
    pub confidence: Option<Confidence>,
    /// The most the supplier's risk could be, over all services it touches.
    pub high: Option<Score>,
    /// The residual risk of the supplier to this service.
    pub residual: Score,
    /// The same for confidentiality, integrity and availability.
    pub residuals: Scores,
    /// What this customer accepts.
    pub accepts: AcceptedLevels,
    /// The levels this customer accepts that it is above.
    pub exceeded: Vec<Exceeded>,
}

/// A customer, with the suppliers behind the services it receives.
#[derive(Clone, Debug)]
pub struct CustomerView {
    /// What it is called, where its source says so.
    pub name: Option<String>,
    /// What it accepts.
    pub accepts: AcceptedLevels,
    /// The suppliers, worst first.
    pub suppliers: Vec<CustomerSupplier>,
}

/// Every party with what lies around it, and the risks concluded.
struct Supply {
    briefs: Vec<SupplierRiskBrief>,
    around: AroundSuppliers,
    known: Vec<crate::model::RelationType>,
}

impl Supply {
    fn read(store: &Store, rules: &Rules, view: View) -> Result<Self> {
        let briefs = supplier_risks(store, view)?;
        let (around, known) = store.read(|reader| {
            let mut parties = Vec::new();
            all_of(reader, RecordKind::Party, &mut parties)?;
            let parties: Vec<RecordId> = parties.iter().map(|party| party.id).collect();
            let around = evaluate::around_suppliers(reader, &parties)?;
            Ok((around, rules.known_relations(&reader.checkpoints()?)))
        })?;
        Ok(Self { briefs, around, known })
    }

    fn graph(&self) -> Graph<'_> {
        self.around.graph(self.known.iter().copied())
    }

    fn risks(&self) -> Vec<SupplierRisk> {
        self.briefs.iter().map(|brief| brief.risk.clone()).collect()
    }
}

fn all_of(reader: &mut Reader<'_>, kind: RecordKind, records: &mut Vec<Record>) -> Result<()> {
    let mut query = RecordQuery {
        kind,
        source: None,
        external_id: None,
        contains: None,
        updated_since: None,
        include_deleted: true,
        view: View::Full,
        fields: Vec::new(),
        going_on_since: None,
        after: None,
        limit: 1_000,
    };
    loop {
        let page = reader.records(&query)?;
        query.after = page.items.last().map(|last| (last.changed_seq, last.id));
        records.extend(page.items);
        if !page.more {
            return Ok(());
        }
    }
}

/// The word for how a supplier stands: its band, or why it has none.
pub fn standing(risk: &SupplierRisk) -> &'static str {
    risk.band.map_or(risk.rating.as_str(), |band| band.as_str())
}

/// All suppliers: ranked, in the matrix, and day by day.
pub fn supplier_portfolio(store: &Store, view: View) -> Result<Portfolio> {
    let briefs = supplier_risks(store, view)?;
    let last = briefs.iter().map(|brief| day_of(brief.risk.day)).max().unwrap_or_default();
    let days = store.read(|reader| reader.suppliers_by_day(view, last - TREND_DAYS))?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let (mut inherent_matrix, mut residual_matrix) = ([[0; 5]; 5], [[0; 5]; 5]);
    for brief in &briefs {
        *counts.entry(standing(&brief.risk).into()).or_default() += 1;
        count(&mut inherent_matrix, brief.risk.inherent_cell);
        count(&mut residual_matrix, brief.risk.residual_cell);
    }
    let mut trend: BTreeMap<i64, TrendDay> = BTreeMap::new();
    for found in days {
        let day = trend.entry(found.day).or_default();
        day.highest = day.highest.max(Score::new(found.highest.unwrap_or_default()).rounded());
        day.counts.insert(found.status, found.suppliers);
    }
    let date = |day: i64| Timestamp::from_millis(0).plus_days(day).naive().format("%Y-%m-%d").to_string();
    let trend = trend.into_iter().map(|(day, found)| TrendDay { day: date(day), ..found }).collect();
    let suppliers = briefs.iter().map(line).collect();
    Ok(Portfolio { notice: NOTICE, counts, inherent_matrix, residual_matrix, trend, suppliers })
}

fn count(matrix: &mut [[u64; 5]; 5], cell: Option<MatrixCell>) {
    let Some(cell) = cell else { return };
    let row = matrix.get_mut(usize::from(5_u8.saturating_sub(cell.impact)));
    if let Some(count) = row.and_then(|row| row.get_mut(usize::from(cell.likelihood.saturating_sub(1)))) {
        *count += 1;
    }
}

fn line(brief: &SupplierRiskBrief) -> SupplierLine {
    let risk = &brief.risk;
    let driving = risk.services.iter().find(|service| Some(service.service) == risk.driving_service);
    SupplierLine {
        party: risk.party,
        external_id: risk.external_id.clone(),
        name: risk.name.clone(),
        status: standing(risk).into(),
        since: brief.since,
        residual: risk.residual,
        inherent: risk.inherent,
        low: risk.low,
        high: risk.high,
        confidence: risk.confidence,
        driving_service: driving.map(|service| service.name.clone().unwrap_or_else(|| service.service.to_string())),
        services: risk.services.len() as u64,
        exceeded: risk.exceeded.len() as u64,
    }
}

/// What is missing, of all suppliers or of one; what ends within `horizon` days from `at` among it.
pub fn supplier_gaps(
    store: &Store,
    rules: &Rules,
    view: View,
    party: Option<RecordId>,
    at: Timestamp,
    horizon: i64,
) -> Result<Vec<Gap>> {
    let briefs = match party {
        Some(party) => vec![store.read(|reader| brief(reader, party, view))?],
        None => supplier_risks(store, view)?,
    };
    let risks: Vec<SupplierRisk> = briefs.into_iter().map(|brief| brief.risk).collect();
    let mut found = Vec::new();
    for risks in risks.chunks(SUPPLIERS) {
        let parties: Vec<RecordId> = risks.iter().map(|risk| risk.party).collect();
        store.read(|reader| {
            let around = evaluate::around_suppliers(reader, &parties)?;
            let graph = around.graph(rules.known_relations(&reader.checkpoints()?));
            found.extend(assurance_gaps(&graph, risks, at, horizon));
            Ok(())
        })?;
    }
    Ok(found)
}

/// How much hangs on each supplier.
pub fn supplier_dependencies(store: &Store, rules: &Rules, view: View) -> Result<Vec<Dependency>> {
    let supply = Supply::read(store, rules, view)?;
    Ok(dependencies(&supply.graph(), &supply.risks()))
}

/// Where it all hangs on one.
pub fn supplier_concentration(store: &Store, rules: &Rules, view: View) -> Result<Concentration> {
    let supply = Supply::read(store, rules, view)?;
    Ok(concentration(&supply.graph(), &supply.risks()))
}

/// What is accepted, by whom, beside the risk there is.
pub fn supplier_acceptance(store: &Store, rules: &Rules, view: View) -> Result<Vec<AcceptedLevel>> {
    let supply = Supply::read(store, rules, view)?;
    Ok(accepted_levels(&supply.graph(), &supply.risks(), &rules.supplier_risk.acceptance))
}

/// Which suppliers stand behind the services a customer receives, beside what it accepts.
pub fn customer_suppliers(store: &Store, customer: RecordId, view: View) -> Result<CustomerView> {
    let briefs = supplier_risks(store, view)?;
    let (party, services) = store.read(|reader| {
        let mut services = Vec::new();
        all_of(reader, RecordKind::Service, &mut services)?;
        Ok((reader.record(customer)?, services))
    })?;
    let Some(Body::Party(party)) = party.map(|party| party.body) else {
        return Err(Error::NotFound(format!("there is no party `{customer}`")));
    };
    let accepts = accepted_by(&party);
    let receives = |record: &&Record| {
        let Body::Service(service) = &record.body else { return false };
        record.deleted_at.is_none() && service.customers.get().into_iter().flatten().any(|of| of.id == customer)
    };
    let received: Vec<RecordId> = services.iter().filter(receives).map(|record| record.id).collect();
    if received.is_empty() && matches!(party.role.get(), Some(PartyRole::Supplier | PartyRole::InternalGroup)) {
        return Err(Error::NotFound(format!("the party `{customer}` is no customer: no service names it as one")));
    }
    let mut found = Vec::new();
    for risk in briefs.iter().map(|brief| &brief.risk) {
        for touched in risk.services.iter().filter(|touched| received.contains(&touched.service)) {
            let own = |exceeded: &&Exceeded| exceeded.service == touched.service && exceeded.party == Some(customer);
            found.push(CustomerSupplier {
                service: touched.service,
                service_name: touched.name.clone(),
                supplier: PartyBrief { party: risk.party, name: risk.name.clone() },
                link: touched.link,
                depth: touched.depth,
                status: standing(risk).into(),
                confidence: risk.confidence,
                high: risk.high,
                residual: touched.residual,
                residuals: touched.residuals,
                accepts,
                exceeded: risk.exceeded.iter().filter(own).cloned().collect(),
            });
        }
    }
    found.sort_by(|a, b| b.residual.exact().total_cmp(&a.residual.exact()).then(a.service.cmp(&b.service)));
    Ok(CustomerView { name: party.name.get().cloned(), accepts, suppliers: found })
}
