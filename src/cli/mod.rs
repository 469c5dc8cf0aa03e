//! The command line: raw flags, each also an environment variable. [`config`](crate::config) makes sense of them.

mod serve;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use serve::ServeFlags;
use serve::duration;

use crate::import::log::PathPattern;
use crate::store::StoreUrl;

const EXAMPLES: &str = "\
Each flag is also an environment variable: --flush-every is VIEWTALLY_FLUSH_EVERY.

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
#[command(version, disable_help_flag = true, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do; without a command: serve.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Where posts and counts are kept: sqlite:PATH or sqlite::memory:
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
    /// Recompute every number from the rows it is made of, and print each difference
    Check {
        /// Mend the differences, all or none
        #[arg(long)]
        repair: bool,
    },
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Markdown files and folders, with YAML, TOML or no front matter. Importing again updates; views are kept
    Posts {
        /// Files and folders.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Web servers' access logs, common or combined, gzipped or not. A log is counted once; one that has grown is
    /// continued
    Log(LogFlags),
    /// Numbers from another system: lines of key,views or key,views,viewers; the key is an id or a slug
    Counts(CountsFlags),
    /// What `export` wrote, whole, into a store that holds nothing yet
    Export {
        /// The export; - for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Flags of `import log`.
#[derive(Debug, Args)]
pub struct LogFlags {
    /// Access logs; - for standard input, which is not remembered.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Which paths are posts: {slug} is one part of the path, {*slug} the rest of it. Repeatable, the first that fits
    #[arg(long = "path", value_name = "PATTERN", default_value = "/{*slug}")]
    pub paths: Vec<PathPattern>,
    /// Make the posts that are missing
    #[arg(long)]
    pub create: bool,
    /// Count a log again that was imported before
    #[arg(long)]
    pub again: bool,
    /// Count a viewer's repeats of a post once in so long; 0 counts every view
    #[arg(
        long,
        env = "VIEWTALLY_DEDUP_WINDOW", hide_env = true,
        value_name = "TIME",
        default_value = "0",
        value_parser = duration
    )]
    pub dedup_window: Duration,
}

/// Flags of `import counts`.
#[derive(Debug, Args)]
pub struct CountsFlags {
    /// The numbers; - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Kept with each correction [default: imported from FILE]
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Flags of `export`.
#[derive(Debug, Args)]
pub struct ExportFlags {
    /// jsonl: everything, for `import export`; csv: each post's numbers
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ExportFormat,
    /// Where to; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line.
    Jsonl,
    /// A table of numbers.
    Csv,
}

/// Flags of `top`.
#[derive(Debug, Args)]
pub struct TopFlags {
    /// How far back to count: 24h, 7d, 30d, 1y or all
    #[arg(long, default_value = "all", value_name = "PERIOD", value_parser = period)]
    pub period: crate::model::Period,
    /// How many posts
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// As JSON, one object
    #[arg(long)]
    pub json: bool,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn period(text: &str) -> Result<crate::model::Period, String> {
    crate::model::Period::from_name(text)
        .ok_or_else(|| "it is one of 24h, 7d, 30d, 1y, all".to_owned())
}
