//! Tables of supply: the portfolio, what is missing, how much hangs on whom, accepted levels, a customer's suppliers.

use super::columns;
use crate::{
    answers::{CustomerSupplier, Portfolio},
    assess::{
        GovernanceAspect, OperatedProcess,
        supplier_risk::{AcceptedLevel, Concentration, Dependency, Gap, PartyBrief, Score},
    },
    report::{Cell, Table},
};

fn named(party: &PartyBrief) -> String {
    party.name.clone().unwrap_or_else(|| party.party.to_string())
}

fn score(score: Option<Score>) -> Cell {
    Cell::from(score.map(Score::rounded))
}

/// A line for each supplier, the highest residual risk first.
pub fn supplier_portfolio(portfolio: &Portfolio) -> Table {
    let heads = [
        ("party", 38),
        ("external_id", 14),
        ("name", 40),
        ("status", 10),
        ("since", 25),
        ("residual", 9),
        ("inherent", 9),
        ("low", 8),
        ("high", 8),
        ("confidence_known", 10),
        ("confidence_of", 10),
        ("driving_service", 40),
        ("services", 9),
        ("exceeded", 9),
    ];
    Table::new("supplier-portfolio", columns(&heads)).with(&portfolio.suppliers, |item| {
        [
            item.party.into(),
            Cell::from(&item.external_id),
            item.name.as_ref().into(),
            Cell::from(&item.status),
            item.since.into(),
            score(item.residual),
            score(item.inherent),
            score(item.low),
            score(item.high),
            item.confidence.map(|confidence| confidence.known).into(),
            item.confidence.map(|confidence| confidence.of).into(),
            item.driving_service.as_ref().into(),
            item.services.into(),
            item.exceeded.into(),
        ]
    })
}

/// A line for each thing that is missing.
pub fn supplier_gaps(items: &[Gap]) -> Table {
    let heads = [
        ("kind", 30),
        ("party", 38),
        ("party_name", 40),
        ("service", 38),
        ("service_name", 40),
        ("record", 38),
        ("record_name", 40),
        ("certain", 8),
        ("due_at", 25),
    ];
    Table::new("supplier-gaps", columns(&heads)).with(items, cells_of_gap)
}

/// The cells of something that is missing.
pub fn cells_of_gap(item: &Gap) -> [Cell; 9] {
    [
        Cell::of(item.kind),
        item.party.into(),
        item.party_name.as_ref().into(),
        item.service.into(),
        item.service_name.as_ref().into(),
        item.record.into(),
        item.record_name.as_ref().into(),
        item.certain.into(),
        item.due_at.into(),
    ]
}

/// A line for each supplier.
pub fn supplier_dependencies(items: &[Dependency]) -> Table {
    let heads = [
        ("party", 38),
        ("name", 40),
        ("role", 14),
        ("jurisdiction", 12),
        ("lead_suppliers", 40),
        ("sub_suppliers", 40),
        ("in_cycle", 8),
        ("services_direct", 10),
        ("services_indirect", 10),
        ("services_through_sub_suppliers", 10),
        ("items_direct", 10),
        ("items_indirect", 10),
    ];
    Table::new("supplier-dependencies", columns(&heads)).with(items, |item| {
        [
            item.party.into(),
            item.name.as_ref().into(),
            item.role.map(Cell::of).into(),
            item.jurisdiction.as_ref().into(),
            Cell::list(item.lead_suppliers.iter().map(named)),
            Cell::list(item.sub_suppliers.iter().map(named)),
            item.in_cycle.into(),
            item.services_direct.into(),
            item.services_indirect.into(),
            item.services_through_sub_suppliers.into(),
            item.items_direct.into(),
            item.items_indirect.into(),
        ]
    })
}

/// A line for each service that hangs on one provider, each sub-supplier that several rest on, each jurisdiction, and
/// each party in a cycle.
pub fn supplier_concentration(found: &Concentration) -> Table {
    let heads = [
        ("concentration", 20),
        ("id", 38),
        ("name", 40),
        ("on", 50),
        ("suppliers", 10),
        ("services", 10),
        ("criticality", 10),
    ];
    let mut table = Table::new("supplier-concentration", columns(&heads));
    for single in &found.single_providers {
        table.push([
            Cell::from("single_provider"),
            single.service.into(),
            single.name.as_ref().into(),
            Cell::of(named(&single.provider)),
            1_u32.into(),
            1_u32.into(),
            single.criticality.into(),
        ]);
    }
    for shared in &found.shared_sub_suppliers {
        table.push([
            Cell::from("shared_sub_supplier"),
            shared.party.into(),
            shared.name.as_ref().into(),
            Cell::list(shared.leads.iter().map(named)),
            shared.leads.len().into(),
            shared.services.into(),
        ]);
    }
    for law in &found.jurisdictions {
        let name: Cell = law.jurisdiction.as_ref().into();
        table.push([
            Cell::from("jurisdiction"),
            Cell::Empty,
            name,
            Cell::Empty,
            law.suppliers.into(),
            law.services.into(),
        ]);
    }
    for party in &found.cycles {
        table.push([Cell::from("cycle"), party.party.into(), party.name.as_ref().into()]);
    }
    table
}

/// A line for each service, dimension, and customer that has set a level.
pub fn accepted_levels(items: &[AcceptedLevel]) -> Table {
    let heads = [
        ("service", 38),
        ("name", 40),
        ("dimension", 16),
        ("organisation", 12),
        ("customer", 38),
        ("customer_name", 40),
        ("accepted", 10),
        ("differ", 8),
        ("residual", 9),
        ("supplier", 38),
        ("supplier_name", 40),
        ("organisation_exceeded", 10),
        ("customer_exceeded", 10),
    ];
    Table::new("accepted-levels", columns(&heads)).with(items, |item| {
        [
            item.service.into(),
            item.name.as_ref().into(),
            Cell::of(item.dimension),
            item.organisation.into(),
            item.customer.as_ref().map(|customer| customer.party).into(),
            item.customer.as_ref().and_then(|customer| customer.name.as_ref()).into(),
            item.accepted.into(),
            item.differ.into(),
            score(Some(item.residual)),
            item.supplier.party.into(),
            item.supplier.name.as_ref().into(),
            item.organisation_exceeded.into(),
            item.customer_exceeded.into(),
        ]
    })
}

/// A line for each supplier behind a service of a customer.
pub fn customer_suppliers(items: &[CustomerSupplier]) -> Table {
    let heads = [
        ("service", 38),
        ("service_name", 40),
        ("supplier", 38),
        ("supplier_name", 40),
        ("link", 14),
        ("depth", 8),
        ("status", 10),
        ("confidence_known", 10),
        ("confidence_of", 10),
        ("high", 8),
        ("residual", 9),
        ("residuals_confidentiality", 10),
        ("residuals_integrity", 10),
        ("residuals_availability", 10),
        ("accepts_confidentiality", 10),
        ("accepts_integrity", 10),
        ("accepts_availability", 10),
        ("exceeded", 40),
    ];
    Table::new("customer-suppliers", columns(&heads)).with(items, |item| {
        [
            item.service.into(),
            item.service_name.as_ref().into(),
            item.supplier.party.into(),
            item.supplier.name.as_ref().into(),
            Cell::of(item.link),
            item.depth.into(),
            Cell::of(&item.status),
            item.confidence.map(|confidence| confidence.known).into(),
            item.confidence.map(|confidence| confidence.of).into(),
            score(item.high),
            score(Some(item.residual)),
            score(Some(item.residuals.confidentiality)),
            score(Some(item.residuals.integrity)),
            score(Some(item.residuals.availability)),
            item.accepts.confidentiality.into(),
            item.accepts.integrity.into(),
            item.accepts.availability.into(),
            Cell::list(item.exceeded.iter().map(|exceeded| exceeded.dimension)),
        ]
    })
}

/// A line for each process.
pub fn operated_processes(items: &[OperatedProcess]) -> Table {
    let heads = [
        ("requirement", 26),
        ("title", 40),
        ("party", 38),
        ("party_name", 40),
        ("agreement", 38),
        ("agreement_in_force", 10),
        ("agreement_ends_at", 25),
        ("governance_status", 24),
        ("governed", 9),
        ("status", 24),
        ("accountability", 14),
        ("definition", 14),
        ("performance", 14),
        ("improvement", 14),
        ("missing", 60),
    ];
    Table::new("processes", columns(&heads)).with(items, |item| {
        let shown =
            |aspect| item.aspects.iter().find(|found| found.aspect == aspect).map(|found| Cell::of(found.shown));
        [
            Cell::of(&item.requirement),
            item.title.as_ref().into(),
            item.party.party.into(),
            item.party.name.as_ref().into(),
            item.agreement.as_ref().map(|agreement| agreement.id).into(),
            item.agreement_in_force.into(),
            item.agreement_ends_at.into(),
            Cell::of(item.governance_status),
            item.governed.into(),
            Cell::of(item.status),
            shown(GovernanceAspect::Accountability).into(),
            shown(GovernanceAspect::Definition).into(),
            shown(GovernanceAspect::Performance).into(),
            shown(GovernanceAspect::Improvement).into(),
            Cell::list(&item.missing),
        ]
    })
}
