//! The start: from a configuration to a running server, in the order in which things depend on each other.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock;
use crate::config::{Config, TokenError};
use crate::counter::CounterPool;
use crate::endpoint::{Auth, SiteState, common_headers};
use crate::fd_limit::{self, TooFew};
use crate::maintenance::{Maintenance, OnReplaced};
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::rules::{BotRule, Salts, ViewRules};
use crate::server::{InFlight, Listener, Server, ServerConfig};
use crate::shutdown::Running;
use crate::sink::{BatchSink, SinkHealth};
use crate::site::Site;
use crate::store::spill::{self, ReplayError};
use crate::store::{self, CachedStore, StoreError, StoreOptions, StoreUrl};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("cannot open store {url}: {error}; try --store, or look at who may write there")]
    Store {
        /// Which.
        url: String,
        /// Why.
        error: StoreError,
    },
    /// There is no store to ask.
    #[error("there is no store at {url}; try --store, or make one with viewtally serve or import")]
    NoStore {
        /// Where.
        url: String,
    },
    /// What an earlier drain spilled cannot be applied.
    #[error("{0}; its views are safe in it; try again once the store answers")]
    Replay(#[from] ReplayError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {error}; try --listen with another port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Too few descriptors.
    #[error(transparent)]
    Descriptors(#[from] TooFew),
    /// No randomness for the day's salt.
    #[error("cannot get random bytes from the system: {0}")]
    Random(std::io::Error),
    /// No thread.
    #[error("cannot start a thread: {0}; try a higher limit of processes")]
    Thread(std::io::Error),
}

/// Opens a store for a command.
///
/// # Errors
/// [`StartError::Store`].
pub fn open_store(
    url: &StoreUrl,
    rules: StoreOptions,
) -> Result<Arc<dyn store::Store>, StartError> {
    store::open(url, rules).map_err(|error| StartError::Store {
        url: url.to_string(),
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

/// Starts the server. When this returns, it answers.
///
/// # Errors
/// What kept it from starting; then nothing of it runs.
pub fn start(config: &Config) -> Result<Running, StartError> {
    // The address first: it is the likeliest thing to be wrong, and the cheapest to find out.
    let listener = Listener::bind(config.listen).map_err(|error| StartError::Listen {
        address: config.listen,
        error,
    })?;
    let max_connections = fd_limit::reserve(config.max_connections)?;

    let metrics = Arc::new(Metrics::new(config.counting.queue_capacity));
    let store = open_store(&config.store, config.rules)?;
    match store.try_writing() {
        // A lock ends by itself.
        Ok(()) | Err(StoreError::Busy(_)) => {}
        Err(error) => {
            return Err(StartError::Store {
                url: config.store.to_string(),
                error,
            });
        }
    }
    if let Some(database) = config.store.file() {
        let events = spill::replay(database, &*store, clock::now())?;
        metrics.replayed_events.inc_by(events);
        if events > 0 {
            tracing::info!(events, "applied what the last stop had to spill");
        }
    }
    let token = config.token.load()?;
    match store.last_drain() {
        Ok(Some(drain)) => metrics.last_drain(&drain),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "cannot read how the last drain went"),
    }
    let cached = Arc::new(CachedStore::new(store, config.cache_bytes));
    let salts = Arc::new(Salts::new().map_err(StartError::Random)?);
    let health = Arc::new(SinkHealth::default());
    let maintenance = Maintenance::start(
        Arc::clone(&cached),
        tell_replaced(Arc::clone(&health)),
        Arc::clone(&salts),
        config.keep_viewings,
    )
    .map_err(StartError::Thread)?;

    let (counters, intake) = CounterPool::start(
        config.counting.clone(),
        Arc::clone(&cached) as Arc<dyn BatchSink>,
        Arc::clone(&metrics),
        Arc::clone(&health),
    )
    .map_err(StartError::Thread)?;
    let intake = Arc::new(intake);

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
        rules,
        auth: Auth::new(token.as_str().to_owned()),
        metrics: Arc::clone(&metrics),
    };
    let site = Arc::new(Site::new(state, Pages::new(config.pages.clone())));
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
        maintenance,
        store: cached,
        metrics,
        database: config.store.file().map(Into::into),
        drain_timeout: config.drain_timeout,
    })
}

/// What is done when the database is deleted or replaced, and when it is back.
fn tell_replaced(health: Arc<SinkHealth>) -> OnReplaced {
    Box::new(move |replaced| match replaced {
        Some(what) => {
            // A counter may have met it before.
            if health.failed_lastingly(&what) {
                tracing::error!("{what}; views are kept in memory, and spilled at the stop");
            }
        }
        None => {
            health.succeeded();
            tracing::info!("the database is back");
        }
    })
}
