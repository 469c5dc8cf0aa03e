//! All metrics, each declared once with its help text.

mod outcome_label;
mod queue;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::outcome_label::OutcomeLabel;
pub use self::queue::{PartitionLabel, QueueMetrics};
use crate::model::{DrainRecord, Reason, Uncounted};

/// The labels of an answered request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answer {
    /// The route's name, from a fixed set: clients cannot create labels.
    pub route: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The histograms that one thread has used. A lookup in the family costs a hash, and a lock that all threads share.
/// Bounded by the number of routes and statuses.
#[derive(Debug, Default)]
pub struct HistogramCache(Vec<(Answer, Histogram)>);

/// The metrics of the process, shared by all threads. Each is atomic or locked for one addition.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Histogram, fn() -> Histogram>,
    answered_total: Counter,
    /// Requests being answered or waiting for the store.
    pub requests_in_flight: Gauge,
    /// Open client connections.
    pub connections: Gauge,
    /// Worker threads.
    pub http_threads: Gauge,
    /// Connections closed to make room for others.
    pub connections_displaced: Counter,
    /// Connections refused because their address had too many.
    pub connections_refused: Counter,
    /// Bytes of responses that clients have not taken yet.
    pub unsent_bytes: Gauge,
    /// Events on the channel.
    pub channel_depth: Gauge,
    /// Entries waiting in the overflow.
    pub overflow_entries: Gauge,
    /// Events that requests have sent, counted or not.
    pub events_sent: Counter,
    /// Times a sender found the channel full.
    pub channel_full: Counter,
    events: Family<OutcomeLabel, Counter<u64, AtomicU64>>,
    nodes: Family<Vec<(String, String)>, Gauge>,
    batch_events: Histogram,
    commit_seconds: Histogram,
    /// Commits that failed and will be tried again.
    pub store_failures: Counter,
    /// Counters running.
    pub counters_running: Gauge,
    /// Counters started in addition to the first ones.
    pub counters_started: Counter,
    /// Additional counters that have ended.
    pub counters_retired: Counter,
    /// Panics while counting.
    pub counter_panics: Counter,
    /// Events lost in those panics.
    pub events_lost: Counter,
    /// Views whose viewer there was no memory for.
    pub views_without_viewer: Counter,
    /// Events counted at start that an earlier run had left.
    pub recovered_events: Counter,
    /// Bytes of the journal.
    pub journal_bytes: Gauge,
    /// Whether the file system does not take the journal.
    pub journal_failing: Gauge,
    /// Events committed that the journal had until then.
    pub journal_events: Counter,
    /// Events that are not in the journal.
    pub journal_unwritten: Counter,
    last_drain_time: Gauge,
    last_drain_seconds: Gauge<f64, AtomicU64>,
    last_drain_unwritten: Gauge,
    /// Of an external queue.
    pub queue: QueueMetrics,
    /// Events that left this process's counters: to the store, or to a queue.
    delivered: AtomicU64,
    /// Events the channel can hold.
    pub channel_capacity: usize,
    created: Instant,
    /// The last commit, in milliseconds after `created`; 0 before the first.
    last_commit: AtomicU64,
}

impl Metrics {
    /// Declares all metrics.
    pub fn new(channel_capacity: usize) -> Metrics {
        let mut registry = Registry::with_prefix("viewtally");
        let r = &mut registry;
        let requests = Family::new_with_constructor(seconds_to_ten as fn() -> Histogram);
        r.register_with_unit(
            "http_request_duration",
            "Time from reading a request's head to writing its response, by route and status",
            Unit::Seconds,
            requests.clone(),
        );
        let gauge = |r: &mut Registry, name: &str, help: &str| {
            let gauge = Gauge::default();
            r.register(name, help, gauge.clone());
            gauge
        };
        let counter = |r: &mut Registry, name: &str, help: &str| {
            let counter = Counter::default();
            r.register(name, help, counter.clone());
            counter
        };
        let answered_total = counter(r, "http_requests", "Requests answered");
        let requests_in_flight = gauge(
            r,
            "http_requests_in_flight",
            "Requests being answered or waiting for the store",
        );
        let connections = gauge(r, "connections", "Open client connections");
        let http_threads = gauge(r, "http_threads", "Worker threads");
        let connections_displaced = counter(
            r,
            "connections_displaced",
            "Connections closed to make room, of the address that held the most",
        );
        let connections_refused = counter(
            r,
            "connections_refused",
            "Connections refused because of --max-connections-per-address",
        );
        let unsent_bytes = gauge(
            r,
            "unsent_bytes",
            "Memory of responses that clients have not taken yet, in bytes",
        );
        let channel_depth = gauge(r, "channel_depth", "Events on the channel to the counters");
        gauge(r, "channel_capacity", "Events the channel can hold")
            .set(i64::try_from(channel_capacity).unwrap_or(i64::MAX));
        let overflow_entries = gauge(
            r,
            "overflow_entries",
            "Entries in the overflow, waiting for a counter's next batch",
        );
        let events_sent = counter(
            r,
            "events_sent",
            "Events that requests have sent to the counters, counted or not",
        );
        let channel_full = counter(r, "channel_full", "Times a request found the channel full");
        let events = Family::default();
        r.register(
            "events",
            "Events written to the store, by outcome",
            events.clone(),
        );
        let nodes = Family::default();
        r.register("node", "1 for the name of this node", nodes.clone());
        let batch_events = Histogram::new((0..8).map(|n| 10_f64.powi(n)));
        r.register(
            "batch_events",
            "Events committed in one transaction",
            batch_events.clone(),
        );
        let commit_seconds = seconds_to_ten();
        r.register_with_unit(
            "commit_duration",
            "Time of one commit",
            Unit::Seconds,
            commit_seconds.clone(),
        );
        let store_failures = counter(
            r,
            "store_failures",
            "Commits that failed; the batch is kept and tried again",
        );
        let counters_running = gauge(r, "counters_running", "Counter threads running");
        let counters_started = counter(
            r,
            "counters_started",
            "Counter threads started because the channel stayed full",
        );
        let counters_retired = counter(
            r,
            "counters_retired",
            "Counter threads that ended because the channel had room again",
        );
        let counter_panics = counter(
            r,
            "counter_panics",
            "Panics while counting; the counter continues with its batch",
        );
        let events_lost = counter(r, "events_lost", "Events lost in those panics");
        let views_without_viewer = counter(
            r,
            "views_without_viewer",
            "Views whose viewer there was no memory for while the store was away: counted without a viewer, or dropped with --dedup-window",
        );
        let recovered_events = counter(
            r,
            "recovered_events",
            "Events counted at start that an earlier run had left in its journal",
        );
        let journal_bytes = gauge(r, "journal_bytes", "Size of the journal's files");
        let journal_failing = gauge(
            r,
            "journal_failing",
            "1 while the disk does not take the journal, as when it is full",
        );
        let journal_events = counter(
            r,
            "journal_events",
            "Events committed that were in the journal until then",
        );
        let journal_unwritten = counter(
            r,
            "journal_unwritten",
            "Events for which the journal had no room ready: counted, or dropped if the process dies before that",
        );
        let last_drain_time = gauge(
            r,
            "last_drain_timestamp_seconds",
            "When the previous run stopped, in seconds since 1970; 0 if there was none",
        );
        let last_drain_seconds = Gauge::default();
        r.register(
            "last_drain_seconds",
            "How long the previous run took to stop",
            last_drain_seconds.clone(),
        );
        let last_drain_unwritten = gauge(
            r,
            "last_drain_unwritten_events",
            "Events that the previous run could not write: spilled to a file, or lost",
        );
        let metrics = Metrics {
            requests,
            answered_total,
            requests_in_flight,
            connections,
            http_threads,
            connections_displaced,
            connections_refused,
            unsent_bytes,
            channel_depth,
            overflow_entries,
            events_sent,
            channel_full,
            events,
            nodes,
            batch_events,
            commit_seconds,
            store_failures,
            counters_running,
            counters_started,
            counters_retired,
            counter_panics,
            events_lost,
            views_without_viewer,
            recovered_events,
            journal_bytes,
            journal_failing,
            journal_events,
            journal_unwritten,
            last_drain_time,
            last_drain_seconds,
            last_drain_unwritten,
            queue: QueueMetrics::default(),
            delivered: AtomicU64::new(0),
            channel_capacity,
            created: Instant::now(),
            last_commit: AtomicU64::new(0),
            registry,
        };
        // Each outcome exists from the start, at zero, so that its rate is defined before the first event.
        metrics.committed(0, &Uncounted::default());
        metrics
    }

    /// Shows the metrics of an external queue.
    pub fn show_queue(&mut self) {
        self.queue.register(&mut self.registry);
    }

    /// Records an answered request. `known` is the calling thread's cache.
    pub fn answered(&self, known: &mut HistogramCache, answer: Answer, took: Duration) {
        self.answered_total.inc();
        let index = known.0.iter().position(|(known, _)| *known == answer);
        let index = index.unwrap_or_else(|| {
            let histogram = self.requests.get_or_create(&answer).clone();
            known.0.push((answer, histogram));
            known.0.len() - 1
        });
        known.0[index].1.observe(took.as_secs_f64());
    }

    /// Records a commit.
    pub fn observe_commit(&self, events: u64, took: Duration) {
        self.batch_events.observe(events as f64);
        self.commit_seconds.observe(took.as_secs_f64());
        let now = u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_commit.store(now.max(1), Ordering::Relaxed);
    }

    /// The time since the last commit; `None` before the first.
    pub fn since_commit(&self) -> Option<Duration> {
        match self.last_commit.load(Ordering::Relaxed) {
            0 => None,
            at => Some(
                self.created
                    .elapsed()
                    .saturating_sub(Duration::from_millis(at)),
            ),
        }
    }

    /// Names this node.
    pub fn set_node(&self, name: &str) {
        let label = vec![("node".to_owned(), name.to_owned())];
        self.nodes.get_or_create(&label).set(1);
    }

    /// Records the outcomes of committed events.
    pub fn committed(&self, counted: u64, uncounted: &Uncounted) {
        let add = |name, n| {
            self.events
                .get_or_create(&OutcomeLabel::new(name))
                .inc_by(n);
        };
        add("counted", counted);
        for reason in Reason::ALL {
            add(reason.name(), uncounted.get(reason));
        }
    }

    /// Records how the previous run stopped.
    pub fn last_drain(&self, drain: &DrainRecord) {
        self.last_drain_time.set(drain.at.seconds());
        self.last_drain_seconds.set(drain.took as f64 / 1000.0);
        self.last_drain_unwritten
            .set(i64::try_from(drain.unwritten).unwrap_or(i64::MAX));
    }

    /// Requests answered so far.
    pub fn answers(&self) -> u64 {
        self.answered_total.get()
    }

    /// Records that events have left the counters.
    pub fn delivered(&self, events: u64) {
        self.delivered.fetch_add(events, Ordering::Relaxed);
    }

    /// Events that have left the counters.
    pub fn delivered_events(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Events sent that have not left the counters.
    pub fn pending(&self) -> u64 {
        self.events_sent
            .get()
            .saturating_sub(self.delivered_events())
    }

    /// Events written with an outcome: `counted` or a reason's name.
    pub fn written_as(&self, outcome: &'static str) -> u64 {
        self.events.get_or_create(&OutcomeLabel::new(outcome)).get()
    }

    /// All metrics as Prometheus text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("the text goes to a string, which takes everything");
        text
    }
}

/// A histogram from 0.1 ms to 10 s.
fn seconds_to_ten() -> Histogram {
    Histogram::new([
        0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0,
    ])
}
