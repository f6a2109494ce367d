//! Cases of `concord::api`, over the sample organisation: what it answers, and whom it refuses.

mod answers;
mod decisions;
mod document;
mod formats;
mod guide;
mod overlay;
mod refusals;
mod reports;
mod search;
mod sources;
mod supplier_pages;
mod suppliers;
mod tables;
mod webhooks;

use crate::harness::{Organisation, TestDatabase, store_cases};
use actix_web::{
    http::header::HeaderMap,
    test::{TestRequest, call_service, init_service, read_body},
};
use concord::{
    api::{App, application},
    tokens::Permission,
};
use serde_json::Value;

/// The cases of this folder.
pub fn trials() -> Vec<libtest_mimic::Trial> {
    [organisation::trials(), sources::trials(), supplier_pages::trials(), webhooks::trials()]
        .into_iter()
        .flatten()
        .collect()
}

mod organisation {
    //! The cases of this file.
    use super::*;

    store_cases![
        the_sample_organisation,
        every_database_gives_the_same_answers,
        a_restricted_incident_changes_no_answer,
        many_rows_leave_in_small_pieces;
        plain: the_committed_document_is_current
    ];
}

/// Everything is asked of one organisation, as reading it takes seconds.
fn the_sample_organisation(database: &TestDatabase) {
    let organisation = Organisation::read(database);
    answers::check(&organisation);
    refusals::check(&organisation);
    formats::check(&organisation);
    overlay::check(&organisation);
    search::check(&organisation);
    suppliers::check(&organisation);
    supplier_pages::check(&organisation);
    tables::check(&organisation);
    document::every_operation_wants_its_permissions(&organisation);
    document::guidance_names_operations_that_exist(&organisation);
    guide::check(&organisation);
    decisions::check(&organisation);
    reports::check(&organisation);
}

use document::{
    a_restricted_incident_changes_no_answer, every_database_gives_the_same_answers, the_committed_document_is_current,
};

use tables::many_rows_leave_in_small_pieces;

/// An answer of the API.
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// The body, as far as it is text.
    text: String,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// Sends a request to the whole application.
fn send(app: &App, request: TestRequest) -> Answer {
    actix_web::rt::System::new().block_on(async {
        let service = init_service(application(app.clone())).await;
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = read_body(response).await.to_vec();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    })
}

/// Asks for a path, with these headers.
fn ask(app: &App, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, headers.iter().fold(TestRequest::get().uri(path), |request, header| request.insert_header(*header)))
}

fn ask_with(app: &App, path: &str, token: &str) -> Answer {
    ask(app, path, &[("Authorization", &format!("Bearer {token}"))])
}

/// The answer to one who may read everything.
fn get(organisation: &Organisation, path: &str) -> Value {
    let permissions = [Permission::Admin, Permission::IncidentsRestricted];
    let answer = ask_with(&organisation.app, path, &organisation.token(&permissions));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}
