//! What the search answers.

use super::{Organisation, get};
use serde_json::Value;

pub fn check(organisation: &Organisation) {
    what_is_found_can_be_fetched(organisation);
    the_best_comes_first(organisation);
}

fn what_is_found_can_be_fetched(organisation: &Organisation) {
    for kind in ["requirement", "topic", "correspondence_row", "body_link"] {
        let found = get(organisation, &format!("/api/v1/search?q=incidents&kind={kind}&limit=3"));
        let items = found["items"].as_array().expect("a list");
        assert!(!items.is_empty() && items.len() <= 3, "{found}");
        assert!(found["found"].as_u64().is_some_and(|all| all >= items.len() as u64), "{found}");
        for hit in items {
            assert_eq!(hit["kind"], kind);
            let fetched = get(organisation, hit["url"].as_str().expect("a path"));
            let id = match kind {
                "correspondence_row" => fetched["row"].to_string(),
                "body_link" => fetched["link"].to_string(),
                _ => fetched["id"].as_str().unwrap_or_default().into(),
            };
            assert_eq!(hit["id"], Value::String(id));
        }
    }
}

fn the_best_comes_first(organisation: &Organisation) {
    let first = |q: &str| get(organisation, &format!("/api/v1/search?q={q}"))["items"][0].clone();
    assert_eq!(first("6.6.2")["id"], "iso20000-1-2011/6.6.2");
    let hit = first("capasity%20managment");
    assert_eq!(hit["id"], "iso27001-2013/A.12.1.3");
    let parts = hit["highlights"][0]["parts"].as_array().expect("a list");
    let marked: Vec<&str> =
        parts.iter().filter(|part| part["matched"] == true).filter_map(|part| part["text"].as_str()).collect();
    assert_eq!(marked, ["Capacity", "management"]);
    assert_eq!(get(organisation, "/api/v1/search?q=xqzvwy")["found"], 0);
}
