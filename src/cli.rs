//! The command line: raw flags, each also an environment variable. [`config`](crate::config) makes sense of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::counter::OverflowRule;
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
    /// Numbers from another system: CSV of key,views[,viewers], the key an id or a slug
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

/// Flags of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeFlags {
    /// Address and port to serve on; port 0 takes a free one
    #[arg(
        long,
        env = "VIEWTALLY_LISTEN",
        hide_env = true,
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8080",
        help_heading = "Serving"
    )]
    pub listen: SocketAddr,
    /// Import Markdown posts from this file or folder at start
    #[arg(
        long,
        env = "VIEWTALLY_IMPORT",
        hide_env = true,
        value_name = "PATH",
        help_heading = "Serving"
    )]
    pub import: Option<PathBuf>,
    /// Secret that writing needs; without one, only direct clients on this machine may write
    #[arg(
        long,
        env = "VIEWTALLY_TOKEN",
        hide_env = true,
        value_name = "TOKEN",
        conflicts_with = "token_file",
        help_heading = "Serving"
    )]
    pub token: Option<String>,
    /// File that holds the secret
    #[arg(
        long,
        env = "VIEWTALLY_TOKEN_FILE",
        hide_env = true,
        value_name = "FILE",
        help_heading = "Serving"
    )]
    pub token_file: Option<PathBuf>,
    /// Site whose pages may read and send beacons; * for all
    #[arg(
        long,
        env = "VIEWTALLY_CORS_ORIGIN",
        hide_env = true,
        value_name = "ORIGIN",
        default_value = "*",
        help_heading = "Serving"
    )]
    pub cors_origin: String,

    /// Connections served at once; more wait
    #[arg(
        long,
        env = "VIEWTALLY_MAX_CONNECTIONS",
        hide_env = true,
        value_name = "N",
        default_value_t = 1024,
        help_heading = "Limits"
    )]
    pub max_connections: usize,
    /// Close a connection that is silent for so long
    #[arg(long, env = "VIEWTALLY_IDLE_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub idle_timeout: Duration,
    /// Give up on a request body or a response that takes longer
    #[arg(long, env = "VIEWTALLY_REQUEST_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "10s", value_parser = duration, help_heading = "Limits")]
    pub request_timeout: Duration,
    /// Largest request body
    #[arg(
        long,
        env = "VIEWTALLY_MAX_BODY",
        hide_env = true,
        value_name = "SIZE",
        default_value = "1MiB",
        help_heading = "Limits"
    )]
    pub max_body: ByteSize,

    /// Views the channel to the counters holds
    #[arg(
        long,
        env = "VIEWTALLY_QUEUE_CAPACITY",
        hide_env = true,
        value_name = "N",
        default_value_t = 65536,
        help_heading = "Counting"
    )]
    pub queue_capacity: usize,
    /// Counter threads that always run
    #[arg(
        long,
        env = "VIEWTALLY_COUNTERS",
        hide_env = true,
        value_name = "N",
        default_value_t = 1,
        help_heading = "Counting"
    )]
    pub counters: usize,
    /// Counter threads at most
    #[arg(
        long,
        env = "VIEWTALLY_MAX_COUNTERS",
        hide_env = true,
        value_name = "N",
        default_value_t = 4,
        help_heading = "Counting"
    )]
    pub max_counters: usize,
    /// Commit a batch so long after its first view
    #[arg(long, env = "VIEWTALLY_FLUSH_EVERY", hide_env = true, value_name = "TIME", default_value = "100ms", value_parser = duration, help_heading = "Counting")]
    pub flush_every: Duration,
    /// Commit a batch at so many entries
    #[arg(
        long,
        env = "VIEWTALLY_BATCH_MAX",
        hide_env = true,
        value_name = "N",
        default_value_t = 10_000,
        help_heading = "Counting"
    )]
    pub batch_max: usize,
    /// What to do with a view when the channel is full
    #[arg(
        long,
        env = "VIEWTALLY_OVERFLOW",
        hide_env = true,
        value_name = "RULE",
        default_value = "coalesce",
        help_heading = "Counting"
    )]
    pub overflow: OverflowRule,
    /// How long the rule "wait" holds a connection whose reader has been served
    #[arg(long, env = "VIEWTALLY_OVERFLOW_WAIT", hide_env = true, value_name = "TIME", default_value = "3s", value_parser = duration, help_heading = "Counting")]
    pub overflow_wait: Duration,
    /// Start one more counter when the channel has stayed full for so long
    #[arg(long, env = "VIEWTALLY_SCALE_AFTER", hide_env = true, value_name = "TIME", default_value = "3s", value_parser = duration, help_heading = "Counting")]
    pub scale_after: Duration,
    /// Retire it when the channel has not been full for so long
    #[arg(long, env = "VIEWTALLY_RETIRE_AFTER", hide_env = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Counting")]
    pub retire_after: Duration,

    /// Count a viewer's repeats of a post once in so long; 0 counts every view
    #[arg(
        long,
        env = "VIEWTALLY_DEDUP_WINDOW", hide_env = true,
        value_name = "TIME",
        default_value = "0",
        value_parser = duration,
        help_heading = "Viewers"
    )]
    pub dedup_window: Duration,

    /// How long a stop may take to write what is pending; the rest is spilled to a file
    #[arg(long, env = "VIEWTALLY_DRAIN_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "25s", value_parser = duration, help_heading = "Running")]
    pub drain_timeout: Duration,
    /// What to log: error, warn, info, debug, trace, or a tracing filter
    #[arg(
        long,
        env = "VIEWTALLY_LOG",
        hide_env = true,
        value_name = "LEVEL",
        default_value = "info",
        help_heading = "Running"
    )]
    pub log: String,
    /// How to write log lines
    #[arg(
        long,
        env = "VIEWTALLY_LOG_FORMAT",
        hide_env = true,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Running"
    )]
    pub log_format: LogFormat,
}

fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 100ms, 30s or 5m"))
}

fn period(text: &str) -> Result<crate::model::Period, String> {
    crate::model::Period::from_name(text)
        .ok_or_else(|| "it is one of 24h, 7d, 30d, 1y, all".to_owned())
}
