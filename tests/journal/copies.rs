//! What is on the disk at any instant: copies of the files of a server that stands still for a moment, some with pages
//! missing or torn that had not been stored yet, as a loss of power leaves them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Client, Home, Server, Signal, http, let_pass, until};

const PAGE: usize = 4096;
const POSTS: usize = 5;

/// Files by their path below the home.
type Files = HashMap<PathBuf, Vec<u8>>;

/// Everything of the database and its journal.
fn copy(home: &Path) -> Files {
    let mut files = Files::new();
    for folder in ["", "viewtally.db.journal"] {
        for entry in std::fs::read_dir(home.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.strip_prefix(home).expect("below it").to_owned();
                files.insert(name, std::fs::read(path).expect("a file"));
            }
        }
    }
    files
}

/// Random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// `now`, but pages that have changed since `before` may be as they were, or be torn. None of these was waited for: a
/// journal's segments are never, and the log of the database only before its pages go to the database, which has not
/// happened in between. `None` if it has.
fn lose_pages(before: &Files, now: &Files, random: &mut Random) -> Option<Files> {
    let database = Path::new("viewtally.db");
    let log = PathBuf::from("viewtally.db-wal");
    let header = |files: &Files| files.get(&log).map(|log| log[..32.min(log.len())].to_vec());
    if before.get(database) != now.get(database) || header(before) != header(now) {
        return None;
    }
    let mut lost = now.clone();
    for (name, content) in &mut lost {
        let is_unsynced = *name == log || name.extension().is_some_and(|end| end == "segment");
        if !is_unsynced {
            continue;
        }
        let old = before.get(name);
        for (number, page) in content.chunks_mut(PAGE).enumerate() {
            let empty = vec![0; page.len()];
            let was = old
                .and_then(|old| old.get(number * PAGE..number * PAGE + page.len()))
                .unwrap_or(&empty);
            match random.below(3) {
                0 => page.copy_from_slice(was),
                1 => {
                    let torn = random.below(page.len() as u64 / 8) as usize * 8;
                    page[torn..].copy_from_slice(&was[torn..]);
                }
                _ => {}
            }
        }
    }
    Some(lost)
}

/// Names of viewers whose reads were answered, until told to stop.
fn read(address: SocketAddr, client: usize, received: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut connection = Client::connect(address);
    for number in 0.. {
        let name = format!("client-{client}-viewer-{number}");
        let path = format!("/posts/post-{}", number % POSTS);
        let request = http::request_bytes("GET", &path, &[("Viewer-Id", &name)], b"");
        connection.send(&request).expect("sent");
        let answer = connection.read().expect("read").expect("answered");
        assert_eq!(answer.status, 200);
        received.lock().expect("whole").push(name);
        // Each copy is recovered whole: they are not to grow faster than that takes.
        let_pass(Duration::from_millis(1));
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Starts a server on a copy; answers how often each viewer's view is counted.
fn recovered(files: &Files) -> HashMap<String, i64> {
    let home = Home::new();
    for (name, content) in files {
        home.write(&name.to_string_lossy(), content);
    }
    let finished = home.serve().start().stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let checked = home.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let mut database = home.database();
    database.assert_sound();
    let counted = database.views_by_name();
    let twice = counted.values().filter(|views| **views != 1).count();
    assert_eq!(twice, 0, "counted more than once");
    assert_eq!(
        database.number("SELECT sum(views) AS number FROM counts"),
        counted.len() as i64
    );
    counted
}

/// Tells clients to stop when dropped.
struct StopClients<'a>(&'a AtomicBool);

impl Drop for StopClients<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes `copies` copies of a server under load, each once as it is and once with pages lost.
fn copies(copies: usize, durability: &str) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut done, mut damaged) = (0, 0);
    while done < copies {
        let home = Home::new();
        let server: Server = home
            .serve()
            .flags(&[
                ("--durability", durability),
                ("--journal-max", "64MiB"),
                ("--flush-every", "20ms"),
            ])
            .start();
        for number in 0..POSTS {
            server.create(&format!("post-{number}"), "text");
        }
        let (received, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
        std::thread::scope(|scope| {
            // Also where an assertion fails: the clients are waited for.
            let _stopping = StopClients(&stop);
            for client in 0..4 {
                let (address, received, stop) = (server.address, &received, &stop);
                scope.spawn(move || read(address, client, received, stop));
            }
            until("reads are answered", || {
                !received.lock().expect("whole").is_empty()
            });
            for _ in 0..10 {
                let still = || {
                    server.signal(Signal::Stop);
                    until("every thread stands still", || server.all_threads_are('T'));
                    // What was answered before is with its reader, or on its way there.
                    let names = received.lock().expect("whole").clone();
                    let files = copy(home.path());
                    server.signal(Signal::Cont);
                    (names, files)
                };
                let (_, before) = still();
                let_pass(Duration::from_millis(random.below(60)));
                let (names, now) = still();
                let counted = recovered(&now);
                let missing = names
                    .iter()
                    .filter(|name| !counted.contains_key(*name))
                    .count();
                assert_eq!(missing, 0, "read and not counted, of {}", names.len());
                done += 1;
                if let Some(lost) = lose_pages(&before, &now, &mut random) {
                    damaged += 1;
                    let kept = recovered(&lost);
                    if durability == "power" {
                        // What was committed before is stored.
                        let safe = committed(&before);
                        assert!(kept.len() >= safe, "{} of {safe} are left", kept.len());
                    }
                }
            }
        });
    }
    println!("{done} copies recovered as they were, {damaged} with pages lost");
    assert!(damaged > 0);
}

/// How many views the database has without its journal.
fn committed(files: &Files) -> usize {
    let home = Home::new();
    for (name, content) in files
        .iter()
        .filter(|(name, _)| !name.starts_with("viewtally.db.journal"))
    {
        home.write(&name.to_string_lossy(), content);
    }
    usize::try_from(home.database().views()).expect("views")
}

#[test]
fn a_copy_taken_at_any_instant_has_all_that_was_read_and_nothing_twice() {
    copies(10, "process");
}

#[test]
#[ignore = "slow: make test-long"]
fn five_hundred_copies_have_all_that_was_read_and_nothing_twice() {
    copies(250, "process");
    copies(250, "power");
}
