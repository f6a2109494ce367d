//! Supply: what is missing, how much hangs on whom, where it hangs on one, whose limits are passed; by hand.

use super::{
    fixture::{edge, id, record, reference, time},
    supplier_risk::{FRESH, model},
};
use concord::assess::AcceptedLevels;
use concord::assess::supplier_risk::{
    Dimension, Gap, GapKind, Link, SupplierRisk, Truth, accepted_levels, assurance_gaps, concentration, dependencies,
    supplier_risks,
};
use concord::model::{Graph, Record, RecordKind, RelationType, Timestamp};
use serde_json::json;

use RecordKind::{Agreement, ConfigurationItem, Party, Risk, Service};
use RelationType::{Controls, Covers, DependsOn, Provides, Supports};

crate::harness::cases![
    gaps_name_what_is_missing_where,
    gaps_and_scores_say_the_same,
    what_ends_is_named_before_and_after,
    obligations_want_a_risk_or_a_control,
    dependency_counts_direct_and_through_others,
    concentration_finds_what_hangs_on_one,
    accepted_levels_stand_beside_the_risk,
];

fn now() -> Timestamp {
    time("2026-06-30T12:00:00Z")
}

/// Acme provides `shop` under an agreement with some terms and controls `db` beneath `mail` without any; Sub works for
/// it, and for Zeta by Zeta's agreement.
fn records() -> Vec<Record> {
    vec![
        edge(
            edge(
                record(
                    Party,
                    "acme",
                    json!({"name": "Acme", "role": "supplier", "jurisdiction": "DE", "last_review": "2026-01-15",
                        "certificates": [{"standard": "ISO/IEC 27001:2013", "scope": "", "expires_at": "2026-08-01",
                            "services": [reference(Service, "shop")]}]}),
                ),
                Provides,
                Service,
                "shop",
            ),
            Controls,
            ConfigurationItem,
            "db",
        ),
        edge(
            record(
                Party,
                "zeta",
                json!({"name": "Zeta", "role": "supplier", "jurisdiction": "DE", "last_review": null}),
            ),
            Provides,
            Service,
            "mail",
        ),
        edge(
            record(
                Party,
                "sub",
                json!({"name": "Sub", "role": "supplier", "jurisdiction": "US", "lead_supplier": reference(Party, "acme")}),
            ),
            Controls,
            ConfigurationItem,
            "disk",
        ),
        record(Party, "buyer", json!({"name": "Buyer", "role": "customer", "accepts_availability_risk": 1})),
        record(
            Service,
            "shop",
            json!({"name": "Shop", "criticality": 4, "status": "live", "substitutes": [],
                "customers": [reference(Party, "buyer")]}),
        ),
        record(Service, "mail", json!({"name": "Mail", "criticality": 2, "status": "live", "substitutes": []})),
        edge(record(ConfigurationItem, "web", json!({"name": "web-1"})), Supports, Service, "shop"),
        edge(
            edge(record(ConfigurationItem, "db", json!({"name": "db-1"})), Supports, Service, "mail"),
            DependsOn,
            ConfigurationItem,
            "disk",
        ),
        record(ConfigurationItem, "disk", json!({"name": "disk-1"})),
        edge(
            record(
                Agreement,
                "a-1",
                json!({"title": "Acme contract", "parties": [reference(Party, "acme")], "starts_at": "2025-01-01",
                    "ends_at": "2026-09-15", "security_obligations": true, "right_to_audit": false,
                    "restoration_terms": true}),
            ),
            Covers,
            Service,
            "shop",
        ),
        record(
            Agreement,
            "a-2",
            json!({"title": "Zeta contract", "parties": [reference(Party, "zeta")], "starts_at": "2025-01-01",
                "ends_at": "2026-06-01", "subcontractors": [reference(Party, "sub")]}),
        ),
    ]
}

fn graph(records: &[Record]) -> Graph<'_> {
    Graph::new(records, RelationType::ALL.iter().copied())
}

fn risks(records: &[Record]) -> Vec<SupplierRisk> {
    supplier_risks(&graph(records), &model(), now(), FRESH)
}

fn gaps(records: &[Record], supplier: &str, horizon: i64) -> Vec<Gap> {
    let mut found = assurance_gaps(&graph(records), &risks(records), now(), horizon);
    found.retain(|gap| gap.party == id(Party, supplier));
    found
}

fn gaps_name_what_is_missing_where() {
    let found = gaps(&records(), "acme", 0);
    let of = |kind| found.iter().filter(move |gap| gap.kind == kind).collect::<Vec<_>>();
    let names = |kind| of(kind).iter().map(|gap| gap.service_name.clone().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(names(GapKind::NoAgreement), ["Mail"]);
    assert_eq!(names(GapKind::NoRightToAudit), ["Shop"]);
    assert_eq!(names(GapKind::NoCertificate), ["Mail"]);
    assert!(of(GapKind::NoSecurityObligations).is_empty() && of(GapKind::ReviewOverdue).is_empty());
    // Nobody says whether evidence terms were agreed: to be found out, not taken for granted.
    assert_eq!(of(GapKind::NoEvidenceTerms).iter().map(|gap| gap.certain).collect::<Vec<_>>(), [false]);
    assert!(of(GapKind::NoRightToAudit).iter().all(|gap| gap.certain));
    let [item] = of(GapKind::ItemWithoutControlTerms)[..] else { panic!("one item: {found:?}") };
    assert_eq!((item.record, item.record_name.as_deref()), (Some(id(ConfigurationItem, "db")), Some("db-1")));
    let overdue = gaps(&records(), "zeta", 0).into_iter().filter(|gap| gap.kind == GapKind::ReviewOverdue).count();
    assert_eq!(overdue, 1);
}

/// The gaps are the assurance items that do not hold, and nothing else says anything of them.
fn gaps_and_scores_say_the_same() {
    let records = records();
    let gaps = assurance_gaps(&graph(&records), &risks(&records), now(), 0);
    for risk in risks(&records) {
        for service in &risk.services {
            let agreement = service.assurance_items.first().expect("the agreement");
            let gap = gaps.iter().find(|gap| {
                (gap.kind, gap.party, gap.service) == (GapKind::NoAgreement, risk.party, Some(service.service))
            });
            // A sub-supplier is bound by those it works for.
            let wanted = agreement.answer != Truth::Yes && service.link != Link::Subcontract;
            assert_eq!(gap.is_some(), wanted, "{} on {:?}", risk.external_id, service.name);
            assert!(gap.is_none_or(|gap| gap.certain == (agreement.answer == Truth::No)));
        }
    }
}

fn what_ends_is_named_before_and_after() {
    let kinds = |supplier, horizon| {
        let ends = [
            GapKind::AgreementExpired,
            GapKind::AgreementExpiring,
            GapKind::CertificateExpired,
            GapKind::CertificateExpiring,
        ];
        let found = gaps(&records(), supplier, horizon).into_iter().filter(|gap| ends.contains(&gap.kind));
        found.map(|gap| (gap.kind, gap.due_at)).collect::<Vec<_>>()
    };
    let agreement = (GapKind::AgreementExpiring, Some(time("2026-09-15")));
    let certificate = (GapKind::CertificateExpiring, Some(time("2026-08-01")));
    assert_eq!(kinds("acme", 10), []);
    assert_eq!(kinds("acme", 40), [certificate]);
    assert_eq!(kinds("acme", 90), [agreement, certificate]);
    // Zeta's agreement ended, but it covers nothing, so nothing that was covered is uncovered now.
    assert_eq!(kinds("zeta", 90), []);
    let mut all = records();
    let ended = all.iter_mut().find(|record| record.id == id(Agreement, "a-2")).expect("the agreement");
    *ended = edge(ended.clone(), Covers, Service, "mail");
    let found = assurance_gaps(&graph(&all), &risks(&all), now(), 0);
    let expired = found.iter().find(|gap| gap.kind == GapKind::AgreementExpired).expect("the agreement that ended");
    assert_eq!((expired.party, expired.due_at), (id(Party, "zeta"), Some(time("2026-06-01"))));
}

fn obligations_want_a_risk_or_a_control() {
    let open = |more: Vec<Record>| {
        let mut all = records();
        all.extend(more);
        let found = gaps(&all, "acme", 0);
        found.iter().filter(|gap| gap.kind == GapKind::ObligationWithoutRiskOrControl).count()
    };
    let risk = |status: &str| record(Risk, "r", json!({"status": status, "services": [reference(Service, "shop")]}));
    assert_eq!(open(vec![]), 1);
    assert_eq!(open(vec![risk("assessed")]), 0);
    assert_eq!(open(vec![risk("closed")]), 1);
    let item = record(ConfigurationItem, "web-2", json!({"controls": ["iso27001-2013/A.9.4.1"]}));
    assert_eq!(open(vec![edge(item, Supports, Service, "shop")]), 0);
}

fn dependency_counts_direct_and_through_others() {
    let records = records();
    let found = dependencies(&graph(&records), &risks(&records));
    let of = |name: &str| found.iter().find(|found| found.party == id(Party, name)).expect("the supplier");
    let acme = of("acme");
    assert_eq!((acme.services_direct, acme.services_indirect, acme.services_through_sub_suppliers), (2, 0, 0));
    assert_eq!((acme.items_direct, acme.items_indirect), (1, 0), "db, on which no other item rests");
    assert_eq!(acme.sub_suppliers.iter().map(|sub| sub.party).collect::<Vec<_>>(), [id(Party, "sub")]);
    let sub = of("sub");
    assert_eq!((sub.services_direct, sub.services_indirect), (0, 2), "mail by its disk, shop for Acme");
    assert_eq!((sub.items_direct, sub.items_indirect), (1, 1), "disk, on which db rests");
    assert_eq!(sub.lead_suppliers.len(), 2, "one by its record, one by an agreement");
    assert!(!sub.in_cycle);
}

fn concentration_finds_what_hangs_on_one() {
    let mut records = records();
    let found = concentration(&graph(&records), &risks(&records));
    let names: Vec<_> = found.single_providers.iter().map(|single| single.name.as_deref()).collect();
    assert_eq!(names, [Some("Shop"), Some("Mail")], "most critical first");
    let [shared] = &found.shared_sub_suppliers[..] else { panic!("one shared: {found:?}") };
    assert_eq!((shared.party, shared.leads.len(), shared.services), (id(Party, "sub"), 2, 2));
    let laws: Vec<_> = found.jurisdictions.iter().map(|law| (law.jurisdiction.as_deref(), law.suppliers)).collect();
    assert_eq!(laws, [(Some("DE"), 2), (Some("US"), 1)]);
    assert!(found.cycles.is_empty());
    // A substitute under contract, or a second provider, is what it takes.
    records.push(edge(record(Party, "other", json!({"role": "supplier"})), Provides, Service, "mail"));
    assert_eq!(concentration(&graph(&records), &risks(&records)).single_providers.len(), 1);
    // Acme works for Sub, which works for Acme.
    let acme = records.iter_mut().find(|record| record.id == id(Party, "acme")).expect("the supplier");
    acme.body = record(Party, "acme", json!({"role": "supplier", "lead_supplier": reference(Party, "sub")})).body;
    let found = concentration(&graph(&records), &risks(&records));
    let mut cycle: Vec<_> = found.cycles.iter().map(|party| party.party).collect();
    cycle.sort();
    let mut expected = vec![id(Party, "acme"), id(Party, "sub")];
    expected.sort();
    assert_eq!(cycle, expected);
}

fn accepted_levels_stand_beside_the_risk() {
    let records = records();
    let own = AcceptedLevels { availability: Some(60), ..AcceptedLevels::default() };
    let found = accepted_levels(&graph(&records), &risks(&records), &own);
    let of = |name: &str| {
        let is = |level: &&_| {
            let level: &concord::assess::supplier_risk::AcceptedLevel = level;
            level.service == id(Service, name) && level.dimension == Dimension::Availability
        };
        found.iter().find(is).expect("a line")
    };
    let shop = of("shop");
    assert_eq!((shop.organisation, shop.accepted), (Some(60.0), Some(1.0)));
    assert!(shop.differ && shop.customer_exceeded && !shop.organisation_exceeded);
    let mail = of("mail");
    assert_eq!((mail.customer.as_ref(), mail.organisation), (None, Some(60.0)));
    assert!(!mail.differ && !mail.organisation_exceeded && !mail.customer_exceeded);
    assert!(found.iter().all(|level| level.dimension == Dimension::Availability), "no level is set for the others");
}
