//! Licensed texts: given to those who may see them, and to nobody else.

use super::{Organisation, ask, ask_with, document};
use concord::tokens::Permission;

const PATH: &str = "/api/v1/editions/iso27001-2013/requirements/A.8.1.1";
const TEXT: &str = "A longer text goes between three quotes";

pub fn check(organisation: &Organisation) {
    a_text_is_given_by_name_only(organisation);
    an_answer_with_a_text_is_kept_nowhere(organisation);
    no_other_operation_gives_texts(organisation);
}

fn a_text_is_given_by_name_only(organisation: &Organisation) {
    let text = |path: &str, permissions: &[Permission]| {
        let answer = ask_with(&organisation.app, path, &organisation.token(permissions)).json();
        answer.get("text").map(|text| text.as_str().expect("a text").to_owned())
    };
    let licensed = [Permission::ReferenceRead, Permission::StandardsText];
    assert!(text(PATH, &licensed).is_some_and(|text| text.starts_with(TEXT)));
    for others in [&[Permission::ReferenceRead][..], &[Permission::Admin, Permission::IncidentsRestricted]] {
        assert_eq!(text(PATH, others), None, "{others:?}");
    }
    // Absent, not null, where there is no text.
    assert_eq!(text("/api/v1/editions/iso27001-2013/requirements/A.8.1", &licensed), None);
    assert!(text("/api/v1/editions/iso20000-1-2011/requirements/8.1", &licensed).is_some());
    // The permission alone reads nothing.
    let token = organisation.token(&[Permission::StandardsText]);
    assert_eq!(ask_with(&organisation.app, PATH, &token).status, 403);
}

fn an_answer_with_a_text_is_kept_nowhere(organisation: &Organisation) {
    let with = organisation.token(&[Permission::ReferenceRead, Permission::StandardsText]);
    let without = organisation.token(&[Permission::ReferenceRead]);
    let (licensed, plain) = (ask_with(&organisation.app, PATH, &with), ask_with(&organisation.app, PATH, &without));
    assert_ne!(licensed.header("etag"), plain.header("etag"));
    assert_eq!(licensed.header("cache-control"), "private, no-store");
    assert!(licensed.header("vary").contains("Authorization"));
    // The time of the data says nothing about who may see the text: whoever comes to may, gets it.
    assert_eq!(licensed.header("last-modified"), "");
    let bearer = format!("Bearer {with}");
    let headers = [("Authorization", bearer.as_str()), ("If-Modified-Since", plain.header("last-modified"))];
    assert_eq!(ask(&organisation.app, PATH, &headers).status, 200);
}

fn no_other_operation_gives_texts(organisation: &Organisation) {
    let token = organisation.token(Permission::ALL);
    for operation in document::operations(organisation).into_iter().filter(|operation| operation.method == "get") {
        let answer = ask_with(&organisation.app, &operation.path, &token);
        assert!(!answer.text.contains("licensed text"), "{}", operation.path);
    }
    let found = ask_with(&organisation.app, "/api/v1/search?q=longer%20text%20quotes&limit=100", &token);
    assert!(!found.text.contains(TEXT));
}
