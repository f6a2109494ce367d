//! The API: routes, tokens, problem documents, the OpenAPI document. The only module that knows actix-web.

mod condition;
mod conformity;
mod content;
mod dead_letters;
mod decisions;
mod format;
mod guide;
mod history;
mod incidents;
mod indicators;
mod kept;
mod mends;
mod planning;
mod preview;
mod problem;
mod records;
mod reference;
mod reports;
mod request;
mod respond;
mod runs;
mod scopes;
mod search;
mod sources;
mod suppliers;
mod supply;
mod tables;
mod webhooks;
mod what_if;

use crate::{
    answers,
    assess::Rules,
    error::{Error, Result},
    ingest::{Inbox, Sources},
    model::Clock,
    planning::PlanningRules,
    search::Index,
    store::Store,
    tokens::Tokens,
};
use actix_web::{
    App as ActixApp, HttpResponse, HttpServer, Responder,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    get,
    http::Method,
    middleware::Next,
    web::{self, Data},
};
use std::{net::TcpListener, sync::Arc};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_actix_web::{AppExt, UtoipaApp, scope, service_config::ServiceConfig};
use utoipa_swagger_ui::SwaggerUi;

/// What every operation can reach.
#[derive(Clone)]
pub struct App {
    /// What answers are read from.
    pub store: Store,
    /// What conclusions were drawn from.
    pub rules: Arc<Rules>,
    /// Who may ask what.
    pub tokens: Arc<Tokens>,
    /// Where records come from.
    pub sources: Arc<Sources>,
    /// Where webhooks go.
    pub inbox: Inbox,
    /// The longest content of a webhook, in bytes.
    pub longest_webhook: usize,
    /// What integration plans are made by.
    pub planning: Arc<PlanningRules>,
    /// When decisions are made.
    pub clock: Clock,
    /// What the standards data says, to be searched.
    pub index: Arc<Index>,
    kept: Arc<kept::Kept>,
}

impl App {
    /// Puts the parts together, and makes what is made once.
    pub fn new(
        store: Store,
        rules: Arc<Rules>,
        sources: Arc<Sources>,
        tokens: Tokens,
        planning: PlanningRules,
        clock: Clock,
    ) -> Result<Self> {
        sources.refresh(&store, &rules)?;
        let index = Arc::new(answers::search_index(&rules.standards));
        let (tokens, planning) = (Arc::new(tokens), Arc::new(planning));
        let inbox = Inbox::open(store.clone())?;
        let longest_webhook = 1 << 20;
        Ok(Self { store, rules, tokens, sources, inbox, longest_webhook, planning, index, clock, kept: Arc::default() })
    }

    /// Runs blocking work, such as queries, away from the threads that serve connections.
    async fn ask<T: Send + 'static>(&self, question: impl FnOnce(Self) -> Result<T> + Send + 'static) -> Result<T> {
        let app = self.clone();
        web::block(move || question(app)).await.map_err(|_| Error::Unavailable("the service is stopping".into()))?
    }
}

/// The table of contents.
fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(reference::list_editions)
        .service(reference::get_edition)
        .service(reference::list_edition_requirements)
        .service(reference::get_edition_requirement)
        .service(reference::list_correspondence)
        .service(guide::list_body_links)
        .service(guide::get_body_link)
        .service(guide::get_correspondence_matrix)
        .service(reference::list_reverse_correspondence)
        .service(reference::get_correspondence_row)
        .service(reference::list_topics)
        .service(reference::get_topic)
        .service(guide::list_terms)
        .service(guide::review_terms)
        .service(guide::get_term)
        .service(guide::list_guidance)
        .service(guide::get_guidance_point)
        .service(planning::make_plan)
        .service(planning::list_plans)
        .service(planning::get_plan)
        .service(planning::decide_on_plan_item)
        .service(search::search)
        .service(records::count_records)
        .service(records::list_records)
        .service(records::get_record)
        .service(records::list_findings_on_record)
        .service(sources::list_sources)
        .service(sources::make_source)
        .service(sources::get_source)
        .service(sources::change_source)
        .service(sources::remove_source)
        .service(sources::check_source)
        .service(sources::list_set_aside)
        .service(runs::list_runs)
        .service(runs::start_run)
        .service(runs::get_run)
        .service(runs::cancel_run)
        .service(dead_letters::list_dead_letters)
        .service(dead_letters::get_dead_letter)
        .service(dead_letters::replay_dead_letter)
        .service(dead_letters::replay_dead_letters)
        .service(dead_letters::discard_dead_letter)
        .service(webhooks::receive_webhook)
        .service(indicators::list_indicators)
        .service(indicators::get_indicator)
        .service(indicators::list_findings)
        .service(preview::preview_indicator)
        .service(preview::draw_sample)
        .service(history::get_indicator_trend)
        .service(conformity::list_requirement_statuses)
        .service(conformity::explain_requirement)
        .service(conformity::get_conformity)
        .service(history::list_status_turns)
        .service(what_if::try_out)
        .service(history::get_status_trend)
        .service(conformity::list_joint_statuses)
        .service(conformity::explain_joint_status)
        .service(decisions::make_decision)
        .service(decisions::list_decisions)
        .service(decisions::get_decision)
        .service(decisions::confirm_decision)
        .service(decisions::withdraw_decision)
        .service(decisions::get_statement_of_applicability)
        .service(scopes::list_scopes)
        .service(scopes::get_scope_alignment)
        .service(scopes::get_scope_closure)
        .service(scopes::define_scope)
        .service(mends::list_requirement_mends)
        .service(mends::list_mends)
        .service(mends::list_coverage)
        .service(incidents::list_classified_incidents)
        .service(incidents::get_incident_overlap)
        .service(incidents::get_incident_class)
        .service(incidents::decide_on_incident_class)
        .service(reports::get_asset_reconciliation)
        .service(reports::list_reconciled_assets)
        .service(reports::review_change)
        .service(reports::get_risk_register)
        .service(reports::get_service_report)
        .service(reports::get_service_report_page)
        .service(suppliers::list_supplier_risks)
        .service(supply::get_supplier_portfolio)
        .service(supply::get_supplier_portfolio_report)
        .service(supply::list_supplier_gaps)
        .service(supply::list_operated_processes)
        .service(supply::list_supplier_dependencies)
        .service(supply::get_supplier_concentration)
        .service(supply::list_accepted_levels)
        .service(supply::list_customer_suppliers)
        .service(supply::get_customer_report)
        .service(supply::get_supplier_report)
        .service(supply::try_supplier_change)
        .service(suppliers::get_supplier_model)
        .service(suppliers::list_supplier_events)
        .service(suppliers::decide_on_supplier_event)
        .service(suppliers::get_supplier_risk)
        .service(suppliers::list_supplier_contributions)
        .service(suppliers::list_supplier_history)
        .service(tables::list_tables)
        .service(tables::read_table);
}

#[derive(OpenApi)]
#[openapi(
    tags(
        (name = "reference", description = "The standards: editions, requirements, correspondence, topics, search"),
        (name = "records", description = "The shared store"),
        (name = "sources", description = "Where records come from"),
        (name = "indicators", description = "What is expected of records, and how they do"),
        (name = "conformity", description = "The status of requirements, of each standard and of both"),
        (name = "decisions", description = "What people decide, and what statuses then rest on"),
        (name = "scopes", description = "What each management system covers"),
        (name = "planning", description = "Integration plans"),
        (name = "reports", description = "Incidents under both standards, assets, changes, risks, services"),
        (name = "suppliers", description = "Supplier risk"),
        (name = "tables", description = "Flat tables for dashboards"),
        (name = "service", description = "The service itself"),
    ),
    components(schemas(problem::ProblemDocument, problem::BrokenRule)),
    modifiers(&TokenScheme)
)]
struct Document;

struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A token with the permission the operation names; `concord token issue` makes one"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Health
///
/// Answers as soon as the service does.
#[utoipa::path(tag = "service", responses((status = 200, description = "The service runs", content_type = "text/plain", body = String)), security(()))]
#[get("/health")]
async fn get_health() -> impl Responder {
    "ok\n"
}

/// Readiness
///
/// Answers 200 if the database does, 503 otherwise.
#[utoipa::path(tag = "service", responses((status = 200, description = "The database answers", content_type = "text/plain", body = String),
    (status = 503, description = "The database does not answer")), security(()))]
#[get("/health/ready")]
async fn get_readiness(app: Data<App>) -> Result<impl Responder> {
    app.ask(|app| app.store.read(|reader| reader.ledger())).await?;
    Ok("ready\n")
}

fn services<T>(app: ActixApp<T>) -> UtoipaApp<T>
where
    T: ServiceFactory<ServiceRequest, Config = (), Error = actix_web::Error, InitError = ()>,
{
    app.into_utoipa_app()
        .openapi(Document::openapi())
        .service(get_health)
        .service(get_readiness)
        .service(scope("/api/v1").configure(routes))
}

/// Says of the document what no macro can.
fn describe(document: &mut utoipa::openapi::OpenApi) {
    format::describe(document);
    tables::describe(document);
}

/// The OpenAPI 3.1 document, as the service publishes it.
pub fn openapi() -> Result<String> {
    let (_, mut document) = services(ActixApp::new()).split_for_parts();
    describe(&mut document);
    let text = document.to_pretty_json().map_err(|error| Error::Internal(error.to_string()))?;
    Ok(text + "\n")
}

/// The whole application, for a server or a test. `/docs` is the documentation page, which needs nothing from outside.
pub fn application(
    app: App,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let (actix, mut document) = services(ActixApp::new().app_data(Data::new(app))).split_for_parts();
    describe(&mut document);
    actix
        .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", document))
        .service(web::redirect("/docs", "/docs/"))
        .default_service(web::to(unknown_path))
        .wrap(actix_web::middleware::Compress::default())
        .wrap(actix_web::middleware::from_fn(kept::send_kept))
        .wrap(actix_web::middleware::from_fn(answer_head))
}

/// Answers HEAD as GET; what follows the headers is not sent.
async fn answer_head<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<B>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

async fn unknown_path() -> Result<HttpResponse> {
    Err(Error::NotFound("there is nothing at this path for this method; /docs/ lists what there is".into()))
}

/// Serves on a socket that is already bound until SIGINT or SIGTERM, which let running requests end. `workers` are the
/// threads that answer; 0 takes one per core. `ready` is called once connections are accepted.
pub fn serve(app: App, listener: TcpListener, workers: usize, ready: impl FnOnce()) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let mut server = HttpServer::new(move || application(app.clone())).shutdown_timeout(10);
        if workers > 0 {
            server = server.workers(workers);
        }
        let server = server.listen(listener)?.run();
        ready();
        server.await
    })
}
