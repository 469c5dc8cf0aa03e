//! A database with posts in it, and counters before it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::database::{self, Database, Place};
use crate::internals::{
    self, BatchSink, CachedStore, CounterConfig, CounterPool, EventSender, EventSink, Metrics,
    OverflowPolicy, SinkHealth, StoreOptions, StoreUrl, ViewEvent,
};
use crate::meter::{Commit, Meter};
use crate::queue::{Queue, QueuePlace};

/// Threads that send, as many as this machine has use for beside the counters.
const PRODUCERS: usize = 2;
const CACHE_BYTES: u64 = 64 << 20;
/// Nothing here takes longer, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// A database file with so many posts.
pub struct Bed {
    place: Place,
    pub posts: usize,
    /// What batches go through; `None` where they go to the database at once.
    queue: Option<QueuePlace>,
}

/// How the counters are set, beyond the server's defaults.
#[derive(Clone, Copy)]
pub struct Setup {
    pub counters: usize,
    pub max_counters: usize,
    pub queue_capacity: usize,
    pub dedup_window: Duration,
}

impl Setup {
    /// The server's defaults.
    pub const DEFAULT: Self = Self {
        counters: 1,
        max_counters: 1,
        queue_capacity: 65_536,
        dedup_window: Duration::ZERO,
    };
}

/// CounterPool that run on a bed.
pub struct Machinery {
    counters: Arc<CounterPool>,
    intake: EventSender,
    pub meter: Arc<Meter>,
    /// Asked for the numbers afterwards: not through the store, which is what is measured.
    database: Database,
    accounted_before: i64,
    queue: Option<Queue>,
}

impl Bed {
    /// Makes a database in a file and fills it.
    pub fn new(dir: &Path, posts: usize) -> Result<Self> {
        let file = dir.join(format!("{posts}.db"));
        let file = file.to_str().context("the path is not UTF-8")?;
        Self::at(Place::Sqlite(file.to_owned()), posts)
    }

    /// Fills an empty database.
    pub fn at(place: Place, posts: usize) -> Result<Self> {
        let bed = Self {
            place,
            posts,
            queue: None,
        };
        // Opening brings the schema.
        drop(bed.open(Duration::ZERO)?);
        bed.run(&format!(
            "BEGIN;
             INSERT INTO posts (slug, title, summary, body, tags, published_at, updated_at)
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {posts})
             SELECT 'post-' || i, 'Post ' || i, '', 'A body.', '[]', i, i FROM n;
             INSERT INTO counts (post) SELECT id FROM posts;
             COMMIT;"
        ))?;
        Ok(bed)
    }

    /// The same, with a queue before the database.
    #[cfg(feature = "queue")]
    pub fn behind(self, queue: QueuePlace) -> Self {
        Self {
            queue: Some(queue),
            ..self
        }
    }

    /// Runs statements beside the store, as another process would.
    pub fn run(&self, statements: &str) -> Result<()> {
        self.place.connect()?.run(statements)
    }

    fn sqlite(&self) -> Result<SqliteConnection> {
        match &self.place {
            Place::Sqlite(file) => database::sqlite(file),
            #[cfg(feature = "postgres")]
            Place::Postgres(_) => bail!("this is for SQLite alone"),
        }
    }

    fn open(&self, dedup_window: Duration) -> Result<Arc<CachedStore>> {
        let url: StoreUrl = self.place.url().parse().map_err(anyhow::Error::msg)?;
        let store = internals::open(
            &url,
            StoreOptions {
                dedup_window,
                ..StoreOptions::default()
            },
        )?;
        Ok(Arc::new(CachedStore::new(store, CACHE_BYTES)))
    }

    /// Holds the database, as another process would, until this is dropped.
    pub fn lock(&self) -> Result<SqliteConnection> {
        let mut connection = self.sqlite()?;
        connection.batch_execute("BEGIN IMMEDIATE")?;
        Ok(connection)
    }

    /// The one number, named `number`, that a query answers.
    pub fn number(&self, query: &str) -> Result<i64> {
        self.place.connect()?.number(query)
    }

    /// Starts the counters.
    pub fn start(&self, setup: Setup) -> Result<Machinery> {
        let mut database = self.place.connect()?;
        let accounted_before = accounted(&mut database)?;
        let store = self.open(setup.dedup_window)?;
        let metrics = Arc::new(Metrics::new(setup.queue_capacity));
        let (sink, queue): (Arc<dyn BatchSink>, _) = match &self.queue {
            None => (store, None),
            Some(queue) => {
                let (sink, queue) = queue.start(&self.place, &store, &metrics)?;
                (sink, Some(queue))
            }
        };
        let meter = Meter::new(sink);
        let settings = CounterConfig {
            queue_capacity: setup.queue_capacity,
            counters: setup.counters,
            max_counters: setup.max_counters.max(setup.counters),
            flush_every: Duration::from_millis(100),
            batch_max: 10_000,
            viewer_memory: 256 << 20,
            overflow: OverflowPolicy::Coalesce,
            overflow_wait: Duration::from_secs(3),
            scale_after: Duration::from_secs(3),
            retire_after: Duration::from_secs(30),
        };
        let (counters, intake) = CounterPool::start(
            settings,
            Arc::clone(&meter) as _,
            None,
            metrics,
            Arc::new(SinkHealth::default()),
        )?;
        Ok(Machinery {
            counters,
            intake,
            meter,
            database,
            accounted_before,
            queue,
        })
    }

    /// One autocommitted `UPDATE` for each event, until they are all done or `limit` has passed. Gives the time of one.
    pub fn autocommit(&self, events: &[ViewEvent], limit: Duration) -> Result<Duration> {
        let mut connection = self.sqlite()?;
        let started = Instant::now();
        let mut done = 0;
        for event in events {
            diesel::sql_query("UPDATE counts SET views = views + 1 WHERE post = ?")
                .bind::<BigInt, _>(event.post)
                .execute(&mut connection)?;
            done += 1;
            if started.elapsed() >= limit {
                break;
            }
        }
        let took = started.elapsed() / done;
        // What went past the hours would look like a loss later.
        self.run("UPDATE counts SET views = 0; DELETE FROM hourly_views;")?;
        Ok(took)
    }
}

impl Machinery {
    /// Sends everything from all producers at once.
    pub fn send(&self, events: &[ViewEvent]) {
        let share = events.len().div_ceil(PRODUCERS).max(1);
        let intake = &self.intake;
        std::thread::scope(|scope| {
            for part in events.chunks(share) {
                scope.spawn(|| {
                    part.iter()
                        .for_each(|event| intake.send(intake.record(event.clone()), &mut || {}))
                });
            }
        });
    }

    /// Sends one event.
    pub fn send_one(&self, event: ViewEvent) {
        self.intake.send(self.intake.record(event), &mut || {});
    }

    /// Entries in the overflow.
    pub fn depth(&self) -> usize {
        self.intake.depth().overflow_entries
    }

    /// Events that are in the database since the start.
    pub fn accounted(&mut self) -> Result<i64> {
        Ok(accounted(&mut self.database)? - self.accounted_before)
    }

    /// Closes the channel, waits until everything is committed, and looks whether it is all there. Gives the commits.
    pub fn finish(mut self, sent: usize) -> Result<Finished> {
        self.counters.drain_by(Instant::now() + PATIENCE);
        self.intake.close();
        let left = self.counters.join();
        if self.queue.is_some() {
            self.wait_until_counted(sent)?;
        }
        let at = Instant::now();
        if !left.batch.is_empty() {
            bail!("{} events were not written", left.batch.events());
        }
        let there = accounted(&mut self.database)? - self.accounted_before;
        if there != i64::try_from(sent)? {
            bail!("{sent} events were sent, {there} are in the database");
        }
        if let Some(left) = self
            .queue
            .and_then(|queue| queue.stop(Instant::now() + PATIENCE))
        {
            bail!("the queue did not take everything: {left:?}");
        }
        Ok(Finished {
            at,
            commits: self.meter.commits(),
        })
    }
}

impl Machinery {
    /// Waits until what went through the queue is in the database.
    fn wait_until_counted(&mut self, sent: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let sent = i64::try_from(sent)?;
        while accounted(&mut self.database)? - self.accounted_before < sent {
            if Instant::now() > deadline {
                bail!("the queue was not read in time");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

/// The end of a run.
pub struct Finished {
    /// When the last commit was done.
    pub at: Instant,
    pub commits: Vec<Commit>,
}

/// Events that are in the database, counted or in the ledger.
fn accounted(database: &mut Database) -> Result<i64> {
    let sum = "SELECT CAST((SELECT coalesce(sum(views), 0) FROM counts) + (SELECT coalesce(sum(count), 0) FROM ledger) AS BIGINT) AS number";
    database.number(sum)
}
