//! A proxy on loopback between a node and its database, with faults to switch on and off.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::SockRef;

use super::postgres;
use super::wire::{Answers, Commit, Requests};

/// How often a thread looks whether the fault was switched.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long connecting to the database, or writing to a side that takes nothing, may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Every byte arrives so much later, each way.
    Delay(Duration),
    /// Nobody listens: new connections are refused.
    Refuse,
    /// Nothing passes, either way, until the fault is over; then all that waits arrives, as after a partition.
    Partition,
    /// What clients say is taken and nothing is ever answered, on connections of before and on new ones. These stay so
    /// when the fault is over; newer ones do not.
    BlackHole,
    /// Of so many commits the first reaches the server, which carries it out; the connection ends instead of its answer.
    CutCommits { one_in: usize },
    /// A commit does not reach the server, and nothing that follows it on its connection: its transaction stays open.
    LoseCommits,
}

/// A proxy at work; it ends with all its connections when dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    port: u16,
    target: SocketAddr,
    state: Mutex<State>,
    commits: AtomicUsize,
    cuts: AtomicUsize,
    open: AtomicUsize,
}

#[derive(Clone, Copy)]
struct State {
    fault: Fault,
    /// How often all connections were reset: one that began before the last time ends.
    resets: usize,
    is_over: bool,
}

impl Proxy {
    /// Begins to forward to the instance that listens on this port.
    pub fn start(target: u16) -> Self {
        let port = postgres::free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let shared = Arc::new(Shared {
            port,
            target: SocketAddr::from(([127, 0, 0, 1], target)),
            state: Mutex::new(State {
                fault: Fault::None,
                resets: 0,
                is_over: false,
            }),
            commits: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        });
        let of_thread = Arc::clone(&shared);
        let acceptor = spawn("proxy".to_owned(), move || accept(&of_thread, listener));
        Self {
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// The address of a database behind it.
    pub fn url(&self, database: &str) -> String {
        postgres::url(self.shared.port, database)
    }

    /// Switches to this fault, from the one before.
    pub fn set(&self, fault: Fault) {
        self.shared.state.lock().expect("no panic holds it").fault = fault;
    }

    /// Ends every connection by a reset, both ways.
    pub fn reset_all(&self) {
        self.shared.state.lock().expect("no panic holds it").resets += 1;
    }

    /// How many commits were carried out and their answers cut off, or were lost.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.lock() {
            state.is_over = true;
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn state(&self) -> State {
        *self.state.lock().expect("no panic holds it")
    }

    /// What is to become of this commit.
    fn fate(&self) -> Fate {
        match self.state().fault {
            Fault::CutCommits { one_in } => {
                let number = self.commits.fetch_add(1, Ordering::Relaxed);
                match number.is_multiple_of(one_in) {
                    true => Fate::CutAnswer,
                    false => Fate::Pass,
                }
            }
            Fault::LoseCommits => Fate::Lose,
            _ => Fate::Pass,
        }
    }
}

/// What becomes of a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    CutAnswer,
    Lose,
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let thread = std::thread::Builder::new().name(name);
    thread.spawn(run).expect("a thread")
}

/// Takes connections until the proxy is dropped, then waits for their threads.
fn accept(shared: &Arc<Shared>, listener: TcpListener) {
    let mut listener = Some(listener);
    let mut links: Vec<JoinHandle<()>> = Vec::new();
    for number in 0.. {
        let state = shared.state();
        if state.is_over {
            break;
        }
        if state.fault == Fault::Refuse {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(("127.0.0.1", shared.port)).ok();
        }
        links.retain(|link| !link.is_finished());
        match &listener {
            Some(listener) if is_readable(&[listener.as_fd()])[0] => {
                let Ok((client, _)) = listener.accept() else {
                    continue;
                };
                let of_thread = Arc::clone(shared);
                links.push(spawn(format!("proxy-{number}"), move || {
                    of_thread.open.fetch_add(1, Ordering::Relaxed);
                    // However it ended, both sides are closed by now.
                    let _ = Link::over(client, &of_thread, state.resets);
                    of_thread.open.fetch_sub(1, Ordering::Relaxed);
                }));
            }
            Some(_) => {}
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
    for link in links {
        let _ = link.join();
    }
}

/// Which of these have something to be read, or are at their end; waits for it until it is time to look around.
fn is_readable<const N: usize>(descriptors: &[std::os::fd::BorrowedFd<'_>; N]) -> [bool; N] {
    let mut polled = descriptors.map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
    let limit = PollTimeout::try_from(LOOK_EVERY).expect("short");
    let _ = poll(&mut polled, limit);
    polled.map(|descriptor| {
        descriptor
            .revents()
            .is_some_and(|events| !events.is_empty())
    })
}

/// A client, the database, and what is on its way between them.
struct Link<'a> {
    shared: &'a Shared,
    client: TcpStream,
    server: TcpStream,
    to_server: VecDeque<(Instant, Vec<u8>)>,
    to_client: VecDeque<(Instant, Vec<u8>)>,
    requests: Requests,
    answers: Answers,
    /// What the server answered to a commit, while it is to be cut off.
    withheld: Option<Vec<u8>>,
}

impl<'a> Link<'a> {
    /// Passes on what both sides say until one ends, or the proxy ends it.
    fn over(client: TcpStream, shared: &'a Shared, resets: usize) -> io::Result<()> {
        // Closing is a reset unless the link came to its end by itself.
        SockRef::from(&client).set_linger(Some(Duration::ZERO))?;
        while shared.state().fault == Fault::Partition {
            if shared.state().is_over {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        if shared.state().fault == Fault::BlackHole {
            return swallow(client, shared, resets);
        }
        let server = TcpStream::connect_timeout(&shared.target, LIMIT)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(LIMIT))?;
            stream.set_write_timeout(Some(LIMIT))?;
        }
        SockRef::from(&server).set_linger(Some(Duration::ZERO))?;
        let link = Self {
            shared,
            client,
            server,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            requests: Requests::default(),
            answers: Answers::default(),
            withheld: None,
        };
        link.run(resets)
    }

    fn run(mut self, resets: usize) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let state = self.shared.state();
            if state.is_over || state.resets != resets {
                return Ok(());
            }
            let delay = match state.fault {
                Fault::Partition => {
                    std::thread::sleep(LOOK_EVERY);
                    continue;
                }
                // The server's side stays open: it does not learn of it either.
                Fault::BlackHole => return swallow(self.client, self.shared, resets),
                Fault::Delay(delay) => delay,
                _ => Duration::ZERO,
            };
            let due = Instant::now() + delay;
            let [from_client, from_server] =
                is_readable(&[self.client.as_fd(), self.server.as_fd()]);
            if from_client {
                match self.client.read(&mut buffer)? {
                    0 => return self.end(),
                    read if self.asked(due, &buffer[..read]) => {
                        return swallow(self.client, self.shared, resets);
                    }
                    _ => {}
                }
            }
            if from_server {
                match self.server.read(&mut buffer)? {
                    0 => return self.end(),
                    read if self.answered(due, &buffer[..read]) => return self.end(),
                    _ => {}
                }
            }
            pass_on(&mut self.to_server, &mut self.server, Instant::now())?;
            pass_on(&mut self.to_client, &mut self.client, Instant::now())?;
        }
    }

    /// Whether nothing of the connection is to be heard any more.
    fn asked(&mut self, due: Instant, bytes: &[u8]) -> bool {
        let asked = self.requests.pass(bytes);
        self.answers.expect_bare_bytes(asked.for_encryption);
        match asked.for_commit.then(|| self.shared.fate()) {
            Some(Fate::CutAnswer) => self.withheld = Some(Vec::new()),
            Some(Fate::Lose) => {
                self.shared.cuts.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            Some(Fate::Pass) | None => {}
        }
        self.to_server.push_back((due, bytes.to_vec()));
        false
    }

    /// Whether the connection is to be cut.
    fn answered(&mut self, due: Instant, bytes: &[u8]) -> bool {
        let commit = self.answers.pass(bytes);
        let Some(mut withheld) = self.withheld.take() else {
            self.to_client.push_back((due, bytes.to_vec()));
            return false;
        };
        withheld.extend_from_slice(bytes);
        match commit {
            Some(Commit::Done) => {
                self.shared.cuts.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            Some(Commit::Refused) => self.to_client.push_back((due, withheld)),
            None => self.withheld = Some(withheld),
        }
        false
    }

    /// Hands on what waits, and closes as both sides would have.
    fn end(mut self) -> io::Result<()> {
        let whenever = Instant::now() + LIMIT;
        let _ = pass_on(&mut self.to_server, &mut self.server, whenever);
        let _ = pass_on(&mut self.to_client, &mut self.client, whenever);
        SockRef::from(&self.client).set_linger(None)?;
        SockRef::from(&self.server).set_linger(None)
    }
}

/// Writes what is due by then.
fn pass_on(
    waiting: &mut VecDeque<(Instant, Vec<u8>)>,
    to: &mut TcpStream,
    by: Instant,
) -> io::Result<()> {
    while waiting.front().is_some_and(|(due, _)| *due <= by) {
        let (_, bytes) = waiting.pop_front().expect("just seen");
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// Reads what the client says, to no end, until it gives up or the proxy does.
fn swallow(mut client: TcpStream, shared: &Shared, resets: usize) -> io::Result<()> {
    client.set_read_timeout(Some(LOOK_EVERY))?;
    let mut buffer = [0; 4096];
    loop {
        let state = shared.state();
        if state.is_over || state.resets != resets {
            return Ok(());
        }
        match client.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
}
