//! What attacks have in common: a server with a token, what it uses, and connections by the thousand on one thread.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::raw::{self, Conn, Options};
use super::{Home, Response, Server};

/// The token of every server that is attacked.
pub const TOKEN: &str = "sesame-4711-do-not-tell";

/// An attack ends when the server has grown to this, in KiB: the machine is not to suffer from a failing test.
pub const ENOUGH: u64 = 600 << 10;

/// A server with a token and a post `hello`.
pub fn served(home: &Home, flags: &[(&str, &str)]) -> Server {
    let server = home.serve().flag("--token", TOKEN).flags(flags).start();
    create(&server, "hello", "text");
    server
}

/// A request with the token and a JSON body.
pub fn writing(method: &str, path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Creates a post; answers its id.
pub fn create(server: &Server, slug: &str, body: &str) -> i64 {
    let post = json!({"slug": slug, "title": slug, "body": body});
    let answer = ask(server, &writing("POST", "/posts", &post));
    assert_eq!(answer.status, 201, "cannot create {slug}: {answer:?}");
    answer.json()["id"].as_i64().expect("an id")
}

/// One request on a connection of its own.
pub fn ask(server: &Server, request: &[u8]) -> Response {
    Conn::open(server.address, Options::default())
        .expect("connected")
        .ask(request)
}

/// `GET` with these header lines.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n").into_bytes()
}

/// Raises this process's limit of descriptors, which the server inherits; `false` where the system does not allow it.
pub fn room_for(connections: usize) -> bool {
    let wanted = connections as u64 * 3 + 1000;
    let raised = rlimit::increase_nofile_limit(wanted).unwrap_or(0);
    if raised < wanted {
        super::missing(&format!("a limit of {wanted} descriptors ({raised} here)"));
    }
    raised >= wanted
}

/// What a server uses at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub threads: usize,
    pub descriptors: usize,
}

impl Usage {
    pub fn of(server: &Server) -> Self {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid()));
        Self {
            threads: tasks.expect("a live process").count(),
            descriptors: descriptors(server),
        }
    }

    /// What is used once it no longer changes: connections that have just ended are over then.
    pub fn at_rest(server: &Server) -> Self {
        let (mut last, mut since) = (Self::of(server), Instant::now());
        let start = Instant::now();
        while since.elapsed() < Duration::from_millis(200) {
            assert!(
                start.elapsed() < super::WAIT_LIMIT,
                "never at rest: {last:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
            let now = Self::of(server);
            if now.descriptors != last.descriptors || now.threads != last.threads {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }

    /// Whether no more is used than `before`; idle workers may linger, so a few threads more are fine.
    pub fn is_back_at(self, before: Self) -> bool {
        self.threads <= before.threads + 4 && self.descriptors <= before.descriptors
    }
}

/// What is open but the database, of which a server may keep more connections than it began with.
fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid()))
        .expect("a live process")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| !target.to_string_lossy().contains("viewtally.db"))
        .count()
}

/// Asserts that threads and descriptors are at their baseline 5 s after the attackers have gone.
pub fn assert_back_at(server: &Server, before: Usage) {
    let gone = Instant::now();
    let mut now = Usage::of(server);
    while !now.is_back_at(before) && gone.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
        now = Usage::of(server);
    }
    assert!(
        now.is_back_at(before),
        "5 s after the attack {now:?}, before it {before:?}"
    );
}

/// Processor time the server has used, user's and system's.
pub fn cpu(server: &Server) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).expect("alive");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum();
    // Linux shows 100 ticks a second to programs, whatever its own timer does.
    Duration::from_millis(ticks * 10)
}

/// Waits until the server has nothing left to do, or at most so long.
pub fn until_idle(server: &Server, most: Duration) {
    let start = Instant::now();
    let (mut last, mut since) = (cpu(server), Instant::now());
    while since.elapsed() < Duration::from_millis(300) && start.elapsed() < most {
        std::thread::sleep(Duration::from_millis(10));
        let now = cpu(server);
        if now > last {
            (last, since) = (now, Instant::now());
        }
    }
}

/// Peak memory from a moment on.
pub struct Peak {
    before: u64,
}

impl Peak {
    /// Makes the kernel forget the peak until now.
    pub fn from_now(server: &Server) -> Self {
        let reset = format!("/proc/{}/clear_refs", server.pid());
        std::fs::write(reset, "5").expect("the peak is reset");
        Self {
            before: server.peak_memory(),
        }
    }

    /// By how many KiB the peak has grown since; the server must be alive still.
    pub fn grown(&self, server: &Server) -> u64 {
        server.peak_memory().saturating_sub(self.before)
    }
}

/// Connections that send without an end, all on the calling thread.
pub struct Flood {
    pub connections: usize,
    /// Sent first, a pause after each.
    pub pieces: Vec<Vec<u8>>,
    /// Sent over and over after that.
    pub block: Vec<u8>,
    /// How many bytes of blocks each connection sends at most.
    pub each: usize,
    pub options: Options,
}

/// What became of a flood.
pub struct Flooded {
    pub sent: usize,
    /// By how many KiB the server's peak grew while the attackers were connected.
    pub grown: u64,
    /// Still connected; dropping it ends the attack.
    pub attackers: Vec<TcpStream>,
}

impl Flood {
    /// Between pieces, so that the server sees each by itself.
    const PAUSE: Duration = Duration::from_millis(300);
    /// However slowly the server takes what is sent.
    const LONGEST: Duration = Duration::from_secs(8);
    /// What is sent and found no taker for so long has been seen as far as the server wants to.
    const STUCK: Duration = Duration::from_millis(700);

    /// Attacks until everything is sent or refused, nothing is taken any more, or the server has grown by too much.
    pub fn run(&self, server: &Server) -> Flooded {
        let peak = Peak::from_now(server);
        let mut attackers: Vec<TcpStream> = (0..self.connections)
            .map(|_| raw::connect(server.address, self.options).expect("an attacker connects"))
            .collect();
        for piece in &self.pieces {
            for attacker in &mut attackers {
                // A refusal may have come already.
                let _ = attacker.write_all(piece);
            }
            std::thread::sleep(Self::PAUSE);
        }
        for attacker in &attackers {
            attacker.set_nonblocking(true).expect("nonblocking");
        }
        let block = self.block.repeat(65_536usize.div_ceil(self.block.len()));
        let mut left: Vec<usize> = vec![self.each; attackers.len()];
        let (start, mut moved, mut sent) = (Instant::now(), Instant::now(), 0);
        let busy = |left: &[usize]| left.iter().any(|&left| left > 0);
        while busy(&left) && start.elapsed() < Self::LONGEST && moved.elapsed() < Self::STUCK {
            let before = sent;
            for (number, (attacker, left)) in attackers.iter_mut().zip(&mut left).enumerate() {
                // Often enough that a sweep over a thousand connections cannot go far beyond it.
                if number % 16 == 15 && peak.grown(server) > ENOUGH {
                    break;
                }
                // Blocks are not torn: the offset into them is what is left of all.
                let at = (self.each - *left) % self.block.len();
                let end = block.len().min(at + *left);
                match attacker.write(&block[at..end]) {
                    Ok(wrote) => (*left, sent) = (*left - wrote, sent + wrote),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => *left = 0,
                }
            }
            if sent > before {
                moved = Instant::now();
            } else {
                std::thread::sleep(Duration::from_millis(2));
            }
            if peak.grown(server) > ENOUGH {
                break;
            }
        }
        // What has been sent is still to be read by a slow server.
        let settle = Instant::now();
        while settle.elapsed() < Duration::from_millis(500) && peak.grown(server) < ENOUGH {
            std::thread::sleep(Duration::from_millis(20));
        }
        Flooded {
            sent,
            grown: peak.grown(server),
            attackers,
        }
    }
}
