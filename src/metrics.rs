//! Every metric, declared once, with the words that explain it to who scrapes it.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::model::{DrainRecord, Reason, Uncounted};

/// Which route answered, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answer {
    /// The route's name; a fixed set, so that clients cannot make labels up.
    pub route: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The histograms one thread has used: to find one again through the family costs a hash and a lock shared by all
/// threads. Bounded by the routes and statuses there are.
#[derive(Debug, Default)]
pub struct HistogramCache(Vec<(Answer, Histogram)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: OutcomeName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct OutcomeName(&'static str);

impl EncodeLabelValue for OutcomeName {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> std::fmt::Result {
        self.0.encode(encoder)
    }
}

/// The process's measurements. Shared by all threads; each metric is atomic or locked for the length of an addition.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Histogram, fn() -> Histogram>,
    answered_total: Counter,
    /// Requests being answered or waiting for the store.
    pub requests_in_flight: Gauge,
    /// Open client connections.
    pub connections: Gauge,
    /// Threads that serve.
    pub http_threads: Gauge,
    /// Connections ended to make room for others.
    pub connections_displaced: Counter,
    /// Connections beyond the bound for one address.
    pub connections_refused: Counter,
    /// Bytes of responses that clients have not taken yet.
    pub unsent_bytes: Gauge,
    /// Events on the channel.
    pub channel_depth: Gauge,
    /// Entries waiting in the overflow.
    pub overflow_entries: Gauge,
    /// Events handed over by requests, counted or not.
    pub events_sent: Counter,
    /// Times a sender found the channel full.
    pub channel_full: Counter,
    events: Family<OutcomeLabel, Counter<u64, AtomicU64>>,
    batch_events: Histogram,
    commit_seconds: Histogram,
    /// Commits that failed and will be tried again.
    pub store_failures: Counter,
    /// CounterPool running.
    pub counters_running: Gauge,
    /// CounterPool started beyond the first ones.
    pub counters_started: Counter,
    /// CounterPool retired.
    pub counters_retired: Counter,
    /// Panics while counting.
    pub counter_panics: Counter,
    /// Events lost by them.
    pub events_lost: Counter,
    /// Events applied at start from the spill files of earlier drains.
    pub replayed_events: Counter,
    last_drain_time: Gauge,
    last_drain_seconds: Gauge<f64, AtomicU64>,
    last_drain_unwritten: Gauge,
}

impl Metrics {
    /// Declares everything.
    pub fn new(channel_capacity: usize) -> Metrics {
        let mut registry = Registry::with_prefix("viewtally");
        let r = &mut registry;
        let requests = Family::new_with_constructor(seconds_to_ten as fn() -> Histogram);
        r.register_with_unit(
            "http_request_duration",
            "Time from a request's head being read to its response being written, by route and status",
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
        let http_threads = gauge(r, "http_threads", "Threads that serve");
        let connections_displaced = counter(
            r,
            "connections_displaced",
            "Connections ended to make room, of the address that held the most",
        );
        let connections_refused = counter(
            r,
            "connections_refused",
            "Connections beyond --max-connections-per-address",
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
            "Entries in the overflow, which a counter takes with its next batch",
        );
        let events_sent = counter(
            r,
            "events_sent",
            "Events handed to the counters by requests, views and uncounted alike",
        );
        let channel_full = counter(r, "channel_full", "Times a request found the channel full");
        let events = Family::default();
        r.register(
            "events",
            "Events written to the store, by outcome",
            events.clone(),
        );
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
            "Commits that failed; their batch is kept and tried again",
        );
        let counters_running = gauge(r, "counters_running", "Counter threads running");
        let counters_started = counter(
            r,
            "counters_started",
            "Counter threads started because the channel stayed full",
        );
        let counters_retired = counter(r, "counters_retired", "Counter threads retired after that");
        let counter_panics = counter(
            r,
            "counter_panics",
            "Panics while counting; the counter continues with its batch",
        );
        let events_lost = counter(r, "events_lost", "Events lost to those panics");
        let replayed_events = counter(
            r,
            "replayed_events",
            "Events applied at start from what the last drain had to spill",
        );
        let last_drain_time = gauge(
            r,
            "last_drain_timestamp_seconds",
            "When the run before this one stopped, as seconds since 1970; 0 if there was none",
        );
        let last_drain_seconds = Gauge::default();
        r.register(
            "last_drain_seconds",
            "How long that stop took",
            last_drain_seconds.clone(),
        );
        let last_drain_unwritten = gauge(
            r,
            "last_drain_unwritten_events",
            "Events that stop could not write and spilled to a file, or lost",
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
            batch_events,
            commit_seconds,
            store_failures,
            counters_running,
            counters_started,
            counters_retired,
            counter_panics,
            events_lost,
            replayed_events,
            last_drain_time,
            last_drain_seconds,
            last_drain_unwritten,
            registry,
        };
        // Outcomes are shown from the start, at zero, so that rates of them exist before the first one.
        metrics.committed(0, &Uncounted::default());
        metrics
    }

    /// A request was answered, by the thread that `known` belongs to.
    pub fn answered(&self, known: &mut HistogramCache, answer: Answer, took: Duration) {
        self.answered_total.inc();
        let place = known.0.iter().position(|(known, _)| *known == answer);
        let place = place.unwrap_or_else(|| {
            let histogram = self.requests.get_or_create(&answer).clone();
            known.0.push((answer, histogram));
            known.0.len() - 1
        });
        known.0[place].1.observe(took.as_secs_f64());
    }

    /// A batch was committed in so long.
    pub fn batch(&self, events: u64, took: Duration) {
        self.batch_events.observe(events as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// So many events reached the store.
    pub fn committed(&self, counted: u64, uncounted: &Uncounted) {
        let add = |name, n| {
            self.events
                .get_or_create(&OutcomeLabel {
                    outcome: OutcomeName(name),
                })
                .inc_by(n);
        };
        add("counted", counted);
        for reason in Reason::ALL {
            add(reason.name(), uncounted.get(reason));
        }
    }

    /// The run before this one stopped like this.
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

    /// Events sent and not yet written.
    pub fn pending(&self) -> u64 {
        self.events_sent.get().saturating_sub(self.written())
    }

    /// Events written under an outcome: `counted` or a reason's name.
    pub fn written_as(&self, outcome: &'static str) -> u64 {
        self.events
            .get_or_create(&OutcomeLabel {
                outcome: OutcomeName(outcome),
            })
            .get()
    }

    fn written(&self) -> u64 {
        let uncounted: u64 = Reason::ALL
            .into_iter()
            .map(|reason| self.written_as(reason.name()))
            .sum();
        self.written_as("counted") + uncounted
    }

    /// The Prometheus text of everything.
    pub fn render(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("the text goes to a string, which takes everything");
        text
    }
}

/// From a tenth of a millisecond to ten seconds.
fn seconds_to_ten() -> Histogram {
    Histogram::new([
        0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0,
    ])
}
