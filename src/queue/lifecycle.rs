//! A queue in use: from its start to its stop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::context::Context;
use super::engine::Engine;
use super::outbox::Outbox;
use super::outbox_file::OutboxFolder;
use super::queue_sink::QueueSink;
use super::url::QueueUrl;
use super::{consumers, message, sender};
use crate::metrics::Metrics;
use crate::model::Delivery;
use crate::sink::{JournalSink, QueueHealth, QueueStore, SinkError};
use crate::thread;

/// Bytes that may wait where there is no disk.
const MAX_MEMORY: u64 = 64 << 20;

/// How long a start waits for a store that others use.
const BUSY_LIMIT: Duration = Duration::from_secs(30);

/// How a queue is used.
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Bytes that may wait to be sent.
    pub max_bytes: u64,
    /// Whether what waits survives the loss of power.
    pub sync: bool,
}

/// What waits for a queue, before anything is sent: what earlier runs have left, and what their journals hold.
pub struct OpenQueue {
    outbox: Arc<Outbox>,
    database: i64,
}

impl OpenQueue {
    /// Opens what is named after `files`; `None` for a store in memory.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(
        files: Option<&Path>,
        database: i64,
        options: QueueOptions,
        metrics: Arc<Metrics>,
    ) -> io::Result<OpenQueue> {
        let folder = files.map(|files| OutboxFolder::of(files, options.sync));
        let max_bytes = match &folder {
            Some(_) => options.max_bytes,
            None => MAX_MEMORY.min(options.max_bytes),
        };
        let outbox = Outbox::open(folder, database, max_bytes, metrics)?;
        Ok(OpenQueue {
            outbox: Arc::new(outbox),
            database,
        })
    }

    /// The sink of counters and of a recovery. Without a queue it is the store's, which knows besides what was taken over while
    /// there was one.
    pub fn sink(&self, store: Arc<dyn JournalSink>, is_used: bool) -> QueueSink {
        QueueSink::new(store, Arc::clone(&self.outbox), is_used)
    }

    /// Applies to the store what an earlier run with a queue has left to send. What the queue has accepted nevertheless is
    /// known by its ids. Returns how many events that were.
    ///
    /// # Errors
    /// Those of the file system and of the store; then the rest is there for the next try.
    pub fn apply_here(&self, store: &dyn QueueStore) -> Result<u64, SinkError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            SinkError::Unavailable(format!("cannot read what waits for a queue: {error}"))
        };
        let events = self.outbox.backlog().events();
        self.outbox
            .backlog()
            .close(Instant::now() + Duration::from_secs(3600));
        while let Some(entries) = self.outbox.backlog().next(1) {
            for entry in &entries {
                let messages = self
                    .outbox
                    .messages(entry)
                    .map_err(|error| unreadable(&error))?;
                let batches = messages
                    .iter()
                    .map(|sent| message::decode(&sent.bytes, self.database))
                    .collect::<Result<_, _>>();
                let delivery = Delivery {
                    queue: String::new(),
                    partition: 0,
                    epoch: None,
                    position: None,
                    batches: batches.map_err(|error| unreadable(&error))?,
                    rejected: Vec::new(),
                };
                let is_busy = |error: &SinkError| matches!(error, SinkError::Busy(_));
                thread::retry(BUSY_LIMIT, is_busy, || store.apply_delivery(&delivery))?;
            }
            self.outbox.accepted(&entries);
        }
        Ok(events)
    }

    /// Begins to send, and where the node `consumes`, to apply.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        self,
        url: &QueueUrl,
        store: Arc<dyn QueueStore>,
        metrics: Arc<Metrics>,
        consumes: bool,
    ) -> io::Result<Queue> {
        self.start_with(url.connect(), url.name(), store, metrics, consumes)
    }

    /// As [`OpenQueue::start`], with an engine that the store knows by `name`.
    pub(super) fn start_with(
        self,
        engine: Engine,
        name: String,
        store: Arc<dyn QueueStore>,
        metrics: Arc<Metrics>,
        consumes: bool,
    ) -> io::Result<Queue> {
        let Engine { producer, source } = engine;
        let OpenQueue { outbox, database } = self;
        let health = Arc::new(QueueHealth::default());
        let (running, ended) = flume::bounded(0);
        let also_running = running.clone();
        let (sent, sending) = (Arc::clone(&outbox), Arc::clone(&health));
        outbox.bound();
        outbox.limit_messages(producer.max_bytes());
        let counted = Arc::clone(&metrics);
        let sender = crate::thread::spawn("queue-send".to_owned(), move || {
            // Dropped last: then nothing is left of the engine's.
            let _running = running;
            let mut producer = producer;
            sender::run(&sent, &mut *producer, &counted.queue, &sending.sending);
        })?;
        let (stop, stopped) = flume::bounded(0);
        let consumers = match consumes {
            false => None,
            true => {
                let context = Arc::new(Context {
                    source,
                    store,
                    queue: name,
                    database,
                    all_metrics: metrics,
                    health: Arc::clone(&health),
                });
                // One of so many that no two nodes have the same.
                let node = fastrand::i64(..);
                let started = crate::thread::spawn("queue".to_owned(), move || {
                    let _running = also_running;
                    let context = context;
                    consumers::run(&context, node, &stopped);
                });
                if started.is_err() {
                    // Nothing of it runs then.
                    outbox.backlog().close(Instant::now());
                }
                Some(started?)
            }
        };
        Ok(Queue {
            outbox,
            health,
            stop,
            ended,
            sender,
            consumers,
        })
    }
}

/// A queue in use: the thread that sends, and the one that has it read.
pub struct Queue {
    outbox: Arc<Outbox>,
    health: Arc<QueueHealth>,
    stop: Sender<()>,
    /// Disconnected once both threads have ended.
    ended: Receiver<()>,
    sender: JoinHandle<()>,
    consumers: Option<JoinHandle<()>>,
}

/// What a queue did not accept until the stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLeft {
    /// How many events.
    pub events: u64,
    /// Where they are kept for the next start; `None` if they are lost.
    pub path: Option<PathBuf>,
    /// What the queue said.
    pub why: String,
}

impl Queue {
    /// How it does.
    pub fn health(&self) -> &Arc<QueueHealth> {
        &self.health
    }

    /// Ends it: what waits is sent until `deadline`, and nothing more is received. Returns what was not sent.
    pub fn stop(self, deadline: Instant) -> Option<QueueLeft> {
        drop(self.stop);
        self.outbox.backlog().close(deadline);
        // The last try of the sender, and the last transaction of those who read, may have begun just before.
        let late = deadline + Duration::from_secs(2);
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_deadline(late) {
            tracing::warn!("what sends to the queue or reads it did not end in time");
        } else {
            // A panic was reported where it happened.
            let _ = self.sender.join();
            if let Some(consumers) = self.consumers {
                let _ = consumers.join();
            }
        }
        let events = self.outbox.backlog().events();
        (events > 0).then(|| QueueLeft {
            events,
            path: self.outbox.folder().map(|folder| folder.path().to_owned()),
            why: self
                .health
                .sending
                .last_failure()
                .unwrap_or_else(|| "there was no time to send them".to_owned()),
        })
    }
}
