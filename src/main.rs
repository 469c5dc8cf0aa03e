//! Parses the command line, runs the command, and turns its result into an exit code. No other file names exit codes.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use viewtally::cli::Cli;
use viewtally::command::{self, Status};
use viewtally::config::ConfigError;

/// The command failed, or a part of it.
const FAILED: u8 = 1;
/// The flags are invalid.
const USAGE: u8 = 2;
/// The server stopped, but could not write all events.
const UNWRITTEN: u8 = 3;
/// A second signal: 128 + SIGINT, as shells have it.
const SECOND_SIGNAL: i32 = 130;

fn main() -> ExitCode {
    let cli = Cli::from_arguments(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match command::run(cli, || std::process::exit(SECOND_SIGNAL)) {
        Ok(Status::Success) => ExitCode::SUCCESS,
        Ok(Status::Partial) => ExitCode::from(FAILED),
        Ok(Status::Unwritten(what)) => {
            report(&what);
            ExitCode::from(UNWRITTEN)
        }
        Err(error) => {
            report(&format_args!("{error:#}"));
            ExitCode::from(if error.is::<ConfigError>() {
                USAGE
            } else {
                FAILED
            })
        }
    }
}

/// Prints why a command did not succeed. That nobody reads it must not change the exit code.
fn report(what: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "viewtally: {what}");
}
