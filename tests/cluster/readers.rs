//! Readers of several nodes who remember each read: whose it was, of which post, and whether its answer was there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::support::{Client, WAIT_LIMIT, http, until_within};

/// After so many reads a reader goes to another node.
const READS_A_CONNECTION: usize = 40;

/// The pause before a reader who found nobody listening tries again.
const RECONNECT: Duration = Duration::from_millis(20);

/// How the reads are chosen.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub clients: usize,
    /// The posts `post-0` and so on.
    pub posts: u32,
    /// Viewers, each of whom may be any client's; `None`: each read is another viewer's.
    pub viewers: Option<u32>,
    /// Between two reads of a client.
    pub pause: Duration,
}

/// A read that was sent, and not refused.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub viewer: u32,
    pub post: u32,
    /// Whether its answer, a 200, was there whole.
    pub is_answered: bool,
    /// When that was, since the readers started, and how long it had taken.
    pub at: Duration,
    pub took: Duration,
}

/// Readers at work.
pub struct Readers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Vec<Read>>>,
}

struct Shared {
    addresses: Vec<SocketAddr>,
    habits: Habits,
    start: Instant,
    stop: AtomicBool,
    answered: AtomicU64,
}

impl Readers {
    pub fn start(addresses: Vec<SocketAddr>, habits: Habits) -> Self {
        let shared = Arc::new(Shared {
            addresses,
            habits,
            start: Instant::now(),
            stop: AtomicBool::new(false),
            answered: AtomicU64::new(0),
        });
        let threads = (0..habits.clients)
            .map(|client| {
                let reader = Reader {
                    shared: Arc::clone(&shared),
                    client: u32::try_from(client).expect("few"),
                    random: Rng::new(),
                    reads: Vec::new(),
                };
                let thread = std::thread::Builder::new().name(format!("reader-{client}"));
                thread.spawn(move || reader.run()).expect("a thread")
            })
            .collect();
        Self { shared, threads }
    }

    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// How long they have been at it.
    pub fn elapsed(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// Waits until so many reads are answered.
    pub fn read_until(&self, limit: Duration, answered: u64) {
        until_within(limit, "readers are answered", || {
            self.answered() >= answered
        });
    }

    /// Lets each finish the read it is at.
    pub fn finish(self) -> Vec<Read> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let reads = self.threads.into_iter().map(JoinHandle::join);
        reads
            .flat_map(|reads| reads.expect("a reader never panics"))
            .collect()
    }
}

/// How many were answered.
pub fn answered(reads: &[Read]) -> i64 {
    let answered = reads.iter().filter(|read| read.is_answered).count();
    i64::try_from(answered).expect("fewer than that")
}

/// How long the answers within a span took: the median, the 99th percentile, the slowest.
pub fn latencies(reads: &[Read], from: Duration, to: Duration) -> [Duration; 3] {
    let mut took: Vec<Duration> = reads
        .iter()
        .filter(|read| read.is_answered && read.at >= from && read.at < to)
        .map(|read| read.took)
        .collect();
    assert!(!took.is_empty(), "nothing was answered");
    took.sort_unstable();
    let last = took.len() - 1;
    [50, 99, 100].map(|percent| took[last * percent / 100])
}

struct Reader {
    shared: Arc<Shared>,
    client: u32,
    random: Rng,
    reads: Vec<Read>,
}

impl Reader {
    fn run(mut self) -> Vec<Read> {
        while self.goes_on() {
            let node = self.random.usize(..self.shared.addresses.len());
            match Client::try_connect(self.shared.addresses[node], WAIT_LIMIT) {
                Ok(connection) => self.use_up(connection),
                Err(_) => std::thread::sleep(RECONNECT),
            }
        }
        self.reads
    }

    fn goes_on(&self) -> bool {
        !self.shared.stop.load(Ordering::Relaxed)
    }

    fn use_up(&mut self, mut connection: Client) {
        for _ in 0..READS_A_CONNECTION {
            std::thread::sleep(self.shared.habits.pause);
            if !self.goes_on() {
                return;
            }
            let (viewer, post) = self.choose();
            let path = format!("/posts/post-{post}");
            let name = format!("viewer-{viewer}");
            let request = http::request_bytes("GET", &path, &[("Viewer-Id", &name)], b"");
            let sent = Instant::now();
            let answer = match connection.send(&request) {
                Ok(()) => connection.read(),
                Err(error) => Err(error),
            };
            let is_answered = match &answer {
                // A post that is in no memory, while the store is away: no view.
                Ok(Some(answer)) if answer.status == 503 => continue,
                Ok(Some(answer)) => {
                    assert_eq!(answer.status, 200, "{answer:?}");
                    self.shared.answered.fetch_add(1, Ordering::Relaxed);
                    true
                }
                Ok(None) | Err(_) => false,
            };
            self.reads.push(Read {
                viewer,
                post,
                is_answered,
                at: self.shared.start.elapsed(),
                took: sent.elapsed(),
            });
            if !answer.is_ok_and(|answer| answer.is_some_and(|answer| !answer.closes())) {
                return;
            }
        }
    }

    fn choose(&mut self) -> (u32, u32) {
        let habits = self.shared.habits;
        let Some(viewers) = habits.viewers else {
            let number = u32::try_from(self.reads.len()).expect("fewer than that");
            return (self.client * 10_000_000 + number, number % habits.posts);
        };
        // One in five reads once more what was read, most often on another node.
        match self.reads.len() {
            read if read > 0 && self.random.u32(..5) == 0 => {
                let read = self.reads[self.random.usize(read.saturating_sub(100)..read)];
                (read.viewer, read.post)
            }
            _ => (self.random.u32(..viewers), self.random.u32(..habits.posts)),
        }
    }
}
