//! Readers who remember each answer: whose view it was, of which post, and when it was there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use fastrand::Rng;

use crate::support::{Client, WAIT_LIMIT, http, until};

pub const CLIENTS: usize = 64;

/// The posts read: `post-0` and so on.
pub const POSTS: usize = 8;

/// The client that `--exclude` names.
pub const EXCLUDED: &str = "192.0.2.1";

/// Reads that each client makes without a pause, so that a round has a time of overload.
const BURST: usize = 300;

/// The pause before each later read: the load lasts as long as the round, whose database stays small.
const PAUSE: Duration = Duration::from_millis(20);

/// The pause before a client that found nobody listening tries again. All of them at short intervals would take the
/// processors from the server that stops, or starts.
const RECONNECT: Duration = Duration::from_millis(50);

/// What a request is, to the counting rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A read, or a beacon, by the viewer of this number.
    Named(u32),
    Bot,
    Prefetch,
    Excluded,
    /// A read that asks not to be counted.
    OptedOut,
}

/// One request for which the server may have counted something.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub post: usize,
    pub sort: Sort,
    /// Whether its answer was there whole; not where the connection ended before.
    pub is_answered: bool,
}

/// What one reader did.
pub struct Reads {
    pub client: usize,
    pub reads: Vec<Read>,
    /// Answers that were no view, no refusal by a drain, and no missing post.
    pub unexpected: Vec<String>,
}

/// The name of a viewer.
pub fn name(client: usize, number: u32) -> String {
    format!("client-{client}-{number}")
}

/// The load.
pub struct Readers {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    threads: Vec<JoinHandle<Reads>>,
}

impl Readers {
    pub fn start(address: SocketAddr, seed: u64) -> Self {
        let (stop, answered) = (Arc::default(), Arc::default());
        let threads = (0..CLIENTS)
            .map(|client| {
                let reader = Reader {
                    address,
                    client,
                    stop: Arc::clone(&stop),
                    answered: Arc::clone(&answered),
                    random: Rng::with_seed(seed.wrapping_mul(1_000).wrapping_add(client as u64)),
                    last: None,
                    next: 0,
                };
                let thread = std::thread::Builder::new().name(format!("reader-{client}"));
                thread.spawn(move || reader.run()).expect("a thread")
            })
            .collect();
        Self {
            stop,
            answered,
            threads,
        }
    }

    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Lets them read for so long, and until some more is answered.
    pub fn read_for(&self, time: Duration) {
        let before = self.answered();
        crate::support::let_pass(time);
        until("readers are answered", || self.answered() > before);
    }

    /// Lets each finish the request it is at.
    pub fn finish(&mut self) -> Vec<Reads> {
        self.stop.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut self.threads).into_iter();
        threads
            .map(|thread| thread.join().expect("a reader never panics"))
            .collect()
    }
}

struct Reader {
    address: SocketAddr,
    client: usize,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    random: Rng,
    /// The last viewer and post, to be repeated.
    last: Option<(u32, usize)>,
    next: u32,
}

impl Reader {
    fn run(mut self) -> Reads {
        let mut reads = Reads {
            client: self.client,
            reads: Vec::new(),
            unexpected: Vec::new(),
        };
        while self.goes_on() {
            match Client::try_connect(self.address, WAIT_LIMIT) {
                Ok(connection) => self.use_up(connection, &mut reads),
                // Nobody listens between a stop and the next start.
                Err(_) => std::thread::sleep(RECONNECT),
            }
        }
        reads
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Reads on one connection until it ends, or the load does.
    fn use_up(&mut self, mut connection: Client, reads: &mut Reads) {
        while self.goes_on() {
            if reads.reads.len() >= BURST {
                std::thread::sleep(PAUSE);
            }
            let (post, sort) = self.choose();
            let (method, request) = self.request(post, sort);
            if connection.send(&request).is_err() {
                // What was sent of it may have arrived whole.
                reads.note(post, sort, false);
                return;
            }
            match connection.read_for(method) {
                Ok(Some(answer)) => {
                    match answer.status {
                        200 | 202 => {
                            self.answered.fetch_add(1, Ordering::Relaxed);
                            reads.note(post, sort, true);
                            let outcome = answer.header("View-Outcome");
                            if method == "GET" && outcome != Some(sort.outcome()) {
                                reads.unexpected.push(format!("{sort:?}: {answer:?}"));
                            }
                        }
                        503 | 404 => {}
                        _ => reads.unexpected.push(format!("{sort:?}: {answer:?}")),
                    }
                    if answer.closes() {
                        return;
                    }
                }
                Ok(None) | Err(_) => {
                    reads.note(post, sort, false);
                    return;
                }
            }
        }
    }

    fn choose(&mut self) -> (usize, Sort) {
        let post = self.random.usize(..POSTS);
        match self.random.u32(..100) {
            0..6 => (post, Sort::Bot),
            6..10 => (post, Sort::Prefetch),
            10..14 => (post, Sort::Excluded),
            14..16 => (post, Sort::OptedOut),
            16..30 if self.last.is_some() => {
                let (viewer, post) = self.last.expect("just seen");
                (post, Sort::Named(viewer))
            }
            _ => {
                self.next += 1;
                self.last = Some((self.next, post));
                (post, Sort::Named(self.next))
            }
        }
    }

    fn request(&mut self, post: usize, sort: Sort) -> (&'static str, Vec<u8>) {
        let path = format!("/posts/post-{post}");
        let get =
            |headers: &[(&str, &str)]| ("GET", http::request_bytes("GET", &path, headers, b""));
        match sort {
            Sort::Named(viewer) => {
                let name = name(self.client, viewer);
                let headers = [("Viewer-Id", &*name)];
                if self.random.u32(..10) > 0 {
                    return get(&headers);
                }
                let beacon = format!("{path}/views");
                ("POST", http::request_bytes("POST", &beacon, &headers, b""))
            }
            Sort::Bot => get(&[(
                "User-Agent",
                "Googlebot/2.1 (+http://www.google.com/bot.html)",
            )]),
            Sort::Prefetch => get(&[("Sec-Purpose", "prefetch")]),
            Sort::Excluded => get(&[("X-Forwarded-For", EXCLUDED)]),
            Sort::OptedOut => {
                let path = format!("{path}?count=false");
                ("GET", http::request_bytes("GET", &path, &[], b""))
            }
        }
    }
}

impl Reads {
    fn note(&mut self, post: usize, sort: Sort, is_answered: bool) {
        if sort != Sort::OptedOut {
            self.reads.push(Read {
                post,
                sort,
                is_answered,
            });
        }
    }
}

impl Sort {
    /// What `View-Outcome` says of it.
    fn outcome(self) -> &'static str {
        match self {
            Sort::Named(_) => "accepted",
            Sort::Bot => "bot",
            Sort::Prefetch => "prefetch",
            Sort::Excluded => "excluded",
            Sort::OptedOut => "not-asked",
        }
    }
}
