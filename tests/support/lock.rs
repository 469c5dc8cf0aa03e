//! Another process that holds the database with `BEGIN EXCLUSIVE`, as a careless tool might.
//!
//! The other process is this test binary again, told by its environment to run one test only.

use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Database;

const FILE: &str = "TEST_LOCK_FILE";
const HELD: &str = "the lock is held";

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
        let mut lines = lock.stdout.by_ref().map_while(Result::ok);
        let held = lines.any(|line| line.contains(HELD));
        assert!(held, "the other process did not get the lock");
        lock
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
    database.execute("BEGIN EXCLUSIVE");
    println!("\n{HELD}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    database.execute("ROLLBACK");
}
