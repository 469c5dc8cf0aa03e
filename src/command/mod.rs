//! The commands a user types.

mod check;
mod export;
mod import_counts;
mod import_export;
mod import_log;
mod import_posts;
mod patience;
mod serve;
mod top;

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, ImportCommand, LogFormat};
use crate::config::{Config, ConfigError};
use crate::shutdown::Unwritten;

/// How a command ended that did not fail.
#[derive(Debug)]
pub enum Done {
    /// As asked.
    Well,
    /// Some of it; what failed was reported as it happened.
    Partly,
    /// The server stopped with events it could not write.
    Unwritten(Unwritten),
}

/// Runs what the command line asks for.
///
/// # Errors
/// What kept the command from being done, told to its user.
pub fn run(cli: Cli) -> anyhow::Result<Done> {
    match cli.command {
        None => serve(*cli.serve, cli.store),
        Some(Command::Serve(flags)) => serve(*flags, cli.store),
        Some(Command::Import { what }) => import(what, &cli.store, &cli.serve),
        Some(Command::Export(flags)) => export::run(&cli.store, &flags),
        Some(Command::Check { repair }) => check::run(&cli.store, repair),
        Some(Command::Top(flags)) => top::run(&cli.store, &flags),
    }
}

fn import(
    what: ImportCommand,
    store: &crate::store::StoreUrl,
    flags: &crate::cli::ServeFlags,
) -> anyhow::Result<Done> {
    match what {
        ImportCommand::Posts { paths } => import_posts::run(store, &paths, flags.max_body.as_u64()),
        ImportCommand::Log(flags) => import_log::run(store, flags),
        ImportCommand::Counts(flags) => import_counts::run(store, &flags),
        ImportCommand::Export { file } => import_export::run(store, &file),
    }
}

fn serve(flags: crate::cli::ServeFlags, store: crate::store::StoreUrl) -> anyhow::Result<Done> {
    start_logging(&flags.log, flags.log_format)?;
    serve::run(&Config::new(flags, store)?)
}

fn start_logging(level: &str, format: LogFormat) -> Result<(), ConfigError> {
    // A lone word that is no level would pass for the name of a module, and nothing would be logged.
    let lone_word = level.chars().all(|c| c.is_ascii_alphanumeric());
    if lone_word
        && level
            .parse::<tracing::level_filters::LevelFilter>()
            .is_err()
    {
        let why = format!("--log {level:?} is no level; try error, warn, info, debug or trace");
        return Err(ConfigError::new(why));
    }
    let filter = EnvFilter::try_new(level).map_err(|error| {
        ConfigError::new(format!(
            "--log {level:?} is no level: {error}; try info or debug"
        ))
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // It is set once; a test that runs two servers in one process keeps the first one's.
    let _ = match format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}
