//! The flags of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::values::{compat, duration, listen_address, network, on_off, site};
use crate::counter::OverflowPolicy;
use crate::model::{CompatSystems, Site};
use crate::pages::Access;
use crate::store::Durability;

/// Flags of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeFlags {
    /// Address and port to serve on, or a port alone for 127.0.0.1; port 0 takes a free one
    #[arg(
        long,
        env = "VIEWTALLY_LISTEN",
        hide_env = true,
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8080",
        value_parser = listen_address,
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
    /// Sites whose pages are posts: the first view of a page makes its post
    #[arg(
        long,
        env = "VIEWTALLY_SITE",
        hide_env = true,
        value_name = "URL,…",
        value_delimiter = ',',
        value_parser = site,
        help_heading = "Serving"
    )]
    pub site: Vec<Site>,
    /// Posts that first views may make a day; views of more pages are in the ledger, as dropped
    #[arg(
        long,
        env = "VIEWTALLY_MAX_NEW_POSTS",
        hide_env = true,
        value_name = "N",
        default_value_t = 1000,
        help_heading = "Serving"
    )]
    pub max_new_posts: u64,
    /// Other counters whose pages go on here: all, or some of busuanzi, vercount, waline, leancloud, goatcounter
    #[arg(
        long,
        env = "VIEWTALLY_COMPAT",
        hide_env = true,
        value_name = "NAME,…",
        value_parser = compat,
        help_heading = "Serving"
    )]
    pub compat: Option<CompatSystems>,
    /// Secret that writing and viewer data need [default: a random one, made at the first start in the
    /// file "token" beside the database]
    #[arg(
        long,
        env = "VIEWTALLY_TOKEN",
        hide_env = true,
        value_name = "TOKEN",
        conflicts_with = "token_file",
        help_heading = "Serving"
    )]
    pub token: Option<String>,
    /// File that holds this secret
    #[arg(
        long,
        env = "VIEWTALLY_TOKEN_FILE",
        hide_env = true,
        value_name = "FILE",
        help_heading = "Serving"
    )]
    pub token_file: Option<PathBuf>,
    /// Who may see the pages with numbers: everybody, or who has the token
    #[arg(
        long,
        env = "VIEWTALLY_DASHBOARD",
        hide_env = true,
        value_name = "WHO",
        default_value = "public",
        help_heading = "Serving"
    )]
    pub dashboard: Access,
    /// Time zone whose days the pages show [default: the system's]
    #[arg(
        long,
        env = "VIEWTALLY_TZ",
        hide_env = true,
        value_name = "ZONE",
        help_heading = "Serving"
    )]
    pub tz: Option<String>,
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
    /// Connections of one address served at once [default: no limit of its own]
    #[arg(
        long,
        env = "VIEWTALLY_MAX_CONNECTIONS_PER_ADDRESS",
        hide_env = true,
        value_name = "N",
        help_heading = "Limits"
    )]
    pub max_connections_per_address: Option<usize>,
    /// Close a connection after so long without a request
    #[arg(long, env = "VIEWTALLY_IDLE_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub idle_timeout: Duration,
    /// Longest time for each part of a request: its head, its body, its response
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
    /// Commit a batch so long after its first view [default: 100ms; SQS: 1s]
    #[arg(long, env = "VIEWTALLY_FLUSH_EVERY", hide_env = true, value_name = "TIME", value_parser = duration, help_heading = "Counting")]
    pub flush_every: Option<Duration>,
    /// Commit a batch at so many entries [default: 10000; SQS: 100000]
    #[arg(
        long,
        env = "VIEWTALLY_BATCH_MAX",
        hide_env = true,
        value_name = "N",
        help_heading = "Counting"
    )]
    pub batch_max: Option<usize>,
    /// What to do with a view when the channel is full
    #[arg(
        long,
        env = "VIEWTALLY_OVERFLOW",
        hide_env = true,
        value_name = "RULE",
        default_value = "coalesce",
        help_heading = "Counting"
    )]
    pub overflow: OverflowPolicy,
    /// How long the rule "wait" holds a connection whose reader has been served
    #[arg(long, env = "VIEWTALLY_OVERFLOW_WAIT", hide_env = true, value_name = "TIME", default_value = "3s", value_parser = duration, help_heading = "Counting")]
    pub overflow_wait: Duration,
    /// Start one more counter when the channel has stayed full for so long
    #[arg(long, env = "VIEWTALLY_SCALE_AFTER", hide_env = true, value_name = "TIME", default_value = "3s", value_parser = duration, help_heading = "Counting")]
    pub scale_after: Duration,
    /// Retire it when the channel has not been full for so long
    #[arg(long, env = "VIEWTALLY_RETIRE_AFTER", hide_env = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Counting")]
    pub retire_after: Duration,

    /// Tell viewers apart (on), or count views only (off)
    #[arg(
        long,
        env = "VIEWTALLY_VIEWERS", hide_env = true,
        value_name = "ON|OFF",
        default_value = "on",
        value_parser = on_off,
        action = clap::ArgAction::Set,
        help_heading = "Viewers"
    )]
    pub viewers: bool,
    /// Forget who saw what so long after it was last seen; numbers stay
    #[arg(
        long,
        env = "VIEWTALLY_KEEP_VIEWINGS", hide_env = true,
        value_name = "TIME",
        default_value = "90d",
        value_parser = duration,
        help_heading = "Viewers"
    )]
    pub keep_viewings: Duration,
    /// Proxies whose X-Forwarded-For and Forwarded are believed
    #[arg(
        long,
        env = "VIEWTALLY_TRUST_PROXY", hide_env = true,
        value_name = "CIDR,…",
        value_delimiter = ',',
        value_parser = network,
        help_heading = "Viewers"
    )]
    pub trust_proxy: Vec<IpNet>,
    /// Clients whose views are not counted, such as your own
    #[arg(
        long,
        env = "VIEWTALLY_EXCLUDE", hide_env = true,
        value_name = "CIDR,…",
        value_delimiter = ',',
        value_parser = network,
        help_heading = "Viewers"
    )]
    pub exclude: Vec<IpNet>,
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

    /// Keep each view in a file until it is counted, so that nothing a reader has seen is lost when the process dies
    #[arg(
        long,
        env = "VIEWTALLY_JOURNAL", hide_env = true,
        value_name = "ON|OFF",
        default_value = "on",
        value_parser = on_off,
        action = clap::ArgAction::Set,
        help_heading = "Counting"
    )]
    pub journal: bool,
    /// The journal's size at most
    #[arg(
        long,
        env = "VIEWTALLY_JOURNAL_MAX",
        hide_env = true,
        value_name = "SIZE",
        default_value = "256MiB",
        help_heading = "Counting"
    )]
    pub journal_max: ByteSize,
    /// What numbers survive: the end of the process, or a loss of power, too
    #[arg(
        long,
        env = "VIEWTALLY_DURABILITY",
        hide_env = true,
        value_name = "WHAT",
        default_value = "process",
        help_heading = "Counting"
    )]
    pub durability: Durability,

    /// Put views on a queue outside this machine, for nodes to count: kafka://HOST:PORT,…/TOPIC,
    /// redis://HOST:PORT or sqs://REGION/QUEUE
    #[arg(
        long,
        env = "VIEWTALLY_QUEUE",
        hide_env = true,
        value_name = "URL",
        help_heading = "Several machines"
    )]
    pub queue: Option<String>,
    /// What this node does: serve and count what is on the queue (all), only serve (web), only count (count)
    #[arg(
        long,
        env = "VIEWTALLY_ROLE",
        hide_env = true,
        value_name = "ROLE",
        default_value = "all",
        help_heading = "Several machines"
    )]
    pub role: Role,

    /// How long a stop may take to write what is pending; the next start counts the rest
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

/// What a node does where there is a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// It serves, and counts what is on the queue.
    All,
    /// It serves.
    Web,
    /// It counts what is on the queue, and answers only whether it does.
    Count,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
