//! The start: from a configuration to a running server, in the order in which things depend on each other.

mod start_error;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::start_error::StartError;
use crate::clock;
use crate::config::Config;
use crate::counter::CounterPool;
use crate::endpoint::{Auth, PagePosts, PendingViews, SiteState, common_headers};
use crate::fd_limit;
use crate::journal::{self, Journal, JournalError, JournalFolder, Recovered};
use crate::maintenance::{Maintenance, OnReplaced, OnSetAside};
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::queue::OpenQueue;
use crate::rules::{BotRule, Salts, ViewRules};
use crate::server::{InFlight, Listener, Server, ServerConfig};
use crate::shutdown::Running;
use crate::sink::{BatchSink, JournalSink, SinkError, SinkHealth};
use crate::site::Site;
use crate::store::spill;
use crate::store::{self, CachedStore, StoreError, StoreOptions, StoreUrl};
use crate::thread;

/// How often a long recovery says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How long a recovery waits for the database.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// How long a start waits for a database server, which may be starting as well.
const SERVER_LIMIT: Duration = Duration::from_secs(30);

/// How long such a start pauses between two tries.
const SERVER_PAUSE: Duration = Duration::from_secs(1);

/// Opens a store for a command.
///
/// # Errors
/// [`StartError::Store`].
pub fn open_store(
    url: &StoreUrl,
    rules: StoreOptions,
) -> Result<Arc<dyn store::Store>, StartError> {
    store::open(url, rules).map_err(|error| StartError::Store {
        url: url.clone(),
        error,
    })
}

/// Opens a store for a server that starts, and tries to write. One that other machines share is waited for, with a word of why:
/// whatever the reason is, it may be mended meanwhile.
///
/// # Errors
/// [`StartError::Store`].
pub fn open_at_start(
    url: &StoreUrl,
    rules: StoreOptions,
) -> Result<Arc<dyn store::Store>, StartError> {
    let mut told = String::new();
    let opened = thread::retry_every(
        SERVER_PAUSE,
        SERVER_LIMIT,
        |error| url.is_shared() && matches!(error, StoreError::Unavailable(_)),
        || {
            let opened = store::open(url, rules).and_then(|store| match store.try_writing() {
                // A lock ends by itself.
                Ok(()) | Err(StoreError::Busy(_)) => Ok(store),
                Err(error) => Err(error),
            });
            if let Err(error) = &opened
                && url.is_shared()
                && told != error.to_string()
            {
                told = error.to_string();
                tracing::warn!("cannot open store {url}: {error}; trying for {SERVER_LIMIT:?}");
            }
            opened
        },
    );
    opened.map_err(|error| StartError::Store {
        url: url.clone(),
        error,
    })
}

/// Opens a store for a command that only asks: one that is not there is not made.
///
/// # Errors
/// [`StartError::NoStore`], [`StartError::Store`].
pub fn open_existing_store(url: &StoreUrl) -> Result<Arc<dyn store::Store>, StartError> {
    match url.file() {
        Some(file) if !file.exists() => Err(StartError::NoStore {
            url: url.to_string(),
        }),
        _ => open_store(url, StoreOptions::default()),
    }
}

/// What a process is called that shares its store with others: its host and its port.
fn node_name(store: &StoreUrl, address: SocketAddr) -> Option<String> {
    if !store.is_shared() {
        return None;
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Some(format!("{}:{}", host.trim(), address.port()))
}

/// Starts the server. When this returns, it answers.
///
/// # Errors
/// What kept it from starting; then nothing of it runs.
pub fn start(config: &Config) -> Result<Running, StartError> {
    // The address first: it is the likeliest thing to be wrong, and the cheapest to find out.
    let listener = match Listener::inherit().map_err(StartError::Inherit)? {
        Some(listener) => listener,
        None => Listener::bind(config.listen).map_err(|error| StartError::Listen {
            address: config.listen,
            error,
        })?,
    };
    let max_connections = fd_limit::reserve(config.max_connections)?;

    let mut metrics = Metrics::new(config.counting.queue_capacity);
    if config.queue.is_some() {
        metrics.show_queue();
    }
    let metrics = Arc::new(metrics);
    let store = open_at_start(&config.store, config.rules)?;
    let database = store.database_id().map_err(StartError::Database)?;
    let files = config.store.files();
    let queue = OpenQueue::open(files, database, config.queue_options, Arc::clone(&metrics))
        .map_err(StartError::Outbox)?;
    let sink = Arc::new(queue.sink(Arc::clone(&store) as _, config.queue.is_some()));
    if config.queue.is_none() {
        let applied = queue.apply_here(&*store);
        let applied = applied.map_err(StartError::LeftForQueue)?;
        metrics.recovered_events.inc_by(applied);
    }
    let journal_folder = match files {
        Some(files) => {
            // Only versions that knew no other database than a file have spilled.
            let spilled = match config.store.file() {
                Some(database) => {
                    spill::replay(database, &*store, clock::now()).map_err(StartError::Replay)?
                }
                None => 0,
            };
            let folder = JournalFolder::of(files, database);
            let recovered = match recover(&folder, &*sink) {
                // Who wants no journal need not mend one.
                Err(error @ JournalError::File { .. }) if config.journal.is_none() => {
                    tracing::warn!("{error}; what earlier runs may have left in it is not counted");
                    0
                }
                recovered => recovered.map_err(StartError::Journal)?,
            };
            metrics.recovered_events.inc_by(spilled + recovered);
            Some(folder)
        }
        None => None,
    };
    let token = config.token.load()?;
    match store.last_drain() {
        Ok(Some(drain)) => metrics.last_drain(&drain),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "cannot read how the last drain went"),
    }
    let cached = Arc::new(CachedStore::new(store, config.cache_bytes));
    let salts = Arc::new(Salts::default());
    if salts.at(clock::now()).is_none() {
        return Err(StartError::Random);
    }
    let health = Arc::new(SinkHealth::default());
    let maintenance = Maintenance::start(
        Arc::clone(&cached),
        tell_replaced(Arc::clone(&health)),
        config.queue.as_ref().map(|_| tell_set_aside(&metrics)),
        Arc::clone(&salts),
        config.keep_viewings,
    )
    .map_err(StartError::Thread)?;

    let journal = match (&journal_folder, config.journal) {
        (Some(folder), Some(options)) => {
            let journal = Journal::begin(folder.clone(), options, Arc::clone(&metrics));
            Some(Arc::new(journal.map_err(StartError::Journal)?))
        }
        _ => None,
    };
    let sink: Arc<dyn BatchSink> = match config.queue {
        Some(_) => sink,
        None => Arc::clone(&cached) as _,
    };
    let (counters, intake) = CounterPool::start(
        config.counting.clone(),
        Arc::clone(&sink),
        journal.clone(),
        Arc::clone(&metrics),
        Arc::clone(&health),
    )
    .map_err(StartError::Thread)?;
    let intake = Arc::new(intake);

    let queue = match &config.queue {
        Some(url) => Some(
            queue
                .start(
                    url,
                    Arc::clone(&cached) as _,
                    Arc::clone(&metrics),
                    config.consumes,
                )
                .map_err(StartError::Thread)?,
        ),
        None => None,
    };

    let rules = ViewRules {
        trusted_proxies: config.trusted_proxies.clone(),
        excluded: config.excluded.clone(),
        viewers: config.viewers,
        bots: BotRule::new(),
        salts,
    };
    let in_flight = Arc::new(InFlight::default());
    let state = SiteState {
        store: Arc::clone(&cached),
        rankings: Arc::clone(maintenance.rankings()),
        events: Arc::clone(&intake) as _,
        health,
        queue_health: queue.as_ref().map(|queue| Arc::clone(queue.health())),
        rules,
        compat: config.compat.clone(),
        pending: PendingViews::default(),
        pages: PagePosts::new(config.sites.clone(), config.max_new_posts),
        auth: Auth::new(token.as_str().to_owned()),
        request_timeout: config.request_timeout,
        metrics: Arc::clone(&metrics),
        only_counts: config.only_counts,
        node: node_name(&config.store, listener.address()),
    };
    if let Some(node) = &state.node {
        metrics.set_node(node);
    }
    let pages = Pages::new(config.pages.clone(), &state.auth);
    let site = Arc::new(Site::new(state, pages));
    let server_config = ServerConfig {
        max_connections,
        max_connections_per_address: config.max_connections_per_address,
        trusted_proxies: config.trusted_proxies.clone(),
        idle_timeout: config.idle_timeout,
        request_timeout: config.request_timeout,
        max_body: config.max_body,
        common_headers: common_headers(&config.cors_origin),
    };
    let server = Server::start(
        listener,
        site,
        Arc::clone(&in_flight),
        Arc::clone(&metrics),
        server_config,
    )
    .map_err(StartError::Thread)?;

    Ok(Running {
        server,
        in_flight,
        intake,
        counters,
        queue,
        maintenance,
        store: cached,
        sink,
        metrics,
        journal_folder,
        journal,
        drain_timeout: config.drain_timeout,
    })
}

/// Counts what earlier runs have left in their journals, and says what it found. Returns how many events that were.
fn recover(folder: &JournalFolder, sink: &dyn JournalSink) -> Result<u64, JournalError> {
    let mut told = Instant::now();
    let mut progress = |events| {
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tracing::info!(events, "counting what an earlier run has left");
        }
    };
    // A lock ends by itself; each try has waited for it.
    let is_locked = |error: &JournalError| {
        matches!(
            error,
            JournalError::Store {
                error: SinkError::Busy(_),
                ..
            }
        )
    };
    let recovered = thread::retry(RECOVERY_LIMIT, is_locked, || {
        journal::recover(folder, sink, &mut progress)
    })?;
    let Recovered {
        events,
        damaged,
        unwritten,
        left,
    } = recovered;
    if events > 0 {
        tracing::info!(events, "counted what an earlier run had left");
    }
    if damaged > 0 {
        tracing::warn!(
            damaged,
            "events of an earlier run cannot be read any more, and are not counted"
        );
    }
    if unwritten > 0 {
        tracing::warn!(
            unwritten,
            "views that an earlier run had not yet counted when it died, and for which its journal had no room ready, are in the ledger as dropped"
        );
    }
    for (path, why) in left {
        tracing::warn!("{} is left as it is: {why}", path.display());
    }
    Ok(events)
}

/// What is done with the number of messages that are set aside.
fn tell_set_aside(metrics: &Arc<Metrics>) -> OnSetAside {
    let metrics = Arc::clone(metrics);
    Box::new(move |messages| {
        metrics.queue.waiting_set_aside.set(messages);
    })
}

/// What is done when the database is deleted or replaced, and when it is back.
fn tell_replaced(health: Arc<SinkHealth>) -> OnReplaced {
    Box::new(move |replaced| match replaced {
        Some(what) => {
            // A counter may have met it before.
            if health.failed_lastingly(&what) {
                tracing::error!("{what}; views are kept until it is back, or the next start");
            }
        }
        None => {
            health.succeeded();
            tracing::info!("the database is back");
        }
    })
}
