//! A child process whose output is read as it comes and which never outlives its handle.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A signal as `kill` names it.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Int,
    Term,
    Hup,
    Kill,
    /// Stands still, as on a machine that is suspended.
    Stop,
    Cont,
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Finished {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// From the start of the wait to the end of the process.
    pub took: Duration,
}

/// A process at work; killed when dropped.
pub struct Running {
    pub child: Child,
    ended: Mutex<Option<ExitStatus>>,
    pub stdout: Capture,
    pub stderr: Capture,
}

impl Running {
    pub fn spawn(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the executable runs");
        let stdout = Capture::of(child.stdout.take().expect("piped"));
        let stderr = Capture::of(child.stderr.take().expect("piped"));
        Self {
            child,
            ended: Mutex::new(None),
            stdout,
            stderr,
        }
    }

    /// Signals the process; one that ended is still there for it, not having been waited for.
    pub fn signal(&self, signal: Signal) {
        let name = format!("{signal:?}").to_uppercase();
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh")
            .args(["-c", &kill])
            .status()
            .expect("sh runs");
        assert!(status.success(), "cannot send {name}");
    }

    /// Whether the process ended; seen through /proc, because asking the child itself needs it exclusively.
    pub fn is_over(&self) -> bool {
        if self.ended.lock().expect("no panic holds it").is_some() {
            return true;
        }
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_none_or(|(_, state)| state.starts_with('Z'))
    }

    /// Waits for its end.
    ///
    /// Panics, which kills it, when it takes longer than `limit`.
    pub fn wait(mut self, limit: Duration) -> Finished {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if start.elapsed() > limit {
                panic!(
                    "did not end in {limit:?}; stdout: {}; stderr: {}",
                    self.stdout.text(),
                    self.stderr.text()
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = start.elapsed();
        *self.ended.lock().expect("no panic holds it") = Some(status);
        self.stdout.end();
        self.stderr.end();
        Finished {
            code: status.code(),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            took,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.lock().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!(
                "--- the server's stderr, its end ---\n{}",
                self.stderr.tail()
            );
        }
    }
}

/// A pipe read to its end by a thread, so that the process at its other end never blocks.
pub struct Capture {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Capture {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                into.lock()
                    .expect("no panic holds it")
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    pub fn text(&self) -> String {
        self.text.lock().expect("no panic holds it").clone()
    }

    fn tail(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn end(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
