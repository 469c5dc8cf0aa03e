//! Readers by the dozen: keep-alive clients that read posts until told to stop and count what they got.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Client, http, until};

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<LoadResult>>,
    start: Instant,
}

/// One answer: when it was there whole since the start of the load, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub at: Duration,
    pub took: Duration,
}

/// What clients received.
#[derive(Debug, Default)]
pub struct LoadResult {
    /// Every 200 that was received to its last byte.
    pub answers: Vec<Answer>,
    /// How many answers were neither a 200 nor a 503.
    pub unexpected: Vec<u16>,
    /// How many were 503.
    pub refused: u64,
    /// How many requests saw the connection end before their answer; a response may have been under way.
    pub cut: u64,
}

impl Load {
    /// Starts `clients` that read `paths` in turn.
    pub fn start(address: SocketAddr, clients: usize, paths: &[String]) -> Self {
        let requests: Vec<Vec<u8>> = paths
            .iter()
            .map(|path| http::request_bytes("GET", path, &[], b""))
            .collect();
        Self::start_each(address, clients, move |_, turn| {
            requests[turn % requests.len()].clone()
        })
    }

    /// The same where each read is another viewer's, told apart by the address that a trusted proxy reports.
    pub fn start_of_many_viewers(address: SocketAddr, clients: usize, paths: &[String]) -> Self {
        let paths = paths.to_vec();
        Self::start_each(address, clients, move |client, turn| {
            let viewer = format!("2001:db8::{client:x}:{:x}:{:x}", turn >> 16, turn & 0xffff);
            let path = &paths[turn % paths.len()];
            http::request_bytes("GET", path, &[("X-Forwarded-For", &viewer)], b"")
        })
    }

    /// Starts clients whose requests are made from the client's number and the request's.
    fn start_each(
        address: SocketAddr,
        clients: usize,
        request: impl Fn(usize, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let start = Instant::now();
        let request = Arc::new(request);
        let clients = (0..clients)
            .map(|number| {
                let reader = Reader {
                    address,
                    stop: Arc::clone(&stop),
                    answered: Arc::clone(&answered),
                    request: Arc::clone(&request) as _,
                    start,
                };
                let thread = std::thread::Builder::new()
                    .name(format!("reader-{number}"))
                    .stack_size(512 * 1024);
                thread
                    .spawn(move || reader.read_on(number))
                    .expect("a thread")
            })
            .collect();
        Self {
            stop,
            answered,
            clients,
            start,
        }
    }

    /// The 200s received until now.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// How long the load has been on.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Keeps the load on for this long, and until there is an answer at all.
    pub fn run_for(&self, time: Duration) {
        let end = Instant::now() + time;
        until("the load is answered", || self.answered() > 0);
        while Instant::now() < end {
            std::thread::sleep(
                Duration::from_millis(2).min(end.saturating_duration_since(Instant::now())),
            );
        }
    }

    /// Tells the clients to stop and adds up what they received.
    pub fn finish(self) -> LoadResult {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = LoadResult::default();
        for client in self.clients {
            all.add(client.join().expect("a client never panics"));
        }
        all
    }
}

/// From a client's number and the request's.
type MakeRequest = dyn Fn(usize, usize) -> Vec<u8> + Send + Sync;

struct Reader {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    request: Arc<MakeRequest>,
    start: Instant,
}

impl Reader {
    fn read_on(self, number: usize) -> LoadResult {
        let mut result = LoadResult::default();
        let mut turn = number;
        while !self.stop.load(Ordering::Relaxed) {
            match Client::try_connect(self.address, super::WAIT_LIMIT) {
                Ok(client) => self.use_up(client, number, &mut turn, &mut result),
                // Nobody listens (any more): look again until told to stop.
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        result
    }

    /// Reads on one connection until it ends or the load does.
    fn use_up(&self, mut client: Client, number: usize, turn: &mut usize, result: &mut LoadResult) {
        while !self.stop.load(Ordering::Relaxed) {
            let request = (self.request)(number, *turn);
            *turn += 1;
            let sent = Instant::now();
            if client.send(&request).is_err() {
                return;
            }
            match client.read() {
                Ok(Some(response)) => {
                    match response.status {
                        200 => {
                            result.answers.push(Answer {
                                at: self.start.elapsed(),
                                took: sent.elapsed(),
                            });
                            self.answered.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => result.refused += 1,
                        other => result.unexpected.push(other),
                    }
                    if response.closes() {
                        return;
                    }
                }
                Ok(None) | Err(_) => {
                    result.cut += 1;
                    return;
                }
            }
        }
    }
}

impl LoadResult {
    fn add(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.unexpected.extend(other.unexpected);
        self.refused += other.refused;
        self.cut += other.cut;
    }

    /// How many 200s.
    pub fn answered(&self) -> i64 {
        i64::try_from(self.answers.len()).expect("fewer than that")
    }

    /// The answers of a span of the load.
    pub fn between(&self, from: Duration, to: Duration) -> Self {
        let within = |answer: &&Answer| answer.at >= from && answer.at < to;
        Self {
            answers: self.answers.iter().filter(within).copied().collect(),
            ..Self::default()
        }
    }

    /// The latency that this share of the answers did not exceed; 1.0 is the slowest.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut took: Vec<Duration> = self.answers.iter().map(|answer| answer.took).collect();
        assert!(!took.is_empty(), "no answers to rank");
        took.sort_unstable();
        let last = took.len() - 1;
        took[((last as f64) * share).round() as usize]
    }

    /// `n answers, p50 …, p99 …, slowest …`
    pub fn latencies(&self) -> String {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| self.quantile(share));
        format!(
            "{} answers, p50 {p50:.1?}, p99 {p99:.1?}, slowest {max:.1?}",
            self.answers.len()
        )
    }
}
