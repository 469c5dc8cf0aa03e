//! The flags of `serve`, validated.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::error::ConfigError;
use super::token::TokenSource;
use crate::cli::{Role, ServeFlags};
use crate::counter::CounterConfig;
use crate::journal::{JournalOptions, MIN_JOURNAL};
use crate::model::{CompatSystems, Sites};
use crate::pages::PageSettings;
use crate::queue::{QueueOptions, QueueUrl};
use crate::store::{Durability, StoreOptions, StoreUrl};

/// Bytes of posts in the cache.
const CACHE_BYTES: u64 = 64 << 20;

/// Bytes that viewers may take while the store is away: six million of them.
const VIEWER_MEMORY: usize = 256 << 20;

/// When a batch is committed, unless flags say: so long after its first view, or at so many entries.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
const BATCH_MAX: usize = 10_000;

/// The same where each message costs: fewer and longer ones.
const PAID_FLUSH_EVERY: Duration = Duration::from_secs(1);
const PAID_BATCH_MAX: usize = 100_000;

/// The validated configuration of `serve`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The database.
    pub store: StoreUrl,
    /// The sites whose pages are posts.
    pub sites: Sites,
    /// The counters whose protocols are answered.
    pub compat: CompatSystems,
    /// Posts that first views may make a day.
    pub max_new_posts: u64,
    /// The file or folder to import at start.
    pub import: Option<PathBuf>,
    /// The token that writing and viewer data need.
    pub token: TokenSource,
    /// `Access-Control-Allow-Origin`.
    pub cors_origin: String,
    /// Connections at once.
    pub max_connections: usize,
    /// Silence that ends a connection.
    pub idle_timeout: Duration,
    /// The largest body read, in bytes.
    pub max_body: u64,
    /// How long a request may take to arrive, its body to arrive, and its response to be taken.
    pub request_timeout: Duration,
    /// Connections of one address at once.
    pub max_connections_per_address: Option<usize>,
    /// How counting behaves.
    pub counting: CounterConfig,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Clients whose views are not counted.
    pub excluded: Vec<IpNet>,
    /// Whether views have viewers.
    pub viewers: bool,
    /// How long viewings are kept.
    pub keep_viewings: Duration,
    /// What the store decides by.
    pub rules: StoreOptions,
    /// Bytes of posts in the cache.
    pub cache_bytes: u64,
    /// How events are kept until they are counted; `None` if they are not.
    pub journal: Option<JournalOptions>,
    /// The queue, if there is one.
    pub queue: Option<QueueUrl>,
    /// How it is used.
    pub queue_options: QueueOptions,
    /// Whether this node applies what is on it.
    pub consumes: bool,
    /// Whether this node only counts what is on it, and serves nothing.
    pub only_counts: bool,
    /// How pages are shown.
    pub pages: PageSettings,
    /// How long a stop may take.
    pub drain_timeout: Duration,
}

impl Config {
    /// Validates flags.
    ///
    /// # Errors
    /// The first flag that is not valid.
    pub fn new(flags: ServeFlags, store: StoreUrl) -> Result<Config, ConfigError> {
        at_least_one("--max-connections", flags.max_connections)?;
        if let Some(connections) = flags.max_connections_per_address {
            at_least_one("--max-connections-per-address", connections)?;
        }
        at_least_one("--queue-capacity", flags.queue_capacity)?;
        at_least_one("--counters", flags.counters)?;
        if let Some(entries) = flags.batch_max {
            at_least_one("--batch-max", entries)?;
        }
        not_zero("--idle-timeout", flags.idle_timeout)?;
        not_zero("--request-timeout", flags.request_timeout)?;
        not_zero("--scale-after", flags.scale_after)?;
        if !flags.dedup_window.is_zero() && !flags.viewers {
            return refuse(
                "--dedup-window needs viewers to tell repeats by; leave out --viewers off"
                    .to_owned(),
            );
        }
        if !flags.dedup_window.is_zero() && flags.dedup_window < Duration::from_millis(1) {
            return refuse(
                "--dedup-window is shorter than 1ms, the unit of time that is kept; 0 turns it off"
                    .to_owned(),
            );
        }
        if flags.dedup_window > flags.keep_viewings {
            return refuse(
                "--dedup-window is longer than --keep-viewings, which forgets what it needs"
                    .to_owned(),
            );
        }
        if flags.cors_origin != "*" && !is_origin(&flags.cors_origin) {
            return refuse(format!(
                "--cors-origin {:?} is no origin; try * or https://example.com",
                flags.cors_origin
            ));
        }
        if flags.journal_max.as_u64() < MIN_JOURNAL {
            return refuse(format!(
                "--journal-max must be at least {}",
                bytesize::ByteSize(MIN_JOURNAL).display().iec_short()
            ));
        }
        // Parsed here, for it may hold a password: what refuses a flag shows it.
        let queue = match flags.queue.as_deref().map(str::parse::<QueueUrl>) {
            None => None,
            Some(Ok(queue)) => Some(queue),
            Some(Err(why)) => return refuse(format!("--queue: {why}")),
        };
        if queue.is_none() && flags.role != Role::All {
            return refuse(
                "--role needs a queue to share the work by; give --queue, or leave --role out"
                    .to_owned(),
            );
        }
        let (flush_every, batch_max) = match &queue {
            Some(queue) if queue.is_paid_by_message() => (PAID_FLUSH_EVERY, PAID_BATCH_MAX),
            _ => (FLUSH_EVERY, BATCH_MAX),
        };
        let token = TokenSource::new(
            flags.token.as_deref(),
            flags.token_file.as_deref(),
            store.file(),
        )?;
        Ok(Config {
            listen: flags.listen,
            store,
            import: flags.import,
            sites: Sites(flags.site),
            compat: flags.compat.unwrap_or_default(),
            max_new_posts: flags.max_new_posts,
            token,
            cors_origin: flags.cors_origin,
            max_connections: flags.max_connections,
            max_connections_per_address: flags.max_connections_per_address,
            idle_timeout: flags.idle_timeout,
            max_body: flags.max_body.as_u64(),
            request_timeout: flags.request_timeout,
            counting: CounterConfig {
                queue_capacity: flags.queue_capacity,
                counters: flags.counters,
                // Asking for more counters than the maximum asks for no scaling.
                max_counters: flags.max_counters.max(flags.counters),
                flush_every: flags.flush_every.unwrap_or(flush_every),
                batch_max: flags.batch_max.unwrap_or(batch_max),
                viewer_memory: VIEWER_MEMORY,
                overflow: flags.overflow,
                overflow_wait: flags.overflow_wait,
                scale_after: flags.scale_after,
                retire_after: flags.retire_after,
            },
            trusted_proxies: flags.trust_proxy,
            excluded: flags.exclude,
            viewers: flags.viewers,
            keep_viewings: flags.keep_viewings,
            rules: StoreOptions {
                dedup_window: flags.dedup_window,
                durability: flags.durability,
            },
            journal: flags.journal.then_some(JournalOptions {
                max_bytes: flags.journal_max.as_u64(),
                sync: flags.durability == Durability::Power,
            }),
            queue,
            queue_options: QueueOptions {
                max_bytes: flags.journal_max.as_u64(),
                sync: flags.durability == Durability::Power,
            },
            consumes: flags.role != Role::Web,
            only_counts: flags.role == Role::Count,
            cache_bytes: CACHE_BYTES,
            pages: PageSettings {
                zone: time_zone(flags.tz.as_deref())?,
                numbers: flags.dashboard,
                max_form: flags.max_body.as_u64(),
            },
            drain_timeout: flags.drain_timeout,
        })
    }
}

fn refuse<T>(why: String) -> Result<T, ConfigError> {
    Err(ConfigError::new(why))
}

/// The zone of that name, or the system's, or UTC where the system's is not known.
fn time_zone(name: Option<&str>) -> Result<TimeZone, ConfigError> {
    let Some(name) = name else {
        return Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC));
    };
    TimeZone::get(name).map_err(|_| {
        ConfigError::new(format!(
            "--tz {name:?} is no time zone; try a name such as UTC or Asia/Seoul"
        ))
    })
}

/// Whether a text is an origin as browsers send it: `https://example.com:8080`. They compare it character by character,
/// so what has a path, or only a slash at its end, would never match.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        let of_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
        let of_host =
            |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase() && !"/?#,@\\".contains(c);
        !scheme.is_empty()
            && scheme.chars().all(of_scheme)
            && !host.is_empty()
            && host.chars().all(of_host)
    })
}

fn at_least_one(flag: &str, value: usize) -> Result<(), ConfigError> {
    if value == 0 {
        return refuse(format!("{flag} must be at least 1"));
    }
    Ok(())
}

fn not_zero(flag: &str, value: Duration) -> Result<(), ConfigError> {
    if value.is_zero() {
        return refuse(format!("{flag} must be longer than 0"));
    }
    Ok(())
}
