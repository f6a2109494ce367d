//! `concord serve`: serves the API until it is told to stop.

use super::setup;
use crate::{
    api::{self, App},
    assess::Rules,
    config::Settings,
    connectors::Hook,
    error::{Error, Result},
    evaluate,
    model::Clock,
    schedule::{Parts, Schedule},
    store::Store,
    tokens::Tokens,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

/// Runs the command.
pub fn run(settings: &Settings) -> Result<()> {
    let rules = Arc::new(setup::rules(settings)?);
    let store = setup::open_store(settings)?;
    // Rules may have changed and time has passed since the last run of a source.
    evaluate::start(&store, &rules, Clock::system().now())?;
    let tokens = Tokens::open(&settings.auth)?;
    serve(store, rules, tokens, Clock::system(), settings, |address| {
        tracing::info!("the API is at http://{address}/api/v1, its documentation at http://{address}/docs/");
    })
}

/// Serves until SIGINT or SIGTERM; `ready` is told the address once connections are accepted.
pub fn serve(
    store: Store,
    rules: Arc<Rules>,
    tokens: Tokens,
    clock: Clock,
    settings: &Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let address = &settings.server.address;
    let listener = TcpListener::bind(address).map_err(|error| {
        Error::Unavailable(format!("server.address {address} cannot be listened on ({error}); choose another"))
    })?;
    let bound = listener.local_addr().map_err(|error| Error::Unavailable(error.to_string()))?;
    let planning = setup::planning(&rules.standards)?;
    let sources = Arc::new(setup::sources(settings)?);
    let mut app = App::new(store.clone(), rules.clone(), sources.clone(), tokens, planning, clock)?;
    for (name, known) in sources.all().iter().filter(|(_, known)| known.settings.enabled) {
        if let Some(Err(rule)) = known.source.as_ref().ok().and_then(|source| source.hook()).map(Hook::look) {
            tracing::warn!("sources.{name}.webhook_secret: {rule}; what is sent cannot be verified");
        }
    }
    app.longest_webhook = settings.webhooks.longest;
    let arrived = app.inbox.arrived();
    let parts = Parts { store, rules, sources, clock, settings: settings.schedule.clone(), arrived };
    let schedule = settings.schedule.enabled.then(|| Schedule::start(parts)).transpose()?;
    let served = api::serve(app, listener, settings.server.workers, || ready(bound));
    if let Some(schedule) = schedule {
        schedule.stop();
    }
    served.map_err(|error| Error::Unavailable(format!("the service ended: {error}")))
}

/// Prints the OpenAPI document.
pub fn print_openapi() -> Result<()> {
    print!("{}", api::openapi()?);
    Ok(())
}
