//! Fault 6: one address took every connection, and others waited until one of them timed out.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::attack::{get, room_for, served};
use crate::support::raw::{self, Conn, Options};
use crate::support::{Home, Server, let_pass, twice, until};

const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const SOON: Duration = Duration::from_millis(100);

/// An address that keeps `wanted` connections open or on their way, for as long as it lives.
struct Crowd {
    stop: Arc<AtomicBool>,
    opened: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Crowd {
    /// Whichever ends is opened again, at most 2,000 a second; `first` is what each sends.
    fn gather(server: &Server, wanted: usize, first: &'static [u8]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let opened = Arc::new(AtomicUsize::new(0));
        let (address, stopped, count) = (server.address, Arc::clone(&stop), Arc::clone(&opened));
        let thread = std::thread::spawn(move || {
            let mut crowd: Vec<(TcpStream, bool)> = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                crowd.retain_mut(|(stream, spoke)| keeps(stream, spoke, first));
                for _ in crowd.len()..wanted.min(crowd.len() + 20) {
                    if let Some(stream) = begin(address) {
                        count.fetch_add(1, Ordering::Relaxed);
                        crowd.push((stream, false));
                    }
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Self {
            stop,
            opened,
            thread: Some(thread),
        }
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("joined once");
        let _ = thread.join();
    }
}

/// Begins to connect and does not wait: a full backlog takes nobody at once.
fn begin(address: std::net::SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
    socket.set_nonblocking(true).ok()?;
    // It is under way, which is an error to the system's call only.
    let _ = socket.connect(&address.into());
    Some(socket.into())
}

/// Whether the connection is still there; sends what it is to send once it can.
fn keeps(stream: &mut TcpStream, spoke: &mut bool, first: &[u8]) -> bool {
    use std::io::{ErrorKind, Read, Write};
    if !*spoke && !first.is_empty() {
        match stream.write(first) {
            Ok(_) => *spoke = true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == ErrorKind::NotConnected => return true,
            Err(_) => return false,
        }
    }
    match stream.read(&mut [0; 4096]) {
        Ok(read) => read > 0,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::NotConnected
        ),
    }
}

fn from_other(patience: Duration) -> Options {
    Options {
        from: Some(OTHER),
        patience: Some(patience),
        ..Options::default()
    }
}

/// The slowest of so many requests from the other address, each on a connection of its own.
fn slowest(server: &Server, requests: usize) -> Result<Duration, String> {
    let mut slowest = Duration::ZERO;
    for number in 0..requests {
        let start = Instant::now();
        let mut client = Conn::open(server.address, from_other(Duration::from_secs(5)))
            .map_err(|error| format!("request {number}: cannot connect: {error}"))?;
        client
            .send(&get("/posts/hello?count=false", ""))
            .map_err(|error| format!("request {number}: {error}"))?;
        match client.next(false) {
            raw::Next::Answer(answer) if answer.status == 200 => {}
            other => {
                return Err(format!(
                    "request {number}: {other:?} after {:?}",
                    start.elapsed()
                ));
            }
        }
        slowest = slowest.max(start.elapsed());
    }
    Ok(slowest)
}

fn others_are_served(most: usize, crowd: usize, first: &'static [u8]) {
    if !room_for(crowd) {
        return;
    }
    twice("a request from another address", || {
        let home = Home::new();
        let limit = most.to_string();
        let server = served(
            &home,
            &[("--max-connections", &limit), ("--request-timeout", "30s")],
        );
        let mut known =
            Conn::open(server.address, from_other(Duration::from_secs(5))).expect("connected");
        assert_eq!(known.ask(&get("/healthz", "")).status, 200);
        let attackers = Crowd::gather(&server, crowd, first);
        until("the house is full", || attackers.opened() >= crowd);
        let_pass(Duration::from_millis(500));
        let slowest = slowest(&server, 20)?;
        println!("{crowd} connections against {most}: the slowest of 20 others took {slowest:?}");
        // Who holds one connection keeps it.
        assert_eq!(
            known.ask(&get("/healthz", "")).status,
            200,
            "kept by the other address"
        );
        drop(attackers);
        if slowest < SOON {
            Ok(())
        } else {
            Err(format!("{slowest:?}"))
        }
    });
}

#[test]
fn silent_connections_of_one_address_keep_nobody_waiting() {
    others_are_served(32, 40, b"");
}

#[test]
fn a_stuffed_backlog_of_one_address_keeps_nobody_waiting() {
    others_are_served(32, 600, b"");
}

#[test]
fn heads_begun_by_one_address_keep_nobody_waiting() {
    others_are_served(32, 100, b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nX: ");
}

#[test]
fn kept_connections_of_one_address_keep_nobody_waiting() {
    others_are_served(32, 40, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
#[ignore = "slow: make test-long"]
fn one_address_with_all_1024_connections_keeps_nobody_waiting() {
    others_are_served(1024, 1024, b"");
}

#[test]
#[ignore = "slow: make test-long"]
fn one_address_with_all_connections_and_the_backlog_keeps_nobody_waiting() {
    others_are_served(1024, 6000, b"");
}

/// While there is room one address may hold all of it.
#[test]
fn there_is_no_share_while_there_is_room() {
    let home = Home::new();
    // Not even a connection that has just ended takes a place.
    let server = home.serve().flag("--max-connections", "64").start();
    let mut all: Vec<Conn> = (0..64)
        .map(|_| Conn::open(server.address, Options::default()).expect("connected"))
        .collect();
    for _ in 0..2 {
        for client in &mut all {
            let answer = client.ask(&get("/healthz", ""));
            assert_eq!(answer.status, 200);
        }
    }
}

/// The one of the address with the most connections that has waited longest gives way, and no other.
#[test]
fn who_has_waited_longest_gives_way() {
    let home = Home::new();
    let server = home.serve().flag("--max-connections", "8").start();
    let mut few =
        Conn::open(server.address, from_other(Duration::from_secs(5))).expect("connected");
    assert_eq!(few.ask(&get("/healthz", "")).status, 200);
    let mut many: Vec<Conn> = (0..7)
        .map(|_| {
            let mut client = Conn::open(server.address, Options::default()).expect("connected");
            assert_eq!(client.ask(&get("/healthz", "")).status, 200);
            client
        })
        .collect();
    // The first asks again, so that the second has waited longest.
    assert_eq!(many[0].ask(&get("/healthz", "")).status, 200);
    let third = Options {
        from: Some(Ipv4Addr::new(127, 0, 0, 3)),
        patience: Some(Duration::from_secs(5)),
        ..Options::default()
    };
    // A connection that a worker still has in hand does not wait yet.
    until("all wait", || server.all_threads_are('S'));
    let start = Instant::now();
    let mut newcomer = Conn::open(server.address, third).expect("connected");
    assert_eq!(newcomer.ask(&get("/healthz", "")).status, 200);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    assert!(
        matches!(many.remove(1).next(false), raw::Next::End),
        "the second gives way"
    );
    for client in many.iter_mut().chain([&mut few, &mut newcomer]) {
        assert_eq!(
            client.ask(&get("/healthz", "")).status,
            200,
            "the others stay"
        );
    }
}
