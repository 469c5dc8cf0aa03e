//! `kill -9` under load: the database opens, nothing is counted twice, no more is lost than sat in memory.
//!
//! Every read is another viewer's, by name, so the database says for each answer whether it was counted, and how
//! often: lost views cannot hide views counted twice.
//!
//! What sits in memory: an event is received at most `--flush-every` before its batch's transaction begins, and the
//! events that arrive while that transaction runs wait for the next one. So whatever was answered earlier than
//! `--flush-every` plus one commit (and the commit it waited for) before the kill is in the database. What is
//! answered to a client but not yet read by it is counted and not received: at most one response for each client.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Client, Home, Server, Signal, WAIT_LIMIT, http, let_pass, twice, until};

const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// The least allowed for two commits, one that an event waits for and its own: a few milliseconds each on a quiet
/// machine. Where commits take longer, as of a debug build on a busy one, six times the mean is allowed: they grow longer as
/// the tables grow.
const COMMITS: Duration = Duration::from_millis(200);

fn time_of_commits(server: &Server) -> Duration {
    let commits = server.seconds("commit_duration_seconds_count").max(1.0);
    let mean = server.seconds("commit_duration_seconds_sum") / commits;
    Duration::from_secs_f64(6.0 * mean).clamp(COMMITS, COMMITS * 10)
}

const POSTS: usize = 20;

/// What became of one client's reads, each by the name of its viewer.
#[derive(Default)]
struct Reads {
    /// The 200s received whole, and when.
    received: HashMap<String, Instant>,
    /// The one that was sent and not answered.
    unanswered: Option<String>,
}

/// Reads on one connection, as another viewer each time, until the server is gone.
fn read_until_gone(address: SocketAddr, client: usize, answered: &AtomicUsize) -> Reads {
    let mut reads = Reads::default();
    let mut connection = Client::connect(address);
    for number in 0.. {
        let name = format!("client-{client}-read-{number}");
        let path = format!("/posts/post-{}", (client + number) % POSTS);
        let request = http::request_bytes("GET", &path, &[("Viewer-Id", &name)], b"");
        if connection.send(&request).is_err() {
            reads.unanswered = Some(name);
            break;
        }
        match connection.read() {
            Ok(Some(answer)) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                reads.received.insert(name, Instant::now());
                answered.fetch_add(1, Ordering::Relaxed);
                if answer.closes() {
                    match Client::try_connect(address, WAIT_LIMIT) {
                        Ok(next) => connection = next,
                        Err(_) => break,
                    }
                }
            }
            Ok(None) | Err(_) => {
                reads.unanswered = Some(name);
                break;
            }
        }
    }
    reads
}

/// An error when something is missing that was received before the last `--flush-every` and two commits: a bound on
/// time. What is counted twice, or was never sent, fails outright.
fn killed_under_load(clients: usize, time: Duration) -> Result<(), String> {
    let home = Home::new();
    let server = home.serve().start();
    for number in 0..POSTS {
        server.create(&format!("post-{number}"), "text");
    }
    let (address, answered) = (server.address, AtomicUsize::new(0));
    let (all, killed_at, in_memory) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let answered = &answered;
                scope.spawn(move || read_until_gone(address, client, answered))
            })
            .collect();
        until("reads are answered", || {
            answered.load(Ordering::Relaxed) > 0
        });
        let_pass(time);
        let in_memory = FLUSH_EVERY + time_of_commits(&server);
        let killed_at = Instant::now();
        server.signal(Signal::Kill);
        let finished = server.wait();
        assert_eq!(finished.code, None, "killed: {finished:?}");
        let all: Vec<Reads> = threads
            .into_iter()
            .map(|thread| thread.join().expect("a client never panics"))
            .collect();
        (all, killed_at, in_memory)
    });

    // Twice, so that nothing is applied once more by the second start.
    for _ in 0..2 {
        assert_eq!(home.serve().start().stop().code, Some(0));
    }
    let mut database = home.database();
    database.assert_sound();
    let mut counted = database.views_by_name();
    let counted_in_all = i64::try_from(counted.len()).expect("few");
    for (name, views) in &counted {
        assert_eq!(*views, 1, "{name} read once");
    }
    for sum in [
        "SELECT sum(views) AS number FROM counts",
        "SELECT sum(views) AS number FROM hourly_views WHERE post > 0",
        "SELECT sum(views) AS number FROM hourly_views WHERE post = 0",
        "SELECT sum(viewers) AS number FROM counts",
    ] {
        assert_eq!(database.number(sum), counted_in_all, "{sum}");
    }
    assert_eq!(database.ledger(), 0);

    let (mut received, mut lost, mut too_old) = (0, 0, Vec::new());
    for reads in all {
        received += reads.received.len();
        for (name, at) in reads.received {
            if counted.remove(&name).is_none() {
                lost += 1;
                let before = killed_at.saturating_duration_since(at);
                if before > in_memory {
                    too_old.push((name, before));
                }
            }
        }
        if let Some(name) = reads.unanswered {
            counted.remove(&name);
        }
    }
    assert!(counted.is_empty(), "counted and never sent: {counted:?}");
    println!(
        "{received} received, {counted_in_all} counted, {lost} lost; {in_memory:?} may be in memory"
    );
    assert!(counted_in_all > 0 && received > lost, "nothing was counted");
    if too_old.is_empty() {
        Ok(())
    } else {
        let oldest = too_old.iter().max_by_key(|(_, before)| *before);
        Err(format!(
            "{} lost though read more than {in_memory:?} before, first {oldest:?}",
            too_old.len()
        ))
    }
}

#[test]
fn a_killed_server_loses_only_what_sat_in_memory() {
    twice("a kill", || {
        killed_under_load(8, Duration::from_millis(1200))
    });
}

#[test]
fn a_killed_server_keeps_what_was_counted_before_it_idled() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    for _ in 0..10 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("the views are counted", || server.views("hello") == 10);
    server.signal(Signal::Kill);
    server.wait();
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 10);
}

#[test]
#[ignore = "slow: make test-long"]
fn ten_killed_servers_lose_only_what_sat_in_memory() {
    for run in 0..10 {
        twice("a kill", || {
            killed_under_load(64, Duration::from_millis(1000 + 137 * run))
        });
    }
}
