//! A server that is killed under load, and what its database has after the next start.
//!
//! Every read is another viewer's, by name, so that the database says for each answer whether it was counted, and how
//! often: a view lost cannot hide one counted twice.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Client, Home, Lock, Server, Signal, WAIT_LIMIT, http, let_pass, until};

const POSTS: usize = 20;

/// How a server is killed.
pub struct Kill<'a> {
    pub clients: usize,
    /// How long it is read before.
    pub after: Duration,
    pub flags: &'a [(&'a str, &'a str)],
    /// Characters, of three bytes each, at the end of each viewer's name.
    pub padding: usize,
    /// How often each viewer reads its post.
    pub reads: usize,
    /// Whether the process stands still before, so that requests arrive which it never sees.
    pub stopped_before: bool,
    /// Whether another process holds the database meanwhile.
    pub locked: bool,
    /// How often the next start is killed in its turn, and after how long.
    pub recoveries_killed: &'a [Duration],
}

impl Default for Kill<'_> {
    fn default() -> Self {
        Self {
            clients: 8,
            after: Duration::from_millis(700),
            flags: &[],
            padding: 0,
            reads: 1,
            stopped_before: false,
            locked: false,
            recoveries_killed: &[],
        }
    }
}

/// What became of one client's reads, by the name of the viewer.
#[derive(Default)]
struct Reads {
    /// How many 200s were received whole.
    received: HashMap<String, i64>,
    /// The read that was sent and not answered.
    unanswered: Option<String>,
}

/// What a round came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub received: i64,
    pub counted: i64,
    pub duplicates: i64,
    pub dropped: i64,
    /// Requests that were sent and whose answer was not received.
    pub unanswered: i64,
    /// What the next start wrote to its log.
    pub log: String,
}

/// Reads on one connection, until the server is gone.
fn read_until_gone(
    address: SocketAddr,
    client: usize,
    kill: &Kill<'_>,
    answered: &AtomicUsize,
) -> Reads {
    let reads = kill.reads;
    let padding = "한".repeat(kill.padding);
    let mut seen = Reads::default();
    // One that gets no turn until the server is killed reads nothing.
    let Ok(mut connection) = Client::try_connect(address, WAIT_LIMIT) else {
        return seen;
    };
    for number in 0.. {
        let name = format!("client-{client}-viewer-{}{padding}", number / reads);
        let path = format!("/posts/post-{}", (client + number / reads) % POSTS);
        let request = http::request_bytes("GET", &path, &[("Viewer-Id", &name)], b"");
        let answer = match connection.send(&request) {
            Ok(()) => connection.read(),
            Err(error) => Err(error),
        };
        match answer {
            Ok(Some(answer)) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                *seen.received.entry(name).or_default() += 1;
                answered.fetch_add(1, Ordering::Relaxed);
                if answer.closes() {
                    match Client::try_connect(address, WAIT_LIMIT) {
                        Ok(next) => connection = next,
                        Err(_) => break,
                    }
                }
            }
            Ok(None) | Err(_) => {
                seen.unanswered = Some(name);
                break;
            }
        }
    }
    seen
}

impl Kill<'_> {
    /// Kills a server under load, starts it again, and holds what it has counted against what its clients have read.
    pub fn run(&self) -> Outcome {
        let home = Home::new();
        let server = home.serve().flags(self.flags).start();
        for number in 0..POSTS {
            server.create(&format!("post-{number}"), "text");
        }
        let seen = self.kill_under_load(&home, server);
        for after in self.recoveries_killed {
            let running = home.begin(&["serve", "--listen", "127.0.0.1:0"]);
            let_pass(*after);
            running.signal(Signal::Kill);
            running.wait(WAIT_LIMIT);
        }
        // Twice, so that nothing is counted once more by the second start.
        let first = home.serve().flags(self.flags).start().stop();
        let second = home.serve().flags(self.flags).start().stop();
        assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?}");
        let mut outcome = judge(
            &home,
            seen,
            self.flags.iter().any(|(flag, _)| *flag == "--overflow"),
        );
        let checked = home.run(&["check"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        assert!(!checked.stdout.contains("journal"), "{checked:?}");
        outcome.log = first.stderr;
        outcome
    }

    fn kill_under_load(&self, home: &Home, server: Server) -> Vec<Reads> {
        let (address, answered) = (server.address, AtomicUsize::new(0));
        let lock = self.locked.then(|| Lock::hold(&home.database_file()));
        let seen = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.clients)
                .map(|client| {
                    let answered = &answered;
                    scope.spawn(move || read_until_gone(address, client, self, answered))
                })
                .collect();
            until("reads are answered", || {
                answered.load(Ordering::Relaxed) > 0
            });
            let_pass(self.after);
            if self.stopped_before {
                server.signal(Signal::Stop);
                let_pass(Duration::from_millis(30));
            }
            server.signal(Signal::Kill);
            assert_eq!(server.wait().code, None, "it was killed");
            let reads = threads.into_iter().map(|thread| thread.join());
            reads
                .map(|reads| reads.expect("a client never panics"))
                .collect()
        });
        drop(lock);
        seen
    }
}

/// Holds what is counted against what was read. `sheds`: views may be dropped without being at the journal's limit.
fn judge(home: &Home, seen: Vec<Reads>, sheds: bool) -> Outcome {
    let mut database = home.database();
    database.assert_sound();
    let mut counted = database.views_by_name();
    let mut outcome = Outcome {
        counted: i64::try_from(counted.len()).expect("few"),
        duplicates: database.uncounted("duplicate"),
        dropped: database.uncounted("dropped"),
        ..Outcome::default()
    };
    for sum in [
        "SELECT sum(views) AS number FROM counts",
        "SELECT sum(views) AS number FROM hourly_views WHERE post > 0",
        "SELECT sum(views) AS number FROM hourly_views WHERE post = 0",
    ] {
        assert_eq!(database.number(sum), counted.values().sum::<i64>(), "{sum}");
    }
    let has_window = outcome.duplicates > 0;
    let mut missing = 0;
    for reads in seen {
        if reads.unanswered.is_some() {
            outcome.unanswered += 1;
        }
        for (name, received) in reads.received {
            outcome.received += received;
            // A read whose answer did not arrive may be counted or not.
            let may_be = received + i64::from(reads.unanswered.as_ref() == Some(&name));
            let expected = if has_window { 1..=1 } else { received..=may_be };
            match counted.remove(&name) {
                Some(views) => assert!(
                    expected.contains(&views),
                    "{name}: {views}, read {received}"
                ),
                None => missing += 1,
            }
        }
        if let Some(name) = reads.unanswered {
            counted.remove(&name);
        }
    }
    assert!(counted.is_empty(), "counted and never sent: {counted:?}");
    let in_flight = outcome.unanswered;
    if has_window {
        // Which of a viewer's reads were dropped cannot be told; all together are what was read.
        let sum = outcome.counted + outcome.duplicates + outcome.dropped;
        let read = outcome.received..=outcome.received + in_flight;
        assert!(read.contains(&sum), "{outcome:?}");
    } else {
        // Those dropped have no names: they are told by their number.
        let dropped = outcome.dropped;
        assert!(
            (missing..=missing + in_flight).contains(&dropped) || sheds && dropped >= missing,
            "{missing} are missing: {outcome:?}"
        );
    }
    assert!(outcome.received > 0 && outcome.counted > 0, "{outcome:?}");
    outcome
}
