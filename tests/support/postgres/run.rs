//! Processes and waits, each with a deadline.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take.
pub(super) const LIMIT: Duration = Duration::from_secs(120);

pub(super) const POLL: Duration = Duration::from_millis(5);

/// Ends a server by this signal, and in the end by force.
pub(super) fn end(server: &mut Child, signal: &str) {
    let kill = format!("kill -{signal} {}; kill -CONT {0}", server.id());
    let _ = run(Command::new("sh").args(["-c", &kill]));
    let start = Instant::now();
    while server.try_wait().is_ok_and(|status| status.is_none()) {
        if start.elapsed() > LIMIT {
            let _ = server.kill();
            let _ = server.wait();
            return;
        }
        std::thread::sleep(POLL);
    }
}

/// Runs a command to its end: what it printed, or what it complained of.
pub(super) fn run(command: &mut Command) -> Result<String, String> {
    let file = || tempfile::tempfile().expect("a temporary file");
    let (mut stdout, mut stderr) = (file(), file());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().expect("a descriptor"))
        .stderr(stderr.try_clone().expect("a descriptor"))
        .spawn()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("no end after {LIMIT:?}"));
        }
        std::thread::sleep(POLL);
    };
    if status.success() {
        Ok(text(&mut stdout))
    } else {
        Err(format!("{status}: {}", text(&mut stderr)))
    }
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().expect("a file");
    file.read_to_string(&mut text).expect("it prints text");
    text
}

pub(super) fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "gave up waiting until {what}");
        std::thread::sleep(POLL);
    }
}
