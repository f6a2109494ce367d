//! What is missing that would speak for a supplier: agreements, terms, certificates, reviews, and risks or controls for
//! what was agreed. Read off the same answers the scores are made of, so that no two reports disagree.

use super::answer::{AssuranceKind, Link, ServiceRisk, SupplierRisk, Truth};
use crate::model::{Agreement, Body, Graph, RecordId, RecordKind, RelationType, Timestamp, names};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many days ahead an end counts as near, unless it is said otherwise.
pub const GAP_HORIZON: i64 = 90;

/// How long after it first supplied, or was reviewed last, a supplier is to be reviewed, in days.
pub(super) const REVIEWED_WITHIN: i64 = 365;

names! {
    /// What is missing.
    pub enum GapKind {
        /// No agreement in force covers a service the supplier touches (ISO/IEC 20000-1, 7.2).
        NoAgreement = "no_agreement",
        /// The agreement does not state security obligations (20000-1, 6.6.2; 27001, A.15.1.2).
        NoSecurityObligations = "no_security_obligations",
        /// The agreement gives no right to audit (A.15.2.1).
        NoRightToAudit = "no_right_to_audit",
        /// The agreement does not state who collects evidence (A.16.1.7).
        NoEvidenceTerms = "no_evidence_terms",
        /// The agreement states no restoration times.
        NoRestorationTerms = "no_restoration_terms",
        /// It holds no valid certificate that covers the service.
        NoCertificate = "no_certificate",
        /// It was not reviewed in time (A.15.2.1; 4.2; 7.2).
        ReviewOverdue = "review_overdue",
        /// A configuration item is in its hands without an agreement that carries control terms (A.15.1).
        ItemWithoutControlTerms = "item_without_control_terms",
        /// An agreement ended, and none covers what it covered.
        AgreementExpired = "agreement_expired",
        /// An agreement ends within the horizon.
        AgreementExpiring = "agreement_expiring",
        /// A certificate expired, and none covers what it covered.
        CertificateExpired = "certificate_expired",
        /// A certificate expires within the horizon.
        CertificateExpiring = "certificate_expiring",
        /// Security obligations were agreed, and neither a risk nor a control answers for them (20000-1, 6.6.1).
        ObligationWithoutRiskOrControl = "obligation_without_risk_or_control",
    }
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// What is missing.
    pub kind: GapKind,
    /// The supplier.
    pub party: RecordId,
    /// What it is called; null if its source does not say.
    pub party_name: Option<String>,
    /// The service; null if it is about none in particular.
    pub service: Option<RecordId>,
    /// What it is called.
    pub service_name: Option<String>,
    /// The agreement or configuration item it is about; null if there is none.
    pub record: Option<RecordId>,
    /// What it is called, or its identifier in its source.
    pub record_name: Option<String>,
    /// False if no source says whether it is missing: then finding out is what is to do.
    pub certain: bool,
    /// When it ends or ended, for what has an end.
    pub due_at: Option<Timestamp>,
}

impl Gap {
    /// Tells it from what else is missing of the supplier. What ends is told by its end where no record stands for it.
    pub fn key(&self) -> String {
        let id = |id: Option<RecordId>| id.map(|id| id.to_string()).unwrap_or_default();
        let mut key = format!("{}/{}/{}", self.kind, id(self.service), id(self.record));
        if let (None, Some(name)) = (self.record, &self.record_name) {
            let end = self.due_at.map(|due| due.to_string()).unwrap_or_default();
            key = format!("{key}{name}/{end}");
        }
        key
    }
}

/// Everything missing, of all suppliers, in the order of the risks; what ends within `horizon` days among it.
pub fn assurance_gaps(graph: &Graph<'_>, risks: &[SupplierRisk], at: Timestamp, horizon: i64) -> Vec<Gap> {
    let agreed = agreed(graph);
    let mut found = Vec::new();
    for risk in risks {
        let agreements = agreed.get(&risk.party).map_or(&[][..], Vec::as_slice);
        let until = at.plus_days(horizon);
        let of = OfSupplier { graph, risk, at, until, agreements };
        of.terms(&mut found);
        of.review(&mut found);
        of.items(&mut found);
        of.agreements(&mut found);
        of.certificates(&mut found);
    }
    found
}

/// The agreements with each party.
fn agreed<'g>(graph: &Graph<'g>) -> BTreeMap<RecordId, Vec<(RecordId, &'g Agreement)>> {
    let mut found: BTreeMap<RecordId, Vec<(RecordId, &Agreement)>> = BTreeMap::new();
    for record in graph.live(RecordKind::Agreement).filter(|record| record.canonical_id == record.id) {
        let Body::Agreement(agreement) = &record.body else { continue };
        let parties: BTreeSet<RecordId> = agreement.parties.get().into_iter().flatten().map(|party| party.id).collect();
        for party in parties {
            found.entry(party).or_default().push((record.id, agreement));
        }
    }
    found
}

struct OfSupplier<'a> {
    graph: &'a Graph<'a>,
    risk: &'a SupplierRisk,
    at: Timestamp,
    until: Timestamp,
    agreements: &'a [(RecordId, &'a Agreement)],
}

impl OfSupplier<'_> {
    fn gap(&self, kind: GapKind, service: Option<&ServiceRisk>, record: Option<RecordId>, certain: bool) -> Gap {
        let named = record.and_then(|id| self.graph.record(id));
        Gap {
            kind,
            party: self.risk.party,
            party_name: self.risk.name.clone(),
            service: service.map(|service| service.service),
            service_name: service.and_then(|service| service.name.clone()),
            record,
            record_name: named.map(|found| found.body.name().unwrap_or(&found.external_id).to_owned()),
            certain,
            due_at: None,
        }
    }

    /// What the assurance items of the score do not find. Of an agreement each term is missing once, however many
    /// services it covers.
    fn terms(&self, found: &mut Vec<Gap>) {
        let mut said: BTreeMap<(GapKind, Option<RecordId>), usize> = BTreeMap::new();
        for service in &self.risk.services {
            let agreed = answer(service, AssuranceKind::Agreement) == Truth::Yes;
            for item in service.assurance_items.iter().filter(|item| item.answer != Truth::Yes) {
                let kind = match item.item {
                    // A sub-supplier is bound by those it works for.
                    AssuranceKind::Agreement if service.link == Link::Subcontract => continue,
                    AssuranceKind::Agreement => GapKind::NoAgreement,
                    AssuranceKind::Certificate => GapKind::NoCertificate,
                    // Without an agreement there are no terms to miss; a review is of the supplier, not of a service.
                    _ => match term(item.item).filter(|_| agreed) {
                        Some(kind) => kind,
                        None => continue,
                    },
                };
                let about = item.record.filter(|_| term(item.item).is_some());
                let gap = self.gap(kind, Some(service), about, item.answer == Truth::No);
                match said.get(&(kind, about)).filter(|_| about.is_some()).and_then(|place| found.get_mut(*place)) {
                    Some(first) => {
                        (first.service, first.service_name) = (None, None);
                        first.certain |= gap.certain;
                    }
                    None => {
                        said.insert((kind, about), found.len());
                        found.push(gap);
                    }
                }
            }
        }
    }

    /// A review that is overdue, or of which nobody knows; in its first year there is nothing to review yet.
    fn review(&self, found: &mut Vec<Gap>) {
        let mut items = self.risk.services.iter().flat_map(|service| &service.assurance_items);
        let Some(review) = items.find(|item| item.item == AssuranceKind::Review && item.answer != Truth::Yes) else {
            return;
        };
        let Some(Body::Party(party)) = self.graph.record(self.risk.party).map(|record| &record.body) else { return };
        let year = |from: &Timestamp| from.plus_days(REVIEWED_WITHIN);
        let since = party.first_supply_at.get();
        if since.is_some_and(|since| self.at < year(since)) {
            return;
        }
        let certain = review.answer == Truth::No && since.is_some();
        let due_at = party.last_review.get().or(since).map(year);
        found.push(Gap { due_at, ..self.gap(GapKind::ReviewOverdue, None, None, certain) });
    }

    /// Terms missing from agreements in force that cover nothing the supplier touches, so that no score speaks of them.
    fn other_terms(&self, found: &mut Vec<Gap>, id: RecordId, agreement: &Agreement) {
        let fields = [
            (GapKind::NoSecurityObligations, &agreement.security_obligations),
            (GapKind::NoRightToAudit, &agreement.right_to_audit),
            (GapKind::NoEvidenceTerms, &agreement.evidence_terms),
            (GapKind::NoRestorationTerms, &agreement.restoration_terms),
        ];
        for (kind, field) in fields.into_iter().filter(|(_, field)| field.get() != Some(&true)) {
            found.push(self.gap(kind, None, Some(id), field.get() == Some(&false)));
        }
    }

    /// Items in its hands that no agreement with control terms stands behind.
    fn items(&self, found: &mut Vec<Gap>) {
        for item in self.graph.outgoing(self.risk.party, RelationType::Controls) {
            let is_here = self.graph.record(item).is_some();
            let above = if is_here { self.graph.above(item) } else { BTreeMap::new() };
            let services = self.risk.services.iter().filter(|service| above.contains_key(&service.service));
            let services: Vec<&ServiceRisk> = services.collect();
            let terms = |service: &&&ServiceRisk| answer(service, AssuranceKind::SecurityObligations);
            if services.iter().any(|service| terms(&service) == Truth::Yes) {
                continue;
            }
            let certain = services.iter().all(|service| terms(&service) == Truth::No);
            found.push(self.gap(GapKind::ItemWithoutControlTerms, services.first().copied(), Some(item), certain));
        }
    }

    fn agreements(&self, found: &mut Vec<Gap>) {
        for (id, agreement) in self.agreements.iter().copied() {
            let covered: BTreeSet<RecordId> = self.graph.outgoing(id, RelationType::Covers).collect();
            let services: Vec<&ServiceRisk> =
                self.risk.services.iter().filter(|service| covered.contains(&service.service)).collect();
            let begun = agreement.starts_at.get().is_none_or(|start| *start <= self.at);
            if let Some(end) = agreement.ends_at.get().copied() {
                let open =
                    services.iter().copied().find(|service| answer(service, AssuranceKind::Agreement) != Truth::Yes);
                let kind = match open {
                    Some(_) if end <= self.at => Some(GapKind::AgreementExpired),
                    _ if self.at < end && end <= self.until && begun => Some(GapKind::AgreementExpiring),
                    _ => None,
                };
                if let Some(kind) = kind {
                    let gap = self.gap(kind, open.or(services.first().copied()), Some(id), true);
                    found.push(Gap { due_at: Some(end), ..gap });
                }
                if end <= self.at {
                    continue;
                }
            }
            if begun && services.is_empty() {
                self.other_terms(found, id, agreement);
            }
            // Neither a risk nor a control of the service or of what contributes to it.
            let unanswered = |service: &&&ServiceRisk| {
                let items = self.graph.contributing_items(service.service);
                !(self.graph.is_at_risk(service.service) || items.at_risk || items.control)
            };
            if begun && agreement.security_obligations.get() == Some(&true) {
                for service in services.iter().filter(unanswered) {
                    let kind = GapKind::ObligationWithoutRiskOrControl;
                    found.push(self.gap(kind, Some(service), Some(id), true));
                }
            }
        }
    }

    fn certificates(&self, found: &mut Vec<Gap>) {
        let Some(Body::Party(party)) = self.graph.record(self.risk.party).map(|record| &record.body) else { return };
        for held in party.certificates.get().into_iter().flatten() {
            let covers = |service: &&ServiceRisk| held.services.iter().any(|covered| covered.id == service.service);
            let mut services = self.risk.services.iter().filter(covers);
            let open = services.clone().find(|service| answer(service, AssuranceKind::Certificate) != Truth::Yes);
            let (kind, service) = match open {
                Some(_) if held.expires_at <= self.at => (GapKind::CertificateExpired, open),
                _ if self.at < held.expires_at && held.expires_at <= self.until => {
                    (GapKind::CertificateExpiring, services.next())
                }
                _ => continue,
            };
            let record_name = Some(held.standard.clone());
            found.push(Gap { due_at: Some(held.expires_at), record_name, ..self.gap(kind, service, None, true) });
        }
    }
}

/// What is missing if an agreement lacks a term; `None` for what is no term.
fn term(item: AssuranceKind) -> Option<GapKind> {
    match item {
        AssuranceKind::SecurityObligations => Some(GapKind::NoSecurityObligations),
        AssuranceKind::RightToAudit => Some(GapKind::NoRightToAudit),
        AssuranceKind::EvidenceTerms => Some(GapKind::NoEvidenceTerms),
        AssuranceKind::RestorationTerms => Some(GapKind::NoRestorationTerms),
        AssuranceKind::Agreement | AssuranceKind::Certificate | AssuranceKind::Review => None,
    }
}

fn answer(service: &ServiceRisk, kind: AssuranceKind) -> Truth {
    service.assurance_items.iter().find(|item| item.item == kind).map_or(Truth::Unknown, |item| item.answer)
}
