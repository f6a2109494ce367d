//! Cases of `concord::search` over the standards data: what comes first, what is forgiven, what is marked.

use concord::{
    answers::search_index,
    embedded,
    error::Error,
    search::{Entry, HighlightField, Hit, Index, Query, SearchKind},
    standards::Standards,
};
use std::sync::LazyLock;

crate::harness::cases![
    a_number_finds_its_requirement_first,
    a_number_finds_what_is_below_it_next,
    every_requirement_is_found_by_its_number,
    every_requirement_is_found_by_its_title,
    every_entry_has_a_title,
    every_term_and_point_is_found,
    plurals_and_singulars_are_alike,
    typing_errors_are_forgiven,
    the_beginning_of_a_word_is_enough,
    more_fitting_words_come_first,
    a_kind_can_be_asked_for,
    what_fits_is_marked,
    a_long_text_is_cut_around_what_fits,
    lists_are_bounded_and_counted,
    queries_are_bounded,
    any_text_can_be_asked,
    an_empty_index_finds_nothing,
];

static STANDARDS: LazyLock<Standards> =
    LazyLock::new(|| Standards::parse(&embedded::standards()).expect("the standards data is sound"));
static INDEX: LazyLock<Index> = LazyLock::new(|| search_index(&STANDARDS));

fn query(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn find(text: &str) -> Vec<Hit> {
    INDEX.search(&query(text), None, 20).hits
}

fn ids(text: &str) -> Vec<String> {
    find(text).into_iter().map(|hit| hit.id).collect()
}

fn marked(hit: &Hit, field: HighlightField) -> Vec<&str> {
    let highlights = hit.highlights.iter().filter(|highlight| highlight.field == field);
    highlights
        .flat_map(|highlight| &highlight.parts)
        .filter(|part| part.matched)
        .map(|part| part.text.as_str())
        .collect()
}

fn a_number_finds_its_requirement_first() {
    for (text, id) in [
        ("A.8.1.1", "iso27001-2013/A.8.1.1"),
        ("a.8.1.1", "iso27001-2013/A.8.1.1"),
        ("A8.1.1", "iso27001-2013/A.8.1.1"),
        ("iso27001-2013/A.8.1.1", "iso27001-2013/A.8.1.1"),
        ("6.6.2", "iso20000-1-2011/6.6.2"),
        ("5.1.a", "iso27001-2013/5.1.a"),
        ("what does 6.6.2 ask of suppliers", "iso20000-1-2011/6.6.2"),
    ] {
        assert_eq!(ids(text).first().map(String::as_str), Some(id), "{text}");
    }
    // Both editions have a clause 8.1, and the rows that cite it come after them.
    let hits = find("8.1");
    assert_eq!([hits[0].id.as_str(), hits[1].id.as_str()], ["iso27001-2013/8.1", "iso20000-1-2011/8.1"]);
    assert!(hits[2..].iter().any(|hit| hit.kind == SearchKind::CorrespondenceRow));
}

fn a_number_finds_what_is_below_it_next() {
    let hits = find("A.8.1");
    assert_eq!(hits[0].id, "iso27001-2013/A.8.1");
    let scores: Vec<f64> = hits.iter().map(|hit| hit.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let below = hits.iter().position(|hit| hit.id == "iso27001-2013/A.8.1.3").expect("the control");
    let row = hits.iter().position(|hit| hit.kind == SearchKind::CorrespondenceRow).expect("a row");
    assert!(row < below, "the row of the number itself comes first");
    assert!(!ids("A.8.1").iter().any(|id| id.starts_with("iso27001-2013/A.8.2")));
    // A.1 is not above A.12.
    assert!(ids("A.1").is_empty());
}

fn every_requirement_is_found_by_its_number() {
    for node in STANDARDS.requirements().iter().filter(|node| node.number != "0") {
        let found = ids(node.id.as_str());
        assert_eq!(found.first().map(String::as_str), Some(node.id.as_str()), "{found:?}");
        let found = ids(&node.number);
        assert!(found.iter().take(2).any(|id| *id == node.id.as_str()), "{}: {found:?}", node.id);
    }
}

fn every_entry_has_a_title() {
    let untitled = |hit: &Hit| hit.title.trim().is_empty();
    for number in ["0", "1", "1.1", "1.2", "A.8"] {
        assert!(!find(number).iter().any(untitled), "{number}");
    }
}

fn every_term_and_point_is_found() {
    for term in STANDARDS.terms() {
        let found = INDEX.search(&query(&term.term), Some(SearchKind::Term), 3).hits;
        assert!(found.first().is_some_and(|hit| hit.id == term.id), "{}: {found:?}", term.id);
    }
    for point in STANDARDS.guidance() {
        let found = INDEX.search(&query(&point.clause), Some(SearchKind::GuidancePoint), 100).hits;
        assert!(found.iter().any(|hit| hit.id == point.id), "{}", point.id);
    }
}

fn every_requirement_is_found_by_its_title() {
    for node in STANDARDS.requirements() {
        let found = INDEX.search(&query(&node.title), Some(SearchKind::Requirement), 100).hits;
        assert!(found.iter().any(|hit| hit.id == node.id.as_str()), "{} {}", node.id, node.title);
    }
}

fn plurals_and_singulars_are_alike() {
    for (one, other) in
        [("policy", "policies"), ("supplier", "Suppliers"), ("incident", "INCIDENTS"), ("asset", "assets")]
    {
        assert_eq!(ids(one), ids(other), "{one}");
        assert!(!ids(one).is_empty(), "{one}");
    }
}

fn typing_errors_are_forgiven() {
    for (wrong, right) in [
        ("suplier", "supplier"),
        ("incidnet", "incident"),
        ("incidnets", "incidents"),
        ("cryptografy", "cryptography"),
        ("configuraton managment", "configuration management"),
        ("releese", "release"),
    ] {
        let (found, meant) = (ids(wrong), ids(right));
        assert_eq!(found.first(), meant.first(), "{wrong}: {found:?}");
    }
    // Too far away, or too short to tell.
    assert!(ids("xqzvw").is_empty());
    assert!(ids("sxp").is_empty());
    // What is spelled right is taken at its word.
    let asset = find("asset");
    assert!(!marked(&asset[0], HighlightField::Title).is_empty());
    assert!(
        asset
            .iter()
            .all(|hit| !hit.title.to_lowercase().contains("assess") || hit.title.to_lowercase().contains("asset"))
    );
}

fn the_beginning_of_a_word_is_enough() {
    let found = find("cryptogr");
    assert!(found[0].title.to_lowercase().contains("cryptogr"), "{}", found[0].title);
}

fn more_fitting_words_come_first() {
    let found = find("supplier agreements");
    let both = |hit: &Hit| {
        let all = format!(
            "{} {}",
            hit.title,
            hit.highlights.iter().flat_map(|h| &h.parts).map(|p| p.text.as_str()).collect::<String>()
        );
        all.to_lowercase().contains("supplier") && all.to_lowercase().contains("agreement")
    };
    assert!(both(&found[0]) && both(&found[1]), "{found:#?}");
    assert_eq!(ids("capacity management").first().map(String::as_str), Some("iso27001-2013/A.12.1.3"));
    // What is called just so comes first.
    for (word, id) in [("availability", "availability"), ("risks", "risk"), ("what is an asset", "asset")] {
        assert_eq!(ids(word).first().map(String::as_str), Some(id));
    }
    // A clause comes before its items, which bear its title.
    let leadership = ids("leadership and commitment");
    assert_eq!(leadership[0], "iso27001-2013/5.1");
    // Words that say nothing find nothing more.
    assert_eq!(ids("the management of incidents"), ids("management incidents"));
}

fn a_kind_can_be_asked_for() {
    for &kind in SearchKind::ALL {
        let found = INDEX.search(&query("incident"), Some(kind), 20);
        assert!(found.total > 0 && found.hits.iter().all(|hit| hit.kind == kind), "{kind}");
    }
}

fn what_fits_is_marked() {
    let hits = find("A.16.1.7");
    assert_eq!(marked(&hits[0], HighlightField::Id), ["A.16.1.7"]);
    let hits = find("incident");
    let title = hits.iter().find(|hit| hit.title.contains("incidents")).expect("a plural");
    assert!(marked(title, HighlightField::Title).contains(&"incidents"), "{title:?}");
    for hit in &hits {
        let joined = |field| -> Option<String> {
            let highlight = hit.highlights.iter().find(|highlight| highlight.field == field)?;
            Some(highlight.parts.iter().map(|part| part.text.as_str()).collect())
        };
        assert!(joined(HighlightField::Title).is_none_or(|title| title == hit.title));
        assert!(!hit.highlights.is_empty(), "{}", hit.id);
    }
    let corrected = find("suplier");
    assert!(corrected[0].highlights.iter().flat_map(|highlight| &highlight.parts).any(|part| part.matched));
}

fn entry(id: &str, title: &str, text: String) -> Entry {
    Entry {
        kind: SearchKind::Topic,
        id: id.into(),
        number: None,
        cites: Vec::new(),
        title: title.into(),
        text,
        url: format!("/{id}"),
        weight: 1.0,
    }
}

fn a_long_text_is_cut_around_what_fits() {
    let text = format!("{}the needle lies {}", "häy ".repeat(200), "here ".repeat(200));
    let index = Index::new(vec![entry("x", "", text.trim().into())]);
    let hit = index.search(&query("needles"), None, 1).hits.remove(0);
    let parts: Vec<&str> = hit.highlights[0].parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(marked(&hit, HighlightField::Text), ["needle"]);
    assert_eq!((parts.first(), parts.last()), (Some(&"…"), Some(&"…")));
    assert!(parts.concat().chars().count() <= 242, "{parts:?}");
    assert!(parts[1].starts_with("häy ") && parts[1].ends_with("the "), "{parts:?}");
    // One word longer than what is shown.
    let index = Index::new(vec![entry("x", "", format!("{} needle", "ß".repeat(500)))]);
    let hit = index.search(&query("needle"), None, 1).hits.remove(0);
    assert_eq!(marked(&hit, HighlightField::Text), ["needle"]);
}

fn lists_are_bounded_and_counted() {
    let all = INDEX.search(&query("management"), None, 1_000);
    assert!(all.total > 20 && all.hits.len() == all.total);
    let some = INDEX.search(&query("management"), None, 3);
    assert_eq!((some.total, some.hits.len()), (all.total, 3));
    let first: Vec<&str> = all.hits.iter().take(3).map(|hit| hit.id.as_str()).collect();
    assert_eq!(some.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), first);
}

fn queries_are_bounded() {
    for text in [String::new(), "  ".into(), "?!".into(), "the of".into(), "x".repeat(201)] {
        match Query::parse(&text) {
            Err(Error::Invalid(problems)) => assert_eq!(problems[0].place, "q", "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(Query::parse(&"é".repeat(200)).is_ok());
}

fn any_text_can_be_asked() {
    // A small generator, so that a failure can be seen again.
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let letters: Vec<char> = "aAbies.0123456789 /-'’éßİ😀\u{301}\u{0}\t\"=ﬁ…ying".chars().collect();
    for _ in 0..600 {
        let text: String = (0..next(60)).map(|_| letters[next(letters.len())]).collect();
        if let Ok(query) = Query::parse(&text) {
            for hit in INDEX.search(&query, None, 5).hits {
                assert!(hit.score.is_finite());
            }
        }
    }
}

fn an_empty_index_finds_nothing() {
    let found = Index::new(Vec::new()).search(&query("incident 8.1"), None, 10);
    assert_eq!((found.total, found.hits.len()), (0, 0));
}
