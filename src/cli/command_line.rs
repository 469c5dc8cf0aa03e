//! The commands, and the flags that all of them take.

use clap::{Parser, Subcommand};

use super::backup::BackupFlags;
use super::export::ExportFlags;
use super::import::ImportCommand;
use super::serve::ServeFlags;
use super::set_aside::SetAsideFlags;
use super::top::TopFlags;
use super::version;
use crate::store::StoreUrl;

const EXAMPLES: &str = "\
Each flag is also an environment variable: --flush-every is VIEWTALLY_FLUSH_EVERY.
Flags of serve stand before or after its name, each once.

Examples:
  viewtally --import posts/                     serve the Markdown files below posts/
  viewtally import posts blog/content           import them without serving
  viewtally import log access.log --path '/blog/{slug}'
                                                count what a web server's log says
  viewtally top --period 7d                     what was read most this week
  curl localhost:8080/posts/hello               read a post: one view
  curl localhost:8080/posts/hello/views         its numbers";

/// Serves posts and counts their views without ever making a reader wait for the counting.
#[derive(Debug, Parser)]
#[command(version, long_version = version::LONG.as_str(), disable_help_flag = true, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do; without a command: serve.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Where posts and counts are kept: sqlite:PATH, sqlite::memory: or postgres://HOST/DATABASE
    #[arg(
        long,
        global = true,
        env = "VIEWTALLY_STORE",
        hide_env = true,
        value_name = "URL",
        default_value = "sqlite:data/viewtally.db"
    )]
    pub store: StoreUrl,

    /// Print help
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: Option<bool>,

    /// Flags of `serve`, for when no command is given.
    #[command(flatten)]
    pub serve: Box<ServeFlags>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve posts and count their views (the default)
    Serve(Box<ServeFlags>),
    /// Bring in posts, access logs, numbers, or an export
    Import {
        /// What to import.
        #[command(subcommand)]
        what: ImportCommand,
    },
    /// Write everything out, to be kept, read by others, or imported again
    Export(ExportFlags),
    /// Show the posts with the most views
    Top(TopFlags),
    /// Copy the store to a file, consistently, while the server runs
    Backup(BackupFlags),
    /// Recompute every number from the rows it is made of, and print each difference
    Check {
        /// Mend the differences, all or none
        #[arg(long)]
        repair: bool,
    },
    /// List the messages of a queue that could not be counted, count them now, or drop them
    SetAside(SetAsideFlags),
    /// Write completions for a shell: source <(viewtally completions bash)
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the man page: viewtally manual | man -l -
    Manual,
}
