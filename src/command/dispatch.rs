//! Runs the command that the command line names.

use super::status::Status;
use super::{
    backup, check, export, import_counts, import_export, import_log, import_numbers, import_posts,
    logging, manual, serve, set_aside, top,
};
use crate::cli::{Cli, Command, ImportCommand, ServeFlags};
use crate::config::Config;
use crate::import::numbers::NumbersFrom;
use crate::store::StoreUrl;

/// Runs the command that the command line names. `exit_at_once` ends the process on a server's second signal.
///
/// # Errors
/// What kept the command from being done, worded for its user.
pub fn run(cli: Cli, exit_at_once: fn() -> !) -> anyhow::Result<Status> {
    match cli.command {
        None => serve(*cli.serve, cli.store, exit_at_once),
        Some(Command::Serve(flags)) => serve(*flags, cli.store, exit_at_once),
        Some(Command::Import { what }) => import(what, &cli.store, &cli.serve),
        Some(Command::Export(flags)) => export::run(&cli.store, &flags),
        Some(Command::Check { repair }) => check::run(&cli.store, repair),
        Some(Command::Top(flags)) => top::run(&cli.store, &flags),
        Some(Command::Backup(flags)) => backup::run(&cli.store, &flags.file),
        Some(Command::SetAside(flags)) => set_aside::run(&cli.store, &flags),
        Some(Command::Completions { shell }) => manual::completions(shell),
        Some(Command::Manual) => manual::manual(),
    }
}

fn serve(flags: ServeFlags, store: StoreUrl, exit_at_once: fn() -> !) -> anyhow::Result<Status> {
    logging::start(&flags.log, flags.log_format)?;
    serve::run(&Config::new(flags, store)?, exit_at_once)
}

fn import(what: ImportCommand, store: &StoreUrl, flags: &ServeFlags) -> anyhow::Result<Status> {
    match what {
        ImportCommand::Posts { paths } => import_posts::run(store, &paths, flags.max_body.as_u64()),
        ImportCommand::Log(flags) => import_log::run(store, flags),
        ImportCommand::Counts(flags) => import_counts::run(store, &flags),
        ImportCommand::Leancloud(flags) => {
            import_numbers::run(store, NumbersFrom::LeanCloud, flags)
        }
        ImportCommand::Goatcounter(flags) => {
            import_numbers::run(store, NumbersFrom::GoatCounter, flags)
        }
        ImportCommand::Waline(flags) => import_numbers::run(store, NumbersFrom::Waline, flags),
        ImportCommand::Plausible(flags) => {
            import_numbers::run(store, NumbersFrom::Plausible, flags)
        }
        ImportCommand::Wordpress(flags) => {
            import_numbers::run(store, NumbersFrom::WordPress, flags)
        }
        ImportCommand::Export { file } => import_export::run(store, &file),
    }
}
