//! A server at work: asked, measured, stopped.

use std::net::SocketAddr;
use std::time::Duration;

use super::process::{Finished, Running, Signal};
use super::{Client, Response, WAIT_LIMIT};

/// A server that listens; killed when dropped.
pub struct Server {
    pub(super) running: Running,
    pub address: SocketAddr,
    /// From the start of the process until it said that it listens.
    pub started_in: Duration,
}

impl Server {
    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// One `GET` on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.connect().get(path)
    }

    /// One request with a JSON body on a connection of its own.
    pub fn send_json(&self, method: &str, path: &str, body: &serde_json::Value) -> Response {
        let body = body.to_string();
        self.connect().request(
            method,
            path,
            &[("Content-Type", "application/json")],
            body.as_bytes(),
        )
    }

    /// Creates a post with this slug and a body; answers its id.
    pub fn create(&self, slug: &str, body: &str) -> i64 {
        let post = serde_json::json!({"slug": slug, "title": slug, "body": body});
        let answer = self.send_json("POST", "/posts", &post);
        assert_eq!(
            answer.status,
            201,
            "cannot create {slug}: {}",
            answer.text()
        );
        answer.json()["id"].as_i64().expect("an id")
    }

    /// The views of a post as `GET /posts/{post}/views` tells them.
    pub fn views(&self, post: impl std::fmt::Display) -> i64 {
        self.get(&format!("/posts/{post}/views")).json()["views"]
            .as_i64()
            .expect("views")
    }

    /// A metric without labels, gauge or counter, by its name after `viewtally_`.
    pub fn metric(&self, name: &str) -> usize {
        self.metric_text(name).parse().expect("a whole number")
    }

    fn metric_text(&self, name: &str) -> String {
        let metrics = self.get("/metrics").text();
        let start = format!("viewtally_{name} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("there is no metric {start}"))
            .to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.running.child.id()
    }

    pub fn is_over(&self) -> bool {
        self.running.is_over()
    }

    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(self) -> Finished {
        self.signal(Signal::Int);
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(self) -> Finished {
        self.wait_within(WAIT_LIMIT)
    }

    /// As [`Server::wait`], with another limit.
    pub fn wait_within(self, limit: Duration) -> Finished {
        self.running.wait(limit)
    }

    pub fn stdout(&self) -> String {
        self.running.stdout.text()
    }

    pub fn stderr(&self) -> String {
        self.running.stderr.text()
    }

    /// Resident memory now, in KiB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most resident memory it ever had, in KiB.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        usize::try_from(self.status("Threads:")).expect("few")
    }

    /// Whether every thread is in this state, as proc(5) has it: `S` where it waits for something to do, `T` where it is
    /// stopped.
    pub fn all_threads_are(&self, state: char) -> bool {
        let tasks =
            std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a live process");
        tasks
            .map(|task| task.expect("a thread").path())
            .all(|task| {
                // A thread may end in between.
                let stat = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
                stat.rsplit_once(") ")
                    .is_none_or(|(_, rest)| rest.starts_with(state))
            })
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("a live process");
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .expect("a memory line");
        line.split_whitespace()
            .nth(1)
            .expect("a number")
            .parse()
            .expect("a number")
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .expect("a live process")
            .count()
    }
}
