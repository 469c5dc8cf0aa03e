//! Another process that holds the database with `BEGIN EXCLUSIVE`, as a careless tool might.
//!
//! The other process is this test binary again, told by its environment to run one test only.

use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Database;

const FILE: &str = "TEST_LOCK_FILE";
const HELD: &str = "the lock is held";

/// How long the other process tries: longer than any server holds the lock, and writers do not take turns.
const LIMIT: Duration = Duration::from_secs(60);

/// How long it waits after a refusal.
const RETRY: Duration = Duration::from_millis(1);

/// The lock; released when dropped.
pub struct Lock {
    holder: Child,
    /// Kept open: the other process says a few words at its end, too.
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Lock {
    /// Takes the lock and answers once it is held.
    pub fn hold(file: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this executable"))
            .args([
                "--exact",
                "support::lock::holder",
                "--include-ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary runs again");
        let stdout = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut lock = Self {
            holder: child,
            stdout,
        };
        let mut said = Vec::new();
        for line in lock.stdout.by_ref().map_while(Result::ok) {
            if line.contains(HELD) {
                return lock;
            }
            said.push(line);
        }
        panic!("the other process did not get the lock: {said:#?}");
    }

    pub fn release(self) {}
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        self.stdout.by_ref().for_each(drop);
        let _ = self.holder.wait();
    }
}

/// Not a test but the other process: holds the lock until its standard input ends.
#[test]
#[ignore = "helper: the process that Lock starts"]
fn holder() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else {
        return;
    };
    let mut database = Database::open(&file);
    if let Err(refusal) = take(&mut database) {
        println!("{refusal}");
        return;
    }
    println!("\n{HELD}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    database.execute("ROLLBACK");
}

/// Takes the lock, however busy the database is. SQLite's own waiting would not do: it pauses longer after each refusal,
/// and several counters that commit in turn leave only short moments between them.
fn take(database: &mut Database) -> Result<(), String> {
    database.execute("PRAGMA busy_timeout = 0");
    let (start, mut attempts) = (Instant::now(), 0);
    loop {
        attempts += 1;
        match database.try_execute("BEGIN EXCLUSIVE") {
            Ok(()) => return Ok(()),
            Err(error) if start.elapsed() > LIMIT => {
                return Err(format!(
                    "{attempts} attempts in {LIMIT:?}, the last: {error}"
                ));
            }
            Err(_) => std::thread::sleep(RETRY),
        }
    }
}
