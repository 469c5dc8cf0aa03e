//! viewtally with the counting done in the request: what the channel is measured against.
//!
//! The harness starts itself again to be one of these, so that they are the library of this very build: its pool, its
//! handlers, its store. Only where an event goes differs.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Parser;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};
use diesel::sql_types::BigInt;
use viewtally::cli::{Cli, Command};
use viewtally::config::Config;
use viewtally::counter::{EventSink, QueueDepth};
use viewtally::fd_limit;
use viewtally::http::{self, Auth, Listener, Service};
use viewtally::metrics::Metrics;
use viewtally::model::{Batch, ViewEvent};
use viewtally::rules::{BotRule, Salts, ViewRules};
use viewtally::store::{self, CachedStore, Rankings, SinkHealth, ViewSink};

/// Makes the harness one of the variants: its name follows, then flags of `viewtally serve`.
pub const SERVE: &str = "--serve-variant";
pub const INLINE: &str = "inline";
pub const NAIVE: &str = "naive";

/// Serves until a signal comes.
pub fn serve(arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut arguments = arguments;
    let name = arguments.next().context("which variant?")?;
    let line = ["viewtally".to_owned(), "serve".to_owned()];
    let cli = Cli::try_parse_from(line.into_iter().chain(arguments))?;
    let Some(Command::Serve(flags)) = cli.command else {
        bail!("a variant only serves");
    };
    let config = Config::new(*flags, cli.store)?;
    let (stop, stopped) = flume::bounded(1);
    let handler = move || {
        // It holds one, and one is enough.
        let _ = stop.try_send(());
    };
    ctrlc::set_handler(handler).context("cannot watch for signals")?;

    let listener = Listener::bind(
        config.listen,
        config.idle_timeout,
        config.limits.request_timeout,
    )?;
    let address = listener.address();
    let allowed = fd_limit::reserve(config.max_connections)?;
    let store = store::open(&config.store, config.rules)?;
    let cached = Arc::new(CachedStore::new(store, config.cache_bytes));
    let events: Arc<dyn EventSink> = match name.as_str() {
        INLINE => Arc::new(Inline(Arc::clone(&cached))),
        NAIVE => Arc::new(Naive::open(&config)?),
        _ => bail!("no variant is called {name}"),
    };
    let rules = ViewRules {
        trusted_proxies: config.trusted_proxies,
        excluded: config.excluded,
        viewers: config.viewers,
        bots: BotRule::new(),
        salts: Arc::new(Salts::new()?),
    };
    let service = Arc::new(Service {
        rankings: Arc::new(Rankings::new(Arc::clone(&cached)).0),
        store: cached,
        events,
        health: Arc::new(SinkHealth::default()),
        rules,
        gate: Arc::default(),
        auth: Auth::new(None),
        limits: config.limits,
        cors_origin: config.cors_origin,
        metrics: Arc::new(Metrics::new(0)),
    });
    let pool = http::Pool::start(listener, Arc::clone(&service), allowed, config.idle_timeout)?;
    println!("listening on http://{address}");
    // An error would mean that the handler is gone: then stopping is right as well.
    let _ = stopped.recv();
    pool.stop_accepting();
    service.gate.close();
    let deadline = std::time::Instant::now() + config.drain_timeout;
    service.gate.wait_until_empty(deadline);
    pool.finish(deadline);
    Ok(())
}

/// One transaction of its own for each view.
struct Inline(Arc<CachedStore>);

impl EventSink for Inline {
    fn send(&self, event: ViewEvent, before_block: &mut dyn FnMut()) {
        before_block();
        let mut batch = Batch::default();
        batch.add(event);
        if let Err(error) = self.0.apply(&batch) {
            eprintln!("a view is lost: {error}");
        }
    }

    fn depth(&self) -> QueueDepth {
        QueueDepth::default()
    }
}

/// Reads the number, adds one and writes it, as code does that was never tried with two readers at once.
struct Naive(Pool<ConnectionManager<SqliteConnection>>);

#[derive(Debug)]
struct Patient;

impl CustomizeConnection<SqliteConnection, PoolError> for Patient {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;")
            .map_err(PoolError::QueryError)
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    views: i64,
}

impl Naive {
    fn open(config: &Config) -> Result<Self> {
        let file = config.store.file().context("a file is needed")?;
        let path = file.to_str().context("the path is not UTF-8")?;
        let pool = Pool::builder()
            .max_size(8)
            .connection_customizer(Box::new(Patient))
            .build(ConnectionManager::new(path))?;
        Ok(Self(pool))
    }

    fn add_one(&self, event: &ViewEvent) -> Result<()> {
        let mut connection = self.0.get()?;
        let number: Number = diesel::sql_query("SELECT views FROM counts WHERE post = ?")
            .bind::<BigInt, _>(event.post)
            .get_result(&mut connection)?;
        diesel::sql_query("UPDATE counts SET views = ? WHERE post = ?")
            .bind::<BigInt, _>(number.views + 1)
            .bind::<BigInt, _>(event.post)
            .execute(&mut connection)?;
        Ok(())
    }
}

impl EventSink for Naive {
    fn send(&self, event: ViewEvent, before_block: &mut dyn FnMut()) {
        before_block();
        if let Err(error) = self.add_one(&event) {
            eprintln!("a view is lost: {error}");
        }
    }

    fn depth(&self) -> QueueDepth {
        QueueDepth::default()
    }
}
