//! Cases of the embedded standards data: its counts, its integrity, and rows compared with the printed table.

use super::{ISMS, SMS, STANDARDS, isms, sms};
use concord::standards::{
    Citation, CorrespondenceRelation as Relation, LinkProvenance, LocatorKind, RequirementKind as Kind,
};
use std::collections::{BTreeSet, HashSet};

crate::harness::cases![
    counts_of_the_trees,
    counts_of_the_table,
    trees_hold_together,
    clauses_before_the_requirements_are_not_normative,
    items_bear_the_title_of_their_clause,
    topics_link_both_ways,
    table_links_stand_in_a_row,
    every_reference_shares_a_topic,
    rows_read_as_printed,
    misprints_carry_a_note,
    rows_cover_the_annex_objectives,
];

fn count(edition: &str, kind: Kind) -> usize {
    STANDARDS.requirements_of(edition).filter(|node| node.kind == kind).count()
}

fn counts_of_the_trees() {
    let ids: Vec<_> = STANDARDS.editions().iter().map(|edition| edition.id.as_str()).collect();
    assert_eq!(ids, [ISMS, SMS]);
    assert_eq!([Kind::Domain, Kind::Objective, Kind::Control].map(|kind| count(ISMS, kind)), [14, 35, 114]);
    // Clauses 4 to 10 and their subclauses, with the two the table cites before them.
    assert_eq!((count(ISMS, Kind::Clause), count(ISMS, Kind::Item)), (2 + 35, 8));
    // The introduction, five clauses before clause 4, and 53 clauses from 4 to 9.
    assert_eq!((count(SMS, Kind::Introduction), count(SMS, Kind::Clause)), (1, 5 + 53));
    assert_eq!([Kind::Domain, Kind::Objective, Kind::Control].map(|kind| count(SMS, kind)), [0, 0, 0]);
    assert_eq!(STANDARDS.topics().len(), 51);
}

fn counts_of_the_table() {
    let of = |relation: Relation| STANDARDS.rows().iter().filter(|row| row.relation == relation).count();
    assert_eq!(STANDARDS.rows().len(), 97);
    assert_eq!(
        [
            Relation::Mapped,
            Relation::Qualified,
            Relation::Many,
            Relation::None,
            Relation::Heading,
            Relation::NotIncluded
        ]
        .map(of),
        [46, 4, 3, 24, 16, 4]
    );
    assert_eq!(STANDARDS.rows().iter().map(|row| row.references.len()).sum::<usize>(), 161);
    assert!(STANDARDS.rows().iter().map(|row| row.row).eq(1..=97));
    let of_relation = |relation: Relation| -> Vec<_> {
        let rows = STANDARDS.rows().iter().filter(|row| row.relation == relation);
        rows.filter_map(|row| row.requirement.as_ref().map(|id| id.number())).collect()
    };
    assert_eq!(of_relation(Relation::Many), ["4", "8", "8.1"]);
    assert_eq!(of_relation(Relation::Qualified), ["6.1.2", "6.1.3", "8.2", "8.3"]);
}

fn trees_hold_together() {
    let mut seen = HashSet::new();
    for node in STANDARDS.requirements() {
        assert!(seen.insert(&node.id), "{} twice", node.id);
        assert_eq!(node.id.number(), node.number);
        if let Some(parent) = &node.parent {
            let parent = STANDARDS.requirement(parent).expect("the parent exists");
            assert!(seen.contains(&parent.id), "{} stands before the node above it", node.id);
            assert!(parent.children.contains(&node.id));
            assert!(node.id.is_below(&parent.id));
        }
        for child in &node.children {
            assert_eq!(STANDARDS.requirement(child).and_then(|child| child.parent.as_ref()), Some(&node.id));
        }
        let above = match node.kind {
            Kind::Control => Some(Kind::Objective),
            Kind::Objective => Some(Kind::Domain),
            _ => continue,
        };
        let parent = node.parent.as_ref().and_then(|parent| STANDARDS.requirement(parent));
        assert_eq!(parent.map(|parent| parent.kind), above, "{}", node.id);
    }
    let tops: Vec<_> =
        STANDARDS.requirements_of(SMS).filter(|node| node.parent.is_none()).map(|node| &*node.number).collect();
    assert_eq!(tops, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
}

fn clauses_before_the_requirements_are_not_normative() {
    for node in STANDARDS.requirements() {
        let first = node.number.split('.').next().unwrap_or_default();
        assert_eq!(node.normative, !["0", "1", "2", "3"].contains(&first), "{}", node.id);
    }
}

fn items_bear_the_title_of_their_clause() {
    let node = |id| STANDARDS.requirement(&id).expect("exists");
    assert_eq!(node(sms("6.4.a.2")).title, "Budgeting and accounting for services");
    assert_eq!(node(sms("6.4.a.2")).parent, Some(sms("6.4.a")));
    assert_eq!(node(isms("5.1.h")).kind, Kind::Item);
    let above: Vec<_> = STANDARDS.ancestors(&sms("6.4.a.2")).map(|node| &*node.number).collect();
    assert_eq!(above, ["6.4.a", "6.4", "6"]);
}

fn topics_link_both_ways() {
    let ids: BTreeSet<_> = STANDARDS.topics().iter().map(|topic| &topic.id).collect();
    assert_eq!(ids.len(), 51);
    let mut links = 0;
    for topic in STANDARDS.topics() {
        for link in &topic.requirements {
            let node = STANDARDS.requirement(&link.requirement).expect("the requirement exists");
            assert!(node.topics.contains(&topic.id), "{} of {}", topic.id, node.id);
            links += 1;
        }
    }
    assert_eq!(STANDARDS.requirements().iter().map(|node| node.topics.len()).sum::<usize>(), links);
    let links = |id: &str| -> Vec<_> {
        let topic = STANDARDS.topic(id).expect("exists");
        topic.requirements.iter().map(|link| format!("{} {}", link.requirement, link.provenance)).collect()
    };
    assert_eq!(
        links("risk-acceptance"),
        ["iso27001-2013/6.1.3 table", "iso20000-1-2011/4.5.2.j table", "iso20000-1-2011/6.6.1.c judgement"]
    );
    assert_eq!(
        links("change-security-impact").last().map(String::as_str),
        Some("iso20000-1-2011/9.2 body"),
        "links stand in document order"
    );
    assert_eq!(links("service-levels"), ["iso20000-1-2011/6.1 judgement"]);
}

fn table_links_stand_in_a_row() {
    for topic in STANDARDS.topics() {
        for link in topic.requirements.iter().filter(|link| link.provenance == LinkProvenance::Table) {
            let id = &link.requirement;
            let below = STANDARDS.descendants(id).into_iter().map(|node| &node.id);
            let stands = std::iter::once(id).chain(below).any(|id| !STANDARDS.rows_citing(id).is_empty());
            assert!(stands, "{}: {id} stands in no row", topic.id);
        }
    }
}

fn every_reference_shares_a_topic() {
    let mut judged = 0;
    let mut excepted = BTreeSet::new();
    for row in STANDARDS.rows().iter().filter(|row| matches!(row.relation, Relation::Mapped | Relation::Qualified)) {
        let requirement = row.requirement.as_ref().expect("mapped rows have one");
        for citation in &row.references {
            if STANDARDS.shared_topics(requirement, &citation.requirement).is_empty() {
                excepted.insert(citation.requirement.number());
            } else {
                judged += 1;
            }
        }
    }
    assert_eq!(excepted, BTreeSet::from(["1.2", "2", "3"]));
    assert_eq!(judged, 161 - 3 - 4 - 3, "all but the exceptions, the rows not included and the many rows");
}

/// A reference as the guide would print it: `4.1.1 a), b) Management commitment`.
fn printed(citation: &Citation) -> String {
    let locators = citation.locators.iter().map(|locator| match (locator.kind, locator.value.as_deref()) {
        (LocatorKind::Item, Some(item)) => format!("{item})"),
        (LocatorKind::Paragraph, Some(paragraph)) => format!("para. {paragraph}"),
        (LocatorKind::PenultimateParagraph, None) => "penultimate para.".into(),
        (LocatorKind::LastParagraph, None) => "last para.".into(),
        other => panic!("{other:?} has no such value"),
    });
    let locators = locators.collect::<Vec<_>>().join(", ");
    let parts = [citation.requirement.number(), &locators, &citation.printed_title];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn row_reads(row: u32, number: Option<&str>, title: &str, relation: Relation, references: &[&str]) {
    let row = STANDARDS.rows().iter().find(|known| known.row == row).expect("the row exists");
    assert_eq!(row.requirement, number.map(isms));
    assert_eq!((&*row.printed_title, row.relation), (title, relation));
    assert_eq!(row.references.iter().map(printed).collect::<Vec<_>>(), references);
}

fn rows_read_as_printed() {
    row_reads(4, None, "", Relation::NotIncluded, &["1.2 Application"]);
    row_reads(7, Some("4"), "Context of the organization", Relation::Many, &[]);
    row_reads(
        9,
        Some("4.2"),
        "Understanding the needs and expectations of interested parties",
        Relation::Mapped,
        &[
            "5.2 para. 1 Plan new or changed services",
            "5.4 para. 1 Transition of new or changed services",
            "6.2 para. 1 Service reporting",
            "6.3.1 para. 1 Service continuity and availability requirements",
            "6.5 para. 1 Capacity management",
            "7.1 para. 1, para. 3 Business relationship management",
            "8.1 para. 5 Incident and service request management",
            "9.2 para. 8, para. 10, penultimate para. Change management",
            "9.3 para. 2, para. 5 Release and deployment management",
        ],
    );
    row_reads(11, Some("4.4"), "Information security management system", Relation::None, &[]);
    row_reads(
        16,
        Some("5.1.c"),
        "Leadership and commitment",
        Relation::Mapped,
        &[
            "4.1.1 e) Management commitment",
            "4.4.1 para. 1 Provision of resources",
            "4.5.2 g) Plan the SMS (Plan)",
            "4.5.4.3 c) Management review",
            "5.2 d) Plan new or changed services",
            "5.3 c) Design and development of new or changed services",
            "6.4 a.1), a.2) Budgeting and accounting for services",
            "6.5 para. 2 Capacity management",
        ],
    );
    // Split by a page break.
    row_reads(
        22,
        Some("5.2"),
        "Policy",
        Relation::Mapped,
        &[
            "4.1.1 a), b) Management commitment",
            "4.1.2 Service management policy",
            "4.3.1 Establish and maintain documents",
            "4.3.2 Control of documents",
            "4.3.3 Control of records",
        ],
    );
    row_reads(
        33,
        Some("7.4"),
        "Communication",
        Relation::Mapped,
        &[
            "4.1.1 a), c), d) Management responsibility",
            "4.1.3 b) Authority, responsibility and communication",
            "4.3.2 b) Control of documents",
            "4.5.4.1 last para. General",
            "4.5.4.2 last para. Internal audit",
            "5.2 c) Plan new or changed services",
            "5.4 last para. Transition of new or changed services",
            "6.2 last para. Service reporting",
            "6.6.1 a) Information security policy",
            "7.1 para. 3 Business relationship management",
            "7.2 j) Supplier management",
            "9.2 para. 10 Change management",
        ],
    );
    row_reads(
        41,
        Some("8.3"),
        "Information security risk treatment",
        Relation::Qualified,
        &[
            "6.6",
            "4.1.1 g) Management commitment",
            "4.3.1 Establish and maintain documents",
            "4.5.2 j) Plan the SMS (Plan)",
            "4.5.3 d) Implement and operate the SMS (Do)",
            "5.2 f) Plan new or changed services",
            "6.6.2 d), para. 2 Information security controls",
        ],
    );
    row_reads(42, Some("9"), "Performance evaluation", Relation::Heading, &[]);
    row_reads(
        89,
        Some("A.15.2"),
        "Supplier service delivery management",
        Relation::Mapped,
        &["4.2 Governance of processes operated by other parties", "7.2 Supplier management"],
    );
    row_reads(
        97,
        Some("A.18.2"),
        "Information security reviews",
        Relation::Mapped,
        &[
            "6.6.1 Information security policy",
            "6.6.2 Information security controls",
            "6.6.3 Information security changes and incidents",
        ],
    );
    let row = |number: usize| &STANDARDS.rows()[number - 1];
    assert_eq!(row(10).see_also, ["ISO/IEC 20000-3"]);
    let range = &row(38).ranges[0];
    assert_eq!((&range.first, &range.last), (&sms("5"), &sms("9")));
    assert_eq!(row(39).ranges[0].first, sms("6"));
}

fn misprints_carry_a_note() {
    let mut differing = BTreeSet::new();
    for row in STANDARDS.rows() {
        for citation in &row.references {
            let node = STANDARDS.requirement(&citation.requirement).expect("resolves");
            if node.title != citation.printed_title {
                assert!(citation.note.is_some(), "row {} {}", row.row, node.id);
                differing.insert((row.row, node.number.as_str(), citation.printed_title.as_str()));
            }
        }
    }
    assert_eq!(
        differing.into_iter().collect::<Vec<_>>(),
        [
            (10, "1.2", "Applicability"),
            (15, "7.2", "Business relationship management"),
            (27, "6.6", ""),
            (28, "6.6", ""),
            (33, "4.1.1", "Management responsibility"),
            (40, "6.6", ""),
            (41, "6.6", ""),
        ]
    );
}

fn rows_cover_the_annex_objectives() {
    for node in STANDARDS.requirements_of(ISMS).filter(|node| matches!(node.kind, Kind::Domain | Kind::Objective)) {
        let own = STANDARDS.rows().iter().filter(|row| row.requirement.as_ref() == Some(&node.id)).count();
        assert_eq!(own, 1, "{}", node.id);
    }
}
