//! The window is a set: a thousand random sequences, in random order, split at random over counters, batches, replays,
//! restarts and imports of logs, each come to the size of the set of post, viewer and window.
//!
//! Part of the crate's unit tests, in the module that has the importer of logs: times are chosen here, and a server's are
//! its clock's. `served_in_any_order` does a few with the executable.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::importer::{Importer, Options};
use crate::counter::{CounterConfig, CounterPool, EventSink, OverflowPolicy};
use crate::import::log::LogReader;
use crate::metrics::Metrics;
use crate::model::{Batch, PostId, TimestampMs, ViewEvent, Viewer};
use crate::rules::anonymous::{Client, LogSalts, Salt, number};
use crate::sink::{BatchSink, SinkHealth, Written};
use crate::store::{self, LoggedPost, Store, StoreOptions, StoreUrl};

const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;

/// Lengths of windows, in seconds: such as divide a day, and such as do not.
const LENGTHS: [u64; 6] = [1, 10, 3_600, 7 * 3_600, 86_400, 10 * 86_400];

const SEQUENCES: u64 = 1_000;

const AGENT: &str = "Firefox";

/// Reader and time, in whole seconds, as logs have it. A reader is another viewer each day.
type Read = (usize, i64);

/// Says which sequence failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the sequence of seed {} failed", self.0);
        }
    }
}

#[test]
fn a_thousand_sequences_in_any_order_count_as_the_set_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut databases = LENGTHS.map(|length| Site::new(folder.path(), length));
    for seed in 0..SEQUENCES {
        let failing = Seed(seed);
        let mut random = Rng::with_seed(seed);
        let which = random.usize(..LENGTHS.len());
        databases[which].play(&mut random, seed);
        drop(failing);
    }
    for site in &databases {
        let found = site.store.check(false, &mut |found| panic!("{found:?}"));
        assert_eq!(found.expect("a check").found, 0);
    }
}

/// A database with one length of window.
struct Site {
    url: StoreUrl,
    log: PathBuf,
    window: Duration,
    store: Arc<dyn Store>,
    /// As one command has it for all its logs. A restart ends it.
    importer: Option<Importer>,
    /// The store's for readers in logs: here all readers have it, so that the ways in meet.
    key: Salt,
    /// Makes each log's beginning another.
    logs: usize,
}

impl Site {
    fn new(folder: &Path, seconds: u64) -> Self {
        let file = folder.join(format!("window-{seconds}.db"));
        let url: StoreUrl = format!("sqlite:{}", file.display())
            .parse()
            .expect("a store");
        let window = Duration::from_secs(seconds);
        let store = open(&url, window);
        let key = store.log_key([7; 16]).expect("a key");
        let log = file.with_extension("log");
        Self {
            url,
            log,
            window,
            store,
            importer: None,
            key,
            logs: 0,
        }
    }

    fn play(&mut self, random: &mut Rng, seed: u64) {
        let slug = format!("p{seed}");
        let found = self
            .store
            .find_or_create(&[LoggedPost::of_slug(&slug, TimestampMs(0))], true)
            .expect("a post");
        let post = found.ids[0].expect("just made");
        let reads = reads(random, self.window);
        let mut rest = &reads[..];
        while !rest.is_empty() {
            let (part, others) = rest.split_at(random.usize(1..=rest.len()));
            rest = others;
            match random.u32(..4) {
                0 => self.count(random, post, part),
                1 => self.write(random, post, part),
                2 => self.replay(post, part, seed, rest.len()),
                _ => self.import(random, &slug, part),
            }
            if random.u32(..8) == 0 {
                // A restart.
                (self.store, self.importer) = (open(&self.url, self.window), None);
            }
        }
        self.assert_is_the_set(post, &reads);
    }

    fn assert_is_the_set(&self, post: PostId, reads: &[Read]) {
        let window = i64::try_from(self.window.as_millis()).expect("a length");
        let viewers: BTreeSet<(usize, i64)> = reads
            .iter()
            .map(|&(reader, at)| (reader, at.div_euclid(DAY)))
            .collect();
        let set: BTreeSet<(usize, i64, i64)> = reads
            .iter()
            .map(|&(reader, at)| (reader, at.div_euclid(DAY), at.div_euclid(window)))
            .collect();
        let (_, found) = self
            .store
            .tally(crate::model::PostKey::Id(post))
            .expect("numbers")
            .expect("a post");
        let (views, all) = (set.len() as i64, reads.len() as u64);
        assert_eq!(
            (found.views, found.uncounted.duplicate, found.viewers),
            (views, all - set.len() as u64, viewers.len() as i64),
            "windows of {:?}: {reads:?}",
            self.window
        );
        let hours = self.store.hours(post, None).expect("hours");
        assert_eq!(hours.iter().map(|(_, views)| views).sum::<i64>(), views);
    }

    fn event(&self, post: PostId, (reader, at): Read) -> ViewEvent {
        let at = TimestampMs(at);
        let address = address(reader);
        let number = number(
            LogSalts::new(self.key).at(at),
            Client::parse(&address),
            AGENT,
        );
        ViewEvent {
            post,
            at,
            viewer: Some(Viewer::Anonymous(number)),
            uncounted: None,
        }
    }

    /// By counters, as a server does.
    fn count(&self, random: &mut Rng, post: PostId, reads: &[Read]) {
        let counters = random.usize(1..=4);
        let config = CounterConfig {
            queue_capacity: random.usize(1..16),
            counters,
            max_counters: counters,
            flush_every: Duration::from_micros(random.u64(..2_000)),
            batch_max: random.usize(1..20),
            viewer_memory: 1 << 20,
            overflow: match random.bool() {
                true => OverflowPolicy::Coalesce,
                false => OverflowPolicy::Wait,
            },
            overflow_wait: Duration::from_millis(1),
            scale_after: Duration::from_secs(60),
            retire_after: Duration::from_secs(60),
        };
        let sink: Arc<dyn BatchSink> = Arc::clone(&self.store) as _;
        let (metrics, health) = (Arc::new(Metrics::new(0)), Arc::new(SinkHealth::default()));
        let (pool, sender) =
            CounterPool::start(config, sink, None, metrics, health).expect("threads");
        let (one, other) = reads.split_at(reads.len() / 2);
        std::thread::scope(|scope| {
            for part in [one, other] {
                let sender = &sender;
                scope.spawn(move || {
                    part.iter().for_each(|read| {
                        sender.send(sender.record(self.event(post, *read)), &mut || {})
                    })
                });
            }
        });
        pool.drain_by(std::time::Instant::now() + Duration::from_secs(30));
        sender.close();
        let left = pool.join();
        assert_eq!((left.batch.events(), pool.lost()), (0, 0));
    }

    /// In one batch, as it is made for this window or for any.
    fn write(&self, random: &mut Rng, post: PostId, reads: &[Read]) {
        let mut batch = match random.bool() {
            true => Batch::new(self.store.dedup_window()),
            false => Batch::default(),
        };
        reads
            .iter()
            .for_each(|read| batch.add(self.event(post, *read)));
        let written = self.store.write(&batch).expect("a write");
        assert!(matches!(written, Written::Applied(_)));
    }

    /// As what a stop kept, read back from its file, and once more.
    fn replay(&self, post: PostId, reads: &[Read], seed: u64, left: usize) {
        let mut batch = Batch::new(self.store.dedup_window());
        reads
            .iter()
            .for_each(|read| batch.add(self.event(post, *read)));
        let text = serde_json::to_string(&batch).expect("text");
        let kept: Batch = serde_json::from_str(&text).expect("a batch");
        let id = format!("{seed}-{left}");
        let replay = || {
            self.store
                .replay(&id, &kept, TimestampMs(0))
                .expect("an answer")
                .is_some()
        };
        assert!(replay() && !replay());
    }

    /// From a log, whole or as it grows.
    fn import(&mut self, random: &mut Rng, slug: &str, reads: &[Read]) {
        self.logs += 1;
        let mut log = format!(
            "h - - [01/Jan/2020:00:00:00 +0000] \"HEAD /{} HTTP/1.1\" 200 1\n",
            self.logs
        );
        let grown = random.usize(..=reads.len());
        for (number, (reader, at)) in reads.iter().enumerate() {
            if number == grown {
                self.import_text(&log);
            }
            let time = TimestampMs(*at)
                .timestamp()
                .to_zoned(jiff::tz::TimeZone::UTC);
            let (address, time) = (address(*reader), time.strftime("%d/%b/%Y:%H:%M:%S %z"));
            writeln!(
                log,
                "{address} - - [{time}] \"GET /{slug} HTTP/1.1\" 200 1 \"-\" \"{AGENT}\""
            )
            .expect("a String takes it");
        }
        self.import_text(&log);
    }

    fn import_text(&mut self, log: &str) {
        std::fs::write(&self.log, log).expect("a file");
        let importer = self.importer.get_or_insert_with(|| {
            let reader = LogReader::new(vec![Default::default()], self.key, false);
            Importer::new(
                Arc::clone(&self.store),
                reader,
                Vec::new(),
                Options::default(),
            )
        });
        importer.import(&self.log).expect("an import");
        assert_eq!((importer.report.failed, importer.report.unparsable), (0, 0));
    }
}

fn open(url: &StoreUrl, dedup_window: Duration) -> Arc<dyn Store> {
    store::open(
        url,
        StoreOptions {
            dedup_window,
            ..StoreOptions::default()
        },
    )
    .expect("it opens")
}

fn address(reader: usize) -> String {
    format!("192.0.2.{reader}")
}

/// Random reads of a few readers around a few edges of windows, in random order.
fn reads(random: &mut Rng, window: Duration) -> Vec<Read> {
    let window = i64::try_from(window.as_secs()).expect("a length");
    let start = 1_600_000_000_i64.div_euclid(window) * window;
    let mut reads: Vec<Read> = (0..random.usize(1..60))
        .map(|_| {
            let edge = start + random.i64(-3..3) * window;
            let near = match random.u32(..3) {
                0 => random.i64(-1..2),
                1 => random.i64(-window..=window),
                _ => 0,
            };
            (random.usize(..5), (edge + near) * SECOND)
        })
        .collect();
    random.shuffle(&mut reads);
    reads
}
