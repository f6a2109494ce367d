//! The commands.

mod check;
mod connectors;
mod demo;
mod serve;
mod setup;
mod summary;
mod sync;
mod token;

pub use setup::{open_source, planning, rules, sources};

use crate::{
    config::Settings,
    error::{Error, Result},
};
use clap::{Args, Parser, Subcommand};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

/// Tells whether an organisation conforms to ISO/IEC 27001 and ISO/IEC 20000-1 at once, where not, which records show
/// it, and which suppliers put it at risk.
#[derive(Parser)]
#[command(name = "concord", version, about, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Start with `concord demo`: a sample organisation, judged and served. With your own data: write a configuration file \
with a source (`concord config` prints every key with its default), then `concord check`, `concord sync SOURCE`, \
`concord token issue`, `concord serve`.";

#[derive(Args)]
struct Global {
    /// The configuration file (TOML); defaults and CONCORD_SECTION__KEY variables apply without one
    #[arg(long, global = true, env = "CONCORD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Load the sample organisation into a database of its own, summarise it, and serve it
    Demo(demo::Demo),
    /// Serve the API
    Serve,
    /// Read a source to its end and draw conclusions
    Sync(sync::Sync),
    /// Tokens for the API
    Token(token::Token),
    /// Validate configuration, connectors, indicators and standards data; with a source's name, ask that source too
    Check(check::Check),
    /// List the connectors there are
    Connectors,
    /// Check a connector of your own, or begin one
    Connector(connectors::Connector),
    /// Bring the database's tables up to this version (`serve` and `sync` do so too)
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Print every configuration key with its default
    Config,
}

/// Runs the command the program was started with.
pub fn run() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    match execute(&global, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Invalid(problems)) => {
            for problem in problems {
                eprintln!("error: {problem}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(global: &Global, command: Command) -> Result<()> {
    match command {
        Command::Openapi => return serve::print_openapi(),
        Command::Config => {
            print!("{}", crate::config::DEFAULTS);
            return Ok(());
        }
        Command::Check(check) => return check.run(global.config.as_deref()),
        _ => {}
    }
    let settings = Settings::load(global.config.as_deref())?;
    log_to_stderr(&settings.log.level)?;
    match command {
        Command::Demo(demo) => demo.run(settings),
        Command::Serve => serve::run(&settings),
        Command::Sync(sync) => sync.run(&settings),
        Command::Token(token) => token.run(&settings),
        Command::Migrate => setup::open_store(&settings).map(drop),
        Command::Connectors => connectors::list(&settings),
        Command::Connector(connector) => connector.run(&settings),
        Command::Check(_) | Command::Openapi | Command::Config => Ok(()),
    }
}

fn log_to_stderr(level: &str) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .map_err(|error| Error::invalid("log.level", format!("`{level}` is not a filter: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
